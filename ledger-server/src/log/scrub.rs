//! Reading again what was written long ago: every segment and the tail, leaf by leaf.
//!
//! A checksum says that a block is as somebody wrote it. That these are the entries which were
//! recorded, only the Merkle log in memory can say: so each segment is hashed anew and held against it.
//!
//! A closed volume is opened anew for it, and so is read from the disk. Of the newest, some pages may come
//! from the store's own cache; what rots below those is found once they have gone, or by the next start.

use std::ops::ControlFlow;
use std::sync::Arc;

use ledger_proto::{Frontier, Hash, Over, leaf};

use crate::log::block::{self, Assembly, HEIGHT, Kind, SEGMENT};
use crate::log::medium::Store;
use crate::log::packed::{Known, SEALED};
use crate::log::volumes::Volumes;
use crate::log::{LogError, LogId, Lost, read};

/// The Merkle log as it is known in memory: what stored entries are held against.
#[derive(Clone, Copy)]
pub struct Against<'a> {
    /// How many entries are looked at.
    pub size: u64,
    /// What stands for all of them.
    pub root: Hash,
    /// The root of a complete subtree, by its height and its index from the left, where it is known.
    pub subtree: &'a (dyn Fn(u32, u64) -> Option<Hash> + 'a),
}

/// Called after each segment: a place to rest, or to stop.
pub type Pause<'a> = dyn FnMut() -> ControlFlow<()> + 'a;

/// Reads a log from its first entry on. The error names the first entries that are not those that
/// were recorded, as exactly as a subtree's root can; `Break` says that the pause ended it.
pub(crate) fn scrub(
    volumes: &Arc<Volumes>,
    log: LogId,
    known: Arc<Known>,
    against: &Against<'_>,
    pause: &mut Pause<'_>,
    again: &dyn Fn() -> Option<Arc<Known>>,
) -> Result<ControlFlow<()>, LogError> {
    let end = known.sealed.min(against.size / SEGMENT * SEGMENT);
    let mut grown = Frontier::default();
    let mut all_known = true;
    while grown.size() < end {
        let (volume, last) = known.run_of(grown.size() + 1);
        // Held over all of its segments: opening an old volume costs more than reading it.
        let unopened = Lost { log, first: grown.size() + 1, last: last.min(end) };
        let lease = volumes.lease_anew(volume).map_err(|error| error.naming(unopened))?;
        while grown.size() < last.min(end) {
            let first = grown.size() + 1;
            let root = segment(lease.store()?, log, first)?;
            let expected = (against.subtree)(HEIGHT, grown.size() / SEGMENT);
            all_known &= expected.is_some();
            if expected.is_some_and(|expected| expected != root) {
                return Err(other(log, first, first + SEGMENT - 1));
            }
            let pushed = grown.push_subtree(HEIGHT, root);
            pushed.map_err(|error| LogError::Unfit(error.to_string()))?;
            if pause().is_break() {
                return Ok(ControlFlow::Break(()));
            }
        }
    }
    let first = if all_known { grown.size() + 1 } else { 1 };
    read::stretches(
        volumes,
        log,
        known,
        grown.size(),
        &mut |stretch| {
            (stretch.first..).zip(stretch.entries()).try_for_each(|(position, entry)| {
                if position > against.size {
                    return ControlFlow::Break(());
                }
                grown.push(leaf(entry));
                ControlFlow::Continue(())
            })
        },
        again,
    )?;
    if grown.root() == against.root {
        Ok(ControlFlow::Continue(()))
    } else {
        Err(other(log, first.min(against.size), against.size))
    }
}

/// The root of a segment, taken from its entries; it must be the one that was written beside them.
fn segment(store: &dyn Store, log: LogId, first: u64) -> Result<Hash, LogError> {
    let unreadable = |what: &str| LogError::Store {
        what: format!("a segment {what}"),
        missing: vec![Lost { log, first, last: first + SEGMENT - 1 }],
    };
    let mut found = Err(unreadable("cannot be read"));
    let mut parts = Assembly::default();
    let scanned = store.scan(SEALED, &block::segment_key(log, first, 0), &mut |key, value| {
        let at = block::read_key(key).filter(|at| (at.0, at.1) == (log, first));
        let Some(at) = at else { return ControlFlow::Break(()) };
        let Some(whole) = parts.add(at, value) else { return ControlFlow::Continue(()) };
        if let Some(opened) = block::open(Kind::Segment, log, whole) {
            let entries: Vec<&[u8]> = opened.entries().collect();
            let root = Over::Entries.root(&Over::Entries.leaves(&entries));
            let same = (opened.first, entries.len() as u64) == (first, SEGMENT);
            found = if same && root == opened.root {
                Ok(root)
            } else {
                Err(other(log, first, first + SEGMENT - 1))
            };
        }
        ControlFlow::Break(())
    });
    match scanned {
        Ok(()) => found,
        Err(error) => Err(unreadable(&format!("cannot be read ({error})"))),
    }
}

