//! What a store holds when it is opened, log by log, and whether that is all it should hold.
//!
//! Every value is read and its checksum taken; the Merkle log is built up again; and where the head
//! file says that there was more, or something else, that log is refused. Nothing is repaired by
//! guessing: what cannot be read is named by its positions.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;
use std::sync::Arc;

use ledger_proto::{Frontier, Hash, leaf};

use crate::log::block::{self, Assembly, HEIGHT, Kind, Opened, SEGMENT};
use crate::log::growing::Growing;
use crate::log::head::{Heads, Said};
use crate::log::medium::{Medium, Store};
use crate::log::packed::{ABOUT, BEGUN, Run, SEALED, TAIL};
use crate::log::volumes::{Lease, Volumes};
use crate::log::{Head, LogError, LogId, Lost, Witness};

/// A store that has been read from end to end.
pub(crate) struct Recovered {
    /// The newest volume.
    pub(crate) current: Lease,
    /// How much it holds.
    pub(crate) bytes: u64,
    /// The end of each log.
    pub(crate) logs: BTreeMap<LogId, Growing>,
    /// The logs that must not be served.
    pub(crate) faults: BTreeMap<LogId, Fault>,
}

/// Why a log must not be served.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    Damaged(Vec<Lost>),
    Behind { head_size: u64, stored_size: u64 },
    Differs { size: u64 },
    HeadMissing { stored_size: u64 },
}

impl Fault {
    /// The same, as whoever asks is to read it.
    pub(crate) fn error(&self, log: LogId) -> LogError {
        match *self {
            Fault::Damaged(ref missing) => LogError::Store {
                what: format!("log {log} cannot be read as a whole"),
                missing: missing.clone(),
            },
            Fault::Behind { head_size, stored_size } => {
                LogError::Behind { log, head_size, stored_size, by: Witness::HeadFile }
            }
            Fault::Differs { size } => LogError::Differs { log, size, by: Witness::HeadFile },
            Fault::HeadMissing { stored_size } => LogError::HeadMissing { log, stored_size },
        }
    }

    /// What an operator gives up who goes on with `head`. Damage in the middle cannot be accepted:
    /// whole entries lie behind it, and going on would write over them.
    pub(crate) fn accept(&self, log: LogId, head: &Head) -> Result<Option<Lost>, LogError> {
        match *self {
            Fault::Damaged(_) => Err(self.error(log)),
            Fault::Behind { head_size, stored_size: _ } => {
                Ok(Some(Lost { log, first: head.size + 1, last: head_size }))
            }
            Fault::Differs { size } => Ok(Some(Lost { log, first: 1, last: size })),
            Fault::HeadMissing { stored_size: _ } => Ok(None),
        }
    }
}

/// Reads everything, compares it with the head files, and clears away what a segment has replaced.
pub(crate) fn recover(
    medium: &dyn Medium,
    volumes: &Arc<Volumes>,
    heads: &Heads,
) -> Result<Recovered, LogError> {
    let mut survey = Survey::default();
    for log in medium.heads()? {
        survey.marks.insert(log, heads.read(log)?);
        survey.logs.entry(log).or_default();
    }
    let (current, older) = newest(medium, volumes)?;
    for number in older {
        survey.segments(&volumes.lease(number)?, Age::Closed)?;
    }
    survey.bytes = 0;
    survey.segments(&current, Age::Newest)?;
    survey.tails(&current)?;
    let faults: BTreeMap<LogId, Fault> = survey
        .logs
        .iter()
        .filter_map(|(log, found)| Some((*log, survey.judge(*log, found)?)))
        .collect();
    for (log, found) in survey.logs.iter().filter(|(log, _)| !faults.contains_key(log)) {
        for first in &found.replaced {
            current.store()?.remove(TAIL, &block::tail_key(*log, *first))?;
        }
    }
    current.store()?.sync()?;
    for (log, fault) in &faults {
        tracing::error!(%log, error = %fault.error(*log), "a log is not served");
    }
    let logs = survey.logs.into_iter().map(|(log, found)| (log, found.growing)).collect();
    Ok(Recovered { current, bytes: survey.bytes, logs, faults })
}

