//! Nobody is accused of what did not happen, and no sentence says more than was shown.

use ledger_client::audit::{Audited, Elsewhere, Options, Outcome, Step, Verdict};
use ledger_core::{Event, Position};
use ledger_proto::{Checkpoint, Hash, SigningKey, stored};

use crate::{
    bundle::{Parts, code_is, key, point},
    story::Story,
};

fn sound() -> Parts {
    Parts::of_story(&Story::of_every_kind())
}

fn with(parts: &Parts, text: &str) -> Audited {
    let also = vec![Elsewhere::read("a letter", text).unwrap()];
    parts.audit_with(&Options { also, ..Options::default() })
}

fn said(audited: &Audited, words: &str) {
    let said = audited.report.findings.iter().any(|finding| finding.what.contains(words));
    assert!(said, "{words}: {:#?}", audited.report.findings);
}

#[test]
fn what_nobody_known_signed_proves_nothing() {
    let sound = sound();
    let stranger = SigningKey::from_seed([9; 32]);
    let all = sound.entries.len();
    let wrong = Checkpoint { root: Hash::new([5; 32]), ..point(&sound.entries, all) };
    let larger = Checkpoint { size: all as u64 + 1, ..wrong.clone() };
    let origin = "carestore/colne-valley/0123456789abcdef/blake3".parse().unwrap();
    let another = Checkpoint { origin, ..wrong.clone() };
    for point in [&wrong, &larger, &another] {
        let audited = with(&sound, &stranger.note(point));
        code_is(&audited, 10);
        // The same, signed by the key of the log, is another matter.
        code_is(&with(&sound, &key().note(point)), 20);
    }
    said(&with(&sound, &stranger.note(&wrong)), "proves nothing");
    said(&with(&sound, &stranger.note(&larger)), "proves nothing");
    // A key that the auditor knows counts, whatever keys came with the history.
    let also = vec![Elsewhere::read("a letter", &stranger.note(&wrong)).unwrap()];
    let keys = vec![stranger.verifier(&sound.origin), sound.keys[0].clone()];
    code_is(&sound.audit_with(&Options { also, keys, ..Options::default() }), 20);
}

#[test]
fn a_number_in_a_typed_line_can_be_a_slip() {
    let sound = sound();
    let line = point(&sound.entries, 30).line().to_string();
    let audited = with(&sound, &line.replacen("30 ", "300 ", 1));
    code_is(&audited, 20);
    said(&audited, "check the number of the line first");
}

#[test]
fn a_seal_of_a_newer_program_is_not_compared_and_breaks_nothing() {
    let story = Story::of_every_kind();
    let mut entries = story.entries.clone();
    for entry in &mut entries {
        if let Event::StateSealed { reducer_version, totals, .. } = &mut entry.event {
            *reducer_version += 1;
            totals.commons_minutes -= 7;
            break;
        }
    }
    let bytes = entries.iter().map(|entry| stored::encode(entry).unwrap()).collect();
    let audited = Parts::of(bytes, &[]).audit();
    code_is(&audited, 10);
    said(&audited, "a newer program sealed this");
    assert_eq!(audited.report.replayed, story.entries.len() as u64);
    let step = audited.report.steps.iter().find(|step| step.step == Step::Seals).unwrap();
    assert_eq!(step.outcome, Outcome::NotDone);
}

#[test]
fn a_broken_rule_says_no_more_of_signatures_than_was_shown() {
    let story = Story::of_every_kind();
    let mut entries = story.entries.clone();
    let last = entries.last_mut().unwrap();
    last.policy_version += 1;
    let bytes: Vec<_> = entries.iter().map(|entry| stored::encode(entry).unwrap()).collect();
    let mut parts = Parts::of(bytes, &[10]);
    let audited = parts.audit();
    code_is(&audited, 30);
    assert!(audited.report.sentence.contains("the one that was signed"));
    parts.notes.pop();
    let audited = parts.audit();
    code_is(&audited, 30);
    assert!(!audited.report.sentence.contains("the one that was signed"));
    assert!(audited.report.sentence.starts_with("Broken:"));
}

/// What the operator gave up stood at the end; what fell due meanwhile is recorded first.
#[test]
fn a_loss_that_was_accepted_may_come_behind_what_fell_due() {
    let mut story = Story::founded();
    story.log(1001, 1002, 60);
    let first = story.state.head().next();
    story.later(60);
    assert!(story.state.head() >= first, "something fell due");
    let last = Position::new(first.get() + 3);
    story.ask(ledger_core::Actor::Operator, ledger_core::Command::AcceptLoss { first, last });
    let audited = Parts::of_story(&story).audit();
    assert_eq!(audited.report.verdict, Verdict::Verified, "{:#?}", audited.report.findings);
}

#[cfg(unix)]
#[test]
fn what_is_only_linked_to_is_no_part_of_a_bundle() {
    let sound = sound();
    for name in ["keys", "entries", "checkpoints"] {
        let (dir, away) = (sound.write(), tempfile::tempdir().unwrap());
        let (here, there) = (dir.path().join(name), away.path().join(name));
        std::fs::rename(&here, &there).unwrap();
        std::os::unix::fs::symlink(&there, &here).unwrap();
        let audited = crate::bundle::audit(dir.path());
        code_is(&audited, 20);
        said(&audited, "a link");
    }
}

#[test]
fn no_more_entries_are_exported_than_the_log_has() {
    let sound = sound();
    let dir = tempfile::tempdir().unwrap();
    let mut export = ledger_client::bundle::Export::open(dir.path(), &sound.origin, 3).unwrap();
    for entry in &sound.entries[..3] {
        export.push(entry.clone()).unwrap();
    }
    assert!(export.push(sound.entries[3].clone()).is_err());
}
