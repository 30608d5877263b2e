//! A loss that the operator accepted: what was lost is what stood behind the entry that says so, and is given anew from there.

use ledger_core::{Actor, Event, Position};

use super::{Breach, Breaches, Check, Seen};

/// The positions that were lost begin at the entry's own, or at what time recorded just before it: what fell due meanwhile
/// comes first, as before every entry.
#[derive(Default)]
pub(super) struct Losses {
    /// The newest entry that was asked for.
    asked_for: Option<Position>,
}

impl Check for Losses {
    fn before(&mut self, seen: &Seen<'_>, breaches: &mut Breaches) {
        let entry = seen.entry;
        if let Event::LossAccepted { first, last } = entry.event {
            let there = self.asked_for.is_some_and(|newest| first <= newest);
            if there || first > entry.position || last < first {
                breaches.add(Breach::OtherLoss);
            }
        }
        if entry.by.actor != Actor::Timer {
            self.asked_for = Some(entry.position);
        }
    }
}