fn other(log: LogId, first: u64, last: u64) -> LogError {
    let what = "what is stored is not what was recorded".to_owned();
    LogError::Store { what, missing: vec![Lost { log, first, last }] }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::log::medium::Medium;
    use crate::log::packed::TAIL;
    use crate::log::{Block, Log, LogOptions, PackedLog, SimulatedDisk};

    const ONE: LogId = LogId::new(1);

    /// A log of so many entries, some of them so long that a segment takes several values.
    fn log(count: u64) -> (Arc<dyn Medium>, PackedLog, Vec<Vec<u8>>) {
        let medium = SimulatedDisk::new().medium();
        let options = LogOptions { volume_bytes: 200 << 10, ..LogOptions::default() };
        let log = PackedLog::open_on(&medium, &options).unwrap();
        let entry = |n: u64| {
            let width = if n.is_multiple_of(5) { 900 } else { 12 };
            format!("{n:0width$}").into_bytes()
        };
        let entries: Vec<Vec<u8>> = (1..=count).map(entry).collect();
        for (first, entries) in (1..).step_by(90).zip(entries.chunks(90)) {
            log.append(&[Block { log: ONE, first, entries }]).unwrap();
        }
        (medium, log, entries)
    }

    /// The root of the entries from one position on.
    fn root(entries: &[Vec<u8>]) -> Hash {
        let mut grown = Frontier::default();
        for entry in entries {
            grown.push(leaf(entry));
        }
        grown.root()
    }

    /// The first and last position that a scrub objects to, if it does.
    fn objected(log: &PackedLog, known: &[Vec<u8>]) -> Option<(u64, u64)> {
        let subtree = |height: u32, index: u64| {
            assert_eq!(height, HEIGHT);
            let from = usize::try_from(index * SEGMENT).unwrap();
            known.get(from..from + 256).map(root)
        };
        let against = Against { size: known.len() as u64, root: root(known), subtree: &subtree };
        match log.scrub(ONE, &against, &mut || ControlFlow::Continue(())) {
            Ok(flow) => {
                assert!(flow.is_continue());
                None
            }
            Err(LogError::Store { missing, .. }) => Some((missing[0].first, missing[0].last)),
            Err(error) => unreachable!("{error}"),
        }
    }

    #[test]
    fn it_rests_after_each_segment_and_ends_when_it_is_told() {
        let (_, log, entries) = log(1_100);
        let against = Against { size: 1_100, root: root(&entries), subtree: &|_, _| None };
        let mut rests = 0;
        let mut pause = || {
            rests += 1;
            if rests == 3 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        };
        assert!(log.scrub(ONE, &against, &mut pause).unwrap().is_break());
        assert_eq!(rests, 3);
    }

    #[test]
    fn a_tail_of_other_entries_is_found() {
        let (medium, log, entries) = log(300);
        let (store, key) = (medium.open_volume(1).unwrap(), block::tail_key(ONE, 271));
        let mut payload = Vec::new();
        for entry in &entries[270..300] {
            block::push_entry(&mut payload, entry).unwrap();
        }
        assert_eq!(objected(&log, &entries), None);
        *payload.last_mut().unwrap() ^= 1;
        let value = block::encode(Kind::Tail, (ONE, 271), 30, &[0; 32], &payload).unwrap();
        assert!(store.get(TAIL, &key).unwrap().is_some());
        store.put(TAIL, &key, &value).unwrap();
        assert_eq!(objected(&log, &entries), Some((257, 300)));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]

        /// Whatever the log in memory is told to be, the first segment that differs is named, or the tail.
        #[test]
        fn the_first_segment_that_differs_is_named(
            count in 0_u64..1_500,
            size in 0_usize..=100,
            other in proptest::option::of(0_usize..100),
        ) {
            let (_, log, mut known) = log(count);
            known.truncate(known.len() * size / 100);
            let at = other.map(|other| known.len() * other / 100);
            let Some(entry) = at.and_then(|at| known.get_mut(at)) else {
                prop_assert_eq!(objected(&log, &known), None);
                return Ok(());
            };
            entry.push(b'!');
            let first = block::segment_of(at.unwrap() as u64 + 1);
            let last = (first + SEGMENT - 1).min(known.len() as u64);
            prop_assert_eq!(objected(&log, &known), Some((first, last)));
        }
    }
}
