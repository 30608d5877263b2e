//! Tables for spreadsheets and other programs: hours, respite, vouchers and the Store, row by row.
//!
//! Entries come in the order of the log. Hours and the Store are written as they come; a promise and a voucher are one
//! row each, written when all has come, since they come to something later: some 150 bytes each until then.

mod cell;
mod hours;
mod respite;
mod store;
mod titles;
mod vouchers;

use std::io::{self, Write};

use ledger_core::{Day, Entry};

pub use cell::Format;
pub(crate) use titles::Titles;

use cell::Table;
use hours::Hours;
use respite::Respites;
use store::Store;
use vouchers::Vouchers;

/// What a table is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What {
    /// Every movement of a member's hours, own or held, with the balance after it.
    Hours,
    /// Every promise of respite, with what it came to.
    Respite,
    /// Every voucher, with what it came to.
    Vouchers,
    /// Every movement of cash and of things.
    Store,
}

/// A table that is being written.
pub struct Export<W: Write> {
    sheet: Sheet,
    until: Option<Day>,
    out: Table<W>,
}

enum Sheet {
    Hours(Hours),
    Respite(Respites),
    Vouchers(Vouchers),
    Store(Store),
}

impl<W: Write> Export<W> {
    /// An empty table, for what occurred by a day, or for all.
    pub fn new(what: What, format: Format, until: Option<Day>, out: W) -> io::Result<Self> {
        let (sheet, columns) = match what {
            What::Hours => (Sheet::Hours(Hours::default()), hours::COLUMNS),
            What::Respite => (Sheet::Respite(Respites::default()), respite::COLUMNS),
            What::Vouchers => (Sheet::Vouchers(Vouchers::default()), vouchers::COLUMNS),
            What::Store => (Sheet::Store(Store::default()), store::COLUMNS),
        };
        Ok(Self { sheet, until, out: Table::new(format, columns, out)? })
    }

    /// Takes the next entry of the log.
    pub fn add(&mut self, entry: &Entry) -> io::Result<()> {
        match &mut self.sheet {
            Sheet::Vouchers(vouchers) => vouchers.learn(entry),
            Sheet::Store(store) => store.learn(entry),
            Sheet::Hours(_) | Sheet::Respite(_) => {}
        }
        if self.until.is_some_and(|until| entry.occurred_on > until) {
            return Ok(());
        }
        match &mut self.sheet {
            Sheet::Hours(hours) => hours.add(entry, &mut self.out),
            Sheet::Respite(respites) => {
                respites.add(entry);
                Ok(())
            }
            Sheet::Vouchers(vouchers) => {
                vouchers.add(entry);
                Ok(())
            }
            Sheet::Store(store) => store.add(entry, &mut self.out),
        }
    }

    /// Writes what is left.
    pub fn finish(mut self) -> io::Result<W> {
        match self.sheet {
            Sheet::Hours(_) | Sheet::Store(_) => {}
            Sheet::Respite(respites) => respites.write(&mut self.out)?,
            Sheet::Vouchers(vouchers) => vouchers.write(&mut self.out)?,
        }
        self.out.finish()
    }
}
