//! Refusals of vouchers, cash, gifts in kind, and reversals.

use ledger_core::{Actor, Command, FundFreedom, RespiteSide};

use crate::{
    check::{Ask, at, by, coordinator, member, officer},
    refusals::{Case, case},
    words::*,
};

pub(crate) fn table() -> Vec<Case> {
    let mut table = vouchers();
    table.extend(cash_and_kind());
    table.extend(reversals());
    table
}

fn vouchers() -> Vec<Case> {
    let twelve = |member, value: i64| -> Vec<Ask> {
        let pledged = coordinator(pledge(1, "Small", value, 20, "2026-12-31"));
        let issued = (1..=12).map(|number| coordinator(issue(3, member, number)));
        [pledged].into_iter().chain(issued).collect()
    };
    let last = || coordinator(pledge(1, "Last", 800, 1, "2026-06-10"));
    let issued = || coordinator(issue(1, ben(), 1));
    let redeemed = || by(Actor::Bearer, redeem(1));
    let empty = || [last(), coordinator(issue(3, ann(), 1))];
    vec![
        case(&[], member(ann(), pledge(9, "Tea", 1, 1, "2026-01-01")), "OFFICERS_ONLY"),
        case(&[], officer(2, pledge(9, "Tea", 1, 1, "2026-01-01")), "PARTY_NOT_FOUND"),
        case(&[], officer(2, pledge(2, "Tea", 1, 1, "2026-01-01")), "NOT_A_BUSINESS"),
        case(&[], officer(2, pledge(1, "Tea", 1, 1, "2026-05-31")), "OFFER_ENDED"),
        case(&[], officer(2, issue(9, fay(), 1)), "OFFICERS_ONLY"),
        case(&[], officer(3, issue(9, eve(), 1)), "NEEDS_ANOTHER_PERSON"),
        case(&[], coordinator(issue(9, fay(), 1)), "MEMBER_NOT_FOUND"),
        case(&[coordinator(suspend(ben()))], coordinator(issue(9, ben(), 1)), "MEMBER_SUSPENDED"),
        case(&[], coordinator(issue(9, ben(), 1)), "OFFER_NOT_FOUND"),
        case(&[coordinator(reverse(at(-5)))], coordinator(issue(1, ben(), 1)), "OFFER_NOT_FOUND"),
        case(&[], coordinator(issue(2, ben(), 1)), "WRONG_OFFER_KIND"),
        case(&empty(), coordinator(issue(3, ben(), 2)).after_days(10), "OFFER_ENDED"),
        case(&empty(), coordinator(issue(3, ben(), 2)), "OUT_OF_STOCK"),
        case(&twelve(ben(), 1_000), coordinator(issue(3, ben(), 13)), "VOUCHER_CAP"),
        case(
            &[
                coordinator(pledge(1, "Dear", 12_001, 1, "2026-12-31")),
                coordinator(exchange(9_999)),
            ],
            coordinator(issue(3, ben(), 1)),
            "VOUCHER_VALUE_CAP",
        ),
        case(&[coordinator(exchange(721))], coordinator(issue(1, ben(), 1)), "NOT_ENOUGH_HOURS"),
        case(&[], by(Actor::Bearer, redeem(1)), "VOUCHER_NOT_FOUND"),
        case(&[issued(), redeemed()], by(Actor::Bearer, redeem(1)), "ALREADY_SETTLED"),
        case(&[issued()], by(Actor::Bearer, redeem(1)).after_days(214), "ALREADY_SETTLED"),
        case(&[issued()], by(Actor::Bearer, redeem_issued(at(1))), "OFFICERS_ONLY"),
        case(&[issued()], coordinator(redeem_issued(at(0))), "VOUCHER_NOT_FOUND"),
        case(&[issued(), redeemed()], officer(2, cancel_voucher(at(1))), "OFFICERS_ONLY"),
        case(&[], coordinator(cancel_voucher(at(0))), "VOUCHER_NOT_FOUND"),
        case(&[issued(), redeemed()], coordinator(cancel_voucher(at(1))), "ALREADY_SETTLED"),
        // The pot has given the hours away that a voucher was exchanged for.
        case(
            &[coordinator(exchange(60)), issued(), coordinator(grant(ann(), 180))],
            coordinator(cancel_voucher(at(2))),
            "POT_TOO_SMALL",
        ),
    ]
}

