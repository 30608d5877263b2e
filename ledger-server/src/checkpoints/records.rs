//! The file of what has been published: records of one length, one behind the other, never changed.
//!
//! A record has 152 bytes: kind (1), zero (3), log (4), its number in the file (8), size (8), hash (32), more (64), and the
//! BLAKE3 hash (32) of all that. Numbers are big-endian. Beside the file lies its mark, which says how many there are: a file
//! that was cut off between two records is not taken for a shorter one.
//!
//! | kind | size | hash | more |
//! |---|---|---|---|
//! | 1 the log | 0 | leaf of its first entry | name of the co-op, zeros behind it |
//! | 2 a key signs from here on | 0 | its public half | 0 |
//! | 3 a checkpoint | its size | its root | its signature |
//! | 4 what was published beyond this size is given up | the size | 0 | 0 |

use std::{
    fs::{self, File, OpenOptions},
    io::{ErrorKind, Seek, SeekFrom, Write},
    path::{Path, PathBuf},
};

use ledger_core::CoopName;
use ledger_proto::Hash;

use crate::{
    log::{LogError, LogId, make_folder, sync_folder},
    mark::{self, Mark, Said},
};

const LENGTH: usize = 152;
const CHECKED: usize = LENGTH - 32;
/// A disk writes so many bytes at once, or none of them.
const SECTOR: u64 = 512;

/// One thing that was published, or said about what was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Record {
    /// Whose checkpoints these are: the first record.
    Log { coop: CoopName, first: Hash },
    /// From here on, this key signs.
    Key { public: [u8; 32] },
    /// A checkpoint.
    Signed { size: u64, root: Hash, signature: [u8; 64] },
    /// The operator gave up what was published beyond this size.
    GivenUp { beyond: u64 },
}

/// The file of one log, open to be added to.
pub(super) struct Records {
    log: LogId,
    path: PathBuf,
    file: File,
    count: u64,
    mark: Mark,
    /// After a failed write nobody knows what the file holds until it has been read again.
    dead: bool,
}

impl Records {
    /// Opens the file and reads it, if there is one. A last record that is torn was never shown to anybody: it goes. One that
    /// is whole is written again where it lies: if its sync failed, it may stand in the system's memory alone, and only
    /// what is written anew is synced anew.
    pub(super) fn open(path: &Path, log: LogId) -> Result<Option<(Self, Vec<Record>)>, LogError> {
        let Some(records) = read(path, log)? else { return Ok(None) };
        let count = records.len() as u64;
        let end = count * LENGTH as u64;
        let last = records.last().zip(count.checked_sub(1));
        let last = last.map(|(last, number)| encode(log, number, last)).transpose()?;
        let last = last.unwrap_or_default();
        let opened = OpenOptions::new().write(true).open(path).and_then(|mut file| {
            file.set_len(end)?;
            file.seek(SeekFrom::Start(end.saturating_sub(last.len() as u64)))?;
            file.write_all(&last)?;
            file.sync_all()?;
            Ok(file)
        });
        let file = opened.map_err(LogError::io(format!("opening {}", path.display())))?;
        path.parent().map_or(Ok(()), sync_folder)?;
        let mark = Mark::open(&marking(path))?;
        mark.write(&counted(count))?;
        Ok(Some((Self { log, path: path.to_owned(), file, count, mark, dead: false }, records)))
    }

    /// Begins a file.
    pub(super) fn create(path: &Path, log: LogId) -> Result<Self, LogError> {
        let dir = path.parent().unwrap_or(Path::new("."));
        make_folder(dir)?;
        let file = OpenOptions::new().write(true).create_new(true).open(path);
        let file = file.map_err(LogError::io(format!("creating {}", path.display())))?;
        sync_folder(dir)?;
        let mark = Mark::open(&marking(path))?;
        Ok(Self { log, path: path.to_owned(), file, count: 0, mark, dead: false })
    }

