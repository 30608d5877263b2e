//! The auditor's own checks, beside the shared replay: one small struct for each rule, judged by the facts in the entries
//! and by the policy of the day.
//!
//! What is asked here is written anew from what the ledger promises, and shares no line with what decides in the server.

#![allow(
    clippy::wildcard_enum_match_arm,
    reason = "a rule is about the kinds that it names; people.rs names them all"
)]

mod breach;
mod caps;
mod dates;
mod due;
mod hours;
mod leaving;
mod losses;
mod moves;
mod people;
mod persons;
mod promises;
mod reversals;
mod terms;

use ledger_core::{Entry, State, Transfer, Values};

pub(super) use breach::Breach;
pub(super) use reversals::Undoes;

/// One entry, and the ledger before it.
pub(super) struct Seen<'a> {
    pub(super) before: &'a State,
    pub(super) entry: &'a Entry,
    pub(super) transfers: &'a [Transfer],
}

impl Seen<'_> {
    /// The numbers of the policy in force. Nothing: the co-op is being founded.
    fn policy(&self) -> Option<&Values> {
        self.before.policies().last().map(|policy| &policy.values)
    }
}

/// What the rules say of one entry.
#[derive(Default)]
pub(super) struct Breaches(pub(super) Vec<Breach>);

impl Breaches {
    fn add(&mut self, breach: Breach) {
        self.0.push(breach);
    }

    /// Adds what is wrong, if something is.
    fn of(&mut self, found: Option<Breach>) {
        self.0.extend(found);
    }
}

/// A rule.
trait Check {
    /// Looks at an entry on the ledger before it.
    fn before(&mut self, _: &Seen<'_>, _: &mut Breaches) {}

    /// Looks at the ledger after the same entry.
    fn after(&mut self, _: &After<'_>, _: &mut Breaches) {}
}

/// One entry, and the ledger after it.
pub(super) struct After<'a> {
    pub(super) entry: &'a Entry,
    pub(super) transfers: &'a [Transfer],
    pub(super) state: &'a State,
}

/// All rules, with what each must remember.
pub(super) struct Rules {
    rules: Vec<Box<dyn Check + Send>>,
    pub(super) reversals: reversals::Reversals,
}

impl Default for Rules {
    fn default() -> Rules {
        Rules {
            rules: vec![
                Box::new(moves::Conservation::default()),
                Box::new(moves::Floor::default()),
                Box::new(moves::NotBelowZero),
                Box::new(due::Due::default()),
                Box::new(terms::Terms),
                Box::new(terms::PolicyVersion),
                Box::new(hours::Hours),
                Box::new(promises::Respite),
                Box::new(promises::Vouchers),
                Box::new(dates::Requests),
                Box::new(dates::Dates),
                Box::new(people::Authority),
                Box::new(persons::AnotherPerson),
                Box::new(leaving::TakesPart),
                Box::new(leaving::Leaving),
                Box::new(caps::Caps::default()),
                Box::new(losses::Losses::default()),
            ],
            reversals: reversals::Reversals::default(),
        }
    }
}

impl Rules {
    /// What the rules say of an entry on the ledger before it.
    pub(super) fn before(&mut self, seen: &Seen<'_>) -> Breaches {
        let mut breaches = Breaches::default();
        for rule in &mut self.rules {
            rule.before(seen, &mut breaches);
        }
        self.reversals.before(seen, &mut breaches);
        breaches
    }

    /// What they say of the ledger after it.
    pub(super) fn after(&mut self, seen: &After<'_>) -> Breaches {
        let mut breaches = Breaches::default();
        for rule in &mut self.rules {
            rule.after(seen, &mut breaches);
        }
        breaches
    }
}
