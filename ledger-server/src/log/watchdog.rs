//! Ends a process whose writer hangs: a kill is safe, a writer that never comes back is not.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use crate::log::LogError;

/// Watches work that must come to an end.
#[derive(Debug)]
pub struct Watchdog {
    shared: Arc<Shared>,
}

/// A piece of work that is being watched; it is over when this is dropped.
#[derive(Debug)]
#[must_use = "the work is watched only while this is held"]
pub struct Watch<'a> {
    shared: &'a Shared,
}

#[derive(Debug, Default)]
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    busy_since: Option<Instant>,
    stopped: bool,
}

impl Watchdog {
    /// Starts a thread that calls `on_hang` once if a piece of work takes longer than `limit`.
    pub fn start(
        limit: Duration,
        on_hang: impl FnOnce(Duration) + Send + 'static,
    ) -> Result<Watchdog, LogError> {
        let shared = Arc::new(Shared::default());
        let watched = Arc::clone(&shared);
        thread::Builder::new()
            .name("watchdog".to_owned())
            .spawn(move || watched.watch(limit, on_hang))
            .map_err(LogError::io("starting the watchdog"))?;
        Ok(Watchdog { shared })
    }

    /// Says so, and aborts the process: it has acknowledged nothing that is not on the platter.
    pub fn abort(limit: Duration) {
        tracing::error!(
            seconds = limit.as_secs_f64(),
            "a write to the log has not come back; ending the process, which loses nothing that \
             was acknowledged"
        );
        std::process::abort();
    }

    /// Begins a piece of work. One at a time: the log has one writer.
    pub fn begin(&self) -> Watch<'_> {
        self.shared.lock().busy_since = Some(Instant::now());
        Watch { shared: &self.shared }
    }
}

impl Drop for Watchdog {
    fn drop(&mut self) {
        self.shared.lock().stopped = true;
        self.shared.changed.notify_all();
    }
}

impl Drop for Watch<'_> {
    fn drop(&mut self) {
        self.shared.lock().busy_since = None;
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn watch(&self, limit: Duration, on_hang: impl FnOnce(Duration)) {
        let mut state = self.lock();
        while !state.stopped {
            // Work does not wake this thread when it begins: that would cost a switch of threads at
            // every commit. So a hang is noticed after twice the limit at the latest.
            let patience =
                state.busy_since.map_or(limit, |since| limit.saturating_sub(since.elapsed()));
            if patience.is_zero() {
                drop(state);
                return on_hang(limit);
            }
            state = self
                .changed
                .wait_timeout(state, patience)
                .unwrap_or_else(PoisonError::into_inner)
                .0;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    #[test]
    fn work_that_does_not_end_is_noticed() {
        let (said, heard) = mpsc::channel();
        let watchdog = Watchdog::start(Duration::from_millis(5), move |limit| {
            said.send(limit).unwrap();
        })
        .unwrap();
        drop(watchdog.begin());
        let hung = watchdog.begin();
        assert_eq!(heard.recv().unwrap(), Duration::from_millis(5));
        drop(hung);
    }

    #[test]
    fn work_that_ends_and_idleness_are_left_alone() {
        let (said, heard) = mpsc::channel();
        let watchdog = Watchdog::start(Duration::from_hours(1), move |limit| {
            said.send(limit).unwrap();
        })
        .unwrap();
        drop(watchdog.begin());
        drop(watchdog);
        // The thread ends without having called, and so the channel closes.
        assert!(heard.recv().is_err());
    }
}
