//! A bundle from a server: streamed, and gone on with where a cut connection left off.

use std::{path::Path, time::Duration};

use ledger_proto::{
    Origin,
    api::name,
    v1::{self, export_bundle_response::Part},
};
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
    stream: Answers,
    /// What came behind the last checkpoint.
    waiting: Option<v1::BundleEntries>,
    fruitless: u32,
}

impl<'c> Fetch<'c> {
    /// Asks for the newest bundle of the client's co-op: its head and its checkpoints come first.
    pub async fn open(client: &'c Client) -> Result<Fetch<'c>, Error> {
        let mut tries = 0;
        loop {
            match begun(client).await {
                Err(error) if error.can_retry() && tries < FRUITLESS_TRIES => {
                    tries = tries.saturating_add(1);
                    tokio::time::sleep(jittered(WAIT)).await;
                }
                begun => return begun,
            }
        }
    }

    /// What stands at the head of it.
    pub fn head(&self) -> &Head {
        &self.head
    }

    /// Leaves out entries that are there already.
    pub async fn skip_to(&mut self, after: u64) -> Result<(), Error> {
        if after > self.after {
            self.after = after;
            self.ask_again().await?;
        }
        Ok(())
    }

    /// The next entries, with the position of the first. Nothing: that was all.
    pub async fn next(&mut self) -> Result<Option<(u64, Vec<Vec<u8>>)>, Error> {
        while self.after < self.head.size {
            let message = match self.waiting.take() {
                Some(entries) => Ok(Some(Part::Entries(entries))),
                None => part(&mut self.stream).await,
            };
            let error = match message {
                Ok(Some(Part::Entries(some))) => return self.taken(some).map(Some),
                // Of an export that goes on: these came before.
                Ok(Some(Part::Checkpoints(_))) => continue,
                Ok(Some(Part::Head(_))) => return Err(unverified("the server sent two heads")),
                Ok(None) => Error::of_status(&tonic::Status::unavailable("the stream ended"), None),
                Err(error) => error,
            };
            self.fruitless = self.fruitless.saturating_add(1);
            if !error.can_retry() || self.fruitless > FRUITLESS_TRIES {
                return Err(error);
            }
            tokio::time::sleep(jittered(WAIT)).await;
            self.ask_again().await?;
        }
        Ok(None)
    }

    fn taken(&mut self, some: v1::BundleEntries) -> Result<(u64, Vec<Vec<u8>>), Error> {
        let first = next_ones(&some, self.after, self.head.size)?;
        self.after = self.after.saturating_add(some.entries.len() as u64);
        self.fruitless = 0;
        Ok((first, some.entries))
    }

    /// The rest of the same bundle.
    async fn ask_again(&mut self) -> Result<(), Error> {
        if self.after < self.head.size {
            self.waiting = None;
            (self.stream, _) = ask(self.client, self.head.size, self.after).await?;
        }
        Ok(())
    }
}

type Answers = Streaming<v1::ExportBundleResponse>;

/// Opens the stream, and takes its head.
async fn ask(client: &Client, size: u64, after: u64) -> Result<(Answers, v1::BundleHead), Error> {
    let said = |number: u64| i64::try_from(number).unwrap_or(i64::MAX);
    let (coop, size, after_position) = (client.coop(), said(size), said(after));
    let request = v1::ExportBundleRequest { coop, size, after_position };
    let mut stream = client.unchecked().export_bundle(request).await?;
    match part(&mut stream).await? {
        Some(Part::Head(head)) => Ok((stream, head)),
        Some(Part::Entries(_) | Part::Checkpoints(_)) | None => {
            Err(unverified("the server sent a bundle without a head"))
        }
    }
}

/// The next part. Nothing: the stream has ended.
async fn part(stream: &mut Answers) -> Result<Option<Part>, Error> {
    let message = stream.message().await.map_err(|status| Error::of_status(&status, None))?;
    match message {
        Some(v1::ExportBundleResponse { part: None }) => {
            Err(unverified("the server sent a part of a bundle that this program does not know"))
        }
        Some(v1::ExportBundleResponse { part }) => Ok(part),
        None => Ok(None),
    }
}

/// The head and all checkpoints. The first entries may have come with them.
async fn begun(client: &Client) -> Result<Fetch<'_>, Error> {
    let (mut stream, head) = ask(client, 0, 0).await?;
    let mut head = read_head(head)?;
    of_coop(&head.origin, &client.coop())?;
    loop {
        let waiting = match part(&mut stream).await? {
            Some(Part::Checkpoints(some)) => {
                head.notes.extend(some.checkpoints);
                // No size is published twice.
                if head.notes.len() as u64 > head.size {
                    return Err(unverified("the server sent more checkpoints than entries"));
                }
                continue;
            }
            Some(Part::Entries(entries)) => Some(entries),
            Some(Part::Head(_)) => return Err(unverified("the server sent two heads")),
            None => None,
        };
        return Ok(Fetch { client, head, after: 0, stream, waiting, fruitless: 0 });
    }
}

/// The log must be of the co-op that was asked for.
fn of_coop(origin: &Origin, asked: &str) -> Result<(), Error> {
    if origin.coop().is_some_and(|coop| name::coop(&coop) == asked) {
        return Ok(());
    }
    let what = format!("{asked} was asked for, and the server sent the history of {origin}");
    Err(unverified(what))
}

/// The position of the first, if these are the next entries, and no more than there are.
fn next_ones(some: &v1::BundleEntries, after: u64, size: u64) -> Result<u64, Error> {
    let first = u64::try_from(some.first_position).unwrap_or_default();
    if first != after.saturating_add(1) || some.entries.is_empty() {
        return Err(unverified("the server left entries out of its history"));
    }
    if after.saturating_add(some.entries.len() as u64) > size {
        return Err(unverified("the server sent more entries than it said there are"));
    }
    Ok(first)
}

fn read_head(head: v1::BundleHead) -> Result<Head, Error> {
    let v1::BundleHead { origin, size, verifier_keys } = head;
    let keys: Result<_, _> = verifier_keys.iter().map(|key| key.parse()).collect();
    Ok(Head {
        origin: origin.parse().map_err(unverified)?,
        size: u64::try_from(size).map_err(unverified)?,
        keys: keys.map_err(unverified)?,
        notes: Vec::new(),
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_next_entries_are_taken_and_no_more_than_there_are() {
        let some = |first_position: i64, count: usize| v1::BundleEntries {
            first_position,
            entries: vec![b"entry".to_vec(); count],
        };
        assert_eq!(next_ones(&some(8, 3), 7, 10).unwrap(), 8);
        for (some, why) in [
            (some(8, 4), "one more than was said"),
            (some(8, 0), "none"),
            (some(9, 1), "one left out"),
            (some(7, 1), "one again"),
            (some(-1, 1), "no position"),
        ] {
            assert!(next_ones(&some, 7, 10).is_err(), "{why}");
        }
    }

    #[test]
    fn the_history_of_another_coop_is_refused() {
        let origin: Origin = "carestore/colne-valley/0123456789abcdef/blake3".parse().unwrap();
        assert!(of_coop(&origin, "coops/colne-valley").is_ok());
        let refused = of_coop(&origin, "coops/holme-valley").unwrap_err();
        assert!(refused.to_string().contains("coops/holme-valley was asked for"), "{refused}");
    }
}
