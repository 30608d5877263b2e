//! Room for streams: so many at once, and no reader who takes nothing for ever.

use std::{ops::ControlFlow, sync::Arc, time::Duration};

use tokio::sync::{
    OwnedSemaphorePermit,
    mpsc::{Sender, error::SendTimeoutError},
};
use tonic::Status;

use super::{Ground, Service, feed::send};
use crate::{access::Open, error::Error};

/// Room for a stream.
pub(super) struct Room {
    _all: OwnedSemaphorePermit,
    _own: Option<Open>,
    /// So long may its reader take nothing.
    stall: Duration,
}

impl Service {
    /// Room for one more stream, which it has until this is dropped.
    pub(super) fn room(&self) -> Result<Room, Error> {
        let Ground { limits, streams, .. } = &*self.ground;
        let all = Arc::clone(streams).try_acquire_owned();
        let all = all.map_err(|_| Error::TooManyStreams { most: limits.streams })?;
        let own = self.caller.open(limits.streams_each)?;
        Ok(Room { _all: all, _own: own, stall: limits.stall })
    }
}

impl Room {
    /// For whoever carries off what was, and keeps nobody up: they may have a slow line.
    pub(super) fn patient(self) -> Self {
        Self { stall: self.stall.saturating_mul(20), ..self }
    }

    /// Sends a message, and says whether more are wanted. A reader who takes nothing for too long is told so with the last
    /// word of the stream; nobody waits for them any more.
    pub(super) async fn hand<T: Send + 'static>(
        &self,
        sender: &Sender<Result<T, Status>>,
        message: T,
    ) -> ControlFlow<()> {
        match sender.send_timeout(Ok(message), self.stall).await {
            Ok(()) => ControlFlow::Continue(()),
            Err(SendTimeoutError::Closed(_)) => ControlFlow::Break(()),
            Err(SendTimeoutError::Timeout(_)) => {
                let (sender, last) = (sender.clone(), Err(Error::FellBehind(self.stall)));
                tokio::spawn(async move { send(&sender, last).await });
                ControlFlow::Break(())
            }
        }
    }
}
