//! The simulation: one seed is one run of the real engine over the real log, on a disk, a clock and with callers of which
//! each step is chance, and the same chance every time.
//!
//! ```text
//! run ──asks──▶ engine, writer, views ──▶ log, cards ──▶ simulated disk ◀──faults: cuts, failures, no room
//!  │                     ▲ boot
//!  └──holds all that was answered, and all that was seen, against books of its own (`books`)
//! ```
//!
//! `CARESTORE_SEED=7 cargo test -p ledger-server simulation` repeats one run, `CARESTORE_SEEDS=100000` makes so many, from
//! `CARESTORE_SEED_FROM` on.

mod answers;
mod asks;
mod books;
mod callers;
mod derived;
mod faults;
mod holding;
mod life;
mod loss;
mod run;
mod tally;
mod trace;

use std::{
    env,
    panic::{AssertUnwindSafe, catch_unwind, resume_unwind},
};

use run::Run;
use tally::Tally;

/// So many seeds in each test run.
const SEEDS: u64 = 2_000;

fn number(variable: &str) -> Option<u64> {
    env::var(variable).ok().map(|said| said.parse().unwrap())
}

/// One run; a failure says how to repeat it.
fn one(seed: u64) -> Tally {
    match catch_unwind(AssertUnwindSafe(|| Run::new(seed).until_its_end())) {
        Ok(tally) => tally,
        Err(failed) => {
            println!("to repeat it: CARESTORE_SEED={seed} cargo test -p ledger-server simulation");
            resume_unwind(failed)
        }
    }
}

#[test]
fn the_books_are_right_whatever_happens() {
    if let Some(seed) = number("CARESTORE_SEED") {
        println!("seed {seed}: {:?}", one(seed));
        return;
    }
    let from = number("CARESTORE_SEED_FROM").unwrap_or(0);
    let seeds = number("CARESTORE_SEEDS").unwrap_or(SEEDS);
    let mut all = Tally::default();
    for seed in from..from + seeds {
        all.add(&one(seed));
    }
    println!("{seeds} seeds from {from} on: {all:?}");
    // What never happens is not tried.
    if seeds >= SEEDS {
        all.everything_happened();
    }
}

#[test]
fn a_seed_is_the_same_run_every_time() {
    for seed in number("CARESTORE_SEED").map_or(0..20, |seed| seed..seed + 1) {
        assert_eq!(one(seed).digest, one(seed).digest, "seed {seed}");
    }
}
