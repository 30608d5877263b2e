//! A server in process, on a port of its own and a folder of its own, by a clock that is set by hand.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that fails says so")]

pub(crate) mod ask;
pub(crate) mod program;
pub(crate) mod say;

use std::{
    net::SocketAddr,
    path::Path,
    sync::atomic::{AtomicU64, Ordering},
};

use ask::Ask;
use ledger_client::{Client, Error, Options};
use ledger_core::Timestamp;
use ledger_proto::{Refusal, v1};
use ledger_server::{Clock, House, LogOptions, Opening, Scrubbing, Serving, serve};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tonic::transport::{Channel, Endpoint};

/// The co-op of most tests.
pub(crate) const COOP: &str = "colne-valley";
/// When the tests begin: noon of 2 March 2026.
pub(crate) const NOON: i64 = 1_772_452_800_000;
/// The day on which the tests begin.
pub(crate) const TODAY: &str = "2026-03-02";
/// An hour in milliseconds.
pub(crate) const HOUR: i64 = 3_600_000;
/// A day in milliseconds.
pub(crate) const DAY: i64 = 24 * HOUR;

static IDS: AtomicU64 = AtomicU64::new(1);

/// A server, and the way to it.
pub(crate) struct Town {
    pub(crate) dir: TempDir,
    pub(crate) clock: Clock,
    pub(crate) log: LogOptions,
    pub(crate) scrub: Scrubbing,
    serving: Option<Serving>,
    url: String,
    token: String,
}

/// Runs a test on a runtime of its own.
pub(crate) fn run(test: impl Future<Output = ()>) {
    let runtime = tokio::runtime::Builder::new_multi_thread();
    { runtime }.worker_threads(2).enable_all().build().unwrap().block_on(test);
}

impl Town {
    /// A server with nothing in it.
    pub(crate) async fn bare() -> Self {
        Self::on(tempfile::tempdir().unwrap(), noon()).await
    }

    /// A server with a co-op in it: officer 1 is a co-ordinator, and there are no members.
    pub(crate) async fn founded() -> Self {
        let town = Self::bare().await;
        town.ok(say::found()).await;
        town
    }

    /// A co-op with four members: 1 and 2 are volunteers, 3 is a family carer, 4 a service user.
    pub(crate) async fn peopled() -> Self {
        let town = Self::founded().await;
        for hat in [
            v1::Hat::CommunityVolunteer,
            v1::Hat::CommunityVolunteer,
            v1::Hat::FamilyCarer,
            v1::Hat::ServiceUser,
        ] {
            town.ok(say::enrol(hat)).await;
        }
        town
    }

    /// A server on a folder.
    pub(crate) async fn on(dir: TempDir, clock: Clock) -> Self {
        let mut town = Self::stopped(dir, clock);
        town.start().await.unwrap();
        town
    }

    /// A server on a folder, before it starts.
    pub(crate) fn stopped(dir: TempDir, clock: Clock) -> Self {
        let (log, scrub) = (LogOptions::default(), Scrubbing::default());
        Self { dir, clock, log, scrub, serving: None, url: String::new(), token: String::new() }
    }

    pub(crate) fn opening(&self) -> Opening {
        Opening {
            data: self.dir.path().to_owned(),
            clock: self.clock.clone(),
            confirm_clock: false,
            log: self.log.clone(),
            scrub: self.scrub,
            metrics: std::sync::Arc::default(),
            limits: ledger_server::Limits::default(),
        }
    }

    /// Starts the server on its folder.
    pub(crate) async fn start(&mut self) -> Result<(), ledger_server::Error> {
        self.start_at(([127, 0, 0, 1], 0).into()).await
    }

    /// Starts the server on its folder, to listen where it is told.
    pub(crate) async fn start_at(&mut self, at: SocketAddr) -> Result<(), ledger_server::Error> {
        let opening = self.opening();
        self.start_on(at, &opening).await
    }

