//! The stages of a replay with Criterion, each over all entries of the same made-up years: what each costs, and what they come
//! to together, on one core and on all. They are those of the table that `cargo bench -- replay` prints.
//!
//! `cargo bench --bench stages` takes 100,000 entries, or as many as `CARESTORE_BENCH_ENTRIES` says; a word behind `--` takes
//! the stages that have it in their name. Criterion holds each figure against the run before.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stdout, reason = "it measures")]

#[allow(dead_code, reason = "the tables use more of it")]
#[path = "ledger/fixture.rs"]
mod fixture;
#[path = "ledger/stages.rs"]
mod stages;
#[allow(dead_code, reason = "the tables use more of it")]
#[path = "ledger/table.rs"]
mod table;
#[path = "ledger/years.rs"]
mod years;

use std::{env, time::Duration};

use criterion::{BenchmarkGroup, Criterion, SamplingMode, Throughput, measurement::WallTime};

use fixture::Fixture;
use stages::STAGES;

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
    let mut fixture = Fixture::new(dir.path(), entries);
    let mut criterion = Criterion::default().configure_from_args();
    let mut group = criterion.benchmark_group("replay");
    group.throughput(Throughput::Elements(entries as u64)).sampling_mode(SamplingMode::Flat);
    group.sample_size(10).warm_up_time(Duration::from_secs(1));
    each_stage(&mut group, &mut fixture);
    group.finish();
    criterion.final_summary();
}

/// Each stage says itself how long it took: what it is made of beforehand is not measured.
fn each_stage(group: &mut BenchmarkGroup<'_, WallTime>, fixture: &mut Fixture) {
    for (name, stage) in STAGES {
        group.bench_function(name, |bench| {
            bench.iter_custom(|times| (0..times).map(|_| stage(fixture)).sum());
        });
    }
}
