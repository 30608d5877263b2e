//! What the writer decides of one request, and what it puts into the batch for that.

use std::{
    collections::BTreeMap,
    sync::{Arc, PoisonError},
};

use ledger_core::{
    AccountsRoot, Command, CoopName, Decision, Entry, Event, MemberId, Position, Rejection,
    Request, State, TimeAccount, Timestamp, Transfer, decide, fall_due, import, retried,
};
use ledger_proto::{Hash, accounts_root, leaf, stored};

use super::{Answer, Batch, ImportAnswer, ImportJob, Ledger, Submission, Writer, batch::Draft};
use crate::{
    cards::Card,
    error::Error,
    views::{Line, Moment},
};

/// An answer for the caller, or an error that ends the writer.
type Step<T> = Result<Result<T, Error>, Error>;

impl Writer {
    /// Decides one request. Refusals are answers; only what must not happen is an error.
    pub(super) fn write(
        &mut self,
        batch: &mut Batch,
        submission: Submission,
        now: Timestamp,
    ) -> Step<Draft> {
        let Submission { coop, mut request, validate_only, card, note } = submission;
        if !self.ledgers.contains_key(&coop) {
            if let Err(error) = self.not_lost(&coop) {
                return Ok(Err(error));
            }
            if !matches!(request.command, Command::FoundCoop { .. }) {
                return Ok(Err(Rejection::CoopNotFound.into()));
            }
            // Only a founding that is not refused opens a log.
            request.at = now;
            match decide(&State::default(), &request) {
                Err(rejection) => return Ok(Err(rejection.into())),
                Ok(Decision::Record(entry)) if validate_only => {
                    return Ok(Ok(Draft::Whole(tried(&State::default(), *entry))));
                }
                Ok(Decision::Record(_) | Decision::AlreadyRecorded(_)) => self.open(&coop)?,
            }
        }
        self.due(batch, &coop, now)?;
        let Some(ledger) = self.ledgers.get(&coop) else {
            return Ok(Err(Rejection::CoopNotFound.into()));
        };
        if let Err(error) = ledger.ahead.published().served() {
            return Ok(Err(error));
        }
        request.at = ledger.ahead.state().stamp(now);
        if let Err(error) = self.look_up(batch, &coop, &mut request) {
            return Ok(Err(error));
        }
        let state = ledger.ahead.state();
        let entry = match decide(&state, &request) {
            Err(rejection) => return Ok(Err(rejection.into())),
            Ok(Decision::AlreadyRecorded(position)) => {
                return Ok(self.replay(batch, &coop, position).map(Draft::Whole));
            }
            Ok(Decision::Record(entry)) => *entry,
        };
        if validate_only {
            return Ok(Ok(Draft::Whole(tried(&state, entry))));
        }
        drop(state);
        let log = ledger.id;
        let position = entry.position;
        if let (Some(card), Event::MemberEnrolled { member, .. }) = (card, &entry.event) {
            batch.keep(log, Card::Member(*member, card));
        }
        if let Some(note) = note {
            batch.keep(log, Card::Note(position, note));
        }
        Ok(Ok(self.take(batch, &coop, entry)?))
    }

    /// Answers a request where nothing can be stored: a retry gets the original answer.
    pub(super) fn recall(&self, batch: &Batch, submission: &Submission) -> Result<Draft, Error> {
        let Submission { coop, request, .. } = submission;
        let ledger = self.ledgers.get(coop).ok_or(Error::NoRoom)?;
        ledger.ahead.published().served()?;
        match retried(&ledger.ahead.state(), request)? {
            Some(position) => self.replay(batch, coop, position).map(Draft::Whole),
            None => Err(Error::NoRoom),
        }
    }

