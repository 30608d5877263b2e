//! Spreadsheets of a year, through the client's own reading and the public API.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::cast_possible_wrap,
    reason = "a test that fails says so"
)]

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

use ledger_client::import::{Folder, MARKER, read_folder, set_aside};
use ledger_core::Timestamp;
use ledger_proto::v1;
use ledger_server::Clock;
use serde_json::{Value, json};

use crate::harness::{DAY, NOON, Town, ask::dressed, run, say};

/// The year is over, and what was asked last has not lapsed.
pub(crate) async fn town() -> Town {
    let clock = Clock::by_hand(Timestamp::from_unix_ms(NOON + 49 * DAY));
    let town = Town::on(tempfile::tempdir().unwrap(), clock).await;
    town.ok(say::found()).await;
    town
}

pub(crate) fn sample(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data").join(name)
}

pub(crate) fn expected(name: &str) -> Value {
    serde_json::from_str(&fs::read_to_string(sample(name).join("expected.json")).unwrap()).unwrap()
}

fn head(town: &Town, import: &str) -> v1::ImportHead {
    let channel = v1::Channel::Import.into();
    let context = v1::WriteContext { channel, ..town.by("officers/1") };
    v1::ImportHead { context: Some(context), import: import.to_owned(), keep_good: false }
}

fn messages(head: v1::ImportHead, steps: &[v1::ImportStep]) -> Vec<v1::ImportHistoryRequest> {
    let first = v1::ImportHistoryRequest { head: Some(head), ..Default::default() };
    let chunk = |steps: &[v1::ImportStep]| v1::ImportHistoryRequest {
        steps: steps.to_vec(),
        ..Default::default()
    };
    std::iter::once(first).chain(steps.chunks(200).map(chunk)).collect()
}

/// Brings steps under the name of an import.
async fn bring(town: &Town, import: &str, steps: &[v1::ImportStep]) -> v1::ImportHistoryResponse {
    let messages = messages(head(town, import), steps);
    town.client().import_history(messages, |_| {}).await.unwrap()
}

/// Brings a folder of which everything must be good.
pub(crate) async fn bring_all(
    town: &Town,
    folder: &Path,
    import: &str,
) -> v1::ImportHistoryResponse {
    let read = read_folder(folder).unwrap();
    assert_eq!(read.problems, []);
    let answer = bring(town, import, &read.steps).await;
    assert_eq!((&answer.refusals[..], answer.dependent), (&[][..], 0));
    answer
}

