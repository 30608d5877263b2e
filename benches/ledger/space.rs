//! Room on the disk: entries that come one at a time, each in a commit of its own.
//!
//! That is the worst case for the store, which writes far more than it keeps. After each tenth it is asked what the folder
//! takes up; at the end the log is closed and opened again, as nothing is cleared away before a volume is closed.
//! `CARESTORE_BENCH_SINGLES` says how many entries, `CARESTORE_BENCH_MINUTES` for how long more are added behind them.

use std::{
    env,
    path::Path,
    thread,
    time::{Duration, Instant},
};

use ledger_server::{Block, Log, LogOptions, PackedLog};

use crate::{
    Extent,
    fixture::{Fixture, LOG},
    table::{Figures, a_second, each, on_disk, rate, report, time},
};

/// So many times it is looked how large the folder is.
const LOOKS: usize = 10;
/// Within so long, what was closed has been packed and removed.
const SETTLING: Duration = Duration::from_millis(500);

/// A log that grows by one entry at a time.
struct Growth<'a> {
    log: PackedLog,
    dir: &'a Path,
    entries: Vec<&'a [u8]>,
    count: usize,
    payload: u64,
}

impl Growth<'_> {
    fn add(&mut self) {
        let entry = self.entries.get(self.count % self.entries.len()).unwrap().to_vec();
        self.count += 1;
        self.payload += entry.len() as u64;
        let first = self.count as u64;
        self.log.append(&[Block { log: LOG, first, entries: &[entry] }]).unwrap();
    }

    fn look(&self, took: Duration, added: usize) {
        let disk = on_disk(self.dir);
        println!(
            "{:>12}{:>12}{:>14}{:>14}{:>16.2}",
            self.count,
            a_second(rate(added, took)),
            format!("{:.1} MB", each(self.payload, 1_000_000)),
            format!("{:.1} MB", each(disk, 1_000_000)),
            each(disk, 1) / each(self.payload, 1)
        );
    }
}

/// Bytes on disk for each byte of entry, while a log grows and when it has been closed.
pub(crate) fn measure(extent: &Extent, fixture: &Fixture, dir: &Path) {
    let dir = dir.join("singles");
    let asked = |name: &str| env::var(name).ok().map(|set| set.parse::<u64>().unwrap());
    let singles = asked("CARESTORE_BENCH_SINGLES").map(|count| usize::try_from(count).unwrap());
    let singles = singles.unwrap_or(extent.entries / 50).max(LOOKS);
    let open = || PackedLog::open(&dir, &LogOptions::default()).unwrap();
    let entries = fixture.entries().collect();
    let mut growth = Growth { log: open(), dir: &dir, entries, count: 0, payload: 0 };
    println!("space: {singles} entries, each in a commit of its own\n");
    println!(
        "{:>12}{:>12}{:>14}{:>14}{:>16}",
        "entries", "entries/s", "payload", "disk", "disk/payload"
    );
    for _ in 0..LOOKS {
        let step = singles / LOOKS;
        let took = time(|| (0..step).for_each(|_| growth.add())).0;
        growth.look(took, step);
    }
    if let Some(minutes) = asked("CARESTORE_BENCH_MINUTES") {
        println!("\na steady load of {minutes} minutes behind them");
        let look_every = Duration::from_secs(minutes * 60) / u32::try_from(LOOKS).unwrap();
        for _ in 0..LOOKS {
            let (start, before) = (Instant::now(), growth.count);
            while start.elapsed() < look_every {
                growth.add();
            }
            growth.look(start.elapsed(), growth.count - before);
        }
    }
    let Growth { log, payload, .. } = growth;
    thread::sleep(SETTLING);
    drop(log);
    let (took, log) = time(open);
    thread::sleep(SETTLING);
    drop(log);
    let mut ratio = Figures::default();
    ratio.push(each(on_disk(&dir), 1) / each(payload, 1));
    println!(
        "\nclosed and opened again, in {:.0} ms: {:.2} bytes on disk for each byte of entry\n",
        took.as_secs_f64() * 1e3,
        ratio.median()
    );
    report("space/singles", "bytes/byte", &ratio);
}
