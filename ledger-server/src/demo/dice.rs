//! Chance, the same every time for one seed: no year of the sample depends on a library's idea of it.

/// A stream of numbers (splitmix64: Steele, Lea and Flood, "Fast Splittable Pseudorandom Number Generators", 2014).
pub(crate) struct Dice(u64);

impl Dice {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub(crate) fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// From zero up to, and not with, `end`. Zero where there is no room.
    pub(crate) fn below(&mut self, end: i64) -> i64 {
        let end = u64::try_from(end).unwrap_or_default().max(1);
        i64::try_from(self.bits() % end).unwrap_or_default()
    }

    /// From `low` to `high`, both with.
    pub(crate) fn between(&mut self, low: i64, high: i64) -> i64 {
        low + self.below(high - low + 1)
    }

    /// So many days, from `low` to `high`.
    pub(crate) fn days(&mut self, low: i32, high: i32) -> i32 {
        i32::try_from(self.between(low.into(), high.into())).unwrap_or(low)
    }

    /// Yes, in so many cases of a hundred.
    pub(crate) fn percent(&mut self, yes: i64) -> bool {
        self.below(100) < yes
    }

    /// One of a list, each as likely as the other. Nothing of an empty list.
    pub(crate) fn one<T: Copy>(&mut self, list: &[T]) -> Option<T> {
        let at = self.below(i64::try_from(list.len()).unwrap_or_default());
        list.get(usize::try_from(at).unwrap_or_default()).copied()
    }

    /// A word of a list.
    pub(crate) fn word(&mut self, list: &[&'static str]) -> &'static str {
        self.one(list).unwrap_or_default()
    }

    /// One of a list, as likely as its weight says.
    pub(crate) fn weighted<T: Copy>(
        &mut self,
        list: impl Iterator<Item = (T, i64)> + Clone,
    ) -> Option<T> {
        let mut left = self.below(list.clone().map(|(_, weight)| weight).sum());
        for (item, weight) in list {
            if left < weight {
                return Some(item);
            }
            left -= weight;
        }
        None
    }

    /// So many cards of each kind, shuffled (Fisher and Yates).
    pub(crate) fn deck<T: Copy>(&mut self, kinds: &[(T, i64)]) -> Vec<T> {
        let each = |&(kind, count)| (0..count).map(move |_| kind);
        let mut deck: Vec<T> = kinds.iter().flat_map(each).collect();
        for at in (1..deck.len()).rev() {
            let other = self.below(i64::try_from(at + 1).unwrap_or_default());
            deck.swap(at, usize::try_from(other).unwrap_or_default());
        }
        deck
    }
}
