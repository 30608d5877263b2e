//! How entries lie in a value: tail blocks and sealed segments, each with its checksum.
//!
//! Both begin with the same header of 84 bytes: format (1), kind (1), count (2), payload length (4),
//! log (4), first position (8), root (32: of the 256 entries, zero in a tail block), and the BLAKE3
//! hash (32) of all that and the payload. Then each entry, its length (2) before it. Numbers are big-endian.

use ledger_proto::Hash;

use crate::log::{LogError, LogId};

/// How many entries a sealed segment holds.
pub(crate) const SEGMENT: u64 = 256;

/// The height of a segment's subtree.
pub(crate) const HEIGHT: u32 = 8;

/// The most bytes of a segment or tail block that go into one value.
pub(crate) const PART: usize = 64 * 1024;

/// The bytes before the first entry.
pub(crate) const HEADER: usize = 84;

const FORMAT: u8 = 1;
const ROOT_AT: usize = 20;
const HASH_AT: usize = 52;

/// What a block is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A few entries that wait for their segment to fill.
    Tail,
    /// Exactly 256 aligned entries.
    Segment,
}

impl Kind {
    fn code(self) -> u8 {
        match self {
            Kind::Tail => 1,
            Kind::Segment => 2,
        }
    }
}

/// A block whose checksum was right.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Opened<'a> {
    pub(crate) first: u64,
    pub(crate) count: u64,
    pub(crate) root: Hash,
    payload: &'a [u8],
}

impl<'a> Opened<'a> {
    /// The entries, without copying them.
    pub(crate) fn entries(&self) -> Entries<'a> {
        Entries { rest: self.payload }
    }

    /// The entries as they lie in the block.
    pub(crate) fn payload(&self) -> &'a [u8] {
        self.payload
    }
}

/// Walks the entries of a payload.
#[derive(Clone, Debug)]
pub(crate) struct Entries<'a> {
    rest: &'a [u8],
}

impl<'a> Entries<'a> {
    /// What has not been walked yet.
    pub(crate) fn rest(&self) -> &'a [u8] {
        self.rest
    }
}

impl<'a> Iterator for Entries<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        let (length, rest) = self.rest.split_first_chunk::<2>()?;
        let (entry, rest) = rest.split_at_checked(usize::from(u16::from_be_bytes(*length)))?;
        self.rest = rest;
        Some(entry)
    }
}

/// Walks entries that lie one behind the other.
pub(crate) fn entries(payload: &[u8]) -> Entries<'_> {
    Entries { rest: payload }
}

/// Adds an entry to a payload. The caller has checked that it is not too large.
pub(crate) fn push_entry(payload: &mut Vec<u8>, entry: &[u8]) -> Result<(), LogError> {
    let length = u16::try_from(entry.len())
        .map_err(|_| LogError::Unfit(format!("an entry of {} bytes", entry.len())))?;
    payload.extend_from_slice(&length.to_be_bytes());
    payload.extend_from_slice(entry);
    Ok(())
}

/// A block as it is stored, header and payload.
pub(crate) fn encode(
    kind: Kind,
    (log, first): (LogId, u64),
    count: u64,
    root: &[u8; 32],
    payload: &[u8],
) -> Result<Vec<u8>, LogError> {
    let unfit = |_| LogError::Unfit(format!("a block of {count} entries"));
    let count16 = u16::try_from(count).map_err(unfit)?;
    let length = u32::try_from(payload.len()).map_err(unfit)?;
    let mut value = Vec::with_capacity(HEADER + payload.len());
    value.extend_from_slice(&[FORMAT, kind.code()]);
    value.extend_from_slice(&count16.to_be_bytes());
    value.extend_from_slice(&length.to_be_bytes());
    value.extend_from_slice(&log.get().to_be_bytes());
    value.extend_from_slice(&first.to_be_bytes());
    value.extend_from_slice(root);
    let hash = checksum(&value, payload);
    value.extend_from_slice(&hash);
    value.extend_from_slice(payload);
    Ok(value)
}

/// How long the whole block is, by its header; nothing where that is no header.
pub(crate) fn announced(start: &[u8]) -> Option<usize> {
    let length = start.get(4..8)?.first_chunk::<4>()?;
    usize::try_from(u32::from_be_bytes(*length)).ok()?.checked_add(HEADER)
}

/// Reads a block; nothing where a single bit is not as it was written.
pub(crate) fn open(kind: Kind, log: LogId, value: &[u8]) -> Option<Opened<'_>> {
    let (header, payload) = value.split_at_checked(HEADER)?;
    let (said, hash) = header.split_at_checked(HASH_AT)?;
    let whole = announced(value)? == value.len();
    if !whole || checksum(said, payload) != hash || said.get(..2)? != [FORMAT, kind.code()] {
        return None;
    }
    let count = u16::from_be_bytes(*said.get(2..4)?.first_chunk()?);
    let written_for = u32::from_be_bytes(*said.get(8..12)?.first_chunk()?);
    let first = u64::from_be_bytes(*said.get(12..ROOT_AT)?.first_chunk()?);
    let root = Hash::new(*said.get(ROOT_AT..HASH_AT)?.first_chunk()?);
    (written_for == log.get()).then_some(Opened { first, count: u64::from(count), root, payload })
}

