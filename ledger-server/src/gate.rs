//! The gate before every method: whoever has no row in the table of access, or not what the row asks, stays outside.

use std::{
    net::IpAddr,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::{Duration, Instant},
};

use tonic::{
    Status,
    body::Body,
    codegen::http::{Request, Response},
    transport::server::{TcpConnectInfo, TlsConnectInfo},
};
use tower::{Layer, Service};
use tracing::{Instrument, Level};

use crate::{
    access::{Access, Called, Caller, access, short_name},
    auth::{Auth, hex, random},
    error::Error,
    metrics::Metrics,
    status,
};

/// Methods that every gRPC server has, and that say nothing of any co-op.
const OPEN: [&str; 3] = [
    "grpc.health.v1.Health",
    "grpc.reflection.v1.ServerReflection",
    "grpc.reflection.v1alpha.ServerReflection",
];

/// Whether a method is one of those.
fn is_open(method: &str) -> bool {
    method.split_once('/').is_some_and(|(service, _)| OPEN.contains(&service))
}

/// What single calls are noted under in the journal, at its finest level.
const CALLS: &str = "carestore::calls";

/// Puts the gate before a service.
#[derive(Clone)]
pub(crate) struct Gate {
    auth: Arc<Auth>,
    metrics: Arc<Metrics>,
}

impl Gate {
    pub(crate) fn new(auth: Arc<Auth>, metrics: Arc<Metrics>) -> Self {
        Self { auth, metrics }
    }
}

impl<S> Layer<S> for Gate {
    type Service = Guarded<S>;

    fn layer(&self, inner: S) -> Guarded<S> {
        Guarded { inner, auth: Arc::clone(&self.auth), metrics: Arc::clone(&self.metrics) }
    }
}

/// A service behind the gate.
#[derive(Clone)]
pub(crate) struct Guarded<S> {
    inner: S,
    auth: Arc<Auth>,
    metrics: Arc<Metrics>,
}

impl<S> Guarded<S> {
    /// Who calls, if they may: the service hears of them, and asks what only it can know. The tries of strangers, and of
    /// those whose token is none, are counted where anybody may call; and strangers have only so long, which is told.
    fn check<B>(&self, request: &mut Request<B>) -> Result<Option<Duration>, Error> {
        let method = request.uri().path().trim_start_matches('/').to_owned();
        let method = method.as_str();
        if is_open(method) {
            return Ok(None);
        }
        let access = access(method);
        let caller = self.auth.caller(request.headers());
        if let (Some(Access::Anybody), Ok(Caller::Stranger) | Err(_)) = (access, &caller) {
            self.auth.count(address(request))?;
        }
        let caller = caller?;
        match access {
            Some(access) => caller.may(access)?,
            // A method that is not there is answered as such, behind the gate, and only to those who may know.
            None => caller.may(Access::EachWrite)?,
        }
        let within = matches!(caller, Caller::Stranger).then_some(self.auth.strangers);
        request.extensions_mut().insert(Called { caller, method: short_name(method) });
        Ok(within)
    }
}

/// How long the caller waits, as gRPC's own header says it, less a moment: left to the transport, a deadline would come
/// out as a cancellation, which says something else.
fn deadline<B>(request: &Request<B>) -> Option<Duration> {
    let said = request.headers().get("grpc-timeout")?.to_str().ok()?;
    let (digits, unit) = said.split_at_checked(said.len().checked_sub(1)?)?;
    if digits.is_empty() || digits.len() > 8 || !digits.bytes().all(|digit| digit.is_ascii_digit())
    {
        return None;
    }
    let count: u64 = digits.parse().ok()?;
    let whole = match unit {
        "H" => Duration::from_hours(count),
        "M" => Duration::from_mins(count),
        "S" => Duration::from_secs(count),
        "m" => Duration::from_millis(count),
        "u" => Duration::from_micros(count),
        "n" => Duration::from_nanos(count),
        _ => return None,
    };
    Some(whole.mul_f64(0.98))
}

/// The header by which a call is found again in the journal.
const CALL_ID: &str = "x-request-id";

/// The id of a call: the one that the caller gave it, if it can stand in a journal, or else one of chance.
fn call_id<B>(request: &Request<B>) -> String {
    let said = request.headers().get(CALL_ID).and_then(|said| said.to_str().ok());
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    let fits = |said: &&str| (1..=64).contains(&said.len()) && said.bytes().all(plain);
    match said.filter(fits) {
        Some(said) => said.to_owned(),
        None => random().map(|chance| hex(&chance[..8])).unwrap_or_default(),
    }
}

/// The answer, with the id of its call.
fn with_id(mut answer: Response<Body>, id: &str) -> Response<Body> {
    if let Ok(id) = id.parse() {
        answer.headers_mut().insert(CALL_ID, id);
    }
    answer
}

/// What the transport refuses by itself, before any method sees it, in the words of this API; counted as any other refusal.
fn explained(answer: Response<Body>, metrics: &Metrics) -> Response<Body> {
    let said = |name: &str| answer.headers().get(name).and_then(|value| value.to_str().ok());
    if said("grpc-status-details-bin").is_some() {
        return answer;
    }
    let code = said("grpc-status").and_then(|code| code.parse().ok());
    match code.and_then(status::unread) {
        Some(error) => refused(error, metrics),
        None => answer,
    }
}

