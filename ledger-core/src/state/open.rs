//! What is open, by the entry that made it, oldest first.

use serde::{Deserialize, Serialize, Serializer};

use crate::id::Position;

/// Things that come with rising positions, and go in any order. A tree would be searched, and grown, where a list only gets
/// longer at its end.
///
/// A thing and 8 bytes for each that is open, at most twice that with the places of those that have gone. Does not grow
/// with the log.
#[derive(Clone, Debug, Deserialize)]
#[serde(from = "Vec<(Position, T)>")]
pub struct Open<T> {
    // Beside the things, and not with them: a search reads nothing else.
    made_by: Vec<Position>,
    things: Vec<Option<T>>,
    gone: usize,
}

/// Fewer places than these are never worth closing the gaps.
const FEW: usize = 32;

impl<T> Open<T> {
    /// What this entry made, if it is open.
    pub fn get(&self, made_by: &Position) -> Option<&T> {
        let at = self.made_by.binary_search(made_by).ok()?;
        self.things.get(at)?.as_ref()
    }

    /// All that is open, oldest first.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = (&Position, &T)> {
        let all = self.made_by.iter().zip(&self.things);
        all.filter_map(|(made_by, thing)| Some((made_by, thing.as_ref()?)))
    }

    /// What made it, oldest first.
    pub fn keys(&self) -> impl DoubleEndedIterator<Item = &Position> {
        self.iter().map(|(made_by, _)| made_by)
    }

    /// What is open, oldest first.
    pub fn values(&self) -> impl DoubleEndedIterator<Item = &T> {
        self.things.iter().flatten()
    }

    /// How much is open.
    pub fn len(&self) -> usize {
        self.things.len().saturating_sub(self.gone)
    }

    /// Whether nothing is open.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    pub(crate) fn get_mut(&mut self, made_by: Position) -> Option<&mut T> {
        let at = self.made_by.binary_search(&made_by).ok()?;
        self.things.get_mut(at)?.as_mut()
    }

    /// Opens something, instead of what this entry made before.
    pub(crate) fn insert(&mut self, made_by: Position, thing: T) {
        let after_all = self.made_by.last().is_none_or(|last| *last < made_by);
        let found =
            if after_all { Err(self.made_by.len()) } else { self.made_by.binary_search(&made_by) };
        match found {
            Ok(at) => {
                if let Some(place) = self.things.get_mut(at)
                    && place.replace(thing).is_none()
                {
                    self.gone = self.gone.saturating_sub(1);
                }
            }
            Err(at) => {
                self.made_by.insert(at, made_by);
                self.things.insert(at, Some(thing));
            }
        }
    }

    /// Takes out what this entry made.
    pub(crate) fn remove(&mut self, made_by: Position) -> Option<T> {
        let at = self.made_by.binary_search(&made_by).ok()?;
        let thing = self.things.get_mut(at)?.take()?;
        self.gone += 1;
        if self.gone > self.things.len() / 2 && self.things.len() >= FEW {
            let mut there = self.things.iter().map(Option::is_some);
            self.made_by.retain(|_| there.next() == Some(true));
            self.things.retain(Option::is_some);
            self.gone = 0;
        }
        Some(thing)
    }
}

impl<T> Default for Open<T> {
    fn default() -> Self {
        Self { made_by: Vec::new(), things: Vec::new(), gone: 0 }
    }
}

impl<T> From<Vec<(Position, T)>> for Open<T> {
    fn from(all: Vec<(Position, T)>) -> Self {
        let mut open = Self::default();
        for (made_by, thing) in all {
            open.insert(made_by, thing);
        }
        open
    }
}

impl<T: Serialize> Serialize for Open<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let all: Vec<_> = self.iter().collect();
        all.serialize(serializer)
    }
}

impl<T: PartialEq> PartialEq for Open<T> {
    fn eq(&self, other: &Self) -> bool {
        self.iter().eq(other.iter())
    }
}

