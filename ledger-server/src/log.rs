//! The log: bytes in order, for ever, one log for each co-op in the store.
//!
//! It knows positions, hashes and files, and nothing of what the bytes say.

mod block;
mod folder;
mod growing;
mod head;
mod medium;
mod memory;
mod pack;
mod packed;
mod packer;
mod read;
mod recover;
mod scrub;
mod simulated;
mod sled_store;
mod stretch;
mod survey;
mod vandal;
mod volumes;
mod wal;
mod wal_file;
mod watchdog;

use std::fmt;
use std::io;
use std::ops::ControlFlow;
use std::path::PathBuf;

use ledger_proto::{Frontier, Hash, NoLeaves};

pub(crate) use folder::{free, make_folder, names, sync_folder};
pub(crate) use medium::Store;
pub use memory::MemoryLog;
pub use packed::{LogOptions, PackedLog};
pub use scrub::{Against, Pause};
pub use simulated::{Act, Arrival, Failure, Fate, Fates, PowerCut, SimulatedDisk, Spot};
pub(crate) use sled_store::{SledStore, StoreOptions};
pub use stretch::Stretch;
pub use vandal::{Care, Vandal};
pub use watchdog::{Watch, Watchdog};

/// The most bytes that one entry may have.
pub const MAX_ENTRY: usize = 16 * 1024;

/// The number of a co-op's log within the store.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LogId(u32);

impl LogId {
    /// The log with this number.
    pub const fn new(number: u32) -> LogId {
        LogId(number)
    }

    /// The number, as it stands in keys and file names.
    pub const fn get(self) -> u32 {
        self.0
    }
}

impl fmt::Display for LogId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The newest entry that is on the platter, and what stands for all up to it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Head {
    /// How many entries are durable; also the position of the last one.
    pub size: u64,
    /// The Merkle log over them.
    pub frontier: Frontier,
}

impl Head {
    /// The hash that stands for the whole log.
    pub fn root(&self) -> Hash {
        self.frontier.root()
    }
}

/// The new entries of one co-op in a group commit.
#[derive(Clone, Copy, Debug)]
pub struct Block<'a> {
    /// Whose entries these are.
    pub log: LogId,
    /// The position of the first; a log begins at 1.
    pub first: u64,
    /// The entries, in order.
    pub entries: &'a [Vec<u8>],
}

/// What remembers how far a log reached, whatever the store says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Witness {
    /// The head file beside the store.
    HeadFile,
    /// A checkpoint that was published.
    Checkpoint,
    /// The cards, which were written when it reached so far.
    Cards,
}

impl Witness {
    fn of(self, size: u64) -> String {
        match self {
            Witness::HeadFile => format!("entry {size} was acknowledged"),
            Witness::Checkpoint => format!("a checkpoint of {size} entries was published"),
            Witness::Cards => format!("names and notes were kept when entry {size} was there"),
        }
    }
}

/// Entries that were acknowledged and are not there any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lost {
    /// Whose entries they were.
    pub log: LogId,
    /// The first position that is missing.
    pub first: u64,
    /// The last position that is missing.
    pub last: u64,
}

impl fmt::Display for Lost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "entries {} to {} of log {}", self.first, self.last, self.log)
    }
}

