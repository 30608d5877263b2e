//! What falls due by itself, and when.

use std::{
    cmp::Reverse,
    collections::{BinaryHeap, VecDeque},
};

use serde::{Deserialize, Serialize};

use crate::{id::Position, time::Timestamp};

/// The moments at which open things fall due, by the entry that made each. Only the first is ever asked for: a heap has
/// next to nothing to do where a tree keeps all of them in order, and what mostly comes in order needs no heap.
///
/// What is due no more stays until it would be the first, or until it is half of all: so the first is always one that is
/// due. 16 bytes for each that is due, at most twice that, and not growing with the log.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Due {
    rising: VecDeque<(Timestamp, Position)>,
    heap: BinaryHeap<Reverse<(Timestamp, Position)>>,
    gone: usize,
}

/// Fewer than these are never worth a sweep.
const FEW: usize = 64;

impl Due {
    /// The earliest that is due; of those at the same moment, the oldest.
    pub(crate) fn first(&self) -> Option<(Timestamp, Position)> {
        match (self.rising.front(), self.heap.peek()) {
            (Some(one), Some(Reverse(other))) => Some(*one.min(other)),
            (Some(first), None) | (None, Some(Reverse(first))) => Some(*first),
            (None, None) => None,
        }
    }

    /// What this entry made will be due then.
    pub(crate) fn insert(&mut self, due: Timestamp, made_by: Position) {
        self.heap.push(Reverse((due, made_by)));
    }

    /// The same for what mostly falls due in the order in which it comes.
    pub(crate) fn insert_in_turn(&mut self, due: Timestamp, made_by: Position) {
        if self.rising.back().is_none_or(|last| *last < (due, made_by)) {
            self.rising.push_back((due, made_by));
        } else {
            self.insert(due, made_by);
        }
    }

    /// What this entry made was due, and is so no more. What else is due, `still` knows.
    pub(crate) fn remove(&mut self, made_by: Position, still: impl Fn(Position) -> bool) {
        self.gone = self.gone.saturating_add(1);
        let len = self.len();
        if self.gone > len / 2 && len >= FEW {
            self.rising.retain(|(_, made_by)| still(*made_by));
            self.heap.retain(|Reverse((_, made_by))| still(*made_by));
            self.gone = 0;
        }
        // Only what was first itself can have left one behind that is due no more.
        if self.rising.front().is_some_and(|(_, first)| *first == made_by) {
            while self.rising.front().is_some_and(|(_, first)| !still(*first)) {
                self.rising.pop_front();
                self.gone = self.gone.saturating_sub(1);
            }
        }
        if self.heap.peek().is_some_and(|Reverse((_, first))| *first == made_by) {
            while self.heap.peek().is_some_and(|Reverse((_, first))| !still(*first)) {
                self.heap.pop();
                self.gone = self.gone.saturating_sub(1);
            }
        }
    }

    fn len(&self) -> usize {
        self.rising.len().saturating_add(self.heap.len())
    }
}

/// What is due follows from what is open, and that is compared for itself: two of the same may only differ in what
/// is there no more, and in how it lies.
impl PartialEq for Due {
    fn eq(&self, other: &Self) -> bool {
        let still = |of: &Self| of.len().saturating_sub(of.gone);
        self.first() == other.first() && still(self) == still(other)
    }
}

impl Eq for Due {}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    fn moment(ms: u64) -> Timestamp {
        Timestamp::from_unix_ms(i64::try_from(ms).unwrap())
    }

    /// Twice as many as are worth a sweep, one after the other.
    fn in_turn() -> Due {
        let mut due = Due::default();
        (0..2 * FEW as u64).for_each(|nth| due.insert_in_turn(moment(nth), Position::new(nth)));
        due
    }

    #[test]
    fn what_comes_in_turn_needs_no_heap() {
        let mut due = in_turn();
        assert_eq!((due.rising.len(), due.heap.len(), due.len()), (2 * FEW, 0, 2 * FEW));
        due.insert_in_turn(moment(0), Position::new(1_000));
        assert_eq!((due.rising.len(), due.heap.len(), due.len()), (2 * FEW, 1, 2 * FEW + 1));
    }

    #[test]
    fn it_is_swept_when_more_than_half_have_gone_and_not_before() {
        let mut due = in_turn();
        for gone in 1..=FEW as u64 {
            due.remove(Position::new(gone), |_| panic!("nothing is looked at: {gone}"));
        }
        assert_eq!(due.len(), 2 * FEW);
        let last = FEW as u64 + 1;
        due.remove(Position::new(last), |made_by| !(1..=last).contains(&made_by.get()));
        assert_eq!((due.len(), due.gone), (FEW - 1, 0));
        // Of few none is, however many have gone.
        for gone in last + 1..2 * FEW as u64 {
            due.remove(Position::new(gone), |_| panic!("nothing is looked at: {gone}"));
        }
        assert_eq!((due.len(), due.first()), (FEW - 1, Some((moment(0), Position::new(0)))));
    }

    #[test]
    fn two_are_the_same_if_as_many_are_due_from_the_same_on() {
        let (due, mut fewer, mut later) = (in_turn(), in_turn(), in_turn());
        fewer.remove(Position::new(7), |made_by| made_by.get() != 7);
        assert_ne!(due, fewer);
        later.remove(Position::new(0), |made_by| made_by.get() != 0);
        later.insert(moment(1_000), Position::new(1_000));
        assert_ne!(due, later);
        assert_eq!(due, in_turn());
    }

    proptest! {
        #[test]
        fn the_first_is_that_of_a_tree(
            acts in prop::collection::vec(prop_oneof![
                1 => (0..60_i64).prop_map(|moment| Ok((moment, false))),
                1 => (0..60_i64).prop_map(|moment| Ok((moment, true))),
                2 => any::<usize>().prop_map(Err),
            ], 0..600),
            taken in prop_oneof![Just(1), Just(2), Just(7)],
        ) {
            let (mut due, mut tree) = (Due::default(), BTreeSet::new());
            for (number, act) in acts.into_iter().enumerate() {
                match act {
                    Ok((moment, in_turn)) => {
                        let (moment, made_by) = (Timestamp::from_unix_ms(moment + i64::try_from(number / 4).unwrap()), Position::new(number as u64));
                        if in_turn { due.insert_in_turn(moment, made_by) } else { due.insert(moment, made_by) }
                        tree.insert((moment, made_by));
                    }
                    Err(any) => {
                        for chosen in (0..taken).map(|more| any.wrapping_add(more)) {
                            let Some(gone) = tree.iter().nth(chosen % tree.len().max(1)).copied() else { break };
                            tree.remove(&gone);
                            due.remove(gone.1, |made_by| tree.iter().any(|(_, at)| *at == made_by));
                        }
                    }
                }
                prop_assert_eq!(due.first(), tree.first().copied());
                prop_assert!(due.len() <= 2 * tree.len() + FEW);
            }
            let read: Due = postcard::from_bytes(&postcard::to_stdvec(&due).unwrap()).unwrap();
            prop_assert_eq!(&read, &due);
            while let Some(first) = tree.pop_first() {
                prop_assert_eq!(due.first(), Some(first));
                due.remove(first.1, |made_by| tree.iter().any(|(_, at)| *at == made_by));
            }
            prop_assert_eq!(due, Due::default());
        }
    }
}
