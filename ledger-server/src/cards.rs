//! Cards: people's names, contacts and notes, beside the log and never in it; erasable, and backed up apart.
//!
//! They and the log know of each other how far they were: a log that ends before what the cards know of it has lost something
//! (`REACHED`), and cards that were changed less often than a file beside them says (`mark.rs`) have, too.

use std::{
    collections::BTreeMap,
    ops::ControlFlow,
    path::Path,
    sync::{Mutex, PoisonError},
};

use ledger_core::{MemberId, Position};
use ledger_proto::v1;
use prost::Message;

use crate::{
    error::Error,
    log::{LogError, LogId, Lost, SledStore, Store, StoreOptions, Witness},
    mark::{self, Mark, Said},
    obstacle::Obstacle,
};

const MEMBERS: &str = "members";
const NOTES: &str = "notes";
/// How far each log was on the platter when the cards were last written, by its number.
const REACHED: &str = "reached";
/// What the store says about itself.
const ABOUT: &str = "about";
/// Says in `ABOUT` how often it was changed.
const CHANGES: &[u8] = b"changes";

/// The folder of the cards, beside the log's.
const CARDS_FOLDER: &str = "cards";
/// The file beside it that knows how often they were changed.
const MARK: &str = "cards.mark";

/// Where they lie: one drawer for each kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Drawer {
    /// What is kept about members, by the member's number.
    Members,
    /// What was said beside entries, by the position.
    Notes,
}

impl Drawer {
    fn table(self) -> &'static str {
        match self {
            Self::Members => MEMBERS,
            Self::Notes => NOTES,
        }
    }
}

/// A card that an entry needs, to be on the platter before the entry is appended.
#[derive(Clone, Debug)]
pub(crate) enum Card {
    /// What is kept about a member.
    Member(MemberId, v1::Card),
    /// What was said beside an entry.
    Note(Position, String),
}

/// Takes what is stored under a number.
pub(crate) type Visit<'v> = dyn FnMut(u64, &[u8]) -> Result<(), Error> + 'v;

/// The cards of every co-op on this server.
pub(crate) struct Cards {
    store: Box<dyn Store>,
    changes: Mutex<Changes>,
}

/// How far the cards know that each log was on the platter.
#[derive(Clone, Debug, Default)]
pub(crate) struct Reached(BTreeMap<LogId, u64>);

impl Reached {
    /// The logs of which they know something.
    pub(crate) fn logs(&self) -> impl Iterator<Item = LogId> {
        self.0.keys().copied()
    }

    /// Whether a log of this size has all of which they know.
    pub(crate) fn fits(&self, log: LogId, stored_size: u64) -> Result<(), LogError> {
        let head_size = self.0.get(&log).copied().unwrap_or_default();
        if stored_size >= head_size {
            return Ok(());
        }
        Err(LogError::Behind { log, head_size, stored_size, by: Witness::Cards })
    }

    /// What a log of this size has lost of it.
    pub(crate) fn loss(&self, log: LogId, stored_size: u64) -> Option<Lost> {
        let last = self.0.get(&log).copied().filter(|reached| *reached > stored_size)?;
        Some(Lost { log, first: stored_size.saturating_add(1), last })
    }
}

/// How often the cards were changed, and the file that knows it, too.
struct Changes {
    number: u64,
    mark: Option<Mark>,
}

impl Cards {
    /// Opens the cards in the folder with everything in it, begins them where there are none, and refuses those that lack
    /// something.
    pub(crate) fn open(data: &Path) -> Result<Self, Error> {
        let reserve = data.join("log").join("reserve");
        let options = StoreOptions { cache_bytes: 16 << 20, reserve };
        let store = SledStore::open(&data.join(CARDS_FOLDER), &options)?;
        let path = data.join(MARK);
        let number = changes(&store)?;
        let said = mark::read(&path)?.last().map(|said| said.number);
        if said.is_some_and(|said| said > number) {
            return Err(Obstacle::CardsBehind { data: data.to_owned(), mark: path }.into());
        }
        let mark = Mark::open(&path)?;
        if said != Some(number) {
            // It is new, or was not written to its end.
            mark.write(&counted(number))?;
        }
        let changes = Mutex::new(Changes { number, mark: Some(mark) });
        Ok(Self { store: Box::new(store), changes })
    }

