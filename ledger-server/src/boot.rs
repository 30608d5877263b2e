//! From what is on disk to a ledger that can go on: open, replay, go live.

use std::{
    collections::BTreeMap,
    fs,
    ops::ControlFlow,
    path::{Path, PathBuf},
    sync::{Arc, RwLock},
};

use ledger_core::{CoopName, Event, MemberId, Position};
use ledger_proto::{Tree, stored};

use crate::{
    auth::cannot,
    cards::{Cards, Reached},
    checkpoints::{self, Checkpoints, Register},
    clock::Clock,
    engine::{Directory, Engine, Ground, Ledger, Writer},
    error::Error,
    log::{Against, Log, LogError, LogId},
    metrics::Metrics,
    obstacle::Obstacle,
    replay::{Cores, Hashes, Verified, replay},
    room::Room,
    snapshots::Snapshots,
    views::{Ahead, Published, View},
    warden::{Guarded, Warden},
};

/// The file that says that a loss is being accepted begins so, and ends with the name of the co-op.
pub(crate) const ACCEPTING: &str = "accepting-loss.";

/// A log that has been opened and not yet read: nothing can be appended to it.
pub(crate) struct Recovering {
    log: Arc<dyn Log>,
    data: PathBuf,
    metrics: Arc<Metrics>,
    cores: Cores,
    reached: Reached,
}

/// A log that has been read to its end.
pub(crate) struct Live {
    log: Arc<dyn Log>,
    data: PathBuf,
    metrics: Arc<Metrics>,
    cores: Cores,
    snapshots: Snapshots,
    registers: BTreeMap<LogId, Arc<Register>>,
    served: BTreeMap<CoopName, (LogId, Arc<Published>)>,
    lost: BTreeMap<CoopName, Arc<LogError>>,
    nameless: Option<Arc<LogError>>,
    next_log: LogId,
    reached: Reached,
    room: Room,
}

/// A ledger that stands still: there is no writer, and nothing falls due.
pub(crate) struct Still {
    pub(crate) directory: Arc<RwLock<Directory>>,
    pub(crate) checkpoints: Arc<Checkpoints>,
    /// Whoever finds damage through it takes that co-op out of service.
    pub(crate) log: Arc<dyn Log>,
}

/// A ledger that goes on: the way to its writer, to what readers see, and to the entries.
pub(crate) struct Opened {
    pub(crate) engine: Engine,
    pub(crate) directory: Arc<RwLock<Directory>>,
    pub(crate) checkpoints: Arc<Checkpoints>,
    /// Whoever finds damage through it takes that co-op out of service.
    pub(crate) log: Arc<dyn Log>,
}

impl Recovering {
    /// A log, and the folder with everything in it, where snapshots and published checkpoints lie beside it.
    pub(crate) fn new(log: Arc<dyn Log>, data: PathBuf) -> Self {
        let (metrics, reached) = (Arc::default(), Reached::default());
        Self { log, data, metrics, cores: Cores::All, reached }
    }

    /// The same, held against what the cards know of it.
    pub(crate) fn beside(self, cards: &Cards) -> Result<Self, LogError> {
        Ok(Self { reached: cards.reached()?, ..self })
    }

    /// The same, with figures of how it does.
    pub(crate) fn measured(self, metrics: Arc<Metrics>) -> Self {
        Self { metrics, ..self }
    }

    /// The same, with a replay on the caller's thread alone.
    #[cfg(test)]
    pub(crate) fn alone(self) -> Self {
        Self { cores: Cores::One, ..self }
    }

    /// Reads every log through the same fold as the live ledger's.
    pub(crate) fn replay(self) -> Result<Live, Error> {
        let Self { log, data, metrics, cores, reached } = self;
        let mut live = Live {
            snapshots: Snapshots::in_folder(&data),
            data,
            metrics,
            cores,
            registers: BTreeMap::new(),
            served: BTreeMap::new(),
            lost: BTreeMap::new(),
            nameless: None,
            next_log: LogId::new(1),
            reached,
            room: Room::default(),
            log: Arc::clone(&log),
        };
        let mut logs = log.logs();
        // A log may have gone with its head file, and what was published of it still be there.
        let known_of = checkpoints::published_logs(&live.data)?;
        let known_of = known_of.into_iter().chain(live.reached.logs());
        let none = logs.is_empty();
        logs.extend(known_of);
        if none && !logs.is_empty() {
            return Err(Obstacle::LogEmptied { data: live.data }.into());
        }
        logs.sort();
        logs.dedup();
        for id in logs {
            live.next_log = LogId::new(id.get().saturating_add(1).max(live.next_log.get()));
            let read = match log.verdict(id) {
                Ok(()) => live.read(id).map_err(|error| damage(&*log, id, error)),
                Err(error) => Err(error.into()),
            };
            match read {
                Ok(()) => {}
                Err(Error::Log(error)) if error.is_loss() => live.lose(id, error),
                // The entries are those that were recorded, and this program cannot read them.
                Err(error) => return Err(error),
            }
        }
        Ok(live)
    }
}

