//! The history for other programs: journals that they check, and tables.

use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand, ValueEnum};
use ledger_client::audit::{Options, audit_bundle};
use ledger_client::bundle::{Bundle, BundleError};
use ledger_client::export::{self, Export};
use ledger_client::journal::{self, Journal};
use ledger_client::{Error, typed};
use ledger_core::{Day, Entry};
use ledger_proto::{stored, v1};

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
        part: Part,
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
    part: Part,
}

/// Which part of which history.
#[derive(Args, Debug)]
pub(crate) struct Part {
    /// Only what occurred by the end of this day. Not said: all.
    #[arg(long, value_name = "DATE", value_parser = day)]
    until: Option<Day>,
    /// Out of a bundle in this folder, which is audited first, instead of the server's history.
    #[arg(long, value_name = "DIR")]
    from: Option<PathBuf>,
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
            Self::Journal { format, part } => {
                let format = match format {
                    Format::Hledger => journal::Format::Hledger,
                    Format::Ledger => journal::Format::Ledger,
                    Format::Beancount => journal::Format::Beancount,
                };
                let coop = part.coop(session)?;
                let mut journal = Journal::new(format, &coop, part.until, out);
                part.entries(session, |entry| Ok(journal.add(entry)?)).await?;
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
        // Which co-op, is asked before anything is written.
        drop(self.part.coop(session)?);
        let mut table = Export::new(what, format, self.part.until, out)?;
        self.part.entries(session, |entry| Ok(table.add(entry)?)).await?;
        table.finish()?.flush()?;
        Ok(())
    }
}

impl Part {
    /// The co-op whose history it is.
    fn coop(&self, session: &Session) -> Result<String, Error> {
        let Some(dir) = &self.from else {
            session.coop()?;
            return Ok(session.globals.coop.clone());
        };
        let origin = Bundle::open(dir).map_err(unread)?.origin().clone();
        let coop = origin.coop().map(|coop| coop.to_string());
        coop.ok_or_else(|| Error::Unverified(format!("{origin} is not the log of a co-op")))
    }

    /// Every entry, from the first to the newest, without a gap. That all of them are what was signed is known when the
    /// last has come; of a bundle, before the first.
    async fn entries(
        &self,
        session: &Session,
        mut take: impl FnMut(&Entry) -> Result<(), Error>,
    ) -> Result<(), Error> {
        if let Some(dir) = &self.from {
            return bundled(dir, &mut take);
        }
        let coop = session.coop()?;
        let request = v1::ReadHistoryRequest { coop, after_position: 0, limit: 0 };
        let mut history = session.client.read_history(request).await?;
        while let Some(entries) = history.entries().await? {
            entries.iter().try_for_each(&mut take)?;
        }
        Ok(())
    }
}

/// The entries of a bundle that an audit has found nothing wrong with.
fn bundled(dir: &Path, take: &mut impl FnMut(&Entry) -> Result<(), Error>) -> Result<(), Error> {
    let audited = audit_bundle(dir, &Options::default(), &mut |_| {});
    if audited.report.exit_code != 0 {
        let dir = dir.display();
        let what = format!("something is wrong with {dir}; carestore audit {dir} says what");
        return Err(Error::Unverified(what));
    }
    let bundle = Bundle::open(dir).map_err(unread)?;
    for name in bundle.files() {
        let file = bundle.read(name).map_err(unread)?;
        file.as_listed().map_err(unread)?;
        for bytes in file.entries().map_err(unread)?.1 {
            let entry = stored::decode_strictly(bytes);
            take(&entry.map_err(|error| Error::Unverified(error.to_string()))?)?;
        }
    }
    Ok(())
}

#[allow(clippy::needless_pass_by_value, reason = "map_err gives its errors away")]
fn unread(error: BundleError) -> Error {
    Error::Unverified(error.to_string())
}

fn day(typed: &str) -> Result<Day, String> {
    let day = typed::day(typed).map_err(|slip| slip.to_string())?;
    Day::parse(&day).ok_or_else(|| format!("{day} is beyond the calendar of the ledger"))
}
