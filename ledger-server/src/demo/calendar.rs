//! When things happen: the week's cycle, the dips of August and Christmas, and how late things are written down.

use chrono::{Datelike, NaiveDate, Weekday};
use ledger_core::Day;

use super::dice::Dice;

/// The part of a day in which something is asked. All that is asked in one part shares a moment, and a sync.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Part {
    Morning,
    Afternoon,
    Evening,
}

impl Part {
    /// Milliseconds after midnight at which it starts.
    pub(super) const fn starts_at(self) -> i64 {
        let hour = match self {
            Self::Morning => 9,
            Self::Afternoon => 13,
            Self::Evening => 18,
        };
        hour * 3_600_000
    }
}

/// The days of the simulated year, each with how much happens on it.
pub(super) struct Calendar {
    pub(super) first: Day,
    pub(super) last: Day,
    busy: Vec<(Day, i64)>,
}

impl Calendar {
    pub(super) fn new(first: Day, last: Day) -> Self {
        let days = (first.number()..=last.number()).filter_map(Day::new);
        Self { first, last, busy: days.map(|day| (day, weight(day))).collect() }
    }

    /// A day on which people help each other.
    pub(super) fn busy_day(&self, dice: &mut Dice) -> Day {
        dice.weighted(self.busy.iter().copied()).unwrap_or(self.first)
    }

    /// A day like any other, so many days after the first.
    pub(super) fn day_from(&self, dice: &mut Dice, after: i32) -> Day {
        let length = self.last.number() - self.first.number();
        self.first.plus(dice.days(after, length.max(after)))
    }

    /// The first days of the months that begin within the year.
    pub(super) fn new_months(&self) -> Vec<Day> {
        let days = self.busy.iter().map(|(day, _)| *day).skip(1);
        days.filter(|day| date(*day).day() == 1).collect()
    }

    /// The Friday on which the paper sheets of a day are typed in.
    pub(super) fn friday(day: Day) -> Day {
        let back = date(day).weekday().days_since(Weekday::Fri);
        day.plus((7 - i32::try_from(back).unwrap_or_default()) % 7)
    }
}

/// Days until somebody writes it down: half on the same day, most within a week, a few after a month or more.
pub(super) fn lag(dice: &mut Dice) -> i32 {
    match dice.below(100) {
        ..50 => 0,
        50..80 => dice.days(1, 7),
        80..95 => dice.days(8, 30),
        _ => dice.days(31, 50),
    }
}

/// Minutes of a visit: short ones are common, long ones rare, and most are rounded to a quarter of an hour.
pub(super) fn visit(dice: &mut Dice) -> i64 {
    const MINUTES: [i64; 16] = [30, 30, 45, 45, 60, 60, 60, 60, 75, 75, 90, 90, 105, 120, 150, 180];
    let rounded = dice.one(&MINUTES).unwrap_or(60);
    if dice.percent(85) { rounded } else { rounded + dice.between(-7, 7) }
}

/// How much happens on a day: most from Tuesday to Thursday, little in August and at Christmas, more in January.
fn weight(day: Day) -> i64 {
    let date = date(day);
    let of_week = match date.weekday() {
        Weekday::Mon => 13,
        Weekday::Tue | Weekday::Thu => 19,
        Weekday::Wed => 20,
        Weekday::Fri => 14,
        Weekday::Sat => 9,
        Weekday::Sun => 6,
    };
    let of_year = match (date.month(), date.day()) {
        (12, 21..) | (1, ..=2) => 4,
        (8, _) => 6,
        (1, _) => 13,
        _ => 10,
    };
    of_week * of_year
}

fn date(day: Day) -> NaiveDate {
    NaiveDate::from_epoch_days(day.number()).unwrap_or_default()
}
