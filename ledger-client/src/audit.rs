//! The audit of a log: static, offline, and trusting nothing that it is given.
//!
//! Ten steps, as the project's page on proofs counts them. What replays the log is shared with the live ledger on purpose;
//! what judges it beside that is not. Other programs use it as `carestore audit` does:
//!
//! ```no_run
//! use ledger_client::audit::{Options, audit_bundle};
//!
//! let audited = audit_bundle("bundle".as_ref(), &Options::default(), &mut |_| {});
//! println!("{}", audited.report.sentence);
//! ```
//!
//! The log is read once, from the first entry to the last, and what is kept does not grow with it beyond the state of the
//! ledger, eight bytes an entry, and the checkpoints; journals, where they are asked for, keep their movements.

mod against;
mod chain;
mod elsewhere;
mod figures;
mod finding;
mod finish;
mod journals;
mod page;
mod replay;
mod report;
mod rules;
mod run;
pub mod say;

use std::{
    ops::ControlFlow,
    path::{Path, PathBuf},
};

use ledger_core::{State, Timestamp};
use ledger_proto::VerifierKey;

pub use against::compare;
pub use elsewhere::Elsewhere;
pub use figures::{Figures, FundFigure, Month, Noted, Some20};
pub use finding::{Finding, Rule, Step, Verdict};
pub use page::page;
pub use report::{KeyUsed, Outcome, Report, Stepped};
pub use run::Audit;

use crate::{
    bundle::{Bundle, Fetch, Head},
    client::Client,
    error::Error,
};

/// What the auditor brings.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Keys that the auditor knows to be the log's: one of them must have signed it. None: no key is known.
    pub keys: Vec<VerifierKey>,
    /// What came by another road.
    pub also: Vec<Elsewhere>,
    /// What was audited before: the report is about what came after.
    pub since: Option<Elsewhere>,
    /// The newest entry may be so many days old.
    pub max_age_days: Option<u32>,
    /// Where journals for accounting programs are written. Nothing: none are.
    pub journals: Option<PathBuf>,
    /// When the audit is made.
    pub now: Timestamp,
}

/// How far an audit has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// So many entries have been dealt with.
    pub entries: u64,
    /// Of so many.
    pub of: u64,
}

/// What an audit comes to.
#[derive(Debug)]
pub struct Audited {
    /// The report.
    pub report: Report,
    /// The ledger at the end, if all of it could be replayed.
    pub state: Option<State>,
}

/// Audits the bundle in a folder.
pub fn audit_bundle(dir: &Path, options: &Options, progress: &mut dyn FnMut(Progress)) -> Audited {
    let bundle = match Bundle::open(dir) {
        Ok(bundle) => bundle,
        Err(error) => return run::unopened(error, options),
    };
    let head = Head {
        origin: bundle.origin().clone(),
        size: bundle.size(),
        keys: bundle.keys().to_vec(),
        notes: bundle.notes().to_vec(),
    };
    let mut audit = Audit::begin(&head, options);
    for name in bundle.files() {
        if let ControlFlow::Break(()) = take_file(&bundle, name, &mut audit) {
            // What lies behind a file that cannot be read has no place to stand.
            break;
        }
        progress(Progress { entries: audit.entries(), of: head.size });
    }
    audit.finish()
}

/// Takes a file of entries. One that is not as the list says is looked into all the same, to say where.
fn take_file(bundle: &Bundle, name: &str, audit: &mut Audit<'_>) -> ControlFlow<()> {
    let file = match bundle.read(name) {
        Ok(file) => file,
        Err(error) => return audit.unread(error),
    };
    if let Err(error) = file.as_listed() {
        // It goes on either way.
        let _: ControlFlow<()> = audit.unread(error);
    }
    match file.entries() {
        Ok((first, entries)) => audit.take(first, &entries),
        Err(error) => audit.unread(error),
    }
}

/// Audits the log of the client's co-op as the server streams it. An error of the connection is one of the caller; what the
/// server sends is judged as a bundle is.
pub async fn audit_server(
    client: &Client,
    options: &Options,
    progress: &mut dyn FnMut(Progress),
) -> Result<Audited, Error> {
    let mut fetch = match Fetch::open(client).await {
        Ok(fetch) => fetch,
        Err(Error::Unverified(what)) => {
            return Ok(finish::unopened(Finding::broken(Step::Read, what), options));
        }
        Err(error) => return Err(error),
    };
    let of = fetch.head().size;
    let mut audit = Audit::begin(fetch.head(), options);
    loop {
        match fetch.next().await {
            Ok(Some((first, entries))) => {
                if audit.take(first, &entries).is_break() {
                    break;
                }
            }
            Ok(None) => break,
            Err(Error::Unverified(what)) => {
                audit.note(Finding::broken(Step::Read, what));
                break;
            }
            Err(error) => return Err(error),
        }
        progress(Progress { entries: audit.entries(), of });
    }
    Ok(audit.finish())
}
