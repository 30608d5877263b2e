//! A bundle that somebody has made anew, with or without the key: by which step each forgery is found.

use ledger_client::audit::{Audited, Elsewhere, Options, Step};
use ledger_core::{Position, Timestamp};
use ledger_proto::{Checkpoint, Frontier, Hash, leaf, stored};

use crate::{
    bundle::{Parts, code_is, key, point},
    story::Story,
};

fn sound() -> Parts {
    Parts::of_story(&Story::of_every_kind())
}

/// The checkpoint of the whole log, as it was handed to somebody in time.
fn also(parts: &Parts) -> Options {
    let note = key().note(&point(&parts.entries, parts.entries.len()));
    let also = vec![Elsewhere::read("a receipt", &note).unwrap()];
    Options { also, ..Options::default() }
}

fn found_by(audited: &Audited, step: Step) {
    let found = audited.report.findings.iter().any(|finding| finding.step == step);
    assert!(found, "{step:?}: {:#?}", audited.report.findings);
}

/// Entries dropped, repeated, swapped and inserted.
fn tampered(entries: &[Vec<u8>]) -> Vec<(&'static str, Vec<Vec<u8>>)> {
    let middle = entries.len() / 2;
    let changed = |change: &dyn Fn(&mut Vec<Vec<u8>>)| {
        let mut entries = entries.to_vec();
        change(&mut entries);
        entries
    };
    vec![
        ("dropped", changed(&|entries| drop(entries.remove(middle)))),
        ("repeated", changed(&|entries| entries.insert(middle, entries[middle].clone()))),
        ("swapped", changed(&|entries| entries.swap(middle, middle + 1))),
        ("inserted", changed(&|entries| entries.insert(middle, entries[9].clone()))),
    ]
}

#[test]
fn without_the_key_no_entry_can_be_dropped_repeated_swapped_or_inserted() {
    let sound = sound();
    for (how, entries) in tampered(&sound.entries) {
        let audited = Parts { entries, ..sound.clone() }.audit();
        assert_eq!(audited.report.exit_code, 20, "{how}");
        found_by(&audited, Step::Reckon);
        found_by(&audited, Step::Read);
    }
}

#[test]
fn with_the_key_an_entry_still_says_where_it_stands() {
    for (how, entries) in tampered(&sound().entries) {
        let at = entries.len();
        let audited = Parts::of(entries, &[10, 20, at / 2]).audit();
        assert_eq!(audited.report.exit_code, 20, "{how}");
        found_by(&audited, Step::Read);
    }
}

/// With the key, and every position and reference written anew: only somebody's older root tells.
#[test]
fn who_holds_the_key_and_writes_all_anew_is_found_by_another_road_alone() {
    let (mut story, mut other) = (Story::founded(), Story::founded());
    story.record(1001, 1002, 90);
    for story in [&mut story, &mut other] {
        story.record(1003, 1004, 30);
        story.record(1001, 1004, 60);
    }
    let (sound, forged) = (Parts::of_story(&story), Parts::of_story(&other));
    code_is(&forged.audit(), 0);
    let audited = forged.audit_with(&also(&sound));
    code_is(&audited, 20);
    found_by(&audited, Step::OtherRoads);
    let size = forged.entries.len();
    let line = point(&sound.entries, size).line().to_string();
    let also = vec![Elsewhere::read("the minutes", &line).unwrap()];
    code_is(&forged.audit_with(&Options { also, ..Options::default() }), 20);
}

/// Dropping and rewriting positions alone leaves references that point elsewhere: the replay or a rule finds that.
#[test]
fn with_the_key_and_new_positions_the_rules_still_hold_on() {
    let story = Story::of_every_kind();
    let middle = story.entries.iter().position(|entry| entry.event.kind().code() == 31).unwrap();
    let mut entries = story.entries.clone();
    entries.remove(middle);
    for (position, entry) in (1..).zip(&mut entries) {
        entry.position = Position::new(position);
    }
    let entries = entries.iter().map(|entry| stored::encode(entry).unwrap()).collect();
    let audited = Parts::of(entries, &[10]).audit();
    code_is(&audited, 30);
    found_by(&audited, Step::Rules);
}

