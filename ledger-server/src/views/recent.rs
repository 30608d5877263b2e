//! The newest entries as their followers are told of them: put into bytes once, and shared by all who follow.
//!
//! The writer leaves what it has brought to the platter, and makes nothing of it; the first follower who wants it puts it
//! into bytes. Only so much is kept: whoever is further behind reads the log. While nobody follows, nothing is kept.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError},
};

use ledger_core::{Entry, Position};
use ledger_proto::{
    Hash, Over,
    api::{self, Told, time},
    v1,
};
use prost::bytes::Bytes;

use super::{
    Chapters,
    audience::{Audience, Seat},
};

/// So many bytes of entries are kept.
const KEPT: usize = 2 << 20;
/// Pieces of what is kept that come to less are joined until they come to so many bytes.
const PIECE: usize = 8 << 10;

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
    followers: Audience,
    kept: Mutex<Kept>,
    /// Of what came before that.
    chapters: Chapters,
}

#[derive(Default)]
struct Kept {
    pieces: VecDeque<Piece>,
    size: usize,
}

/// Some of what is kept: entries in a row.
#[derive(Clone)]
struct Piece {
    first: u64,
    last: u64,
    /// Of the stored bytes.
    size: usize,
    held: Held,
}

#[derive(Clone)]
enum Held {
    /// As the writer left it.
    Fresh(Arc<Fresh>),
    /// Of several pieces that somebody has been told of, made one: whoever comes later has fewer to take.
    Joined(Arc<Told>),
}

impl Piece {
    fn fresh(fresh: &Arc<Fresh>) -> Self {
        let (first, last, size) = (fresh.first(), fresh.last(), fresh.size());
        Self { first, last, size, held: Held::Fresh(Arc::clone(fresh)) }
    }

    /// Several in a row.
    fn joined(some: &[&Piece]) -> Self {
        let parts: Vec<&Told> = some.iter().map(|piece| piece.told()).collect();
        Self {
            first: some.first().map_or(0, |piece| piece.first),
            last: some.last().map_or(0, |piece| piece.last),
            size: some.iter().map(|piece| piece.size).sum(),
            held: Held::Joined(Arc::new(Told::joined(&parts))),
        }
    }

    fn told(&self) -> &Told {
        match &self.held {
            Held::Fresh(fresh) => fresh.told(),
            Held::Joined(told) => told,
        }
    }

    /// Whether readers can see it, when they see the log through a position.
    fn seen(&self, through: u64) -> bool {
        // What is joined was told to somebody.
        self.last <= through || matches!(self.held, Held::Joined(_))
    }
}

impl Kept {
    /// Puts a piece in the place of so many that it was joined of, if they are there still, and gives those back.
    fn replace(&mut self, joined: Piece, parts: usize) -> Vec<Piece> {
        let from = self.pieces.partition_point(|piece| piece.last < joined.first);
        let until = from.saturating_add(parts);
        // As many as then, and the same last one: none has gone, and none was joined by somebody else.
        let last = until.checked_sub(1).and_then(|last| self.pieces.get(last));
        if last.is_none_or(|piece| piece.last != joined.last) {
            return Vec::new();
        }
        let parts = self.pieces.drain(from..until).collect();
        self.pieces.insert(from, joined);
        parts
    }
}

/// Somebody who follows, until dropped.
pub(crate) struct Follower {
    recent: Arc<Recent>,
    seat: Seat,
}

impl Drop for Follower {
    fn drop(&mut self) {
        if self.recent.followers.go() {
            self.recent.chapters.clear();
        }
    }
}

impl Recent {
    /// One more follows, from behind a position on.
    pub(crate) fn follow(self: &Arc<Self>, after: u64) -> Follower {
        Follower { recent: Arc::clone(self), seat: self.followers.come(after) }
    }

    /// How many follow.
    pub(crate) fn followers(&self) -> usize {
        self.followers.len()
    }

    /// Up to where each follower has been told of whom nobody is further behind. Nothing: nobody follows.
    pub(crate) fn furthest_behind(&self) -> Option<u64> {
        self.followers.furthest_behind()
    }

    /// Keeps what has become durable. It may be kept before readers can see it: nobody asks beyond the head.
    pub(crate) fn keep(&self, fresh: &Arc<Fresh>) {
        let mut kept = self.kept();
        let gap =
            kept.pieces.back().is_some_and(|last| last.last.saturating_add(1) != fresh.first());
        if gap || self.followers() == 0 {
            *kept = Kept::default();
        }
        if self.followers() == 0 {
            return;
        }
        kept.size += fresh.size();
        kept.pieces.push_back(Piece::fresh(fresh));
        while kept.size > KEPT {
            let Some(oldest) = kept.pieces.pop_front() else { break };
            kept.size -= oldest.size;
        }
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Follower {
    /// How many follow, this one too.
    pub(crate) fn among(&self) -> usize {
        self.recent.followers()
    }

    /// It has been told of all up to this position.
    pub(crate) fn told(&self, position: u64) {
        self.seat.told(position);
    }

    /// The log in chapters, shared by all who follow.
    pub(crate) fn chapters(&self) -> &Chapters {
        &self.recent.chapters
    }

    /// The entries after a position, through another at the most or as far as somebody else was told of them, about so many
    /// bytes of them, and the position of the last. Nothing: they are not kept, or not any more, and stand in the log.
    pub(crate) fn after(
        &self,
        after: u64,
        through: u64,
        about: usize,
    ) -> Option<(Vec<Bytes>, u64)> {
        let (mut told, mut bytes, mut last) = (Vec::new(), 0, after);
        let pieces = self.pieces(after, through, about);
        self.join(&pieces);
        for piece in pieces {
            if bytes >= about {
                break;
            }
            let known = last.saturating_add(1).saturating_sub(piece.first);
            let known = usize::try_from(known).unwrap_or(usize::MAX);
            let (part, count) = piece.told().without(known, about - bytes);
            bytes += part.len();
            told.push(part);
            last = last.saturating_add(count as u64);
        }
        (last > after).then_some((told, last))
    }

    /// What is kept of that, shared; nothing is put into bytes while the writer may be waiting to leave more.
    fn pieces(&self, after: u64, through: u64, about: usize) -> Vec<Piece> {
        let kept = self.recent.kept();
        if kept.pieces.front().is_none_or(|oldest| oldest.first > after.saturating_add(1)) {
            return Vec::new();
        }
        let from = kept.pieces.partition_point(|piece| piece.last <= after);
        let mut size = 0;
        let wanted = kept.pieces.range(from..).take_while(|piece| {
            // The entry that stands in the middle of the first counts for nothing yet.
            let wanted = piece.seen(through) && size <= about;
            size += piece.size;
            wanted
        });
        wanted.cloned().collect()
    }

    /// Makes one piece of several small ones that the writer has left, for whoever is told of them next.
    fn join(&self, pieces: &[Piece]) {
        let (mut some, mut size) = (Vec::new(), 0);
        for piece in pieces {
            if piece.size >= PIECE {
                (some, size) = (Vec::new(), 0);
                continue;
            }
            some.push(piece);
            size += piece.size;
            if size >= PIECE {
                let joined = Piece::joined(&some);
                // What was there is let go when the lock has been.
                let _parts = self.recent.kept().replace(joined, some.len());
                (some, size) = (Vec::new(), 0);
            }
        }
    }
}

#[cfg(test)]
mod tests;
