//! What the policy of the day caps: hours a giver and day, the length of a visit, vouchers a person and year.

use std::collections::BTreeMap;

use ledger_core::{
    Actor, Day, Event, MemberId, Minutes, OfferId, OfferKind, Position, State, Undone, Values,
};

use super::{Breach, Breaches, Check, Seen};

/// Minutes by giver and day, and vouchers by person and year: how many, and of what face value.
#[derive(Default)]
pub(super) struct Caps {
    given: BTreeMap<(MemberId, Day), i64>,
    thanked: BTreeMap<(MemberId, i32), (i64, i64)>,
}

impl Check for Caps {
    fn before(&mut self, seen: &Seen<'_>, breaches: &mut Breaches) {
        let Some(policy) = seen.policy() else { return };
        let on = seen.entry.occurred_on;
        match &seen.entry.event {
            Event::HoursLogged { help, .. } | Event::HoursRecorded { help, .. } => {
                self.give((help.giver, on), help.minutes.get());
                breaches.of(self.day(policy, (help.giver, on)));
            }
            Event::HoursConfirmed { hours, help, .. } => {
                self.settle(seen.before, *hours, help.minutes.get());
                // Time confirms what was logged, and that was within the cap.
                if seen.entry.by.actor != Actor::Timer {
                    breaches.of(self.day(policy, (help.giver, on)));
                }
            }
            Event::HoursResolved { hours, help, counted } => {
                self.settle(seen.before, *hours, counted.map_or(0, Minutes::get));
                if counted.is_some() {
                    breaches.of(self.day(policy, (help.giver, on)));
                }
            }
            Event::RespiteRequested { carer, minutes, wanted_on, .. } => {
                breaches.of(visit(policy, (*carer, *wanted_on), *minutes));
            }
            Event::RespiteDelivered { respite, carer, minutes, .. } => {
                let promise = seen.before.promised_respite().get(respite);
                let day = promise.map_or(on, |promise| promise.wanted_on);
                breaches.of(visit(policy, (*carer, day), *minutes));
            }
            Event::EntryReversed {
                undone: Undone::GivenMinutes { giver, day, minutes }, ..
            } => self.give((*giver, *day), -minutes.get()),
            Event::VoucherIssued { offer, member, .. } => {
                let (person, value) = ((*member, on.year()), face_value(seen.before, *offer));
                let (had, worth) = self.thank(person, 1, value);
                let most = (i64::from(policy.voucher_cap), policy.voucher_cap_value.get());
                if had > most.0 || worth > most.1 {
                    breaches.add(Breach::VoucherCap(*member));
                }
            }
            Event::VoucherCancelled { voucher, .. } => {
                if let Some(open) = seen.before.open_vouchers().get(voucher) {
                    let value = face_value(seen.before, open.offer);
                    self.thank((open.member, open.year), -1, -value);
                }
            }
            _ => {}
        }
    }
}

impl Caps {
    fn give(&mut self, of: (MemberId, Day), minutes: i64) {
        let so_far = self.given.entry(of).or_default();
        *so_far = so_far.saturating_add(minutes);
        if *so_far == 0 {
            self.given.remove(&of);
        }
    }

    /// What counts in the end is what counts towards the cap.
    fn settle(&mut self, state: &State, hours: Position, counted: i64) {
        if let Some(waiting) = state.pending_hours().get(&hours) {
            let of = (waiting.help.giver, waiting.occurred_on);
            self.give(of, counted.saturating_sub(waiting.help.minutes.get()));
        }
    }

    fn day(&self, policy: &Values, (giver, day): (MemberId, Day)) -> Option<Breach> {
        let all = self.given.get(&(giver, day)).copied().unwrap_or_default();
        (all > policy.day_cap.get()).then_some(Breach::DayCap { giver, day })
    }

    fn thank(&mut self, of: (MemberId, i32), times: i64, value: i64) -> (i64, i64) {
        let (had, worth) = self.thanked.entry(of).or_default();
        (*had, *worth) = (had.saturating_add(times), worth.saturating_add(value));
        (*had, *worth)
    }
}

/// No visit is longer than what one person may give in a day.
fn visit(policy: &Values, (giver, day): (MemberId, Day), minutes: Minutes) -> Option<Breach> {
    (minutes > policy.day_cap).then_some(Breach::DayCap { giver, day })
}

fn face_value(state: &State, offer: OfferId) -> i64 {
    match state.offers().get(offer.index()).map(|offer| offer.kind) {
        Some(OfferKind::Vouchers { face_value, valid_until: _ }) => face_value.get(),
        Some(OfferKind::InKind { valuation: _ }) | None => 0,
    }
}
