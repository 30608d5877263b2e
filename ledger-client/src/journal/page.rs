//! How each of the three programs wants a journal written.

use std::io::{self, Write};

use chrono::{Datelike, Days, Months, NaiveDate};
use ledger_core::{Balance, Day, Position};

use super::Format;
use super::accounts::{Account, Unit, tame};

/// Which balances are asserted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Asserted {
    /// Those of the accounts in which something moved in a month.
    Month,
    /// All.
    All,
}

/// A day of a journal. It may be the one after the last that an entry can have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Date(NaiveDate);

impl From<Day> for Date {
    fn from(day: Day) -> Self {
        Self(NaiveDate::from_epoch_days(day.number()).unwrap_or_default())
    }
}

/// The year and the month of a day.
pub(super) fn month_of(day: Day) -> (i32, u32) {
    let Date(date) = day.into();
    (date.year(), date.month())
}

/// The last day of a month.
pub(super) fn month_end((year, month): (i32, u32)) -> Date {
    let first = NaiveDate::from_ymd_opt(year, month, 1);
    let next = first.and_then(|first| first.checked_add_months(Months::new(1)));
    Date(next.and_then(|next| next.checked_sub_days(Days::new(1))).unwrap_or_default())
}

/// A journal on its way out.
pub(super) struct Page<W> {
    format: Format,
    out: W,
}

impl<W: Write> Page<W> {
    pub(super) const fn new(format: Format, out: W) -> Self {
        Self { format, out }
    }

    /// What this is, in comments, since each program has some of its own.
    pub(super) fn head(
        &mut self,
        coop: &str,
        newest: Position,
        until: Option<Day>,
    ) -> io::Result<()> {
        let coop = tame(coop);
        let until = until.map(|day| format!(", of what occurred by {day}")).unwrap_or_default();
        writeln!(
            self.out,
            "; The books of {coop}, out of entries 1 to {newest} of its ledger{until}."
        )?;
        writeln!(
            self.out,
            "; MIN are minutes, PENCE are pence, ITEMS are things of one offer each."
        )?;
        writeln!(
            self.out,
            "; Members are numbers. Each transaction says the position of its entry."
        )?;
        match self.format {
            Format::Hledger | Format::Ledger => Ok(()),
            Format::Beancount => writeln!(self.out, "option \"title\" \"{coop}\""),
        }
    }

    /// The three commodities.
    pub(super) fn units(&mut self, first: Day) -> io::Result<()> {
        writeln!(self.out)?;
        for unit in Unit::ALL.map(Unit::commodity) {
            match self.format {
                // With the dot hledger knows that there is nothing behind it.
                Format::Hledger => writeln!(self.out, "commodity 1. {unit}")?,
                Format::Ledger => writeln!(self.out, "commodity {unit}")?,
                Format::Beancount => writeln!(self.out, "{first} commodity {unit}")?,
            }
        }
        writeln!(self.out)
    }

    /// Declares an account; Beancount also refuses another unit in it.
    pub(super) fn open(
        &mut self,
        account: Account,
        first: Day,
        title: Option<String>,
    ) -> io::Result<()> {
        let name = self.name(account);
        match (self.format, title) {
            (Format::Hledger, Some(title)) => writeln!(self.out, "account {name}  ; {title}"),
            (Format::Ledger, Some(title)) => {
                writeln!(self.out, "account {name}\n    note {title}")
            }
            (Format::Hledger | Format::Ledger, None) => writeln!(self.out, "account {name}"),
            (Format::Beancount, title) => {
                let unit = account.unit().commodity();
                writeln!(self.out, "{first} open {name} {unit}")?;
                match title {
                    Some(title) => writeln!(self.out, "  title: \"{title}\""),
                    None => Ok(()),
                }
            }
        }
    }

    /// One entry that moved something.
    pub(super) fn transaction(
        &mut self,
        day: Day,
        position: Position,
        kind: &str,
        moved: impl Iterator<Item = (Account, i64)>,
    ) -> io::Result<()> {
        match self.format {
            Format::Hledger | Format::Ledger => {
                writeln!(self.out, "\n{day} * ({position}) {kind}")?;
            }
            Format::Beancount => {
                writeln!(self.out, "\n{day} * \"{kind}\"\n  position: {position}")?;
            }
        }
        for (account, amount) in moved {
            let (name, unit) = (self.name(account), account.unit().commodity());
            writeln!(self.out, "    {name}  {amount} {unit}")?;
        }
        Ok(())
    }

    /// What must stand in accounts when a day has ended: nothing moves, and the program objects if it is otherwise.
    pub(super) fn balances(
        &mut self,
        Date(day): Date,
        which: Asserted,
        balances: Vec<(Account, Balance)>,
    ) -> io::Result<()> {
        let which = match which {
            Asserted::Month => "what moved this month stands at",
            Asserted::All => "all accounts stand at",
        };
        match self.format {
            Format::Hledger | Format::Ledger => writeln!(self.out, "\n{day} * {which}")?,
            Format::Beancount => writeln!(self.out, "\n; at the end of {day} {which}")?,
        }
        // Beancount looks at a day before anything has happened on it.
        let next = day.checked_add_days(Days::new(1)).unwrap_or_default();
        for (account, balance) in balances {
            let (name, unit) = (self.name(account), account.unit().commodity());
            let stands = balance.get();
            match self.format {
                Format::Hledger | Format::Ledger => {
                    writeln!(self.out, "    {name}  0 {unit} = {stands} {unit}")?;
                }
                Format::Beancount => {
                    writeln!(self.out, "{next} balance {name} {stands} {unit}")?;
                }
            }
        }
        Ok(())
    }

    fn name(&self, account: Account) -> String {
        match self.format {
            Format::Hledger | Format::Ledger => account.name(),
            Format::Beancount => account.capital_name(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_month_ends_on_its_last_day() {
        let end = |day: &str| month_end(month_of(Day::parse(day).unwrap())).0.to_string();
        assert_eq!(end("2028-02-03"), "2028-02-29");
        assert_eq!(end("2025-12-31"), "2025-12-31");
        assert_eq!(end("2199-12-01"), "2199-12-31");
    }

    #[test]
    fn the_last_day_of_all_has_a_next_one() {
        let mut page = Page::new(Format::Beancount, Vec::new());
        let pot = Account::Time(ledger_core::TimeAccount::Pot);
        page.balances(Day::MAX.into(), Asserted::All, vec![(pot, Balance::new(5))]).unwrap();
        let text = String::from_utf8(page.out).unwrap();
        assert!(text.ends_with("2200-01-01 balance Assets:Pot 5 MIN\n"), "{text}");
    }
}
