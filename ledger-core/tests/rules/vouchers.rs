//! Vouchers: a thank-you by default, an exchange where a board says so.

use ledger_core::Actor;

use crate::{
    check::{Ask, Run, at, by, check, coordinator, officer},
    words::*,
};

fn issued() -> Ask {
    coordinator(issue(1, ben(), 1))
}

#[test]
fn a_thank_you_moves_no_minutes() {
    check(
        &[],
        officer(2, pledge(1, "Bread", 500, 9, "2026-06-01")),
        "OfferPledged: outside → stock 9 of offer 3",
    );
    check(&[], issued(), "VoucherIssued: stock → ben 1 of offer 1");
    check(&[issued()], by(Actor::Bearer, redeem(1)), "VoucherRedeemed: ben → used 1 of offer 1");
    check(
        &[issued()],
        coordinator(redeem_issued(at(1))),
        "VoucherRedeemed: ben → used 1 of offer 1",
    );
    check(
        &[issued()],
        coordinator(cancel_voucher(at(1))),
        "VoucherCancelled: ben → stock 1 of offer 1",
    );
}

#[test]
fn an_exchange_retires_hours_to_the_pot_and_a_cancelled_one_gives_them_back() {
    let given = || vec![coordinator(exchange(60)), issued()];
    check(&given()[..1], issued(), "VoucherIssued: stock → ben 1 of offer 1, ben → pot 60m");
    check(
        &given(),
        coordinator(cancel_voucher(at(2))),
        "VoucherCancelled: ben → stock 1 of offer 1, pot → ben 60m",
    );
    check(&given(), by(Actor::Bearer, redeem(1)), "VoucherRedeemed: ben → used 1 of offer 1");
    // It may take the last out of the pot.
    check(
        &[given(), vec![coordinator(grant(dan(), 120))]].concat(),
        coordinator(cancel_voucher(at(2))),
        "VoucherCancelled: ben → stock 1 of offer 1, pot → ben 60m",
    );
    // What was given for it comes back at the price of that day.
    let dearer = [given(), vec![coordinator(exchange(90))]].concat();
    check(
        &dearer,
        coordinator(cancel_voucher(at(2))),
        "VoucherCancelled: ben → stock 1 of offer 1, pot → ben 60m",
    );
    let thanked = [vec![issued()], vec![coordinator(exchange(90))]].concat();
    check(
        &thanked,
        coordinator(cancel_voucher(at(1))),
        "VoucherCancelled: ben → stock 1 of offer 1",
    );
}

#[test]
fn the_last_one_in_stock_is_issued_on_the_last_day() {
    let last = coordinator(pledge(1, "Last", 500, 1, "2026-06-03"));
    check(
        std::slice::from_ref(&last),
        coordinator(issue(3, ben(), 1)).after_days(2),
        "VoucherIssued: stock → ben 1 of offer 3",
    );
    let issued = coordinator(issue(3, ben(), 1));
    check(
        &[last, issued],
        by(Actor::Bearer, redeem(1)).after_days(2),
        "VoucherRedeemed: ben → used 1 of offer 3",
    );
}

#[test]
fn the_caps_are_of_a_person_and_a_year_and_what_was_cancelled_is_not_counted() {
    let small = || coordinator(pledge(1, "Small", 100, 40, "2028-12-31"));
    let many = |count: u8| -> Vec<Ask> {
        let issued = (1..=count).map(|number| coordinator(issue(3, ben(), number)));
        [small()].into_iter().chain(issued).collect()
    };
    let issues = "VoucherIssued: stock → ben 1 of offer 3";
    check(&many(11), coordinator(issue(3, ben(), 99)), issues);
    check(&many(12), coordinator(issue(3, ben(), 99)), "VOUCHER_CAP");
    check(&many(12), coordinator(issue(3, ann(), 99)), "VoucherIssued: stock → ann 1 of offer 3");
    check(&many(12), coordinator(issue(3, ben(), 99)).after_days(214), issues);
    // It counts towards the year of the day that it is said to be of.
    let new_year = |on| coordinator(issue(3, ben(), 99)).after_days(214).on(on);
    check(&many(12), new_year("2026-12-31"), "VOUCHER_CAP");
    check(&many(12), new_year("2027-01-01"), issues);
    let redeemed = [many(12), vec![by(Actor::Bearer, redeem(1))]].concat();
    check(&redeemed, coordinator(issue(3, ben(), 99)), "VOUCHER_CAP");
    let cancelled = [many(12), vec![coordinator(cancel_voucher(at(2)))]].concat();
    check(&cancelled, coordinator(issue(3, ben(), 99)), issues);
    // The value: fifteen of eight pounds are the most, fewer only by number.
    let large = || coordinator(pledge(1, "Large", 4_000, 9, "2026-12-31"));
    let three = || (1..=3).map(|number| coordinator(issue(3, ben(), number)));
    let worth: Vec<Ask> = [large()].into_iter().chain(three()).collect();
    check(&worth[..3], coordinator(issue(3, ben(), 9)), issues);
    check(&worth, coordinator(issue(1, ben(), 9)), "VOUCHER_VALUE_CAP");
    let cancelled = [worth, vec![coordinator(cancel_voucher(at(2)))]].concat();
    check(&cancelled, coordinator(issue(3, ben(), 9)), issues);
}

#[test]
fn a_voucher_is_known_by_its_code_and_once() {
    let mut run = Run::after(&[issued(), coordinator(issue(1, ann(), 2))]);
    assert_eq!(
        run.outcome(&by(Actor::Bearer, redeem(2))),
        "VoucherRedeemed: ann → used 1 of offer 1"
    );
    assert_eq!(run.outcome(&by(Actor::Bearer, redeem(2))), "ALREADY_SETTLED");
    assert_eq!(
        run.outcome(&by(Actor::Bearer, redeem(1))),
        "VoucherRedeemed: ben → used 1 of offer 1"
    );
    assert_eq!(run.outcome(&by(Actor::Bearer, redeem(3))), "VOUCHER_NOT_FOUND");
}
