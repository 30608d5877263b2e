//! A read of the history that checks itself.

use std::time::Duration;

use ledger_core::Entry;
use ledger_proto::v1;
use tonic::Streaming;

use super::{Fold, newest, said, unverified};
use crate::client::{Client, jittered};
use crate::error::Error;

/// How often a read goes on after a cut without having got any further.
const FRUITLESS_TRIES: u32 = 5;
/// The wait before it does.
const WAIT: Duration = Duration::from_millis(200);

/// Entries up to the newest. A cut connection is opened again where it broke off.
///
/// Each entry is hashed as it arrives; whether all of them are the log's is known when the last has come: then the root
/// is held against the signed checkpoint. So whoever acts on single entries waits for the end, where `message` says none.
#[derive(Debug)]
pub struct History {
    client: Client,
    request: v1::ReadHistoryRequest,
    stream: Streaming<v1::ReadHistoryResponse>,
    fold: Option<Fold>,
    head: Option<v1::HistoryHead>,
    fruitless: u32,
    /// The size that had been seen when the read began: what is shown now is not older.
    seen: u64,
    ended: Ended,
}

/// How far a read has come.
#[derive(Debug)]
enum Ended {
    /// More is to come.
    Not,
    /// All has come, and has still to be held against what was signed.
    Unchecked,
    /// All has come and is what was signed.
    Well,
    /// Something was wrong, and stays so.
    Badly(String),
}

impl Client {
    /// Entries after a position, up to the newest, each checked: see [`History`].
    pub async fn read_history(&self, request: v1::ReadHistoryRequest) -> Result<History, Error> {
        let seen = self.trust().reached(&request.coop).await?;
        let stream = self.unchecked().read_history(request.clone()).await?;
        Ok(History {
            client: self.clone(),
            request,
            stream,
            fold: None,
            head: None,
            fruitless: 0,
            seen,
            ended: Ended::Not,
        })
    }
}

impl History {
    /// The next message. None: all have come, and all of them are what was signed.
    pub async fn message(&mut self) -> Result<Option<v1::ReadHistoryResponse>, Error> {
        Ok(self.next().await?.map(|(message, _)| message))
    }

    /// The next entries, decoded. None: all have come, and all of them are what was signed.
    pub async fn entries(&mut self) -> Result<Option<Vec<Entry>>, Error> {
        Ok(self.next().await?.map(|(_, entries)| entries))
    }

    async fn next(&mut self) -> Result<Option<(v1::ReadHistoryResponse, Vec<Entry>)>, Error> {
        let next = self.more().await;
        if let Err(Error::Unverified(what)) = &next {
            self.ended = Ended::Badly(what.clone());
        }
        next
    }

    async fn more(&mut self) -> Result<Option<(v1::ReadHistoryResponse, Vec<Entry>)>, Error> {
        loop {
            match &self.ended {
                Ended::Well => return Ok(None),
                Ended::Badly(what) => return Err(unverified(what)),
                Ended::Unchecked => {
                    self.finish().await?;
                    self.ended = Ended::Well;
                    return Ok(None);
                }
                Ended::Not => {}
            }
            match self.stream.message().await {
                Ok(Some(message)) => {
                    let entries = self.take(&message)?;
                    return Ok(Some((message, entries)));
                }
                Ok(None) => self.ended = Ended::Unchecked,
                // The line went dead behind the last entry that was wanted.
                Err(_) if self.has_all() => self.ended = Ended::Unchecked,
                Err(status) => {
                    let cut = Error::of_status(&status, None);
                    self.fruitless += 1;
                    if !cut.can_retry() || self.fruitless > FRUITLESS_TRIES {
                        return Err(cut);
                    }
                    tokio::time::sleep(jittered(WAIT)).await;
                    self.stream = self.client.unchecked().read_history(self.rest()).await?;
                }
            }
        }
    }

    /// The position of the last entry that is wanted, by the head that the server has named.
    fn wanted(&self, head: &v1::HistoryHead) -> i64 {
        let v1::ReadHistoryRequest { after_position, limit, coop: _ } = self.request;
        if limit > 0 {
            head.position.min(after_position.saturating_add(limit))
        } else {
            head.position
        }
    }

    fn has_all(&self) -> bool {
        let (Some(fold), Some(head)) = (&self.fold, &self.head) else { return false };
        said(fold.size()) >= self.wanted(head)
    }

    /// What is still to be read.
    fn rest(&self) -> v1::ReadHistoryRequest {
        let mut rest = self.request.clone();
        if let Some(fold) = &self.fold {
            let read = said(fold.size()).saturating_sub(rest.after_position);
            rest.after_position = said(fold.size());
            rest.limit = if rest.limit > 0 { rest.limit.saturating_sub(read) } else { 0 };
        }
        rest
    }

    fn take(&mut self, message: &v1::ReadHistoryResponse) -> Result<Vec<Entry>, Error> {
        if !message.peaks.is_empty() || self.fold.is_none() {
            let after =
                self.fold.as_ref().map_or(self.request.after_position, |fold| said(fold.size()));
            let start = Fold::start(after, &message.peaks)?;
            if self.fold.as_ref().is_some_and(|fold| !fold.is(&start)) {
                return Err(unverified(format!("the log before entry {} has changed", after + 1)));
            }
            self.fold = Some(start);
        }
        let mut entries = Vec::with_capacity(message.entries.len());
        if let Some(fold) = &mut self.fold {
            for entry in &message.entries {
                entries.push(fold.take(entry)?);
                self.fruitless = 0;
            }
        }
        if message.head.is_some() {
            self.head.clone_from(&message.head);
        }
        Ok(entries)
    }

    /// What has been read must be what was signed.
    async fn finish(&mut self) -> Result<(), Error> {
        let (Some(fold), Some(head)) = (&self.fold, &self.head) else {
            return Err(unverified("the server ended a read without a word"));
        };
        let coop = &self.request.coop;
        if head.checkpoint.is_empty() {
            let what =
                format!("no checkpoint covers entry {}: has a loss been accepted?", head.position);
            return Err(unverified(what));
        }
        let checkpoint = self.client.believe(coop, &head.checkpoint).await?;
        if head.position > said(checkpoint.size) {
            let first = checkpoint.size.saturating_add(1);
            return Err(unverified(format!(
                "no checkpoint covers entries {first} to {}: has a loss been accepted?",
                head.position
            )));
        }
        let same =
            head.position == said(checkpoint.size) && head.root_hash == checkpoint.root.as_bytes();
        if !same {
            return Err(unverified("the head of the log is not the one that was signed"));
        }
        newest(coop, &checkpoint, self.seen)?;
        let wanted = self.wanted(head);
        if said(fold.size()) < wanted {
            return Err(unverified(format!("the server ended before entry {wanted}")));
        }
        if said(fold.size()) > wanted.max(self.request.after_position) {
            return Err(unverified(format!(
                "more came than was asked for or signed, behind entry {wanted}"
            )));
        }
        if fold.size() == 0 {
            return Ok(());
        }
        if fold.size() > checkpoint.size {
            return Err(unverified(format!("entry {} is behind all that was signed", fold.size())));
        }
        let read = (fold.size(), &fold.root());
        self.client.grown(coop, read, (checkpoint.size, &checkpoint.root)).await
    }
}
