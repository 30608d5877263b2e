//! The feed, followed and checked: against each checkpoint that comes with it.

use std::time::{Duration, Instant};

use ledger_proto::v1;
use tonic::Streaming;

use super::{Fold, said, unverified};
use crate::client::Client;
use crate::error::Error;

/// Entries may run so long ahead of the newest checkpoint: a server signs every ten seconds.
const UNSIGNED: Duration = Duration::from_mins(1);

/// Entries as they become durable.
///
/// Each entry is hashed as it arrives. A checkpoint comes at most some seconds behind the entries that it covers, and all
/// of them are held against it; a feed that goes on for a minute without one, or ends without one, is not believed.
#[derive(Debug)]
pub struct Watch {
    client: Client,
    request: v1::WatchHistoryRequest,
    stream: Streaming<v1::WatchHistoryResponse>,
    fold: Option<Fold>,
    resumed: bool,
    believed: String,
    /// A message that has come and has not been checked yet: whoever stops waiting for that gets it the next time.
    pending: Option<v1::WatchHistoryResponse>,
    /// Since when there have been entries that no checkpoint covers.
    unsigned: Option<Instant>,
}

impl Client {
    /// Entries after a position, and then new ones as they become durable, each checked: see [`Watch`].
    pub async fn watch_history(&self, request: v1::WatchHistoryRequest) -> Result<Watch, Error> {
        let stream = self.unchecked().watch_history(request.clone()).await?;
        Ok(Watch {
            client: self.clone(),
            request,
            stream,
            fold: None,
            resumed: false,
            believed: String::new(),
            pending: None,
            unsigned: None,
        })
    }
}

impl Watch {
    /// The next entries, or a heartbeat. None: the server has ended the feed.
    pub async fn message(&mut self) -> Result<Option<v1::WatchHistoryResponse>, Error> {
        if self.pending.is_none() {
            let message = self.stream.message().await;
            self.pending = message.map_err(|status| Error::of_status(&status, None))?;
        }
        let Some(message) = &self.pending else {
            return if self.unsigned.is_none() {
                Ok(None)
            } else {
                Err(unverified("the feed ended before its last entries were signed"))
            };
        };
        let (fold, note) = self.checked(message).await?;
        let moved = self.fold.as_ref().is_none_or(|before| before.size() < fold.size());
        match note {
            // It covers what had come when it was signed; what came behind that waits for the next.
            Some((note, size)) => {
                self.unsigned = (size < fold.size()).then(Instant::now);
                self.believed = note;
            }
            None if moved && !message.entries.is_empty() => {
                let _ = self.unsigned.get_or_insert_with(Instant::now);
            }
            None => {}
        }
        if self.unsigned.is_some_and(|since| since.elapsed() > UNSIGNED) {
            return Err(unverified("for a minute no checkpoint has covered what came"));
        }
        self.fold = Some(fold);
        self.resumed = false;
        Ok(self.pending.take())
    }

    /// Opens the feed again after a cut, behind the last entry that came. What comes must follow on it.
    pub async fn reopen(&mut self) -> Result<(), Error> {
        let request =
            v1::WatchHistoryRequest { after_position: self.after(), ..self.request.clone() };
        self.stream = self.client.unchecked().watch_history(request).await?;
        self.resumed = true;
        self.pending = None;
        Ok(())
    }

    /// The last position that came.
    fn after(&self) -> i64 {
        self.fold.as_ref().map_or(self.request.after_position, |fold| said(fold.size()))
    }

    /// What a message adds to what has come, and the checkpoint in it, if it is a new one, with its size. Nothing of it is
    /// taken before all of it has been checked.
    async fn checked(
        &self,
        message: &v1::WatchHistoryResponse,
    ) -> Result<(Fold, Option<(String, u64)>), Error> {
        let mut fold = match &self.fold {
            Some(fold) if !self.resumed => fold.clone(),
            before => {
                let start = Fold::start(self.after(), &message.peaks)?;
                if before.as_ref().is_some_and(|before| !before.is(&start)) {
                    let changed = format!("the log before entry {} has changed", self.after() + 1);
                    return Err(unverified(changed));
                }
                start
            }
        };
        for entry in &message.entries {
            fold.take(entry)?;
        }
        let note = message.head.as_ref().map_or("", |head| head.checkpoint.as_str());
        if note.is_empty() || note == self.believed {
            return Ok((fold, None));
        }
        let coop = &self.request.coop;
        let checkpoint = self.client.believe(coop, note).await?;
        if checkpoint.size > fold.size() {
            return Err(unverified("a checkpoint came before the entries that it is of"));
        }
        let read = (fold.size(), &fold.root());
        self.client.grown(coop, (checkpoint.size, &checkpoint.root), read).await?;
        Ok((fold, Some((note.to_owned(), checkpoint.size))))
    }
}
