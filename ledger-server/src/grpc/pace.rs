//! The pace of the history. Whoever writes comes first: all who follow are told so many bytes a second together, one after the
//! other, and no more, however much there is to tell; several times as many while nothing is written. Nothing is lost by it:
//! who follows hears it later. Whoever carries off what was stands in the same line while something is written.

use std::{
    ops::ControlFlow,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use tokio::{
    sync::{mpsc, watch},
    time::{Instant, sleep_until},
};

use super::feed::until_told;

/// What was not told in the last moment may be told at once: timers are no finer than some thousandths of a second.
const AT_ONCE: Duration = Duration::from_millis(20);
/// So many times as much is told while nothing is written: then it is time of the machine that would be left over.
const AT_REST: u64 = 6;
/// When nothing has been written for so long, nothing is: whoever writes without a pause is not always in the writer's hands.
const RECENTLY: Duration = Duration::from_millis(100);

/// So many bytes may anybody be told before it is their turn: who follows a quiet log waits for nobody, and where there is
/// much to tell, each is told much at once, which takes less of the processor than the same bytes now and then.
pub(super) const LUMP: usize = 512 << 10;
/// What is read out of the log for one alone costs as much as telling so many times its bytes.
pub(super) const READING: usize = 3;

/// How fast all who follow are told.
pub(crate) struct Pace {
    /// So many bytes, while something is written.
    a_second: u64,
    work: Box<dyn Fn() -> u64 + Send + Sync>,
    seen: Mutex<Seen>,
    /// When all that has been told would have been told at this pace. Held while its holder waits: the next in line has it
    /// next.
    told: tokio::sync::Mutex<Instant>,
}

/// What was last seen of the writer.
struct Seen {
    /// How far the work was…
    work: u64,
    /// …and when something was last seen to be written.
    written: Instant,
}

impl Pace {
    /// So many bytes a second while something is written, and one at least. The work is a number that changes whenever something
    /// is written, and is odd meanwhile.
    pub(crate) fn of(a_second: u64, work: impl Fn() -> u64 + Send + Sync + 'static) -> Self {
        let now = Instant::now();
        Self {
            a_second: a_second.max(1),
            seen: Mutex::new(Seen { work: work(), written: now }),
            work: Box::new(work),
            told: tokio::sync::Mutex::new(now),
        }
    }

    /// Waits until it is somebody's turn to be told so many bytes. Turns come in the order in which they were asked for.
    pub(super) async fn turn(&self, bytes: u64) {
        let mut told = self.told.lock().await;
        let now = Instant::now();
        let earliest = now.checked_sub(AT_ONCE).unwrap_or(now);
        *told = earliest.max(*told);
        if *told > now {
            sleep_until(*told).await;
        }
        let times = if self.is_written() { 1 } else { AT_REST };
        let takes = takes(bytes, self.a_second.saturating_mul(times));
        *told = told.checked_add(takes).unwrap_or(*told);
    }

    /// The same for whoever carries off what was: while nothing is written, they wait for nobody.
    async fn give_way(&self, bytes: u64) {
        if self.is_written() {
            self.turn(bytes).await;
        }
    }

    /// Whether something is written just now, or was a moment ago.
    fn is_written(&self) -> bool {
        let (now, work) = (Instant::now(), (self.work)());
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        if work % 2 == 1 || work != seen.work {
            *seen = Seen { work, written: now };
        }
        now.saturating_duration_since(seen.written) < RECENTLY
    }
}

/// What somebody owes who carries off what was.
pub(super) struct Tab {
    pace: Arc<Pace>,
    stopping: watch::Receiver<bool>,
    owed: usize,
}

impl Tab {
    /// Of whoever is told at this pace, until the server is told to stop.
    pub(super) fn of(pace: &Arc<Pace>, stopping: &watch::Receiver<bool>) -> Self {
        Self { pace: Arc::clone(pace), stopping: stopping.clone(), owed: 0 }
    }

    /// They have been told so many bytes, which were read for them alone; the next may come when it is their turn, or when the
    /// server stops. Behind the last bytes, too: whoever reads a short log over and over waits like one who reads a long one.
    /// It breaks where they have gone.
    pub(super) async fn told<T>(&mut self, bytes: usize, to: &mpsc::Sender<T>) -> ControlFlow<()> {
        self.owed = self.owed.saturating_add(bytes.saturating_mul(1 + READING));
        if self.owed < LUMP {
            return ControlFlow::Continue(());
        }
        tokio::select! {
            () = self.pace.give_way(self.owed as u64) => self.owed = 0,
            () = until_told(&mut self.stopping) => {}
            () = to.closed() => return ControlFlow::Break(()),
        }
        ControlFlow::Continue(())
    }
}

/// How long it takes to tell so many bytes.
fn takes(bytes: u64, a_second: u64) -> Duration {
    let nanos = u128::from(bytes) * 1_000_000_000 / u128::from(a_second);
    Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU64, Ordering};

    use super::*;

    /// The pace while something is written.
    fn pace(a_second: u64) -> Arc<Pace> {
        Arc::new(Pace::of(a_second, || 1))
    }

    /// Many who always have more to be told: how much they are told in a while, and in which order.
    async fn told(pace: &Arc<Pace>, asks: &[u64], turns: usize) -> (Vec<usize>, Duration) {
        let began = Instant::now();
        let (sender, mut order) = mpsc::unbounded_channel();
        // Nobody is left in the line when enough have been told.
        let mut all = tokio::task::JoinSet::new();
        for (who, bytes) in asks.iter().copied().enumerate() {
            let (pace, sender) = (Arc::clone(pace), sender.clone());
            all.spawn(async move {
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
    async fn more_is_told_while_nothing_is_written_and_no_more_than_before_when_something_is() {
        let work = Arc::new(AtomicU64::new(0));
        let seen = Arc::clone(&work);
        let pace = Arc::new(Pace::of(1_000_000, move || seen.load(Ordering::Relaxed)));
        let told = async |bytes| told(&pace, &[bytes; 5], 100).await.1;
        // The server has only just begun: that counts as writing.
        tokio::time::sleep(RECENTLY).await;
        // Six megabytes a second, and three to tell.
        let quiet =
            |took| (Duration::from_millis(470)..=Duration::from_millis(500)).contains(&took);
        let took = told(30_000).await;
        assert!(quiet(took), "{took:?}");
        // It is being written, without an end: a megabyte a second.
        let slow = |took| (Duration::from_millis(960)..=Duration::from_secs(1)).contains(&took);
        work.store(1, Ordering::Relaxed);
        let took = told(10_000).await;
        assert!(slow(took), "{took:?}");
        // Now and again: nothing is written just now, but something has been since anybody was told anything.
        let next = Arc::clone(&work);
        let writes = tokio::spawn(async move {
            next.store(2, Ordering::Relaxed);
            loop {
                next.fetch_add(2, Ordering::Relaxed);
                tokio::time::sleep(RECENTLY / 2).await;
            }
        });
        let took = told(10_000).await;
        assert!(slow(took), "{took:?}");
        writes.abort();
        // And a while after the last of it there is time again.
        tokio::time::sleep(RECENTLY * 2).await;
        told(1).await;
        tokio::time::sleep(RECENTLY).await;
        let took = told(30_000).await;
        assert!(quiet(took), "{took:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn whoever_carries_off_what_was_gives_way_to_the_writer_and_to_nobody_else() {
        let work = Arc::new(AtomicU64::new(1));
        let seen = Arc::clone(&work);
        let pace = Arc::new(Pace::of(1_000_000, move || seen.load(Ordering::Relaxed)));
        let began = Instant::now();
        for _ in 0..10 {
            pace.give_way(100_000).await;
        }
        let took = began.elapsed();
        let least = Duration::from_millis(900).saturating_sub(AT_ONCE);
        assert!(took >= least && took <= Duration::from_millis(900), "{took:?}");
        work.store(2, Ordering::Relaxed);
        pace.give_way(1).await;
        tokio::time::sleep(RECENTLY).await;
        // Whoever follows waits for an hour and more.
        pace.turn(50_000_000_000).await;
        let line = Arc::clone(&pace);
        let waits = tokio::spawn(async move { line.turn(1).await });
        tokio::task::yield_now().await;
        let began = Instant::now();
        for _ in 0..10 {
            pace.give_way(100_000).await;
        }
        assert_eq!(began.elapsed(), Duration::ZERO);
        assert!(!waits.is_finished());
        waits.abort();
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_carried_off_is_paid_for_in_lumps_until_the_server_stops_or_they_go() {
        let pace = pace(1_000_000);
        let (stop, stopping) = watch::channel(false);
        let (sender, answers) = mpsc::channel::<()>(1);
        let (piece, began) = (LUMP / (1 + READING), Instant::now());
        let mut tab = Tab::of(&pace, &stopping);
        // Nothing is owed yet, and so little is not asked for.
        assert_eq!(tab.told(piece - 1, &sender).await, ControlFlow::Continue(()));
        assert_eq!(tab.told(1, &sender).await, ControlFlow::Continue(()));
        assert_eq!(began.elapsed(), Duration::ZERO);
        // What was owed has been paid, and takes its time, as what was read for them alone.
        let lump = Duration::from_micros(LUMP as u64);
        assert_eq!(tab.told(piece - 1, &sender).await, ControlFlow::Continue(()));
        assert_eq!(began.elapsed(), Duration::ZERO);
        assert_eq!(tab.told(1, &sender).await, ControlFlow::Continue(()));
        let (took, least) = (began.elapsed(), lump.saturating_sub(AT_ONCE));
        assert!(took >= least && took <= lump + Duration::from_millis(1), "{took:?}");
        // An hour and more would be owed: nobody waits for it who has gone, or whom the server cannot tell more.
        pace.turn(4_000_000_000).await;
        let before = Instant::now();
        stop.send(true).unwrap();
        assert_eq!(tab.told(LUMP, &sender).await, ControlFlow::Continue(()));
        let (_stop, stopping) = watch::channel(false);
        let mut other = Tab::of(&pace, &stopping);
        drop(answers);
        assert_eq!(other.told(LUMP, &sender).await, ControlFlow::Break(()));
        assert!(before.elapsed() < Duration::from_secs(1), "{:?}", before.elapsed());
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
