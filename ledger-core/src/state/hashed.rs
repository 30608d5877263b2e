//! A map whose order nobody ever sees.

#![expect(
    clippy::disallowed_types,
    reason = "no order comes out of here: it is asked by key, compared without order, written and shown in order of keys"
)]

use std::{collections::HashMap, fmt, hash::Hash};

use serde::{Deserialize, Serialize, Serializer};

/// Asked by key and by nothing else: in a tree, keys without an order among them are far apart at every step.
///
/// The hash is the standard library's, keyed anew in each process, so that whoever chooses keys cannot make them collide.
/// Between 1.1 and 2.3 times the bytes of a key and its value, and a byte.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(bound(deserialize = "K: Hash + Eq + Deserialize<'de>, V: Deserialize<'de>"))]
pub(crate) struct Hashed<K: Hash + Eq, V>(HashMap<K, V>);

impl<K: Hash + Eq + Ord, V> Hashed<K, V> {
    pub(crate) fn get(&self, key: &K) -> Option<&V> {
        self.0.get(key)
    }

    /// The value that was there before.
    pub(crate) fn insert(&mut self, key: K, value: V) -> Option<V> {
        self.0.insert(key, value)
    }

    /// Makes room for four times as many if there is none for another: for a map that soon goes, and is not worth hashing
    /// all of it again at each doubling.
    pub(crate) fn make_room(&mut self) {
        if self.0.len() == self.0.capacity() {
            self.0.reserve(self.0.len().saturating_mul(3).max(16));
        }
    }

    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    /// Takes all out, in order of keys; the room for them stays.
    pub(crate) fn take_in_order(&mut self) -> Vec<(K, V)>
    where
        K: Copy,
    {
        let mut all: Vec<_> = self.0.drain().collect();
        all.sort_unstable_by_key(|(key, _)| *key);
        all
    }

    /// For how many there is room.
    #[cfg(test)]
    pub(crate) fn room(&self) -> usize {
        self.0.capacity()
    }

    /// How many are such.
    pub(crate) fn count(&self, such: impl Fn(&K, &V) -> bool) -> usize {
        self.0.iter().filter(|(key, value)| such(key, value)).count()
    }

    /// Whether all are such.
    pub(crate) fn all(&self, such: impl Fn(&K, &V) -> bool) -> bool {
        self.0.iter().all(|(key, value)| such(key, value))
    }

    fn in_order(&self) -> Vec<(&K, &V)> {
        let mut all: Vec<_> = self.0.iter().collect();
        all.sort_unstable_by_key(|(key, _)| *key);
        all
    }
}

impl<K: Hash + Eq, V> Default for Hashed<K, V> {
    fn default() -> Self {
        Self(HashMap::default())
    }
}

impl<K: Hash + Ord + Serialize, V: Serialize> Serialize for Hashed<K, V> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.in_order())
    }
}

impl<K: Hash + Ord + fmt::Debug, V: fmt::Debug> fmt::Debug for Hashed<K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.in_order()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(keys: impl IntoIterator<Item = u32>) -> Hashed<u32, u32> {
        let mut hashed = Hashed::default();
        for key in keys {
            assert_eq!(hashed.insert(key, key * key), None);
        }
        hashed
    }

    #[test]
    fn it_is_shown_and_taken_out_in_order_of_keys() {
        let mut hashed = of([3, 1, 2]);
        assert_eq!(format!("{hashed:?}"), "{1: 1, 2: 4, 3: 9}");
        assert_eq!(hashed.take_in_order(), [(1, 1), (2, 4), (3, 9)]);
        assert_eq!((hashed.len(), hashed), (0, of([])));
    }

    #[test]
    fn all_are_such_if_none_is_not() {
        let hashed = of(0..9);
        assert_eq!((hashed.len(), hashed.count(|key, _| *key < 4)), (9, 4));
        assert!(hashed.all(|key, value| key * key == *value));
        assert!(!hashed.all(|key, _| *key < 8));
    }
}
