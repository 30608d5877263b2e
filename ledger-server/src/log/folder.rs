//! The store's folder on a real disk: its format, its volumes, its head files, its reserve.
//!
//! | path | what |
//! |---|---|
//! | `format` | a line of text: what this folder is, and the version of its layout |
//! | `reserve` | nothing; may be deleted on the evening when the disk is full |
//! | `pack-00000001/` … | the volumes that are closed, each a store that is never written again: see `pack` |
//! | `pack-00000001.index` … | what lies in which; a pack without one was never finished |
//! | `volume-00000007/` … | the newest volume, and for a moment those that are being packed |
//! | `volume-00000007/wal` | what was put there since its store was last synced: see `wal` |
//! | `doubt` | something in the newest volume was not brought to the platter: the next start writes it anew |
//! | `heads/00000001` … | one head file for each log |

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File, OpenOptions};
use std::io::{ErrorKind, Write};
use std::os::unix::fs::{DirBuilderExt, FileExt};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use crate::log::medium::{Check, Fill, Medium, Store, WalFile};
use crate::log::sled_store::{SEGMENT_SIZE, SledStore, StoreOptions};
use crate::log::wal_file::DiskWal;
use crate::log::{LogError, LogId, LogOptions};

/// The newest layout that this program reads. In the first, no volume was packed; in the second, none had a write-ahead log,
/// and whoever does not know of it would miss what is in there alone.
const FORMAT: u32 = 3;
/// So much must be free again on a disk that was full: two segments of a store.
const SPARE: u64 = 2 * SEGMENT_SIZE as u64;
const TITLE: &str = "care store log, format ";

/// A store's folder, checked and ready.
pub(crate) struct Folder {
    dir: PathBuf,
    options: StoreOptions,
    /// The head files that are being written, held open.
    heads: Mutex<BTreeMap<LogId, Arc<File>>>,
}

impl Folder {
    /// Opens the folder, creates it where there is none, and refuses one that it does not know or
    /// a disk that is nearly full.
    pub(crate) fn open(dir: &Path, options: &LogOptions) -> Result<Folder, LogError> {
        make_folder(dir)?;
        check_format(dir)?;
        make_folder(&dir.join("heads"))?;
        let reserve = dir.join("reserve");
        let store = StoreOptions { cache_bytes: options.cache_bytes, reserve };
        let folder = Folder { dir: dir.to_owned(), options: store, heads: Mutex::default() };
        folder.check_room(options)?;
        Ok(folder)
    }

    /// A full disk loses nothing that was acknowledged, but a store on it does not open any more:
    /// so room is kept free, and a file in reserve that anybody can delete.
    fn check_room(&self, options: &LogOptions) -> Result<(), LogError> {
        let free_bytes = free(&self.dir)?;
        if free_bytes < options.min_free_bytes {
            return Err(LogError::DiskFull {
                folder: self.dir.clone(),
                free_bytes,
                needed_bytes: options.min_free_bytes,
                reserve: self.options.reserve.clone(),
            });
        }
        let reserve = &self.options.reserve;
        let wanted = options.reserve_bytes;
        if wanted == 0 || reserve.exists() {
            return Ok(());
        }
        if free_bytes - options.min_free_bytes < wanted {
            tracing::warn!(free_bytes, "there is no room for a reserve; the disk is filling up");
            return Ok(());
        }
        let doing = format!("keeping {} in reserve", reserve.display());
        let file = File::create(reserve).map_err(LogError::io(doing.clone()))?;
        let flags = rustix::fs::FallocateFlags::empty();
        match rustix::fs::fallocate(&file, flags, 0, wanted) {
            Ok(()) => Ok(()),
            // Not every file system can promise room; zeros take it, too.
            Err(_) => fill(&file, wanted).map_err(LogError::io(doing)),
        }
    }

