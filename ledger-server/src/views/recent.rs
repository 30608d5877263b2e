//! The newest entries as their followers are told of them: put into bytes once, and shared by all who follow.
//!
//! The writer leaves what it has brought to the platter, and makes nothing of it; the first follower who wants it puts it
//! into bytes. Only so much is kept: whoever is further behind reads the log. While nobody follows, nothing is kept.

use std::{
    collections::VecDeque,
    sync::{
        Arc, Mutex, OnceLock, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
};

use ledger_core::{Entry, Position};
use ledger_proto::{
    Hash, Over,
    api::{self, Told, time},
    v1,
};
use prost::bytes::Bytes;

/// So many bytes of entries are kept.
const KEPT: usize = 2 << 20;

/// Entries that became durable together, in order and without a gap.
pub(crate) struct Fresh {
    entries: Vec<Entry>,
    /// The stored bytes of each.
    bytes: Vec<Vec<u8>>,
    leaves: Vec<Hash>,
    told: OnceLock<Told>,
}

impl Fresh {
    /// Entries, with the stored bytes of each.
    pub(crate) fn new(entries: Vec<Entry>, bytes: Vec<Vec<u8>>) -> Self {
        // All at once: many are hashed side by side.
        let each: Vec<&[u8]> = bytes.iter().map(Vec::as_slice).collect();
        let leaves = Over::Entries.leaves(&each);
        Self { entries, bytes, leaves, told: OnceLock::new() }
    }

    pub(crate) fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// The stored bytes of each entry.
    pub(crate) fn bytes(&self) -> &[Vec<u8>] {
        &self.bytes
    }

    /// The leaf of each entry.
    pub(crate) fn leaves(&self) -> &[Hash] {
        &self.leaves
    }

    /// The leaf of the entry at a position, if it is one of these.
    pub(crate) fn leaf(&self, position: Position) -> Option<Hash> {
        let nth = position.get().checked_sub(self.first())?;
        self.leaves.get(usize::try_from(nth).ok()?).copied()
    }

    /// The position of the first entry.
    pub(crate) fn first(&self) -> u64 {
        self.entries.first().map_or(0, |entry| entry.position.get())
    }

    fn last(&self) -> u64 {
        self.entries.last().map_or(0, |entry| entry.position.get())
    }

    fn size(&self) -> usize {
        self.bytes.iter().map(Vec::len).sum()
    }

    /// The entries as a follower is told of them.
    fn told(&self) -> &Told {
        self.told.get_or_init(|| {
            let hashed = self.bytes.iter().zip(&self.leaves);
            let entries = self.entries.iter().zip(hashed);
            let entries = entries.map(|(entry, (bytes, leaf))| history_entry(entry, *leaf, bytes));
            Told::of(&entries.collect::<Vec<_>>())
        })
    }
}

/// An entry as whoever reads the history is told of it.
pub(crate) fn history_entry(entry: &Entry, leaf: Hash, bytes: &[u8]) -> v1::HistoryEntry {
    v1::HistoryEntry {
        position: api::position(entry.position),
        entry: bytes.to_vec(),
        leaf_hash: leaf.as_bytes().to_vec(),
        kind: entry.event.kind().word().to_owned(),
        record_time: Some(time(entry.recorded_at)),
        occurred_on: entry.occurred_on.to_string(),
    }
}

/// What is kept of one co-op's newest entries.
#[derive(Default)]
pub(crate) struct Recent {
    followers: AtomicUsize,
    kept: Mutex<Kept>,
}

#[derive(Default)]
struct Kept {
    fresh: VecDeque<Arc<Fresh>>,
    size: usize,
}

/// Somebody who follows, until dropped.
pub(crate) struct Follower(Arc<Recent>);

impl Drop for Follower {
    fn drop(&mut self) {
        self.0.followers.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Recent {
    /// One more follows.
    pub(crate) fn follow(self: &Arc<Self>) -> Follower {
        self.followers.fetch_add(1, Ordering::Relaxed);
        Follower(Arc::clone(self))
    }

    /// Keeps what has become durable. It may be kept before readers can see it: nobody asks beyond the head.
    pub(crate) fn keep(&self, fresh: &Arc<Fresh>) {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let gap =
            kept.fresh.back().is_some_and(|last| last.last().saturating_add(1) != fresh.first());
        if gap || self.followers.load(Ordering::Relaxed) == 0 {
            *kept = Kept::default();
        }
        if self.followers.load(Ordering::Relaxed) == 0 {
            return;
        }
        kept.size += fresh.size();
        kept.fresh.push_back(Arc::clone(fresh));
        while kept.size > KEPT {
            let Some(oldest) = kept.fresh.pop_front() else { break };
            kept.size -= oldest.size();
        }
    }
}

impl Follower {
    /// How many follow, this one too.
    pub(crate) fn among(&self) -> usize {
        self.0.followers.load(Ordering::Relaxed)
    }

    /// The entries after a position, through another at the most, about so many bytes of them, and the position of the last.
    /// Nothing: they are not kept, or not any more, and stand in the log.
    pub(crate) fn after(
        &self,
        after: u64,
        through: u64,
        about: usize,
    ) -> Option<(Vec<Bytes>, u64)> {
        let (mut told, mut bytes, mut last) = (Vec::new(), 0, after);
        for fresh in self.kept(after, through, about) {
            if bytes >= about {
                break;
            }
            let known = last.saturating_add(1).saturating_sub(fresh.first());
            let known = usize::try_from(known).unwrap_or(usize::MAX);
            let (part, count) = fresh.told().without(known, about - bytes);
            bytes += part.len();
            told.push(part);
            last = last.saturating_add(count as u64);
        }
        (last > after).then_some((told, last))
    }

    /// What is kept of that, shared; nothing is put into bytes while the writer may be waiting to leave more.
    fn kept(&self, after: u64, through: u64, about: usize) -> Vec<Arc<Fresh>> {
        let kept = self.0.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.fresh.front().is_none_or(|oldest| oldest.first() > after.saturating_add(1)) {
            return Vec::new();
        }
        let from = kept.fresh.partition_point(|fresh| fresh.last() <= after);
        let mut size = 0;
        let wanted = kept.fresh.range(from..).take_while(|fresh| {
            // The entry that stands in the middle of the first counts for nothing yet.
            let wanted = fresh.last() <= through && size <= about;
            size += fresh.size();
            wanted
        });
        wanted.cloned().collect()
    }
}

#[cfg(test)]
mod tests;
