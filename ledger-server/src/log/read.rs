//! Reading a log while it grows: segments first, then the tail, stretch by stretch.
//!
//! A value is checked as a whole and its entries are handed out where they lie.

use std::ops::ControlFlow;
use std::sync::Arc;

use ledger_proto::Hash;

use crate::log::block::{self, Assembly, Kind, Opened, SEGMENT};
use crate::log::medium::Store;
use crate::log::packed::{Known, SEALED, TAIL};
use crate::log::volumes::Volumes;
use crate::log::{LogError, LogId, Lost, Stretch};

type Visit<'a> = dyn FnMut(Stretch<'_>) -> ControlFlow<()> + 'a;

/// Visits what was durable when `known` was published. Where the tail has moved into a segment or
/// into another volume meanwhile, `again` says where it is now.
pub(crate) fn stretches(
    volumes: &Arc<Volumes>,
    log: LogId,
    mut known: Arc<Known>,
    after: u64,
    visit: &mut Visit<'_>,
    again: &dyn Fn() -> Option<Arc<Known>>,
) -> Result<(), LogError> {
    let mut walk = Walk { log, next: after.saturating_add(1), end: known.head.size, visit };
    while walk.next <= walk.end {
        let before = walk.next;
        let flow = if walk.next <= known.sealed {
            let (volume, last) = known.run_of(walk.next);
            let unopened = Lost { log, first: walk.next, last: last.min(walk.end) };
            let lease = volumes.lease(volume).map_err(|error| error.naming(unopened))?;
            walk.segments(lease.store()?, last)?
        } else {
            walk.tail(volumes.lease(known.tail)?.store()?)?
        };
        if flow.is_break() {
            return Ok(());
        }
        if walk.next == before {
            let newer = again().unwrap_or_default();
            if (newer.sealed, newer.tail) == (known.sealed, known.tail) {
                return Err(walk.missing(walk.end));
            }
            known = newer;
        }
    }
    Ok(())
}

impl Known {
    /// The volume of the segment with this position, and the last position that it holds.
    pub(crate) fn run_of(&self, position: u64) -> (u32, u64) {
        let behind = self.runs.partition_point(|run| run.first <= position);
        let volume = behind.checked_sub(1).and_then(|at| self.runs.get(at));
        let last = self.runs.get(behind).map_or(self.sealed, |next| next.first - 1);
        (volume.map_or(self.tail, |run| run.volume), last)
    }
}

struct Walk<'a, 'v> {
    log: LogId,
    next: u64,
    end: u64,
    visit: &'a mut Visit<'v>,
}

impl Walk<'_, '_> {
    /// Visits segments up to the one that ends at `last`; an error says exactly what is missing.
    fn segments(&mut self, store: &dyn Store, last: u64) -> Result<ControlFlow<()>, LogError> {
        let (log, last) = (self.log, last.min(self.end));
        let from = block::segment_key(log, block::segment_of(self.next), 0);
        let mut parts = Assembly::default();
        let mut flow = ControlFlow::Continue(());
        let scanned = store.scan(SEALED, &from, &mut |key, value| {
            let Some(at) = block::read_key(key) else { return ControlFlow::Break(()) };
            if at.0 != log || at.1 > last {
                return ControlFlow::Break(());
            }
            let Some(whole) = parts.add(at, value) else { return ControlFlow::Continue(()) };
            match block::open(Kind::Segment, log, whole) {
                Some(segment) if segment.first <= self.next => {
                    flow = self.hand_out(&segment, Some(segment.root));
                }
                // A gap, or a segment with a wrong checksum: it is named below.
                Some(_) | None => return ControlFlow::Break(()),
            }
            if self.next > last { ControlFlow::Break(()) } else { flow }
        });
        if flow.is_continue() && self.next <= last {
            let until = self.readable_again(store, last);
            let missing = self.missing(until);
            return Err(scanned.err().map_or(missing, |error| self.naming(until, error)));
        }
        Ok(flow)
    }

    fn tail(&mut self, store: &dyn Store) -> Result<ControlFlow<()>, LogError> {
        let (log, end) = (self.log, self.end);
        let from = block::tail_key(log, block::segment_of(self.next));
        let mut flow = ControlFlow::Continue(());
        let scanned = store.scan(TAIL, &from, &mut |key, value| {
            let mine = block::read_key(key).is_some_and(|at| at.0 == log && at.1 <= end);
            let whole = if mine { block::open(Kind::Tail, log, value) } else { None };
            match whole {
                Some(stretch) if stretch.first <= self.next => flow = self.hand_out(&stretch, None),
                Some(_) | None => return ControlFlow::Break(()),
            }
            if self.next > end { ControlFlow::Break(()) } else { flow }
        });
        scanned.map(|()| flow).map_err(|error| self.naming(end, error))
    }

    fn hand_out(&mut self, block: &Opened<'_>, root: Option<Hash>) -> ControlFlow<()> {
        let wanted = (self.next, self.end);
        let Some(stretch) = Stretch::of(block.payload(), block.first, wanted, root) else {
            return ControlFlow::Continue(());
        };
        self.next += stretch.count;
        (self.visit)(stretch)
    }

    /// The last position before the next segment that can be read: found by asking for one after
    /// the other by its key, since an iteration ends at the first damage.
    fn readable_again(&self, store: &dyn Store, last: u64) -> u64 {
        let mut first = block::segment_of(self.next) + SEGMENT;
        while first <= last {
            let mut parts = Assembly::default();
            let mut whole = false;
            let probed =
                store.scan(SEALED, &block::segment_key(self.log, first, 0), &mut |k, v| {
                    let at = block::read_key(k).filter(|at| (at.0, at.1) == (self.log, first));
                    let Some(at) = at else { return ControlFlow::Break(()) };
                    let Some(value) = parts.add(at, v) else { return ControlFlow::Continue(()) };
                    whole = block::open(Kind::Segment, self.log, value).is_some();
                    ControlFlow::Break(())
                });
            if probed.is_ok() && whole {
                return first - 1;
            }
            first += SEGMENT;
        }
        last
    }

    fn missing(&self, last: u64) -> LogError {
        let what = "some entries cannot be read".to_owned();
        let missing = vec![Lost { log: self.log, first: self.next, last }];
        LogError::Store { what, missing }
    }

    /// The store's own words about damage, and which entries are behind it.
    fn naming(&self, last: u64, error: LogError) -> LogError {
        let missing = vec![Lost { log: self.log, first: self.next, last }];
        if let LogError::Store { what, missing: _ } = error {
            LogError::Store { what, missing }
        } else if let LogError::Io { doing, source } = error {
            // A sector that the disk does not give back is damage, too.
            LogError::Store { what: format!("{doing}: {source}"), missing }
        } else {
            error
        }
    }
}
