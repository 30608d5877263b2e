//! Writes about the co-op itself: founding, policy, officers, seals.

use ledger_core::{Command, OwnFamily, Role, Values, VoucherBasis};

use super::{name, parse::Asking};
use crate::{malformed::Fields, v1};

pub(super) fn found_coop(
    f: &mut Fields,
    asking: &Asking<'_>,
    m: &v1::FoundCoopRequest,
) -> Option<Command> {
    let policy = match &m.policy {
        Some(said) => f.within("policy", |f| values(f, said)),
        None => Some(Values::template()),
    };
    Some(Command::FoundCoop { coop: asking.coop?.clone(), policy: policy? })
}

pub(super) fn adopt_policy(
    f: &mut Fields,
    _: &Asking<'_>,
    m: &v1::AdoptPolicyRequest,
) -> Option<Command> {
    let policy = f.message("policy", m.policy.as_ref(), values);
    let decided_by = f.unless_empty(m.decided_by.as_str(), |f, text| f.title("decided_by", text));
    Some(Command::AdoptPolicy { policy: policy?, decided_by: decided_by? })
}

pub(super) fn appoint_officer(
    f: &mut Fields,
    asking: &Asking<'_>,
    m: &v1::AppointOfficerRequest,
) -> Option<Command> {
    let role = f.word("role", m.role, Role::from_code);
    let member = f.unless_empty(m.member.as_str(), |f, text| {
        name::read_member(f, "member", asking.coop, text)
    });
    Some(Command::AppointOfficer { role: role?, member: member? })
}

pub(super) fn end_officer(
    f: &mut Fields,
    asking: &Asking<'_>,
    m: &v1::EndOfficerRequest,
) -> Option<Command> {
    let officer = name::read_officer(f, "officer", asking.coop, &m.officer)?;
    Some(Command::EndOfficer { officer })
}

/// Nothing is said but that it is wanted: the root of all accounts is for the engine to reckon.
#[allow(clippy::unnecessary_wraps, reason = "as every reader of a write")]
pub(super) const fn seal_state(
    _: &mut Fields,
    _: &Asking<'_>,
    _: &v1::SealStateRequest,
) -> Option<Command> {
    Some(Command::SealState { accounts_root: None })
}

/// The numbers of a policy. Whether they fit together is for the rules to say.
fn values(f: &mut Fields, said: &v1::PolicyValues) -> Option<Values> {
    let confirm_days = f.days("confirm_days", said.confirm_days);
    let lapse_days = f.days("lapse_days", said.lapse_days);
    let day_cap = f.minutes("day_cap_minutes", said.day_cap_minutes);
    let backdating_days = f.days("backdating_days", said.backdating_days);
    let voucher_cap = f.count("voucher_cap", said.voucher_cap);
    let voucher_cap_value = f.pence("voucher_cap_pence", said.voucher_cap_pence);
    let voucher_basis = basis(f, said);
    let own_family = if said.own_family_earns { OwnFamily::Earns } else { OwnFamily::DoesNotEarn };
    Some(Values {
        floor_minutes: said.floor_minutes,
        soft_floor_minutes: said.soft_floor_minutes,
        confirm_days: confirm_days?,
        lapse_days: lapse_days?,
        day_cap: day_cap?,
        backdating_days: backdating_days?,
        voucher_cap: voucher_cap?,
        voucher_cap_value: voucher_cap_value?,
        own_family,
        voucher_basis: voucher_basis?,
    })
}

fn basis(f: &mut Fields, said: &v1::PolicyValues) -> Option<VoucherBasis> {
    let from_code = |code| v1::VoucherBasis::try_from(code).ok();
    match f.word("voucher_basis", said.voucher_basis, from_code)? {
        v1::VoucherBasis::Exchange => {
            let price = f.minutes("voucher_price_minutes", said.voucher_price_minutes)?;
            Some(VoucherBasis::Exchange { price })
        }
        v1::VoucherBasis::Unspecified | v1::VoucherBasis::Recognition
            if said.voucher_price_minutes != 0 =>
        {
            f.refuse(
                "voucher_price_minutes",
                "goes with VOUCHER_BASIS_EXCHANGE only: leave it out, or choose that basis",
            )
        }
        v1::VoucherBasis::Unspecified | v1::VoucherBasis::Recognition => {
            Some(VoucherBasis::Recognition)
        }
    }
}
