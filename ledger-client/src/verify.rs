//! What the server says of its log is checked here before anybody sees it.
//!
//! A read of the history is hashed again entry by entry and led to a signed checkpoint; a checkpoint must extend every
//! one that was seen before; a receipt or a proof must hold. What does not hold is an error, not a warning.

mod fold;
mod history;
mod receipts;
mod trust;
mod watch;

use ledger_proto::{Checkpoint, Hash, Note, NoteError, Over, VerifierKey, consistent, v1};

use crate::client::Client;
use crate::error::{Code, Error};

use fold::Fold;
pub use history::History;
pub(crate) use trust::Trust;
pub use trust::{KeyFrom, Known, Memory};
pub use watch::Watch;

/// Something that was to be proved is not.
#[allow(clippy::needless_pass_by_value, reason = "map_err gives its errors away")]
pub(crate) fn unverified(what: impl ToString) -> Error {
    Error::Unverified(what.to_string())
}

/// A count of entries as requests hold it.
fn said(size: u64) -> i64 {
    i64::try_from(size).unwrap_or(i64::MAX)
}

/// 32 bytes each, or they are no hashes.
fn hashes(bytes: &[Vec<u8>]) -> Result<Vec<Hash>, Error> {
    let hash = |bytes: &Vec<u8>| <[u8; 32]>::try_from(bytes.as_slice()).map(Hash::new);
    let hashes: Result<Vec<Hash>, _> = bytes.iter().map(hash).collect();
    hashes.map_err(|_| unverified("the server sent a hash that is not 32 bytes long"))
}

/// What is asked for now is not older than what was seen before it was asked for.
fn newest(coop: &str, checkpoint: &Checkpoint, seen: u64) -> Result<(), Error> {
    if checkpoint.size >= seen {
        return Ok(());
    }
    let size = checkpoint.size;
    let what = format!("the server shows {coop} with {size} entries, and had signed {seen} before");
    Err(unverified(what))
}

/// The keys that a person gave: a verifier key itself, or a file with one on each line.
pub fn parse_keys(given: &str) -> Result<Vec<VerifierKey>, Error> {
    if let Ok(key) = given.parse() {
        return Ok(vec![key]);
    }
    let text = std::fs::read_to_string(given)
        .map_err(|source| Error::File { path: given.to_owned(), source })?;
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    let keys: Result<Vec<VerifierKey>, _> = lines.map(str::parse).collect();
    match keys {
        Ok(keys) if !keys.is_empty() => Ok(keys),
        Ok(_) => Err(Error::Usage(format!("{given} holds no key"))),
        Err(wrong) => Err(Error::Usage(format!("{given}: {wrong}"))),
    }
}

impl Client {
    /// The newest checkpoint of a co-op's log, as "coops/{coop}": signed by the key that is known, extending every
    /// checkpoint that this client has seen before, and not older than any of them. With it comes its signed note.
    pub async fn checkpoint(&self, coop: &str) -> Result<(Checkpoint, String), Error> {
        let seen = self.trust().reached(coop).await?;
        let request = v1::GetCheckpointRequest { coop: coop.to_owned(), size: 0 };
        let note = self.unchecked().get_checkpoint(request).await?.checkpoint;
        let checkpoint = self.believe(coop, &note).await?;
        newest(coop, &checkpoint, seen)?;
        Ok((checkpoint, note))
    }

    /// What this client knows of a co-op's log; where it knew nothing, the key that the server names.
    pub async fn known(&self, coop: &str) -> Result<Known, Error> {
        let held = self.trust().of(coop).await?;
        let mut known = held.lock().await;
        self.introduced(coop, &mut known).await?;
        Ok(known.clone())
    }

    /// On first use, the key that the server names is taken.
    async fn introduced(&self, coop: &str, known: &mut Known) -> Result<(), Error> {
        if known.keys.is_empty() {
            let request = v1::GetCheckpointRequest { coop: coop.to_owned(), size: 0 };
            let offered = self.unchecked().get_checkpoint(request).await?.verifier_keys;
            let newest = offered.last().ok_or_else(|| unverified("the server names no key"))?;
            known.keys.push(KeyFrom { from: 0, key: newest.parse().map_err(unverified)? });
        }
        Ok(())
    }

    /// What a note says, if it is to be believed. Who believes is alone with what is known of the log, so that two reads at
    /// one time cannot be shown two histories.
    pub(crate) async fn believe(&self, coop: &str, text: &str) -> Result<Checkpoint, Error> {
        let note = Note::parse(text).map_err(unverified)?;
        let claimed = note.claimed();
        if claimed.origin.coop().is_none_or(|name| format!("coops/{name}") != coop) {
            return Err(unverified(format!(
                "the checkpoint is of another log: {}",
                claimed.origin
            )));
        }
        let held = self.trust().of(coop).await?;
        let mut known = held.lock().await;
        self.introduced(coop, &mut known).await?;
        if let Some((newest, _)) = &known.newest
            && newest.origin != claimed.origin
        {
            return Err(unverified(format!(
                "the server has another history of {coop} than before: {} was {}",
                claimed.origin, newest.origin
            )));
        }
        match note.verify(known.key_at(claimed.size)) {
            Ok(_) => {}
            // The key may have been changed, by an entry that the old key has signed.
            Err(NoteError::Unsigned) if known.newest.is_some() => {
                known.keys = self.follow_keys(coop, &known, claimed).await?;
                note.verify(known.key_at(claimed.size)).map_err(unverified)?;
            }
            Err(error) => return Err(unverified(error)),
        }
        if let Some((newest, _)) = &known.newest {
            self.extends(coop, newest, claimed).await?;
        }
        if known.newest.as_ref().is_none_or(|(newest, _)| claimed.size > newest.size) {
            known.newest = Some((claimed.clone(), text.to_owned()));
            self.trust().keep(coop, &known)?;
        }
        Ok(claimed.clone())
    }

    /// Of two checkpoints, the larger must extend the smaller.
    async fn extends(&self, coop: &str, one: &Checkpoint, other: &Checkpoint) -> Result<(), Error> {
        let (old, new) = if one.size <= other.size { (one, other) } else { (other, one) };
        self.grown(coop, (old.size, &old.root), (new.size, &new.root)).await
    }

    /// The log of the old root must be the beginning of the log of the new one.
    pub(crate) async fn grown(
        &self,
        coop: &str,
        (old, old_root): (u64, &Hash),
        (new, new_root): (u64, &Hash),
    ) -> Result<(), Error> {
        if old == new {
            let what = format!("the server shows two histories of {coop} with {old} entries");
            return if old_root == new_root { Ok(()) } else { Err(unverified(what)) };
        }
        let request = v1::ProveConsistencyRequest {
            coop: coop.to_owned(),
            old_size: said(old),
            new_size: said(new),
        };
        let path = match self.unchecked().prove_consistency(request).await {
            Ok(proof) => hashes(&proof.path)?,
            Err(
                Error::Refused { code: Code::OutOfRange, .. }
                | Error::Unreachable { code: Code::OutOfRange, .. },
            ) => {
                let what = format!(
                    "the server's log of {coop} ends before entry {new}, which it had signed"
                );
                return Err(unverified(what));
            }
            Err(error) => return Err(error),
        };
        consistent(Over::Entries, (old, old_root), (new, new_root), &path).map_err(|error| {
            unverified(format!(
                "the log of {coop} has not just grown from entry {old} to {new}: {error}"
            ))
        })
    }
}
