//! What falls due by itself: recorded in order of its time, before anything later, and by time alone.

use std::collections::{BTreeMap, BTreeSet};

use ledger_core::{Actor, Day, Event, EvidenceGrade, Position, RespiteEnding, Timestamp};

use super::{Breach, Breaches, Check, Seen};

/// What waits for its time, by facts alone.
#[derive(Default)]
pub(super) struct Due {
    waiting: BTreeSet<(Timestamp, Position)>,
    when: BTreeMap<Position, Timestamp>,
}

impl Due {
    fn settle(&mut self, made_by: Position) {
        if let Some(due) = self.when.remove(&made_by) {
            self.waiting.remove(&(due, made_by));
        }
    }
}

impl Check for Due {
    fn before(&mut self, seen: &Seen<'_>, breaches: &mut Breaches) {
        let entry = seen.entry;
        let by_time = entry.by.actor == Actor::Timer;
        let settles = settles(&entry.event);
        while let Some(&(due, made_by)) = self.waiting.first()
            && due <= entry.recorded_at
        {
            if by_time && settles == Some(made_by) {
                break;
            }
            breaches.add(Breach::LateDue { made_by, due });
            // Said once.
            self.waiting.remove(&(due, made_by));
        }
        if by_time {
            let due = settles.and_then(|made_by| self.when.get(&made_by).copied());
            match due {
                Some(due) if due <= entry.recorded_at => {
                    if !as_time_does(seen, due) {
                        breaches.add(Breach::NotForTime);
                    }
                }
                Some(_) | None => breaches.add(Breach::NothingDue),
            }
        } else if lapses(&entry.event) {
            breaches.add(Breach::LapsedBySomebody);
        }
        if let Some(made_by) = settles {
            self.settle(made_by);
        }
        if let Some(due) = promises(&entry.event) {
            self.waiting.insert((due, entry.position));
            self.when.insert(entry.position, due);
        }
    }
}

/// When what an event promises falls due.
fn promises(event: &Event) -> Option<Timestamp> {
    match event {
        Event::HoursLogged { help: _, confirm_by } => Some(*confirm_by),
        Event::RespiteRequested { lapse_at, .. } | Event::VoucherIssued { lapse_at, .. } => {
            Some(*lapse_at)
        }
        _ => None,
    }
}

/// The entry whose promise does not wait any more.
fn settles(event: &Event) -> Option<Position> {
    match event {
        Event::HoursConfirmed { hours, .. }
        | Event::HoursResolved { hours, .. }
        | Event::HoursDisputed { hours, .. } => Some(*hours),
        Event::RespiteDelivered { respite, .. } | Event::RespiteEnded { respite, .. } => {
            Some(*respite)
        }
        Event::VoucherRedeemed { voucher, .. }
        | Event::VoucherCancelled { voucher, .. }
        | Event::VoucherLapsed { voucher, .. } => Some(*voucher),
        _ => None,
    }
}

/// Whether the event says that time did it.
fn lapses(event: &Event) -> bool {
    matches!(
        event,
        Event::VoucherLapsed { .. } | Event::RespiteEnded { ending: RespiteEnding::Lapsed, .. }
    )
}

/// Time confirms what was logged, unchanged and on its day, and lets the rest lapse on the day on which it was due.
fn as_time_does(seen: &Seen<'_>, due: Timestamp) -> bool {
    let on: Option<Day> = match &seen.entry.event {
        Event::HoursConfirmed { hours, help, logged: _, evidence: EvidenceGrade::Timer } => {
            let logged = seen.before.pending_hours().get(hours);
            logged.filter(|logged| logged.help == *help).map(|logged| logged.occurred_on)
        }
        event if lapses(event) => Some(due.day()),
        _ => None,
    };
    on == Some(seen.entry.occurred_on)
}
