//! The import of a folder: read, tried, and stored only if every row is good.

use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};
use ledger_client::import::{Folder, RowProblem, read_folder, set_aside};
use ledger_client::{Client, Error, json, new_request_id};
use ledger_proto::v1;

use super::session::Session;
use crate::render::{self, Output};

/// How many steps go in one message.
const CHUNK: usize = 200;
/// Deciding on years of rows takes longer than answering a question.
const PATIENCE: Duration = Duration::from_mins(5);

/// What is meant by sending steps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Purpose {
    /// To hear what would come of it.
    Try,
    /// To have them stored.
    Store,
}

#[derive(Args, Debug)]
pub(crate) struct Import {
    /// The folder with members, hours, respite, pledges, vouchers and store as .csv files.
    folder: PathBuf,
    /// Store the good rows, and write the others into this folder, to be mended and imported.
    #[arg(long, value_name = "DIR")]
    keep_good: Option<PathBuf>,
    /// What the import is called. Not said: as the folder. Under the same name nothing comes twice.
    #[arg(long)]
    name: Option<String>,
}

impl Import {
    pub(crate) async fn run(self, session: &Session) -> Result<(), Error> {
        session.coop()?;
        let mut folder = read_folder(&self.folder)?;
        if let Some(name) = &self.name {
            name.clone_into(&mut folder.name);
        }
        for note in &folder.notes {
            render::talk(&format!("note: {note}"))?;
        }
        let import = Sending::prepare(session, &folder.name).await?;
        // With mistakes in sight, or to be set aside, all is tried before anything is stored.
        let careful = !folder.problems.is_empty() || self.keep_good.is_some();
        let first = if careful { Purpose::Try } else { import.purpose };
        let mut answer = match import.send(&folder.steps, first).await {
            Ok(answer) => answer,
            Err(error) => {
                tell(session, &folder.problems)?;
                return Err(error);
            }
        };
        folder.add_refusals(&answer.refusals);
        if folder.problems.is_empty() && first != import.purpose {
            answer = import.send(&folder.steps, import.purpose).await?;
            // Somebody may have changed the ledger since the rows were tried.
            folder.add_refusals(&answer.refusals);
        }
        if folder.problems.is_empty() {
            return self.imported(session, &import, &answer);
        }
        if let Some(aside) = &self.keep_good {
            return self.keep_good(session, folder, &import, aside).await;
        }
        tell(session, &folder.problems)?;
        let rows = count(folder.refused_rows().len(), "row was", "rows were");
        Err(Error::Rows(format!("{rows} refused, so nothing was stored")))
    }

    /// Says what came of an import without a mistake.
    fn imported(
        &self,
        session: &Session,
        import: &Sending,
        answer: &v1::ImportHistoryResponse,
    ) -> Result<(), Error> {
        let said = told(&import.head.import, answer, import.purpose);
        session.thing(&said, &json::message("ImportHistoryResponse", answer))?;
        match import.purpose {
            Purpose::Try => {
                render::talk(&format!("next: carestore import {}", self.folder.display()))
            }
            Purpose::Store => render::talk("next: carestore balances, or carestore store totals"),
        }
    }

    /// Stores what can be stored, and sets the rest aside.
    ///
    /// A row that rests on a refused one is refused with it, so that the folder of mended rows is
    /// complete; therefore the good rows are tried again until none of them is refused.
    async fn keep_good(
        &self,
        session: &Session,
        mut folder: Folder,
        import: &Sending,
        aside: &Path,
    ) -> Result<(), Error> {
        if aside.is_file() {
            let say = format!("{} is a file: --keep-good takes a folder", aside.display());
            return Err(Error::Usage(say));
        }
        let named = folder.problems.clone();
        let roots = folder.refused_rows().len();
        let answer = loop {
            let refused = folder.refused_rows().len();
            let tried = import.send(&folder.good_steps(), Purpose::Try).await?;
            let clean = tried.refusals.is_empty() && tried.dependent == 0;
            if clean && import.purpose == Purpose::Try {
                break tried;
            }
            if !clean {
                folder.add_refusals(&tried.refusals);
                if folder.refused_rows().len() == refused {
                    let say = "the ledger refuses rows without naming them; nothing was stored";
                    return Err(Error::Rows(say.to_owned()));
                }
                continue;
            }
            let stored = import.send(&folder.good_steps(), Purpose::Store).await?;
            if stored.refusals.is_empty() {
                break stored;
            }
            folder.add_refusals(&stored.refusals);
        };
        tell(session, if session.tables() { &named } else { &folder.problems })?;
        let resting = folder.refused_rows().len().saturating_sub(roots);
        if resting > 0 {
            let rows = count(resting, "further row rests", "further rows rest");
            render::talk(&format!("{rows} on these."))?;
        }
        render::talk(&told(&folder.name, &answer, import.purpose))?;
        let rows = count(folder.refused_rows().len(), "row was", "rows were");
        if import.purpose == Purpose::Try {
            return Err(Error::Rows(format!("{rows} refused; nothing was stored in a dry run")));
        }
        for path in set_aside(&folder, &self.folder, aside)? {
            render::talk(&format!("wrote {}", path.display()))?;
        }
        let aside = aside.display();
        render::talk(&format!("next: mend the rows there, then: carestore import {aside}"))?;
        Err(Error::PartlyImported(format!("{rows} refused and set aside; the others were stored")))
    }
}

