//! Who represents a member acts for them, as far and as long as was said, and the entry says so.

use ledger_core::{Actor, Authority, Command, Event, EvidenceGrade, Mandate, Powers, Thing};

use crate::{
    check::{Ask, Run, at, by, check, coordinator, member, officer},
    words::*,
};

fn acts() -> Ask {
    coordinator(represent(dan(), cat(), Powers::Act))
}

fn for_dan(command: Command) -> Ask {
    member(cat(), command).for_whom(dan())
}

#[test]
fn representatives_are_named_and_come_to_an_end() {
    check(&[], acts(), "RepresentativeNamed");
    check(&[acts()], acts(), "RepresentativeNamed");
    check(&[], officer(3, represent(eve(), ann(), Powers::Act)), "RepresentativeNamed");
    check(&[coordinator(suspend(dan()))], acts(), "RepresentativeNamed");
    let today = represent_until(dan(), cat(), (Powers::See, Some("2026-06-01")));
    check(&[], coordinator(today), "RepresentativeNamed");
    for actor in [Actor::Member(dan()), Actor::Member(cat())] {
        check(&[acts()], by(actor, represent_no_more(dan(), cat())), "RepresentativeEnded");
    }
    check(&[acts()], coordinator(represent_no_more(dan(), cat())), "RepresentativeEnded");
}

#[test]
fn what_was_said_last_is_what_holds() {
    let run = Run::after(&[acts(), coordinator(represent(dan(), cat(), Powers::See))]);
    let said = run.state.representation(cat(), dan()).unwrap();
    assert_eq!((said.powers, said.named_at), (Powers::See, at(2)));
    assert_eq!(said.mandate, Mandate::LastingPowerOfAttorney);
    assert_eq!(run.state.representatives().count(), 1);
    assert_eq!(run.state.representation(dan(), cat()), None, "not the other way round");
}

#[test]
fn they_see_and_act_from_the_naming_to_the_end_of_its_last_day() {
    let until = represent_until(dan(), cat(), (Powers::Act, Some("2026-06-02")));
    let mut run = Run::after(&[coordinator(until)]);
    let end = day("2026-06-02").end();
    let before = ledger_core::Timestamp::from_unix_ms(end.unix_ms() - 1);
    assert_eq!(run.state.represents(cat(), dan(), before), Some(Powers::Act));
    assert_eq!(run.state.represents(cat(), dan(), end), None);
    // Ten in the morning of the first: 37 hours and 59 minutes later is the last minute but one of the second.
    let gift = || for_dan(give(dan(), ben(), 60));
    assert_eq!(run.outcome(&gift().after_ms(38 * 3_600_000 - 1)), "HoursGiven: dan → ben 60m");
    assert_eq!(run.outcome(&gift().after_ms(1)), "NOT_A_REPRESENTATIVE");
    assert_eq!(run.state.represented_by(cat()).collect::<Vec<_>>(), [dan()], "it is still told");
}

#[test]
fn it_rests_while_one_of_the_two_is_away() {
    let sees = |given: &[Ask]| {
        let run = Run::after(given);
        run.state.represents(cat(), dan(), run.now)
    };
    assert_eq!(sees(&[acts()]), Some(Powers::Act));
    assert_eq!(sees(&[acts(), coordinator(suspend(dan()))]), Some(Powers::Act), "to see");
    let away = || coordinator(suspend(cat()));
    assert_eq!(sees(&[acts(), away()]), None);
    assert_eq!(sees(&[acts(), away(), coordinator(reinstate(cat()))]), Some(Powers::Act));
    let left = || coordinator(leave(dan(), None));
    assert_eq!(sees(&[acts(), left()]), None);
    assert_eq!(sees(&[acts(), left(), coordinator(reverse(at(2)))]), Some(Powers::Act));
    assert_eq!(sees(&[acts(), coordinator(leave(cat(), None))]), None);
}

#[test]
fn those_whom_somebody_represents_are_told_apart_from_those_of_others() {
    let named =
        |member, representative| coordinator(represent(member, representative, Powers::See));
    let run = Run::after(&[
        named(eve(), ben()),
        named(ann(), cat()),
        named(eve(), cat()),
        named(ann(), dan()),
    ]);
    let of = |member| run.state.represented_by(member).collect::<Vec<_>>();
    assert_eq!((of(ben()), of(cat()), of(dan())), (vec![eve()], vec![ann(), eve()], vec![ann()]));
    assert_eq!((of(ann()), of(eve())), (vec![], vec![]));
    let all: Vec<_> = run.state.representatives().map(|(by, member, _)| (by, member)).collect();
    assert_eq!(all, [(ben(), eve()), (cat(), ann()), (cat(), eve()), (dan(), ann())]);
}

