//! What readers see: the ledger as it stands on the platter, and every account as it has stood. There are two views of each
//! log (`published.rs`), one of them ahead of what is shown.
//!
//! What grows with the log lies in pages in the binder, a file beside the log; a view holds what a page begins with, and
//! the last page of each course.

mod audience;
mod binder;
mod books;
mod chapters;
mod course;
mod exchanges;
mod flows;
mod moment;
mod packed;
mod paged;
mod published;
mod recent;
mod times;

use std::collections::BTreeSet;

use ledger_core::{
    Contradiction, Day, Entry, Event, FundId, MemberId, Position, State, Timestamp, Transfer,
    advance,
};
use ledger_proto::{Hash, RECORD, SEGMENT, Tree, accounts_root, api::AsOf, records};
use serde::{Deserialize, Serialize};

use crate::error::Error;

use books::{Books, Whose};
use course::Slot;
use times::Times;

pub(crate) use binder::{Binder, Kept, Taken};
pub(crate) use books::{GAVE, GOT, HELD, OWN};
pub(crate) use chapters::{Chapters, Place};
pub(crate) use course::{Asked, Course, Row};
pub(crate) use exchanges::Exchange;
pub(crate) use flows::Line;
pub(crate) use moment::Moment;
pub(crate) use published::{Ahead, Published};
pub(crate) use recent::{Follower, Fresh, Recent, history_entry};

/// What was sealed last: balances are proved by it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Sealed {
    /// The seal's own position.
    pub(crate) position: Position,
    /// The records of all accounts, in order.
    pub(crate) records: Vec<[u8; RECORD]>,
}

/// Everything that is shown of one co-op, after the same entries.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct View {
    state: State,
    tree: Tree,
    books: Books,
    times: Times,
    // By member: the entry that enrolled them.
    enrolled: Vec<Position>,
    // By fund: the entry that opened it.
    opened: Vec<Position>,
    exchanges: exchanges::Exchanges,
    sealed: Option<Sealed>,
    #[serde(skip)]
    binder: Binder,
}

fn not_one_each() -> Error {
    Error::internal("there is not one leaf for each entry")
}

impl View {
    /// The view of an empty log, with its pages in this binder.
    pub(crate) fn on(binder: Binder) -> Self {
        Self { binder, ..Self::default() }
    }

    /// The same view, with the pages that it was written with.
    pub(crate) fn with(self, binder: Binder) -> Self {
        Self { binder, ..self }
    }

    /// The view after more entries, with the leaf of each. The same fold serves the live server and a restart. An error
    /// leaves it of no use.
    pub(crate) fn add(&mut self, entries: &[Entry], leaves: &[Hash]) -> Result<(), Error> {
        if entries.len() != leaves.len() {
            return Err(not_one_each());
        }
        entries.iter().try_for_each(|entry| self.take(entry))?;
        self.know(leaves)
    }

    /// The leaves of the entries that were taken in last, without which there is nothing to prove by. An error leaves it
    /// of no use.
    fn know(&mut self, leaves: &[Hash]) -> Result<(), Error> {
        if self.tree.size().checked_add(leaves.len() as u64) != Some(self.state.head().get()) {
            return Err(not_one_each());
        }
        self.tree.extend(leaves);
        Ok(())
    }

    /// The view after a whole segment more, of which the root is known. An error leaves it of no use.
    pub(crate) fn add_segment(&mut self, entries: &[Entry], root: Hash) -> Result<(), Error> {
        if entries.len() as u64 != SEGMENT {
            return Err(Error::internal("a segment has another number of entries"));
        }
        self.tree.push_segment(root).map_err(Error::internal)?;
        entries.iter().try_for_each(|entry| self.take(entry))
    }

    /// One entry more, of which the leaf is not known yet.
    fn take(&mut self, entry: &Entry) -> Result<(), Error> {
        if let Event::StateSealed { accounts_root: sealed, .. } = &entry.event {
            if accounts_root(self.state.books()).as_bytes() != sealed.bytes() {
                let what = "the sealed root is not that of the accounts";
                return Err(Contradiction::Impossible { at: entry.position, what }.into());
            }
            let records = records(self.state.books());
            self.sealed = Some(Sealed { position: entry.position, records });
        }
        advance(&mut self.state, entry)?;
        let (position, day) = (entry.position, entry.occurred_on);
        self.times.push(position, entry.recorded_at, &mut self.binder);
        let moved = entry.event.transfers();
        for (line, delta) in moved.iter().flat_map(flows::accounts) {
            self.push(books::place(line), delta, (position, day));
        }
        if let Event::EntryReversed { entry: reversed, .. } = &entry.event {
            self.take_back(*reversed, &moved, (position, day))?;
        } else {
            for (line, amount) in flows::streams(&entry.event, &moved) {
                self.push(books::place(line), amount, (position, day));
            }
        }
        if let Event::InKindReceived { offer, valuation: Some(valuation), .. } = &entry.event {
            self.push(books::place(Line::Valued(*offer)), valuation.get(), (position, day));
        }
        if let Event::MemberEnrolled { .. } = &entry.event {
            self.enrolled.push(position);
        }
        if let Event::FundOpened { .. } = &entry.event {
            self.opened.push(position);
        }
        if let Some(counted) = entry.event.counted() {
            // Whoever it names is enrolled, or `advance` had refused it: so no list is longer than the members'.
            let minutes = counted.minutes.get();
            for (member, part) in [(counted.giver, GAVE), (counted.receiver, GOT)] {
                if let Some(member) = member {
                    self.push((Whose::Member(member.index()), part), minutes, (position, day));
                }
            }
            self.exchanges.push(Exchange { position, day, counted }, &mut self.binder);
        }
        Ok(())
    }

