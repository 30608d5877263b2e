//! What shares one sync: entries by co-op, the cards that they need, and the answers that wait for them.

use std::collections::BTreeMap;

use ledger_core::{
    Command, CoopName, Decision, Entry, Event, Position, Rejection, Request, State, TimeAccount,
    Timestamp, Transfer, decide, evolve, fall_due, import,
};
use ledger_proto::{Hash, leaf, stored};
use tokio::sync::oneshot;

use super::{Answer, ImportAnswer, ImportJob, Ledger, Submission, Writer};
use crate::{
    cards::Card,
    error::Error,
    log::{Block, LogId},
};

/// The new entries of one co-op.
struct Fresh {
    log: LogId,
    entries: Vec<(Entry, Hash)>,
    bytes: Vec<Vec<u8>>,
}

type Waiting<T> = (oneshot::Sender<Result<T, Error>>, Result<T, Error>);

/// One group commit.
#[derive(Default)]
pub(super) struct Batch {
    fresh: BTreeMap<CoopName, Fresh>,
    cards: Vec<(LogId, Card)>,
    answers: Vec<Waiting<Answer>>,
    imports: Vec<Waiting<ImportAnswer>>,
}

impl Batch {
    pub(super) fn is_empty(&self) -> bool {
        self.fresh.is_empty()
    }

    pub(super) fn cards(&self) -> &[(LogId, Card)] {
        &self.cards
    }

    pub(super) fn blocks(&self) -> Vec<Block<'_>> {
        let block = |fresh: &'_ Fresh| {
            let first = fresh.entries.first().map_or(0, |(entry, _)| entry.position.get());
            (fresh.log, first)
        };
        self.fresh
            .values()
            .map(|fresh| {
                let (log, first) = block(fresh);
                Block { log, first, entries: &fresh.bytes }
            })
            .collect()
    }

    pub(super) fn entries(&self) -> impl Iterator<Item = (&CoopName, &[(Entry, Hash)])> {
        self.fresh.iter().map(|(coop, fresh)| (coop, &*fresh.entries))
    }

    pub(super) fn answer(
        &mut self,
        reply: oneshot::Sender<Result<Answer, Error>>,
        answer: Result<Answer, Error>,
    ) {
        self.answers.push((reply, answer));
    }

    pub(super) fn answer_import(
        &mut self,
        reply: oneshot::Sender<Result<ImportAnswer, Error>>,
        answer: Result<ImportAnswer, Error>,
    ) {
        self.imports.push((reply, answer));
    }

    /// Answers everybody. A caller who has gone away does not want the answer.
    pub(super) fn reply(self) {
        for (reply, answer) in self.answers {
            drop(reply.send(answer));
        }
        for (reply, answer) in self.imports {
            drop(reply.send(answer));
        }
    }

    /// An entry of this batch, before anybody can read it from the log.
    fn find(&self, coop: &CoopName, position: Position) -> Option<&Entry> {
        let fresh = self.fresh.get(coop)?;
        fresh.entries.iter().map(|(entry, _)| entry).find(|entry| entry.position == position)
    }

    /// Takes an entry whose bytes are known; the ledger has taken it already.
    fn push(&mut self, coop: &CoopName, log: LogId, entry: Entry, bytes: Vec<u8>) {
        let fresh = self.fresh.entry(coop.clone()).or_insert_with(|| Fresh {
            log,
            entries: Vec::new(),
            bytes: Vec::new(),
        });
        fresh.entries.push((entry, leaf(&bytes)));
        fresh.bytes.push(bytes);
    }
}

/// An answer for the caller, or an error that ends the writer.
type Step<T> = Result<Result<T, Error>, Error>;

