//! A closed volume as it stays: a store of its own that is written once and in order, beside an index.
//!
//! What sled keeps of a volume that grew is mostly room: a key that is put beside others has its page
//! written anew, and what was there before stays until half of its segment is dead. So a closed volume's
//! segments are put into a fresh store: first all keys with nothing behind them, until no page splits any
//! more, and then the values, each of which is written once.
//!
//! Beside the store lies its index, a file of its own:
//!
//! | bytes | what |
//! |---|---|
//! | 12 | `CSPACK01`, and the volume's number |
//! | 44 each | for each segment: log (4), first position (8), root of the entries (32) |
//! | 48 | how many there are (8), the BLAKE3 hash of all before (32), `CSPACK01` |
//!
//! The index spares an opening from opening the store. It is believed only as long as all roots
//! together come to the one in the head file; where they do not, or where it cannot be read, the
//! blocks say what there is.

use std::ops::ControlFlow;
use std::sync::{Arc, Mutex, PoisonError};

use ledger_proto::Hash;

use crate::log::block::{self, Assembly, Kind, SEGMENT};
use crate::log::medium::{Medium, Store, Visit};
use crate::log::packed::SEALED;
use crate::log::{LogError, LogId, Lost};

const MAGIC: &[u8; 8] = b"CSPACK01";
const START: usize = 12;
const PLACE: usize = 44;
const END: usize = 48;

/// The most bytes of a segment that go into one value of a pack: seventeen of them, as many as a page
/// ever has, stay under a quarter of the store's segment.
pub(crate) const PACKED_PART: usize = 28 * 1024;

/// So much is put before it is brought to the platter: an append that syncs meanwhile waits for no more.
const STEP: usize = 4 << 20;

/// A segment in a pack.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) log: LogId,
    pub(crate) first: u64,
    /// What the segment's entries come to.
    pub(crate) root: Hash,
}

/// Looks at a segment, which is whole.
type Look<'a> = dyn FnMut(Place, &[u8]) -> Result<(), LogError> + 'a;

/// All segments of one log in one volume.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Span {
    pub(crate) log: LogId,
    pub(crate) first: u64,
    pub(crate) last: u64,
}

/// Copies a volume's segments into a pack's store, and says what the index is. All that it should hold
/// must be there and whole, or there is no pack; `go_on` is asked before each segment.
pub(crate) fn write(
    from: &dyn Store,
    number: u32,
    spans: &[Span],
    to: &dyn Store,
    go_on: &dyn Fn() -> bool,
) -> Result<Vec<u8>, LogError> {
    let mut index = start(number);
    each(from, number, spans, &mut |place, whole| {
        if !go_on() {
            return Err(LogError::Poisoned);
        }
        place.encode(&mut index);
        put(to, place, whole, |_| &[])
    })?;
    to.sync()?;
    let mut unsynced = 0;
    each(from, number, spans, &mut |place, whole| {
        if !go_on() {
            return Err(LogError::Poisoned);
        }
        put(to, place, whole, |part| part)?;
        unsynced += whole.len();
        if unsynced < STEP {
            return Ok(());
        }
        unsynced = 0;
        to.sync()
    })?;
    end(&mut index);
    Ok(index)
}

/// Reads a pack again, block for block, before anything is removed because of it.
pub(crate) fn check(number: u32, spans: &[Span], pack: &dyn Store) -> Result<(), LogError> {
    each(pack, number, spans, &mut |_, _| Ok(()))
}

/// Puts a segment's parts, or what stands for them.
fn put<'a>(
    to: &dyn Store,
    place: Place,
    whole: &'a [u8],
    value: impl Fn(&'a [u8]) -> &'a [u8],
) -> Result<(), LogError> {
    for (part, bytes) in (0..).zip(whole.chunks(PACKED_PART)) {
        to.put(SEALED, &block::segment_key(place.log, place.first, part), value(bytes))?;
    }
    Ok(())
}

