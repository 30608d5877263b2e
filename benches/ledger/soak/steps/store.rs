//! The Store: vouchers, cash, and gifts in kind.

use ledger_proto::v1;

use super::super::{
    home::{Home, Undo},
    town::ask,
};

/// Nobody is thanked more often in a year, by the policy.
const THANKED: u32 = 1_000;

/// Issued, and then redeemed by its code, or cancelled, or left open.
pub(super) async fn vouchers(home: &mut Home) {
    let who = home.chance.below(4) as usize;
    if home.people[who].thanked >= THANKED {
        return;
    }
    let issued = ask!(
        home.town,
        home.officer,
        issue_voucher,
        IssueVoucherRequest {
            offer: home.vouchers.name.clone(),
            member: home.people[who].name.clone(),
            reason: v1::VoucherReason::ShortNotice.into(),
        }
    );
    let Some(issued) = home.town.yes(issued) else { return };
    home.people[who].thanked += 1;
    home.vouchers.stock -= 1;
    home.vouchers.open += 1;
    match home.chance.below(10) {
        0..7 => {
            let redeemed = ask!(
                home.town,
                home.app,
                redeem_voucher,
                RedeemVoucherRequest { code: issued.voucher_code.to_lowercase().replace('-', " ") }
            );
            if home.town.yes(redeemed).is_some() {
                home.vouchers.open -= 1;
                home.vouchers.used += 1;
            }
        }
        7..9 => {
            let voucher = format!("vouchers/{}", issued.position);
            let cancelled =
                ask!(home.town, home.officer, cancel_voucher, CancelVoucherRequest { voucher });
            if home.town.yes(cancelled).is_some() {
                home.vouchers.open -= 1;
                home.vouchers.stock += 1;
            }
        }
        _ => {}
    }
}

/// Received, and some of it spent: never more than there is.
pub(super) async fn cash(home: &mut Home) {
    let amount_pence = 1 + i64::from(home.chance.below(5_000));
    let fund = home.fund.clone();
    if home.chance.below(2) == 0 {
        let received = ask!(
            home.town,
            home.treasurer,
            receive_cash,
            ReceiveCashRequest {
                fund,
                source: v1::CashSource::Grant.into(),
                amount_pence,
                ..Default::default()
            }
        );
        if let Some(receipt) = home.town.yes(received) {
            home.pence += amount_pence;
            home.undo = Some((receipt.position, Undo::Pence(amount_pence)));
        }
    } else {
        let spent = ask!(
            home.town,
            home.treasurer,
            spend_cash,
            SpendCashRequest {
                fund,
                r#use: v1::CashUse::Other.into(),
                amount_pence,
                ..Default::default()
            }
        );
        if amount_pence > home.pence {
            home.town.no("spending more than there is", "FUND_TOO_SMALL", spent);
        } else if let Some(receipt) = home.town.yes(spent) {
            home.pence -= amount_pence;
            home.undo = Some((receipt.position, Undo::Pence(-amount_pence)));
        }
    }
}

/// Some of a gift in kind is used.
pub(super) async fn gifts(home: &mut Home) {
    let quantity = 1 + i64::from(home.chance.below(3));
    let used = ask!(
        home.town,
        home.treasurer,
        use_in_kind,
        UseInKindRequest { offer: home.gift.name.clone(), quantity }
    );
    if home.town.yes(used).is_some() {
        home.gift.stock -= quantity;
        home.gift.used += quantity;
    }
}
