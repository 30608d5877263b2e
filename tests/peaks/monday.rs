//! Monday at nine: fifty people look at everything, while others write.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicI64, Ordering},
    },
    time::{Duration, Instant},
};

use ledger_client::Client;
use ledger_proto::v1::{self, read_context::AsOf};
use tokio::task::JoinSet;

use super::{is_its_replay, tell};
use crate::harness::{Town, ask::Ask, request_id, run, say, say::member};

const READERS: usize = 50;
const WRITERS: u32 = 8;
const WRITES: usize = 60;

/// One who looks at everything again and again: each answer is of one moment, and no answer is older than the one before.
async fn reader(
    client: Client,
    nth: usize,
    over: Arc<AtomicBool>,
    told: Arc<AtomicI64>,
) -> Vec<Duration> {
    let (mut waits, mut newest) = (Vec::new(), 0);
    while !over.load(Ordering::Relaxed) {
        let asked = Instant::now();
        // What somebody was told of is there for everybody.
        let at_least_position = told.load(Ordering::SeqCst);
        let now = v1::ReadContext { at_least_position, ..client.read_context() };
        let request = v1::ListBalancesRequest { context: Some(now), page: None };
        let balances = client.list_balances(request).await.unwrap();
        waits.push(asked.elapsed());
        assert!(balances.position >= at_least_position.max(newest));
        newest = balances.position;
        let then =
            v1::ReadContext { as_of: Some(AsOf::AsOfPosition(newest)), ..client.read_context() };
        let asked = Instant::now();
        let request = v1::GetStoreTotalsRequest { context: Some(then.clone()) };
        let time = client.get_store_totals(request).await.unwrap().time.unwrap();
        waits.push(asked.elapsed());
        let rows = &balances.balances;
        let own: i64 = rows.iter().map(|row| row.balance_minutes + row.held_minutes).sum();
        assert_eq!(own + time.pot_minutes + time.commons_minutes, 0, "at {newest}");
        let row = &rows[nth % rows.len()];
        let asked = Instant::now();
        let request = v1::GetStatementRequest {
            context: Some(then),
            member: row.name.clone(),
            page: Some(v1::Page { page_size: 1_000, page_token: String::new() }),
            ..v1::GetStatementRequest::default()
        };
        let statement = client.get_statement(request).await.unwrap();
        waits.push(asked.elapsed());
        let head = statement.balance.unwrap();
        assert_eq!(head.balance_minutes, row.balance_minutes, "of {} at {newest}", row.name);
        let lines: i64 = statement.lines.iter().map(|line| line.minutes).sum();
        assert_eq!(lines, row.balance_minutes, "of {} at {newest}", row.name);
    }
    waits
}

/// One who enters hours, and reads them at once.
async fn writer(client: Client, (nth, now): (u32, i64), told: Arc<AtomicI64>) -> Vec<Duration> {
    let mut waits = Vec::new();
    for _ in 0..WRITES {
        let mut request = say::record(1 + nth % 3, 4, 1);
        let context = v1::WriteContext { request_id: request_id(now), ..client.write_context() };
        *request.context() = Some(context);
        let asked = Instant::now();
        let position = request.send(&client).await.unwrap().position;
        waits.push(asked.elapsed());
        told.fetch_max(position, Ordering::SeqCst);
        let context = v1::ReadContext { at_least_position: position, ..client.read_context() };
        let request = v1::GetMemberRequest { context: Some(context), member: member(1 + nth % 3) };
        let read = client.get_member(request).await.unwrap();
        assert!(read.position >= position && read.member.unwrap().revision >= position);
    }
    waits
}

#[test]
fn on_monday_at_nine_every_answer_is_of_one_moment() {
    run(async {
        let town = Town::peopled().await;
        // A cap of a day would end it.
        let policy = v1::PolicyValues { day_cap_minutes: 1_440, ..say::template() };
        town.ok(say::adopt(policy)).await;
        let (over, told) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicI64::new(0)));
        let mut readers = JoinSet::new();
        for nth in 0..READERS {
            readers.spawn(reader(town.client(), nth, Arc::clone(&over), Arc::clone(&told)));
        }
        let mut writers = JoinSet::new();
        for nth in 0..WRITERS {
            writers.spawn(writer(town.client(), (nth, town.now()), Arc::clone(&told)));
        }
        let wrote = writers.join_all().await.concat();
        over.store(true, Ordering::Relaxed);
        let read = readers.join_all().await.concat();
        assert!(read.len() >= READERS * 3, "everybody has looked");
        tell("Monday: writes beside 50 readers", wrote);
        tell("Monday: reads beside 8 writers", read);
        let own: i64 = super::accounts(&town).await.iter().map(|(own, _)| own).sum();
        assert_eq!(usize::try_from(own).unwrap(), WRITERS as usize * WRITES);
        is_its_replay(town).await;
    });
}