    /// Cards on whatever keeps keys and values.
    #[cfg(test)]
    pub(crate) fn on(store: Box<dyn Store>) -> Self {
        Self { store, changes: Mutex::new(Changes { number: 0, mark: None }) }
    }

    /// Brings what was changed to the platter, and counts it.
    fn settle(&self) -> Result<(), LogError> {
        let mut changes = self.changes.lock().unwrap_or_else(PoisonError::into_inner);
        let number = changes.number.saturating_add(1);
        self.store.put(ABOUT, CHANGES, &number.to_be_bytes())?;
        self.store.sync()?;
        changes.number = number;
        changes.mark.as_ref().map_or(Ok(()), |mark| mark.write(&counted(number)))
    }

    /// How far each log is known to have been on the platter.
    pub(crate) fn reached(&self) -> Result<Reached, LogError> {
        let mut reached = BTreeMap::new();
        self.store.scan(REACHED, &[], &mut |log, size| {
            if let (Ok(log), Ok(size)) = (log.try_into(), size.try_into()) {
                reached.insert(LogId::new(u32::from_be_bytes(log)), u64::from_be_bytes(size));
            }
            ControlFlow::Continue(())
        })?;
        Ok(Reached(reached))
    }

    /// Remembers how far logs are on the platter: that they are, nobody doubts any more.
    pub(crate) fn remember(&self, logs: &[(LogId, u64)]) -> Result<(), LogError> {
        let known = self.reached()?;
        let mut fresh = logs.iter().filter(|(log, size)| known.0.get(log) != Some(size)).peekable();
        if fresh.peek().is_none() {
            return Ok(());
        }
        fresh.try_for_each(|(log, size)| self.note_reached(*log, *size))?;
        self.settle()
    }

    fn note_reached(&self, log: LogId, size: u64) -> Result<(), LogError> {
        self.store.put(REACHED, &log.get().to_be_bytes(), &size.to_be_bytes())
    }

    /// Writes cards, and returns when they are on the platter. With them, how far logs are on the platter by now.
    pub(crate) fn put(
        &self,
        cards: &[(LogId, Card)],
        reached: impl IntoIterator<Item = (LogId, u64)>,
    ) -> Result<(), LogError> {
        if cards.is_empty() {
            return Ok(());
        }
        for (log, size) in reached.into_iter().filter(|(_, size)| *size > 0) {
            self.note_reached(log, size)?;
        }
        for (log, card) in cards {
            match card {
                Card::Member(member, card) => {
                    let key = key(*log, u64::from(member.get()));
                    self.store.put(MEMBERS, &key, &card.encode_to_vec())?;
                }
                Card::Note(position, note) => {
                    self.store.put(NOTES, &key(*log, position.get()), note.as_bytes())?;
                }
            }
        }
        self.settle()
    }

    /// Erases what is kept beyond the newest entry and the last member of a log. It came to the platter before an entry that
    /// never did: the next one with that number is another's.
    pub(crate) fn forget_beyond(
        &self,
        log: LogId,
        newest: Position,
        next_member: MemberId,
    ) -> Result<(), LogError> {
        let members = self.forget(MEMBERS, (log, u64::from(next_member.get())), Some(log))?;
        let notes = self.forget(NOTES, (log, newest.next().get()), Some(log))?;
        if members + notes > 0 { self.settle() } else { Ok(()) }
    }

    /// Erases what is kept for logs from this one on: none of them has an entry.
    pub(crate) fn forget_logs_from(&self, first: LogId) -> Result<(), LogError> {
        let forgotten =
            self.forget(MEMBERS, (first, 0), None)? + self.forget(NOTES, (first, 0), None)?;
        if forgotten > 0 { self.settle() } else { Ok(()) }
    }

