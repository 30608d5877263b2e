//! Bundles: a log in a folder that an auditor can carry away, written so that a broken-off export goes on, and read
//! strictly.
//!
//! What stands in each file, and the folder, `ledger_proto::bundle` knows; this module brings a bundle from a server.

mod fetch;

use ledger_proto::{Origin, VerifierKey};

pub(crate) use ledger_proto::bundle::positions;
pub use ledger_proto::bundle::{Bundle, BundleError, EntryFile, Export, Exported};

pub use fetch::{Fetch, FetchError, fetch};

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
