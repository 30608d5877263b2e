//! Small files that are read at a start and believed: of each a hash lies in the folder `sums`, so that no byte of them rots
//! unseen. A voucher's code, a token's last day and the operator's token hang on them.

use std::{
    fs,
    io::ErrorKind,
    path::{Path, PathBuf},
};

use crate::{
    auth::{cannot, write_private},
    error::Error,
    mark::{self, Mark, Said},
};

/// A file as it was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Found {
    /// It is what was written last, or nobody knows: it was written before there were sums.
    Whole(Vec<u8>),
    /// It is not there, and never was.
    Never,
    /// It is not there, and was.
    Gone,
    /// It is not what was written.
    Rotten,
}

/// The sum of a file in the folder with everything in it.
pub(crate) fn sum(data: &Path, name: &str) -> PathBuf {
    data.join("sums").join(name)
}

/// Reads a file.
pub(crate) fn read(data: &Path, name: &str) -> Result<Found, Error> {
    let said = mark::read(&sum(data, name))?;
    let file = data.join(name);
    let bytes = match fs::read(&file) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == ErrorKind::NotFound => {
            // A sum that was written once and in one slot alone is of a first write that was cut short before the file.
            let begun = said.len() == 1 && said.iter().all(|said| said.number == 1);
            return Ok(if said.is_empty() || begun { Found::Never } else { Found::Gone });
        }
        Err(error) => return Err(cannot("read", &file, &error)),
    };
    let hash = *blake3::hash(&bytes).as_bytes();
    let whole = said.is_empty() || said.iter().any(|said| said.hash == hash);
    Ok(if whole { Found::Whole(bytes) } else { Found::Rotten })
}

/// From now on what was read is what it should be.
pub(crate) fn believe(data: &Path, name: &str, bytes: &[u8]) -> Result<(), Error> {
    let (path, hash) = (sum(data, name), *blake3::hash(bytes).as_bytes());
    let said = mark::read(&path)?;
    let number = said.last().map_or(0, |said| said.number).saturating_add(1);
    if said.len() == 2 && said.iter().all(|said| said.hash == hash) {
        return Ok(());
    }
    let mark = Mark::open(&path)?;
    mark.write_twice(&Said { number, hash })?;
    Ok(mark.sync()?)
}

/// Writes a file as a whole, and returns when it is on the platter. Its sum is there before it, and that of what it replaces
/// beside it, so that whenever this is cut short, one of the two fits.
pub(crate) fn write(data: &Path, name: &str, bytes: &[u8]) -> Result<(), Error> {
    let (path, hash) = (sum(data, name), *blake3::hash(bytes).as_bytes());
    let number = mark::read(&path)?.last().map_or(0, |said| said.number).saturating_add(1);
    let said = Said { number, hash };
    let mark = Mark::open(&path)?;
    mark.write(&said)?;
    mark.sync()?;
    write_private(&data.join(name), bytes)?;
    mark.write_twice(&said)?;
    Ok(mark.sync()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_written_is_known_again_and_nothing_else_is() {
        let dir = tempfile::tempdir().unwrap();
        let (data, name) = (dir.path(), "secret.key");
        let found = || read(data, name).unwrap();
        assert_eq!(found(), Found::Never);
        fs::write(data.join(name), b"of before there were sums").unwrap();
        assert_eq!(found(), Found::Whole(b"of before there were sums".to_vec()));
        believe(data, name, b"of before there were sums").unwrap();
        fs::write(data.join(name), b"of before there were sum").unwrap();
        assert_eq!(found(), Found::Rotten);
        for text in ["one", "two", "three"] {
            // Cut short after its sum was written: what was there before still counts.
            let before = fs::read(data.join(name)).unwrap();
            write(data, name, text.as_bytes()).unwrap();
            let sums = fs::read(sum(data, name)).unwrap();
            assert_eq!(found(), Found::Whole(text.into()));
            fs::write(data.join(name), &before).unwrap();
            assert_eq!(found(), Found::Rotten);
            fs::write(data.join(name), text).unwrap();
            for at in 0..sums.len() {
                let mut bytes = sums.clone();
                bytes[at] ^= 1;
                fs::write(sum(data, name), bytes).unwrap();
                assert_eq!(found(), Found::Whole(text.into()), "byte {at} of its sum");
            }
            fs::write(sum(data, name), sums).unwrap();
        }
        fs::remove_file(data.join(name)).unwrap();
        assert_eq!(found(), Found::Gone);
    }

    #[test]
    fn a_first_write_that_was_cut_short_was_none() {
        let dir = tempfile::tempdir().unwrap();
        let (data, name) = (dir.path(), "secret.key");
        let hash = *blake3::hash(b"a secret").as_bytes();
        Mark::open(&sum(data, name)).unwrap().write(&Said { number: 1, hash }).unwrap();
        assert_eq!(read(data, name).unwrap(), Found::Never);
        write(data, name, b"another").unwrap();
        assert_eq!(read(data, name).unwrap(), Found::Whole(b"another".to_vec()));
        fs::remove_file(data.join(name)).unwrap();
        assert_eq!(read(data, name).unwrap(), Found::Gone);
    }

    #[test]
    fn a_write_that_was_cut_short_leaves_one_of_the_two() {
        let dir = tempfile::tempdir().unwrap();
        let (data, name) = (dir.path(), "tokens.jsonl");
        write(data, name, b"before").unwrap();
        // As it is between the first step and the second.
        let number = mark::read(&sum(data, name)).unwrap()[0].number + 1;
        let hash = *blake3::hash(b"after").as_bytes();
        Mark::open(&sum(data, name)).unwrap().write(&Said { number, hash }).unwrap();
        assert_eq!(read(data, name).unwrap(), Found::Whole(b"before".to_vec()));
        fs::write(data.join(name), b"after").unwrap();
        assert_eq!(read(data, name).unwrap(), Found::Whole(b"after".to_vec()));
    }
}
