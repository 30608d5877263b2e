//! A bundle read from its folder: every file is in the list, is as the list says, and nothing else is in the folder.

use std::{
    fs,
    io::ErrorKind,
    path::{Path, PathBuf},
};

use super::{
    BundleError, CHECKPOINTS, DESCRIPTORS, Damaged, ENTRIES, ENTRIES_IN_A_FILE, FORMAT, KEYS,
    Listed, MANIFEST, Manifest, PROTO, README, SMALL, entries_name, file_hash, read_checkpoints,
    read_entries, read_keys,
};
use crate::checkpoint::{Origin, VerifierKey};
use ledger_core::Position;

/// A bundle whose list has been read, and whose small files are as the list says. The files of entries are read one at a
/// time: see [`Bundle::read`].
#[derive(Debug)]
pub struct Bundle {
    dir: PathBuf,
    manifest: Manifest,
    keys: Vec<VerifierKey>,
    notes: Vec<String>,
}

/// A file of entries. What is in the entries has not been looked into.
#[derive(Debug)]
pub struct EntryFile {
    name: String,
    bytes: Vec<u8>,
    listed: Listed,
}

impl EntryFile {
    /// Whether it is as the list says.
    pub fn as_listed(&self) -> Result<(), BundleError> {
        if file_hash(&self.bytes) == self.listed.hash { Ok(()) } else { Err(changed(&self.name)) }
    }

    /// The position of the first entry, and the stored bytes of each.
    pub fn entries(&self) -> Result<(u64, Vec<&[u8]>), BundleError> {
        Ok(read_entries(&self.name, &self.bytes)?)
    }
}

impl Bundle {
    /// Reads the list and the small files, and looks that nothing else is in the folder.
    pub fn open(dir: &Path) -> Result<Bundle, BundleError> {
        let manifest = text(MANIFEST, read(dir, MANIFEST)?)?;
        let manifest = Manifest::parse(&manifest)?;
        complete(&manifest)?;
        let there = list(dir)?;
        for file in &manifest.files {
            if !there.contains(&file.name) {
                return Err(missing(&file.name));
            }
        }
        let listed = |name: &String| {
            name == MANIFEST || manifest.files.binary_search_by(|file| file.name.cmp(name)).is_ok()
        };
        if let Some(file) = there.into_iter().find(|name| !listed(name)) {
            return Err(BundleError::Unlisted { file });
        }
        let mut found =
            Bundle { dir: dir.to_owned(), manifest, keys: Vec::new(), notes: Vec::new() };
        for name in [FORMAT, PROTO, DESCRIPTORS, README] {
            found.checked(name)?;
        }
        found.keys = read_keys(&text(KEYS, found.checked(KEYS)?)?)?;
        let notes = text(CHECKPOINTS, found.checked(CHECKPOINTS)?)?;
        let notes = read_checkpoints(&notes)?;
        found.notes = notes.into_iter().map(str::to_owned).collect();
        Ok(found)
    }

    /// The identity of the log.
    pub fn origin(&self) -> &Origin {
        &self.manifest.origin
    }

    /// How many entries it holds.
    pub fn size(&self) -> u64 {
        self.manifest.size
    }

    /// The keys of the log, as the bundle has them: nobody vouches for these.
    pub fn keys(&self) -> &[VerifierKey] {
        &self.keys
    }

    /// The signed notes of all published checkpoints, unchecked, in order.
    pub fn notes(&self) -> &[String] {
        &self.notes
    }

    /// The files of entries, in order.
    pub fn files(&self) -> impl Iterator<Item = &str> {
        let names = self.manifest.files.iter().map(|file| file.name.as_str());
        names.filter(|name| name.contains('/'))
    }

    /// Reads a file of entries. Whether it is as the list says, ask it: see [`EntryFile::as_listed`].
    pub fn read(&self, name: &str) -> Result<EntryFile, BundleError> {
        let listed = self.listed(name)?.clone();
        Ok(EntryFile { name: name.to_owned(), bytes: self.bytes(name)?, listed })
    }

    fn listed(&self, name: &str) -> Result<&Listed, BundleError> {
        let listed = self.manifest.files.iter().find(|file| file.name == name);
        listed.ok_or_else(|| missing(name))
    }