    /// After a failed write: how many records are known to be there. What the file holds beyond them, nobody knows until it
    /// has been opened again.
    pub(super) fn in_doubt(&self) -> Option<usize> {
        self.dead.then(|| usize::try_from(self.count).unwrap_or(usize::MAX))
    }

    /// For tests: the next write fails, as on a full disk.
    #[cfg(test)]
    pub(super) fn fail_once(&mut self) {
        self.file = File::open(&self.path).unwrap();
    }

    /// Adds a record, and returns when it is on the platter.
    pub(super) fn add(&mut self, record: &Record) -> Result<(), LogError> {
        if std::mem::replace(&mut self.dead, true) {
            return Err(LogError::Poisoned);
        }
        let bytes = encode(self.log, self.count, record)?;
        self.file
            .write_all(&bytes)
            .and_then(|()| self.file.sync_data())
            .map_err(LogError::io(format!("writing {}", self.path.display())))?;
        self.count += 1;
        self.mark.write(&counted(self.count))?;
        self.dead = false;
        Ok(())
    }
}

/// Reads a file, if there is one, and leaves it as it is: a server may be adding to it.
pub(super) fn read(path: &Path, log: LogId) -> Result<Option<Vec<Record>>, LogError> {
    let bytes = match fs::read(path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == ErrorKind::NotFound => {
            return all_there(path, 0).map(|()| None);
        }
        Err(error) => return Err(LogError::io(format!("reading {}", path.display()))(error)),
    };
    let mut records = Vec::new();
    for (number, chunk) in (0..).zip(bytes.chunks(LENGTH)) {
        match decode(log, number, chunk) {
            Some(record) => records.push(record),
            None if torn(number, chunk) && (records.len() + 1) * LENGTH >= bytes.len() => {
                tracing::warn!(path = %path.display(), number, "the last record is torn: nobody was shown it");
            }
            None => {
                let what = format!("record {number} of {} cannot be read", path.display());
                return Err(LogError::Store { what, missing: Vec::new() });
            }
        }
    }
    all_there(path, records.len() as u64)?;
    Ok(Some(records))
}

/// Where it says how many records there are.
fn marking(path: &Path) -> PathBuf {
    path.with_extension("mark")
}

fn counted(number: u64) -> Said {
    Said { number, ..Said::default() }
}

/// Whether these are as many as were shown.
fn all_there(path: &Path, count: u64) -> Result<(), LogError> {
    let shown = mark::read(&marking(path))?.last().map_or(0, |said| said.number);
    if count >= shown {
        return Ok(());
    }
    let what = format!("{} has {count} records of {shown}", path.display());
    Err(LogError::Store { what, missing: Vec::new() })
}

/// The file as it was before anything larger than this size was published, if there is one.
pub(super) fn until(path: &Path, log: LogId, size: u64) -> Result<Option<Vec<u8>>, LogError> {
    let Some(records) = read(path, log)? else { return Ok(None) };
    let within = |record: &&Record| match record {
        Record::Signed { size: signed, .. } => *signed <= size,
        Record::Log { .. } | Record::Key { .. } | Record::GivenUp { .. } => true,
    };
    let records = (0..).zip(records.iter().take_while(within));
    let bytes: Result<Vec<Vec<u8>>, LogError> =
        records.map(|(number, record)| encode(log, number, record)).collect();
    bytes.map(|bytes| Some(bytes.concat()))
}

/// Whether a record was never wholly written: it is too short, or a sector that it lies in is empty, as in a file that grew
/// and was not filled. One that is all there and does not fit its hash may have been shown: it is damaged.
fn torn(number: u64, bytes: &[u8]) -> bool {
    let begins = number.wrapping_mul(LENGTH as u64) % SECTOR;
    let within = usize::try_from(SECTOR - begins).unwrap_or(usize::MAX);
    let (one, other) = bytes.split_at(within.min(bytes.len()));
    let empty = |part: &[u8]| !part.is_empty() && part.iter().all(|byte| *byte == 0);
    bytes.len() < LENGTH || empty(one) || empty(other)
}

