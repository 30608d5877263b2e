//! How much each giver gave on each day, for as long as the log: the cap of a day is judged by it.

use std::num::NonZeroU64;

use serde::{Deserialize, Serialize};

use crate::{id::MemberId, time::Day};

/// Minutes by giver and day.
///
/// 8 bytes for a day on which a giver gave something, up to twice that while a list has room to grow, and 32 bytes a
/// member. Grows with the log.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Given {
    // By member number, so whoever adds to it must know the member.
    givers: Vec<Days>,
}

/// The days of one giver, in order. Most that comes is of the last or a new one, and that one is found without another list.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Days {
    last: Option<OnDay>,
    before: Vec<OnDay>,
}

/// A day and its minutes in one number: the day in the upper bits, so that they are in order of days; in the lower ones the
/// minutes, and half of what these bits can hold, so that minutes can lie below zero. Never zero itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
struct OnDay(NonZeroU64);

const BITS: u32 = 46;
const HALF: i64 = 1 << (BITS - 1);
/// Some 67 million years in a day: beyond any sum that entries could come to.
const MOST: i64 = HALF - 1;

impl OnDay {
    fn new(day: Day, minutes: i64) -> Self {
        let lower = minutes.clamp(-MOST, MOST).saturating_add(HALF).cast_unsigned();
        Self(NonZeroU64::new(Self::number(day) << BITS | lower).unwrap_or(NonZeroU64::MIN))
    }

    /// A day is at most so many after the first that there is.
    fn number(day: Day) -> u64 {
        u64::from(day.number().abs_diff(Day::MIN.number()))
    }

    const fn day(self) -> u64 {
        self.0.get() >> BITS
    }

    const fn minutes(self) -> i64 {
        (self.0.get() & ((1 << BITS) - 1)).cast_signed() - HALF
    }

    /// The day with so much more; nothing if that comes to nothing.
    fn plus(self, day: Day, minutes: i64) -> Option<Self> {
        let sum = self.minutes().saturating_add(minutes);
        (sum != 0).then(|| Self::new(day, sum))
    }
}

impl Days {
    fn on(&self, day: Day) -> i64 {
        let found = match self.last {
            Some(last) if last.day() == OnDay::number(day) => Some(last),
            Some(last) if last.day() < OnDay::number(day) => None,
            Some(_) | None => self.find(day).ok().and_then(|at| self.before.get(at).copied()),
        };
        found.map_or(0, OnDay::minutes)
    }

    fn add(&mut self, day: Day, minutes: i64) {
        match self.last {
            Some(last) if last.day() == OnDay::number(day) => {
                self.last = last.plus(day, minutes).or_else(|| self.before.pop());
            }
            Some(last) if last.day() > OnDay::number(day) => self.add_before(day, minutes),
            Some(_) | None => {
                self.before.extend(self.last);
                self.last = Some(OnDay::new(day, minutes));
            }
        }
    }

    fn add_before(&mut self, day: Day, minutes: i64) {
        match self.find(day) {
            Ok(at) => {
                let sum = self.before.get(at).and_then(|found| found.plus(day, minutes));
                match (self.before.get_mut(at), sum) {
                    (Some(found), Some(sum)) => *found = sum,
                    (_, None) => drop(self.before.remove(at)),
                    (None, Some(_)) => {}
                }
            }
            Err(at) => self.before.insert(at, OnDay::new(day, minutes)),
        }
    }

    fn find(&self, day: Day) -> Result<usize, usize> {
        self.before.binary_search_by_key(&OnDay::number(day), |found| found.day())
    }
}

impl Given {
    /// The minutes of a giver on a day.
    pub(crate) fn on(&self, giver: MemberId, day: Day) -> i64 {
        self.givers.get(giver.index()).map_or(0, |days| days.on(day))
    }

    /// Counts minutes, or takes them back where they are below zero. A day on which nothing is left is forgotten.
    pub(crate) fn add(&mut self, giver: MemberId, day: Day, minutes: i64) {
        if minutes == 0 {
            return;
        }
        let index = giver.index();
        if self.givers.len() <= index {
            self.givers.resize(index.saturating_add(1), Days::default());
        }
        if let Some(days) = self.givers.get_mut(index) {
            days.add(day, minutes);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_day_counts_for_itself_and_is_forgotten_when_nothing_is_left() {
        let (one, other) = (MemberId::new(1001).unwrap(), MemberId::new(1002).unwrap());
        let day = |number| Day::new(number).unwrap();
        let mut given = Given::default();
        for (giver, on, minutes) in [(one, 9, 60), (one, 7, 30), (other, 9, 15), (one, 9, 5)] {
            given.add(giver, day(on), minutes);
        }
        assert_eq!((given.on(one, day(9)), given.on(one, day(7))), (65, 30));
        assert_eq!((given.on(one, day(8)), given.on(other, day(9))), (0, 15));
        for (giver, on, minutes) in [(one, 9, -65), (one, 7, -30), (other, 9, -15), (other, 8, 0)] {
            given.add(giver, day(on), minutes);
        }
        assert!(given.givers.iter().all(|days| *days == Days::default()), "{given:?}");
    }

    #[test]
    fn the_first_day_and_the_last_hold_what_they_are_given() {
        let member = MemberId::new(1001).unwrap();
        for day in [Day::MIN, Day::MAX] {
            for minutes in [1, -1, MOST, -MOST] {
                let mut given = Given::default();
                given.add(member, day, minutes);
                assert_eq!(given.on(member, day), minutes);
                given.add(member, day, minutes);
                assert_eq!(given.on(member, day), (2 * minutes).clamp(-MOST, MOST));
            }
        }
    }

    proptest! {
        #[test]
        fn minutes_are_those_of_a_tree_by_giver_and_day(
            adds in prop::collection::vec((1001..1004_u32, -3..9_i32, -90..=90_i64), 0..300),
        ) {
            let (mut given, mut tree) = (Given::default(), BTreeMap::<_, i64>::new());
            for (giver, day, minutes) in adds {
                let (giver, day) = (MemberId::new(giver).unwrap(), Day::new(day).unwrap());
                given.add(giver, day, minutes);
                *tree.entry((giver, day)).or_default() += minutes;
                prop_assert_eq!(given.on(giver, day), tree[&(giver, day)]);
            }
            tree.retain(|_, minutes| *minutes != 0);
            for ((giver, day), minutes) in &tree {
                prop_assert_eq!(given.on(*giver, *day), *minutes);
            }
            let kept = |days: &Days| days.before.len() + days.last.iter().len();
            prop_assert_eq!(given.givers.iter().map(kept).sum::<usize>(), tree.len());
            let read: Given = postcard::from_bytes(&postcard::to_stdvec(&given).unwrap()).unwrap();
            prop_assert_eq!(read, given);
        }
    }
}