/// Where entries are kept.
pub trait Log: Send + Sync + 'static {
    /// Adds entries behind those that are there. On `Ok` all of them are on the platter.
    ///
    /// It is not promised that all or none of several blocks survive a power cut. Refusals (out of
    /// order, too large) come before anything is written; after any other error the log is dead and
    /// the process must end, since nobody knows what the disk holds until it has been read again.
    fn append(&self, blocks: &[Block<'_>]) -> Result<(), LogError>;

    /// Visits the durable entries behind `after`, in order and without a gap, until the visitor says
    /// `Break`. Appends may go on meanwhile; what they add is not seen.
    fn scan(
        &self,
        log: LogId,
        after: u64,
        visit: &mut dyn FnMut(u64, &[u8]) -> ControlFlow<()>,
    ) -> Result<(), LogError>;

    /// The same, stretch by stretch: each at most a segment, and a whole one where one is to be had.
    fn stretches(
        &self,
        log: LogId,
        after: u64,
        visit: &mut dyn FnMut(Stretch<'_>) -> ControlFlow<()>,
    ) -> Result<(), LogError>;

    /// One entry, or nothing where the log does not reach that far.
    fn read(&self, log: LogId, position: u64) -> Result<Option<Vec<u8>>, LogError> {
        let Some(after) = position.checked_sub(1) else { return Ok(None) };
        let mut found = None;
        self.scan(log, after, &mut |_, entry| {
            found = Some(entry.to_vec());
            ControlFlow::Break(())
        })?;
        Ok(found)
    }

    /// The newest durable state of a log; an unknown log is empty.
    fn head(&self, log: LogId) -> Head;

    /// All logs that the store knows of, in order.
    fn logs(&self) -> Vec<LogId>;

    /// Whether a co-op may be served; the error says what its log has lost.
    fn verdict(&self, log: LogId) -> Result<(), LogError>;

    /// Reads everything again, and holds it against the Merkle log as it is known in memory. The
    /// error names the first entries that are not those that were recorded; `Break` says that the
    /// pause ended it. What lies in memory only is not read again.
    fn scrub(
        &self,
        _log: LogId,
        _against: &Against<'_>,
        _pause: &mut Pause<'_>,
    ) -> Result<ControlFlow<()>, LogError> {
        Ok(ControlFlow::Continue(()))
    }

    /// The operator's word that what is missing stays missing: from now on the log is what is
    /// stored. Says what was given up, if anything was.
    fn accept_loss(&self, log: LogId) -> Result<Option<Lost>, LogError>;
}

/// What goes on where a log is damaged.
const RESTORE: &str = "carestore-server backup restore BACKUP --data FOLDER";
/// What goes on without what is lost.
const ACCEPT: &str = "carestore-server guard accept-loss";

/// The other way on, where there is one: a log of which nothing is left does not even know whose it was.
fn or_accept(stored_size: u64) -> String {
    if stored_size == 0 { String::new() } else { format!(", or accept the loss ({ACCEPT})") }
}

/// What can go wrong with the log, in words for whoever looks after the server tonight.
#[derive(Debug, thiserror::Error)]
pub enum LogError {
    /// The operating system refused a read or a write.
    #[error("the disk did not obey while {doing}: {source}")]
    Io {
        /// What was being done, and to which file.
        doing: String,
        /// What the system said.
        source: io::Error,
    },
    /// What is stored cannot be read as it was written.
    #[error("the store is damaged: {what}{}; restore a backup: {RESTORE}", list(.missing))]
    Store {
        /// What was found.
        what: String,
        /// Exactly which entries cannot be read, where that is known.
        missing: Vec<Lost>,
    },
    /// A request that the store cannot take; a mistake in the program, not on the disk.
    #[error("the store does not take this: {0}")]
    Unfit(String),
    /// The log has lost entries at its end that were acknowledged.
    #[error(
        "log {log} ends at entry {stored_size}, but {}: entries {} to {head_size} are missing; \
         restore a backup ({RESTORE}){}",
        .by.of(*head_size),
        .stored_size + 1,
        or_accept(*stored_size)
    )]
    Behind {
        /// Whose log it is.
        log: LogId,
        /// How far it is known to have reached.
        head_size: u64,
        /// How far it reaches.
        stored_size: u64,
        /// How that is known.
        by: Witness,
    },
    /// The stored entries are not those that were acknowledged.
    #[error(
        "the first {size} entries of log {log} are not those of which {}; restore a backup \
         ({RESTORE}), or accept the loss ({ACCEPT})",
        .by.of(*size)
    )]
    Differs {
        /// Whose log it is.
        log: LogId,
        /// The size at which the roots differ.
        size: u64,
        /// What knows the other root.
        by: Witness,
    },
    /// There are entries but nothing that says how many there should be.
    #[error(
        "log {log} holds {stored_size} entries, but its head file is missing or unreadable, so \
         nobody can say whether that is all; restore a backup ({RESTORE}){}",
        or_accept(*stored_size)
    )]
    HeadMissing {
        /// Whose log it is.
        log: LogId,
        /// How many entries were found.
        stored_size: u64,
    },
    /// An append that does not continue the log.
    #[error("log {log} goes on at entry {expected}, not at {got}")]
    OutOfOrder {
        /// Whose log it is.
        log: LogId,
        /// The next free position.
        expected: u64,
        /// The position that was asked for.
        got: u64,
    },
    /// An entry above the limit.
    #[error("entry {position} of log {log} has {bytes} bytes; {MAX_ENTRY} are allowed")]
    EntryTooLarge {
        /// Whose entry it is.
        log: LogId,
        /// Where it was to go.
        position: u64,
        /// How long it is.
        bytes: usize,
    },
    /// An earlier append failed, and this process must not go on.
    #[error("an earlier write failed; the server must be started again before it can go on")]
    Poisoned,
    /// There is not enough room to start, or none left to write.
    #[error(
        "the disk of {} is full or nearly so ({free_bytes} bytes are free, {needed_bytes} are \
         needed): make room, if need be by deleting {}, and start again",
        .folder.display(),
        .reserve.display()
    )]
    DiskFull {
        /// The store's folder.
        folder: PathBuf,
        /// How much is free.
        free_bytes: u64,
        /// How much must be free.
        needed_bytes: u64,
        /// The file that is kept for this hour and may be deleted.
        reserve: PathBuf,
    },
    /// A later version of this program wrote the store.
    #[error(
        "this store was written by a newer version of the program (format {found}; this version \
         reads up to {known}): install the newer version again"
    )]
    NewerFormat {
        /// The format on disk.
        found: u32,
        /// The newest format that this program reads.
        known: u32,
    },
    /// The store does not say its version in words that anybody wrote.
    #[error(
        "{} is damaged or missing: it does not say which version the log has; if no newer \
         carestore-server was ever at work in it, write it anew: echo '{line}' > {}",
        .file.display(),
        .file.display()
    )]
    FormatDamaged {
        /// Where it should.
        file: PathBuf,
        /// What this program writes there.
        line: String,
    },
    /// Another process holds the store.
    #[error("another process is using {}: is the server running twice?", .0.display())]
    InUse(PathBuf),
}

