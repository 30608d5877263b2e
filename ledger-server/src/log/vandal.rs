//! For tests: does to a sealed segment what a disk does that rots, or an operator who cheats.

use std::fs;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use ledger_proto::{Frontier, leaf};
use rustix::fs::{CWD, RenameFlags, renameat_with};

use crate::log::block::{self, Assembly, Kind, PART, SEGMENT};
use crate::log::folder::Folder;
use crate::log::medium::{Medium, Store};
use crate::log::pack::{self, PACKED_PART, Place};
use crate::log::packed::SEALED;
use crate::log::sled_store::{SledStore, StoreOptions};
use crate::log::wal::WalStore;
use crate::log::{LogError, LogId, LogOptions};

/// How far somebody goes who changes an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Care {
    /// The block's checksum does not fit any more.
    Careless,
    /// The checksum is made to fit.
    Checksum,
    /// The checksum and the subtree's root beside it, in the index of a pack, too.
    Root,
}

/// Somebody with a hand on a volume that no server has open, or on a pack, whoever reads it.
pub struct Vandal {
    log: PathBuf,
    folder: Folder,
    volume: u32,
    packed: bool,
}

/// A server that has closed a volume packs it very soon.
const PATIENCE: u32 = 500;
const MOMENT: Duration = Duration::from_millis(20);

impl Vandal {
    /// Goes for one volume of the log in a folder. Where a newer one has begun, this one will be a pack,
    /// and that is waited for.
    pub fn open(log: &Path, volume: u32) -> Result<Vandal, LogError> {
        let options = LogOptions { min_free_bytes: 0, reserve_bytes: 0, ..LogOptions::default() };
        let folder = Folder::open(log, &options)?;
        let mut packed = folder.has_pack(volume)?;
        for _ in 0..PATIENCE {
            if packed || folder.volumes()?.last().is_none_or(|newest| *newest <= volume) {
                break;
            }
            thread::sleep(MOMENT);
            packed = folder.has_pack(volume)?;
        }
        Ok(Vandal { log: log.to_owned(), folder, volume, packed })
    }

    /// Changes a sealed entry; the store's own checksums fit. False: it is not here. What changes in a
    /// pack is another file from then on: whoever has it open sees nothing of it.
    pub fn change(
        &self,
        log: LogId,
        position: u64,
        care: Care,
        change: impl FnOnce(&mut Vec<u8>),
    ) -> Result<bool, LogError> {
        if !self.packed {
            let (store, wal) =
                (self.folder.open_volume(self.volume)?, self.folder.wal(self.volume));
            // Or else the next start would put there again what was noted beside it.
            let store = WalStore::open(store, wal, 0)?;
            let changed = change_in(&store, PART, (log, position), care, change)?;
            return Ok(changed.is_some());
        }
        let pack = self.log.join(format!("pack-{:08}", self.volume));
        let aside = self.log.join(format!("changed-{:08}", self.volume));
        let io = || LogError::io(format!("changing {}", pack.display()));
        copy(&pack, &aside).map_err(io())?;
        let options = StoreOptions { cache_bytes: 1 << 20, reserve: self.log.join("reserve") };
        let store = SledStore::open_dense(&aside, &options)?;
        let changed = change_in(&store, PACKED_PART, (log, position), care, change)?;
        drop(store);
        if let Some(place) = changed {
            let index = self.folder.index(self.volume);
            let bytes = fs::read(&index).map_err(io())?;
            if let Some(other) = pack::changed(self.volume, &bytes, place) {
                fs::write(&index, other).map_err(io())?;
            }
            let both = (&aside, &pack, RenameFlags::EXCHANGE);
            renameat_with(CWD, both.0, CWD, both.1, both.2).map_err(|error| io()(error.into()))?;
        }
        fs::remove_dir_all(&aside).map_err(io())?;
        Ok(changed.is_some())
    }
}

/// Copies a store's files.
fn copy(from: &Path, to: &Path) -> std::io::Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        if entry.file_type()?.is_file() {
            fs::copy(entry.path(), to.join(entry.file_name()))?;
        }
    }
    Ok(())
}

/// Changes an entry in a store whose values have at most so many bytes; says what its segment is now,
/// where it is there at all.
fn change_in(
    store: &dyn Store,
    most: usize,
    (log, position): (LogId, u64),
    care: Care,
    change: impl FnOnce(&mut Vec<u8>),
) -> Result<Option<Place>, LogError> {
    let first = block::segment_of(position);
    let mut parts = Assembly::default();
    let mut found = None;
    store.scan(SEALED, &block::segment_key(log, first, 0), &mut |key, value| {
        let at = block::read_key(key).filter(|at| (at.0, at.1) == (log, first));
        let Some(at) = at else { return ControlFlow::Break(()) };
        let Some(whole) = parts.add(at, value) else { return ControlFlow::Continue(()) };
        found = Some(whole.to_vec());
        ControlFlow::Break(())
    })?;
    let Some(whole) = found else { return Ok(None) };
    let Some(opened) = block::open(Kind::Segment, log, &whole) else { return Ok(None) };
    let (mut payload, mut leaves, mut change) = (Vec::new(), Frontier::default(), Some(change));
    for (here, entry) in (first..).zip(opened.entries()) {
        let mut entry = entry.to_vec();
        if here == position
            && let Some(change) = change.take()
        {
            change(&mut entry);
        }
        leaves.push(leaf(&entry));
        block::push_entry(&mut payload, &entry)?;
    }
    let root = if care == Care::Root { leaves.root() } else { opened.root };
    let mut value = block::encode(Kind::Segment, (log, first), SEGMENT, root.as_bytes(), &payload)?;
    if care == Care::Careless {
        value.splice(..block::HEADER, whole.iter().copied().take(block::HEADER));
    }
    for (part, bytes) in (0..).zip(value.chunks(most)) {
        store.put(SEALED, &block::segment_key(log, first, part), bytes)?;
    }
    store.sync()?;
    Ok(Some(Place { log, first, root }))
}
