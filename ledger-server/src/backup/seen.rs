//! What was published after a backup, and survived elsewhere: a checkpoint that somebody kept, a receipt, or the folder of all
//! checkpoints. It must be of this history, and of a size that the backup does not have.

use std::{
    fs,
    path::{Path, PathBuf},
};

use ledger_core::CoopName;
use ledger_proto::{BalanceProof, Note, Receipt, VerifierKey};

use super::{
    create::{LOGS, PRIVATE},
    files,
    verify::Checked,
};
use crate::{
    auth::cannot,
    checkpoints::{self, Register, published_until, tree_of},
    error::Error,
    log::{LogId, LogOptions, PackedLog},
};

/// What somebody has seen.
pub(super) enum Seen {
    /// A signed note, and the file that it is in.
    Note(PathBuf, Box<Note>),
    /// What was published of one log, in the folder above that of all checkpoints.
    Published(PathBuf, LogId),
}

/// Reads what was named. Whether it belongs to the backup is another question.
pub(super) fn read(paths: &[PathBuf]) -> Result<Vec<Seen>, Error> {
    let mut seen = Vec::new();
    for path in paths {
        if path.is_dir() {
            seen.extend(folder(path)?);
        } else {
            let text = fs::read_to_string(path).map_err(|error| cannot("read", path, &error))?;
            let note = note(&text).map_err(|what| unfit(path, &what))?;
            seen.push(Seen::Note(path.clone(), Box::new(note)));
        }
    }
    Ok(seen)
}

/// The folder `checkpoints` of a server, or the server's own.
fn folder(path: &Path) -> Result<Vec<Seen>, Error> {
    let path = files::absolute(path)?;
    let data = if checkpoints::folder(&path).is_dir() {
        path.clone()
    } else {
        path.parent().filter(|data| checkpoints::folder(data) == path).map_or_else(
            || Err(unfit(&path, "it is no folder called checkpoints")),
            |data| Ok(data.to_owned()),
        )?
    };
    let logs = checkpoints::published_logs(&data)?;
    Ok(logs.into_iter().map(|log| Seen::Published(data.clone(), log)).collect())
}

/// The checkpoint in a file.
fn note(text: &str) -> Result<Note, String> {
    let note = if let Ok(receipt) = Receipt::parse(text) {
        receipt.note
    } else if let Ok(proof) = BalanceProof::parse(text) {
        proof.note
    } else {
        text.to_owned()
    };
    Note::parse(&note).map_err(|wrong| {
        format!("{wrong}. A checkpoint is wanted with its signature, or a receipt or balance with one in it")
    })
}

fn unfit(path: &Path, what: &str) -> Error {
    Error::Internal(format!("--seen {}: {what}", path.display()))
}

/// Looks whether it is of these logs and signed by a key of theirs, before anything is written.
pub(super) fn judge(seen: &[Seen], folder: &Path, coops: &[Checked]) -> Result<(), Error> {
    for one in seen {
        match one {
            Seen::Note(path, note) => {
                let _ = of(path, note, coops)?;
            }
            Seen::Published(data, log) => {
                let kept = published_until(&folder.join(PRIVATE), *log, u64::MAX)?;
                let (kept, there) = (kept.unwrap_or_default(), survived(data, *log)?);
                if !there.starts_with(&kept) && !kept.starts_with(&there) {
                    let file = checkpoints::folder(data).join(log.to_string());
                    let what = format!(
                        "{} is not what the backup's {LOGS} went on from: it is of another history",
                        file.display()
                    );
                    return Err(unfit(data, &what));
                }
            }
        }
    }
    Ok(())
}

fn survived(data: &Path, log: LogId) -> Result<Vec<u8>, Error> {
    Ok(published_until(data, log, u64::MAX)?.unwrap_or_default())
}

/// The co-op that a note is of, and the key of it that signed.
fn of<'c>(
    path: &Path,
    note: &Note,
    coops: &'c [Checked],
) -> Result<(&'c Checked, &'c VerifierKey), Error> {
    let origin = &note.claimed().origin;
    let named = |coop: &&Checked| coop.keys.iter().any(|key| key.name() == origin.as_str());
    let coop = coops.iter().find(named);
    let coop = coop.ok_or_else(|| unfit(path, &format!("the backup has no log {origin}")))?;
    let key = note.signer(&coop.keys).ok_or_else(|| {
        unfit(path, &format!("no key of {} that the backup knows has signed it", coop.coop))
    })?;
    Ok((coop, key))
}

/// Adds what was seen to what was published, in a folder that holds what the backup knew. The co-ops of which the backup knows
/// nothing are named: they are lost.
pub(super) fn put(seen: &[Seen], data: &Path, coops: &[Checked]) -> Result<Vec<CoopName>, Error> {
    let mut unknown = Vec::new();
    // The folders first: what a note says may be in them.
    for one in seen {
        let Seen::Published(from, log) = one else { continue };
        let survived = survived(from, *log)?;
        let file = checkpoints::folder(data).join(log.to_string());
        let known = fs::read(&file).unwrap_or_default();
        if survived.len() > known.len() {
            crate::log::make_folder(&checkpoints::folder(data))?;
            crate::auth::write_private(&file, &survived)?;
        }
        if !coops.iter().any(|coop| coop.log == *log) {
            unknown.extend(Register::look(data, *log)?.map(|(coop, _)| coop));
        }
    }
    let mut notes: Vec<(&PathBuf, &Note)> = Vec::new();
    for one in seen {
        if let Seen::Note(path, note) = one {
            notes.push((path, note));
        }
    }
    if notes.is_empty() {
        return Ok(unknown);
    }
    notes.sort_by_key(|(_, note)| note.claimed().size);
    let log = PackedLog::open(&data.join("log"), &LogOptions::default())?;
    for (path, note) in notes {
        let (coop, key) = of(path, note, coops)?;
        let claimed = note.claimed();
        if claimed.size <= coop.size {
            let tree = tree_of(&log, coop.log)?;
            if checkpoints::root_at(&log, coop.log, &tree, claimed.size)? != claimed.root {
                let what = format!("the backup holds another history of {}", coop.coop);
                return Err(unfit(path, &what));
            }
            continue;
        }
        let register = Register::open(data, coop.log)?;
        if claimed.size > register.reached()
            && let Some(signature) = note.signature_by(key)
        {
            register.seen_elsewhere(claimed.size, claimed.root, signature)?;
        }
    }
    Ok(unknown)
}
