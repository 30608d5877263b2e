//! A day, as it was known at a moment: what was entered later does not count, on any page, and nor does its reversal.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::unnecessary_wraps,
    reason = "a test that fails says so; as the messages want it"
)]

use ledger_proto::v1::{
    self,
    read_context::{AsOf, KnownAt},
};

use crate::harness::{DAY, TODAY, Town, reason, refusal, run, say, say::member};

/// By the end of the first day, of what was known at this moment.
fn first_day(town: &Town, known_at: Option<KnownAt>) -> v1::ReadContext {
    v1::ReadContext { known_at, ..town.read_as_of(AsOf::AsOfDay(TODAY.to_owned())) }
}

fn at(receipt: &v1::Receipt) -> Option<KnownAt> {
    Some(KnownAt::KnownAtPosition(receipt.position))
}

fn yesterday(context: &mut v1::WriteContext) {
    TODAY.clone_into(&mut context.occurred_on);
}

/// Sixty minutes on the first day; the day after, thirty more of the first and five of the second, which brings a
/// member, a fund and a gift along; and the first sixty are reversed.
async fn two_days() -> (Town, [v1::Receipt; 4]) {
    let town = Town::peopled().await;
    let first = town.ok(say::record(1, 4, 60)).await;
    town.later(DAY);
    let late = town.ask_with(say::record(1, 4, 30), yesterday).await.unwrap();
    town.ok(say::record(1, 4, 5)).await;
    town.ok(say::enrol(v1::Hat::Supporter)).await;
    town.ok(say::open_fund("General", "")).await;
    let given = town.ask_with(say::receive(1, 500), yesterday).await.unwrap();
    let reversal = town.ok(say::reverse(first.position)).await;
    (town, [first, late, given, reversal])
}

#[test]
fn a_day_is_told_as_it_was_known() {
    run(async {
        let (town, [first, late, given, reversal]) = two_days().await;
        let balance = async |known_at| town.balances(first_day(&town, known_at)).await[0].0;
        assert_eq!(balance(None).await, 30);
        assert_eq!(balance(at(&first)).await, 60);
        assert_eq!(balance(first.record_time.map(KnownAt::KnownAtTime)).await, 60);
        assert_eq!(balance(at(&late)).await, 90);
        assert_eq!(balance(at(&given)).await, 90, "not that of the day after");
        assert_eq!(balance(at(&reversal)).await, 30);
        assert_eq!(balance(reversal.record_time.map(KnownAt::KnownAtTime)).await, 30);
        assert_eq!(balance(Some(KnownAt::KnownAtPosition(5))).await, 0);
        let nobody = first_day(&town, Some(KnownAt::KnownAtPosition(0)));
        assert_eq!(town.balances(nobody).await, []);
        assert_eq!(town.balances(first_day(&town, at(&late))).await.len(), 4);
        assert_eq!(town.balances(first_day(&town, at(&given))).await.len(), 5);

        let totals = async |known_at| town.totals(first_day(&town, known_at)).await;
        assert_eq!(totals(at(&late)).await.time.unwrap().in_minutes, 90);
        assert_eq!(totals(at(&late)).await.cash.unwrap().funds, []);
        assert_eq!(totals(at(&given)).await.cash.unwrap().funds[0].balance_pence, 500);
        assert_eq!(totals(None).await.time.unwrap().in_minutes, 30);
    });
}

#[test]
fn what_came_later_is_in_no_line_of_a_statement() {
    run(async {
        let (town, [first, late, _, reversal]) = two_days().await;
        let lines = async |context| {
            let request = v1::GetStatementRequest {
                context: Some(context),
                member: member(1),
                ..v1::GetStatementRequest::default()
            };
            let answer = town.client().get_statement(request).await.unwrap();
            let lines = answer.lines.iter();
            lines.map(|line| (line.position, line.minutes, line.reversed_by)).collect::<Vec<_>>()
        };
        let sixty = (first.position, 60, 0);
        let thirty = (late.position, 30, 0);
        assert_eq!(lines(first_day(&town, at(&first))).await, [sixty]);
        assert_eq!(lines(first_day(&town, at(&late))).await, [sixty, thirty]);
        let reversed = (first.position, 60, reversal.position);
        let back = (reversal.position, -60, 0);
        assert_eq!(lines(first_day(&town, None)).await, [reversed, thirty, back]);
        let then = town.read_as_of(AsOf::AsOfPosition(late.position));
        assert_eq!(lines(then).await, [sixty, thirty], "nor by a position");
        let exchanges = async |context| {
            let request = v1::ListExchangesRequest { context: Some(context), ..Default::default() };
            let answer = town.client().list_exchanges(request).await.unwrap();
            let rows = answer.exchanges.iter();
            rows.map(|row| (row.position, row.minutes, row.reversed_by)).collect::<Vec<_>>()
        };
        assert_eq!(exchanges(first_day(&town, at(&late))).await, [sixty, thirty]);
        assert_eq!(exchanges(first_day(&town, None)).await, [reversed, thirty]);
    });
}

#[test]
fn later_pages_know_no_more_than_the_first() {
    run(async {
        let (town, [first, late, ..]) = two_days().await;
        let soon = prost_types::Timestamp { seconds: town.now() / 1000 + 86_400, nanos: 0 };
        let known = [None, at(&late), at(&first), Some(KnownAt::KnownAtTime(soon))];
        for (known_at, expected) in known.into_iter().zip([[30, 0], [90, 0], [60, 0], [31, 2]]) {
            let mut token = String::new();
            let mut rows = Vec::new();
            for nth in 1..=2 {
                let page = Some(v1::Page { page_size: 1, page_token: token });
                let context = Some(first_day(&town, known_at));
                let request = v1::ListBalancesRequest { context, page };
                let answer = town.client().list_balances(request).await.unwrap();
                rows.extend(answer.balances.iter().map(|row| row.balance_minutes));
                token = answer.next_page_token;
                // While somebody reads, more becomes known of that day.
                if nth == 1 && known_at.is_none_or(|known| known == KnownAt::KnownAtTime(soon)) {
                    town.ask_with(say::record(1, 4, 1), yesterday).await.unwrap();
                    town.ask_with(say::record(2, 4, 2), yesterday).await.unwrap();
                }
            }
            assert_eq!(rows, expected, "{known_at:?}");
        }
    });
}

#[test]
fn what_is_known_goes_with_a_day_only() {
    run(async {
        let (town, _) = two_days().await;
        let known_at = Some(KnownAt::KnownAtPosition(3));
        for as_of in [None, Some(AsOf::AsOfPosition(4))] {
            let context = v1::ReadContext { as_of, known_at, ..town.read() };
            let request = v1::ListBalancesRequest { context: Some(context), page: None };
            let refused = refusal(town.client().list_balances(request).await.unwrap_err());
            assert_eq!(refused.reason, "INVALID_FIELD");
            assert_eq!(refused.violations[0].field, "context.known_at_position");
        }
        let beyond = first_day(&town, Some(KnownAt::KnownAtPosition(99)));
        let request = v1::ListBalancesRequest { context: Some(beyond), page: None };
        let refused = town.client().list_balances(request).await.unwrap_err();
        assert_eq!(reason(&refused), "POSITION_BEYOND_HEAD");
    });
}