    /// The head file of a log, opened once for all its writes: it is written at every commit.
    fn head_file(&self, log: LogId) -> Result<Arc<File>, LogError> {
        let mut heads = self.heads.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(open) = heads.get(&log) {
            return Ok(Arc::clone(open));
        }
        let path = self.head(log);
        let opened = OpenOptions::new().write(true).open(&path);
        let file = opened.map_err(LogError::io(format!("opening {}", path.display())))?;
        let file = Arc::new(file);
        heads.insert(log, Arc::clone(&file));
        Ok(file)
    }

    fn volume(&self, number: u32) -> PathBuf {
        self.dir.join(format!("volume-{number:08}"))
    }

    fn pack(&self, number: u32) -> PathBuf {
        self.dir.join(format!("pack-{number:08}"))
    }

    /// The index of a pack, written when the pack is whole.
    pub(crate) fn index(&self, number: u32) -> PathBuf {
        self.dir.join(format!("pack-{number:08}.index"))
    }

    fn head(&self, log: LogId) -> PathBuf {
        self.dir.join("heads").join(format!("{:08x}", log.get()))
    }
}

impl Medium for Folder {
    fn volumes(&self) -> Result<Vec<u32>, LogError> {
        let number = |name: &String| {
            let name = name.strip_suffix(".index").unwrap_or(name);
            name.strip_prefix("volume-").or(name.strip_prefix("pack-"))?.parse().ok()
        };
        let numbers: BTreeSet<u32> = names(&self.dir)?.iter().filter_map(number).collect();
        Ok(numbers.into_iter().collect())
    }

    fn open_volume(&self, number: u32) -> Result<Arc<dyn Store>, LogError> {
        Ok(Arc::new(SledStore::open(&self.volume(number), &self.options)?))
    }

    fn wal(&self, number: u32) -> Box<dyn WalFile> {
        Box::new(DiskWal::of(&self.volume(number), &self.options.reserve))
    }

    fn has_pack(&self, number: u32) -> Result<bool, LogError> {
        // Without an index it is one that was being made; but not where there is nothing else any more.
        let alone = || self.pack(number).is_dir() && !self.volume(number).exists();
        Ok(self.index(number).exists() || alone())
    }

    fn read_index(&self, number: u32) -> Result<Option<Vec<u8>>, LogError> {
        if SledStore::exists(&self.pack(number)) {
            read_if_there(&self.index(number))
        } else {
            Ok(None)
        }
    }

    fn open_pack(&self, number: u32) -> Result<Arc<dyn Store>, LogError> {
        let path = self.pack(number);
        if !SledStore::exists(&path) {
            let what = format!("{} is not there", path.display());
            return Err(LogError::Store { what, missing: Vec::new() });
        }
        Ok(Arc::new(SledStore::open_dense(&path, &self.options)?))
    }

    fn create_pack(&self, number: u32, fill: &Fill<'_>, check: &Check<'_>) -> Result<(), LogError> {
        let path = self.pack(number);
        remove_folder(&path)?;
        let make = || -> Result<Vec<u8>, LogError> {
            let store = SledStore::open_dense(&path, &self.options)?;
            let index = fill(&store)?;
            store.sync()?;
            drop(store);
            // Opened once more, the store notes where everything lies, and opens quickly from then on.
            let store = SledStore::open_dense(&path, &self.options)?;
            check(&store)?;
            drop(store);
            sync_folder(&path)?;
            Ok(index)
        };
        // What is left of one that failed would only take up room.
        let index = make().inspect_err(|_| drop(remove_folder(&path)))?;
        write_whole(&self.index(number), &index)
    }

    fn has_tables(&self, number: u32) -> Result<bool, LogError> {
        let volume = self.volume(number);
        volume.try_exists().map_err(LogError::io(format!("looking for {}", volume.display())))
    }

    fn remove_tables(&self, number: u32) -> Result<(), LogError> {
        remove_folder(&self.volume(number))
    }

