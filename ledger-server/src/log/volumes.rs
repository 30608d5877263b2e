//! Volumes that are open only as long as somebody reads or writes them.
//!
//! What sled keeps in memory grows with a store, whatever its cache limit says. So a store ends at
//! a few hundred megabytes and the next begins; only the newest is held open, and an older one is
//! opened for a scan and closed behind it.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::log::LogError;
use crate::log::medium::{Medium, Store};

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
            let store = self.medium.open_volume(number)?;
            open.insert(number, Open { users: 1, store: Arc::clone(&store) });
            store
        };
        Ok(Lease { volumes: Arc::clone(self), number, store: Some(store) })
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
        let mut open = self.volumes.lock();
        drop(self.store.take());
        if let Some(shared) = open.get_mut(&self.number) {
            shared.users -= 1;
            if shared.users == 0 {
                open.remove(&self.number);
            }
        }
    }
}
