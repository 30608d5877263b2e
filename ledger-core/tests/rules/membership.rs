//! People, officers, organisations and policy: what comes of each request, and how somebody leaves.

use ledger_core::{Actor, Command, Hat, PartyKind, Position, Role, Standing};

use crate::{
    check::{Run, at, by, check, coordinator, member, officer},
    words::*,
};

#[test]
fn a_co_op_is_founded_and_governed() {
    let mut run = Run::empty();
    assert_eq!(run.outcome(&by(Actor::Operator, found("colne-valley"))), "CoopFounded");
    assert_eq!(run.log[0].policy_version, 0);
    assert_eq!(run.outcome(&coordinator(adopt(|_| ()))), "PolicyAdopted");
    assert_eq!(run.log[1].policy_version, 1);
    check(&[], coordinator(exchange(60)), "PolicyAdopted");
    check(&[], coordinator(appoint(Role::Treasurer, Some(ann()))), "OfficerAppointed");
    check(&[], coordinator(end_officer(2)), "OfficerEnded");
    check(&[], coordinator(end_officer(1)), "OfficerEnded");
    // One who has ended is not counted, and not taken for the last.
    let ended = [coordinator(appoint(Role::Coordinator, None)), coordinator(end_officer(3))];
    check(&ended, coordinator(end_officer(1)), "OfficerEnded");
    let loss = Command::AcceptLoss { first: Position::new(3), last: Position::new(4) };
    check(&[], by(Actor::Operator, loss), "LossAccepted");
}

#[test]
fn people_and_organisations_come_and_change() {
    check(&[], coordinator(enrol(&[Hat::Supporter], "FAY")), "MemberEnrolled");
    check(&[], coordinator(change_hats(ann(), &[Hat::Supporter])), "HatsChanged");
    check(&[], coordinator(suspend(ann())), "MemberSuspended");
    check(&[coordinator(suspend(ann()))], coordinator(change_hats(ann(), &[])), "HatsChanged");
    check(&[coordinator(suspend(ann()))], coordinator(reinstate(ann())), "MemberReinstated");
    check(&[], officer(2, register("Library", PartyKind::Partner)), "PartyRegistered");
}

#[test]
fn whoever_leaves_takes_nothing_along_and_owes_nothing() {
    check(&[], member(dan(), leave(dan(), None)), "MemberLeft: dan → pot 300m");
    check(&[], member(dan(), leave(dan(), ben())), "MemberLeft: dan → ben 300m");
    check(&[], coordinator(leave(ann(), None)), "MemberLeft");
    let owing = || member(cat(), give(cat(), ben(), 90));
    check(&[owing()], member(cat(), leave(cat(), None)), "MemberLeft: commons → cat 90m");
    check(&[owing()], member(cat(), leave(cat(), ben())), "MemberLeft: commons → cat 90m");
    check(
        &[coordinator(suspend(dan()))],
        coordinator(leave(dan(), None)),
        "MemberLeft: dan → pot 300m",
    );
}

#[test]
fn an_end_that_is_reversed_brings_back_the_hours_and_the_standing() {
    let left = || member(dan(), leave(dan(), ben()));
    check(&[left()], coordinator(reverse(at(1))), "EntryReversed: ben → dan 300m");
    let standing = |given: &[_]| Run::after(given).state.member(dan()).unwrap().standing;
    assert_eq!(standing(&[left()]), Standing::Left);
    assert_eq!(standing(&[left(), coordinator(reverse(at(1)))]), Standing::Active);
}
