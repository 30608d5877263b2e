//! Volumes that are open only as long as somebody reads or writes them.
//!
//! What sled keeps in memory grows with a store, whatever its cache limit says. So a store ends at
//! some tens of megabytes and the next begins; only the newest is held open. An older one is a pack,
//! or will be soon, and is opened for a scan and closed behind it.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::log::LogError;
use crate::log::medium::{Medium, Store};
use crate::log::pack::Pack;

/// All volumes of a store.
pub(crate) struct Volumes {
    medium: Arc<dyn Medium>,
    open: Mutex<BTreeMap<u32, Open>>,
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
    /// The volumes of this medium, all of them closed.
    pub(crate) fn new(medium: Arc<dyn Medium>) -> Arc<Volumes> {
        Arc::new(Volumes { medium, open: Mutex::default() })
    }

    /// Opens a volume, or shares it with those who have it open.
    pub(crate) fn lease(self: &Arc<Volumes>, number: u32) -> Result<Lease, LogError> {
        // A volume is opened and closed under the lock: two handles on one folder exclude each other.
        let mut open = self.lock();
        let store = if let Some(shared) = open.get_mut(&number) {
            shared.users += 1;
            Arc::clone(&shared.store)
        } else {
            let store: Arc<dyn Store> = match self.medium.open_pack(number)? {
                Some(bytes) => Arc::new(Pack::open(number, bytes)?),
                None => self.medium.open_volume(number)?,
            };
            open.insert(number, Open { users: 1, store: Arc::clone(&store) });
            store
        };
        Ok(Lease { volumes: Arc::clone(self), number, store: Some(store) })
    }

    /// Sends whoever comes from now on to the volume's pack. The volume itself is open until the last
    /// who reads it has left.
    pub(crate) fn retire(&self, mut lease: Lease) -> Option<(u32, Arc<dyn Store>)> {
        let store = lease.store.take()?;
        self.lock().remove(&lease.number);
        Some((lease.number, store))
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<u32, Open>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
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
        let mut open = self.volumes.lock();
        if let Some(shared) = open.get_mut(&self.number)
            // Not where the volume was retired meanwhile: what is shared now is its pack.
            && Arc::ptr_eq(&shared.store, &store)
        {
            shared.users -= 1;
            if shared.users == 0 {
                open.remove(&self.number);
            }
        }
        drop(store);
    }
}