#[test]
fn they_do_what_the_member_could_and_the_entry_says_by_what_right() {
    let mut run = Run::after(&[acts()]);
    for (ask, then) in [
        (for_dan(give(dan(), ben(), 30)), "HoursGiven: dan → ben 30m"),
        (for_dan(log(help(dan(), ben(), 30))), "HoursLogged"),
        (for_dan(log(help(ann(), ben(), 30))), "HoursLogged"),
        (for_dan(dispute(at(3))), "HoursDisputed"),
        (for_dan(ask_respite(dan(), 60, "2026-06-02")), "RespiteRequested: dan → held(dan) 60m"),
        (member(ann(), agree(at(6), ann(), "10:00")), "CoverAgreed"),
        (for_dan(deliver(at(6), 60)).after_days(1), "RespiteDelivered: held(dan) → ann 60m"),
        (for_dan(ask_respite(dan(), 60, "2026-06-09")), "RespiteRequested: dan → held(dan) 60m"),
        (
            for_dan(cancel_respite(at(9), ledger_core::RespiteSide::Carer)),
            "RespiteEnded: held(dan) → dan 60m",
        ),
    ] {
        assert_eq!(run.outcome(&ask), then);
        let by = run.log.last().unwrap().by;
        if by.actor == Actor::Member(cat()) {
            assert_eq!((by.on_behalf_of, by.authority), (Some(dan()), Authority::Representative));
        }
    }
    // In their own name they are whoever they were.
    run.must(&member(cat(), log(help(cat(), ben(), 30))));
    assert_eq!(run.log.last().unwrap().by.authority, Authority::Oneself);
}

#[test]
fn they_take_the_givers_part_in_a_respite() {
    let covers = coordinator(represent(ann(), ben(), Powers::Act));
    let for_ann = |command| member(ben(), command).for_whom(ann());
    let asked = || member(cat(), ask_respite(cat(), 60, "2026-06-02"));
    let given = || vec![covers.clone(), asked(), for_ann(agree(at(2), ann(), "10:00"))];
    let mut run = Run::after(&given());
    assert_eq!(run.outcome(&for_ann(withdraw(at(2)))), "CoverWithdrawn");
    let missing = for_ann(no_show(at(2), ledger_core::RespiteSide::Carer)).after_days(1);
    check(&given(), missing, "RespiteEnded: held(cat) → cat 60m");
}

#[test]
fn their_word_is_weaker_than_the_persons_own_and_nobody_makes_it_more() {
    let says = |given: &[Ask], when: Ask| {
        let mut run = Run::after(given);
        run.must(&when);
        match run.log.last().unwrap().event {
            Event::HoursConfirmed { evidence, .. } => evidence,
            ref other => panic!("{other:?}"),
        }
    };
    let confirm_with = |evidence| Command::ConfirmHours { hours: at(2), minutes: None, evidence };
    let by_ann = || [acts(), member(ann(), log(help(ann(), dan(), 60)))];
    for (said, counts) in [
        (None, EvidenceGrade::Household),
        (Some(EvidenceGrade::SelfOnly), EvidenceGrade::SelfOnly),
        (Some(EvidenceGrade::Timer), EvidenceGrade::Household),
        (Some(EvidenceGrade::Phone), EvidenceGrade::Phone),
        (Some(EvidenceGrade::Recipient), EvidenceGrade::Household),
        (Some(EvidenceGrade::OnSite), EvidenceGrade::Household),
    ] {
        assert_eq!(says(&by_ann(), for_dan(confirm_with(said))), counts, "{said:?}");
    }
    assert_eq!(says(&by_ann(), member(dan(), confirm(at(2)))), EvidenceGrade::Recipient);
    // The same where they logged it, and the giver confirms.
    let for_him = || [acts(), for_dan(log(help(ann(), dan(), 60)))];
    assert_eq!(says(&for_him(), member(ann(), confirm(at(2)))), EvidenceGrade::Household);
    // Where the person has logged it, whoever represents the giver makes it no less.
    let covers = coordinator(represent(ann(), ben(), Powers::Act));
    let by_dan = [covers, member(dan(), log(help(ann(), dan(), 60)))];
    let for_ann = member(ben(), confirm(at(2))).for_whom(ann());
    assert_eq!(says(&by_dan, for_ann), EvidenceGrade::Recipient);
    // Who represents the giver says no more than the giver would.
    let covers = coordinator(represent(ann(), ben(), Powers::Act));
    let by_cat = [covers, member(cat(), log(help(ann(), dan(), 60)))];
    let for_ann = member(ben(), confirm(at(2))).for_whom(ann());
    assert_eq!(says(&by_cat, for_ann), EvidenceGrade::SelfOnly);
}

#[test]
fn being_named_touches_the_member_who_is_represented() {
    let untouched = Run::after(&[]).state.member(dan()).unwrap().revision;
    let guarded = |given: &[Ask], then: &str| {
        let ask = coordinator(suspend(dan())).if_untouched(Thing::Member(dan()), untouched);
        check(given, ask, then);
    };
    guarded(&[], "MemberSuspended");
    guarded(&[acts()], "REVISION_CHANGED");
    let run = Run::after(&[acts(), coordinator(represent_no_more(dan(), cat()))]);
    assert_eq!(run.state.member(dan()).unwrap().revision, at(2));
}
