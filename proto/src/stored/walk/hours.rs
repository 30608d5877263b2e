//! Hours, as we write them.

use ledger_core::{DisputeReason, Event, EvidenceGrade, GrantReason};

use super::{
    help,
    message::Message,
    numbers::{member, minutes, moment, position, word},
};

pub(super) fn logged(m: &mut Message<'_>) -> Option<Event> {
    Some(Event::HoursLogged { help: m.within(1, help)?, confirm_by: m.take(2, moment)? })
}

pub(super) fn confirmed(m: &mut Message<'_>) -> Option<Event> {
    Some(Event::HoursConfirmed {
        hours: m.take(1, position)?,
        help: m.within(2, help)?,
        logged: m.take(3, minutes)?,
        evidence: m.take(4, word(EvidenceGrade::from_code))?,
    })
}

pub(super) fn disputed(m: &mut Message<'_>) -> Option<Event> {
    Some(Event::HoursDisputed {
        hours: m.take(1, position)?,
        reason: m.take(2, word(DisputeReason::from_code))?,
    })
}

pub(super) fn resolved(m: &mut Message<'_>) -> Option<Event> {
    Some(Event::HoursResolved {
        hours: m.take(1, position)?,
        help: m.within(2, help)?,
        counted: m.if_said(3, minutes)?,
    })
}

pub(super) fn recorded(m: &mut Message<'_>) -> Option<Event> {
    Some(Event::HoursRecorded {
        help: m.within(1, help)?,
        evidence: m.take(2, word(EvidenceGrade::from_code))?,
    })
}

pub(super) fn given(m: &mut Message<'_>) -> Option<Event> {
    Some(Event::HoursGiven {
        from: m.take(1, member)?,
        to: m.if_said(2, member)?,
        minutes: m.take(3, minutes)?,
    })
}

pub(super) fn granted(m: &mut Message<'_>) -> Option<Event> {
    Some(Event::PotGranted {
        to: m.take(1, member)?,
        minutes: m.take(2, minutes)?,
        reason: m.take(3, word(GrantReason::from_code))?,
    })
}
