//! What the cores spent: the time that a process's threads have been at work, which is the same however busy the machine is.

use std::{fs, process, time::Duration};

/// Time at work of the server and of the callers' process.
#[derive(Clone, Copy)]
pub(crate) struct Spent {
    pub(crate) server: Duration,
    pub(crate) callers: Duration,
}

impl Spent {
    /// Until now.
    pub(crate) fn by(server: u32) -> Spent {
        Spent { server: at_work(server), callers: at_work(process::id()) }
    }

    /// Since an earlier moment. Threads that have ended meanwhile are not counted.
    pub(crate) fn since(self, earlier: Spent) -> Spent {
        Spent {
            server: self.server.saturating_sub(earlier.server),
            callers: self.callers.saturating_sub(earlier.callers),
        }
    }
}

/// The sum over the threads of a process, where the system tells it.
fn at_work(process: u32) -> Duration {
    let Ok(threads) = fs::read_dir(format!("/proc/{process}/task")) else { return Duration::ZERO };
    let nanos = threads.filter_map(|thread| {
        let told = fs::read_to_string(thread.ok()?.path().join("schedstat")).ok()?;
        told.split_whitespace().next()?.parse::<u64>().ok()
    });
    Duration::from_nanos(nanos.sum())
}
