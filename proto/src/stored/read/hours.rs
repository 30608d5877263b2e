//! Hours, as they were stored.

use ledger_core::{DisputeReason, Event, EvidenceGrade, GrantReason, MemberId, Timestamp};

use super::help;
use crate::{malformed::Fields, stored::log};

pub(super) fn logged(f: &mut Fields, stored: log::HoursLogged) -> Option<Event> {
    let help = help(f, stored.help)?;
    let confirm_by = Timestamp::from_unix_ms(stored.confirm_by_unix_ms);
    Some(Event::HoursLogged { help, confirm_by })
}

pub(super) fn confirmed(f: &mut Fields, stored: log::HoursConfirmed) -> Option<Event> {
    let hours = f.position("hours_position", stored.hours_position);
    let help = help(f, stored.help);
    let logged = f.minutes("logged_minutes", stored.logged_minutes);
    let evidence = f.word("evidence", stored.evidence, EvidenceGrade::from_code);
    Some(Event::HoursConfirmed { hours: hours?, help: help?, logged: logged?, evidence: evidence? })
}

pub(super) fn disputed(f: &mut Fields, stored: log::HoursDisputed) -> Option<Event> {
    let hours = f.position("hours_position", stored.hours_position);
    let reason = f.word("reason", stored.reason, DisputeReason::from_code);
    Some(Event::HoursDisputed { hours: hours?, reason: reason? })
}

pub(super) fn resolved(f: &mut Fields, stored: log::HoursResolved) -> Option<Event> {
    let hours = f.position("hours_position", stored.hours_position);
    let help = help(f, stored.help);
    let counted =
        f.unless_empty(stored.counted_minutes, |f, number| f.minutes("counted_minutes", number));
    Some(Event::HoursResolved { hours: hours?, help: help?, counted: counted? })
}

pub(super) fn recorded(f: &mut Fields, stored: log::HoursRecorded) -> Option<Event> {
    let help = help(f, stored.help);
    let evidence = f.word("evidence", stored.evidence, EvidenceGrade::from_code);
    Some(Event::HoursRecorded { help: help?, evidence: evidence? })
}

pub(super) fn given(f: &mut Fields, stored: log::HoursGiven) -> Option<Event> {
    let from = f.number("from_member", stored.from_member, MemberId::new);
    let to =
        f.unless_empty(stored.to_member, |f, number| f.number("to_member", number, MemberId::new));
    let minutes = f.minutes("minutes", stored.minutes);
    Some(Event::HoursGiven { from: from?, to: to?, minutes: minutes? })
}

pub(super) fn granted(f: &mut Fields, stored: log::PotGranted) -> Option<Event> {
    let to = f.number("to_member", stored.to_member, MemberId::new);
    let minutes = f.minutes("minutes", stored.minutes);
    let reason = f.word("reason", stored.reason, GrantReason::from_code);
    Some(Event::PotGranted { to: to?, minutes: minutes?, reason: reason? })
}
