//! One process, from what is on disk to a listener, and from a signal to the end.

use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
    sync::{Arc, PoisonError, RwLock},
    time::Duration,
};

use ledger_core::CoopName;
use ledger_proto::{
    DESCRIPTORS, Secrets,
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
    boot::{self, Recovering},
    cards::Cards,
    clock::Clock,
    engine::{Directory, Engine},
    error::Error,
    gate::Gate,
    grpc::{Ground, Service},
    log::{Log, LogError, LogOptions, PackedLog},
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
}

impl Opening {
    /// A folder, by the machine's clock.
    pub fn at(data: impl Into<PathBuf>) -> Self {
        Self {
            data: data.into(),
            clock: Clock::machine(),
            confirm_clock: false,
            log: LogOptions::default(),
        }
    }
}

/// Everything behind the listener: the log read to its end, the writer running, the keys known.
pub struct House {
    engine: Engine,
    directory: Arc<RwLock<Directory>>,
    log: Arc<dyn Log>,
    cards: Arc<Cards>,
    auth: Arc<Auth>,
    secrets: Secrets,
    snapshots: PathBuf,
    token: Option<PathBuf>,
}

impl House {
    /// Opens the folder and reads every log to its end. Must be called within a runtime: time is asked now and again
    /// whether something has fallen due.
    pub fn open(opening: &Opening) -> Result<Self, Error> {
        let Opening { data, clock, confirm_clock, log } = opening;
        let packed = PackedLog::open(&data.join("log"), log)?;
        let log: Arc<dyn Log> = Arc::new(packed);
        let cards = Arc::new(Cards::open(&data.join(CARDS), &data.join("log").join("reserve"))?);
        let keys = auth::keys(data)?;
        let snapshots = data.join("snapshots");
        let live = Recovering::new(Arc::clone(&log), Some(snapshots.clone())).replay()?;
        if let (false, Some(newest)) = (confirm_clock, live.newest()) {
            clock.beside(newest).map_err(|jumped| Error::ClockJumped(jumped.to_string()))?;
        }
        let (engine, directory) = live.start(Arc::clone(&cards), clock.clone())?;
        Ok(Self {
            engine,
            directory,
            log,
            cards,
            auth: Arc::new(keys.auth),
            secrets: keys.secrets,
            snapshots,
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

    /// Ends the writer, when all that was submitted is done, and leaves snapshots for a fast start.
    pub async fn close(self) {
        self.engine.stop().await;
        let directory = self.directory.read().unwrap_or_else(PoisonError::into_inner);
        for (id, published) in directory.served.values() {
            boot::save(&self.snapshots, *id, &published.look());
        }
    }

    /// Serves the API on a listener until told to stop.
    pub async fn serve(self, listener: TcpListener, tls: Option<Identity>) -> Result<Serving, Error> {
        let address = listener.local_addr().map_err(Error::internal)?;
        let (stop, stopping) = watch::channel(false);
        let service = Service::new(Ground {
            engine: self.engine.clone(),
            directory: Arc::clone(&self.directory),
            log: Arc::clone(&self.log),
            cards: Arc::clone(&self.cards),
            secrets: self.secrets.clone(),
            stopping: stopping.clone(),
        });
        let router = router(service, Arc::clone(&self.auth), tls, stopping.clone()).await?;
        let mut drained = stopping;
        let server = tokio::spawn(async move {
            let told = async move {
                // An error says that nobody is left to tell us: stop then, too.
                drop(drained.wait_for(|stopping| *stopping).await);
            };
            let incoming = TcpListenerStream::new(listener);
            router.serve_with_incoming_shutdown(incoming, told).await
        });
        Ok(Serving { address, stop, server, house: self })
    }
}

async fn router(
    service: Service,
    auth: Arc<Auth>,
    tls: Option<Identity>,
    mut stopping: watch::Receiver<bool>,
) -> Result<tonic::transport::server::Router<impl tower::Layer<tonic::service::Routes, Service = impl tower::Service<tonic::codegen::http::Request<tonic::body::Body>, Response = tonic::codegen::http::Response<impl tonic::codegen::Body<Data = tonic::codegen::Bytes, Error = impl Into<tonic::codegen::StdError> + Send> + Send + 'static>, Error = impl Into<tonic::codegen::StdError> + Send, Future = impl Send> + Clone + Send + 'static>>, Error> {
    unimplemented!()
}
