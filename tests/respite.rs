//! Respite, from the asking to what it came to.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that fails says so")]

use ledger_proto::v1;

use crate::harness::{DAY, HOUR, Town, ask::Ask, reason, refusal, run, say, say::member};

async fn listed(town: &Town) -> Vec<v1::Respite> {
    let request = v1::ListRespiteRequest { context: Some(town.read()), ..Default::default() };
    town.client().list_respite(request).await.unwrap().respite
}

async fn out_minutes(town: &Town) -> i64 {
    town.totals(town.read()).await.time.unwrap().out_minutes
}

#[test]
fn respite_is_asked_agreed_and_delivered_and_the_rest_is_released() {
    run(async {
        let town = Town::peopled().await;
        let asked = say::asked(&town, 180).await;
        assert_eq!(town.balances(town.read()).await[2], (-180, 180));
        assert_eq!(town.totals(town.read()).await.time.unwrap().held_minutes, 180);
        assert_eq!(listed(&town).await[0].status(), v1::RespiteStatus::Asked);
        town.ok_as(&member(1), say::agree(asked, 1)).await;
        let agreed = &listed(&town).await[0];
        assert_eq!(
            (agreed.status(), agreed.start_time.as_str()),
            (v1::RespiteStatus::Agreed, "10:00")
        );
        town.ok_as(&member(3), say::deliver(asked, 150)).await;
        assert_eq!(town.balances(town.read()).await, [(150, 0), (0, 0), (-150, 0), (0, 0)]);
        assert_eq!(listed(&town).await.len(), 0);
        let time = town.totals(town.read()).await.time.unwrap();
        assert_eq!((time.out_minutes, time.held_minutes, time.in_minutes), (150, 0, 0));
    });
}

#[test]
fn what_went_beyond_the_promise_is_counted_like_the_rest() {
    run(async {
        let town = Town::peopled().await;
        for (giver, balances) in [(1, (200, -200)), (0, (200, -400))] {
            let asked = say::asked(&town, 180).await;
            town.ok(say::agree(asked, giver)).await;
            let longer = say::deliver(asked, 200);
            let refused = refusal(town.ask(longer.clone()).await.unwrap_err());
            assert_eq!(
                (refused.reason.as_str(), refused.metadata["held_minutes"].as_str()),
                ("MORE_THAN_HELD", "180")
            );
            let longer = v1::DeliverRespiteRequest { carer_agrees_to_more: true, ..longer };
            town.ok_as(&member(3), longer).await;
            assert_eq!((town.balance(1).await, town.balance(3).await), balances);
        }
        assert_eq!(out_minutes(&town).await, 400, "and so do the totals");
    });
}

#[test]
fn a_delivery_by_staff_goes_back_to_the_community() {
    run(async {
        let town = Town::peopled().await;
        let asked = say::asked(&town, 60).await;
        town.ok(say::agree(asked, 0)).await;
        town.ok(say::deliver(asked, 60)).await;
        let time = town.totals(town.read()).await.time.unwrap();
        assert_eq!((town.balance(3).await, time.commons_minutes, time.out_minutes), (-60, 60, 60));
        assert_eq!(town.no(say::deliver(asked, 60)).await, "ALREADY_SETTLED");
    });
}

#[test]
fn what_comes_to_nothing_is_released_whoever_ended_it() {
    run(async {
        let town = Town::peopled().await;
        let asked = say::asked(&town, 60).await;
        town.ok_as(&member(3), say::cancel_respite(asked)).await;
        let asked = say::asked(&town, 60).await;
        town.ok(say::no_cover(asked)).await;
        let asked = say::asked(&town, 60).await;
        town.ok_as(&member(2), say::agree(asked, 2)).await;
        town.ok_as(&member(2), say::withdraw(asked)).await;
        assert_eq!(town.balances(town.read()).await[2], (-60, 60), "asked for again");
        town.ok_as(&member(1), say::agree(asked, 1)).await;
        town.ok_as(&member(3), say::no_show(asked, v1::RespiteSide::Giver)).await;
        assert_eq!(town.balances(town.read()).await, [(0, 0); 4]);
        assert_eq!(out_minutes(&town).await, 0);
    });
}

