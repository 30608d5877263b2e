//! Holds and vouchers: resolved once, in their life, and as they were made.

use ledger_core::{
    Cover, Event, Hat, OfferKind, Position, Promise, RespiteEnding, RespiteSide, State, TimeOfDay,
};

use super::{Breach, Breaches, Check, Seen};

/// Respite: asked by a carer, covered by one person at a time, resolved as it was held.
pub(super) struct Respite;

impl Check for Respite {
    fn before(&mut self, seen: &Seen<'_>, breaches: &mut Breaches) {
        let today = seen.entry.recorded_at.plus_hours(1).day();
        let promised = |respite: &Position| seen.before.promised_respite().get(respite);
        match &seen.entry.event {
            Event::RespiteRequested { carer, wanted_on, .. } => {
                let member = seen.before.members().get(carer.index());
                if !member.is_some_and(|member| member.hats.contains(&Hat::FamilyCarer)) {
                    breaches.add(Breach::NoCarer);
                }
                if *wanted_on < seen.entry.recorded_at.day() && seen.entry.row.is_none() {
                    breaches.add(Breach::DayIsOver);
                }
            }
            Event::CoverAgreed { respite, cover, start } => match promised(respite) {
                None => breaches.add(Breach::NoSuchRespite),
                Some(promise) => {
                    let covered = promise.cover.is_some();
                    if covered || *cover == Cover::Member(promise.carer) {
                        breaches.add(Breach::OtherCover);
                    }
                    breaches.of(booked(seen.before, (*respite, promise), *cover, *start));
                }
            },
            Event::CoverWithdrawn { respite, reason: _ } => match promised(respite) {
                None => breaches.add(Breach::NoSuchRespite),
                Some(promise) if promise.cover.is_none() => breaches.add(Breach::OtherCover),
                Some(_) => {}
            },
            Event::RespiteDelivered { respite, carer, cover, held, minutes: _ } => {
                let Some(promise) = promised(respite) else {
                    return breaches.add(Breach::NoSuchRespite);
                };
                if (*carer, *held) != (promise.carer, promise.held) {
                    breaches.add(Breach::OtherHold);
                }
                if *cover == Cover::Member(*carer) {
                    breaches.add(Breach::OtherCover);
                }
                if promise.wanted_on > today {
                    breaches.add(Breach::BeforeItsDay);
                }
            }
            Event::RespiteEnded { respite, carer, held, ending } => {
                let Some(promise) = promised(respite) else {
                    return breaches.add(Breach::NoSuchRespite);
                };
                if (*carer, *held) != (promise.carer, promise.held) {
                    breaches.add(Breach::OtherHold);
                }
                breaches.of(ended(seen, promise, *ending));
            }
            _ => {}
        }
    }
}

/// Nobody is booked twice at once. Staff have a rota of their own.
fn booked(
    state: &State,
    (respite, promise): (Position, &Promise),
    cover: Cover,
    start: TimeOfDay,
) -> Option<Breach> {
    let Cover::Member(giver) = cover else { return None };
    let (first, end) = time(promise, start);
    let taken = |(position, other): (&Position, &Promise)| {
        let (from, to) = time(other, other.start.filter(|_| other.cover == Some(cover))?);
        let meets = *position != respite && from < end && first < to;
        meets.then_some(Breach::BookedTwice { giver, held_for: *position })
    };
    state.promised_respite().iter().find_map(taken)
}

/// From which minute to which a promise takes somebody's time.
fn time(promise: &Promise, start: TimeOfDay) -> (i64, i64) {
    let first = i64::from(promise.wanted_on.number()) * 24 * 60 + i64::from(start.minutes());
    (first, first.saturating_add(promise.held.get()))
}

fn ended(seen: &Seen<'_>, promise: &Promise, ending: RespiteEnding) -> Option<Breach> {
    let today = seen.entry.recorded_at.plus_hours(1).day();
    match ending {
        RespiteEnding::NoCover => promise.cover.map(|_| Breach::OtherCover),
        RespiteEnding::NoShow { missing: _ } if promise.wanted_on > today => {
            Some(Breach::BeforeItsDay)
        }
        RespiteEnding::NoShow { missing: _ } => {
            let uncovered = promise.cover.is_none() && seen.entry.row.is_none();
            uncovered.then_some(Breach::OtherCover)
        }
        RespiteEnding::Cancelled { by: RespiteSide::Giver, reason: _ } => {
            promise.cover.is_none().then_some(Breach::OtherCover)
        }
        RespiteEnding::Cancelled { by: RespiteSide::Carer | RespiteSide::Coop, reason: _ }
        | RespiteEnding::Lapsed => None,
    }
}

/// Vouchers: out of what was pledged and is still good, and resolved as they were issued.
pub(super) struct Vouchers;

impl Check for Vouchers {
    fn before(&mut self, seen: &Seen<'_>, breaches: &mut Breaches) {
        let open = |voucher: &Position| seen.before.open_vouchers().get(voucher);
        let mut settled =
            |voucher, as_issued: &dyn Fn(&ledger_core::OpenVoucher) -> bool| match open(voucher) {
                None => breaches.add(Breach::NoSuchVoucher),
                Some(open) if !as_issued(open) => breaches.add(Breach::OtherVoucher),
                Some(_) => {}
            };
        match &seen.entry.event {
            Event::VoucherIssued { offer, .. } => {
                let day = match seen.entry.row {
                    Some(_) => seen.entry.occurred_on,
                    None => seen.entry.recorded_at.day(),
                };
                let offer = seen.before.offer(*offer).map(|offer| offer.kind);
                let good = matches!(offer, Ok(OfferKind::Vouchers { face_value: _, valid_until })
                    if valid_until >= day);
                if !good {
                    breaches.add(Breach::NoOffer);
                }
            }
            Event::VoucherRedeemed { voucher, offer, member }
            | Event::VoucherLapsed { voucher, offer, member } => {
                settled(voucher, &|open| (open.offer, open.member) == (*offer, *member));
            }
            Event::VoucherCancelled { voucher, offer, member, price } => {
                let issued = (*offer, *member, *price);
                settled(voucher, &|open| (open.offer, open.member, open.price) == issued);
            }
            _ => {}
        }
    }
}
