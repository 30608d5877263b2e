//! What every log promises, tried on each of them.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test stops at what it did not expect"
)]

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::Duration;

use ledger_proto::{Frontier, leaf};
use ledger_server::{
    Block, Log, LogError, LogId, LogOptions, MAX_ENTRY, MemoryLog, PackedLog, SimulatedDisk,
};
use proptest::prelude::*;

/// Somewhere a log can be opened, closed and opened again.
struct Place {
    open: Box<dyn Fn() -> Arc<dyn Log>>,
    log: Option<Arc<dyn Log>>,
}

impl Place {
    fn new(open: impl Fn() -> Arc<dyn Log> + 'static) -> Place {
        Place { log: Some(open()), open: Box::new(open) }
    }

    fn log(&self) -> &dyn Log {
        self.log.as_deref().unwrap()
    }

    /// What was durable is still there; all else may be gone.
    fn reopen(&mut self) {
        self.log = None;
        self.log = Some((self.open)());
    }
}

/// Small volumes, so that the tests roll over a few of them; no demands on the disk they run on.
pub(crate) fn small() -> LogOptions {
    LogOptions {
        volume_bytes: 300 << 10,
        wal_bytes: 24 << 10,
        cache_bytes: 1 << 20,
        min_free_bytes: 0,
        reserve_bytes: 0,
        head_sync_every: Duration::ZERO,
        hang_after: Duration::from_mins(1),
    }
}

fn memory() -> Place {
    let log = Arc::new(MemoryLog::new());
    Place::new(move || Arc::clone(&log) as Arc<dyn Log>)
}

/// Every reopening is a power cut.
fn simulated() -> Place {
    let disk = SimulatedDisk::new();
    Place::new(move || {
        disk.crash(0);
        Arc::new(disk.open(&small()).unwrap())
    })
}

fn packed() -> Place {
    let dir = tempfile::tempdir().unwrap();
    Place::new(move || Arc::new(PackedLog::open(dir.path(), &small()).unwrap()))
}

pub(crate) fn entries(first: u64, count: u64) -> Vec<Vec<u8>> {
    (first..first + count).map(|n| format!("entry {n}").into_bytes()).collect()
}

pub(crate) fn append(
    log: &dyn Log,
    number: u32,
    first: u64,
    entries: &[Vec<u8>],
) -> Result<(), LogError> {
    log.append(&[Block { log: LogId::new(number), first, entries }])
}

pub(crate) fn all(log: &dyn Log, number: u32, after: u64) -> Vec<(u64, Vec<u8>)> {
    let mut seen = Vec::new();
    log.scan(LogId::new(number), after, &mut |position, entry| {
        seen.push((position, entry.to_vec()));
        ControlFlow::Continue(())
    })
    .unwrap();
    seen
}

/// The log holds exactly these entries, from wherever it is asked, and its root is theirs.
pub(crate) fn holds(log: &dyn Log, number: u32, expected: &[Vec<u8>]) {
    let id = LogId::new(number);
    log.verdict(id).unwrap();
    let size = expected.len() as u64;
    for after in [0, 1, 100, 255, 256, 257, 511, 512, size.saturating_sub(1), size, size + 5] {
        let seen = all(log, number, after);
        let wanted = (1..).zip(expected.iter().cloned()).skip(usize::try_from(after).unwrap());
        assert!(seen.into_iter().eq(wanted), "log {number} after {after} of {size}");
    }
    let mut frontier = Frontier::default();
    for entry in expected {
        frontier.push(leaf(entry));
    }
    let head = log.head(id);
    assert_eq!((head.size, head.root()), (size, frontier.root()));
    assert_eq!(head.frontier, frontier);
    let last = expected.last().cloned();
    assert_eq!(log.read(id, size).unwrap(), if size == 0 { None } else { last });
    assert_eq!(log.read(id, size + 1).unwrap(), None);
    assert_eq!(log.read(id, 0).unwrap(), None);
}

