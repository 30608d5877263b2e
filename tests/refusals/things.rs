//! What is refused about vouchers, the Store and what has been written already.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that fails says so")]

use ledger_core::{RequestId, Timestamp};
use ledger_proto::{Secrets, v1};

use super::Provoked;
use crate::harness::{Town, say};

/// Party 1 is a business, 2 a partner; offer 1 its vouchers, 2 a gift in kind; fund 1 is free, 2 restricted.
pub(super) async fn provoke(asking: &Provoked) {
    let town = &asking.town;
    asking.by("PARTY_NOT_FOUND", say::pledge(5)).await;
    town.ok(say::register("Slaithwaite Bakery", v1::PartyKind::Business)).await;
    town.ok(say::register("Methodist Hall", v1::PartyKind::Partner)).await;
    asking.by("NAME_TAKEN", say::register("Methodist Hall", v1::PartyKind::Business)).await;
    let by_partner = v1::PledgeOfferRequest { party: "parties/2".to_owned(), ..say::pledge(5) };
    asking.by("NOT_A_BUSINESS", by_partner).await;
    vouchers(asking, town).await;
    store(asking, town).await;
    corrections(asking, town).await;
}

async fn vouchers(asking: &Provoked, town: &Town) {
    asking.by("OFFER_NOT_FOUND", say::issue(1, 1)).await;
    town.ok(say::pledge(14)).await;
    town.ok(say::receive_in_kind("printing", 5, 0)).await;
    asking.by("WRONG_OFFER_KIND", say::issue(2, 1)).await;
    let past = v1::PledgeOfferRequest { valid_until: "2026-01-31".to_owned(), ..say::pledge(5) };
    asking.by("OFFER_ENDED", past).await;
    let secrets = Secrets::new([3; 32]);
    let code = secrets.voucher_code(RequestId::of_time(Timestamp::default(), [3; 10])).to_string();
    asking.by("VOUCHER_NOT_FOUND", say::redeem(&code)).await;
    let dear = v1::PledgeOfferRequest {
        title: "a weekend".to_owned(),
        face_value_pence: 12_001,
        ..say::pledge(1)
    };
    town.ok(dear).await;
    let refused = asking.by("VOUCHER_VALUE_CAP", say::issue(3, 2)).await;
    assert_eq!(refused.metadata["cap_pence"], "12000");
    for _ in 0..12 {
        town.ok(say::issue(1, 1)).await;
    }
    let refused = asking.by("VOUCHER_CAP", say::issue(1, 1)).await;
    assert_eq!(refused.metadata["cap"], "12");
    for _ in 0..2 {
        town.ok(say::issue(1, 2)).await;
    }
    let refused = asking.by("OUT_OF_STOCK", say::issue(1, 2)).await;
    assert_eq!(refused.metadata["stock"], "0");
}

async fn store(asking: &Provoked, town: &Town) {
    asking.by("FUND_NOT_FOUND", say::receive(1, 100)).await;
    town.ok(say::open_fund("General", "")).await;
    town.ok(say::open_fund("Learning", "courses")).await;
    asking.by("NAME_TAKEN", say::open_fund("General", "")).await;
    let refused = asking.by("FUND_TOO_SMALL", say::spend(1, 100, "")).await;
    assert_eq!(refused.metadata["balance_pence"], "0");
    let refused = asking.by("OFF_PURPOSE", say::spend(2, 100, "tea")).await;
    assert_eq!(refused.metadata["purpose"], "courses");
}

async fn corrections(asking: &Provoked, town: &Town) {
    asking.by("ENTRY_NOT_FOUND", say::reverse(9_999)).await;
    asking.by("NOTHING_TO_REVERSE", say::reverse(1)).await;
    let wrong = town.ok(say::record(2, 4, 60)).await.position;
    let corrects = |context: &mut v1::WriteContext| context.corrects = format!("entries/{wrong}");
    asking.with("NOT_REVERSED", say::record(2, 4, 30), corrects).await;
    let reversal = town.ok(say::reverse(wrong)).await.position;
    let refused = asking.by("ALREADY_REVERSED", say::reverse(wrong)).await;
    assert_eq!(refused.metadata["position"], reversal.to_string());
    asking.by("REVERSAL_OF_REVERSAL", say::reverse(reversal)).await;
    let right = town.ask_with(say::record(2, 4, 30), corrects).await.unwrap().position;
    let refused = asking.with("ALREADY_CORRECTED", say::record(2, 4, 30), corrects).await;
    assert_eq!(refused.metadata["position"], right.to_string());
    let used = town.ok(say::receive_in_kind("seeds", 5, 0)).await;
    let offer = used.name.rsplit('/').next().unwrap().parse().unwrap();
    town.ok(say::use_in_kind(offer, 1)).await;
    asking.by("ALREADY_USED", say::reverse(used.position)).await;
}