    /// Starts the server in a way of its own.
    pub(crate) async fn start_with(
        &mut self,
        opening: Opening,
    ) -> Result<(), ledger_server::Error> {
        self.start_on(([127, 0, 0, 1], 0).into(), &opening).await
    }

    async fn start_on(
        &mut self,
        at: SocketAddr,
        opening: &Opening,
    ) -> Result<(), ledger_server::Error> {
        let house = House::open(opening)?;
        let serving = serve(house, at, None).await?;
        self.url = format!("http://{}", serving.address());
        self.token = token(self.dir.path());
        self.serving = Some(serving);
        Ok(())
    }

    /// Stops the server, and waits until it has gone.
    pub(crate) async fn stop(&mut self) {
        if let Some(serving) = self.serving.take() {
            serving.stop().await.unwrap();
        }
    }

    /// Stops the server and starts it again on the same folder.
    pub(crate) async fn restart(&mut self) {
        self.stop().await;
        self.start().await.unwrap();
    }

    /// The server, which runs.
    pub(crate) fn serving(&self) -> &Serving {
        self.serving.as_ref().unwrap()
    }

    /// What is behind the listener.
    pub(crate) fn house(&self) -> &House {
        self.serving.as_ref().unwrap().house()
    }

    /// Where the server listens, as `127.0.0.1:50051`.
    pub(crate) fn address(&self) -> &str {
        self.url.trim_start_matches("http://")
    }

    pub(crate) fn token(&self) -> &str {
        &self.token
    }

    /// A connection.
    pub(crate) fn channel(&self) -> Channel {
        Endpoint::from_shared(self.url.clone()).unwrap().connect_lazy()
    }

    /// A client with the operator's token, acting as officer 1, that tries once.
    pub(crate) fn client(&self) -> Client {
        self.client_of(COOP, Some(&self.token))
    }

    /// A client without a token, acting as nobody.
    pub(crate) fn stranger(&self) -> Client {
        self.client_of(COOP, None).acting_as(String::new())
    }

    pub(crate) fn client_of(&self, coop: &str, token: Option<&str>) -> Client {
        let options = Options {
            coop: coop.to_owned(),
            acting_as: "officers/1".to_owned(),
            tries: 1,
            deadline: std::time::Duration::from_mins(2),
            ..Options::default()
        };
        Client::connect(&self.url, token, options).unwrap()
    }

    /// Now, by the server's clock.
    pub(crate) fn now(&self) -> i64 {
        self.clock.now().unwrap().unix_ms()
    }

    /// Lets time go by.
    pub(crate) fn later(&self, by: i64) {
        self.clock.set(Timestamp::from_unix_ms(self.now() + by));
    }

    /// What a write by this person says.
    pub(crate) fn by(&self, who: &str) -> v1::WriteContext {
        v1::WriteContext {
            coop: format!("coops/{COOP}"),
            request_id: request_id(self.now()),
            acting_as: who.to_owned(),
            ..v1::WriteContext::default()
        }
    }

    /// Asks, as officer 1 unless the request says who acts.
    pub(crate) async fn ask<R: Ask>(&self, mut request: R) -> Result<v1::Receipt, Error> {
        if request.context().is_none() {
            *request.context() = Some(self.by(R::WHO));
        }
        request.send(&self.client()).await
    }

    /// Asks as somebody.
    pub(crate) async fn ask_as<R: Ask>(
        &self,
        who: &str,
        mut request: R,
    ) -> Result<v1::Receipt, Error> {
        *request.context() = Some(self.by(who));
        self.ask(request).await
    }

    /// Asks, saying something more about the request.
    pub(crate) async fn ask_with<R: Ask>(
        &self,
        mut request: R,
        more: impl FnOnce(&mut v1::WriteContext),
    ) -> Result<v1::Receipt, Error> {
        let mut context = self.by(R::WHO);
        more(&mut context);
        *request.context() = Some(context);
        self.ask(request).await
    }

