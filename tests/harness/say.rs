//! What tests ask, in few words. Who asks and when is filled in by the town.
#![allow(clippy::unnecessary_wraps, reason = "as the messages want it")]

use ledger_proto::v1;

use super::{DAY, TODAY, Town, ask::Ask};

/// The nth member, counted from 1, by name.
pub(crate) fn member(nth: u32) -> String {
    format!("members/{}", ledger_core::MemberId::FIRST - 1 + nth)
}

pub(crate) fn found() -> v1::FoundCoopRequest {
    v1::FoundCoopRequest::default()
}

/// The numbers of the standard template.
pub(crate) fn template() -> v1::PolicyValues {
    v1::PolicyValues {
        floor_minutes: -720,
        soft_floor_minutes: -360,
        confirm_days: 14,
        lapse_days: 30,
        day_cap_minutes: 720,
        backdating_days: 60,
        voucher_cap: 12,
        voucher_cap_pence: 12_000,
        own_family_earns: false,
        voucher_basis: v1::VoucherBasis::Recognition.into(),
        voucher_price_minutes: 0,
    }
}

pub(crate) fn adopt(policy: v1::PolicyValues) -> v1::AdoptPolicyRequest {
    let decided_by = "AGM 2026 minute 4".to_owned();
    v1::AdoptPolicyRequest { policy: Some(policy), decided_by, context: None }
}

pub(crate) fn appoint(role: v1::OfficerRole, member: &str) -> v1::AppointOfficerRequest {
    v1::AppointOfficerRequest { role: role.into(), member: member.to_owned(), context: None }
}

pub(crate) fn end_officer(officer: u32) -> v1::EndOfficerRequest {
    v1::EndOfficerRequest { officer: format!("officers/{officer}"), context: None }
}

pub(crate) fn enrol(hat: v1::Hat) -> v1::EnrolMemberRequest {
    v1::EnrolMemberRequest { hats: vec![hat.into()], ..v1::EnrolMemberRequest::default() }
}

pub(crate) fn suspend(number: u32) -> v1::SuspendMemberRequest {
    let reason = v1::SuspensionReason::OwnWish.into();
    v1::SuspendMemberRequest { member: member(number), reason, context: None }
}

pub(crate) fn reinstate(number: u32) -> v1::ReinstateMemberRequest {
    v1::ReinstateMemberRequest { member: member(number), context: None }
}

pub(crate) fn leave(number: u32) -> v1::LeaveMemberRequest {
    v1::LeaveMemberRequest { member: member(number), remaining_to: String::new(), context: None }
}

pub(crate) fn represent(of: u32, by: u32, powers: v1::Powers) -> v1::NameRepresentativeRequest {
    v1::NameRepresentativeRequest {
        member: member(of),
        representative: member(by),
        mandate: v1::Mandate::LastingPowerOfAttorney.into(),
        powers: powers.into(),
        ..v1::NameRepresentativeRequest::default()
    }
}

pub(crate) fn represent_no_more(of: u32, by: u32) -> v1::EndRepresentativeRequest {
    v1::EndRepresentativeRequest { member: member(of), representative: member(by), context: None }
}

pub(crate) fn register(title: &str, kind: v1::PartyKind) -> v1::RegisterPartyRequest {
    v1::RegisterPartyRequest { title: title.to_owned(), kind: kind.into(), context: None }
}

/// Help of a giver to a receiver (0: the community), into the giver's own account.
pub(crate) fn help(giver: u32, receiver: u32, minutes: i64) -> v1::Help {
    v1::Help {
        giver: member(giver),
        receiver: if receiver == 0 { String::new() } else { member(receiver) },
        minutes,
        task: v1::TaskKind::Shopping.into(),
        destination: None,
        own_family: false,
    }
}

pub(crate) fn to(destination: v1::destination::To) -> Option<v1::Destination> {
    Some(v1::Destination { to: Some(destination) })
}

pub(crate) fn log(giver: u32, receiver: u32, minutes: i64) -> v1::LogHoursRequest {
    v1::LogHoursRequest { help: Some(help(giver, receiver, minutes)), context: None }
}

pub(crate) fn hours(position: i64) -> String {
    format!("hours/{position}")
}

