//! One process, from what is on disk to a listener, and from a signal to the end.

use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
    sync::{Arc, PoisonError, RwLock},
    time::Duration,
};

use ledger_core::{CoopName, Position, Timestamp};
use ledger_proto::{
    DESCRIPTORS, Secrets, VerifierKey,
    v1::{
        batch_service_server::BatchServiceServer, coop_service_server::CoopServiceServer,
        history_service_server::HistoryServiceServer, import_service_server::ImportServiceServer,
        members_service_server::MembersServiceServer, respite_service_server::RespiteServiceServer,
        store_service_server::StoreServiceServer, time_bank_service_server::TimeBankServiceServer,
        voucher_service_server::VoucherServiceServer,
    },
};
use tokio::{net::TcpListener, sync::watch, task::JoinHandle};
use tokio_stream::wrappers::TcpListenerStream;
use tonic::{
    codec::CompressionEncoding,
    transport::{Identity, Server, ServerTlsConfig},
};

use crate::{
    auth::{self, Auth},
    background::Background,
    boot::{self, Opened, Recovering},
    cards::Cards,
    checkpoints::{Checkpoints, Register, Signed},
    clock::Clock,
    engine::{Directory, Engine},
    error::Error,
    gate::Gate,
    grpc::{Ground, Service},
    log::{Log, LogId, LogOptions, PackedLog},
    scrub::{self, Scrubbing},
    seals::Seals,
    views::Published,
};

/// A request may be so large: an import's chunk, a batch of a thousand writes.
const REQUEST_MAX: usize = 8 << 20;
/// Connections are asked so often whether they are alive.
const KEEPALIVE: Duration = Duration::from_secs(30);
/// When the server stops, callers have so long to finish.
const DRAIN: Duration = Duration::from_secs(10);
/// The folder of the cards, beside the log's.
const CARDS: &str = "cards";

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
    snapshots: PathBuf,
    scrub: Scrubbing,
    clock: Clock,
    token: Option<PathBuf>,
}

impl House {
    /// Opens the folder and reads every log to its end. Must be called within a runtime: time is asked now and again
    /// whether something has fallen due.
    pub fn open(opening: &Opening) -> Result<Self, Error> {
        boot::nothing_begun(&opening.data)?;
        Self::open_in_the_middle(opening)
    }