impl From<NoLeaves> for LogError {
    fn from(missing: NoLeaves) -> LogError {
        LogError::Unfit(missing.to_string())
    }
}

impl LogError {
    /// Whether it means that entries are gone or are not those that were recorded: then the co-op is
    /// not served until somebody has looked.
    pub(crate) fn is_loss(&self) -> bool {
        match self {
            LogError::Store { .. }
            | LogError::Behind { .. }
            | LogError::Differs { .. }
            | LogError::HeadMissing { .. } => true,
            LogError::Io { .. }
            | LogError::Unfit(_)
            | LogError::OutOfOrder { .. }
            | LogError::EntryTooLarge { .. }
            | LogError::Poisoned
            | LogError::DiskFull { .. }
            | LogError::NewerFormat { .. }
            | LogError::FormatDamaged { .. }
            | LogError::InUse(_) => false,
        }
    }

    /// The same, naming what cannot be read, where the store itself did not know that.
    pub(crate) fn naming(mut self, lost: Lost) -> LogError {
        if let LogError::Store { missing, .. } = &mut self
            && missing.is_empty()
        {
            missing.push(lost);
        }
        self
    }

    /// Says what was being done when the system refused.
    pub(crate) fn io(doing: impl Into<String>) -> impl FnOnce(io::Error) -> LogError {
        move |source| LogError::Io { doing: doing.into(), source }
    }
}

/// The ranges behind a colon, or nothing.
fn list(missing: &[Lost]) -> String {
    missing.iter().enumerate().fold(String::new(), |said, (n, lost)| {
        format!("{said}{} {lost}", if n == 0 { ":" } else { "," })
    })
}
