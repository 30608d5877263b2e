//! A reversal mirrors its entry: every transfer of it, on its day, and what else it did.
//!
//! An audit reads the log once and keeps no entries. So of each entry it keeps eight bytes: a hash, under a key that is new
//! each time, of what a reversal of it would have to say.

use std::hash::{BuildHasher, Hash, Hasher, RandomState};

use ledger_core::{Day, Event, Position, Transfer, Undone};

use super::{Breach, Breaches, Seen};

/// What sort of thing a reversal takes back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Undoes {
    /// Help that had counted.
    Help,
    /// Respite that had been delivered.
    Respite,
    /// Anything else that had moved something.
    Other,
}

/// What a reversal of each entry would have to say, by position.
#[derive(Default)]
pub(crate) struct Reversals {
    hashes: RandomState,
    // The lowest two bits say which sort of thing it is; zero: it cannot be reversed.
    marks: Vec<u64>,
}

impl Reversals {
    pub(super) fn before(&mut self, seen: &Seen<'_>, breaches: &mut Breaches) {
        let entry = seen.entry;
        if let Event::EntryReversed { entry: reversed, transfers, undone, .. } = &entry.event {
            match self.mark(*reversed) {
                None | Some(0) => breaches.add(Breach::NotReversible),
                Some(mark) => {
                    if mark & !3 != self.hash(transfers, *undone, entry.occurred_on) & !3 {
                        breaches.add(Breach::OtherReversal);
                    }
                }
            }
        }
        let mark = match undoes(&entry.event, entry.occurred_on) {
            None => 0,
            Some((sort, undone)) => {
                let mirrored: Vec<Transfer> =
                    seen.transfers.iter().filter_map(Transfer::mirrored).collect();
                let sort = match sort {
                    Undoes::Help => 1,
                    Undoes::Respite => 2,
                    Undoes::Other => 3,
                };
                let hash = self.hash(&mirrored, undone, entry.occurred_on);
                if mirrored.is_empty() { 0 } else { hash & !3 | sort }
            }
        };
        self.marks.push(mark);
    }

    /// What sort of thing the reversal of an entry takes back.
    pub(crate) fn sort(&self, reversed: Position) -> Option<Undoes> {
        match self.mark(reversed)? & 3 {
            1 => Some(Undoes::Help),
            2 => Some(Undoes::Respite),
            3 => Some(Undoes::Other),
            _ => None,
        }
    }

    fn mark(&self, position: Position) -> Option<u64> {
        let index = usize::try_from(position.get().checked_sub(1)?).ok()?;
        self.marks.get(index).copied()
    }

    fn hash(&self, transfers: &[Transfer], undone: Undone, on: Day) -> u64 {
        let mut hasher = self.hashes.build_hasher();
        for transfer in transfers {
            match *transfer {
                Transfer::Time { from, to, minutes } => (1, from, to, minutes).hash(&mut hasher),
                Transfer::Cash { from, to, pence } => (2, from, to, pence).hash(&mut hasher),
                Transfer::Kind { offer, from, to, items } => {
                    (3, offer, from, to, items).hash(&mut hasher);
                }
            }
        }
        match undone {
            Undone::TransfersOnly => 4.hash(&mut hasher),
            Undone::GivenMinutes { giver, day, minutes } => {
                (5, giver, day, minutes).hash(&mut hasher);
            }
            Undone::Leaving(member) => (6, member).hash(&mut hasher),
            Undone::Offer(offer) => (7, offer).hash(&mut hasher),
        }
        on.hash(&mut hasher);
        hasher.finish()
    }
}

/// What a reversal takes back beside the transfers. Nothing: such an entry cannot be reversed.
fn undoes(event: &Event, day: Day) -> Option<(Undoes, Undone)> {
    let given = |giver, minutes| (Undoes::Help, Undone::GivenMinutes { giver, day, minutes });
    match event {
        Event::HoursConfirmed { help, .. } | Event::HoursRecorded { help, .. } => {
            Some(given(help.giver, help.minutes))
        }
        Event::HoursResolved { help, counted, .. } => {
            counted.map(|minutes| given(help.giver, minutes))
        }
        Event::RespiteDelivered { .. } => Some((Undoes::Respite, Undone::TransfersOnly)),
        Event::HoursGiven { .. }
        | Event::PotGranted { .. }
        | Event::CashReceived { .. }
        | Event::CashSpent { .. }
        | Event::InKindUsed { .. } => Some((Undoes::Other, Undone::TransfersOnly)),
        Event::MemberLeft { member, .. } => Some((Undoes::Other, Undone::Leaving(*member))),
        Event::OfferPledged { offer, .. } | Event::InKindReceived { offer, .. } => {
            Some((Undoes::Other, Undone::Offer(*offer)))
        }
        _ => None,
    }
}
