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
    store: SledStore,
}

impl Cards {
    /// Opens the folder of cards, creates it where there is none.
    pub(crate) fn open(dir: &Path, reserve: &Path) -> Result<Self, LogError> {
        let options = StoreOptions { cache_bytes: 16 << 20, reserve: reserve.to_owned() };
        Ok(Self { store: SledStore::open(dir, &options)? })
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
