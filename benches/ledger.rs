//! How fast the ledger is: the replay stage by stage, a start from one end to the other, proofs made and checked, the audit of
//! a bundle, the room that entries take on the disk and in memory, the append beside a bare write and sync and beside what the
//! Merkle log adds to it, and calls over real connections.
//!
//! `cargo bench` prints tables and asserts no timing: what a machine can do is its own affair, and one that is shared
//! says another thing each time. So each figure is a median with the lowest and the highest beside it, every run takes
//! each stage once, and what is to be compared (a stage with the whole, the engine with the disk) was measured side by
//! side in the same run. `cargo bench -- --quick` takes a tenth of the entries; `replay`, `start`, `proofs`, `audit`, `space`,
//! `memory`, `append` and `calls` take those tables alone.
//! `CARESTORE_BENCH_ENTRIES` says how many entries the log has. `soak`, by name only, is `CARESTORE_BENCH_MINUTES` of ordinary life
//! against the program itself; `served`, by name only, is a server in this process that lives through a year in as many minutes.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stdout,
    reason = "a program that measures prints, and ends where it cannot"
)]

#[path = "ledger/append.rs"]
mod append;
#[path = "ledger/audit.rs"]
mod audit;
#[path = "ledger/calls.rs"]
mod calls;
#[path = "ledger/fixture.rs"]
mod fixture;
#[path = "ledger/hours.rs"]
mod hours;
#[path = "ledger/memory.rs"]
mod memory;
#[path = "ledger/proofs.rs"]
mod proofs;
#[path = "ledger/replay.rs"]
mod replay;
#[path = "ledger/soak.rs"]
mod soak;
#[path = "ledger/space.rs"]
mod space;
#[path = "ledger/stages.rs"]
mod stages;
#[path = "ledger/start.rs"]
mod start;
#[path = "ledger/table.rs"]
mod table;
#[path = "ledger/unit.rs"]
mod unit;
#[path = "ledger/years.rs"]
mod years;

use std::{
    env,
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

use fixture::Fixture;
use mimalloc::MiMalloc;

// As the server's program has it, since this one is the server, too.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

/// How much is measured.
struct Extent {
    entries: usize,
    runs: usize,
    /// How long callers append in each run.
    slice: Duration,
}

fn main() {
    if start::is_child() {
        return;
    }
    // `cargo bench` says `--bench`; `cargo test --benches` does not, and wants to know only that it runs.
    let arguments: Vec<String> = env::args().skip(1).collect();
    if calls::was_meant(&arguments) {
        return;
    }
    let said = |word: &str| arguments.iter().any(|argument| argument == word);
    // By name only: it lasts as long as it is told to.
    if said("soak") {
        return lived_through();
    }
    if said("served") {
        let dir = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
        return memory::served::measure(Duration::from_mins(minutes()), dir.path());
    }
    let full = Extent { entries: 1_000_000, runs: 5, slice: Duration::from_secs(3) };
    let quick = Extent { entries: 100_000, runs: 3, slice: Duration::from_millis(700) };
    let smoke = Extent { entries: 5_000, runs: 1, slice: Duration::from_millis(50) };
    let mut extent = match (said("--bench"), said("--quick")) {
        (_, true) => quick,
        (true, false) => full,
        (false, false) => smoke,
    };
    if let Ok(entries) = env::var("CARESTORE_BENCH_ENTRIES") {
        extent.entries = entries.parse().expect("CARESTORE_BENCH_ENTRIES is a number of entries");
    }
    // On the disk that is built on: a temporary folder may be in memory, where a sync costs nothing.
    let dir = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let of_years = ["replay", "start", "proofs", "audit", "space", "append"];
    let all = !of_years.into_iter().chain(["memory", "calls"]).any(said);
    let wanted = |table| all || said(table);
    // First, while this process holds nothing else.
    if wanted("memory") {
        memory::measure(&extent, dir.path());
    }
    if wanted("calls") {
        calls::measure(&extent, dir.path());
    }
    if of_years.into_iter().any(wanted) {
        of_a_log(&extent, dir.path(), &wanted);
    }
}

fn minutes() -> u64 {
    let minutes = env::var("CARESTORE_BENCH_MINUTES");
    minutes.map_or(2, |minutes| minutes.parse().expect("a number of minutes"))
}

/// A life of so many minutes; an error where the books are not exact.
fn lived_through() {
    let dir = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let plan = soak::Plan {
        program: server(),
        dir: dir.path().to_owned(),
        lasts: Duration::from_mins(minutes()),
        homes: 48,
        a_second: 220,
        followers: 4,
        every: Duration::from_secs(10),
        tell: |sample| println!("{sample:?}"),
    };
    let report = soak::live(&plan);
    report.print();
    assert!(report.wrong.is_empty(), "the books are not exact");
}

/// The program `carestore-server`, built as this one is, unless `CARESTORE_BENCH_SERVER` names another.
fn server() -> PathBuf {
    if let Ok(program) = env::var("CARESTORE_BENCH_SERVER") {
        return program.into();
    }
    let mut cargo = Command::new(env!("CARGO"));
    cargo.args(["build", "--quiet", "--package", "ledger-server", "--bin", "carestore-server"]);
    if !cfg!(debug_assertions) {
        cargo.arg("--release");
    }
    let built = cargo.current_dir(env!("CARGO_MANIFEST_DIR")).status().unwrap();
    assert!(built.success(), "the server's program is built");
    let here = env::current_exe().unwrap();
    here.ancestors().nth(2).unwrap().join("carestore-server")
}

/// The tables that are about a log of made-up years.
fn of_a_log(extent: &Extent, dir: &Path, wanted: &dyn Fn(&'static str) -> bool) {
    let mut fixture = Fixture::new(dir, extent.entries);
    if wanted("replay") {
        replay::measure(extent, &mut fixture);
    }
    if wanted("start") {
        start::measure(extent, &fixture, dir);
    }
    if wanted("proofs") {
        proofs::measure(extent, &fixture);
    }
    if wanted("audit") {
        audit::measure(extent, &fixture, dir);
    }
    if wanted("space") {
        space::measure(extent, &fixture, dir);
    }
    if wanted("append") {
        let last = fixture.last;
        drop(fixture);
        append::measure(extent, dir, last);
    }
}
