//! Calls over real connections: a server in a process of its own, callers in this one, the same cores for both.
//!
//! All is as it is served: the real disk, the views, the proofs, a checkpoint every ten seconds. Callers are plain
//! generated clients; each asks, waits, and asks again.

#[path = "calls/callers.rs"]
mod callers;
#[path = "calls/server.rs"]
mod server;

use std::{
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use tokio::runtime::Runtime;

use crate::{
    Extent,
    table::{Figures, a_second, rate, report},
};
use callers::{Done, Load, Way};
use server::{Inside, Server};

pub(crate) use server::was_meant;

const CALLERS: [usize; 3] = [1, 16, 256];
/// So many callers send batches.
const BATCHERS: usize = 4;
/// Lines of the long statement.
const LINES: u32 = 10_000;
const FOLLOWERS: [usize; 2] = [0, 100];

/// What one kind of load came to, once for each run.
#[derive(Default)]
struct Came {
    rate: Figures,
    p50: Figures,
    p99: Figures,
}

impl Came {
    fn push(&mut self, (took, done): (Duration, Done)) {
        self.rate.push(rate(done.entries, took));
        let waits = sorted(&done.waits);
        self.p50.push(of_hundred(&waits, 50));
        self.p99.push(of_hundred(&waits, 99));
    }

    fn report(&self, name: &str, unit: &str) {
        report(&format!("calls/{name}/rate"), unit, &self.rate);
        report(&format!("calls/{name}/p50"), "ms", &self.p50);
        report(&format!("calls/{name}/p99"), "ms", &self.p99);
    }

    fn print(&self, name: &str) {
        println!(
            "{name:>26}{:>34}{:>34}{:>34}",
            self.rate.show(a_second),
            self.p50.show(ms),
            self.p99.show(ms)
        );
    }
}

/// Every table of calls.
pub(crate) fn measure(extent: &Extent, dir: &Path) {
    let data = dir.join("calls");
    let runtime = Runtime::new().unwrap();
    let server = Server::start(&data, Inside::Untimed);
    let way = Arc::new(runtime.block_on(async {
        let way = Way::to(server.address, &data).await;
        way.found().await;
        way.long_statement(LINES).await;
        way
    }));
    println!(
        "calls over loopback, client and server on the same cores: {} runs of {} ms for each; medians (lowest … highest)\n",
        extent.runs,
        extent.slice.as_millis()
    );
    println!("{:>26}{:>34}{:>34}{:>34}", "callers", "a second", "p50", "p99");
    answers(extent, &runtime, &way);
    pages(extent, &runtime, &way);
    followers(extent, &runtime, &way);
    drop(way);
    server.stop();
    balances(extent, &runtime, &data);
    println!();
}

/// Single appends, round trips with next to nothing behind them, and batches.
fn answers(extent: &Extent, runtime: &Runtime, way: &Arc<Way>) {
    let mut appends = CALLERS.map(|callers| (callers, Came::default()));
    let mut bare = CALLERS.map(|callers| (callers, Came::default()));
    let mut batches = Came::default();
    for _ in 0..extent.runs {
        for ((callers, append), (_, bare)) in appends.iter_mut().zip(&mut bare) {
            append.push(runtime.block_on(way.call(*callers, Load::Hours, extent.slice)));
            bare.push(runtime.block_on(way.call(*callers, Load::Health, extent.slice)));
        }
        batches.push(runtime.block_on(way.call(BATCHERS, Load::Batches, extent.slice)));
    }
    for (callers, came) in &appends {
        came.print(&format!("append {callers}"));
        came.report(&format!("append/{callers}"), "entries/s");
    }
    for (callers, came) in &bare {
        came.print(&format!("bare {callers}"));
        came.report(&format!("bare/{callers}"), "calls/s");
    }
    batches.print(&format!("batches of {}: {BATCHERS}", callers::BATCH));
    batches.report(&format!("batch{}", callers::BATCH), "entries/s");
}

/// The pages of one long statement.
fn pages(extent: &Extent, runtime: &Runtime, way: &Arc<Way>) {
    let (mut all, mut first, mut last) =
        (Figures::default(), Figures::default(), Figures::default());
    for _ in 0..extent.runs {
        let pages = runtime.block_on(way.read_statement());
        let tenth = pages.len() / 10;
        all.push(of_hundred(&sorted(&pages), 50));
        first.push(of_hundred(&sorted(pages.get(..tenth).unwrap()), 50));
        last.push(of_hundred(&sorted(pages.get(pages.len() - tenth..).unwrap()), 50));
    }
    let (first, last) = (first.show(ms), last.show(ms));
    println!("\na page of a statement of {LINES} lines: {}", all.show(ms));
    println!("  of the first tenth of its pages: {first}; of the last: {last}");
    report("calls/statement/page", "ms", &all);
}

/// The writer's rate with nobody following, and with many.
fn followers(extent: &Extent, runtime: &Runtime, way: &Arc<Way>) {
    let mut came = FOLLOWERS.map(|followers| (followers, Came::default(), Figures::default()));
    for _ in 0..extent.runs {
        for (followers, came, heard) in &mut came {
            let seen = Arc::new(AtomicU32::new(0));
            let following: Vec<_> = (0..*followers)
                .map(|nth| {
                    let (way, seen) = (Arc::clone(way), Arc::clone(&seen));
                    runtime.spawn(async move { way.follow(nth, seen).await })
                })
                .collect();
            let called = runtime.block_on(way.call(FOLLOWED, Load::Hours, extent.slice));
            let part = f64::from(seen.load(Ordering::Relaxed)) / rate(called.1.entries, SECOND);
            came.push(called);
            heard.push(part);
            following.iter().for_each(tokio::task::JoinHandle::abort);
        }
    }
    println!("\n{FOLLOWED} callers append, and so many follow the history:");
    for (followers, came, heard) in &came {
        came.print(&format!("{followers} followers"));
        came.report(&format!("followers/{followers}"), "entries/s");
        if *followers > 0 {
            println!(
                "{:>26} each entry was heard of {} times in that time",
                "",
                heard.show(a_second)
            );
        }
    }
}

/// So many callers append while others follow.
const FOLLOWED: usize = 16;
const SECOND: Duration = Duration::from_secs(1);

/// One reader of balances beside many writers: what it waits, and what of that is the server's.
fn balances(extent: &Extent, runtime: &Runtime, data: &Path) {
    let (mut outside, mut inside) = (Came::default(), Figures::default());
    for _ in 0..extent.runs {
        let server = Server::start(data, Inside::Timed);
        runtime.block_on(async {
            let way = Arc::new(Way::to(server.address, data).await);
            let writers = Arc::clone(&way);
            let slice = extent.slice;
            let writers = tokio::spawn(async move { writers.call(256, Load::Hours, slice).await });
            outside.push(way.call(1, Load::Balance, extent.slice).await);
            writers.await.unwrap();
        });
        inside.push(of_hundred(&server.stop(), 99));
    }
    println!("\na balance read while 256 callers append, one reader:");
    outside.print("seen by the reader");
    println!("{:>26}{:>102}", "inside the server, p99", inside.show(ms));
    report("calls/balance/p99", "ms", &inside);
    report("calls/balance/client/p99", "ms", &outside.p99);
}

fn sorted(waits: &[Duration]) -> Vec<f64> {
    let mut waits: Vec<f64> = waits.iter().map(|wait| wait.as_secs_f64() * 1e3).collect();
    waits.sort_by(f64::total_cmp);
    waits
}

/// The value below which so many of a hundred lie.
fn of_hundred(sorted: &[f64], hundredth: usize) -> f64 {
    sorted.get(sorted.len() * hundredth / 100).copied().unwrap_or(f64::NAN)
}

fn ms(ms: f64) -> String {
    format!("{ms:.2} ms")
}
