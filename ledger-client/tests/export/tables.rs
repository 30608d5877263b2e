//! Tables: always the same for the same history, and what stands in them adds up.
#![expect(clippy::unwrap_used, reason = "a test that fails says so")]

use std::collections::BTreeMap;

use ledger_client::export::{Export, Format, What};
use ledger_core::Day;
use serde_json::Value;

use crate::journals::golden;
use crate::story::told;

const ALL: [(What, &str); 4] = [
    (What::Hours, "hours"),
    (What::Respite, "respite"),
    (What::Vouchers, "vouchers"),
    (What::Store, "store"),
];

fn table(what: What, format: Format, until: Option<&str>) -> String {
    let until = until.map(|day| Day::parse(day).unwrap());
    let mut table = Export::new(what, format, until, Vec::new()).unwrap();
    for entry in told() {
        table.add(&entry).unwrap();
    }
    String::from_utf8(table.finish().unwrap()).unwrap()
}

fn rows(what: What, until: Option<&str>) -> Vec<Value> {
    let text = table(what, Format::Jsonl, until);
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn each_table_is_what_it_was() {
    for (what, name) in ALL {
        golden(&format!("{name}.csv"), &table(what, Format::Csv, None));
        golden(&format!("{name}.jsonl"), &table(what, Format::Jsonl, None));
    }
}

#[test]
fn both_ways_say_the_same() {
    for (what, name) in ALL {
        let csv = table(what, Format::Csv, None);
        let mut lines = csv::Reader::from_reader(csv.as_bytes());
        let columns = lines.headers().unwrap().clone();
        let read: Vec<csv::StringRecord> = lines.records().map(Result::unwrap).collect();
        let rows = rows(what, None);
        assert!(!rows.is_empty() && rows.len() == read.len(), "{name}");
        for (cells, row) in read.iter().zip(rows) {
            assert_eq!(row.as_object().unwrap().len(), columns.len());
            for (column, cell) in columns.iter().zip(cells) {
                let value = &row[column];
                let said = match value.as_str() {
                    Some(text) => text.to_owned(),
                    None if value.is_null() => String::new(),
                    None => value.to_string(),
                };
                assert_eq!(cell.strip_prefix('\'').unwrap_or(cell), said, "{name} {column}");
            }
        }
    }
}

#[test]
fn the_balance_after_is_the_sum_of_what_moved() {
    let mut sums: BTreeMap<(i64, String), i64> = BTreeMap::new();
    for row in rows(What::Hours, None) {
        let account =
            (row["member"].as_i64().unwrap(), row["account"].as_str().unwrap().to_owned());
        let sum = sums.entry(account).or_default();
        *sum += row["minutes"].as_i64().unwrap();
        assert_eq!(row["balance_after"].as_i64(), Some(*sum), "{row}");
    }
    assert_eq!(sums[&(1001, "held".to_owned())], 30, "the promise that is open");
}

#[test]
fn a_promise_is_told_as_it_stood_on_a_day() {
    let came_to = |until| -> Vec<String> {
        let rows = rows(What::Respite, until);
        rows.iter().map(|row| row["came_to"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(came_to(None), ["delivered", "delivered", "cancelled", "open"]);
    assert_eq!(came_to(Some("2026-03-01")), ["delivered", "delivered", "open"]);
    assert_eq!(came_to(Some("2026-02-04")), ["open"]);
    let first = &rows(What::Respite, None)[0];
    assert!(first["taken_back_by"].is_i64(), "{first}");
    let vouchers = rows(What::Vouchers, Some("2026-02-08"));
    let came_to: Vec<&Value> = vouchers.iter().map(|row| &row["came_to"]).collect();
    assert_eq!(came_to, ["redeemed", "cancelled", "open"]);
}
