//! The file of a volume's write-ahead log on a real disk.

use std::fs::{File, OpenOptions};
use std::io::{Seek, SeekFrom};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use crate::log::LogError;
use crate::log::folder::{failed, fill, read_if_there, sync_folder};
use crate::log::medium::WalFile;

/// A file in the volume's own folder, so that the two are never apart.
pub(crate) struct DiskWal {
    path: PathBuf,
    /// What the error about a full disk offers for deletion.
    reserve: PathBuf,
    file: OnceLock<File>,
}

impl DiskWal {
    /// The one of the volume in this folder.
    pub(crate) fn of(volume: &Path, reserve: &Path) -> DiskWal {
        let (path, reserve) = (volume.join("wal"), reserve.to_owned());
        DiskWal { path, reserve, file: OnceLock::new() }
    }

    fn file(&self) -> Result<&File, LogError> {
        self.file.get().ok_or(LogError::Poisoned)
    }

    fn failed(&self, doing: &'static str) -> impl FnOnce(std::io::Error) -> LogError {
        move |error| failed(&error, doing, &self.path, &self.reserve)
    }
}

impl WalFile for DiskWal {
    fn read(&self) -> Result<Vec<u8>, LogError> {
        Ok(read_if_there(&self.path)?.unwrap_or_default())
    }

    fn make(&self, length: u64) -> Result<(), LogError> {
        let make = || -> std::io::Result<File> {
            let mut options = OpenOptions::new();
            let mut file =
                options.read(true).write(true).create(true).truncate(false).open(&self.path)?;
            // Written, and not only asked for: a sync of what is written there later has no other blocks to note.
            let there = file.seek(SeekFrom::End(0))?;
            fill(&file, length.saturating_sub(there))?;
            file.sync_all()?;
            Ok(file)
        };
        let file = make().map_err(self.failed("making"))?;
        self.path.parent().map_or(Ok(()), sync_folder)?;
        // Whoever made it before has the same file.
        drop(self.file.set(file));
        Ok(())
    }

    fn write(&self, offset: u64, bytes: &[u8]) -> Result<(), LogError> {
        self.file()?.write_all_at(bytes, offset).map_err(self.failed("writing to"))
    }

    fn sync(&self) -> Result<(), LogError> {
        self.file()?.sync_data().map_err(self.failed("syncing"))
    }
}
