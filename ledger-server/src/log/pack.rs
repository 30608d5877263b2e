//! A closed volume as one dense file: its segments one behind the other, and an index of them.
//!
//! A volume that is closed is never written again, and what the store needs for writing only costs
//! room and time then: so its segments are copied into a pack, byte for byte, and the volume goes.
//!
//! | bytes | what |
//! |---|---|
//! | 12 | `CSPACK01`, and the volume's number |
//! | … | the blocks, in the order of their logs and positions, each as `block` lays it out |
//! | 56 each | the index: log (4), first position (8), offset (8), length (4), root of the entries (32) |
//! | 48 | how many blocks (8), the BLAKE3 hash of number, index and count (32), `CSPACK01` |
//!
//! The index spares an opening from reading the blocks. It is believed only as long as all roots
//! together come to the one in the head file; where they do not, or where it cannot be read, the
//! blocks say what there is.

use std::ops::ControlFlow;
use std::sync::Arc;

use ledger_proto::Hash;

use crate::log::block::{self, Assembly, HEADER, Kind, SEGMENT};
use crate::log::medium::{Bytes, Sink, Store, Visit};
use crate::log::packed::SEALED;
use crate::log::{LogError, LogId, Lost};

const MAGIC: &[u8; 8] = b"CSPACK01";
const START: usize = 12;
const PLACE: usize = 56;
const END: usize = 48;

/// So much is read at a time from a reader's second step on.
const CHUNK: usize = 1 << 20;

/// A segment in a pack.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) log: LogId,
    pub(crate) first: u64,
    /// What the segment's entries come to.
    pub(crate) root: Hash,
    pub(crate) offset: u64,
    pub(crate) length: u32,
}

/// All segments of one log in one volume.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Span {
    pub(crate) log: LogId,
    pub(crate) first: u64,
    pub(crate) last: u64,
}

/// Copies a volume's segments into a pack. All that it should hold must be there and whole, or there
/// is no pack; `go_on` is asked before each segment.
pub(crate) fn write(
    store: &dyn Store,
    number: u32,
    spans: &[Span],
    sink: &mut Sink<'_>,
    go_on: &dyn Fn() -> bool,
) -> Result<(), LogError> {
    let mut index = Vec::new();
    let mut offset = START as u64;
    let mut places = 0_u64;
    sink(&start(number))?;
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
            let length = u32::try_from(whole.len()).unwrap_or(u32::MAX);
            let place = Place { log: span.log, first: next, root: segment.root, offset, length };
            index.extend_from_slice(&place.encode());
            places += 1;
            offset += u64::from(length);
            next += SEGMENT;
            failed = if go_on() { sink(whole) } else { Err(LogError::Poisoned) };
            if failed.is_ok() { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
        })?;
        failed?;
        if next <= span.last {
            let what = format!("volume {number} is not whole, and is left as it is");
            let missing = vec![Lost { log: span.log, first: next, last: span.last }];
            return Err(LogError::Store { what, missing });
        }
    }
    sink(&index)?;
    sink(&end(number, &index, places))
}

/// A pack that is open for reading.
pub(crate) struct Pack {
    bytes: Arc<dyn Bytes>,
    index: Vec<Place>,
}

impl Pack {
    /// Opens a pack by its index, or by its blocks where the index cannot be read.
    pub(crate) fn open(number: u32, bytes: Arc<dyn Bytes>) -> Result<Pack, LogError> {
        let index = if let Some(index) = index(number, &*bytes)? {
            index
        } else {
            tracing::error!(number, "a pack's index cannot be read; its blocks are asked");
            walk(&*bytes)?
        };
        Ok(Pack { bytes, index })
    }

    /// Reads some blocks that lie one behind the other, beginning with this one.
    fn read(&self, at: usize, most: usize, buffer: &mut Vec<u8>) -> Result<usize, LogError> {
        let rest = self.index.get(at..).unwrap_or_default();
        let Some(first) = rest.first() else { return Ok(0) };
        let (mut blocks, mut wanted) = (0, 0);
        for place in rest {
            let length = usize::try_from(place.length).unwrap_or(usize::MAX);
            let follows = place.offset == first.offset + wanted as u64;
            if blocks > 0 && (!follows || wanted + length > most) {
                break;
            }
            blocks += 1;
            wanted += length;
        }
        buffer.resize(wanted, 0);
        self.bytes.read_at(first.offset, buffer)?;
        Ok(blocks)
    }
}

impl Store for Pack {
    fn put(&self, _table: &str, _key: &[u8], _value: &[u8]) -> Result<(), LogError> {
        Err(LogError::Unfit("a pack is never written again".to_owned()))
    }

    fn remove(&self, _table: &str, _key: &[u8]) -> Result<(), LogError> {
        Err(LogError::Unfit("a pack is never written again".to_owned()))
    }

    fn get(&self, _table: &str, _key: &[u8]) -> Result<Option<Vec<u8>>, LogError> {
        Ok(None)
    }

