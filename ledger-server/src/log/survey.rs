//! What the volumes say that they hold, log by log: block by block, or by the index of a pack.
//!
//! The Merkle log is built up again from the roots of the segments and the leaves of the tail, and what
//! cannot be read is named by its positions.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;

use ledger_proto::{Frontier, Hash, leaf};

use crate::log::block::{self, Assembly, HEIGHT, Kind, Opened, SEGMENT};
use crate::log::growing::Growing;
use crate::log::head::Said;
use crate::log::medium::Store;
use crate::log::pack::Place;
use crate::log::packed::{SEALED, TAIL};
use crate::log::recover::Fault;
use crate::log::volumes::Lease;
use crate::log::{LogError, LogId, Lost};

/// Takes in one block of a log.
type Take<'a> = dyn FnMut(&mut Survey, LogId, &[u8]) -> Result<(), LogError> + 'a;

/// What was found so far.
#[derive(Default)]
pub(crate) struct Survey {
    /// What the head files say.
    pub(crate) marks: BTreeMap<LogId, Said>,
    pub(crate) logs: BTreeMap<LogId, Found>,
    /// Logs with values that are there and cannot be read.
    unreadable: BTreeSet<LogId>,
    /// How much the volume at hand holds.
    pub(crate) bytes: u64,
}

/// What was found of one log.
#[derive(Default)]
pub(crate) struct Found {
    /// All up to the first gap.
    pub(crate) growing: Growing,
    /// What stands for the log at the size that the head file names.
    at_mark: Option<Hash>,
    /// The highest position that was seen, gaps or not.
    reached: u64,
    missing: Vec<Lost>,
    /// Tail blocks whose entries are in a segment.
    pub(crate) replaced: Vec<u64>,
}

impl Survey {
    /// How far a head file says that its log reaches.
    pub(crate) fn marked(&self, log: LogId) -> u64 {
        match self.marks.get(&log) {
            Some(Said::Mark(mark)) => mark.size,
            Some(Said::Nothing | Said::Noise) | None => 0,
        }
    }

    /// Takes in the segments of a volume, each block read and its checksum taken.
    pub(crate) fn segments(&mut self, volume: &Lease, age: Age) -> Result<(), LogError> {
        self.table(volume.store()?, SEALED, age, &mut |survey, log, whole| match block::open(
            Kind::Segment,
            log,
            whole,
        ) {
            Some(segment) if segment.count == SEGMENT => {
                survey.segment(volume.number(), log, &segment)
            }
            Some(_) | None => {
                survey.unreadable.insert(log);
                Ok(())
            }
        })
    }

    /// Takes in the segments of a pack as its index has them. Only the one at which a head file
    /// stands is read.
    pub(crate) fn index(&mut self, volume: &Lease, index: &[Place]) -> Result<(), LogError> {
        for place in index {
            let mark = self.marked(place.log);
            if !(place.first..place.first + SEGMENT - 1).contains(&mark) {
                let found = self.logs.entry(place.log).or_default();
                if found.continues(place.log, (place.first, SEGMENT)) {
                    found.grow(volume.number(), (place.first, place.root), mark)?;
                }
                continue;
            }
            let mut read = Ok(false);
            let from = block::segment_key(place.log, place.first, 0);
            volume.store()?.scan(SEALED, &from, &mut |_, whole| {
                if let Some(segment) = block::open(Kind::Segment, place.log, whole) {
                    read = self.segment(volume.number(), place.log, &segment).map(|()| true);
                }
                ControlFlow::Break(())
            })?;
            if !read? {
                self.unreadable.insert(place.log);
            }
        }
        Ok(())
    }

    /// Takes in the tails, which lie in the newest volume only.
    pub(crate) fn tails(&mut self, volume: &Lease) -> Result<(), LogError> {
        self.table(volume.store()?, TAIL, Age::Newest, &mut |survey, log, value| {
            match block::open(Kind::Tail, log, value) {
                Some(run) => survey.tail(log, &run),
                None => {
                    survey.unreadable.insert(log);
                }
            }
            Ok(())
        })
    }

    /// Visits all blocks of a table. Where the store cannot read on, it is asked for each later key
    /// that should be there, until one answers.
    fn table(
        &mut self,
        store: &dyn Store,
        table: &str,
        age: Age,
        visit: &mut Take<'_>,
    ) -> Result<(), LogError> {
        let mut from = Some((LogId::new(0), 0));
        while let Some((log, first)) = from.take() {
            let mut last = (log, first);
            let mut failed = Ok(());
            let mut parts = Assembly::default();
            let scanned = store.scan(table, &block::tail_key(log, first), &mut |key, value| {
                self.bytes += value.len() as u64;
                let Some(at) = block::read_key(key) else { return ControlFlow::Continue(()) };
                last = (at.0, at.1);
                let whole = if table == TAIL { Some(value) } else { parts.add(at, value) };
                match whole.map_or(Ok(()), |whole| visit(self, at.0, whole)) {
                    Ok(()) => ControlFlow::Continue(()),
                    Err(error) => {
                        failed = Err(error);
                        ControlFlow::Break(())
                    }
                }
            });
            failed?;
            if let Err(error) = scanned {
                tracing::error!(table, after = ?last, %error, "the store cannot read on");
                from = self.readable_again(store, table, age, last);
            }
        }
        Ok(())
    }

