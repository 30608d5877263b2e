//! A message of the feed whose entries are bytes already: they are made once, however many follow.

use prost::{
    DecodeError, Message,
    bytes::{BufMut, Bytes},
    encoding,
};

use crate::v1;

/// The fields of a `WatchHistoryResponse`.
const ENTRIES: u32 = 1;
const HEAD: u32 = 2;
const PEAKS: u32 = 3;

/// Entries in a row as a message of the feed holds them, in one piece of memory.
#[derive(Clone, Debug, Default)]
pub struct Told {
    bytes: Bytes,
    /// Where each ends.
    ends: Vec<usize>,
}

impl Told {
    /// Puts entries into bytes, each behind the key of its field and its length.
    pub fn of(entries: &[v1::HistoryEntry]) -> Self {
        let mut bytes = Vec::new();
        let mut ends = Vec::with_capacity(entries.len());
        for entry in entries {
            encoding::message::encode(ENTRIES, entry, &mut bytes);
            ends.push(bytes.len());
        }
        Self { bytes: bytes.into(), ends }
    }

    /// Several, one after the other, in one piece.
    pub fn joined(parts: &[&Told]) -> Self {
        let mut bytes = Vec::with_capacity(parts.iter().map(|part| part.bytes.len()).sum());
        let mut ends = Vec::with_capacity(parts.iter().map(|part| part.ends.len()).sum());
        for part in parts {
            let start = bytes.len();
            ends.extend(part.ends.iter().map(|end| start.saturating_add(*end)));
            bytes.extend_from_slice(&part.bytes);
        }
        Self { bytes: bytes.into(), ends }
    }

    /// The entries without the first few, up to and with the one that makes them so many bytes: shared, not copied. And how
    /// many they are.
    pub fn without(&self, first: usize, about: usize) -> (Bytes, usize) {
        let start = first.checked_sub(1).map_or(Some(0), |before| self.ends.get(before).copied());
        let Some(start) = start else { return (Bytes::new(), 0) };
        let enough = start.saturating_add(about.max(1));
        let last = self.ends.partition_point(|end| *end < enough).saturating_add(1);
        let last = last.min(self.ends.len());
        let end = last.checked_sub(1).and_then(|last| self.ends.get(last)).copied();
        let end = end.unwrap_or(start).max(start);
        (self.bytes.slice(start..end), last.saturating_sub(first))
    }

    /// How many bytes they are.
    pub fn size(&self) -> usize {
        self.bytes.len()
    }

    /// How many they are.
    pub fn count(&self) -> usize {
        self.ends.len()
    }

    /// All of them.
    pub fn all(self) -> Bytes {
        self.bytes
    }
}

/// A `WatchHistoryResponse`, to the byte.
#[derive(Clone, Debug, Default)]
pub struct Watched {
    /// In order, as [`Told`] has them.
    pub entries: Vec<Bytes>,
    /// The head now.
    pub head: Option<v1::HistoryHead>,
    /// In the first message: the right edge of what the watcher has.
    pub peaks: Vec<Vec<u8>>,
}

impl Watched {
    /// How many bytes it is.
    pub fn encoded_len(&self) -> usize {
        let entries: usize = self.entries.iter().map(Bytes::len).sum();
        let head = self.head.as_ref().map_or(0, |head| encoding::message::encoded_len(HEAD, head));
        entries + head + encoding::bytes::encoded_len_repeated(PEAKS, &self.peaks)
    }

    /// Writes it.
    pub fn encode(&self, to: &mut impl BufMut) {
        self.entries.iter().for_each(|entries| to.put_slice(entries));
        if let Some(head) = &self.head {
            encoding::message::encode(HEAD, head, to);
        }
        encoding::bytes::encode_repeated(PEAKS, &self.peaks, to);
    }

    /// The same with its entries spelled out.
    pub fn spelled(&self) -> Result<v1::WatchHistoryResponse, DecodeError> {
        let mut bytes = Vec::with_capacity(self.encoded_len());
        self.encode(&mut bytes);
        v1::WatchHistoryResponse::decode(&*bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entries(count: i64) -> Vec<v1::HistoryEntry> {
        let entry = |position: i64| v1::HistoryEntry {
            position,
            entry: vec![7; 150 + usize::try_from(position).unwrap()],
            leaf_hash: vec![9; 32],
            kind: "HoursLogged".to_owned(),
            record_time: Some(prost_types::Timestamp { seconds: 1, nanos: 2 }),
            occurred_on: "2026-03-02".to_owned(),
        };
        (1..=count).map(entry).collect()
    }

    #[test]
    fn it_is_the_message_of_the_api_to_the_byte() {
        let all = entries(3);
        let head = Some(v1::HistoryHead { position: 3, ..v1::HistoryHead::default() });
        for peaks in [Vec::new(), vec![vec![1; 32], vec![2; 32]]] {
            let parts = vec![Told::of(&all[..1]).all(), Told::of(&all[1..]).all()];
            let watched = Watched { entries: parts, head: head.clone(), peaks: peaks.clone() };
            let spelled =
                v1::WatchHistoryResponse { entries: all.clone(), head: head.clone(), peaks };
            let mut bytes = Vec::new();
            watched.encode(&mut bytes);
            assert_eq!(bytes, spelled.encode_to_vec());
            assert_eq!(watched.encoded_len(), bytes.len());
            assert_eq!(watched.spelled().unwrap(), spelled);
        }
    }

    #[test]
    fn what_is_joined_is_as_if_it_had_been_one_piece() {
        let all = entries(9);
        let whole = Told::of(&all);
        for (one, two) in [(0, 0), (0, 4), (3, 3), (2, 7), (9, 9)] {
            let parts = [&all[..one], &all[one..two], &all[two..]].map(Told::of);
            let joined = Told::joined(&parts.each_ref());
            assert_eq!((joined.bytes, joined.ends), (whole.bytes.clone(), whole.ends.clone()));
        }
    }

    #[test]
    fn a_part_begins_and_ends_with_an_entry() {
        let all = entries(9);
        let told = Told::of(&all);
        let whole = told.clone().all().len();
        for first in 0..12 {
            for about in [0, 1, 300, 600, whole, usize::MAX] {
                let (bytes, count) = told.without(first, about);
                let part = Watched { entries: vec![bytes.clone()], ..Watched::default() };
                let part = part.spelled().unwrap().entries;
                assert_eq!(part, all.iter().skip(first).take(count).cloned().collect::<Vec<_>>());
                assert_eq!(part.len(), count);
                let left = all.len().saturating_sub(first);
                assert!(
                    count == left || count > 0 && bytes.len() >= about,
                    "as many as are wanted"
                );
                let one_less = Told::of(&part[..count.saturating_sub(1)]).all().len();
                assert!(one_less < about.max(1), "no more than are wanted");
            }
        }
    }
}
