//! Vouchers, from the pledge to the business.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that fails says so")]

use ledger_proto::v1::{self, read_context::AsOf};

use crate::harness::{COOP, DAY, Town, reason, refusal, run, say, say::member};

async fn with_bakery() -> Town {
    let town = Town::peopled().await;
    say::bakery(&town, 20).await;
    town
}

async fn totals(town: &Town) -> v1::VoucherTotals {
    town.totals(town.read()).await.vouchers.unwrap()
}

async fn redeemed_by_stranger(
    town: &Town,
    code: &str,
) -> Result<v1::RedeemVoucherResponse, ledger_client::Error> {
    let request = v1::RedeemVoucherRequest { context: Some(town.by("")), ..say::redeem(code) };
    town.stranger().redeem_voucher(request).await
}

#[test]
fn a_business_redeems_by_the_code_alone() {
    run(async {
        let town = with_bakery().await;
        let issued = town.ok(say::issue(1, 1)).await;
        let code = issued.voucher_code.clone();
        assert_eq!(code.len(), 13);
        let request = v1::ListVouchersRequest { context: Some(town.read()), ..Default::default() };
        let open = town.client().list_vouchers(request.clone()).await.unwrap().vouchers;
        assert_eq!(
            (open[0].business.as_str(), open[0].face_value_pence),
            ("Slaithwaite Bakery", 750)
        );
        let typed = code.to_lowercase().replace('-', " ");
        let answer = redeemed_by_stranger(&town, &typed).await.unwrap();
        assert_eq!(
            (answer.business.as_str(), answer.face_value_pence),
            ("Slaithwaite Bakery", 750)
        );
        let twice = redeemed_by_stranger(&town, &code).await.unwrap_err();
        assert_eq!(reason(&twice), "ALREADY_SETTLED");
        assert_eq!(town.client().list_vouchers(request).await.unwrap().vouchers.len(), 0);
        let counted = totals(&town).await;
        assert_eq!(
            (counted.pledged, counted.issued, counted.redeemed, counted.open, counted.free),
            (20, 1, 1, 0, 19)
        );
        assert_eq!(town.balance(1).await, 0, "a thank-you moves no minutes");
    });
}

#[test]
fn a_retried_issue_gives_the_same_code_and_one_voucher() {
    run(async {
        let mut town = with_bakery().await;
        let asked =
            v1::IssueVoucherRequest { context: Some(town.by("officers/1")), ..say::issue(1, 1) };
        let mut trial = asked.clone();
        trial.context.as_mut().unwrap().validate_only = true;
        assert_eq!(town.ok(trial).await.voucher_code, "", "nobody can redeem a trial");
        let first = town.ok(asked.clone()).await;
        town.restart().await;
        let again = town.ok(asked).await;
        assert_eq!(again, v1::Receipt { replayed: true, ..first });
        assert_eq!(totals(&town).await.issued, 1);
        let other = town.ok(say::issue(1, 1)).await;
        assert_ne!(other.voucher_code, again.voucher_code);
    });
}

#[test]
fn a_retried_redemption_says_again_what_it_was_worth() {
    run(async {
        let town = with_bakery().await;
        let code = town.ok(say::issue(1, 1)).await.voucher_code;
        let request = v1::RedeemVoucherRequest { context: Some(town.by("")), ..say::redeem(&code) };
        let first = town.stranger().redeem_voucher(request.clone()).await.unwrap();
        let again = town.stranger().redeem_voucher(request).await.unwrap();
        assert!(again.receipt.unwrap().replayed);
        assert_eq!(
            (again.face_value_pence, again.business),
            (first.face_value_pence, first.business)
        );
    });
}

#[test]
fn a_wrong_code_is_told_from_a_slip() {
    run(async {
        let town = with_bakery().await;
        let code = town.ok(say::issue(1, 1)).await.voucher_code;
        // One sign is another. Backwards, one code in some thirty would be well made.
        let (rest, last) = code.split_at(code.len() - 1);
        let slip = format!("{rest}{}", if last == "2" { "3" } else { "2" });
        let refused = refusal(redeemed_by_stranger(&town, &slip).await.unwrap_err());
        assert_eq!(refused.reason, "INVALID_FIELD");
        assert_eq!(refused.violations[0].field, "code");
        // A code that is well made and nobody's.
        let secrets = ledger_proto::Secrets::new([1; 32]);
        let id = ledger_core::RequestId::of_time(ledger_core::Timestamp::default(), [1; 10]);
        let nobodys = secrets.voucher_code(id).to_string();
        let refused = redeemed_by_stranger(&town, &nobodys).await.unwrap_err();
        assert_eq!(reason(&refused), "VOUCHER_NOT_FOUND");
    });
}

