//! `kill -9` of the whole server under load: what was acknowledged is there, and nothing is there twice.
//!
//! This test binary runs itself as the server, and is its sixteen callers, too.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::format_collect,
    reason = "a test that fails says so"
)]

use std::{
    collections::BTreeMap,
    env,
    io::{BufRead, BufReader},
    path::Path,
    process::{Child, Command, Stdio},
    sync::{Arc, Mutex},
};

use ledger_client::{Client, Error, Options};
use ledger_proto::{stored, v1};
use ledger_server::{House, Opening, serve, until_told};
use tokio::{sync::Notify, task::JoinSet};

use crate::{
    harness::{ask::Ask, request_id, run, say, token},
    power::{scattered, times},
};

const DATA: &str = "CARESTORE_VICTIM_DATA";
const CALLERS: usize = 16;

#[test]
#[ignore = "the part of this binary that gets killed"]
fn victim() {
    let Some(data) = env::var_os(DATA) else { return };
    run(async {
        let house = House::open(&Opening::at(data)).unwrap();
        let serving = serve(house, ([127, 0, 0, 1], 0).into(), None).await.unwrap();
        println!("\nserving {}", serving.address());
        until_told().await.unwrap();
    });
}

/// A server in a process of its own, and a client of it.
struct Victim {
    child: Child,
    client: Client,
}

impl Victim {
    fn start(data: &Path) -> Self {
        let mut child = Command::new(env::current_exe().unwrap())
            .args(["--exact", "server_kills::victim", "--ignored", "--nocapture"])
            .env(DATA, data)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let address =
            lines.find_map(|line| line.unwrap().strip_prefix("serving ").map(str::to_owned));
        let options = Options { coop: "colne-valley".to_owned(), tries: 1, ..Options::default() };
        let url = format!("http://{}", address.expect("the server starts"));
        let client = Client::connect(&url, Some(&token(data)), options).unwrap();
        Self { child, client }
    }

    fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

impl Drop for Victim {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// A write of one kind or another; both can be asked for again and again.
#[derive(Clone)]
enum Sent {
    Member(v1::EnrolMemberRequest),
    Cash(v1::ReceiveCashRequest),
}

impl Sent {
    fn new(client: &Client, n: usize) -> Self {
        let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
        let id = request_id(i64::try_from(now.as_millis()).unwrap());
        let context = Some(v1::WriteContext { request_id: id, ..client.write_context() });
        if n.is_multiple_of(3) {
            Self::Member(v1::EnrolMemberRequest { context, ..say::enrol(v1::Hat::Supporter) })
        } else {
            Self::Cash(v1::ReceiveCashRequest { context, ..say::receive(1, 1) })
        }
    }

    fn id(&self) -> String {
        let context = match self {
            Self::Member(request) => request.context.clone(),
            Self::Cash(request) => request.context.clone(),
        };
        context.unwrap().request_id
    }