/// The road of an import's steps to the server.
struct Sending {
    client: Client,
    head: v1::ImportHead,
    /// What it is all for: a dry run only tries.
    purpose: Purpose,
}

impl Sending {
    async fn prepare(session: &Session, import: &str) -> Result<Self, Error> {
        let context = session.write().await?.map(|context| v1::WriteContext {
            channel: v1::Channel::Import.into(),
            occurred_on: String::new(),
            on_behalf_of: String::new(),
            corrects: String::new(),
            ..context
        });
        let client = session.client.clone().with_deadline(PATIENCE.max(session.globals.timeout));
        let head = v1::ImportHead { context, import: import.to_owned(), keep_good: false };
        let purpose = if session.globals.write.dry_run { Purpose::Try } else { Purpose::Store };
        Ok(Self { client, head, purpose })
    }

    /// Sends steps, to be tried or to be stored.
    async fn send(
        &self,
        steps: &[v1::ImportStep],
        purpose: Purpose,
    ) -> Result<v1::ImportHistoryResponse, Error> {
        let mut head = self.head.clone();
        if let Some(context) = head.context.as_mut() {
            if purpose == Purpose::Try {
                // A try is a request of its own: the id is kept for what is stored.
                context.request_id = new_request_id();
            }
            context.validate_only = purpose == Purpose::Try;
        }
        let first =
            v1::ImportHistoryRequest { head: Some(head), ..v1::ImportHistoryRequest::default() };
        let chunks = steps
            .chunks(CHUNK)
            .map(|chunk| v1::ImportHistoryRequest { steps: chunk.to_vec(), ..Default::default() });
        let messages = std::iter::once(first).chain(chunks).collect();
        let bar = bar(steps.len(), purpose);
        let sent = bar.clone();
        let answer = self
            .client
            .import_history(messages, move |message| {
                if message.head.is_some() {
                    sent.set_position(0);
                }
                sent.inc(message.steps.len().try_into().unwrap_or_default());
            })
            .await;
        bar.finish_and_clear();
        answer
    }
}

/// A bar on the standard error, and none where that is no terminal.
fn bar(steps: usize, purpose: Purpose) -> ProgressBar {
    let doing = match purpose {
        Purpose::Try => "Trying",
        Purpose::Store => "Storing",
    };
    let bar = ProgressBar::new(steps.try_into().unwrap_or_default()).with_message(doing);
    let style = ProgressStyle::with_template("{msg} {wide_bar} {pos}/{len} steps, {elapsed}");
    if let Ok(style) = style {
        bar.set_style(style);
    }
    bar.enable_steady_tick(Duration::from_millis(200));
    bar
}

/// Names every problem: a line each, or one list for a program.
fn tell(session: &Session, problems: &[RowProblem]) -> Result<(), Error> {
    match session.globals.output {
        Output::Table => problems
            .iter()
            .try_for_each(|problem| render::talk(&render::harmless(&problem.to_string()))),
        Output::Json => {
            let list = serde_json::to_string_pretty(problems).unwrap_or_default();
            render::data(&list)
        }
    }
}

fn told(name: &str, answer: &v1::ImportHistoryResponse, purpose: Purpose) -> String {
    let v1::ImportHistoryResponse { recorded, known, .. } = answer;
    let known_too = match known {
        0 => String::new(),
        known => format!("; {known} were there already"),
    };
    match (recorded, purpose) {
        (0, _) => format!("{name} brings nothing new{known_too}."),
        (new, Purpose::Try) => {
            format!("Dry run, nothing was stored. {name} would bring {new} steps{known_too}.")
        }
        (new, Purpose::Store) => format!("{name} brought {new} steps{known_too}."),
    }
}

fn count(rows: usize, one: &str, several: &str) -> String {
    if rows == 1 { format!("1 {one}") } else { format!("{rows} {several}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_came_of_it_is_said_in_a_sentence() {
        let answer = |recorded, known| v1::ImportHistoryResponse {
            recorded,
            known,
            ..v1::ImportHistoryResponse::default()
        };
        assert_eq!(told("x", &answer(3, 0), Purpose::Store), "x brought 3 steps.");
        assert_eq!(
            told("x", &answer(0, 3), Purpose::Store),
            "x brings nothing new; 3 were there already."
        );
        assert_eq!(
            told("x", &answer(3, 1), Purpose::Try),
            "Dry run, nothing was stored. x would bring 3 steps; 1 were there already."
        );
    }
}
