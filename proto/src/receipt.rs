//! Receipts and proofs of balances: text files that can be checked for ever, without the service.
//!
//! Written line by line in `proto/FORMAT.md`. A file that is read is strict: one way to write each, so that no byte of it can
//! change unnoticed.

mod balance;
mod lines;

use ledger_core::Entry;

use crate::checkpoint::{Checkpoint, Note, NoteError, VerifierKey};
use crate::malformed::Malformed;
use crate::stored;
use crate::tree::{Disproved, Hash, Over, leaf, root_of_inclusion};

pub use balance::{BalanceProof, Proved};
use lines::{Lines, Writer};

const FIRST_LINE: &str = "carestore receipt v1";

/// Why a file proves nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unproved {
    /// It is not written as such a file is.
    #[error("line {line} is not {expected}")]
    Malformed {
        /// The line, from 1.
        line: usize,
        /// What should stand there.
        expected: &'static str,
    },
    /// Its checkpoint is not believed.
    #[error("its checkpoint: {0}")]
    Note(#[from] NoteError),
    /// Its path leads elsewhere.
    #[error("its proof: {0}")]
    Path(#[from] Disproved),
    /// The entry in it cannot be read, or is not the one that it should be.
    #[error("its entry: {0}")]
    Entry(Malformed),
}

/// By which keys a checkpoint is believed.
#[derive(Clone, Copy, Debug)]
pub enum Trust<'k> {
    /// By these, which the reader has from elsewhere.
    Keys(&'k [VerifierKey]),
    /// By the key in the file itself: what is proved then is that the file hangs together, and not who signed it.
    KeyInFile,
}

/// What a receipt holds of its entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Shown {
    /// The stored bytes.
    Entry(Vec<u8>),
    /// Its leaf alone, where others' data would show.
    Leaf(Hash),
}

impl Shown {
    /// The leaf of the entry.
    pub fn leaf(&self) -> Hash {
        match self {
            Self::Entry(bytes) => leaf(bytes),
            Self::Leaf(leaf) => *leaf,
        }
    }
}

/// An entry's receipt: the entry, its place in the log, and the checkpoint of a log that holds it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receipt {
    /// The position of the entry, from 1.
    pub position: u64,
    /// The entry, or its leaf.
    pub shown: Shown,
    /// The path from the leaf to the root of the checkpoint.
    pub path: Vec<Hash>,
    /// The key that signed the checkpoint.
    pub key: VerifierKey,
    /// The checkpoint, as its signed note.
    pub note: String,
}

/// A receipt that holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checked {
    /// The log as it was signed.
    pub checkpoint: Checkpoint,
    /// The position of the entry.
    pub position: u64,
    /// Its leaf.
    pub leaf: Hash,
    /// The entry, if the receipt shows it.
    pub entry: Option<Box<Entry>>,
}

impl Receipt {
    /// The text of the file.
    pub fn to_text(&self) -> String {
        let Receipt { position, shown, path, key, note } = self;
        let mut writer = Writer::new(FIRST_LINE);
        writer.number("position", *position);
        match shown {
            Shown::Entry(bytes) => writer.bytes("entry", bytes),
            Shown::Leaf(leaf) => writer.bytes("leaf", leaf.as_bytes()),
        }
        writer.path(path);
        writer.word("key", &key.to_string());
        writer.note(note)
    }

    /// Reads a file. Nothing in it has been checked: see [`Receipt::check`].
    pub fn parse(text: &str) -> Result<Receipt, Unproved> {
        let mut lines = Lines::new(text, FIRST_LINE, "\"carestore receipt v1\"")?;
        let position = lines.number("position", "the position of an entry")?;
        let shown = match lines.bytes_if("entry") {
            Some(bytes) => Shown::Entry(bytes),
            None => Shown::Leaf(lines.hash("leaf", "the entry or its leaf")?),
        };
        let path = lines.path()?;
        let key = lines.key()?;
        let note = lines.note()?;
        Ok(Receipt { position, shown, path, key, note })
    }

    /// Checks the signature, the path and, where the entry is shown, that it is the one of this position.
    pub fn check(&self, trust: Trust<'_>) -> Result<Checked, Unproved> {
        let checkpoint = believed(&self.note, &self.key, trust)?;
        let leaf = self.shown.leaf();
        included(&checkpoint, self.position, &leaf, &self.path)?;
        let entry = match &self.shown {
            Shown::Entry(bytes) => Some(Box::new(entry_at(bytes, self.position)?)),
            Shown::Leaf(_) => None,
        };
        Ok(Checked { checkpoint, position: self.position, leaf, entry })
    }
}

/// The checkpoint of a note, if it is to be believed. The key in the file must have signed it in any case.
fn believed(note: &str, key: &VerifierKey, trust: Trust<'_>) -> Result<Checkpoint, Unproved> {
    let note = Note::parse(note)?;
    let checkpoint = note.verify(std::slice::from_ref(key))?;
    if let Trust::Keys(keys) = trust {
        note.verify(keys)?;
    }
    Ok(checkpoint.clone())
}

fn included(
    checkpoint: &Checkpoint,
    position: u64,
    leaf: &Hash,
    path: &[Hash],
) -> Result<(), Unproved> {
    let index = position.checked_sub(1).ok_or(Disproved::NoSuchPlace)?;
    let root = root_of_inclusion(Over::Entries, index, checkpoint.size, leaf, path)?;
    if root == checkpoint.root { Ok(()) } else { Err(Disproved::WrongRoot.into()) }
}

fn entry_at(bytes: &[u8], position: u64) -> Result<Entry, Unproved> {
    let entry = stored::decode_strictly(bytes).map_err(Unproved::Entry)?;
    if entry.position.get() == position {
        Ok(entry)
    } else {
        let problem = format!("stands at {}, not at {position}", entry.position);
        Err(Unproved::Entry(Malformed::one("position", problem)))
    }
}

#[cfg(test)]
mod tests;
