//! Refusals of hours, gifts and grants: who, what, how much.

use ledger_core::Actor;

use crate::{
    check::{Ask, at, by, coordinator, member, officer},
    refusals::{Case, case},
    words::*,
};

pub(crate) fn table() -> Vec<Case> {
    let mut table = logging();
    table.extend(second_person());
    table.extend(confirming());
    table.extend(giving());
    table
}

fn logging() -> Vec<Case> {
    let suspended = || coordinator(suspend(ben()));
    let full = || coordinator(record(help(ann(), ben(), 720)));
    vec![
        case(&[], officer(2, log(help(fay(), fay(), 9_999))), "OFFICERS_ONLY"),
        case(&[], by(Actor::Bearer, log(help(ann(), ben(), 10))), "OFFICERS_ONLY"),
        case(&[suspended()], member(ann(), log(help(fay(), ben(), 9_999))), "MEMBER_NOT_FOUND"),
        case(&[suspended()], member(ann(), log(help(ann(), ben(), 9_999))), "MEMBER_SUSPENDED"),
        case(&[], member(ann(), log(to_member(help(ann(), ann(), 9_999), fay()))), "SAME_PERSON"),
        case(
            &[],
            member(ann(), log(to_member(help(ann(), ben(), 9_999), fay()))),
            "MEMBER_NOT_FOUND",
        ),
        case(&[], member(ann(), log(to_member(help(ann(), ben(), 9_999), ann()))), "SAME_PERSON"),
        case(&[], member(ann(), log(help(ann(), ben(), 721))), "DAY_CAP"),
        case(&[full()], member(ann(), log(help(ann(), cat(), 1))), "DAY_CAP"),
        case(&[full()], member(ann(), log(of_family(help(ann(), cat(), 1)))), "DAY_CAP"),
        case(&[], member(ann(), record(help(fay(), None, 9_999))), "OFFICERS_ONLY"),
        case(&[], officer(2, record(help(fay(), None, 9_999))), "OFFICERS_ONLY"),
        case(&[], officer(3, record(help(eve(), fay(), 9_999))), "NEEDS_ANOTHER_PERSON"),
        case(
            &[],
            officer(3, record(to_member(help(fay(), ben(), 30), eve()))),
            "NEEDS_ANOTHER_PERSON",
        ),
        case(&[], coordinator(record(help(fay(), ben(), 9_999))), "MEMBER_NOT_FOUND"),
        case(&[], coordinator(record(help(ann(), ann(), 9_999))), "SAME_PERSON"),
        case(&[], coordinator(record(help(ann(), None, 721))), "DAY_CAP"),
    ]
}

/// Whoever stands behind the logging, as a person or by acting for one, is not the other person that is needed.
fn second_person() -> Vec<Case> {
    let refused = |logged: Ask, when: Ask| case(&[logged], when, "NEEDS_ANOTHER_PERSON");
    let again = |logged: Ask, when: Ask| {
        case(&[logged, coordinator(dispute(at(1)))], when, "NEEDS_ANOTHER_PERSON")
    };
    let ann_for_ben = || log(help(ann(), ben(), 60));
    let eve_for_ben = || log(help(eve(), ben(), 60));
    let ann_to_eve = || log(to_member(help(ann(), ben(), 60), eve()));
    vec![
        refused(member(ann(), ann_for_ben()), member(ann(), confirm(at(1)))),
        refused(member(ben(), ann_for_ben()), member(ben(), confirm(at(1)))),
        refused(coordinator(ann_for_ben()), coordinator(confirm(at(1)))),
        // An officer is the member that they are.
        refused(member(eve(), eve_for_ben()), officer(3, confirm(at(1)))),
        refused(officer(3, eve_for_ben()), member(eve(), confirm(at(1)))),
        refused(member(ben(), eve_for_ben()), officer(3, confirm(at(1)))),
        refused(coordinator(eve_for_ben()), officer(3, confirm(at(1)))),
        refused(
            member(ann(), log(help(ann(), eve(), 60))),
            officer(3, confirm(at(1))).for_whom(ann()),
        ),
        // Whoever was acted for stands behind it.
        refused(coordinator(ann_for_ben()).for_whom(ann()), member(ann(), confirm(at(1)))),
        refused(coordinator(ann_for_ben()).for_whom(ben()), member(ben(), confirm(at(1)))),
        refused(member(ben(), ann_for_ben()), coordinator(confirm(at(1))).for_whom(ben())),
        refused(member(ann(), ann_for_ben()), coordinator(confirm(at(1))).for_whom(ann())),
        again(coordinator(ann_for_ben()), coordinator(resolve(at(1), 60))),
        again(member(ben(), eve_for_ben()), officer(3, resolve(at(1), 60))),
        again(member(ann(), ann_for_ben()), coordinator(resolve(at(1), 60)).for_whom(ann())),
        // Hours that would come to the officer's own account are a matter of their own.
        refused(member(ann(), ann_to_eve()), officer(3, confirm(at(1)))),
        again(member(ann(), ann_to_eve()), officer(3, resolve(at(1), 60))),
    ]
}

