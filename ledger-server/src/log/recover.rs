//! What a store holds when it is opened, log by log, and whether that is all it should hold.
//!
//! In the newest volume every value is read and its checksum taken; a closed one is a pack, which says
//! in its index what lies in it. The Merkle log is built up again from both, and where the head file
//! says that there was more, or something else, no index is believed any more and all blocks are read;
//! if it stays so, that log is refused. Nothing is repaired by guessing. What rots within a pack is
//! found by whoever reads it, and by the scrub, which reads all of it right after the start.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::sync::Arc;

use crate::log::block;
use crate::log::growing::Growing;
use crate::log::head::Heads;
use crate::log::medium::{Medium, Store};
use crate::log::packed::{ABOUT, BEGUN, SEALED, TAIL};
use crate::log::packer::Closed;
use crate::log::survey::{Age, Survey};
use crate::log::volumes::{Lease, Volumes};
use crate::log::{Head, LogError, LogId, Lost, Witness};

/// A store of which it is known what it holds.
pub(crate) struct Recovered {
    /// The newest volume.
    pub(crate) current: Lease,
    /// How much it holds.
    pub(crate) bytes: u64,
    /// The end of each log.
    pub(crate) logs: BTreeMap<LogId, Growing>,
    /// The logs that must not be served.
    pub(crate) faults: BTreeMap<LogId, Fault>,
    /// The closed volumes: those that are no packs yet, and those that may be there still beside theirs.
    pub(crate) closed: Vec<Closed>,
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

/// Sees what is there, compares it with the head files, and clears away what a segment has replaced.
pub(crate) fn recover(
    medium: &dyn Medium,
    volumes: &Arc<Volumes>,
    heads: &Heads,
) -> Result<Recovered, LogError> {
    let (current, older) = newest(medium, volumes)?;
    let mut seen = see(medium, volumes, heads, (&current, &older), Belief::Index)?;
    if !seen.faults.is_empty() && seen.believed {
        tracing::warn!("the head files and the packs do not agree; every block is read");
        seen = see(medium, volumes, heads, (&current, &older), Belief::Blocks)?;
    }
    let Seen { survey, faults, believed: _ } = seen;
    // A segment that is in memory alone replaces nothing: the tail blocks are cleared away with the whole volume.
    let doubted = medium.is_doubted()?;
    let whole = |log: &LogId| !doubted && !faults.contains_key(log);
    for (log, found) in survey.logs.iter().filter(|(log, _)| whole(log)) {
        for first in &found.replaced {
            current.store()?.remove(TAIL, &block::tail_key(*log, *first))?;
        }
    }
    if !doubted {
        // What a kill left in the write-ahead log alone.
        for number in &older {
            let volume = volumes.lease(*number)?;
            if volume.store()?.index().is_none() {
                volume.store()?.close()?;
            }
        }
        current.store()?.sync()?;
    }
    for (log, fault) in &faults {
        tracing::error!(%log, error = %fault.error(*log), "a log is not served");
    }
    let logs: BTreeMap<LogId, Growing> =
        survey.logs.into_iter().map(|(log, found)| (log, found.growing)).collect();
    // Where something is wrong, everything stays as it was found.
    let settled = if faults.is_empty() { older } else { Vec::new() };
    let closed = settled.into_iter().map(|number| closed(number, &logs)).collect();
    Ok(Recovered { current, bytes: survey.bytes, logs, faults, closed })
}

/// A closed volume, with what it should hold by what is known of the logs.
pub(crate) fn closed(number: u32, logs: &BTreeMap<LogId, Growing>) -> Closed {
    let spans = logs.iter().filter_map(|(log, growing)| growing.span(*log, number)).collect();
    Closed { number, spans, lease: None }
}

/// Whether a pack's index is taken for what lies in the pack.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Belief {
    Index,
    Blocks,
}

struct Seen {
    survey: Survey,
    faults: BTreeMap<LogId, Fault>,
    /// Whether an index was believed.
    believed: bool,
}

fn see(
    medium: &dyn Medium,
    volumes: &Arc<Volumes>,
    heads: &Heads,
    (current, older): (&Lease, &[u32]),
    belief: Belief,
) -> Result<Seen, LogError> {
    let mut survey = Survey::default();
    for log in medium.heads()? {
        survey.marks.insert(log, heads.read(log)?);
        survey.logs.entry(log).or_default();
    }
    let mut believed = false;
    for number in older {
        let volume = volumes.lease(*number)?;
        match (belief, volume.store()?.index()) {
            (Belief::Index, Some(index)) => {
                believed = true;
                survey.index(&volume, index)?;
            }
            (Belief::Blocks, Some(_)) | (Belief::Index | Belief::Blocks, None) => {
                survey.segments(&volume, Age::Closed)?;
            }
        }
    }
    survey.bytes = 0;
    survey.segments(current, Age::Newest)?;
    survey.tails(current)?;
    let faults = survey
        .logs
        .iter()
        .filter_map(|(log, found)| Some((*log, survey.judge(*log, found)?)))
        .collect();
    Ok(Seen { survey, faults, believed })
}

/// Opens the newest volume that was begun properly, and lists those before it. One that was being
/// begun when the power went holds copies only, and is set aside.
fn newest(medium: &dyn Medium, volumes: &Arc<Volumes>) -> Result<(Lease, Vec<u32>), LogError> {
    let mut numbers = medium.volumes()?;
    while let Some(number) = numbers.pop() {
        let lease = volumes.lease(number)?;
        if lease.store()?.index().is_some() {
            // The volume behind a pack is missing: what was in it, the head files know.
            numbers.push(number);
            return begin(volumes.lease(number + 1)?).map(|lease| (lease, numbers));
        }
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
