//! Where the figures are read: three small pages over HTTP, on an address of their own.

use std::{
    net::SocketAddr,
    sync::{Arc, PoisonError, RwLock},
};

use axum::{
    Router,
    extract::State,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
    routing::get,
};
use tokio::{net::TcpListener, task::JoinHandle};

use super::{Metrics, OfServer};
use crate::{error::Error, obstacle::Obstacle, serve::Serving};

/// What text of this kind is called.
const TEXT: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// Looks up what is now.
type Look = Arc<dyn Fn() -> OfServer + Send + Sync>;

/// Whether the server answers callers yet.
#[derive(Clone, Default)]
pub(crate) enum Standing {
    /// It reads its logs.
    #[default]
    Replaying,
    /// It does.
    Ready(Look),
    /// It has been told to stop.
    Stopping,
}

#[derive(Clone)]
struct Shared {
    metrics: Arc<Metrics>,
    standing: Arc<RwLock<Standing>>,
}

/// The pages, until this is dropped.
pub struct Page {
    address: SocketAddr,
    shared: Shared,
    serving: JoinHandle<()>,
}

impl Page {
    /// Begins to show the pages: `/metrics`; `/livez`, while the process lives; `/readyz`, once callers are answered.
    pub async fn open(listen: SocketAddr, metrics: Arc<Metrics>) -> Result<Self, Error> {
        let listener = TcpListener::bind(listen).await.map_err(|error| Obstacle::NotListening {
            flag: "--metrics",
            listen,
            why: error.to_string(),
        })?;
        let address = listener.local_addr().map_err(Error::internal)?;
        let shared = Shared { metrics, standing: Arc::default() };
        let pages = Router::new()
            .route("/metrics", get(figures))
            .route("/livez", get(|| async { "alive\n" }))
            .route("/readyz", get(readiness))
            .with_state(shared.clone());
        let serving = tokio::spawn(async move {
            if let Err(error) = axum::serve(listener, pages).await {
                tracing::error!(%error, "the figures are not shown any more");
            }
        });
        Ok(Self { address, shared, serving })
    }

    /// Where the pages are.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// From now on callers are answered.
    pub fn ready(&self, serving: &Serving) {
        self.stands(Standing::Ready(Arc::new(serving.house().figures())));
    }

    /// From now on the server stops.
    pub fn stopping(&self) {
        self.stands(Standing::Stopping);
    }

    /// From now on this is how the server stands.
    fn stands(&self, standing: Standing) {
        *self.shared.standing.write().unwrap_or_else(PoisonError::into_inner) = standing;
    }
}

impl Drop for Page {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

async fn readiness(State(shared): State<Shared>) -> Response {
    match shared.standing() {
        Standing::Replaying => (StatusCode::SERVICE_UNAVAILABLE, "replaying\n").into_response(),
        Standing::Ready(_) => "ready\n".into_response(),
        Standing::Stopping => (StatusCode::SERVICE_UNAVAILABLE, "stopping\n").into_response(),
    }
}

async fn figures(State(shared): State<Shared>) -> Response {
    let now = match shared.standing() {
        Standing::Ready(look) => look(),
        Standing::Replaying | Standing::Stopping => OfServer::default(),
    };
    match shared.metrics.text(&now) {
        Ok(page) => ([(header::CONTENT_TYPE, TEXT)], page).into_response(),
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

impl Shared {
    fn standing(&self) -> Standing {
        self.standing.read().unwrap_or_else(PoisonError::into_inner).clone()
    }
}
