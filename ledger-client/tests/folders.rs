//! Folders of spreadsheets, read as a whole: what becomes a step, and what a mistake is called.
#![expect(
    clippy::unwrap_used,
    clippy::wildcard_enum_match_arm,
    reason = "a test picks what it looks at"
)]

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use ledger_client::import::{Folder, MARKER, read_folder, set_aside};
use ledger_proto::v1::ImportStep;
use ledger_proto::v1::import_step::Step;

fn sample(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/data").join(name)
}

fn folder(files: &[(&str, &str)]) -> (tempfile::TempDir, Folder) {
    let dir = tempfile::tempdir().unwrap();
    for (name, text) in files {
        std::fs::write(dir.path().join(name), text).unwrap();
    }
    let read = read_folder(dir.path()).unwrap();
    (dir, read)
}

fn told(read: &Folder) -> Vec<String> {
    read.problems.iter().map(ToString::to_string).collect()
}

fn identities(read: &Folder) -> BTreeSet<(String, String, i64)> {
    let identity = |s: &ImportStep| (s.file.clone(), s.text.clone(), s.occurrence);
    read.steps.iter().map(identity).collect()
}

fn count(read: &Folder, wanted: fn(&Step) -> bool) -> usize {
    read.steps.iter().filter(|step| step.step.as_ref().is_some_and(wanted)).count()
}

fn rows(name: &str) -> serde_json::Value {
    let text = std::fs::read_to_string(sample(name).join("expected.json")).unwrap();
    serde_json::from_str(&text).unwrap()
}

#[test]
fn a_year_without_mistakes_becomes_steps() {
    let read = read_folder(&sample("colne-valley")).unwrap();
    assert_eq!(told(&read), Vec::<String>::new());
    assert_eq!(read.name, "colne-valley");
    let expected = rows("colne-valley");
    let rows = |file: &str| usize::try_from(expected["rows"][file].as_u64().unwrap()).unwrap();
    assert_eq!(count(&read, |s| matches!(s, Step::Member(_))), rows("members"));
    assert_eq!(count(&read, |s| matches!(s, Step::Hours(_))), rows("hours"));
    assert_eq!(count(&read, |s| matches!(s, Step::RespiteAsked(_))), rows("respite"));
    assert_eq!(count(&read, |s| matches!(s, Step::RespiteSettled(_))), rows("respite") - 4);
    assert_eq!(count(&read, |s| matches!(s, Step::Pledge(_))), rows("pledges"));
    assert_eq!(count(&read, |s| matches!(s, Step::VoucherIssued(_))), rows("vouchers"));
    let open = usize::try_from(expected["vouchers"]["open"].as_u64().unwrap()).unwrap();
    assert_eq!(count(&read, |s| matches!(s, Step::VoucherSettled(_))), rows("vouchers") - open);
    let store =
        count(&read, |s| matches!(s, Step::CashReceived(_) | Step::CashSpent(_) | Step::InKind(_)));
    assert_eq!(store, rows("store"));
    assert_eq!(identities(&read).len(), read.steps.len(), "every step has an identity of its own");
}

#[test]
fn the_minutes_and_pence_come_to_what_is_expected() {
    let read = read_folder(&sample("colne-valley")).unwrap();
    let expected = rows("colne-valley");
    let (mut hours, mut respite, mut in_kind, mut cash) = (0, 0, 0, 0);
    for step in &read.steps {
        match step.step.as_ref().unwrap() {
            Step::Hours(given) => hours += given.minutes,
            Step::RespiteSettled(settled) => respite += settled.minutes,
            Step::InKind(gift) => in_kind += gift.valuation_pence,
            Step::CashReceived(received) => cash += received.amount_pence,
            Step::CashSpent(spent) => cash -= spent.amount_pence,
            _ => {}
        }
    }
    let funds: i64 = expected["funds_pence"]
        .as_object()
        .unwrap()
        .values()
        .map(|pence| pence.as_i64().unwrap())
        .sum();
    assert_eq!(hours, expected["stats"]["hours_minutes"].as_i64().unwrap());
    assert_eq!(respite, expected["stats"]["respite_minutes"].as_i64().unwrap());
    assert_eq!(in_kind, expected["in_kind_valued_pence"].as_i64().unwrap());
    assert_eq!(cash, funds);
}

