//! Cells that do nothing but stand there, and the two ways in which a table is written.
//!
//! The rule for spreadsheets: a cell is a whole number, made from an integer and from nothing else, or it is text. Text
//! has no line ends or other control characters (a blank stands for each), and text that a spreadsheet could take for
//! a formula, since its first mark is one of `= + - @`, begins with an apostrophe; so does what follows a semicolon, since
//! that ends a cell in some countries. In JSON text stands as it is.

use std::io::{self, Write};

use ledger_core::{Day, Event, MemberId, Position, Timestamp};
use serde::ser::{Serialize, Serializer};

/// How a table is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// For spreadsheets: a line of names, then a line a row.
    Csv,
    /// For programs: a JSON object a line.
    Jsonl,
}

/// What stands in a cell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Cell {
    Nothing,
    Number(i64),
    Text(String),
}

impl Cell {
    pub(super) fn text(text: &str) -> Self {
        Self::Text(text.to_owned())
    }

    pub(super) fn word(word: &str) -> Self {
        Self::Text(spoken(word))
    }

    pub(super) fn count(number: u64) -> Self {
        i64::try_from(number).map_or_else(|_| Self::Text(number.to_string()), Self::Number)
    }

    pub(super) fn moment(at: Timestamp) -> Self {
        let at = chrono::DateTime::from_timestamp_millis(at.unix_ms());
        at.map_or(Self::Nothing, |at| Self::Text(at.format("%Y-%m-%dT%H:%M:%S%.3fZ").to_string()))
    }
}

impl From<i64> for Cell {
    fn from(number: i64) -> Self {
        Self::Number(number)
    }
}

impl From<Day> for Cell {
    fn from(day: Day) -> Self {
        Self::Text(day.to_string())
    }
}

impl From<Position> for Cell {
    fn from(position: Position) -> Self {
        Self::count(position.get())
    }
}

impl From<MemberId> for Cell {
    fn from(member: MemberId) -> Self {
        Self::Number(member.get().into())
    }
}

impl<T: Into<Self>> From<Option<T>> for Cell {
    fn from(cell: Option<T>) -> Self {
        cell.map_or(Self::Nothing, Into::into)
    }
}

impl Serialize for Cell {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Nothing => to.serialize_none(),
            Self::Number(number) => to.serialize_i64(*number),
            Self::Text(text) => to.serialize_str(text),
        }
    }
}

/// A word of the ledger's own, as a person writes it: `HoursConfirmed` is "hours confirmed".
pub(super) fn spoken(word: &str) -> String {
    let mut plain = String::new();
    for c in word.chars() {
        if c.is_ascii_uppercase() && !plain.is_empty() {
            plain.push(' ');
        }
        plain.push(c.to_ascii_lowercase());
    }
    plain
}

/// The entry that an event takes back, if it takes one back.
pub(super) const fn reverses(event: &Event) -> Option<Position> {
    if let Event::EntryReversed { entry, .. } = event { Some(*entry) } else { None }
}

/// A table on its way out.
pub(super) struct Table<W: Write> {
    columns: &'static [&'static str],
    lines: Lines<W>,
}

enum Lines<W: Write> {
    Csv(Box<csv::Writer<W>>),
    Json(W),
}

impl<W: Write> Table<W> {
    pub(super) fn new(
        format: Format,
        columns: &'static [&'static str],
        out: W,
    ) -> io::Result<Self> {
        let lines = match format {
            Format::Csv => {
                let mut csv = csv::Writer::from_writer(out);
                csv.write_record(columns).map_err(unwritten)?;
                Lines::Csv(Box::new(csv))
            }
            Format::Jsonl => Lines::Json(out),
        };
        Ok(Self { columns, lines })
    }

    /// Writes a row: a cell for each column.
    pub(super) fn row(&mut self, cells: &[Cell]) -> io::Result<()> {
        debug_assert_eq!(cells.len(), self.columns.len());
        match &mut self.lines {
            Lines::Csv(csv) => csv.write_record(cells.iter().map(plain)).map_err(unwritten),
            Lines::Json(out) => {
                let named = self.columns.iter().zip(cells);
                serde_json::Serializer::new(&mut *out).collect_map(named)?;
                out.write_all(b"\n")
            }
        }
    }

    pub(super) fn finish(self) -> io::Result<W> {
        match self.lines {
            Lines::Csv(csv) => csv.into_inner().map_err(csv::IntoInnerError::into_error),
            Lines::Json(mut out) => {
                out.flush()?;
                Ok(out)
            }
        }
    }
}

/// What the system said, and not only that something went wrong: that a reader went away is no error.
fn unwritten(error: csv::Error) -> io::Error {
    let said = error.to_string();
    if let csv::ErrorKind::Io(error) = error.into_kind() { error } else { io::Error::other(said) }
}

/// A cell as it may stand in a spreadsheet.
fn plain(cell: &Cell) -> String {
    match cell {
        Cell::Nothing => String::new(),
        Cell::Number(number) => number.to_string(),
        Cell::Text(text) => inert(text),
    }
}

