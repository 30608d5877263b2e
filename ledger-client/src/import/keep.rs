//! Rows that were refused, set aside to be mended and imported again.
//!
//! Beside them lies a marker with the name of the import that they belong to, and with the numbers
//! that their good twins have taken: so a mended row is new exactly if it is new to the whole.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::Folder;
use super::sheet::{ERROR_COLUMN, Sheet};
use crate::error::Error;

/// The file that says which import a folder of mended rows belongs to.
pub const MARKER: &str = ".carestore-import";

/// The numbers that steps of good rows have: by file, then by text.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct Taken(BTreeMap<String, BTreeMap<String, BTreeSet<i64>>>);

impl Taken {
    pub(super) fn has(&self, file: &str, text: &str, occurrence: i64) -> bool {
        let texts = self.0.get(file).and_then(|texts| texts.get(text));
        texts.is_some_and(|taken| taken.contains(&occurrence))
    }

    fn take(&mut self, file: &str, text: &str, occurrence: i64) {
        let texts = self.0.entry(file.to_owned()).or_default();
        texts.entry(text.to_owned()).or_default().insert(occurrence);
    }
}

#[derive(Serialize, Deserialize)]
struct Marker {
    import: String,
    taken: Taken,
}

/// The name and the numbers in a folder's marker, if it has one.
pub(super) fn marker(folder: &Path) -> Result<(Option<String>, Taken), Error> {
    let path = folder.join(MARKER);
    let text = match std::fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            return Ok((None, Taken::default()));
        }
        Err(source) => return Err(Error::File { path: path.display().to_string(), source }),
    };
    let Marker { import, taken } = serde_json::from_str(&text).map_err(|error| {
        Error::Usage(format!("{} was changed and cannot be read: {error}", path.display()))
    })?;
    Ok((Some(import), taken))
}

/// Writes the rows that have a problem into a folder, as files of the same names with a last
/// column that says why. Answers which files those are.
pub fn set_aside(read: &Folder, from: &Path, into: &Path) -> Result<Vec<PathBuf>, Error> {
    let failed = |path: &Path| {
        let path = path.display().to_string();
        move |source| Error::File { path, source }
    };
    std::fs::create_dir_all(into).map_err(failed(into))?;
    if into.canonicalize().map_err(failed(into))? == from.canonicalize().map_err(failed(from))? {
        let into = into.display();
        return Err(Error::Usage(format!("{into} is the folder itself: name another one")));
    }
    // A folder that itself holds mended rows knows of good twins that it does not hold.
    let (_, mut taken) = marker(from)?;
    for step in read.good_steps() {
        taken.take(&step.file, &step.text, step.occurrence);
    }
    let mut written = Vec::new();
    for sheet in &read.sheets {
        let path = into.join(sheet.file);
        if let Some(bytes) = refused_rows(read, sheet) {
            std::fs::write(&path, bytes).map_err(failed(&path))?;
            written.push(path);
        }
    }
    let path = into.join(MARKER);
    let marker = Marker { import: read.name.clone(), taken };
    let text = serde_json::to_string(&marker)
        .map_err(|error| Error::File { path: path.display().to_string(), source: error.into() })?;
    std::fs::write(&path, text).map_err(failed(&path))?;
    Ok(written)
}

/// The refused rows of one file, as a file. None: it has none.
fn refused_rows(read: &Folder, sheet: &Sheet) -> Option<Vec<u8>> {
    let problems: Vec<_> =
        read.problems.iter().filter(|problem| problem.file == sheet.file).collect();
    // A problem of the first line is one of the whole file.
    let whole = problems.iter().any(|problem| problem.line == 1);
    let mut lines =
        csv::WriterBuilder::new().delimiter(sheet.delimiter).flexible(true).from_writer(Vec::new());
    let error_at = sheet.column(ERROR_COLUMN);
    let without_error = |cells: &[String]| -> Vec<String> {
        let kept = cells.iter().enumerate().filter(|(place, _)| Some(*place) != error_at);
        kept.map(|(_, cell)| cell.clone()).collect()
    };
    let mut header = without_error(&sheet.headers);
    let width = header.len();
    header.push(ERROR_COLUMN.to_owned());
    lines.write_record(&header).ok()?;
    let mut any = false;
    for row in &sheet.rows {
        let told: Vec<String> = problems
            .iter()
            .filter(|problem| problem.line == row.line || (whole && problem.line == 1))
            .map(|problem| {
                let said = problem.problem.trim_end_matches('.');
                format!("{}: {said}. {}", problem.column, problem.mend)
            })
            .collect();
        if told.is_empty() {
            continue;
        }
        any = true;
        let mut cells = without_error(&row.cells);
        cells.resize(cells.len().max(width), String::new());
        cells.push(told.join(" / "));
        lines.write_record(&cells).ok()?;
    }
    lines.into_inner().ok().filter(|_| any)
}
