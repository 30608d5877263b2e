//! Retries can do no harm: an id is either known or refused. And guards: refuse unless nothing has changed.

use ledger_core::{Decision, Rejection, RespiteSide, Thing};

use crate::{
    check::{Ask, Run, at, check, coordinator, member},
    words::*,
};

const DAY: i64 = 86_400_000;

fn gift() -> Ask {
    member(dan(), give(dan(), ben(), 200)).id(1, 0).says(1)
}

#[test]
fn a_retry_gets_the_answer_of_the_first_even_where_the_rules_would_now_refuse() {
    let again = format!("already recorded at {}", at(1));
    check(&[gift()], gift(), &again);
    // By now Dan has nothing left, has left, and the guard would fail.
    let since = [gift(), member(dan(), leave(dan(), None))];
    check(&since, gift(), &again);
    check(&since, gift().if_newest(at(0)), &again);
    check(&[gift()], gift().after_days(34), &again);
}

#[test]
fn the_same_id_with_another_content_says_where_the_first_one_is() {
    let mut run = Run::after(&[gift()]);
    let refused = run.ask(&gift().says(2)).unwrap_err();
    assert_eq!(refused, Rejection::RequestIdReused { position: at(1) });
}

#[test]
fn the_same_content_with_another_id_is_a_twin_and_no_duplicate() {
    check(&[gift()], gift().id(2, 0), "HoursGiven: dan → ben 200m");
}

#[test]
fn what_was_refused_may_be_asked_again_with_the_same_id() {
    let much = member(dan(), give(dan(), ben(), 1_200)).id(1, 0).says(1);
    let mut run = Run::after(&[]);
    assert_eq!(run.outcome(&much), "NOT_ENOUGH_HOURS");
    run.must(&coordinator(record(help(dan(), cat(), 200))));
    assert_eq!(run.outcome(&much), "HoursGiven: dan → ben 1200m");
}

#[test]
fn an_id_is_acceptable_from_35_days_back_to_a_day_ahead() {
    let made = |ms| gift().id(1, ms);
    for ms in [-35 * DAY, 0, DAY] {
        check(&[], made(ms), "HoursGiven: dan → ben 200m");
    }
    for ms in [-35 * DAY - 1, DAY + 1] {
        check(&[], made(ms), "REQUEST_ID_OUT_OF_WINDOW");
    }
}

#[test]
fn an_id_is_remembered_for_as_long_as_it_is_acceptable_and_then_refused() {
    for (made, last) in [(-35 * DAY, 0), (0, 35 * DAY), (DAY, 36 * DAY)] {
        let first = gift().id(1, made);
        let mut run = Run::after(std::slice::from_ref(&first));
        let other = || member(dan(), give(dan(), ben(), 1));
        // Other entries come in between, so that what is too old is forgotten.
        run.must(&other().after_ms(last));
        assert_eq!(run.ask(&first), Ok(Decision::AlreadyRecorded(at(1))));
        run.must(&other().after_ms(1));
        assert_eq!(run.outcome(&first), "REQUEST_ID_OUT_OF_WINDOW");
        assert_eq!(run.balance(ben()), 202);
    }
}

#[test]
fn a_guard_holds_while_nothing_has_changed_and_names_what_has() {
    let ask = || member(dan(), give(dan(), ben(), 10));
    check(&[], ask().if_newest(at(0)), "HoursGiven: dan → ben 10m");
    let mut run = Run::after(&[ask()]);
    let refused = run.ask(&ask().if_newest(at(0))).unwrap_err();
    assert_eq!(refused, Rejection::PositionChanged { position: at(1) });
    let refused = run.ask(&ask().if_untouched(Thing::Member(dan()), at(0))).unwrap_err();
    assert_eq!(refused, Rejection::RevisionChanged { revision: at(1) });
    assert_eq!(
        run.outcome(&ask().if_untouched(Thing::Member(dan()), at(1))),
        "HoursGiven: dan → ben 10m"
    );
}

/// What a guard answers about a member is for that member, whoever acts for them, and the officers.
#[test]
fn a_guard_tells_nobody_of_another_member() {
    let ask = |of| member(dan(), give(dan(), ben(), 10)).if_untouched(Thing::Member(of), at(0));
    check(&[], ask(ben()), "NOT_YOURS");
    check(&[], ask(fay()), "NOT_YOURS");
    let acts = || coordinator(represent(dan(), cat(), ledger_core::Powers::Act));
    let for_dan = |of| {
        let gift = member(cat(), give(dan(), ben(), 10)).for_whom(dan());
        gift.if_untouched(Thing::Member(of), at(1))
    };
    check(&[acts()], for_dan(dan()), "HoursGiven: dan → ben 10m");
    check(&[acts()], for_dan(cat()), "REVISION_CHANGED");
    check(&[acts()], for_dan(ben()), "NOT_YOURS");
}

