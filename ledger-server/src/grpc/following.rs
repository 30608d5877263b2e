//! One who follows: what they are told next, when, and at whose pace.

use std::{ops::ControlFlow, pin::pin, sync::Arc, time::Duration};

use ledger_proto::api::Watched;
use prost::bytes::Bytes;
use tokio::sync::{mpsc, watch};
use tonic::Status;

use super::{
    feed::{Reader, send, until_told},
    pace::{LUMP, Pace, READING},
    room::Room,
};
use crate::{
    error::Error,
    views::{Follower, Place},
};

/// Something is heard of the log at least so often.
const HEARTBEAT: Duration = Duration::from_secs(10);
/// So long after a message the next may come…
const REST: Duration = Duration::from_millis(20);
/// …and so long for each who follows: all together are told so often that the writer has the processor.
const REST_EACH: Duration = Duration::from_millis(2);
/// Nobody rests for longer than this.
const REST_MOST: Duration = Duration::from_millis(300);
/// A message of what is shared holds about so many bytes: both sides make such messages out of memory that they have just
/// used, where each larger one has its pages made anew for it.
const SHARED: usize = 64 << 10;

/// One who follows.
pub(super) struct Following {
    pub(super) reader: Reader,
    pub(super) follower: Follower,
    pub(super) sender: mpsc::Sender<Result<Watched, Status>>,
    pub(super) room: Room,
    pub(super) pace: Arc<Pace>,
    pub(super) stopping: watch::Receiver<bool>,
    /// So many bytes has it been told beyond its turns.
    pub(super) owed: usize,
}

/// What one who follows is told next.
#[derive(Default)]
struct Next {
    entries: Vec<Bytes>,
    /// So many bytes were read out of the log for nobody else yet.
    read: usize,
}

impl Following {
    /// Tells what comes until the reader goes, or until the log or the server does not go on.
    pub(super) async fn go(mut self, peaks: Vec<Vec<u8>>) {
        if let Err(error) = self.tell(peaks).await {
            send(&self.sender, Err(error)).await;
        }
    }

    async fn tell(&mut self, mut peaks: Vec<Vec<u8>>) -> Result<(), Error> {
        let mut head = self.reader.published().follow();
        // The first message comes at once, so that a watcher knows that it is connected.
        let mut silent = false;
        loop {
            let newest = head.borrow_and_update().get();
            // Whoever only waits is woken when damage was found, and told.
            self.reader.goes_on()?;
            // Before anything is read: what is told is looked at for damage, and for the token's end, just before.
            let more = self.reader.after < newest;
            if more && self.owed >= LUMP && self.pay().await?.is_break() {
                return Ok(());
            }
            let next = if more { self.next(newest).await? } else { Next::default() };
            if !next.entries.is_empty() || !silent {
                silent = true;
                let (entries, head) = (next.entries, Some(self.reader.head()));
                let told = Watched { entries, head, peaks: std::mem::take(&mut peaks) };
                let cost = told.encoded_len().saturating_add(next.read.saturating_mul(READING));
                self.owed = self.owed.saturating_add(cost);
                if self.room.hand(&self.sender, told).await.is_break() {
                    return Ok(());
                }
                self.follower.told(self.reader.after);
            }
            if self.reader.after >= newest {
                let rest = rest(self.follower.among());
                let more = async {
                    tokio::time::sleep(rest).await;
                    head.changed().await
                };
                tokio::select! {
                    changed = more => changed.map_err(|_| Error::Stopping)?,
                    () = until_told(&mut self.stopping) => return Err(Error::Stopping),
                    () = tokio::time::sleep(HEARTBEAT) => silent = false,
                    () = self.sender.closed() => return Ok(()),
                }
            }
        }
    }

    /// Waits for its turn, for what it has been told already; it hears of the log meanwhile, but no entries.
    async fn pay(&mut self) -> Result<ControlFlow<()>, Error> {
        let pace = Arc::clone(&self.pace);
        let mut turn = pin!(pace.turn(self.owed as u64));
        loop {
            tokio::select! {
                () = &mut turn => break,
                () = until_told(&mut self.stopping) => return Err(Error::Stopping),
                () = self.sender.closed() => return Ok(ControlFlow::Break(())),
                () = tokio::time::sleep(HEARTBEAT) => {
                    self.reader.goes_on()?;
                    let head = Some(self.reader.head());
                    // Whoever has not taken the last ones yet needs no other; and nobody waits for them at their turn.
                    drop(self.sender.try_send(Ok(Watched { head, ..Watched::default() })));
                }
            }
        }
        self.owed = 0;
        Ok(ControlFlow::Continue(()))
    }

    /// The next entries up to and with this position, or as far as somebody else was told, about a message full: from what
    /// is shared, or else from the log.
    async fn next(&mut self, through: u64) -> Result<Next, Error> {
        let after = self.reader.after;
        let (next, last) = match self.follower.after(after, through, SHARED) {
            Some((entries, last)) => (Next { entries, read: 0 }, last),
            None => self.read(through).await?,
        };
        // Damage that was found meanwhile ends the stream.
        self.reader.goes_on()?;
        self.reader.after = last;
        Ok(next)
    }

    /// The same from the log: in chapters, or, where the newest of them is not whole yet, for nobody else.
    async fn read(&self, through: u64) -> Result<(Next, u64), Error> {
        let after = self.reader.after;
        let place = Place::after(after);
        let (part, count, read) = if place.last > through {
            let told = self.reader.told((after, through), SHARED).await?;
            let (count, read) = (told.count(), told.size());
            (told.all(), count, read)
        } else {
            let make = self.reader.told((place.before, place.last), usize::MAX);
            let (told, anew) = self.follower.chapters().at(place, make).await?;
            let (part, count) = told.without(place.known, SHARED);
            (part, count, if anew { told.size() } else { 0 })
        };
        let last = after.saturating_add(count as u64);
        Ok((Next { entries: vec![part], read }, last))
    }
}

/// How long each rests where so many follow.
fn rest(followers: usize) -> Duration {
    let each = REST_EACH.saturating_mul(u32::try_from(followers).unwrap_or(u32::MAX));
    each.clamp(REST, REST_MOST)
}