#[test]
fn mistakes_that_can_be_seen_in_the_row_are_named() {
    let read = read_folder(&sample("with-mistakes")).unwrap();
    let found: Vec<(&str, i64, &str)> = read
        .problems
        .iter()
        .map(|problem| (problem.file.as_str(), problem.line, problem.column.as_str()))
        .collect();
    assert_eq!(
        found,
        [
            ("members.csv", 4, "joined"),
            ("hours.csv", 12, "minutes"),
            ("hours.csv", 27, "date"),
            ("hours.csv", 57, "minutes"),
            ("respite.csv", 5, "outcome"),
            ("store.csv", 7, "amount"),
        ]
    );
    assert_eq!(
        told(&read)[1],
        "hours.csv:12: minutes: \"-30\" is not above zero. Write the minutes as 90, 1h30 or 1.5h."
    );
    assert_eq!(count(&read, |s| matches!(s, Step::Unreadable(_))), 6);
    let rejected = rows("with-mistakes")["rejected"].clone();
    for (file, line, column) in found {
        let named = |row: &&serde_json::Value| {
            row["file"] == file && row["line"] == line && row["column"] == column
        };
        assert!(rejected.as_array().unwrap().iter().any(|row| named(&row)), "{file}:{line}");
    }
}

#[test]
fn the_days_are_in_order_and_what_rests_on_another_step_comes_after_it() {
    let read = read_folder(&sample("colne-valley")).unwrap();
    assert!(read.steps.is_sorted_by(|one, next| one.date <= next.date));
    let mut before = BTreeSet::new();
    for step in &read.steps {
        let first = match step.step.as_ref().unwrap() {
            Step::RespiteSettled(s) => Some((s.asked_text.clone(), s.asked_occurrence)),
            Step::VoucherSettled(s) => Some((s.issued_text.clone(), s.issued_occurrence)),
            _ => None,
        };
        if let Some((text, occurrence)) = first {
            assert!(before.contains(&(step.file.clone(), text, occurrence)), "{step:?}");
        }
        before.insert((step.file.clone(), step.text.clone(), step.occurrence));
    }
}

#[test]
fn no_name_of_a_person_is_in_a_text() {
    let read = read_folder(&sample("colne-valley")).unwrap();
    let members = read.sheets.iter().find(|sheet| sheet.file == "members.csv").unwrap();
    let first = members.cell(&members.rows[0], "name");
    assert!(!first.is_empty());
    assert!(read.steps.iter().all(|step| !step.text.contains(first)));
}

const HOURS: &str = "date,giver,receiver,minutes,task,to,evidence\n";

#[test]
fn a_cell_written_otherwise_is_the_same_step() {
    let (_dir, one) = folder(&[(
        "hours.csv",
        &format!("{HOURS}2025-04-01,V005,S001,90,befriending visit,own,on site\n"),
    )]);
    let (_dir, other) = folder(&[(
        "Hours.CSV",
        "\u{feff}Minutes; Evidence;date;TO;task;receiver ;giver;error\r\n\
         1h30;On Site;1/4/25;;Befriending-Visit; S001;V005 ;it was wrong\r\n",
    )]);
    assert_eq!((told(&one), told(&other)), (vec![], vec![]));
    assert!(!other.notes.iter().any(|note| note.contains("error")));
    assert_eq!(identities(&one), identities(&other));
    assert_eq!(one.steps, other.steps);
}

#[test]
fn twins_are_two_and_keep_their_numbers_when_rows_are_added() {
    let row = "2025-04-01,V005,S001,90,garden,own,paper\n";
    let (_dir, two) = folder(&[("hours.csv", &format!("{HOURS}{row}{row}"))]);
    assert_eq!(two.steps.iter().map(|step| step.occurrence).collect::<Vec<_>>(), [1, 2]);
    let other = row.replace("90", "60");
    let (_dir, more) = folder(&[("hours.csv", &format!("{HOURS}{other}{row}{row}"))]);
    assert!(identities(&two).is_subset(&identities(&more)));
}

const RESPITE: &str = "asked_on,carer,minutes_asked,date,giver,minutes_given,outcome\n";

#[test]
fn a_respite_that_was_delivered_since_brings_only_what_it_came_to() {
    let asked = format!("{RESPITE}2025-04-01,F001,120,2025-04-01,,,asked\n");
    let done = format!("{RESPITE}2025-04-01,F001,2h,2025-04-01,staff,1:45,done\n");
    let (_dir, before) = folder(&[("respite.csv", &asked)]);
    let (_dir, after) = folder(&[("respite.csv", &done)]);
    let new: Vec<_> = identities(&after).difference(&identities(&before)).cloned().collect();
    assert_eq!((before.steps.len(), after.steps.len(), new.len()), (1, 2, 1));
    let Some(Step::RespiteSettled(settled)) = &after.steps[1].step else { unreachable!() };
    assert_eq!((settled.giver.as_str(), settled.minutes), ("STAFF", 105));
    assert_eq!(settled.asked_text, before.steps[0].text);
}

