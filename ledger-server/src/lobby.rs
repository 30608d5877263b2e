//! Where callers wait while the logs are read: health says `NOT_SERVING`, and everything else that it is to be tried again.

use std::{
    convert::Infallible,
    net::SocketAddr,
    pin::Pin,
    task::{Context, Poll},
};

use tokio::{net::TcpListener, sync::oneshot, task::JoinHandle};
use tonic::{
    Status,
    body::Body,
    codegen::http::{Request, Response},
    server::NamedService,
};
use tonic_health::ServingStatus;
use tower::{Layer, Service};

use crate::{
    door,
    error::Error,
    limits::{Limits, OPEN_BYTES},
    obstacle::Obstacle,
    tls::{self, Tls},
};

/// A listener that is open, before there is anything to say.
pub struct Lobby {
    listener: std::net::TcpListener,
    close: oneshot::Sender<()>,
    waiting: JoinHandle<Result<(), Error>>,
}

impl Lobby {
    /// Opens the address to callers, and asks them to wait.
    pub async fn open(listen: SocketAddr, tls: Option<&Tls>) -> Result<Self, Error> {
        tls::private(listen, tls)?;
        let listener = TcpListener::bind(listen).await.map_err(|error| Obstacle::NotListening {
            flag: "--listen",
            listen,
            why: error.to_string(),
        })?;
        let listener = listener.into_std().map_err(Error::internal)?;
        let shared =
            listener.try_clone().and_then(TcpListener::from_std).map_err(Error::internal)?;
        let limits = Limits::default();
        let mut server = door::server().timeout(limits.strangers);
        if let Some(tls) = tls {
            server = server.tls_config(tls.config()?).map_err(tls::unusable)?;
        }
        let (health, service) = tonic_health::server::health_reporter();
        health.set_service_status("", ServingStatus::NotServing).await;
        let router = server
            .layer(tonic_web::GrpcWebLayer::new())
            .layer(Wait(service_name(&service)))
            .add_service(service.max_decoding_message_size(OPEN_BYTES));
        let (close, closed) = oneshot::channel();
        let waiting = tokio::spawn(async move {
            let closed = async { drop(closed.await) };
            let incoming = door::seated(shared, limits.connections);
            router.serve_with_incoming_shutdown(incoming, closed).await.map_err(Error::internal)
        });
        Ok(Self { listener, close, waiting })
    }

    /// Where it is open.
    pub fn address(&self) -> Result<SocketAddr, Error> {
        self.listener.local_addr().map_err(Error::internal)
    }

    /// Lets go of the listener, for whoever answers callers from now on. Callers who are connected come again.
    pub async fn close(self) -> Result<TcpListener, Error> {
        // An error says that the lobby has gone already.
        let (Ok(()) | Err(())) = self.close.send(());
        // Whoever holds on to a connection is left behind: the lobby has nothing to tell them.
        self.waiting.abort();
        match self.waiting.await {
            Ok(ended) => ended?,
            Err(ended) if ended.is_cancelled() => {}
            Err(error) => return Err(Error::internal(error)),
        }
        TcpListener::from_std(self.listener).map_err(Error::internal)
    }
}

fn service_name<S: NamedService>(_: &S) -> &'static str {
    S::NAME
}

/// Lets through what asks for health, by the name of that service.
#[derive(Clone)]
struct Wait(&'static str);

#[derive(Clone)]
struct Waiting<S> {
    inner: S,
    health: &'static str,
}

impl<S> Layer<S> for Wait {
    type Service = Waiting<S>;

    fn layer(&self, inner: S) -> Waiting<S> {
        Waiting { inner, health: self.0 }
    }
}

impl<S, B> Service<Request<B>> for Waiting<S>
where
    S: Service<Request<B>, Response = Response<Body>, Error = Infallible>,
    S::Future: Send + 'static,
{
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Response<Body>, Infallible>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let service = request.uri().path().trim_start_matches('/').split('/').next();
        if service == Some(self.health) {
            return Box::pin(self.inner.call(request));
        }
        let later = Status::from(Error::Starting).into_http();
        Box::pin(async move { Ok(later) })
    }
}
