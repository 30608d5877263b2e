//! How far each log is known to reach: a small file beside the store, which the store cannot forget.
//!
//! Two slots, written in turn and in place, each with a checksum: whatever tears, one is whole. A
//! slot is written after the store's sync and before the answer, so the file is never ahead of what
//! is on the platter; a log that is behind *it* has lost something that was acknowledged. Each start
//! puts a new file in the place of the old one, so that whatever has befallen a slot ends there.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use ledger_proto::Hash;

use crate::log::medium::Medium;
use crate::log::{Head, LogError, LogId};

/// The slots lie in different pages, so that no write touches both.
const SLOT: u64 = 4096;
const MAGIC: &[u8; 8] = b"CSHEAD01";
const LENGTH: usize = 92;
const CHECKED: usize = LENGTH - 32;

/// What a head file says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Mark {
    /// Which write of this file it was; the higher of the two slots counts.
    pub(crate) sequence: u64,
    /// How many entries were durable.
    pub(crate) size: u64,
    /// What stood for them.
    pub(crate) root: Hash,
}

/// A head file as it was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Said {
    /// There is none.
    Nothing,
    /// There is one, and neither slot can be read.
    Noise,
    /// This.
    Mark(Mark),
}

/// All head files of a store, and the thread that brings them to the platter.
pub(crate) struct Heads {
    shared: Arc<Shared>,
    syncing: Option<JoinHandle<()>>,
}

struct Shared {
    medium: Arc<dyn Medium>,
    state: Mutex<State>,
    wake: Condvar,
    failed: AtomicBool,
}

#[derive(Default)]
struct State {
    sequences: BTreeMap<LogId, u64>,
    unsynced: BTreeSet<LogId>,
    stopped: bool,
}

impl Heads {
    /// Begins to look after the head files. They are synced so often by a thread of their own, or
    /// at each write where the interval is zero.
    pub(crate) fn start(medium: Arc<dyn Medium>, every: Duration) -> Result<Heads, LogError> {
        let shared = Arc::new(Shared {
            medium,
            state: Mutex::default(),
            wake: Condvar::new(),
            failed: AtomicBool::new(false),
        });
        let syncing = if every.is_zero() {
            None
        } else {
            let at_work = Arc::clone(&shared);
            let thread = thread::Builder::new().name("heads".to_owned());
            let started = thread.spawn(move || at_work.sync_now_and_then(every));
            Some(started.map_err(LogError::io("starting the thread for the head files"))?)
        };
        Ok(Heads { shared, syncing })
    }

    /// Reads a head file. Whoever goes on from there creates it anew.
    pub(crate) fn read(&self, log: LogId) -> Result<Said, LogError> {
        let Some(bytes) = self.shared.medium.read_head(log)? else { return Ok(Said::Nothing) };
        Ok(newest(log, &bytes).map_or(Said::Noise, Said::Mark))
    }

    /// Makes the file of a log; before its first entry is stored, so that entries without a head
    /// file are always a loss and never an honest power cut; and anew at each start.
    pub(crate) fn create(&self, log: LogId, head: &Head) -> Result<(), LogError> {
        let mark = Mark { sequence: 0, size: head.size, root: head.root() };
        self.shared.medium.create_head(log, &encode(log, &mark))?;
        self.shared.lock().sequences.insert(log, 0);
        Ok(())
    }

    /// Says how far a log reaches now. The store must have been synced.
    pub(crate) fn write(&self, log: LogId, head: &Head) -> Result<(), LogError> {
        let sequence = {
            let mut state = self.shared.lock();
            let sequence = state.sequences.entry(log).or_default();
            *sequence += 1;
            *sequence
        };
        let mark = Mark { sequence, size: head.size, root: head.root() };
        self.shared.medium.write_head(log, (sequence % 2) * SLOT, &encode(log, &mark))?;
        if self.syncing.is_some() {
            self.shared.lock().unsynced.insert(log);
            Ok(())
        } else {
            self.sync(log)
        }
    }

    /// Brings one head file to the platter at once.
    fn sync(&self, log: LogId) -> Result<(), LogError> {
        self.shared.medium.sync_head(log)
    }