#[test]
fn a_stranger_has_so_many_tries_and_an_officer_goes_on() {
    run(async {
        let town = with_bakery().await;
        let code = town.ok(say::issue(1, 1)).await.voucher_code;
        let mut limited = None;
        for _ in 0..40 {
            let error = redeemed_by_stranger(&town, "0000-0000-000").await.unwrap_err();
            if reason(&error) == "RATE_LIMITED" {
                limited = Some(refusal(error));
                break;
            }
        }
        assert!(limited.expect("not everybody may guess for ever").retry_after.is_some());
        assert!(
            redeemed_by_stranger(&town, &code).await.is_err(),
            "the right one has to wait, too"
        );
        // Whoever shows a token is no stranger.
        town.ok(say::redeem(&code)).await;
    });
}

#[test]
fn a_stranger_speaks_for_nobody() {
    run(async {
        let town = with_bakery().await;
        let code = town.ok(say::issue(1, 1)).await.voucher_code;
        for who in ["officers/1", &member(1)] {
            let request =
                v1::RedeemVoucherRequest { context: Some(town.by(who)), ..say::redeem(&code) };
            let refused = town.stranger().redeem_voucher(request).await.unwrap_err();
            assert_eq!(reason(&refused), "TOKEN_MISSING", "{who}");
        }
        let mut request =
            v1::RedeemVoucherRequest { context: Some(town.by("")), ..say::redeem(&code) };
        let guard = v1::ExpectedRevision { name: member(1), revision: 1 };
        request.context.as_mut().unwrap().expected_revision = Some(guard);
        let refused = town.stranger().redeem_voucher(request).await.unwrap_err();
        assert_eq!(reason(&refused), "TOKEN_MISSING", "nor asks about anybody");
        let unknown = town.client_of(COOP, Some("cst_unknown"));
        let request = v1::RedeemVoucherRequest { context: Some(town.by("")), ..say::redeem(&code) };
        let refused = unknown.redeem_voucher(request).await.unwrap_err();
        assert_eq!(reason(&refused), "TOKEN_UNKNOWN");
        redeemed_by_stranger(&town, &code).await.unwrap();
    });
}

#[test]
fn a_cancelled_voucher_goes_back_into_stock_and_a_lapsed_one_does_not() {
    run(async {
        let town = with_bakery().await;
        let first = town.ok(say::issue(1, 1)).await;
        let last = town.ok(say::issue(1, 2)).await;
        town.ok(say::cancel_voucher(first.position)).await;
        assert_eq!(town.no(say::redeem(&first.voucher_code)).await, "ALREADY_SETTLED");
        town.later(305 * DAY);
        town.ok(say::enrol(v1::Hat::Supporter)).await;
        let counted = totals(&town).await;
        assert_eq!((counted.cancelled, counted.lapsed, counted.open, counted.free), (1, 1, 0, 19));
        assert_eq!(town.no(say::redeem(&last.voucher_code)).await, "ALREADY_SETTLED");
        let before = AsOf::AsOfPosition(last.position);
        let counted = town.totals(town.read_as_of(before)).await.vouchers.unwrap();
        assert_eq!((counted.issued, counted.open, counted.cancelled, counted.lapsed), (2, 2, 0, 0));
    });
}

#[test]
fn an_exchange_takes_hours_and_a_cancelled_one_gives_them_back() {
    run(async {
        let town = with_bakery().await;
        let exchange = v1::PolicyValues {
            voucher_basis: v1::VoucherBasis::Exchange.into(),
            voucher_price_minutes: 60,
            ..say::template()
        };
        let mut request = say::adopt(exchange);
        request.context = Some(town.by("officers/1"));
        let adopted = town.client().adopt_policy(request).await.unwrap();
        assert!(adopted.warning.contains("benefits"));
        let issued = town.ok(say::issue(1, 1)).await;
        let pot = async || town.totals(town.read()).await.time.unwrap().pot_minutes;
        assert_eq!((town.balance(1).await, pot().await), (-60, 60));
        town.ok(say::cancel_voucher(issued.position)).await;
        assert_eq!((town.balance(1).await, pot().await), (0, 0));
    });
}

#[test]
fn a_year_has_only_so_many_vouchers() {
    run(async {
        let town = with_bakery().await;
        for _ in 0..12 {
            town.ok(say::issue(1, 1)).await;
        }
        let refused = refusal(town.ask(say::issue(1, 1)).await.unwrap_err());
        assert_eq!(
            (refused.reason.as_str(), refused.metadata["had"].as_str()),
            ("VOUCHER_CAP", "12")
        );
        town.ok(say::issue(1, 2)).await;
        town.later(305 * DAY);
        let next =
            v1::PledgeOfferRequest { valid_until: "2027-12-31".to_owned(), ..say::pledge(5) };
        town.ok(next).await;
        town.ok(say::issue(2, 1)).await;
    });
}
