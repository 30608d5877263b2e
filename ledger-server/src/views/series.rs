//! One account over time: every movement in order, with the sum after it.

use ledger_core::{Day, Position};
use ledger_proto::api::{AsOf, Known};
use serde::{Deserialize, Serialize};

/// One movement.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Mark {
    /// The entry that moved it.
    pub(crate) position: Position,
    /// The day on which it happened.
    pub(crate) day: Day,
    /// By how much.
    pub(crate) delta: i64,
    /// What stands there after it, in the order of the log.
    pub(crate) sum: i64,
}

/// Every movement of one account, in the order of the log.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Series {
    marks: Vec<Mark>,
}

impl Series {
    /// Adds a movement. Two of one entry become one.
    pub(crate) fn push(&mut self, position: Position, day: Day, delta: i64) {
        let sum = self.marks.last().map_or(0, |mark| mark.sum).saturating_add(delta);
        match self.marks.last_mut() {
            Some(mark) if mark.position == position => {
                mark.delta = mark.delta.saturating_add(delta);
                mark.sum = sum;
            }
            Some(_) | None => self.marks.push(Mark { position, day, delta, sum }),
        }
    }

    /// Every movement, in the order of the log.
    pub(crate) fn marks(&self) -> &[Mark] {
        &self.marks
    }

    /// How many movements there are up to and with this position.
    pub(crate) fn count(&self, through: Position) -> usize {
        self.marks.partition_point(|mark| mark.position <= through)
    }

    /// By how much the entry at this position moved it.
    pub(crate) fn moved(&self, position: Position) -> i64 {
        let found = self.marks.binary_search_by_key(&position, |mark| mark.position);
        found.ok().and_then(|at| self.marks.get(at)).map_or(0, |mark| mark.delta)
    }

    /// What stands there after this position.
    pub(crate) fn through(&self, position: Position) -> i64 {
        let before = self.count(position).checked_sub(1);
        before.and_then(|at| self.marks.get(at)).map_or(0, |mark| mark.sum)
    }

    /// What had happened by the end of this day, of what was recorded up to this position.
    pub(crate) fn by_day(&self, day: Day, through: Position) -> i64 {
        let known = self.marks.iter().take(self.count(through));
        let happened = known.filter(|mark| mark.day <= day);
        happened.fold(0, |sum, mark| sum.saturating_add(mark.delta))
    }

    /// What stood there; a time has been turned into a position before.
    pub(crate) fn at(&self, as_of: Moment) -> i64 {
        match as_of {
            Moment::Through(position) => self.through(position),
            Moment::By { day, through } => self.by_day(day, through),
        }
    }
}

/// The moment that an answer speaks of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Moment {
    /// After the entry at this position.
    Through(Position),
    /// By the end of this day, of what was recorded up to this position.
    By {
        /// The day.
        day: Day,
        /// The position.
        through: Position,
    },
}

impl Moment {
    /// The moment that was asked for; `position_at` says how far the log had come at a time.
    pub(crate) fn of(
        as_of: AsOf,
        head: Position,
        position_at: impl Fn(ledger_core::Timestamp) -> Position,
    ) -> Self {
        match as_of {
            AsOf::Now => Self::Through(head),
            AsOf::Position(position) => Self::Through(position),
            AsOf::Time(time) => Self::Through(position_at(time)),
            AsOf::Day { day, known } => {
                let through = match known {
                    Known::Now => head,
                    Known::Position(position) => position,
                    Known::Time(time) => position_at(time),
                };
                Self::By { day, through }
            }
        }
    }

    /// The newest entry of which anything is known.
    pub(crate) const fn known(self) -> Position {
        match self {
            Self::Through(position) => position,
            Self::By { day: _, through } => through,
        }
    }

    /// Whether what an entry of this position brought, on this day, counts.
    pub(crate) fn counts(self, position: Position, on: Day) -> bool {
        match self {
            Self::Through(through) => position <= through,
            Self::By { day, through } => position <= through && on <= day,
        }
    }

    /// The same, with nothing known that came after this position: the pages of a list speak of one moment.
    pub(crate) fn until(self, at: Option<Position>) -> Self {
        let least = |through: Position| at.map_or(through, |at| at.min(through));
        match self {
            Self::Through(position) => Self::Through(least(position)),
            Self::By { day, through } => Self::By { day, through: least(through) },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_account_stands_as_it_did_by_position_and_by_day() {
        let day = |text| Day::parse(text).unwrap();
        let mut series = Series::default();
        series.push(Position::new(3), day("2026-01-05"), 60);
        series.push(Position::new(7), day("2026-01-02"), 30);
        series.push(Position::new(9), day("2026-02-01"), -20);
        series.push(Position::new(9), day("2026-02-01"), -5);
        assert_eq!(series.through(Position::new(2)), 0);
        assert_eq!(series.through(Position::new(8)), 90);
        assert_eq!(series.through(Position::new(9)), 65);
        let by_day = |text, through| series.by_day(day(text), Position::new(through));
        assert_eq!(by_day("2026-01-03", 9), 30, "recorded later, happened before");
        assert_eq!(by_day("2026-01-03", 6), 0, "not known by then");
        assert_eq!(by_day("2026-03-01", 9), 65);
        assert_eq!(by_day("2026-03-01", 8), 90);
        assert_eq!(series.moved(Position::new(9)), -25);
    }

    #[test]
    fn a_later_page_knows_no_more_than_the_first() {
        let at = Position::new;
        let day = Day::parse("2026-01-05").unwrap();
        let by = |through| Moment::By { day, through: at(through) };
        for at_first in [None, Some(at(7)), Some(at(9))] {
            assert_eq!(Moment::Through(at(7)).until(at_first), Moment::Through(at(7)));
            assert_eq!(by(7).until(at_first), by(7));
        }
        assert_eq!(Moment::Through(at(7)).until(Some(at(5))), Moment::Through(at(5)));
        assert_eq!(by(7).until(Some(at(5))), by(5));
    }
}
