//! For tests: does to a sealed segment what a disk does that rots, or an operator who cheats.

use std::ops::ControlFlow;
use std::path::Path;

use ledger_proto::{Frontier, leaf};

use crate::log::block::{self, Assembly, Kind, PART, SEGMENT};
use crate::log::medium::Store;
use crate::log::packed::SEALED;
use crate::log::sled_store::{SledStore, StoreOptions};
use crate::log::{LogError, LogId};

/// How far somebody goes who changes an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Care {
    /// The block's checksum does not fit any more.
    Careless,
    /// The checksum is made to fit.
    Checksum,
    /// The checksum and the subtree's root beside it.
    Root,
}

/// Somebody with a hand on a volume that no server has open.
pub struct Vandal {
    store: SledStore,
}

impl Vandal {
    /// Opens one volume of the log in a folder.
    pub fn open(log: &Path, volume: u32) -> Result<Vandal, LogError> {
        let options = StoreOptions { cache_bytes: 1 << 20, reserve: log.join("reserve") };
        let store = SledStore::open(&log.join(format!("volume-{volume:08}")), &options)?;
        Ok(Vandal { store })
    }

    /// Changes a sealed entry where it lies; the store's own checksums fit. False: it is not here.
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
        for (part, bytes) in (0..).zip(value.chunks(PART)) {
            self.store.put(SEALED, &block::segment_key(log, first, part), bytes)?;
        }
        self.store.sync()?;
        Ok(true)
    }
}