pub(crate) fn confirm(position: i64, minutes: i64) -> v1::ConfirmHoursRequest {
    v1::ConfirmHoursRequest { hours: hours(position), minutes, evidence: 0, context: None }
}

pub(crate) fn dispute(position: i64) -> v1::DisputeHoursRequest {
    let reason = v1::DisputeReason::WrongMinutes.into();
    v1::DisputeHoursRequest { hours: hours(position), reason, context: None }
}

pub(crate) fn resolve(position: i64, minutes: i64) -> v1::ResolveHoursRequest {
    v1::ResolveHoursRequest { hours: hours(position), minutes, context: None }
}

pub(crate) fn record(giver: u32, receiver: u32, minutes: i64) -> v1::RecordHoursRequest {
    v1::RecordHoursRequest {
        help: Some(help(giver, receiver, minutes)),
        evidence: v1::EvidenceGrade::Paper.into(),
        context: None,
    }
}

/// Help that goes to the pot, entered at once.
pub(crate) fn to_pot(giver: u32, minutes: i64) -> v1::RecordHoursRequest {
    let help =
        v1::Help { destination: to(v1::destination::To::Pot(true)), ..help(giver, 0, minutes) };
    v1::RecordHoursRequest { help: Some(help), ..record(giver, 0, minutes) }
}

pub(crate) fn give(from: u32, to: u32, minutes: i64) -> v1::GiveHoursRequest {
    v1::GiveHoursRequest { from: member(from), to: member(to), minutes, context: None }
}

pub(crate) fn donate(from: u32, minutes: i64) -> v1::DonateHoursRequest {
    v1::DonateHoursRequest { from: member(from), minutes, context: None }
}

pub(crate) fn grant(to: u32, minutes: i64) -> v1::GrantFromPotRequest {
    let reason = v1::GrantReason::Cover.into();
    v1::GrantFromPotRequest { to: member(to), minutes, reason, context: None }
}

/// Respite for a carer on a day, at ten o'clock.
pub(crate) fn respite(carer: u32, minutes: i64, date: &str) -> v1::RequestRespiteRequest {
    v1::RequestRespiteRequest {
        carer: member(carer),
        minutes,
        date: date.to_owned(),
        start_time: "10:00".to_owned(),
        context: None,
    }
}

fn respite_of(position: i64) -> String {
    format!("respite/{position}")
}

/// A member who covers, by number; 0 is staff.
pub(crate) fn cover(number: u32) -> Option<v1::Cover> {
    let by = match number {
        0 => v1::cover::By::Staff(true),
        number => v1::cover::By::Member(member(number)),
    };
    Some(v1::Cover { by: Some(by) })
}

pub(crate) fn agree(position: i64, giver: u32) -> v1::AgreeCoverRequest {
    v1::AgreeCoverRequest {
        respite: respite_of(position),
        cover: cover(giver),
        start_time: String::new(),
        context: None,
    }
}

pub(crate) fn withdraw(position: i64) -> v1::WithdrawCoverRequest {
    let reason = v1::CancelReason::Illness.into();
    v1::WithdrawCoverRequest { respite: respite_of(position), reason, context: None }
}

pub(crate) fn deliver(position: i64, minutes: i64) -> v1::DeliverRespiteRequest {
    v1::DeliverRespiteRequest {
        respite: respite_of(position),
        minutes,
        cover: None,
        carer_agrees_to_more: false,
        context: None,
    }
}

pub(crate) fn cancel_respite(position: i64) -> v1::CancelRespiteRequest {
    v1::CancelRespiteRequest {
        respite: respite_of(position),
        by: v1::RespiteSide::Carer.into(),
        reason: v1::CancelReason::NotNeeded.into(),
        context: None,
    }
}

pub(crate) fn no_cover(position: i64) -> v1::RecordNoCoverRequest {
    v1::RecordNoCoverRequest { respite: respite_of(position), context: None }
}

pub(crate) fn no_show(position: i64, missing: v1::RespiteSide) -> v1::RecordNoShowRequest {
    v1::RecordNoShowRequest {
        respite: respite_of(position),
        missing: missing.into(),
        context: None,
    }
}