/// The key of a tail block: the log and the position of its first entry.
pub(crate) fn tail_key(log: LogId, first: u64) -> [u8; 12] {
    let mut key = [0; 12];
    let (left, right) = key.split_at_mut(4);
    left.copy_from_slice(&log.get().to_be_bytes());
    right.copy_from_slice(&first.to_be_bytes());
    key
}

/// The key of one part of a segment.
pub(crate) fn segment_key(log: LogId, first: u64, part: u16) -> [u8; 14] {
    let mut key = [0; 14];
    let (left, right) = key.split_at_mut(12);
    left.copy_from_slice(&tail_key(log, first));
    right.copy_from_slice(&part.to_be_bytes());
    key
}

/// Reads either kind of key; a tail block has part 0.
pub(crate) fn read_key(key: &[u8]) -> Option<(LogId, u64, u16)> {
    let (log, rest) = key.split_first_chunk::<4>()?;
    let (first, rest) = rest.split_first_chunk::<8>()?;
    let part = match rest {
        [] => 0,
        _ => u16::from_be_bytes(*rest.first_chunk::<2>()?),
    };
    Some((LogId::new(u32::from_be_bytes(*log)), u64::from_be_bytes(*first), part))
}

/// The position of the first entry of the segment that holds this position.
pub(crate) fn segment_of(position: u64) -> u64 {
    position.saturating_sub(1) / SEGMENT * SEGMENT + 1
}

/// Puts the parts of a segment together as they come by.
#[derive(Debug, Default)]
pub(crate) struct Assembly {
    at: Option<(LogId, u64)>,
    whole: usize,
    parts: u16,
    bytes: Vec<u8>,
}

impl Assembly {
    /// Takes the next part, and gives the block once it is whole. Parts that do not follow on what
    /// is there (left over from a longer segment that was never finished) are passed over.
    pub(crate) fn add<'a>(
        &'a mut self,
        (log, first, part): (LogId, u64, u16),
        value: &'a [u8],
    ) -> Option<&'a [u8]> {
        if part == 0 {
            self.whole = announced(value)?;
            if value.len() >= self.whole {
                self.at = None;
                return Some(value);
            }
            self.at = Some((log, first));
            self.parts = 1;
            self.bytes.clear();
            self.bytes.extend_from_slice(value);
            return None;
        }
        if self.at != Some((log, first)) || self.parts != part {
            return None;
        }
        self.parts += 1;
        self.bytes.extend_from_slice(value);
        if self.bytes.len() < self.whole {
            return None;
        }
        self.at = None;
        Some(&self.bytes)
    }
}

fn checksum(header: &[u8], payload: &[u8]) -> [u8; 32] {
    *blake3::Hasher::new().update(header).update(payload).finalize().as_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> Vec<u8> {
        let mut payload = Vec::new();
        push_entry(&mut payload, b"one").unwrap();
        push_entry(&mut payload, b"").unwrap();
        encode(Kind::Tail, (LogId::new(7), 300), 2, &[0; 32], &payload).unwrap()
    }

    #[test]
    fn what_was_written_is_read() {
        let value = sample();
        let block = open(Kind::Tail, LogId::new(7), &value).unwrap();
        assert_eq!((block.first, block.count), (300, 2));
        assert_eq!(block.entries().collect::<Vec<_>>(), [b"one".as_slice(), b""]);
    }

    #[test]
    fn no_flipped_bit_passes() {
        for bit in 0..sample().len() * 8 {
            let mut value = sample();
            value[bit / 8] ^= 1 << (bit % 8);
            assert!(open(Kind::Tail, LogId::new(7), &value).is_none(), "bit {bit}");
        }
    }

    #[test]
    fn a_block_of_another_log_or_kind_does_not_pass() {
        assert!(open(Kind::Tail, LogId::new(8), &sample()).is_none());
        assert!(open(Kind::Segment, LogId::new(7), &sample()).is_none());
    }

    #[test]
    fn positions_fall_into_their_segment() {
        assert_eq!([1, 256, 257, 512, 513].map(segment_of), [1, 1, 257, 257, 513]);
        assert_eq!(read_key(&segment_key(LogId::new(3), 257, 9)), Some((LogId::new(3), 257, 9)));
        assert_eq!(read_key(&tail_key(LogId::new(3), 258)), Some((LogId::new(3), 258, 0)));
    }
}
