//! A backup looked through, without a server: each file against the list, each log against what was signed of it, each entry
//! read and followed.

use std::{
    collections::{BTreeSet, VecDeque},
    fs,
    path::Path,
};

use ledger_core::{CoopName, Event, State, advance};
use ledger_proto::{
    Frontier, Hash, Note, VerifierKey, accounts_root, bundle::Bundle, leaf, stored,
};

use super::{
    Heard, Step,
    cards::{self, Counted},
    create::{CARDS, LOGS, PRIVATE, SECRET},
    files,
    manifest::{BackedUp, Listed, MANIFEST, Manifest},
};
use crate::{auth::cannot, checkpoints::newest_published, error::Error, log::LogId};

/// A backup that is whole.
pub(super) struct Verified {
    pub(super) manifest: Manifest,
    pub(super) coops: Vec<Checked>,
    pub(super) counted: Counted,
}

/// A co-op in it, of which every entry was read.
pub(super) struct Checked {
    pub(super) coop: CoopName,
    pub(super) log: LogId,
    pub(super) size: u64,
    pub(super) root: Hash,
    /// How many entries the newest checkpoint stands for.
    pub(super) signed: u64,
    /// How many checkpoints were held against them.
    pub(super) checkpoints: u64,
    pub(super) keys: Vec<VerifierKey>,
    /// The number of the member who joined last. 0: nobody has.
    pub(super) newest_member: u64,
}

/// Looks through a backup. The error says all that is wrong with its files, or the first thing that is wrong within one.
pub(super) fn verify(folder: &Path, heard: &mut Heard<'_>) -> Result<Verified, Error> {
    let manifest = list(folder)?;
    let mut wrong = unlisted(folder, &manifest)?;
    for file in &manifest.files {
        match looked_at(folder, file) {
            Ok(()) => heard(Step::File(file.name.clone()))?,
            Err(what) => wrong.push(format!("{} {what}", file.name)),
        }
    }
    if !wrong.is_empty() {
        return Err(spoiled(folder, &wrong.join("; ")));
    }
    for name in [SECRET, CARDS] {
        let name = format!("{PRIVATE}/{name}");
        if !manifest.files.iter().any(|file| file.name == name) {
            return Err(spoiled(folder, &format!("{name} is not in it")));
        }
    }
    let mut coops = Vec::new();
    for coop in &manifest.coops {
        let checked = log(folder, coop, heard);
        coops.push(
            checked
                .map_err(|error| spoiled(folder, &format!("the log of {}: {error}", coop.coop)))?,
        );
    }
    let counted = cards::read(&folder.join(PRIVATE).join(CARDS), &mut |_| Ok(()))?;
    Ok(Verified { manifest, coops, counted })
}

/// The list of the backup, if it was made to its end.
fn list(folder: &Path) -> Result<Manifest, Error> {
    let path = folder.join(MANIFEST);
    let bytes = match fs::read(&path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            return Err(Error::Internal(format!(
                "{} is no backup, or one that was broken off: there is no {MANIFEST} in it, which is written last. Take \
                 another one, or make it anew",
                folder.display()
            )));
        }
        Err(error) => return Err(cannot("read", &path, &error)),
    };
    Manifest::parse(&bytes).map_err(|what| spoiled(folder, &what))
}

fn spoiled(folder: &Path, what: &str) -> Error {
    Error::Internal(format!(
        "the backup in {} is not what was written: {what}. Take another one",
        folder.display()
    ))
}

/// What is in the folder and not in the list.
fn unlisted(folder: &Path, manifest: &Manifest) -> Result<Vec<String>, Error> {
    let found = files::below(folder).map_err(|error| cannot("look into", folder, &error))?;
    let listed: BTreeSet<&str> = manifest.files.iter().map(|file| &*file.name).collect();
    let strangers = found.iter().filter(|name| *name != MANIFEST && !listed.contains(&***name));
    Ok(strangers.map(|name| format!("{name} is in the folder and not in its list")).collect())
}