    fn set_aside(&self, number: u32) -> Result<(), LogError> {
        let volume = self.volume(number);
        let taken = names(&self.dir)?.iter().filter(|name| name.starts_with("unfinished-")).count();
        let aside = self.dir.join(format!("unfinished-{number:08}-{taken}"));
        tracing::warn!(aside = %aside.display(), "a volume that was never finished is set aside");
        fs::rename(&volume, aside)
            .map_err(LogError::io(format!("setting {} aside", volume.display())))?;
        sync_folder(&self.dir)
    }

    fn doubt(&self) -> Result<(), LogError> {
        let path = self.dir.join("doubt");
        let noted = File::create(&path).map(drop);
        noted.map_err(LogError::io(format!("creating {}", path.display())))
    }

    fn is_doubted(&self) -> Result<bool, LogError> {
        let path = self.dir.join("doubt");
        path.try_exists().map_err(LogError::io(format!("looking for {}", path.display())))
    }

    fn believe(&self) -> Result<(), LogError> {
        let path = self.dir.join("doubt");
        fs::remove_file(&path).map_err(LogError::io(format!("removing {}", path.display())))
    }

    fn heads(&self) -> Result<Vec<LogId>, LogError> {
        let number = |name: &String| u32::from_str_radix(name, 16).ok().map(LogId::new);
        names(&self.dir.join("heads")).map(|names| names.iter().filter_map(number).collect())
    }

    fn create_head(&self, log: LogId, bytes: &[u8]) -> Result<(), LogError> {
        let mut heads = self.heads.lock().unwrap_or_else(PoisonError::into_inner);
        // What is open under this name will be another file.
        heads.remove(&log);
        write_whole(&self.head(log), bytes)
    }

    fn read_head(&self, log: LogId) -> Result<Option<Vec<u8>>, LogError> {
        read_if_there(&self.head(log))
    }

    fn write_head(&self, log: LogId, offset: u64, bytes: &[u8]) -> Result<(), LogError> {
        self.head_file(log)?
            .write_all_at(bytes, offset)
            .map_err(LogError::io(format!("writing {}", self.head(log).display())))
    }

    fn sync_head(&self, log: LogId) -> Result<(), LogError> {
        self.head_file(log)?
            .sync_data()
            .map_err(LogError::io(format!("syncing {}", self.head(log).display())))
    }
}

/// Removes a folder with all that is in it, if it is there.
fn remove_folder(dir: &Path) -> Result<(), LogError> {
    match fs::remove_dir_all(dir) {
        Err(error) if error.kind() != ErrorKind::NotFound => {
            Err(LogError::io(format!("removing {}", dir.display()))(error))
        }
        Ok(()) | Err(_) => Ok(()),
    }
}

/// Creates a folder where there is none, such that it is still there after a power cut.
pub(crate) fn make_folder(dir: &Path) -> Result<(), LogError> {
    if dir.is_dir() {
        return Ok(());
    }
    let named = |folder: &&Path| !folder.as_os_str().is_empty();
    let made: Vec<&Path> =
        dir.ancestors().filter(named).take_while(|folder| !folder.is_dir()).collect();
    // What lies in there is nobody's business but the server's: names and contacts, and keys.
    fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(dir)
        .map_err(LogError::io(format!("creating {}", dir.display())))?;
    for folder in made {
        let above = folder.parent().filter(named);
        sync_folder(above.unwrap_or(Path::new(".")))?;
    }
    sync_folder(dir)
}

/// Brings the names in a folder to the platter.
pub(crate) fn sync_folder(dir: &Path) -> Result<(), LogError> {
    File::open(dir)
        .and_then(|folder| folder.sync_all())
        .map_err(LogError::io(format!("syncing the folder {}", dir.display())))
}

