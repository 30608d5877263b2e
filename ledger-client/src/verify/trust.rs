//! What this client knows of each log: keys, and the newest checkpoint that it has seen.
//!
//! A key is believed on first use. From then on the log may only grow, and its key may only change
//! by an entry that both keys have signed.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use ledger_core::{Entry, Event};
use ledger_proto::{Checkpoint, Note, Origin, VerifierKey, rotation_message, signed_by, v1};
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

/// A key, and from which size of the log on it signs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyFrom {
    /// It signs checkpoints of this size, and of larger ones until another key follows.
    pub from: u64,
    /// The key.
    pub key: VerifierKey,
}

/// What is known of a log.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Known {
    /// By these keys checkpoints are believed, the newest last. None: by the one that the server names at first.
    pub keys: Vec<KeyFrom>,
    /// The newest checkpoint that was believed, with its signed note.
    pub newest: Option<(Checkpoint, String)>,
}

impl Known {
    /// The key that signs a log of this size. A key that another followed signs nothing larger.
    pub fn key_at(&self, size: u64) -> &[VerifierKey] {
        let behind = self.keys.iter().rev().find(|key| key.from <= size);
        behind.map_or(&[], |known| std::slice::from_ref(&known.key))
    }
}

/// What is known of each log of one server.
#[derive(Debug)]
pub(crate) struct Trust {
    memory: Memory,
    server: String,
    known: Mutex<BTreeMap<String, Arc<Mutex<Known>>>>,
}

impl Trust {
    pub(crate) fn new(memory: Memory, server: &str) -> Trust {
        let server = server.trim_start_matches("http://").trim_start_matches("https://");
        Trust { memory, server: harmless(server), known: Mutex::default() }
    }

    /// What is known of one log. Whoever adds to it holds it for as long as it takes to check what is added.
    pub(crate) async fn of(&self, coop: &str) -> Result<Arc<Mutex<Known>>, Error> {
        let mut all = self.known.lock().await;
        if let Some(known) = all.get(coop) {
            return Ok(Arc::clone(known));
        }
        let known = match self.file(coop) {
            Some(file) => read(&file)?,
            None => Known::default(),
        };
        let known = Arc::new(Mutex::new(known));
        all.insert(coop.to_owned(), Arc::clone(&known));
        Ok(known)
    }

    /// The size of the newest checkpoint that was seen.
    pub(crate) async fn reached(&self, coop: &str) -> Result<u64, Error> {
        let held = self.of(coop).await?;
        let known = held.lock().await;
        Ok(known.newest.as_ref().map_or(0, |(newest, _)| newest.size))
    }

    /// Keeps what is known for the next run, if it is to be kept, and if another run has not kept something newer meanwhile.
    pub(crate) fn keep(&self, coop: &str, known: &Known) -> Result<(), Error> {
        let Some(file) = self.file(coop) else { return Ok(()) };
        let size = |known: &Known| known.newest.as_ref().map_or(0, |(newest, _)| newest.size);
        if size(&read(&file)?) >= size(known) { Ok(()) } else { write(&file, known) }
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

/// The keys, a line each with the size from which it signs, and behind an empty line the note.
fn read(file: &Path) -> Result<Known, Error> {
    let text = match std::fs::read_to_string(file) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Known::default()),
        Err(error) => return Err(cannot(file)(error)),
    };
    let damaged = || {
        let file = file.display();
        unverified(format!(
            "{file}, in which this program keeps what it has seen of the log, is damaged; if you delete it, the server is \
             believed once as on the first day"
        ))
    };
    let (lines, note) = text.split_once("\n\n").ok_or_else(damaged)?;
    let key = |line: &str| {
        let (from, key) = line.split_once(' ')?;
        Some(KeyFrom { from: from.parse().ok()?, key: key.parse().ok()? })
    };
    let keys = lines.split('\n').map(|line| key(line).ok_or_else(damaged));
    let keys = keys.collect::<Result<_, _>>()?;
    let checkpoint = Note::parse(note).map_err(|_| damaged())?.claimed().clone();
    Ok(Known { keys, newest: Some((checkpoint, note.to_owned())) })
}

