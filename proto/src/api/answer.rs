//! What answers are made of: the ledger's values as callers read them.

use ledger_core::{
    CoopName, Cover, FundFreedom, Help, HoursDestination, Kinship, OwnFamily, Policy, Position,
    Timestamp, Values, VoucherBasis,
};

use super::name;
use crate::v1;

/// A position as answers hold it.
pub fn position(position: Position) -> i64 {
    i64::try_from(position.get()).unwrap_or(i64::MAX)
}

/// A moment as answers hold it.
pub fn time(at: Timestamp) -> prost_types::Timestamp {
    let ms = at.unix_ms();
    let nanos = i32::try_from(ms.rem_euclid(1000)).unwrap_or_default().saturating_mul(1_000_000);
    prost_types::Timestamp { seconds: ms.div_euclid(1000), nanos }
}

/// The numbers of a policy.
pub fn policy_values(values: &Values) -> v1::PolicyValues {
    let (basis, price) = match values.voucher_basis {
        VoucherBasis::Recognition => (v1::VoucherBasis::Recognition, 0),
        VoucherBasis::Exchange { price } => (v1::VoucherBasis::Exchange, price.get()),
    };
    v1::PolicyValues {
        floor_minutes: values.floor_minutes,
        soft_floor_minutes: values.soft_floor_minutes,
        confirm_days: values.confirm_days.into(),
        lapse_days: values.lapse_days.into(),
        day_cap_minutes: values.day_cap.get(),
        backdating_days: values.backdating_days.into(),
        voucher_cap: values.voucher_cap.into(),
        voucher_cap_pence: values.voucher_cap_value.get(),
        own_family_earns: match values.own_family {
            OwnFamily::DoesNotEarn => false,
            OwnFamily::Earns => true,
        },
        voucher_basis: basis.into(),
        voucher_price_minutes: price,
    }
}

/// A policy as it was adopted.
pub fn policy(policy: &Policy) -> v1::Policy {
    v1::Policy {
        version: policy.version.into(),
        values: Some(policy_values(&policy.values)),
        decided_by: policy.decided_by.as_ref().map(ToString::to_string).unwrap_or_default(),
        position: position(policy.adopted_at),
        adopt_time: Some(time(policy.recorded_at)),
    }
}

/// How freely a fund can be spent, and what a restricted one may be spent on.
pub fn fund_freedom(freedom: &FundFreedom) -> (v1::FundFreedom, String) {
    match freedom {
        FundFreedom::Unrestricted => (v1::FundFreedom::Unrestricted, String::new()),
        FundFreedom::Designated => (v1::FundFreedom::Designated, String::new()),
        FundFreedom::Restricted(purpose) => (v1::FundFreedom::Restricted, purpose.to_string()),
    }
}

/// A piece of help.
pub fn help(coop: &CoopName, help: &Help) -> v1::Help {
    use v1::destination::To;
    let to = match help.destination {
        HoursDestination::OwnAccount => To::OwnAccount(true),
        HoursDestination::Pot => To::Pot(true),
        HoursDestination::Member(member) => To::Member(name::member(coop, member)),
    };
    v1::Help {
        giver: name::member(coop, help.giver),
        receiver: help.receiver.map(|who| name::member(coop, who)).unwrap_or_default(),
        minutes: help.minutes.get(),
        task: help.task.code(),
        destination: Some(v1::Destination { to: Some(to) }),
        own_family: match help.kinship {
            Kinship::Neighbour => false,
            Kinship::FamilyEarning | Kinship::FamilyNotEarning => true,
        },
    }
}

/// Who covers a respite.
pub fn cover(coop: &CoopName, cover: Cover) -> v1::Cover {
    use v1::cover::By;
    let by = match cover {
        Cover::Member(member) => By::Member(name::member(coop, member)),
        Cover::Staff => By::Staff(true),
    };
    v1::Cover { by: Some(by) }
}
