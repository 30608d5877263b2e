//! The road of every start, stage by stage: scan, hash, decode, fold; then all together, and a real opening.

use std::{
    fs, hint::black_box, num::NonZero, ops::ControlFlow, path::Path, thread, time::Duration,
};

use ledger_core::{Entry, State, Timestamp, advance};
use ledger_proto::{Frontier, Over, leaf, stored};
use ledger_server::{
    Clock, Cores, Hashes, House, Log, LogOptions, Opening, PackedLog, Verified, replay,
};

use crate::{
    Extent,
    fixture::{Fixture, LOG},
    table::{Figures, a_second, chosen, each, rate, report, time},
};

/// Decoded entries are folded in pieces that do not fill the memory.
const PIECE: usize = 4_096;

type Stage = (&'static str, fn(&mut Fixture) -> Duration);

const STAGES: [Stage; 13] = [
    ("scan", |fixture| {
        let mut sum = 0;
        let took = time(|| fixture.scan(|bytes| sum += bytes.len())).0;
        assert_eq!(sum, fixture.bytes.len());
        took
    }),
    ("leaf", |fixture| {
        let all = || fixture.entries().fold(0, |sum, bytes| sum ^ leaf(bytes).as_bytes()[0]);
        let (took, sum) = time(all);
        black_box(sum);
        took
    }),
    ("hash (leaf and nodes)", |fixture| {
        let mut frontier = Frontier::default();
        let took = time(|| fixture.entries().for_each(|bytes| frontier.push(leaf(bytes)))).0;
        assert_eq!(frontier.root(), fixture.log().head(LOG).root());
        took
    }),
    ("hash, side by side", |fixture| {
        let mut frontier = Frontier::default();
        let entries: Vec<&[u8]> = fixture.entries().collect();
        let took = time(|| {
            for segment in entries.chunks(256) {
                let leaves = Over::Entries.leaves(segment);
                match segment.len() {
                    256 => frontier.push_subtree(8, Over::Entries.root(&leaves)).unwrap(),
                    _ => leaves.into_iter().for_each(|leaf| frontier.push(leaf)),
                }
            }
        });
        assert_eq!(frontier.root(), fixture.log().head(LOG).root());
        took.0
    }),
    ("decode", |fixture| {
        let decoded = || fixture.entries().for_each(|bytes| drop(black_box(decode(bytes))));
        time(decoded).0
    }),
    ("fold", |fixture| {
        let mut state = State::default();
        let mut took = Duration::ZERO;
        let mut entries = fixture.entries().map(decode);
        loop {
            let piece: Vec<Entry> = entries.by_ref().take(PIECE).collect();
            if piece.is_empty() {
                return took;
            }
            took += time(|| piece.iter().for_each(|entry| fold(&mut state, entry))).0;
        }
    }),
    (SCAN_AND_HASH, |fixture| {
        let mut frontier = Frontier::default();
        let (log, size) = (fixture.log(), fixture.ends.len() as u64);
        let took = time(|| {
            for hashes in scan_and_hash(log, 0, size) {
                push(&mut frontier, &hashes);
            }
        });
        assert_eq!(frontier.root(), log.head(LOG).root());
        took.0
    }),
    (SCAN_AND_HASH_ALL, |fixture| {
        let threads = thread::available_parallelism().map_or(1, NonZero::get) as u64;
        let (log, size) = (fixture.log(), fixture.ends.len() as u64);
        // Each takes a part that begins with a segment, and nobody waits for anybody.
        let part = usize::try_from(size.div_ceil(256 * threads) * 256).unwrap();
        let (took, roots) = time(|| {
            thread::scope(|scope| {
                let parts = (0..size).step_by(part).map(|after| {
                    let end = size.min(after + part as u64);
                    scope.spawn(move || scan_and_hash(log, after, end))
                });
                let parts: Vec<_> = parts.collect();
                parts.into_iter().map(|part| part.join().unwrap()).collect::<Vec<_>>()
            })
        });
        let mut frontier = Frontier::default();
        roots.iter().flatten().for_each(|hashes| push(&mut frontier, hashes));
        assert_eq!(frontier.root(), log.head(LOG).root());
        took
    }),
    (TOGETHER, |fixture| replayed(fixture, Cores::One)),
    ("all together, all cores", |fixture| replayed(fixture, Cores::All)),
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

const SCAN_AND_HASH: &str = "scan and hash, one core";
const SCAN_AND_HASH_ALL: &str = "scan and hash, all cores";
const TOGETHER: &str = "all together, one core";

/// Read, verified, decoded and folded, as every start does it; the root is compared at the end.
fn replayed(fixture: &Fixture, cores: Cores) -> Duration {
    let (mut frontier, mut state) = (Frontier::default(), State::default());
    let (took, ()) = time(|| {
        let read = replay(fixture.log(), LOG, 0, cores, |Verified { entries, hashes }| {
            for entry in entries {
                fold(&mut state, entry);
            }
            push(&mut frontier, hashes);
            Ok(())
        });
        read.unwrap();
    });
    assert_eq!(frontier.root(), fixture.log().head(LOG).root());
    assert_eq!(state.books().sums(), [0; 3]);
    took
}

/// What stands for the entries behind `after` and up to `end`, without decoding one.
fn scan_and_hash(log: &PackedLog, after: u64, end: u64) -> Vec<Hashes> {
    let mut all = Vec::new();
    let hashed = log.stretches(LOG, after, &mut |stretch| {
        let entries: Vec<&[u8]> = stretch.entries().collect();
        let leaves = Over::Entries.leaves(&entries);
        all.push(match stretch.root {
            Some(_) => Hashes::Segment(Over::Entries.root(&leaves)),
            None => Hashes::Leaves(leaves),
        });
        if stretch.last() < end { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    });
    hashed.unwrap();
    all
}

fn push(frontier: &mut Frontier, hashes: &Hashes) {
    match hashes {
        Hashes::Segment(root) => frontier.push_subtree(8, *root).unwrap(),
        Hashes::Leaves(leaves) => leaves.iter().for_each(|leaf| frontier.push(*leaf)),
    }
}

fn decode(bytes: &[u8]) -> Entry {
    stored::decode(bytes).unwrap()
}

fn fold(state: &mut State, entry: &Entry) {
    advance(state, entry).unwrap();
}

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
    let stages = STAGES.into_iter().filter(|(name, _)| chosen(name));
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
