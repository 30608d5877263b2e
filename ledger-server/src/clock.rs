//! The only file that reads the wall clock, and doubts it.

use std::{
    path::Path,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicI64, Ordering},
    },
    time::{Instant, SystemTime, UNIX_EPOCH},
};

use ledger_core::Timestamp;

/// A wall clock that runs away from the steady one by more than this has jumped. Steps of a time service are smaller.
const JUMP_MS: i64 = 3_600_000;
/// At the start, the newest entry may lie so many days ahead of the clock…
const DAYS_BEHIND: i64 = 1;
/// …or so many days back.
const DAYS_AHEAD: i64 = 60;

/// Where the time comes from.
#[derive(Clone, Debug)]
pub enum Clock {
    /// The machine's wall clock, watched by its steady clock.
    Machine(Arc<Mutex<Seen>>),
    /// A clock that is set by hand, in milliseconds since 1970: for tests, and for the sample's simulated year.
    ByHand(Arc<AtomicI64>),
}

/// The last look at both clocks.
#[derive(Clone, Copy, Debug)]
pub struct Seen {
    wall: Timestamp,
    steady: Instant,
    jumped: Option<i64>,
}

/// The wall clock cannot be believed: one wrong year would lapse every promise and spoil every request id.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Jumped {
    /// While running.
    #[error(
        "the machine's clock has jumped by {0} seconds; check it, then start the server again \
         with --confirm-clock"
    )]
    WhileRunning(i64),
    /// At the start.
    #[error(
        "the machine's clock says {now}, but the newest entry is of {newest}; check the clock, \
         then start the server again with --confirm-clock"
    )]
    AtStart {
        /// The day by the clock.
        now: ledger_core::Day,
        /// The day of the newest entry.
        newest: ledger_core::Day,
    },
}

impl Clock {
    /// The machine's clock, as it is now.
    pub fn machine() -> Self {
        let seen = Seen { wall: wall(), steady: Instant::now(), jumped: None };
        Self::Machine(Arc::new(Mutex::new(seen)))
    }

    /// A clock that stands still until it is set.
    pub fn by_hand(at: Timestamp) -> Self {
        Self::ByHand(Arc::new(AtomicI64::new(at.unix_ms())))
    }

    /// Sets a clock that is set by hand. The machine's own is not moved.
    pub fn set(&self, at: Timestamp) {
        match self {
            Self::ByHand(clock) => clock.store(at.unix_ms(), Ordering::SeqCst),
            Self::Machine(_) => {}
        }
    }

    /// The time, unless the clock has jumped. A jump is remembered until the server is started again.
    pub fn now(&self) -> Result<Timestamp, Jumped> {
        match self {
            Self::ByHand(clock) => Ok(Timestamp::from_unix_ms(clock.load(Ordering::SeqCst))),
            Self::Machine(seen) => {
                let mut seen = seen.lock().unwrap_or_else(PoisonError::into_inner);
                let (wall, steady) = (wall(), Instant::now());
                let passed = steady.saturating_duration_since(seen.steady).as_millis();
                let passed = i64::try_from(passed).unwrap_or(i64::MAX);
                let expected = seen.wall.unix_ms().saturating_add(passed);
                let off = wall.unix_ms().saturating_sub(expected);
                if off.saturating_abs() > JUMP_MS {
                    seen.jumped = Some(off / 1000);
                }
                if let Some(seconds) = seen.jumped {
                    return Err(Jumped::WhileRunning(seconds));
                }
                *seen = Seen { wall, steady, jumped: None };
                Ok(wall)
            }
        }
    }

    /// What the clock says, whether it can be believed or not.
    pub(crate) fn reading(&self) -> Timestamp {
        match self {
            Self::ByHand(_) => self.now().unwrap_or_default(),
            Self::Machine(_) => wall(),
        }
    }

    /// Whether the clock can be believed beside the newest entry of a log.
    pub fn beside(&self, newest: Timestamp) -> Result<(), Jumped> {
        let now = self.now()?;
        if now < newest.plus_days(-DAYS_BEHIND) || now > newest.plus_days(DAYS_AHEAD) {
            return Err(Jumped::AtStart { now: now.day(), newest: newest.day() });
        }
        Ok(())
    }
}

/// When a file was written last, by the clock of its day.
pub(crate) fn modified(file: &Path) -> Option<Timestamp> {
    let modified = std::fs::metadata(file).and_then(|found| found.modified()).ok()?;
    let since = modified.duration_since(UNIX_EPOCH).ok()?;
    i64::try_from(since.as_millis()).ok().map(Timestamp::from_unix_ms)
}

fn wall() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp::from_unix_ms(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_far_from_the_newest_entry_is_doubted() {
        let newest = Timestamp::from_unix_ms(1_790_000_000_000);
        for (days, believed) in [(-2, false), (0, true), (59, true), (61, false)] {
            let clock = Clock::by_hand(newest.plus_days(days));
            assert_eq!(clock.beside(newest).is_ok(), believed, "{days} days");
        }
    }

    #[test]
    fn a_jump_is_remembered() {
        let clock = Clock::machine();
        assert!(clock.now().is_ok());
        if let Clock::Machine(seen) = &clock {
            let mut seen = seen.lock().unwrap();
            seen.wall = seen.wall.plus_days(-300);
        }
        assert!(matches!(clock.now(), Err(Jumped::WhileRunning(_))));
        if let Clock::Machine(seen) = &clock {
            let mut seen = seen.lock().unwrap();
            seen.wall = wall();
        }
        assert!(clock.now().is_err(), "still doubted");
    }
}