fn keeps_the_order_and_is_durable_on_return(place: &mut Place) {
    append(place.log(), 1, 1, &entries(1, 3)).unwrap();
    append(place.log(), 1, 4, &entries(4, 2)).unwrap();
    holds(place.log(), 1, &entries(1, 5));
    place.reopen();
    holds(place.log(), 1, &entries(1, 5));
    append(place.log(), 1, 6, &entries(6, 1)).unwrap();
    place.reopen();
    holds(place.log(), 1, &entries(1, 6));
}

fn append_of_nothing_does_nothing(place: &mut Place) {
    place.log().append(&[]).unwrap();
    append(place.log(), 1, 1, &[]).unwrap();
    append(place.log(), 1, 99, &[]).unwrap();
    assert_eq!(place.log().logs(), []);
    place.reopen();
    holds(place.log(), 1, &[]);
}

fn out_of_order_is_refused(place: &mut Place) {
    append(place.log(), 1, 1, &entries(1, 3)).unwrap();
    for got in [0, 1, 3, 5] {
        let refused = append(place.log(), 1, got, &entries(1, 1));
        assert!(
            matches!(refused, Err(LogError::OutOfOrder { expected: 4, got: g, .. }) if g == got)
        );
    }
    // A refusal is no failure: the log goes on.
    append(place.log(), 1, 4, &entries(4, 1)).unwrap();
    holds(place.log(), 1, &entries(1, 4));
}

fn too_large_is_refused_before_anything_is_written(place: &mut Place) {
    let (small, large) = (entries(1, 1), vec![vec![7; MAX_ENTRY], vec![7; MAX_ENTRY + 1]]);
    let blocks = [
        Block { log: LogId::new(1), first: 1, entries: &small },
        Block { log: LogId::new(2), first: 1, entries: &large },
    ];
    let refused = place.log().append(&blocks);
    assert!(matches!(refused, Err(LogError::EntryTooLarge { position: 2, .. })));
    holds(place.log(), 1, &[]);
    place.reopen();
    holds(place.log(), 1, &[]);
    append(place.log(), 2, 1, &large[..1]).unwrap();
    place.reopen();
    holds(place.log(), 2, &large[..1]);
}

fn several_logs_share_an_append(place: &mut Place) {
    let (a, b, c) = (entries(1, 300), entries(500, 2), entries(301, 10));
    let blocks = [
        Block { log: LogId::new(7), first: 1, entries: &a },
        Block { log: LogId::new(2), first: 1, entries: &b },
        Block { log: LogId::new(7), first: 301, entries: &c },
    ];
    place.log().append(&blocks).unwrap();
    for _ in 0..2 {
        assert_eq!(place.log().logs(), [LogId::new(2), LogId::new(7)]);
        holds(place.log(), 7, &entries(1, 310));
        holds(place.log(), 2, &b);
        place.reopen();
    }
}

fn segments_fill_at_every_boundary(place: &mut Place) {
    let mut size = 0;
    for step in [1, 254, 1, 1, 255, 256, 257, 511, 1, 600] {
        append(place.log(), 3, size + 1, &entries(size + 1, step)).unwrap();
        size += step;
        holds(place.log(), 3, &entries(1, size));
        place.reopen();
        holds(place.log(), 3, &entries(1, size));
    }
}

fn long_entries_are_split_over_values(place: &mut Place) {
    let long =
        |n: u64| vec![u8::try_from(n % 251).unwrap(); MAX_ENTRY - usize::from(n.is_multiple_of(7))];
    let mut kept: Vec<Vec<u8>> = Vec::new();
    for step in [5_u64, 100, 1, 300, 20] {
        let size = kept.len() as u64;
        let more: Vec<Vec<u8>> = (0..step).map(|n| long(size + n)).collect();
        append(place.log(), 1, size + 1, &more).unwrap();
        kept.extend(more);
        holds(place.log(), 1, &kept);
    }
    place.reopen();
    holds(place.log(), 1, &kept);
}

