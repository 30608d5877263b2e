//! The files of a backup: written for their owner alone, hashed on the way, and on the platter before they count.

use std::{
    collections::BTreeSet,
    fs::{self, File, OpenOptions},
    io::{self, BufWriter, Read, Write},
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
};

use ledger_proto::Hash;

use super::manifest::Listed;
use crate::{auth::cannot, error::Error};

/// So much of a file is in memory at once.
const PIECE: usize = 256 << 10;

/// A file on its way.
pub(super) struct Sink {
    name: String,
    path: PathBuf,
    file: BufWriter<File>,
    hasher: blake3::Hasher,
    bytes: u64,
}

impl Sink {
    /// Begins the file of this name in a folder.
    pub(super) fn create(dir: &Path, name: &str) -> Result<Self, Error> {
        let path = dir.join(name);
        let opened = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path);
        let file = opened.map_err(|error| cannot("make", &path, &error))?;
        let file = BufWriter::with_capacity(PIECE, file);
        Ok(Self { name: name.to_owned(), path, file, hasher: blake3::Hasher::new(), bytes: 0 })
    }

    /// Adds bytes.
    pub(super) fn put(&mut self, bytes: &[u8]) -> Result<(), Error> {
        self.hasher.update(bytes);
        self.bytes = self.bytes.saturating_add(bytes.len() as u64);
        self.file.write_all(bytes).map_err(|error| cannot("write", &self.path, &error))
    }

    /// The hash of all that was added so far.
    pub(super) fn hash(&self) -> Hash {
        Hash::new(*self.hasher.finalize().as_bytes())
    }

    /// Ends the file, and says what it is when it is on the platter.
    pub(super) fn finish(mut self) -> Result<Listed, Error> {
        let synced = self.file.flush().and_then(|()| self.file.get_ref().sync_all());
        synced.map_err(|error| cannot("write", &self.path, &error))?;
        let hash = self.hash();
        Ok(Listed::new(self.name, self.bytes, &hash))
    }
}

/// A whole file at once.
pub(super) fn put(dir: &Path, name: &str, bytes: &[u8]) -> Result<Listed, Error> {
    let mut sink = Sink::create(dir, name)?;
    sink.put(bytes)?;
    sink.finish()
}

/// The length and the hash of a file, read piece by piece.
pub(super) fn measure(path: &Path) -> io::Result<(u64, Hash)> {
    let (mut file, mut hasher, mut bytes) = (File::open(path)?, blake3::Hasher::new(), 0_u64);
    let mut piece = vec![0; PIECE];
    loop {
        let read = file.read(&mut piece)?;
        if read == 0 {
            return Ok((bytes, Hash::new(*hasher.finalize().as_bytes())));
        }
        hasher.update(piece.get(..read).unwrap_or_default());
        bytes = bytes.saturating_add(read as u64);
    }
}

/// The names of all files below a folder, with the folders between. What is a link is named, too, and not followed.
pub(super) fn below(dir: &Path) -> io::Result<BTreeSet<String>> {
    let mut found = BTreeSet::new();
    let mut within = vec![String::new()];
    while let Some(before) = within.pop() {
        for entry in fs::read_dir(dir.join(&before))? {
            let entry = entry?;
            let name = format!("{before}{}", entry.file_name().to_string_lossy());
            if entry.file_type()?.is_dir() {
                within.push(format!("{name}/"));
            } else {
                found.insert(name);
            }
        }
    }
    Ok(found)
}

/// Whether a folder is not there, or there is nothing in it.
pub(super) fn is_free(dir: &Path) -> Result<bool, Error> {
    match fs::read_dir(dir) {
        Ok(mut found) => Ok(found.next().is_none()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(true),
        Err(error) => Err(cannot("look into", dir, &error)),
    }
}

/// The folder as a full path, even before it is there.
pub(super) fn absolute(path: &Path) -> Result<PathBuf, Error> {
    std::path::absolute(path).map_err(|error| cannot("find", path, &error))
}
