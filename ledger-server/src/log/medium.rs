//! The seam below the packing: tables of keys and values, a write-ahead log for those that grow, packs, and a slot file for
//! each log.
//!
//! A disk with sled on it is one such medium, a simulated disk that forgets what was not synced is
//! the other. All that decides what is written when is above this line, and so is shared.

use std::ops::ControlFlow;
use std::sync::Arc;

use crate::log::pack::Place;
use crate::log::{LogError, LogId};

/// Looks at a key and its value, and says whether to go on.
pub(crate) type Visit<'a> = dyn FnMut(&[u8], &[u8]) -> ControlFlow<()> + 'a;

/// Puts everything that a pack is to hold into its tables, and says what its index is to be.
pub(crate) type Fill<'a> = dyn Fn(&dyn Store) -> Result<Vec<u8>, LogError> + 'a;

/// Reads a pack again that was just made.
pub(crate) type Check<'a> = dyn Fn(&dyn Store) -> Result<(), LogError> + 'a;

/// One volume: a few tables of keys in order.
pub(crate) trait Store: Send + Sync {
    /// Puts a value; durable after the next `sync`.
    fn put(&self, table: &str, key: &[u8], value: &[u8]) -> Result<(), LogError>;

    /// Removes a key if it is there; durable after some later `sync`.
    fn remove(&self, table: &str, key: &[u8]) -> Result<(), LogError>;

    /// Reads one value.
    fn get(&self, table: &str, key: &[u8]) -> Result<Option<Vec<u8>>, LogError>;

    /// Visits keys and values from `from` on, in order, until `Break`. An error says that the next
    /// key could not be read; whoever knows a later key can go on from there.
    fn scan(&self, table: &str, from: &[u8], visit: &mut Visit<'_>) -> Result<(), LogError>;

    /// Brings everything to the platter.
    fn sync(&self) -> Result<(), LogError>;

    /// The same where nothing will be put there any more, so that whoever opens it again finds nothing to be done.
    fn close(&self) -> Result<(), LogError> {
        self.sync()
    }

    /// The sealed segments that lie in it, where that can be said without reading them.
    fn index(&self) -> Option<&[Place]> {
        None
    }

    /// Whether it costs something to open it again, so that it is kept open for the next who reads it.
    fn is_worth_keeping(&self) -> bool {
        true
    }
}

/// A file of a certain length that is written in place: see `wal`.
pub(crate) trait WalFile: Send + Sync {
    /// All bytes; none where there is no such file.
    fn read(&self) -> Result<Vec<u8>, LogError>;

    /// Creates the file, or makes it so long, and returns when it will be found that way after a power cut.
    fn make(&self, length: u64) -> Result<(), LogError>;

    /// Writes within the length that was made; durable after `sync`.
    fn write(&self, offset: u64, bytes: &[u8]) -> Result<(), LogError>;

    /// Brings what was written to the platter.
    fn sync(&self) -> Result<(), LogError>;
}

/// What volumes and head files stand on.
pub(crate) trait Medium: Send + Sync {
    /// The numbers of the volumes that exist, packed or not, in order.
    fn volumes(&self) -> Result<Vec<u32>, LogError>;

    /// Opens a volume that is not packed; creates it where there is none. What its write-ahead log holds, it may lack.
    fn open_volume(&self, number: u32) -> Result<Arc<dyn Store>, LogError>;

    /// The file for the write-ahead log of a volume, whether it is there already or not.
    fn wal(&self, number: u32) -> Box<dyn WalFile>;

    /// Whether a volume has a pack that was finished.
    fn has_pack(&self, number: u32) -> Result<bool, LogError>;

    /// The index of a pack as it was written; nothing where it or the tables are gone.
    fn read_index(&self, number: u32) -> Result<Option<Vec<u8>>, LogError>;

    /// Opens the tables of a pack that is there.
    fn open_pack(&self, number: u32) -> Result<Arc<dyn Store>, LogError>;

    /// Makes a volume's pack, and returns when it will be found whole after a power cut. Where that
    /// fails, there is none.
    fn create_pack(&self, number: u32, fill: &Fill<'_>, check: &Check<'_>) -> Result<(), LogError>;

    /// Whether the tables of a volume are there, packed or not.
    fn has_tables(&self, number: u32) -> Result<bool, LogError>;

    /// Removes the tables of a volume that is packed, if they are still there.
    fn remove_tables(&self, number: u32) -> Result<(), LogError>;

    /// Takes a volume that was never finished out of the way, without deleting it.
    fn set_aside(&self, number: u32) -> Result<(), LogError>;

    /// Notes that something was not brought to the platter. What the system shows of it from now on may be in its memory
    /// alone, and it takes that for clean: no later sync brings it there. The note need not outlive a power cut, as nothing
    /// does that is in memory alone.
    fn doubt(&self) -> Result<(), LogError>;

    /// Whether that was noted.
    fn is_doubted(&self) -> Result<bool, LogError>;

    /// Takes the note back: everything has been written anew.
    fn believe(&self) -> Result<(), LogError>;

    /// The logs that have a head file.
    fn heads(&self) -> Result<Vec<LogId>, LogError>;

    /// Creates a head file that begins with these bytes, in place of any that is there, and returns
    /// when it will be found after a power cut.
    fn create_head(&self, log: LogId, bytes: &[u8]) -> Result<(), LogError>;

    /// All bytes of a head file, or nothing where there is no such file.
    fn read_head(&self, log: LogId) -> Result<Option<Vec<u8>>, LogError>;

    /// Writes into a head file in place; durable after `sync_head`.
    fn write_head(&self, log: LogId, offset: u64, bytes: &[u8]) -> Result<(), LogError>;

    /// Brings a head file to the platter.
    fn sync_head(&self, log: LogId) -> Result<(), LogError>;
}
