//! What this client knows of each log: keys, and the newest checkpoint that it has seen.
//!
//! Keys are believed on first use, or given beforehand. From then on the log may only grow, and its key may only change
//! by an entry that both keys have signed.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use ledger_core::Event;
use ledger_proto::{
    Checkpoint, Note, Origin, VerifierKey, bundle, rotation_message, signed_by, v1,
};
use tokio::sync::Mutex;

use super::{Fold, said, unverified};
use crate::client::Client;
use crate::error::Error;

/// Where a client keeps what it knows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Memory {
    /// For as long as it lives.
    #[default]
    Session,
    /// In files of this folder, one for each server and co-op, so that the next run holds the server to it.
    Folder(PathBuf),
}

/// What is known of a log.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Known {
    /// By these keys checkpoints are believed. None: by those that the server gives at first.
    pub keys: Vec<VerifierKey>,
    /// The newest checkpoint that was believed, with its signed note.
    pub newest: Option<(Checkpoint, String)>,
}

/// What is known of each log of one server.
#[derive(Debug)]
pub(crate) struct Trust {
    memory: Memory,
    server: String,
    known: Mutex<BTreeMap<String, Known>>,
}

impl Trust {
    pub(crate) fn new(memory: Memory, server: &str) -> Trust {
        let server = server.trim_start_matches("http://").trim_start_matches("https://");
        Trust { memory, server: harmless(server), known: Mutex::default() }
    }

    pub(crate) async fn known(&self, coop: &str) -> Result<Known, Error> {
        let mut all = self.known.lock().await;
        if let Some(known) = all.get(coop) {
            return Ok(known.clone());
        }
        let known = match self.file(coop) {
            Some(file) => read(&file)?,
            None => Known::default(),
        };
        all.insert(coop.to_owned(), known.clone());
        Ok(known)
    }

    /// Remembers more: a checkpoint that is older than the one that is known meanwhile is not remembered.
    pub(crate) async fn remember(&self, coop: &str, known: Known) -> Result<(), Error> {
        let mut all = self.known.lock().await;
        let size = |known: &Known| known.newest.as_ref().map_or(0, |(newest, _)| newest.size);
        if all.get(coop).is_some_and(|before| size(before) > size(&known)) {
            return Ok(());
        }
        if let Some(file) = self.file(coop) {
            write(&file, &known)?;
        }
        all.insert(coop.to_owned(), known);
        Ok(())
    }

    fn file(&self, coop: &str) -> Option<PathBuf> {
        match &self.memory {
            Memory::Session => None,
            Memory::Folder(folder) => {
                Some(folder.join(format!("{}-{}", self.server, harmless(coop))))
            }
        }
    }
}

/// A name that can be a file's.
fn harmless(name: &str) -> String {
    let sign = |sign: char| if sign.is_ascii_alphanumeric() || sign == '.' { sign } else { '-' };
    name.chars().map(sign).collect()
}

fn cannot(file: &Path) -> impl FnOnce(std::io::Error) -> Error {
    let path = file.display().to_string();
    move |source| Error::File { path, source }
}

/// The keys, a line each, and behind an empty line the note.
fn read(file: &Path) -> Result<Known, Error> {
    let text = match std::fs::read_to_string(file) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Known::default()),
        Err(error) => return Err(cannot(file)(error)),
    };
    let damaged = || {
        let file = file.display();
        unverified(format!(
            "{file} is damaged, in which this client keeps what it knows of the log"
        ))
    };
    let (keys, note) = text.split_once("\n\n").ok_or_else(damaged)?;
    let keys = bundle::read_keys(&format!("{keys}\n")).map_err(|_| damaged())?;
    let checkpoint = Note::parse(note).map_err(|_| damaged())?.claimed().clone();
    Ok(Known { keys, newest: Some((checkpoint, note.to_owned())) })
}

fn write(file: &Path, known: &Known) -> Result<(), Error> {
    let Some((_, note)) = &known.newest else { return Ok(()) };
    if let Some(folder) = file.parent() {
        std::fs::create_dir_all(folder).map_err(cannot(folder))?;
    }
    let new = file.with_extension("new");
    let text = format!("{}\n{note}", bundle::write_keys(&known.keys));
    std::fs::write(&new, text).map_err(cannot(&new))?;
    std::fs::rename(&new, file).map_err(cannot(file))
}

