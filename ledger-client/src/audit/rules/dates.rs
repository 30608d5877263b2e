//! Requests and their ids, and the days on which things are said to have happened.

use ledger_core::{Actor, Channel, Event, REQUEST_ID_DAYS_AHEAD, REQUEST_ID_DAYS_BACK, Timestamp};

use super::{Breach, Breaches, Check, Seen};

/// Every entry but those of time answers a request, whose id was of its time. That no id comes twice, the replay sees.
pub(super) struct Requests;

impl Check for Requests {
    fn before(&mut self, seen: &Seen<'_>, breaches: &mut Breaches) {
        let entry = seen.entry;
        match entry.asked {
            None if entry.by.actor != Actor::Timer => breaches.add(Breach::NoRequest),
            None => {}
            Some(asked) => {
                let (made, at) = (asked.id.time(), entry.recorded_at);
                let window: (Timestamp, Timestamp) =
                    (at.plus_days(-REQUEST_ID_DAYS_BACK), at.plus_days(REQUEST_ID_DAYS_AHEAD));
                if made < window.0 || made > window.1 {
                    breaches.add(Breach::OutsideWindow);
                }
            }
        }
        if entry.row.is_some() && entry.by.channel != Channel::Import {
            breaches.add(Breach::NotImported);
        }
        if entry.corrects.is_some_and(|reversed| seen.before.reversed_by(reversed).is_none()) {
            breaches.add(Breach::CorrectsNothing);
        }
    }
}

/// Nothing happened after it was recorded, and nothing longer ago than the policy of the day lets people say.
pub(super) struct Dates;

impl Check for Dates {
    fn before(&mut self, seen: &Seen<'_>, breaches: &mut Breaches) {
        let (entry, on) = (seen.entry, seen.entry.occurred_on);
        // A summer's midnight in the United Kingdom is 23:00 in UTC.
        let today = entry.recorded_at.plus_hours(1).day();
        if on > today {
            breaches.add(Breach::InTheFuture(on));
        }
        if let Event::MemberEnrolled { joined_on, .. } = entry.event
            && joined_on > today
        {
            breaches.add(Breach::InTheFuture(joined_on));
        }
        if let Event::RepresentativeNamed { until: Some(until), .. } = entry.event
            && until.end() <= entry.recorded_at
        {
            breaches.add(Breach::UntilIsOver(until));
        }
        let Some(policy) = seen.policy() else { return };
        let oldest = entry.recorded_at.day().plus(-i32::from(policy.backdating_days));
        let said = entry.row.is_none() && entry.corrects.is_none();
        if said && on < oldest && !of_another_day(seen) {
            breaches.add(Breach::TooFarBack(on));
        }
    }
}

/// Whether an entry is of the day of what it settles or reverses, however long ago that was.
fn of_another_day(seen: &Seen<'_>) -> bool {
    match &seen.entry.event {
        Event::HoursConfirmed { .. }
        | Event::HoursResolved { .. }
        | Event::EntryReversed { .. } => true,
        Event::RespiteDelivered { respite, .. } => {
            let promise = seen.before.promised_respite().get(respite);
            promise.is_some_and(|promise| promise.wanted_on == seen.entry.occurred_on)
        }
        _ => seen.entry.by.actor == Actor::Timer,
    }
}
