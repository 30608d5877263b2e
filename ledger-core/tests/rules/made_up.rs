//! Entries that nobody decided: a log that was made up is refused at the first that cannot be.

use ledger_core::{
    Contradiction, Event, FundFreedom, FundId, Hat, MemberId, OfferId, OfficerId, PartyId,
    PartyKind, Powers, Role, TimeAccount, evolve,
};

use crate::{
    check::{Ask, Run, coordinator, member, officer},
    words::*,
};

/// What was decided can happen; with one thing changed it cannot.
#[track_caller]
fn cannot_be(decided: Ask, change: impl FnOnce(&mut Event)) {
    let mut run = Run::after(&[]);
    let before = run.state.clone();
    run.must(&decided);
    let mut entry = run.log.last().unwrap().clone();
    assert_eq!(evolve(before.clone(), &entry).as_ref(), Ok(&run.state));
    change(&mut entry.event);
    let outcome = evolve(before, &entry);
    assert!(matches!(outcome, Err(Contradiction::Impossible { .. })), "{entry:?}: {outcome:?}");
}

#[test]
fn numbers_are_given_in_order_and_none_twice() {
    // Members, officers, parties, funds and offers of the world, and the one after the next.
    for index in [4, 6] {
        cannot_be(coordinator(enrol(&[Hat::Supporter], "FAY")), |event| match event {
            Event::MemberEnrolled { member, .. } => *member = MemberId::at(index).unwrap(),
            other => panic!("{other:?}"),
        });
    }
    for number in [3, 5] {
        cannot_be(coordinator(appoint(Role::Treasurer, None)), |event| match event {
            Event::OfficerAppointed { officer, .. } => *officer = OfficerId::new(number).unwrap(),
            other => panic!("{other:?}"),
        });
    }
    for number in [2, 4] {
        cannot_be(coordinator(register("Library", PartyKind::Partner)), |event| match event {
            Event::PartyRegistered { party, .. } => *party = PartyId::new(number).unwrap(),
            other => panic!("{other:?}"),
        });
        cannot_be(coordinator(open_fund("Van", FundFreedom::Unrestricted)), |event| match event {
            Event::FundOpened { fund, .. } => *fund = FundId::new(number).unwrap(),
            other => panic!("{other:?}"),
        });
        cannot_be(coordinator(pledge(1, "Bread", 500, 9, "2026-12-31")), |event| match event {
            Event::OfferPledged { offer, .. } => *offer = OfferId::new(number).unwrap(),
            other => panic!("{other:?}"),
        });
        cannot_be(officer(2, gift("Walker", 3)), |event| match event {
            Event::InKindReceived { offer, .. } => *offer = OfferId::new(number).unwrap(),
            other => panic!("{other:?}"),
        });
    }
}

#[test]
fn nothing_moves_to_somebody_who_is_not_there_yet() {
    let next = MemberId::at(5).unwrap();
    cannot_be(member(dan(), give(dan(), ben(), 60)), |event| match event {
        Event::HoursGiven { to, .. } => *to = Some(next),
        other => panic!("{other:?}"),
    });
    cannot_be(member(dan(), give(dan(), ben(), 60)), |event| match event {
        Event::HoursGiven { from, .. } => *from = next,
        other => panic!("{other:?}"),
    });
    for next in [fund(3), fund(4)] {
        cannot_be(officer(2, receive(1, 50)), |event| match event {
            Event::CashReceived { fund, .. } => *fund = next,
            other => panic!("{other:?}"),
        });
        cannot_be(officer(2, spend(1, 50)), |event| match event {
            Event::CashSpent { fund, .. } => *fund = next,
            other => panic!("{other:?}"),
        });
    }
    for next in [offer(3), offer(4)] {
        cannot_be(officer(2, use_gift(2, 1)), |event| match event {
            Event::InKindUsed { offer, .. } => *offer = next,
            other => panic!("{other:?}"),
        });
    }
}

/// What readers are told of a state, beside what the rules ask of it.
#[test]
fn a_state_says_what_is_in_it() {
    let run = Run::after(&[member(ann(), log(help(ann(), ben(), 60))).id(1, 0)]);
    let state = &run.state;
    assert_eq!(state.coop().map(ToString::to_string).as_deref(), Some("colne-valley"));
    let counts = (state.members().len(), state.officers().len(), state.parties().len());
    assert_eq!(counts, (5, 3, 2));
    assert_eq!((state.funds().len(), state.offers().len(), state.policies().len()), (2, 2, 1));
    assert_eq!((state.pending_hours().len(), state.promised_respite().len()), (1, 0));
    assert_eq!(state.request_ids(), run.log.len());
    let asked = run.log.last().unwrap().asked.unwrap();
    assert_eq!(state.answered(asked.id), Some(state.head()));
    assert_eq!(state.books().sums(), [0; 3]);
    let moved = [ann(), ben()].map(|member| run.minutes(TimeAccount::Member(member)));
    assert_eq!(moved, [0, 0]);
}

#[test]
fn nobody_is_represented_by_themselves_or_by_nobody() {
    let next = MemberId::at(5).unwrap();
    let named = || coordinator(represent(dan(), cat(), Powers::Act));
    for (of, by) in [(dan(), dan()), (next, cat()), (dan(), next)] {
        cannot_be(named(), |event| match event {
            Event::RepresentativeNamed { member, representative, .. } => {
                (*member, *representative) = (of, by);
            }
            other => panic!("{other:?}"),
        });
    }
    let mut run = Run::after(&[named()]);
    let before = run.state.clone();
    run.must(&coordinator(represent_no_more(dan(), cat())));
    let mut ended = run.log.last().unwrap().clone();
    ended.event = Event::RepresentativeEnded { member: cat(), representative: dan() };
    let outcome = evolve(before, &ended);
    assert!(matches!(outcome, Err(Contradiction::Impossible { .. })), "{outcome:?}");
}