    /// Everything that has fallen due in any co-op.
    pub(super) fn fall_due(&mut self, batch: &mut Batch) -> Result<(), Error> {
        // A clock that has jumped lapses nothing; requests will say so.
        let Ok(now) = self.ground.clock.now() else { return Ok(()) };
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
            if ledger.ahead.published().served().is_err() {
                return Ok(());
            }
            let due = {
                let state = ledger.ahead.state();
                fall_due(&state, state.stamp(now))
            };
            let Some(entry) = due else { return Ok(()) };
            self.take(batch, coop, entry)?;
        }
    }

    /// Encodes an entry once, and lets the ledger take it.
    fn take(&mut self, batch: &mut Batch, coop: &CoopName, entry: Entry) -> Result<Draft, Error> {
        let bytes = stored::encode(&entry).map_err(Error::internal)?;
        let ledger = self.ledgers.get_mut(coop).ok_or(Rejection::CoopNotFound)?;
        let below_soft_floor = below_soft_floor(&ledger.ahead.state(), &entry);
        ledger.ahead.take(&entry)?;
        if below_soft_floor > 0 {
            batch.note_below(coop, entry.position, below_soft_floor);
        }
        batch.push(coop, ledger.id, entry.clone(), bytes);
        let answer =
            Answer { entry, leaf: None, replayed: false, validated_only: false, below_soft_floor };
        Ok(Draft::New(ledger.id, answer))
    }

    /// Tries an import on a state of its own, and takes it if all is good, or if good steps alone are wanted.
    pub(super) fn import(&mut self, batch: &mut Batch, job: &ImportJob) -> Step<ImportAnswer> {
        let now = match self.ground.clock.now() {
            Ok(now) => now,
            Err(jumped) => return Ok(Err(jumped.into())),
        };
        self.due(batch, &job.coop, now)?;
        let Some(ledger) = self.ledgers.get(&job.coop) else {
            let lost = self.not_lost(&job.coop);
            return Ok(Err(lost.err().unwrap_or_else(|| Rejection::CoopNotFound.into())));
        };
        if let Err(error) = ledger.ahead.published().served() {
            return Ok(Err(error));
        }
        let state = ledger.ahead.state().clone();
        let head = state.head();
        let importing = ledger_core::Importing { at: state.stamp(now), actor: job.actor };
        let done = import(state, &job.steps, importing)?;
        let recorded = done.entries.iter().filter(|(step, _)| step.is_some()).count();
        let all_good = done.failures.is_empty() && done.dependent == 0 && !job.unreadable;
        let stored = !job.validate_only && !done.entries.is_empty() && (all_good || job.keep_good);
        let position = if stored { done.state.head() } else { head };
        if let Some(ledger) = self.ledgers.get_mut(&job.coop).filter(|_| stored) {
            for (step, entry) in done.entries {
                let card = step.and_then(|step| job.cards.get(step).cloned().flatten());
                if let (Some(card), Event::MemberEnrolled { member, .. }) = (card, &entry.event) {
                    batch.keep(ledger.id, Card::Member(*member, card));
                }
                let bytes = stored::encode(&entry).map_err(Error::internal)?;
                ledger.ahead.take(&entry)?;
                batch.push(&job.coop, ledger.id, entry, bytes);
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

    /// A co-op whose log has lost something is not written to, and not founded anew.
    fn not_lost(&self, coop: &CoopName) -> Result<(), Error> {
        let directory = self.ground.directory.read().unwrap_or_else(PoisonError::into_inner);
        match directory.lost(coop) {
            Some(why) => Err(Error::Lost(Arc::clone(why))),
            None => Ok(()),
        }
    }

    /// A reversal needs the entry that it reverses; a seal the root of all accounts.
    fn look_up(&self, batch: &Batch, coop: &CoopName, request: &mut Request) -> Result<(), Error> {
        if let Command::ReverseEntry { entry, found, reason: _ } = &mut request.command {
            *found = self.entry(batch, coop, *entry)?.map(|(entry, _)| Box::new(entry));
        }
        if let (Command::SealState { accounts_root: root }, Some(ledger)) =
            (&mut request.command, self.ledgers.get(coop))
        {
            let accounts = accounts_root(ledger.ahead.state().books());
            *root = Some(AccountsRoot::new(*accounts.as_bytes()));
        }
        Ok(())
    }

    fn entry(
        &self,
        batch: &Batch,
        coop: &CoopName,
        position: Position,
    ) -> Result<Option<(Entry, Hash)>, Error> {
        if let Some((entry, bytes)) = batch.find(coop, position) {
            return Ok(Some((entry.clone(), leaf(bytes))));
        }
        let Some(ledger) = self.ledgers.get(coop) else { return Ok(None) };
        let bytes = self.ground.log.read(ledger.id, position.get())?;
        let decoded = bytes.map(|bytes| stored::decode(&bytes).map(|entry| (entry, leaf(&bytes))));
        decoded.transpose().map_err(Error::internal)
    }

    /// The original answer to a retry.
    fn replay(&self, batch: &Batch, coop: &CoopName, position: Position) -> Result<Answer, Error> {
        let entry = self.entry(batch, coop, position)?;
        let (entry, leaf) = entry.ok_or_else(|| Error::internal("a known request has no entry"))?;
        let leaf = Some(leaf);
        let below_soft_floor = match self.ledgers.get(coop) {
            // What readers see does not know of this batch yet.
            _ if batch.find(coop, position).is_some() => batch.below(coop, position),
            Some(ledger) => stood_below(ledger, &entry)?,
            None => 0,
        };
        Ok(Answer { entry, leaf, replayed: true, validated_only: false, below_soft_floor })
    }
}

/// The same answer as if it were recorded, and nothing is stored.
fn tried(state: &State, entry: Entry) -> Answer {
    let below_soft_floor = below_soft_floor(state, &entry);
    Answer { entry, leaf: None, replayed: false, validated_only: true, below_soft_floor }
}

/// The accounts that an entry takes from, with what it moves in each.
fn taken(entry: &Entry) -> BTreeMap<MemberId, i64> {
    let mut moved: BTreeMap<MemberId, i64> = BTreeMap::new();
    let mut add = |account: TimeAccount, minutes: i64| {
        if let TimeAccount::Member(member) = account {
            let sum = moved.entry(member).or_default();
            *sum = sum.saturating_add(minutes);
        }
    };
    for transfer in entry.event.transfers() {
        match transfer {
            Transfer::Time { from, to, minutes } => {
                add(from, -minutes.get());
                add(to, minutes.get());
            }
            Transfer::Cash { .. } | Transfer::Kind { .. } => {}
        }
    }
    moved.retain(|_, minutes| *minutes < 0);
    moved
}

/// Minutes by which the lowest of these accounts stands below the soft floor.
fn lowest(soft_floor: i64, balances: impl Iterator<Item = i64>) -> i64 {
    balances.map(|balance| soft_floor.saturating_sub(balance)).max().unwrap_or(0).max(0)
}

/// Minutes by which an account that an entry takes from will stand below the soft floor.
fn below_soft_floor(before: &State, entry: &Entry) -> i64 {
    let Ok(policy) = before.policy() else { return 0 };
    let balances = taken(entry).into_iter().map(|(member, minutes)| {
        before.books().time(TimeAccount::Member(member)).get().saturating_add(minutes)
    });
    lowest(policy.values.soft_floor_minutes, balances)
}

/// The same of an entry that is on the platter, as the account stood after it and by the policy of its day.
fn stood_below(ledger: &Ledger, entry: &Entry) -> Result<i64, Error> {
    let view = ledger.ahead.published().look();
    let mut policies = view.state().policies().iter();
    let policy = policies.find(|policy| policy.version == entry.policy_version);
    let after = Moment::Through(entry.position);
    let balances = taken(entry).into_keys().map(|member| view.at(Line::Own(member), after));
    let balances = balances.collect::<Result<Vec<_>, _>>()?;
    Ok(policy.map_or(0, |policy| lowest(policy.values.soft_floor_minutes, balances.into_iter())))
}
