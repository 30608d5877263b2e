//! The simulated disk between two power cuts, as the log and the cards see it.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::log::medium::{Check, Fill, Medium, Store, Visit, WalFile};
use crate::log::simulated::content::{Keys, Write, scan};
use crate::log::simulated::fate::{self, Act, Failure, Fate, Spot};
use crate::log::simulated::{Disk, SimulatedDisk};
use crate::log::{LogError, LogId};

/// The disk until its power is cut; of no use after that.
#[derive(Clone)]
pub(super) struct Powered {
    pub(super) disk: SimulatedDisk,
    pub(super) since: u64,
}

impl Powered {
    fn lock(&self) -> Result<MutexGuard<'_, Disk>, LogError> {
        let disk = self.disk.lock();
        if disk.cuts == self.since { Ok(disk) } else { Err(LogError::Poisoned) }
    }

    /// Does something, if that is its fate.
    fn act(
        &self,
        (act, at): (Act, Spot),
        done: impl FnOnce(&mut Disk) -> Result<(), LogError>,
    ) -> Result<(), LogError> {
        let fates = self.lock()?.fates.clone();
        let fate = fates.map_or(Fate::Done, |fates| fates.next(act, at));
        match fate {
            Fate::Done => done(&mut *self.lock()?),
            Fate::Fails(failure) => {
                let mut disk = self.lock()?;
                match failure {
                    Failure::Denied => done(&mut disk)?,
                    Failure::Forgotten => disk.forget(at),
                    Failure::Refused | Failure::Full => {}
                }
                Err(fate::error(act, failure))
            }
            Fate::CutBefore => self.cut(),
            Fate::CutAfter => {
                done(&mut *self.lock()?)?;
                self.cut()
            }
        }
    }

    fn cut(&self) -> ! {
        self.disk.lock().cuts += 1;
        fate::stop_here()
    }

    /// The tables at a spot.
    pub(super) fn tables(&self, at: Spot) -> Tables {
        Tables { disk: self.clone(), at }
    }
}

impl Medium for Powered {
    fn volumes(&self) -> Result<Vec<u32>, LogError> {
        let disk = self.lock()?;
        let numbers = disk.now.volumes.keys().chain(disk.now.packs.keys());
        Ok(numbers.copied().collect::<BTreeSet<u32>>().into_iter().collect())
    }

    fn open_volume(&self, number: u32) -> Result<Arc<dyn Store>, LogError> {
        let at = Spot::Volume(number);
        if !self.lock()?.now.volumes.contains_key(&number) {
            self.act((Act::CreateVolume, at), |disk| {
                disk.now.volumes.entry(number).or_default();
                disk.platter.volumes.entry(number).or_default();
                Ok(())
            })?;
        }
        Ok(Arc::new(self.tables(at)))
    }

    fn wal(&self, number: u32) -> Box<dyn WalFile> {
        Box::new(Wal { disk: self.clone(), number })
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
        self.act((Act::CreatePack, Spot::Volume(number)), |disk| {
            disk.take_room()?;
            disk.now.packs.insert(number, (Arc::clone(&tables), index.clone()));
            disk.platter.packs.insert(number, (tables, index));
            Ok(())
        })
    }

    fn has_tables(&self, number: u32) -> Result<bool, LogError> {
        Ok(self.lock()?.now.volumes.contains_key(&number))
    }

    fn remove_tables(&self, number: u32) -> Result<(), LogError> {
        self.act((Act::RemoveTables, Spot::Volume(number)), |disk| {
            disk.remove_volume(number);
            Ok(())
        })
    }

    fn set_aside(&self, number: u32) -> Result<(), LogError> {
        self.act((Act::SetAside, Spot::Volume(number)), |disk| {
            disk.remove_volume(number);
            Ok(())
        })
    }

    fn doubt(&self) -> Result<(), LogError> {
        self.lock()?.doubted = true;
        Ok(())
    }

    fn is_doubted(&self) -> Result<bool, LogError> {
        Ok(self.lock()?.doubted)
    }

    fn believe(&self) -> Result<(), LogError> {
        self.lock()?.doubted = false;
        Ok(())
    }

    fn heads(&self) -> Result<Vec<LogId>, LogError> {
        Ok(self.lock()?.now.heads.keys().copied().collect())
    }

