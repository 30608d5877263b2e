//! Seals of the state, and the keys of a log: who may, what is said, and what cannot be.

use ledger_core::{
    Actor, Command, Contradiction, Event, PublicKey, REDUCER_VERSION, SealedTotals, TimeAccount,
    evolve,
};

use crate::{
    check::{Run, at, by, check, coordinator, member, officer},
    refusals::{Case, case},
    words::*,
};

pub(crate) fn refused() -> Vec<Case> {
    let rootless = || Command::SealState { accounts_root: None };
    let rotated = || by(Actor::Operator, rotate(1, 2));
    vec![
        case(&[], member(ann(), seal()), "OFFICERS_ONLY"),
        case(&[], member(ann(), rootless()), "OFFICERS_ONLY"),
        case(&[coordinator(suspend(ann()))], member(ann(), seal()), "MEMBER_SUSPENDED"),
        case(&[coordinator(end_officer(2))], officer(2, seal()), "OFFICER_ENDED"),
        case(&[], by(Actor::Bearer, seal()), "OFFICERS_ONLY"),
        case(&[], by(Actor::Timer, seal()), "OFFICERS_ONLY"),
        // A mistake of the program, and no seal without a root.
        case(&[], coordinator(rootless()), "ENTRY_NOT_FOUND"),
        case(&[coordinator(seal())], coordinator(reverse(at(1))), "NOTHING_TO_REVERSE"),
        case(&[], coordinator(rotate(1, 2)), "OFFICERS_ONLY"),
        case(&[], member(ann(), rotate(1, 1)), "OFFICERS_ONLY"),
        case(&[], by(Actor::Operator, rotate(1, 1)), "ALREADY_SETTLED"),
        case(&[rotated()], by(Actor::Operator, rotate(1, 2)), "ALREADY_SETTLED"),
        case(&[rotated()], by(Actor::Operator, rotate(2, 2)), "ALREADY_SETTLED"),
        case(&[rotated()], by(Actor::Operator, rotate(1, 3)), "REVISION_CHANGED"),
        case(&[rotated()], coordinator(reverse(at(1))), "NOTHING_TO_REVERSE"),
    ]
}

#[test]
fn officers_and_the_operator_seal_and_the_operator_rotates() {
    check(&[], coordinator(seal()), "StateSealed");
    check(&[], officer(2, seal()), "StateSealed");
    check(&[], by(Actor::Operator, seal()), "StateSealed");
    check(&[coordinator(seal())], coordinator(seal()), "StateSealed");
    check(&[], by(Actor::Operator, rotate(1, 2)), "SigningKeyRotated");
    let once = by(Actor::Operator, rotate(1, 2));
    check(std::slice::from_ref(&once), by(Actor::Operator, rotate(2, 3)), "SigningKeyRotated");
    check(&[once], by(Actor::Operator, rotate(2, 1)), "SigningKeyRotated");
}

#[test]
fn a_seal_says_what_the_books_come_to() {
    let mut run = Run::after(&[
        coordinator(ask_respite(dan(), 60, "2026-06-10")),
        coordinator(issue(1, ben(), 1)),
        coordinator(spend(1, 4_000)),
    ]);
    run.must(&coordinator(seal()));
    let Event::StateSealed { through, totals, reducer_version, .. } =
        run.log.last().unwrap().event.clone()
    else {
        panic!("it is sealed")
    };
    assert_eq!((through, reducer_version), (at(3), REDUCER_VERSION));
    // Dan's own and held, the pot, commons; two funds, what came from grants and went to expenses; of the tea what is
    // outside, in stock and with Ben, and of the wheelchairs what is outside and in stock.
    let said = SealedTotals {
        accounts: 4 + 4 + 5,
        member_minutes: 240,
        held_minutes: 60,
        pot_minutes: 120,
        commons_minutes: -420,
        fund_pence: 11_000,
        stock_items: 19 + 2,
        with_member_items: 1,
    };
    assert_eq!(totals, said);
}

#[test]
fn an_account_that_is_empty_again_is_still_there() {
    let mut run = Run::after(&[coordinator(ask_respite(dan(), 60, "2026-06-10"))]);
    let before = run.state.books().totals().unwrap();
    run.must(&coordinator(cancel_respite(at(1), ledger_core::RespiteSide::Carer)));
    assert_eq!(run.minutes(TimeAccount::Held(dan())), 0);
    let after = run.state.books().totals().unwrap();
    // Dan's own and held, the pot, commons; two funds and what came from grants; both offers outside and in stock.
    assert_eq!((before.accounts, after.accounts, after.held_minutes), (11, 11, 0));
}

#[test]
fn a_seal_that_is_not_of_the_books_cannot_be() {
    let mut run = Run::after(&[]);
    let before = run.state.clone();
    run.must(&coordinator(seal()));
    let sealed = run.log.last().unwrap().clone();
    assert_eq!(evolve(before.clone(), &sealed).as_ref(), Ok(&run.state));
    let changed = |change: fn(&mut SealedTotals, &mut ledger_core::Position, &mut u32)| {
        let mut entry = sealed.clone();
        let Event::StateSealed { through, totals, reducer_version, .. } = &mut entry.event else {
            panic!("it is a seal")
        };
        change(totals, through, reducer_version);
        evolve(before.clone(), &entry)
    };
    let wrong: [fn(&mut SealedTotals, &mut ledger_core::Position, &mut u32); 11] = [
        |_, through, _| *through = through.next(),
        |_, through, _| *through = at(-1),
        |_, _, version| *version += 1,
        |totals, _, _| totals.accounts += 1,
        |totals, _, _| totals.member_minutes += 1,
        |totals, _, _| totals.held_minutes += 1,
        |totals, _, _| totals.pot_minutes += 1,
        |totals, _, _| totals.commons_minutes -= 1,
        |totals, _, _| totals.fund_pence += 1,
        |totals, _, _| totals.stock_items += 1,
        |totals, _, _| totals.with_member_items -= 1,
    ];
    for change in wrong {
        let outcome = changed(change);
        assert!(matches!(outcome, Err(Contradiction::Impossible { .. })), "{outcome:?}");
    }
}

#[test]
fn a_key_that_does_not_sign_cannot_be_rotated_from() {
    let mut run = Run::after(&[]);
    assert_eq!(run.state.signing_key(), None);
    run.must(&by(Actor::Operator, rotate(1, 2)));
    assert_eq!(run.state.signing_key(), Some(PublicKey::new([2; 32])));
    let before = run.state.clone();
    run.must(&by(Actor::Operator, rotate(2, 3)));
    let rotated = run.log.last().unwrap().clone();
    for key in [1, 3, 9] {
        let mut entry = rotated.clone();
        if let Event::SigningKeyRotated { old_key, .. } = &mut entry.event {
            *old_key = PublicKey::new([key; 32]);
        }
        let outcome = evolve(before.clone(), &entry);
        assert!(matches!(outcome, Err(Contradiction::Impossible { .. })), "{key}: {outcome:?}");
    }
}
