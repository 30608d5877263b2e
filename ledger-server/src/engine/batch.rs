//! What shares one sync: entries by co-op, the cards that they need, and the answers that wait for them.

use std::{collections::BTreeMap, sync::Arc};

use ledger_core::{CoopName, Entry, Position};
use tokio::sync::oneshot;

use super::{Answer, Answers, ImportAnswer};
use crate::{
    cards::Card,
    error::Error,
    log::{Block, LogId},
    views::Fresh,
};

type Waiting<T> = (oneshot::Sender<T>, T);
/// The answers to requests that came together, while their batch is decided.
type Drafts = Vec<Result<Draft, Error>>;

/// The new entries of a co-op, with the bytes of each.
struct Part {
    log: LogId,
    entries: Vec<Entry>,
    bytes: Vec<Vec<u8>>,
}

/// An answer while its batch is decided.
pub(super) enum Draft {
    /// All of it is known.
    Whole(Answer),
    /// Of an entry that is new: its leaf is known when the batch is closed.
    New(LogId, Answer),
}

/// One group commit, while it is decided.
#[derive(Default)]
pub(super) struct Batch {
    fresh: BTreeMap<CoopName, Part>,
    cards: Vec<(LogId, Card)>,
    below_soft_floor: BTreeMap<(CoopName, Position), i64>,
    answers: Vec<(oneshot::Sender<Answers>, Drafts)>,
    imports: Vec<Waiting<Result<ImportAnswer, Error>>>,
}

/// One group commit, decided to its end.
pub(super) struct Closed {
    /// The new entries of each co-op.
    pub(super) fresh: Vec<(CoopName, LogId, Arc<Fresh>)>,
    pub(super) cards: Vec<(LogId, Card)>,
    answers: Vec<Waiting<Answers>>,
    imports: Vec<Waiting<Result<ImportAnswer, Error>>>,
}

impl Batch {
    pub(super) fn answer(&mut self, reply: oneshot::Sender<Answers>, answers: Drafts) {
        self.answers.push((reply, answers));
    }

    pub(super) fn answer_import(
        &mut self,
        reply: oneshot::Sender<Result<ImportAnswer, Error>>,
        answer: Result<ImportAnswer, Error>,
    ) {
        self.imports.push((reply, answer));
    }

    /// Keeps what is said beside an entry, outside the log.
    pub(super) fn keep(&mut self, log: LogId, card: Card) {
        self.cards.push((log, card));
    }

    /// Notes how many minutes an account stands below the soft floor after an entry.
    pub(super) fn note_below(&mut self, coop: &CoopName, position: Position, minutes: i64) {
        self.below_soft_floor.insert((coop.clone(), position), minutes);
    }

    /// The minutes that were noted of an entry, if any were.
    pub(super) fn below(&self, coop: &CoopName, position: Position) -> i64 {
        self.below_soft_floor.get(&(coop.clone(), position)).copied().unwrap_or_default()
    }

    /// Nothing comes to it any more.
    pub(super) fn close(self) -> Closed {
        let Self { fresh, cards, below_soft_floor: _, answers, imports } = self;
        let fresh = fresh.into_iter().map(|(coop, Part { log, entries, bytes })| {
            (coop, log, Arc::new(Fresh::new(entries, bytes)))
        });
        let fresh: Vec<_> = fresh.collect();
        let leaf_of = |log: LogId, position| {
            fresh.iter().find(|(_, of, _)| *of == log).and_then(|(_, _, part)| part.leaf(position))
        };
        let whole = |draft| match draft {
            Draft::Whole(answer) => answer,
            Draft::New(log, answer) => {
                Answer { leaf: leaf_of(log, answer.entry.position), ..answer }
            }
        };
        let answers = answers.into_iter().map(|(reply, drafts)| {
            (reply, drafts.into_iter().map(|draft| draft.map(whole)).collect())
        });
        let answers = answers.collect();
        Closed { fresh, cards, answers, imports }
    }

    /// An entry of this batch, before anybody can read it from the log.
    pub(super) fn find(&self, coop: &CoopName, position: Position) -> Option<(&Entry, &[u8])> {
        let part = self.fresh.get(coop)?;
        let first = part.entries.first()?.position.get();
        let nth = usize::try_from(position.get().checked_sub(first)?).ok()?;
        Some((part.entries.get(nth)?, part.bytes.get(nth)?))
    }

    /// Takes an entry whose bytes are known; the ledger has taken it already.
    pub(super) fn push(&mut self, coop: &CoopName, log: LogId, entry: Entry, bytes: Vec<u8>) {
        // A name is made only for the first entry.
        if let Some(part) = self.fresh.get_mut(coop) {
            part.entries.push(entry);
            part.bytes.push(bytes);
        } else {
            let part = Part { log, entries: vec![entry], bytes: vec![bytes] };
            self.fresh.insert(coop.clone(), part);
        }
    }
}

impl Closed {
    pub(super) fn blocks(&self) -> Vec<Block<'_>> {
        let blocks = self.fresh.iter();
        blocks
            .map(|(_, log, fresh)| Block {
                log: *log,
                first: fresh.first(),
                entries: fresh.bytes(),
            })
            .collect()
    }

    /// Answers everybody. A caller who has gone away does not want the answer.
    pub(super) fn reply(self) {
        for (reply, answers) in self.answers {
            drop(reply.send(answers));
        }
        for (reply, answer) in self.imports {
            drop(reply.send(answer));
        }
    }
}
