//! The co-op, its rules, its people and its organisations, as we write them.

use ledger_core::{
    CoopName, Event, Hat, Mandate, OwnFamily, PartyKind, Powers, Reference, Role, SuspensionReason,
    Title, Values, VoucherBasis,
};

use super::{
    message::Message,
    numbers::{count, day, days, member, minutes, officer, party, pence, position, sum, word},
    transfers,
};
use crate::stored::log;

pub(super) fn coop_founded(m: &mut Message<'_>) -> Option<Event> {
    Some(Event::CoopFounded { coop: CoopName::new(m.text(1)?).ok()?, policy: m.within(2, values)? })
}

pub(super) fn policy_adopted(m: &mut Message<'_>) -> Option<Event> {
    Some(Event::PolicyAdopted {
        version: m.take(1, count)?,
        policy: m.within(2, values)?,
        decided_by: match m.text(3)? {
            "" => None,
            text => Some(Title::new(text).ok()?),
        },
    })
}

pub(super) fn officer_appointed(m: &mut Message<'_>) -> Option<Event> {
    Some(Event::OfficerAppointed {
        officer: m.take(1, officer)?,
        role: m.take(2, word(Role::from_code))?,
        member: m.if_said(3, member)?,
    })
}

pub(super) fn officer_ended(m: &mut Message<'_>) -> Option<Event> {
    Some(Event::OfficerEnded { officer: m.take(1, officer)? })
}

pub(super) fn loss_accepted(m: &mut Message<'_>) -> Option<Event> {
    Some(Event::LossAccepted { first: m.take(1, position)?, last: m.take(2, position)? })
}

pub(super) fn member_enrolled(m: &mut Message<'_>) -> Option<Event> {
    Some(Event::MemberEnrolled {
        member: m.take(1, member)?,
        hats: m.list(2, word(Hat::from_code))?,
        reference: match m.text(3)? {
            "" => None,
            text => Some(Reference::new(text).ok()?),
        },
        joined_on: m.take(4, day)?,
    })
}

pub(super) fn hats_changed(m: &mut Message<'_>) -> Option<Event> {
    Some(Event::HatsChanged { member: m.take(1, member)?, hats: m.list(2, word(Hat::from_code))? })
}

pub(super) fn member_suspended(m: &mut Message<'_>) -> Option<Event> {
    Some(Event::MemberSuspended {
        member: m.take(1, member)?,
        reason: m.take(2, word(SuspensionReason::from_code))?,
    })
}

pub(super) fn member_reinstated(m: &mut Message<'_>) -> Option<Event> {
    Some(Event::MemberReinstated { member: m.take(1, member)? })
}

/// What settled the account is the entry's only transfer; were there more, the comparison would find it.
pub(super) fn member_left(m: &mut Message<'_>, moved: &Message<'_>) -> Option<Event> {
    let settled = transfers(moved)?.first().copied();
    Some(Event::MemberLeft { member: m.take(1, member)?, settled })
}

pub(super) fn representative_named(m: &mut Message<'_>) -> Option<Event> {
    Some(Event::RepresentativeNamed {
        member: m.take(1, member)?,
        representative: m.take(2, member)?,
        mandate: m.take(3, word(Mandate::from_code))?,
        powers: m.take(4, word(Powers::from_code))?,
        until: m.optional(5, day)?,
    })
}

pub(super) fn representative_ended(m: &mut Message<'_>) -> Option<Event> {
    Some(Event::RepresentativeEnded {
        member: m.take(1, member)?,
        representative: m.take(2, member)?,
    })
}

pub(super) fn party_registered(m: &mut Message<'_>) -> Option<Event> {
    Some(Event::PartyRegistered {
        party: m.take(1, party)?,
        title: Title::new(m.text(2)?).ok()?,
        kind: m.take(3, word(PartyKind::from_code))?,
    })
}

fn values(m: &mut Message<'_>) -> Option<Values> {
    Some(Values {
        floor_minutes: m.take(1, sum)?,
        soft_floor_minutes: m.take(2, sum)?,
        confirm_days: m.take(3, days)?,
        lapse_days: m.take(4, days)?,
        day_cap: m.take(5, minutes)?,
        backdating_days: m.take(6, days)?,
        voucher_cap: m.take(7, count)?,
        voucher_cap_value: m.take(8, pence)?,
        own_family: if m.flag(9)? { OwnFamily::Earns } else { OwnFamily::DoesNotEarn },
        voucher_basis: match m.take(10, word(|code| log::VoucherBasis::try_from(code).ok()))? {
            log::VoucherBasis::Unspecified => None,
            log::VoucherBasis::Recognition => Some(VoucherBasis::Recognition),
            log::VoucherBasis::Exchange => {
                m.take(11, minutes).map(|price| VoucherBasis::Exchange { price })
            }
        }?,
    })
}
