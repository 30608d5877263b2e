//! A backup on its way into its folder: the logs first, then what is private, and last the list that makes it one.

use std::{
    fs::{self, File},
    io::{ErrorKind, Read},
    ops::ControlFlow,
    path::Path,
};

use ledger_proto::{
    Hash,
    bundle::{self, Export},
};

use super::{
    Heard, Step,
    cards::{self, Counted},
    cut::{Cut, Cuts, Source, cuts},
    files::{self, Sink},
    last,
    manifest::{LeftOut, Listed, MANIFEST, Manifest},
};
use crate::{
    auth::cannot,
    checkpoints::published_until,
    clock::Clock,
    error::Error,
    format,
    log::{LogId, sync_folder},
};

/// The folder of the bundles, one for each co-op, by name.
pub(super) const LOGS: &str = "log";
/// The folder of what is nobody's business.
pub(super) const PRIVATE: &str = "private";
/// The file of cards and notes in it.
pub(super) const CARDS: &str = "cards";
/// Without it, no voucher's code is known again.
pub(super) const SECRET: &str = "secret.key";
/// What lies beside the store and is kept as it is: files, or folders of files. What is not there is left out. The keys that sign
/// and what was published are kept for each log, and need not be named here; nor does what is made anew of the log.
const KEPT: [&str; 4] = [SECRET, "operator.hash", "tokens.jsonl", "looked"];
/// A file that is being written ends so.
const UNFINISHED: &str = "new";
const README: &str = "README.txt";
/// So many entries are read from the log at once.
const AT_ONCE: u64 = 1024;

/// A backup that was made.
pub(super) struct Made {
    pub(super) coops: Vec<MadeCoop>,
    pub(super) left_out: Vec<LeftOut>,
    pub(super) counted: Counted,
    pub(super) bytes: u64,
}

/// A co-op in it.
pub(super) struct MadeCoop {
    pub(super) coop: String,
    pub(super) entries: u64,
    pub(super) signed: u64,
    pub(super) root: Hash,
}

/// A backup on its way.
struct Making<'m, 'h> {
    source: &'m Source,
    to: &'m Path,
    files: Vec<Listed>,
    heard: &'m mut Heard<'h>,
}

/// Makes a backup, and returns when it is whole and on the platter.
pub(super) fn create(source: &Source, to: &Path, heard: &mut Heard<'_>) -> Result<Made, Error> {
    begin(source, to)?;
    let mut making = Making { source, to, files: Vec::new(), heard };
    making.all().map_err(|error| {
        Error::Internal(format!(
            "{error}. What is in {} is no backup: remove it (rm -r {})",
            to.display(),
            to.display()
        ))
    })
}

/// Makes the folder, if there is room for it where it is to be.
fn begin(source: &Source, to: &Path) -> Result<(), Error> {
    if !files::is_free(to)? {
        return Err(Error::Internal(format!(
            "{} is not empty: a backup is written into a folder of its own, into which nothing was ever written",
            to.display()
        )));
    }
    let data = fs::canonicalize(&source.data).unwrap_or_else(|_| source.data.clone());
    let there = to.ancestors().find_map(|above| fs::canonicalize(above).ok());
    if there.is_some_and(|there| there.starts_with(&data)) {
        return Err(Error::Internal(format!(
            "{} lies within {}, and would be lost with it: choose another folder, best on another machine",
            to.display(),
            source.data.display()
        )));
    }
    let secret = source.data.join(SECRET);
    if !secret.is_file() {
        return Err(Error::Internal(format!(
            "{} is not there: put it back from an older backup (private/{SECRET}). Without it the server makes another one \
             at its next start, and the codes of open vouchers are known no more",
            secret.display()
        )));
    }
    format::make(to)?;
    format::make(&to.join(LOGS))?;
    format::make(&to.join(PRIVATE))
}

impl Making<'_, '_> {
    fn all(&mut self) -> Result<Made, Error> {
        // A clock that has jumped keeps nobody from a backup.
        let made = self.source.clock.now().or_else(|_| Clock::machine().now())?;
        let Cuts { served: cuts, left_out, unserved } = cuts(self.source)?;
        for cut in &cuts {
            self.bundle(cut)?;
        }
        // After the logs were cut off: the card of an entry is on the platter before the entry is.
        let counted = self.cards(&cuts)?;
        for name in KEPT {
            self.keep(name)?;
        }
        for cut in &cuts {
            self.log_by_itself(cut.log, cut.reached)?;
        }
        for log in unserved {
            self.log_by_itself(log, u64::MAX)?;
        }
        self.put("", README, readme(&cuts).as_bytes())?;
        let mut manifest =
            Manifest::new(made, cuts.iter().map(Cut::listed).collect(), left_out.clone());
        self.files.sort_unstable();
        manifest.files = std::mem::take(&mut self.files);
        sync_folder(&self.to.join(LOGS))?;
        sync_folder(&self.to.join(PRIVATE))?;
        let listed = files::put(self.to, "backup.unfinished", manifest.to_text()?.as_bytes())?;
        let (unfinished, finished) = (self.to.join(listed.name), self.to.join(MANIFEST));
        fs::rename(unfinished, &finished).map_err(|error| cannot("write", &finished, &error))?;
        sync_folder(self.to)?;
        if left_out.is_empty() {
            last::remember(&self.source.data, made, self.to)?;
        }
        let coops = cuts.iter().map(|cut| MadeCoop {
            coop: cut.coop.to_string(),
            entries: cut.size,
            signed: cut.signed,
            root: cut.root,
        });
        let bytes = manifest.bytes().saturating_add(listed.bytes);
        Ok(Made { coops: coops.collect(), left_out, counted, bytes })
    }

