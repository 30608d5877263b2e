//! What was put into a volume since the store itself was last brought to the platter: its write-ahead log, a file beside it.
//!
//! To sync a store is dear: sled wakes all its threads for it, and they write and wait, whatever was put. So what is put and
//! removed is noted here as well, one **record** for each sync, in place in a file that has its length already, and that
//! record is all that a sync brings to the platter. When the file is full, or where there is much at once, the store itself is
//! synced instead, and the file is written from its start again: a **checkpoint**.
//!
//! A store that is opened is given what these records hold, in order. It may have all or some of that already, and more: what it
//! has twice changes nothing, since no key is ever given another value, and what was removed may come back. So only such
//! keys are removed that are of no use to anybody, as tail blocks are once their segment is there.
//!
//! Which records count says the **epoch**, a number in the store itself: a checkpoint raises it, and it comes to the platter in
//! the same sync as all that it makes needless. So no record of another epoch is ever taken for one of this, and no sync is
//! needed to do away with them.
//!
//! A record begins with 44 bytes: epoch (8), length of what follows (4), and the BLAKE3 hash (32) of epoch, length, place in the
//! file (8), and what follows. That is, for each key: length of the table's name (1), the name, length of the key (1), the key, and
//! 0 where it was removed, or else 1, length of the value (4), and the value. Numbers are big-endian. A record that is torn, or
//! rotten, ends it; that something is missing behind, the head files know.

#[cfg(test)]
mod tests;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::log::LogError;
use crate::log::medium::{Store, Visit, WalFile};
use crate::log::pack::Place;
use crate::log::packed::ABOUT;

/// Where in `ABOUT` a volume says which records count.
const EPOCH: &[u8] = b"epoch";
const HEADER: usize = 44;
const HASH_AT: usize = 12;
/// What would take more than such a part of the file goes to the store alone.
const MUCH: u64 = 4;

/// A store whose syncs are those of its write-ahead log.
pub(crate) struct WalStore {
    store: Arc<dyn Store>,
    file: Box<dyn WalFile>,
    /// How long the file may be.
    most: u64,
    noted: Mutex<Noted>,
}

/// What is in the file, and what is to go there.
#[derive(Default)]
struct Noted {
    epoch: u64,
    /// Where the next record begins.
    end: u64,
    /// What the next record will hold.
    changes: Vec<u8>,
    /// There is something else that the store alone has.
    much: bool,
    /// Whether the file has its length.
    made: bool,
    standing: Standing,
}

/// What can be built on.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum Standing {
    /// Nothing has been written since it was opened: whatever lies in the file must not follow on what is written there.
    #[default]
    Fresh,
    /// All that was written.
    Sound,
    /// A write has failed, and nobody knows what the next one would build on.
    Failed,
}

/// A key, and what was put there, or that it was removed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Change<'a> {
    table: &'a str,
    key: &'a [u8],
    value: Option<&'a [u8]>,
}

impl WalStore {
    /// Gives the store what the file holds, which may be so long from now on. With no length at all, each sync is the store's own.
    pub(crate) fn open(
        store: Arc<dyn Store>,
        file: Box<dyn WalFile>,
        most: u64,
    ) -> Result<WalStore, LogError> {
        let epoch = match store.get(ABOUT, EPOCH)? {
            Some(bytes) => u64::from_be_bytes(bytes.try_into().map_err(|_| LogError::Store {
                what: "a volume does not say which part of its write-ahead log counts".to_owned(),
                missing: Vec::new(),
            })?),
            None => 0,
        };
        let written = file.read()?;
        let mut end: u64 = 0;
        while let Some(changes) = record(&written, epoch, end) {
            for change in walk(changes) {
                match change.value {
                    Some(value) => store.put(change.table, change.key, value)?,
                    None => store.remove(change.table, change.key)?,
                }
            }
            end += (HEADER + changes.len()) as u64;
        }
        let noted = Noted { epoch, end, ..Noted::default() };
        Ok(WalStore { store, file, most, noted: Mutex::new(noted) })
    }

    fn lock(&self) -> MutexGuard<'_, Noted> {
        self.noted.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn note(&self, noted: &mut Noted, change: Change<'_>) -> Result<(), LogError> {
        noted.much |= (noted.changes.len() + change.length()) as u64 > self.most / MUCH;
        if noted.much {
            noted.changes.clear();
            return Ok(());
        }
        change.push(&mut noted.changes)
    }

    /// Writes, where no write has failed before.
    fn unless_failed(
        &self,
        write: impl FnOnce(&WalStore, &mut Noted) -> Result<(), LogError>,
    ) -> Result<(), LogError> {
        let mut noted = self.lock();
        if noted.standing == Standing::Failed {
            return Err(LogError::Poisoned);
        }
        write(self, &mut noted).inspect_err(|_| noted.standing = Standing::Failed)
    }

    /// Brings the next record to the platter, or all that is in the store.
    fn bring(&self, noted: &mut Noted) -> Result<(), LogError> {
        let fresh = noted.standing == Standing::Fresh;
        if noted.changes.is_empty() && !noted.much {
            // After a kill, memory may show what the platter does not have yet.
            return if fresh { self.store.sync() } else { Ok(()) };
        }
        let length = (HEADER + noted.changes.len()) as u64;
        if fresh || noted.much || noted.end + length > self.most {
            return self.checkpoint(noted);
        }
        if !noted.made {
            self.file.make(self.most)?;
            noted.made = true;
        }
        self.file.write(noted.end, &encode(noted.epoch, noted.end, &noted.changes)?)?;
        self.file.sync()?;
        noted.end += length;
        noted.changes.clear();
        Ok(())
    }

