//! A co-op's past, read out of a folder of spreadsheets into steps that the ledger can take.
//!
//! Each step is known for ever by its file, its text and its number among its twins, so that a
//! folder that has grown brings only what is new. Reading asks nobody: whether a name is known or
//! an account is full enough is for the ledger to say.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use ledger_proto::v1::{ImportRefusal, ImportStep, import_step::Step};

use crate::error::Error;

mod keep;
mod problem;
mod row;
mod rows;
mod sheet;

use keep::Taken;
pub use keep::{MARKER, set_aside};
pub use problem::RowProblem;
use row::Row;
use rows::{Draft, KINDS, Kind, Known, Turn};
pub use sheet::{Sheet, SheetRow};

/// A folder of spreadsheets, read.
#[derive(Clone, Debug)]
pub struct Folder {
    /// What the import is called: the name in the folder's marker, or that of the folder itself.
    pub name: String,
    /// What has happened, in the order in which it did.
    pub steps: Vec<ImportStep>,
    /// Every row that cannot be read, in the order of the files.
    pub problems: Vec<RowProblem>,
    /// What a person may want to know besides.
    pub notes: Vec<String>,
    /// The files as they stand.
    pub sheets: Vec<Sheet>,
}

/// Where a row stands: its file, and its line in it.
pub type Place = (String, i64);

/// Reads every file of a folder. What is wrong with single rows is in the answer.
pub fn read_folder(folder: &Path) -> Result<Folder, Error> {
    let (marked, taken) = keep::marker(folder)?;
    let (mut sheets, mut problems, mut notes) = (Vec::new(), Vec::new(), Vec::new());
    for kind in &KINDS {
        match sheet::read(folder, kind.layout, &mut problems)? {
            Some(sheet) => {
                notes.extend(sheet.unread_columns(kind.layout));
                sheets.push(sheet);
            }
            None => notes.push(format!("there is no {}: skipped", kind.layout.file)),
        }
    }
    if sheets.is_empty() {
        let files = KINDS.map(|kind| kind.layout.file).join(", ");
        let folder = folder.display();
        return Err(Error::Usage(format!("{folder} has none of the files that are read: {files}")));
    }
    let broken: BTreeSet<String> = problems.iter().map(|problem| problem.file.clone()).collect();
    let known = Known { refs: references(&sheets) };
    let mut steps = Vec::new();
    let mut unread = Vec::new();
    for sheet in &sheets {
        let Some(kind) = KINDS.iter().find(|kind| kind.layout.file == sheet.file) else { continue };
        let mut twins = Twins { taken: &taken, seen: BTreeMap::new() };
        for row in &sheet.rows {
            // A file without its columns is one problem, not one for each of its rows.
            if broken.contains(sheet.file) {
                unread.push((sheet, row, kind.day));
                continue;
            }
            let (drafts, found) = read_row(kind, sheet, row, &known);
            // Twins further down keep their numbers when this row has been mended.
            let numbered = twins.number(sheet.file, row.line, drafts);
            if found.is_empty() {
                steps.extend(numbered);
            } else {
                problems.extend(found);
                unread.push((sheet, row, kind.day));
            }
        }
    }
    let earliest = steps.iter().map(|(_, step)| step.date.clone()).min();
    let earliest = earliest.unwrap_or_else(|| "1970-01-01".to_owned());
    for (sheet, row, day) in unread {
        steps.push(stand_in(sheet, row, day, &earliest, &known));
    }
    steps.sort_by(|(turn, step), (other_turn, other)| {
        (&step.date, turn).cmp(&(&other.date, other_turn))
    });
    let files = KINDS.map(|kind| kind.layout.file);
    problem::in_order(&mut problems, &files);
    Ok(Folder {
        name: marked.unwrap_or_else(|| name_of(folder)),
        steps: steps.into_iter().map(|(_, step)| step).collect(),
        problems,
        notes,
        sheets,
    })
}

impl Folder {
    /// Adds what the ledger refused to what could not be read, each told in the sheet's words.
    pub fn add_refusals(&mut self, refusals: &[ImportRefusal]) {
        let told = refusals.iter().map(|refusal| problem::of_refusal(refusal, &self.sheets));
        self.problems.extend(told.collect::<Vec<_>>());
        problem::in_order(&mut self.problems, &KINDS.map(|kind| kind.layout.file));
    }

