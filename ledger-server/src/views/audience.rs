//! Who follows a log: how many, and up to where each of them has been told of it.

use std::sync::{
    Arc, Mutex, MutexGuard, PoisonError, Weak,
    atomic::{AtomicU64, AtomicUsize, Ordering},
};

/// All who follow one log.
#[derive(Default)]
pub(super) struct Audience {
    count: AtomicUsize,
    seats: Mutex<Vec<Weak<AtomicU64>>>,
}

/// The place of one of them: the position up to which they have been told, for as long as they keep it.
#[derive(Debug)]
pub(super) struct Seat(Arc<AtomicU64>);

impl Seat {
    /// They have been told of all up to this position.
    pub(super) fn told(&self, position: u64) {
        self.0.store(position, Ordering::Relaxed);
    }
}

impl Audience {
    /// One more follows, from behind a position on.
    pub(super) fn come(&self, after: u64) -> Seat {
        let told = Arc::new(AtomicU64::new(after));
        let mut seats = self.seats();
        seats.retain(|seat| seat.strong_count() > 0);
        seats.push(Arc::downgrade(&told));
        self.count.fetch_add(1, Ordering::Relaxed);
        Seat(told)
    }

    /// One of them goes. Whether it was the last.
    pub(super) fn go(&self) -> bool {
        self.count.fetch_sub(1, Ordering::Relaxed) == 1
    }

    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.count.load(Ordering::Relaxed)
    }

    /// Up to where each has been told of whom nobody is further behind. Nothing: nobody follows.
    pub(super) fn furthest_behind(&self) -> Option<u64> {
        let seats = self.seats();
        let told = seats.iter().filter_map(Weak::upgrade);
        told.map(|told| told.load(Ordering::Relaxed)).min()
    }

    fn seats(&self) -> MutexGuard<'_, Vec<Weak<AtomicU64>>> {
        self.seats.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_one_who_is_furthest_behind_is_known_until_they_go() {
        let audience = Audience::default();
        assert_eq!((audience.len(), audience.furthest_behind()), (0, None));
        let (one, other) = (audience.come(7), audience.come(3));
        assert_eq!((audience.len(), audience.furthest_behind()), (2, Some(3)));
        other.told(9);
        assert_eq!(audience.furthest_behind(), Some(7));
        drop(one);
        assert!(!audience.go());
        assert_eq!((audience.len(), audience.furthest_behind()), (1, Some(9)));
        drop(other);
        assert!(audience.go());
        assert_eq!((audience.len(), audience.furthest_behind()), (0, None));
    }

    #[test]
    fn whoever_has_gone_takes_no_room() {
        let audience = Audience::default();
        for after in 0..100 {
            drop(audience.come(after));
            audience.go();
        }
        assert!(audience.seats().len() <= 1);
    }
}
