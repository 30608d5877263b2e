//! The log that is measured: made once, on the disk and in memory.

use std::{
    ops::ControlFlow,
    path::{Path, PathBuf},
    time::Duration,
};

use ledger_core::Timestamp;
use ledger_proto::stored;
use ledger_server::{Block, Log, LogId, LogOptions, PackedLog};

use crate::{
    table::{on_disk, time},
    years,
};

/// The only log of the store.
pub(crate) const LOG: LogId = LogId::new(1);
/// So many entries are appended at a time.
pub(crate) const AT_A_TIME: usize = 16_384;

/// The same entries as they are on the disk and as they are in memory.
pub(crate) struct Fixture {
    dir: PathBuf,
    log: Option<PackedLog>,
    /// What the store took up on the disk when the last entry was in it.
    pub(crate) disk: u64,
    pub(crate) bytes: Vec<u8>,
    pub(crate) ends: Vec<usize>,
    pub(crate) last: Timestamp,
}

impl Fixture {
    /// Makes some years and appends them in large blocks, so that they are there soon.
    pub(crate) fn new(dir: &Path, count: usize) -> Fixture {
        let log = open(dir);
        let (mut bytes, mut ends) = (Vec::new(), Vec::with_capacity(count));
        let (mut waiting, mut first) = (Vec::with_capacity(AT_A_TIME), 1);
        let mut append = |waiting: &mut Vec<Vec<u8>>| {
            log.append(&[Block { log: LOG, first, entries: waiting }]).unwrap();
            first += waiting.len() as u64;
            waiting.clear();
        };
        let (took, made) = time(|| {
            let made = years::make(count, |entry| {
                let entry = stored::encode(entry).unwrap();
                bytes.extend_from_slice(&entry);
                ends.push(bytes.len());
                waiting.push(entry);
                if waiting.len() == AT_A_TIME {
                    append(&mut waiting);
                }
            });
            append(&mut waiting);
            made
        });
        println!(
            "a log of {} entries: {} members, {} days; made in {:.1} s\n",
            made.entries,
            made.members,
            made.days,
            took.as_secs_f64()
        );
        for (kind, times) in &made.kinds {
            println!("  {:<20}{times:>10}", kind.word());
        }
        let (dir, disk) = (dir.to_owned(), on_disk(&dir.join("log")));
        Fixture { dir, log: Some(log), disk, bytes, ends, last: made.last }
    }

    /// The log on the disk.
    pub(crate) fn log(&self) -> &PackedLog {
        self.log.as_ref().unwrap()
    }

    /// Closes the log while somebody else opens it.
    pub(crate) fn closed(&mut self, work: fn(&Path, Timestamp) -> Duration) -> Duration {
        drop(self.log.take());
        let took = work(&self.dir, self.last);
        self.log = Some(open(&self.dir));
        took
    }

    /// The bytes of each entry, from memory.
    pub(crate) fn entries(&self) -> impl Iterator<Item = &[u8]> {
        let starts = std::iter::once(&0).chain(&self.ends);
        starts.zip(&self.ends).map(|(start, end)| self.bytes.get(*start..*end).unwrap())
    }

    /// The bytes of each entry, from the disk.
    pub(crate) fn scan(&self, mut visit: impl FnMut(&[u8])) {
        let visit = &mut |_, bytes: &[u8]| {
            visit(bytes);
            ControlFlow::Continue(())
        };
        self.log().scan(LOG, 0, visit).unwrap();
    }
}

fn open(dir: &Path) -> PackedLog {
    PackedLog::open(&dir.join("log"), &LogOptions::default()).unwrap()
}
