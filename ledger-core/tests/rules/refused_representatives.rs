//! Refusals of naming a representative, of ending it, and of what they may not do. Dan's affairs are Cat's to see to.

use ledger_core::{Command, Powers};

use crate::{
    check::{Ask, at, coordinator, member, officer},
    refusals::{Case, case},
    words::*,
};

pub(crate) fn table() -> Vec<Case> {
    let mut table = named();
    table.extend(acting());
    table.extend(in_their_own_matter());
    table
}

fn acts() -> Ask {
    coordinator(represent(dan(), cat(), Powers::Act))
}

fn for_dan(command: Command) -> Ask {
    member(cat(), command).for_whom(dan())
}

/// Who may name, whom, and until when; and who may end it.
fn named() -> Vec<Case> {
    vec![
        case(&[], member(dan(), represent(dan(), dan(), Powers::Act)), "OFFICERS_ONLY"),
        case(&[], officer(2, represent(dan(), dan(), Powers::Act)), "OFFICERS_ONLY"),
        case(&[], officer(3, represent(fay(), eve(), Powers::Act)), "NEEDS_ANOTHER_PERSON"),
        case(
            &[],
            officer(3, represent(fay(), ben(), Powers::Act)).for_whom(ben()),
            "NEEDS_ANOTHER_PERSON",
        ),
        case(&[], coordinator(represent(fay(), fay(), Powers::Act)), "MEMBER_NOT_FOUND"),
        case(
            &[coordinator(leave(ann(), None))],
            coordinator(represent(ann(), fay(), Powers::Act)),
            "MEMBER_LEFT",
        ),
        case(&[], coordinator(represent(dan(), fay(), Powers::Act)), "MEMBER_NOT_FOUND"),
        case(
            &[coordinator(suspend(cat()))],
            coordinator(represent(dan(), cat(), Powers::Act)),
            "MEMBER_SUSPENDED",
        ),
        case(
            &[],
            coordinator(represent_until(dan(), dan(), (Powers::Act, Some("2026-05-31")))),
            "SAME_PERSON",
        ),
        case(
            &[],
            coordinator(represent_until(dan(), cat(), (Powers::Act, Some("2026-05-31")))),
            "DATE_PASSED",
        ),
        // Who may end it.
        case(&[acts()], member(ann(), represent_no_more(dan(), cat())), "NOT_YOURS"),
        case(&[acts()], officer(2, represent_no_more(dan(), cat())), "NOT_YOURS"),
        case(&[acts()], for_dan(represent_no_more(dan(), cat())), "NOT_YOURS"),
        case(&[], member(dan(), represent_no_more(dan(), fay())), "REPRESENTATIVE_NOT_FOUND"),
        case(&[acts()], coordinator(represent_no_more(cat(), dan())), "REPRESENTATIVE_NOT_FOUND"),
    ]
}

/// For whom somebody acts, and what is not theirs to do.
fn acting() -> Vec<Case> {
    let sees = || coordinator(represent(dan(), cat(), Powers::See));
    let until = |day| coordinator(represent_until(dan(), cat(), (Powers::Act, Some(day))));
    let gift = || for_dan(give(dan(), ben(), 60));
    vec![
        case(&[], gift(), "NOT_A_REPRESENTATIVE"),
        case(&[], member(dan(), give(dan(), ben(), 60)).for_whom(dan()), "NOT_A_REPRESENTATIVE"),
        case(
            &[acts()],
            member(dan(), give(cat(), ben(), 60)).for_whom(cat()),
            "NOT_A_REPRESENTATIVE",
        ),
        case(
            &[acts()],
            member(cat(), give(fay(), ben(), 60)).for_whom(fay()),
            "NOT_A_REPRESENTATIVE",
        ),
        case(
            &[acts()],
            member(ann(), give(dan(), ben(), 60)).for_whom(dan()),
            "NOT_A_REPRESENTATIVE",
        ),
        case(&[sees()], gift(), "NOT_A_REPRESENTATIVE"),
        case(&[acts(), sees()], gift(), "NOT_A_REPRESENTATIVE"),
        case(&[until("2026-06-02")], gift().after_hours(38), "NOT_A_REPRESENTATIVE"),
        case(
            &[acts(), coordinator(represent_no_more(dan(), cat()))],
            gift(),
            "NOT_A_REPRESENTATIVE",
        ),
        case(&[acts(), coordinator(suspend(dan()))], gift(), "MEMBER_SUSPENDED"),
        case(&[acts(), coordinator(leave(dan(), None))], gift(), "NOT_A_REPRESENTATIVE"),
        case(&[acts(), coordinator(suspend(cat()))], gift(), "MEMBER_SUSPENDED"),
        // They do not say so: then it is theirs, and this is not.
        case(&[acts()], member(cat(), give(dan(), ben(), 60)), "NOT_YOURS"),
        // They say so: then theirs is not.
        case(&[acts()], for_dan(give(cat(), ben(), 60)), "NOT_YOURS"),
        // What is for nobody but the person, and for no member at all.
        case(&[acts()], for_dan(leave(dan(), None)), "NOT_YOURS"),
        case(&[acts()], for_dan(grant(dan(), 30)), "OFFICERS_ONLY"),
        case(&[acts()], for_dan(represent(dan(), ann(), Powers::See)), "OFFICERS_ONLY"),
    ]
}

/// Nothing in a matter of their own.
fn in_their_own_matter() -> Vec<Case> {
    vec![
        case(&[acts()], for_dan(give(dan(), cat(), 9_999)), "NEEDS_ANOTHER_PERSON"),
        case(&[acts()], for_dan(log(help(cat(), dan(), 9_999))), "NEEDS_ANOTHER_PERSON"),
        case(
            &[acts()],
            for_dan(log(to_member(help(dan(), ben(), 9_999), cat()))),
            "NEEDS_ANOTHER_PERSON",
        ),
        case(
            &[acts(), member(cat(), ask_respite(cat(), 60, "2026-06-01"))],
            for_dan(agree(at(2), dan(), "10:00")),
            "NEEDS_ANOTHER_PERSON",
        ),
        case(
            &[acts(), member(ann(), log(help(cat(), dan(), 60)))],
            for_dan(confirm(at(2))),
            "NEEDS_ANOTHER_PERSON",
        ),
        case(
            &[acts(), member(ann(), log(to_member(help(ann(), dan(), 60), cat())))],
            for_dan(confirm(at(2))),
            "NEEDS_ANOTHER_PERSON",
        ),
        case(
            &[acts(), member(cat(), log(help(ann(), dan(), 60)))],
            for_dan(confirm(at(2))),
            "NEEDS_ANOTHER_PERSON",
        ),
        case(
            &[acts(), for_dan(log(help(ann(), dan(), 60)))],
            member(dan(), confirm(at(2))),
            "NEEDS_ANOTHER_PERSON",
        ),
        case(
            &[
                acts(),
                for_dan(ask_respite(dan(), 60, "2026-06-01")),
                member(cat(), agree(at(2), cat(), "10:00")),
            ],
            for_dan(deliver(at(2), 60)).after_hours(4),
            "NEEDS_ANOTHER_PERSON",
        ),
    ]
}
