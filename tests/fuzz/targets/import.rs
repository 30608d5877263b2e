//! Spreadsheets as they come: any bytes under the name of one of the files, beside a list of members.
#![no_main]

use std::path::{Path, PathBuf};
use std::sync::LazyLock;
use std::{env, fs, process};

use ledger_client::import::{read_folder, set_aside};
use ledger_fuzz::which;

const FILES: [&str; 6] =
    ["members.csv", "hours.csv", "respite.csv", "pledges.csv", "vouchers.csv", "store.csv"];

/// A folder of this process: `TMPDIR` had better be in memory.
static FOLDER: LazyLock<PathBuf> = LazyLock::new(|| {
    let folder = env::temp_dir().join(format!("carestore-fuzz-{}", process::id()));
    for part in ["in", "aside"] {
        fs::create_dir_all(folder.join(part)).unwrap();
    }
    folder
});

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let Some((first, rest)) = which(data) else { return };
    let file = FILES[usize::from(first) % FILES.len()];
    // What follows a zero byte is the list of members.
    let mut parts = rest.splitn(2, |byte| *byte == 0);
    let (sheet, members) = (parts.next().unwrap_or_default(), parts.next());
    let (from, into) = (FOLDER.join("in"), FOLDER.join("aside"));
    if let Some(members) = members {
        fs::write(from.join("members.csv"), members).unwrap();
    }
    fs::write(from.join(file), sheet).unwrap();
    read(&from, &into);
    for folder in [&from, &into] {
        for entry in fs::read_dir(folder).unwrap() {
            fs::remove_file(entry.unwrap().path()).unwrap();
        }
    }
});

fn read(from: &Path, into: &Path) {
    let folder = read_folder(from).unwrap();
    for sheet in &folder.sheets {
        let lines: Vec<i64> = sheet.rows.iter().map(|row| row.line).collect();
        assert!(lines.is_sorted_by(|one, next| one < next), "{lines:?}");
    }
    for problem in &folder.problems {
        let told = problem.to_string();
        assert!(!problem.problem.is_empty() && !told.contains(char::is_control), "{told:?}");
        let sheet = folder.sheets.iter().find(|sheet| sheet.file == problem.file).unwrap();
        let known = problem.line == 1 || sheet.row(problem.line).is_some();
        assert!(known, "{problem:?} is of no row");
    }
    for note in &folder.notes {
        assert!(!note.contains(char::is_control), "{note:?}");
    }
    // What is wrong stays wrong when it is set aside, and nothing that is right goes with it.
    let refused = folder.refused_rows();
    let written = set_aside(&folder, from, into).unwrap();
    if written.is_empty() {
        return;
    }
    let again = read_folder(into).unwrap();
    let rows: usize = again.sheets.iter().map(|sheet| sheet.rows.len()).sum();
    let whole: Vec<&str> =
        refused.iter().filter(|(_, line)| *line == 1).map(|(file, _)| file.as_str()).collect();
    let expected: usize = folder
        .sheets
        .iter()
        .map(|sheet| {
            let set = |line: i64| {
                whole.contains(&sheet.file) || refused.contains(&(sheet.file.to_owned(), line))
            };
            sheet.rows.iter().filter(|row| set(row.line)).count()
        })
        .sum();
    assert_eq!(rows, expected);
}
