//! The pace of the feed. Whoever writes comes first: all who follow are told so many bytes a second together, one after the
//! other, and no more, however much there is to tell. Nothing is lost by it: who follows hears it later.

use std::time::Duration;

use tokio::{
    sync::Mutex,
    time::{Instant, sleep_until},
};

/// What was not told in the last moment may be told at once: timers are no finer than some thousandths of a second.
const AT_ONCE: Duration = Duration::from_millis(20);

/// How fast all who follow are told.
pub(crate) struct Pace {
    a_second: u64,
    /// When all that has been told would have been told at this pace.
    told: Mutex<Instant>,
}

impl Pace {
    /// So many bytes a second, and one at least.
    pub(crate) fn of(a_second: u64) -> Self {
        Self { a_second: a_second.max(1), told: Mutex::new(Instant::now()) }
    }

    /// Waits until it is somebody's turn to be told so many bytes. Turns come in the order in which they were asked for.
    pub(super) async fn turn(&self, bytes: u64) {
        // Held while its holder waits: the next in line has it next.
        let mut told = self.told.lock().await;
        let now = Instant::now();
        let earliest = now.checked_sub(AT_ONCE).unwrap_or(now);
        *told = earliest.max(*told);
        if *told > now {
            sleep_until(*told).await;
        }
        *told = told.checked_add(self.takes(bytes)).unwrap_or(*told);
    }

    fn takes(&self, bytes: u64) -> Duration {
        let nanos = u128::from(bytes) * 1_000_000_000 / u128::from(self.a_second);
        Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    fn pace(a_second: u64) -> Arc<Pace> {
        Arc::new(Pace::of(a_second))
    }

    /// Many who always have more to be told: how much they are told in a while, and in which order.
    async fn told(pace: &Arc<Pace>, asks: &[u64], turns: usize) -> (Vec<usize>, Duration) {
        let began = Instant::now();
        let (sender, mut order) = tokio::sync::mpsc::unbounded_channel();
        for (who, bytes) in asks.iter().copied().enumerate() {
            let (pace, sender) = (Arc::clone(pace), sender.clone());
            tokio::spawn(async move {
                loop {
                    pace.turn(bytes).await;
                    if sender.send(who).is_err() {
                        return;
                    }
                }
            });
        }
        let mut came = Vec::new();
        while came.len() < turns {
            came.extend(order.recv().await);
        }
        (came, began.elapsed())
    }

    #[tokio::test(start_paused = true)]
    async fn all_together_are_told_no_more_than_so_many_bytes_a_second() {
        // A megabyte a second, and a megabyte and a half to tell.
        let (_, took) = told(&pace(1_000_000), &[10_000; 5], 150).await;
        // The last turn need not have been paid for, and some is told at once.
        let least = Duration::from_millis(1_490).saturating_sub(AT_ONCE);
        assert!(took >= least && took <= Duration::from_millis(1_500), "{took:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn turns_come_in_the_order_in_which_they_were_asked_for() {
        let pace = pace(1_000_000);
        // A second is owed, so that all of them wait.
        pace.turn(1_000_000).await;
        let (order, _) = told(&pace, &[40_000, 1, 100_000], 60).await;
        for three in order.chunks(3) {
            assert_eq!(three, [0, 1, 2], "{order:?}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn what_was_not_told_in_a_long_rest_is_not_made_up_for() {
        let pace = pace(1_000_000);
        pace.turn(1).await;
        tokio::time::sleep(Duration::from_mins(1)).await;
        let (_, took) = told(&pace, &[10_000], 100).await;
        assert!(took >= Duration::from_millis(990).saturating_sub(AT_ONCE), "{took:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn whoever_goes_while_they_wait_holds_nobody_up() {
        let pace = pace(1_000);
        // An hour and more would be owed.
        pace.turn(1_000).await;
        let began = Instant::now();
        let gone = tokio::time::timeout(Duration::from_millis(300), pace.turn(4_000_000)).await;
        assert!(gone.is_err());
        pace.turn(1).await;
        assert!(began.elapsed() <= Duration::from_secs(1), "{:?}", began.elapsed());
    }

    #[tokio::test(start_paused = true)]
    async fn no_figure_is_too_large_or_too_small() {
        let slow = pace(0);
        slow.turn(1).await;
        let next = tokio::time::timeout(Duration::from_millis(900), slow.turn(1)).await;
        assert!(next.is_err(), "one byte a second");
        let fast = pace(u64::MAX);
        fast.turn(u64::MAX).await;
        fast.turn(u64::MAX).await;
        slow.turn(u64::MAX).await;
    }
}
