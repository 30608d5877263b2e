//! The feed, followed and checked: against each checkpoint that comes with it.

use ledger_proto::v1;
use tonic::Streaming;

use super::{Fold, said, unverified};
use crate::client::Client;
use crate::error::Error;

/// Entries as they become durable.
///
/// Each entry is hashed as it arrives. A checkpoint comes at most some seconds behind the entries that it covers, and all
/// of them are held against it.
#[derive(Debug)]
pub struct Watch {
    client: Client,
    request: v1::WatchHistoryRequest,
    stream: Streaming<v1::WatchHistoryResponse>,
    fold: Option<Fold>,
    resumed: bool,
    believed: String,
}

impl Client {
    /// Entries after a position, and then new ones as they become durable, each checked: see [`Watch`].
    pub async fn watch_history(&self, request: v1::WatchHistoryRequest) -> Result<Watch, Error> {
        let stream = self.unchecked().watch_history(request.clone()).await?;
        let (client, believed) = (self.clone(), String::new());
        Ok(Watch { client, request, stream, fold: None, resumed: false, believed })
    }
}

impl Watch {
    /// The next entries, or a heartbeat. None: the server has ended the feed.
    pub async fn message(&mut self) -> Result<Option<v1::WatchHistoryResponse>, Error> {
        let message = self.stream.message().await;
        let message = message.map_err(|status| Error::of_status(&status, None))?;
        if let Some(message) = &message {
            self.take(message).await?;
        }
        Ok(message)
    }

    /// Opens the feed again after a cut, behind the last entry that came. What comes must follow on it.
    pub async fn reopen(&mut self) -> Result<(), Error> {
        let after =
            self.fold.as_ref().map_or(self.request.after_position, |fold| said(fold.size()));
        let request = v1::WatchHistoryRequest { after_position: after, ..self.request.clone() };
        self.stream = self.client.unchecked().watch_history(request).await?;
        self.resumed = true;
        Ok(())
    }

    async fn take(&mut self, message: &v1::WatchHistoryResponse) -> Result<(), Error> {
        if self.fold.is_none() || self.resumed {
            let after =
                self.fold.as_ref().map_or(self.request.after_position, |fold| said(fold.size()));
            let start = Fold::start(after, &message.peaks)?;
            if self.fold.as_ref().is_some_and(|fold| !fold.is(&start)) {
                return Err(unverified(format!("the log before entry {} has changed", after + 1)));
            }
            self.fold = Some(start);
            self.resumed = false;
        }
        let Some(fold) = &mut self.fold else { return Ok(()) };
        for entry in &message.entries {
            fold.take(entry)?;
        }
        let note = message.head.as_ref().map_or("", |head| head.checkpoint.as_str());
        if note.is_empty() || note == self.believed {
            return Ok(());
        }
        let coop = &self.request.coop;
        let checkpoint = self.client.believe(coop, note).await?;
        if checkpoint.size > fold.size() {
            return Err(unverified("a checkpoint came before the entries that it is of"));
        }
        let read = (fold.size(), &fold.root());
        self.client.grown(coop, (checkpoint.size, &checkpoint.root), read).await?;
        note.clone_into(&mut self.believed);
        Ok(())
    }
}
