//! A disk in memory that forgets what was not synced.
//!
//! It stands in for a power cut: after `crash`, the log that is opened on it sees what was brought
//! to the platter and as much of the rest, in the order of writing, as the test likes.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::log::medium::{Check, Fill, Medium, Store, Visit};
use crate::log::{LogError, LogId, LogOptions, PackedLog};

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
    unsynced: Vec<Write>,
    /// After how many writes the disk is full.
    room: Option<usize>,
    /// How many power cuts there were: what was opened before is of no use after.
    cuts: u64,
}

#[derive(Clone, Default)]
struct Content {
    packs: BTreeMap<u32, (Arc<Packed>, Vec<u8>)>,
    volumes: BTreeMap<u32, Keys>,
    heads: BTreeMap<LogId, Vec<u8>>,
}

type Keys = BTreeMap<(String, Vec<u8>), Vec<u8>>;

#[derive(Clone)]
enum Write {
    Key { volume: u32, key: (String, Vec<u8>), value: Option<Vec<u8>> },
    Head { log: LogId, offset: u64, bytes: Vec<u8> },
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
        let since = self.lock().cuts;
        Arc::new(Powered { disk: self.clone(), since })
    }

    /// Cuts the power. Of what was not synced, the first `kept` writes had reached the platter all
    /// the same; the rest is gone.
    pub fn crash(&self, kept: usize) {
        self.cut(|at, _| at < kept);
    }

    /// Cuts the power when of all that was not synced the removals had reached the platter and
    /// nothing else: whoever removes before what takes its place is safe loses both.
    pub fn crash_with_removals_first(&self) {
        self.cut(|_, write| matches!(write, Write::Key { value: None, .. }));
    }

    fn cut(&self, arrived: impl Fn(usize, &Write) -> bool) {
        let mut disk = self.lock();
        let writes = std::mem::take(&mut disk.unsynced);
        for (at, write) in writes.iter().enumerate() {
            if arrived(at, write) {
                disk.platter.apply(write);
            }
        }
        disk.now = disk.platter.clone();
        disk.room = None;
        disk.cuts += 1;
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
        self.unsynced.push(write);
        Ok(())
    }

    fn take_room(&mut self) -> Result<(), LogError> {
        if let Some(room) = &mut self.room {
            let Some(left) = room.checked_sub(1) else {
                return Err(LogError::DiskFull {
                    folder: PathBuf::from("simulated"),
                    free_bytes: 0,
                    needed_bytes: 1,
                    reserve: PathBuf::from("reserve"),
                });
            };
            *room = left;
        }
        Ok(())
    }

    fn sync(&mut self, of_this_file: impl Fn(&Write) -> bool) {
        let (synced, rest) =
            std::mem::take(&mut self.unsynced).into_iter().partition(|write| of_this_file(write));
        self.unsynced = rest;
        let synced: Vec<Write> = synced;
        for write in &synced {
            self.platter.apply(write);
        }
    }
}

impl Content {
    fn apply(&mut self, write: &Write) {
        match write {
            Write::Key { volume, key, value: Some(value) } => {
                let keys = self.volumes.entry(*volume).or_default();
                keys.insert(key.clone(), value.clone());
            }
            Write::Key { volume, key, value: None } => {
                self.volumes.entry(*volume).or_default().remove(key);
            }
            Write::Head { log, offset, bytes } => {
                let file = self.heads.entry(*log).or_default();
                let at = usize::try_from(*offset).unwrap_or(usize::MAX);
                file.resize(file.len().max(at.saturating_add(bytes.len())), 0);
                for (old, new) in file.iter_mut().skip(at).zip(bytes) {
                    *old = *new;
                }
            }
        }
    }
}

/// The disk between two power cuts.
#[derive(Clone)]
struct Powered {
    disk: SimulatedDisk,
    since: u64,
}

impl Powered {
    fn lock(&self) -> Result<MutexGuard<'_, Disk>, LogError> {
        let disk = self.disk.lock();
        if disk.cuts == self.since { Ok(disk) } else { Err(LogError::Poisoned) }
    }
}

impl Medium for Powered {
    fn volumes(&self) -> Result<Vec<u32>, LogError> {
        let disk = self.lock()?;
        let numbers = disk.now.volumes.keys().chain(disk.now.packs.keys());
        Ok(numbers.copied().collect::<BTreeSet<u32>>().into_iter().collect())
    }

    fn open_volume(&self, number: u32) -> Result<Arc<dyn Store>, LogError> {
        let mut disk = self.lock()?;
        disk.now.volumes.entry(number).or_default();
        disk.platter.volumes.entry(number).or_default();
        Ok(Arc::new(Volume { disk: self.clone(), number }))
    }

    fn has_pack(&self, number: u32) -> Result<bool, LogError> {
        Ok(self.lock()?.now.packs.contains_key(&number))
    }

    fn read_index(&self, number: u32) -> Result<Option<Vec<u8>>, LogError> {
        Ok(self.lock()?.now.packs.get(&number).map(|(_, index)| index.clone()))
    }

