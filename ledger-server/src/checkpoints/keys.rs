//! The key of a log on disk: 32 secret bytes in a file that only its owner can read, and beside it the next, while one follows
//! the other.

use std::{
    fs::{self, OpenOptions},
    io::{self, ErrorKind},
    os::unix::fs::OpenOptionsExt,
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

    /// The file with the key that signs, as whoever calls may read it: within the folder.
    pub(crate) fn name(&self) -> String {
        let file = self.current.file_name().unwrap_or_default();
        format!("signing/{}", file.to_string_lossy())
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

/// Never over a key that is there, even if it cannot be read: with that one, something may have been signed.
fn make(file: &Path) -> Result<SigningKey, Error> {
    let seed = random()?;
    file.parent().map_or(Ok(()), make_folder)?;
    claim(file).map_err(|error| cannot("make", file, &error))?;
    write_private(file, &seed)?;
    Ok(SigningKey::from_seed(seed))
}

/// Takes the place of a key that is yet to be made. An empty file is a place that was taken before a crash.
fn claim(file: &Path) -> io::Result<()> {
    match OpenOptions::new().write(true).create_new(true).mode(0o600).open(file) {
        Err(error)
            if error.kind() == ErrorKind::AlreadyExists && fs::metadata(file)?.len() == 0 =>
        {
            Ok(())
        }
        claimed => claimed.map(drop),
    }
}

fn read(file: &Path) -> Result<Option<SigningKey>, Error> {
    let bytes = match fs::read(file) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(cannot("read", file, &error)),
    };
    if bytes.is_empty() {
        // Its place was taken, and it was not made.
        return Ok(None);
    }
    let seed = <[u8; 32]>::try_from(bytes).map_err(|_| {
        Error::Internal(format!(
            "{} does not hold a key: put the file back from a backup of the folder",
            file.display()
        ))
    })?;
    Ok(Some(SigningKey::from_seed(seed)))
}
