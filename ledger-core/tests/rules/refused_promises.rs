//! Refusals of respite: who, what, how much.

use ledger_core::{Beyond, Command, Cover, MAX_OPEN_PROMISES, RespiteSide};

use crate::{
    check::{Ask, at, coordinator, member, officer},
    refusals::{Case, case},
    words::*,
};

pub(crate) fn table() -> Vec<Case> {
    let mut table = asking();
    table.extend(agreeing());
    table.extend(delivering());
    table.extend(ending());
    table
}

fn asked() -> Ask {
    member(cat(), ask_respite(cat(), 120, "2026-06-10"))
}
fn agreed() -> Ask {
    member(ann(), agree(at(1), ann(), "10:00"))
}
fn done() -> Ask {
    member(cat(), deliver(at(1), 120)).after_days(9)
}

fn asking() -> Vec<Case> {
    vec![
        case(&[], member(ann(), ask_respite(cat(), 9_999, "2026-05-01")), "NOT_YOURS"),
        case(&[], coordinator(ask_respite(fay(), 9_999, "2026-05-01")), "MEMBER_NOT_FOUND"),
        case(
            &[coordinator(suspend(ben()))],
            coordinator(ask_respite(ben(), 9_999, "2026-05-01")),
            "MEMBER_SUSPENDED",
        ),
        case(&[], member(ben(), ask_respite(ben(), 9_999, "2026-05-01")), "NOT_A_CARER"),
        case(&[], member(cat(), ask_respite(cat(), 9_999, "2026-05-31")), "DATE_PASSED"),
        case(&[asked()], member(cat(), ask_respite(cat(), 721, "2026-06-01")), "DAY_CAP"),
        case(
            &vec![member(cat(), ask_respite(cat(), 1, "2026-06-10")); MAX_OPEN_PROMISES],
            member(cat(), ask_respite(cat(), 700, "2026-06-01")),
            "TOO_MANY_PROMISES",
        ),
        case(&[asked()], member(cat(), ask_respite(cat(), 601, "2026-06-01")), "NOT_ENOUGH_HOURS"),
    ]
}

fn agreeing() -> Vec<Case> {
    let unsaid = |cover| Command::AgreeCover { respite: at(1), cover, start: None };
    let by_ann = || unsaid(Cover::Member(ann()));
    let second = || member(dan(), ask_respite(dan(), 60, "2026-06-10"));
    let booked = || [asked(), member(ann(), agree(at(1), ann(), "10:00")), second()];
    vec![
        case(&[], member(ann(), agree(at(0), dan(), "10:00")), "RESPITE_NOT_FOUND"),
        case(
            &[asked(), agreed(), done()],
            member(ann(), agree(at(1), dan(), "10:00")),
            "ALREADY_SETTLED",
        ),
        case(&[asked(), agreed()], member(dan(), by_ann()), "NOT_YOURS"),
        case(&[asked(), agreed()], member(dan(), unsaid(Cover::Staff)), "OFFICERS_ONLY"),
        case(&[asked(), agreed()], coordinator(unsaid(Cover::Member(fay()))), "MEMBER_NOT_FOUND"),
        case(
            &[asked(), agreed(), coordinator(suspend(dan()))],
            coordinator(unsaid(Cover::Member(dan()))),
            "MEMBER_SUSPENDED",
        ),
        case(&[asked(), agreed()], member(cat(), unsaid(Cover::Member(cat()))), "SAME_PERSON"),
        case(&[asked(), agreed()], member(ann(), by_ann()), "ALREADY_COVERED"),
        case(&[asked()], member(ann(), by_ann()), "START_TIME_NEEDED"),
        case(&booked(), member(ann(), agree(at(3), ann(), "11:59")), "ALREADY_BOOKED"),
        case(&booked(), member(ann(), agree(at(3), ann(), "09:01")), "ALREADY_BOOKED"),
        case(&booked(), member(ann(), agree(at(3), ann(), "10:30")), "ALREADY_BOOKED"),
        case(&[], member(ann(), withdraw(at(0))), "RESPITE_NOT_FOUND"),
        case(&[asked(), agreed(), done()], member(dan(), withdraw(at(1))), "ALREADY_SETTLED"),
        case(&[asked()], member(dan(), withdraw(at(1))), "NOT_COVERED"),
        case(&[asked(), agreed()], member(cat(), withdraw(at(1))), "NOT_YOURS"),
        case(
            &[asked(), coordinator(agree_staff(at(1), "10:00"))],
            member(cat(), withdraw(at(1))),
            "OFFICERS_ONLY",
        ),
    ]
}

