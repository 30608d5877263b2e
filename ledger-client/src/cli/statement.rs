//! A member's statement: on the screen, as a page to print, and with the checkpoint that it can be held against.

use std::path::{Path, PathBuf};

use clap::Args;
use ledger_client::statement::{Line, Print, Proof, Square, Statement as Said};
use ledger_client::typed::{day, say_minutes};
use ledger_client::{Error, json, words};
use ledger_proto::Checkpoint;
use ledger_proto::v1::{self, read_context::AsOf};
use serde_json::Value;

use super::happened::happened;
use super::people::{People, last, say_time};
use super::session::{Session, pages};
use crate::render::{self, Grid, harmless, table_text};

#[derive(Args, Debug)]
pub(crate) struct Statement {
    /// Number or reference.
    member: String,
    /// The first day.
    #[arg(long, value_name = "DAY", value_parser = day)]
    from_day: Option<String>,
    /// The last day.
    #[arg(long, value_name = "DAY", value_parser = day)]
    to_day: Option<String>,
    /// At most so many lines: the newest.
    #[arg(long, value_name = "LINES")]
    limit: Option<usize>,
    /// Show the signed checkpoint as a square code, too, for a telephone's camera.
    #[arg(long)]
    qr: bool,
    /// Write a page to this file, to be read in a browser and printed on A4.
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
    /// The page in large print.
    #[arg(long, requires = "html")]
    large: bool,
}

/// A statement, and the newest checkpoint of the log that it comes from.
struct Proved {
    statement: v1::GetStatementResponse,
    checkpoint: Checkpoint,
    note: String,
}

impl Statement {
    pub(crate) async fn run(self, session: &Session) -> Result<(), Error> {
        let statement = self.ask(session).await?;
        let (checkpoint, note) = covering(session, statement.position).await?;
        let proved = Proved { statement, checkpoint, note };
        if let Some(file) = &self.html {
            self.write(session, &proved, file).await?;
        }
        if !session.tables() {
            return session.thing("", &self.as_json(&proved));
        }
        let holds = holds(session, &proved);
        let line = proved.checkpoint.line();
        if let Some(file) = &self.html {
            let file = file.display();
            render::data(&format!(
                "The statement is in {file}. Open it in a browser to read it or print it."
            ))?;
        } else {
            render::data(&told(&session.people().await?, &proved.statement))?;
        }
        render::data(&format!("{holds} Keep this line, to check it by: {line}"))?;
        if self.qr {
            render::data(&Square::of(&proved.note)?.terminal())?;
        }
        Ok(())
    }

    /// All lines that were asked for, and what stands in the account.
    async fn ask(&self, session: &Session) -> Result<v1::GetStatementResponse, Error> {
        let context = session.read()?;
        let member = session.member(&self.member).await?;
        let mut whole: Option<v1::GetStatementResponse> = None;
        let mut lines = pages(async |page| {
            let request = v1::GetStatementRequest {
                context: context.clone(),
                member: member.clone(),
                from_day: self.from_day.clone().unwrap_or_default(),
                to_day: self.to_day.clone().unwrap_or_default(),
                page,
            };
            let mut answer = session.client.get_statement(request).await?;
            let lines = std::mem::take(&mut answer.lines);
            let next = std::mem::take(&mut answer.next_page_token);
            whole.get_or_insert(answer);
            Ok((lines, next))
        })
        .await?;
        let mut statement = whole.unwrap_or_default();
        let surplus = lines.len().saturating_sub(self.limit.unwrap_or(usize::MAX));
        if let Some(before) = lines.drain(..surplus).next_back() {
            statement.opening_minutes = before.balance_minutes;
        }
        statement.lines = lines;
        Ok(statement)
    }

    fn as_json(&self, proved: &Proved) -> Value {
        let mut json = json::message("GetStatementResponse", &proved.statement);
        if let Some(fields) = json.as_object_mut() {
            fields.insert("checkpoint".to_owned(), proved.note.clone().into());
            fields.insert("line".to_owned(), proved.checkpoint.line().to_string().into());
            if let Some(file) = &self.html {
                fields.insert("html".to_owned(), file.display().to_string().into());
            }
        }
        json
    }

    async fn write(&self, session: &Session, proved: &Proved, file: &Path) -> Result<(), Error> {
        let context = session.client.read_context();
        let people = People::of(&session.members(Some(context)).await?);
        let proof = Proof {
            holds: holds(session, proved),
            line: proved.checkpoint.line().to_string(),
            note: proved.note.clone(),
        };
        let statement = Said {
            coop: session.globals.coop.clone(),
            from_day: self.from_day.clone(),
            to_day: self.to_day.clone(),
            ..said(&people, &proved.statement)
        };
        let page = statement.page(&proof, if self.large { Print::Large } else { Print::Usual })?;
        std::fs::write(file, page)
            .map_err(|source| Error::File { path: file.display().to_string(), source })
    }
}