impl Writer {
    /// Decides one request. Refusals are answers; only what must not happen is an error.
    pub(super) fn write(&mut self, batch: &mut Batch, submission: Submission) -> Step<Answer> {
        let Submission { coop, mut request, validate_only, card, note } = submission;
        let now = match self.now() {
            Ok(now) => now,
            Err(error) => return Ok(Err(error)),
        };
        if !self.ledgers.contains_key(&coop) {
            let founds = matches!(request.command, Command::FoundCoop { .. });
            if let Err(error) = self.may_be_founded(&coop, founds) {
                return Ok(Err(error));
            }
            // Only a founding that is not refused opens a log.
            let answer = founding(request.clone(), now);
            if validate_only || answer.is_err() {
                return Ok(answer);
            }
            self.open(&coop);
        }
        self.due(batch, &coop, now)?;
        let Some(ledger) = self.ledgers.get(&coop) else {
            return Ok(Err(Rejection::CoopNotFound.into()));
        };
        request.at = ledger.state.stamp(now);
        if let Err(error) = self.look_up(batch, &coop, &mut request) {
            return Ok(Err(error));
        }
        let entry = match decide(&ledger.state, &request) {
            Err(rejection) => return Ok(Err(rejection.into())),
            Ok(Decision::AlreadyRecorded(position)) => {
                return Ok(self.replay(batch, &coop, position));
            }
            Ok(Decision::Record(entry)) if validate_only => return Ok(Ok(tried(*entry))),
            Ok(Decision::Record(entry)) => *entry,
        };
        let log = ledger.id;
        let position = entry.position;
        if let (Some(card), Event::MemberEnrolled { member, .. }) = (card, &entry.event) {
            batch.cards.push((log, Card::Member(*member, card)));
        }
        if let Some(note) = note {
            batch.cards.push((log, Card::Note(position, note)));
        }
        let answer = self.take(batch, &coop, entry)?;
        Ok(Ok(answer))
    }

    /// Everything that has fallen due in any co-op.
    pub(super) fn fall_due(&mut self, batch: &mut Batch) -> Result<(), Error> {
        // A clock that has jumped lapses nothing; requests will say so.
        let Ok(now) = self.now() else { return Ok(()) };
        let coops: Vec<_> = self.ledgers.keys().cloned().collect();
        for coop in coops {
            self.due(batch, &coop, now)?;
        }
        Ok(())
    }

    /// What has fallen due comes before the request that it precedes.
    fn due(&mut self, batch: &mut Batch, coop: &CoopName, now: Timestamp) -> Result<(), Error> {
        loop {
            let Some(ledger) = self.ledgers.get(coop) else { return Ok(()) };
            let Some(entry) = fall_due(&ledger.state, ledger.state.stamp(now)) else {
                return Ok(());
            };
            self.take(batch, coop, entry)?;
        }
    }

    /// Encodes an entry once, and lets the ledger take it.
    fn take(&mut self, batch: &mut Batch, coop: &CoopName, entry: Entry) -> Result<Answer, Error> {
        let bytes = stored::encode(&entry).map_err(Error::internal)?;
        let ledger = self.ledgers.get_mut(coop).ok_or(Rejection::CoopNotFound)?;
        ledger.state = evolve(std::mem::take(&mut ledger.state), &entry)?;
        let below_soft_floor = below_soft_floor(ledger, &entry);
        batch.push(coop, ledger.id, entry.clone(), bytes);
        Ok(Answer { entry, replayed: false, validated_only: false, below_soft_floor })
    }

    /// Tries an import on a state of its own, and takes it if all is good, or if good steps alone are wanted.
    pub(super) fn import(&mut self, batch: &mut Batch, job: ImportJob) -> Step<ImportAnswer> {
        let now = match self.now() {
            Ok(now) => now,
            Err(error) => return Ok(Err(error)),
        };
        self.due(batch, &job.coop, now)?;
        let Some(ledger) = self.ledgers.get(&job.coop) else {
            return Ok(Err(self
                .may_be_founded(&job.coop, false)
                .err()
                .unwrap_or_else(|| Rejection::CoopNotFound.into())));
        };
        let at = ledger.state.stamp(now);
        let importing = ledger_core::Importing { at, actor: job.actor };
        let done = import(ledger.state.clone(), &job.steps, importing)?;
        let recorded = done.entries.iter().filter(|(step, _)| step.is_some()).count();
        let all_good = done.failures.is_empty() && done.dependent == 0 && !job.unreadable;
        let stored = !job.validate_only && !done.entries.is_empty() && (all_good || job.keep_good);
        let position = if stored { done.state.head() } else { ledger.state.head() };
        let log = ledger.id;
        if stored {
            for (step, entry) in done.entries {
                let card = step.and_then(|step| job.cards.get(step).cloned().flatten());
                if let (Some(card), Event::MemberEnrolled { member, .. }) = (card, &entry.event) {
                    batch.cards.push((log, Card::Member(*member, card)));
                }
                let bytes = stored::encode(&entry).map_err(Error::internal)?;
                batch.push(&job.coop, log, entry, bytes);
            }
            if let Some(ledger) = self.ledgers.get_mut(&job.coop) {
                ledger.state = done.state;
            }
        }
        Ok(Ok(ImportAnswer {
            recorded,
            known: done.known,
            failures: done.failures,
            dependent: done.dependent,
            position: position.get(),
            stored,
        }))
    }