    /// Whether the thread could not do its work; the log is dead then.
    pub(crate) fn failed(&self) -> bool {
        self.shared.failed.load(Ordering::Acquire)
    }
}

impl Drop for Heads {
    fn drop(&mut self) {
        self.shared.lock().stopped = true;
        self.shared.wake.notify_all();
        if let Some(thread) = self.syncing.take()
            && thread.join().is_err()
        {
            tracing::error!("the thread for the head files ended badly");
        }
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn sync_now_and_then(&self, every: Duration) {
        let mut state = self.lock();
        loop {
            if !state.stopped {
                let woken = self.wake.wait_timeout(state, every);
                state = woken.unwrap_or_else(PoisonError::into_inner).0;
            }
            let stopped = state.stopped;
            let unsynced = std::mem::take(&mut state.unsynced);
            drop(state);
            for log in unsynced {
                if let Err(error) = self.medium.sync_head(log) {
                    tracing::error!(%log, %error, "a head file cannot be brought to the platter");
                    self.failed.store(true, Ordering::Release);
                }
            }
            if stopped {
                return;
            }
            state = self.lock();
        }
    }
}

fn encode(log: LogId, mark: &Mark) -> Vec<u8> {
    let mut slot = Vec::with_capacity(LENGTH);
    slot.extend_from_slice(MAGIC);
    slot.extend_from_slice(&log.get().to_be_bytes());
    slot.extend_from_slice(&mark.sequence.to_be_bytes());
    slot.extend_from_slice(&mark.size.to_be_bytes());
    slot.extend_from_slice(mark.root.as_bytes());
    let hash = blake3::hash(&slot);
    slot.extend_from_slice(hash.as_bytes());
    slot
}

fn newest(log: LogId, file: &[u8]) -> Option<Mark> {
    let second = usize::try_from(SLOT).ok().and_then(|at| file.get(at..));
    [Some(file), second]
        .into_iter()
        .flatten()
        .filter_map(|slot| decode(log, slot))
        .max_by_key(|mark| mark.sequence)
}

fn decode(log: LogId, slot: &[u8]) -> Option<Mark> {
    let (said, hash) = slot.get(..LENGTH)?.split_at_checked(CHECKED)?;
    let (magic, rest) = said.split_first_chunk::<8>()?;
    let (written_for, rest) = rest.split_first_chunk::<4>()?;
    let (sequence, rest) = rest.split_first_chunk::<8>()?;
    let (size, root) = rest.split_first_chunk::<8>()?;
    let whole = blake3::hash(said).as_bytes() == hash
        && magic == MAGIC
        && u32::from_be_bytes(*written_for) == log.get();
    whole.then_some(Mark {
        sequence: u64::from_be_bytes(*sequence),
        size: u64::from_be_bytes(*size),
        root: Hash::new(*root.first_chunk()?),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn slot(sequence: u64) -> (Mark, Vec<u8>) {
        let mark = Mark { sequence, size: sequence * 10, root: Head::default().root() };
        (mark, encode(LogId::new(4), &mark))
    }

    fn file(first: &[u8], second: &[u8]) -> Vec<u8> {
        let mut file = first.to_vec();
        file.resize(4096, 0);
        file.extend_from_slice(second);
        file
    }

    #[test]
    fn the_newer_slot_counts_and_a_torn_one_does_not() {
        let ((older, first), (newer, second)) = (slot(8), slot(9));
        assert_eq!(newest(LogId::new(4), &file(&first, &second)), Some(newer));
        assert_eq!(newest(LogId::new(4), &first), Some(older));
        for torn in 0..second.len() {
            let mut damaged = second.clone();
            damaged[torn] ^= 0x20;
            assert_eq!(newest(LogId::new(4), &file(&first, &damaged)), Some(older), "byte {torn}");
            assert_eq!(newest(LogId::new(4), &file(&damaged, &first[..torn])), None);
        }
    }

    #[test]
    fn the_head_of_another_log_says_nothing() {
        assert_eq!(newest(LogId::new(5), &slot(1).1), None);
    }
}