/// Visits all segments of these spans, each block checked and none missing.
fn each(
    store: &dyn Store,
    number: u32,
    spans: &[Span],
    visit: &mut Look<'_>,
) -> Result<(), LogError> {
    for span in spans {
        let mut next = span.first;
        let mut parts = Assembly::default();
        let mut failed = Ok(());
        let from = block::segment_key(span.log, span.first, 0);
        store.scan(SEALED, &from, &mut |key, value| {
            let at = block::read_key(key).filter(|at| at.0 == span.log && at.1 <= span.last);
            let Some(at) = at else { return ControlFlow::Break(()) };
            let Some(whole) = parts.add(at, value) else { return ControlFlow::Continue(()) };
            let opened = block::open(Kind::Segment, span.log, whole);
            let Some(segment) = opened.filter(|it| (it.first, it.count) == (next, SEGMENT)) else {
                return ControlFlow::Break(());
            };
            next += SEGMENT;
            let place = Place { log: span.log, first: segment.first, root: segment.root };
            failed = visit(place, whole);
            if failed.is_ok() { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
        })?;
        failed?;
        if next <= span.last {
            let what = format!("volume {number} is not whole, and is left as it is");
            let missing = vec![Lost { log: span.log, first: next, last: span.last }];
            return Err(LogError::Store { what, missing });
        }
    }
    Ok(())
}

/// A pack: known by its index, and opened by the first who reads it.
pub(crate) struct Pack {
    medium: Arc<dyn Medium>,
    number: u32,
    index: Vec<Place>,
    tables: Mutex<Tables>,
}

/// The store of a pack.
enum Tables {
    Closed,
    Open(Arc<dyn Store>),
    /// It does not open, and why: nobody is to try again for each segment.
    Broken(String),
}

impl Pack {
    /// Reads a pack's index, or its blocks where the index cannot be read.
    pub(crate) fn open(number: u32, medium: Arc<dyn Medium>) -> Result<Pack, LogError> {
        let read = medium.read_index(number)?;
        let known = read.and_then(|bytes| decode(number, &bytes));
        let unread = known.is_none();
        let index = known.unwrap_or_default();
        let mut pack = Pack { medium, number, index, tables: Mutex::new(Tables::Closed) };
        if unread {
            tracing::error!(number, "a pack's index cannot be read; its blocks are asked");
            pack.index = pack.walk();
        }
        Ok(pack)
    }

    /// What the blocks themselves say, up to the first that cannot be read.
    fn walk(&self) -> Vec<Place> {
        let mut index = Vec::new();
        let mut parts = Assembly::default();
        let walked = self.scan(SEALED, &[], &mut |key, value| {
            let at = block::read_key(key);
            let whole = at.and_then(|at| Some((at.0, parts.add(at, value)?)));
            let opened = whole.and_then(|(log, whole)| {
                block::open(Kind::Segment, log, whole).map(|segment| (log, segment))
            });
            index.extend(opened.map(|(log, segment)| Place {
                log,
                first: segment.first,
                root: segment.root,
            }));
            ControlFlow::Continue(())
        });
        if let Err(error) = walked {
            tracing::error!(number = self.number, %error, "a pack cannot be read to its end");
        }
        index
    }

    fn tables(&self) -> Result<Arc<dyn Store>, LogError> {
        let mut tables = self.tables.lock().unwrap_or_else(PoisonError::into_inner);
        match &*tables {
            Tables::Open(store) => return Ok(Arc::clone(store)),
            Tables::Broken(what) => {
                return Err(LogError::Store { what: what.clone(), missing: Vec::new() });
            }
            Tables::Closed => {}
        }
        let opened = self.medium.open_pack(self.number);
        match &opened {
            Ok(store) => *tables = Tables::Open(Arc::clone(store)),
            Err(LogError::Store { what, .. }) => *tables = Tables::Broken(what.clone()),
            Err(LogError::Io { doing, source }) => {
                *tables = Tables::Broken(format!("{doing}: {source}"));
            }
            // A full disk, or another process: that passes.
            Err(_) => {}
        }
        opened
    }
}

impl Store for Pack {
    fn put(&self, _table: &str, _key: &[u8], _value: &[u8]) -> Result<(), LogError> {
        Err(LogError::Unfit("a pack is never written again".to_owned()))
    }

    fn remove(&self, _table: &str, _key: &[u8]) -> Result<(), LogError> {
        Err(LogError::Unfit("a pack is never written again".to_owned()))
    }

    fn get(&self, table: &str, key: &[u8]) -> Result<Option<Vec<u8>>, LogError> {
        self.tables()?.get(table, key)
    }

    fn scan(&self, table: &str, from: &[u8], visit: &mut Visit<'_>) -> Result<(), LogError> {
        self.tables()?.scan(table, from, visit)
    }

    fn sync(&self) -> Result<(), LogError> {
        Ok(())
    }

    fn index(&self) -> Option<&[Place]> {
        Some(&self.index)
    }

    fn is_worth_keeping(&self) -> bool {
        let tables = self.tables.lock().unwrap_or_else(PoisonError::into_inner);
        matches!(*tables, Tables::Open(_))
    }
}

impl Place {
    fn encode(&self, bytes: &mut Vec<u8>) {
        bytes.extend_from_slice(&self.log.get().to_be_bytes());
        bytes.extend_from_slice(&self.first.to_be_bytes());
        bytes.extend_from_slice(self.root.as_bytes());
    }

    fn decode(bytes: &[u8]) -> Option<Place> {
        let (log, rest) = bytes.split_first_chunk::<4>()?;
        let (first, rest) = rest.split_first_chunk::<8>()?;
        Some(Place {
            log: LogId::new(u32::from_be_bytes(*log)),
            first: u64::from_be_bytes(*first),
            root: Hash::new(*rest.first_chunk()?),
        })
    }
}

fn start(number: u32) -> Vec<u8> {
    [MAGIC.as_slice(), &number.to_be_bytes()].concat()
}

/// Closes an index that has its start and its places.
fn end(index: &mut Vec<u8>) {
    let places = index.len().saturating_sub(START) / PLACE;
    index.extend_from_slice(&(places as u64).to_be_bytes());
    let hash = blake3::hash(index);
    index.extend_from_slice(hash.as_bytes());
    index.extend_from_slice(MAGIC);
}

/// The index as it was written, or nothing where a single bit of it is another one.
fn decode(number: u32, bytes: &[u8]) -> Option<Vec<Place>> {
    let (said, _) = bytes.split_at_checked(bytes.len().checked_sub(END)?)?;
    let places = said.strip_prefix(start(number).as_slice())?;
    let mut whole = said.to_vec();
    end(&mut whole);
    (whole == bytes).then(|| places.chunks_exact(PLACE).filter_map(Place::decode).collect())
}

/// For tests: the same index, with another root at this place.
pub(crate) fn changed(number: u32, index: &[u8], other: Place) -> Option<Vec<u8>> {
    let mut bytes = start(number);
    for place in decode(number, index)? {
        let same = (place.log, place.first) == (other.log, other.first);
        if same { other } else { place }.encode(&mut bytes);
    }
    end(&mut bytes);
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::log::block::{HEADER, PART, push_entry};
    use crate::log::folder::Folder;
    use crate::log::{LogOptions, SimulatedDisk};

    const ONE: LogId = LogId::new(1);

    /// A volume with segments of entries of this length, and what it holds.
    fn volume(length: usize, segments: u64) -> (Arc<dyn Store>, Vec<Span>) {
        let store = SimulatedDisk::new().medium().open_volume(1).unwrap();
        let mut payload = Vec::new();
        (0..SEGMENT).for_each(|_| push_entry(&mut payload, &vec![7; length]).unwrap());
        for first in (1..=segments * SEGMENT).step_by(256) {
            let at = (ONE, first);
            let block = block::encode(Kind::Segment, at, SEGMENT, &[9; 32], &payload).unwrap();
            for (part, bytes) in (0..).zip(block.chunks(PART)) {
                store.put(SEALED, &block::segment_key(ONE, first, part), bytes).unwrap();
            }
        }
        (store, vec![Span { log: ONE, first: 1, last: segments * SEGMENT }])
    }

    fn folder(dir: &tempfile::TempDir) -> Folder {
        let options = LogOptions { min_free_bytes: 0, reserve_bytes: 0, ..LogOptions::default() };
        Folder::open(dir.path(), &options).unwrap()
    }

    #[test]
    fn segments_of_many_parts_are_read_from_a_pack_as_they_were() {
        let dir = tempfile::tempdir().unwrap();
        let folder = folder(&dir);
        let (store, spans) = volume(1_000, 5);
        let fill = |to: &dyn Store| write(&*store, 1, &spans, to, &|| true);
        folder.create_pack(1, &fill, &|pack| check(1, &spans, pack)).unwrap();
        let index = decode(1, &folder.read_index(1).unwrap().unwrap()).unwrap();
        assert_eq!(index.len(), 5);
        assert!(decode(2, &folder.read_index(1).unwrap().unwrap()).is_none());
        check(1, &spans, &*folder.open_pack(1).unwrap()).unwrap();
    }

    #[test]
    fn a_pack_that_does_not_stand_the_check_is_none() {
        let dir = tempfile::tempdir().unwrap();
        let folder = folder(&dir);
        let (store, spans) = volume(10, 3);
        let fill = |to: &dyn Store| write(&*store, 1, &spans, to, &|| true);
        folder.create_pack(1, &fill, &|_| Err(LogError::Poisoned)).unwrap_err();
        assert!(!folder.has_pack(1).unwrap() && !dir.path().join("pack-00000001").exists());
        let stopped = |to: &dyn Store| write(&*store, 1, &spans, to, &|| false);
        folder.create_pack(1, &stopped, &|_| Ok(())).unwrap_err();
        assert!(!folder.has_pack(1).unwrap());
    }

    /// It is taken for damage, and nobody makes room for what it says.
    #[test]
    fn a_value_that_says_a_huge_length_is_damage() {
        let (store, spans) = volume(10, 3);
        let key = block::segment_key(ONE, 257, 0);
        let mut value = store.get(SEALED, &key).unwrap().unwrap();
        value[4..8].fill(0xFF);
        store.put(SEALED, &key, &value).unwrap();
        assert_eq!(block::announced(&value), Some(u32::MAX as usize + HEADER));
        let refused = check(1, &spans, &*store).unwrap_err();
        let LogError::Store { missing, .. } = refused else { unreachable!("{refused}") };
        assert_eq!(missing, [Lost { log: ONE, first: 257, last: 768 }]);
    }
}
