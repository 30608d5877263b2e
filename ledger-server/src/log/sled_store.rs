//! Keys and values in sled, and every guard that sled needs.
//!
//! The only file that knows which store this is. What it guards against was measured, not feared:
//! an unsynced `flush`, blob files that are never synced, torn snapshots, a deadlock in the
//! truncation of segments, iteration that ends at the first damage, a full disk.

use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{PoisonError, RwLock};
use std::thread;
use std::time::Duration;

use crate::log::LogError;
use crate::log::folder::{failed, make_folder, names, sync_folder};
use crate::log::medium::{Store, Visit};
use crate::log::pack::PACKED_PART;

/// The most bytes of a value. A tree leaf holds some sixteen of them, and must stay under a quarter
/// of a segment: what is larger goes into blob files, which are never synced.
pub(crate) const MAX_VALUE: usize = 64 * 1024;

/// Large segments make the truncation jobs rare that can deadlock.
pub(crate) const SEGMENT_SIZE: usize = 8 * 1024 * 1024;

/// How a store is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Shape {
    /// Again and again, with values of up to 64 KiB.
    Growing,
    /// Once and in order, with smaller values: of its last segment less is left empty.
    Dense,
}

impl Shape {
    fn segment_size(self) -> usize {
        match self {
            Shape::Growing => SEGMENT_SIZE,
            Shape::Dense => SEGMENT_SIZE / 4,
        }
    }

    fn max_value(self) -> usize {
        match self {
            Shape::Growing => MAX_VALUE,
            Shape::Dense => PACKED_PART,
        }
    }

    /// Whoever reads a pack goes through it once, from its beginning to its end.
    fn cache(self, options: &StoreOptions) -> u64 {
        match self {
            Shape::Growing => options.cache_bytes,
            Shape::Dense => options.cache_bytes.min(8 << 20),
        }
    }
}

/// A store that was closed a moment ago may hold its lock for a little longer.
const LOCK_TRIES: u32 = 100;
const LOCK_PAUSE: Duration = Duration::from_millis(20);

/// What may differ from one store to another.
#[derive(Clone, Debug)]
pub(crate) struct StoreOptions {
    /// How many bytes of the store may stay in memory.
    pub(crate) cache_bytes: u64,
    /// The file that the error about a full disk offers for deletion.
    pub(crate) reserve: PathBuf,
}

/// One folder with sled in it. One writer at a time, who is the caller's to name.
pub(crate) struct SledStore {
    db: sled::Db,
    /// The tables that were used so far: to look one up by its name takes locks.
    tables: RwLock<BTreeMap<String, sled::Tree>>,
    file: File,
    dir: PathBuf,
    reserve: PathBuf,
    shape: Shape,
    dead: AtomicBool,
}

impl SledStore {
    /// Opens the store, creates it where there is none, and syncs it: after a kill, memory may show
    /// what the platter does not have yet.
    pub(crate) fn open(dir: &Path, options: &StoreOptions) -> Result<SledStore, LogError> {
        SledStore::open_as(Shape::Growing, dir, options)
    }

    /// The same for a store that is written once and in order.
    pub(crate) fn open_dense(dir: &Path, options: &StoreOptions) -> Result<SledStore, LogError> {
        SledStore::open_as(Shape::Dense, dir, options)
    }

    /// Whether there is something to open, so that nothing is created.
    pub(crate) fn exists(dir: &Path) -> bool {
        dir.join("db").is_file()
    }

