//! What the writer is asked, and what it answers.

use ledger_core::{Actor, CoopName, Entry, ImportFailure, PastStep, Request};
use ledger_proto::{Hash, v1};
use tokio::sync::{OwnedSemaphorePermit, oneshot};

use crate::error::Error;

/// A request on its way to the writer.
#[derive(Clone, Debug)]
pub struct Submission {
    /// Whose ledger.
    pub coop: CoopName,
    /// What is asked. The writer stamps its time.
    pub request: Request,
    /// True: decide, and store nothing.
    pub validate_only: bool,
    /// The card of the member who is enrolled.
    pub card: Option<v1::Card>,
    /// What is said beside the entry.
    pub note: Option<String>,
}

/// The answer to a request.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The entry, as it is on the platter, or as it would be where nothing was to be stored.
    pub entry: Entry,
    /// Its leaf in the Merkle log. Nothing where nothing was to be stored.
    pub leaf: Option<Hash>,
    /// Whether it had been recorded before.
    pub replayed: bool,
    /// Whether nothing was stored.
    pub validated_only: bool,
    /// Minutes by which an account stands below the soft floor after it.
    pub below_soft_floor: i64,
}

/// An import on its way to the writer.
#[derive(Clone, Debug)]
pub struct ImportJob {
    /// Whose ledger.
    pub coop: CoopName,
    /// Who brings it.
    pub actor: Actor,
    /// The steps, in order.
    pub steps: Vec<PastStep>,
    /// The card of the member that each step enrols, in the order of the steps.
    pub cards: Vec<Option<v1::Card>>,
    /// True: store what is good even if something is refused.
    pub keep_good: bool,
    /// True: store nothing.
    pub validate_only: bool,
    /// True: something could not even be read, so that the set is not all good.
    pub unreadable: bool,
}

/// What an import came to.
#[derive(Clone, Debug)]
pub struct ImportAnswer {
    /// Steps recorded, or that would have been.
    pub recorded: usize,
    /// Steps that were brought before.
    pub known: usize,
    /// Steps refused by themselves.
    pub failures: Vec<(usize, ImportFailure)>,
    /// Steps that failed only because another did.
    pub dependent: usize,
    /// The newest position afterwards.
    pub position: u64,
    /// Whether something was stored.
    pub stored: bool,
}

/// The answers to requests, in the order of these.
pub(crate) type Answers = Vec<Result<Answer, Error>>;

/// Requests that came together, with the room that they take up while they wait.
pub(crate) struct Together {
    pub(super) submissions: Vec<Submission>,
    pub(super) _room: OwnedSemaphorePermit,
}

/// Anything that the writer is asked.
pub(crate) enum Job {
    /// Requests, each for itself, and where their answers go.
    Write(Together, oneshot::Sender<Answers>),
    /// An import.
    Import(Box<ImportJob>, oneshot::Sender<Result<ImportAnswer, Error>>),
    /// Has something fallen due?
    Tick,
    /// End, when all before is done.
    Stop(oneshot::Sender<()>),
}
