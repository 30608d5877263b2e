//! The writer under load: callers who wait for each answer, beside a bare file on the same disk.
//!
//! What the Merkle log adds is measured on the same entries right behind: a leaf of each, pushed into a tree.
//!
//! Each caller logs an hour and has it confirmed, one request after the other, behind the log of years. Then the very
//! bytes that this left are written to a plain file, as many at a time as there were callers, with a sync behind each
//! write. The file has its length beforehand, as the store's has, so that a sync brings data to the platter and not the
//! file's growth: nothing that promises as much is faster.

use std::{
    fs::OpenOptions,
    io::{Seek, Write},
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::{Duration, Instant},
};

use ledger_core::{CoopName, Entry, Position, Request, Timestamp};
use ledger_proto::{Tree, leaf, stored};
use ledger_server::{Clock, Engine, House, Opening, Submission};

use crate::{
    Extent,
    hours::Hours,
    table::{Figures, a_second, chosen, each, on_disk, rate, time},
};

const CALLERS: [usize; 3] = [1, 16, 256];

/// What one number of callers came to.
#[derive(Default)]
struct Level {
    engine: Figures,
    bare: Figures,
    ratio: Figures,
    /// Nanoseconds an entry for its leaf and the nodes above it, and their part of the time that an entry took.
    merkle: Figures,
    of_append: Figures,
    waits: Vec<Duration>,
    entries: usize,
    payload: u64,
    disk: u64,
}

/// Whose turn it is, with all that a request takes.
struct Turns {
    engine: Engine,
    coop: CoopName,
    hours: Hours,
    turn: AtomicU32,
}

impl Turns {
    async fn submit(&self, request: Request, done: &mut Done) -> Position {
        let coop = self.coop.clone();
        let submission = Submission { coop, request, validate_only: false, card: None, note: None };
        let asked = Instant::now();
        let answer = self.engine.submit(submission).await.unwrap();
        done.waits.push(asked.elapsed());
        let position = answer.entry.position;
        done.entries.push(answer.entry);
        position
    }

    /// An hour, logged by whoever gave it and confirmed by whoever was helped.
    async fn hour(&self, done: &mut Done) {
        let nth = self.turn.fetch_add(1, Ordering::Relaxed);
        let hours = self.submit(self.hours.log(nth), done).await;
        self.submit(self.hours.confirm(nth, hours), done).await;
    }
}

#[derive(Default)]
struct Done {
    waits: Vec<Duration>,
    entries: Vec<Entry>,
}

/// Engine and bare file in turn, for each number of callers.
pub(crate) fn measure(extent: &Extent, dir: &Path, last: Timestamp) {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let opening = Opening { clock: Clock::by_hand(last), ..Opening::at(dir) };
    let house = runtime.block_on(async { House::open(&opening) }).unwrap();
    let turns = Arc::new(Turns {
        engine: house.engine().clone(),
        coop: house.coops().into_iter().next().unwrap(),
        hours: Hours::of((extent.entries / 200).max(200), last),
        turn: AtomicU32::new(0),
    });
    let levels = CALLERS.into_iter().filter(|callers| chosen(&format!("engine {callers}")));
    let mut levels: Vec<_> = levels.map(|callers| (callers, Level::default())).collect();
    let mut tree = Tree::default();
    for _ in 0..extent.runs {
        for (callers, level) in &mut levels {
            let before = on_disk(&dir.join("log"));
            let (took, done) = time(|| runtime.block_on(call(&turns, *callers, extent.slice)));
            let after = on_disk(&dir.join("log"));
            let bytes: Vec<Vec<u8>> =
                done.entries.iter().map(|entry| stored::encode(entry).unwrap()).collect();
            let engine = rate(bytes.len(), took);
            let bare = bare(&dir.join("bare"), &bytes, *callers, extent.slice);
            level.engine.push(engine);
            level.bare.push(bare);
            level.ratio.push(engine / bare);
            let hashed = time(|| bytes.iter().for_each(|bytes| tree.push(leaf(bytes)))).0;
            level.merkle.push(1e9 / rate(bytes.len(), hashed));
            level.of_append.push(hashed.as_secs_f64() / took.as_secs_f64());
            level.waits.extend(done.waits);
            level.entries += bytes.len();
            level.payload += bytes.iter().map(|bytes| bytes.len() as u64).sum::<u64>();
            level.disk += after.saturating_sub(before);
        }
    }
    print(extent, &mut levels);
    runtime.block_on(house.close());
}

async fn call(turns: &Arc<Turns>, callers: usize, slice: Duration) -> Done {
    let until = Instant::now() + slice;
    let callers: Vec<_> = (0..callers)
        .map(|_| {
            let turns = Arc::clone(turns);
            tokio::spawn(async move {
                let mut done = Done::default();
                while Instant::now() < until {
                    turns.hour(&mut done).await;
                }
                done
            })
        })
        .collect();
    let mut all = Done::default();
    for caller in callers {
        let done = caller.await.unwrap();
        all.waits.extend(done.waits);
        all.entries.extend(done.entries);
    }
    all.entries.sort_by_key(|entry| entry.position);
    all
}

/// Entries a second of a plain file, so many for each sync.
fn bare(path: &Path, entries: &[Vec<u8>], at_a_time: usize, slice: Duration) -> f64 {
    // Never cut short: a disk may be told of blocks that become free, and is then slow for a while.
    let mut file = OpenOptions::new().write(true).create(true).truncate(false).open(path).unwrap();
    file.write_all(&vec![1; entries.iter().map(Vec::len).sum()]).unwrap();
    file.sync_all().unwrap();
    file.rewind().unwrap();
    let mut written = 0;
    let start = Instant::now();
    for some in entries.chunks(at_a_time) {
        file.write_all(&some.concat()).unwrap();
        file.sync_data().unwrap();
        written += some.len();
        if start.elapsed() > slice {
            break;
        }
    }
    rate(written, start.elapsed())
}

fn print(extent: &Extent, levels: &mut [(usize, Level)]) {
    println!(
        "append behind {} entries: {} runs of {} ms for each; medians (lowest … highest)\n",
        extent.entries,
        extent.runs,
        extent.slice.as_millis()
    );
    println!(
        "{:>9}{:>30}{:>30}{:>22}{:>18}{:>10}{:>10}{:>10}{:>10}{:>13}{:>13}",
        "callers",
        "entries/s",
        "bare file",
        "engine/bare",
        "leaf and nodes",
        "of append",
        "p50",
        "p99",
        "entries",
        "bytes/entry",
        "disk/payload"
    );
    for (callers, level) in levels {
        level.waits.sort();
        let wait = |of_hundred: usize| {
            let at = level.waits.len() * of_hundred / 100;
            format!("{:.2} ms", level.waits.get(at).unwrap().as_secs_f64() * 1e3)
        };
        println!(
            "{callers:>9}{:>30}{:>30}{:>22}{:>18}{:>10}{:>10}{:>10}{:>10}{:>13.1}{:>13.1}",
            level.engine.show(a_second),
            level.bare.show(a_second),
            level.ratio.show(|ratio| format!("{ratio:.2}")),
            format!("{:.0} ns", level.merkle.median()),
            format!("{:.2} %", level.of_append.median() * 1e2),
            wait(50),
            wait(99),
            level.entries,
            each(level.payload, level.entries),
            each(level.disk, 1) / each(level.payload, 1)
        );
    }
    println!();
}