    fn push(&mut self, (whose, slot): (Whose, Slot), amount: i64, at: (Position, Day)) {
        if let Some(course) = self.books.moving(whose) {
            course.push(at, (slot, amount), &mut self.binder);
        }
    }

    /// A reversal takes back what the entry brought into the streams, on the day on which that happened.
    fn take_back(
        &mut self,
        reversed: Position,
        mirrored: &[Transfer],
        at: (Position, Day),
    ) -> Result<(), Error> {
        let lines: BTreeSet<Line> = mirrored.iter().flat_map(flows::streams_near).collect();
        for line in lines {
            let (whose, slot) = books::place(line);
            let Some(course) = self.books.course(whose) else { continue };
            let brought = course.moved(reversed, &self.binder)?.of(slot);
            if brought != 0 {
                self.push((whose, slot), brought.saturating_neg(), at);
            }
        }
        Ok(())
    }

    /// The ledger.
    pub(crate) fn state(&self) -> &State {
        &self.state
    }

    /// What was sealed last.
    pub(crate) fn sealed(&self) -> Option<&Sealed> {
        self.sealed.as_ref()
    }

    /// When an entry was recorded.
    pub(crate) fn recorded_at(&self, position: Position) -> Result<Option<Timestamp>, Error> {
        self.times.of(position, &self.binder)
    }

    /// The Merkle log over the stored bytes.
    pub(crate) fn tree(&self) -> &Tree {
        &self.tree
    }

    /// What stood in an account at a moment.
    pub(crate) fn at(&self, line: Line, moment: Moment) -> Result<i64, Error> {
        let (whose, slot) = books::place(line);
        let Some(course) = self.books.course(whose) else { return Ok(0) };
        Ok(course.at(moment, &self.binder)?.of(slot))
    }

    /// The course of a member's accounts, and where its pages are. Nothing: nothing has moved them.
    pub(crate) fn course(&self, member: MemberId) -> Option<(&Course, &Binder)> {
        Some((self.books.member(member)?, &self.binder))
    }

    /// Help that had counted by a moment, behind an entry, in the order of the log.
    pub(crate) fn exchanges(
        &self,
        moment: Moment,
        after: Position,
    ) -> impl Iterator<Item = Result<Exchange, Error>> {
        self.exchanges.by(moment, after, &self.binder)
    }

    /// The same, of all in which a member had this part.
    pub(crate) fn exchanges_of(
        &self,
        (member, part): (MemberId, Slot),
        moment: Moment,
        after: Position,
    ) -> impl Iterator<Item = Result<Exchange, Error>> {
        let asked = Asked { moment, after, from: None, to: None };
        let rows = self.books.member(member).map(|course| course.rows(asked, &self.binder));
        let mut find = self.exchanges.finder(&self.binder);
        rows.into_iter().flatten().filter_map(move |row| match row {
            Ok((row, _)) if row.touched(part) => find(row.position).transpose(),
            Ok(_) => None,
            Err(error) => Some(Err(error)),
        })
    }

    /// The entry that enrolled a member.
    pub(crate) fn enrolled_at(&self, member: MemberId) -> Option<Position> {
        self.enrolled.get(member.index()).copied()
    }

    /// The entry that opened a fund.
    pub(crate) fn opened_at(&self, fund: FundId) -> Option<Position> {
        self.opened.get(fund.index()).copied()
    }

    /// The moment that a read asks for. A position that has not been reached is an error.
    pub(crate) fn moment(&self, as_of: AsOf) -> Result<Moment, Error> {
        let head = self.state.head();
        let moment = Moment::of(as_of, head, |time| self.times.known_by(time, &self.binder))?;
        let asked = moment.known();
        if asked > head { Err(Error::BeyondHead { asked, head }) } else { Ok(moment) }
    }

    /// What a snapshot is made of: a view of its own, which is packed when nobody waits for this one any more. Nothing: its
    /// pages have no file, or are spoiled.
    pub(crate) fn taken(&self) -> Option<(Taken, Self)> {
        Some((self.binder.taken()?, self.copy(Binder::default())))
    }

    /// The same view once more, with its pages in the same file: the same entries fill them with the same bytes.
    fn twin(&self) -> Self {
        self.copy(self.binder.clone())
    }

    fn copy(&self, binder: Binder) -> Self {
        let Self { state, tree, books, times, enrolled, opened, exchanges, sealed, binder: _ } =
            self;
        Self {
            state: state.clone(),
            tree: tree.clone(),
            books: books.clone(),
            times: times.clone(),
            enrolled: enrolled.clone(),
            opened: opened.clone(),
            exchanges: exchanges.clone(),
            sealed: sealed.clone(),
            binder,
        }
    }
}
