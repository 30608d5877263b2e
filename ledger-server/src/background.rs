//! Threads that do something now and then, and end when they are told to.

use std::{
    ops::ControlFlow,
    sync::{Arc, Condvar, Mutex, PoisonError},
    thread::{self, JoinHandle},
    time::Duration,
};

use crate::error::Error;

/// A thread at work in the background, until this is dropped.
pub(crate) struct Background {
    told: Arc<Told>,
    thread: Option<JoinHandle<()>>,
}

/// Whether a thread has been told to stop.
#[derive(Default)]
pub(crate) struct Told {
    stop: Mutex<bool>,
    changed: Condvar,
}

impl Background {
    /// Starts the work. It rests often, and ends when a rest says `Break`.
    pub(crate) fn start(
        name: &str,
        work: impl FnOnce(&Told) + Send + 'static,
    ) -> Result<Self, Error> {
        let told = Arc::new(Told::default());
        let at_work = Arc::clone(&told);
        let thread = thread::Builder::new().name(name.to_owned()).spawn(move || work(&at_work));
        Ok(Self { told, thread: Some(thread.map_err(Error::internal)?) })
    }
}

impl Drop for Background {
    fn drop(&mut self) {
        *self.told.stop.lock().unwrap_or_else(PoisonError::into_inner) = true;
        self.told.changed.notify_all();
        if let Some(thread) = self.thread.take() {
            let name = thread.thread().name().unwrap_or_default().to_owned();
            if thread.join().is_err() {
                tracing::error!(name, "a thread in the background ended badly");
            }
        }
    }
}

impl Told {
    /// Rests, but no longer than until it is told to stop.
    pub(crate) fn rest(&self, how_long: Duration) -> ControlFlow<()> {
        let stop = self.stop.lock().unwrap_or_else(PoisonError::into_inner);
        let woken = self.changed.wait_timeout_while(stop, how_long, |stop| !*stop);
        let stop = *woken.unwrap_or_else(PoisonError::into_inner).0;
        if stop { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    }
}