/// Whether a file is as the list says.
fn looked_at(folder: &Path, file: &Listed) -> Result<(), String> {
    let path = folder.join(&file.name);
    let kind = fs::symlink_metadata(&path).map_err(|error| {
        if error.kind() == std::io::ErrorKind::NotFound {
            "is missing".to_owned()
        } else {
            format!("cannot be read: {error}")
        }
    })?;
    if !kind.is_file() {
        return Err("is no file".to_owned());
    }
    let (bytes, hash) =
        files::measure(&path).map_err(|error| format!("cannot be read: {error}"))?;
    if *file == Listed::new(file.name.clone(), bytes, &hash) {
        Ok(())
    } else {
        Err("is not what was written".to_owned())
    }
}

/// The log as it is read again.
struct Reading {
    state: State,
    edge: Frontier,
    notes: VecDeque<Note>,
    keys: Vec<VerifierKey>,
    checkpoints: u64,
    signed: u64,
}

fn log(folder: &Path, listed: &BackedUp, heard: &mut Heard<'_>) -> Result<Checked, Error> {
    let coop = CoopName::new(&listed.coop).map_err(Error::internal)?;
    let bundle = Bundle::open(&folder.join(LOGS).join(&listed.coop)).map_err(Error::internal)?;
    let notes = bundle.notes().iter().map(|note| Note::parse(note));
    let mut reading = Reading {
        state: State::default(),
        edge: Frontier::default(),
        notes: notes.collect::<Result<_, _>>().map_err(Error::internal)?,
        keys: bundle.keys().to_vec(),
        checkpoints: 0,
        signed: 0,
    };
    if reading.keys.iter().any(|key| key.name() != bundle.origin().as_str()) {
        return Err(Error::internal("a key in it is of another log"));
    }
    for name in bundle.files() {
        let file = bundle.read(name).map_err(Error::internal)?;
        file.as_listed().map_err(Error::internal)?;
        let (_, entries) = file.entries().map_err(Error::internal)?;
        for entry in entries {
            reading.take(entry)?;
        }
        let (done, of) = (reading.edge.size(), listed.size);
        heard(Step::Entries { coop: listed.coop.clone(), done, of })?;
    }
    let Reading { state, edge, notes, keys, checkpoints, signed } = reading;
    if state.coop() != Some(&coop) {
        return Err(Error::internal("its first entry founds another co-op"));
    }
    let (size, root) = (edge.size(), edge.root());
    if (size, root.to_string()) != (listed.size, listed.root.clone()) {
        return Err(Error::internal(format!("its {size} entries come to another root")));
    }
    if let Some(note) = notes.front() {
        let size = note.claimed().size;
        return Err(Error::internal(format!("a checkpoint of {size} entries is out of place")));
    }
    let log = LogId::new(listed.log);
    let published = newest_published(&folder.join(PRIVATE), log)?.map_or(0, |(size, _)| size);
    if signed != listed.signed || published != signed {
        let what =
            format!("its newest checkpoint is of {signed} entries, not of {}", listed.signed);
        return Err(Error::internal(what));
    }
    let newest_member = state.members().last().map_or(0, |member| u64::from(member.id.get()));
    Ok(Checked { coop, log, size, root, signed, checkpoints, keys, newest_member })
}

impl Reading {
    /// Takes the next entry, and holds what was signed at its position against all entries up to it.
    fn take(&mut self, bytes: &[u8]) -> Result<(), Error> {
        let at = self.edge.size().saturating_add(1);
        let entry = stored::decode_strictly(bytes)
            .map_err(|wrong| Error::Internal(format!("entry {at}: {wrong}")))?;
        if let Event::StateSealed { accounts_root: sealed, .. } = &entry.event
            && accounts_root(self.state.books()).as_bytes() != sealed.bytes()
        {
            return Err(Error::Internal(format!("entry {at} seals other accounts")));
        }
        advance(&mut self.state, &entry)?;
        self.edge.push(leaf(bytes));
        while let Some(note) = self.notes.pop_front_if(|note| note.claimed().size == at) {
            let signed = note.verify(&self.keys);
            let signed = signed.map_err(|wrong| {
                Error::Internal(format!("the checkpoint of {at} entries: {wrong}"))
            })?;
            if signed.root != self.edge.root() {
                let what = format!("the first {at} entries are not those that were signed");
                return Err(Error::Internal(what));
            }
            self.checkpoints = self.checkpoints.saturating_add(1);
            self.signed = at;
        }
        Ok(())
    }
}
