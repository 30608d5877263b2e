//! The one writer: requests are decided in turn, recorded together, and answered when they are on the platter.

mod batch;
mod deciding;
mod jobs;
#[cfg(test)]
mod tests;

use std::{
    collections::BTreeMap,
    panic::{AssertUnwindSafe, catch_unwind},
    process,
    sync::{
        Arc, PoisonError, RwLock,
        atomic::{AtomicU64, Ordering},
    },
    thread,
    time::Duration,
};

use ledger_core::{CoopName, Position};
use tokio::sync::{Semaphore, TryAcquireError, mpsc, oneshot};

use crate::{
    cards::Cards,
    clock::Clock,
    error::Error,
    limits::INBOX,
    log::{Log, LogError, LogId},
    room::Room,
    snapshots::Snapshots,
    views::{Ahead, Published},
};
use batch::Batch;

pub(crate) use jobs::Job;
pub use jobs::{Answer, ImportAnswer, ImportJob, Submission};
use jobs::{Answers, Together};

/// So many requests share one sync, and those that came together with the last.
const BATCH_MAX: usize = 4096;
/// How often time is asked whether something has fallen due.
const TICK: Duration = Duration::from_secs(1);

/// A co-op as the writer knows it.
pub(crate) struct Ledger {
    pub(crate) id: LogId,
    pub(crate) ahead: Ahead,
}

/// The co-ops that readers can ask about.
#[derive(Default)]
pub(crate) struct Directory {
    /// Those that are served.
    pub(crate) served: BTreeMap<CoopName, (LogId, Arc<Published>)>,
    /// Those that are not, and why.
    pub(crate) lost: BTreeMap<CoopName, Arc<LogError>>,
    /// A log that has lost even its first entry, and with it its name: any co-op that is not here may be that one.
    pub(crate) nameless: Option<Arc<LogError>>,
}

impl Directory {
    /// A co-op that is served; the error says why it is not.
    pub(crate) fn find(&self, coop: &CoopName) -> Result<(LogId, Arc<Published>), Error> {
        match self.served.get(coop) {
            Some((log, published)) => Ok((*log, Arc::clone(published))),
            None => Err(match self.lost(coop) {
                Some(why) => Error::Lost(Arc::clone(why)),
                None => ledger_core::Rejection::CoopNotFound.into(),
            }),
        }
    }

    /// Why a co-op is not served, if its log has lost something.
    pub(crate) fn lost(&self, coop: &CoopName) -> Option<&Arc<LogError>> {
        let of_another_name = !self.served.contains_key(coop);
        self.lost.get(coop).or(self.nameless.as_ref().filter(|_| of_another_name))
    }
}

/// What the writer stands on.
pub(crate) struct Ground {
    pub(crate) log: Arc<dyn Log>,
    pub(crate) cards: Arc<Cards>,
    pub(crate) clock: Clock,
    pub(crate) directory: Arc<RwLock<Directory>>,
    /// Where the view of a co-op that is being founded has its pages.
    pub(crate) snapshots: Snapshots,
    pub(crate) room: Room,
}

/// The way to the one writer.
#[derive(Clone)]
pub struct Engine {
    inbox: mpsc::Sender<Job>,
    /// One for each request that may still wait.
    room: Arc<Semaphore>,
    work: Arc<AtomicU64>,
}

impl Engine {
    /// The way to a writer that has not begun.
    pub(crate) fn new(
        ground: Ground,
        ledgers: BTreeMap<CoopName, Ledger>,
        next_log: LogId,
    ) -> (Self, Writer) {
        let (inbox, jobs) = mpsc::channel(INBOX);
        let work = Arc::new(AtomicU64::new(0));
        let room = Arc::new(Semaphore::new(INBOX));
        let engine = Self { inbox, room, work: Arc::clone(&work) };
        (engine, Writer { ground, ledgers, next_log, inbox: jobs, work })
    }

    /// The same way, on which no more requests wait than so many.
    #[must_use]
    pub(crate) fn with_room(self, waiting: usize) -> Self {
        Self { room: Arc::new(Semaphore::new(waiting.min(INBOX))), ..self }
    }

