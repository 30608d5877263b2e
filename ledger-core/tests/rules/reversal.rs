//! Reversal and correction: every movement is mirrored once, and what was a promise does not come back to life.

use ledger_core::{Event, MemberId, Standing, TimeAccount};

use crate::{
    check::{Ask, Run, at, check, coordinator, member, officer},
    words::*,
};

#[track_caller]
fn mirrored(given: Ask, then: &str) {
    check(&[given], coordinator(reverse(at(1))), then);
}

fn delivered(minutes: i64) -> Vec<Ask> {
    vec![
        member(cat(), ask_respite(cat(), 120, "2026-06-10")),
        member(ann(), agree(at(1), ann(), "10:00")),
        member(cat(), deliver_beyond(at(1), minutes)).after_days(9),
    ]
}

#[test]
fn each_kind_of_movement_is_mirrored() {
    mirrored(coordinator(record(help(ann(), ben(), 60))), "EntryReversed: ann → commons 60m");
    mirrored(
        coordinator(record(to_pot(help(ann(), ben(), 60)))),
        "EntryReversed: pot → commons 60m",
    );
    mirrored(member(dan(), give(dan(), ben(), 60)), "EntryReversed: ben → dan 60m");
    mirrored(member(dan(), give(dan(), None, 60)), "EntryReversed: pot → dan 60m");
    mirrored(coordinator(grant(ben(), 60)), "EntryReversed: ben → pot 60m");
    mirrored(member(dan(), leave(dan(), None)), "EntryReversed: pot → dan 300m");
    mirrored(officer(2, receive(1, 50)), "EntryReversed: fund 1 → grant 50p");
    mirrored(officer(2, spend(1, 50)), "EntryReversed: expense → fund 1 50p");
    mirrored(officer(2, gift("Walker", 3)), "EntryReversed: stock → outside 3 of offer 3");
    mirrored(officer(2, use_gift(2, 1)), "EntryReversed: used → stock 1 of offer 2");
    let pledged = coordinator(pledge(1, "Bread", 500, 9, "2026-12-31"));
    mirrored(pledged, "EntryReversed: stock → outside 9 of offer 3");
    let logged = [member(ann(), log(help(ann(), ben(), 60))), member(ben(), confirm(at(1)))];
    check(&logged, coordinator(reverse(at(2))), "EntryReversed: ann → commons 60m");
    check(&logged, coordinator(reverse(at(1))), "NOTHING_TO_REVERSE");
    let resolved = |minutes: Option<i64>| {
        let logged = member(ann(), log(help(ann(), ben(), 60)));
        [logged, member(ben(), dispute(at(1))), coordinator(resolve(at(1), minutes))]
    };
    check(&resolved(Some(40)), coordinator(reverse(at(3))), "EntryReversed: ann → commons 40m");
    check(&resolved(None), coordinator(reverse(at(3))), "NOTHING_TO_REVERSE");
}

#[test]
fn a_reversal_may_take_the_last_of_the_pot_and_of_a_fund() {
    check(&[], coordinator(reverse(at(-1))), "EntryReversed: pot → commons 120m");
    check(&[], coordinator(reverse(at(-3))), "EntryReversed: fund 1 → grant 10000p");
}

#[test]
fn a_delivery_that_is_reversed_gives_the_hours_back_and_holds_nothing() {
    check(&delivered(120), coordinator(reverse(at(3))), "EntryReversed: ann → cat 120m");
    check(&delivered(90), coordinator(reverse(at(3))), "EntryReversed: ann → cat 90m");
    check(
        &delivered(150),
        coordinator(reverse(at(3))),
        "EntryReversed: ann → cat 120m, ann → cat 30m",
    );
    let mut run = Run::after(&[delivered(90), vec![coordinator(reverse(at(3)))]].concat());
    assert_eq!((run.balance(cat()), run.minutes(TimeAccount::Held(cat()))), (0, 0));
    assert_eq!(run.outcome(&member(cat(), deliver(at(1), 90))), "ALREADY_SETTLED");
}

