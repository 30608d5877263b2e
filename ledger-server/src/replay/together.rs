//! A replay on several cores.
//!
//! The threads do not hand each other the entries one step further each time, since to wake a thread costs more than a
//! segment. Each takes the next batch, reads it from the log itself, and verifies and decodes it; the caller's thread folds
//! what is next, and where that is not there yet, it does as the others do.

use std::{
    collections::BTreeMap,
    ops::{ControlFlow, Range},
    sync::{
        Condvar, Mutex, MutexGuard, PoisonError,
        mpsc::{Receiver, Sender, channel},
    },
    thread,
};

use crate::{
    error::Error,
    log::{Log, LogError, LogId, Stretch},
    replay::{Take, Verified, verify},
};

/// A batch ends at a multiple of these: so many segments that nobody waits for long, and nobody is woken often.
const ENTRIES: u64 = 8 * 256;

/// So many batches are on their way for each thread.
const UNDERWAY: usize = 4;

/// See [`replay`](super::replay()).
pub(super) fn replay(
    log: &dyn Log,
    (id, after): (LogId, u64),
    threads: usize,
    take: &mut Take<'_>,
) -> Result<(), Error> {
    let end = log.head(id).size;
    let empty = (0..threads.saturating_mul(UNDERWAY)).map(|_| Batch::default()).collect();
    let shared = Shared {
        log,
        id,
        rest: Mutex::new(Rest { positions: after..end.max(after), begun: 0, empty }),
        returned: Condvar::new(),
    };
    thread::scope(|scope| {
        let (done, batches) = channel();
        for _ in 1..threads {
            let (shared, done) = (&shared, done.clone());
            scope.spawn(move || shared.help(&done));
        }
        drop(done);
        let taken = shared.fold(&batches, take);
        // Nobody begins another, whether all were folded or one could not be.
        shared.rest().positions = end..end;
        shared.returned.notify_all();
        taken
    })
}

/// Some entries on their way. What they once took in memory is kept for those that come next, since to give back and ask
/// again for so much costs more than to decode it.
#[derive(Default)]
struct Batch {
    /// As many of these as are `filled` are this batch's; those behind them wait to be used.
    stretches: Vec<Verified>,
    filled: usize,
    /// Why it ends before its end.
    failed: Option<Error>,
}

/// What is still to be read.
struct Rest {
    /// Behind the first, up to and with the last.
    positions: Range<u64>,
    /// How many batches have been begun.
    begun: u64,
    empty: Vec<Batch>,
}

/// What a thread may do next.
enum Next {
    Read(Claim),
    /// There is no empty batch until one has been folded.
    Wait,
    /// All has been begun.
    Nothing,
}

/// A batch that this thread and no other reads.
struct Claim {
    number: u64,
    /// Behind the first, up to and with the last.
    positions: Range<u64>,
    batch: Batch,
}

struct Shared<'a> {
    log: &'a dyn Log,
    id: LogId,
    rest: Mutex<Rest>,
    returned: Condvar,
}

impl Rest {
    fn next(&mut self) -> Next {
        if self.positions.is_empty() {
            return Next::Nothing;
        }
        let Some(batch) = self.empty.pop() else { return Next::Wait };
        let start = self.positions.start;
        let aligned = (start / ENTRIES).saturating_add(1).saturating_mul(ENTRIES);
        let end = aligned.min(self.positions.end);
        self.positions.start = end;
        let number = self.begun;
        self.begun += 1;
        Next::Read(Claim { number, positions: start..end, batch })
    }
}

impl Shared<'_> {
    fn rest(&self) -> MutexGuard<'_, Rest> {
        self.rest.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Reads batches until all have been begun.
    fn help(&self, done: &Sender<(u64, Batch)>) {
        loop {
            let mut rest = self.rest();
            let claim = loop {
                match rest.next() {
                    Next::Read(claim) => break claim,
                    Next::Wait => {
                        rest = self.returned.wait(rest).unwrap_or_else(PoisonError::into_inner);
                    }
                    Next::Nothing => return,
                }
            };
            drop(rest);
            let number = claim.number;
            if done.send((number, self.read(claim))).is_err() {
                return;
            }
        }
    }

    /// Folds the batches in order; where the next is not there yet, reads another meanwhile.
    fn fold(&self, batches: &Receiver<(u64, Batch)>, take: &mut Take<'_>) -> Result<(), Error> {
        let mut early = BTreeMap::new();
        for number in 0.. {
            let batch = loop {
                early.extend(batches.try_iter());
                if let Some(batch) = early.remove(&number) {
                    break batch;
                }
                let next = self.rest().next();
                let (other, batch) = match next {
                    Next::Read(claim) => (claim.number, self.read(claim)),
                    // Nothing is left to be begun, and what was begun has been folded.
                    Next::Nothing if number == self.rest().begun => return Ok(()),
                    Next::Wait | Next::Nothing => {
                        batches.recv().map_err(|_| Error::internal("a reader panicked"))?
                    }
                };
                early.insert(other, batch);
            };
            self.take(batch, take)?;
        }
        Ok(())
    }

    fn take(&self, mut batch: Batch, take: &mut Take<'_>) -> Result<(), Error> {
        batch.stretches.iter().take(batch.filled).try_for_each(take)?;
        if let Some(failed) = batch.failed.take() {
            return Err(failed);
        }
        self.rest().empty.push(batch);
        self.returned.notify_one();
        Ok(())
    }

    /// Reads, verifies and decodes.
    fn read(&self, Claim { number: _, positions, mut batch }: Claim) -> Batch {
        batch.filled = 0;
        let mut next = positions.start.saturating_add(1);
        let mut failed = Ok(());
        let read = self.log.stretches(self.id, positions.start, &mut |stretch| {
            let wanted = (next, positions.end);
            let Some(stretch) = Stretch::of(stretch.payload(), stretch.first, wanted, stretch.root)
            else {
                return ControlFlow::Break(());
            };
            next = stretch.last().saturating_add(1);
            failed = batch.fill(self.id, &stretch);
            let go_on = failed.is_ok() && next <= positions.end;
            if go_on { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
        });
        let short = || LogError::Unfit(format!("a log ended before entry {}", positions.end));
        let whole = if next > positions.end { Ok(()) } else { Err(Error::from(short())) };
        batch.failed = failed.and(read.map_err(Error::from)).and(whole).err();
        batch
    }
}

impl Batch {
    fn fill(&mut self, id: LogId, stretch: &Stretch<'_>) -> Result<(), Error> {
        if self.stretches.len() == self.filled {
            self.stretches.push(Verified::default());
        }
        let Some(verified) = self.stretches.get_mut(self.filled) else { return Ok(()) };
        verify(id, stretch, verified)?;
        self.filled += 1;
        Ok(())
    }
}
