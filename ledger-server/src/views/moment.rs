//! The moment that an answer speaks of.

use ledger_core::{Day, Position, Timestamp};
use ledger_proto::api::{AsOf, Known};

use crate::error::Error;

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
    pub(super) fn of(
        as_of: AsOf,
        head: Position,
        position_at: impl Fn(Timestamp) -> Result<Position, Error>,
    ) -> Result<Self, Error> {
        Ok(match as_of {
            AsOf::Now => Self::Through(head),
            AsOf::Position(position) => Self::Through(position),
            AsOf::Time(time) => Self::Through(position_at(time)?),
            AsOf::Day { day, known } => {
                let through = match known {
                    Known::Now => head,
                    Known::Position(position) => position,
                    Known::Time(time) => position_at(time)?,
                };
                Self::By { day, through }
            }
        })
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

    /// What had happened before a day, of what is known at this moment. Nothing: no day comes before it.
    pub(crate) fn before(self, from: Day) -> Option<Self> {
        let before = from.plus(-1);
        let day = match self {
            Self::Through(_) => before,
            Self::By { day, through: _ } => day.min(before),
        };
        (before < from).then_some(Self::By { day, through: self.known() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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

    #[test]
    fn nothing_happened_before_the_first_day() {
        let moment = Moment::Through(Position::new(7));
        assert_eq!(moment.before(Day::MIN), None);
        let (day, through) = (Day::MIN, Position::new(7));
        assert_eq!(moment.before(Day::MIN.plus(1)), Some(Moment::By { day, through }));
        assert_eq!(Moment::By { day, through }.before(Day::MAX), Some(Moment::By { day, through }));
    }
}
