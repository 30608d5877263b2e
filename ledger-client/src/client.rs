//! The ledger from the other side: typed calls that can be repeated without harm.
//!
//! A write carries a request id that its caller made before the first try. Whatever happens on the
//! way, every further try goes out under the same id, so that nothing is ever recorded twice.

use std::sync::Arc;
use std::time::{Duration, Instant};

use ledger_proto::v1;
use tonic::codec::CompressionEncoding;
use tonic::metadata::{Ascii, MetadataValue};
use tonic::transport::{Certificate, Channel, ClientTlsConfig, Endpoint, Identity};
use uuid::Uuid;

use crate::error::Error;
use crate::verify::{Memory, Trust};

mod calls;
mod streams;

/// The largest answer that is taken: pages are about a megabyte, so this is ample.
const MAX_ANSWER_BYTES: usize = 16 * 1024 * 1024;
/// The wait before the second try; it doubles with each further one.
const FIRST_WAIT: Duration = Duration::from_millis(100);
/// No wait is longer than this, unless the server asks for it.
const LONGEST_WAIT: Duration = Duration::from_secs(5);

/// How calls are made.
#[derive(Clone, Debug)]
pub struct Options {
    /// How long one try may take.
    pub deadline: Duration,
    /// How long all tries of one call may take together.
    pub patience: Duration,
    /// How many tries there are, at the most.
    pub tries: u32,
    /// The co-op that is spoken of, for example "colne-valley". Empty: none.
    pub coop: String,
    /// Who acts, for example "officers/1". Empty: whom the token stands for.
    pub acting_as: String,
    /// The certificates to trust, as PEM. None: plain connections only.
    pub trusted: Option<Vec<u8>>,
    /// The certificate that the client shows, where a server asks for one.
    pub shown: Option<Shown>,
    /// Where the client keeps what it knows of the logs that it has seen.
    pub memory: Memory,
}

/// A certificate that a client shows, with its key.
#[derive(Clone)]
pub struct Shown {
    /// The certificate chain, as PEM.
    pub certificate: Vec<u8>,
    /// Its key, as PEM.
    pub key: Vec<u8>,
}

impl std::fmt::Debug for Shown {
    /// Without the key: what is printed may be kept.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Shown").finish_non_exhaustive()
    }
}

impl Default for Options {
    fn default() -> Self {
        Self {
            deadline: Duration::from_secs(10),
            patience: Duration::from_secs(30),
            tries: 5,
            coop: String::new(),
            acting_as: String::new(),
            trusted: None,
            shown: None,
            memory: Memory::Session,
        }
    }
}

/// One server, spoken to as one caller.
#[derive(Clone, Debug)]
pub struct Client {
    channel: Channel,
    token: Option<MetadataValue<Ascii>>,
    options: Options,
    trust: Arc<Trust>,
}

/// The calls whose answers prove something, as they come: nothing of them has been checked.
///
/// For whoever checks them otherwise, as an auditor does. Everybody else asks the [`Client`] itself.
#[derive(Clone, Copy, Debug)]
pub struct Unchecked<'c>(&'c Client);

impl Client {
    /// A client of the server at `url`. Nothing is sent before the first call.
    pub fn connect(url: &str, token: Option<&str>, options: Options) -> Result<Self, Error> {
        let address = |problem: String| Error::Address { url: url.to_owned(), problem };
        let mut endpoint = Endpoint::from_shared(url.to_owned())
            .map_err(|error| address(error.to_string()))?
            .connect_timeout(options.deadline)
            .tcp_nodelay(true)
            .http2_keep_alive_interval(Duration::from_secs(30))
            .keep_alive_timeout(Duration::from_secs(10));
        if url.starts_with("https:") {
            let trusted = options.trusted.iter().map(Certificate::from_pem);
            let mut tls = ClientTlsConfig::new().ca_certificates(trusted);
            if let Some(Shown { certificate, key }) = &options.shown {
                tls = tls.identity(Identity::from_pem(certificate, key));
            }
            endpoint = endpoint.tls_config(tls).map_err(|error| address(error.to_string()))?;
        }
        let token = token
            .map(|token| {
                let mut value: MetadataValue<Ascii> =
                    format!("Bearer {}", token.trim()).parse().map_err(|_| {
                        Error::Token("the token has characters that no token has".to_owned())
                    })?;
                value.set_sensitive(true);
                Ok::<_, Error>(value)
            })
            .transpose()?;
        let trust = Arc::new(Trust::new(options.memory.clone(), url));
        Ok(Self { channel: endpoint.connect_lazy(), token, options, trust })
    }

