//! What is sound passes.

use ledger_client::audit::{Elsewhere, Options, Outcome, Step};

use ledger_core::{Actor, Command, EvidenceGrade, Position};

use crate::{
    bundle::{Parts, code_is, key, point},
    story::{Story, help, officer},
};

#[test]
fn a_sound_history_of_every_kind_is_verified() {
    let story = Story::of_every_kind();
    let parts = Parts::of_story(&story);
    let audited = parts.audit();
    code_is(&audited, 0);
    let report = &audited.report;
    assert_eq!(report.replayed, story.entries.len() as u64);
    assert_eq!(audited.state.as_ref(), Some(&story.state));
    let figures = report.figures.clone().unwrap();
    assert_eq!(figures.redeemed_minutes, 150);
    assert_eq!(figures.banked_minutes, 90 + 120 + 60 + 45 + 60 + 180 + 30 + 30);
    let months: i64 = report.months.iter().map(|month| month.banked_minutes).sum();
    assert_eq!(months, figures.banked_minutes);
    assert_eq!(report.root_line, point(&parts.entries, parts.entries.len()).line().to_string());
}

#[test]
fn another_road_is_compared_and_said() {
    let story = Story::of_every_kind();
    let parts = Parts::of_story(&story);
    let line = point(&parts.entries, 23).line().to_string();
    let also = Elsewhere::read("the minutes", &line).unwrap();
    let keys = parts.keys.clone();
    let audited = parts.audit_with(&Options { also: vec![also], keys, ..Options::default() });
    code_is(&audited, 0);
    let step = audited.report.steps.iter().find(|step| step.step == Step::OtherRoads).unwrap();
    assert_eq!((step.outcome, step.how_much.as_str()), (Outcome::Held, "1 compared"));
    let said = audited.report.not_covered.join(" ");
    assert!(!said.contains("another road") && !said.contains("No key was known"), "{said}");
    let plain = parts.audit().report.not_covered.join(" ");
    assert!(plain.contains("another road") && plain.contains("No key was known"), "{plain}");
}

#[test]
fn a_change_of_keys_is_followed() {
    let mut story = Story::founded();
    let (old, new) = (key(), ledger_proto::SigningKey::from_seed([8; 32]));
    story.record(1001, 1002, 60);
    story.rotate(&old, &new);
    story.record(1001, 1002, 30);
    let entries = story.bytes();
    let at = entries.len() - 1;
    let mut parts = Parts::of(entries, &[]);
    parts.keys.push(new.verifier(&parts.origin));
    let by = |key: &ledger_proto::SigningKey, size| key.note(&point(&parts.entries, size));
    let sound = vec![by(&old, at - 1), by(&new, at), by(&new, at + 1)];
    let wrong = [
        vec![by(&new, at - 1), by(&new, at), by(&new, at + 1)],
        vec![by(&old, at - 1), by(&old, at), by(&new, at + 1)],
        vec![by(&old, at - 1), by(&new, at), by(&old, at + 1)],
    ];
    parts.notes = sound;
    let audited = parts.audit();
    code_is(&audited, 0);
    let keys = &audited.report.keys;
    assert_eq!((keys.len(), keys[1].from, keys[0].through), (2, at as u64, Some(at as u64 - 1)));
    for notes in wrong {
        parts.notes = notes;
        code_is(&parts.audit(), 20);
    }
}

#[test]
fn what_people_must_judge_is_said_and_is_no_failure() {
    let mut story = Story::of_every_kind();
    let first = story.state.head().next();
    let last = Position::new(first.get() + 5);
    let accepted = story.ask(Actor::Operator, Command::AcceptLoss { first, last });
    let reversed = story.record(1001, 1002, 15);
    let reversal = story.reverse(reversed);
    let mut late = story.request(
        officer(1),
        Command::RecordHours { help: help(1003, 1004, 15), evidence: EvidenceGrade::Paper },
    );
    late.occurred_on = Some(story.now.day().plus(-40));
    let late = story.decided(&late);
    let audited = Parts::of_story(&story).audit();
    code_is(&audited, 0);
    let noted = &audited.report.noted;
    assert_eq!(noted.losses_accepted.first, [accepted.get()]);
    assert_eq!(noted.back_dated.first, [late.get()]);
    assert!(noted.reversals.first.contains(&reversal.get()) && noted.reversals.count == 2);
    let said = audited.report.not_covered.join(" ");
    for words in ["had been lost", "reverse another", "more than 31 days"] {
        assert!(said.contains(words), "{words}: {said}");
    }
}
