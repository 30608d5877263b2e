//! One row, read cell by cell: every problem of it is collected, and none stops the reading.

use super::problem::RowProblem;
use super::sheet::{Sheet, SheetRow};
use crate::typed::{self, Slip};
use crate::words::Words;

/// A row on its way to becoming steps.
pub(super) struct Row<'a> {
    sheet: &'a Sheet,
    cells: &'a SheetRow,
    problems: Vec<RowProblem>,
}

impl<'a> Row<'a> {
    pub(super) const fn new(sheet: &'a Sheet, cells: &'a SheetRow) -> Self {
        Self { sheet, cells, problems: Vec::new() }
    }

    /// What was wrong with it, when all of it has been read.
    pub(super) fn into_problems(mut self) -> Vec<RowProblem> {
        let surplus = self.cells.cells.iter().skip(self.sheet.headers.len());
        if let Some(cell) = surplus.map(|cell| cell.trim()).find(|cell| !cell.is_empty()) {
            let column = self.sheet.headers.last().cloned().unwrap_or_default();
            let slip = Slip::new(
                "stands beyond the last column",
                "Put quotation marks around a cell that has the separating sign in it.",
            );
            self.problem(&column, cell, slip);
        }
        self.problems
    }

    /// The cell as it stands, without blanks around it and single ones inside. May be empty.
    pub(super) fn text(&self, column: &str) -> String {
        self.sheet.cell(self.cells, column).split_whitespace().collect::<Vec<_>>().join(" ")
    }

    /// The cell, which must not be empty.
    pub(super) fn filled(&mut self, column: &str, mend: &str) -> Option<String> {
        let text = self.text(column);
        if text.is_empty() {
            self.problem(column, "", Slip::new("is empty", mend));
            return None;
        }
        Some(text)
    }

    /// The reference of a member, which must not be empty.
    pub(super) fn reference(&mut self, column: &str) -> Option<String> {
        self.filled(column, "Write the reference of a member as it stands in members.csv.")
    }

    pub(super) fn day(&mut self, column: &str) -> Option<String> {
        self.read(column, typed::day)
    }

    pub(super) fn minutes(&mut self, column: &str) -> Option<i64> {
        self.read(column, typed::minutes)
    }

    pub(super) fn money(&mut self, column: &str) -> Option<i64> {
        self.read(column, typed::money)
    }

    pub(super) fn money_or_nothing(&mut self, column: &str) -> Option<i64> {
        if self.text(column).is_empty() {
            return Some(0);
        }
        self.read(column, typed::money_or_nothing)
    }

    pub(super) fn count(&mut self, column: &str) -> Option<i64> {
        self.read(column, typed::count)
    }

    /// One of a closed list, and what it is called.
    pub(super) fn choice<E: Copy + PartialEq + TryFrom<i32>>(
        &mut self,
        column: &str,
        words: &Words<E>,
    ) -> Option<(E, &'static str)> {
        self.read(column, |typed| words.read(typed)).map(|thing| (thing, words.say(thing)))
    }

    /// A day that is not before another one of the same row.
    pub(super) fn not_before(
        &mut self,
        column: &str,
        day: &str,
        other: &str,
        earlier: &str,
    ) -> bool {
        let fine = day >= earlier;
        if !fine {
            let value = self.text(column);
            let mend = format!("One of the two days is wrong: {other} is {earlier}.");
            self.problem(column, &value, Slip::new(format!("is before the day in {other}"), mend));
        }
        fine
    }

    /// Reads a cell in one way or another, and keeps what was wrong.
    pub(super) fn read<T>(
        &mut self,
        column: &str,
        reader: impl FnOnce(&str) -> Result<T, Slip>,
    ) -> Option<T> {
        let value = self.sheet.cell(self.cells, column);
        let slip = match reader(value) {
            Ok(read) => return Some(read),
            Err(Slip { problem: _, mend }) if value.is_empty() => Slip::new("is empty", mend),
            Err(slip) => slip,
        };
        self.problem(column, value, slip);
        None
    }

    fn problem(&mut self, column: &str, value: &str, slip: Slip) {
        self.problems.push(RowProblem {
            file: self.sheet.file.to_owned(),
            line: self.cells.line,
            column: column.to_owned(),
            value: value.to_owned(),
            problem: slip.problem,
            mend: slip.mend,
            reason: "INVALID_FIELD".to_owned(),
        });
    }
}