    /// The same, while the acceptance of a loss has been begun and not ended.
    pub(crate) fn open_in_the_middle(opening: &Opening) -> Result<Self, Error> {
        let Opening { data, clock, confirm_clock, log, scrub } = opening;
        let packed = PackedLog::open(&data.join("log"), log)?;
        let log: Arc<dyn Log> = Arc::new(packed);
        let cards = Arc::new(Cards::open(&data.join(CARDS), &data.join("log").join("reserve"))?);
        let keys = auth::keys(data)?;
        let live = Recovering::new(log, data.clone()).replay()?;
        if let (false, Some(newest)) = (confirm_clock, live.newest()) {
            clock.beside(newest).map_err(|jumped| Error::ClockJumped(jumped.to_string()))?;
        }
        let Opened { engine, directory, checkpoints, log } =
            live.start(Arc::clone(&cards), clock.clone())?;
        Ok(Self {
            engine,
            directory,
            log,
            checkpoints,
            cards,
            auth: Arc::new(keys.auth),
            secrets: keys.secrets,
            snapshots: boot::snapshots(data),
            scrub: *scrub,
            clock: clock.clone(),
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
        self.clock.now().map_err(|jumped| Error::ClockJumped(jumped.to_string()))
    }

    fn find(&self, coop: &CoopName) -> Result<(LogId, Arc<Published>), Error> {
        let directory = self.directory.read().unwrap_or_else(PoisonError::into_inner);
        directory.find(coop)
    }

    /// What is done now and then while the house is served.
    fn background(&self) -> Result<Vec<Background>, Error> {
        let (log, directory) = (Arc::clone(&self.log), || Arc::clone(&self.directory));
        let seals = Seals {
            engine: self.engine.clone(),
            directory: directory(),
            log: Arc::clone(&log),
            clock: self.clock.clone(),
        };
        Ok(vec![
            scrub::start(log, directory(), Arc::clone(&self.checkpoints), self.scrub)?,
            seals.start()?,
            self.checkpoints.sign_now_and_then(directory())?,
        ])
    }

    /// The API, to be asked without a listener between.
    pub(crate) fn service(&self) -> Service {
        // Its streams are told to end at once: nobody could tell them later.
        let (_, stopping) = watch::channel(true);
        self.answering(stopping)
    }

    fn answering(&self, stopping: watch::Receiver<bool>) -> Service {
        Service::new(Ground {
            engine: self.engine.clone(),
            directory: Arc::clone(&self.directory),
            log: Arc::clone(&self.log),
            cards: Arc::clone(&self.cards),
            secrets: self.secrets.clone(),
            checkpoints: Arc::clone(&self.checkpoints),
            stopping,
        })
    }

    /// Ends the writer, when all that was submitted is done, and leaves snapshots for a fast start.
    pub async fn close(self) {
        self.engine.stop().await;
        let directory = self.directory.read().unwrap_or_else(PoisonError::into_inner);
        for (id, published) in directory.served.values() {
            boot::save(&self.snapshots, *id, &published.look());
        }
    }

    /// Serves the API on a listener until told to stop.
    pub fn serve(self, listener: TcpListener, tls: Option<Identity>) -> Result<Serving, Error> {
        let address = listener.local_addr().map_err(Error::internal)?;
        let (stop, stopping) = watch::channel(false);
        let service = self.answering(stopping.clone());
        let auth = Arc::clone(&self.auth);
        let background = self.background()?;
        let server = tokio::spawn(listen(service, auth, (listener, tls), stopping));
        Ok(Serving { address, stop, server, background, house: self })
    }
}

/// Listens until told to stop. Streams end by themselves then; whoever does not go in time is left behind.
async fn listen(
    service: Service,
    auth: Arc<Auth>,
    (listener, tls): (TcpListener, Option<Identity>),
    mut stopping: watch::Receiver<bool>,
) -> Result<(), Error> {
    let (health, health_service) = tonic_health::server::health_reporter();
    health.set_service_status("", tonic_health::ServingStatus::Serving).await;
    let reflection = || {
        tonic_reflection::server::Builder::configure()
            .register_encoded_file_descriptor_set(DESCRIPTORS)
            .register_encoded_file_descriptor_set(tonic_health::pb::FILE_DESCRIPTOR_SET)
    };
    let mut server = Server::builder()
        .accept_http1(true)
        .http2_keepalive_interval(Some(KEEPALIVE))
        .tcp_keepalive(Some(KEEPALIVE))
        .tcp_nodelay(true);
    if let Some(identity) = tls {
        let config = ServerTlsConfig::new().identity(identity);
        server = server.tls_config(config).map_err(Error::internal)?;
    }
    // Every service of the API takes and sends the same: gzip where the caller can, and requests up to one size.
    macro_rules! each {
        ($($server:ident),+) => {
            server
                .layer(tonic_web::GrpcWebLayer::new())
                .layer(Gate::new(auth))
                .add_service(health_service)
                .add_service(reflection().build_v1().map_err(Error::internal)?)
                .add_service(reflection().build_v1alpha().map_err(Error::internal)?)
                $(.add_service({
                    health.set_serving::<$server<Service>>().await;
                    $server::new(service.clone())
                        .accept_compressed(CompressionEncoding::Gzip)
                        .send_compressed(CompressionEncoding::Gzip)
                        .max_decoding_message_size(REQUEST_MAX)
                }))+
        };
    }
    let router = each!(
        CoopServiceServer,
        MembersServiceServer,
        TimeBankServiceServer,
        RespiteServiceServer,
        VoucherServiceServer,
        StoreServiceServer,
        HistoryServiceServer,
        BatchServiceServer,
        ImportServiceServer
    );
    let mut told = stopping.clone();
    let draining = async move {
        // An error says that nobody is left to tell us: stop then, too.
        drop(told.wait_for(|stopping| *stopping).await);
        health.set_service_status("", tonic_health::ServingStatus::NotServing).await;
    };
    let overdue = async move {
        drop(stopping.wait_for(|stopping| *stopping).await);
        tokio::time::sleep(DRAIN).await;
    };
    tokio::select! {
        ended = router.serve_with_incoming_shutdown(TcpListenerStream::new(listener), draining) => {
            ended.map_err(Error::internal)
        }
        () = overdue => Ok(()),
    }
}

/// A server that is running.
pub struct Serving {
    address: SocketAddr,
    stop: watch::Sender<bool>,
    server: JoinHandle<Result<(), Error>>,
    background: Vec<Background>,
    house: House,
}

impl Serving {
    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// What is behind the listener.
    pub fn house(&self) -> &House {
        &self.house
    }

    /// Stops taking requests, lets callers finish, and closes the house.
    pub async fn stop(self) -> Result<(), Error> {
        self.stop.send_replace(true);
        let served = self.server.await.map_err(Error::internal)?;
        drop(self.background);
        self.house.close().await;
        served
    }
}

/// Opens a folder and serves it until the process is told to end.
pub async fn serve(
    house: House,
    listen: SocketAddr,
    tls: Option<(&Path, &Path)>,
) -> Result<Serving, Error> {
    if tls.is_none() && !listen.ip().is_loopback() {
        return Err(Error::Internal(format!(
            "{listen} can be reached from other machines, and without TLS anybody between could read and change what \
             is said. Give --tls-cert FILE and --tls-key FILE, or listen on 127.0.0.1:{}",
            listen.port()
        )));
    }
    let tls = tls.map(|(certificate, key)| identity(certificate, key)).transpose()?;
    let listener = TcpListener::bind(listen).await.map_err(|error| {
        Error::Internal(format!("cannot listen on {listen}: {error}; is the server running twice?"))
    })?;
    house.serve(listener, tls)
}

fn identity(certificate: &Path, key: &Path) -> Result<Identity, Error> {
    let read = |file: &Path| {
        std::fs::read(file)
            .map_err(|error| Error::Internal(format!("cannot read {}: {error}", file.display())))
    };
    Ok(Identity::from_pem(read(certificate)?, read(key)?))
}

/// Waits until somebody ends the process: Ctrl-C, or the system's own word.
pub async fn until_told() -> Result<(), Error> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut terminate = signal(SignalKind::terminate()).map_err(Error::internal)?;
    tokio::select! {
        told = tokio::signal::ctrl_c() => told.map_err(Error::internal),
        _ = terminate.recv() => Ok(()),
    }
}