fn encode(log: LogId, number: u64, record: &Record) -> Result<Vec<u8>, LogError> {
    let mut more = [0; 64];
    let (kind, size, hash) = match record {
        Record::Log { coop, first } => {
            let name = coop.as_str().as_bytes();
            let place = more.get_mut(..name.len());
            let place = place.ok_or_else(|| LogError::Unfit(format!("the name {coop}")))?;
            place.copy_from_slice(name);
            (1, 0, *first.as_bytes())
        }
        Record::Key { public } => (2, 0, *public),
        Record::Signed { size, root, signature } => {
            more = *signature;
            (3, *size, *root.as_bytes())
        }
        Record::GivenUp { beyond } => (4, *beyond, [0; 32]),
    };
    let mut bytes = Vec::with_capacity(LENGTH);
    bytes.extend_from_slice(&[kind, 0, 0, 0]);
    bytes.extend_from_slice(&log.get().to_be_bytes());
    bytes.extend_from_slice(&number.to_be_bytes());
    bytes.extend_from_slice(&size.to_be_bytes());
    bytes.extend_from_slice(&hash);
    bytes.extend_from_slice(&more);
    let checksum = blake3::hash(&bytes);
    bytes.extend_from_slice(checksum.as_bytes());
    Ok(bytes)
}

