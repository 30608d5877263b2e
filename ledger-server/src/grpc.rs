//! The API, as thin as it goes: parse, submit, answer.

mod bulk;
mod bundle;
mod coops;
#[cfg(test)]
mod cuts;
mod feed;
mod following;
mod lists;
mod looks;
mod methods;
mod own;
mod pace;
mod pages;
mod people;
mod proofs;
mod prover;
mod receipt;
mod representatives;
mod room;
mod statement;
mod then;
mod tokens;
mod totals;
mod watching;

pub(crate) use pace::Pace;
pub(crate) use watching::Watching;

use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard};

use ledger_core::{Actor, CoopName, MemberId, Rejection};
use ledger_proto::{
    Secrets,
    api::{self, Read},
    v1,
};
use tokio::sync::{Semaphore, watch};
use tonic::{Request, Status};

use crate::{
    access::{Called, Caller, Denied, Sees, access_of_write},
    auth::Auth,
    cards::Cards,
    checkpoints::Checkpoints,
    clock::Clock,
    engine::{Answer, Directory, Engine, Submission},
    error::Error,
    limits::Limits,
    log::{Log, LogId},
    looks::Looks,
    metrics::Metrics,
    room::Room,
    status,
    views::{Moment, Published, View},
};

/// The whole API, over one engine, for whoever calls. Cheap to clone: each service of the API is one of these, for
/// strangers, and each call has one of its own.
#[derive(Clone)]
pub(crate) struct Service {
    ground: Arc<Ground>,
    caller: Caller,
    method: &'static str,
}

/// What the API stands on.
pub(crate) struct Ground {
    pub(crate) engine: Engine,
    pub(crate) directory: Arc<RwLock<Directory>>,
    pub(crate) log: Arc<dyn Log>,
    pub(crate) cards: Arc<Cards>,
    pub(crate) secrets: Secrets,
    pub(crate) checkpoints: Arc<Checkpoints>,
    pub(crate) auth: Arc<Auth>,
    pub(crate) looks: Arc<Looks>,
    pub(crate) metrics: Arc<Metrics>,
    pub(crate) limits: Limits,
    /// One for each stream that may still be opened.
    pub(crate) streams: Arc<Semaphore>,
    pub(crate) pace: Arc<Pace>,
    pub(crate) clock: Clock,
    pub(crate) room: Room,
    /// True when the server is stopping: streams end then.
    pub(crate) stopping: watch::Receiver<bool>,
}

/// One co-op, as a read finds it.
struct Found {
    coop: CoopName,
    log: LogId,
    published: Arc<Published>,
    sees: Sees,
    read: Read,
}

impl Found {
    /// The view, and the moment of which the answer speaks.
    fn look(&self) -> Result<(RwLockReadGuard<'_, View>, Moment), Error> {
        self.published.served()?;
        let view = self.published.look();
        let moment = view.moment(self.read.as_of)?;
        Ok((view, moment))
    }
}

impl Service {
    pub(crate) fn new(ground: Ground) -> Self {
        Self { ground: Arc::new(ground), caller: Caller::Stranger, method: "" }
    }

    /// The same for whoever calls.
    pub(crate) fn called_by(&self, caller: Caller) -> Self {
        Self { caller, ..self.clone() }
    }

    /// The same for whoever the gate let in with this request.
    fn of<M>(&self, request: &Request<M>) -> Self {
        match request.extensions().get::<Called>().cloned() {
            Some(Called { caller, method }) => Self { caller, method, ..self.clone() },
            // Nobody came in by the gate: whoever holds the service asks it.
            None => self.clone(),
        }
    }

    /// A refusal, counted by its reason.
    fn no(&self, error: Error) -> Status {
        self.ground.metrics.refused(status::reason(&error));
        error.into()
    }

    /// The one road of every write: what arrives is parsed, decided, recorded, receipted.
    async fn write(&self, request: v1::write::Request) -> Result<(Answer, v1::Receipt), Error> {
        let asked = self.read_write(v1::Write { request: Some(request) })?;
        let (coop, actor) = (asked.coop.clone(), asked.request.actor);
        let answer = self.ground.engine.submit(asked).await?;
        let receipt = self.receipt(&coop, actor, &answer)?;
        Ok((answer, receipt))
    }

    /// A write, as the engine takes it, if whoever calls may ask for it.
    fn read_write(&self, write: v1::Write) -> Result<Submission, Error> {
        if let Some(request) = &write.request {
            self.caller.may(access_of_write(request))?;
        }
        let parsed = api::parse(write, &self.ground.secrets)?;
        let api::Parsed { coop, mut request, validate_only, actor_said, card, note } = parsed;
        self.caller.within(&coop)?;
        request.actor = self.caller.acts((request.actor, actor_said))?;
        Ok(Submission { coop, request, validate_only, card, note })
    }

    /// What is said of an entry to whoever asked for it. The same request by another is another request: nobody is shown
    /// an answer, and with it a voucher's code, because they know its id.
    fn receipt(
        &self,
        coop: &CoopName,
        actor: Actor,
        answer: &Answer,
    ) -> Result<v1::Receipt, Error> {
        if answer.entry.by.actor != actor {
            return Err(Rejection::RequestIdReused { position: answer.entry.position }.into());
        }
        Ok(receipt::receipt(coop, answer, &self.ground.secrets))
    }

    /// The road of every read: which co-op, and is the position there that the reader has seen elsewhere?
    async fn find(&self, context: Option<v1::ReadContext>) -> Result<Found, Error> {
        let read = api::read_context(context)?;
        let (log, published) = self.coop(&read.coop)?;
        published.reach(read.at_least).await?;
        let sees = self.sees(&published);
        Ok(Found { coop: read.coop.clone(), log, published, sees, read })
    }

    /// A co-op, if whoever calls may hear of it.
    fn coop(&self, coop: &CoopName) -> Result<(LogId, Arc<Published>), Error> {
        self.caller.within(coop)?;
        let found = {
            let directory = self.ground.directory.read().unwrap_or_else(PoisonError::into_inner);
            directory.find(coop)?
        };
        self.caller.still(found.1.look().state())?;
        Ok(found)
    }

    /// Whom whoever calls sees of a co-op now, of whatever moment they ask.
    fn sees(&self, published: &Published) -> Sees {
        let view = published.look();
        self.caller.sees(view.state(), view.state().stamp(self.ground.clock.reading()))
    }

    /// Whose data a read shows: that of the member whom it names, or of everybody where it names nobody. A member's token
    /// shows what is theirs where nobody is named; a look by anybody else is noted for the person to ask for.
    fn whose(
        &self,
        (log, sees): (LogId, &Sees),
        named: Option<MemberId>,
    ) -> Result<Option<MemberId>, Error> {
        let named = named.or(sees.own());
        if named.is_some_and(|member| !sees.shows(member)) {
            return Err(Denied::NotTheirs.into());
        }
        if !named.is_some_and(|member| sees.is_own(member)) {
            self.looks_at(log, named);
        }
        Ok(named)
    }

    /// Notes a look at somebody else, or at everybody.
    fn looks_at(&self, log: LogId, named: Option<MemberId>) {
        if let Some(token) = self.caller.looks_with() {
            let now = self.ground.clock.reading();
            self.ground.looks.note(log, (token, self.method), named, now);
        }
    }
}
