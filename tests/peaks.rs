//! The busiest moments of a co-op's year, all callers at once over real connections: who wins is one, nobody is left without an
//! answer, and the books are those of a replay.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    clippy::panic,
    reason = "a test that fails says so, and prints what it saw"
)]

mod burst;
mod desk;
mod monday;
mod sitter;

use std::{
    collections::BTreeMap,
    sync::Arc,
    time::{Duration, Instant},
};

use ledger_client::{
    Client, Error,
    audit::{Options, audit_server, compare},
};
use ledger_core::MemberId;
use ledger_proto::v1::{self, write_result::Result as Came};
use tokio::{sync::Barrier, task::JoinSet};

use crate::harness::{Town, ask::Ask, say};

/// So many connections share the callers between them.
const CONNECTIONS: usize = 40;

/// What so many callers were told who asked at one moment, in no order.
async fn at_once<A, F>(
    town: &Town,
    what: &str,
    callers: usize,
    mut ask: impl FnMut(usize, Client) -> F,
) -> Vec<Result<A, Error>>
where
    A: Send + 'static,
    F: Future<Output = Result<A, Error>> + Send + 'static,
{
    let clients: Vec<Client> = (0..CONNECTIONS.min(callers)).map(|_| town.client()).collect();
    let together = Arc::new(Barrier::new(callers));
    let mut calls = JoinSet::new();
    for nth in 0..callers {
        let together = Arc::clone(&together);
        let call = ask(nth, clients[nth % clients.len()].clone());
        calls.spawn(async move {
            together.wait().await;
            let asked = Instant::now();
            let answer = call.await;
            (answer, asked.elapsed())
        });
    }
    let (answers, waits): (Vec<_>, Vec<_>) = calls.join_all().await.into_iter().unzip();
    tell(what, waits);
    answers
}

/// Says how long callers waited.
fn tell(what: &str, mut waits: Vec<Duration>) {
    waits.sort();
    let at = |of_hundred: usize| waits[(waits.len() - 1) * of_hundred / 100].as_secs_f64() * 1e3;
    let (p50, p99, longest) = (at(50), at(99), at(100));
    println!("| {what} | {} | {p50:.1} | {p99:.1} | {longest:.1} |", waits.len());
}

/// How often each answer came: "recorded", or the reason of a refusal.
fn counted<A>(answers: &[Result<A, Error>]) -> BTreeMap<String, usize> {
    let mut counted = BTreeMap::new();
    for answer in answers {
        let said = match answer {
            Ok(_) => "recorded".to_owned(),
            Err(error) => crate::harness::reason(error),
        };
        *counted.entry(said).or_default() += 1;
    }
    counted
}

/// Sends writes, as many in one batch as it takes, as somebody.
async fn batch<R: Ask>(
    town: &Town,
    who: &str,
    requests: impl Iterator<Item = R>,
) -> Vec<v1::Receipt> {
    let writes = requests.map(|mut request| {
        *request.context() = Some(town.by(who));
        request.write()
    });
    let writes: Vec<v1::Write> = writes.collect();
    let mut receipts = Vec::new();
    for some in writes.chunks(1_000) {
        let request = v1::SubmitBatchRequest { writes: some.to_vec() };
        let results = town.client().submit_batch(request).await.unwrap().results;
        receipts.extend(results.into_iter().map(|result| match result.result {
            Some(Came::Receipt(receipt)) => receipt,
            other => panic!("it is recorded: {other:?}"),
        }));
    }
    receipts
}

/// So many more members with a hat; the number of the first as tests count them, from 1.
async fn enrolled(town: &Town, hat: v1::Hat, members: usize) -> u32 {
    let receipts = batch(town, "officers/1", (0..members).map(|_| say::enrol(hat))).await;
    let number: u32 = receipts[0].name.rsplit('/').next().unwrap().parse().unwrap();
    number + 1 - MemberId::FIRST
}

/// All balances, over all pages.
async fn accounts(town: &Town) -> Vec<(i64, i64)> {
    let (mut rows, mut page_token) = (Vec::new(), String::new());
    loop {
        let page = Some(v1::Page { page_size: 1_000, page_token });
        let request = v1::ListBalancesRequest { context: Some(town.read()), page };
        let answer = town.client().list_balances(request).await.unwrap();
        rows.extend(answer.balances.iter().map(|row| (row.balance_minutes, row.held_minutes)));
        page_token = answer.next_page_token;
        if page_token.is_empty() {
            return rows;
        }
    }
}

/// What an auditor makes of the log is what is served, and a start comes to the same.
async fn is_its_replay(mut town: Town) {
    let mut audited = audit_server(&town.client(), &Options::default(), &mut |_| {}).await.unwrap();
    compare(&mut audited, &town.client()).await;
    assert_eq!(audited.report.exit_code, 0, "{:?}", audited.report.findings);
    let before = (accounts(&town).await, town.totals(town.read()).await);
    town.restart().await;
    assert_eq!((accounts(&town).await, town.totals(town.read()).await), before);
}
