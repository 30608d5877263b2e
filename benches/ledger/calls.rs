//! Calls over real connections: a server in a process of its own, callers in this one, the same cores for both.
//!
//! All is as it is served: the real disk, the views, the proofs, a checkpoint every ten seconds. Callers are plain
//! generated clients; each asks, waits, and asks again. Beside the rates stands what the cores spent on each call, in the
//! server and in the callers, which other work on the machine hardly changes.

#[path = "calls/callers.rs"]
mod callers;
#[path = "calls/cores.rs"]
mod cores;
#[path = "calls/counting.rs"]
mod counting;
#[path = "calls/followers.rs"]
mod followers;
#[path = "calls/readers.rs"]
mod readers;
#[path = "calls/server.rs"]
mod server;

use std::{path::Path, sync::Arc, time::Duration};

use tokio::runtime::Runtime;

use crate::{
    Extent,
    table::{Figures, a_second, chosen, rate, report},
};
use callers::{Done, Load, Way};
use cores::Spent;
use server::{Inside, Server};

pub(crate) use server::was_meant;

const CALLERS: [usize; 3] = [1, 16, 256];
/// So many callers send batches: at first those who bring what a few programs have gathered, then as many as keep both cores
/// busy whatever the disk does.
const BATCHERS: [usize; 2] = [16, 64];
/// Lines of the long statement.
const LINES: u32 = 10_000;

/// What one kind of load came to, once for each run.
#[derive(Default)]
struct Came {
    rate: Figures,
    p50: Figures,
    p99: Figures,
    /// Microseconds of a core for each, in the server and in the callers.
    server: Figures,
    callers: Figures,
}

impl Came {
    fn push(&mut self, (took, done): (Duration, Done), spent: Spent) {
        self.rate.push(rate(done.entries, took));
        self.server.push(1e6 / rate(done.entries, spent.server));
        self.callers.push(1e6 / rate(done.entries, spent.callers));
        let waits = sorted(&done.waits);
        self.p50.push(of_hundred(&waits, 50));
        self.p99.push(of_hundred(&waits, 99));
    }

    fn report(&self, name: &str, unit: &str) {
        report(&format!("calls/{name}/rate"), unit, &self.rate);
        report(&format!("calls/{name}/p50"), "ms", &self.p50);
        report(&format!("calls/{name}/p99"), "ms", &self.p99);
        report(&format!("calls/{name}/server"), "µs", &self.server);
    }

    /// Prints a line, if something was measured.
    fn print(&self, name: &str) {
        if self.rate.is_empty() {
            return;
        }
        println!(
            "{name:>26}{:>30}{:>34}{:>36}{:>28}{:>28}",
            self.rate.show(a_second),
            self.p50.show(ms),
            self.p99.show(ms),
            self.server.show(micros),
            self.callers.show(micros)
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
    println!(
        "{:>26}{:>30}{:>34}{:>36}{:>28}{:>28}",
        "callers", "a second", "p50", "p99", "server, µs each", "callers, µs each"
    );
    let town = Town { runtime: &runtime, way: &way, server: server.id(), slice: extent.slice };
    answers(extent, &town);
    if chosen("pages") {
        pages(extent, &runtime, &way);
    }
    if chosen("followers") {
        followers::measure(extent, &town);
    }
    if chosen("readers") {
        readers::measure(extent, &town);
    }
    drop(way);
    server.stop();
    if chosen("balances") {
        balances(extent, &runtime, &data);
    }
    println!();
}

/// A server at work, and the way to it.
struct Town<'a> {
    runtime: &'a Runtime,
    way: &'a Arc<Way>,
    server: u32,
    slice: Duration,
}

impl Town<'_> {
    /// So many callers ask for a while.
    fn call(&self, callers: usize, load: Load, came: &mut Came) -> usize {
        let before = Spent::by(self.server);
        let called = self.runtime.block_on(self.way.call(callers, load, self.slice));
        let entries = called.1.entries;
        came.push(called, Spent::by(self.server).since(before));
        entries
    }
}

/// Single appends, round trips with next to nothing behind them, and batches.
fn answers(extent: &Extent, town: &Town<'_>) {
    let mut appends = CALLERS.map(|callers| (callers, Came::default()));
    let mut bare = CALLERS.map(|callers| (callers, Came::default()));
    let mut batches = BATCHERS.map(|callers| (callers, Came::default()));
    for _ in 0..extent.runs {
        for ((callers, append), (_, bare)) in appends.iter_mut().zip(&mut bare) {
            if chosen(&format!("append {callers}")) {
                town.call(*callers, Load::Hours, append);
                town.call(*callers, Load::Health, bare);
            }
        }
        for (callers, came) in &mut batches {
            if chosen(&format!("batches {callers}")) {
                town.call(*callers, Load::Batches, came);
            }
        }
    }
    for (callers, came) in &appends {
        came.print(&format!("append {callers}"));
        came.report(&format!("append/{callers}"), "entries/s");
    }
    for (callers, came) in &bare {
        came.print(&format!("bare {callers}"));
        came.report(&format!("bare/{callers}"), "calls/s");
    }
    for (callers, came) in &batches {
        came.print(&format!("batches of {}: {callers}", callers::BATCH));
        came.report(&format!("batch{}/{callers}", callers::BATCH), "entries/s");
    }
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

/// One reader of balances beside many writers: what it waits, and what of that is the server's. The server's time begins
/// with the head of a request. Over a connection of the reader's own the rest comes with it; over one that writers share,
/// it comes when the callers' side gets to it, and that wait is counted, too.
fn balances(extent: &Extent, runtime: &Runtime, data: &Path) {
    for (whose, name) in [("of its own", "balance"), ("that it shares", "balance/shared")] {
        let (mut outside, mut inside) = (Figures::default(), Figures::default());
        for _ in 0..extent.runs {
            let mut waits = Vec::new();
            let server = Server::start(data, Inside::Timed);
            runtime.block_on(async {
                let way = Arc::new(Way::to(server.address, data).await);
                let reader = match name {
                    "balance" => Arc::new(Way::to(server.address, data).await),
                    _ => Arc::clone(&way),
                };
                let slice = extent.slice;
                let writers = tokio::spawn(async move { way.call(256, Load::Hours, slice).await });
                waits.extend(reader.call(1, Load::Balance, extent.slice).await.1.waits);
                writers.await.unwrap();
            });
            outside.push(of_hundred(&sorted(&waits), 99));
            let mut within = server.stop();
            within.sort_by(f64::total_cmp);
            inside.push(of_hundred(&within, 99));
        }
        let (seen, within) = (outside.show(ms), inside.show(ms));
        println!(
            "\na balance read while 256 callers append, one reader, over a connection {whose}, p99: {seen}; inside the server {within}"
        );
        report(&format!("calls/{name}/p99"), "ms", &inside);
        report(&format!("calls/{name}/client/p99"), "ms", &outside);
    }
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

fn micros(micros: f64) -> String {
    format!("{micros:.1}")
}

fn ms(ms: f64) -> String {
    format!("{ms:.2} ms")
}
