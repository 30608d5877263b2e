//! The end of a log, where it grows: tail blocks, and the segment that replaces them once it is full.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::sync::Arc;

use ledger_proto::{Frontier, Over};

use crate::log::block::{self, HEADER, HEIGHT, Kind, PART, SEGMENT};
use crate::log::pack::Span;
use crate::log::packed::{Known, Run, SEALED, TAIL};
use crate::log::volumes::Lease;
use crate::log::{Block, Head, LogError, LogId};

/// What only the one who appends needs.
pub(crate) struct Writer {
    pub(crate) current: Lease,
    pub(crate) bytes: u64,
    pub(crate) logs: BTreeMap<LogId, Growing>,
}

/// The end of a log, where it grows.
#[derive(Default)]
pub(crate) struct Growing {
    /// Everything in segments.
    pub(crate) sealed: Frontier,
    /// The leaves of the segment that is not full yet.
    pub(crate) open: Frontier,
    /// Its entries, as they will lie in the segment.
    pub(crate) payload: Vec<u8>,
    /// The keys of its tail blocks.
    pub(crate) keys: Vec<u64>,
    /// The volumes of the segments.
    pub(crate) runs: Arc<[Run]>,
}

impl Writer {
    /// Adds entries behind a log's end, and says which tail blocks are to go once this is durable.
    pub(crate) fn add(&mut self, block: Block<'_>) -> Result<Vec<u64>, LogError> {
        let Block { log, first, entries } = block;
        let mut replaced = Vec::new();
        let growing = self.logs.entry(log).or_default();
        let (mut run, mut begins, mut position) = (Vec::new(), first, first);
        // All at once: many are hashed side by side.
        let bytes: Vec<&[u8]> = entries.iter().map(Vec::as_slice).collect();
        let leaves = Over::Entries.leaves(&bytes);
        let (mut bytes, mut leaves) = (&bytes[..], &leaves[..]);
        while !bytes.is_empty() {
            // As far as the segment goes.
            let room = usize::try_from(SEGMENT - growing.open.size()).unwrap_or(usize::MAX);
            let room = room.min(bytes.len());
            let (here, behind) = bytes.split_at(room);
            for entry in here {
                if HEADER + run.len() + 2 + entry.len() > PART {
                    self.bytes += growing.put_tail(&self.current, log, begins, &run)?;
                    (run, begins) = (Vec::new(), position);
                }
                block::push_entry(&mut run, entry)?;
                position += 1;
            }
            let (hashed, unhashed) = leaves.split_at(room);
            growing.open.extend(hashed);
            if growing.open.size() == SEGMENT {
                growing.payload.append(&mut run);
                self.bytes += growing.seal(&self.current, log)?;
                replaced.append(&mut growing.keys);
                begins = position;
            }
            (bytes, leaves) = (behind, unhashed);
        }
        self.bytes += growing.put_tail(&self.current, log, begins, &run)?;
        Ok(replaced)
    }

    /// Writes all segments of a volume once more, into the current one.
    pub(crate) fn copy_segments(&mut self, from: &Lease) -> Result<(), LogError> {
        let (current, mut bytes, mut copied) = (self.current.store()?, 0, Ok(()));
        from.store()?.scan(SEALED, &[], &mut |key, value| {
            bytes += value.len() as u64;
            copied = current.put(SEALED, key, value);
            if copied.is_ok() { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
        })?;
        copied?;
        self.bytes += bytes;
        Ok(())
    }

    /// Writes a log's open entries once more, into the volume that is the current one now.
    pub(crate) fn move_tail(&mut self, log: LogId) -> Result<(), LogError> {
        let Some(growing) = self.logs.get_mut(&log) else { return Ok(()) };
        growing.keys.clear();
        let payload = std::mem::take(&mut growing.payload);
        let mut begins = growing.sealed.size() + 1;
        let mut run = Vec::new();
        for (position, entry) in (begins..).zip(block::entries(&payload)) {
            if HEADER + run.len() + 2 + entry.len() > PART {
                self.bytes += growing.put_tail(&self.current, log, begins, &run)?;
                (run, begins) = (Vec::new(), position);
            }
            block::push_entry(&mut run, entry)?;
        }
        self.bytes += growing.put_tail(&self.current, log, begins, &run)?;
        Ok(())
    }
}

impl Growing {
    /// How many entries the log has.
    pub(crate) fn size(&self) -> u64 {
        self.sealed.size() + self.open.size()
    }

    /// Notes in which volume the segment lies that begins at `first`.
    pub(crate) fn lies_in(&mut self, volume: u32, first: u64) {
        if self.runs.last().is_none_or(|run| run.volume != volume) {
            self.runs = self.runs.iter().copied().chain([Run { volume, first }]).collect();
        }
    }

    /// Which of the log's segments lie in a volume, if any do.
    pub(crate) fn span(&self, log: LogId, volume: u32) -> Option<Span> {
        let at = self.runs.iter().position(|run| run.volume == volume)?;
        let first = self.runs.get(at)?.first;
        let last = self.runs.get(at + 1).map_or(self.sealed.size(), |next| next.first - 1);
        (last >= first).then_some(Span { log, first, last })
    }

    /// What readers are to see of the log, whose tail lies in this volume.
    pub(crate) fn known(&self, tail: u32) -> Result<Arc<Known>, LogError> {
        let mut frontier = self.sealed.clone();
        frontier.join(&self.open).map_err(|error| LogError::Unfit(error.to_string()))?;
        let head = Head { size: frontier.size(), frontier };
        Ok(Arc::new(Known { head, sealed: self.sealed.size(), runs: Arc::clone(&self.runs), tail }))
    }

    fn put_tail(
        &mut self,
        volume: &Lease,
        log: LogId,
        first: u64,
        run: &[u8],
    ) -> Result<u64, LogError> {
        if run.is_empty() {
            return Ok(0);
        }
        let count = block::entries(run).count() as u64;
        let value = block::encode(Kind::Tail, (log, first), count, &[0; 32], run)?;
        volume.store()?.put(TAIL, &block::tail_key(log, first), &value)?;
        self.payload.extend_from_slice(run);
        self.keys.push(first);
        Ok(value.len() as u64)
    }

    /// Writes the 256 open entries as a segment; the caller syncs before it lets go of the tail.
    fn seal(&mut self, volume: &Lease, log: LogId) -> Result<u64, LogError> {
        let first = self.sealed.size() + 1;
        let root = self.open.root();
        let value =
            block::encode(Kind::Segment, (log, first), SEGMENT, root.as_bytes(), &self.payload)?;
        for (part, bytes) in (0..).zip(value.chunks(PART)) {
            volume.store()?.put(SEALED, &block::segment_key(log, first, part), bytes)?;
        }
        self.sealed
            .push_subtree(HEIGHT, root)
            .map_err(|error| LogError::Unfit(error.to_string()))?;
        self.open = Frontier::default();
        self.payload.clear();
        self.lies_in(volume.number(), first);
        Ok(value.len() as u64)
    }
}
