//! The co-op that is lived in: the way to its server, what callers were told, and what was not as it should be.

use std::{
    collections::{BTreeMap, HashMap},
    sync::{
        Mutex,
        atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use ledger_client::{Client, Error, Options};
use ledger_core::{Day, RequestId, Timestamp};
use ledger_proto::v1;
use tokio::{
    sync::Mutex as Turns,
    time::{Interval, MissedTickBehavior, interval},
};

/// The co-op.
pub(crate) const COOP: &str = "colne-valley";
/// How long a caller goes on trying: longer than a server takes to come back.
const PATIENCE: Duration = Duration::from_mins(3);
/// So many things that are wrong are told; the rest are counted.
const TOLD: usize = 40;

/// Asks for one write, under an id of its own, and keeps what was said of it.
macro_rules! ask {
    ($town:expr, $client:expr, $method:ident, $request:ident { $($fields:tt)* }) => {
        ask!($town, $client, $client.write_context(), $method, $request { $($fields)* })
    };
    ($town:expr, $client:expr, $context:expr, $method:ident, $request:ident { $($fields:tt)* }) => {{
        let context = $context;
        let id = context.request_id.clone();
        let request = v1::$request { context: Some(context), $($fields)* };
        let call = async { Ok($client.$method(request).await?.receipt) };
        $town.wrote(stringify!($method), &id, call).await
    }};
}
pub(crate) use ask;

/// What came of one kind of call.
#[derive(Default)]
pub(crate) struct Calls {
    pub(crate) made: u64,
    pub(crate) refused: u64,
    /// Milliseconds that each took, tries and waits included.
    pub(crate) waits: Vec<f32>,
}

/// What all callers share.
pub(crate) struct Town {
    url: String,
    operator: String,
    /// Lets one caller after the other begin, so many a second.
    pace: Turns<Interval>,
    /// The position of each request that was acknowledged.
    pub(crate) acknowledged: Mutex<HashMap<[u8; 16], i64>>,
    /// The newest position that anybody was told of.
    pub(crate) highest: AtomicI64,
    pub(crate) calls: Mutex<BTreeMap<&'static str, Calls>>,
    pub(crate) refusals: Mutex<BTreeMap<String, u64>>,
    /// Answers that said that the request had been recorded before: a try whose answer was lost, or one that was repeated.
    pub(crate) replayed: AtomicU64,
    pub(crate) pot: AtomicI64,
    /// The other side of all hours that anybody earned.
    pub(crate) commons: AtomicI64,
    /// Entries that came by imports.
    pub(crate) rows: AtomicI64,
    /// Members who were enrolled and have left again.
    pub(crate) left: AtomicI64,
    /// Nobody waits for their turn: so that there is much in the air when the server goes.
    pub(crate) hurry: AtomicBool,
    pub(crate) over: AtomicBool,
    wrong: Mutex<Vec<String>>,
}

impl Town {
    pub(crate) fn new(url: String, operator: String, a_second: u32) -> Self {
        let mut pace = interval(Duration::from_secs(1) / a_second);
        pace.set_missed_tick_behavior(MissedTickBehavior::Delay);
        Self {
            url,
            operator,
            pace: Turns::new(pace),
            acknowledged: Mutex::default(),
            highest: AtomicI64::new(0),
            calls: Mutex::default(),
            refusals: Mutex::default(),
            replayed: AtomicU64::new(0),
            pot: AtomicI64::new(0),
            commons: AtomicI64::new(0),
            rows: AtomicI64::new(0),
            left: AtomicI64::new(0),
            hurry: AtomicBool::new(false),
            over: AtomicBool::new(false),
            wrong: Mutex::default(),
        }
    }

    /// A client with a connection of its own, that tries until the server is back.
    pub(crate) fn client(&self, token: &str, acting_as: &str) -> Client {
        let options = Options {
            coop: COOP.to_owned(),
            acting_as: acting_as.to_owned(),
            tries: u32::MAX,
            patience: PATIENCE,
            deadline: Duration::from_secs(20),
            ..Options::default()
        };
        Client::connect(&self.url, Some(token), options).unwrap()
    }

    /// A client with the token of the first start.
    pub(crate) fn operator(&self) -> Client {
        self.client(&self.operator, "officers/1")
    }

    /// A token, made for somebody.
    pub(crate) async fn token(&self, role: v1::TokenRole, acts_as: &str) -> (String, String) {
        let request = v1::CreateTokenRequest {
            coop: format!("coops/{COOP}"),
            title: "soak".to_owned(),
            role: role.into(),
            acts_as: acts_as.to_owned(),
            ..v1::CreateTokenRequest::default()
        };
        self.token_for(request).await
    }

    /// A token as it is asked for: its name and the token itself. Asked again where no answer came: the other is lost.
    pub(crate) async fn token_for(&self, request: v1::CreateTokenRequest) -> (String, String) {
        let operator = self.operator();
        loop {
            match operator.create_token(request.clone()).await {
                Ok(made) => return (made.token.unwrap().name, made.secret),
                Err(error) if error.can_retry() => {
                    tokio::time::sleep(Duration::from_millis(200)).await;
                }
                Err(error) => panic!("{error:?}"),
            }
        }
    }

    /// Something is not as it should be.
    pub(crate) fn wrong(&self, what: String) {
        let mut wrong = self.wrong.lock().unwrap();
        wrong.push(what);
    }

    /// What is told must be what is known.
    #[allow(clippy::needless_pass_by_value, reason = "what is compared is said nowhere else")]
    pub(crate) fn same<T: PartialEq + std::fmt::Debug>(&self, what: &str, told: T, known: T) {
        if told != known {
            self.wrong(format!("{what}: told {told:?}, known {known:?}"));
        }
    }

    /// The first of what was wrong, and how much there is in all.
    pub(crate) fn all_wrong(&self) -> Vec<String> {
        let wrong = self.wrong.lock().unwrap();
        let more = wrong.len().saturating_sub(TOLD);
        let told = wrong.iter().take(TOLD).cloned();
        told.chain((more > 0).then(|| format!("and {more} more"))).collect()
    }

    /// Makes a call when its turn has come, and counts it.
    pub(crate) async fn call<A>(
        &self,
        what: &'static str,
        call: impl Future<Output = Result<A, Error>>,
    ) -> Result<A, String> {
        if !self.hurry.load(Ordering::Relaxed) {
            self.pace.lock().await.tick().await;
        }
        let asked = Instant::now();
        let answer = call.await;
        let took = asked.elapsed().as_secs_f32() * 1e3;
        let mut calls = self.calls.lock().unwrap();
        let counted = calls.entry(what).or_default();
        counted.made += 1;
        counted.waits.push(took);
        counted.refused += u64::from(answer.is_err());
        drop(calls);
        answer.map_err(|error| {
            let reason = error.reason().map(str::to_owned);
            // What is no refusal by a reason nobody has asked for.
            let reason = reason.unwrap_or_else(|| format!("{what}: {error:?}"));
            *self.refusals.lock().unwrap().entry(reason.clone()).or_default() += 1;
            reason
        })
    }

    /// A read that must be answered.
    pub(crate) async fn read<A>(
        &self,
        what: &'static str,
        call: impl Future<Output = Result<A, Error>>,
    ) -> Option<A> {
        match self.call(what, call).await {
            Ok(answer) => Some(answer),
            Err(reason) => {
                self.wrong(format!("{what} was refused: {reason}"));
                None
            }
        }
    }

    /// Makes a write, and keeps where it was recorded.
    pub(crate) async fn wrote(
        &self,
        what: &'static str,
        id: &str,
        call: impl Future<Output = Result<Option<v1::Receipt>, Error>>,
    ) -> Result<v1::Receipt, String> {
        let before = self.highest.load(Ordering::SeqCst);
        let receipt = self.call(what, call).await?.unwrap_or_default();
        self.acknowledge(what, id, (&receipt, before));
        Ok(receipt)
    }

    /// Keeps what was acknowledged. What is asked for after an answer comes behind it.
    pub(crate) fn acknowledge(&self, what: &str, id: &str, (receipt, before): (&v1::Receipt, i64)) {
        let position = receipt.position;
        if position <= before {
            self.wrong(format!("{what}: recorded at {position}, and {before} was told before"));
        }
        self.highest.fetch_max(position, Ordering::SeqCst);
        self.replayed.fetch_add(u64::from(receipt.replayed), Ordering::Relaxed);
        let id = *RequestId::parse(id).unwrap().bytes();
        if let Some(twice) = self.acknowledged.lock().unwrap().insert(id, position) {
            self.wrong(format!("{what}: one request, recorded at {twice} and {position}"));
        }
    }

    /// A write that must be recorded.
    pub(crate) fn yes(&self, answer: Result<v1::Receipt, String>) -> Option<v1::Receipt> {
        answer.map_err(|reason| self.wrong(format!("refused: {reason}"))).ok()
    }

    /// A call that must be refused, for this reason.
    pub(crate) fn no<A>(&self, what: &str, expected: &str, answer: Result<A, String>) {
        match answer {
            Err(reason) if reason == expected => {}
            Err(reason) => self.wrong(format!("{what}: refused as {reason}, not as {expected}")),
            Ok(_) => self.wrong(format!("{what}: done, and not refused as {expected}")),
        }
    }

    pub(crate) fn is_over(&self) -> bool {
        self.over.load(Ordering::Relaxed)
    }
}

/// Now, by this machine's clock, which is the server's.
pub(crate) fn now() -> Timestamp {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    Timestamp::from_unix_ms(i64::try_from(since.as_millis()).unwrap())
}

/// Today.
pub(crate) fn today() -> Day {
    now().day()
}

/// What looks like chance and is the same in each run.
pub(crate) struct Chance(u64);

impl Chance {
    pub(crate) fn new(seed: u32) -> Self {
        Self(u64::from(seed).wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    /// A number below `n`, by xorshift.
    pub(crate) fn below(&mut self, n: u32) -> u32 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        u32::try_from((self.0 >> 11) % u64::from(n.max(1))).unwrap()
    }
}
