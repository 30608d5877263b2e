//! Seals at a month's end: once the month of the oldest entry that no seal covers is over, the state is sealed, so that
//! balances can be proved as they stood then.
//!
//! A seal comes some moments into the new month, and covers what was recorded there before it, such as what fell due at
//! midnight: `through` says exactly how far.

use std::{
    ops::ControlFlow,
    sync::{Arc, PoisonError, RwLock},
    time::Duration,
};

use ledger_core::{Command, CoopName, Timestamp};

use crate::{
    background::{Background, Told},
    clock::Clock,
    engine::{Directory, Engine},
    error::Error,
    operator,
    views::{Published, View},
};

/// So often the house looks whether a month is over; and at every start.
const LOOK_EVERY: Duration = Duration::from_mins(1);

/// What it takes to seal.
pub(crate) struct Seals {
    pub(crate) engine: Engine,
    pub(crate) directory: Arc<RwLock<Directory>>,
    pub(crate) clock: Clock,
}

impl Seals {
    /// Starts the thread that looks.
    pub(crate) fn start(self) -> Result<Background, Error> {
        Background::start("seals", move |told: &Told| {
            loop {
                self.seal_all();
                if told.rest(LOOK_EVERY) == ControlFlow::Break(()) {
                    return;
                }
            }
        })
    }

    fn seal_all(&self) {
        // A clock that has jumped ends no month.
        let Ok(now) = self.clock.now() else { return };
        let served: Vec<(CoopName, Arc<Published>)> = {
            let directory = self.directory.read().unwrap_or_else(PoisonError::into_inner);
            let served = directory.served.iter();
            served.map(|(coop, (_, published))| (coop.clone(), Arc::clone(published))).collect()
        };
        for (coop, published) in served {
            match self.seal(&coop, &published, now) {
                Ok(()) => {}
                // The server stops, and the next start looks again.
                Err(Error::Stopping) => return,
                Err(error) => tracing::error!(%coop, %error, "the state could not be sealed"),
            }
        }
    }

    fn seal(&self, coop: &CoopName, published: &Published, now: Timestamp) -> Result<(), Error> {
        if !due(&published.look(), now)? {
            return Ok(());
        }
        let command = Command::SealState { accounts_root: None };
        let seal = operator::asks(coop, operator::request_id(now)?, command);
        let answers = self.engine.send(vec![seal])?.blocking_recv().map_err(|_| Error::Stopping)?;
        let sealed = answers.into_iter().next().unwrap_or(Err(Error::Stopping))?;
        tracing::info!(%coop, position = %sealed.entry.position, "the month is over: the state is sealed");
        Ok(())
    }
}

/// Whether a month is over of which something is not sealed. It is the oldest such entry that says so, and not the newest:
/// that may be of the new month already, before anybody has looked.
fn due(view: &View, now: Timestamp) -> Result<bool, Error> {
    let sealed = view.sealed().map(|sealed| sealed.position).unwrap_or_default();
    let oldest = view.recorded_at(sealed.next())?;
    Ok(oldest.is_some_and(|oldest| month(oldest) < month(now)))
}

/// The month of the calendar in UTC, as `2026-03`.
fn month(at: Timestamp) -> String {
    at.day().to_string().chars().take(7).collect()
}