    fn create_head(&self, log: LogId, bytes: &[u8]) -> Result<(), LogError> {
        self.act((Act::CreateHead, Spot::Head(log)), |disk| {
            // What was written to the file of this name before goes with it.
            disk.unsynced.retain(|unsynced| unsynced.write.at() != Spot::Head(log));
            disk.now.heads.insert(log, bytes.to_vec());
            disk.platter.heads.insert(log, bytes.to_vec());
            Ok(())
        })
    }

    fn read_head(&self, log: LogId) -> Result<Option<Vec<u8>>, LogError> {
        Ok(self.lock()?.now.heads.get(&log).cloned())
    }

    fn write_head(&self, log: LogId, offset: u64, bytes: &[u8]) -> Result<(), LogError> {
        self.act((Act::WriteHead, Spot::Head(log)), |disk| {
            disk.write(Write::Bytes { at: Spot::Head(log), offset, bytes: bytes.to_vec() })
        })
    }

    fn sync_head(&self, log: LogId) -> Result<(), LogError> {
        self.act((Act::SyncHead, Spot::Head(log)), |disk| {
            disk.sync(Spot::Head(log));
            Ok(())
        })
    }
}

/// The tables of a pack, which are whole on the platter or not there at all.
#[derive(Default)]
pub(super) struct Packed(Mutex<Keys>);

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

/// The tables of a volume, or of the cards.
pub(super) struct Tables {
    disk: Powered,
    at: Spot,
}

impl Tables {
    fn write(
        &self,
        act: Act,
        (table, key): (&str, &[u8]),
        value: Option<Vec<u8>>,
    ) -> Result<(), LogError> {
        let key = (table.to_owned(), key.to_vec());
        let write = Write::Key { at: self.at, key, value };
        self.disk.act((act, self.at), |disk| disk.write(write))
    }
}

impl Store for Tables {
    fn put(&self, table: &str, key: &[u8], value: &[u8]) -> Result<(), LogError> {
        self.write(Act::Put, (table, key), Some(value.to_vec()))
    }

    fn remove(&self, table: &str, key: &[u8]) -> Result<(), LogError> {
        self.write(Act::Remove, (table, key), None)
    }

    fn get(&self, table: &str, key: &[u8]) -> Result<Option<Vec<u8>>, LogError> {
        let disk = self.disk.lock()?;
        let keys = disk.now.keys(self.at);
        Ok(keys.and_then(|keys| keys.get(&(table.to_owned(), key.to_vec()))).cloned())
    }

    fn scan(&self, table: &str, from: &[u8], visit: &mut Visit<'_>) -> Result<(), LogError> {
        let keys = self.disk.lock()?.now.keys(self.at).cloned().unwrap_or_default();
        scan(&keys, table, from, visit);
        Ok(())
    }

    fn sync(&self) -> Result<(), LogError> {
        self.disk.act((Act::Sync, self.at), |disk| {
            disk.sync(self.at);
            Ok(())
        })
    }
}

/// The file of a write-ahead log.
struct Wal {
    disk: Powered,
    number: u32,
}

impl WalFile for Wal {
    fn read(&self) -> Result<Vec<u8>, LogError> {
        Ok(self.disk.lock()?.now.wals.get(&self.number).cloned().unwrap_or_default())
    }

    fn make(&self, length: u64) -> Result<(), LogError> {
        self.disk.act((Act::CreateWal, Spot::Wal(self.number)), |disk| {
            disk.take_room()?;
            let length = usize::try_from(length).unwrap_or(usize::MAX);
            for content in [&mut disk.now, &mut disk.platter] {
                let file = content.wals.entry(self.number).or_default();
                file.resize(file.len().max(length), 0);
            }
            Ok(())
        })
    }

    fn write(&self, offset: u64, bytes: &[u8]) -> Result<(), LogError> {
        let at = Spot::Wal(self.number);
        self.disk.act((Act::WriteWal, at), |disk| {
            disk.write(Write::Bytes { at, offset, bytes: bytes.to_vec() })
        })
    }

    fn sync(&self) -> Result<(), LogError> {
        let at = Spot::Wal(self.number);
        self.disk.act((Act::SyncWal, at), |disk| {
            disk.sync(at);
            Ok(())
        })
    }
}