fn cash_and_kind() -> Vec<Case> {
    let from = |party, member| Command::ReceiveCash {
        fund: fund(1),
        source: ledger_core::CashSource::Charge,
        pence: p(1),
        party,
        member,
    };
    let by_party = Command::ReceiveInKind {
        party: Some(party(9)),
        title: title("Chair"),
        quantity: items(1),
        valuation: None,
    };
    vec![
        case(&[], member(ann(), open_fund("General", FundFreedom::Designated)), "OFFICERS_ONLY"),
        case(&[], officer(2, open_fund("General", FundFreedom::Designated)), "NAME_TAKEN"),
        case(&[], member(ann(), receive(9, 1)), "OFFICERS_ONLY"),
        case(&[], officer(2, receive(9, 1)), "FUND_NOT_FOUND"),
        case(&[], officer(2, from(Some(party(9)), Some(fay()))), "PARTY_NOT_FOUND"),
        case(&[], officer(2, from(Some(party(1)), Some(fay()))), "MEMBER_NOT_FOUND"),
        case(&[], member(ann(), spend_for(9, 99_999, None, Some(fay()))), "OFFICERS_ONLY"),
        case(&[], officer(2, spend_for(9, 99_999, None, Some(fay()))), "FUND_NOT_FOUND"),
        case(&[], officer(2, spend_for(2, 99_999, None, Some(fay()))), "MEMBER_NOT_FOUND"),
        case(&[], officer(3, spend_for(2, 99_999, None, Some(eve()))), "NEEDS_ANOTHER_PERSON"),
        case(&[], officer(2, spend(2, 99_999)), "OFF_PURPOSE"),
        case(&[], officer(2, spend_for(2, 99_999, Some("minibus"), None)), "OFF_PURPOSE"),
        case(&[], officer(2, spend_for(2, 5_001, Some("carer breaks"), None)), "FUND_TOO_SMALL"),
        case(&[], officer(2, spend(1, 10_001)), "FUND_TOO_SMALL"),
        case(&[], member(ann(), by_party.clone()), "OFFICERS_ONLY"),
        case(&[], officer(2, by_party), "PARTY_NOT_FOUND"),
        case(&[], member(ann(), use_gift(9, 99)), "OFFICERS_ONLY"),
        case(&[], officer(2, use_gift(9, 99)), "OFFER_NOT_FOUND"),
        case(&[], officer(2, use_gift(1, 99)), "WRONG_OFFER_KIND"),
        case(&[], officer(2, use_gift(2, 3)), "OUT_OF_STOCK"),
    ]
}

fn reversals() -> Vec<Case> {
    let granted = || coordinator(grant(ben(), 60));
    let reversed = || coordinator(reverse(at(1)));
    let asked = || member(cat(), ask_respite(cat(), 60, "2026-06-01"));
    let issued = || coordinator(issue(1, ben(), 1));
    vec![
        case(&[granted(), reversed()], officer(2, reverse(at(1))), "OFFICERS_ONLY"),
        case(&[granted()], member(ben(), reverse(at(1))), "OFFICERS_ONLY"),
        case(&[], coordinator(reverse(at(9))), "ENTRY_NOT_FOUND"),
        case(&[granted(), reversed()], coordinator(reverse(at(1))), "ALREADY_REVERSED"),
        case(&[granted(), reversed()], coordinator(reverse(at(2))), "REVERSAL_OF_REVERSAL"),
        case(&[], coordinator(reverse(at(-16))), "NOTHING_TO_REVERSE"),
        case(
            &[coordinator(record(of_family(help(ann(), ben(), 60))))],
            coordinator(reverse(at(1))),
            "NOTHING_TO_REVERSE",
        ),
        case(&[asked()], coordinator(reverse(at(1))), "CANCEL_INSTEAD"),
        case(
            &[asked(), member(cat(), cancel_respite(at(1), RespiteSide::Carer))],
            coordinator(reverse(at(1))),
            "ALREADY_SETTLED",
        ),
        case(
            &[asked(), member(cat(), cancel_respite(at(1), RespiteSide::Carer))],
            coordinator(reverse(at(2))),
            "NOTHING_TO_REVERSE",
        ),
        case(&[issued()], coordinator(reverse(at(1))), "CANCEL_INSTEAD"),
        case(
            &[issued(), by(Actor::Bearer, redeem(1))],
            coordinator(reverse(at(2))),
            "ALREADY_USED",
        ),
        case(
            &[issued(), coordinator(cancel_voucher(at(1)))],
            coordinator(reverse(at(2))),
            "ALREADY_SETTLED",
        ),
        // What it brought has been used since.
        case(&[issued()], coordinator(reverse(at(-5))), "ALREADY_USED"),
        case(&[coordinator(use_gift(2, 1))], coordinator(reverse(at(-4))), "ALREADY_USED"),
        case(&[coordinator(spend(1, 1))], coordinator(reverse(at(-3))), "FUND_TOO_SMALL"),
        case(&[coordinator(grant(ben(), 1))], coordinator(reverse(at(-1))), "POT_TOO_SMALL"),
        case(
            &[granted(), coordinator(leave(ben(), None))],
            coordinator(reverse(at(1))),
            "MEMBER_LEFT",
        ),
    ]
}
