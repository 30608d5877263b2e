//! The pages of one log's view that are full, in a file beside the log. It is only ever made from the log, and never
//! needed: whatever is wrong with it costs the next start the time of a replay, and nothing else.
//!
//! The file begins with what it is and with a name that chance gave it; a snapshot names the file that it goes with, and
//! how long that was. Behind this lie the pages, as they were filled: the same entries always fill the same pages, so that
//! what a kill has left behind a snapshot is cut off and written again.

use std::{
    fs::{self, File, OpenOptions},
    io,
    os::unix::fs::FileExt,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use serde::{Deserialize, Serialize};

use crate::error::Error;

/// What stands at the head of the file, before its name.
const MAGIC: [u8; 8] = *b"CAREPAG1";
/// The bytes of both.
const HEADER: u64 = 24;
/// So many bytes of pages are kept back before they are written.
const AT_A_TIME: usize = 256 << 10;
/// The first page of something is so large, the second twice, …: what is short takes little memory, …
const FIRST_PAGE: usize = 256;
/// … and what is long has few pages.
const LARGEST_PAGE: usize = 4 << 10;

/// Where a page lies, and how it is known again.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(super) struct Place {
    offset: u64,
    length: u32,
    check: u64,
}

/// Which file a snapshot goes with, and how much of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Kept {
    name: [u8; 16],
    length: u64,
}

/// The pages that are full.
#[derive(Clone, Debug)]
pub(crate) struct Binder {
    // None: all pages stay in memory.
    file: Option<Bound>,
    written: u64,
    // The pages behind what is written.
    fresh: Vec<u8>,
    write_at: usize,
    first_page: usize,
}

/// The file of the pages.
#[derive(Clone, Debug)]
struct Bound {
    file: Arc<File>,
    name: [u8; 16],
    // Goes when a page turns out to be damaged, so that the next start makes all of them again.
    snapshot: PathBuf,
    spoiled: Arc<AtomicBool>,
}

/// What a snapshot needs of the pages: those that are not written yet, and the file.
pub(crate) struct Taken {
    bound: Bound,
    written: u64,
    fresh: Vec<u8>,
}

impl Default for Binder {
    fn default() -> Self {
        let first_page = FIRST_PAGE;
        Self { file: None, written: 0, fresh: Vec::new(), write_at: AT_A_TIME, first_page }
    }
}

impl Binder {
    /// An empty file, instead of what may lie there.
    pub(crate) fn create(path: &Path, snapshot: PathBuf) -> io::Result<Self> {
        let mut name = [0; 16];
        getrandom::fill(&mut name).map_err(io::Error::other)?;
        if let Some(dir) = path.parent() {
            fs::create_dir_all(dir)?;
        }
        let mut options = OpenOptions::new();
        let file = options.read(true).write(true).create(true).truncate(true).open(path)?;
        file.write_all_at(&[&MAGIC[..], &name].concat(), 0)?;
        if let Some(dir) = path.parent() {
            File::open(dir)?.sync_all()?;
        }
        Ok(Self::over(file, Kept { name, length: HEADER }, snapshot))
    }

    /// The file that a snapshot goes with; what lies behind that is cut off. An error: it is not there as it was.
    pub(crate) fn reopen(path: &Path, kept: Kept, snapshot: PathBuf) -> io::Result<Self> {
        let file = OpenOptions::new().read(true).write(true).open(path)?;
        let mut header = [0; 24];
        file.read_exact_at(&mut header, 0)?;
        if header[..] != *[&MAGIC[..], &kept.name].concat() {
            return Err(io::Error::other("the pages are those of another snapshot"));
        }
        let length = file.metadata()?.len();
        if length < kept.length {
            return Err(io::Error::other("some of the pages are missing"));
        }
        if length > kept.length {
            file.set_len(kept.length)?;
        }
        Ok(Self::over(file, kept, snapshot))
    }

    fn over(file: File, Kept { name, length }: Kept, snapshot: PathBuf) -> Self {
        let (file, spoiled) = (Arc::new(file), Arc::default());
        let file = Some(Bound { file, name, snapshot, spoiled });
        Self { file, written: length, ..Self::default() }
    }

    /// With pages so small that there are many.
    #[cfg(test)]
    pub(crate) fn with_small_pages(mut self) -> Self {
        (self.first_page, self.write_at) = (8, 100);
        self
    }

    /// How large a page may become before it is full, behind so many of the same.
    pub(super) fn room(&self, pages: usize) -> usize {
        let room = self.first_page.saturating_mul(pages.saturating_add(1)).min(LARGEST_PAGE);
        // A record more than fits is longer than this only if its amounts are huge.
        room.saturating_sub(self.first_page / 8)
    }

