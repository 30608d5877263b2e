//! Cards: people's names, contacts and notes, beside the log and never in it; erasable, and backed up apart.

use std::{ops::ControlFlow, path::Path};

use ledger_core::{MemberId, Position};
use ledger_proto::v1;
use prost::Message;

use crate::{
    error::Error,
    log::{LogError, LogId, SledStore, Store, StoreOptions},
};

const MEMBERS: &str = "members";
const NOTES: &str = "notes";

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
}

impl Cards {
    /// Opens the folder of cards, creates it where there is none.
    pub(crate) fn open(dir: &Path, reserve: &Path) -> Result<Self, LogError> {
        let options = StoreOptions { cache_bytes: 16 << 20, reserve: reserve.to_owned() };
        Ok(Self { store: Box::new(SledStore::open(dir, &options)?) })
    }

    /// Cards on whatever keeps keys and values.
    #[cfg(test)]
    pub(crate) fn on(store: Box<dyn Store>) -> Self {
        Self { store }
    }

    /// Writes cards, and returns when they are on the platter.
    pub(crate) fn put(&self, cards: &[(LogId, Card)]) -> Result<(), LogError> {
        if cards.is_empty() {
            return Ok(());
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
        self.store.sync()
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
        if members + notes > 0 { self.store.sync() } else { Ok(()) }
    }

    /// Erases what is kept for logs from this one on: none of them has an entry.
    pub(crate) fn forget_logs_from(&self, first: LogId) -> Result<(), LogError> {
        let forgotten =
            self.forget(MEMBERS, (first, 0), None)? + self.forget(NOTES, (first, 0), None)?;
        if forgotten > 0 { self.store.sync() } else { Ok(()) }
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
        self.store.sync()
    }

    /// Erases the card of a member, and returns when it is gone from the platter's index.
    pub(crate) fn erase(&self, log: LogId, member: MemberId) -> Result<(), LogError> {
        self.store.remove(MEMBERS, &key(log, u64::from(member.get())))?;
        self.store.sync()
    }
}

fn key(log: LogId, number: u64) -> Vec<u8> {
    [&log.get().to_be_bytes()[..], &number.to_be_bytes()[..]].concat()
}