impl Client {
    /// Finds the entries by which the key was changed, from the newest checkpoint that was believed on.
    ///
    /// Nothing is believed of the new key here: the entries must lead from the old root to the one that is claimed.
    pub(super) async fn follow_keys(
        &self,
        coop: &str,
        known: &mut Known,
        claimed: &Checkpoint,
    ) -> Result<(), Error> {
        let Some((newest, _)) = &known.newest else { return Ok(()) };
        let rest = claimed.size.saturating_sub(newest.size);
        if rest == 0 {
            return Ok(());
        }
        let request = v1::ReadHistoryRequest {
            coop: coop.to_owned(),
            after_position: said(newest.size),
            limit: said(rest),
        };
        let mut stream = self.unchecked().read_history(request).await?;
        let mut fold: Option<Fold> = None;
        let mut keys = known.keys.clone();
        while let Some(message) =
            stream.message().await.map_err(|status| Error::of_status(&status, None))?
        {
            let mut behind = match fold.take() {
                Some(fold) => fold,
                None => Fold::start(said(newest.size), &message.peaks)?,
            };
            if behind.size() == newest.size && behind.root() != newest.root {
                return Err(unverified(format!("the first {} entries have changed", newest.size)));
            }
            for said in &message.entries {
                let entry = behind.take(said)?;
                keys.extend(changed(&claimed.origin, &keys, &entry.event)?);
            }
            fold = Some(behind);
        }
        match fold {
            Some(fold) if fold.size() == claimed.size && fold.root() == claimed.root => {
                known.keys = keys;
                Ok(())
            }
            Some(_) | None => Err(unverified("the entries do not lead to the checkpoint")),
        }
    }
}

/// The key that follows one of these by an entry, if the entry changes the key. Both must have signed the change.
fn changed(
    origin: &Origin,
    keys: &[VerifierKey],
    event: &Event,
) -> Result<Option<VerifierKey>, Error> {
    let Event::SigningKeyRotated { old_key, new_key, old_signature, new_signature } = event else {
        return Ok(None);
    };
    let (old, new) = (old_key.bytes(), new_key.bytes());
    let message = rotation_message(origin, old, new);
    let known = keys.last().is_some_and(|key| key.public() == *old);
    let signed = signed_by(old, &message, &old_signature.bytes())
        && signed_by(new, &message, &new_signature.bytes());
    let key = VerifierKey::new(origin, new).filter(|_| known && signed);
    key.map(Some).ok_or_else(|| unverified("the key was changed without the old key's signature"))
}

#[cfg(test)]
mod tests {
    use ledger_proto::{Hash, SigningKey};

    use super::*;

    #[tokio::test]
    async fn what_is_known_is_kept_in_the_folder_and_does_not_go_back() {
        let folder = tempfile::tempdir().unwrap();
        let memory = Memory::Folder(folder.path().join("known"));
        let origin: Origin = "carestore/colne-valley/0123456789abcdef/blake3".parse().unwrap();
        let key = SigningKey::from_seed([1; 32]);
        let of = |size| {
            let point = Checkpoint { origin: origin.clone(), size, root: Hash::new([2; 32]) };
            let note = key.note(&point);
            Known { keys: vec![key.verifier(&origin)], newest: Some((point, note)) }
        };
        let trust = Trust::new(memory.clone(), "https://example.org:443/");
        trust.remember("coops/colne-valley", of(9)).await.unwrap();
        trust.remember("coops/colne-valley", of(8)).await.unwrap();
        let again = Trust::new(memory, "https://example.org:443/");
        assert_eq!(again.known("coops/colne-valley").await.unwrap(), of(9));
        assert_eq!(again.known("coops/other").await.unwrap(), Known::default());
        let file = again.file("coops/colne-valley").unwrap();
        std::fs::write(&file, "x").unwrap();
        let third = Trust::new(again.memory.clone(), "https://example.org:443/");
        assert!(third.known("coops/colne-valley").await.is_err());
    }
}
