//! Hours that count: logged and confirmed, entered at once, given, granted.

use ledger_core::{
    Actor, Authority, Command, Event, EvidenceGrade, OwnFamily, Position, Rejection,
};

use crate::{
    check::{Ask, Run, at, check, coordinator, member, officer},
    words::*,
};

fn logged() -> Ask {
    member(ann(), log(help(ann(), ben(), 60)))
}

#[test]
fn logged_hours_count_when_another_person_confirms_them() {
    check(&[], logged(), "HoursLogged");
    check(&[], member(cat(), log(help(ann(), ben(), 60))), "HoursLogged");
    let counts = "HoursConfirmed: commons → ann 60m";
    check(&[logged()], member(ben(), confirm(at(1))), counts);
    check(&[logged()], coordinator(confirm(at(1))), counts);
    check(&[logged()], coordinator(confirm(at(1))).for_whom(ben()), counts);
    check(&[member(ben(), log(help(ann(), ben(), 60)))], member(ann(), confirm(at(1))), counts);
    let by_phone = coordinator(log(help(ann(), ben(), 60))).for_whom(ann());
    check(&[by_phone], member(ben(), confirm(at(1))), counts);
    check(&[logged()], member(ben(), confirm_as(at(1), 45)), "HoursConfirmed: commons → ann 45m");
}

#[test]
fn hours_go_where_the_giver_wants_them() {
    let confirmed = |help, then: &str| {
        check(&[member(ann(), log(help))], member(ben(), confirm(at(1))), then);
    };
    confirmed(to_pot(help(ann(), ben(), 60)), "HoursConfirmed: commons → pot 60m");
    confirmed(to_member(help(ann(), ben(), 60), cat()), "HoursConfirmed: commons → cat 60m");
    confirmed(to_member(help(ann(), ben(), 60), ben()), "HoursConfirmed: commons → ben 60m");
    let recorded = |help, then| check(&[], coordinator(record(help)), then);
    recorded(help(ann(), None, 60), "HoursRecorded: commons → ann 60m");
    recorded(to_pot(help(ann(), ben(), 60)), "HoursRecorded: commons → pot 60m");
}

#[test]
fn care_for_ones_own_family_earns_only_where_the_policy_says_so() {
    let own = || of_family(help(dan(), ben(), 60));
    check(&[], coordinator(record(own())), "HoursRecorded");
    let earns = || coordinator(adopt(|policy| policy.own_family = OwnFamily::Earns));
    check(&[earns()], coordinator(record(own())), "HoursRecorded: commons → dan 60m");
    // What was logged is judged by the policy of that day.
    let logged = || member(dan(), log(own()));
    check(&[logged(), earns()], member(ben(), confirm(at(1))), "HoursConfirmed");
}

#[test]
fn disputed_hours_wait_for_an_officer() {
    let disputed = || [logged(), member(ben(), dispute(at(1)))];
    check(&[logged()], member(ben(), dispute(at(1))), "HoursDisputed");
    check(&[logged()], member(ann(), dispute(at(1))), "HoursDisputed");
    check(&disputed(), coordinator(resolve(at(1), 30)), "HoursResolved: commons → ann 30m");
    check(&disputed(), coordinator(resolve(at(1), 90)), "HoursResolved: commons → ann 90m");
    check(&disputed(), coordinator(resolve(at(1), None)), "HoursResolved");
    let mut run = Run::after(&disputed());
    run.pass(400 * 86_400_000);
    assert_eq!(run.by_itself(), [""; 0], "no timer confirms what is disputed");
}

#[test]
fn the_evidence_says_who_attested() {
    let evidence = |given: &[Ask], when: Ask| {
        let mut run = Run::after(given);
        run.must(&when);
        match run.log.last().unwrap().event {
            Event::HoursConfirmed { evidence, .. } => evidence,
            ref other => panic!("{other:?}"),
        }
    };
    assert_eq!(evidence(&[logged()], member(ben(), confirm(at(1)))), EvidenceGrade::Recipient);
    assert_eq!(evidence(&[logged()], coordinator(confirm(at(1)))), EvidenceGrade::Phone);
    // Nobody says that nobody objected in time: that is for time to say.
    let evidence_said = Some(EvidenceGrade::Timer);
    let timer = Command::ConfirmHours { hours: at(1), minutes: None, evidence: evidence_said };
    assert_eq!(evidence(&[logged()], member(ben(), timer.clone())), EvidenceGrade::Recipient);
    assert_eq!(evidence(&[logged()], coordinator(timer)), EvidenceGrade::Phone);
    let by_ben = member(ben(), log(help(ann(), ben(), 60)));
    assert_eq!(evidence(&[by_ben], member(ann(), confirm(at(1)))), EvidenceGrade::Recipient);
    let for_ben = coordinator(log(help(ann(), ben(), 60))).for_whom(ben());
    assert_eq!(evidence(&[for_ben], member(ann(), confirm(at(1)))), EvidenceGrade::Recipient);
    // Where only the giver and somebody who was not there say so, the one who was helped has not.
    let by_cat = member(cat(), log(help(ann(), ben(), 60)));
    assert_eq!(evidence(&[by_cat], member(ann(), confirm(at(1)))), EvidenceGrade::SelfOnly);
    // And calling it more does not make it more.
    let by_cat = member(cat(), log(help(ann(), ben(), 60)));
    let on_site = Command::ConfirmHours {
        hours: at(1),
        minutes: None,
        evidence: Some(EvidenceGrade::OnSite),
    };
    assert_eq!(evidence(&[by_cat], member(ann(), on_site)), EvidenceGrade::SelfOnly);
}

