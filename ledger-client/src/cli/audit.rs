//! `carestore audit`: checks a history, trusting nobody, and says what it found.

use std::{
    path::{Path, PathBuf},
    process::ExitCode,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};
use ledger_client::{
    Error,
    audit::{Elsewhere, Options, Progress, Report, audit_bundle, audit_server, compare, page, say},
    parse_keys,
};
use ledger_core::Timestamp;

use super::{Globals, session::Session};
use crate::render::{self, Output};

/// Checks a history, trusting nobody: signatures, every entry, every rule, every balance. A bundle needs no server for it.
///
/// Exit codes: 0 verified; 10 something that the audit needs is missing; 20 this is not the history that was signed;
/// 30 an entry breaks a rule; 40 the service shows a balance that does not follow from the history, or an accounting program
/// does not take its journal.
#[derive(Args, Debug)]
pub(crate) struct Audit {
    /// The folder of the bundle, as `carestore export bundle` writes it. Not said: the history is streamed from the server.
    #[arg(value_name = "DIR")]
    bundle: Option<PathBuf>,
    /// What reached you by another road: a signed checkpoint, a receipt or a proof of a balance as a file, or the typed
    /// line from the minutes of a meeting. Can be said several times.
    #[arg(long, value_name = "FILE|LINE")]
    also: Vec<String>,
    /// A key that you know to be the co-op's: the verifier key itself, or a file of such keys.
    #[arg(long, value_name = "FILE|VKEY")]
    key: Vec<String>,
    /// What was audited before, as a checkpoint or receipt: the report is about what came after.
    #[arg(long, value_name = "FILE|LINE")]
    since: Option<String>,
    /// Say that something is missing if the newest entry is more than so many days old.
    #[arg(long, value_name = "DAYS")]
    max_age: Option<u32>,
    /// Compare every balance and total with what this service shows at the same position.
    #[arg(long, value_name = "URL")]
    against: Option<String>,
    /// Write journals for hledger, ledger and Beancount here, and let those that are installed add them up.
    #[arg(long, value_name = "DIR")]
    journals: Option<PathBuf>,
    /// Write the report as a page that prints well.
    #[arg(long, value_name = "FILE.html")]
    report: Option<PathBuf>,
}

impl Audit {
    /// Audits, shows the report, and says with which code to end.
    pub(crate) async fn run(self, globals: Globals) -> Result<ExitCode, Error> {
        let (options, output) = (self.options()?, globals.output);
        let bar = bar("Auditing");
        let mut progress = |progress: Progress| {
            bar.set_length(progress.of);
            bar.set_position(progress.entries);
        };
        let mut audited = if let Some(dir) = &self.bundle {
            audit_bundle(dir, &options, &mut progress)
        } else {
            let session = Session::open(globals.clone())?;
            session.coop()?;
            audit_server(&session.client, &options, &mut progress).await?
        };
        bar.finish_and_clear();
        if let Some(server) = self.against {
            let coop = audited.report.coop.clone();
            let session = Session::open(Globals { server, coop, ..globals })?;
            compare(&mut audited, &session.client).await;
        }
        let report = audited.report;
        if let Some(path) = &self.report {
            std::fs::write(path, page(&report))
                .map_err(|source| Error::File { path: path.display().to_string(), source })?;
        }
        show(output, &report)?;
        Ok(ExitCode::from(report.exit_code))
    }

    fn options(&self) -> Result<Options, Error> {
        let also = self.also.iter().map(|one| elsewhere(one)).collect::<Result<_, _>>()?;
        let since = self.since.as_deref().map(elsewhere).transpose()?;
        let mut keys = Vec::new();
        for typed in &self.key {
            keys.extend(parse_keys(typed)?);
        }
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_millis();
        let now = Timestamp::from_unix_ms(now.try_into().unwrap_or(i64::MAX));
        let (max_age_days, journals) = (self.max_age, self.journals.clone());
        Ok(Options { keys, also, since, max_age_days, journals, now })
    }
}

/// What stands in a file, or what was typed.
fn text(typed: &str) -> Result<String, Error> {
    let path = Path::new(typed);
    if !path.is_file() {
        return Ok(typed.to_owned());
    }
    std::fs::read_to_string(path).map_err(|source| Error::File { path: typed.to_owned(), source })
}

fn elsewhere(typed: &str) -> Result<Elsewhere, Error> {
    Elsewhere::read(typed, &text(typed)?).map_err(|wrong| {
        let wrong = if Path::new(typed).exists() {
            wrong
        } else {
            "no such file, and not a line of size and root".to_owned()
        };
        Error::Usage(format!("\"{typed}\" proves nothing: {wrong}"))
    })
}

/// A bar on the standard error, and none where that is no terminal.
pub(super) fn bar(doing: &'static str) -> ProgressBar {
    let bar = ProgressBar::new(0).with_message(doing);
    let style = ProgressStyle::with_template("{msg} {wide_bar} {pos}/{len} entries, {elapsed}");
    if let Ok(style) = style {
        bar.set_style(style);
    }
    bar.enable_steady_tick(Duration::from_millis(200));
    bar
}

fn show(output: Output, report: &Report) -> Result<(), Error> {
    match output {
        Output::Json => render::data(&serde_json::to_string_pretty(report).unwrap_or_default()),
        Output::Table => {
            for line in say::lines(report) {
                render::data(&render::harmless(&line))?;
            }
            Ok(())
        }
    }
}