impl<T: Eq> Eq for Open<T> {}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    #[derive(Clone, Copy, Debug)]
    enum Act {
        Come(u64),
        Go(usize),
        Change(usize),
        Misplaced(u64),
    }

    fn act() -> impl Strategy<Value = Act> {
        prop_oneof![
            4 => (1..4_u64).prop_map(Act::Come),
            4 => any::<usize>().prop_map(Act::Go),
            1 => any::<usize>().prop_map(Act::Change),
            1 => (0..300_u64).prop_map(Act::Misplaced),
        ]
    }

    fn of_places(places: usize) -> Open<usize> {
        (0..places).map(|nth| (Position::new(nth as u64), nth)).collect::<Vec<_>>().into()
    }

    #[test]
    fn gaps_are_closed_when_they_are_more_than_half_and_not_before() {
        for (places, closed) in [(2 * FEW, true), (FEW, true), (FEW - 1, false)] {
            let mut open = of_places(places);
            for gone in 0..places / 2 {
                assert_eq!(open.remove(Position::new(gone as u64)), Some(gone));
                assert_eq!(open.things.len(), places, "{gone} of {places} have gone");
            }
            let last = places / 2;
            assert_eq!(open.remove(Position::new(last as u64)), Some(last));
            let left = if closed { places - last - 1 } else { places };
            assert_eq!((open.things.len(), open.made_by.len()), (left, left), "of {places}");
            assert_eq!(open.len(), places - last - 1);
        }
    }

    #[test]
    fn what_differs_in_one_thing_is_not_the_same() {
        let (open, mut changed, mut fewer) = (of_places(3), of_places(3), of_places(3));
        *changed.get_mut(Position::new(1)).unwrap() = 7;
        fewer.remove(Position::new(2));
        assert_ne!(open, changed);
        assert_ne!(open, fewer);
        assert_eq!(of_places(2), fewer);
    }

    proptest! {
        #[test]
        fn what_is_open_is_a_tree_by_position(acts in prop::collection::vec(act(), 0..400)) {
            let (mut open, mut tree) = (Open::default(), BTreeMap::new());
            let mut newest = 0;
            for (thing, act) in acts.into_iter().enumerate() {
                let any = |number: usize| {
                    tree.keys().nth(number % tree.len().max(1)).copied().unwrap_or(Position::new(newest))
                };
                match act {
                    Act::Come(further) => {
                        newest += further;
                        open.insert(Position::new(newest), thing);
                        tree.insert(Position::new(newest), thing);
                    }
                    Act::Misplaced(number) => {
                        newest = newest.max(number);
                        open.insert(Position::new(number), thing);
                        tree.insert(Position::new(number), thing);
                    }
                    Act::Go(number) => {
                        let made_by = any(number);
                        prop_assert_eq!(open.remove(made_by), tree.remove(&made_by));
                        prop_assert_eq!(open.remove(made_by), None);
                    }
                    Act::Change(number) => {
                        let made_by = any(number);
                        let [one, other] = [open.get_mut(made_by), tree.get_mut(&made_by)];
                        prop_assert_eq!(&one, &other);
                        for it in [one, other].into_iter().flatten() {
                            *it = thing;
                        }
                    }
                }
                prop_assert_eq!((open.len(), open.is_empty()), (tree.len(), tree.is_empty()));
                prop_assert!(open.iter().eq(&tree));
                prop_assert!(open.keys().eq(tree.keys()) && open.values().eq(tree.values()));
                prop_assert!(open.things.len() <= 2 * open.len() + FEW);
            }
            for number in 0..newest + 2 {
                let made_by = Position::new(number);
                prop_assert_eq!(open.get(&made_by), tree.get(&made_by));
            }
            let written = postcard::to_stdvec(&open).unwrap();
            prop_assert_eq!(&postcard::from_bytes::<Open<usize>>(&written).unwrap(), &open);
            let listed: Vec<_> = tree.into_iter().collect();
            prop_assert_eq!(&written, &postcard::to_stdvec(&listed).unwrap());
            prop_assert_eq!(Open::from(listed), open);
        }
    }
}