fn confirming() -> Vec<Case> {
    let logged = || member(ann(), log(help(ann(), ben(), 60)));
    let confirmed = || member(ben(), confirm(at(1)));
    let disputed = || member(ben(), dispute(at(1)));
    vec![
        case(&[], member(cat(), confirm_as(at(0), 9_999)), "HOURS_NOT_FOUND"),
        case(&[logged(), confirmed()], member(cat(), confirm_as(at(1), 9_999)), "ALREADY_SETTLED"),
        case(&[logged()], coordinator(confirm(at(1))).after_days(14), "ALREADY_SETTLED"),
        case(&[logged(), disputed()], member(cat(), confirm_as(at(1), 9_999)), "NOT_YOURS"),
        case(&[logged(), disputed()], officer(2, confirm(at(1))), "NOT_YOURS"),
        case(
            &[logged(), disputed()],
            member(ann(), confirm_as(at(1), 9_999)),
            "NEEDS_ANOTHER_PERSON",
        ),
        case(&[logged(), disputed()], member(ben(), confirm_as(at(1), 9_999)), "HOURS_DISPUTED"),
        case(&[logged()], member(ben(), confirm_as(at(1), 721)), "DAY_CAP"),
        case(
            &[logged(), coordinator(record(help(ann(), cat(), 660)))],
            member(ben(), confirm_as(at(1), 61)),
            "DAY_CAP",
        ),
        case(&[], member(cat(), dispute(at(0))), "HOURS_NOT_FOUND"),
        case(&[logged(), confirmed()], member(cat(), dispute(at(1))), "ALREADY_SETTLED"),
        case(&[logged(), disputed()], member(cat(), dispute(at(1))), "NOT_YOURS"),
        case(&[logged(), disputed()], member(ben(), dispute(at(1))), "HOURS_DISPUTED"),
        case(&[], member(ben(), resolve(at(0), 9_999)), "OFFICERS_ONLY"),
        case(&[], coordinator(resolve(at(0), 9_999)), "HOURS_NOT_FOUND"),
        case(&[logged(), confirmed()], coordinator(resolve(at(1), 9_999)), "ALREADY_SETTLED"),
        case(&[logged()], coordinator(resolve(at(1), 9_999)), "HOURS_NOT_DISPUTED"),
        case(&[logged(), disputed()], coordinator(resolve(at(1), 721)), "DAY_CAP"),
    ]
}

fn giving() -> Vec<Case> {
    let gone = || coordinator(suspend(ben()));
    vec![
        case(&[], member(ann(), give(dan(), dan(), 9_999)), "NOT_YOURS"),
        case(&[], officer(2, give(dan(), dan(), 9_999)), "NOT_YOURS"),
        case(&[gone()], coordinator(give(ben(), ben(), 9_999)), "MEMBER_SUSPENDED"),
        case(&[], coordinator(give(fay(), ben(), 9_999)), "MEMBER_NOT_FOUND"),
        case(&[gone()], member(dan(), give(dan(), ben(), 9_999)), "MEMBER_SUSPENDED"),
        case(&[], member(dan(), give(dan(), dan(), 9_999)), "SAME_PERSON"),
        case(&[], member(dan(), give(dan(), ben(), 1_021)), "NOT_ENOUGH_HOURS"),
        case(&[], member(dan(), give(dan(), None, 1_021)), "NOT_ENOUGH_HOURS"),
        case(&[], member(ann(), grant(ann(), 9_999)), "OFFICERS_ONLY"),
        case(&[], officer(2, grant(fay(), 9_999)), "OFFICERS_ONLY"),
        case(&[], officer(3, grant(eve(), 9_999)), "NEEDS_ANOTHER_PERSON"),
        case(&[], coordinator(grant(ann(), 9_999)).for_whom(ann()), "NEEDS_ANOTHER_PERSON"),
        case(&[], coordinator(grant(fay(), 9_999)), "MEMBER_NOT_FOUND"),
        case(&[gone()], coordinator(grant(ben(), 9_999)), "MEMBER_SUSPENDED"),
        case(&[], coordinator(grant(ben(), 121)), "POT_TOO_SMALL"),
        // An officer does not move the hours of others to themselves.
        case(&[], officer(3, give(dan(), eve(), 60)), "NEEDS_ANOTHER_PERSON"),
        case(&[], coordinator(give(dan(), ben(), 60)).for_whom(ben()), "NEEDS_ANOTHER_PERSON"),
        case(&[], officer(3, leave(dan(), eve())), "NEEDS_ANOTHER_PERSON"),
    ]
}
