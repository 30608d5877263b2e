//! What falls due by itself: in order of due time, once, and before the request that it precedes.

use ledger_core::{Actor, Authority, Event, EvidenceGrade, RespiteSide, fall_due};

use crate::{
    check::{Ask, Run, at, by, check, coordinator, member},
    words::*,
};

const DAY: i64 = 86_400_000;

/// A voucher that lapses, hours that wait, and a respite that nobody hears of again: made in the order in which they
/// do not fall due.
fn waiting() -> Vec<Ask> {
    vec![
        member(cat(), ask_respite(cat(), 60, "2026-06-05")),
        coordinator(pledge(1, "Bread", 500, 3, "2026-06-20")),
        coordinator(issue(3, ben(), 1)),
        member(ann(), log(help(ann(), ben(), 30))).on("2026-05-30"),
        member(dan(), ask_respite(dan(), 60, "2026-06-05")),
    ]
}

#[test]
fn what_is_due_comes_in_order_of_its_time_and_says_its_own_day() {
    let mut run = Run::after(&waiting());
    run.pass(400 * DAY);
    assert_eq!(
        run.by_itself(),
        [
            "2026-05-30 HoursConfirmed: commons → ann 30m",
            "2026-06-21 VoucherLapsed: ben → lapsed 1 of offer 3",
            "2026-07-06 RespiteEnded: held(cat) → cat 60m",
            "2026-07-06 RespiteEnded: held(dan) → dan 60m",
        ]
    );
    assert_eq!(fall_due(&run.state, run.now), None);
    assert_eq!(fall_due(&run.state, run.now.plus_days(4_000)), None);
    let timer = run.log.iter().filter(|entry| entry.asked.is_none());
    for entry in timer {
        assert_eq!((entry.by.actor, entry.by.authority), (Actor::Timer, Authority::Timer));
        assert_eq!((entry.recorded_at, entry.policy_version), (run.now, 1));
        if let Event::HoursConfirmed { evidence, .. } = entry.event {
            assert_eq!(evidence, EvidenceGrade::Timer);
        }
    }
}

#[test]
fn each_falls_due_at_its_moment_and_not_before() {
    let mut run = Run::after(&waiting());
    let until = |run: &Run, moment: ledger_core::Timestamp| moment.unix_ms() - run.now.unix_ms();
    let moments =
        [start().plus_days(14), day("2026-06-20").end(), day("2026-06-05").end().plus_days(30)];
    for (moment, due) in moments.into_iter().zip([1, 2, 4]) {
        run.pass(until(&run, moment) - 1);
        assert!(run.by_itself().len() < due);
        run.pass(1);
        assert_eq!(run.by_itself().len(), due);
    }
}

#[test]
fn what_is_due_precedes_the_request_of_its_moment() {
    // The voucher has lapsed, so it is not redeemed; the hold is released, so the minutes are there.
    check(&waiting(), by(Actor::Bearer, redeem(1)).after_days(30), "ALREADY_SETTLED");
    check(&waiting(), member(ben(), dispute(at(4))).after_days(14), "ALREADY_SETTLED");
    let all = || member(cat(), ask_respite(cat(), 720, "2026-07-31"));
    check(&waiting(), all().after_days(34), "NOT_ENOUGH_HOURS");
    check(&waiting(), all().after_days(36), "RespiteRequested: cat → held(cat) 720m");
}

#[test]
fn what_was_settled_in_time_does_not_fall_due() {
    let settled = [
        member(cat(), cancel_respite(at(1), RespiteSide::Carer)),
        by(Actor::Bearer, redeem(1)),
        member(ben(), confirm(at(4))),
        member(dan(), cancel_respite(at(5), RespiteSide::Carer)),
    ];
    let mut run = Run::after(&[waiting(), settled.to_vec()].concat());
    run.pass(400 * DAY);
    assert_eq!(run.by_itself(), [""; 0]);
}

#[test]
fn a_policy_adopted_anew_changes_no_promise_that_stands() {
    let sooner = coordinator(adopt(|policy| (policy.confirm_days, policy.lapse_days) = (1, 1)));
    let mut run = Run::after(&[waiting(), vec![sooner]].concat());
    run.pass(13 * DAY);
    assert_eq!(run.by_itself(), [""; 0]);
    run.pass(DAY);
    assert_eq!(
        run.log.last().unwrap().policy_version,
        2,
        "the policy in force when it is recorded"
    );
}
