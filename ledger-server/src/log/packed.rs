//! Entries packed into blocks and segments, so that a scan is as fast as the disk.
//!
//! An append writes the new entries as **tail blocks**; where they complete 256 aligned entries it
//! writes these as a **segment** instead. One sync brings both to the platter (see `wal`), the head files say
//! so, and only then are the tail blocks removed that the segment replaces. So no cut can take away
//! an entry that was acknowledged, and no atomicity over tables is needed.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};
use std::time::Duration;

use crate::log::block;
use crate::log::folder::Folder;
use crate::log::growing::{Growing, Writer};
use crate::log::head::Heads;
use crate::log::medium::Medium;
use crate::log::memory::check;
use crate::log::packer::{Closed, Packer};
use crate::log::recover::{self, Fault};
use crate::log::volumes::Volumes;
use crate::log::{
    Against, Block, Head, Log, LogError, LogId, Lost, Pause, Stretch, Watchdog, read, scrub,
};

/// Where sealed segments lie.
pub(crate) const SEALED: &str = "log";
/// Where entries wait for their segment.
pub(crate) const TAIL: &str = "tail";
/// What a volume says about itself.
pub(crate) const ABOUT: &str = "about";
/// Says in `ABOUT` that the volume was begun properly: all open tails have been copied into it.
pub(crate) const BEGUN: &[u8] = b"begun";

/// What may differ from one server to another.
#[derive(Clone, Debug)]
pub struct LogOptions {
    /// A volume into which so many bytes were put is closed, and the next is begun.
    pub volume_bytes: u64,
    /// How many bytes the write-ahead log of a volume may have; with none, each append syncs the store itself.
    pub wal_bytes: u64,
    /// How many bytes of the newest volume may stay in memory.
    pub cache_bytes: u64,
    /// With less free room on the disk the log does not open.
    pub min_free_bytes: u64,
    /// The size of a file that can be deleted when the disk is full; 0 keeps none.
    pub reserve_bytes: u64,
    /// How often the head files are brought to the platter; zero means at each append.
    pub head_sync_every: Duration,
    /// An append that takes longer ends the process.
    pub hang_after: Duration,
}

impl Default for LogOptions {
    fn default() -> LogOptions {
        LogOptions {
            volume_bytes: 64 << 20,
            wal_bytes: 1 << 20,
            cache_bytes: 64 << 20,
            min_free_bytes: 256 << 20,
            reserve_bytes: 64 << 20,
            head_sync_every: Duration::from_secs(1),
            hang_after: Duration::from_secs(30),
        }
    }
}

/// A log that is durable: in volumes on a disk, with a head file beside them.
pub struct PackedLog {
    packer: Packer,
    medium: Arc<dyn Medium>,
    volumes: Arc<Volumes>,
    heads: Heads,
    known: RwLock<BTreeMap<LogId, Arc<Known>>>,
    faults: RwLock<BTreeMap<LogId, Fault>>,
    writer: Mutex<Writer>,
    dead: AtomicBool,
    syncs: AtomicU64,
    watchdog: Watchdog,
    volume_bytes: u64,
}

/// What readers see of a log: its durable state, and where that lies.
#[derive(Clone, Debug, Default)]
pub(crate) struct Known {
    pub(crate) head: Head,
    /// How many entries are in segments; the rest is in the tail of the newest volume.
    pub(crate) sealed: u64,
    /// From which position on the segments lie in which volume.
    pub(crate) runs: Arc<[Run]>,
    /// The volume with the tail.
    pub(crate) tail: u32,
}

/// The segments of one log that lie in one volume.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Run {
    pub(crate) volume: u32,
    pub(crate) first: u64,
}

/// What of a volume is written once more into the next.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Anew {
    /// What waits for its segment.
    Tails,
    /// Everything: it may be in the system's memory alone, whether it was acknowledged or not, as the store is synced long
    /// after its write-ahead log.
    All,
}

impl PackedLog {
    /// Opens the log in a folder, or begins one there. Logs that have lost something are open for
    /// reading only: see `verdict`.
    pub fn open(dir: &Path, options: &LogOptions) -> Result<PackedLog, LogError> {
        let folder: Arc<dyn Medium> = Arc::new(Folder::open(dir, options)?);
        PackedLog::open_on(&folder, options)
    }

    /// Opens the log on whatever keeps volumes and head files.
    pub(crate) fn open_on(
        medium: &Arc<dyn Medium>,
        options: &LogOptions,
    ) -> Result<PackedLog, LogError> {
        PackedLog::open_with(medium, options, Packer::start)
    }

    /// The same without a thread that packs: see `pack`.
    #[cfg(test)]
    pub(crate) fn open_by_hand(
        medium: &Arc<dyn Medium>,
        options: &LogOptions,
    ) -> Result<PackedLog, LogError> {
        PackedLog::open_with(medium, options, |medium, volumes| {
            Ok(Packer::by_hand(medium, volumes))
        })
    }

