//! A statement as a page: to be read in a browser, printed, and held against the history years later.

mod square;

use askama::Template;
use chrono::NaiveDate;

use crate::error::Error;

pub use square::Square;

/// How large the letters are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Print {
    /// As in a letter.
    #[default]
    Usual,
    /// For whoever reads with difficulty: half as large again, and one fact below the other.
    Large,
}

/// What a statement says. The words are final; what they mean to a browser is taken care of here.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Statement {
    /// The co-op, for example "colne-valley".
    pub coop: String,
    /// The member's number, with its check digit.
    pub number: String,
    /// The co-op's own reference. Empty: none.
    pub reference: String,
    /// The first day that was asked for, ISO. Nothing: from the start.
    pub from_day: Option<String>,
    /// The last day that was asked for, ISO. Nothing: to the end.
    pub to_day: Option<String>,
    /// What was in the account before the first line.
    pub opening_minutes: i64,
    /// The movements, oldest first.
    pub lines: Vec<Line>,
    /// What stands in the account.
    pub balance_minutes: i64,
    /// How much is held beside it for promises.
    pub held_minutes: i64,
    /// How much of it can still be promised.
    pub available_minutes: i64,
}

/// A movement.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Line {
    /// The number of its entry.
    pub entry: i64,
    /// The day on which it happened, ISO.
    pub day: String,
    /// What happened, in a few words.
    pub what: String,
    /// With whom. Empty: nobody in particular.
    pub with: String,
    /// What kind of help. Empty: none.
    pub task: String,
    /// What was noted about it. Empty: nothing.
    pub note: String,
    /// What it added; below zero, what it took.
    pub minutes: i64,
    /// What was in the account after it.
    pub balance_minutes: i64,
}

/// What proves a statement: the checkpoint that covers it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proof {
    /// To when the statement is true, in sentences.
    pub holds: String,
    /// The checkpoint as a line that can be typed.
    pub line: String,
    /// The checkpoint as its signed note.
    pub note: String,
}

#[derive(Template)]
#[template(path = "statement.html")]
struct Page<'s> {
    statement: &'s Statement,
    proof: &'s Proof,
    days: String,
    square: String,
    print: Print,
}

impl Statement {
    /// The page: whole in itself, with nothing to fetch and nothing that runs.
    pub fn page(&self, proof: &Proof, print: Print) -> Result<String, Error> {
        let square = Square::of(&proof.note)?.svg();
        let days = say_days(self.from_day.as_deref(), self.to_day.as_deref());
        let page = Page { statement: self, proof, days, square, print };
        page.render().map_err(|error| Error::Output(std::io::Error::other(error)))
    }
}

impl Line {
    /// What kind of help, and with whom.
    fn details(&self) -> String {
        let with = if self.with.is_empty() { String::new() } else { format!("with {}", self.with) };
        let parts = [self.task.as_str(), with.as_str()].into_iter().filter(|part| !part.is_empty());
        parts.collect::<Vec<_>>().join(", ")
    }

    /// With a sign, since a column of amounts is read at a glance.
    fn moved(&self) -> String {
        let sign = if self.minutes > 0 { "+" } else { "" };
        format!("{sign}{}", spell_minutes(&self.minutes))
    }
}

fn say_days(from: Option<&str>, to: Option<&str>) -> String {
    match (from, to) {
        (None, None) => "all, up to now".to_owned(),
        (Some(from), None) => format!("from {}", spell_day(from)),
        (None, Some(to)) => format!("until {}", spell_day(to)),
        (Some(from), Some(to)) => format!("{} to {}", spell_day(from), spell_day(to)),
    }
}

/// A day as people write it: "1 April 2025".
fn spell_day(iso: &str) -> String {
    let day = NaiveDate::parse_from_str(iso, "%Y-%m-%d");
    day.map_or_else(|_| iso.to_owned(), |day| day.format("%-d %B %Y").to_string())
}

/// Minutes in whole words, which a screen reader says as they are: "3 hours 30 minutes".
#[allow(clippy::trivially_copy_pass_by_ref, reason = "a template hands out references")]
fn spell_minutes(minutes: &i64) -> String {
    let counted = |count: u64, one: &str| {
        if count == 1 { format!("1 {one}") } else { format!("{count} {one}s") }
    };
    let sign = if *minutes < 0 { "\u{2212}" } else { "" };
    let (hours, rest) = (minutes.unsigned_abs() / 60, minutes.unsigned_abs() % 60);
    let words = match (hours, rest) {
        (0, rest) => counted(rest, "minute"),
        (hours, 0) => counted(hours, "hour"),
        (hours, rest) => format!("{} {}", counted(hours, "hour"), counted(rest, "minute")),
    };
    format!("{sign}{words}")
}

#[cfg(test)]
mod tests;