    fn now(&self) -> Result<Timestamp, Error> {
        self.ground.clock.now().map_err(|jumped| Error::ClockJumped(jumped.to_string()))
    }

    /// A co-op that is not here: it is being founded, it has lost something, or there is none.
    fn may_be_founded(&self, coop: &CoopName, founding: bool) -> Result<(), Error> {
        let directory =
            self.ground.directory.read().unwrap_or_else(std::sync::PoisonError::into_inner);
        match directory.lost.get(coop) {
            Some(why) => Err(Error::Lost(why.clone())),
            None if founding => Ok(()),
            None => Err(Rejection::CoopNotFound.into()),
        }
    }

    /// A reversal needs the entry that it reverses.
    fn look_up(&self, batch: &Batch, coop: &CoopName, request: &mut Request) -> Result<(), Error> {
        if let Command::ReverseEntry { entry, found, reason: _ } = &mut request.command {
            *found = self.entry(batch, coop, *entry)?.map(Box::new);
        }
        Ok(())
    }

    fn entry(
        &self,
        batch: &Batch,
        coop: &CoopName,
        position: Position,
    ) -> Result<Option<Entry>, Error> {
        if let Some(entry) = batch.find(coop, position) {
            return Ok(Some(entry.clone()));
        }
        let Some(ledger) = self.ledgers.get(coop) else { return Ok(None) };
        let bytes = self.ground.log.read(ledger.id, position.get())?;
        bytes.map(|bytes| stored::decode(&bytes).map_err(Error::internal)).transpose()
    }

    /// The original answer to a retry.
    fn replay(&self, batch: &Batch, coop: &CoopName, position: Position) -> Result<Answer, Error> {
        let entry = self.entry(batch, coop, position)?;
        let entry = entry.ok_or_else(|| Error::internal("a known request has no entry"))?;
        Ok(Answer { entry, replayed: true, validated_only: false, below_soft_floor: 0 })
    }
}

/// What would come of founding a co-op. Nothing is stored.
fn founding(mut request: Request, now: Timestamp) -> Result<Answer, Error> {
    let nothing = State::default();
    request.at = nothing.stamp(now);
    match decide(&nothing, &request)? {
        Decision::AlreadyRecorded(_) => {
            Err(Error::internal("a co-op that is not there knows a request"))
        }
        Decision::Record(entry) => Ok(tried(*entry)),
    }
}

fn tried(entry: Entry) -> Answer {
    Answer { entry, replayed: false, validated_only: true, below_soft_floor: 0 }
}

/// Minutes by which an account that the entry took from stands below the soft floor.
fn below_soft_floor(ledger: &Ledger, entry: &Entry) -> i64 {
    let Ok(policy) = ledger.state.policy() else { return 0 };
    let soft_floor = policy.values.soft_floor_minutes;
    let transfers = entry.event.transfers();
    let taken = transfers.iter().filter_map(|transfer| match transfer {
        Transfer::Time { from: from @ TimeAccount::Member(_), to: _, minutes: _ } => Some(*from),
        Transfer::Time { .. } | Transfer::Cash { .. } | Transfer::Kind { .. } => None,
    });
    taken
        .map(|account| soft_floor.saturating_sub(ledger.state.books().time(account).get()))
        .max()
        .unwrap_or(0)
        .max(0)
}
