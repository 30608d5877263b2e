//! The history for other programs: journals that they check, and tables.

use std::io::{BufWriter, Write};

use clap::{Args, Subcommand, ValueEnum};
use ledger_client::export::{self, Export};
use ledger_client::journal::{self, Journal};
use ledger_client::{Error, typed};
use ledger_core::{Day, Entry};
use ledger_proto::v1;

use super::bundle;
use super::session::Session;

#[derive(Subcommand, Debug)]
pub(crate) enum Command {
    /// The history in a folder, for an auditor to carry away.
    Bundle(bundle::Bundle),
    /// A journal for a program of accounting, with the balances that it must come to.
    ///
    /// hledger -f FILE check --strict; ledger -f FILE --pedantic bal; bean-check FILE.
    Journal {
        /// Which program.
        #[arg(long, value_enum)]
        format: Format,
        #[command(flatten)]
        until: Until,
    },
    /// A table for spreadsheets. Text that could run as a formula begins with an apostrophe.
    Csv(Table),
    /// A table for programs: a JSON object a line.
    Jsonl(Table),
}

#[derive(Args, Debug)]
pub(crate) struct Table {
    /// Of what.
    #[arg(long, value_enum)]
    what: What,
    #[command(flatten)]
    until: Until,
}

#[derive(Args, Debug)]
pub(crate) struct Until {
    /// Only what occurred by the end of this day. Not said: all.
    #[arg(long, value_name = "DATE", value_parser = day)]
    until: Option<Day>,
}

#[derive(ValueEnum, Clone, Copy, Debug)]
pub(crate) enum Format {
    Hledger,
    Ledger,
    Beancount,
}

#[derive(ValueEnum, Clone, Copy, Debug)]
pub(crate) enum What {
    /// Every movement of a member's hours, with the balance after it.
    Hours,
    /// Every promise of respite, with what it came to.
    Respite,
    /// Every voucher, with what it came to.
    Vouchers,
    /// Every movement of cash and of things.
    Store,
}

impl Command {
    pub(crate) async fn run(self, session: &Session) -> Result<(), Error> {
        let out = BufWriter::new(std::io::stdout());
        match self {
            Self::Journal { format, until: Until { until } } => {
                let format = match format {
                    Format::Hledger => journal::Format::Hledger,
                    Format::Ledger => journal::Format::Ledger,
                    Format::Beancount => journal::Format::Beancount,
                };
                session.coop()?;
                let mut journal = Journal::new(format, &session.globals.coop, until, out);
                entries(session, |entry| Ok(journal.add(entry)?)).await?;
                journal.finish()?;
                Ok(())
            }
            Self::Bundle(bundle) => bundle.run(session).await,
            Self::Csv(table) => table.write(session, export::Format::Csv, out).await,
            Self::Jsonl(table) => table.write(session, export::Format::Jsonl, out).await,
        }
    }
}

impl Table {
    async fn write(
        self,
        session: &Session,
        format: export::Format,
        out: impl Write,
    ) -> Result<(), Error> {
        let what = match self.what {
            What::Hours => export::What::Hours,
            What::Respite => export::What::Respite,
            What::Vouchers => export::What::Vouchers,
            What::Store => export::What::Store,
        };
        session.coop()?;
        let mut table = Export::new(what, format, self.until.until, out)?;
        entries(session, |entry| Ok(table.add(entry)?)).await?;
        table.finish()?.flush()?;
        Ok(())
    }
}

/// Every entry of the log, from the first to the newest, without a gap. That all of them are what was signed is known
/// when the last has come.
async fn entries(
    session: &Session,
    mut take: impl FnMut(&Entry) -> Result<(), Error>,
) -> Result<(), Error> {
    let coop = session.coop()?;
    let request = v1::ReadHistoryRequest { coop, after_position: 0, limit: 0 };
    let mut history = session.client.read_history(request).await?;
    while let Some(entries) = history.entries().await? {
        entries.iter().try_for_each(&mut take)?;
    }
    Ok(())
}

fn day(typed: &str) -> Result<Day, String> {
    let day = typed::day(typed).map_err(|slip| slip.to_string())?;
    Day::parse(&day).ok_or_else(|| format!("{day} is beyond the calendar of the ledger"))
}
