//! What is done to the simulated disk, and what may become of it.

use std::io;
use std::panic::resume_unwind;
use std::path::PathBuf;

use crate::log::{LogError, LogId};

/// A thing with which the disk can be changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Act {
    /// A value is put into a table.
    Put,
    /// A key is removed from one.
    Remove,
    /// A store is brought to the platter.
    Sync,
    /// A volume comes to be.
    CreateVolume,
    /// A volume that was never finished goes out of the way.
    SetAside,
    /// A pack comes to be.
    CreatePack,
    /// The tables go of which there is a pack.
    RemoveTables,
    /// A head file comes to be.
    CreateHead,
    /// A head file is written.
    WriteHead,
    /// A head file is brought to the platter.
    SyncHead,
    /// The file of a write-ahead log comes to be.
    CreateWal,
    /// A record is written there.
    WriteWal,
    /// It is brought to the platter.
    SyncWal,
}

/// Where something lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Spot {
    /// In this volume.
    Volume(u32),
    /// In the cards beside the log.
    Cards,
    /// In the head file of this log.
    Head(LogId),
    /// In the write-ahead log of this volume.
    Wal(u32),
}

/// How something goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failure {
    /// It is not done.
    Refused,
    /// There is no room for it.
    Full,
    /// It is done, and the disk says that it was not.
    Denied,
    /// What was to come to the platter is taken for clean from now on, and will never get there.
    Forgotten,
}

/// What becomes of an act.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It is done.
    Done,
    /// It goes wrong, and whoever did it hears of that.
    Fails(Failure),
    /// The power is cut before it is done.
    CutBefore,
    /// The power is cut as soon as it is done.
    CutAfter,
}

/// Whoever says what becomes of each act. Asked before it is done, by the thread that does it.
pub trait Fates: Send + Sync {
    /// What becomes of the next act.
    fn next(&self, act: Act, at: Spot) -> Fate;
}

/// How far a write came that was not synced when the power went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Arrival {
    /// It is on the platter.
    Whole,
    /// Its first bytes are, where it is one to a file that is written in place. A store takes a value that is torn for none.
    Torn(usize),
    /// It is not.
    Never,
}

/// With this a thread unwinds whose machine has no power any more.
#[derive(Clone, Copy, Debug)]
pub struct PowerCut;

/// Nothing is done after this: the caller's code has come to its end, as on a machine without power.
pub(super) fn stop_here() -> ! {
    resume_unwind(Box::new(PowerCut))
}

/// What whoever did it hears.
pub(super) fn error(act: Act, failure: Failure) -> LogError {
    match failure {
        Failure::Full => LogError::DiskFull {
            folder: PathBuf::from("simulated"),
            free_bytes: 0,
            needed_bytes: 1,
            reserve: PathBuf::from("reserve"),
        },
        Failure::Refused | Failure::Denied | Failure::Forgotten => LogError::Io {
            doing: format!("simulating {act:?}"),
            source: io::Error::other(format!("{failure:?}")),
        },
    }
}