    /// Takes in a page that is full.
    pub(super) fn put(&mut self, page: &[u8]) -> Place {
        let offset = self.written.saturating_add(self.fresh.len() as u64);
        let length = u32::try_from(page.len()).unwrap_or(u32::MAX);
        self.fresh.extend_from_slice(page);
        if let Some(bound) = &self.file
            && self.fresh.len() >= self.write_at
        {
            match bound.file.write_all_at(&self.fresh, self.written) {
                Ok(()) => {
                    self.written = self.written.saturating_add(self.fresh.len() as u64);
                    self.fresh.clear();
                }
                // They stay in memory, and are tried again when there are more of them.
                Err(error) => {
                    tracing::warn!(%error, "pages of a view cannot be written and stay in memory");
                    self.write_at = self.write_at.saturating_add(self.fresh.len());
                }
            }
        }
        Place { offset, length, check: check(page) }
    }

    /// A page, as it was put.
    pub(super) fn read(&self, place: &Place) -> Result<Vec<u8>, Error> {
        let length = usize::try_from(place.length).map_err(Error::internal)?;
        if let Some(behind) = place.offset.checked_sub(self.written) {
            let page =
                usize::try_from(behind).ok().and_then(|from| self.fresh.get(from..)?.get(..length));
            return page.map(<[u8]>::to_vec).ok_or_else(|| self.spoiled("it is not there"));
        }
        let Some(bound) = &self.file else { return Err(self.spoiled("it is not there")) };
        let mut page = vec![0; length];
        bound
            .file
            .read_exact_at(&mut page, place.offset)
            .map_err(|error| self.spoiled(&error.to_string()))?;
        if check(&page) == place.check {
            Ok(page)
        } else {
            Err(self.spoiled("its checksum does not fit"))
        }
    }

    /// A page cannot be read. The snapshot goes, so that the next start makes all pages again.
    pub(super) fn spoiled(&self, why: &str) -> Error {
        tracing::error!(why, "a page of a view is damaged: the next start makes all of them again");
        if let Some(bound) = &self.file {
            bound.spoiled.store(true, Ordering::SeqCst);
            if let Err(error) = fs::remove_file(&bound.snapshot) {
                tracing::info!(%error, "there is no snapshot to remove");
            }
        }
        Error::Derived
    }

    /// What a snapshot needs. Nothing: these pages have no file, or are spoiled.
    pub(crate) fn taken(&self) -> Option<Taken> {
        let bound = self.file.clone()?;
        let taken = Taken { bound, written: self.written, fresh: self.fresh.clone() };
        (!taken.is_spoiled()).then_some(taken)
    }
}

impl Taken {
    /// The file, and how long it will be.
    pub(crate) fn kept(&self) -> Kept {
        let length = self.written.saturating_add(self.fresh.len() as u64);
        Kept { name: self.bound.name, length }
    }

    /// Brings all pages to the platter. Whoever fills pages meanwhile writes the same bytes to the same place.
    ///
    /// The system says once that it could not write, and then takes the page for written: after an error no snapshot goes
    /// with these pages any more.
    pub(crate) fn sync(&self) -> io::Result<()> {
        let written = self.bound.file.write_all_at(&self.fresh, self.written);
        let synced = written.and_then(|()| self.bound.file.sync_data());
        synced.inspect_err(|_| self.bound.spoiled.store(true, Ordering::SeqCst))
    }

    /// Whether a page has turned out to be damaged.
    pub(crate) fn is_spoiled(&self) -> bool {
        self.bound.spoiled.load(Ordering::SeqCst)
    }
}

fn check(page: &[u8]) -> u64 {
    let hash = blake3::hash(page);
    hash.as_bytes().first_chunk().map_or(0, |first| u64::from_le_bytes(*first))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Pages in a file that takes no bytes, and in one that takes them and never says that they are on the platter.
    #[test]
    fn after_a_sync_that_failed_no_snapshot_goes_with_these_pages() {
        let dir = tempfile::tempdir().unwrap();
        let (pages, snapshot) = (dir.path().join("1.pages"), dir.path().join("1.snapshot"));
        drop(Binder::create(&pages, snapshot.clone()).unwrap());
        let takes_none = File::open(&pages).unwrap();
        let never_synced = OpenOptions::new().write(true).open("/dev/null").unwrap();
        for file in [takes_none, never_synced] {
            let kept = Kept { name: [1; 16], length: HEADER };
            let mut binder = Binder::over(file, kept, snapshot.clone());
            binder.put(b"a page");
            let (taken, other) = (binder.taken().unwrap(), binder.taken().unwrap());
            assert!(!taken.is_spoiled());
            taken.sync().unwrap_err();
            // Whoever took them before is told so as well, and nobody takes them again.
            assert!(taken.is_spoiled() && other.is_spoiled() && binder.taken().is_none());
        }
        let good = Binder::create(&pages, snapshot).unwrap().taken().unwrap();
        good.sync().unwrap();
        assert!(!good.is_spoiled());
    }
}
