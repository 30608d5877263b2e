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
const PATIENCE: Duration = Duration::from_secs(300);

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
        let dry_run = session.globals.write.dry_run;
        // With mistakes in sight, or to be set aside, everything is tried before anything is stored.
        let only_try = dry_run || !folder.problems.is_empty() || self.keep_good.is_some();
        let tried = match import.send(&folder.steps, only_try).await {
            Ok(tried) => tried,
            Err(error) => {
                tell(session, &folder.problems)?;
                return Err(error);
            }
        };
        folder.add_refusals(&tried.refusals);
        if folder.problems.is_empty() && tried.dependent == 0 {
            let stored =
                if only_try && !dry_run { import.send(&folder.steps, false).await? } else { tried };
            // Somebody may have changed the ledger since the rows were tried.
            folder.add_refusals(&stored.refusals);
            if folder.problems.is_empty() {
                return self.imported(session, &folder, &stored);
            }
        }
        match &self.keep_good {
            Some(aside) => self.keep_good(session, folder, &import, aside).await,
            None => {
                tell(session, &folder.problems)?;
                let rows = count(folder.refused_rows().len(), "row was", "rows were");
                Err(Error::Rows(format!("{rows} refused, so nothing was stored")))
            }
        }
    }

    /// Says what came of an import without a mistake.
    fn imported(
        &self,
        session: &Session,
        folder: &Folder,
        answer: &v1::ImportHistoryResponse,
    ) -> Result<(), Error> {
        let dry_run = session.globals.write.dry_run;
        let said = told(&folder.name, answer, dry_run);
        session.thing(&said, &json::message("ImportHistoryResponse", answer))?;
        let next = if dry_run {
            format!("carestore import {}", self.folder.display())
        } else {
            "carestore balances, or carestore store totals".to_owned()
        };
        render::talk(&format!("next: {next}"))
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
        let dry_run = session.globals.write.dry_run;
        let stored = loop {
            let refused = folder.refused_rows().len();
            let tried = import.send(&folder.good_steps(), true).await?;
            folder.add_refusals(&tried.refusals);
            let grown = folder.refused_rows().len() > refused;
            if !grown && (!tried.refusals.is_empty() || tried.dependent > 0) {
                let say = "the ledger refuses rows without naming them, so nothing was stored";
                return Err(Error::Rows(say.to_owned()));
            }
            if grown {
                continue;
            }
            if dry_run {
                break tried;
            }
            let stored = import.send(&folder.good_steps(), false).await?;
            if stored.refusals.is_empty() {
                break stored;
            }
            folder.add_refusals(&stored.refusals);
        };
        let shown = if session.tables() { &named } else { &folder.problems };
        tell(session, shown)?;
        let resting = folder.refused_rows().len().saturating_sub(roots);
        if resting > 0 {
            let rows = count(resting, "further row rests", "further rows rest");
            render::talk(&format!("{rows} on these."))?;
        }
        render::talk(&told(&folder.name, &stored, dry_run))?;
        let rows = count(folder.refused_rows().len(), "row was", "rows were");
        if dry_run {
            return Err(Error::Rows(format!("{rows} refused, and nothing was stored: a dry run")));
        }
        for path in set_aside(&folder, &self.folder, aside)? {
            render::talk(&format!("wrote {}", path.display()))?;
        }
        render::talk(&format!(
            "next: mend the rows there, then: carestore import {}",
            aside.display()
        ))?;
        Err(Error::PartlyImported(format!("{rows} refused and set aside; the others were stored")))
    }
}

/// The road of an import's steps to the server.
struct Sending {
    client: Client,
    head: v1::ImportHead,
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
        Ok(Self { client, head })
    }

    /// Sends steps, to be tried or to be stored.
    async fn send(
        &self,
        steps: &[v1::ImportStep],
        only_try: bool,
    ) -> Result<v1::ImportHistoryResponse, Error> {
        let mut head = self.head.clone();
        if let Some(context) = head.context.as_mut() {
            if only_try {
                // A try is a request of its own: the id is kept for what is stored.
                context.request_id = new_request_id();
            }
            context.validate_only = only_try;
        }
        let first = v1::ImportHistoryRequest { head: Some(head), steps: Vec::new() };
        let chunks = steps
            .chunks(CHUNK)
            .map(|chunk| v1::ImportHistoryRequest { head: None, steps: chunk.to_vec() });
        let messages = std::iter::once(first).chain(chunks).collect();
        let bar = bar(steps.len(), only_try);
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
fn bar(steps: usize, only_try: bool) -> ProgressBar {
    let doing = if only_try { "Trying" } else { "Storing" };
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

fn told(name: &str, answer: &v1::ImportHistoryResponse, dry_run: bool) -> String {
    let v1::ImportHistoryResponse { recorded, known, .. } = answer;
    let known_too = match known {
        0 => String::new(),
        known => format!("; {known} were there already"),
    };
    match (recorded, dry_run) {
        (0, _) => format!("{name} brings nothing new{known_too}."),
        (new, true) => {
            format!("Dry run, nothing was stored. {name} would bring {new} steps{known_too}.")
        }
        (new, false) => format!("{name} brought {new} steps{known_too}."),
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
        assert_eq!(told("x", &answer(3, 0), false), "x brought 3 steps.");
        assert_eq!(told("x", &answer(0, 3), false), "x brings nothing new; 3 were there already.");
        assert_eq!(
            told("x", &answer(3, 1), true),
            "Dry run, nothing was stored. x would bring 3 steps; 1 were there already."
        );
    }
}
