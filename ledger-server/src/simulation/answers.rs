//! What was asked and answered: an answer is a promise for ever.

use std::collections::{BTreeMap, BTreeSet};

use ledger_core::{
    Entry, Event, Fingerprint, MemberId, Position, REQUEST_ID_DAYS_AHEAD, REQUEST_ID_DAYS_BACK,
    Rejection, RequestId, RowKey, Timestamp,
};
use ledger_proto::{Hash, v1};

use crate::{
    engine::{Answer, ImportAnswer, ImportJob, Submission},
    error::Error,
};

/// All that was promised of one co-op.
#[derive(Default)]
pub(super) struct Promised {
    pub(super) entries: BTreeMap<u64, (Entry, Hash)>,
    by_request: BTreeMap<RequestId, Answer>,
    /// Looked at, and never to be recorded.
    pub(super) tried: BTreeSet<RequestId>,
    pub(super) rows: BTreeSet<RowKey>,
    pub(super) cards: Vec<(MemberId, v1::Card)>,
    pub(super) notes: Vec<(Position, String)>,
    /// The highest position that was in an answer.
    pub(super) highest: u64,
}

/// What an answer came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Came {
    Recorded,
    Replayed,
    Tried,
    Refused(&'static str),
    /// What is made of the log had been damaged.
    Derived,
}

impl Promised {
    /// Takes an answer in. Nothing up to and with `floor` may be new.
    pub(super) fn take(
        &mut self,
        (asked, floor): (&Submission, u64),
        answer: Result<Answer, Error>,
    ) -> Came {
        let id = asked.request.id;
        let before = self.by_request.get(&id);
        match answer {
            Ok(answer) if answer.validated_only => {
                assert!(asked.validate_only && answer.leaf.is_none());
                self.tried.insert(id);
                Came::Tried
            }
            Ok(answer) => {
                let said = answer.entry.asked.map(|asked| (asked.id, asked.fingerprint));
                assert_eq!(said, Some((id, asked.request.fingerprint)), "another's answer");
                if let Some(before) = before {
                    assert!(answer.replayed, "request {id} was recorded again");
                    same(before, &answer);
                } else {
                    self.promise((asked, floor), &answer);
                }
                let replayed = answer.replayed;
                self.by_request.entry(id).or_insert(answer);
                if replayed { Came::Replayed } else { Came::Recorded }
            }
            Err(Error::Rejected(rejection)) => self.refused(asked, &rejection),
            Err(Error::Derived) => Came::Derived,
            Err(error) => panic!("request {id}: {error}"),
        }
    }

    fn promise(&mut self, (asked, floor): (&Submission, u64), answer: &Answer) {
        let position = answer.entry.position;
        if !answer.replayed {
            assert!(position.get() > floor, "{position} was answered after {floor} was known");
            if let Some(expected) = asked.request.expected_position {
                assert_eq!(position, expected.next(), "the guard did not hold");
            }
        }
        self.highest = self.highest.max(position.get());
        let kept = (answer.entry.clone(), answer.leaf.unwrap());
        let other = self.entries.insert(position.get(), kept);
        assert!(other.is_none(), "two answers have position {position}");
        // Where nothing was given, nothing is kept.
        self.notes.push((position, asked.note.clone().unwrap_or_default()));
        if let Event::MemberEnrolled { member, .. } = &answer.entry.event {
            self.cards.push((*member, asked.card.clone().unwrap_or_default()));
        }
    }

    fn refused(&self, asked: &Submission, rejection: &Rejection) -> Came {
        let id = asked.request.id;
        let fingerprint = |answer: &Answer| answer.entry.asked.map(|asked| asked.fingerprint);
        if let Rejection::RequestIdOutOfWindow { server_time } = rejection {
            let oldest = server_time.plus_days(-REQUEST_ID_DAYS_BACK);
            let newest = server_time.plus_days(REQUEST_ID_DAYS_AHEAD);
            assert!(id.time() < oldest || id.time() > newest, "{id} is within the window");
        } else if let Some(before) = self.by_request.get(&id) {
            let other = fingerprint(before) != Some(asked.request.fingerprint);
            let position = before.entry.position;
            assert!(other, "a retry of {id} was refused: {rejection}");
            assert_eq!(*rejection, Rejection::RequestIdReused { position });
        } else if let Rejection::PositionChanged { position } = rejection {
            assert_ne!(asked.request.expected_position, Some(*position));
        }
        Came::Refused(rejection.reason())
    }

    /// Takes in what an import came to.
    pub(super) fn brought(
        &mut self,
        (asked, floor): (&ImportJob, u64),
        answer: Result<ImportAnswer, Error>,
    ) -> Came {
        match answer {
            Ok(answer) => {
                assert!(answer.position >= floor, "an import went back behind {floor}");
                let all = answer.failures.is_empty() && answer.dependent == 0;
                if all && (answer.stored || answer.recorded == 0) {
                    self.rows.extend(asked.steps.iter().map(|step| step.row));
                    self.highest = self.highest.max(answer.position);
                }
                if answer.stored { Came::Recorded } else { Came::Replayed }
            }
            Err(Error::Rejected(rejection)) => Came::Refused(rejection.reason()),
            Err(error) => panic!("an import: {error}"),
        }
    }
}

/// A retry gets the original answer.
fn same(before: &Answer, again: &Answer) {
    assert_eq!(before.entry, again.entry);
    assert_eq!(before.leaf, again.leaf);
    assert_eq!(before.below_soft_floor, again.below_soft_floor, "entry {}", before.entry.position);
}

/// A fingerprint like no other.
pub(super) fn fingerprint(number: u64) -> Fingerprint {
    let mut bytes = [0; 16];
    bytes[..8].copy_from_slice(&number.to_be_bytes());
    Fingerprint::new(bytes)
}

/// A request id of a time, like no other.
pub(super) fn request_id(at: Timestamp, number: u64) -> RequestId {
    let mut bits = [0; 10];
    bits[2..].copy_from_slice(&number.to_be_bytes());
    RequestId::of_time(at, bits)
}
