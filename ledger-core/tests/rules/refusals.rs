//! The table of refusals: every reason there is, and of several things that are wrong the one that is said.

use std::collections::BTreeSet;

use ledger_core::{Actor, Position, Rejection, Thing};

use crate::{
    check::{Ask, Run, at, by, coordinator, member, officer},
    refused_hours, refused_membership, refused_promises, refused_representatives, refused_store,
    seals,
    words::*,
};

/// One line of the table.
pub(crate) struct Case {
    founded: bool,
    given: Vec<Ask>,
    when: Ask,
    then: &'static str,
}

/// In the standard world.
pub(crate) fn case(given: &[Ask], when: Ask, then: &'static str) -> Case {
    Case { founded: true, given: given.to_vec(), when, then }
}

fn unfounded(when: Ask, then: &'static str) -> Case {
    Case { founded: false, given: Vec::new(), when, then }
}

impl Case {
    fn outcome(&self) -> String {
        let mut run = if self.founded { Run::after(&self.given) } else { Run::empty() };
        let before = run.state.clone();
        let outcome = run.outcome(&self.when);
        if Rejection::REASONS.contains(&outcome.as_str())
            && run.log.len() as u64 == before.head().get()
        {
            assert_eq!(run.state, before, "a refusal leaves the ledger as it was");
        }
        outcome
    }
}

fn table() -> Vec<Case> {
    let mut table = envelope();
    table.extend(refused_membership::table());
    table.extend(refused_representatives::table());
    table.extend(refused_hours::table());
    table.extend(refused_promises::table());
    table.extend(refused_store::table());
    table.extend(seals::refused());
    table
}

/// What is judged before the command is looked at: the retry, the id, the guards, the co-op, who asks, the day.
fn envelope() -> Vec<Case> {
    const DAY: i64 = 86_400_000;
    let first = || coordinator(grant(ben(), 30)).id(1, 0).says(1);
    let newest = at(0);
    let stale = Position::new(1);
    let future = "2027-01-01";
    vec![
        // The retry comes before all else: an id that is used again is said even where all the rest is wrong, too.
        case(&[first()], by(Actor::Bearer, grant(fay(), 30)).id(1, 0).says(2), "REQUEST_ID_REUSED"),
        case(&[first()], first().says(2).if_newest(stale), "REQUEST_ID_REUSED"),
        case(&[], member(fay(), grant(ben(), 1)).id(1, -35 * DAY - 1), "REQUEST_ID_OUT_OF_WINDOW"),
        case(&[], first().id(1, DAY + 1).if_newest(stale), "REQUEST_ID_OUT_OF_WINDOW"),
        unfounded(coordinator(grant(ben(), 1)).id(1, 2 * DAY), "REQUEST_ID_OUT_OF_WINDOW"),
        // A guard on the log comes before who asks; one on a member or thing after it, and before the rest.
        case(&[], member(fay(), grant(ben(), 1)).if_newest(stale), "POSITION_CHANGED"),
        case(
            &[],
            member(fay(), grant(ben(), 1)).if_untouched(Thing::Member(ben()), stale),
            "MEMBER_NOT_FOUND",
        ),
        case(
            &[],
            officer(2, grant(ben(), 1)).if_untouched(Thing::Member(ben()), stale).on(future),
            "REVISION_CHANGED",
        ),
        case(
            &[],
            coordinator(grant(ben(), 1)).if_newest(stale).if_untouched(Thing::Member(ben()), stale),
            "POSITION_CHANGED",
        ),
        case(
            &[],
            coordinator(grant(ben(), 1))
                .if_newest(newest)
                .if_untouched(Thing::Member(fay()), stale),
            "MEMBER_NOT_FOUND",
        ),
        unfounded(member(ann(), give(ann(), ben(), 1)), "COOP_NOT_FOUND"),
        unfounded(coordinator(found("colne-valley")), "OFFICER_NOT_FOUND"),
        case(&[], member(fay(), found("other-valley")).on(future), "COOP_EXISTS"),
        // Who asks comes before the day.
        case(&[], member(fay(), grant(ben(), 1)).on(future), "MEMBER_NOT_FOUND"),
        case(&[], officer(9, grant(ben(), 1)).on(future), "OFFICER_NOT_FOUND"),
        case(
            &[coordinator(suspend(ann()))],
            member(ann(), give(ann(), ben(), 1)).on(future),
            "MEMBER_SUSPENDED",
        ),
        case(
            &[coordinator(leave(ann(), None))],
            member(ann(), give(ann(), ben(), 1)).on(future),
            "MEMBER_LEFT",
        ),
        case(&[coordinator(end_officer(3))], officer(3, grant(ben(), 1)), "OFFICER_ENDED"),
        case(
            &[],
            member(ann(), log(help(ann(), ben(), 1))).for_whom(ben()),
            "NOT_A_REPRESENTATIVE",
        ),
        case(&[], officer(2, log(help(ann(), ben(), 1))).for_whom(fay()), "OFFICERS_ONLY"),
        case(&[], coordinator(log(help(ann(), ben(), 1))).for_whom(fay()), "MEMBER_NOT_FOUND"),
        // The day comes before the amount.
        case(&[], member(ann(), log(help(ann(), ben(), 9_999))).on("2026-06-02"), "IN_THE_FUTURE"),
        case(
            &[],
            member(ann(), log(help(ann(), ben(), 9_999))).on("2026-04-01"),
            "OUTSIDE_BACKDATING",
        ),
        case(&[], member(ann(), log(help(ann(), ben(), 9_999))).on("2026-04-02"), "DAY_CAP"),
        // What is corrected must be there, reversed, and not yet corrected.
        case(&[], coordinator(grant(ben(), 1)).corrects(at(1)), "ENTRY_NOT_FOUND"),
        case(&[], coordinator(grant(ben(), 1)).corrects(Position::START), "ENTRY_NOT_FOUND"),
        case(&[], coordinator(grant(ben(), 1)).corrects(at(0)), "NOT_REVERSED"),
        case(
            &[
                coordinator(grant(ben(), 60)),
                coordinator(reverse(at(1))),
                coordinator(grant(ben(), 30)).corrects(at(1)),
            ],
            coordinator(grant(ben(), 9_999)).corrects(at(1)),
            "ALREADY_CORRECTED",
        ),
    ]
}

#[test]
fn every_refusal_of_the_table_is_said() {
    let wrong: Vec<String> = table()
        .iter()
        .map(|case| (case, case.outcome()))
        .filter(|(case, outcome)| outcome != case.then)
        .map(|(case, outcome)| format!("{} expected, {outcome} said: {:?}", case.then, case.when))
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn no_reason_is_missing_from_the_table() {
    let said: BTreeSet<&str> = table().iter().map(|case| case.then).collect();
    let missing: Vec<_> =
        Rejection::REASONS.iter().filter(|reason| !said.contains(*reason)).collect();
    assert!(missing.is_empty(), "no case for {missing:?}");
}

#[test]
fn a_refusal_tells_its_figures_its_sentence_and_what_can_be_done() {
    for case in table() {
        let mut run = if case.founded { Run::after(&case.given) } else { Run::empty() };
        let rejection = run.ask(&case.when).expect_err("the table holds refusals only");
        assert!(!rejection.to_string().is_empty() && rejection.remedy().ends_with('.'));
        assert!(
            rejection.figures().iter().all(|(name, value)| !name.is_empty() && !value.is_empty())
        );
    }
}
