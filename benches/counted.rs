//! What `benches/count` lets callgrind count: the same entries replayed from memory, and then some appended behind them, by
//! the steps of a start and of the writer that need no disk.
//!
//! Each step is a function of its own that is never inlined, so that its instructions are found under its name; what is
//! made up beforehand is counted nowhere. Nothing is left to chance, so each run takes the same instructions but for a few
//! of the allocator's.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stdout,
    reason = "a program that measures prints, and ends where it cannot"
)]

#[path = "counted/append.rs"]
mod append;
#[path = "ledger/hours.rs"]
mod hours;
#[path = "counted/replay.rs"]
mod replay;
#[allow(dead_code, reason = "the tables say more of the years than is asked for here")]
#[path = "ledger/years.rs"]
mod years;

use ledger_proto::stored;

/// So many entries are replayed: ten months of a small co-op, and long enough for all that lapses to lapse.
const REPLAYED: usize = 20_000;
/// So many hours are logged and confirmed behind them.
const HOURS: u32 = 1_000;

fn main() {
    // `cargo test --benches` wants to know only that it runs.
    let counted = std::env::args().any(|argument| argument == "--bench");
    let (entries, hours) = if counted { (REPLAYED, HOURS) } else { (5_000, 20) };
    let mut log = Vec::with_capacity(entries);
    let made = years::make(entries, |entry| log.push(stored::encode(entry).unwrap()));
    let (state, tree) = replay::count_replay(&log);
    assert_eq!(state.books().sums(), [0; 3]);
    println!("replay {}", log.len());
    let mut writer = append::Writer::behind(state, tree, made.last);
    let requests = writer.requests(hours);
    append::count_append(&mut writer, &requests);
    println!("append {}", requests.len());
}
