//! Room on the disk: while there is too little nothing is written, and everything can be read.
//!
//! A store that meets the end of the disk in the middle of a write is dead until the next start, and does not open before there
//! is room again. So whoever writes looks first.

use std::{
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use crate::{
    error::Error,
    log::{LogOptions, free},
};

/// A start needs so many times more room than a write does.
const START: u64 = 4;

/// The room on the disk of a folder.
#[derive(Clone, Debug, Default)]
pub(crate) struct Room {
    /// Nothing: nobody looks.
    dir: Option<PathBuf>,
    least: u64,
    /// Whether there was too little at the last look.
    short: Arc<AtomicBool>,
}

impl Room {
    /// The room that a folder needs to be written to.
    pub(crate) fn of(data: &Path, log: &LogOptions) -> Self {
        let least = log.min_free_bytes / START;
        Self { dir: (least > 0).then(|| data.to_owned()), least, short: Arc::default() }
    }

    /// Whether something can be written. The journal hears of it when that changes.
    pub(crate) fn look(&self) -> Result<(), Error> {
        let Some(dir) = &self.dir else { return Ok(()) };
        // Where the system does not say, the write itself will.
        let Ok(bytes) = free(dir) else { return Ok(()) };
        let short = bytes < self.least;
        if short != self.short.swap(short, Ordering::Relaxed) {
            let (free_mb, needed_mb) = (bytes >> 20, self.least >> 20);
            if short {
                tracing::error!(
                    free_mb,
                    needed_mb,
                    "the disk is nearly full: nothing is written until there is room"
                );
            } else {
                tracing::info!(free_mb, needed_mb, "there is room on the disk again");
            }
        }
        if short { Err(Error::NoRoom) } else { Ok(()) }
    }
}