    fn open_pack(&self, number: u32) -> Result<Arc<dyn Store>, LogError> {
        let pack = self.lock()?.now.packs.get(&number).map(|(tables, _)| Arc::clone(tables));
        pack.map(|pack| pack as Arc<dyn Store>)
            .ok_or_else(|| LogError::Unfit(format!("there is no pack {number}")))
    }

    fn create_pack(&self, number: u32, fill: &Fill<'_>, check: &Check<'_>) -> Result<(), LogError> {
        let tables = Arc::new(Packed::default());
        let index = fill(&*tables)?;
        check(&*tables)?;
        let mut disk = self.lock()?;
        disk.take_room()?;
        disk.now.packs.insert(number, (Arc::clone(&tables), index.clone()));
        disk.platter.packs.insert(number, (tables, index));
        Ok(())
    }

    fn remove_tables(&self, number: u32) -> Result<(), LogError> {
        let mut disk = self.lock()?;
        disk.now.volumes.remove(&number);
        disk.platter.volumes.remove(&number);
        Ok(())
    }

    fn set_aside(&self, number: u32) -> Result<(), LogError> {
        let mut disk = self.lock()?;
        disk.now.volumes.remove(&number);
        disk.platter.volumes.remove(&number);
        Ok(())
    }

    fn heads(&self) -> Result<Vec<LogId>, LogError> {
        Ok(self.lock()?.now.heads.keys().copied().collect())
    }

    fn create_head(&self, log: LogId, bytes: &[u8]) -> Result<(), LogError> {
        let mut disk = self.lock()?;
        disk.now.heads.insert(log, bytes.to_vec());
        disk.platter.heads.insert(log, bytes.to_vec());
        Ok(())
    }

    fn read_head(&self, log: LogId) -> Result<Option<Vec<u8>>, LogError> {
        Ok(self.lock()?.now.heads.get(&log).cloned())
    }

    fn write_head(&self, log: LogId, offset: u64, bytes: &[u8]) -> Result<(), LogError> {
        self.lock()?.write(Write::Head { log, offset, bytes: bytes.to_vec() })
    }

    fn sync_head(&self, log: LogId) -> Result<(), LogError> {
        self.lock()?.sync(|write| matches!(write, Write::Head { log: of, .. } if *of == log));
        Ok(())
    }
}

/// The tables of a pack, which are whole on the platter or not there at all.
#[derive(Default)]
struct Packed(Mutex<Keys>);

impl Packed {
    fn lock(&self) -> MutexGuard<'_, Keys> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Store for Packed {
    fn put(&self, table: &str, key: &[u8], value: &[u8]) -> Result<(), LogError> {
        self.lock().insert((table.to_owned(), key.to_vec()), value.to_vec());
        Ok(())
    }

    fn remove(&self, table: &str, key: &[u8]) -> Result<(), LogError> {
        self.lock().remove(&(table.to_owned(), key.to_vec()));
        Ok(())
    }

    fn get(&self, table: &str, key: &[u8]) -> Result<Option<Vec<u8>>, LogError> {
        Ok(self.lock().get(&(table.to_owned(), key.to_vec())).cloned())
    }

    fn scan(&self, table: &str, from: &[u8], visit: &mut Visit<'_>) -> Result<(), LogError> {
        scan(&self.lock().clone(), table, from, visit);
        Ok(())
    }

    fn sync(&self) -> Result<(), LogError> {
        Ok(())
    }
}

fn scan(keys: &Keys, table: &str, from: &[u8], visit: &mut Visit<'_>) {
    for ((on, key), value) in keys.range((table.to_owned(), from.to_vec())..) {
        if on != table || visit(key, value).is_break() {
            break;
        }
    }
}

struct Volume {
    disk: Powered,
    number: u32,
}

impl Volume {
    fn write(&self, table: &str, key: &[u8], value: Option<Vec<u8>>) -> Result<(), LogError> {
        let key = (table.to_owned(), key.to_vec());
        self.disk.lock()?.write(Write::Key { volume: self.number, key, value })
    }
}

impl Store for Volume {
    fn put(&self, table: &str, key: &[u8], value: &[u8]) -> Result<(), LogError> {
        self.write(table, key, Some(value.to_vec()))
    }

    fn remove(&self, table: &str, key: &[u8]) -> Result<(), LogError> {
        self.write(table, key, None)
    }

    fn get(&self, table: &str, key: &[u8]) -> Result<Option<Vec<u8>>, LogError> {
        let disk = self.disk.lock()?;
        let volume = disk.now.volumes.get(&self.number);
        Ok(volume.and_then(|keys| keys.get(&(table.to_owned(), key.to_vec()))).cloned())
    }

    fn scan(&self, table: &str, from: &[u8], visit: &mut Visit<'_>) -> Result<(), LogError> {
        let volume = self.disk.lock()?.now.volumes.get(&self.number).cloned().unwrap_or_default();
        scan(&volume, table, from, visit);
        Ok(())
    }

    fn sync(&self) -> Result<(), LogError> {
        let number = self.number;
        self.disk
            .lock()?
            .sync(|write| matches!(write, Write::Key { volume, .. } if *volume == number));
        Ok(())
    }
}