fn a_visitor_may_stop_and_may_append(place: &mut Place) {
    append(place.log(), 1, 1, &entries(1, 400)).unwrap();
    let mut seen = 0;
    place
        .log()
        .scan(LogId::new(1), 250, &mut |position, _| {
            seen += 1;
            if position == 251 {
                append(place.log(), 1, 401, &entries(401, 200)).unwrap();
            }
            ControlFlow::Continue(())
        })
        .unwrap();
    assert_eq!(seen, 150, "what is added during a scan is not seen by it");
    let mut last = 0;
    place
        .log()
        .scan(LogId::new(1), 0, &mut |position, _| {
            last = position;
            if position == 300 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        })
        .unwrap();
    assert_eq!(last, 300);
}

/// Long enough for a few volumes.
fn padded(first: u64, count: u64) -> Vec<Vec<u8>> {
    let mut entries = entries(first, count);
    for entry in &mut entries {
        entry.resize(1000, b'.');
    }
    entries
}

fn readers_and_the_writer_do_not_disturb_each_other(place: &mut Place) {
    std::thread::scope(|scope| {
        let log = place.log();
        let writer = scope.spawn(move || {
            for n in 0..120 {
                append(log, 1, n * 10 + 1, &padded(n * 10 + 1, 10)).unwrap();
            }
        });
        while !writer.is_finished() {
            let size = log.head(LogId::new(1)).size;
            let seen = all(log, 1, size.saturating_sub(300));
            assert!(
                seen.iter()
                    .map(|(position, _)| *position)
                    .eq(size.saturating_sub(300) + 1..=seen.last().map_or(0, |last| last.0))
            );
            assert!(seen.last().map_or(0, |last| last.0) >= size);
        }
    });
    holds(place.log(), 1, &padded(1, 1200));
}

/// Appends of any size to three logs, with reopenings between, read back like plain vectors.
fn agrees_with_vectors(make: fn() -> Place, cases: u32) {
    let step = (0_u32..3, 0_u64..400, any::<bool>(), 0_usize..3000);
    let config = ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() };
    let mut runner = proptest::test_runner::TestRunner::new(config);
    runner
        .run(&proptest::collection::vec(step, 1..12), |steps| {
            let mut place = make();
            let mut model: BTreeMap<u32, Vec<Vec<u8>>> = BTreeMap::new();
            for (number, count, reopen, length) in steps {
                let kept = model.entry(number).or_default();
                let first = kept.len() as u64 + 1;
                let more: Vec<Vec<u8>> =
                    (first..first + count).map(|n| vec![n.to_be_bytes()[7]; length]).collect();
                append(place.log(), number, first, &more).unwrap();
                kept.extend(more);
                if reopen {
                    place.reopen();
                }
            }
            for (number, kept) in &model {
                holds(place.log(), *number, kept);
            }
            Ok(())
        })
        .unwrap();
}

macro_rules! contract {
    ($place:ident, $cases:expr; $($promise:ident),+) => {
        mod $place {
            $(#[test]
            fn $promise() {
                super::$promise(&mut super::$place());
            })+

            #[test]
            fn agrees_with_vectors() {
                super::agrees_with_vectors(super::$place, $cases);
            }
        }
    };
    ($($place:ident $cases:expr),+) => {
        $(contract!($place, $cases;
            keeps_the_order_and_is_durable_on_return, append_of_nothing_does_nothing,
            out_of_order_is_refused, too_large_is_refused_before_anything_is_written,
            several_logs_share_an_append, segments_fill_at_every_boundary,
            long_entries_are_split_over_values, a_visitor_may_stop_and_may_append,
            readers_and_the_writer_do_not_disturb_each_other);)+
    };
}

contract!(memory 40, simulated 40, packed 6);
