//! The program against a server of our own making, whose line goes dead once.
#![expect(clippy::unwrap_used, reason = "a test that fails says so")]

use std::process::{Command, Output};
use std::sync::Arc;

use ledger_client::export::{Export, What};
use ledger_client::journal::{Format, Journal};
use ledger_core::Day;

use crate::pretender::{Lie, Pretender, Told};
use crate::story::told;

/// Runs `carestore export …` against a server with this history, whose line goes dead once; answers also after which
/// positions it was asked.
fn export(lie: Lie, typed: &str) -> (Output, Vec<i64>) {
    let pretender = Pretender::new([Told::of(&told())], lie);
    *pretender.cuts.lock().unwrap() = 1;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let url = runtime.block_on(pretender.serve());
    let output = Command::new(env!("CARGO_BIN_EXE_carestore"))
        .args(["--server", &url, "--coop", "x-coop", "export"])
        .args(typed.split(' '))
        .env_remove("CARESTORE_OUTPUT")
        .output()
        .unwrap();
    let asked = pretender.asked.lock().unwrap().clone();
    (output, asked)
}

fn honest() -> Lie {
    Arc::new(|_| {})
}

fn said(output: &Output) -> String {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout.clone()).unwrap()
}

#[test]
fn a_journal_and_a_table_come_whole_over_a_line_that_goes_dead() {
    let until = Day::parse("2026-03-01");
    let (output, asked) = export(honest(), "journal --format beancount --until 1/3/2026");
    let mut journal = Journal::new(Format::Beancount, "x-coop", until, Vec::new());
    for entry in told() {
        journal.add(&entry).unwrap();
    }
    assert_eq!(said(&output), String::from_utf8(journal.finish().unwrap()).unwrap());
    assert_eq!(asked, [0, 4]);

    for (typed, format) in [
        ("csv --what store", ledger_client::export::Format::Csv),
        ("jsonl --what store", ledger_client::export::Format::Jsonl),
    ] {
        let mut table = Export::new(What::Store, format, None, Vec::new()).unwrap();
        for entry in told() {
            table.add(&entry).unwrap();
        }
        let (output, _) = export(honest(), typed);
        assert_eq!(said(&output), String::from_utf8(table.finish().unwrap()).unwrap());
    }
}

#[test]
fn a_history_with_a_gap_makes_no_journal() {
    let gap: Lie = Arc::new(|pieces| {
        if let Some(piece) = pieces.get_mut(2) {
            piece.entries.remove(1);
        }
    });
    let (output, _) = export(gap, "journal --format ledger");
    assert_eq!(output.status.code(), Some(7));
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(told.contains("should have come, and entry"), "{told}");
    assert!(output.stdout.is_empty(), "half a journal would pass for a whole one");
}

#[test]
fn what_cannot_be_is_said_at_once() {
    let (output, asked) = export(honest(), "csv --what hours --until 2500-01-01");
    assert_eq!((output.status.code(), asked.len()), (Some(2), 0));
}