    fn checked(&self, name: &str) -> Result<Vec<u8>, BundleError> {
        let bytes = self.bytes(name)?;
        let listed = self.listed(name)?;
        if file_hash(&bytes) == listed.hash { Ok(bytes) } else { Err(changed(name)) }
    }

    /// The bytes of a file, if it is as long as the list says: a longer one is not taken into memory.
    fn bytes(&self, name: &str) -> Result<Vec<u8>, BundleError> {
        let path = self.dir.join(name);
        let found = fs::metadata(&path).map_err(|error| absent(name, &path, error))?.len();
        if found == self.listed(name)?.bytes { read(&self.dir, name) } else { Err(changed(name)) }
    }
}

/// Whether the list names every file that a bundle of its size has.
fn complete(manifest: &Manifest) -> Result<(), BundleError> {
    let names = || manifest.files.iter().map(|file| file.name.as_str());
    for name in SMALL {
        if !names().any(|listed| listed == name) {
            return Err(BundleError::damaged(MANIFEST, format!("it does not name {name}")));
        }
    }
    let mut entries = names().filter(|name| name.contains('/'));
    let mut first = 1;
    while first <= manifest.size {
        let last = manifest.size.min(first.saturating_add(ENTRIES_IN_A_FILE - 1));
        let name = entries_name(first, last);
        if entries.next() != Some(&*name) {
            let what = format!("it does not name {name}, as a bundle of its size does");
            return Err(BundleError::damaged(MANIFEST, what));
        }
        first = last.saturating_add(1);
    }
    match entries.next() {
        Some(name) => {
            let what = format!("it names {name}, which is beyond its size");
            Err(BundleError::damaged(MANIFEST, what))
        }
        None => Ok(()),
    }
}

/// The names of all files in the folder and in its folder of entries.
fn list(dir: &Path) -> Result<Vec<String>, BundleError> {
    let mut names = Vec::new();
    for (within, before) in
        [(dir.to_owned(), String::new()), (dir.join(ENTRIES), format!("{ENTRIES}/"))]
    {
        let found = match fs::read_dir(&within) {
            Ok(found) => found,
            // A bundle of no entries has no such folder.
            Err(error) if error.kind() == ErrorKind::NotFound => continue,
            Err(error) => return Err(BundleError::disk(&within, error)),
        };
        for entry in found {
            let entry = entry.map_err(|error| BundleError::disk(&within, error))?;
            let name = format!("{before}{}", entry.file_name().to_string_lossy());
            let kind = entry.file_type().map_err(|error| BundleError::disk(&within, error))?;
            if kind.is_symlink() {
                // What it leads to is no part of the folder, and can be another thing tomorrow.
                return Err(BundleError::damaged(&name, "it is a link, and not a file"));
            }
            if !(kind.is_dir() && name == ENTRIES) {
                names.push(name);
            }
        }
    }
    names.sort_unstable();
    Ok(names)
}

fn read(dir: &Path, name: &str) -> Result<Vec<u8>, BundleError> {
    let path = dir.join(name);
    fs::read(&path).map_err(|error| absent(name, &path, error))
}

fn absent(name: &str, path: &Path, error: std::io::Error) -> BundleError {
    if error.kind() == ErrorKind::NotFound { missing(name) } else { BundleError::disk(path, error) }
}

fn missing(name: &str) -> BundleError {
    BundleError::Missing { file: name.to_owned(), position: first_position(name) }
}

fn changed(name: &str) -> BundleError {
    BundleError::Damaged(Damaged {
        file: name.to_owned(),
        what: "it is not as the list says".to_owned(),
        position: None,
    })
}

fn first_position(name: &str) -> Option<Position> {
    positions(name).map(|(first, _)| Position::new(first))
}

/// The first and the last position in a file of entries, by its name. Nothing: that is no file of entries.
pub fn positions(name: &str) -> Option<(u64, u64)> {
    let (first, last) = name.strip_prefix(ENTRIES)?.strip_prefix('/')?.split_once('-')?;
    Some((first.parse().ok()?, last.parse().ok()?))
}

fn text(name: &str, bytes: Vec<u8>) -> Result<String, BundleError> {
    String::from_utf8(bytes).map_err(|_| BundleError::damaged(name, "it is not text"))
}
