//! Seals at a month's end: once the month of the newest entry is over, the state is sealed, so that balances can be proved as
//! they stood then.

use std::{
    ops::ControlFlow,
    sync::{Arc, PoisonError, RwLock},
    time::Duration,
};

use ledger_core::{Command, CoopName, EventKind, Timestamp};
use ledger_proto::stored;

use crate::{
    background::{Background, Told},
    clock::Clock,
    engine::{Directory, Engine},
    error::Error,
    log::{Log, LogId},
    operator,
    views::Published,
};

/// So often the house looks whether a month is over; and at every start.
const LOOK_EVERY: Duration = Duration::from_hours(1);

/// What it takes to seal.
pub(crate) struct Seals {
    pub(crate) engine: Engine,
    pub(crate) directory: Arc<RwLock<Directory>>,
    pub(crate) log: Arc<dyn Log>,
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
        let served: Vec<(CoopName, LogId, Arc<Published>)> = {
            let directory = self.directory.read().unwrap_or_else(PoisonError::into_inner);
            let served = directory.served.iter();
            served
                .map(|(coop, (id, published))| (coop.clone(), *id, Arc::clone(published)))
                .collect()
        };
        for (coop, id, published) in served {
            match self.seal(&coop, id, &published, now) {
                Ok(()) => {}
                // The server stops, and the next start looks again.
                Err(Error::Stopping) => return,
                Err(error) => tracing::error!(%coop, %error, "the state could not be sealed"),
            }
        }
    }

    fn seal(
        &self,
        coop: &CoopName,
        id: LogId,
        published: &Published,
        now: Timestamp,
    ) -> Result<(), Error> {
        let (head, newest) = {
            let view = published.look();
            (view.state().head(), view.state().recorded_at())
        };
        if head.get() == 0 || month(newest) >= month(now) {
            return Ok(());
        }
        let Some(bytes) = self.log.read(id, head.get())? else { return Ok(()) };
        let entry = stored::decode(&bytes).map_err(Error::internal)?;
        if entry.event.kind() == EventKind::StateSealed {
            // Nothing was recorded since.
            return Ok(());
        }
        let command = Command::SealState { accounts_root: None };
        let answer = self.engine.send(operator::asks(coop, operator::request_id(now)?, command))?;
        let sealed = answer.blocking_recv().map_err(|_| Error::Stopping)??;
        tracing::info!(%coop, position = %sealed.entry.position, "the month is over: the state is sealed");
        Ok(())
    }
}

/// The month of the calendar in UTC, as `2026-03`.
fn month(at: Timestamp) -> String {
    at.day().to_string().chars().take(7).collect()
}
