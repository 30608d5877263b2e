//! The gate before every method: whoever has no row in the table of access, or not what the row asks, stays outside.

use std::{
    net::IpAddr,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use tonic::{
    Status,
    body::Body,
    codegen::http::{Request, Response},
    metadata::MetadataMap,
    transport::server::{TcpConnectInfo, TlsConnectInfo},
};
use tower::{Layer, Service};

use crate::{
    auth::{Access, Auth, Caller, access},
    error::Error,
};

/// Methods that every gRPC server has, and that say nothing of any co-op.
const OPEN: [&str; 3] = [
    "grpc.health.v1.Health",
    "grpc.reflection.v1.ServerReflection",
    "grpc.reflection.v1alpha.ServerReflection",
];

/// Puts the gate before a service.
#[derive(Clone)]
pub(crate) struct Gate {
    auth: Arc<Auth>,
}

impl Gate {
    pub(crate) fn new(auth: Arc<Auth>) -> Self {
        Self { auth }
    }
}

impl<S> Layer<S> for Gate {
    type Service = Guarded<S>;

    fn layer(&self, inner: S) -> Guarded<S> {
        Guarded { inner, auth: Arc::clone(&self.auth) }
    }
}

/// A service behind the gate.
#[derive(Clone)]
pub(crate) struct Guarded<S> {
    inner: S,
    auth: Arc<Auth>,
}

fn metadata<B>(request: &Request<B>) -> MetadataMap {
    MetadataMap::from_headers(request.headers().clone())
}

impl<S> Guarded<S> {
    /// Whoever shows a token must show the right one, and is no stranger; a stranger's tries are counted.
    fn caller<B>(&self, request: &Request<B>) -> Result<Caller, Error> {
        match self.auth.check(&metadata(request)) {
            Ok(()) => Ok(Caller::Known),
            Err(Error::TokenMissing) => {
                self.auth.count(address(request)).map(|()| Caller::Stranger)
            }
            Err(error) => {
                self.auth.count(address(request))?;
                Err(error)
            }
        }
    }

    fn check<B>(&self, request: &mut Request<B>) -> Result<(), Error> {
        let method = request.uri().path().trim_start_matches('/');
        if method.split_once('/').is_some_and(|(service, _)| OPEN.contains(&service)) {
            return Ok(());
        }
        match access(method) {
            // A method that is not there is answered as such, behind the gate, and only to those who may know.
            Some(Access::Token) | None => self.auth.check(&metadata(request)),
            Some(Access::Anybody) => {
                let caller = self.caller(request)?;
                request.extensions_mut().insert(caller);
                Ok(())
            }
        }
    }
}

/// Where a call comes from. Calls whose address is not known share one count.
fn address<B>(request: &Request<B>) -> IpAddr {
    let extensions = request.extensions();
    let plain = extensions.get::<TcpConnectInfo>().and_then(TcpConnectInfo::remote_addr);
    let tls = extensions.get::<TlsConnectInfo<TcpConnectInfo>>();
    let tls = tls.and_then(|info| info.get_ref().remote_addr());
    plain.or(tls).map_or(IpAddr::from([0, 0, 0, 0]), |address| address.ip())
}

impl<S, B> Service<Request<B>> for Guarded<S>
where
    S: Service<Request<B>, Response = Response<Body>>,
    S::Future: Send + 'static,
    S::Error: Send + 'static,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = Pin<Box<dyn Future<Output = Result<S::Response, S::Error>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, mut request: Request<B>) -> Self::Future {
        match self.check(&mut request) {
            Ok(()) => Box::pin(self.inner.call(request)),
            Err(error) => {
                let refused = Status::from(error).into_http();
                Box::pin(async move { Ok(refused) })
            }
        }
    }
}