    /// Removes all from a place on, of one log or of all behind it, and says how much that was.
    fn forget(
        &self,
        table: &str,
        (log, number): (LogId, u64),
        of: Option<LogId>,
    ) -> Result<usize, LogError> {
        let mut beyond = Vec::new();
        self.store.scan(table, &key(log, number), &mut |key, _| {
            if of.is_some_and(|log| !key.starts_with(&log.get().to_be_bytes())) {
                return ControlFlow::Break(());
            }
            beyond.push(key.to_vec());
            ControlFlow::Continue(())
        })?;
        for key in &beyond {
            self.store.remove(table, key)?;
        }
        Ok(beyond.len())
    }

    /// The card of a member. Nothing is kept: an empty one.
    pub(crate) fn member(&self, log: LogId, member: MemberId) -> Result<v1::Card, LogError> {
        let bytes = self.store.get(MEMBERS, &key(log, u64::from(member.get())))?;
        // A card that cannot be read is as good as none: no balance hangs on it.
        Ok(bytes.and_then(|bytes| v1::Card::decode(&*bytes).ok()).unwrap_or_default())
    }

    /// What was said beside an entry.
    pub(crate) fn note(&self, log: LogId, position: Position) -> Result<String, LogError> {
        let bytes = self.store.get(NOTES, &key(log, position.get()))?;
        Ok(bytes.and_then(|bytes| String::from_utf8(bytes).ok()).unwrap_or_default())
    }

    /// Visits all that lies in a drawer for one log, by number, as it is stored. Others may write meanwhile.
    pub(crate) fn each(
        &self,
        drawer: Drawer,
        log: LogId,
        visit: &mut Visit<'_>,
    ) -> Result<(), Error> {
        let mut visited = Ok(());
        self.store.scan(drawer.table(), &key(log, 0), &mut |key, bytes| {
            let number = key.strip_prefix(&log.get().to_be_bytes()).and_then(|n| n.try_into().ok());
            let Some(number) = number else { return ControlFlow::Break(()) };
            visited = visit(u64::from_be_bytes(number), bytes);
            if visited.is_ok() { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
        })?;
        visited
    }

    /// Puts back what was stored once. It is on the platter after the next [`Cards::sync`].
    pub(crate) fn put_back(
        &self,
        drawer: Drawer,
        log: LogId,
        (number, bytes): (u64, &[u8]),
    ) -> Result<(), LogError> {
        self.store.put(drawer.table(), &key(log, number), bytes)
    }

    /// Brings all that was put back to the platter.
    pub(crate) fn sync(&self) -> Result<(), LogError> {
        self.settle()
    }

    /// Erases the card of a member, and returns when it is gone from the platter's index.
    pub(crate) fn erase(&self, log: LogId, member: MemberId) -> Result<(), LogError> {
        self.store.remove(MEMBERS, &key(log, u64::from(member.get())))?;
        self.settle()
    }
}

impl Drop for Cards {
    fn drop(&mut self) {
        let changes = self.changes.get_mut().unwrap_or_else(PoisonError::into_inner);
        if let Some(Err(error)) = changes.mark.as_ref().map(Mark::sync) {
            tracing::warn!(%error, "how often the cards were changed is not on the platter");
        }
    }
}

fn counted(number: u64) -> Said {
    Said { number, ..Said::default() }
}

fn changes(store: &dyn Store) -> Result<u64, LogError> {
    let number = store.get(ABOUT, CHANGES)?;
    let number = number.and_then(|number| number.first_chunk().copied());
    Ok(number.map_or(0, u64::from_be_bytes))
}

fn key(log: LogId, number: u64) -> Vec<u8> {
    [&log.get().to_be_bytes()[..], &number.to_be_bytes()[..]].concat()
}
