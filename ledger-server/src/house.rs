//! Everything behind the listener: opened, asked, and closed.

use std::{
    path::{Path, PathBuf},
    sync::{Arc, PoisonError, RwLock},
};

use ledger_core::{CoopName, Position, Timestamp};
use ledger_proto::{Secrets, VerifierKey};
use tokio::sync::{Semaphore, watch};

use crate::{
    access::Caller,
    auth::{self, Auth},
    background::Background,
    backup::{self, Source},
    boot::{self, Opened, Recovering},
    cards::Cards,
    checkpoints::{Checkpoints, Register, Signed},
    clock::Clock,
    engine::{Directory, Engine},
    error::Error,
    format,
    grpc::{Ground, Pace, Service},
    limits::Limits,
    log::{Log, LogId, LogOptions, PackedLog},
    looks::Looks,
    metrics::{Metrics, OfCoop, OfServer},
    room::Room,
    scrub::{self, Scrubbing},
    seals::Seals,
    snapshots::Snapshots,
    views::Published,
};

/// How a house of ledgers is opened.
#[derive(Clone, Debug)]
pub struct Opening {
    /// The folder with everything in it.
    pub data: PathBuf,
    /// Where the time comes from.
    pub clock: Clock,
    /// Whether the clock is taken as it is, even if it is far from the newest entry.
    pub confirm_clock: bool,
    /// How the log is kept.
    pub log: LogOptions,
    /// How what lies in it is read again.
    pub scrub: Scrubbing,
    /// Where figures of how it does are counted.
    pub metrics: Arc<Metrics>,
    /// How much one caller may ask for at once.
    pub limits: Limits,
}

impl Opening {
    /// A folder, by the machine's clock.
    pub fn at(data: impl Into<PathBuf>) -> Self {
        Self {
            data: data.into(),
            clock: Clock::machine(),
            confirm_clock: false,
            log: LogOptions::default(),
            scrub: Scrubbing::default(),
            metrics: Arc::default(),
            limits: Limits::default(),
        }
    }
}

/// Everything behind the listener: the log read to its end, the writer running, the keys known.
pub struct House {
    engine: Engine,
    directory: Arc<RwLock<Directory>>,
    log: Arc<dyn Log>,
    checkpoints: Arc<Checkpoints>,
    cards: Arc<Cards>,
    auth: Arc<Auth>,
    secrets: Secrets,
    looks: Arc<Looks>,
    snapshots: Snapshots,
    scrub: Scrubbing,
    metrics: Arc<Metrics>,
    limits: Limits,
    clock: Clock,
    room: Room,
    data: PathBuf,
    token: Option<PathBuf>,
}

impl House {
    /// Opens the folder and reads every log to its end. Must be called within a runtime: time is asked now and again
    /// whether something has fallen due.
    pub fn open(opening: &Opening) -> Result<Self, Error> {
        let data = &opening.data;
        let begun = format::nothing_half_restored(data).and_then(|()| boot::nothing_begun(data));
        begun.map_err(|error| error.at_start(data))?;
        Self::open_in_the_middle(opening)
    }

    /// The same, while the acceptance of a loss has been begun and not ended.
    pub(crate) fn open_in_the_middle(opening: &Opening) -> Result<Self, Error> {
        Self::opened(opening).map_err(|error| error.at_start(&opening.data))
    }

    fn opened(opening: &Opening) -> Result<Self, Error> {
        let Opening { data, clock, confirm_clock, log, scrub, metrics, limits } = opening;
        format::begin(data)?;
        let room = Room::of(data, log);
        let packed = PackedLog::open(&data.join("log"), log)?;
        let log: Arc<dyn Log> = Arc::new(packed);
        let cards = Arc::new(Cards::open(data)?);
        let keys = auth::keys(data, clock.clone(), *limits)?;
        let live = Recovering::new(log, data.clone())
            .measured(Arc::clone(metrics))
            .beside(&cards)?
            .replay()?
            .within(room.clone());
        if let (false, Some(newest)) = (confirm_clock, live.newest()) {
            clock.beside(newest)?;
        }
        let Opened { engine, directory, checkpoints, log } =
            live.start(Arc::clone(&cards), clock.clone())?;
        Ok(Self {
            engine: engine.with_room(limits.waiting),
            directory,
            log,
            checkpoints,
            cards,
            auth: Arc::new(keys.auth),
            secrets: keys.secrets,
            looks: Arc::new(Looks::in_folder(data)),
            snapshots: Snapshots::in_folder(data),
            scrub: *scrub,
            metrics: Arc::clone(metrics),
            limits: *limits,
            clock: clock.clone(),
            room,
            data: data.clone(),
            token: keys.written,
        })
    }

