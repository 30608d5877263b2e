//! A bundle: a log in a folder that an auditor can carry away, without names and notes.
//!
//! This file knows what stands in each of its files; `read` and `write` know the folder. Written byte by byte in
//! `proto/FORMAT.md`, which is itself in every bundle, as is the `.proto` of the entries.

mod entries;
mod manifest;
mod read;
mod write;

use ledger_core::Position;
use prost::Message;

pub use entries::{ENTRIES_IN_A_FILE, entries_name, read_entries, write_entries};
pub use manifest::{Listed, Manifest, file_hash};
pub use read::{Bundle, EntryFile, positions};
pub use write::{Export, Exported};

use crate::checkpoint::{Origin, VerifierKey, decimal};

/// The list of all other files.
pub const MANIFEST: &str = "MANIFEST";
/// What this folder is, for whoever finds it.
pub const README: &str = "README.txt";
/// The format, byte by byte.
pub const FORMAT: &str = "FORMAT.md";
/// The words of the entries.
pub const PROTO: &str = "entry.proto";
/// The same, compiled: a `google.protobuf.FileDescriptorSet`.
pub const DESCRIPTORS: &str = "entry.binpb";
/// The keys that signed the checkpoints, a verifier key on each line, the newest last.
pub const KEYS: &str = "keys";
/// Every checkpoint that was published, in order of size.
pub const CHECKPOINTS: &str = "checkpoints";
/// The folder of the entries.
pub const ENTRIES: &str = "entries";

/// Every file of a bundle but its list and its entries.
const SMALL: [&str; 6] = [CHECKPOINTS, DESCRIPTORS, FORMAT, KEYS, PROTO, README];

/// A file of a bundle that is not written as it must be.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{file} is damaged: {what}")]
pub struct Damaged {
    /// Which file.
    pub file: String,
    /// What is wrong with it.
    pub what: String,
    /// The position of the first entry that cannot be read, where that can be said.
    pub position: Option<Position>,
}

impl Damaged {
    fn new(file: &str, what: impl Into<String>) -> Damaged {
        Damaged { file: file.to_owned(), what: what.into(), position: None }
    }

    fn at(self, position: u64) -> Damaged {
        Damaged { position: Some(Position::new(position)), ..self }
    }
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

/// The files of a bundle that are the same in all bundles of this version, by name.
pub fn fixed_files() -> Vec<(&'static str, Vec<u8>)> {
    vec![
        (FORMAT, include_bytes!("../FORMAT.md").to_vec()),
        (PROTO, include_bytes!("../carestore/log/v1/entry.proto").to_vec()),
        (DESCRIPTORS, entry_descriptors()),
    ]
}

/// The compiled words of the entries, and of nothing else.
fn entry_descriptors() -> Vec<u8> {
    let all = prost_types::FileDescriptorSet::decode(crate::DESCRIPTORS).unwrap_or_default();
    let mut set = prost_types::FileDescriptorSet::default();
    let entry = |file: &prost_types::FileDescriptorProto| file.package() == "carestore.log.v1";
    set.file = all.file.into_iter().filter(entry).collect();
    set.encode_to_vec()
}

/// What this folder is, for whoever finds it.
pub fn readme(origin: &Origin, size: u64) -> String {
    format!(
        "The history of a Care Store: {size} entries of the log\n{origin}\n\n\
         Every hour, voucher, gift and pound that was recorded, in the order in which it was recorded. No names, \
         addresses or notes:\npeople stand here as numbers.\n\n\
         MANIFEST     every other file with its BLAKE3 hash (b3sum) and length\n\
         checkpoints  what the co-op signed of this log, each as a signed note (c2sp.org/tlog-checkpoint)\n\
         keys         by which keys\n\
         entries/     the entries, exactly as they are stored and hashed\n\
         FORMAT.md    all of this, byte by byte: enough to check it in any language\n\
         entry.proto  what stands in an entry; entry.binpb is the same, compiled\n\n\
         To check it, without the co-op's server:   carestore audit DIR\n\
         A checkpoint that reached you by another road (the minutes of a meeting, a member's receipt) makes the check \
         worth more:\n   carestore audit DIR --also FILE\n"
    )
}

/// The file of keys.
pub fn write_keys(keys: &[VerifierKey]) -> String {
    keys.iter().fold(String::new(), |text, key| format!("{text}{key}\n"))
}

/// Reads the file of keys.
pub fn read_keys(text: &str) -> Result<Vec<VerifierKey>, Damaged> {
    let lines =
        text.strip_suffix('\n').ok_or_else(|| Damaged::new(KEYS, "its last line does not end"))?;
    let key = |(number, line): (usize, &str)| {
        let said = |wrong| Damaged::new(KEYS, format!("line {}: {wrong}", number + 1));
        line.parse().map_err(said)
    };
    lines.split('\n').enumerate().map(key).collect()
}

/// The file of checkpoints: before each note a line with its length in bytes.
pub fn write_checkpoints(notes: &[String]) -> String {
    let mut text = String::new();
    for note in notes {
        text.push_str("checkpoint ");
        text.push_str(&note.len().to_string());
        text.push('\n');
        text.push_str(note);
    }
    text
}

/// Reads the file of checkpoints. The notes themselves have not been looked into.
pub fn read_checkpoints(text: &str) -> Result<Vec<&str>, Damaged> {
    let (mut rest, mut notes) = (text, Vec::new());
    while !rest.is_empty() {
        let note = rest.split_once('\n').and_then(|(line, behind)| {
            let length = decimal(line.strip_prefix("checkpoint ")?)?;
            behind.split_at_checked(usize::try_from(length).ok()?)
        });
        let (note, behind) = note.ok_or_else(|| {
            let what = format!("checkpoint {} is cut short or has no length", notes.len() + 1);
            Damaged::new(CHECKPOINTS, what)
        })?;
        notes.push(note);
        rest = behind;
    }
    Ok(notes)
}

#[cfg(test)]
mod tests;