fn delivering() -> Vec<Case> {
    let staff = |minutes| Command::DeliverRespite {
        respite: at(1),
        minutes: m(minutes),
        cover: Some(Cover::Staff),
        beyond: Beyond::Refused,
    };
    let later = |ask: Ask| ask.after_days(9);
    let poor = || coordinator(give(cat(), None, 590));
    vec![
        case(&[], member(ann(), deliver(at(0), 9_999)), "RESPITE_NOT_FOUND"),
        case(&[asked(), agreed(), done()], member(ann(), deliver(at(1), 9_999)), "ALREADY_SETTLED"),
        case(&[asked()], member(ann(), deliver(at(1), 9_999)), "NOT_YOURS"),
        // The one who gave it does not say so.
        case(&[asked(), agreed()], later(member(ann(), deliver(at(1), 120))), "NOT_YOURS"),
        case(
            &[asked(), officer(3, agree(at(1), eve(), "10:00"))],
            officer(3, deliver(at(1), 9_999)),
            "NEEDS_ANOTHER_PERSON",
        ),
        case(
            &[asked(), agreed()],
            coordinator(deliver(at(1), 9_999)).for_whom(ann()),
            "NEEDS_ANOTHER_PERSON",
        ),
        case(&[asked(), agreed()], member(cat(), staff(9_999)), "OFFICERS_ONLY"),
        case(&[asked(), agreed()], coordinator(deliver_by(at(1), 9_999, cat())), "SAME_PERSON"),
        case(&[asked()], member(cat(), deliver(at(1), 9_999)), "NOT_COVERED"),
        case(&[asked(), agreed()], member(cat(), deliver(at(1), 9_999)), "NOT_YET"),
        case(&[asked(), agreed()], later(member(cat(), deliver_beyond(at(1), 721))), "DAY_CAP"),
        case(&[asked(), agreed()], later(member(cat(), deliver(at(1), 121))), "MORE_THAN_HELD"),
        case(
            &[asked(), agreed(), poor()],
            later(member(cat(), deliver_beyond(at(1), 131))),
            "NOT_ENOUGH_HOURS",
        ),
    ]
}

fn ending() -> Vec<Case> {
    use RespiteSide::{Carer, Coop, Giver};
    let settled = || [asked(), agreed(), done()];
    let staff = || coordinator(agree_staff(at(1), "10:00"));
    vec![
        case(&[], member(ann(), cancel_respite(at(0), Carer)), "RESPITE_NOT_FOUND"),
        case(&settled(), member(ann(), cancel_respite(at(1), Carer)), "ALREADY_SETTLED"),
        case(&[asked()], member(ann(), cancel_respite(at(1), Carer)), "NOT_YOURS"),
        case(&[asked()], member(ann(), cancel_respite(at(1), Giver)), "NOT_COVERED"),
        case(&[asked(), agreed()], member(cat(), cancel_respite(at(1), Giver)), "NOT_YOURS"),
        case(&[asked(), staff()], member(cat(), cancel_respite(at(1), Giver)), "OFFICERS_ONLY"),
        case(&[asked()], member(cat(), cancel_respite(at(1), Coop)), "OFFICERS_ONLY"),
        case(&[], member(cat(), no_cover(at(0))), "RESPITE_NOT_FOUND"),
        case(&settled(), coordinator(no_cover(at(1))), "ALREADY_SETTLED"),
        case(&[asked(), agreed()], member(cat(), no_cover(at(1))), "OFFICERS_ONLY"),
        case(&[asked(), agreed()], coordinator(no_cover(at(1))), "ALREADY_COVERED"),
        case(&[], member(cat(), no_show(at(0), Giver)), "RESPITE_NOT_FOUND"),
        case(&settled(), member(cat(), no_show(at(1), Giver)), "ALREADY_SETTLED"),
        case(&[asked()], member(ann(), no_show(at(1), Giver)), "NOT_YOURS"),
        case(&[asked(), agreed()], member(cat(), no_show(at(1), Carer)), "NOT_YOURS"),
        case(&[asked()], member(cat(), no_show(at(1), Carer)), "OFFICERS_ONLY"),
        case(&[asked()], member(cat(), no_show(at(1), Giver)), "NOT_COVERED"),
        case(&[asked(), agreed()], member(cat(), no_show(at(1), Giver)), "NOT_YET"),
    ]
}