    fn checkpoint(&self, noted: &mut Noted) -> Result<(), LogError> {
        let epoch = noted.epoch + 1;
        self.store.put(ABOUT, EPOCH, &epoch.to_be_bytes())?;
        self.store.sync()?;
        noted.changes.clear();
        (noted.epoch, noted.end) = (epoch, 0);
        (noted.much, noted.standing) = (false, Standing::Sound);
        Ok(())
    }
}

impl Store for WalStore {
    fn put(&self, table: &str, key: &[u8], value: &[u8]) -> Result<(), LogError> {
        let mut noted = self.lock();
        self.store.put(table, key, value)?;
        self.note(&mut noted, Change { table, key, value: Some(value) })
    }

    fn remove(&self, table: &str, key: &[u8]) -> Result<(), LogError> {
        let mut noted = self.lock();
        self.store.remove(table, key)?;
        self.note(&mut noted, Change { table, key, value: None })
    }

    fn get(&self, table: &str, key: &[u8]) -> Result<Option<Vec<u8>>, LogError> {
        self.store.get(table, key)
    }

    fn scan(&self, table: &str, from: &[u8], visit: &mut Visit<'_>) -> Result<(), LogError> {
        self.store.scan(table, from, visit)
    }

    fn sync(&self) -> Result<(), LogError> {
        self.unless_failed(WalStore::bring)
    }

    fn close(&self) -> Result<(), LogError> {
        self.unless_failed(|store, noted| {
            let lacks = noted.much || noted.end > 0 || !noted.changes.is_empty();
            if lacks { store.checkpoint(noted) } else { Ok(()) }
        })
    }

    fn index(&self) -> Option<&[Place]> {
        self.store.index()
    }

    fn is_worth_keeping(&self) -> bool {
        self.store.is_worth_keeping()
    }
}

impl Change<'_> {
    fn length(&self) -> usize {
        3 + self.table.len() + self.key.len() + self.value.map_or(0, |value| 4 + value.len())
    }

    fn push(&self, changes: &mut Vec<u8>) -> Result<(), LogError> {
        let unfit = |_| LogError::Unfit("a name, key or value too long for a record".to_owned());
        let lengths = (u8::try_from(self.table.len()), u8::try_from(self.key.len()));
        let (table, key) = (lengths.0.map_err(unfit)?, lengths.1.map_err(unfit)?);
        let value = self.value.map_or(Ok(0), |value| u32::try_from(value.len())).map_err(unfit)?;
        changes.push(table);
        changes.extend_from_slice(self.table.as_bytes());
        changes.push(key);
        changes.extend_from_slice(self.key);
        changes.push(u8::from(self.value.is_some()));
        if let Some(bytes) = self.value {
            changes.extend_from_slice(&value.to_be_bytes());
            changes.extend_from_slice(bytes);
        }
        Ok(())
    }
}

/// Walks the changes of a record, whose hash was right.
fn walk(mut rest: &[u8]) -> impl Iterator<Item = Change<'_>> {
    std::iter::from_fn(move || {
        let (table, behind) = short(rest)?;
        let (key, behind) = short(behind)?;
        let (kind, behind) = behind.split_first()?;
        let (value, behind) = if *kind == 0 {
            (None, behind)
        } else {
            let (length, behind) = behind.split_first_chunk::<4>()?;
            let (value, behind) =
                behind.split_at_checked(usize::try_from(u32::from_be_bytes(*length)).ok()?)?;
            (Some(value), behind)
        };
        rest = behind;
        Some(Change { table: std::str::from_utf8(table).ok()?, key, value })
    })
}

fn short(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (length, rest) = bytes.split_first()?;
    rest.split_at_checked(usize::from(*length))
}

fn encode(epoch: u64, at: u64, changes: &[u8]) -> Result<Vec<u8>, LogError> {
    let unfit = |_| LogError::Unfit(format!("a record of {} bytes", changes.len()));
    let length = u32::try_from(changes.len()).map_err(unfit)?;
    let mut record = Vec::with_capacity(HEADER + changes.len());
    record.extend_from_slice(&epoch.to_be_bytes());
    record.extend_from_slice(&length.to_be_bytes());
    let hash = hash(&record, at, changes);
    record.extend_from_slice(hash.as_bytes());
    record.extend_from_slice(changes);
    Ok(record)
}

/// The changes of the record that begins there; nothing where it is none of this epoch, or not as it was written.
fn record(written: &[u8], epoch: u64, at: u64) -> Option<&[u8]> {
    let (header, behind) = written.get(usize::try_from(at).ok()?..)?.split_at_checked(HEADER)?;
    let (said, known) = header.split_at_checked(HASH_AT)?;
    let (of, length) = said.split_first_chunk::<8>()?;
    let length = usize::try_from(u32::from_be_bytes(length.try_into().ok()?)).ok()?;
    let changes = behind.get(..length)?;
    let whole = u64::from_be_bytes(*of) == epoch && hash(said, at, changes).as_bytes() == known;
    whole.then_some(changes)
}

fn hash(said: &[u8], at: u64, changes: &[u8]) -> blake3::Hash {
    let mut hasher = blake3::Hasher::new();
    hasher.update(said).update(&at.to_be_bytes()).update(changes);
    hasher.finalize()
}
