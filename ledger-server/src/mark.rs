//! What a file should come to: a small file beside it, which a disk that forgets or cuts the one does not forget with it.
//!
//! Two slots, each with a number, a hash and a checksum; they are written in turn and in place, so that whatever tears or rots,
//! one is whole.

use std::{
    fs::{self, File, OpenOptions},
    io::ErrorKind,
    os::unix::fs::{FileExt, OpenOptionsExt},
    path::{Path, PathBuf},
};

use crate::log::{LogError, make_folder, sync_folder};

const MAGIC: &[u8; 8] = b"CSMARK01";
/// The slots lie in different pages, so that no write touches both.
const SLOT: u64 = 4096;
const LENGTH: usize = 80;
const CHECKED: usize = LENGTH - 32;

/// What a slot says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Said {
    /// How often, how many, or how long: it only grows.
    pub(crate) number: u64,
    /// The BLAKE3 hash of what there was then, or nothing.
    pub(crate) hash: [u8; 32],
}

/// The file, open to be written.
pub(crate) struct Mark {
    path: PathBuf,
    file: File,
}

impl Mark {
    /// Opens the file, and begins one where there is none.
    pub(crate) fn open(path: &Path) -> Result<Self, LogError> {
        let opening = || LogError::io(format!("opening {}", path.display()));
        let mut options = OpenOptions::new();
        options.write(true).mode(0o600);
        let file = match options.open(path) {
            Err(error) if error.kind() == ErrorKind::NotFound => {
                let dir = path.parent().unwrap_or(Path::new("."));
                make_folder(dir)?;
                let file = options.create_new(true).open(path).map_err(opening())?;
                sync_folder(dir)?;
                file
            }
            opened => opened.map_err(opening())?,
        };
        Ok(Self { path: path.to_owned(), file })
    }

    /// Says something new. It need not outlive a power cut: then the slot before counts.
    pub(crate) fn write(&self, said: &Said) -> Result<(), LogError> {
        self.put(said.number % 2, said)
    }

    /// Says so in both slots.
    pub(crate) fn write_twice(&self, said: &Said) -> Result<(), LogError> {
        self.put(0, said)?;
        self.put(1, said)
    }

    fn put(&self, slot: u64, said: &Said) -> Result<(), LogError> {
        let written = self.file.write_all_at(&encode(said), slot * SLOT);
        written.map_err(LogError::io(format!("writing {}", self.path.display())))
    }

    /// Brings it to the platter.
    pub(crate) fn sync(&self) -> Result<(), LogError> {
        let synced = self.file.sync_data();
        synced.map_err(LogError::io(format!("syncing {}", self.path.display())))
    }
}

/// What a file says, the newest last. Nothing: there is none, or it is noise.
pub(crate) fn read(path: &Path) -> Result<Vec<Said>, LogError> {
    match fs::read(path) {
        Ok(bytes) => Ok(slots(&bytes)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(Vec::new()),
        Err(error) => Err(LogError::io(format!("reading {}", path.display()))(error)),
    }
}

fn slots(bytes: &[u8]) -> Vec<Said> {
    let second = usize::try_from(SLOT).ok().and_then(|at| bytes.get(at..));
    let mut said: Vec<Said> =
        [Some(bytes), second].into_iter().flatten().filter_map(decode).collect();
    said.sort();
    said
}

fn encode(said: &Said) -> Vec<u8> {
    let mut slot = [&MAGIC[..], &said.number.to_be_bytes(), &said.hash].concat();
    let hash = blake3::hash(&slot);
    slot.extend_from_slice(hash.as_bytes());
    slot
}

fn decode(slot: &[u8]) -> Option<Said> {
    let (said, hash) = slot.get(..LENGTH)?.split_at_checked(CHECKED)?;
    let (magic, rest) = said.split_first_chunk::<8>()?;
    let (number, rest) = rest.split_first_chunk::<8>()?;
    let whole = magic == MAGIC && blake3::hash(said).as_bytes() == hash;
    let said = Said { number: u64::from_be_bytes(*number), hash: *rest.first_chunk()? };
    whole.then_some(said)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newer_slot_counts_and_a_torn_one_does_not() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("within").join("mark");
        assert_eq!(read(&path).unwrap(), []);
        let said = |number| Said { number, hash: [7; 32] };
        for number in 1..=4 {
            Mark::open(&path).unwrap().write(&said(number)).unwrap();
            assert_eq!(read(&path).unwrap().last(), Some(&said(number)));
        }
        let whole = fs::read(&path).unwrap();
        for (from, kept) in [(0, 3), (4096, 4)] {
            for at in from..from + LENGTH {
                let mut bytes = whole.clone();
                bytes[at] ^= 0x20;
                assert_eq!(slots(&bytes), [said(kept)], "byte {at}");
            }
        }
        assert_eq!(slots(&whole[..LENGTH - 1]), []);
        Mark::open(&path).unwrap().write_twice(&said(9)).unwrap();
        assert_eq!(read(&path).unwrap(), [said(9); 2]);
    }
}