    /// The calls whose answers prove something, as they come.
    pub const fn unchecked(&self) -> Unchecked<'_> {
        Unchecked(self)
    }

    /// What is known of the logs of this server.
    pub(crate) fn trust(&self) -> &Trust {
        &self.trust
    }

    /// The co-op that is spoken of, as "coops/{coop}".
    pub fn coop(&self) -> String {
        format!("coops/{}", self.options.coop)
    }

    /// The same client, acting as somebody else.
    #[must_use]
    pub fn acting_as(mut self, who: String) -> Self {
        self.options.acting_as = who;
        self
    }

    /// The same client, with another deadline for each try.
    #[must_use]
    pub fn with_deadline(mut self, deadline: Duration) -> Self {
        self.options.deadline = deadline;
        self.options.patience = self.options.patience.max(deadline.saturating_mul(2));
        self
    }

    /// What every write says, with a fresh request id.
    pub fn write_context(&self) -> v1::WriteContext {
        v1::WriteContext {
            coop: self.coop(),
            request_id: new_request_id(),
            acting_as: self.options.acting_as.clone(),
            ..v1::WriteContext::default()
        }
    }

    /// What every read says: as things stand now.
    pub fn read_context(&self) -> v1::ReadContext {
        v1::ReadContext { coop: self.coop(), ..v1::ReadContext::default() }
    }

    /// A message with the token and, unless it opens a stream, the deadline.
    fn dress<M>(&self, message: M, deadline: Option<Duration>) -> tonic::Request<M> {
        let mut request = tonic::Request::new(message);
        if let Some(token) = &self.token {
            request.metadata_mut().insert("authorization", token.clone());
        }
        if let Some(deadline) = deadline {
            request.set_timeout(deadline);
        }
        request
    }

    /// Tries, and tries again while that can help, every time with the same message.
    ///
    /// Not an `AsyncFnMut`: of its future nobody can say that it may go to another thread, and a
    /// caller wants to spawn a call.
    async fn attempt<A, F>(
        &self,
        request_id: Option<&str>,
        mut once: impl FnMut() -> F,
    ) -> Result<A, Error>
    where
        F: Future<Output = Result<tonic::Response<A>, tonic::Status>>,
    {
        let started = Instant::now();
        let mut wait = FIRST_WAIT;
        let mut tries = 1;
        loop {
            let error = match once().await {
                Ok(answer) => return Ok(answer.into_inner()),
                Err(status) => Error::of_status(&status, request_id),
            };
            let pause = jittered(wait).max(error.retry_after().unwrap_or_default());
            let too_late = started.elapsed().saturating_add(pause) > self.options.patience;
            if !error.can_retry() || tries >= self.options.tries || too_late {
                return Err(error);
            }
            tokio::time::sleep(pause).await;
            wait = wait.saturating_mul(2).min(LONGEST_WAIT);
            tries += 1;
        }
    }
}

/// An id for a new write: a `UUIDv7`, made before the first try and kept over all of them.
pub fn new_request_id() -> String {
    Uuid::now_v7().to_string()
}

/// Between half of it and all of it, so that many clients do not come back at one moment.
pub fn jittered(wait: Duration) -> Duration {
    let half = wait / 2;
    let span = u64::try_from(half.as_micros()).unwrap_or(u64::MAX).max(1);
    // The lower half of a fresh id is random.
    let chance = Uuid::now_v7().as_u64_pair().1;
    half.saturating_add(Duration::from_micros(chance % span))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client() -> Client {
        let options = Options {
            coop: "colne-valley".to_owned(),
            acting_as: "officers/1".to_owned(),
            ..Options::default()
        };
        Client::connect("http://127.0.0.1:1", Some("cst_secret\n"), options).unwrap()
    }

    #[tokio::test]
    async fn a_write_says_who_and_where_under_a_fresh_id() {
        let client = client();
        let (one, other) = (client.write_context(), client.write_context());
        assert_eq!(one.coop, "coops/colne-valley");
        assert_eq!(one.acting_as, "officers/1");
        assert_eq!(Uuid::parse_str(&one.request_id).unwrap().get_version_num(), 7);
        assert_ne!(one.request_id, other.request_id);
    }

    #[tokio::test]
    async fn the_token_is_sent_and_not_shown() {
        let client = client();
        let request = client.dress((), None);
        assert_eq!(request.metadata().get("authorization").unwrap(), "Bearer cst_secret");
        assert!(!format!("{client:?}").contains("cst_secret"));
    }

    #[tokio::test]
    async fn a_lost_answer_is_asked_for_again_under_the_same_id() {
        let mut seen = 0;
        let answer = client()
            .attempt(Some("id"), || {
                seen += 1;
                let answer = if seen < 3 {
                    Err(tonic::Status::unavailable("gone"))
                } else {
                    Ok(tonic::Response::new(seen))
                };
                std::future::ready(answer)
            })
            .await;
        assert_eq!(answer.unwrap(), 3);
    }

    #[tokio::test]
    async fn a_refusal_is_not_tried_again() {
        let mut seen = 0;
        let answer = client()
            .attempt(None, || {
                seen += 1;
                let refused = tonic::Status::failed_precondition("no");
                std::future::ready(Err::<tonic::Response<()>, _>(refused))
            })
            .await;
        assert_eq!((answer.unwrap_err().exit_code(), seen), (3, 1));
    }

    #[tokio::test]
    async fn a_call_can_be_spawned() {
        let client = client();
        let call =
            tokio::spawn(async move { client.list_coops(v1::ListCoopsRequest::default()).await });
        call.abort();
    }

    #[test]
    fn waits_are_jittered_between_half_and_all() {
        for _ in 0..100 {
            let wait = jittered(Duration::from_millis(100));
            assert!((50..=100).contains(&wait.as_millis()), "{wait:?}");
        }
    }
}