    /// Starts the writer on a thread of its own. Whatever goes wrong there ends the process: nobody knows what the disk
    /// holds until it has been read again, and a kill is safe.
    pub(crate) fn start(&self, writer: Writer) -> Result<(), Error> {
        thread::Builder::new()
            .name("writer".to_owned())
            .spawn(move || match catch_unwind(AssertUnwindSafe(|| writer.run())) {
                // The writer has let go of the log by now: whoever waits may open the folder again.
                Ok(Ok(stopped)) => drop(stopped.map(|stopped| stopped.send(()))),
                Ok(Err(error)) => end(&error.to_string()),
                Err(_) => end("the writer panicked"),
            })
            .map_err(Error::internal)?;
        self.tick();
        Ok(())
    }

    /// Submits a request and waits for the answer. The append runs to its end even if nobody waits any more.
    pub async fn submit(&self, submission: Submission) -> Result<Answer, Error> {
        let answers = self.send(vec![submission])?.await.map_err(|_| Error::Stopping)?;
        answers.into_iter().next().unwrap_or(Err(Error::Stopping))
    }

    /// Submits requests, each for itself; the answers come by the channel, all at once.
    pub fn send(&self, submissions: Vec<Submission>) -> Result<oneshot::Receiver<Answers>, Error> {
        let wanted = u32::try_from(submissions.len()).unwrap_or(u32::MAX);
        let room = Arc::clone(&self.room).try_acquire_many_owned(wanted);
        let room = room.map_err(|error| match error {
            TryAcquireError::NoPermits => Error::Busy,
            TryAcquireError::Closed => Error::Stopping,
        })?;
        let (reply, answers) = oneshot::channel();
        self.push(Job::Write(Together { submissions, _room: room }, reply))?;
        Ok(answers)
    }

    /// Submits an import and waits for the answer.
    pub async fn import(&self, import: ImportJob) -> Result<ImportAnswer, Error> {
        let (reply, answer) = oneshot::channel();
        self.push(Job::Import(Box::new(import), reply))?;
        answer.await.map_err(|_| Error::Stopping)?
    }

    /// How often the writer has taken up work or laid it down: odd while it decides, or waits for the disk.
    pub(crate) fn work(&self) -> u64 {
        self.work.load(Ordering::Relaxed)
    }

    /// Ends the writer when all that was submitted before is done.
    pub async fn stop(&self) {
        let (reply, done) = oneshot::channel();
        if self.inbox.send(Job::Stop(reply)).await.is_ok() {
            // An error says that the writer has gone already, and that is what was wanted.
            drop(done.await);
        }
    }

    /// Puts a job behind those that wait.
    pub(crate) fn push(&self, job: Job) -> Result<(), Error> {
        self.inbox.try_send(job).map_err(|error| match error {
            mpsc::error::TrySendError::Full(_) => Error::Busy,
            mpsc::error::TrySendError::Closed(_) => Error::Stopping,
        })
    }

    /// Asks time, now and again, whether something has fallen due.
    fn tick(&self) {
        let Ok(runtime) = tokio::runtime::Handle::try_current() else { return };
        let inbox = self.inbox.downgrade();
        runtime.spawn(async move {
            let mut tick = tokio::time::interval(TICK);
            loop {
                tick.tick().await;
                let Some(inbox) = inbox.upgrade() else { return };
                if inbox.send(Job::Tick).await.is_err() {
                    return;
                }
            }
        });
    }
}

/// Says so, and ends the process: it answers nobody, and the next start replays what is on disk.
fn end(why: &str) {
    tracing::error!(
        why,
        "the writer cannot go on; the process ends, and the next start reads what is on disk"
    );
    process::abort();
}

/// The one who writes.
pub(crate) struct Writer {
    ground: Ground,
    ledgers: BTreeMap<CoopName, Ledger>,
    next_log: LogId,
    inbox: mpsc::Receiver<Job>,
    work: Arc<AtomicU64>,
}

impl Writer {
    /// Works until it is told to stop; the answer is for whoever told it.
    fn run(mut self) -> Result<Option<oneshot::Sender<()>>, Error> {
        while let Some(first) = self.inbox.blocking_recv() {
            self.work.fetch_add(1, Ordering::Relaxed);
            let stopping = self.commit(first)?;
            self.work.fetch_add(1, Ordering::Relaxed);
            if stopping.is_some() {
                return Ok(stopping);
            }
        }
        Ok(None)
    }

