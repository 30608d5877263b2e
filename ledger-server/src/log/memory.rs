//! A log that lives as long as the process: for tests, demonstrations and trying things out.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::sync::{PoisonError, RwLock};

use ledger_proto::{Frontier, leaf};

use crate::log::block::{self, SEGMENT};
use crate::log::{Block, Head, Log, LogError, LogId, Lost, MAX_ENTRY, Stretch};

/// Keeps all entries in memory, and nothing anywhere else.
#[derive(Debug, Default)]
pub struct MemoryLog {
    logs: RwLock<BTreeMap<LogId, Kept>>,
}

#[derive(Clone, Debug, Default)]
struct Kept {
    entries: Vec<Vec<u8>>,
    frontier: Frontier,
}

impl MemoryLog {
    /// A log without entries.
    pub fn new() -> MemoryLog {
        MemoryLog::default()
    }
}

impl Log for MemoryLog {
    fn append(&self, blocks: &[Block<'_>]) -> Result<(), LogError> {
        let mut logs = self.logs.write().unwrap_or_else(PoisonError::into_inner);
        check(blocks, |log| logs.get(&log).map_or(0, |kept| kept.frontier.size()))?;
        for block in blocks.iter().filter(|block| !block.entries.is_empty()) {
            let kept = logs.entry(block.log).or_default();
            for entry in block.entries {
                kept.frontier.push(leaf(entry));
                kept.entries.push(entry.clone());
            }
        }
        Ok(())
    }

    fn scan(
        &self,
        log: LogId,
        after: u64,
        visit: &mut dyn FnMut(u64, &[u8]) -> ControlFlow<()>,
    ) -> Result<(), LogError> {
        let size = self.head(log).size;
        for position in after.saturating_add(1)..=size {
            // The lock is not held while the visitor stretches: it may append, or take its time.
            let entry = {
                let logs = self.logs.read().unwrap_or_else(PoisonError::into_inner);
                let index = usize::try_from(position - 1).unwrap_or(usize::MAX);
                logs.get(&log).and_then(|kept| kept.entries.get(index)).cloned()
            };
            match entry {
                Some(entry) if visit(position, &entry).is_continue() => {}
                Some(_) | None => return Ok(()),
            }
        }
        Ok(())
    }

    fn stretches(
        &self,
        log: LogId,
        after: u64,
        visit: &mut dyn FnMut(Stretch<'_>) -> ControlFlow<()>,
    ) -> Result<(), LogError> {
        let size = self.head(log).size;
        let mut next = after.saturating_add(1);
        while next <= size {
            let last = size.min(block::segment_of(next) + SEGMENT - 1);
            let mut payload = Vec::new();
            {
                let logs = self.logs.read().unwrap_or_else(PoisonError::into_inner);
                let entries = logs.get(&log).map(|kept| kept.entries.as_slice());
                let index = |position| usize::try_from(position).unwrap_or(usize::MAX);
                let found = entries.and_then(|all| all.get(index(next - 1)..index(last)));
                for entry in found.unwrap_or_default() {
                    block::push_entry(&mut payload, entry)?;
                }
            }
            let Some(stretch) = Stretch::of(&payload, next, (next, last), None) else {
                return Ok(());
            };
            if visit(stretch).is_break() {
                return Ok(());
            }
            next = last + 1;
        }
        Ok(())
    }

    fn head(&self, log: LogId) -> Head {
        let logs = self.logs.read().unwrap_or_else(PoisonError::into_inner);
        let frontier = logs.get(&log).map(|kept| kept.frontier.clone()).unwrap_or_default();
        Head { size: frontier.size(), frontier }
    }

    fn logs(&self) -> Vec<LogId> {
        self.logs.read().unwrap_or_else(PoisonError::into_inner).keys().copied().collect()
    }

    fn verdict(&self, _log: LogId) -> Result<(), LogError> {
        Ok(())
    }

    fn accept_loss(&self, _log: LogId) -> Result<Option<Lost>, LogError> {
        Ok(None)
    }
}

/// Refuses an append that does not continue its logs or that holds too large an entry, before
/// anything is written. One append may hold several blocks of one log, one behind the other.
pub(crate) fn check(blocks: &[Block<'_>], size: impl Fn(LogId) -> u64) -> Result<(), LogError> {
    let mut sizes = BTreeMap::new();
    for &Block { log, first, entries } in blocks.iter().filter(|block| !block.entries.is_empty()) {
        let reached = sizes.entry(log).or_insert_with(|| size(log));
        if first != *reached + 1 {
            return Err(LogError::OutOfOrder { log, expected: *reached + 1, got: first });
        }
        for entry in entries {
            *reached += 1;
            if entry.len() > MAX_ENTRY {
                let bytes = entry.len();
                return Err(LogError::EntryTooLarge { log, position: *reached, bytes });
            }
        }
    }
    Ok(())
}
