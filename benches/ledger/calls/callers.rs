//! Callers over real connections: each asks, waits for the answer, and asks again.

use std::{
    net::SocketAddr,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use ledger_core::{Day, MemberId, RequestId, Timestamp};
use ledger_proto::v1::{
    self, batch_service_client::BatchServiceClient, coop_service_client::CoopServiceClient,
    members_service_client::MembersServiceClient, time_bank_service_client::TimeBankServiceClient,
    write,
};
use tonic::{
    Request,
    metadata::{Ascii, MetadataValue},
    transport::{Channel, Endpoint},
};
use tonic_health::pb::{HealthCheckRequest, health_client::HealthClient};

/// So many connections share the callers between them.
const CONNECTIONS: usize = 4;
/// So many people log hours; two more have the long statement.
const MEMBERS: u32 = 2_000;
/// Everybody's help is so short that nobody comes to what one may give in a day.
const MINUTES: i64 = 1;
/// Logged hours may lie so many days back.
const DAYS_BACK: u32 = 58;
/// Writes in a batch.
pub(crate) const BATCH: u32 = 100;

pub(crate) const COOP: &str = "coops/a-county";

/// The way to a server, shared by all callers.
pub(crate) struct Way {
    endpoint: Endpoint,
    channels: Vec<Channel>,
    token: MetadataValue<Ascii>,
    turn: AtomicU32,
    ids: AtomicU32,
    today: Day,
}

/// What calls took, and how many entries they came to.
#[derive(Default)]
pub(crate) struct Done {
    pub(crate) waits: Vec<Duration>,
    pub(crate) entries: usize,
}

impl Done {
    /// Counts one answer.
    fn took(&mut self, asked: Instant, entries: usize) {
        self.waits.push(asked.elapsed());
        self.entries += entries;
    }
}

/// So long after an hour that was confirmed a caller who pauses logs the next.
const PAUSE: Duration = Duration::from_millis(8);

/// What a caller asks over and over.
#[derive(Clone, Copy)]
pub(crate) enum Load {
    /// An hour logged, and confirmed by whoever was helped: an entry each.
    Hours,
    /// The same by callers who pause after each, so that nobody waits for the processor.
    Paused,
    /// A batch of logged hours, then a batch that confirms them.
    Batches,
    /// Whether the server is well: a round trip, and next to nothing behind it.
    Health,
    /// What stands in somebody's account.
    Balance,
}

impl Way {
    /// Connects, with the operator's token out of the server's folder.
    pub(crate) async fn to(address: SocketAddr, data: &Path) -> Way {
        let endpoint = Endpoint::from_shared(format!("http://{address}")).unwrap();
        let mut channels = Vec::new();
        for _ in 0..CONNECTIONS {
            channels.push(endpoint.connect().await.unwrap());
        }
        let token = std::fs::read_to_string(data.join("operator.token")).unwrap();
        let token = format!("Bearer {}", token.trim()).parse().unwrap();
        let today = now().day();
        Way { endpoint, channels, token, turn: AtomicU32::new(0), ids: AtomicU32::new(0), today }
    }

    /// Founds the co-op, and enrols everybody.
    pub(crate) async fn found(&self) {
        let message = v1::FoundCoopRequest {
            context: Some(self.context("")),
            ..v1::FoundCoopRequest::default()
        };
        let mut coops = CoopServiceClient::new(self.channel(0));
        coops.found_coop(self.dressed(message)).await.unwrap();
        let enrol = |_| {
            write::Request::EnrolMember(v1::EnrolMemberRequest {
                hats: vec![v1::Hat::CommunityVolunteer.into()],
                context: Some(self.context("officers/1")),
                ..v1::EnrolMemberRequest::default()
            })
        };
        for _ in 0..=MEMBERS / BATCH {
            self.batch(0, (0..BATCH).map(enrol)).await;
        }
    }

    /// Makes a statement of so many lines for a member who logs no hours.
    pub(crate) async fn long_statement(&self, lines: u32) {
        for batch in 0..lines / BATCH {
            let give = |at: u32| {
                let (one, other) = (member(MEMBERS), member(MEMBERS + 1));
                let (from, to) = if at.is_multiple_of(2) { (one, other) } else { (other, one) };
                let context = Some(self.context(&from));
                write::Request::GiveHours(v1::GiveHoursRequest { from, to, minutes: 1, context })
            };
            let first = batch * BATCH;
            self.batch(0, (first..first + BATCH).map(give)).await;
        }
    }

    /// Reads that statement from end to end, and says how long each page took.
    pub(crate) async fn read_statement(&self) -> Vec<Duration> {
        let mut client = TimeBankServiceClient::new(self.channel(0));
        let (mut waits, mut page_token) = (Vec::new(), String::new());
        loop {
            let request = v1::GetStatementRequest {
                context: Some(read_context()),
                member: member(MEMBERS),
                page: Some(v1::Page { page_size: 100, page_token }),
                ..v1::GetStatementRequest::default()
            };
            let asked = Instant::now();
            let answer = client.get_statement(self.dressed(request)).await.unwrap();
            waits.push(asked.elapsed());
            page_token = answer.into_inner().next_page_token;
            if page_token.is_empty() {
                return waits;
            }
        }
    }

    /// So many callers ask for a while.
    pub(crate) async fn call(
        self: &Arc<Way>,
        callers: usize,
        load: Load,
        slice: Duration,
    ) -> (Duration, Done) {
        let began = Instant::now();
        let until = began + slice;
        let callers: Vec<_> = (0..callers)
            .map(|nth| {
                let way = Arc::clone(self);
                tokio::spawn(async move {
                    let mut done = Done::default();
                    let mut caller = Caller::new(way, nth);
                    while Instant::now() < until {
                        caller.ask(load, &mut done).await;
                    }
                    done
                })
            })
            .collect();
        let mut all = Done::default();
        for caller in callers {
            let done = caller.await.unwrap();
            all.waits.extend(done.waits);
            all.entries += done.entries;
        }
        (began.elapsed(), all)
    }

    /// A connection of its own, for a program of its own.
    pub(crate) async fn connect(&self) -> Channel {
        self.endpoint.connect().await.unwrap()
    }

    /// The position of the newest entry.
    pub(crate) async fn head(&self) -> i64 {
        let mut client = MembersServiceClient::new(self.channel(0));
        let request = v1::GetMemberRequest { context: Some(read_context()), member: member(0) };
        client.get_member(self.dressed(request)).await.unwrap().into_inner().position
    }

    async fn batch(&self, nth: usize, writes: impl Iterator<Item = write::Request>) -> Vec<String> {
        let writes = writes.map(|request| v1::Write { request: Some(request) }).collect();
        // A client of its own for each batch costs nothing: the channel is shared.
        let mut client = BatchServiceClient::new(self.channel(nth));
        let request = self.dressed(v1::SubmitBatchRequest { writes });
        let answer = client.submit_batch(request).await.unwrap().into_inner();
        let named = |result: v1::WriteResult| match result.result {
            Some(v1::write_result::Result::Receipt(receipt)) => receipt.name,
            refused => unreachable!("{refused:?}"),
        };
        answer.results.into_iter().map(named).collect()
    }

    fn channel(&self, nth: usize) -> Channel {
        self.channels.get(nth % CONNECTIONS).unwrap().clone()
    }

    pub(crate) fn dressed<M>(&self, message: M) -> Request<M> {
        let mut request = Request::new(message);
        request.metadata_mut().insert("authorization", self.token.clone());
        request
    }

    fn context(&self, who: &str) -> v1::WriteContext {
        let [a, b, c, d] = self.ids.fetch_add(1, Ordering::Relaxed).to_be_bytes();
        v1::WriteContext {
            coop: COOP.to_owned(),
            // The first three bytes lose bits to the version and the variant.
            request_id: RequestId::of_time(now(), [0, 0, 0, a, b, c, d, 0, 0, 0]).to_string(),
            acting_as: who.to_owned(),
            ..v1::WriteContext::default()
        }
    }

    /// The next piece of help, and who was helped.
    fn log(&self) -> (v1::LogHoursRequest, String) {
        let turn = self.turn.fetch_add(1, Ordering::Relaxed);
        let (giver, receiver) = (member(turn % MEMBERS), member((turn + 1) % MEMBERS));
        let day = self.today.plus(-i32::try_from(turn / MEMBERS % DAYS_BACK).unwrap());
        let mut context = self.context(&giver);
        context.occurred_on = day.to_string();
        let help = v1::Help {
            giver,
            receiver: receiver.clone(),
            minutes: MINUTES,
            task: v1::TaskKind::BefriendingVisit.into(),
            ..v1::Help::default()
        };
        (v1::LogHoursRequest { context: Some(context), help: Some(help) }, receiver)
    }

    fn confirm(&self, hours: String, receiver: &str) -> v1::ConfirmHoursRequest {
        let context = Some(self.context(receiver));
        v1::ConfirmHoursRequest { context, hours, ..v1::ConfirmHoursRequest::default() }
    }
}

/// One caller, with clients of its own over a connection that it shares.
struct Caller {
    way: Arc<Way>,
    nth: usize,
    time_bank: TimeBankServiceClient<Channel>,
    members: MembersServiceClient<Channel>,
    health: HealthClient<Channel>,
}

impl Caller {
    fn new(way: Arc<Way>, nth: usize) -> Caller {
        let channel = way.channel(nth);
        Caller {
            nth,
            time_bank: TimeBankServiceClient::new(channel.clone()),
            members: MembersServiceClient::new(channel.clone()),
            health: HealthClient::new(channel),
            way,
        }
    }

    async fn hour(&mut self, done: &mut Done) {
        let (log, receiver) = self.way.log();
        let asked = Instant::now();
        let answer = self.time_bank.log_hours(self.way.dressed(log)).await.unwrap();
        done.took(asked, 1);
        let hours = answer.into_inner().receipt.unwrap().name;
        let confirm = self.way.dressed(self.way.confirm(hours, &receiver));
        let asked = Instant::now();
        self.time_bank.confirm_hours(confirm).await.unwrap();
        done.took(asked, 1);
    }

    async fn ask(&mut self, load: Load, done: &mut Done) {
        match load {
            Load::Hours => self.hour(done).await,
            Load::Paused => {
                self.hour(done).await;
                tokio::time::sleep(PAUSE).await;
            }
            Load::Batches => {
                let mut receivers = Vec::new();
                let logs = (0..BATCH).map(|_| {
                    let (log, receiver) = self.way.log();
                    receivers.push(receiver);
                    write::Request::LogHours(log)
                });
                let logs: Vec<_> = logs.collect();
                let asked = Instant::now();
                let hours = self.way.batch(self.nth, logs.into_iter()).await;
                done.took(asked, hours.len());
                let confirms = hours.into_iter().zip(&receivers).map(|(hours, receiver)| {
                    write::Request::ConfirmHours(self.way.confirm(hours, receiver))
                });
                let confirms: Vec<_> = confirms.collect();
                let asked = Instant::now();
                let confirmed = self.way.batch(self.nth, confirms.into_iter()).await;
                done.took(asked, confirmed.len());
            }
            Load::Health => {
                let asked = Instant::now();
                self.health.check(HealthCheckRequest::default()).await.unwrap();
                done.took(asked, 1);
            }
            Load::Balance => {
                let nth = self.way.ids.fetch_add(1, Ordering::Relaxed) % MEMBERS;
                let request =
                    v1::GetMemberRequest { context: Some(read_context()), member: member(nth) };
                let request = self.way.dressed(request);
                let asked = Instant::now();
                self.members.get_member(request).await.unwrap();
                done.took(asked, 1);
            }
        }
    }
}

fn read_context() -> v1::ReadContext {
    v1::ReadContext { coop: COOP.to_owned(), ..v1::ReadContext::default() }
}

fn member(nth: u32) -> String {
    format!("members/{}", MemberId::FIRST + nth)
}

fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    Timestamp::from_unix_ms(i64::try_from(since.as_millis()).unwrap())
}
