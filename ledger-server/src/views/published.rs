//! What readers see of a co-op, and what its one writer decides on: two views of the same log that take turns, so that
//! readers never wait for the writer. Whoever sleeps where both cores have work is woken late, however short the wait.

use std::{
    hint,
    ops::Deref,
    sync::{
        Arc, Mutex, MutexGuard, OnceLock, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard,
        TryLockError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use ledger_core::{Entry, Position, State};
use tokio::sync::watch;

use super::{Fresh, Recent, View};
use crate::{error::Error, log::LogError};

/// A read that asks for a position that is on its way waits for it so long.
const WAIT_FOR_POSITION: Duration = Duration::from_secs(5);

/// What readers see. Nobody sees an entry in it that could still be lost.
pub(crate) struct Published {
    // Readers look at the side that is shown. The other is the writer's: entries come into it before they are durable.
    left: RwLock<View>,
    right: RwLock<View>,
    right_is_shown: AtomicBool,
    // Whether there is a writer, and with it a view on the side that is not shown.
    written: AtomicBool,
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
        Self {
            left: RwLock::new(view),
            right: RwLock::default(),
            right_is_shown: AtomicBool::new(false),
            written: AtomicBool::new(false),
            head,
            lost: OnceLock::new(),
            kept: Mutex::new(kept),
            recent: Arc::default(),
        }
    }

    /// The view as it is now. Held only while an answer is made, never over an await: the writer needs it for its next
    /// batch but one.
    pub(crate) fn look(&self) -> RwLockReadGuard<'_, View> {
        loop {
            if let Some(view) = self.look_at(self.shown()) {
                return view;
            }
            // The writer has shown the other side since this one was asked for.
            hint::spin_loop();
        }
    }

    /// One side, if it is shown. To be shown when it was asked for is not enough: it may have become the writer's before
    /// it was taken, and hold what can still be lost. Once it is taken and still shown, the writer cannot change it.
    fn look_at(&self, side: Side) -> Option<RwLockReadGuard<'_, View>> {
        let view = match self.side(side).try_read() {
            Ok(view) => view,
            Err(TryLockError::Poisoned(poisoned)) => poisoned.into_inner(),
            Err(TryLockError::WouldBlock) => return None,
        };
        (self.shown() == side).then_some(view)
    }

    fn side(&self, side: Side) -> &RwLock<View> {
        match side {
            Side::Left => &self.left,
            Side::Right => &self.right,
        }
    }

    fn shown(&self) -> Side {
        if self.right_is_shown.load(Ordering::SeqCst) { Side::Right } else { Side::Left }
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

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Side {
    Left,
    Right,
}

impl Side {
    fn other(self) -> Self {
        match self {
            Self::Left => Self::Right,
            Self::Right => Self::Left,
        }
    }
}

/// The side that is not shown, on which the one writer decides.
pub(crate) struct Ahead(Arc<Published>);

/// The side that was shown until now lacks what the other has: it is brought there before anything is decided on it.
#[must_use = "the next entry would be decided on a ledger of before"]
pub(crate) struct Behind(Arc<Fresh>);

/// The ledger with all that has been decided, and nothing of what a view has besides: on that, nothing is decided.
pub(crate) struct Decided<'a>(RwLockReadGuard<'a, View>);

impl Deref for Decided<'_> {
    type Target = State;

    fn deref(&self) -> &State {
        self.0.state()
    }
}

impl Ahead {
    /// For the writer of what is shown here. An error: there is one already.
    pub(crate) fn of(published: Arc<Published>) -> Result<Self, Error> {
        if published.written.swap(true, Ordering::SeqCst) {
            return Err(Error::internal("a ledger has one writer"));
        }
        let twin = published.look().twin();
        let ahead = Self(published);
        *ahead.write() = twin;
        Ok(ahead)
    }

    /// What readers see.
    pub(crate) fn published(&self) -> &Arc<Published> {
        &self.0
    }

    /// The ledger with all that has been decided.
    pub(crate) fn state(&self) -> Decided<'_> {
        Decided(self.side().read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Takes in an entry that has been decided. An error leaves it of no use.
    pub(crate) fn take(&mut self, entry: &Entry) -> Result<(), Error> {
        self.write().take(entry)
    }

    /// Shows what has been taken in and is durable now, and leaves it to those who follow.
    pub(crate) fn show(&mut self, fresh: Arc<Fresh>) -> Result<Behind, Error> {
        let published = &self.0;
        // Before the head moves: whoever is woken by it finds them.
        published.recent.keep(&fresh);
        let mut view = self.write();
        view.know(fresh.leaves())?;
        let head = view.state().head();
        drop(view);
        let shown = published.shown().other();
        published.right_is_shown.store(shown == Side::Right, Ordering::SeqCst);
        published.head.send_replace(head);
        Ok(Behind(fresh))
    }

    /// Brings the side that was shown before to where the other is. It waits for whoever still looks at it.
    pub(crate) fn catch_up(&mut self, Behind(fresh): Behind) -> Result<(), Error> {
        self.write().add(fresh.entries(), fresh.leaves())
    }

    fn side(&self) -> &RwLock<View> {
        self.0.side(self.0.shown().other())
    }

    fn write(&self) -> RwLockWriteGuard<'_, View> {
        self.side().write().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests;
