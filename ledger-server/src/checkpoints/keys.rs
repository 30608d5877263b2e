//! The key of a log on disk: 32 secret bytes in a file that only its owner can read, and beside it the next, while one follows
//! the other.

use std::{
    fs,
    io::ErrorKind,
    path::{Path, PathBuf},
};

use ledger_proto::SigningKey;

use crate::{
    auth::{cannot, random, write_private},
    error::Error,
    log::{LogId, make_folder, sync_folder},
};

/// The folder of the keys, in the folder with everything in it.
pub(crate) fn folder(data: &Path) -> PathBuf {
    data.join("signing")
}

/// Where the keys of one log lie.
pub(crate) struct KeyFiles {
    current: PathBuf,
    next: PathBuf,
}

impl KeyFiles {
    /// The files of this log in the folder with everything in it.
    pub(crate) fn of(data: &Path, log: LogId) -> Self {
        let dir = folder(data);
        Self { current: dir.join(format!("{log}.key")), next: dir.join(format!("{log}.next")) }
    }

    /// The file with the key that signs.
    pub(crate) fn path(&self) -> &Path {
        &self.current
    }

    /// The key that signs, if there is one.
    pub(crate) fn current(&self) -> Result<Option<SigningKey>, Error> {
        read(&self.current)
    }

    /// Makes the first key.
    pub(crate) fn make(&self) -> Result<SigningKey, Error> {
        make(&self.current)
    }

    /// The key that is to follow, if somebody has begun to change keys.
    pub(crate) fn next(&self) -> Result<Option<SigningKey>, Error> {
        read(&self.next)
    }

    /// Makes the key that is to follow.
    pub(crate) fn make_next(&self) -> Result<SigningKey, Error> {
        make(&self.next)
    }

    /// Lets the next key take the place of the one before.
    pub(crate) fn switch(&self) -> Result<(), Error> {
        fs::rename(&self.next, &self.current)
            .map_err(|error| cannot("put the next key in the place of", &self.current, &error))?;
        Ok(self.current.parent().map_or(Ok(()), sync_folder)?)
    }
}

fn make(file: &Path) -> Result<SigningKey, Error> {
    let seed = random()?;
    file.parent().map_or(Ok(()), make_folder)?;
    write_private(file, &seed)?;
    Ok(SigningKey::from_seed(seed))
}

fn read(file: &Path) -> Result<Option<SigningKey>, Error> {
    let bytes = match fs::read(file) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(cannot("read", file, &error)),
    };
    let seed = <[u8; 32]>::try_from(bytes).map_err(|_| {
        Error::Internal(format!(
            "{} does not hold a key: put the file back from a backup of the folder",
            file.display()
        ))
    })?;
    Ok(Some(SigningKey::from_seed(seed)))
}
