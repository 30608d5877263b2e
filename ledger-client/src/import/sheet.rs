//! One spreadsheet file, taken apart into rows, whatever program saved it.

use std::path::Path;

use super::problem::{RowProblem, plain_line};
use crate::error::Error;

/// A column that says why a row was refused. It is written by us and never read.
pub(super) const ERROR_COLUMN: &str = "error";

/// Which columns a file has.
#[derive(Clone, Copy, Debug)]
pub(super) struct Layout {
    /// What the file is called.
    pub(super) file: &'static str,
    /// The columns that it must have. They may stand in any order.
    pub(super) columns: &'static [&'static str],
    /// The columns that it may have.
    pub(super) optional: &'static [&'static str],
}

/// A file of the folder, as it was found.
#[derive(Clone, Debug)]
pub struct Sheet {
    /// What the file is called, for example `hours.csv`.
    pub file: &'static str,
    /// The cells of its first line, in small letters and without blanks around them.
    pub headers: Vec<String>,
    /// The rows below it, blank ones left out.
    pub rows: Vec<SheetRow>,
    /// Whether the cells stand apart by commas or by semicolons.
    pub delimiter: u8,
}

/// A row of a file.
#[derive(Clone, Debug)]
pub struct SheetRow {
    /// The line in the file on which it begins; the header is line 1.
    pub line: i64,
    /// Its cells, in the order of the file.
    pub cells: Vec<String>,
}

impl Sheet {
    /// Where a column stands. None: the file has no such column.
    pub fn column(&self, name: &str) -> Option<usize> {
        self.headers.iter().position(|header| header == name)
    }

    /// The cell of a row under a header, without blanks around it. Empty if it is not there.
    pub fn cell<'a>(&self, row: &'a SheetRow, name: &str) -> &'a str {
        self.column(name).and_then(|place| row.cells.get(place)).map_or("", |cell| cell.trim())
    }

    /// A word on each column that is not read, which may be a misspelt one.
    pub(super) fn unread_columns(&self, layout: Layout) -> Vec<String> {
        let read = |name: &str| {
            let Layout { file: _, columns, optional } = layout;
            columns.contains(&name) || optional.contains(&name) || name == ERROR_COLUMN
        };
        let unread = self.headers.iter().filter(|name| !name.is_empty() && !read(name));
        let told = |name: &String| {
            format!("{}: the column \"{}\" is not read", self.file, plain_line(name))
        };
        unread.map(told).collect()
    }

    /// The row that begins on a line.
    pub fn row(&self, line: i64) -> Option<&SheetRow> {
        self.rows.iter().find(|row| row.line == line)
    }
}

/// Reads the file of a layout. None: the folder has no such file.
pub(super) fn read(
    folder: &Path,
    layout: Layout,
    problems: &mut Vec<RowProblem>,
) -> Result<Option<Sheet>, Error> {
    let failed = |source| Error::File { path: folder.display().to_string(), source };
    for entry in std::fs::read_dir(folder).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().to_lowercase();
        if name == layout.file {
            let bytes = std::fs::read(&path)
                .map_err(|source| Error::File { path: path.display().to_string(), source })?;
            return Ok(Some(take_apart(layout, &text(bytes), problems)));
        }
    }
    Ok(None)
}

/// The text of a file: UTF-8, with or without its mark, or else what Windows used to write.
fn text(bytes: Vec<u8>) -> String {
    let text = String::from_utf8(bytes)
        .unwrap_or_else(|error| error.as_bytes().iter().map(|byte| char::from(*byte)).collect());
    text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text)
}

fn take_apart(layout: Layout, text: &str, problems: &mut Vec<RowProblem>) -> Sheet {
    let delimiter = delimiter(text);
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(delimiter)
        .from_reader(text.as_bytes());
    let mut lines = Lines { text, at: 0, line: 1 };
    let mut sheet = Sheet { file: layout.file, headers: Vec::new(), rows: Vec::new(), delimiter };
    let mut record = csv::StringRecord::new();
    // The text is in memory and is UTF-8, and any shape of row is taken: nothing can fail here.
    while reader.read_record(&mut record).unwrap_or(false) {
        let line = lines.line_of(record.position().map_or(0, csv::Position::byte));
        if record.iter().all(|cell| cell.trim().is_empty()) {
            continue;
        }
        if sheet.headers.is_empty() {
            sheet.headers = record.iter().map(|cell| cell.trim().to_lowercase()).collect();
            continue;
        }
        sheet.rows.push(SheetRow { line, cells: record.iter().map(str::to_owned).collect() });
    }
    let first = |column: &str, problem: &str, mend: &str| RowProblem {
        file: layout.file.to_owned(),
        line: 1,
        column: column.to_owned(),
        value: String::new(),
        problem: problem.to_owned(),
        mend: mend.to_owned(),
        reason: "INVALID_FIELD".to_owned(),
    };
    for name in layout.columns {
        let mend = format!("Write these in the first line: {}.", layout.columns.join(", "));
        match sheet.headers.iter().filter(|header| header == name).count() {
            0 => problems.push(first(name, "is a column that is not there", &mend)),
            1 => {}
            _ => problems.push(first(name, "is there twice", "Leave only one of the columns.")),
        }
    }
    if let Some(row) = unclosed(&sheet, text) {
        problems.push(RowProblem {
            line: row,
            ..first(
                sheet.headers.first().map_or("", String::as_str),
                "has a quotation mark that is never closed, so the rest of the file is one cell",
                "Close it, or take it out.",
            )
        });
    }
    sheet
}