/// The names in a folder, in order.
pub(crate) fn names(dir: &Path) -> Result<Vec<String>, LogError> {
    let read = || -> std::io::Result<Vec<String>> {
        let mut names = Vec::new();
        for entry in fs::read_dir(dir)? {
            names.push(entry?.file_name().to_string_lossy().into_owned());
        }
        names.sort();
        Ok(names)
    };
    read().map_err(LogError::io(format!("listing {}", dir.display())))
}

/// Why something on a disk could not be done; where it is full, with the way out.
pub(crate) fn failed(error: &std::io::Error, doing: &str, at: &Path, reserve: &Path) -> LogError {
    if error.kind() == ErrorKind::StorageFull {
        let (folder, reserve) = (at.to_owned(), reserve.to_owned());
        // What was to be made there may not be there.
        let free_bytes = free(at).or_else(|_| free(at.parent().unwrap_or(at))).unwrap_or(0);
        return LogError::DiskFull { folder, free_bytes, needed_bytes: SPARE, reserve };
    }
    let source = std::io::Error::new(error.kind(), error.to_string());
    LogError::Io { doing: format!("{doing} {}", at.display()), source }
}

/// How many bytes an ordinary process may still write on the disk of this folder.
pub(crate) fn free(dir: &Path) -> Result<u64, LogError> {
    let disk = rustix::fs::statvfs(dir).map_err(|error| LogError::Io {
        doing: format!("asking how full the disk of {} is", dir.display()),
        source: error.into(),
    })?;
    Ok(disk.f_bavail.saturating_mul(disk.f_frsize))
}

fn check_format(dir: &Path) -> Result<(), LogError> {
    let path = dir.join("format");
    let line = format!("{TITLE}{FORMAT}");
    let Some(bytes) = read_if_there(&path)? else {
        return if names(dir)?.iter().any(|name| name.starts_with("volume-") || name == "heads") {
            Err(LogError::FormatDamaged { file: path, line })
        } else {
            write_whole(&path, format!("{line}\n").as_bytes())
        };
    };
    let text = String::from_utf8_lossy(&bytes);
    match text.trim_end().strip_prefix(TITLE).and_then(|number| number.parse::<u32>().ok()) {
        Some(found) if found > FORMAT => Err(LogError::NewerFormat { found, known: FORMAT }),
        Some(FORMAT) => Ok(()),
        // From now on there may be what an older program would not find.
        Some(_) => write_whole(&path, format!("{line}\n").as_bytes()),
        None => Err(LogError::FormatDamaged { file: path, line }),
    }
}

/// Writes a small file as a whole: after a power cut it is there complete, or not at all.
fn write_whole(path: &Path, bytes: &[u8]) -> Result<(), LogError> {
    let fresh = path.with_extension("new");
    let write = || -> std::io::Result<()> {
        let mut file = File::create(&fresh)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        fs::rename(&fresh, path)
    };
    write().map_err(LogError::io(format!("writing {}", path.display())))?;
    path.parent().map_or(Ok(()), sync_folder)
}

/// All bytes of a file, if there is one.
pub(crate) fn read_if_there(path: &Path) -> Result<Option<Vec<u8>>, LogError> {
    match fs::read(path) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(LogError::io(format!("reading {}", path.display()))(error)),
    }
}

/// Writes so many zeros.
pub(crate) fn fill(mut file: &File, bytes: u64) -> std::io::Result<()> {
    let zeros = [0; 4096];
    let mut left = bytes;
    while left > 0 {
        let step = left.min(zeros.len() as u64);
        file.write_all(zeros.get(..usize::try_from(step).unwrap_or(0)).unwrap_or(&zeros))?;
        left -= step;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_that_is_made_is_its_owners_alone() {
        use std::os::unix::fs::PermissionsExt;
        let dir = tempfile::tempdir().unwrap();
        let log = dir.path().join("data/log");
        make_folder(&log).unwrap();
        for made in [&log, &dir.path().join("data")] {
            assert_eq!(fs::metadata(made).unwrap().permissions().mode() & 0o777, 0o700);
        }
    }
}
