//! For tests: does to a sealed segment what a disk does that rots, or an operator who cheats.

use std::fs::OpenOptions;
use std::ops::ControlFlow;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use ledger_proto::{Frontier, leaf};

use crate::log::block::{self, Assembly, Kind, PART, SEGMENT};
use crate::log::folder::Folder;
use crate::log::medium::{Medium, Store};
use crate::log::pack::{self, Pack};
use crate::log::packed::SEALED;
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
    store: Arc<dyn Store>,
    pack: Option<(u32, PathBuf)>,
}

/// A server that has closed a volume packs it very soon.
const PATIENCE: u32 = 500;
const MOMENT: Duration = Duration::from_millis(20);

impl Vandal {
    /// Opens one volume of the log in a folder. Where a newer one has begun, this one will be a pack,
    /// and that is waited for.
    pub fn open(log: &Path, volume: u32) -> Result<Vandal, LogError> {
        let options = LogOptions { min_free_bytes: 0, reserve_bytes: 0, ..LogOptions::default() };
        let folder = Folder::open(log, &options)?;
        for _ in 0..PATIENCE {
            let newer = folder.volumes()?.last().is_some_and(|newest| *newest > volume);
            if let Some(bytes) = folder.open_pack(volume)? {
                let store = Arc::new(Pack::open(volume, bytes)?);
                let path = log.join(format!("pack-{volume:08}"));
                return Ok(Vandal { store, pack: Some((volume, path)) });
            }
            if !newer {
                break;
            }
            thread::sleep(MOMENT);
        }
        Ok(Vandal { store: folder.open_volume(volume)?, pack: None })
    }

    /// Changes a sealed entry where it lies; the store's own checksums fit. In a pack it keeps its
    /// length. False: it is not here.
    pub fn change(
        &self,
        log: LogId,
        position: u64,
        care: Care,
        change: impl FnOnce(&mut Vec<u8>),
    ) -> Result<bool, LogError> {
        let first = block::segment_of(position);
        let mut parts = Assembly::default();
        let mut found = None;
        self.store.scan(SEALED, &block::segment_key(log, first, 0), &mut |key, value| {
            let at = block::read_key(key).filter(|at| (at.0, at.1) == (log, first));
            let Some(at) = at else { return ControlFlow::Break(()) };
            let Some(whole) = parts.add(at, value) else { return ControlFlow::Continue(()) };
            found = Some(whole.to_vec());
            ControlFlow::Break(())
        })?;
        let Some(whole) = found else { return Ok(false) };
        let Some(opened) = block::open(Kind::Segment, log, &whole) else { return Ok(false) };
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
        let mut value =
            block::encode(Kind::Segment, (log, first), SEGMENT, root.as_bytes(), &payload)?;
        if care == Care::Careless {
            value.splice(..block::HEADER, whole.iter().copied().take(block::HEADER));
        }
        if let Some((number, path)) = &self.pack {
            let changed = pack::changed(*number, &*self.store, (log, first), &value)?;
            let file = OpenOptions::new().write(true).open(path);
            let write = |file: std::fs::File| -> std::io::Result<()> {
                for (offset, bytes) in changed {
                    file.write_all_at(&bytes, offset)?;
                }
                file.sync_all()
            };
            file.and_then(write).map_err(LogError::io(format!("changing {}", path.display())))?;
            return Ok(true);
        }
        for (part, bytes) in (0..).zip(value.chunks(PART)) {
            self.store.put(SEALED, &block::segment_key(log, first, part), bytes)?;
        }
        self.store.sync()?;
        Ok(true)
    }
}
