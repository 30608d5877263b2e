//! A made-up entry for each rule: well formed, signed, and wrong.

#[path = "rules/cases.rs"]
mod cases;
#[path = "rules/promised.rs"]
mod promised;
#[path = "rules/represented.rs"]
mod represented;

use std::collections::BTreeSet;

use ledger_client::audit::{Finding, Rule};
use ledger_core::{
    Actor, Asked, Attribution, Authority, Channel, CodeHash, Command, Decision, Entry, Event,
    Fingerprint, OfferId, RequestId, State, VoucherReason, decide,
};
use ledger_proto::stored;

use crate::{
    bundle::{Parts, code_is},
    story::{COORDINATOR, Story, member, officer},
};

/// A rule, what is wrong, and who makes it up on a story.
type Case = (Rule, &'static str, fn(&mut Story) -> Entry);

/// An entry that an officer could have made, of any event.
fn by_officer(story: &mut Story, event: Event) -> Entry {
    by(story, officer(COORDINATOR), Authority::Coordinator, event)
}

/// An entry of any event by anybody.
fn by(story: &mut Story, actor: Actor, authority: Authority, event: Event) -> Entry {
    story.now = story.state.stamp(story.now.plus_hours(0));
    story.fall_due();
    let by = Attribution { actor, on_behalf_of: None, authority, channel: Channel::App };
    let mut bits = [9; 10];
    bits[2..].copy_from_slice(&story.state.head().get().to_be_bytes());
    let id = RequestId::of_time(story.now, bits);
    let version = story.state.policies().last().map_or(0, |policy| policy.version);
    Entry {
        position: story.state.head().next(),
        recorded_at: story.now,
        occurred_on: story.now.day(),
        by,
        policy_version: version,
        asked: Some(Asked { id, fingerprint: Fingerprint::new([1; 16]) }),
        row: None,
        corrects: None,
        event,
    }
}

/// What the ledger would record.
fn would(story: &mut Story, actor: Actor, command: Command) -> Entry {
    story.fall_due();
    let request = story.request(actor, command);
    let Ok(Decision::Record(entry)) = decide(&story.state, &request) else {
        unreachable!("it is new, and no rule refuses it")
    };
    *entry
}

fn issued(offer: OfferId, to: u32, story: &mut Story) -> Entry {
    let (code, reason) = (CodeHash::new([77; 16]), VoucherReason::Other);
    would(
        story,
        officer(COORDINATOR),
        Command::IssueVoucher { offer, member: member(to), reason, code },
    )
}

/// A story in which everything is open: logged hours, a promise with cover, a voucher, a fund, a gift, a pot.
fn open() -> Story {
    let mut story = Story::of_every_kind();
    story.later(1);
    story.log(1001, 1002, 60);
    story
}

fn findings(story: &Story, forged: &Entry) -> Vec<Finding> {
    let mut entries = story.bytes();
    entries.push(stored::encode(forged).unwrap());
    let audited = Parts::of(entries, &[]).audit();
    code_is(&audited, 30);
    audited.report.findings
}

#[test]
fn every_rule_finds_the_entry_that_breaks_it() {
    let mut found = BTreeSet::new();
    for (rule, what, make) in cases::CASES.iter().chain(promised::CASES).chain(represented::CASES) {
        let mut story = open();
        let forged = make(&mut story);
        assert_ne!(story.state, State::default(), "{what}");
        let findings = findings(&story, &forged);
        let broken: Vec<_> = findings.iter().map(|one| (one.rule, one.position)).collect();
        assert!(broken.contains(&(Some(*rule), Some(forged.position))), "{what}: {findings:#?}");
        found.insert(*rule);
    }
    // What cannot be written into an entry is tried where the rule stands.
    found.insert(Rule::Conservation);
    let all: BTreeSet<Rule> = Rule::ALL.iter().copied().collect();
    assert_eq!(found, all);
}

#[test]
fn what_the_ledger_would_record_breaks_no_rule() {
    let mut story = open();
    for _ in 0..3 {
        let offer = story.pledge(24, 60);
        let forged = issued(offer, 1001, &mut story);
        let mut entries = story.bytes();
        entries.push(stored::encode(&forged).unwrap());
        code_is(&Parts::of(entries, &[]).audit(), 0);
    }
}
