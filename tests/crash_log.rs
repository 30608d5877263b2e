//! A power cut at every single write: what was acknowledged is there, and the log goes on.
//!
//! On the simulated disk, where each cut can be tried; `power` and `kills` do it to the real one.
#![allow(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use ledger_server::{
    Act, Arrival, Block, Failure, Fate, Fates, Log, LogId, LogOptions, SimulatedDisk, Spot,
};

use crate::log_contract::{append, entries, holds, small};

/// Cuts the power after `writes` of an append to two logs, when so many unsynced ones had arrived,
/// or, the worst order there is, only the removals. Says whether the append had returned.
fn cut(options: &LogOptions, before: u64, added: u64, writes: usize, kept: Option<usize>) -> bool {
    let disk = SimulatedDisk::new();
    let log = disk.open(options).unwrap();
    for first in (1..=before).step_by(100) {
        append(&log, 1, first, &entries(first, 100.min(before + 1 - first))).unwrap();
    }
    append(&log, 2, 1, &entries(1, 10)).unwrap();
    disk.fill_after(writes);
    let (one, two) = (entries(before + 1, added), entries(11, 5));
    let returned = log
        .append(&[
            Block { log: LogId::new(1), first: before + 1, entries: &one },
            Block { log: LogId::new(2), first: 11, entries: &two },
        ])
        .is_ok();
    match kept {
        Some(kept) => disk.crash(kept),
        None => disk.crash_with_removals_first(),
    }
    drop(log);

    let log = disk.open(options).unwrap();
    for (number, old, new) in [(1, before, added), (2, 10, 5)] {
        let size = log.head(LogId::new(number)).size;
        assert!(size >= old + if returned { new } else { 0 }, "lost: {size} of log {number}");
        assert!(size <= old + new);
        holds(&log, number, &entries(1, size));
    }
    let size = log.head(LogId::new(1)).size;
    append(&log, 1, size + 1, &entries(size + 1, 300)).unwrap();
    disk.crash(0);
    holds(&disk.open(options).unwrap(), 1, &entries(1, size + 300));
    returned
}

#[test]
fn no_cut_at_any_write_loses_what_was_acknowledged() {
    let often = small();
    let seldom = LogOptions { head_sync_every: Duration::from_hours(1), ..small() };
    let tiny = LogOptions { volume_bytes: 4000, ..small() };
    for options in [&often, &seldom, &tiny] {
        for (before, added) in [(3, 2), (250, 6), (255, 1), (256, 300), (510, 600), (0, 256)] {
            for kept in [None, Some(0), Some(1), Some(2), Some(5), Some(usize::MAX)] {
                let mut writes = 0;
                while !cut(options, before, added, writes, kept) {
                    writes += 1;
                    assert!(writes < 200, "the append never returns");
                }
            }
        }
    }
}

/// One sync of these kinds fails, and what it should have brought to the platter is taken for clean from then on.
struct OneForgets(&'static [Act], AtomicUsize);

impl Fates for OneForgets {
    fn next(&self, act: Act, _: Spot) -> Fate {
        let counts = self.0.contains(&act) && self.1.load(Ordering::Relaxed) > 0;
        if counts && self.1.fetch_sub(1, Ordering::Relaxed) == 1 {
            return Fate::Fails(Failure::Forgotten);
        }
        Fate::Done
    }
}

fn one_forgets(of: &'static [Act], nth: usize) -> Arc<dyn Fates> {
    Arc::new(OneForgets(of, AtomicUsize::new(nth)))
}

/// After a sync that failed the system shows what is in its memory alone. Whoever goes on from there
/// must not lose what was acknowledged since, nor what was there before.
#[test]
fn nothing_is_built_on_what_a_failed_sync_left_in_memory() {
    let tiny = LogOptions { volume_bytes: 4000, ..small() };
    for options in [&small(), &tiny] {
        for (before, added) in [(3, 2), (250, 10), (256, 300), (510, 600)] {
            for nth in 1.. {
                let disk = SimulatedDisk::new();
                let log = disk.open(options).unwrap();
                append(&log, 1, 1, &entries(1, before)).unwrap();
                disk.ask(Some(one_forgets(&[Act::Sync, Act::SyncWal], nth)));
                if append(&log, 1, before + 1, &entries(before + 1, added)).is_ok() {
                    assert!(nth > 1);
                    break;
                }
                disk.ask(None);
                disk.kill_where(&mut |_, _| Arrival::Whole);
                drop(log);

                let log = disk.open(options).unwrap();
                let size = log.head(LogId::new(1)).size;
                assert!(size >= before);
                append(&log, 1, size + 1, &entries(size + 1, 3)).unwrap();
                holds(&log, 1, &entries(1, size + 3));
                disk.crash(0);
                drop(log);
                holds(&disk.open(options).unwrap(), 1, &entries(1, size + 3));
            }
        }
    }
}

/// The sync that fails is the store's own, and what was acknowledged since the one before it lies in the write-ahead log alone:
/// it is not forgotten with it, whether the power goes before anything else is written, after that, or not at all.
#[test]
fn a_checkpoint_that_fails_takes_nothing_with_it_that_was_acknowledged() {
    let once = LogOptions { wal_bytes: 20_000, ..small() };
    let rolls = LogOptions { volume_bytes: 30_000, ..once };
    for (options, more) in [&once, &rolls].into_iter().flat_map(|at| [(at, 0), (at, 1), (at, 40)]) {
        for nth in 1..6 {
            let disk = SimulatedDisk::new();
            let log = disk.open(options).unwrap();
            append(&log, 1, 1, &entries(1, 230)).unwrap();
            disk.ask(Some(one_forgets(&[Act::Sync], nth)));
            let mut size = 230;
            while append(&log, 1, size + 1, &entries(size + 1, 1)).is_ok() {
                size += 1;
            }
            disk.ask(None);
            disk.kill_where(&mut |_, _| Arrival::Whole);
            drop(log);

            let log = disk.open(options).unwrap();
            let found = log.head(LogId::new(1)).size;
            assert!(found >= size, "{nth}: {found} of {size}");
            for next in found + 1..=found + more {
                append(&log, 1, next, &entries(next, 1)).unwrap();
            }
            disk.crash(0);
            drop(log);
            let log = disk.open(options).unwrap();
            log.verdict(LogId::new(1)).unwrap();
            holds(&log, 1, &entries(1, found + more));
        }
    }
}