fn decode(log: LogId, number: u64, bytes: &[u8]) -> Option<Record> {
    let (said, checksum) = bytes.split_at_checked(CHECKED)?;
    if blake3::hash(said).as_bytes() != checksum {
        return None;
    }
    let (kind, rest) = said.split_first_chunk::<4>()?;
    let (of, rest) = rest.split_first_chunk::<4>()?;
    let (nth, rest) = rest.split_first_chunk::<8>()?;
    let (size, rest) = rest.split_first_chunk::<8>()?;
    let (hash, rest) = rest.split_first_chunk::<32>()?;
    let more = rest.first_chunk::<64>()?;
    if u32::from_be_bytes(*of) != log.get() || u64::from_be_bytes(*nth) != number {
        return None;
    }
    let size = u64::from_be_bytes(*size);
    match kind {
        [1, 0, 0, 0] => {
            let name = more.split(|byte| *byte == 0).next()?;
            let coop = CoopName::new(std::str::from_utf8(name).ok()?).ok()?;
            Some(Record::Log { coop, first: Hash::new(*hash) })
        }
        [2, 0, 0, 0] => Some(Record::Key { public: *hash }),
        [3, 0, 0, 0] => Some(Record::Signed { size, root: Hash::new(*hash), signature: *more }),
        [4, 0, 0, 0] => Some(Record::GivenUp { beyond: size }),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: LogId = LogId::new(1);

    fn some() -> Vec<Record> {
        let hash = |n| Hash::new([n; 32]);
        vec![
            Record::Log { coop: CoopName::new("colne-valley").unwrap(), first: hash(1) },
            Record::Key { public: [2; 32] },
            Record::Signed { size: 7, root: hash(3), signature: [4; 64] },
            Record::GivenUp { beyond: 5 },
            Record::Signed { size: 9, root: hash(5), signature: [6; 64] },
        ]
    }

    fn written(dir: &Path) -> PathBuf {
        let path = dir.join("new").join("1");
        let mut records = Records::create(&path, ONE).unwrap();
        for record in some() {
            records.add(&record).unwrap();
        }
        path
    }

    fn reread(path: &Path) -> Result<Vec<Record>, LogError> {
        let looked_at = read(path, ONE).map(Option::unwrap);
        let opened = Records::open(path, ONE).map(|opened| opened.unwrap().1);
        assert_eq!(looked_at.ok(), opened.as_ref().ok().cloned());
        opened
    }

    #[test]
    fn what_was_published_is_read_again_and_added_to() {
        let dir = tempfile::tempdir().unwrap();
        assert!(Records::open(&dir.path().join("none"), ONE).unwrap().is_none());
        let path = written(dir.path());
        assert_eq!(reread(&path).unwrap(), some());
        let (mut records, _) = Records::open(&path, ONE).unwrap().unwrap();
        records.add(&Record::GivenUp { beyond: 8 }).unwrap();
        assert_eq!(reread(&path).unwrap().last(), Some(&Record::GivenUp { beyond: 8 }));
        assert!(Records::create(&path, ONE).is_err(), "it is not begun anew");
    }

    #[test]
    fn the_beginning_of_what_was_published_is_the_beginning_of_the_file() {
        let dir = tempfile::tempdir().unwrap();
        let path = written(dir.path());
        let whole = fs::read(&path).unwrap();
        for (size, records) in [(0, 2), (6, 2), (7, 4), (8, 4), (9, 5), (99, 5)] {
            let begun = until(&path, ONE, size).unwrap().unwrap();
            assert_eq!(begun, whole[..records * LENGTH], "{size}");
        }
        assert!(until(&dir.path().join("none"), ONE, 9).unwrap().is_none());
    }

    #[test]
    fn a_torn_end_goes_and_is_written_over() {
        let dir = tempfile::tempdir().unwrap();
        let path = written(dir.path());
        let whole = fs::read(&path).unwrap();
        let unshown = || fs::remove_file(marking(&path)).unwrap();
        for cut in [1, 60, LENGTH - 1] {
            unshown();
            fs::write(&path, &whole[..whole.len() - cut]).unwrap();
            let (mut records, before) = Records::open(&path, ONE).unwrap().unwrap();
            assert_eq!(before, some()[..4]);
            records.add(&some()[4]).unwrap();
            assert_eq!(fs::read(&path).unwrap(), whole, "{cut}");
        }
        // Of a file that grew and was not filled, the end is zeros.
        let mut zeros = whole.clone();
        zeros[4 * LENGTH..].fill(0);
        unshown();
        fs::write(&path, &zeros).unwrap();
        assert_eq!(reread(&path).unwrap(), some()[..4]);
        // The fourth record lies in two sectors, of which one was written.
        for hole in [3 * LENGTH..512, 512..4 * LENGTH] {
            let mut half = whole[..4 * LENGTH].to_vec();
            half[hole].fill(0);
            unshown();
            fs::write(&path, &half).unwrap();
            assert_eq!(reread(&path).unwrap(), some()[..3]);
        }
    }

    #[test]
    fn what_was_shown_and_is_cut_off_is_missed() {
        let dir = tempfile::tempdir().unwrap();
        let path = written(dir.path());
        let whole = fs::read(&path).unwrap();
        for kept in [0, 1, LENGTH, 4 * LENGTH, 5 * LENGTH - 1] {
            fs::write(&path, &whole[..kept]).unwrap();
            assert!(matches!(reread(&path), Err(LogError::Store { .. })), "{kept} bytes");
        }
        fs::remove_file(&path).unwrap();
        assert!(read(&path, ONE).is_err() && Records::open(&path, ONE).is_err(), "all of it");
    }

    #[test]
    fn no_flipped_bit_is_read() {
        let dir = tempfile::tempdir().unwrap();
        let path = written(dir.path());
        let whole = fs::read(&path).unwrap();
        for at in 0..5 * LENGTH {
            let mut bytes = whole.clone();
            bytes[at] ^= 1 << (at % 8);
            fs::write(&path, &bytes).unwrap();
            assert!(matches!(reread(&path), Err(LogError::Store { .. })), "byte {at}");
        }
        fs::write(&path, &whole[LENGTH..]).unwrap();
        assert!(reread(&path).is_err(), "a record is missing");
        fs::write(&path, &whole).unwrap();
        assert!(Records::open(&path, LogId::new(2)).is_err(), "of another log");
    }
}
