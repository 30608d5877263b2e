//! What lies on the simulated disk, and how a write changes it.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::sync::Arc;

use crate::log::LogId;
use crate::log::medium::Visit;
use crate::log::simulated::fate::{Act, Spot};
use crate::log::simulated::powered::Packed;

/// Values by table and key.
pub(super) type Keys = BTreeMap<(String, Vec<u8>), Vec<u8>>;

#[derive(Clone, Default)]
pub(super) struct Content {
    pub(super) packs: BTreeMap<u32, (Arc<Packed>, Vec<u8>)>,
    pub(super) volumes: BTreeMap<u32, Keys>,
    pub(super) cards: Keys,
    pub(super) heads: BTreeMap<LogId, Vec<u8>>,
    pub(super) wals: BTreeMap<u32, Vec<u8>>,
}

#[derive(Clone)]
pub(super) enum Write {
    Key {
        at: Spot,
        key: (String, Vec<u8>),
        value: Option<Vec<u8>>,
    },
    /// In place, into a head file or a write-ahead log.
    Bytes {
        at: Spot,
        offset: u64,
        bytes: Vec<u8>,
    },
}

/// A write that is not on the platter.
pub(super) struct Unsynced {
    pub(super) write: Write,
    /// The system takes it for clean: no sync brings it there any more.
    pub(super) forgotten: Forgotten,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Forgotten {
    No,
    Yes,
}

impl Write {
    pub(super) fn at(&self) -> Spot {
        match self {
            Write::Key { at, .. } | Write::Bytes { at, .. } => *at,
        }
    }

    pub(super) fn act(&self) -> Act {
        match self {
            Write::Key { value: Some(_), .. } => Act::Put,
            Write::Key { value: None, .. } => Act::Remove,
            Write::Bytes { at: Spot::Wal(_), .. } => Act::WriteWal,
            Write::Bytes { .. } => Act::WriteHead,
        }
    }

    /// Its first bytes alone. A store knows a value that is torn by its checksum, and takes it for none.
    pub(super) fn torn(&self, first: usize) -> Option<Write> {
        match self {
            Write::Key { .. } => None,
            Write::Bytes { at, offset, bytes } => {
                let bytes = bytes.iter().copied().take(first).collect();
                Some(Write::Bytes { at: *at, offset: *offset, bytes })
            }
        }
    }
}

impl Content {
    /// The tables of a spot that has some, made where there are none.
    fn tables(&mut self, at: Spot) -> Option<&mut Keys> {
        match at {
            Spot::Volume(number) => Some(self.volumes.entry(number).or_default()),
            Spot::Cards => Some(&mut self.cards),
            Spot::Head(_) | Spot::Wal(_) => None,
        }
    }

    /// The bytes of a file that is written in place, made where there is none.
    fn file(&mut self, at: Spot) -> Option<&mut Vec<u8>> {
        match at {
            Spot::Head(log) => Some(self.heads.entry(log).or_default()),
            Spot::Wal(number) => Some(self.wals.entry(number).or_default()),
            Spot::Volume(_) | Spot::Cards => None,
        }
    }

    pub(super) fn keys(&self, at: Spot) -> Option<&Keys> {
        match at {
            Spot::Volume(number) => self.volumes.get(&number),
            Spot::Cards => Some(&self.cards),
            Spot::Head(_) | Spot::Wal(_) => None,
        }
    }

    pub(super) fn apply(&mut self, write: &Write) {
        match write {
            Write::Key { at, key, value } => {
                let Some(keys) = self.tables(*at) else { return };
                match value {
                    Some(value) => drop(keys.insert(key.clone(), value.clone())),
                    None => drop(keys.remove(key)),
                }
            }
            Write::Bytes { at, offset, bytes } => {
                let Some(file) = self.file(*at) else { return };
                let at = usize::try_from(*offset).unwrap_or(usize::MAX);
                file.resize(file.len().max(at.saturating_add(bytes.len())), 0);
                for (old, new) in file.iter_mut().skip(at).zip(bytes) {
                    *old = *new;
                }
            }
        }
    }
}

pub(super) fn scan(keys: &Keys, table: &str, from: &[u8], visit: &mut Visit<'_>) {
    for ((on, key), value) in keys.range((table.to_owned(), from.to_vec())..) {
        if on != table || visit(key, value) == ControlFlow::Break(()) {
            break;
        }
    }
}
