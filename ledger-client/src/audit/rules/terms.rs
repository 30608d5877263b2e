//! The terms that an entry sets are those of the policy of the day, and each entry names that policy.

use ledger_core::{Event, Help, Kinship, OfferKind, OwnFamily, Timestamp, Values, VoucherBasis};

use super::{Breach, Breaches, Check, Seen};

/// Each entry is judged by the policy that was in force before it.
pub(super) struct PolicyVersion;

impl Check for PolicyVersion {
    fn before(&mut self, seen: &Seen<'_>, breaches: &mut Breaches) {
        let in_force = seen.before.policies().last().map_or(0, |policy| policy.version);
        if seen.entry.policy_version != in_force {
            breaches.add(Breach::OtherPolicy);
        }
    }
}

/// Times, prices, and whether help earns.
pub(super) struct Terms;

impl Check for Terms {
    fn before(&mut self, seen: &Seen<'_>, breaches: &mut Breaches) {
        match &seen.entry.event {
            Event::CoopFounded { coop: _, policy } => breaches.of(unsound(policy, Minute::No)),
            Event::PolicyAdopted { version: _, policy, decided_by } => {
                let minute = if decided_by.is_some() { Minute::Yes } else { Minute::No };
                breaches.of(unsound(policy, minute));
            }
            event => {
                if let Some(policy) = seen.policy() {
                    terms(seen, event, policy, breaches);
                }
            }
        }
    }
}

/// Whether the minute that decided is named.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Minute {
    Yes,
    No,
}

fn unsound(policy: &Values, minute: Minute) -> Option<Breach> {
    match policy.voucher_basis {
        _ if policy.check().is_err() => Some(Breach::UnsoundPolicy),
        VoucherBasis::Exchange { price: _ } if minute == Minute::No => Some(Breach::NoMinute),
        VoucherBasis::Exchange { price: _ } | VoucherBasis::Recognition => None,
    }
}

fn terms(seen: &Seen<'_>, event: &Event, policy: &Values, breaches: &mut Breaches) {
    let now = seen.entry.recorded_at;
    let in_days = |from: Timestamp, days: u16| from.plus_days(i64::from(days));
    let other = |is: Timestamp, should: Timestamp| (is != should).then_some(Breach::OtherTime);
    match event {
        Event::HoursLogged { help, confirm_by } => {
            breaches.of(other(*confirm_by, in_days(now, policy.confirm_days)));
            breaches.of(earns(help, policy));
        }
        Event::HoursRecorded { help, evidence: _ } => breaches.of(earns(help, policy)),
        Event::RespiteRequested { wanted_on, lapse_at, .. } => {
            let from = (*wanted_on).max(now.day()).end();
            breaches.of(other(*lapse_at, in_days(from, policy.lapse_days)));
        }
        Event::VoucherIssued { offer, lapse_at, price, .. } => {
            let offer = seen.before.offers().get(offer.index());
            if let Some(OfferKind::Vouchers { face_value: _, valid_until }) =
                offer.map(|offer| offer.kind)
            {
                let end = valid_until.end();
                // History falls due no earlier than a fresh promise would.
                let history = seen.entry.row.map(|_| in_days(now, policy.lapse_days));
                breaches.of(other(*lapse_at, history.map_or(end, |fresh| end.max(fresh))));
            }
            let stated = match policy.voucher_basis {
                VoucherBasis::Recognition => None,
                VoucherBasis::Exchange { price } => Some(price),
            };
            if *price != stated {
                breaches.add(Breach::OtherPrice);
            }
        }
        _ => {}
    }
}

fn earns(help: &Help, policy: &Values) -> Option<Breach> {
    match (help.kinship, policy.own_family) {
        (Kinship::FamilyEarning, OwnFamily::DoesNotEarn) => Some(Breach::FamilyEarns),
        (Kinship::FamilyEarning, OwnFamily::Earns)
        | (Kinship::Neighbour | Kinship::FamilyNotEarning, _) => None,
    }
}