/// The sign that stands most often in the first line, outside quotation marks.
fn delimiter(text: &str) -> u8 {
    let first = text.lines().find(|line| !line.trim().is_empty()).unwrap_or_default();
    let count = |sign: char| {
        first.split('"').step_by(2).flat_map(str::chars).filter(|c| *c == sign).count()
    };
    match (count(','), count(';'), count('\t')) {
        (commas, semicolons, tabs) if semicolons > commas && semicolons >= tabs => b';',
        (commas, _, tabs) if tabs > commas => b'\t',
        _ => b',',
    }
}

/// The line of the last row, if a quotation mark in it swallows what follows.
fn unclosed(sheet: &Sheet, text: &str) -> Option<i64> {
    let last = sheet.rows.last()?;
    let before = usize::try_from(last.line - 1).ok()?;
    let rest: Vec<&str> = text.lines().skip(before).collect();
    let marks: usize = rest.iter().map(|line| line.matches('"').count()).sum();
    (rest.len() > 1 && !marks.is_multiple_of(2)).then_some(last.line)
}

/// Counts lines from byte positions, so that line ends of every kind come to the same.
struct Lines<'a> {
    text: &'a str,
    at: usize,
    line: i64,
}

impl Lines<'_> {
    /// The line of the first character at or after a byte that is no line end.
    fn line_of(&mut self, byte: u64) -> i64 {
        let byte = usize::try_from(byte).unwrap_or(usize::MAX);
        let bytes = self.text.as_bytes();
        while let Some(here) = bytes.get(self.at) {
            if self.at >= byte && !matches!(here, b'\r' | b'\n') {
                break;
            }
            let lone_return = *here == b'\r' && bytes.get(self.at + 1) != Some(&b'\n');
            if *here == b'\n' || lone_return {
                self.line += 1;
            }
            self.at += 1;
        }
        self.line
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LAYOUT: Layout =
        Layout { file: "hours.csv", columns: &["date", "giver"], optional: &["note"] };

    fn sheet(text: &str) -> (Sheet, Vec<String>) {
        let mut problems = Vec::new();
        let sheet = take_apart(LAYOUT, text, &mut problems);
        (sheet, problems.iter().map(ToString::to_string).collect())
    }

    #[test]
    fn lines_are_those_that_an_editor_shows() {
        for end in ["\n", "\r\n"] {
            let text = ["date,giver", "a,b", "", "\"c\nc\",d", "e,f", ",,", "g,h", ""].join(end);
            let (sheet, problems) = sheet(&text);
            let lines: Vec<i64> = sheet.rows.iter().map(|row| row.line).collect();
            assert_eq!(lines, [2, 4, 6, 8], "{end:?}");
            assert!(problems.is_empty());
        }
    }

    /// Found by fuzzing: what is told of a file is told on one line, whatever stands in its headers.
    #[test]
    fn a_header_of_many_lines_is_told_on_one() {
        let (sheet, problems) = sheet("\"da\u{1b}[2J\nte\",date,giver\na,b,c\nd,\"e,f\ng");
        let told = [problems, sheet.unread_columns(LAYOUT)].concat();
        assert_eq!(told.len(), 2, "{told:?}");
        assert!(!told.iter().any(|line| line.contains(char::is_control)), "{told:?}");
        assert!(told[0].starts_with("hours.csv:4: da [2j te: has a quotation mark"), "{told:?}");
        let (_, problems) = self::sheet(",date,giver\na,b,c\nd,\"e,f\ng");
        assert!(problems[0].starts_with("hours.csv:3: has a quotation mark"), "{problems:?}");
    }

    #[test]
    fn columns_are_found_by_name() {
        let (sheet, problems) = sheet("Giver ; DATE;error\nV005; 1/4/25 ;x\n");
        assert!(problems.is_empty());
        let row = sheet.row(2).unwrap();
        assert_eq!((sheet.cell(row, "date"), sheet.cell(row, "giver")), ("1/4/25", "V005"));
    }

    #[test]
    fn a_missing_column_is_named_once() {
        let (_, problems) = sheet("date,givver\na,b\n");
        assert_eq!(
            problems,
            [
                "hours.csv:1: giver: is a column that is not there. Write these in the first line: date, giver."
            ]
        );
    }

    #[test]
    fn an_unclosed_quotation_mark_does_not_swallow_rows_unseen() {
        let (_, problems) = sheet("date,giver\na,\"b\nc,d\ne,f\n");
        assert_eq!(problems.len(), 1);
        assert!(problems[0].starts_with("hours.csv:2: date: has a quotation mark"));
    }

    #[test]
    fn old_windows_files_are_read() {
        assert_eq!(text(b"\xef\xbb\xbfdate".to_vec()), "date");
        assert_eq!(text(b"\xa35.00".to_vec()), "£5.00");
    }
}