    fn open_as(shape: Shape, dir: &Path, options: &StoreOptions) -> Result<SledStore, LogError> {
        make_folder(dir)?;
        remove_torn_snapshots(dir)?;
        let config = sled::Config::default()
            .path(dir)
            .segment_size(shape.segment_size())
            .cache_capacity(shape.cache(options))
            .use_compression(false)
            .flush_every_ms(None);
        let db = match open_unlocked(&config, dir) {
            Err(Failure::Sled(error)) if damaged(&error) => {
                tracing::warn!(dir = %dir.display(), %error, "trying again without the snapshots");
                set_snapshots_aside(dir)?;
                open_unlocked(&config, dir)
            }
            opened => opened,
        };
        let db = db.map_err(|failure| match failure {
            Failure::Locked => LogError::InUse(dir.to_owned()),
            // A store that was not made here.
            Failure::Sled(sled::Error::Unsupported(what)) => {
                LogError::Store { what: format!("{}: {what}", dir.display()), missing: Vec::new() }
            }
            Failure::Sled(error) => translate(&error, "opening", dir, &options.reserve),
        })?;
        let file = OpenOptions::new()
            .read(true)
            .write(true)
            .open(dir.join("db"))
            .map_err(LogError::io(format!("opening {}", dir.join("db").display())))?;
        let store = SledStore {
            db,
            tables: RwLock::default(),
            file,
            dir: dir.to_owned(),
            reserve: options.reserve.clone(),
            shape,
            dead: AtomicBool::new(false),
        };
        store.sync()?;
        File::open(dir.join("conf"))
            .and_then(|conf| conf.sync_all())
            .map_err(LogError::io(format!("syncing {}", dir.join("conf").display())))?;
        sync_folder(&dir.join("blobs"))?;
        sync_folder(dir)?;
        Ok(store)
    }

    fn table(&self, name: &str) -> Result<sled::Tree, LogError> {
        self.alive()?;
        let known = self.tables.read().unwrap_or_else(PoisonError::into_inner).get(name).cloned();
        if let Some(table) = known {
            return Ok(table);
        }
        let opened = self.db.open_tree(name);
        let table = opened.map_err(|error| self.fail(&error, "opening a table of"))?;
        let mut tables = self.tables.write().unwrap_or_else(PoisonError::into_inner);
        tables.insert(name.to_owned(), table.clone());
        Ok(table)
    }

    fn alive(&self) -> Result<(), LogError> {
        if self.dead.load(Ordering::Acquire) { Err(LogError::Poisoned) } else { Ok(()) }
    }

    /// After a failed write nobody knows what the next one would build on.
    fn fail(&self, error: &sled::Error, doing: &str) -> LogError {
        self.dead.store(true, Ordering::Release);
        translate(error, doing, &self.dir, &self.reserve)
    }

    fn sync_data(&self) -> Result<(), LogError> {
        self.db.flush().map_err(|error| self.fail(&error, "writing to"))?;
        // `flush` only hands the bytes to the kernel; this brings them to the platter.
        self.file.sync_data().map_err(|error| self.fail(&sled::Error::Io(error), "syncing"))?;
        let strays = names(&self.dir.join("blobs"))?;
        if strays.is_empty() {
            Ok(())
        } else {
            let what = format!("{} holds values outside the store's file", self.dir.display());
            Err(LogError::Store { what, missing: Vec::new() })
        }
    }
}

impl Drop for SledStore {
    fn drop(&mut self) {
        // Even reading may have moved pages about; a closed store is left as the platter has it.
        if let Ok(()) = self.alive()
            && let Err(error) = self.sync_data()
        {
            tracing::error!(dir = %self.dir.display(), %error, "a store did not close cleanly");
        }
    }
}

impl Store for SledStore {
    fn put(&self, table: &str, key: &[u8], value: &[u8]) -> Result<(), LogError> {
        let (bytes, most) = (value.len(), self.shape.max_value());
        if key.len() > 64 || bytes > most {
            return Err(LogError::Unfit(format!("a value of {bytes} bytes, above {most}")));
        }
        let written = self.table(table)?.insert(key, value);
        written.map(drop).map_err(|error| self.fail(&error, "writing to"))
    }

    fn remove(&self, table: &str, key: &[u8]) -> Result<(), LogError> {
        let removed = self.table(table)?.remove(key);
        removed.map(drop).map_err(|error| self.fail(&error, "removing from"))
    }

    fn get(&self, table: &str, key: &[u8]) -> Result<Option<Vec<u8>>, LogError> {
        match self.table(table)?.get(key) {
            Ok(value) => Ok(value.map(|value| value.to_vec())),
            Err(error) => Err(translate(&error, "reading", &self.dir, &self.reserve)),
        }
    }

    fn scan(&self, table: &str, from: &[u8], visit: &mut Visit<'_>) -> Result<(), LogError> {
        for item in self.table(table)?.range(from..) {
            match item {
                Ok((key, value)) if visit(&key, &value).is_continue() => {}
                Ok(_) => break,
                Err(error) => return Err(translate(&error, "reading", &self.dir, &self.reserve)),
            }
        }
        Ok(())
    }