/// The figures of a co-op, named as in `expected.json`.
async fn figures(town: &Town) -> Value {
    let page = Some(v1::Page { page_size: 1_000, page_token: String::new() });
    let request = v1::ListBalancesRequest { context: Some(town.read()), page };
    let rows = town.client().list_balances(request).await.unwrap().balances;
    let balances: BTreeMap<&str, i64> =
        rows.iter().map(|row| (row.r#ref.as_str(), row.balance_minutes)).collect();
    let held: BTreeMap<&str, i64> = rows
        .iter()
        .map(|row| (row.r#ref.as_str(), row.held_minutes))
        .filter(|(_, minutes)| *minutes != 0)
        .collect();
    let totals = town.totals(town.read()).await;
    let (time, vouchers) = (totals.time.unwrap(), totals.vouchers.unwrap());
    let funds = totals.cash.unwrap().funds;
    let funds: BTreeMap<&str, i64> =
        funds.iter().map(|fund| (fund.title.as_str(), fund.balance_pence)).collect();
    let request = v1::ListOffersRequest { context: Some(town.read()), page: None };
    let offers = town.client().list_offers(request).await.unwrap().offers;
    let left: BTreeMap<&str, i64> = offers
        .iter()
        .filter(|offer| offer.vouchers)
        .map(|offer| (offer.party_title.as_str(), offer.stock))
        .collect();
    assert_eq!(vouchers.lapsed, 0);
    json!({
        "members": rows.len(),
        "balances_minutes": balances,
        "held_minutes": held,
        "pot_minutes": time.pot_minutes,
        "commons_minutes": time.commons_minutes,
        "funds_pence": funds,
        "in_kind_valued_pence": totals.kind.unwrap().valued_pence,
        "vouchers": {
            "issued": vouchers.issued,
            "redeemed": vouchers.redeemed,
            "open": vouchers.open,
            "cancelled": vouchers.cancelled,
        },
        "vouchers_left": left,
    })
}

/// Compares field by field, so that a difference is short to read.
async fn comes_to(town: &Town, expected: &Value) {
    let figures = figures(town).await;
    for (field, figure) in figures.as_object().unwrap() {
        assert_eq!(figure, &expected[field], "{field}");
    }
}

#[test]
fn a_year_comes_to_what_is_expected_and_a_second_time_to_nothing_new() {
    run(async {
        let town = town().await;
        let steps = read_folder(&sample("colne-valley")).unwrap().steps;
        let mut dry = head(&town, "colne-valley");
        dry.context.as_mut().unwrap().validate_only = true;
        let tried = town.client().import_history(messages(dry, &steps), |_| {}).await.unwrap();
        assert_eq!((tried.recorded, tried.stored), (steps.len() as i64, false));
        assert_eq!(town.position().await, 1, "a dry run stores nothing");

        let answer = bring_all(&town, &sample("colne-valley"), "colne-valley").await;
        assert_eq!((answer.recorded, answer.known), (steps.len() as i64, 0));
        assert!(answer.stored);
        comes_to(&town, &expected("colne-valley")).await;

        let again = bring_all(&town, &sample("colne-valley"), "colne-valley").await;
        assert_eq!((again.recorded, again.known), (0, steps.len() as i64));
        assert_eq!((again.position, again.stored), (answer.position, false));
        assert_eq!(town.position().await, answer.position);
    });
}

/// Every problem of a folder, by file, line and column.
fn named(folder: &Folder) -> BTreeSet<(String, i64, String)> {
    let problems = folder.problems.iter();
    problems.map(|p| (p.file.clone(), p.line, p.column.clone())).collect()
}

#[test]
fn eight_mistakes_are_named_and_nothing_is_stored() {
    run(async {
        let town = town().await;
        let mut folder = read_folder(&sample("with-mistakes")).unwrap();
        let answer = bring(&town, "with-mistakes", &folder.steps).await;
        assert!(!answer.stored && answer.dependent > 0);
        folder.add_refusals(&answer.refusals);
        let rejected = expected("with-mistakes")["rejected"].clone();
        let rejected: BTreeSet<(String, i64, String)> = rejected
            .as_array()
            .unwrap()
            .iter()
            .map(|row| {
                let text = |field: &str| row[field].as_str().unwrap().to_owned();
                (text("file"), row["line"].as_i64().unwrap(), text("column"))
            })
            .collect();
        assert_eq!(named(&folder), rejected);
        assert_eq!(folder.problems.len(), 8);
        let told = folder.problems.iter().map(ToString::to_string).collect::<Vec<_>>();
        assert!(told.iter().any(|line| line.starts_with("hours.csv:42: giver: \"")), "{told:?}");
        assert_eq!((town.position().await, answer.position), (1, 1), "nothing is stored");
    });
}

#[test]
fn good_rows_are_kept_on_request_and_the_others_come_once_they_are_mended() {
    run(async {
        let town = town().await;
        let from = tempfile::tempdir().unwrap();
        let folder = from.path().join("with-mistakes");
        copy(&sample("with-mistakes"), &folder);
        let mut read = read_folder(&folder).unwrap();
        let brought = keep_good(&town, &mut read).await;
        assert_eq!(brought.recorded, read.good_steps().len() as i64);
        let refused = read.refused_rows().len();
        let aside = from.path().join("aside");
        set_aside(&read, &folder, &aside).unwrap();
        assert!(aside.join(MARKER).is_file());
        let again = read_folder(&aside).unwrap();
        assert_eq!(again.name, "with-mistakes");
        let rows: usize = again.sheets.iter().map(|sheet| sheet.rows.len()).sum();
        assert_eq!(rows, refused);
        mend(&aside.join("members.csv"), "soon", "2025-04-01");
        let mut mended = read_folder(&aside).unwrap();
        let answer = keep_good(&town, &mut mended).await;
        assert!(answer.recorded > 0 && answer.known == 0, "{answer:?}");
        let whole = bring(&town, "with-mistakes", &read.good_steps()).await;
        assert_eq!((whole.recorded, whole.position), (0, answer.position));
    });
}

/// As the command does it: whatever rests on a refused row is set aside with it, until the rest is good.
pub(crate) async fn keep_good(town: &Town, read: &mut Folder) -> v1::ImportHistoryResponse {
    let mut steps = read.steps.clone();
    loop {
        let answer = bring(town, "with-mistakes", &steps).await;
        if answer.refusals.is_empty() && answer.dependent == 0 {
            return answer;
        }
        read.add_refusals(&answer.refusals);
        steps = read.good_steps();
    }
}

fn mend(file: &Path, wrong: &str, right: &str) {
    let text = fs::read_to_string(file).unwrap();
    fs::write(file, text.replace(wrong, right)).unwrap();
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
    }
}

/// The folder as it stood on the evening of a day: what came later is not there, and what was settled later is open.
fn as_it_stood(day: &str, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for (file, by, settled) in [
        ("members.csv", "joined", None),
        ("hours.csv", "date", None),
        ("pledges.csv", "date", None),
        ("store.csv", "date", None),
        ("respite.csv", "asked_on", Some(("date", "asked", &["giver", "minutes_given"][..]))),
        ("vouchers.csv", "date", Some(("outcome_date", "open", &["outcome_date"][..]))),
    ] {
        let folder = read_folder(&sample("colne-valley")).unwrap();
        let sheet = folder.sheets.iter().find(|sheet| sheet.file == file).unwrap();
        let column = |name: &str| sheet.column(name).unwrap();
        let mut text = sheet.headers.join(",") + "\n";
        for row in &sheet.rows {
            let mut cells = row.cells.clone();
            if cells[column(by)].as_str() > day {
                continue;
            }
            if let Some((on, open, cleared)) = settled
                && cells[column(on)].as_str() > day
            {
                for name in cleared {
                    cells[column(name)].clear();
                }
                open.clone_into(&mut cells[column("outcome")]);
            }
            let quoted = cells.iter().map(|cell| format!("\"{cell}\"")).collect::<Vec<_>>();
            text += &(quoted.join(",") + "\n");
        }
        fs::write(to.join(file), text).unwrap();
    }
}

#[test]
fn a_folder_that_grows_comes_to_the_same_as_all_at_once() {
    run(async {
        let (town, dir) = (town().await, tempfile::tempdir().unwrap());
        let (mut known, mut brought) = (0, 0);
        for day in ["2025-04-20", "2025-08-13", "2025-08-14", "2026-01-31"] {
            let folder = dir.path().join(day);
            as_it_stood(day, &folder);
            let answer = bring_all(&town, &folder, "colne-valley").await;
            assert_eq!(answer.known, known, "{day}: only what is new");
            assert!(answer.recorded > 0);
            brought += answer.recorded;
            known = answer.known + answer.recorded;
        }
        let answer = bring_all(&town, &sample("colne-valley"), "colne-valley").await;
        brought += answer.recorded;
        let all = read_folder(&sample("colne-valley")).unwrap().steps.len();
        assert_eq!((answer.known, brought), (known, all as i64));
        comes_to(&town, &expected("colne-valley")).await;
    });
}

fn small(dir: &Path, hours: &str) {
    let members =
        "ref,name,hats,joined\nV001,A,volunteer,2026-01-01\nS001,B,service user,2026-01-01\n";
    fs::write(dir.join("members.csv"), members).unwrap();
    let header = "date,giver,receiver,minutes,task,to,evidence\n";
    fs::write(dir.join("hours.csv"), format!("{header}{hours}")).unwrap();
}

#[test]
fn a_twin_is_not_a_duplicate_and_comes_once() {
    run(async {
        let (town, dir) = (town().await, tempfile::tempdir().unwrap());
        let row = "2026-02-01,V001,S001,60,garden,own,paper\n";
        for (rows, new, minutes) in [(2, 4, 120), (2, 0, 120), (3, 1, 180)] {
            small(dir.path(), &row.repeat(rows));
            let answer = bring_all(&town, dir.path(), "twins").await;
            assert_eq!((answer.recorded, town.balance(1).await), (new, minutes));
        }
        // Under another name it is another spreadsheet, and the row of a member who is there already is remembered.
        let answer = bring_all(&town, dir.path(), "another").await;
        assert_eq!((answer.recorded, town.balance(1).await), (5, 360));
    });
}

#[test]
fn an_import_that_broke_off_resumes() {
    run(async {
        let town = town().await;
        let steps = read_folder(&sample("colne-valley")).unwrap().steps;
        // The line goes dead in the middle of the stream: nothing is stored.
        let (sender, receiver) = tokio::sync::mpsc::channel(64);
        for message in messages(head(&town, "colne-valley"), &steps[..1_000]) {
            sender.send(message).await.unwrap();
        }
        let mut stub = v1::import_service_client::ImportServiceClient::new(town.channel());
        let stream = tokio_stream::wrappers::ReceiverStream::new(receiver);
        let request = dressed(stream, Some(town.token()));
        let call = tokio::spawn(async move { stub.import_history(request).await });
        // All that was queued has been taken when there is room for as much again.
        drop(sender.reserve_many(64).await.unwrap());
        call.abort();
        assert!(call.await.unwrap_err().is_cancelled());
        assert_eq!(town.position().await, 1);
        let half = bring(&town, "colne-valley", &steps[..1_500]).await;
        assert_eq!((half.recorded, half.stored), (1_500, true));
        let whole = bring_all(&town, &sample("colne-valley"), "colne-valley").await;
        assert_eq!((whole.known, whole.recorded), (1_500, steps.len() as i64 - 1_500));
        comes_to(&town, &expected("colne-valley")).await;
    });
}
