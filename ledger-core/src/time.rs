//! Two times: when something was recorded, and the day on which it happened.

use std::fmt;

use chrono::{Datelike, NaiveDate};
use serde::{Deserialize, Serialize};

const MS_PER_DAY: i64 = 86_400_000;

/// A moment by the server's clock, in milliseconds since the start of 1970 in UTC.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
pub struct Timestamp(i64);

impl Timestamp {
    /// So many milliseconds after the start of 1970.
    pub const fn from_unix_ms(ms: i64) -> Self {
        Self(ms)
    }

    /// Milliseconds after the start of 1970.
    pub const fn unix_ms(self) -> i64 {
        self.0
    }

    /// The day in UTC on which it falls.
    pub fn day(self) -> Day {
        let days = self.0.div_euclid(MS_PER_DAY);
        Day(i32::try_from(days).unwrap_or(if days < 0 { Day::MIN.0 } else { Day::MAX.0 }))
    }

    /// The moment so many hours later.
    #[must_use]
    pub const fn plus_hours(self, hours: i64) -> Self {
        Self(self.0.saturating_add(hours.saturating_mul(3_600_000)))
    }

    /// The moment so many days later, or earlier where `days` is below zero.
    #[must_use]
    pub const fn plus_days(self, days: i64) -> Self {
        Self(self.0.saturating_add(days.saturating_mul(MS_PER_DAY)))
    }
}

/// A day of the calendar, counted from 1 January 1970.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Day(i32);

impl Day {
    /// 1 January 1900: nothing that a co-op records is older.
    pub const MIN: Self = Self(-25_567);
    /// 31 December 2199.
    pub const MAX: Self = Self(84_005);

    /// The day with this number, from 1900 to 2199.
    pub fn new(number: i32) -> Option<Self> {
        (Self::MIN.0..=Self::MAX.0).contains(&number).then_some(Self(number))
    }

    /// Days since 1 January 1970.
    pub const fn number(self) -> i32 {
        self.0
    }

    /// The day written `YYYY-MM-DD`, if there is such a day.
    pub fn parse(text: &str) -> Option<Self> {
        let shape = text.len() == 10
            && text.bytes().enumerate().all(|(at, byte)| match at {
                4 | 7 => byte == b'-',
                _ => byte.is_ascii_digit(),
            });
        let mut parts = text.split('-');
        let (year, month, day) = (parts.next()?, parts.next()?, parts.next()?);
        let date =
            NaiveDate::from_ymd_opt(year.parse().ok()?, month.parse().ok()?, day.parse().ok()?)?;
        if shape { Self::new(date.to_epoch_days()) } else { None }
    }

    /// The year of the calendar.
    pub fn year(self) -> i32 {
        self.date().year()
    }

    /// The moment at which it starts, in UTC.
    pub fn start(self) -> Timestamp {
        Timestamp(i64::from(self.0).saturating_mul(MS_PER_DAY))
    }

    /// The moment at which it has just ended, in UTC.
    pub fn end(self) -> Timestamp {
        self.start().plus_days(1)
    }

    /// The day so many days later, or earlier where `days` is below zero; kept within the calendar's bounds.
    #[must_use]
    pub fn plus(self, days: i32) -> Self {
        Self(self.0.saturating_add(days).clamp(Self::MIN.0, Self::MAX.0))
    }

    fn date(self) -> NaiveDate {
        NaiveDate::from_epoch_days(self.0).unwrap_or_default()
    }
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.date().format("%Y-%m-%d").fmt(f)
    }
}

/// A time of day, in minutes after midnight.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct TimeOfDay(u16);

impl TimeOfDay {
    /// So many minutes after midnight, below 24 hours.
    pub const fn new(minutes: u16) -> Option<Self> {
        if minutes < 1440 { Some(Self(minutes)) } else { None }
    }

    /// Minutes after midnight.
    pub const fn minutes(self) -> u16 {
        self.0
    }

    /// The time written `HH:MM`.
    pub fn parse(text: &str) -> Option<Self> {
        let (hours, minutes) = text.split_once(':')?;
        let two = |text: &str| text.len() == 2 && text.bytes().all(|b| b.is_ascii_digit());
        let (hours, minutes): (u16, u16) = if two(hours) && two(minutes) {
            (hours.parse().ok()?, minutes.parse().ok()?)
        } else {
            return None;
        };
        if minutes < 60 { Self::new(hours * 60 + minutes) } else { None }
    }
}

impl fmt::Display for TimeOfDay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:02}:{:02}", self.0 / 60, self.0 % 60)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_reads_as_it_writes_and_must_exist() {
        let day = Day::parse("2028-02-29").unwrap();
        assert_eq!(day.to_string(), "2028-02-29");
        assert_eq!(day.plus(1).to_string(), "2028-03-01");
        for wrong in ["2025-02-31", "2025-2-03", "soon", "2025-13-01", "0025-01-01", "+025-01-01"] {
            assert_eq!(Day::parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_moment_knows_its_day() {
        let day = Day::parse("2026-11-21").unwrap();
        assert_eq!(day.start().day(), day);
        assert_eq!(Timestamp::from_unix_ms(day.end().unix_ms() - 1).day(), day);
        assert_eq!(Timestamp::from_unix_ms(-1).day().to_string(), "1969-12-31");
    }

    #[test]
    fn a_time_of_day_is_below_24_hours() {
        assert_eq!(TimeOfDay::parse("09:30").map(|time| time.to_string()), Some("09:30".into()));
        assert_eq!(TimeOfDay::parse("24:00"), None);
        assert_eq!(TimeOfDay::parse("9:30"), None);
    }
}
