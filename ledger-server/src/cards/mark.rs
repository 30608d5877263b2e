//! How often the cards were changed: a small file beside their store, which the store cannot forget.
//!
//! What a store has lost at its end it takes for never written. Two slots, written in turn and in place after each sync of the
//! store, each with a checksum: the file is never ahead of what is on the platter, so cards that are behind it lack something.

use std::{
    fs::{File, OpenOptions},
    io::{ErrorKind, Read},
    os::unix::fs::{FileExt, OpenOptionsExt},
    path::{Path, PathBuf},
};

use crate::log::{LogError, sync_folder};

const MAGIC: &[u8; 8] = b"CSCARD01";
/// The slots lie in different pages, so that no write touches both.
const SLOT: u64 = 4096;
const LENGTH: usize = 48;
const CHECKED: usize = 16;

/// The file, open.
pub(super) struct Mark {
    path: PathBuf,
    file: File,
}

impl Mark {
    /// Opens the file, and begins one where there is none. What it says comes second, if it says anything.
    pub(super) fn open(path: &Path) -> Result<(Self, Option<u64>), LogError> {
        let opening = || LogError::io(format!("opening {}", path.display()));
        let mut options = OpenOptions::new();
        options.read(true).write(true).mode(0o600);
        let (mut file, begun) = match options.open(path) {
            Ok(file) => (file, false),
            Err(error) if error.kind() == ErrorKind::NotFound => {
                (options.create_new(true).open(path).map_err(opening())?, true)
            }
            Err(error) => return Err(opening()(error)),
        };
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes).map_err(opening())?;
        let said = newest(&bytes);
        let mark = Self { path: path.to_owned(), file };
        if begun {
            path.parent().map_or(Ok(()), sync_folder)?;
        }
        Ok((mark, said))
    }

    /// Says how often they were changed. The store must have been synced. It need not outlive a power cut: then it says less.
    pub(super) fn write(&self, changes: u64) -> Result<(), LogError> {
        let slot = encode(changes);
        let written = self.file.write_all_at(&slot, (changes % 2) * SLOT);
        written.map_err(LogError::io(format!("writing {}", self.path.display())))
    }
}

impl Drop for Mark {
    fn drop(&mut self) {
        if let Err(error) = self.file.sync_data() {
            tracing::warn!(path = %self.path.display(), %error, "a file is not on the platter");
        }
    }
}

fn encode(changes: u64) -> Vec<u8> {
    let mut slot = [&MAGIC[..], &changes.to_be_bytes()].concat();
    let hash = blake3::hash(&slot);
    slot.extend_from_slice(hash.as_bytes());
    slot
}

fn newest(bytes: &[u8]) -> Option<u64> {
    let second = usize::try_from(SLOT).ok().and_then(|at| bytes.get(at..));
    [Some(bytes), second].into_iter().flatten().filter_map(decode).max()
}

fn decode(slot: &[u8]) -> Option<u64> {
    let (said, hash) = slot.get(..LENGTH)?.split_at_checked(CHECKED)?;
    let (magic, changes) = said.split_first_chunk::<8>()?;
    let whole = magic == MAGIC && blake3::hash(said).as_bytes() == hash;
    changes.first_chunk().filter(|_| whole).map(|changes| u64::from_be_bytes(*changes))
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn the_newer_slot_counts_and_a_torn_one_does_not() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("mark");
        let (mark, said) = Mark::open(&path).unwrap();
        assert_eq!(said, None);
        for changes in 1..=4 {
            mark.write(changes).unwrap();
            assert_eq!(Mark::open(&path).unwrap().1, Some(changes));
        }
        let whole = fs::read(&path).unwrap();
        for (from, until, said) in [(0, LENGTH, 3), (4096, 4096 + LENGTH, 4)] {
            for at in from..until {
                let mut bytes = whole.clone();
                bytes[at] ^= 0x20;
                assert_eq!(newest(&bytes), Some(said), "byte {at}");
            }
        }
        assert_eq!(newest(&whole[..LENGTH - 1]), None);
        assert_eq!(newest(&[]), None);
    }
}
