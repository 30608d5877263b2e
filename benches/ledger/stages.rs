//! The stages of a replay, each over all entries of the same log: scan, hash, decode, fold, and then together, as every start
//! takes them. Both the tables and Criterion measure these.

use std::{hint::black_box, num::NonZero, ops::ControlFlow, thread, time::Duration};

use ledger_core::{Entry, State, advance};
use ledger_proto::{Frontier, Over, leaf, stored};
use ledger_server::{Cores, Hashes, Log, PackedLog, Verified, replay};

use crate::{
    fixture::{Fixture, LOG},
    table::time,
};

/// Decoded entries are folded in pieces that do not fill the memory.
const PIECE: usize = 4_096;

/// What a stage is called, and what says how long it takes. Only an opening changes anything: it closes the log before.
pub(crate) type Stage = (&'static str, fn(&mut Fixture) -> Duration);

/// The same entries for each.
pub(crate) const STAGES: [Stage; 10] = [
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
    ("scan and hash, one core", |fixture| {
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
    ("scan and hash, all cores", |fixture| {
        let threads = thread::available_parallelism().map_or(1, NonZero::get);
        let (log, size) = (fixture.log(), fixture.ends.len());
        // Each takes a part that begins with a segment, and nobody waits for anybody.
        let part = size.div_ceil(256 * threads) * 256;
        let (took, roots) = time(|| {
            thread::scope(|scope| {
                let parts = (0..size).step_by(part).map(|after| {
                    let end = size.min(after + part);
                    scope.spawn(move || scan_and_hash(log, after as u64, end as u64))
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
];

/// What each stage is a part of.
pub(crate) const TOGETHER: &str = "all together, one core";

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
