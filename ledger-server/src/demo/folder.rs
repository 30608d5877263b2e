//! The sample's folder: whole, or half filled by somebody who pulled the plug, or not the sample's at all.
//!
//! A marker says which. It lies there before anything else does, and gets its last name when all is on the platter.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, ErrorKind, Write},
    path::{Path, PathBuf},
};

use crate::{error::Error, log::make_folder};

const FILLING: &str = "sample.filling";
const FILLED: &str = "sample.filled";
/// What a server keeps in its folder.
const KEPT: [&str; 9] = [
    "log",
    "cards",
    "cards.mark",
    "snapshots",
    "derived",
    "secret.key",
    "operator.token",
    "operator.hash",
    "sums",
];

/// What is there.
pub(super) enum Found {
    /// The sample, whole. What was written beside it when it was filled.
    Whole(String),
    /// Room for it.
    Room(Filling),
}

/// A folder that is being filled, and by nobody else at once.
pub(super) struct Filling {
    folder: PathBuf,
    /// Locked as long as this is there.
    _marker: File,
}

/// Looks at the folder, and clears away what a filling that was cut off left there. Says no to a folder that holds
/// something else: the sample never touches a real ledger.
pub(super) fn look(folder: &Path, about: &str) -> Result<Found, Error> {
    match fs::read_to_string(folder.join(FILLED)) {
        Ok(about) => return Ok(Found::Whole(about)),
        Err(error) if error.kind() == ErrorKind::NotFound => {}
        Err(error) => return Err(cannot("read", folder, &error)),
    }
    let begun = folder.join(FILLING).exists();
    if !begun && KEPT.iter().any(|kept| folder.join(kept).exists()) {
        return Err(Error::Internal(format!(
            "{} holds a ledger that is not the sample: it is left alone. Choose another folder with --data",
            folder.display()
        )));
    }
    make_folder(folder)?;
    let marker = mark(folder, about).map_err(|error| {
        if error.kind() != ErrorKind::WouldBlock {
            return cannot("write into", folder, &error);
        }
        Error::Internal(format!(
            "{} is being filled by another demo: wait for it, or choose another folder with --data",
            folder.display()
        ))
    })?;
    if begun {
        clear(folder).map_err(|error| cannot("clear", folder, &error))?;
    }
    Ok(Found::Room(Filling { folder: folder.to_owned(), _marker: marker }))
}

impl Filling {
    /// All is on the platter: the folder is whole from now on.
    pub(super) fn finish(self) -> Result<(), Error> {
        let Self { folder, _marker } = self;
        fs::rename(folder.join(FILLING), folder.join(FILLED))
            .and_then(|()| File::open(&folder)?.sync_all())
            .map_err(|error| cannot("finish", &folder, &error))
    }
}

fn mark(folder: &Path, about: &str) -> io::Result<File> {
    let path = folder.join(FILLING);
    let mut marker = OpenOptions::new().write(true).create(true).truncate(false).open(path)?;
    marker.try_lock()?;
    // Whoever held it a moment ago may just have finished.
    if folder.join(FILLED).exists() {
        return Err(ErrorKind::WouldBlock.into());
    }
    marker.set_len(0)?;
    marker.write_all(about.as_bytes())?;
    marker.sync_all()?;
    File::open(folder)?.sync_all()?;
    Ok(marker)
}

fn clear(folder: &Path) -> io::Result<()> {
    for kept in KEPT {
        let path = folder.join(kept);
        let gone = if path.is_dir() { fs::remove_dir_all(&path) } else { fs::remove_file(&path) };
        match gone {
            Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
            Ok(()) | Err(_) => {}
        }
    }
    Ok(())
}

fn cannot(what: &str, folder: &Path, error: &io::Error) -> Error {
    Error::Internal(format!("cannot {what} {}: {error}", folder.display()))
}