/// What stands behind a replay that fails: damage, if any entry is not the one that was recorded. The roots beside the
/// segments are known to be right, since together they came to the root in the head file when the log was opened.
fn damage(log: &dyn Log, id: LogId, error: Error) -> Error {
    if matches!(&error, Error::Log(error) if error.is_loss()) {
        return error;
    }
    let head = log.head(id);
    let against = Against { size: head.size, root: head.root(), subtree: &|_, _| None };
    match log.scrub(id, &against, &mut || ControlFlow::Continue(())) {
        Err(found) if found.is_loss() => found.into(),
        Err(_) | Ok(_) => error,
    }
}

/// What was published of one co-op and cannot be read takes that co-op alone out of service.
fn unreadable(error: Error) -> Error {
    if let Error::Log(LogError::Io { .. }) = &error {
        LogError::Store { what: error.to_string(), missing: Vec::new() }.into()
    } else {
        error
    }
}

impl Live {
    fn lose(&mut self, id: LogId, error: LogError) {
        tracing::error!(log = id.get(), %error, "a co-op is not served");
        let published = || Register::look(&self.data, id).ok().flatten().map(|(coop, _)| coop);
        match coop_of(&*self.log, id).or_else(published) {
            Some(coop) => drop(self.lost.insert(coop, Arc::new(error))),
            None => self.nameless = Some(Arc::new(error)),
        }
    }

    /// Reads one log: from a snapshot that fits it, or from the start. What a snapshot spares from being read has been
    /// believed for its roots when the log was opened; its entries are hashed again by the first pass of the scrub.
    fn read(&mut self, id: LogId) -> Result<(), Error> {
        let head = self.log.head(id);
        let register = Register::open(&self.data, id).map_err(unreadable)?;
        if head.size == 0 {
            register.fits(&Tree::default(), &*self.log)?;
            return Ok(self.reached.fits(id, 0)?);
        }
        let from = self.snapshots.load(id, head.size);
        let found = from.as_ref().map_or(0, |view| view.state().head().get());
        let fits = |view: &View| view.tree().root() == head.root();
        // A snapshot of another log may contradict this one before the roots can be compared.
        let from = from.and_then(|from| self.fold(id, from).ok().filter(fits));
        let start = if from.is_some() { found } else { 0 };
        if found > start {
            tracing::warn!(log = id.get(), "a snapshot does not fit the log and is not taken");
        }
        let view = match from {
            Some(view) => view,
            None => match self.fold(id, self.snapshots.fresh(id)) {
                // The pages cannot be read back that were just written: they are kept in memory, and people are served.
                Err(Error::Derived) => self.fold(id, View::default())?,
                folded => folded?,
            },
        };
        if !fits(&view) {
            return Err(Error::Unreadable(format!("log {id} does not hash to its own root")));
        }
        // The head file may have gone back with the log, to an old backup; what was published has not.
        register.fits(view.tree(), &*self.log)?;
        self.reached.fits(id, head.size)?;
        register.changed(checkpoints::rotated(view.state()).as_ref())?;
        if let Err(error) = register.can_sign() {
            tracing::error!(log = id.get(), %error, "no checkpoint of this co-op can be signed");
        }
        self.registers.insert(id, Arc::new(register));
        let coop = view.state().coop().cloned();
        let coop = coop.ok_or_else(|| Error::Unreadable(format!("log {id} founds no co-op")))?;
        let replayed = head.size.saturating_sub(start);
        tracing::info!(%coop, entries = head.size, replayed, "read");
        self.served.insert(coop, (id, Arc::new(Published::new(view, Position::new(start)))));
        Ok(())
    }

    fn fold(&self, id: LogId, view: View) -> Result<View, Error> {
        fold(&*self.log, id, view, (self.cores, &self.metrics))
    }