/// Text that no spreadsheet runs, not even one for which a semicolon ends a cell.
fn inert(text: &str) -> String {
    let one_line: String = text.chars().map(|c| if breaks(c) { ' ' } else { c }).collect();
    one_line
        .split(';')
        .map(|part| if runs(part) { format!("'{part}") } else { part.to_owned() })
        .collect::<Vec<_>>()
        .join(";")
}

/// Whether a program could take text for a formula. Neither blanks nor quotes in front hide it from all of them; the
/// wide signs are the same keys of another keyboard.
fn runs(text: &str) -> bool {
    let shown = text.trim_start_matches(|c: char| c.is_whitespace() || c == '"');
    shown.starts_with(['=', '+', '-', '@', '＝', '＋', '－', '＠'])
}

/// Whether something is a control character, or ends a line.
fn breaks(c: char) -> bool {
    c.is_control() || matches!(c, '\u{2028}' | '\u{2029}')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn table(format: Format, cells: &[Cell]) -> String {
        let mut table = Table::new(format, &["a", "b"], Vec::new()).unwrap();
        table.row(cells).unwrap();
        String::from_utf8(table.finish().unwrap()).unwrap()
    }

    /// Reads the cells of the first row back.
    fn read(text: &str) -> Vec<String> {
        let mut lines = csv::Reader::from_reader(text.as_bytes());
        let rows: Vec<csv::StringRecord> = lines.records().map(Result::unwrap).collect();
        assert_eq!(rows.len(), 1, "{text:?}");
        rows[0].iter().map(str::to_owned).collect()
    }

    #[test]
    fn numbers_stay_numbers_and_formulas_do_not_run() {
        let cells = [Cell::Number(-30), Cell::text("=HYPERLINK(\"x\")")];
        assert_eq!(table(Format::Csv, &cells), "a,b\n-30,\"'=HYPERLINK(\"\"x\"\")\"\n");
        let json = table(Format::Jsonl, &cells);
        assert_eq!(json, "{\"a\":-30,\"b\":\"=HYPERLINK(\\\"x\\\")\"}\n");
        assert_eq!(table(Format::Jsonl, &[Cell::Nothing, Cell::text("x\ny")]).lines().count(), 1);
        assert_eq!(inert("-5"), "'-5", "text is no amount");
        assert_eq!(inert("\t@x\r\n"), "' @x  ");
        assert_eq!(inert("tea;=1+1; \"-x\";y"), "tea;'=1+1;' \"-x\";y");
        assert_eq!(Cell::word("HoursConfirmed"), Cell::text("hours confirmed"));
        assert_eq!(
            Cell::moment(Timestamp::from_unix_ms(7)),
            Cell::text("1970-01-01T00:00:00.007Z")
        );
    }

    struct Gone;

    impl Write for Gone {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(io::ErrorKind::BrokenPipe.into())
        }

        fn flush(&mut self) -> io::Result<()> {
            self.write(&[]).map(drop)
        }
    }

    #[test]
    fn that_a_reader_went_away_can_be_told_from_other_errors() {
        for format in [Format::Csv, Format::Jsonl] {
            let mut table = Table::new(format, &["a"], Gone).unwrap();
            let long = Cell::text(&"x".repeat(100_000));
            assert_eq!(table.row(&[long]).unwrap_err().kind(), io::ErrorKind::BrokenPipe);
        }
    }

    fn any_text() -> impl Strategy<Value = String> {
        let mark = || {
            prop::sample::select(
                &['=', '+', '-', '@', '\t', '\r', '\n', ' ', '"', ',', ';', '\'', '\u{ff1d}'][..],
            )
        };
        let marks = prop::collection::vec(prop_oneof![mark(), any::<char>()], 0..12);
        prop_oneof![marks.prop_map(String::from_iter), any::<String>(), "[-+=@][0-9]{1,4}"]
    }

    proptest! {
        /// Whatever the text, the cell that a spreadsheet reads begins with nothing that runs, on one line, and nothing
        /// else of it is lost.
        #[test]
        fn no_text_runs(text in any_text(), number in any::<i64>()) {
            let cells = read(&table(Format::Csv, &[Cell::Text(text.clone()), Cell::Number(number)]));
            let dangerous = |cell: &str| cell.trim_start().starts_with(['=', '+', '-', '@', '\t', '\r']);
            prop_assert!(!cells[0].split(';').any(dangerous), "{cells:?}");
            prop_assert!(!cells[0].contains(breaks));
            let said = |text: &str| text.chars().filter(|c| *c != '\'').map(|c| if breaks(c) { ' ' } else { c }).collect::<String>();
            prop_assert_eq!(said(&cells[0]), said(&text));
            prop_assert_eq!(cells[1].parse(), Ok(number));
        }

        /// In JSON it is what it was.
        #[test]
        fn no_text_is_lost(text in any_text()) {
            let line = table(Format::Jsonl, &[Cell::Text(text.clone()), Cell::Nothing]);
            let read: serde_json::Value = serde_json::from_str(line.trim_end_matches('\n')).unwrap();
            prop_assert_eq!(read["a"].as_str(), Some(text.as_str()));
            prop_assert_eq!(line.lines().count(), 1);
        }
    }
}
