//! What a person sees, and what a program reads: tables, sentences, JSON.
//!
//! Data goes to the standard output and talk to the standard error. Nothing is coloured. A reader
//! that goes away early is no error.

use std::io::{self, ErrorKind, IsTerminal, Write};

use comfy_table::{CellAlignment, ContentArrangement, Table, presets};
use ledger_client::Error;
use serde_json::Value;

use crate::cli::advice;

/// How answers are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Output {
    /// For people: tables and sentences.
    Table,
    /// For programs: JSON.
    Json,
}

/// A table on its way to the screen.
pub(crate) struct Grid {
    headers: Vec<&'static str>,
    /// Which columns hold numbers, and so stand to the right.
    right: Vec<usize>,
    rows: Vec<Vec<String>>,
}

impl Grid {
    /// A header that ends in ">" makes a column that stands to the right.
    pub(crate) fn new<const N: usize>(headers: [&'static str; N]) -> Self {
        let right = headers.iter().enumerate().filter(|(_, header)| header.ends_with('>'));
        Self {
            right: right.map(|(place, _)| place).collect(),
            headers: headers.iter().map(|header| header.trim_end_matches('>')).collect(),
            rows: Vec::new(),
        }
    }

    pub(crate) fn row<const N: usize>(&mut self, cells: [String; N]) {
        self.rows.push(cells.into_iter().map(|cell| harmless(&cell)).collect());
    }

    fn text(self) -> String {
        let mut table = Table::new();
        table.load_style(presets::ASCII_BORDERS_ONLY_CONDENSED);
        table.set_content_arrangement(if io::stdout().is_terminal() {
            ContentArrangement::Dynamic
        } else {
            ContentArrangement::Disabled
        });
        table.set_header(self.headers).add_rows(self.rows);
        for place in self.right {
            if let Some(column) = table.column_mut(place) {
                column.set_cell_alignment(CellAlignment::Right);
            }
        }
        table.trim_fmt()
    }
}

/// Text that does nothing to a terminal but stand there.
pub(crate) fn harmless(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

/// Shows a list: a table, or a word where it is empty; or a JSON list.
pub(crate) fn list(output: Output, grid: Grid, json: &Value, empty: &str) -> Result<(), Error> {
    match output {
        Output::Json => data(&pretty(json)),
        Output::Table if grid.rows.is_empty() => talk(empty),
        Output::Table => data(&grid.text()),
    }
}

/// Shows one thing: sentences, or a JSON object.
pub(crate) fn thing(output: Output, text: &str, json: &Value) -> Result<(), Error> {
    match output {
        Output::Json => data(&pretty(json)),
        Output::Table => data(text),
    }
}

/// A table as part of a longer text.
pub(crate) fn table_text(grid: Grid) -> String {
    grid.text()
}

/// One line of JSON, for streams.
pub(crate) fn json_line(json: &Value) -> Result<(), Error> {
    data(&json.to_string())
}

fn pretty(json: &Value) -> String {
    serde_json::to_string_pretty(json).unwrap_or_default()
}

/// Lines for whoever reads the output.
pub(crate) fn data(text: &str) -> Result<(), Error> {
    let mut out = anstream::stdout().lock();
    writeln!(out, "{text}").and_then(|()| out.flush()).map_err(Error::Output)
}

/// Lines for the person at the keyboard.
pub(crate) fn talk(text: &str) -> Result<(), Error> {
    writeln!(anstream::stderr().lock(), "{text}").map_err(Error::Output)
}

/// Whether the reader of the output has gone away, which is no error of ours.
pub(crate) fn reader_gone(error: &Error) -> bool {
    matches!(error, Error::Output(cause) if cause.kind() == ErrorKind::BrokenPipe)
}

/// An error as a person wants to hear it: the sentence, what to try, the reason and its figures.
pub(crate) fn explain(error: &Error) -> String {
    let said = harmless(&error.to_string());
    let mut lines = vec![format!("error: {}", sentence(&said))];
    if let Error::Refused { refusal, .. } = error {
        for violation in &refusal.violations {
            lines.push(harmless(&format!("  {}: {}", violation.field, violation.problem)));
        }
    }
    lines.extend(advice::remedy(error).map(|remedy| format!("try: {remedy}")));
    if let Some(reason) = error.reason() {
        let figures = match error {
            Error::Refused { refusal, .. } => figures(&refusal.metadata),
            Error::Unreachable { .. }
            | Error::Token(_)
            | Error::Address { .. }
            | Error::Unverified(_)
            | Error::NotFound(_)
            | Error::Usage(_)
            | Error::File { .. }
            | Error::Rows(_)
            | Error::PartlyImported(_)
            | Error::Output(_) => String::new(),
        };
        lines.push(harmless(&format!("[{reason}]{figures}")));
    }
    lines.join("\n")
}

/// An error for a program that asked for JSON.
pub(crate) fn explain_json(error: &Error) -> Value {
    let (figures, violations) = match error {
        Error::Refused { refusal, .. } => (
            serde_json::json!(refusal.metadata),
            refusal
                .violations
                .iter()
                .map(|one| serde_json::json!({"field": one.field, "description": one.problem}))
                .collect(),
        ),
        Error::Unreachable { .. }
        | Error::Token(_)
        | Error::Address { .. }
        | Error::Unverified(_)
        | Error::NotFound(_)
        | Error::Usage(_)
        | Error::File { .. }
        | Error::Rows(_)
        | Error::PartlyImported(_)
        | Error::Output(_) => (serde_json::json!({}), Vec::<Value>::new()),
    };
    serde_json::json!({
        "error": {
            "message": error.to_string(),
            "reason": error.reason(),
            "figures": figures,
            "violations": violations,
            "try": advice::remedy(error),
            "exit_code": error.exit_code(),
        }
    })
}

fn figures(metadata: &std::collections::BTreeMap<String, String>) -> String {
    // The remedy stands above, as what to try.
    let figures = metadata.iter().filter(|(name, _)| *name != "remedy");
    let said = figures.map(|(name, value)| match value.parse() {
        Ok(minutes) if name.ends_with("_minutes") || name == "minutes" => {
            format!("{name} {value} ({})", ledger_client::typed::say_minutes(minutes))
        }
        Ok(_) | Err(_) => format!("{name} {value}"),
    });
    let said = said.collect::<Vec<_>>().join(", ");
    if said.is_empty() { said } else { format!(" {said}") }
}

/// With a stop at its end.
pub(crate) fn sentence(text: &str) -> String {
    if text.ends_with(['.', '!', '?', ':']) { text.to_owned() } else { format!("{text}.") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_cannot_command_a_terminal() {
        let mut grid = Grid::new(["name", "minutes>"]);
        grid.row(["Eve\u{1b}[2J".to_owned(), "90".to_owned()]);
        let text = grid.text();
        assert!(!text.contains('\u{1b}') && text.contains("Eve"));
    }

    #[test]
    fn an_error_says_what_to_try_and_why() {
        let refusal = ledger_proto::Refusal {
            reason: "NOT_ENOUGH_HOURS".to_owned(),
            message: "There is not so much in the account".to_owned(),
            metadata: [("available_minutes".to_owned(), "90".to_owned())].into(),
            ..ledger_proto::Refusal::default()
        };
        let error = Error::Refused {
            code: ledger_client::Code::Refused,
            refusal: Box::new(refusal),
            request_id: None,
        };
        let said = explain(&error);
        assert!(said.starts_with("error: There is not so much in the account.\ntry: "), "{said}");
        assert!(said.ends_with("[NOT_ENOUGH_HOURS] available_minutes 90 (1 h 30 min)"), "{said}");
    }
}