    /// The same, to be written only while there is so much room.
    pub(crate) fn within(self, room: Room) -> Self {
        Self { room, ..self }
    }

    /// The newest entry of any co-op: what the clock is held against.
    pub(crate) fn newest(&self) -> Option<ledger_core::Timestamp> {
        self.served.values().map(|(_, published)| published.look().state().recorded_at()).max()
    }

    /// Opens the directory to readers, and starts no writer.
    pub(crate) fn still(&mut self) -> Still {
        let served = self.served.clone();
        let (lost, nameless) = (std::mem::take(&mut self.lost), self.nameless.take());
        let directory = Arc::new(RwLock::new(Directory { served, lost, nameless }));
        let warden = Warden::new(Arc::clone(&directory), self.snapshots.clone());
        let guarded =
            Guarded::new(Arc::clone(&self.log), warden.clone(), Arc::clone(&self.metrics));
        let log: Arc<dyn Log> = Arc::new(guarded);
        let registers = std::mem::take(&mut self.registers);
        let checkpoints = Checkpoints::new(self.data.clone(), registers, Arc::clone(&log), warden);
        Still { directory, checkpoints: Arc::new(checkpoints), log }
    }

    /// Starts the one writer, and opens the directory to readers.
    pub(crate) fn start(self, cards: Arc<Cards>, clock: Clock) -> Result<Opened, Error> {
        let (opened, writer) = self.ready(cards, clock)?;
        opened.engine.start(writer)?;
        Ok(opened)
    }

    /// All but the start of the writer.
    pub(crate) fn ready(
        mut self,
        cards: Arc<Cards>,
        clock: Clock,
    ) -> Result<(Opened, Writer), Error> {
        let mut heads = Vec::with_capacity(self.served.len());
        for (id, published) in self.served.values() {
            let view = published.look();
            let (head, next) = (view.state().head(), MemberId::at(view.state().members().len()));
            let next = next.ok_or_else(|| Error::internal("there are too many members"))?;
            cards.forget_beyond(*id, head, next)?;
            heads.push((*id, head.get()));
        }
        cards.forget_logs_from(self.next_log)?;
        cards.remember(&heads)?;
        let Still { directory, checkpoints, log } = self.still();
        let ground = Ground {
            log: Arc::clone(&log),
            cards,
            clock,
            directory: Arc::clone(&directory),
            snapshots: self.snapshots,
            room: self.room,
        };
        let ledgers = self
            .served
            .into_iter()
            .map(|(coop, (id, published))| Ok((coop, Ledger { id, ahead: Ahead::of(published)? })));
        let ledgers = ledgers.collect::<Result<_, Error>>()?;
        let (engine, writer) = Engine::new(ground, ledgers, self.next_log);
        Ok((Opened { engine, directory, checkpoints, log }, writer))
    }
}

/// The name of a co-op whose log cannot be served, from its first entry.
pub(crate) fn coop_of(log: &dyn Log, id: LogId) -> Option<CoopName> {
    let first = log.read(id, 1).ok().flatten()?;
    let Event::CoopFounded { coop, policy: _ } = stored::decode(&first).ok()?.event else {
        return None;
    };
    Some(coop)
}

/// Adds to a view what lies behind it, read and verified on so many cores.
fn fold(
    log: &dyn Log,
    id: LogId,
    mut view: View,
    (cores, metrics): (Cores, &Metrics),
) -> Result<View, Error> {
    let after = view.state().head().get();
    replay(log, id, after, cores, |Verified { entries, hashes }| {
        metrics.replayed(entries.len() as u64);
        match hashes {
            Hashes::Segment(root) => view.add_segment(entries, *root),
            Hashes::Leaves(leaves) => view.add(entries, leaves),
        }
    })?;
    Ok(view)
}

/// Refuses a folder in which the acceptance of a loss has been begun and not ended.
pub(crate) fn nothing_begun(data: &Path) -> Result<(), Error> {
    let Ok(files) = fs::read_dir(data) else { return Ok(()) };
    for file in files {
        let file = file.map_err(|error| cannot("list", data, &error))?.file_name();
        if let Some(coop) = file.to_string_lossy().strip_prefix(ACCEPTING) {
            return Err(Obstacle::LossBegun { data: data.to_owned(), coop: coop.to_owned() }.into());
        }
    }
    Ok(())
}

#[cfg(test)]
pub(crate) mod tests;
