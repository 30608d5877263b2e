//! A disk in memory that forgets what was not synced.
//!
//! It stands in for a power cut: after `crash`, the log that is opened on it sees what was brought
//! to the platter and as much of the rest, in the order of writing, as the test likes. Whoever wants
//! more says of each act what becomes of it: see [`Fates`].

mod content;
mod fate;
mod powered;

#[cfg(test)]
use std::ops::ControlFlow;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

pub use fate::{Act, Arrival, Failure, Fate, Fates, PowerCut, Spot};

use crate::log::medium::Medium;
use crate::log::{LogError, LogOptions, PackedLog};
#[cfg(test)]
use crate::log::{LogId, block, medium::Store, packed::TAIL, wal::WalStore};
use content::{Content, Forgotten, Unsynced, Write};
use powered::Powered;

/// A disk whose power can be cut.
#[derive(Clone, Default)]
pub struct SimulatedDisk {
    disk: Arc<Mutex<Disk>>,
}

#[derive(Default)]
struct Disk {
    /// What a reader sees.
    now: Content,
    /// What is on the platter.
    platter: Content,
    /// What was written since, in order.
    unsynced: Vec<Unsynced>,
    /// After how many writes the disk is full.
    room: Option<usize>,
    /// Whether it is noted that something is not on the platter.
    doubted: bool,
    /// How many power cuts and ends of the process there were: what was opened before is of no use after.
    cuts: u64,
    fates: Option<Arc<dyn Fates>>,
}

impl SimulatedDisk {
    /// An empty disk.
    pub fn new() -> SimulatedDisk {
        SimulatedDisk::default()
    }

    /// Opens the log on this disk.
    pub fn open(&self, options: &LogOptions) -> Result<PackedLog, LogError> {
        PackedLog::open_on(&self.medium(), options)
    }

    /// This disk until its power is cut, for whoever wants to reach below the log.
    pub(crate) fn medium(&self) -> Arc<dyn Medium> {
        Arc::new(self.powered())
    }

    /// The tables of the cards, which lie beside the log.
    #[cfg(test)]
    pub(crate) fn cards(&self) -> Box<dyn Store> {
        Box::new(self.powered().tables(Spot::Cards))
    }

    fn powered(&self) -> Powered {
        Powered { disk: self.clone(), since: self.lock().cuts }
    }

    /// From now on somebody says of each act what becomes of it, or nobody does any more.
    pub fn ask(&self, fates: Option<Arc<dyn Fates>>) {
        self.lock().fates = fates;
    }

    /// Cuts the power. Of what was not synced, the first `kept` writes had reached the platter all
    /// the same; the rest is gone.
    pub fn crash(&self, kept: usize) {
        let mut left = kept;
        self.crash_where(&mut |_, _| {
            let arrived = left > 0;
            left = left.saturating_sub(1);
            if arrived { Arrival::Whole } else { Arrival::Never }
        });
    }

    /// Cuts the power when of all that was not synced the removals had reached the platter and
    /// nothing else: whoever removes before what takes its place is safe loses both.
    pub fn crash_with_removals_first(&self) {
        self.crash_where(&mut |act, _| {
            if act == Act::Remove { Arrival::Whole } else { Arrival::Never }
        });
    }

    /// Cuts the power; of each write that was not synced it is asked, in order, how far it came.
    pub fn crash_where(&self, arrived: &mut dyn FnMut(Act, Spot) -> Arrival) {
        let mut disk = self.lock();
        for Unsynced { write, forgotten } in std::mem::take(&mut disk.unsynced) {
            if forgotten == Forgotten::Yes {
                continue;
            }
            match arrived(write.act(), write.at()) {
                Arrival::Whole => disk.platter.apply(&write),
                Arrival::Torn(bytes) => {
                    if let Some(torn) = write.torn(bytes) {
                        disk.platter.apply(&torn);
                    }
                }
                Arrival::Never => {}
            }
        }
        disk.now = disk.platter.clone();
        disk.doubted = false;
        disk.room = None;
        disk.cuts += 1;
    }

    /// Ends the process and leaves the power on: the system still has what was handed to it, which is all that was
    /// written in place, and of the rest what `handed` says.
    pub fn kill_where(&self, handed: &mut dyn FnMut(Act, Spot) -> Arrival) {
        let mut disk = self.lock();
        disk.now = disk.platter.clone();
        for unsynced in std::mem::take(&mut disk.unsynced) {
            let (act, at) = (unsynced.write.act(), unsynced.write.at());
            if matches!(act, Act::WriteHead | Act::WriteWal)
                || unsynced.forgotten == Forgotten::Yes
                || handed(act, at) == Arrival::Whole
            {
                disk.now.apply(&unsynced.write);
                disk.unsynced.push(unsynced);
            }
        }
        disk.room = None;
        disk.cuts += 1;
    }

    /// Drops the last tail block of the newest volume without a word, as a store does whose last bytes are damaged. Says
    /// whose it was, if there was one.
    #[cfg(test)]
    pub(crate) fn rot(&self) -> Option<LogId> {
        let medium = self.medium();
        let number = medium.volumes().ok()?.pop()?;
        let store = medium.open_volume(number).ok()?;
        // What lies in the write-ahead log is of no more use then.
        let store = WalStore::open(store, medium.wal(number), 0).ok()?;
        let mut last = None;
        let mut visit = |key: &[u8], _: &[u8]| {
            last = Some(key.to_vec());
            ControlFlow::Continue(())
        };
        store.scan(TAIL, &[], &mut visit).ok()?;
        let last = last?;
        store.remove(TAIL, &last).and_then(|()| store.sync()).ok()?;
        Some(block::read_key(&last)?.0)
    }

