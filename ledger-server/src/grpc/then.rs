//! The ledger as it stood: now, from the view; before, read from the log again up to there.

use std::{ops::ControlFlow, ops::Deref, sync::Arc, sync::RwLockReadGuard};

use ledger_core::{Position, State, advance};
use ledger_proto::{Malformed, api::AsOf, stored};

use super::{Found, Service};
use crate::{
    error::Error,
    log::{Log, LogId},
    views::{Moment, View},
};

/// The ledger at the moment that a read asks for.
pub(super) enum Ledger<'a> {
    /// As it is now.
    Now(RwLockReadGuard<'a, View>),
    /// As it stood.
    Then(Box<State>),
}

impl Deref for Ledger<'_> {
    type Target = State;

    fn deref(&self) -> &State {
        match self {
            Self::Now(view) => view.state(),
            Self::Then(state) => state,
        }
    }
}

impl Found {
    /// The ledger after the entry that a position or a time names. What is open has no day of its own: a day is refused.
    pub(super) async fn ledger(&self, service: &Service) -> Result<Ledger<'_>, Error> {
        if let AsOf::Day { day: _, known: _ } = self.read.as_of {
            let problem = "is for balances, statements and totals: say a position or a time here";
            return Err(Malformed::one("context.as_of_day", problem).into());
        }
        Ok(self.recorded(service, None).await?.0)
    }

    /// The ledger with all that is known at the moment that the read asks for, and no later than where the first page
    /// began. By a day that is all the same: what was happening by then may be recorded only later.
    pub(super) async fn recorded(
        &self,
        service: &Service,
        began: Option<Position>,
    ) -> Result<(Ledger<'_>, Moment), Error> {
        let moment = {
            let view = self.published.look();
            let moment = view.moment(self.read.as_of)?.until(began);
            if moment.known() >= view.state().head() {
                return Ok((Ledger::Now(view), moment));
            }
            moment
        };
        let through = moment.known();
        let (log, id) = (Arc::clone(&service.ground.log), self.log);
        let state = tokio::task::spawn_blocking(move || state_at(&*log, id, through))
            .await
            .map_err(Error::internal)??;
        Ok((Ledger::Then(Box::new(state)), moment))
    }
}

/// Replays a log up to and with a position, through the same fold as everything else.
pub(super) fn state_at(log: &dyn Log, id: LogId, through: Position) -> Result<State, Error> {
    let (mut state, mut wrong) = (State::default(), None);
    log.scan(id, 0, &mut |position, bytes| {
        if position > through.get() {
            return ControlFlow::Break(());
        }
        let entry = stored::decode(bytes).map_err(Error::internal);
        match entry.and_then(|entry| Ok(advance(&mut state, &entry)?)) {
            Ok(()) => ControlFlow::Continue(()),
            Err(error) => {
                wrong = Some(error);
                ControlFlow::Break(())
            }
        }
    })?;
    wrong.map_or(Ok(state), Err)
}
