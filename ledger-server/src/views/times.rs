//! When each entry was recorded. It never goes back, so that a time is found by halving.

use ledger_core::{Position, Timestamp};
use serde::{Deserialize, Serialize};

use super::{
    binder::Binder,
    packed::{put_signed, take_signed},
    paged::{Paged, Record},
};
use crate::error::Error;

/// The time of one entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
struct Recorded(Timestamp);

/// The first entry of a page.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
struct Head {
    first: u64,
    at: Timestamp,
}

impl Record for Recorded {
    type Base = i64;
    type Head = Head;

    fn pack(&self, base: &mut i64, to: &mut Vec<u8>) {
        put_signed(to, self.0.unix_ms().wrapping_sub(*base));
        *base = self.0.unix_ms();
    }

    fn unpack(base: &mut i64, from: &mut &[u8]) -> Option<Self> {
        *base = base.wrapping_add(take_signed(from)?);
        Some(Self(Timestamp::from_unix_ms(*base)))
    }

    fn join(&self, _: &mut Head) {}
}

/// The times of all entries.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct Times {
    pages: Paged<Recorded>,
}

impl Times {
    /// Adds the next entry's.
    pub(super) fn push(&mut self, position: Position, at: Timestamp, binder: &mut Binder) {
        self.pages.push(Recorded(at), Head { first: position.get(), at }, binder);
    }

    /// When an entry was recorded. Nothing: there is no such entry.
    pub(super) fn of(
        &self,
        position: Position,
        binder: &Binder,
    ) -> Result<Option<Timestamp>, Error> {
        let begun = self.pages.pages_while(|head| head.first <= position.get());
        let Some((times, head)) = self.opened(begun, binder)? else { return Ok(None) };
        let within = usize::try_from(position.get().saturating_sub(head.first));
        Ok(within.ok().and_then(|at| times.get(at)).map(|recorded| recorded.0))
    }

    /// The newest entry that had been recorded by a time.
    pub(super) fn known_by(&self, time: Timestamp, binder: &Binder) -> Result<Position, Error> {
        let begun = self.pages.pages_while(|head| head.at <= time);
        let Some((times, head)) = self.opened(begun, binder)? else { return Ok(Position::START) };
        let within = times.partition_point(|recorded| recorded.0 <= time) as u64;
        Ok(Position::new(head.first.saturating_add(within).saturating_sub(1)))
    }

    /// The last of so many pages.
    fn opened(
        &self,
        begun: usize,
        binder: &Binder,
    ) -> Result<Option<(Vec<Recorded>, Head)>, Error> {
        let Some(page) = begun.checked_sub(1) else { return Ok(None) };
        let Some(head) = self.pages.head(page) else { return Ok(None) };
        Ok(Some((self.pages.open(page, binder)?, *head)))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn times_are_those_of_a_plain_list(steps in prop::collection::vec(0_i64..4, 0..300), asked in -3_i64..700) {
            let (mut binder, mut times) = (Binder::default().with_small_pages(), Times::default());
            let mut plain: Vec<i64> = Vec::new();
            for step in steps {
                plain.push(plain.last().unwrap_or(&0) + step);
                let position = Position::new(plain.len() as u64);
                times.push(position, Timestamp::from_unix_ms(*plain.last().unwrap()), &mut binder);
            }
            for position in 0..plain.len() as u64 + 3 {
                let at = times.of(Position::new(position), &binder).unwrap();
                let plain = position.checked_sub(1).and_then(|at| plain.get(usize::try_from(at).unwrap()));
                prop_assert_eq!(at.map(Timestamp::unix_ms), plain.copied());
            }
            let known = times.known_by(Timestamp::from_unix_ms(asked), &binder).unwrap();
            prop_assert_eq!(known.get(), plain.partition_point(|at| *at <= asked) as u64);
        }
    }
}
