//! What a whole server holds while years go by, over real connections: a clock by hand runs through ten times the days for
//! which request ids are remembered, so that from the first tenth on as many are forgotten as are made.
//!
//! Callers write singly and in batches, some of it refused; others read pages, statements, balances and receipts, follow the
//! history and come back, and call without a token. Hours that nobody confirms fall due, and each month's end is sealed.

use std::{
    fs,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use ledger_client::{Client, Options};
use ledger_core::{RequestId, Timestamp};
use ledger_proto::v1;
use ledger_server::{Clock, House, Opening, serve};
use tokio::{task::JoinSet, time::sleep};

use super::{FIRST_MS, PARTS, REMEMBERED_MS, most_of_halves};
use crate::start::resident;

const COOP: &str = "colne-valley";
const MEMBERS: u64 = 200;
/// Writers and readers, each with a connection of their own, at most so many of them at it at once.
const WRITERS: u64 = 4;
const READERS: u64 = 4;
/// A writer rests so long after each batch, and a reader after each look: this is ordinary life, and no race.
const REST: Duration = Duration::from_millis(15);

/// What callers share: the way to the server, its clock, and how much was asked.
struct Street {
    url: String,
    token: String,
    clock: Clock,
    until: Instant,
    ids: AtomicU64,
    writes: AtomicU64,
    refused: AtomicU64,
    reads: AtomicU64,
}

impl Street {
    fn client(&self) -> Client {
        let options = Options { coop: COOP.to_owned(), tries: 8, ..Options::default() };
        Client::connect(&self.url, Some(&self.token), options).unwrap()
    }

    fn goes_on(&self) -> bool {
        Instant::now() < self.until
    }

    /// The number of the next thing that is asked.
    fn next(&self) -> u64 {
        self.ids.fetch_add(1, Ordering::Relaxed)
    }

    fn context(&self, who: &str) -> v1::WriteContext {
        let mut bits = [0; 10];
        bits[2..].copy_from_slice(&self.next().to_be_bytes());
        v1::WriteContext {
            coop: format!("coops/{COOP}"),
            request_id: RequestId::of_time(self.clock.now().unwrap(), bits).to_string(),
            acting_as: who.to_owned(),
            ..v1::WriteContext::default()
        }
    }

    /// So many of these are refused, and no others: a life in which nothing is recorded says nothing of memory.
    async fn batch(&self, client: &Client, asked: Vec<v1::write::Request>, refused: u64) {
        let wrap = |request| v1::Write { request: Some(request) };
        let writes = asked.into_iter().map(wrap).collect();
        let answer = client.submit_batch(v1::SubmitBatchRequest { writes }).await.unwrap();
        let no = |result: &&v1::WriteResult| {
            matches!(result.result, Some(v1::write_result::Result::Refusal(_)))
        };
        let said = answer.results.iter().filter(no).count() as u64;
        assert_eq!(said, refused, "{:?}", answer.results);
        self.refused.fetch_add(said, Ordering::Relaxed);
        self.writes.fetch_add(answer.results.len() as u64 - said, Ordering::Relaxed);
    }

    /// Founds the co-op, and enrols everybody.
    async fn found(&self) {
        let client = self.client();
        let context = Some(self.context(""));
        client.found_coop(v1::FoundCoopRequest { context, policy: None }).await.unwrap();
        let enrol = |_| {
            v1::write::Request::EnrolMember(v1::EnrolMemberRequest {
                context: Some(self.context("officers/1")),
                hats: vec![v1::Hat::CommunityVolunteer.into()],
                ..v1::EnrolMemberRequest::default()
            })
        };
        self.batch(&client, (0..MEMBERS).map(enrol).collect(), 0).await;
        let (context, title) = (Some(self.context("officers/1")), "General".to_owned());
        let freedom = v1::FundFreedom::Unrestricted.into();
        let open = v1::OpenFundRequest { context, title, freedom, purpose: String::new() };
        self.batch(&client, vec![v1::write::Request::OpenFund(open)], 0).await;
    }
}

fn member(nth: u64) -> String {
    format!("members/{}", 1001 + nth % MEMBERS)
}

/// Hours are logged, given there and back, and asked for that are not there; cash comes in.
async fn writes(street: Arc<Street>) {
    let client = street.client();
    while street.goes_on() {
        let nth = street.next();
        let (one, other) = (member(nth), member(nth + 1));
        let give = |from: &str, to: &str, minutes| {
            let context = Some(street.context(from));
            let (from, to) = (from.to_owned(), to.to_owned());
            v1::write::Request::GiveHours(v1::GiveHoursRequest { context, from, to, minutes })
        };
        let cash = |_| {
            v1::write::Request::ReceiveCash(v1::ReceiveCashRequest {
                context: Some(street.context("officers/1")),
                fund: "funds/1".to_owned(),
                source: v1::CashSource::Donation.into(),
                amount_pence: 1,
                ..v1::ReceiveCashRequest::default()
            })
        };
        let mut all =
            vec![give(&one, &other, 1), give(&other, &one, 1), give(&one, &other, 99_999)];
        all.extend((0..24).map(cash));
        street.batch(&client, all, 1).await;
        let help = v1::Help {
            giver: one.clone(),
            receiver: other,
            minutes: 1,
            task: v1::TaskKind::Shopping.into(),
            ..v1::Help::default()
        };
        // One in many: each is something to be remembered until time confirms it.
        if nth.is_multiple_of(4) {
            let context = Some(street.context(&one));
            let asked = v1::LogHoursRequest { context, help: Some(help) };
            client.log_hours(asked).await.unwrap();
            street.writes.fetch_add(1, Ordering::Relaxed);
        }
        sleep(REST).await;
    }
}

/// One look after the other, each of another kind.
async fn looks(street: Arc<Street>) {
    let (client, stranger) = (street.client(), {
        let options = Options { coop: COOP.to_owned(), tries: 1, ..Options::default() };
        Client::connect(&street.url, None, options).unwrap()
    });
    while street.goes_on() {
        let nth = street.next();
        let (context, page) = (Some(client.read_context()), None);
        let member = member(nth);
        match nth % 7 {
            0 => {
                let asked = v1::ListBalancesRequest { context, page };
                drop(client.list_balances(asked).await.unwrap());
            }
            1 => {
                let asked = v1::GetMemberRequest { context, member };
                drop(client.get_member(asked).await.unwrap());
            }
            2 => {
                let asked = v1::GetStatementRequest { context, member, ..Default::default() };
                drop(client.get_statement(asked).await.unwrap());
            }
            3 => {
                let asked = v1::GetStoreTotalsRequest { context };
                drop(client.get_store_totals(asked).await.unwrap());
            }
            4 => {
                let asked = v1::ListPendingHoursRequest { context, member, page };
                drop(client.list_pending_hours(asked).await.unwrap());
            }
            5 => {
                let of = Some(v1::get_receipt_request::Of::Position(
                    1 + i64::try_from(nth % 99).unwrap(),
                ));
                let coop = client.coop();
                let asked = v1::GetReceiptRequest { coop, of, leaf_only: false };
                drop(client.unchecked().get_receipt(asked).await.unwrap());
            }
            _ => {
                let asked = v1::ListBalancesRequest { context, page };
                stranger.list_balances(asked).await.unwrap_err();
                street.refused.fetch_add(1, Ordering::Relaxed);
            }
        }
        street.reads.fetch_add(1, Ordering::Relaxed);
        sleep(REST).await;
    }
}

/// Follows the history for a while, goes, and comes back to where it was.
async fn follows(street: Arc<Street>) {
    let client = street.client();
    let mut after_position = 0;
    while street.goes_on() {
        let asked = v1::WatchHistoryRequest { coop: client.coop(), after_position };
        let mut stream = client.unchecked().watch_history(asked).await.unwrap();
        let leaves = Instant::now() + Duration::from_secs(20);
        while street.goes_on() && Instant::now() < leaves {
            let Some(answer) = stream.message().await.unwrap() else { break };
            if let Some(last) = answer.entries.last() {
                after_position = last.position;
            }
        }
    }
}

/// Files that this process has open.
fn open_files() -> usize {
    fs::read_dir("/proc/self/fd").map_or(0, Iterator::count)
}

/// Lets a server live for so long, and prints what this process holds, which is the server and its callers.
pub(crate) fn measure(lasts: Duration, dir: &Path) {
    let first = Timestamp::from_unix_ms(FIRST_MS);
    let clock = Clock::by_hand(first);
    let opening = Opening { clock: clock.clone(), ..Opening::at(dir.join("served")) };
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    println!("\n### Memory, while a server lives through 350 days in {} s\n", lasts.as_secs());
    println!("| day | writes | refused | reads | held in memory | open files |");
    println!("|--:|--:|--:|--:|--:|--:|");
    let mut held = Vec::new();
    runtime.block_on(async {
        let house = House::open(&opening).unwrap();
        let serving = serve(house, ([127, 0, 0, 1], 0).into(), None).await.unwrap();
        let token = fs::read_to_string(opening.data.join("operator.token")).unwrap();
        let began = Instant::now();
        let street = Arc::new(Street {
            url: format!("http://{}", serving.address()),
            token: token.trim().to_owned(),
            clock: clock.clone(),
            until: began + lasts,
            ids: AtomicU64::new(0),
            writes: AtomicU64::new(0),
            refused: AtomicU64::new(0),
            reads: AtomicU64::new(0),
        });
        street.found().await;
        let mut callers = JoinSet::new();
        for _ in 0..WRITERS {
            callers.spawn(writes(Arc::clone(&street)));
        }
        for _ in 0..READERS {
            callers.spawn(looks(Arc::clone(&street)));
        }
        callers.spawn(follows(Arc::clone(&street)));
        let mut part = 0;
        while part < PARTS {
            sleep(Duration::from_millis(20)).await;
            let gone = began.elapsed().as_millis();
            let later = 10 * u128::from(REMEMBERED_MS.unsigned_abs()) * gone / lasts.as_millis();
            clock.set(Timestamp::from_unix_ms(FIRST_MS + i64::try_from(later).unwrap()));
            if gone * PARTS as u128 >= lasts.as_millis() * (part as u128 + 1) {
                part += 1;
                held.push(resident() >> 20);
                let days = later / 86_400_000;
                let [writes, refused, reads] = [&street.writes, &street.refused, &street.reads]
                    .map(|count| count.load(Ordering::Relaxed));
                let (held, files) = (resident() >> 20, open_files());
                println!("| {days} | {writes} | {refused} | {reads} | {held} MiB | {files} |");
            }
        }
        // A caller who found something wrong ends the table here.
        callers.join_all().await;
        serving.stop().await.unwrap();
    });
    most_of_halves(&held);
}
