//! Bundles: a log in a folder that an auditor can carry away, written so that a broken-off export goes on, and read
//! strictly.
//!
//! What stands in each file, `ledger_proto::bundle` knows; this module knows the folder. Nothing here looks into an entry.

mod fetch;
mod read;
mod write;

use ledger_core::Position;
use ledger_proto::bundle::{CHECKPOINTS, DESCRIPTORS, Damaged, FORMAT, KEYS, PROTO, README};
use ledger_proto::{Origin, VerifierKey};

pub use fetch::{Fetch, FetchError, fetch};
pub(crate) use read::positions;
pub use read::{Bundle, EntryFile};
pub use write::{Export, Exported};

/// Every file of a bundle but its list and its entries.
const SMALL: [&str; 6] = [CHECKPOINTS, DESCRIPTORS, FORMAT, KEYS, PROTO, README];

/// What stands at the head of a log that is to be audited. Nobody vouches for any of it.
#[derive(Clone, Debug)]
pub struct Head {
    /// The identity of the log.
    pub origin: Origin,
    /// How many entries it is said to have.
    pub size: u64,
    /// Its keys, the newest last.
    pub keys: Vec<VerifierKey>,
    /// Every checkpoint that is said to have been published: signed notes, in order of size.
    pub notes: Vec<String>,
}

/// Why a folder cannot be read as a bundle, or a bundle not be written into it.
#[derive(Debug, thiserror::Error)]
pub enum BundleError {
    /// A file that must be there is not there.
    #[error("{file} is missing")]
    Missing {
        /// Which file, by its name within the bundle.
        file: String,
        /// The position of the first entry that is missing with it.
        position: Option<Position>,
    },
    /// A file is not as it must be.
    #[error(transparent)]
    Damaged(#[from] Damaged),
    /// There is something in the folder that the manifest does not name.
    #[error("{file} is in the folder and not in its list")]
    Unlisted {
        /// Which file.
        file: String,
    },
    /// The folder holds the bundle of another log, or of another history of this one.
    #[error("{0}")]
    Another(String),
    /// The disk says no.
    #[error("{path}: {source}")]
    Disk {
        /// Which file.
        path: String,
        /// What the system said.
        source: std::io::Error,
    },
}

impl BundleError {
    fn disk(path: &std::path::Path, source: std::io::Error) -> BundleError {
        BundleError::Disk { path: path.display().to_string(), source }
    }

    fn damaged(file: &str, what: impl Into<String>) -> BundleError {
        let (file, what) = (file.to_owned(), what.into());
        BundleError::Damaged(Damaged { file, what, position: None })
    }
}