/// Another run may be writing, too: each writes a file of its own, and the last one stays, whole.
fn write(file: &Path, known: &Known) -> Result<(), Error> {
    let (Some((_, note)), Some(folder)) = (&known.newest, file.parent()) else { return Ok(()) };
    std::fs::create_dir_all(folder).map_err(cannot(folder))?;
    let line = |KeyFrom { from, key }: &KeyFrom| format!("{from} {key}\n");
    let keys: Vec<String> = known.keys.iter().map(line).collect();
    let text = format!("{}\n{note}", keys.concat());
    let mut new = tempfile::NamedTempFile::new_in(folder).map_err(cannot(folder))?;
    new.write_all(text.as_bytes()).and_then(|()| new.as_file().sync_all()).map_err(cannot(file))?;
    new.persist(file).map(drop).map_err(|error| cannot(file)(error.error))
}

impl Client {
    /// Finds the entries by which the key was changed, from the newest checkpoint that was believed on.
    ///
    /// Nothing is believed of the new key here: the entries must lead from the old root to the one that is claimed.
    pub(super) async fn follow_keys(
        &self,
        coop: &str,
        known: &Known,
        claimed: &Checkpoint,
    ) -> Result<Vec<KeyFrom>, Error> {
        let mut keys = known.keys.clone();
        let Some((newest, _)) = &known.newest else { return Ok(keys) };
        let rest = claimed.size.saturating_sub(newest.size);
        if rest == 0 {
            return Ok(keys);
        }
        let request = v1::ReadHistoryRequest {
            coop: coop.to_owned(),
            after_position: said(newest.size),
            limit: said(rest),
        };
        let mut stream = self.unchecked().read_history(request).await?;
        let mut fold: Option<Fold> = None;
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
                keys.extend(changed(&claimed.origin, &keys, &entry)?);
            }
            fold = Some(behind);
        }
        match fold {
            Some(fold) if fold.size() == claimed.size && fold.root() == claimed.root => Ok(keys),
            Some(_) | None => Err(unverified("the entries do not lead to the checkpoint")),
        }
    }
}

/// The key that follows the last of these by an entry, if the entry changes the key. Both must have signed the change.
fn changed(origin: &Origin, keys: &[KeyFrom], entry: &Entry) -> Result<Option<KeyFrom>, Error> {
    let Event::SigningKeyRotated { old_key, new_key, old_signature, new_signature } = &entry.event
    else {
        return Ok(None);
    };
    let (old, new) = (old_key.bytes(), new_key.bytes());
    let message = rotation_message(origin, old, new);
    let known = keys.last().is_some_and(|known| known.key.public() == *old);
    let signed = signed_by(old, &message, &old_signature.bytes())
        && signed_by(new, &message, &new_signature.bytes());
    let key = VerifierKey::new(origin, new).filter(|_| known && signed);
    let from = entry.position.get();
    key.map(|key| Some(KeyFrom { from, key }))
        .ok_or_else(|| unverified("the key was changed without the old key's signature"))
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
            let key = KeyFrom { from: 7, key: key.verifier(&origin) };
            Known { keys: vec![key], newest: Some((point, note)) }
        };
        let trust = Trust::new(memory.clone(), "https://example.org:443/");
        trust.keep("coops/colne-valley", &of(9)).unwrap();
        trust.keep("coops/colne-valley", &of(8)).unwrap();
        let again = Trust::new(memory, "https://example.org:443/");
        let known = async |coop| again.of(coop).await.unwrap().lock().await.clone();
        assert_eq!(known("coops/colne-valley").await, of(9));
        assert_eq!(again.reached("coops/colne-valley").await.unwrap(), 9);
        assert_eq!(known("coops/other").await, Known::default());
        let file = again.file("coops/colne-valley").unwrap();
        std::fs::write(&file, "x").unwrap();
        let third = Trust::new(again.memory.clone(), "https://example.org:443/");
        assert!(third.of("coops/colne-valley").await.is_err());
    }
}