    /// The way to the one writer.
    pub fn engine(&self) -> &Engine {
        &self.engine
    }

    /// The secret by which requests are known again and vouchers get their codes.
    pub fn secrets(&self) -> &Secrets {
        &self.secrets
    }

    /// Where the operator's token was written, if this was the first start.
    pub fn token(&self) -> Option<&Path> {
        self.token.as_deref()
    }

    /// The co-ops that are served.
    pub fn coops(&self) -> Vec<CoopName> {
        let directory = self.directory.read().unwrap_or_else(PoisonError::into_inner);
        directory.served.keys().cloned().collect()
    }

    /// What readers see of a co-op. Nothing: it is not served.
    pub(crate) fn published(&self, coop: &CoopName) -> Option<Arc<Published>> {
        let directory = self.directory.read().unwrap_or_else(PoisonError::into_inner);
        directory.served.get(coop).map(|(_, published)| Arc::clone(published))
    }

    /// A checkpoint of a co-op's log as it is now. It waits for the disk.
    pub fn checkpoint(&self, coop: &CoopName) -> Result<Signed, Error> {
        let (log, published) = self.find(coop)?;
        let head = published.look().state().head();
        self.checkpoints.for_head(log, &published, head)
    }

    /// The checkpoint that was published of a co-op's log at this size.
    pub fn checkpoint_at(&self, coop: &CoopName, size: Position) -> Result<Option<Signed>, Error> {
        self.checkpoints.at(self.find(coop)?.0, size)
    }

    /// All checkpoints that were published of a co-op's log and stand, in order of size.
    pub fn checkpoints(&self, coop: &CoopName) -> Result<Vec<Signed>, Error> {
        self.checkpoints.all(self.find(coop)?.0)
    }

    /// The keys by which a co-op's checkpoints are checked, those that signed before included.
    pub fn verifier_keys(&self, coop: &CoopName) -> Result<Vec<VerifierKey>, Error> {
        self.checkpoints.verifier_keys(self.find(coop)?.0)
    }

    /// What was published of a co-op's log.
    pub(crate) fn register(&self, coop: &CoopName) -> Result<(LogId, Arc<Register>), Error> {
        let (log, _) = self.find(coop)?;
        Ok((log, self.checkpoints.of(log)?))
    }

    /// The log of every co-op.
    pub(crate) fn log(&self) -> &dyn Log {
        &*self.log
    }

    /// Now, by the house's clock.
    pub(crate) fn now(&self) -> Result<Timestamp, Error> {
        Ok(self.clock.now()?)
    }

    fn find(&self, coop: &CoopName) -> Result<(LogId, Arc<Published>), Error> {
        let directory = self.directory.read().unwrap_or_else(PoisonError::into_inner);
        directory.find(coop)
    }

    /// What a backup is made of.
    pub(crate) fn source(&self) -> Source {
        Source {
            data: self.data.clone(),
            directory: Arc::clone(&self.directory),
            log: Arc::clone(&self.log),
            cards: Arc::clone(&self.cards),
            checkpoints: Arc::clone(&self.checkpoints),
            clock: self.clock.clone(),
        }
    }

    /// When the last whole backup was made. Nothing: none was, as far as the folder knows.
    pub fn last_backup(&self) -> Option<Timestamp> {
        backup::last(&self.data)
    }

    /// Where figures of how it does are counted.
    pub(crate) fn metrics(&self) -> Arc<Metrics> {
        Arc::clone(&self.metrics)
    }

