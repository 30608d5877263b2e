//! The scrub: now and then every entry is read again and held against the Merkle log in memory, because a disk
//! forgets in silence, and because whoever has a hand on the disk can make a checksum fit.

use std::{
    ops::ControlFlow,
    sync::{Arc, Condvar, Mutex, PoisonError, RwLock},
    thread::{self, JoinHandle},
    time::Duration,
};

use crate::{
    engine::Directory,
    error::Error,
    log::{Against, Log, LogId},
    views::Published,
};

/// How often all is read again, and in how much of a hurry.
#[derive(Clone, Copy, Debug)]
pub struct Scrubbing {
    /// So long after the end of a pass the next begins. The first begins with the server.
    pub every: Duration,
    /// A rest after each 256 entries, so that callers hardly notice.
    pub rest: Duration,
}

impl Default for Scrubbing {
    fn default() -> Self {
        Self { every: Duration::from_hours(24), rest: Duration::from_millis(2) }
    }
}

/// The thread that scrubs, until this is dropped.
pub(crate) struct Scrubber {
    told: Arc<Told>,
    thread: Option<JoinHandle<()>>,
}

/// Whether the thread has been told to stop.
#[derive(Default)]
struct Told {
    stop: Mutex<bool>,
    changed: Condvar,
}

impl Scrubber {
    /// Starts with a first pass at once. What a pass finds, the log's own warden hears.
    pub(crate) fn start(
        log: Arc<dyn Log>,
        directory: Arc<RwLock<Directory>>,
        how: Scrubbing,
    ) -> Result<Self, Error> {
        let told = Arc::new(Told::default());
        let at_work = Arc::clone(&told);
        let thread = thread::Builder::new()
            .name("scrub".to_owned())
            .spawn(move || {
                while pass(&*log, &directory, &mut || at_work.rest(how.rest)).is_continue()
                    && at_work.rest(how.every).is_continue()
                {}
            })
            .map_err(Error::internal)?;
        Ok(Self { told, thread: Some(thread) })
    }
}

impl Drop for Scrubber {
    fn drop(&mut self) {
        *self.told.stop.lock().unwrap_or_else(PoisonError::into_inner) = true;
        self.told.changed.notify_all();
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("the scrub ended badly");
        }
    }
}

impl Told {
    /// Rests, but no longer than until it is told to stop.
    fn rest(&self, how_long: Duration) -> ControlFlow<()> {
        let stop = self.stop.lock().unwrap_or_else(PoisonError::into_inner);
        let woken = self.changed.wait_timeout_while(stop, how_long, |stop| !*stop);
        let stop = *woken.unwrap_or_else(PoisonError::into_inner).0;
        if stop { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    }
}

/// Reads every co-op's log once.
fn pass(
    log: &dyn Log,
    directory: &RwLock<Directory>,
    rest: &mut dyn FnMut() -> ControlFlow<()>,
) -> ControlFlow<()> {
    let served: Vec<(LogId, Arc<Published>)> = {
        let directory = directory.read().unwrap_or_else(PoisonError::into_inner);
        directory.served.values().map(|(id, published)| (*id, Arc::clone(published))).collect()
    };
    for (id, published) in served {
        // A copy: a pass takes long, and the writer waits for nobody who looks.
        let tree = published.look().tree().clone();
        let size = tree.size();
        let subtree = |height, index| tree.subtree(height, index);
        let against = Against { size, root: tree.root(), subtree: &subtree };
        match log.scrub(id, &against, rest) {
            Ok(ControlFlow::Continue(())) => {
                tracing::debug!(
                    log = id.get(),
                    entries = size,
                    "all entries are as they were recorded"
                );
            }
            Ok(ControlFlow::Break(())) => return ControlFlow::Break(()),
            // What is damage, the warden has heard of; all else may be better the next time.
            Err(error) => tracing::error!(log = id.get(), %error, "a scrub came to an end"),
        }
    }
    ControlFlow::Continue(())
}
