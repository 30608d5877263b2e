//! Followers of the history: what they cost the writer, and how far behind it they are.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicI64, AtomicU32, Ordering},
    },
    time::{Duration, Instant},
};

use ledger_proto::v1;

use super::{
    Came, Town,
    callers::{COOP, Load, Way},
    counting,
};
use crate::{
    Extent,
    table::{Figures, a_second, rate},
};

const FOLLOWERS: [usize; 2] = [0, 100];
/// So many callers append while others follow.
const FOLLOWED: usize = 16;
const SECOND: Duration = Duration::from_secs(1);

/// What one follower has heard.
#[derive(Default)]
struct Heard {
    /// The position of the newest entry.
    at: AtomicI64,
    entries: AtomicU32,
    /// Whether the server has said anything at all.
    there: AtomicBool,
}

/// Follows the history from here on, until dropped; counts entries. Whoever follows is a program of its own, and has a
/// connection of its own: nobody's answers wait behind what followers are told.
async fn follow(way: Arc<Way>, heard: Arc<Heard>) {
    // From the head on: a follower that has been there all along.
    let after_position = way.head().await;
    heard.at.store(after_position, Ordering::Relaxed);
    let request = v1::WatchHistoryRequest { coop: COOP.to_owned(), after_position };
    let mut stream = counting::stream(&way, "WatchHistory", request).await;
    while let Some(entries) = stream.message().await.unwrap() {
        heard.there.store(true, Ordering::Relaxed);
        heard.entries.fetch_add(entries, Ordering::Relaxed);
        heard.at.fetch_add(i64::from(entries), Ordering::Relaxed);
    }
}

/// The writer's rate with nobody following, and with many: where callers ask as fast as they are answered, so that every
/// follower takes from the processor what they would have, where they bring batches, and where they pause.
pub(super) fn measure(extent: &Extent, town: &Town<'_>) {
    followed(extent, town, (Load::Hours, "followers"), "append");
    followed(extent, town, (Load::Batches, "followers-batches"), "bring batches");
    followed(extent, town, (Load::Paused, "followers-paused"), "append and pause");
}

fn followed(extent: &Extent, town: &Town<'_>, (load, name): (Load, &str), does: &str) {
    let mut came = FOLLOWERS.map(|followers| (followers, Came::default(), Figures::default()));
    let mut behind = Duration::ZERO;
    for run in 1..=extent.runs {
        for (followers, came, times) in &mut came {
            let all: Vec<Arc<Heard>> = (0..*followers).map(|_| Arc::default()).collect();
            let follow = |heard| town.runtime.spawn(follow(Arc::clone(town.way), heard));
            let following: Vec<_> = all.iter().cloned().map(follow).collect();
            // Whoever follows has been there all along: that they come is not what is measured.
            let there = || all.iter().all(|heard| heard.there.load(Ordering::Relaxed));
            town.runtime.block_on(until(there));
            let entries = town.call(FOLLOWED, load, came);
            let heard = all.iter().map(|heard| heard.entries.load(Ordering::Relaxed)).sum::<u32>();
            times.push(f64::from(heard) / rate(entries, SECOND));
            // Once is enough: where batches come, it takes longer than they came for.
            if run == extent.runs {
                behind = town.runtime.block_on(until_heard(town.way, &all));
            }
            following.iter().for_each(tokio::task::JoinHandle::abort);
        }
    }
    println!("\n{FOLLOWED} callers {does}, and so many follow the history:");
    for (followers, came, times) in &came {
        came.print(&format!("{followers} followers"));
        came.report(&format!("{name}/{followers}"), "entries/s");
        if *followers > 0 {
            let (times, behind) = (times.show(a_second), behind.as_secs_f64());
            println!("{:>26} each entry was heard of {times} times in that time;", "");
            println!("{:>26} after the last run all had heard of all {behind:.1} s later", "");
        }
    }
}

/// How long it takes until all have heard of all that there is.
async fn until_heard(way: &Way, all: &[Arc<Heard>]) -> Duration {
    let (began, head) = (Instant::now(), way.head().await);
    until(|| all.iter().all(|heard| heard.at.load(Ordering::Relaxed) >= head)).await;
    began.elapsed()
}

async fn until(so: impl Fn() -> bool) {
    while !so() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}