    /// Packs the volume that waits longest, where no thread does it; a thread would wait for whoever opens a volume.
    #[cfg(test)]
    pub(crate) fn pack(&self) {
        if !self.volumes.is_opening() {
            self.packer.step();
        }
    }

    fn open_with(
        medium: &Arc<dyn Medium>,
        options: &LogOptions,
        packer: impl FnOnce(Arc<dyn Medium>, Arc<Volumes>) -> Result<Packer, LogError>,
    ) -> Result<PackedLog, LogError> {
        let volumes = Volumes::new(Arc::clone(medium), options.wal_bytes);
        let heads = Heads::start(Arc::clone(medium), options.head_sync_every)?;
        // What was handed to the system before a kill comes to the platter now, or is in doubt from now on.
        let recovered =
            recover::recover(&**medium, &volumes, &heads).inspect_err(|_| doubt(&**medium))?;
        let writer =
            Writer { current: recovered.current, bytes: recovered.bytes, logs: recovered.logs };
        let tail = writer.current.number();
        let known = writer.logs.iter().map(|(log, growing)| Ok((*log, growing.known(tail)?)));
        let packer = packer(Arc::clone(medium), Arc::clone(&volumes))?;
        for closed in recovered.closed {
            packer.pack(closed);
        }
        let log = PackedLog {
            packer,
            medium: Arc::clone(medium),
            known: RwLock::new(known.collect::<Result<_, LogError>>()?),
            volumes,
            heads,
            faults: RwLock::new(recovered.faults),
            writer: Mutex::new(writer),
            dead: AtomicBool::new(false),
            // Opening a volume has synced it.
            syncs: AtomicU64::new(1),
            watchdog: Watchdog::start(options.hang_after, Watchdog::abort)?,
            volume_bytes: options.volume_bytes,
        };
        if medium.is_doubted()? && log.is_whole() {
            tracing::warn!("the last write was not brought to the platter; a new volume is begun");
            log.roll(&mut log.lock(), Anew::All).inspect_err(|_| doubt(&**medium))?;
            medium.believe()?;
        }
        // Each start leaves head files that say all that is shown and answered from now on, in a new file with one whole
        // slot on the platter. In the old one a slot may be torn, and the other lie in the system's memory alone, with a
        // failed sync behind it: the next write would then have torn the last that could be read.
        for id in log.logs() {
            if log.verdict(id).is_ok() {
                log.heads.create(id, &log.head(id))?;
            }
        }
        Ok(log)
    }

    fn lock(&self) -> MutexGuard<'_, Writer> {
        self.writer.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What an operator who accepts the loss of a log will give up, where that can be said.
    pub fn loss(&self, log: LogId) -> Result<Option<Lost>, LogError> {
        let faults = self.faults.read().unwrap_or_else(PoisonError::into_inner);
        faults.get(&log).map_or(Ok(None), |fault| fault.accept(log, &self.head(log)))
    }

    /// How often the store has been brought to the platter since it was opened.
    pub fn syncs(&self) -> u64 {
        self.syncs.load(Ordering::Relaxed)
    }

    /// How many volumes there are.
    pub fn volumes(&self) -> u32 {
        self.lock().current.number()
    }

    fn known(&self, log: LogId) -> Option<Arc<Known>> {
        self.known.read().unwrap_or_else(PoisonError::into_inner).get(&log).cloned()
    }

    fn publish(&self, log: LogId, known: Arc<Known>) {
        self.known.write().unwrap_or_else(PoisonError::into_inner).insert(log, known);
    }