/// Whoever asks is told of themselves, and of whom they named; not whose it is, nor how much others have given.
#[test]
fn a_refusal_tells_nobody_of_another_member() {
    let refused = |given: &[Ask], when: Ask| Run::after(given).ask(&when).unwrap_err();
    let logged = || member(ann(), log(help(ann(), ben(), 60)));
    let asked = || member(cat(), ask_respite(cat(), 60, "2026-06-01"));
    let agreed = || member(ann(), agree(at(1), ann(), "10:00"));
    for (given, when) in [
        (vec![logged()], confirm(at(1))),
        (vec![logged()], dispute(at(1))),
        (vec![asked(), agreed()], withdraw(at(1))),
        (vec![asked(), agreed()], deliver(at(1), 60)),
        (vec![asked(), agreed()], cancel_respite(at(1), RespiteSide::Carer)),
        (vec![asked(), agreed()], cancel_respite(at(1), RespiteSide::Giver)),
        (vec![asked(), agreed()], no_show(at(1), RespiteSide::Carer)),
        (vec![asked(), agreed()], no_show(at(1), RespiteSide::Giver)),
    ] {
        let refused = refused(&given, member(dan(), when.clone()));
        assert_eq!(refused, Rejection::NotYours { member: None }, "{when:?}");
        assert_eq!(refused.to_string(), "this is for another member to do, or a co-ordinator");
        assert_eq!(refused.figures(), []);
    }
    let named = refused(&[], member(dan(), give(cat(), ben(), 10)));
    assert_eq!(named, Rejection::NotYours { member: Some(cat()) });
    let much = || log(help(ann(), ben(), 700));
    for (by, told) in [
        (member(dan(), much()), None),
        (member(ann(), much()), Some(60)),
        (coordinator(much()), Some(60)),
    ] {
        let refused = refused(&[logged()], by);
        let given = refused.figures().into_iter().find(|(name, _)| *name == "given_minutes");
        assert_eq!(given.map(|(_, given)| given), told.map(|told: i64| told.to_string()));
        assert_eq!(refused.to_string().ends_with(": 60 are there already"), told.is_some());
    }
}

#[test]
fn a_guard_on_a_promise_knows_what_became_of_it() {
    let asked = || member(cat(), ask_respite(cat(), 60, "2026-06-10"));
    let agreed = || member(ann(), agree(at(1), ann(), "10:00"));
    let cancel = |since| {
        let by = RespiteSide::Carer;
        member(cat(), cancel_respite(at(1), by)).if_untouched(Thing::Made(at(1)), since)
    };
    check(&[asked()], cancel(at(1)), "RespiteEnded: held(cat) → cat 60m");
    check(&[asked(), agreed()], cancel(at(1)), "REVISION_CHANGED");
    check(&[asked(), agreed()], cancel(at(2)), "RespiteEnded: held(cat) → cat 60m");
    check(&[asked(), cancel(at(1))], cancel(at(2)), "ALREADY_SETTLED");
    // What never was has not come to something.
    check(&[], cancel(at(1)), "ENTRY_NOT_FOUND");
}

#[test]
fn an_entry_that_names_what_is_not_there_is_no_entry_of_this_ledger() {
    use ledger_core::{
        CashSource, Cover, Event, EvidenceGrade, FundId, Help, HoursDestination, Items, Kinship,
        MemberId, Minutes, OfferId, Pence, TaskKind,
    };
    let logged = member(ann(), log(help(ann(), ben(), 10)));
    let run = Run::after(&[logged, member(dan(), give(dan(), ben(), 10))]);
    let (stranger, minutes) = (MemberId::new(4_000_000_000).unwrap(), Minutes::new(10).unwrap());
    let (fund, offer) = (FundId::new(4_000_000_000).unwrap(), OfferId::new(4_000_000_000).unwrap());
    let (source, pence) = (CashSource::Charge, Pence::new(5).unwrap());
    let help = Help {
        giver: stranger,
        receiver: None,
        minutes,
        task: TaskKind::Shopping,
        destination: HoursDestination::Pot,
        kinship: Kinship::Neighbour,
    };
    let helped = Help { giver: ann(), receiver: Some(stranger), ..help };
    let (hours, evidence) = (at(1), EvidenceGrade::Phone);
    let delivered = |carer, cover| {
        let respite = at(1);
        Event::RespiteDelivered { respite, carer, cover, held: minutes, minutes }
    };
    for (event, wrong) in [
        (Event::HoursGiven { from: stranger, to: None, minutes }, "a member who is not there"),
        (Event::HoursLogged { help, confirm_by: start() }, "a member who is not there"),
        (Event::HoursRecorded { help, evidence }, "given by a member who is not there"),
        (Event::HoursRecorded { help: helped, evidence }, "given to a member who is not there"),
        (Event::HoursConfirmed { hours, help, logged: minutes, evidence }, "given by a member"),
        (Event::HoursConfirmed { hours, help: helped, logged: minutes, evidence }, "given to a"),
        (Event::HoursResolved { hours, help, counted: Some(minutes) }, "given by a member who"),
        (Event::HoursResolved { hours, help: helped, counted: Some(minutes) }, "given to a"),
        (delivered(stranger, Cover::Staff), "a transfer names a member who is not there"),
        (delivered(dan(), Cover::Member(stranger)), "a transfer names a member who is not there"),
        (Event::CashReceived { fund, source, pence, party: None, member: None }, "a fund that"),
        (Event::InKindUsed { offer, quantity: Items::ONE }, "an offer that is not there"),
    ] {
        let mut entry = run.log.last().unwrap().clone();
        (entry.position, entry.asked, entry.event) = (run.state.head().next(), None, event);
        let refused = ledger_core::evolve(run.state.clone(), &entry).unwrap_err();
        assert!(refused.to_string().contains(wrong), "{refused}");
        // In place the same, and nothing half changed is left to go on with.
        let mut state = run.state.clone();
        assert_eq!(ledger_core::advance(&mut state, &entry), Err(refused));
        assert_eq!(state, ledger_core::State::default());
    }
}