    /// Looks up the figures that are those of the moment.
    pub(crate) fn figures(&self) -> impl Fn() -> OfServer + Send + Sync + 'static {
        let (directory, metrics) = (Arc::clone(&self.directory), Arc::clone(&self.metrics));
        let (clock, data) = (self.clock.clone(), self.data.clone());
        move || {
            let directory = directory.read().unwrap_or_else(PoisonError::into_inner);
            let served = directory.served.iter().map(|(coop, (log, published))| {
                let view = published.look();
                let (state, recent) = (view.state(), published.recent());
                let head = state.head().get();
                OfCoop {
                    coop: coop.to_string(),
                    served: true,
                    head,
                    open_holds: state.promised_respite().len() as u64,
                    request_ids: state.request_ids() as u64,
                    followers: recent.followers() as u64,
                    // Told of what came since this was looked at: not behind.
                    followers_behind: recent
                        .furthest_behind()
                        .map_or(0, |told| head.saturating_sub(told)),
                    verified: metrics.verified_of(*log),
                }
            });
            let lost = directory.lost.keys().map(|coop| OfCoop::lost(coop.to_string()));
            let age = |made: Timestamp| {
                let passed = clock.reading().unix_ms().saturating_sub(made.unix_ms());
                u64::try_from(passed).unwrap_or_default() / 1_000
            };
            let backup_age = backup::last(&data).map(age);
            OfServer { coops: served.chain(lost).collect(), backup_age }
        }
    }

    /// Who may do what.
    pub(crate) fn auth(&self) -> Arc<Auth> {
        Arc::clone(&self.auth)
    }

    /// How much anybody may ask for at once.
    pub(crate) const fn limits(&self) -> Limits {
        self.limits
    }

    /// What is done now and then while the house is served.
    pub(crate) fn background(&self) -> Result<Vec<Background>, Error> {
        let (log, directory) = (Arc::clone(&self.log), || Arc::clone(&self.directory));
        let seals = Seals {
            engine: self.engine.clone(),
            directory: directory(),
            clock: self.clock.clone(),
        };
        Ok(vec![
            scrub::start(
                log,
                directory(),
                Arc::clone(&self.checkpoints),
                (self.scrub, Arc::clone(&self.metrics)),
            )?,
            seals.start()?,
            self.snapshots.clone().start(directory())?,
            self.auth().keep_uses_now_and_then()?,
            Arc::clone(&self.looks).write_now_and_then()?,
            self.checkpoints.sign_now_and_then(directory())?,
        ])
    }

    /// The API, to be asked without a listener between.
    pub(crate) fn service(&self) -> Service {
        // Its streams are told to end at once: nobody could tell them later.
        let (_, stopping) = watch::channel(true);
        self.answering(stopping).called_by(Caller::Everything)
    }

    /// The API, until it is told to stop.
    pub(crate) fn answering(&self, stopping: watch::Receiver<bool>) -> Service {
        let writer = self.engine.clone();
        let pace = Pace::of(self.limits.told_a_second, move || writer.work());
        Service::new(Ground {
            engine: self.engine.clone(),
            directory: Arc::clone(&self.directory),
            log: Arc::clone(&self.log),
            cards: Arc::clone(&self.cards),
            secrets: self.secrets.clone(),
            checkpoints: Arc::clone(&self.checkpoints),
            auth: Arc::clone(&self.auth),
            looks: Arc::clone(&self.looks),
            metrics: Arc::clone(&self.metrics),
            limits: self.limits,
            streams: Arc::new(Semaphore::new(self.limits.streams)),
            pace: Arc::new(pace),
            clock: self.clock.clone(),
            room: self.room.clone(),
            stopping,
        })
    }

    /// Ends the writer, when all that was submitted is done, and leaves snapshots for a fast start.
    pub async fn close(self) {
        self.engine.stop().await;
        self.auth.keep_uses();
        self.looks.write();
        let directory = self.directory.read().unwrap_or_else(PoisonError::into_inner);
        for (id, published) in directory.served.values() {
            self.snapshots.save(*id, published);
        }
    }
}
