//! The stages of a replay with Criterion, each over all entries of the same made-up years: what each may cost, and what they
//! come to together.
//!
//! `cargo bench --bench stages` takes 100,000 entries, or as many as `CARESTORE_BENCH_ENTRIES` says; a word behind `--` takes
//! the stages that have it in their name. Criterion holds each figure against the run before.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stdout, reason = "it measures")]

#[allow(dead_code, reason = "the tables use more of it")]
#[path = "ledger/fixture.rs"]
mod fixture;
#[allow(dead_code, reason = "the tables use more of it")]
#[path = "ledger/table.rs"]
mod table;
#[path = "ledger/years.rs"]
mod years;

use std::{
    env,
    hint::black_box,
    time::{Duration, Instant},
};

use criterion::{BenchmarkGroup, Criterion, SamplingMode, Throughput, measurement::WallTime};
use ledger_core::{Entry, State, evolve};
use ledger_proto::{Frontier, Hash, leaf, stored};
use ledger_server::Log;

use fixture::{Fixture, LOG};

/// Decoded entries are folded in pieces that do not fill the memory.
const PIECE: usize = 4_096;

fn main() {
    // `cargo test --benches` wants to know only that it runs.
    let measured = env::args().any(|argument| argument == "--bench");
    let entries = match env::var("CARESTORE_BENCH_ENTRIES") {
        Ok(entries) => entries.parse().expect("CARESTORE_BENCH_ENTRIES is a number of entries"),
        Err(_) if measured => 100_000,
        Err(_) => 5_000,
    };
    // On the disk that is built on: a temporary folder may be in memory.
    let dir = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let fixture = Fixture::new(dir.path(), entries);
    let mut criterion = Criterion::default().configure_from_args();
    let mut group = criterion.benchmark_group("replay");
    group.throughput(Throughput::Elements(entries as u64)).sampling_mode(SamplingMode::Flat);
    group.sample_size(10).warm_up_time(Duration::from_secs(1));
    each_stage(&mut group, &fixture);
    together(&mut group, &fixture);
    group.finish();
    criterion.final_summary();
}

fn each_stage(group: &mut BenchmarkGroup<'_, WallTime>, fixture: &Fixture) {
    group.bench_function("scan", |bench| {
        bench.iter(|| {
            let mut sum = 0;
            fixture.scan(|bytes| sum += bytes.len());
            sum
        });
    });
    group.bench_function("leaf hashes", |bench| {
        bench.iter(|| fixture.entries().fold(0, |sum, bytes| sum ^ leaf(bytes).as_bytes()[0]));
    });
    let leaves: Vec<Hash> = fixture.entries().map(leaf).collect();
    group.bench_function("nodes", |bench| {
        bench.iter(|| {
            let mut frontier = Frontier::default();
            for leaf in &leaves {
                frontier.push(*leaf);
            }
            frontier.root()
        });
    });
    group.bench_function("decode", |bench| {
        bench.iter(|| fixture.entries().for_each(|bytes| drop(black_box(decode(bytes)))));
    });
    group.bench_function("fold", |bench| {
        bench.iter_custom(|times| (0..times).map(|_| folding(fixture)).sum());
    });
}

fn together(group: &mut BenchmarkGroup<'_, WallTime>, fixture: &Fixture) {
    let root = fixture.log().head(LOG).root();
    group.bench_function("scan and hash, one core", |bench| {
        bench.iter(|| {
            let mut frontier = Frontier::default();
            fixture.scan(|bytes| frontier.push(leaf(bytes)));
            assert_eq!(frontier.root(), root);
        });
    });
    group.bench_function("verified, decoded and folded, one core", |bench| {
        bench.iter(|| {
            let (mut frontier, mut state) = (Frontier::default(), State::default());
            fixture.scan(|bytes| {
                frontier.push(leaf(bytes));
                fold(&mut state, &decode(bytes));
            });
            assert_eq!((frontier.root(), state.books().sums()), (root, [0; 3]));
        });
    });
    // What uses all cores belongs here, beside the same on one.
}

/// How long it takes to fold all entries, once they are decoded.
fn folding(fixture: &Fixture) -> Duration {
    let (mut state, mut took) = (State::default(), Duration::ZERO);
    let mut entries = fixture.entries().map(decode);
    loop {
        let piece: Vec<Entry> = entries.by_ref().take(PIECE).collect();
        if piece.is_empty() {
            return took;
        }
        let start = Instant::now();
        for entry in &piece {
            fold(&mut state, entry);
        }
        took += start.elapsed();
    }
}

fn decode(bytes: &[u8]) -> Entry {
    stored::decode(bytes).unwrap()
}

fn fold(state: &mut State, entry: &Entry) {
    *state = evolve(std::mem::take(state), entry).unwrap();
}