    /// The log of one co-op, up to its cut.
    fn bundle(&mut self, cut: &Cut) -> Result<(), Error> {
        let within = format!("{LOGS}/{}", cut.coop);
        let dir = self.to.join(&within);
        let mut export = Export::open(&dir, &cut.origin, cut.size).map_err(Error::internal)?;
        while export.after() < cut.size {
            let before = export.after();
            let until = cut.size.min(before.saturating_add(AT_ONCE));
            let mut pushed = Ok(());
            self.source.log.scan(cut.log, before, &mut |position, entry| {
                if position > until {
                    return ControlFlow::Break(());
                }
                pushed = export.push(entry.to_vec());
                if pushed.is_ok() { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
            })?;
            pushed.map_err(Error::internal)?;
            cut.published.served()?;
            let done = export.after();
            if done == before {
                return Err(Error::internal(format!(
                    "entry {} of {} is not there",
                    before + 1,
                    cut.coop
                )));
            }
            let coop = cut.coop.to_string();
            (self.heard)(Step::Entries { coop, done, of: cut.size })?;
        }
        let exported = if cut.signed == cut.size {
            export.finish(&cut.keys, &cut.notes)
        } else {
            export.finish_unsigned(&cut.keys, &cut.notes)
        };
        let exported = exported.map_err(Error::internal)?;
        if exported.root != cut.root {
            return Err(Error::internal(format!(
                "the entries of {} do not come to the root that is known of them",
                cut.coop
            )));
        }
        sync_folder(&dir)?;
        self.list_bundle(&within)
    }

    /// A bundle has a list of its own, with the hash of each of its files.
    fn list_bundle(&mut self, within: &str) -> Result<(), Error> {
        let path = self.to.join(within).join(bundle::MANIFEST);
        let text = fs::read_to_string(&path).map_err(|error| cannot("read", &path, &error))?;
        let list = bundle::Manifest::parse(&text).map_err(Error::internal)?;
        let name = format!("{within}/{}", bundle::MANIFEST);
        let hash = bundle::file_hash(text.as_bytes());
        self.files.push(Listed::new(name, text.len() as u64, &hash));
        for file in list.files {
            let name = format!("{within}/{}", file.name);
            self.files.push(Listed::new(name, file.bytes, &file.hash));
        }
        Ok(())
    }

    fn cards(&mut self, cuts: &[Cut]) -> Result<Counted, Error> {
        let logs: Vec<LogId> = cuts.iter().map(|cut| cut.log).collect();
        let name = format!("{PRIVATE}/{CARDS}");
        let (listed, counted) = cards::write(&self.source.cards, &logs, (self.to, &name))?;
        self.done(listed)?;
        Ok(counted)
    }

    /// The key that signs a log, the one that is to follow it, and what was published up to a size.
    fn log_by_itself(&mut self, log: LogId, reached: u64) -> Result<(), Error> {
        for kind in ["key", "next"] {
            self.keep(&format!("signing/{log}.{kind}"))?;
        }
        if let Some(published) = published_until(&self.source.data, log, reached)? {
            format::make(&self.to.join(PRIVATE).join("checkpoints"))?;
            self.put(PRIVATE, &format!("checkpoints/{log}"), &published)?;
        }
        Ok(())
    }

    /// A file beside the store, or a folder of files, as it is. What is not there is left out.
    fn keep(&mut self, name: &str) -> Result<(), Error> {
        let from = self.source.data.join(name);
        if from.is_dir() {
            for file in crate::log::names(&from)? {
                self.keep(&format!("{name}/{file}"))?;
            }
            return Ok(());
        }
        if from.extension().is_some_and(|end| end == UNFINISHED) {
            return Ok(());
        }
        let mut file = match File::open(&from) {
            Ok(file) => file,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
            Err(error) => return Err(cannot("read", &from, &error)),
        };
        let name = format!("{PRIVATE}/{name}");
        if let Some((above, _)) = name.rsplit_once('/') {
            format::make(&self.to.join(above))?;
        }
        let mut sink = Sink::create(self.to, &name)?;
        let mut piece = vec![0; 64 << 10];
        loop {
            let read = file.read(&mut piece).map_err(|error| cannot("read", &from, &error))?;
            if read == 0 {
                break;
            }
            sink.put(piece.get(..read).unwrap_or_default())?;
        }
        self.done(sink.finish()?)
    }

    fn put(&mut self, within: &str, name: &str, bytes: &[u8]) -> Result<(), Error> {
        let name = if within.is_empty() { name.to_owned() } else { format!("{within}/{name}") };
        let listed = files::put(self.to, &name, bytes)?;
        self.done(listed)
    }

    /// A file is whole, and its name is on the platter.
    fn done(&mut self, listed: Listed) -> Result<(), Error> {
        let above = listed.name.rsplit_once('/').map_or("", |(above, _)| above);
        sync_folder(&self.to.join(above))?;
        let name = listed.name.clone();
        self.files.push(listed);
        (self.heard)(Step::File(name))
    }
}

/// What this folder is, for whoever finds it.
fn readme(cuts: &[Cut]) -> String {
    let mut text = "A backup of a Care Store ledger. It belongs to these co-ops, and is nobody else's business:\n\n"
        .to_owned();
    for cut in cuts {
        text = format!("{text}   {}  {} entries\n", cut.coop, cut.size);
    }
    format!(
        "{text}\nlog/      each co-op's log as a bundle, without names: an auditor may have it (carestore audit log/CO-OP)\n\
         private/  names, contacts and notes, and the keys and secrets of the server: keep it where only you can read it\n\
         {MANIFEST}  every file with its BLAKE3 hash (b3sum) and length\n\n\
         To check it:    carestore-server backup verify FOLDER\n\
         To restore it:  carestore-server backup restore FOLDER --data NEW-FOLDER\n"
    )
}