/// A refusal as an answer, counted by its reason.
fn refused(error: Error, metrics: &Metrics) -> Response<Body> {
    metrics.refused(status::reason(&error));
    Status::from(error).into_http()
}

/// Where a call comes from. Calls whose address is not known share one count.
fn address<B>(request: &Request<B>) -> IpAddr {
    let extensions = request.extensions();
    let plain = extensions.get::<TcpConnectInfo>().and_then(TcpConnectInfo::remote_addr);
    let tls = extensions.get::<TlsConnectInfo<TcpConnectInfo>>();
    let tls = tls.and_then(|info| info.get_ref().remote_addr());
    plain.or(tls).map_or(IpAddr::from([0, 0, 0, 0]), |address| address.ip())
}

/// Says how long a call took in here, to whoever listens: nothing is measured where nobody does.
struct Stopwatch {
    method: String,
    began: Instant,
}

impl Stopwatch {
    fn start<B>(request: &Request<B>) -> Option<Self> {
        tracing::enabled!(target: CALLS, Level::TRACE)
            .then(|| Self { method: request.uri().path().to_owned(), began: Instant::now() })
    }

    fn stop(self) {
        let micros = u64::try_from(self.began.elapsed().as_micros()).unwrap_or(u64::MAX);
        tracing::trace!(target: CALLS, method = self.method.as_str(), micros, "answered");
    }
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
        let stopwatch = Stopwatch::start(&request);
        let open = is_open(request.uri().path().trim_start_matches('/'));
        let id = call_id(&request);
        // What is written into the journal while this call is answered has its id.
        let span = tracing::error_span!("call", id = id.as_str());
        let checked = span.in_scope(|| self.check(&mut request));
        match checked {
            Ok(within) => {
                let deadline = deadline(&request).into_iter().chain(within).min();
                let metrics = Arc::clone(&self.metrics);
                let answer = self.inner.call(request);
                Box::pin(
                    async move {
                        let answered = match deadline {
                            None => answer.await,
                            Some(deadline) => match tokio::time::timeout(deadline, answer).await {
                                Ok(answered) => answered,
                                // What was submitted runs to its end: the writer does not hear of this.
                                Err(_) => Ok(refused(Error::Deadline, &metrics)),
                            },
                        };
                        if let Some(stopwatch) = stopwatch {
                            stopwatch.stop();
                        }
                        // What every gRPC server has speaks the words of every gRPC server, with limits of its own.
                        let said = |answer| if open { answer } else { explained(answer, &metrics) };
                        answered.map(|answer| with_id(said(answer), &id))
                    }
                    .instrument(span),
                )
            }
            Err(error) => {
                let refused = span.in_scope(|| refused(error, &self.metrics));
                let refused = with_id(refused, &id);
                Box::pin(async move { Ok(refused) })
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asks(timeout: &str) -> Request<()> {
        let asked = Request::builder().uri("/grpc.health.v1.Health/Check");
        asked.header("grpc-timeout", timeout).body(()).unwrap()
    }

    #[test]
    fn a_deadline_reads_as_grpc_writes_it() {
        for (said, seconds) in [("1H", 3528.0), ("2M", 117.6), ("50S", 49.0), ("1000m", 0.98)] {
            let read = deadline(&asks(said)).unwrap().as_secs_f64();
            assert!((read - seconds).abs() < 1e-6, "{said} reads as {read}");
        }
        for (said, micros) in [("1000u", 980.0), ("1000000n", 980.0), ("12345678u", 12_098_764.44)]
        {
            let read = deadline(&asks(said)).unwrap().as_secs_f64() * 1e6;
            assert!((read - micros).abs() < 1e-3, "{said} reads as {read}");
        }
        for wrong in ["", "5", "S", "-1S", "123456789S", "5x"] {
            assert_eq!(deadline(&asks(wrong)), None, "{wrong:?}");
        }
    }

    #[test]
    fn a_call_keeps_its_id_if_that_can_stand_in_a_journal() {
        let id = |said: &str| {
            let asked = Request::builder().header(CALL_ID, said).body(()).unwrap();
            call_id(&asked)
        };
        let longest = "a".repeat(64);
        for good in ["a", "Rota-7_x.2", &longest] {
            assert_eq!(id(good), good);
        }
        let longer = "a".repeat(65);
        for bad in ["", "two words", "a/b", "a\"b", &longer] {
            let made = id(bad);
            assert!(made != bad && made.len() == 16, "{bad:?} became {made}");
        }
        let nameless = Request::builder().body(()).unwrap();
        assert_ne!(call_id(&nameless), call_id(&nameless));
    }

    #[tokio::test]
    async fn a_deadline_that_passes_is_called_by_its_name() {
        let dir = tempfile::tempdir().unwrap();
        let keys = crate::auth::keys(
            dir.path(),
            crate::clock::Clock::machine(),
            crate::limits::Limits::default(),
        )
        .unwrap();
        let never = tower::service_fn(|_: Request<()>| {
            std::future::pending::<Result<Response<Body>, std::convert::Infallible>>()
        });
        let mut guarded = Gate::new(Arc::new(keys.auth), Arc::default()).layer(never);
        let answered = guarded.call(asks("20m")).await.unwrap();
        let status = Status::from_header_map(answered.headers()).unwrap();
        assert_eq!(i32::from(status.code()), 4, "DEADLINE_EXCEEDED");
    }
}
