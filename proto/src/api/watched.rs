//! A message of the feed whose entries are bytes already: they are made once, however many follow.

use prost::{Message, bytes::Bytes};

use crate::v1;

/// A `WatchHistoryResponse`, to the byte: on the wire an entry and the bytes of an entry are the same.
#[derive(Clone, PartialEq, Message)]
pub struct Watched {
    /// In order; each is a `HistoryEntry`, as `encode_entries` makes it.
    #[prost(bytes = "bytes", repeated, tag = "1")]
    pub entries: Vec<Bytes>,
    /// The head now.
    #[prost(message, optional, tag = "2")]
    pub head: Option<v1::HistoryHead>,
    /// In the first message: the right edge of what the watcher has.
    #[prost(bytes = "vec", repeated, tag = "3")]
    pub peaks: Vec<Vec<u8>>,
}

impl Watched {
    /// The same with its entries spelled out.
    pub fn spelled(self) -> Result<v1::WatchHistoryResponse, prost::DecodeError> {
        let entries = self.entries.into_iter().map(v1::HistoryEntry::decode);
        let entries = entries.collect::<Result<_, _>>()?;
        Ok(v1::WatchHistoryResponse { entries, head: self.head, peaks: self.peaks })
    }
}

/// The bytes of some entries, each by itself, and all in one piece of memory.
pub fn encode_entries(entries: &[v1::HistoryEntry]) -> Vec<Bytes> {
    let mut all = Vec::with_capacity(entries.iter().map(Message::encoded_len).sum());
    let mut ends = Vec::with_capacity(entries.len());
    for entry in entries {
        all.extend_from_slice(&entry.encode_to_vec());
        ends.push(all.len());
    }
    let mut all = Bytes::from(all);
    let mut from = 0;
    let piece = |end: usize| {
        let piece = all.split_to(end.saturating_sub(from));
        from = end;
        piece
    };
    ends.into_iter().map(piece).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_the_message_of_the_api_to_the_byte() {
        let entries: Vec<_> = (1..4)
            .map(|position| v1::HistoryEntry {
                position,
                entry: vec![7; 150],
                leaf_hash: vec![9; 32],
                kind: "HoursLogged".to_owned(),
                record_time: Some(prost_types::Timestamp { seconds: 1, nanos: 2 }),
                occurred_on: "2026-03-02".to_owned(),
            })
            .collect();
        let head = v1::HistoryHead { position: 3, ..v1::HistoryHead::default() };
        let (head, peaks) = (Some(head), vec![vec![1; 32]]);
        let watched =
            Watched { entries: encode_entries(&entries), head: head.clone(), peaks: peaks.clone() };
        let spelled = v1::WatchHistoryResponse { entries, head, peaks };
        assert_eq!(watched.encode_to_vec(), spelled.encode_to_vec());
        assert_eq!(watched.spelled().unwrap(), spelled);
    }
}
