//! Respite: what is held, who is booked, and what a promise comes to.

use ledger_core::{Beyond, Command, Cover, RespiteSide, TimeAccount};

use crate::{
    check::{Ask, Run, at, check, coordinator, member},
    words::*,
};

fn asked() -> Ask {
    member(cat(), ask_respite(cat(), 120, "2026-06-10"))
}
fn agreed() -> Ask {
    member(ann(), agree(at(1), ann(), "10:00"))
}
fn later(ask: Ask) -> Ask {
    ask.after_days(9)
}

#[test]
fn asking_holds_the_minutes_down_to_the_floor() {
    check(&[], asked(), "RespiteRequested: cat → held(cat) 120m");
    check(
        &[],
        coordinator(ask_respite(cat(), 720, "2026-06-01")),
        "RespiteRequested: cat → held(cat) 720m",
    );
    let mut run = Run::after(&[asked()]);
    assert_eq!((run.balance(cat()), run.minutes(TimeAccount::Held(cat()))), (-120, 120));
    run.must(&coordinator(cancel_respite(at(1), RespiteSide::Coop)));
    assert_eq!((run.balance(cat()), run.minutes(TimeAccount::Held(cat()))), (0, 0));
}

#[test]
fn what_was_held_goes_to_the_giver_and_the_rest_is_released() {
    let given = [asked(), agreed()];
    let delivered =
        |minutes, then| check(&given, later(member(cat(), deliver(at(1), minutes))), then);
    delivered(120, "RespiteDelivered: held(cat) → ann 120m");
    delivered(90, "RespiteDelivered: held(cat) → ann 90m, held(cat) → cat 30m");
    check(
        &given,
        later(member(cat(), deliver_beyond(at(1), 150))),
        "RespiteDelivered: held(cat) → ann 120m, cat → ann 30m",
    );
    check(
        &given,
        later(member(cat(), deliver_beyond(at(1), 90))),
        "RespiteDelivered: held(cat) → ann 90m, held(cat) → cat 30m",
    );
    // Beyond what was held comes out of what the carer can still promise, to the last minute.
    let poor = [asked(), agreed(), member(cat(), give(cat(), ben(), 590))];
    check(
        &poor,
        later(member(cat(), deliver_beyond(at(1), 130))),
        "RespiteDelivered: held(cat) → ann 120m, cat → ann 10m",
    );
    check(
        &[asked(), coordinator(agree_staff(at(1), "10:00"))],
        later(member(cat(), deliver(at(1), 120))),
        "RespiteDelivered: held(cat) → commons 120m",
    );
    // The carer may say who came, where that is who was agreed.
    check(
        &given,
        later(member(cat(), deliver_by(at(1), 120, ann()))),
        "RespiteDelivered: held(cat) → ann 120m",
    );
    // Somebody else came.
    check(
        &given,
        later(coordinator(deliver_by(at(1), 120, dan()))),
        "RespiteDelivered: held(cat) → dan 120m",
    );
    let staff = Some(Cover::Staff);
    let by_staff = Command::DeliverRespite {
        respite: at(1),
        minutes: m(60),
        cover: staff,
        beyond: Beyond::Refused,
    };
    check(
        &[asked()],
        later(coordinator(by_staff)),
        "RespiteDelivered: held(cat) → commons 60m, held(cat) → cat 60m",
    );
    check(&given, later(member(ann(), deliver(at(1), 120))), "NOT_YOURS");
}

#[test]
fn a_promise_that_comes_to_nothing_is_released() {
    use RespiteSide::{Carer, Coop, Giver};
    let released = "RespiteEnded: held(cat) → cat 120m";
    check(&[asked()], member(cat(), cancel_respite(at(1), Carer)), released);
    check(&[asked(), agreed()], member(ann(), cancel_respite(at(1), Giver)), released);
    check(&[asked()], coordinator(cancel_respite(at(1), Coop)), released);
    check(&[asked()], coordinator(no_cover(at(1))), released);
    check(&[asked(), agreed()], later(member(cat(), no_show(at(1), Giver))), released);
    check(&[asked(), agreed()], later(member(ann(), no_show(at(1), Carer))), released);
    check(&[asked()], coordinator(no_show(at(1), Giver)).after_days(9).history(), released);
}

#[test]
fn nobody_is_booked_twice_at_once() {
    // Ann is there from ten to twelve; Dan asks for an hour of the same day.
    let second = || member(dan(), ask_respite(dan(), 60, "2026-06-10"));
    let booked = || vec![asked(), agreed(), second()];
    let again = |start: &str| member(ann(), agree(at(3), ann(), start));
    for start in ["12:00", "09:00", "08:00", "20:00"] {
        check(&booked(), again(start), "CoverAgreed");
    }
    for start in ["09:01", "10:00", "11:00", "11:59"] {
        check(&booked(), again(start), "ALREADY_BOOKED");
    }
    check(&booked(), member(eve(), agree(at(3), eve(), "11:00")), "CoverAgreed");
    check(&booked(), coordinator(agree_staff(at(3), "11:00")), "CoverAgreed");
    // Whatever becomes of the first, Ann's time is her own again.
    let frees = [
        member(ann(), withdraw(at(1))),
        member(cat(), cancel_respite(at(1), RespiteSide::Carer)),
        later(member(cat(), deliver(at(1), 120))),
        later(member(cat(), no_show(at(1), RespiteSide::Giver))),
    ];
    for free in frees {
        check(&[booked(), vec![free]].concat(), again("11:00"), "CoverAgreed");
    }
    // A slot goes on past midnight.
    let night = [
        member(cat(), ask_respite(cat(), 120, "2026-06-10")),
        member(ann(), agree(at(1), ann(), "23:00")),
        member(dan(), ask_respite(dan(), 60, "2026-06-11")),
    ];
    check(&night, member(ann(), agree(at(3), ann(), "00:59")), "ALREADY_BOOKED");
    check(&night, member(ann(), agree(at(3), ann(), "01:00")), "CoverAgreed");
}

#[test]
fn cover_is_taken_back_and_agreed_again_at_the_same_time() {
    check(&[asked(), agreed()], member(ann(), withdraw(at(1))), "CoverWithdrawn");
    let given = [asked(), agreed(), member(ann(), withdraw(at(1)))];
    let unsaid = Command::AgreeCover { respite: at(1), cover: Cover::Member(eve()), start: None };
    check(&given, member(eve(), unsaid), "CoverAgreed");
    check(&given, later(member(cat(), deliver(at(1), 60))), "NOT_COVERED");
}
