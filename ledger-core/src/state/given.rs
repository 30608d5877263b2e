//! How much each giver gave on each day, for as long as the log: the cap of a day is judged by it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{id::MemberId, time::Day};

/// Minutes by giver and day. The days of one giver lie together and in order; most that comes is at their end.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Given {
    givers: BTreeMap<MemberId, Vec<(Day, i64)>>,
}

impl Given {
    /// The minutes of a giver on a day.
    pub(crate) fn on(&self, giver: MemberId, day: Day) -> i64 {
        let found = self.givers.get(&giver).and_then(|days| {
            let at = days.binary_search_by_key(&day, |(day, _)| *day).ok()?;
            days.get(at)
        });
        found.map_or(0, |(_, minutes)| *minutes)
    }

    /// Counts minutes, or takes them back where they are below zero. A day on which nothing is left is forgotten.
    pub(crate) fn add(&mut self, giver: MemberId, day: Day, minutes: i64) {
        let days = self.givers.entry(giver).or_default();
        match days.binary_search_by_key(&day, |(day, _)| *day) {
            Ok(at) => {
                if let Some((_, so_far)) = days.get_mut(at) {
                    *so_far = so_far.saturating_add(minutes);
                    if *so_far == 0 {
                        days.remove(at);
                    }
                }
            }
            Err(at) if minutes != 0 => days.insert(at, (day, minutes)),
            Err(_) => {}
        }
        if days.is_empty() {
            self.givers.remove(&giver);
        }
    }
}

#[cfg(test)]
mod tests {
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
        assert_eq!(given, Given::default());
    }
}