/// A pledge of vouchers worth £7.50 by party 1, good until the end of the year.
pub(crate) fn pledge(quantity: i64) -> v1::PledgeOfferRequest {
    v1::PledgeOfferRequest {
        party: "parties/1".to_owned(),
        title: "thank-you voucher".to_owned(),
        face_value_pence: 750,
        quantity,
        valid_until: "2026-12-31".to_owned(),
        context: None,
    }
}

pub(crate) fn issue(offer: u32, to: u32) -> v1::IssueVoucherRequest {
    v1::IssueVoucherRequest {
        offer: format!("offers/{offer}"),
        member: member(to),
        reason: v1::VoucherReason::BadWeather.into(),
        context: None,
    }
}

pub(crate) fn redeem(code: &str) -> v1::RedeemVoucherRequest {
    v1::RedeemVoucherRequest { code: code.to_owned(), context: None }
}

pub(crate) fn cancel_voucher(position: i64) -> v1::CancelVoucherRequest {
    v1::CancelVoucherRequest { voucher: format!("vouchers/{position}"), context: None }
}

/// A fund: restricted to a purpose, or free where there is none.
pub(crate) fn open_fund(title: &str, purpose: &str) -> v1::OpenFundRequest {
    let free = purpose.is_empty();
    let freedom = if free { v1::FundFreedom::Unrestricted } else { v1::FundFreedom::Restricted };
    v1::OpenFundRequest {
        title: title.to_owned(),
        freedom: freedom.into(),
        purpose: purpose.to_owned(),
        context: None,
    }
}

pub(crate) fn receive(fund: u32, amount_pence: i64) -> v1::ReceiveCashRequest {
    v1::ReceiveCashRequest {
        fund: format!("funds/{fund}"),
        source: v1::CashSource::Grant.into(),
        amount_pence,
        ..v1::ReceiveCashRequest::default()
    }
}

pub(crate) fn spend(fund: u32, amount_pence: i64, purpose: &str) -> v1::SpendCashRequest {
    v1::SpendCashRequest {
        fund: format!("funds/{fund}"),
        r#use: v1::CashUse::Other.into(),
        amount_pence,
        purpose: purpose.to_owned(),
        ..v1::SpendCashRequest::default()
    }
}

pub(crate) fn receive_in_kind(
    title: &str,
    quantity: i64,
    valuation_pence: i64,
) -> v1::ReceiveInKindRequest {
    let title = title.to_owned();
    v1::ReceiveInKindRequest { title, quantity, valuation_pence, ..Default::default() }
}

pub(crate) fn use_in_kind(offer: u32, quantity: i64) -> v1::UseInKindRequest {
    v1::UseInKindRequest { offer: format!("offers/{offer}"), quantity, context: None }
}

pub(crate) fn reverse(position: i64) -> v1::ReverseEntryRequest {
    v1::ReverseEntryRequest {
        entry: format!("entries/{position}"),
        reason: v1::ReversalReason::Slip.into(),
        context: None,
    }
}

pub(crate) fn seal() -> v1::SealStateRequest {
    v1::SealStateRequest::default()
}

/// A business with a pledge: party 1, offer 1.
pub(crate) async fn bakery(town: &Town, quantity: i64) {
    town.ok(register("Slaithwaite Bakery", v1::PartyKind::Business)).await;
    town.ok(pledge(quantity)).await;
}

/// Hours waiting since today.
pub(crate) async fn logged(town: &Town, giver: u32, receiver: u32, minutes: i64) -> i64 {
    town.ok_as(&member(giver), log(giver, receiver, minutes)).await.position
}

/// Respite asked for today at ten by member 3.
pub(crate) async fn asked(town: &Town, minutes: i64) -> i64 {
    town.ok_as(&member(3), respite(3, minutes, TODAY)).await.position
}

/// So many writes in one batch, each of a minute of help; behind them some days go by, since nobody gives more than 720 minutes
/// in one.
pub(crate) async fn many(town: &Town, writes: usize) {
    let write = |_| {
        let mut write = record(1, 4, 1);
        *write.context() = Some(town.by("officers/1"));
        write.write()
    };
    let batch = v1::SubmitBatchRequest { writes: (0..writes).map(write).collect() };
    let answer = town.client().submit_batch(batch).await.unwrap();
    for result in answer.results {
        let recorded = matches!(result.result, Some(v1::write_result::Result::Receipt(_)));
        assert!(recorded, "{result:?}");
    }
    town.later(2 * DAY);
}
