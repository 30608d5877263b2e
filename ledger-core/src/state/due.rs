//! What falls due by itself, and when.

use std::{cmp::Reverse, collections::BinaryHeap};

use serde::{Deserialize, Serialize};

use crate::{id::Position, time::Timestamp};

/// The moments at which open things fall due, by the entry that made each. Only the first is ever asked for, and what
/// comes mostly falls due after it: a heap has next to nothing to do, where a tree keeps all of them in order.
///
/// What is due no more stays in the heap until it would be the first, or until it is half of all: so the first is always
/// one that is due. 16 bytes for each that is due, at most twice that, and not growing with the log.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Due {
    heap: BinaryHeap<Reverse<(Timestamp, Position)>>,
    gone: usize,
}

/// Fewer than these are never worth a sweep.
const FEW: usize = 64;

impl Due {
    /// The earliest that is due; of those at the same moment, the oldest.
    pub(crate) fn first(&self) -> Option<(Timestamp, Position)> {
        self.heap.peek().map(|Reverse(first)| *first)
    }

    /// What this entry made will be due then.
    pub(crate) fn insert(&mut self, due: Timestamp, made_by: Position) {
        self.heap.push(Reverse((due, made_by)));
    }

    /// What this entry made was due, and is so no more. What else is due, `still` knows.
    pub(crate) fn remove(&mut self, made_by: Position, still: impl Fn(Position) -> bool) {
        self.gone = self.gone.saturating_add(1);
        if self.gone > self.heap.len() / 2 && self.heap.len() >= FEW {
            self.heap.retain(|Reverse((_, made_by))| still(*made_by));
            self.gone = 0;
        }
        let mut first = self.first();
        // Only what was first itself can have left one behind that is due no more.
        if first.is_none_or(|(_, first)| first != made_by) {
            return;
        }
        while first.is_some_and(|(_, made_by)| !still(made_by)) {
            self.heap.pop();
            self.gone = self.gone.saturating_sub(1);
            first = self.first();
        }
    }
}

/// What is due follows from what is open, and that is compared for itself: two heaps of the same may only differ in what
/// is there no more, and in how it lies.
impl PartialEq for Due {
    fn eq(&self, other: &Self) -> bool {
        let still = |of: &Self| of.heap.len().saturating_sub(of.gone);
        self.first() == other.first() && still(self) == still(other)
    }
}

impl Eq for Due {}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn the_first_is_that_of_a_tree(
            acts in prop::collection::vec(prop_oneof![
                1 => (0..60_i64).prop_map(Ok),
                1 => any::<usize>().prop_map(Err),
            ], 0..600),
            taken in prop_oneof![Just(1), Just(2), Just(7)],
        ) {
            let (mut due, mut tree) = (Due::default(), BTreeSet::new());
            for (number, act) in acts.into_iter().enumerate() {
                match act {
                    Ok(moment) => {
                        let (moment, made_by) = (Timestamp::from_unix_ms(moment), Position::new(number as u64));
                        due.insert(moment, made_by);
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
                prop_assert!(due.heap.len() <= 2 * tree.len() + FEW);
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
