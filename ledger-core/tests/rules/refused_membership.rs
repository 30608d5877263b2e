//! Refusals of founding, policy, officers, membership and organisations.

use ledger_core::{Actor, Command, Hat, MemberId, PartyKind, Position, Role, Values, VoucherBasis};

use crate::{
    check::{at, by, coordinator, member, officer},
    refusals::{Case, case},
    words::*,
};

pub(crate) fn table() -> Vec<Case> {
    let mut table = governance();
    table.extend(people());
    table.extend(leaving());
    table
}

fn governance() -> Vec<Case> {
    let unsound = |policy: &mut Values| policy.floor_minutes = 1;
    let unminuted = || {
        let mut policy = Values::template();
        policy.voucher_basis = VoucherBasis::Exchange { price: m(60) };
        policy
    };
    let both = || {
        let mut policy = unminuted();
        policy.confirm_days = 0;
        policy
    };
    let adopted = |policy| Command::AdoptPolicy { policy, decided_by: None };
    let accept = Command::AcceptLoss { first: Position::new(5), last: Position::new(9) };
    vec![
        case(&[], member(ann(), adopt(unsound)), "OFFICERS_ONLY"),
        case(&[], officer(2, adopt(unsound)), "OFFICERS_ONLY"),
        case(&[], coordinator(adopted(both())), "POLICY_UNSOUND"),
        case(&[], coordinator(adopted(unminuted())), "MINUTE_NEEDED"),
        case(&[], coordinator(adopt(|policy| policy.soft_floor_minutes = -721)), "POLICY_UNSOUND"),
        case(&[], coordinator(adopt(|policy| policy.lapse_days = 0)), "POLICY_UNSOUND"),
        case(&[], coordinator(adopt(|policy| policy.day_cap = m(1441))), "POLICY_UNSOUND"),
        case(&[], officer(2, appoint(Role::Treasurer, Some(fay()))), "OFFICERS_ONLY"),
        case(&[], coordinator(appoint(Role::Treasurer, Some(fay()))), "MEMBER_NOT_FOUND"),
        case(
            &[coordinator(suspend(ann()))],
            coordinator(appoint(Role::Treasurer, Some(ann()))),
            "MEMBER_SUSPENDED",
        ),
        case(&[], officer(2, end_officer(9)), "OFFICERS_ONLY"),
        case(&[], coordinator(end_officer(9)), "OFFICER_NOT_FOUND"),
        case(&[coordinator(end_officer(3))], coordinator(end_officer(3)), "OFFICER_ENDED"),
        case(&[coordinator(end_officer(3))], coordinator(end_officer(1)), "LAST_COORDINATOR"),
        case(&[], coordinator(accept.clone()), "OFFICERS_ONLY"),
        case(&[], by(Actor::Timer, accept), "OFFICERS_ONLY"),
    ]
}

fn people() -> Vec<Case> {
    let late = |own| {
        let reference = Some(reference(own));
        Command::EnrolMember { hats: vec![], reference, joined_on: Some(day("2026-06-02")) }
    };
    vec![
        case(&[], member(ann(), enrol(&[], "ANN")), "OFFICERS_ONLY"),
        case(&[], coordinator(late("ANN")), "REFERENCE_TAKEN"),
        case(&[], coordinator(late("FAY")), "IN_THE_FUTURE"),
        case(&[], officer(2, change_hats(fay(), &[Hat::Supporter])), "OFFICERS_ONLY"),
        case(&[], coordinator(change_hats(fay(), &[Hat::Supporter])), "MEMBER_NOT_FOUND"),
        case(
            &[coordinator(leave(ann(), None))],
            coordinator(change_hats(ann(), &[])),
            "MEMBER_LEFT",
        ),
        case(&[], member(ann(), suspend(fay())), "OFFICERS_ONLY"),
        case(&[], coordinator(suspend(fay())), "MEMBER_NOT_FOUND"),
        case(&[coordinator(suspend(ann()))], coordinator(suspend(ann())), "MEMBER_SUSPENDED"),
        case(&[coordinator(leave(ann(), None))], coordinator(suspend(ann())), "MEMBER_LEFT"),
        case(&[], member(ann(), reinstate(fay())), "OFFICERS_ONLY"),
        case(&[], coordinator(reinstate(fay())), "MEMBER_NOT_FOUND"),
        case(&[], coordinator(reinstate(ann())), "NOT_SUSPENDED"),
        case(&[coordinator(leave(ann(), None))], coordinator(reinstate(ann())), "MEMBER_LEFT"),
        case(&[], member(ann(), register("Bakery", PartyKind::Business)), "OFFICERS_ONLY"),
        case(&[], officer(2, register("Bakery", PartyKind::Partner)), "NAME_TAKEN"),
    ]
}

fn leaving() -> Vec<Case> {
    let open =
        |given, member: MemberId| case(&[given], coordinator(leave(member, None)), "OPEN_PROMISES");
    let logged = || coordinator(log(to_member(help(ann(), ben(), 30), cat())));
    let asked = || coordinator(ask_respite(dan(), 60, "2026-06-10"));
    // As much as seven thousand days of giving bring: more than one entry can hold.
    let first = day("2000-01-01");
    let years = (0..6950).map(|n| {
        let given = to_member(help(ann(), None, 1440), dan());
        coordinator(record(given)).history().on_day(first.plus(n))
    });
    let rich: Vec<_> =
        [coordinator(adopt(|policy| policy.day_cap = m(1440)))].into_iter().chain(years).collect();
    vec![
        case(&[asked()], member(ann(), leave(dan(), dan())), "NOT_YOURS"),
        case(&[asked()], officer(2, leave(dan(), dan())), "NOT_YOURS"),
        case(&[], coordinator(leave(fay(), fay())), "MEMBER_NOT_FOUND"),
        case(&[coordinator(leave(ann(), None))], coordinator(leave(ann(), ann())), "MEMBER_LEFT"),
        case(&[asked()], member(dan(), leave(dan(), dan())), "SAME_PERSON"),
        case(&[asked()], member(dan(), leave(dan(), fay())), "MEMBER_NOT_FOUND"),
        case(
            &[asked(), coordinator(suspend(ann()))],
            member(dan(), leave(dan(), ann())),
            "MEMBER_SUSPENDED",
        ),
        open(logged(), ann()),
        open(logged(), ben()),
        open(logged(), cat()),
        open(asked(), dan()),
        case(
            &[asked(), coordinator(agree(at(1), ann(), "10:00"))],
            coordinator(leave(ann(), None)),
            "OPEN_PROMISES",
        ),
        open(coordinator(issue(1, ben(), 1)), ben()),
        case(&rich, member(dan(), leave(dan(), None)), "AMOUNT_TOO_LARGE"),
    ]
}
