//! The cut: what of each co-op goes into a backup. Its log ends where a checkpoint was signed for the cut.

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
    sync::{Arc, PoisonError, RwLock},
};

use ledger_core::CoopName;
use ledger_proto::{Hash, Origin, VerifierKey};

use super::manifest::{BackedUp, LeftOut};
use crate::{
    boot::{self, Recovering, Still},
    cards::Cards,
    checkpoints::{self, Checkpoints},
    clock::Clock,
    engine::Directory,
    error::Error,
    format,
    log::{Log, LogId, LogOptions, PackedLog},
    views::Published,
};

/// What a backup is made of.
#[derive(Clone)]
pub(crate) struct Source {
    pub(crate) data: PathBuf,
    pub(crate) directory: Arc<RwLock<Directory>>,
    pub(crate) log: Arc<dyn Log>,
    pub(crate) cards: Arc<Cards>,
    pub(crate) checkpoints: Arc<Checkpoints>,
    pub(crate) clock: Clock,
}

impl Source {
    /// A folder in which no server is at work. It is read as at a start, and nothing is written into its logs, whatever has
    /// fallen due: so neither a clock that is off nor a day long past keeps anybody from a backup.
    pub(super) fn still(data: &Path) -> Result<Self, Error> {
        format::nothing_half_restored(data)?;
        boot::nothing_begun(data)?;
        format::begin(data)?;
        // First: whoever finds cards without a log takes it for lost.
        let log = PackedLog::open(&data.join("log"), &LogOptions::default())?;
        let (log, cards): (Arc<dyn Log>, Cards) = (Arc::new(log), Cards::open(data)?);
        let Still { directory, checkpoints, log } =
            Recovering::new(log, data.to_owned()).beside(&cards)?.replay()?.still();
        let (data, cards, clock) = (data.to_owned(), Arc::new(cards), Clock::machine());
        Ok(Self { data, directory, log, cards, checkpoints, clock })
    }
}

/// What of one co-op goes into a backup.
pub(super) struct Cut {
    pub(super) coop: CoopName,
    pub(super) log: LogId,
    pub(super) published: Arc<Published>,
    pub(super) origin: Origin,
    pub(super) size: u64,
    pub(super) root: Hash,
    pub(super) keys: Vec<VerifierKey>,
    /// The checkpoints up to the cut that stand.
    pub(super) notes: Vec<String>,
    /// How many entries the newest of them stands for.
    pub(super) signed: u64,
    /// What was published of larger sizes is not in the backup.
    pub(super) reached: u64,
}

/// All that goes into a backup.
pub(super) struct Cuts {
    /// The co-ops, in the order of their logs.
    pub(super) served: Vec<Cut>,
    pub(super) left_out: Vec<LeftOut>,
    /// The logs of which something was published and that are not served: what was published is kept all the same.
    pub(super) unserved: Vec<LogId>,
}

impl Cut {
    /// The same, as it is listed.
    pub(super) fn listed(&self) -> BackedUp {
        BackedUp {
            coop: self.coop.to_string(),
            log: self.log.get(),
            size: self.size,
            root: self.root.to_string(),
            signed: self.signed,
        }
    }
}

/// Cuts every co-op that is served off, one right after the other.
pub(super) fn cuts(source: &Source) -> Result<Cuts, Error> {
    // First: whoever is founded from here on is not taken for a co-op that has been lost.
    let mut unserved: BTreeSet<LogId> =
        checkpoints::published_logs(&source.data)?.into_iter().collect();
    let (served, left_out) = {
        let directory = source.directory.read().unwrap_or_else(PoisonError::into_inner);
        let served = directory.served.iter();
        let served: Vec<(CoopName, LogId, Arc<Published>)> = served
            .map(|(coop, (log, published))| (coop.clone(), *log, Arc::clone(published)))
            .collect();
        let lost = directory.lost.iter().map(|(coop, why)| (coop.to_string(), why.to_string()));
        let nameless = directory.nameless.iter();
        let nameless =
            nameless.map(|why| ("a co-op whose name is lost".to_owned(), why.to_string()));
        let left_out: Vec<LeftOut> =
            lost.chain(nameless).map(|(coop, why)| LeftOut { coop, why }).collect();
        (served, left_out)
    };
    let (mut cuts, mut left_out) = (Vec::new(), left_out);
    for (coop, log, published) in served {
        match published.served() {
            Ok(()) => {
                unserved.remove(&log);
                cuts.push(cut(source, coop, (log, published))?);
            }
            // It went out of service a moment ago.
            Err(why) => {
                left_out.push(LeftOut { coop: coop.to_string(), why: why.to_string() });
            }
        }
    }
    cuts.sort_by_key(|cut| cut.log);
    Ok(Cuts { served: cuts, left_out, unserved: unserved.into_iter().collect() })
}

fn cut(
    source: &Source,
    coop: CoopName,
    (log, published): (LogId, Arc<Published>),
) -> Result<Cut, Error> {
    let register = source.checkpoints.of(log)?;
    let before = register.reached();
    let (head, root) = {
        let view = published.look();
        (view.state().head(), view.tree().root())
    };
    let (size, root) = match source.checkpoints.for_head(log, &published, head) {
        Ok(signed) => (signed.size, signed.root),
        // A backup is worth the more where nothing can be signed: the list of the backup has the root.
        Err(error) => {
            published.served()?;
            if register.verifier_keys().is_empty() {
                return Err(error);
            }
            tracing::warn!(%coop, %error, "the backup ends where no checkpoint does");
            (head.get(), root)
        }
    };
    let keys = register.verifier_keys();
    let origin = keys.first().and_then(|key| key.name().parse().ok());
    let origin = origin.ok_or_else(|| Error::internal("a log that was signed has no key"))?;
    let standing = register.all();
    let standing = standing.iter().take_while(|standing| standing.size <= size);
    let signed = standing.clone().last().map_or(0, |newest| newest.size);
    let notes = standing.map(|standing| standing.note.to_string()).collect();
    let reached = size.max(before);
    Ok(Cut { coop, log, published, origin, size, root, keys, notes, signed, reached })
}
