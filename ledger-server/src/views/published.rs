//! A view that readers share with the one writer.

use std::{
    sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, RwLock, RwLockReadGuard},
    time::Duration,
};

use ledger_core::Position;
use tokio::sync::watch;

use super::{Fresh, Recent, View};
use crate::{error::Error, log::LogError};

/// A read that asks for a position that is on its way waits for it so long.
const WAIT_FOR_POSITION: Duration = Duration::from_secs(5);

/// A view that readers share with the one writer. Nobody sees an entry in it that could still be lost.
pub(crate) struct Published {
    view: RwLock<View>,
    head: watch::Sender<Position>,
    lost: OnceLock<Arc<LogError>>,
    // How far the newest snapshot reaches. Held by whoever leaves one.
    kept: Mutex<Position>,
    recent: Arc<Recent>,
}

impl Published {
    /// A view, and how far the snapshot that there is of it reaches.
    pub(crate) fn new(view: View, kept: Position) -> Self {
        let (head, _) = watch::channel(view.state().head());
        let (lost, recent) = (OnceLock::new(), Arc::default());
        Self { view: RwLock::new(view), head, lost, kept: Mutex::new(kept), recent }
    }

    /// Shows durable entries, and leaves them to those who follow.
    pub(crate) fn show(&self, fresh: &Arc<Fresh>) -> Result<(), Error> {
        // Before the head moves: whoever is woken by it finds them.
        self.recent.keep(fresh);
        let mut view = self.view.write().unwrap_or_else(PoisonError::into_inner);
        view.add(fresh.entries(), fresh.leaves())?;
        let head = view.state().head();
        drop(view);
        self.head.send_replace(head);
        Ok(())
    }

    /// The view as it is now. Held only while an answer is made, never over an await.
    pub(crate) fn look(&self) -> RwLockReadGuard<'_, View> {
        self.view.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// How far the newest snapshot reaches. Whoever holds this is the only one to leave another.
    pub(crate) fn kept(&self) -> MutexGuard<'_, Position> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes the co-op out of service; whoever follows it is woken, to be told why.
    pub(crate) fn lose(&self, why: Arc<LogError>) {
        // The first reason stands.
        drop(self.lost.set(why));
        self.head.send_modify(|_| ());
    }

    /// Whether the co-op is served; the error says why it is not any more.
    pub(crate) fn served(&self) -> Result<(), Error> {
        self.lost.get().map_or(Ok(()), |why| Err(Error::Lost(Arc::clone(why))))
    }

    /// The newest entries, for those who follow.
    pub(crate) fn recent(&self) -> &Arc<Recent> {
        &self.recent
    }

    /// Tells when the head moves.
    pub(crate) fn follow(&self) -> watch::Receiver<Position> {
        self.head.subscribe()
    }

    /// Waits until the view holds this position: read your own writes.
    pub(crate) async fn reach(&self, asked: Position) -> Result<(), Error> {
        if *self.head.borrow() >= asked {
            return Ok(());
        }
        let mut head = self.follow();
        let reached = head.wait_for(|head| *head >= asked);
        match tokio::time::timeout(WAIT_FOR_POSITION, reached).await {
            Ok(Ok(_)) => Ok(()),
            Ok(Err(_)) => Err(Error::Stopping),
            Err(_) => Err(Error::BeyondHead { asked, head: *self.head.borrow() }),
        }
    }
}
