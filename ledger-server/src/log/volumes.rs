//! Volumes that are open only as long as somebody reads or writes them.
//!
//! What sled keeps in memory grows with a store, whatever its cache limit says. So a store ends at
//! some tens of megabytes and the next begins; the newest is held open. An older one is a pack,
//! or will be soon, and is opened for a scan; a few of those that were read last stay open behind it,
//! as whoever reads page by page comes again, and a replay batch by batch.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::log::LogError;
use crate::log::medium::{Medium, Store};
use crate::log::pack::Pack;
use crate::log::wal::WalStore;

/// So many volumes stay open that nobody reads.
const KEPT: usize = 2;

/// All volumes of a store.
pub(crate) struct Volumes {
    medium: Arc<dyn Medium>,
    wal_bytes: u64,
    held: Mutex<Held>,
}

/// What is open.
#[derive(Default)]
struct Held {
    open: BTreeMap<u32, Open>,
    /// The volumes that are open and that nobody reads; whoever was left last comes last.
    idle: VecDeque<u32>,
}

struct Open {
    users: usize,
    store: Arc<dyn Store>,
}

/// One volume, open as long as this is held.
pub(crate) struct Lease {
    volumes: Arc<Volumes>,
    number: u32,
    store: Option<Arc<dyn Store>>,
}

impl Volumes {
    /// The volumes of this medium, all of them closed, and how long the write-ahead log of each may be.
    pub(crate) fn new(medium: Arc<dyn Medium>, wal_bytes: u64) -> Arc<Volumes> {
        Arc::new(Volumes { medium, wal_bytes, held: Mutex::default() })
    }

    /// Opens a volume, or shares it with those who have it open.
    pub(crate) fn lease(self: &Arc<Volumes>, number: u32) -> Result<Lease, LogError> {
        // A volume is opened and closed under the lock: two handles on one folder exclude each other.
        let mut held = self.lock();
        let store = if let Some(shared) = held.open.get_mut(&number) {
            shared.users += 1;
            let store = Arc::clone(&shared.store);
            held.idle.retain(|idle| *idle != number);
            store
        } else {
            let store: Arc<dyn Store> = if self.medium.has_pack(number)? {
                Arc::new(Pack::open(number, Arc::clone(&self.medium))?)
            } else {
                let store = self.medium.open_volume(number)?;
                Arc::new(WalStore::open(store, self.medium.wal(number), self.wal_bytes)?)
            };
            held.open.insert(number, Open { users: 1, store: Arc::clone(&store) });
            store
        };
        Ok(Lease { volumes: Arc::clone(self), number, store: Some(store) })
    }

    /// The same for whoever wants what is on the disk, and not what the store remembers: a volume that is
    /// open and that nobody reads is opened anew.
    pub(crate) fn lease_anew(self: &Arc<Volumes>, number: u32) -> Result<Lease, LogError> {
        self.lock().close(|idle| idle == number);
        self.lease(number)
    }

    /// Sends whoever comes from now on to the volume's pack. The volume itself is open until the last
    /// who reads it has left.
    pub(crate) fn retire(&self, mut lease: Lease) -> Option<(u32, Arc<dyn Store>)> {
        let store = lease.store.take()?;
        self.lock().open.remove(&lease.number);
        Some((lease.number, store))
    }

    /// Whether somebody opens or closes a volume just now.
    #[cfg(test)]
    pub(crate) fn is_opening(&self) -> bool {
        self.held.try_lock().is_err()
    }

    fn lock(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Held {
    /// One reader less. What nobody reads any more is closed, or kept in place of another.
    fn leave(&mut self, number: u32, store: &Arc<dyn Store>) {
        // Not where the volume was retired meanwhile: what is shared now is its pack.
        let shared = self.open.get_mut(&number).filter(|open| Arc::ptr_eq(&open.store, store));
        let Some(shared) = shared else { return };
        shared.users -= 1;
        if shared.users > 0 {
            return;
        }
        if !shared.store.is_worth_keeping() {
            self.open.remove(&number);
            return;
        }
        self.idle.push_back(number);
        if self.idle.len() > KEPT
            && let Some(oldest) = self.idle.pop_front()
        {
            self.open.remove(&oldest);
        }
    }

    /// Closes volumes that nobody reads.
    fn close(&mut self, which: impl Fn(u32) -> bool) {
        for number in std::mem::take(&mut self.idle) {
            if which(number) {
                self.open.remove(&number);
            } else {
                self.idle.push_back(number);
            }
        }
    }
}

impl Lease {
    /// Which volume this is.
    pub(crate) fn number(&self) -> u32 {
        self.number
    }

    /// The volume's keys and values.
    pub(crate) fn store(&self) -> Result<&dyn Store, LogError> {
        self.store.as_deref().ok_or(LogError::Poisoned)
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        let Some(store) = self.store.take() else { return };
        // Whoever lets go last closes it, and that under the lock.
        let mut held = self.volumes.lock();
        held.leave(self.number, &store);
        drop(store);
    }
}