/// Opens the newest volume that was begun properly, and lists those before it. One that was being
/// begun when the power went holds copies only, and is set aside.
fn newest(medium: &dyn Medium, volumes: &Arc<Volumes>) -> Result<(Lease, Vec<u32>), LogError> {
    let mut numbers = medium.volumes()?;
    while let Some(number) = numbers.pop() {
        let lease = volumes.lease(number)?;
        if lease.store()?.get(ABOUT, BEGUN)?.is_some() {
            return Ok((lease, numbers));
        }
        if numbers.is_empty() {
            if !is_empty(lease.store()?)? {
                let what = format!("volume {number} holds entries but was never begun");
                return Err(LogError::Store { what, missing: Vec::new() });
            }
            return begin(lease).map(|lease| (lease, numbers));
        }
        drop(lease);
        medium.set_aside(number)?;
    }
    begin(volumes.lease(1)?).map(|lease| (lease, numbers))
}

fn begin(lease: Lease) -> Result<Lease, LogError> {
    lease.store()?.put(ABOUT, BEGUN, b"1")?;
    lease.store()?.sync()?;
    Ok(lease)
}

fn is_empty(store: &dyn Store) -> Result<bool, LogError> {
    let mut empty = true;
    for table in [SEALED, TAIL] {
        store.scan(table, &[], &mut |_, _| {
            empty = false;
            ControlFlow::Break(())
        })?;
    }
    Ok(empty)
}

/// Takes in one block of a log.
type Take<'a> = dyn FnMut(&mut Survey, LogId, &[u8]) -> Result<(), LogError> + 'a;

#[derive(Default)]
struct Survey {
    marks: BTreeMap<LogId, Said>,
    logs: BTreeMap<LogId, Found>,
    /// Logs with values that are there and cannot be read.
    unreadable: BTreeSet<LogId>,
    /// How much the volume at hand holds.
    bytes: u64,
}

/// What was found of one log.
#[derive(Default)]
struct Found {
    /// All up to the first gap.
    growing: Growing,
    /// What stands for the log at the size that the head file names.
    at_mark: Option<Hash>,
    /// The highest position that was seen, gaps or not.
    reached: u64,
    missing: Vec<Lost>,
    /// Tail blocks whose entries are in a segment.
    replaced: Vec<u64>,
}

impl Survey {
    fn marked(&self, log: LogId) -> u64 {
        match self.marks.get(&log) {
            Some(Said::Mark(mark)) => mark.size,
            Some(Said::Nothing | Said::Noise) | None => 0,
        }
    }

    fn segments(&mut self, volume: &Lease, age: Age) -> Result<(), LogError> {
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

    fn tails(&mut self, volume: &Lease) -> Result<(), LogError> {
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
        if !found.continues(log, segment) {
            return Ok(());
        }
        let growing = &mut found.growing;
        let (first, last) = (segment.first, segment.first + SEGMENT - 1);
        if (first..last).contains(&mark) {
            // The head file stands at an entry within: only the leaves can say what stood there.
            let mut grown = growing.sealed.clone();
            let before = segment.entries().zip(first..=mark);
            before.for_each(|(entry, _)| grown.push(leaf(entry)));
            found.at_mark = Some(grown.root());
        }
        let pushed = growing.sealed.push_subtree(HEIGHT, segment.root);
        pushed.map_err(|error| LogError::Unfit(error.to_string()))?;
        if last == mark {
            found.at_mark = Some(growing.sealed.root());
        }
        if growing.runs.last().is_none_or(|run| run.volume != volume) {
            growing.runs.push(Run { volume, first });
        }
        Ok(())
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
        if !found.continues(log, run) {
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

    fn judge(&self, log: LogId, found: &Found) -> Option<Fault> {
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
enum Age {
    Newest,
    Closed,
}

impl Found {
    /// Whether these entries follow on all that was found before; where some are missing between,
    /// notes which.
    fn continues(&mut self, log: LogId, entries: &Opened<'_>) -> bool {
        let expected = self.reached + 1;
        if entries.first < expected {
            return false;
        }
        if entries.first > expected {
            self.missing.push(Lost { log, first: expected, last: entries.first - 1 });
        }
        self.reached = entries.first + entries.count - 1;
        self.missing.is_empty()
    }
}
