//! What callers say, well and badly.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test may fail")]

use ledger_core::{
    Actor, Channel, Command, HoursDestination, Kinship, MemberId, PastDestination, PastRespite,
    Step, VoucherKey,
};
use ledger_proto::{
    Malformed, Secrets,
    api::{self, Parsed},
    v1::{self, write::Request},
};

const ID: &str = "019aa0f2-7c00-7abc-8def-0123456789ab";

fn secrets() -> Secrets {
    Secrets::new([3; 32])
}

fn context() -> v1::WriteContext {
    v1::WriteContext {
        coop: "coops/colne-valley".into(),
        request_id: ID.into(),
        ..Default::default()
    }
}

fn parse(request: Request) -> Result<Parsed, Malformed> {
    api::parse(v1::Write { request: Some(request) }, &secrets())
}

fn log_hours(context: v1::WriteContext, help: v1::Help) -> Request {
    Request::LogHours(v1::LogHoursRequest { context: Some(context), help: Some(help) })
}

fn help() -> v1::Help {
    v1::Help {
        giver: "members/1042".into(),
        receiver: format!("coops/colne-valley/members/{}", 1043),
        minutes: 90,
        task: v1::TaskKind::Garden.into(),
        destination: None,
        own_family: true,
    }
}

fn fields(error: &Malformed) -> Vec<&str> {
    error.violations.iter().map(|violation| violation.field.as_str()).collect()
}

#[test]
fn help_is_parsed_with_all_that_was_left_unsaid() {
    let parsed = parse(log_hours(context(), help())).unwrap();
    assert_eq!(parsed.coop.as_str(), "colne-valley");
    assert!(!parsed.actor_said && !parsed.validate_only);
    assert!(matches!(parsed.request.actor, Actor::Officer(officer) if officer.get() == 1));
    assert_eq!(parsed.request.channel, Channel::App);
    assert_eq!(parsed.request.id.to_string(), ID);
    let Command::LogHours { help } = parsed.request.command else { panic!("another command") };
    assert_eq!(help.receiver, MemberId::new(1043));
    assert_eq!(help.destination, HoursDestination::OwnAccount);
    assert_eq!(help.kinship, Kinship::FamilyNotEarning);
}

#[test]
fn everything_wrong_is_named_at_once() {
    let context = v1::WriteContext {
        request_id: "7".into(),
        acting_as: "members/12".into(),
        channel: 77,
        occurred_on: "2026-02-30".into(),
        expected_position: Some(-1),
        note: "x".repeat(2_001),
        ..context()
    };
    let help = v1::Help { giver: "1042-0".into(), minutes: 0, task: 0, ..help() };
    let error = parse(log_hours(context, help)).unwrap_err();
    assert_eq!(
        fields(&error),
        [
            "context.request_id",
            "context.acting_as",
            "context.channel",
            "context.occurred_on",
            "context.expected_position",
            "context.note",
            "help.giver",
            "help.minutes",
            "help.task",
        ]
    );
    assert!(error.to_string().contains("help.giver has a slip in it"), "{error}");
}

#[test]
fn a_member_is_named_in_three_ways_and_never_of_another_coop() {
    let member = MemberId::new(1042).unwrap();
    for name in ["members/1042", "coops/colne-valley/members/1042", &member.label()] {
        let request = log_hours(context(), v1::Help { giver: name.into(), ..help() });
        let Command::LogHours { help } = parse(request).unwrap().request.command else { panic!() };
        assert_eq!(help.giver, member, "{name}");
    }
    for name in [
        "",
        "1042",
        "members/01042",
        "members/+1042",
        "coops/other/members/1042",
        "coops/colne-valley",
    ] {
        let request = log_hours(context(), v1::Help { giver: name.into(), ..help() });
        assert_eq!(fields(&parse(request).unwrap_err()), ["help.giver"], "{name}");
    }
}

#[test]
fn things_are_named_by_the_entry_that_made_them() {
    let confirm = |hours: &str| {
        let context = v1::WriteContext { acting_as: "officers/2".into(), ..context() };
        parse(Request::ConfirmHours(v1::ConfirmHoursRequest {
            context: Some(context),
            hours: hours.into(),
            minutes: 0,
            evidence: 0,
        }))
    };
    for hours in ["hours/12", "coops/colne-valley/hours/12"] {
        let parsed = confirm(hours).unwrap();
        assert!(parsed.actor_said);
        let Command::ConfirmHours { hours, minutes: None, evidence: None } = parsed.request.command
        else {
            panic!("another command")
        };
        assert_eq!(hours.get(), 12);
    }
    for hours in [
        "hours/0",
        "respite/12",
        "hours/-1",
        "hours/99999999999999999999",
        "hours/9223372036854775808",
    ] {
        assert_eq!(fields(&confirm(hours).unwrap_err()), ["hours"], "{hours}");
    }
}

#[test]
fn the_fingerprint_leaves_out_what_a_retry_may_change_and_what_is_personal() {
    let enrol = |note: &str, name: &str, dry: bool, hat: v1::Hat| {
        let card = v1::Card { display_name: name.into(), ..Default::default() };
        let context = v1::WriteContext { note: note.into(), validate_only: dry, ..context() };
        parse(Request::EnrolMember(v1::EnrolMemberRequest {
            context: Some(context),
            hats: vec![hat.into()],
            card: Some(card),
            ..Default::default()
        }))
        .unwrap()
    };
    let first = enrol("one", "Jean", true, v1::Hat::Staff);
    assert!(first.validate_only);
    assert_eq!(first.card.as_ref().unwrap().display_name, "Jean");
    assert_eq!(first.note.as_deref(), Some("one"));
    let again = enrol("", "", false, v1::Hat::Staff);
    assert_eq!(first.request.fingerprint, again.request.fingerprint);
    assert_eq!((again.card, again.note), (None, None));
    let other = enrol("one", "Jean", true, v1::Hat::Supporter);
    assert_ne!(first.request.fingerprint, other.request.fingerprint);
}