    fn write(&self, writer: &mut Writer, blocks: &[Block<'_>]) -> Result<(), LogError> {
        let mut replaced = BTreeMap::new();
        for block in blocks.iter().filter(|block| !block.entries.is_empty()) {
            if !writer.logs.contains_key(&block.log) {
                self.heads.create(block.log, &Head::default())?;
            }
            let old = writer.add(*block)?;
            replaced.entry(block.log).or_insert_with(Vec::new).extend(old);
        }
        self.sync(writer)?;
        let tail = writer.current.number();
        let mut published = Vec::new();
        for log in replaced.keys() {
            let Some(growing) = writer.logs.get(log) else { continue };
            let known = growing.known(tail)?;
            self.heads.write(*log, &known.head)?;
            published.push((*log, known));
        }
        for (log, known) in published {
            self.publish(log, known);
        }
        for (log, keys) in replaced {
            for first in keys {
                writer.current.store()?.remove(TAIL, &block::tail_key(log, first))?;
            }
        }
        Ok(())
    }

    /// Whether no log has lost anything. Of one that has, what lies behind the gap is in no list: it would stay behind when
    /// the volume closes, and go with it. So until somebody has looked, the volume only grows.
    fn is_whole(&self) -> bool {
        self.faults.read().unwrap_or_else(PoisonError::into_inner).is_empty()
    }

    fn sync(&self, writer: &Writer) -> Result<(), LogError> {
        writer.current.store()?.sync()?;
        self.syncs.fetch_add(1, Ordering::Relaxed);
        Ok(())
    }

    /// Begins the next volume. The tails move there, so that an older volume holds segments only
    /// and is never written again; it counts once it says that it has them all.
    fn roll(&self, writer: &mut Writer, anew: Anew) -> Result<(), LogError> {
        let next = self.volumes.lease(writer.current.number() + 1)?;
        let full = std::mem::replace(&mut writer.current, next);
        writer.bytes = 0;
        if anew == Anew::All {
            writer.copy_segments(&full)?;
        }
        let logs: Vec<LogId> = writer.logs.keys().copied().collect();
        for log in logs {
            writer.move_tail(log)?;
        }
        self.sync(writer)?;
        writer.current.store()?.put(ABOUT, BEGUN, b"1")?;
        self.sync(writer)?;
        let tail = writer.current.number();
        for (log, growing) in &writer.logs {
            self.publish(*log, growing.known(tail)?);
        }
        full.store()?.close()?;
        let closed = recover::closed(full.number(), &writer.logs);
        self.packer.pack(Closed { lease: Some(full), ..closed });
        Ok(())
    }
}

/// What was written last may not be on the platter: the next start is not to build on it.
fn doubt(medium: &dyn Medium) {
    if let Err(error) = medium.doubt() {
        tracing::error!(%error, "that a write failed cannot be noted for the next start");
    }
}

impl Log for PackedLog {
    fn append(&self, blocks: &[Block<'_>]) -> Result<(), LogError> {
        let _watch = self.watchdog.begin();
        let mut writer = self.lock();
        if self.heads.failed() {
            self.dead.store(true, Ordering::Release);
        }
        if self.dead.load(Ordering::Acquire) {
            return Err(LogError::Poisoned);
        }
        for block in blocks {
            self.verdict(block.log)?;
        }
        check(blocks, |log| writer.logs.get(&log).map_or(0, Growing::size))?;
        if blocks.iter().all(|block| block.entries.is_empty()) {
            return Ok(());
        }
        // Whatever fails now, memory and disk may differ: nobody may build on either.
        self.dead.store(true, Ordering::Release);
        let mut done = self.write(&mut writer, blocks);
        if done.is_ok() && writer.bytes >= self.volume_bytes && self.is_whole() {
            done = self.roll(&mut writer, Anew::Tails);
        }
        done.inspect_err(|_| doubt(&*self.medium))?;
        self.dead.store(false, Ordering::Release);
        Ok(())
    }

    fn scan(
        &self,
        log: LogId,
        after: u64,
        visit: &mut dyn FnMut(u64, &[u8]) -> ControlFlow<()>,
    ) -> Result<(), LogError> {
        self.stretches(log, after, &mut |stretch| {
            (stretch.first..)
                .zip(stretch.entries())
                .try_for_each(|(position, entry)| visit(position, entry))
        })
    }

    fn stretches(
        &self,
        log: LogId,
        after: u64,
        visit: &mut dyn FnMut(Stretch<'_>) -> ControlFlow<()>,
    ) -> Result<(), LogError> {
        let Some(known) = self.known(log) else { return Ok(()) };
        read::stretches(&self.volumes, log, known, after, visit, &|| self.known(log))
    }

    fn scrub(
        &self,
        log: LogId,
        against: &Against<'_>,
        pause: &mut Pause<'_>,
    ) -> Result<ControlFlow<()>, LogError> {
        let known = self.known(log).unwrap_or_default();
        scrub::scrub(&self.volumes, log, known, against, pause, &|| self.known(log))
    }

    fn head(&self, log: LogId) -> Head {
        self.known(log).map(|known| known.head.clone()).unwrap_or_default()
    }

    fn logs(&self) -> Vec<LogId> {
        self.known.read().unwrap_or_else(PoisonError::into_inner).keys().copied().collect()
    }

    fn verdict(&self, log: LogId) -> Result<(), LogError> {
        let faults = self.faults.read().unwrap_or_else(PoisonError::into_inner);
        faults.get(&log).map_or(Ok(()), |fault| Err(fault.error(log)))
    }

    fn accept_loss(&self, log: LogId) -> Result<Option<Lost>, LogError> {
        // The lock keeps appends away until the head file says what it is to say.
        let _writer = self.lock();
        let mut faults = self.faults.write().unwrap_or_else(PoisonError::into_inner);
        let Some(fault) = faults.get(&log) else { return Ok(None) };
        let head = self.head(log);
        let lost = fault.accept(log, &head)?;
        self.heads.create(log, &head)?;
        faults.remove(&log);
        Ok(lost)
    }
}