/// The newest checkpoint, verified. A server signs one for whatever it has shown; should it still have an older one at hand,
/// it is asked once more.
async fn covering(session: &Session, position: i64) -> Result<(Checkpoint, String), Error> {
    let coop = session.coop()?;
    let (checkpoint, note) = session.client.checkpoint(&coop).await?;
    if covers(&checkpoint, position) {
        return Ok((checkpoint, note));
    }
    session.client.checkpoint(&coop).await
}

fn covers(checkpoint: &Checkpoint, position: i64) -> bool {
    u64::try_from(position).is_ok_and(|position| checkpoint.size >= position)
}

/// To when the statement is true, and what the checkpoint covers.
fn holds(session: &Session, proved: &Proved) -> String {
    let Proved { statement, checkpoint, .. } = proved;
    let (position, size) = (statement.position, checkpoint.size);
    let then = match &session.globals.read.as_of {
        None => None,
        Some(AsOf::AsOfPosition(entry)) => Some(format!("after entry {entry}")),
        Some(AsOf::AsOfTime(time)) => Some(format!("on {}", say_time(Some(time)))),
        Some(AsOf::AsOfDay(day)) => Some(format!("at the end of {day}")),
    };
    let holds = match then {
        Some(then) => {
            format!("This is how things stood {then}, out of a log of {position} entries now.")
        }
        None => format!("This is true at entry {position} of the co-op's log."),
    };
    if !covers(checkpoint, position) {
        return format!(
            "{holds} The newest checkpoint covers the entries up to {size} only: ask again for one that covers it all."
        );
    }
    let covered = if u64::try_from(position) == Ok(size) && session.globals.read.as_of.is_none() {
        "The checkpoint covers every entry up to it.".to_owned()
    } else {
        format!("The checkpoint is today's: it covers every entry up to {size}.")
    };
    format!("{holds} {covered}")
}

/// The lines as the page shows them.
fn said(people: &People, statement: &v1::GetStatementResponse) -> Said {
    let balance = statement.balance.clone().unwrap_or_default();
    let lines = statement.lines.iter().map(|line| Line {
        entry: line.position,
        day: line.occurred_on.clone(),
        what: what(line),
        with: with(people, line),
        task: words::TASKS.say_number(line.task).to_owned(),
        note: line.note.clone(),
        minutes: line.minutes,
        balance_minutes: line.balance_minutes,
    });
    Said {
        number: balance.number,
        reference: balance.r#ref,
        opening_minutes: statement.opening_minutes,
        lines: lines.collect(),
        balance_minutes: balance.balance_minutes,
        held_minutes: balance.held_minutes,
        available_minutes: balance.available_minutes,
        ..Said::default()
    }
}

fn what(line: &v1::StatementLine) -> String {
    let what = happened(&line.kind);
    match line.reversed_by {
        0 => what.to_owned(),
        by => format!("{what} (reversed by {by})"),
    }
}

fn with(people: &People, line: &v1::StatementLine) -> String {
    match last(&line.counterparty) {
        "pot" => "the community pot".to_owned(),
        "commons" => "the community".to_owned(),
        _ => people.say(&line.counterparty),
    }
}

fn told(people: &People, statement: &v1::GetStatementResponse) -> String {
    let mut grid =
        Grid::new(["entry>", "day", "what", "with", "task", "time>", "balance>", "note"]);
    for line in &statement.lines {
        grid.row([
            line.position.to_string(),
            line.occurred_on.clone(),
            what(line),
            with(people, line),
            words::TASKS.say_number(line.task).to_owned(),
            say_minutes(line.minutes),
            say_minutes(line.balance_minutes),
            line.note.clone(),
        ]);
    }
    let balance = statement.balance.clone().unwrap_or_default();
    let who = harmless(format!("{} {}", balance.number, balance.r#ref).trim());
    let lines = if statement.lines.is_empty() {
        format!("{who}: nothing has moved.")
    } else {
        let opening = say_minutes(statement.opening_minutes);
        format!("{who} had {opening} before these lines.\n{}", table_text(grid))
    };
    [
        lines,
        format!(
            "The balance is {}; {} are held; {} can still be promised.",
            say_minutes(balance.balance_minutes),
            say_minutes(balance.held_minutes),
            say_minutes(balance.available_minutes)
        ),
        "Hours have no cash value and cannot be exchanged for goods.".to_owned(),
    ]
    .join("\n")
}