#[test]
fn the_cap_of_a_day_counts_what_is_logged_and_lets_go_what_does_not_count() {
    let most = || coordinator(record(help(ann(), cat(), 660)));
    let one_more = || member(ann(), log(help(ann(), cat(), 1)));
    check(&[logged(), most()], one_more(), "DAY_CAP");
    check(&[logged(), most()], one_more().on("2026-05-31"), "HoursLogged");
    // Replaced by fewer, resolved as nothing, reversed: the day has room again.
    let fewer = member(ben(), confirm_as(at(1), 59));
    check(&[logged(), most(), fewer], one_more(), "HoursLogged");
    let nothing =
        [logged(), most(), member(ben(), dispute(at(1))), coordinator(resolve(at(1), None))];
    check(&nothing, member(ann(), log(help(ann(), cat(), 60))), "HoursLogged");
    check(&nothing, member(ann(), log(help(ann(), cat(), 61))), "DAY_CAP");
    let reversed = [logged(), most(), coordinator(reverse(at(2)))];
    check(&reversed, member(ann(), log(help(ann(), cat(), 660))), "HoursLogged");
    check(&reversed, member(ann(), log(help(ann(), cat(), 661))), "DAY_CAP");
    // A confirmation replaces what was logged: all of the day but what others hold.
    check(
        &[logged(), most()],
        member(ben(), confirm_as(at(1), 60)),
        "HoursConfirmed: commons → ann 60m",
    );
    let mut run = Run::after(&[logged(), most()]);
    let refused = run.ask(&one_more()).unwrap_err();
    assert_eq!(
        refused,
        Rejection::DayCap { member: ann(), day: day("2026-06-01"), given: Some(720), cap: m(720) }
    );
}

#[test]
fn hours_are_given_and_granted() {
    check(&[], member(dan(), give(dan(), ben(), 60)), "HoursGiven: dan → ben 60m");
    check(&[], member(dan(), give(dan(), None, 60)), "HoursGiven: dan → pot 60m");
    check(&[], coordinator(give(dan(), ben(), 60)), "HoursGiven: dan → ben 60m");
    check(&[], member(dan(), give(dan(), ben(), 1_020)), "HoursGiven: dan → ben 1020m");
    check(&[], coordinator(grant(ben(), 120)), "PotGranted: pot → ben 120m");
    // An officer gives their own hours away like anybody else.
    check(&[], officer(3, give(eve(), ben(), 60)), "HoursGiven: eve → ben 60m");
    check(&[], officer(3, give(dan(), ben(), 60)), "HoursGiven: dan → ben 60m");
}

#[test]
fn an_entry_says_who_did_it_by_what_right_under_which_policy_and_for_which_day() {
    let mut run = Run::after(&[coordinator(adopt(|_| ()))]);
    run.must(&coordinator(log(help(ann(), ben(), 60))).for_whom(ann()).on("2026-05-20"));
    run.must(&member(ben(), confirm(at(2))).after_hours(30));
    let [.., adopted, logged, confirmed] = &run.log[..] else { panic!() };
    assert_eq!((adopted.policy_version, logged.policy_version), (1, 2));
    assert_eq!(logged.by.on_behalf_of, Some(ann()));
    assert_eq!(logged.by.authority, Authority::Coordinator);
    assert_eq!(confirmed.by.actor, Actor::Member(ben()));
    assert_eq!(confirmed.by.authority, Authority::Oneself);
    assert_eq!((logged.occurred_on, confirmed.occurred_on), (day("2026-05-20"), day("2026-05-20")));
    assert_eq!(confirmed.recorded_at, start().plus_hours(30));
    assert_eq!(confirmed.position, Position::new(logged.position.get() + 1));
}