    /// The rows that have a problem.
    pub fn refused_rows(&self) -> BTreeSet<Place> {
        self.problems.iter().map(|problem| (problem.file.clone(), problem.line)).collect()
    }

    /// The steps that come of rows without a problem, with the numbers that they had.
    pub fn good_steps(&self) -> Vec<ImportStep> {
        let refused = self.refused_rows();
        let good = |step: &&ImportStep| {
            !matches!(step.step, Some(Step::Unreadable(_)))
                && !refused.contains(&(step.file.clone(), step.line))
        };
        self.steps.iter().filter(good).cloned().collect()
    }
}

fn read_row(
    kind: &Kind,
    sheet: &Sheet,
    row: &SheetRow,
    known: &Known,
) -> (Vec<Draft>, Vec<RowProblem>) {
    let mut reading = Row::new(sheet, row);
    let drafts = (kind.steps)(&mut reading, known);
    (drafts, reading.into_problems())
}

/// What stands in the list for a row that cannot be read: on its day, if that can be read.
fn stand_in(
    sheet: &Sheet,
    row: &SheetRow,
    day: &str,
    earliest: &str,
    known: &Known,
) -> (Turn, ImportStep) {
    let date = crate::typed::day(sheet.cell(row, day)).unwrap_or_else(|_| earliest.to_owned());
    let (text, step) = rows::unreadable(sheet, row, known);
    let file = sheet.file.to_owned();
    // It is never recorded, so its number only has to tell it from the others.
    let occurrence = row.line;
    let step = ImportStep { file, line: row.line, text, occurrence, date, step: Some(step) };
    (Turn::Unreadable, step)
}

/// Counts, in one file, the steps that have the same text.
struct Twins<'a> {
    taken: &'a Taken,
    seen: BTreeMap<String, i64>,
}

impl Twins<'_> {
    /// Gives each step of a row its number: the next one that no other step has.
    fn number(&mut self, file: &str, line: i64, drafts: Vec<Draft>) -> Vec<(Turn, ImportStep)> {
        let mut first: Option<(String, i64)> = None;
        let mut steps = Vec::new();
        for Draft { turn, date, text, mut step } in drafts {
            let seen = self.seen.entry(text.clone()).or_insert(0);
            *seen += 1;
            while self.taken.has(file, &text, *seen) {
                *seen += 1;
            }
            let occurrence = *seen;
            if let Some((first_text, first_occurrence)) = &first {
                rest_on(&mut step, first_text, *first_occurrence);
            }
            first.get_or_insert((text.clone(), occurrence));
            let file = file.to_owned();
            let step = ImportStep { file, line, text, occurrence, date, step: Some(step) };
            steps.push((turn, step));
        }
        steps
    }
}

/// Says which step of its row a second step settles.
fn rest_on(step: &mut Step, text: &str, occurrence: i64) {
    match step {
        Step::RespiteSettled(settled) => {
            text.clone_into(&mut settled.asked_text);
            settled.asked_occurrence = occurrence;
        }
        Step::VoucherSettled(settled) => {
            text.clone_into(&mut settled.issued_text);
            settled.issued_occurrence = occurrence;
        }
        Step::Member(_)
        | Step::Hours(_)
        | Step::RespiteAsked(_)
        | Step::Pledge(_)
        | Step::VoucherIssued(_)
        | Step::CashReceived(_)
        | Step::CashSpent(_)
        | Step::InKind(_)
        | Step::Unreadable(_) => {}
    }
}

fn references(sheets: &[Sheet]) -> BTreeSet<String> {
    let members = sheets.iter().find(|sheet| sheet.file == "members.csv");
    let rows = members.into_iter().flat_map(|sheet| sheet.rows.iter().map(move |row| (sheet, row)));
    rows.map(|(sheet, row)| sheet.cell(row, "ref").to_owned())
        .filter(|name| !name.is_empty())
        .collect()
}

/// The folder's own name, with nothing in it that the name of an import may not have.
fn name_of(folder: &Path) -> String {
    let whole = folder.canonicalize().unwrap_or_else(|_| folder.to_owned());
    let name = whole.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
    let name: String = name.chars().map(|c| if allowed(c) { c } else { '-' }).take(80).collect();
    if name.is_empty() { "import".to_owned() } else { name }
}
