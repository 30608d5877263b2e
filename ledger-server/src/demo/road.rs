//! The road of the sample's requests: the same messages, the same reading and the same writer as everybody's.

use std::collections::BTreeMap;

use ledger_core::{CoopName, Entry, State};
use ledger_proto::{
    api,
    v1::{self, write::Request},
};

use crate::{clock::Clock, engine::Submission, error::Error, house::House};

/// What became of the requests.
#[derive(Debug, Default)]
pub(super) struct Tally {
    /// So many became an entry.
    pub(super) recorded: u64,
    /// So many were refused, by reason: it happens in life, too.
    pub(super) refused: BTreeMap<&'static str, u64>,
}

impl Tally {
    pub(super) fn refusals(&self) -> u64 {
        self.refused.values().sum()
    }
}

/// The way to the ledger, with a clock that is set by hand.
pub(super) struct Road<'h> {
    pub(super) house: &'h House,
    pub(super) clock: Clock,
    pub(super) coop: CoopName,
    pub(super) tally: Tally,
}

impl Road<'_> {
    /// Lets somebody look at the ledger as readers see it.
    pub(super) fn look<T>(&self, at: impl FnOnce(&State) -> T) -> T {
        match self.house.published(&self.coop) {
            Some(published) => at(published.look().state()),
            None => at(&State::default()),
        }
    }

    /// Sends what is asked in one part of a day together, so that it shares a sync, and waits for all the answers.
    /// Nothing in the place of a refusal.
    pub(super) async fn ask(
        &mut self,
        requests: Vec<Request>,
    ) -> Result<Vec<Option<Entry>>, Error> {
        let mut submissions = Vec::with_capacity(requests.len());
        for request in requests {
            let parsed = api::parse(v1::Write { request: Some(request) }, self.house.secrets())?;
            let api::Parsed { coop, request, validate_only, actor_said: _, card, note } = parsed;
            submissions.push(Submission { coop, request, validate_only, card, note });
        }
        let sent = self.house.engine().send(submissions)?;
        let mut answers = Vec::new();
        for answer in sent.await.map_err(|_| Error::Stopping)? {
            answers.push(match answer {
                Ok(answer) => {
                    self.tally.recorded += 1;
                    Some(answer.entry)
                }
                Err(Error::Rejected(rejection)) => {
                    tracing::debug!(reason = rejection.reason(), %rejection, "refused");
                    *self.tally.refused.entry(rejection.reason()).or_default() += 1;
                    None
                }
                Err(error) => return Err(error),
            });
        }
        Ok(answers)
    }
}
