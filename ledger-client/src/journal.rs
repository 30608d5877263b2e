//! A journal for hledger, ledger or Beancount: another program adds up the books, and disproves us where we are wrong.
//!
//! What moves is read from the transfers that stand in an entry, never from its kind. Entries come in the order of the
//! log and may be back-dated; hledger and Beancount check balances in the order of days, ledger in the order of lines. So
//! what moved is gathered, sorted by day and then by position, and written when all has come: that suits all three.
//! Memory: 48 bytes a movement, at most twice that while it grows or is sorted, beside a balance for each account.
//! There is a bound, [`MOST_MOVEMENTS`].

mod accounts;
mod page;

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, ErrorKind, Write};

use ledger_core::{Balance, Day, Entry, EventKind, Position, Transfer};

use crate::export::Titles;
use accounts::Account;
use page::{Asserted, Page, month_end, month_of};

/// No journal has more movements than this; sorting them takes some three gigabytes. A longer log is written in
/// pieces of time, with `until`.
pub const MOST_MOVEMENTS: usize = 1 << 25;

/// For which program a journal is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// hledger.
    Hledger,
    /// Ledger, the command line program of 2003 and later.
    Ledger,
    /// Beancount, version 2 or later.
    Beancount,
}

/// One movement, and what is told of its entry.
struct Moved {
    day: Day,
    position: Position,
    kind: EventKind,
    transfer: Transfer,
}

/// A journal that is being gathered.
pub struct Journal<W> {
    format: Format,
    coop: String,
    until: Option<Day>,
    out: W,
    most: usize,
    moved: Vec<Moved>,
    titles: Titles,
    newest: Position,
}

impl<W: Write> Journal<W> {
    /// An empty journal of a co-op, for what occurred by a day, or for all.
    pub fn new(format: Format, coop: &str, until: Option<Day>, out: W) -> Self {
        Self {
            format,
            coop: coop.to_owned(),
            until,
            out,
            most: MOST_MOVEMENTS,
            moved: Vec::new(),
            titles: Titles::default(),
            newest: Position::START,
        }
    }

    /// Takes the next entry of the log.
    pub fn add(&mut self, entry: &Entry) -> io::Result<()> {
        self.newest = entry.position;
        self.titles.learn(entry);
        let day = entry.occurred_on;
        if self.until.is_some_and(|until| day > until) {
            return Ok(());
        }
        let (position, kind) = (entry.position, entry.event.kind());
        let transfers = entry.event.transfers();
        if self.moved.len().saturating_add(transfers.len()) > self.most {
            let most = self.most;
            return Err(wrong(format!("a journal has at most {most} movements: say until when")));
        }
        let moved = transfers.into_iter().map(|transfer| Moved { day, position, kind, transfer });
        self.moved.extend(moved);
        Ok(())
    }

    /// Writes all that has come, with what must stand in each account at each month's end and at the end of all.
    pub fn finish(mut self) -> io::Result<W> {
        // Keeps the order of an entry's own movements.
        self.moved.sort_by_key(|moved| (moved.day, moved.position));
        let mut page = Page::new(self.format, &mut self.out);
        page.head(&self.coop, self.newest, self.until)?;
        let (Some(first), Some(last)) = (self.moved.first(), self.moved.last()) else {
            self.out.flush()?;
            return Ok(self.out);
        };
        let accounts: BTreeSet<Account> = self
            .moved
            .iter()
            .flat_map(|moved| Account::moved(&moved.transfer))
            .map(|m| m.0)
            .collect();
        page.units(first.day)?;
        for account in &accounts {
            page.open(*account, first.day, account.title(&self.titles))?;
        }
        let mut books = Books::default();
        let mut month = month_of(first.day);
        for entry in self.moved.chunk_by(|one, next| one.position == next.position) {
            let Some(what) = entry.first() else { continue };
            if month_of(what.day) != month {
                page.balances(month_end(month), Asserted::Month, books.month())?;
                month = month_of(what.day);
            }
            let moved = || entry.iter().flat_map(|moved| Account::moved(&moved.transfer));
            page.transaction(what.day, what.position, what.kind.word(), moved())?;
            for (account, amount) in moved() {
                books.book(account, amount)?;
            }
        }
        page.balances(last.day.into(), Asserted::All, books.all())?;
        self.out.flush()?;
        Ok(self.out)
    }
}

/// What stands in each account, and which of them moved since it was last said.
#[derive(Default)]
struct Books {
    balances: BTreeMap<Account, Balance>,
    moved: BTreeSet<Account>,
}

impl Books {
    fn book(&mut self, account: Account, amount: i64) -> io::Result<()> {
        let balance = self.balances.entry(account).or_default();
        *balance = balance.credit(amount).map_err(|overflow| wrong(overflow.to_string()))?;
        self.moved.insert(account);
        Ok(())
    }

    /// The accounts in which something moved since this was last asked.
    fn month(&mut self) -> Vec<(Account, Balance)> {
        let moved = std::mem::take(&mut self.moved);
        let balance = |account| self.balances.get(&account).copied().unwrap_or_default();
        moved.into_iter().map(|account| (account, balance(account))).collect()
    }

    fn all(self) -> Vec<(Account, Balance)> {
        self.balances.into_iter().collect()
    }
}

fn wrong(what: String) -> io::Error {
    io::Error::new(ErrorKind::InvalidData, what)
}

#[cfg(test)]
mod tests {
    use ledger_core::{
        Actor, Attribution, Authority, Channel, Event, MemberId, Minutes, Timestamp,
    };

    use super::*;

    fn gift(position: u64) -> Entry {
        let (from, to) = (MemberId::new(1001).unwrap(), MemberId::new(1002));
        Entry {
            position: Position::new(position),
            recorded_at: Timestamp::default(),
            occurred_on: Day::MIN,
            by: Attribution {
                actor: Actor::Timer,
                on_behalf_of: None,
                authority: Authority::Timer,
                channel: Channel::App,
            },
            policy_version: 1,
            asked: None,
            row: None,
            corrects: None,
            event: Event::HoursGiven { from, to, minutes: Minutes::new(30).unwrap() },
        }
    }

    #[test]
    fn what_is_gathered_is_bounded() {
        let mut journal = Journal::new(Format::Ledger, "x", None, Vec::new());
        journal.most = 2;
        assert!(journal.add(&gift(1)).is_ok() && journal.add(&gift(2)).is_ok());
        assert_eq!(journal.add(&gift(3)).unwrap_err().kind(), ErrorKind::InvalidData);
        assert!(size_of::<Moved>() <= 48);
    }
}
