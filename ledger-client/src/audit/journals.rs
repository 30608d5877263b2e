//! Journals for hledger, ledger and Beancount, and what those programs say of them where they are installed.
//!
//! Each keeps its movements until it is written; an audit that writes none keeps none.

use std::{
    fs::{self, File},
    io::{self, BufWriter, ErrorKind},
    path::{Path, PathBuf},
    process::Command,
};

use ledger_core::Entry;

use super::{
    finding::{Finding, Step, Verdict},
    report::Report,
    say,
};
use crate::journal::{Format, Journal};

/// A program, its journal, and how it is asked to check it.
struct Tool {
    program: &'static str,
    format: Format,
    file: &'static str,
    before: &'static [&'static str],
    after: &'static [&'static str],
}

const TOOLS: [Tool; 3] = [
    Tool {
        program: "hledger",
        format: Format::Hledger,
        file: "hledger.journal",
        before: &["-f"],
        after: &["check", "--strict"],
    },
    Tool {
        program: "ledger",
        format: Format::Ledger,
        file: "ledger.ledger",
        before: &["-f"],
        after: &["--pedantic", "balance"],
    },
    Tool {
        program: "bean-check",
        format: Format::Beancount,
        file: "beancount.beancount",
        before: &[],
        after: &[],
    },
];

/// Three journals that are being gathered.
pub(super) struct Journals {
    dir: PathBuf,
    open: Vec<(Tool, Journal<BufWriter<File>>)>,
}

/// What it means that they cannot be written.
pub(super) fn unwritten(error: &io::Error) -> Finding {
    Finding::missing(Step::Journals, say::journal_unwritten(error))
}

impl Journals {
    pub(super) fn open(dir: &Path, coop: &str) -> io::Result<Journals> {
        fs::create_dir_all(dir)?;
        let open = TOOLS.into_iter().map(|tool| {
            let file = BufWriter::new(File::create(dir.join(tool.file))?);
            let journal = Journal::new(tool.format, coop, None, file);
            Ok((tool, journal))
        });
        Ok(Journals { dir: dir.to_owned(), open: open.collect::<io::Result<_>>()? })
    }

    pub(super) fn add(&mut self, entry: &Entry) -> io::Result<()> {
        self.open.iter_mut().try_for_each(|(_, journal)| journal.add(entry))
    }

    /// Writes them, and lets each program that is installed add them up.
    pub(super) fn finish(self, report: &mut Report) {
        let (mut ran, mut refused) = (Vec::new(), Vec::new());
        for (tool, journal) in self.open {
            let path = self.dir.join(tool.file);
            let checked = journal.finish().and_then(|_| check(&tool, &path));
            match checked {
                Ok(Checked::Agrees) => ran.push(tool.program),
                Ok(Checked::NotInstalled) => {}
                Ok(Checked::Differs(said)) => {
                    refused.push(tool.program);
                    let what = say::journal_refused(tool.program, &said);
                    report.add(Finding::new(Step::Journals, Verdict::ShownDiffers, what));
                }
                Err(error) => report.add(unwritten(&error)),
            }
        }
        report.stepped(
            Step::Journals,
            &say::journals(&self.dir.display().to_string(), &ran, &refused),
        );
    }
}

/// What a program says of its journal.
enum Checked {
    Agrees,
    NotInstalled,
    Differs(String),
}

fn check(tool: &Tool, path: &Path) -> io::Result<Checked> {
    let ran = Command::new(tool.program)
        .args(tool.before)
        .arg(path)
        .args(tool.after)
        // Titles may be Welsh, and no tool leaves files of its own beside the journals.
        .env("LC_ALL", "C.UTF-8")
        .env("BEANCOUNT_DISABLE_LOAD_CACHE", "1")
        .output();
    match ran {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(Checked::NotInstalled),
        Err(error) => Err(error),
        Ok(output) if output.status.success() => Ok(Checked::Agrees),
        Ok(output) => Ok(Checked::Differs(String::from_utf8_lossy(&output.stderr).into_owned())),
    }
}
