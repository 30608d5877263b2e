//! The Store: cash by fund, gifts in kind, and totals in three units that are never added up.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that fails says so")]

use ledger_proto::v1::{self, read_context::AsOf};

use crate::harness::{DAY, TODAY, Town, refusal, run, say, say::member};

async fn cash(town: &Town) -> v1::CashTotals {
    town.totals(town.read()).await.cash.unwrap()
}

#[test]
fn a_restricted_fund_is_spent_on_its_purpose_and_never_below_zero() {
    run(async {
        let town = Town::founded().await;
        town.ok(say::open_fund("General", "")).await;
        let learning = town.ok(say::open_fund("Learning", "courses")).await;
        assert_eq!(learning.name, "coops/colne-valley/funds/2");
        town.ok(say::receive(2, 10_000)).await;
        let refused = refusal(town.ask(say::spend(2, 500, "")).await.unwrap_err());
        assert_eq!(
            (refused.reason.as_str(), refused.metadata["purpose"].as_str()),
            ("OFF_PURPOSE", "courses")
        );
        assert_eq!(town.no(say::spend(2, 500, "tea")).await, "OFF_PURPOSE");
        let refused = refusal(town.ask(say::spend(2, 10_001, "courses")).await.unwrap_err());
        assert_eq!(
            (refused.reason.as_str(), refused.metadata["balance_pence"].as_str()),
            ("FUND_TOO_SMALL", "10000")
        );
        town.ok(say::spend(2, 4_000, "courses")).await;
        town.ok(say::receive(1, 700)).await;
        let cash = cash(&town).await;
        assert_eq!((cash.in_pence, cash.out_pence, cash.free_pence), (10_700, 4_000, 700));
        let learning = &cash.funds[1];
        assert_eq!(
            (learning.balance_pence, learning.in_pence, learning.out_pence),
            (6_000, 10_000, 4_000)
        );
        assert_eq!((learning.title.as_str(), learning.purpose.as_str()), ("Learning", "courses"));
    });
}

#[test]
fn a_treasurer_keeps_the_cash_and_nothing_else() {
    run(async {
        let town = Town::peopled().await;
        town.ok(say::appoint(v1::OfficerRole::Treasurer, &member(2))).await;
        town.ok_as("officers/2", say::open_fund("General", "")).await;
        town.ok_as("officers/2", say::receive(1, 500)).await;
        let paid = v1::SpendCashRequest { member: member(2), ..say::spend(1, 100, "") };
        let own = town.ask_as("officers/2", paid.clone()).await.unwrap_err();
        assert_eq!(refusal(own).reason, "NEEDS_ANOTHER_PERSON", "not to themselves");
        town.ok(paid).await;
        let hours = town.ask_as("officers/2", say::record(1, 4, 60)).await.unwrap_err();
        assert_eq!(refusal(hours).reason, "OFFICERS_ONLY");
    });
}

#[test]
fn gifts_in_kind_are_counted_and_their_value_stands_beside_the_money() {
    run(async {
        let town = Town::founded().await;
        town.ok(say::open_fund("General", "")).await;
        town.ok(say::receive_in_kind("printing", 100, 2_500)).await;
        let hall = town.ok(say::receive_in_kind("the hall", 3, 0)).await;
        town.ok(say::use_in_kind(1, 40)).await;
        assert_eq!(town.no(say::use_in_kind(1, 61)).await, "OUT_OF_STOCK");
        let totals = town.totals(town.read()).await;
        let kind = totals.kind.unwrap();
        assert_eq!((kind.in_items, kind.out_items, kind.free_items), (103, 40, 63));
        assert_eq!((kind.valued_pence, totals.cash.unwrap().in_pence), (2_500, 0));
        town.ok(say::reverse(hall.position)).await;
        let request = v1::ListOffersRequest { context: Some(town.read()), page: None };
        let offers = town.client().list_offers(request).await.unwrap().offers;
        assert_eq!((offers.len(), offers[0].stock, offers[0].used), (1, 60, 40));
        assert_eq!(town.totals(town.read()).await.kind.unwrap().in_items, 100);
    });
}

#[test]
fn totals_stand_as_they_did_and_a_reversal_takes_back_what_was_counted() {
    run(async {
        let town = Town::peopled().await;
        town.ok(say::open_fund("General", "")).await;
        let received = town.ok(say::receive(1, 10_000)).await;
        let printing = town.ok(say::receive_in_kind("printing", 100, 2_500)).await;
        say::bakery(&town, 10).await;
        let given = town.ok(say::to_pot(1, 90)).await;
        let before = town.totals(town.read()).await;
        town.later(DAY);
        let spent = town.ok(say::spend(1, 400, "")).await;
        let after = town.totals(town.read()).await;
        for position in [spent.position, received.position, printing.position, given.position] {
            town.ok(say::reverse(position)).await;
        }
        let reversed = town.totals(town.read()).await;
        let cash = reversed.cash.unwrap();
        assert_eq!((cash.in_pence, cash.out_pence, cash.funds[0].balance_pence), (0, 0, 0));
        let kind = reversed.kind.unwrap();
        assert_eq!((kind.in_items, kind.free_items, kind.valued_pence), (0, 0, 0));
        let time = reversed.time.unwrap();
        assert_eq!((time.in_minutes, time.pot_minutes, time.commons_minutes), (0, 0, 0));
        let at = async |as_of| town.totals(town.read_as_of(as_of)).await;
        let position = at(AsOf::AsOfPosition(before.position)).await;
        assert_eq!(
            (&position.cash, &position.kind, &position.time),
            (&before.cash, &before.kind, &before.time)
        );
        let time = at(AsOf::AsOfTime(given.record_time.unwrap())).await;
        assert_eq!((&time.cash, &time.vouchers), (&before.cash, &before.vouchers));
        let spent = at(AsOf::AsOfTime(spent.record_time.unwrap())).await;
        assert_eq!(spent.cash, cash_now(&town).await, "the reversals are of that moment, too");
        assert_eq!(at(AsOf::AsOfPosition(after.position)).await.cash, after.cash);
        // A reversal speaks of the day of what it reverses.
        assert_eq!(at(AsOf::AsOfDay(TODAY.to_owned())).await.cash.unwrap().in_pence, 0);
    });
}

async fn cash_now(town: &Town) -> Option<v1::CashTotals> {
    town.totals(town.read()).await.cash
}

#[test]
fn what_the_community_makes_good_for_somebody_who_leaves_was_given_by_nobody() {
    run(async {
        let town = Town::peopled().await;
        town.ok(say::give(3, 1, 100)).await;
        let leaving = town.ok(say::leave(3)).await;
        let time = town.totals(town.read()).await.time.unwrap();
        assert_eq!((time.in_minutes, time.commons_minutes), (0, -100), "nobody helped");
        assert_eq!(town.balances(town.read()).await[2], (0, 0));
        town.ok(say::reverse(leaving.position)).await;
        let time = town.totals(town.read()).await.time.unwrap();
        assert_eq!((time.in_minutes, time.commons_minutes), (0, 0));
        assert_eq!(town.balance(3).await, -100);
    });
}