#[test]
fn a_log_that_was_cut_is_found_by_what_was_signed() {
    let sound = sound();
    for size in 1..sound.entries.len() {
        let entries = sound.entries[..size].to_vec();
        // The checkpoints of what is gone are still there.
        let cut = Parts { entries: entries.clone(), ..sound.clone() };
        let audited = cut.audit();
        code_is(&audited, 20);
        // They were taken away: then the newest entries are signed by nothing, unless it was cut at a checkpoint.
        let sizes = [10, 20, 30, 40, 50, 60, 70, 80];
        let kept: Vec<usize> = sizes.into_iter().filter(|kept| *kept <= size).collect();
        let notes = kept.iter().map(|kept| key().note(&point(&sound.entries, *kept)));
        let cut = Parts { entries, notes: notes.collect(), ..sound.clone() };
        let at_one = kept.last() == Some(&size);
        code_is(&cut.audit(), if at_one { 0 } else { 10 });
        // And always by somebody who holds a newer receipt.
        let audited = cut.audit_with(&also(&sound));
        code_is(&audited, 20);
        found_by(&audited, Step::OtherRoads);
    }
}

/// A log of three files, cut behind each of them.
#[test]
fn a_log_that_was_cut_behind_a_file_is_found() {
    let sound = Parts::of_days(4100);
    code_is(&sound.audit(), 0);
    for size in [4096, 8192] {
        let cut = Parts { entries: sound.entries[..size].to_vec(), ..sound.clone() };
        code_is(&cut.audit(), 20);
        let notes = sound.notes[..size / 4096].to_vec();
        let cut = Parts { notes, ..cut };
        code_is(&cut.audit(), 0);
        code_is(&cut.audit_with(&also(&sound)), 20);
        let now = Story::new().now.plus_days(4100 / 8 + 30);
        let stale = Options { max_age_days: Some(7), now, ..also(&cut) };
        code_is(&cut.audit_with(&stale), 10);
    }
    let dir = sound.write();
    std::fs::remove_file(dir.path().join("entries/000000004097-000000008192")).unwrap();
    let audited = crate::bundle::audit(dir.path());
    code_is(&audited, 10);
    assert_eq!(audited.report.findings[0].position, Some(Position::new(4097)));
}

#[test]
fn an_old_checkpoint_is_no_newest_one() {
    let sound = sound();
    let mut parts = sound.clone();
    *parts.notes.last_mut().unwrap() = sound.notes[0].clone();
    code_is(&parts.audit(), 20);
    parts.notes = vec![sound.notes[0].clone()];
    code_is(&parts.audit(), 10);
}

#[test]
fn two_roots_for_one_size_are_found() {
    let mut parts = sound();
    let size = parts.entries.len() as u64;
    let other = Checkpoint { origin: parts.origin.clone(), size, root: Hash::new([5; 32]) };
    let right = parts.notes.pop().unwrap();
    parts.notes.extend([key().note(&other), right]);
    let audited = parts.audit();
    code_is(&audited, 20);
    found_by(&audited, Step::Signatures);
    let said = audited.report.findings.iter().any(|one| one.what.contains("two different"));
    assert!(said, "{:#?}", audited.report.findings);
}

#[test]
fn checkpoints_of_others_and_of_other_keys_are_found() {
    let sound = sound();
    let stranger = ledger_proto::SigningKey::from_seed([9; 32]);
    let mut forged = sound.clone();
    forged.notes = vec![stranger.note(&point(&sound.entries, sound.entries.len()))];
    code_is(&forged.audit(), 20);
    // With a key of its own in the bundle, all hangs together: only who knows the right key sees it.
    forged.keys = vec![stranger.verifier(&sound.origin)];
    code_is(&forged.audit(), 0);
    let keys = sound.keys.clone();
    let audited = forged.audit_with(&Options { keys: keys.clone(), ..Options::default() });
    code_is(&audited, 20);
    code_is(&sound.audit_with(&Options { keys, ..Options::default() }), 0);
    let mut more = sound.clone();
    more.keys.push(stranger.verifier(&sound.origin));
    code_is(&more.audit(), 20);
}

#[test]
fn every_checkpoint_is_reckoned_and_not_only_the_last() {
    let mut parts = sound();
    let wrong = Checkpoint { root: Hash::new([5; 32]), ..point(&parts.entries, 20) };
    parts.notes[1] = key().note(&wrong);
    let audited = parts.audit();
    code_is(&audited, 20);
    let finding = &audited.report.findings[0];
    assert_eq!(
        (finding.step, finding.position, finding.through),
        (Step::Reckon, Some(Position::new(11)), Some(Position::new(20)),)
    );
}

