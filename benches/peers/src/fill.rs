//! Some years of a made-up co-op as a folder that `carestore-server serve` can serve: what auditors are given.

use std::path::Path;

use ledger_proto::stored;
use ledger_server::{Block, Log, LogId, LogOptions, PackedLog};

use crate::{load::Failed, years};

const AT_A_TIME: usize = 4_096;

pub(crate) fn fill(data: &Path, entries: usize) -> Result<(), Failed> {
    let log = PackedLog::open(&data.join("log"), &LogOptions::default())?;
    let mut made = Vec::with_capacity(entries);
    years::make(entries, |entry| made.push(stored::encode(entry)));
    let made = made.into_iter().collect::<Result<Vec<_>, _>>()?;
    let mut first = 1;
    for entries in made.chunks(AT_A_TIME) {
        log.append(&[Block { log: LogId::new(1), first, entries }])?;
        first += entries.len() as u64;
    }
    Ok(())
}