    /// How many writes a power cut would put at risk.
    pub fn unsynced(&self) -> usize {
        self.lock().unsynced.len()
    }

    /// Lets so many more writes succeed; those after them find the disk full.
    pub fn fill_after(&self, writes: usize) {
        self.lock().room = Some(writes);
    }

    fn lock(&self) -> MutexGuard<'_, Disk> {
        self.disk.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Disk {
    fn write(&mut self, write: Write) -> Result<(), LogError> {
        self.take_room()?;
        self.now.apply(&write);
        self.unsynced.push(Unsynced { write, forgotten: Forgotten::No });
        Ok(())
    }

    fn take_room(&mut self) -> Result<(), LogError> {
        if let Some(room) = &mut self.room {
            let left = room.checked_sub(1);
            *room = left.ok_or_else(|| fate::error(Act::Put, Failure::Full))?;
        }
        Ok(())
    }

    /// Brings what was written there to the platter, but for what has been forgotten.
    fn sync(&mut self, at: Spot) {
        for unsynced in std::mem::take(&mut self.unsynced) {
            if unsynced.write.at() == at && unsynced.forgotten == Forgotten::No {
                self.platter.apply(&unsynced.write);
            } else {
                self.unsynced.push(unsynced);
            }
        }
    }

    /// Takes what was written there for clean.
    fn forget(&mut self, at: Spot) {
        for unsynced in self.unsynced.iter_mut().filter(|unsynced| unsynced.write.at() == at) {
            unsynced.forgotten = Forgotten::Yes;
        }
    }

    fn remove_volume(&mut self, number: u32) {
        for content in [&mut self.now, &mut self.platter] {
            content.volumes.remove(&number);
            content.wals.remove(&number);
        }
        let gone = [Spot::Volume(number), Spot::Wal(number)];
        self.unsynced.retain(|unsynced| !gone.contains(&unsynced.write.at()));
    }
}

#[cfg(test)]
mod tests {
    use std::panic::{AssertUnwindSafe, catch_unwind};
    use std::time::Duration;

    use super::*;
    use crate::log::{Block, Log};

    /// The power goes before the head file is written.
    struct NoHead;

    impl Fates for NoHead {
        fn next(&self, act: Act, _: Spot) -> Fate {
            if act == Act::WriteHead { Fate::CutBefore } else { Fate::Done }
        }
    }

    /// Entries that were not acknowledged, and are there at the next start, are shown and answered from then on: so the
    /// head file knows of them from then on, too, and a store that drops them is found out.
    #[test]
    fn what_a_start_finds_beyond_the_head_file_is_in_it_from_then_on() {
        let options = LogOptions { head_sync_every: Duration::ZERO, ..LogOptions::default() };
        let (disk, one) = (SimulatedDisk::new(), LogId::new(1));
        let log = disk.open(&options).unwrap();
        let append = |log: &PackedLog, first| {
            log.append(&[Block { log: one, first, entries: &[b"an entry".to_vec()] }])
        };
        append(&log, 1).unwrap();
        disk.ask(Some(Arc::new(NoHead)));
        catch_unwind(AssertUnwindSafe(|| append(&log, 2))).unwrap_err();
        disk.ask(None);
        disk.crash(0);
        drop(log);
        let log = disk.open(&options).unwrap();
        assert_eq!(log.head(one).size, 2);
        drop(log);
        assert_eq!(disk.rot(), Some(one));
        let verdict = disk.open(&options).unwrap().verdict(one);
        assert!(verdict.is_err(), "entry 2 was shown, and is gone without a word");
    }

    /// Something befalls the head file, whenever this is done to it.
    struct Befalls(Act, Fate);

    impl Fates for Befalls {
        fn next(&self, act: Act, _: Spot) -> Fate {
            if act == self.0 { self.1 } else { Fate::Done }
        }
    }

    /// One slot is torn by a cut; a sync that fails leaves what was written over it in the system's memory alone; and
    /// another cut tears the other slot. No entry is lost, so nothing is refused.
    #[test]
    fn a_head_file_outlives_two_torn_slots_and_a_failed_sync() {
        let options = LogOptions { head_sync_every: Duration::ZERO, ..LogOptions::default() };
        let (disk, one) = (SimulatedDisk::new(), LogId::new(1));
        let append = |log: &PackedLog, first| {
            log.append(&[Block { log: one, first, entries: &[b"an entry".to_vec()] }])
        };
        let torn = |log: &PackedLog, first| {
            disk.ask(Some(Arc::new(Befalls(Act::WriteHead, Fate::CutAfter))));
            catch_unwind(AssertUnwindSafe(|| append(log, first))).unwrap_err();
            disk.ask(None);
            disk.crash_where(&mut |act, _| {
                if act == Act::WriteHead { Arrival::Torn(40) } else { Arrival::Whole }
            });
        };
        let log = disk.open(&options).unwrap();
        append(&log, 1).unwrap();
        torn(&log, 2);
        for act in [Act::SyncHead, Act::WriteHead, Act::CreateHead] {
            disk.ask(Some(Arc::new(Befalls(act, Fate::Fails(Failure::Forgotten)))));
            let (Ok(_) | Err(_)) = disk.open(&options);
        }
        disk.ask(None);
        torn(&disk.open(&options).unwrap(), 3);
        let log = disk.open(&options).unwrap();
        assert!(log.verdict(one).is_ok());
        assert_eq!(log.head(one).size, 3);
    }
}