#[test]
fn a_reversal_happened_on_the_day_of_what_it_takes_back() {
    let given = coordinator(record(help(ann(), ben(), 60))).on("2026-05-20");
    let run = Run::after(&[given, coordinator(reverse(at(1))).after_days(100)]);
    let [.., first, second] = &run.log[..] else { panic!() };
    assert_eq!((first.occurred_on, second.occurred_on), (day("2026-05-20"), day("2026-05-20")));
    assert_eq!(run.state.reversed_by(at(1)), Some(at(2)));
}

#[test]
fn whoever_is_taken_below_the_floor_is_named_and_nobody_else() {
    let named = |given: &[Ask], entry| -> Vec<MemberId> {
        let run = Run::after(&[given, &[coordinator(reverse(entry))]].concat());
        match &run.log.last().unwrap().event {
            Event::EntryReversed { below_floor, .. } => below_floor.clone(),
            other => panic!("{other:?}"),
        }
    };
    let spent =
        |minutes| [coordinator(grant(ben(), 60)), member(ben(), give(ben(), ann(), minutes))];
    assert_eq!(named(&spent(720), at(1)), []);
    assert_eq!(named(&spent(721), at(1)), [ben()]);
    assert_eq!(named(&delivered(120), at(3)), []);
    // A floor that was raised: whoever gets hours back is not taken below it.
    let raised = coordinator(adopt(|policy| {
        (policy.floor_minutes, policy.soft_floor_minutes) = (-10, 0);
    }));
    assert_eq!(named(&[member(cat(), give(cat(), ben(), 700)), raised], at(1)), []);
}

#[test]
fn an_offer_that_was_reversed_is_gone_and_an_end_that_was_reversed_is_not() {
    let gone = [coordinator(gift("Walker", 3)), coordinator(reverse(at(1)))];
    check(&gone, officer(2, use_gift(3, 1)), "OFFER_NOT_FOUND");
    let suspended =
        [coordinator(suspend(dan())), coordinator(leave(dan(), None)), coordinator(reverse(at(2)))];
    let standing = |given: &[Ask]| Run::after(given).state.member(dan()).unwrap().standing;
    assert_eq!(standing(&suspended), Standing::Suspended);
    assert_eq!(standing(&suspended[..2]), Standing::Left);
}

#[test]
fn a_correction_names_the_reversed_entry_and_is_one() {
    let wrong = || vec![coordinator(grant(ben(), 60)), coordinator(reverse(at(1)))];
    let right = || coordinator(grant(ben(), 30)).corrects(at(1));
    check(&wrong(), right(), "PotGranted: pot → ben 30m");
    let mut run = Run::after(&[wrong(), vec![right()]].concat());
    assert_eq!(run.log.last().unwrap().corrects, Some(at(1)));
    assert_eq!(run.outcome(&right()), "ALREADY_CORRECTED");
    // It is of the day of what it corrects, however long ago that was.
    let late = || coordinator(record(help(ann(), ben(), 30))).on("2026-05-01");
    let mut years = Run::after(&[wrong(), vec![]].concat());
    years.pass(400 * 86_400_000);
    assert_eq!(years.outcome(&late()), "OUTSIDE_BACKDATING");
    assert_eq!(years.outcome(&late().corrects(at(1))), "HoursRecorded: commons → ann 30m");
    // A correction that is wrong itself is reversed and corrected in its turn.
    run.must(&coordinator(reverse(at(3))));
    assert_eq!(
        run.outcome(&coordinator(grant(ben(), 40)).corrects(at(3))),
        "PotGranted: pot → ben 40m"
    );
}

#[test]
fn nobody_takes_hours_back_into_their_own_account() {
    let given = || member(eve(), give(eve(), ben(), 10));
    check(&[given()], officer(3, reverse(at(1))), "NEEDS_ANOTHER_PERSON");
    check(&[given()], coordinator(reverse(at(1))), "EntryReversed: ben → eve 10m");
    // What goes out of their account they may take back themselves.
    let got = || member(dan(), give(dan(), eve(), 10));
    check(&[got()], officer(3, reverse(at(1))), "EntryReversed: eve → dan 10m");
}