    async fn send(self, client: &Client) -> Result<i64, Error> {
        let receipt = match self {
            Self::Member(request) => request.send(client).await,
            Self::Cash(request) => request.send(client).await,
        };
        receipt.map(|receipt| receipt.position)
    }
}

/// What callers know: the position of what was acknowledged, and what nobody answered.
#[derive(Default)]
struct Known {
    acknowledged: BTreeMap<String, i64>,
    unanswered: Vec<Sent>,
}

/// Sixteen callers write until the server is killed, which is when so many have been answered.
async fn load(victim: &mut Victim, known: &Arc<Mutex<Known>>, kill_at: usize) {
    let enough = Arc::new(Notify::new());
    let before = known.lock().unwrap().acknowledged.len();
    let mut callers = JoinSet::new();
    for caller in 0..CALLERS {
        let (client, known, enough) =
            (victim.client.clone(), Arc::clone(known), Arc::clone(&enough));
        callers.spawn(async move {
            for n in caller.. {
                let sent = Sent::new(&client, n);
                match sent.clone().send(&client).await {
                    Ok(position) => {
                        let mut known = known.lock().unwrap();
                        known.acknowledged.insert(sent.id(), position);
                        if known.acknowledged.len() >= before + kill_at {
                            enough.notify_one();
                        }
                    }
                    Err(Error::Unreachable { .. }) => {
                        known.lock().unwrap().unanswered.push(sent);
                        return;
                    }
                    Err(error) => panic!("{error:?}"),
                }
            }
        });
    }
    enough.notified().await;
    victim.kill();
    while let Some(done) = callers.join_next().await {
        done.unwrap();
    }
}

/// Every id of the log with its position; none is there twice.
async fn logged(client: &Client) -> BTreeMap<String, i64> {
    let request = v1::ReadHistoryRequest { coop: client.coop(), ..Default::default() };
    let mut stream = client.read_history(request).await.unwrap();
    let (mut ids, mut next) = (BTreeMap::new(), 1);
    while let Some(answer) = stream.message().await.transpose() {
        for entry in answer.unwrap().entries {
            assert_eq!(entry.position, next, "no gap");
            next += 1;
            let asked = stored::decode(&entry.entry).unwrap().asked.unwrap();
            let twice = ids.insert(hyphenated(asked.id.bytes()), entry.position);
            assert_eq!(twice, None, "nothing is there twice");
        }
    }
    ids
}

fn hyphenated(bytes: &[u8]) -> String {
    let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    [&hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]].join("-")
}

/// Nothing that was acknowledged is lost; what nobody answered is there once when it has been asked for again.
async fn settle(victim: &Victim, known: &Arc<Mutex<Known>>) {
    let acknowledged = known.lock().unwrap().acknowledged.clone();
    let found = logged(&victim.client).await;
    for (id, position) in &acknowledged {
        assert_eq!(found.get(id), Some(position), "{id} was acknowledged");
    }
    let unanswered = std::mem::take(&mut known.lock().unwrap().unanswered);
    for sent in unanswered {
        let position = sent.clone().send(&victim.client).await.unwrap();
        if let Some(there) = found.get(&sent.id()) {
            assert_eq!(*there, position, "it had been recorded, and the retry says where");
        }
        known.lock().unwrap().acknowledged.insert(sent.id(), position);
    }
    let all = known.lock().unwrap().acknowledged.clone();
    assert_eq!(logged(&victim.client).await, all, "and nothing else");
}

#[test]
fn no_kill_of_the_server_loses_or_doubles_anything() {
    run(async {
        let dir = tempfile::tempdir().unwrap();
        let known = Arc::new(Mutex::new(Known::default()));
        let mut victim = Victim::start(dir.path());
        let mut founding = say::found();
        founding.context = Some(victim.client.write_context());
        let mut fund = say::open_fund("General", "");
        fund.context = Some(victim.client.write_context());
        let ids = [&founding.context, &fund.context].map(|c| c.clone().unwrap().request_id);
        let first = founding.send(&victim.client).await.unwrap().position;
        let second = fund.send(&victim.client).await.unwrap().position;
        known.lock().unwrap().acknowledged.extend(ids.into_iter().zip([first, second]));
        for kill in 0..times("CARESTORE_SERVER_KILLS", 25) {
            let kill_at = usize::try_from(1 + scattered(kill) % 300).unwrap();
            load(&mut victim, &known, kill_at).await;
            victim = Victim::start(dir.path());
            settle(&victim, &known).await;
        }
        // Three in three were written: each penny that was asked for is in the fund, once.
        let request = v1::GetStoreTotalsRequest { context: Some(victim.client.read_context()) };
        let totals = victim.client.get_store_totals(request).await.unwrap();
        let request = v1::ListCoopsRequest { page: None };
        let coop = victim.client.list_coops(request).await.unwrap().coops[0].clone();
        let written = coop.position - 2;
        assert_eq!(totals.cash.unwrap().in_pence + coop.member_count, written);
    });
}
