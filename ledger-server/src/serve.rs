//! One process, from what is on disk to a listener, and from a signal to the end.

use std::{io, net::SocketAddr, time::Duration};

use ledger_proto::{
    DESCRIPTORS,
    v1::{
        batch_service_server::BatchServiceServer, coop_service_server::CoopServiceServer,
        history_service_server::HistoryServiceServer, import_service_server::ImportServiceServer,
        members_service_server::MembersServiceServer, respite_service_server::RespiteServiceServer,
        store_service_server::StoreServiceServer, time_bank_service_server::TimeBankServiceServer,
        tokens_service_server::TokensServiceServer, voucher_service_server::VoucherServiceServer,
    },
};
use tokio::{net::TcpListener, sync::watch, task::JoinHandle};
use tokio_stream::Stream;
use tonic::{codec::CompressionEncoding, transport::ServerTlsConfig};

use crate::{
    background::Background,
    backup,
    door::{self, Seated, seated},
    error::Error,
    gate::Gate,
    grpc::{Service, Watching},
    house::House,
    limits::{MESSAGE_BYTES, OPEN_BYTES},
    lobby::Lobby,
    tls::Tls,
};

/// When the server stops, callers have so long to finish.
const DRAIN: Duration = Duration::from_secs(10);
impl House {
    /// Serves the API on a listener until told to stop.
    pub fn serve(self, listener: TcpListener, tls: Option<&Tls>) -> Result<Serving, Error> {
        let address = listener.local_addr().map_err(Error::internal)?;
        let (stop, stopping) = watch::channel(false);
        let service = self.answering(stopping.clone());
        let gate = Gate::new(self.auth(), self.metrics());
        let background = self.background()?;
        tls.map_or(Ok(()), Tls::warn)?;
        let tls = tls.map(Tls::config).transpose()?;
        let operator = backup::listen(self.source(), stopping.clone());
        let coming = seated(listener, self.limits().connections);
        let server = tokio::spawn(listen(service, gate, (coming, tls), stopping));
        Ok(Serving { address, stop, server, operator, background, house: self })
    }
}

/// Listens until told to stop. Streams end by themselves then; whoever does not go in time is left behind.
async fn listen(
    service: Service,
    gate: Gate,
    (coming, tls): (impl Stream<Item = io::Result<Seated>> + Send, Option<ServerTlsConfig>),
    mut stopping: watch::Receiver<bool>,
) -> Result<(), Error> {
    let (health, health_service) = tonic_health::server::health_reporter();
    health.set_service_status("", tonic_health::ServingStatus::Serving).await;
    let reflection = || {
        tonic_reflection::server::Builder::configure()
            .register_encoded_file_descriptor_set(DESCRIPTORS)
            .register_encoded_file_descriptor_set(tonic_health::pb::FILE_DESCRIPTOR_SET)
    };
    let mut server = door::server();
    if let Some(config) = tls {
        server = server.tls_config(config).map_err(Error::internal)?;
    }
    // Every service of the API takes and sends the same: gzip where the caller can, and requests up to one size.
    macro_rules! one {
        ($server:ident) => {{
            health.set_serving::<$server<Service>>().await;
            $server::new(service.clone())
                .accept_compressed(CompressionEncoding::Gzip)
                .send_compressed(CompressionEncoding::Gzip)
                .max_decoding_message_size(MESSAGE_BYTES)
        }};
    }
    let history = Watching::new(service.clone(), one!(HistoryServiceServer), MESSAGE_BYTES);
    let v1 = reflection().build_v1().map_err(Error::internal)?;
    let v1alpha = reflection().build_v1alpha().map_err(Error::internal)?;
    let router = server
        .layer(tonic_web::GrpcWebLayer::new())
        .layer(gate)
        .add_service(health_service.max_decoding_message_size(OPEN_BYTES))
        .add_service(v1.max_decoding_message_size(OPEN_BYTES))
        .add_service(v1alpha.max_decoding_message_size(OPEN_BYTES))
        .add_service(one!(CoopServiceServer))
        .add_service(one!(MembersServiceServer))
        .add_service(one!(TimeBankServiceServer))
        .add_service(one!(RespiteServiceServer))
        .add_service(one!(VoucherServiceServer))
        .add_service(one!(StoreServiceServer))
        .add_service(history)
        .add_service(one!(BatchServiceServer))
        .add_service(one!(ImportServiceServer))
        .add_service(one!(TokensServiceServer));
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
        ended = router.serve_with_incoming_shutdown(coming, draining) => {
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
    operator: JoinHandle<()>,
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
        self.operator.await.map_err(Error::internal)?;
        drop(self.background);
        self.house.close().await;
        served
    }
}

/// Opens a folder and serves it until the process is told to end.
pub async fn serve(house: House, listen: SocketAddr, tls: Option<&Tls>) -> Result<Serving, Error> {
    let lobby = Lobby::open(listen, tls).await?;
    house.serve(lobby.close().await?, tls)
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
