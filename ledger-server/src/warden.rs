//! Takes a co-op out of service at the moment when its log turns out to be damaged. The others go on.

use std::{
    ops::ControlFlow,
    sync::{Arc, PoisonError, RwLock},
    time::Instant,
};

use crate::{
    engine::Directory,
    log::{Against, Block, Head, Log, LogError, LogId, Lost, Pause, Stretch},
    metrics::Metrics,
    snapshots::Snapshots,
};

/// Whoever finds damage tells the warden.
#[derive(Clone)]
pub(crate) struct Warden {
    directory: Arc<RwLock<Directory>>,
    snapshots: Snapshots,
}

impl Warden {
    /// The warden of a directory, who knows where the snapshots are.
    pub(crate) fn new(directory: Arc<RwLock<Directory>>, snapshots: Snapshots) -> Self {
        Self { directory, snapshots }
    }

    /// From now on this log is neither read nor written, whoever asks, and who is reading is told why.
    pub(crate) fn lose(&self, log: LogId, why: LogError) {
        let mut directory = self.directory.write().unwrap_or_else(PoisonError::into_inner);
        let mut served = directory.served.iter();
        let Some(coop) = served.find(|(_, (id, _))| *id == log).map(|(coop, _)| coop.clone())
        else {
            return;
        };
        tracing::error!(%coop, log = log.get(), error = %why, "the log is damaged: the co-op is not served any more");
        let why = Arc::new(why);
        if let Some((_, published)) = directory.served.remove(&coop) {
            published.lose(Arc::clone(&why));
        }
        directory.lost.insert(coop, why);
        drop(directory);
        // Without its snapshot the next start reads all of this log and finds the same before it serves anybody.
        self.snapshots.remove(log);
    }

    /// The same, if this error means that entries are damaged.
    pub(crate) fn judge(&self, log: LogId, error: &LogError) {
        // The others are found when a log is opened, and not by reading it.
        if let LogError::Store { what, missing } = error {
            self.lose(log, LogError::Store { what: what.clone(), missing: missing.clone() });
        }
    }
}

/// A log whose readers need not know the warden: what they cannot read is reported for them, and how long appends take.
pub(crate) struct Guarded {
    log: Arc<dyn Log>,
    warden: Warden,
    metrics: Arc<Metrics>,
}

impl Guarded {
    pub(crate) fn new(log: Arc<dyn Log>, warden: Warden, metrics: Arc<Metrics>) -> Self {
        Self { log, warden, metrics }
    }
}

impl Log for Guarded {
    fn append(&self, blocks: &[Block<'_>]) -> Result<(), LogError> {
        let began = Instant::now();
        self.log.append(blocks)?;
        let entries = blocks.iter().map(|block| block.entries.len()).sum();
        self.metrics.committed(entries, began.elapsed());
        Ok(())
    }

    fn scan(
        &self,
        log: LogId,
        after: u64,
        visit: &mut dyn FnMut(u64, &[u8]) -> ControlFlow<()>,
    ) -> Result<(), LogError> {
        let scanned = self.log.scan(log, after, visit);
        scanned.inspect_err(|error| self.warden.judge(log, error))
    }

    fn stretches(
        &self,
        log: LogId,
        after: u64,
        visit: &mut dyn FnMut(Stretch<'_>) -> ControlFlow<()>,
    ) -> Result<(), LogError> {
        let read = self.log.stretches(log, after, visit);
        read.inspect_err(|error| self.warden.judge(log, error))
    }

    fn head(&self, log: LogId) -> Head {
        self.log.head(log)
    }

    fn logs(&self) -> Vec<LogId> {
        self.log.logs()
    }

    fn verdict(&self, log: LogId) -> Result<(), LogError> {
        self.log.verdict(log)
    }

    fn scrub(
        &self,
        log: LogId,
        against: &Against<'_>,
        pause: &mut Pause<'_>,
    ) -> Result<ControlFlow<()>, LogError> {
        let scrubbed = self.log.scrub(log, against, pause);
        scrubbed.inspect_err(|error| self.warden.judge(log, error))
    }

    fn accept_loss(&self, log: LogId) -> Result<Option<Lost>, LogError> {
        self.log.accept_loss(log)
    }
}
