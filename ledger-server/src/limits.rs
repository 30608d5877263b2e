//! How much anybody may ask for at once: every limit of the service, in one place. What is above one is refused, with its
//! figure; what lies below this line is kept where it is parsed or decided, and named here.
//!
//! | what | most | refused as |
//! |---|---|---|
//! | rows of a page | 1,000 (`ledger_proto::api`) | taken as 1,000 |
//! | characters of a note | 2,000 (`ledger_proto::api`) | `INVALID_FIELD` |
//! | characters of a title | 80 (`ledger_core::Title`) | `INVALID_FIELD` |
//! | an entry of the log | 16 KiB (`log::MAX_ENTRY`) | `INTERNAL`: nothing that can be parsed is longer |
//! | respite that one carer has asked for and is open | 100 (`ledger_core::MAX_OPEN_PROMISES`) | `TOO_MANY_PROMISES` |
//! | a disk that is nearly full | 64 MB must be free, a quarter of what a start asks for (`room`) | `DISK_FULL` |

use std::{
    num::{NonZero, NonZeroU32},
    time::Duration,
};

/// A message may have so many bytes: an import's chunk, a batch of a thousand writes. `MESSAGE_TOO_LARGE`.
pub const MESSAGE_BYTES: usize = 8 << 20;
/// So many writes may come in one batch. `INVALID_FIELD`.
pub(crate) const BATCH_WRITES: usize = 1_000;
/// So many requests may wait for the writer, however the server is set up.
pub(crate) const INBOX: usize = 8_192;
/// So many steps may come in one import. `INVALID_FIELD`.
pub(crate) const IMPORT_STEPS: usize = 500_000;
/// So many tries a minute has one address for what anybody may call. `RATE_LIMITED`.
pub(crate) const TRIES_A_MINUTE: NonZeroU32 = at_least_one(30);
/// All header fields of a call together may have so many bytes; above that the connection itself refuses them.
pub(crate) const HEADER_BYTES: u32 = 16 << 10;
/// A message to those methods that ask for no token and say nothing of any co-op: whether the server is well, and what it has.
pub(crate) const OPEN_BYTES: usize = 4 << 10;
/// So many calls may be open on one connection; above that the connection itself refuses them, and a caller's own library waits.
pub(crate) const CALLS_A_CONNECTION: u32 = 256;

const fn at_least_one(number: u32) -> NonZeroU32 {
    match NonZeroU32::new(number) {
        Some(number) => number,
        None => NonZeroU32::MIN,
    }
}

/// So many bytes a second are all who follow told together for each core of the machine, while something is written. A hundred
/// who follow on the same two cores take about a tenth of what the writer does alone, however it is asked; unbounded, they took
/// up to nine tenths.
const TOLD_A_CORE: u64 = 16 << 20;

fn told_a_second() -> u64 {
    let cores = std::thread::available_parallelism().map_or(1, NonZero::get);
    TOLD_A_CORE.saturating_mul(cores as u64)
}

/// What depends on the machine and on who uses it. The token of the first start has no limit of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// So many requests may wait for the writer, and never more than 8,192. A batch waits with as many as are in it. `BUSY`.
    pub waiting: usize,
    /// So many calls a second may one token make, and as many again in a burst. `RATE_LIMITED`.
    pub requests_a_second: NonZeroU32,
    /// So many connections may be open; above that, new ones are hung up on. Each is a file of the process, which on most systems
    /// may have 1,024, and the log needs some.
    pub connections: usize,
    /// So many streams may one token have open. `TOO_MANY_STREAMS`.
    pub streams_each: usize,
    /// So many streams may be open together. `TOO_MANY_STREAMS`.
    pub streams: usize,
    /// Whoever calls without a token has so long for the whole call, so that nobody fills the memory with what they never
    /// finish saying. `DEADLINE_EXCEEDED`.
    pub strangers: Duration,
    /// Whoever follows and takes nothing for so long is let go, and resumes where they were. `FELL_BEHIND`.
    pub stall: Duration,
    /// So many bytes a second are all who follow told together while something is written, and several times as many while nothing
    /// is. Nobody is refused for it: they hear the rest later.
    pub told_a_second: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            waiting: INBOX,
            requests_a_second: at_least_one(1_000),
            connections: 768,
            streams_each: 64,
            streams: 1_024,
            strangers: Duration::from_secs(10),
            stall: Duration::from_secs(30),
            told_a_second: told_a_second(),
        }
    }
}
