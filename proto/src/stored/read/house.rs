//! The co-op, its rules, its people and its organisations, as they were stored.

use ledger_core::{
    CoopName, Event, Hat, Mandate, MemberId, OfficerId, OwnFamily, PartyId, PartyKind, Powers,
    Reference, Role, SuspensionReason, Transfer, Values, VoucherBasis,
};

use super::day;
use crate::{malformed::Fields, stored::log};

pub(super) fn coop_founded(f: &mut Fields, stored: &log::CoopFounded) -> Option<Event> {
    let coop = f.take("coop", CoopName::new(&stored.coop));
    let policy = values(f, stored.policy.as_ref());
    Some(Event::CoopFounded { coop: coop?, policy: policy? })
}

pub(super) fn policy_adopted(f: &mut Fields, stored: &log::PolicyAdopted) -> Option<Event> {
    let version = u32::try_from(stored.version).ok();
    let version = f.need("version", version, "is not a version of a policy");
    let policy = values(f, stored.policy.as_ref());
    let decided_by =
        f.unless_empty(stored.decided_by.as_str(), |f, text| f.title("decided_by", text));
    Some(Event::PolicyAdopted { version: version?, policy: policy?, decided_by: decided_by? })
}

pub(super) fn officer_appointed(f: &mut Fields, stored: log::OfficerAppointed) -> Option<Event> {
    let officer = f.number("officer", stored.officer, OfficerId::new);
    let role = f.word("role", stored.role, Role::from_code);
    let member =
        f.unless_empty(stored.member, |f, number| f.number("member", number, MemberId::new));
    Some(Event::OfficerAppointed { officer: officer?, role: role?, member: member? })
}

pub(super) fn officer_ended(f: &mut Fields, stored: log::OfficerEnded) -> Option<Event> {
    let officer = f.number("officer", stored.officer, OfficerId::new)?;
    Some(Event::OfficerEnded { officer })
}

pub(super) fn loss_accepted(f: &mut Fields, stored: log::LossAccepted) -> Option<Event> {
    let first = f.position("first_position", stored.first_position);
    let last = f.position("last_position", stored.last_position);
    Some(Event::LossAccepted { first: first?, last: last? })
}

pub(super) fn member_enrolled(f: &mut Fields, stored: &log::MemberEnrolled) -> Option<Event> {
    let member = f.number("member", stored.member, MemberId::new);
    let hats = f.words("hats", &stored.hats, Hat::from_code);
    let reference = f.unless_empty(stored.reference.as_str(), |f, text| {
        f.take("reference", Reference::new(text))
    });
    let joined_on = day(f, "joined_on_day", stored.joined_on_day);
    Some(Event::MemberEnrolled {
        member: member?,
        hats: hats?,
        reference: reference?,
        joined_on: joined_on?,
    })
}

pub(super) fn hats_changed(f: &mut Fields, stored: &log::HatsChanged) -> Option<Event> {
    let member = f.number("member", stored.member, MemberId::new);
    let hats = f.words("hats", &stored.hats, Hat::from_code);
    Some(Event::HatsChanged { member: member?, hats: hats? })
}

pub(super) fn member_suspended(f: &mut Fields, stored: log::MemberSuspended) -> Option<Event> {
    let member = f.number("member", stored.member, MemberId::new);
    let reason = f.word("reason", stored.reason, SuspensionReason::from_code);
    Some(Event::MemberSuspended { member: member?, reason: reason? })
}

pub(super) fn member_reinstated(f: &mut Fields, stored: log::MemberReinstated) -> Option<Event> {
    let member = f.number("member", stored.member, MemberId::new)?;
    Some(Event::MemberReinstated { member })
}

/// What settled the account is the entry's only transfer; were there more, the comparison would find it.
pub(super) fn member_left(
    f: &mut Fields,
    stored: log::MemberLeft,
    moved: &[Transfer],
) -> Option<Event> {
    let member = f.number("member", stored.member, MemberId::new)?;
    Some(Event::MemberLeft { member, settled: moved.first().copied() })
}

pub(super) fn representative_named(
    f: &mut Fields,
    stored: log::RepresentativeNamed,
) -> Option<Event> {
    let member = f.number("member", stored.member, MemberId::new);
    let representative = f.number("representative", stored.representative, MemberId::new);
    let mandate = f.word("mandate", stored.mandate, Mandate::from_code);
    let powers = f.word("powers", stored.powers, Powers::from_code);
    let until = match stored.until_day {
        Some(number) => day(f, "until_day", number).map(Some),
        None => Some(None),
    };
    Some(Event::RepresentativeNamed {
        member: member?,
        representative: representative?,
        mandate: mandate?,
        powers: powers?,
        until: until?,
    })
}

pub(super) fn representative_ended(
    f: &mut Fields,
    stored: log::RepresentativeEnded,
) -> Option<Event> {
    let member = f.number("member", stored.member, MemberId::new);
    let representative = f.number("representative", stored.representative, MemberId::new);
    Some(Event::RepresentativeEnded { member: member?, representative: representative? })
}

pub(super) fn party_registered(f: &mut Fields, stored: &log::PartyRegistered) -> Option<Event> {
    let party = f.number("party", stored.party, PartyId::new);
    let title = f.title("title", &stored.title);
    let kind = f.word("kind", stored.kind, PartyKind::from_code);
    Some(Event::PartyRegistered { party: party?, title: title?, kind: kind? })
}

fn values(f: &mut Fields, stored: Option<&log::PolicyValues>) -> Option<Values> {
    f.message("policy", stored, |f, stored| {
        let confirm_days = f.days("confirm_days", stored.confirm_days);
        let lapse_days = f.days("lapse_days", stored.lapse_days);
        let day_cap = f.minutes("day_cap_minutes", stored.day_cap_minutes);
        let backdating_days = f.days("backdating_days", stored.backdating_days);
        let voucher_cap = f.count("voucher_cap", stored.voucher_cap);
        let voucher_cap_value = f.pence("voucher_cap_pence", stored.voucher_cap_pence);
        let basis = f.word("voucher_basis", stored.voucher_basis, |code| {
            log::VoucherBasis::try_from(code).ok()
        });
        let voucher_basis = match basis {
            Some(log::VoucherBasis::Recognition) => Some(VoucherBasis::Recognition),
            Some(log::VoucherBasis::Exchange) => {
                let price = f.minutes("voucher_price_minutes", stored.voucher_price_minutes);
                price.map(|price| VoucherBasis::Exchange { price })
            }
            Some(log::VoucherBasis::Unspecified) => f.refuse("voucher_basis", "is not said"),
            None => None,
        };
        let own_family =
            if stored.own_family_earns { OwnFamily::Earns } else { OwnFamily::DoesNotEarn };
        Some(Values {
            floor_minutes: stored.floor_minutes,
            soft_floor_minutes: stored.soft_floor_minutes,
            confirm_days: confirm_days?,
            lapse_days: lapse_days?,
            day_cap: day_cap?,
            backdating_days: backdating_days?,
            voucher_cap: voucher_cap?,
            voucher_cap_value: voucher_cap_value?,
            own_family,
            voucher_basis: voucher_basis?,
        })
    })
}
