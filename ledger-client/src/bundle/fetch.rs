//! A bundle from a server: streamed, and gone on with where a cut connection left off.

use std::{path::Path, time::Duration};

use ledger_proto::v1::{self, export_bundle_response::Part};
use tonic::Streaming;

use super::{BundleError, Export, Exported, Head};
use crate::{
    client::{Client, jittered},
    error::Error,
    verify::unverified,
};

/// So often a stream that is cut is opened again without having got any further.
const FRUITLESS_TRIES: u32 = 5;
/// The wait before that.
const WAIT: Duration = Duration::from_millis(500);

/// Why a bundle could not be brought from a server into a folder.
#[derive(Debug, thiserror::Error)]
pub enum FetchError {
    /// The server did not give it.
    #[error(transparent)]
    Server(#[from] Error),
    /// The folder did not take it.
    #[error(transparent)]
    Folder(#[from] BundleError),
}

/// The entries of a log on their way from a server. Nothing of them has been checked.
pub struct Fetch<'c> {
    client: &'c Client,
    head: Head,
    /// Entries up to here have come, or are not wanted.
    after: u64,
    stream: Streaming<v1::ExportBundleResponse>,
    fruitless: u32,
}

impl<'c> Fetch<'c> {
    /// Asks for the newest bundle of the client's co-op: its head comes first.
    pub async fn open(client: &'c Client) -> Result<Fetch<'c>, Error> {
        let (stream, head) = ask(client, 0, 0).await?;
        Ok(Fetch { client, head: read_head(head)?, after: 0, stream, fruitless: 0 })
    }

    /// What stands at the head of it.
    pub fn head(&self) -> &Head {
        &self.head
    }

    /// Leaves out entries that are there already.
    pub async fn skip_to(&mut self, after: u64) -> Result<(), Error> {
        if after > self.after {
            self.after = after;
            (self.stream, _) = ask(self.client, self.head.size, after).await?;
        }
        Ok(())
    }

    /// The next entries, with the position of the first. Nothing: that was all.
    pub async fn next(&mut self) -> Result<Option<(u64, Vec<Vec<u8>>)>, Error> {
        while self.after < self.head.size {
            let error = match self.stream.message().await {
                Ok(Some(v1::ExportBundleResponse { part: Some(Part::Entries(some)) })) => {
                    let first = u64::try_from(some.first_position).unwrap_or_default();
                    if first != self.after.saturating_add(1) || some.entries.is_empty() {
                        return Err(unverified("the server left entries out of its history"));
                    }
                    self.after = self.after.saturating_add(some.entries.len() as u64);
                    self.fruitless = 0;
                    return Ok(Some((first, some.entries)));
                }
                Ok(Some(_)) => continue,
                Ok(None) => Error::of_status(&tonic::Status::unavailable("the stream ended"), None),
                Err(status) => Error::of_status(&status, None),
            };
            self.fruitless = self.fruitless.saturating_add(1);
            if !error.can_retry() || self.fruitless > FRUITLESS_TRIES {
                return Err(error);
            }
            tokio::time::sleep(jittered(WAIT)).await;
            (self.stream, _) = ask(self.client, self.head.size, self.after).await?;
        }
        Ok(None)
    }
}

type Answers = Streaming<v1::ExportBundleResponse>;

/// Opens the stream, and takes its head.
async fn ask(client: &Client, size: u64, after: u64) -> Result<(Answers, v1::BundleHead), Error> {
    let said = |number: u64| i64::try_from(number).unwrap_or(i64::MAX);
    let (coop, size, after_position) = (client.coop(), said(size), said(after));
    let request = v1::ExportBundleRequest { coop, size, after_position };
    let mut stream = client.unchecked().export_bundle(request).await?;
    let first = stream.message().await.map_err(|status| Error::of_status(&status, None))?;
    match first.and_then(|message| message.part) {
        Some(Part::Head(head)) => Ok((stream, head)),
        Some(Part::Entries(_)) | None => Err(unverified("the server sent entries without a head")),
    }
}

fn read_head(head: v1::BundleHead) -> Result<Head, Error> {
    let v1::BundleHead { origin, size, checkpoints, verifier_keys } = head;
    let keys: Result<_, _> = verifier_keys.iter().map(|key| key.parse()).collect();
    Ok(Head {
        origin: origin.parse().map_err(unverified)?,
        size: u64::try_from(size).map_err(unverified)?,
        keys: keys.map_err(unverified)?,
        notes: checkpoints,
    })
}

/// Brings the newest bundle of the client's co-op into a folder. What an earlier try or an older bundle of the same log has
/// left there is kept, and only what comes after it is asked for. `progress` is told how many entries are there, and of how
/// many.
pub async fn fetch(
    client: &Client,
    dir: &Path,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<(Exported, Head), FetchError> {
    let mut fetch = Fetch::open(client).await?;
    let head = fetch.head().clone();
    let mut export = Export::open(dir, &head.origin, head.size)?;
    fetch.skip_to(export.after()).await?;
    while let Some((_, entries)) = fetch.next().await? {
        for entry in entries {
            export.push(entry)?;
        }
        progress(export.after(), head.size);
    }
    Ok((export.finish(&head.keys, &head.notes)?, head))
}
