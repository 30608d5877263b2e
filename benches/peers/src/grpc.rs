//! A bare round trip: a gRPC server of its own process that knows one answer, and the connections that all of them use.

use std::net::SocketAddr;

use tonic::transport::{Channel, Endpoint, Server};
use tonic_health::pb::{HealthCheckRequest, health_client::HealthClient};

use crate::load::{Caller, Extent, Failed, Peer};

pub(crate) async fn connect(url: &str, connections: usize) -> Result<Vec<Channel>, Failed> {
    let endpoint = Endpoint::from_shared(url.to_owned())?.tcp_nodelay(true);
    let mut channels = Vec::new();
    for _ in 0..connections {
        channels.push(endpoint.connect().await?);
    }
    Ok(channels)
}

/// Says that all is well to whoever asks, until it is ended.
pub(crate) async fn serve(listen: SocketAddr) -> Result<(), Failed> {
    let (_reporter, health) = tonic_health::server::health_reporter();
    Ok(Server::builder().tcp_nodelay(true).add_service(health).serve(listen).await?)
}

pub(crate) struct Bare(Vec<Channel>);

impl Bare {
    pub(crate) async fn connect(url: &str, extent: &Extent) -> Result<Self, Failed> {
        Ok(Self(connect(url, extent.connections()).await?))
    }
}

impl Peer for Bare {
    async fn ask(&self, nth: usize, _caller: &mut Caller, _batch: usize) -> Result<(), Failed> {
        let mut client = HealthClient::new(self.0[nth % self.0.len()].clone());
        client.check(HealthCheckRequest { service: String::new() }).await?;
        Ok(())
    }
}
