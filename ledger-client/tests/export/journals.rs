//! Journals: always the same for the same history.
#![expect(clippy::unwrap_used, reason = "a test that fails says so")]

use std::{env, fs, path::Path};

use ledger_client::journal::{Format, Journal};
use ledger_core::Day;

use crate::story::told;

fn journal(format: Format, until: Option<&str>) -> String {
    let until = until.map(|day| Day::parse(day).unwrap());
    let mut journal = Journal::new(format, "story\"valley\n", until, Vec::new());
    for entry in told() {
        journal.add(&entry).unwrap();
    }
    String::from_utf8(journal.finish().unwrap()).unwrap()
}

/// Compares with a file beside this one. `CARESTORE_WRITE_GOLDEN=1` writes it where it is missing.
pub(crate) fn golden(name: &str, text: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/export/golden").join(name);
    if !path.exists() && env::var_os("CARESTORE_WRITE_GOLDEN").is_some_and(|value| value == "1") {
        fs::write(&path, text).unwrap();
    }
    assert_eq!(text, fs::read_to_string(&path).unwrap(), "{name}");
}

#[test]
fn each_program_gets_its_own() {
    golden("story.hledger", &journal(Format::Hledger, None));
    golden("story.ledger", &journal(Format::Ledger, None));
    golden("story.beancount", &journal(Format::Beancount, None));
}

#[test]
fn what_occurs_later_is_left_out_whatever_its_place_in_the_log() {
    let text = journal(Format::Hledger, Some("2026-01-07"));
    let dated = |line: &&str| line.starts_with("2026-");
    let days: Vec<&str> = text.lines().filter(dated).map(|line| &line[..10]).collect();
    assert!(days.is_sorted(), "{days:?}");
    assert_eq!(days.last(), Some(&"2026-01-07"));
    assert!(text.contains("2026-01-05 * (25) HoursRecorded"), "known late, and there: {text}");
}

#[test]
fn of_nothing_there_is_a_journal_too() {
    for format in [Format::Hledger, Format::Ledger, Format::Beancount] {
        let text = journal(format, Some("1999-12-31"));
        assert!(text.lines().all(|line| line.starts_with("; ") || line.starts_with("option")));
    }
}

#[test]
fn no_title_says_anything_of_its_own() {
    for format in [Format::Hledger, Format::Ledger, Format::Beancount] {
        let text = journal(format, None);
        let named = text.lines().find(|line| line.contains("Breaks")).unwrap();
        assert!(
            named.ends_with("_1_1_ _Breaks_ type_E _ _x") || named.ends_with("_x\""),
            "{named}"
        );
        assert!(text.contains("story_valley_"));
    }
}
