//! The scrub: now and then every entry is read again and held against the Merkle log in memory, because a disk
//! forgets in silence, and because whoever has a hand on the disk can make a checksum fit.

use std::{
    ops::ControlFlow,
    sync::{Arc, PoisonError, RwLock},
    time::Duration,
};

use crate::{
    background::{Background, Told},
    checkpoints::Checkpoints,
    engine::Directory,
    error::Error,
    log::{Against, Log, LogId},
    metrics::Metrics,
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

/// Starts the thread that scrubs, with a first pass at once. What it finds, the log's own warden hears.
pub(crate) fn start(
    log: Arc<dyn Log>,
    directory: Arc<RwLock<Directory>>,
    checkpoints: Arc<Checkpoints>,
    (how, metrics): (Scrubbing, Arc<Metrics>),
) -> Result<Background, Error> {
    Background::start("scrub", move |told: &Told| {
        let at_work = Pass {
            log: &*log,
            directory: &directory,
            checkpoints: &checkpoints,
            metrics: &metrics,
        };
        while at_work.pass(&mut || told.rest(how.rest)).is_continue()
            && told.rest(how.every).is_continue()
        {}
    })
}

/// What a pass needs.
struct Pass<'a> {
    log: &'a dyn Log,
    directory: &'a RwLock<Directory>,
    checkpoints: &'a Checkpoints,
    metrics: &'a Metrics,
}

impl Pass<'_> {
    /// Reads every co-op's log once.
    fn pass(&self, rest: &mut dyn FnMut() -> ControlFlow<()>) -> ControlFlow<()> {
        let served: Vec<(LogId, Arc<Published>)> = {
            let directory = self.directory.read().unwrap_or_else(PoisonError::into_inner);
            directory.served.values().map(|(id, published)| (*id, Arc::clone(published))).collect()
        };
        for (id, published) in served {
            // A copy: a pass takes long, and the writer waits for nobody who looks.
            let tree = published.look().tree().clone();
            let size = tree.size();
            let subtree = |height, index| tree.subtree(height, index);
            let against = Against { size, root: tree.root(), subtree: &subtree };
            match self.log.scrub(id, &against, rest) {
                Ok(ControlFlow::Continue(())) => {
                    tracing::debug!(
                        log = id.get(),
                        entries = size,
                        "all entries are as they were recorded"
                    );
                    self.metrics.verified(id, size);
                    if let Err(error) = self.checkpoints.compare(id, &tree) {
                        tracing::error!(log = id.get(), %error, "a checkpoint could not be compared");
                    }
                }
                Ok(ControlFlow::Break(())) => return ControlFlow::Break(()),
                // What is damage, the warden has heard of; all else may be better the next time.
                Err(error) => tracing::error!(log = id.get(), %error, "a scrub came to an end"),
            }
        }
        ControlFlow::Continue(())
    }
}