#[test]
fn what_is_of_another_log_is_said() {
    let sound = sound();
    let mut other = Story::founded();
    other.now = Timestamp::from_unix_ms(other.now.unix_ms() + 5);
    let mut edge = Frontier::default();
    edge.push(leaf(b"another beginning"));
    let origin = "carestore/colne-valley/0123456789abcdef/blake3".parse().unwrap();
    let note = key().note(&Checkpoint { origin, size: 1, root: edge.root() });
    let also = vec![Elsewhere::read("x", &note).unwrap()];
    code_is(&sound.audit_with(&Options { also, ..Options::default() }), 20);
    let origin = "carestore/holme-valley/0123456789abcdef/blake3".parse().unwrap();
    let note = key().note(&Checkpoint { origin, size: 1, root: edge.root() });
    let also = vec![Elsewhere::read("x", &note).unwrap()];
    code_is(&sound.audit_with(&Options { also, ..Options::default() }), 10);
    assert!(Elsewhere::read("x", "nonsense").is_err());
}

/// What was never signed is no part of the history, even if it comes with it.
#[test]
fn entries_behind_the_size_that_was_said_are_no_part_of_it() {
    let sound = sound();
    let all = sound.entries.len();
    let signed = Parts::of(sound.entries[..all - 3].to_vec(), &[]);
    let head = ledger_client::bundle::Head {
        origin: signed.origin.clone(),
        size: signed.entries.len() as u64,
        keys: signed.keys.clone(),
        notes: signed.notes.clone(),
    };
    let options = Options::default();
    let mut audit = ledger_client::audit::Audit::begin(&head, &options);
    // Three entries more than the head says, and than anybody has signed.
    let _ = audit.take(1, &sound.entries);
    let audited = audit.finish();
    assert_ne!(audited.report.exit_code, 0, "{:#?}", audited.report.sentence);
}

#[test]
fn a_checkpoint_stands_once() {
    let mut twice = sound();
    let again = twice.notes[0].clone();
    twice.notes.insert(0, again);
    code_is(&twice.audit(), 20);
}

/// What had been audited before did not become this: the step of that name says so.
#[test]
fn a_broken_since_is_no_step_that_held() {
    let (mut story, mut other) = (Story::founded(), Story::founded());
    story.record(1001, 1002, 90);
    other.record(1001, 1002, 60);
    let (sound, forged) = (Parts::of_story(&story), Parts::of_story(&other));
    let note = key().note(&point(&sound.entries, sound.entries.len()));
    let since = Some(Elsewhere::read("last year", &note).unwrap());
    let audited = forged.audit_with(&Options { since, ..Options::default() });
    code_is(&audited, 20);
    let step = audited.report.steps.iter().find(|step| step.step == Step::Since).unwrap();
    assert_ne!(step.outcome, ledger_client::audit::Outcome::Held);
}

#[test]
fn a_checkpoint_of_a_log_without_an_entry_is_none() {
    let mut parts = sound();
    let none =
        Checkpoint { origin: parts.origin.clone(), size: 0, root: Frontier::default().root() };
    parts.notes.insert(0, key().note(&none));
    code_is(&parts.audit(), 20);
}

/// Many rules are broken first: what is wrong behind them still shows in its own step.
#[test]
fn a_step_that_failed_is_never_said_to_have_held() {
    let mut story = Story::founded();
    story.record(1001, 1002, 30);
    let mut bad: Vec<ledger_core::Entry> = Vec::new();
    let model = stored::decode(&story.bytes()[story.bytes().len() - 1]).unwrap();
    for n in 1..=600_u64 {
        let mut entry = model.clone();
        entry.position = Position::new(model.position.get() + n);
        entry.policy_version = 9;
        entry.asked = None;
        bad.push(entry);
    }
    let mut bytes = story.bytes();
    bytes.extend(bad.iter().map(|entry| stored::encode(entry).unwrap()));
    let mut parts = Parts::of(bytes.clone(), &[]);
    // The last checkpoint is of another history.
    let mut other = bytes.clone();
    let last = other.len() - 1;
    other[last] = other[last - 1].clone();
    parts.notes = vec![key().note(&point(&other, other.len()))];
    let audited = parts.audit();
    code_is(&audited, 20);
    let step = audited.report.steps.iter().find(|step| step.step == Step::Reckon).unwrap();
    assert_ne!(step.outcome, ledger_client::audit::Outcome::Held);
}
