//! The road of every start: stage by stage, then all together, and a real opening.

use std::{fs, path::Path, time::Duration};

use ledger_core::Timestamp;
use ledger_server::{Clock, House, LogOptions, Opening, PackedLog};

use crate::{
    Extent,
    fixture::Fixture,
    stages::{STAGES, Stage, TOGETHER},
    table::{Figures, a_second, chosen, each, rate, report, time},
};

/// Behind the stages, what all of them are for.
const OPENINGS: [Stage; 3] = [
    ("open the log", |fixture| {
        fixture.closed(|dir, _| {
            let (took, opened) = time(|| PackedLog::open(&dir.join("log"), &LogOptions::default()));
            drop(opened.unwrap());
            took
        })
    }),
    ("open the house, no snapshot", |fixture| {
        fixture.closed(|dir, last| {
            let snapshots = dir.join("snapshots");
            if snapshots.exists() {
                fs::remove_dir_all(snapshots).unwrap();
            }
            open(dir, last)
        })
    }),
    // The opening before this one has left it.
    ("open the house, with a snapshot", |fixture| fixture.closed(open)),
];

/// What a start costs as it is: log, state and views of all that the snapshot does not hold.
fn open(dir: &Path, last: Timestamp) -> Duration {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let opening = Opening { clock: Clock::by_hand(last), ..Opening::at(dir) };
    runtime.block_on(async {
        let (took, house) = time(|| House::open(&opening).unwrap());
        assert_eq!(house.coops().len(), 1);
        house.close().await;
        took
    })
}

/// Each stage over the same entries, once in every run.
pub(crate) fn measure(extent: &Extent, fixture: &mut Fixture) {
    let stages = STAGES.into_iter().chain(OPENINGS).filter(|(name, _)| chosen(name));
    let mut stages: Vec<_> = stages.map(|(name, run)| (name, run, Figures::default())).collect();
    for _ in 0..extent.runs {
        for (_, stage, seconds) in &mut stages {
            seconds.push(stage(fixture).as_secs_f64());
        }
    }
    let count = fixture.ends.len();
    let payload = each(fixture.bytes.len() as u64, count);
    println!(
        "\nreplay: {count} entries, {payload:.1} bytes per entry, {:.1} on the disk; {} runs, medians \
         (lowest … highest)\n",
        each(fixture.disk, count),
        extent.runs,
    );
    println!(
        "  {:<34}{:>32}{:>12}{:>14}{:>14}",
        "stage", "entries/s", "ns/entry", "bytes/entry", "of together"
    );
    let together = stages.iter().find(|(name, ..)| *name == TOGETHER);
    let together = together.map_or(f64::NAN, |(_, _, seconds)| seconds.median());
    for (name, _, seconds) in &stages {
        let rates = seconds.each(|seconds| rate(count, Duration::from_secs_f64(seconds)));
        report(&format!("replay/{name}"), "entries/s", &rates);
        println!(
            "  {name:<34}{:>32}{:>12.0}{payload:>14.1}{:>14.2}",
            rates.show(a_second),
            1e9 / rates.median(),
            seconds.median() / together
        );
    }
    println!();
}