#[test]
fn who_acts_unsaid_depends_on_what_is_asked() {
    let found = |acting_as: &str| {
        let context = v1::WriteContext { acting_as: acting_as.into(), ..context() };
        parse(Request::FoundCoop(v1::FoundCoopRequest { context: Some(context), policy: None }))
    };
    assert_eq!(found("").unwrap().request.actor, Actor::Operator);
    assert_eq!(fields(&found("officers/1").unwrap_err()), ["context.acting_as"]);
    let issued = secrets().voucher_code(ledger_core::RequestId::parse(ID).unwrap());
    let redeem = |code: String| {
        parse(Request::RedeemVoucher(v1::RedeemVoucherRequest { context: Some(context()), code }))
    };
    let parsed = redeem(issued.to_string().to_lowercase()).unwrap();
    assert_eq!(parsed.request.actor, Actor::Bearer);
    let hash = secrets().code_hash(&issued);
    assert_eq!(parsed.request.command, Command::RedeemVoucher { voucher: VoucherKey::Code(hash) });
    let Command::IssueVoucher { code, .. } =
        parse(Request::IssueVoucher(v1::IssueVoucherRequest {
            context: Some(context()),
            offer: "offers/1".into(),
            member: "members/1042".into(),
            reason: 1,
        }))
        .unwrap()
        .request
        .command
    else {
        panic!("another command")
    };
    assert_eq!(code, hash, "the code of a request is the same on every road");
    assert!(redeem("4K7M".into()).unwrap_err().to_string().contains("letter by letter"));
}

#[test]
fn a_write_without_a_context_or_a_kind_is_refused() {
    let none = Request::EndOfficer(v1::EndOfficerRequest { context: None, officer: String::new() });
    assert_eq!(fields(&parse(none).unwrap_err()), ["context", "officer"]);
    assert!(api::parse(v1::Write { request: None }, &secrets()).is_err());
}

fn head() -> api::ImportHead {
    let head =
        v1::ImportHead { context: Some(context()), import: "2025-26".into(), keep_good: false };
    api::parse_import_head(head).unwrap()
}

fn step(text: &str, what: v1::import_step::Step) -> v1::ImportStep {
    v1::ImportStep {
        file: "hours.csv".into(),
        line: 2,
        text: text.into(),
        occurrence: 1,
        date: "2026-01-05".into(),
        step: Some(what),
    }
}

#[test]
fn a_step_is_known_by_its_row_and_names_others_by_theirs() {
    use v1::import_step::Step as Said;
    assert_eq!(head().channel, Channel::Import);
    let asked =
        v1::ImportRespiteAsked { carer: "F1".into(), minutes: 60, wanted_on: "2026-01-09".into() };
    let asked =
        api::parse_import_step(step("asked", Said::RespiteAsked(asked)), &head(), &secrets())
            .unwrap();
    assert_eq!(asked.past.id.time(), head().id.time());
    let settled = v1::ImportRespiteSettled {
        asked_text: "asked".into(),
        asked_occurrence: 1,
        outcome: v1::ImportRespiteOutcome::Cancelled.into(),
        giver: String::new(),
        minutes: 0,
    };
    let settled =
        api::parse_import_step(step("came to", Said::RespiteSettled(settled)), &head(), &secrets())
            .unwrap();
    assert_ne!(settled.past.row, asked.past.row);
    let expected = Step::RespiteSettled { asked: asked.past.row, outcome: PastRespite::Cancelled };
    assert_eq!(settled.past.step, expected);
}

#[test]
fn a_step_that_cannot_be_read_says_where_it_stands() {
    use v1::import_step::Step as Said;
    let hours = v1::ImportHours {
        giver: "V 5".into(),
        minutes: -3,
        task: 9,
        to: "own".into(),
        evidence: 3,
        ..Default::default()
    };
    let wrong =
        api::parse_import_step(step("row", Said::Hours(hours.clone())), &head(), &secrets())
            .unwrap_err();
    assert_eq!((wrong.file.as_str(), wrong.line), ("hours.csv", 2));
    assert_eq!(fields(&wrong.malformed), ["giver", "minutes"]);
    let good = v1::ImportHours { giver: "V5".into(), minutes: 30, ..hours };
    let good = api::parse_import_step(step("row", Said::Hours(good)), &head(), &secrets()).unwrap();
    assert!(matches!(good.past.step, Step::Hours { to: PastDestination::Own, receiver: None, .. }));
    let unreadable =
        v1::ImportUnreadable { refs: vec!["V5".into(), "Jean B".into()], ..Default::default() };
    let unreadable =
        v1::ImportStep { date: "soon".into(), ..step("row", Said::Unreadable(unreadable)) };
    let unreadable = api::parse_import_step(unreadable, &head(), &secrets()).unwrap();
    assert!(matches!(unreadable.past.step, Step::Unreadable { refs, .. } if refs.len() == 1));
}