    /// Asks for what must be recorded.
    pub(crate) async fn ok<R: Ask>(&self, request: R) -> v1::Receipt {
        self.ask(request).await.expect("it is recorded")
    }

    /// Asks, as somebody, for what must be recorded.
    pub(crate) async fn ok_as<R: Ask>(&self, who: &str, request: R) -> v1::Receipt {
        self.ask_as(who, request).await.expect("it is recorded")
    }

    /// Asks for what must be refused.
    pub(crate) async fn no<R: Ask>(&self, request: R) -> String {
        reason(&self.ask(request).await.expect_err("it is refused"))
    }

    /// What every read says.
    pub(crate) fn read(&self) -> v1::ReadContext {
        self.client().read_context()
    }

    /// What a read says that is asked about a moment.
    pub(crate) fn read_as_of(&self, as_of: v1::read_context::AsOf) -> v1::ReadContext {
        v1::ReadContext { as_of: Some(as_of), ..self.read() }
    }

    /// Every balance, by member: minutes in the account and minutes held.
    pub(crate) async fn balances(&self, context: v1::ReadContext) -> Vec<(i64, i64)> {
        let request = v1::ListBalancesRequest { context: Some(context), page: None };
        let answer = self.client().list_balances(request).await.unwrap();
        answer.balances.iter().map(|row| (row.balance_minutes, row.held_minutes)).collect()
    }

    /// Minutes in a member's account now.
    pub(crate) async fn balance(&self, member: usize) -> i64 {
        let balances = self.balances(self.read()).await;
        balances.get(member - 1).expect("the member is there").0
    }

    /// The totals of the Store.
    pub(crate) async fn totals(&self, context: v1::ReadContext) -> v1::GetStoreTotalsResponse {
        let request = v1::GetStoreTotalsRequest { context: Some(context) };
        self.client().get_store_totals(request).await.unwrap()
    }

    /// How far the log goes.
    pub(crate) async fn position(&self) -> i64 {
        self.totals(self.read()).await.position
    }
}

/// A clock that stands where the tests begin.
pub(crate) fn noon() -> Clock {
    Clock::by_hand(Timestamp::from_unix_ms(NOON))
}

/// The operator's token in a folder.
pub(crate) fn token(data: &Path) -> String {
    std::fs::read_to_string(data.join("operator.token")).unwrap().trim().to_owned()
}

/// A `UUIDv7` of a moment, unlike any other of this process.
pub(crate) fn request_id(ms: i64) -> String {
    let n = IDS.fetch_add(1, Ordering::Relaxed);
    let ms = ms & 0xffff_ffff_ffff;
    format!("{:08x}-{:04x}-7{:03x}-8{:03x}-{:012x}", ms >> 16, ms & 0xffff, 0, 0, n)
}

/// The reason of a refusal.
pub(crate) fn reason(error: &Error) -> String {
    error.reason().map_or_else(|| format!("no refusal: {error:?}"), str::to_owned)
}

/// A refusal with all that it says.
pub(crate) fn refusal(error: Error) -> Refusal {
    if let Error::Refused { refusal, .. } = error {
        return *refusal;
    }
    Refusal { message: format!("no refusal: {error:?}"), ..Refusal::default() }
}

/// A page over plain HTTP: its first line, and all of it.
pub(crate) async fn page(at: SocketAddr, path: &str) -> (String, String) {
    let mut connection = tokio::net::TcpStream::connect(at).await.unwrap();
    let asked = format!("GET {path} HTTP/1.1\r\nhost: {at}\r\nconnection: close\r\n\r\n");
    connection.write_all(asked.as_bytes()).await.unwrap();
    let mut answer = String::new();
    connection.read_to_string(&mut answer).await.unwrap();
    (answer.lines().next().unwrap().to_owned(), answer)
}