#[test]
fn a_promise_lapses_by_time_and_what_it_held_comes_back() {
    run(async {
        let town = Town::peopled().await;
        let asked = say::asked(&town, 60).await;
        town.ok(say::agree(asked, 1)).await;
        town.later(30 * DAY + 11 * HOUR);
        town.ok(say::enrol(v1::Hat::Supporter)).await;
        assert_eq!(town.balances(town.read()).await[2], (-60, 60), "until the day is over");
        town.later(HOUR);
        assert_eq!(town.no(say::deliver(asked, 60)).await, "ALREADY_SETTLED");
        assert_eq!(town.balances(town.read()).await[2], (0, 0));
    });
}

#[test]
fn a_delivery_is_reversed_and_the_promise_stays_settled() {
    run(async {
        let town = Town::peopled().await;
        let asked = say::asked(&town, 90).await;
        assert_eq!(town.no(say::reverse(asked)).await, "CANCEL_INSTEAD");
        town.ok(say::agree(asked, 1)).await;
        let done = town.ok(say::deliver(asked, 60)).await;
        town.ok(say::reverse(done.position)).await;
        assert_eq!(town.balances(town.read()).await, [(0, 0); 4], "the hold does not come back");
        let time = town.totals(town.read()).await.time.unwrap();
        assert_eq!((time.out_minutes, time.held_minutes), (0, 0));
        assert_eq!(town.no(say::deliver(asked, 60)).await, "ALREADY_SETTLED");
    });
}

/// A thousand carers' days, and one sitter who can only be in one place.
#[test]
fn of_a_thousand_who_want_the_same_sitter_at_once_exactly_one_gets_them() {
    const CARERS: u32 = 1_000;
    run(async {
        let town = Town::founded().await;
        town.ok(say::enrol(v1::Hat::CommunityVolunteer)).await;
        let mut writes = Vec::new();
        for nth in 2..=CARERS + 1 {
            let mut enrol = say::enrol(v1::Hat::FamilyCarer);
            enrol.context = Some(town.by("officers/1"));
            let mut asked = say::respite(nth, 60, "2026-03-03");
            asked.context = Some(town.by("officers/1"));
            writes.extend([enrol.write(), asked.write()]);
        }
        let mut asked = Vec::new();
        for some in writes.chunks(1_000) {
            let request = v1::SubmitBatchRequest { writes: some.to_vec() };
            for result in town.client().submit_batch(request).await.unwrap().results {
                let Some(v1::write_result::Result::Receipt(receipt)) = result.result else {
                    panic!("{result:?}");
                };
                asked.extend(receipt.name.contains("/respite/").then_some(receipt.position));
            }
        }
        assert_eq!(asked.len(), CARERS as usize);
        let client = town.client();
        let mut calls = tokio::task::JoinSet::new();
        for (nth, position) in asked.into_iter().enumerate() {
            let mut request = say::agree(position, 1);
            // Half an hour off for some: they overlap all the same.
            if nth % 2 == 1 {
                "10:30".clone_into(&mut request.start_time);
            }
            request.context = Some(town.by(&member(1)));
            let client = client.clone();
            calls.spawn(async move { request.send(&client).await });
        }
        let mut refused = 0;
        while let Some(done) = calls.join_next().await {
            if let Err(error) = done.unwrap() {
                assert_eq!(reason(&error), "ALREADY_BOOKED");
                refused += 1;
            }
        }
        assert_eq!(refused, CARERS - 1, "exactly one wins");
        let request = v1::ListRespiteRequest {
            context: Some(town.read()),
            member: member(1),
            ..Default::default()
        };
        assert_eq!(town.client().list_respite(request).await.unwrap().respite.len(), 1);
    });
}
