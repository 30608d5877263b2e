//! More is asked than the writer takes: whoever is refused hears when to come again, and nothing of theirs was recorded.

use std::{collections::BTreeSet, time::Duration};

use ledger_client::{Client, Error, Options};
use ledger_proto::{Refusal, v1};
use ledger_server::Limits;
use tokio::task::JoinSet;
use tonic::Code;

use crate::harness::{COOP, Town, ask::Ask, refusal, run, say};

const CALLERS: usize = 64;

/// A server whose writer lets so many wait, with a fund.
async fn crowded(waiting: usize) -> Town {
    let mut town = Town::peopled().await;
    town.ok(say::open_fund("General", "")).await;
    town.stop().await;
    let limits = Limits { waiting, ..Limits::default() };
    let opening = ledger_server::Opening { limits, ..town.opening() };
    town.start_with(opening).await.unwrap();
    town
}

/// A penny, under an id of its own.
fn penny(town: &Town) -> v1::ReceiveCashRequest {
    v1::ReceiveCashRequest { context: Some(town.by("officers/1")), ..say::receive(1, 1) }
}

async fn pence(town: &Town) -> i64 {
    town.totals(town.read()).await.cash.unwrap().in_pence
}

/// It is busy, and says when to come again.
fn is_busy(told: &Refusal) {
    assert_eq!(told.reason, "BUSY", "{}", told.message);
    let wait = told.retry_after.unwrap();
    assert!(wait > Duration::ZERO && wait <= Duration::from_secs(5), "{wait:?}");
}

#[test]
fn of_a_batch_for_which_there_is_no_room_nothing_is_recorded() {
    run(async {
        let town = crowded(4).await;
        let before = town.position().await;
        let five: Vec<v1::Write> = (0..5).map(|_| penny(&town).write()).collect();
        let batch = |writes: &[v1::Write]| v1::SubmitBatchRequest { writes: writes.to_vec() };
        for _ in 0..3 {
            let told = town.client().submit_batch(batch(&five)).await.unwrap_err();
            is_busy(&refusal(told));
            assert_eq!(town.position().await, before, "nothing of it was recorded");
        }
        // What fits is taken, under the same ids: they had been used for nothing.
        let answer = town.client().submit_batch(batch(&five[..4])).await.unwrap();
        for (nth, result) in (1..).zip(answer.results) {
            let Some(v1::write_result::Result::Receipt(receipt)) = result.result else {
                panic!("{result:?}")
            };
            assert_eq!((receipt.position, receipt.replayed), (before + nth, false));
        }
        assert_eq!(pence(&town).await, 4);
    });
}

/// All ask at one moment: those that were recorded, and those that were refused as busy.
async fn ask_at_once(
    town: &Town,
    asked: Vec<v1::ReceiveCashRequest>,
) -> (Vec<v1::Receipt>, Vec<v1::ReceiveCashRequest>) {
    let mut calls = JoinSet::new();
    for request in asked {
        let (channel, token) = (town.channel(), town.token().to_owned());
        calls.spawn(async move {
            let answer = request.clone().bare(channel, Some(&token)).await;
            (request, answer)
        });
    }
    let (mut recorded, mut refused) = (Vec::new(), Vec::new());
    for (request, answer) in calls.join_all().await {
        match answer {
            Ok(receipt) => recorded.push(receipt),
            Err(status) => {
                assert_eq!(status.code(), Code::ResourceExhausted);
                is_busy(&Refusal::read(&status).unwrap());
                refused.push(request);
            }
        }
    }
    (recorded, refused)
}

#[test]
fn whoever_finds_no_room_comes_again_under_the_same_id_and_is_recorded_once() {
    run(async {
        let town = crowded(1).await;
        let (mut places, mut refusals, mut asked) = (BTreeSet::new(), 0, 0);
        let before = town.position().await;
        // While one is on its way to the platter, one waits, and nobody else: among many at one moment somebody is refused.
        while refusals == 0 {
            let mut waiting: Vec<_> = (0..CALLERS).map(|_| penny(&town)).collect();
            asked += waiting.len();
            assert!(asked < 100_000, "the writer takes whatever comes");
            while !waiting.is_empty() {
                let (recorded, refused) = ask_at_once(&town, waiting).await;
                for receipt in recorded {
                    // It is there for the first time: a refusal had recorded nothing.
                    assert!(!receipt.replayed, "{receipt:?}");
                    assert!(places.insert(receipt.position), "{receipt:?}");
                }
                // Reads go on meanwhile, and show what was recorded and nothing else.
                assert_eq!(pence(&town).await, i64::try_from(places.len()).unwrap());
                refusals += refused.len();
                waiting = refused;
            }
        }
        assert_eq!(places.len(), asked);
        let after = town.position().await;
        assert_eq!(places, (before + 1..=after).collect(), "no entry but these");
        // It has recovered: one caller alone is never refused.
        for _ in 0..20 {
            town.ok(say::receive(1, 1)).await;
        }
    });
}

#[test]
fn a_patient_client_comes_through_by_itself() {
    run(async {
        let town = crowded(1).await;
        let options = Options {
            coop: COOP.to_owned(),
            acting_as: "officers/1".to_owned(),
            tries: u32::MAX,
            patience: Duration::from_mins(5),
            deadline: Duration::from_mins(1),
            ..Options::default()
        };
        let url = format!("http://{}", town.address());
        let client = Client::connect(&url, Some(town.token()), options).unwrap();
        let mut calls = JoinSet::new();
        for _ in 0..CALLERS {
            let (client, request) = (client.clone(), penny(&town));
            calls.spawn(async move { request.send(&client).await });
        }
        let answers: Result<Vec<v1::Receipt>, Error> = calls.join_all().await.into_iter().collect();
        assert!(answers.unwrap().iter().all(|receipt| !receipt.replayed));
        assert_eq!(pence(&town).await, i64::try_from(CALLERS).unwrap());
    });
}