#[test]
fn on_one_day_money_comes_in_first_and_goes_out_last() {
    let (_dir, read) = folder(&[
        (
            "store.csv",
            "date,kind,source,fund,amount,description\n\
          2025-04-01,spent,Sitting specialist,General,5,x\n\
          2025-04-01,expense,V005,General,1.50,private words\n\
          2025-04-01,surplus,Regulated care,General,\"£1,000.00\",\n\
          2025-04-01,in kind,Methodist Hall,,25,printing\n",
        ),
        ("members.csv", "ref,name,hats,joined\nV005,A Person,volunteer;carer,2025-04-01\n"),
        (
            "vouchers.csv",
            "date,member,business,offer,reason,outcome,outcome_date\n\
          2025-04-01,V005,Golcar Books,a book,kindness,redeemed,2025-04-01\n",
        ),
        (
            "pledges.csv",
            "date,business,offer,face_value,quantity,valid_until\n\
          2025-04-01,Golcar Books,a book,7.50,3,2035-12-31\n",
        ),
    ]);
    assert_eq!(told(&read), Vec::<String>::new());
    let turns: Vec<String> = read
        .steps
        .iter()
        .map(|step| format!("{:?}", step.step.as_ref().unwrap()))
        .map(|step| step.split('(').next().unwrap().to_owned())
        .collect();
    assert_eq!(
        turns,
        [
            "Member",
            "Pledge",
            "CashReceived",
            "InKind",
            "VoucherIssued",
            "VoucherSettled",
            "CashSpent",
            "CashSpent",
        ]
    );
    assert!(read.steps.iter().all(|step| !step.text.contains("private")));
    let Some(Step::CashReceived(surplus)) = &read.steps[2].step else { unreachable!() };
    assert_eq!((surplus.amount_pence, surplus.party.as_str()), (100_000, ""));
    let Some(Step::CashSpent(expense)) = &read.steps[7].step else { unreachable!() };
    assert_eq!((expense.member.as_str(), expense.party.as_str()), ("V005", ""));
}

#[test]
fn all_problems_of_all_rows_are_told_at_once() {
    let (_dir, read) = folder(&[(
        "hours.csv",
        &format!(
            "{HOURS}soon,,S001,-3,juggling,own,\n,,,,,,\n2025-04-01,V005,,30,garden,pot,paper,x\n"
        ),
    )]);
    assert_eq!(
        told(&read)
            .iter()
            .map(|line| line.split(' ').take(2).collect::<Vec<_>>().join(" "))
            .collect::<Vec<_>>(),
        [
            "hours.csv:2: date:",
            "hours.csv:2: giver:",
            "hours.csv:2: minutes:",
            "hours.csv:2: task:",
            "hours.csv:2: evidence:",
            "hours.csv:4: evidence:",
        ]
    );
}

#[test]
fn a_file_without_a_column_is_one_problem() {
    let (_dir, read) = folder(&[("hours.csv", "date,giver\n2025-04-01,V005\n2025-04-02,V006\n")]);
    assert!(read.problems.iter().all(|problem| problem.line == 1));
    assert_eq!(read.problems.len(), 5);
    assert_eq!(count(&read, |s| matches!(s, Step::Unreadable(_))), 2);
}

#[test]
fn a_folder_without_spreadsheets_is_an_error() {
    let dir = tempfile::tempdir().unwrap();
    assert_eq!(read_folder(dir.path()).unwrap_err().exit_code(), 2);
    assert_eq!(read_folder(&dir.path().join("nowhere")).unwrap_err().exit_code(), 1);
}

#[test]
fn what_was_set_aside_and_mended_is_new_exactly_if_it_is_new_to_the_whole() {
    let good = "2025-04-01,V005,S001,90,garden,own,paper\n";
    let bad = "2025-04-01,V005,S001,-90,garden,own,paper\n";
    let (dir, read) = folder(&[("hours.csv", &format!("{HOURS}{bad}{good}{bad}"))]);
    let aside = tempfile::tempdir().unwrap();
    let written = set_aside(&read, dir.path(), aside.path()).unwrap();
    assert_eq!(written, [aside.path().join("hours.csv")]);
    let text = std::fs::read_to_string(&written[0]).unwrap();
    let first = text.lines().nth(1).unwrap();
    assert!(first.starts_with("2025-04-01,V005,S001,-90,garden,own,paper,\"minutes: is not above"));
    assert!(aside.path().join(MARKER).exists());

    // One was a typing mistake, and the other really was shorter.
    let mended = text.replacen("-90", "90", 1).replacen("-90", "60", 1);
    std::fs::write(&written[0], mended).unwrap();
    let again = read_folder(aside.path()).unwrap();
    assert_eq!(told(&again), Vec::<String>::new());
    assert_eq!(again.name, read.name);
    let mut whole = identities(&again);
    let stored = read.good_steps();
    whole.extend(stored.iter().map(|s| (s.file.clone(), s.text.clone(), s.occurrence)));
    assert_eq!(whole.len(), 3, "nothing mended is taken for what is there already");
}

#[test]
fn rows_are_not_set_aside_into_the_folder_itself() {
    let (dir, read) = folder(&[("hours.csv", &format!("{HOURS}soon,,,,,,\n"))]);
    assert_eq!(set_aside(&read, dir.path(), dir.path()).unwrap_err().exit_code(), 2);
}
