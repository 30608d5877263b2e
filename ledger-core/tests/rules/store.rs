//! The Store: cash by fund, and gifts in kind.

use ledger_core::{CashSource, CashUse, Command, FundFreedom};

use crate::{
    check::{Run, check, coordinator, officer},
    words::*,
};

#[test]
fn cash_comes_into_a_fund_and_goes_out_of_it() {
    check(&[], officer(2, open_fund("Minibus", FundFreedom::Designated)), "FundOpened");
    check(&[], officer(2, receive(1, 250)), "CashReceived: grant → fund 1 250p");
    check(&[], officer(2, spend(1, 10_000)), "CashSpent: fund 1 → expense 10000p");
    let (fund, pence) = (fund(1), p(5));
    let charge = Command::ReceiveCash {
        fund,
        source: CashSource::Charge,
        pence,
        party: Some(party(2)),
        member: Some(ben()),
    };
    check(&[], officer(2, charge), "CashReceived: charge → fund 1 5p");
    let staff = Command::SpendCash {
        fund,
        spent_on: CashUse::SpecialistStaff,
        pence,
        purpose: Some(title("anything")),
        party: None,
        member: Some(ben()),
    };
    check(&[], coordinator(staff), "CashSpent: fund 1 → specialiststaff 5p");
}

#[test]
fn a_restricted_fund_is_spent_on_its_purpose() {
    let on = |purpose| officer(2, spend_for(2, 5_000, Some(purpose), None));
    check(&[], on("carer breaks"), "CashSpent: fund 2 → expense 5000p");
    check(&[], on("Carer breaks"), "OFF_PURPOSE");
}

#[test]
fn gifts_in_kind_are_received_and_used_and_their_worth_is_no_money() {
    check(&[], officer(2, gift("Walker", 3)), "InKindReceived: outside → stock 3 of offer 3");
    check(&[], officer(2, use_gift(2, 2)), "InKindUsed: stock → used 2 of offer 2");
    let before = Run::after(&[]);
    let after = Run::after(&[officer(2, gift("Walker", 3))]);
    for number in [1, 2] {
        let pence = |run: &Run| run.state.fund_balance(fund(number)).get();
        assert_eq!(pence(&before), pence(&after));
    }
}