    fn scan(&self, table: &str, from: &[u8], visit: &mut Visit<'_>) -> Result<(), LogError> {
        if table != SEALED {
            return Ok(());
        }
        let mut at = self.index.partition_point(|place| place.key().as_slice() < from);
        // Whoever wants a single entry does not pay for its neighbours.
        let mut most = 0;
        let mut buffer = Vec::new();
        while at < self.index.len() {
            let blocks = self.read(at, most, &mut buffer)?;
            let mut rest = buffer.as_slice();
            for place in self.index.iter().skip(at).take(blocks) {
                let length = usize::try_from(place.length).unwrap_or(usize::MAX);
                let Some((block, behind)) = rest.split_at_checked(length) else { break };
                rest = behind;
                if visit(&place.key(), block).is_break() {
                    return Ok(());
                }
            }
            at += blocks.max(1);
            most = CHUNK;
        }
        Ok(())
    }

    fn sync(&self) -> Result<(), LogError> {
        Ok(())
    }

    fn index(&self) -> Option<&[Place]> {
        Some(&self.index)
    }
}

impl Place {
    fn key(&self) -> [u8; 14] {
        block::segment_key(self.log, self.first, 0)
    }

    fn encode(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(PLACE);
        bytes.extend_from_slice(&self.log.get().to_be_bytes());
        bytes.extend_from_slice(&self.first.to_be_bytes());
        bytes.extend_from_slice(&self.offset.to_be_bytes());
        bytes.extend_from_slice(&self.length.to_be_bytes());
        bytes.extend_from_slice(self.root.as_bytes());
        bytes
    }

    fn decode(bytes: &[u8]) -> Option<Place> {
        let (log, rest) = bytes.split_first_chunk::<4>()?;
        let (first, rest) = rest.split_first_chunk::<8>()?;
        let (offset, rest) = rest.split_first_chunk::<8>()?;
        let (length, rest) = rest.split_first_chunk::<4>()?;
        Some(Place {
            log: LogId::new(u32::from_be_bytes(*log)),
            first: u64::from_be_bytes(*first),
            offset: u64::from_be_bytes(*offset),
            length: u32::from_be_bytes(*length),
            root: Hash::new(*rest.first_chunk()?),
        })
    }
}

fn start(number: u32) -> Vec<u8> {
    [MAGIC.as_slice(), &number.to_be_bytes()].concat()
}

fn end(number: u32, index: &[u8], places: u64) -> Vec<u8> {
    let count = places.to_be_bytes();
    let hash = blake3::Hasher::new().update(&start(number)).update(index).update(&count).finalize();
    [count.as_slice(), hash.as_bytes(), MAGIC].concat()
}

/// For tests: what a pack's file would have to hold, and where, for this block to lie in it instead of
/// the one that does, its index made to fit.
pub(crate) fn changed(
    number: u32,
    pack: &dyn Store,
    (log, first): (LogId, u64),
    value: &[u8],
) -> Result<Vec<(u64, Vec<u8>)>, LogError> {
    let unfit = || LogError::Unfit("a block of another length, or not of this pack".to_owned());
    let mut index = pack.index().ok_or_else(unfit)?.to_vec();
    let behind = index.iter().map(|place| place.offset + u64::from(place.length)).max();
    let fits = |place: &&mut Place| {
        (place.log, place.first, u64::from(place.length)) == (log, first, value.len() as u64)
    };
    let place = index.iter_mut().find(fits).ok_or_else(unfit)?;
    let opened = block::open(Kind::Segment, log, value);
    place.root = opened.map_or(place.root, |segment| segment.root);
    let block = (place.offset, value.to_vec());
    let mut bytes: Vec<u8> = index.iter().flat_map(Place::encode).collect();
    bytes.extend_from_slice(&end(number, &bytes, index.len() as u64));
    Ok(vec![block, (behind.ok_or_else(unfit)?, bytes)])
}

/// The index as it was written, or nothing where a single bit of it is another one.
fn index(number: u32, bytes: &dyn Bytes) -> Result<Option<Vec<Place>>, LogError> {
    let length = bytes.length()?;
    let Some(end_at) = length.checked_sub(END as u64) else { return Ok(None) };
    let mut said = [0; END];
    bytes.read_at(end_at, &mut said)?;
    let Some(places) = said.first_chunk::<8>().map(|count| u64::from_be_bytes(*count)) else {
        return Ok(None);
    };
    let size = places.checked_mul(PLACE as u64);
    let Some(at) = size.and_then(|size| end_at.checked_sub(size)) else { return Ok(None) };
    let mut index = vec![0; usize::try_from(end_at - at).unwrap_or(0)];
    bytes.read_at(at, &mut index)?;
    let whole = end(number, &index, places) == said;
    Ok(whole.then(|| index.chunks_exact(PLACE).filter_map(Place::decode).collect()))
}

/// What the blocks themselves say, up to the first that is none.
fn walk(bytes: &dyn Bytes) -> Result<Vec<Place>, LogError> {
    let length = bytes.length()?;
    let mut index = Vec::new();
    let mut offset = START as u64;
    let mut header = [0; HEADER];
    let mut whole = Vec::new();
    while offset + (HEADER as u64) <= length {
        bytes.read_at(offset, &mut header)?;
        let about = block::announced(&header).zip(block::about(Kind::Segment, &header));
        let Some((size, (log, first))) = about else { break };
        if size as u64 > length - offset {
            break;
        }
        whole.resize(size, 0);
        bytes.read_at(offset, &mut whole)?;
        if let Some(segment) = block::open(Kind::Segment, log, &whole) {
            let length = u32::try_from(size).unwrap_or(u32::MAX);
            index.push(Place { log, first, root: segment.root, offset, length });
        }
        offset += size as u64;
    }
    index.sort_by_key(|place| (place.log, place.first));
    Ok(index)
}
