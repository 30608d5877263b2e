//! Entries as they arrive, added to the log's right edge: what comes out is the root that they must have.

use ledger_core::Entry;
use ledger_proto::{Frontier, Hash, api, leaf, stored, v1};

use super::{hashes, unverified};
use crate::error::Error;

/// A log's right edge, and everything that has been read behind it.
#[derive(Clone, Debug)]
pub(super) struct Fold(Frontier);

impl Fold {
    /// The edge of a log of this size, as the server says it. A wrong one leads to a wrong root.
    pub(super) fn start(size: i64, peaks: &[Vec<u8>]) -> Result<Fold, Error> {
        let size = u64::try_from(size).unwrap_or_default();
        let frontier = Frontier::new(size, hashes(peaks)?);
        frontier.map(Fold).ok_or_else(|| {
            unverified(format!("the server says nothing about the log before entry {}", size + 1))
        })
    }

    /// How many entries there are.
    pub(super) fn size(&self) -> u64 {
        self.0.size()
    }

    /// The root over them.
    pub(super) fn root(&self) -> Hash {
        self.0.root()
    }

    /// Whether another edge is the same.
    pub(super) fn is(&self, other: &Fold) -> bool {
        self.0 == other.0
    }

    /// Takes the next entry, if it is the next and is what is said of it.
    pub(super) fn take(&mut self, said: &v1::HistoryEntry) -> Result<Entry, Error> {
        let v1::HistoryEntry { position, entry: bytes, leaf_hash, kind, record_time, occurred_on } =
            said;
        let next = self.0.size() + 1;
        let wrong = |what: &str| unverified(format!("entry {next} {what}"));
        if u64::try_from(*position) != Ok(next) {
            return Err(wrong(&format!("should have come, and entry {position} did")));
        }
        let leaf = leaf(bytes);
        if leaf.as_bytes() != leaf_hash.as_slice() {
            return Err(wrong("does not hash to the leaf that came with it"));
        }
        let entry = stored::decode_strictly(bytes)
            .map_err(|error| wrong(&format!("cannot be read: {error}")))?;
        if entry.position.get() != next {
            return Err(wrong("says of itself that it stands elsewhere"));
        }
        let as_said = entry.event.kind().word() == kind
            && Some(api::time(entry.recorded_at)) == *record_time
            && entry.occurred_on.to_string() == *occurred_on;
        if !as_said {
            return Err(wrong("is not what the server says of it"));
        }
        self.0.push(leaf);
        Ok(entry)
    }
}
