//! What happened in some runs, counted: what never happens is not tried.

use std::collections::BTreeMap;

use super::{answers::Came, faults::Struck};

/// What happened.
#[derive(Debug, Default)]
pub(super) struct Tally {
    pub(super) lives: u64,
    pub(super) entries: u64,
    /// Of the entries: those by which somebody acted for another.
    pub(super) represented: u64,
    pub(super) packs: u64,
    pub(super) volumes: u64,
    pub(super) ends: BTreeMap<&'static str, u64>,
    pub(super) answers: BTreeMap<Came, u64>,
    pub(super) struck: BTreeMap<Struck, u64>,
    /// Stands for one run; nothing for several.
    pub(super) digest: [u8; 32],
}

impl Tally {
    pub(super) fn add(&mut self, other: &Self) {
        self.lives += other.lives;
        self.entries += other.entries;
        self.represented += other.represented;
        self.packs += other.packs;
        self.volumes += other.volumes;
        for (end, count) in &other.ends {
            *self.ends.entry(end).or_default() += count;
        }
        for (came, count) in &other.answers {
            *self.answers.entry(*came).or_default() += count;
        }
        for (struck, count) in &other.struck {
            *self.struck.entry(*struck).or_default() += count;
        }
    }

    /// Each thing that is to be tried was.
    pub(super) fn everything_happened(&self) {
        let refusals = [
            "ALREADY_BOOKED",
            "ALREADY_SETTLED",
            "ALREADY_REVERSED",
            "POSITION_CHANGED",
            "REQUEST_ID_REUSED",
            "REQUEST_ID_OUT_OF_WINDOW",
            "NOT_ENOUGH_HOURS",
            "NOT_A_REPRESENTATIVE",
            "OUT_OF_STOCK",
        ];
        for refusal in refusals {
            assert!(self.answers.contains_key(&Came::Refused(refusal)), "never {refusal}");
        }
        for came in [Came::Recorded, Came::Replayed, Came::Tried] {
            assert!(self.answers.contains_key(&came), "never {came:?}");
        }
        assert!(self.packs > 0, "no pack was made");
        assert!(self.represented > 0, "nobody acted for another");
    }
}