    /// The next key behind `last` that can be read; the logs of those that cannot are noted.
    fn readable_again(
        &mut self,
        store: &dyn Store,
        table: &str,
        age: Age,
        last: (LogId, u64),
    ) -> Option<(LogId, u64)> {
        let logs: Vec<LogId> = self.logs.keys().copied().filter(|log| *log >= last.0).collect();
        for log in logs {
            let found = self.logs.get(&log)?;
            let next = if log == last.0 { last.1 + 1 } else { 1 };
            let next = next.max(found.growing.size() + 1);
            // In the newest volume there may be entries that the head file did not hear of.
            let until = self.marked(log).max(if age == Age::Newest { next } else { 0 });
            let step = if table == TAIL { 1 } else { SEGMENT };
            let mut first =
                if table == TAIL { next } else { block::segment_of(next + SEGMENT - 1) };
            while first <= until {
                let key = block::tail_key(log, first);
                if store.scan(table, &key, &mut |_, _| ControlFlow::Break(())).is_ok() {
                    return Some((log, first));
                }
                self.unreadable.insert(log);
                first += step;
            }
        }
        None
    }

    fn segment(&mut self, volume: u32, log: LogId, segment: &Opened<'_>) -> Result<(), LogError> {
        let mark = self.marked(log);
        let found = self.logs.entry(log).or_default();
        if !found.continues(log, (segment.first, segment.count)) {
            return Ok(());
        }
        let (first, last) = (segment.first, segment.first + SEGMENT - 1);
        if (first..last).contains(&mark) {
            // The head file stands at an entry within: only the leaves can say what stood there.
            let mut grown = found.growing.sealed.clone();
            let before = segment.entries().zip(first..=mark);
            before.for_each(|(entry, _)| grown.push(leaf(entry)));
            found.at_mark = Some(grown.root());
        }
        found.grow(volume, (first, segment.root), mark)
    }

    fn tail(&mut self, log: LogId, run: &Opened<'_>) {
        let mark = self.marked(log);
        let found = self.logs.entry(log).or_default();
        let sealed = found.growing.sealed.size();
        if run.first + run.count <= sealed + 1 {
            found.replaced.push(run.first);
            return;
        }
        if run.first + run.count > block::segment_of(run.first) + SEGMENT {
            self.unreadable.insert(log);
            return;
        }
        if !found.continues(log, (run.first, run.count)) {
            return;
        }
        let growing = &mut found.growing;
        for (position, entry) in (run.first..).zip(run.entries()) {
            growing.open.push(leaf(entry));
            if position == mark {
                let mut whole = growing.sealed.clone();
                found.at_mark = whole.join(&growing.open).ok().map(|()| whole.root());
            }
        }
        growing.payload.extend_from_slice(run.payload());
        growing.keys.push(run.first);
    }

    /// What is wrong with a log, if anything is.
    pub(crate) fn judge(&self, log: LogId, found: &Found) -> Option<Fault> {
        let stored_size = found.growing.size();
        let marked = self.marked(log);
        if self.unreadable.contains(&log) || !found.missing.is_empty() {
            let mut missing = found.missing.clone();
            if found.reached < marked || missing.is_empty() {
                let first = found.reached + 1;
                missing.push(Lost { log, first, last: marked.max(first) });
            }
            return Some(Fault::Damaged(missing));
        }
        match self.marks.get(&log) {
            None | Some(Said::Nothing | Said::Noise) => Some(Fault::HeadMissing { stored_size }),
            Some(Said::Mark(mark)) if mark.size > stored_size => {
                Some(Fault::Behind { head_size: mark.size, stored_size })
            }
            Some(Said::Mark(mark)) => {
                let nothing = (mark.size == 0).then(|| Frontier::default().root());
                let same = found.at_mark.or(nothing) == Some(mark.root);
                (!same).then_some(Fault::Differs { size: mark.size })
            }
        }
    }
}

/// Whether a volume may hold more than the head files know of.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Age {
    /// It may, as an append may have been cut short.
    Newest,
    /// It may not.
    Closed,
}

impl Found {
    /// Whether these entries follow on all that was found before; where some are missing between,
    /// notes which.
    fn continues(&mut self, log: LogId, (first, count): (u64, u64)) -> bool {
        let expected = self.reached + 1;
        if first < expected {
            return false;
        }
        if first > expected {
            self.missing.push(Lost { log, first: expected, last: first - 1 });
        }
        self.reached = first + count - 1;
        self.missing.is_empty()
    }

    /// Adds a segment behind those that were found before.
    fn grow(&mut self, volume: u32, (first, root): (u64, Hash), mark: u64) -> Result<(), LogError> {
        let growing = &mut self.growing;
        let pushed = growing.sealed.push_subtree(HEIGHT, root);
        pushed.map_err(|error| LogError::Unfit(error.to_string()))?;
        if first + SEGMENT - 1 == mark {
            self.at_mark = Some(growing.sealed.root());
        }
        growing.lies_in(volume, first);
        Ok(())
    }
}
