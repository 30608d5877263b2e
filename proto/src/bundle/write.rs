//! A bundle written into a folder: whole files under their own names, the list last; what is there already is kept.

use std::{
    fs,
    path::{Path, PathBuf},
};

use super::{
    BundleError, CHECKPOINTS, ENTRIES, ENTRIES_IN_A_FILE, KEYS, Listed, MANIFEST, Manifest, README,
    SMALL, entries_name, file_hash, fixed_files, read_entries, readme, write_checkpoints,
    write_entries, write_keys,
};
use crate::checkpoint::{Note, Origin, VerifierKey};
use crate::files::{self, UNFINISHED};
use crate::tree::{Frontier, Hash, leaf};

/// A bundle on its way into a folder.
///
/// Open it, ask for the entries after [`Export::after`], give them to [`Export::push`] in order, and [`Export::finish`].
/// Broken off at any moment, the same again goes on behind the last whole file.
#[derive(Debug)]
pub struct Export {
    dir: PathBuf,
    origin: Origin,
    size: u64,
    files: Vec<Listed>,
    /// How many entries stand in whole files.
    written: u64,
    kept: u64,
    waiting: Vec<Vec<u8>>,
    edge: Frontier,
}

/// What was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exported {
    /// The identity of the log.
    pub origin: Origin,
    /// How many entries the bundle holds.
    pub size: u64,
    /// How many of them had been there before.
    pub kept: u64,
    /// The root over all of them.
    pub root: Hash,
}

impl Export {
    /// Begins the bundle of a log of this size, or goes on with it. Another log's bundle in the folder is an error, and so
    /// is a folder that holds anything else.
    pub fn open(dir: &Path, origin: &Origin, size: u64) -> Result<Export, BundleError> {
        let entries = dir.join(ENTRIES);
        files::make_folder(&entries).map_err(|error| BundleError::disk(&entries, error))?;
        same_log(dir, origin)?;
        only_ours(dir)?;
        let mut export = Export {
            dir: dir.to_owned(),
            origin: origin.clone(),
            size,
            files: Vec::new(),
            written: 0,
            kept: 0,
            waiting: Vec::new(),
            edge: Frontier::default(),
        };
        // The list is written last: without it, nobody takes the folder for a whole bundle meanwhile.
        remove(&dir.join(MANIFEST))?;
        export.keep()?;
        Ok(export)
    }

    /// The position after which entries are wanted.
    pub fn after(&self) -> u64 {
        self.written.saturating_add(u64::try_from(self.waiting.len()).unwrap_or(u64::MAX))
    }

    /// Takes the next entry's stored bytes.
    pub fn push(&mut self, entry: Vec<u8>) -> Result<(), BundleError> {
        if self.after() >= self.size {
            let what = format!("more entries came than the {} that the log has", self.size);
            return Err(BundleError::damaged(MANIFEST, what));
        }
        let hash = leaf(&entry);
        if self.after() == 0 && !self.origin.begins_with(&hash) {
            return Err(BundleError::Another(format!("these entries are not of {}", self.origin)));
        }
        self.edge.push(hash);
        self.waiting.push(entry);
        if self.after().saturating_sub(self.written) == ENTRIES_IN_A_FILE {
            self.write_waiting()?;
        }
        Ok(())
    }

    /// Writes what is left, the keys, the checkpoints and, last, the list.
    pub fn finish(self, keys: &[VerifierKey], notes: &[String]) -> Result<Exported, BundleError> {
        self.complete()?;
        self.one_history(notes)?;
        self.write_rest(keys, notes)
    }

    /// The same where the newest checkpoint is of a smaller log: whoever keeps the folder knows the root from elsewhere.
    pub fn finish_unsigned(
        self,
        keys: &[VerifierKey],
        notes: &[String],
    ) -> Result<Exported, BundleError> {
        self.complete()?;
        self.write_rest(keys, notes)
    }

    fn complete(&self) -> Result<(), BundleError> {
        let (have, size) = (self.after(), self.size);
        if have == size {
            return Ok(());
        }
        let what = format!("{have} entries came, and the log has {size}");
        Err(BundleError::damaged(MANIFEST, what))
    }

    fn write_rest(
        mut self,
        keys: &[VerifierKey],
        notes: &[String],
    ) -> Result<Exported, BundleError> {
        if !self.waiting.is_empty() {
            self.write_waiting()?;
        }
        let mut files = fixed_files();
        files.push((README, readme(&self.origin, self.size).into_bytes()));
        files.push((KEYS, write_keys(keys).into_bytes()));
        files.push((CHECKPOINTS, write_checkpoints(notes).into_bytes()));
        for (name, bytes) in files {
            self.write(name, &bytes)?;
        }
        let Export { dir, origin, size, kept, mut files, edge, .. } = self;
        files.sort_unstable_by(|a, b| a.name.cmp(&b.name));
        let manifest = Manifest { origin: origin.clone(), size, files };
        write_whole(&dir, MANIFEST, manifest.to_text().as_bytes())?;
        Ok(Exported { origin, size, kept, root: edge.root() })
    }