    /// What waits now is done, on the caller's thread, and nothing where nothing waits: `run`, step by step.
    #[cfg(test)]
    pub(crate) fn step(&mut self) -> Result<Option<oneshot::Sender<()>>, Error> {
        self.inbox.try_recv().map_or(Ok(None), |first| self.commit(first))
    }

    /// One group commit. What comes back is for whoever told the writer to stop.
    fn commit(&mut self, first: Job) -> Result<Option<oneshot::Sender<()>>, Error> {
        let mut batch = Batch::default();
        let stopping = self.fill(&mut batch, first)?;
        self.record(batch)?;
        Ok(stopping)
    }

    /// Decides what waits, into a batch. What comes back is for whoever told the writer to stop.
    fn fill(
        &mut self,
        batch: &mut Batch,
        first: Job,
    ) -> Result<Option<oneshot::Sender<()>>, Error> {
        let mut first = Some(first);
        let mut taken = 0;
        let room = self.ground.room.look().is_ok();
        while taken < BATCH_MAX {
            // Never taken out where there is no room for it: its caller would hear that the server stops.
            let Some(job) = first.take().or_else(|| self.inbox.try_recv().ok()) else { break };
            match job {
                Job::Write(together, reply) if !room => {
                    taken += together.submissions.len();
                    let submissions = together.submissions.into_iter();
                    let answers = submissions.map(|submission| self.recall(batch, &submission));
                    let answers = answers.collect();
                    batch.answer(reply, answers);
                }
                Job::Import(_, reply) if !room => {
                    taken += 1;
                    batch.answer_import(reply, Err(Error::NoRoom));
                }
                // What has fallen due is as due when there is room again.
                Job::Tick if !room => taken += 1,
                Job::Write(together, reply) => {
                    taken += together.submissions.len();
                    let submissions = together.submissions.into_iter();
                    // What comes together is of one moment.
                    let now = self.ground.clock.now();
                    let answers = submissions.map(|submission| match &now {
                        Ok(now) => self.write(batch, submission, *now),
                        Err(jumped) => Ok(Err(jumped.clone().into())),
                    });
                    let answers = answers.collect::<Result<_, _>>()?;
                    batch.answer(reply, answers);
                }
                Job::Import(import, reply) => {
                    taken += 1;
                    let answer = self.import(batch, &import)?;
                    batch.answer_import(reply, answer);
                }
                Job::Tick => {
                    taken += 1;
                    self.fall_due(batch)?;
                }
                Job::Stop(reply) => return Ok(Some(reply)),
            }
        }
        Ok(None)
    }

    /// Brings a batch to the platter, shows it to readers, and only then answers anybody.
    fn record(&mut self, batch: Batch) -> Result<(), Error> {
        let batch = batch.close();
        let blocks = batch.blocks();
        // What lies before a block is on the platter.
        let before = blocks.iter().map(|block| (block.log, block.first.saturating_sub(1)));
        self.ground.cards.put(&batch.cards, before)?;
        if !blocks.is_empty() {
            self.ground.log.append(&blocks)?;
        }
        let mut behind = Vec::with_capacity(batch.fresh.len());
        for (coop, _, fresh) in &batch.fresh {
            if let Some(ledger) = self.ledgers.get_mut(coop) {
                behind.push((coop.clone(), ledger.ahead.show(Arc::clone(fresh))?));
            }
        }
        batch.reply();
        // The callers have their answers: only the next batch waits for this.
        for (coop, behind) in behind {
            if let Some(ledger) = self.ledgers.get_mut(&coop) {
                ledger.ahead.catch_up(behind)?;
            }
        }
        Ok(())
    }

    /// A co-op that is being founded has a log of its own from now on.
    fn open(&mut self, coop: &CoopName) -> Result<(), Error> {
        let id = self.next_log;
        self.next_log = LogId::new(id.get().saturating_add(1));
        let published = Arc::new(Published::new(self.ground.snapshots.fresh(id), Position::START));
        let mut directory = self.ground.directory.write().unwrap_or_else(PoisonError::into_inner);
        directory.served.insert(coop.clone(), (id, Arc::clone(&published)));
        drop(directory);
        self.ledgers.insert(coop.clone(), Ledger { id, ahead: Ahead::of(published)? });
        Ok(())
    }
}