    fn sync(&self) -> Result<(), LogError> {
        self.alive()?;
        self.sync_data().inspect_err(|_| self.dead.store(true, Ordering::Release))
    }
}

enum Failure {
    Locked,
    Sled(sled::Error),
}

fn open_unlocked(config: &sled::Config, dir: &Path) -> Result<sled::Db, Failure> {
    for _ in 0..LOCK_TRIES {
        match config.open() {
            Err(sled::Error::Io(error)) if error.to_string().contains("acquire lock") => {
                tracing::debug!(dir = %dir.display(), "waiting for the store's lock");
                thread::sleep(LOCK_PAUSE);
            }
            opened => return opened.map_err(Failure::Sled),
        }
    }
    Err(Failure::Locked)
}

/// A snapshot that was being written when the power went makes every later opening fail.
fn remove_torn_snapshots(dir: &Path) -> Result<(), LogError> {
    let torn = |name: &String| name.starts_with("snap.") && name.ends_with(".generating");
    for name in names(dir)?.into_iter().filter(torn) {
        fs::remove_file(dir.join(&name)).map_err(LogError::io(format!("removing {name}")))?;
    }
    Ok(())
}

/// Without a snapshot the store reads its whole file instead, which is slow and right.
fn set_snapshots_aside(dir: &Path) -> Result<(), LogError> {
    for name in names(dir)?.into_iter().filter(|name| name.starts_with("snap.")) {
        fs::rename(dir.join(&name), dir.join(format!("aside.{name}")))
            .map_err(LogError::io(format!("setting {name} aside")))?;
    }
    Ok(())
}

/// Whether opening again without the snapshots may help.
fn damaged(error: &sled::Error) -> bool {
    match error {
        sled::Error::Corruption { .. } | sled::Error::ReportableBug(_) => true,
        sled::Error::Io(error) => {
            matches!(error.kind(), ErrorKind::UnexpectedEof | ErrorKind::InvalidData)
        }
        sled::Error::CollectionNotFound(_) | sled::Error::Unsupported(_) => false,
    }
}

fn translate(error: &sled::Error, doing: &str, dir: &Path, reserve: &Path) -> LogError {
    match error {
        sled::Error::Io(error) => failed(error, doing, dir, reserve),
        sled::Error::Unsupported(why) => LogError::Unfit(why.clone()),
        sled::Error::CollectionNotFound(_)
        | sled::Error::ReportableBug(_)
        | sled::Error::Corruption { .. } => LogError::Store {
            what: format!("{doing} {}: {error}", dir.display()),
            missing: Vec::new(),
        },
    }
}

#[cfg(test)]
mod tests {
    use std::ops::ControlFlow;

    use super::*;

    fn open(dir: &Path) -> SledStore {
        let reserve = dir.join("reserve");
        SledStore::open(&dir.join("s"), &StoreOptions { cache_bytes: 1 << 20, reserve }).unwrap()
    }

    #[test]
    fn what_was_put_is_there_again_and_in_order() {
        let dir = tempfile::tempdir().unwrap();
        let store = open(dir.path());
        for key in ["b1", "a2", "a1", "c"] {
            store.put("cards", key.as_bytes(), b"x").unwrap();
        }
        store.remove("cards", b"a2").unwrap();
        store.sync().unwrap();
        drop(store);
        let store = open(dir.path());
        assert_eq!(store.get("cards", b"b1").unwrap(), Some(b"x".to_vec()));
        assert_eq!(store.get("cards", b"a2").unwrap(), None);
        let mut seen = Vec::new();
        let mut visit = |key: &[u8], _: &[u8]| {
            seen.push(key.to_vec());
            ControlFlow::Continue(())
        };
        store.scan("cards", b"", &mut visit).unwrap();
        assert_eq!(seen, [b"a1".to_vec(), b"b1".to_vec(), b"c".to_vec()]);
    }

    #[test]
    fn a_value_above_the_limit_is_refused_and_nothing_is_dead() {
        let dir = tempfile::tempdir().unwrap();
        let store = open(dir.path());
        let refused = store.put("cards", b"k", &vec![0; MAX_VALUE + 1]);
        assert!(matches!(refused, Err(LogError::Unfit(_))));
        store.put("cards", b"k", &vec![0; MAX_VALUE]).unwrap();
        store.sync().unwrap();
    }
}