    /// Keeps the whole files of entries that are there, from the first on, and removes what comes behind them: a last one
    /// that is not full was the end of an older bundle.
    fn keep(&mut self) -> Result<(), BundleError> {
        let mut keeping = true;
        while keeping {
            let first = self.written.saturating_add(1);
            let last = self.written.saturating_add(ENTRIES_IN_A_FILE);
            let name = entries_name(first, last);
            let path = self.dir.join(&name);
            keeping = last <= self.size && path.is_file();
            if keeping {
                let bytes = fs::read(&path).map_err(|error| BundleError::disk(&path, error))?;
                match read_entries(&name, &bytes) {
                    Ok((_, entries)) => {
                        let begins = |entry: &&[u8]| self.origin.begins_with(&leaf(entry));
                        if first == 1 && !entries.first().is_some_and(begins) {
                            return Err(another(&self.dir, &self.origin));
                        }
                        for entry in entries {
                            self.edge.push(leaf(entry));
                        }
                        self.list(name, &bytes);
                        (self.written, self.kept) = (last, last);
                    }
                    // Written anew.
                    Err(_) => keeping = false,
                }
            }
        }
        let entries = self.dir.join(ENTRIES);
        let found = fs::read_dir(&entries).map_err(|error| BundleError::disk(&entries, error))?;
        for entry in found {
            let path = entry.map_err(|error| BundleError::disk(&entries, error))?.path();
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            let name = format!("{ENTRIES}/{name}");
            if !self.files.iter().any(|file| file.name == name) {
                remove(&path)?;
            }
        }
        Ok(())
    }

    /// What was kept and what came anew must be one history: the one that the newest checkpoint is of.
    fn one_history(&self, notes: &[String]) -> Result<(), BundleError> {
        let newest = notes.last().and_then(|note| Note::parse(note).ok());
        match newest {
            Some(note) if note.claimed().size != self.size => {
                Err(BundleError::damaged(CHECKPOINTS, "the last one is of another size"))
            }
            Some(note) if note.claimed().root != self.edge.root() => {
                let (dir, kept) = (self.dir.display(), self.kept);
                let what = format!(
                    "these entries, with the {kept} that {dir} held already, are not the history that was signed: keep \
                     that folder, and export into another one"
                );
                Err(BundleError::Another(what))
            }
            Some(_) | None => Ok(()),
        }
    }

    fn write_waiting(&mut self) -> Result<(), BundleError> {
        let (first, last) = (self.written.saturating_add(1), self.after());
        let waiting = std::mem::take(&mut self.waiting);
        self.written = last;
        self.write(&entries_name(first, last), &write_entries(first, &waiting))
    }

    fn write(&mut self, name: &str, bytes: &[u8]) -> Result<(), BundleError> {
        write_whole(&self.dir, name, bytes)?;
        self.list(name.to_owned(), bytes);
        Ok(())
    }

    fn list(&mut self, name: String, bytes: &[u8]) {
        let length = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        self.files.push(Listed { hash: file_hash(bytes), bytes: length, name });
    }
}

/// A name always stands for a whole file.
fn write_whole(dir: &Path, name: &str, bytes: &[u8]) -> Result<(), BundleError> {
    let path = dir.join(name);
    files::replace(&path, bytes).map_err(|error| BundleError::disk(&path, error))
}

/// What a broken-off or older bundle says of itself, if there is one.
fn same_log(dir: &Path, origin: &Origin) -> Result<(), BundleError> {
    let path = dir.join(MANIFEST);
    if !path.exists() {
        return Ok(());
    }
    let text = fs::read_to_string(&path).map_err(|error| BundleError::disk(&path, error))?;
    match Manifest::parse(&text) {
        Ok(manifest) if manifest.origin == *origin => Ok(()),
        Ok(_) => Err(another(dir, origin)),
        Err(damaged) => Err(damaged.into()),
    }
}

fn another(dir: &Path, origin: &Origin) -> BundleError {
    BundleError::Another(format!("{} holds another log, not {origin}", dir.display()))
}

/// A folder with something else in it is not written into: a bundle holds nothing that its list does not name.
fn only_ours(dir: &Path) -> Result<(), BundleError> {
    let found = fs::read_dir(dir).map_err(|error| BundleError::disk(dir, error))?;
    for entry in found {
        let entry = entry.map_err(|error| BundleError::disk(dir, error))?;
        let file = entry.file_name().to_string_lossy().into_owned();
        let name = file.strip_suffix(UNFINISHED).unwrap_or(&file);
        if !SMALL.iter().chain([&MANIFEST, &ENTRIES]).any(|known| *known == name) {
            let what = format!("{} holds {file}, which is no part of a bundle", dir.display());
            return Err(BundleError::Another(what));
        }
        if name != file {
            remove(&entry.path())?;
        }
    }
    Ok(())
}

fn remove(path: &Path) -> Result<(), BundleError> {
    match fs::remove_file(path) {
        Ok(()) => Ok(()),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(BundleError::disk(path, error)),
    }
}
