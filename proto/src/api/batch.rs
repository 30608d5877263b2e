//! Every kind of write, by name: its context, its content, its reader.

use std::mem::take;

use ledger_core::Command;

use super::{coop, members, parse::Asking, representatives, respite, store, time_bank, vouchers};
use crate::{
    malformed::Fields,
    v1::{self, write::Request},
};

/// What the write says about itself.
pub(super) fn context(asked: &mut Request) -> &mut Option<v1::WriteContext> {
    match asked {
        Request::FoundCoop(m) => &mut m.context,
        Request::AdoptPolicy(m) => &mut m.context,
        Request::AppointOfficer(m) => &mut m.context,
        Request::EndOfficer(m) => &mut m.context,
        Request::EnrolMember(m) => &mut m.context,
        Request::ChangeHats(m) => &mut m.context,
        Request::SuspendMember(m) => &mut m.context,
        Request::ReinstateMember(m) => &mut m.context,
        Request::LeaveMember(m) => &mut m.context,
        Request::NameRepresentative(m) => &mut m.context,
        Request::EndRepresentative(m) => &mut m.context,
        Request::RegisterParty(m) => &mut m.context,
        Request::LogHours(m) => &mut m.context,
        Request::ConfirmHours(m) => &mut m.context,
        Request::DisputeHours(m) => &mut m.context,
        Request::ResolveHours(m) => &mut m.context,
        Request::RecordHours(m) => &mut m.context,
        Request::GiveHours(m) => &mut m.context,
        Request::DonateHours(m) => &mut m.context,
        Request::GrantFromPot(m) => &mut m.context,
        Request::RequestRespite(m) => &mut m.context,
        Request::AgreeCover(m) => &mut m.context,
        Request::WithdrawCover(m) => &mut m.context,
        Request::DeliverRespite(m) => &mut m.context,
        Request::CancelRespite(m) => &mut m.context,
        Request::RecordNoCover(m) => &mut m.context,
        Request::RecordNoShow(m) => &mut m.context,
        Request::PledgeOffer(m) => &mut m.context,
        Request::IssueVoucher(m) => &mut m.context,
        Request::RedeemVoucher(m) => &mut m.context,
        Request::CancelVoucher(m) => &mut m.context,
        Request::OpenFund(m) => &mut m.context,
        Request::ReceiveCash(m) => &mut m.context,
        Request::SpendCash(m) => &mut m.context,
        Request::ReceiveInKind(m) => &mut m.context,
        Request::UseInKind(m) => &mut m.context,
        Request::ReverseEntry(m) => &mut m.context,
        Request::SealState(m) => &mut m.context,
    }
}

/// The personal words that a write brings, where its kind can bring some.
pub(super) fn card(asked: &mut Request) -> Option<&mut Option<v1::Card>> {
    if let Request::EnrolMember(m) = asked { Some(&mut m.card) } else { None }
}

/// What the fingerprint is taken of, as the bytes of the write: without the id, without what is only asked, without personal
/// words, the card among them, which has been taken out before. The write is as it was afterwards.
pub(super) fn said(asked: &mut Request) -> Vec<u8> {
    let aside = context(asked).as_mut().map(|about| {
        (take(&mut about.request_id), take(&mut about.validate_only), take(&mut about.note))
    });
    let mut said = Vec::with_capacity(asked.encoded_len());
    asked.encode(&mut said);
    if let (Some(about), Some((request_id, validate_only, note))) = (context(asked), aside) {
        (about.request_id, about.validate_only, about.note) = (request_id, validate_only, note);
    }
    said
}

/// What is asked for.
pub(super) fn command(f: &mut Fields, asking: &Asking<'_>, asked: Request) -> Option<Command> {
    match asked {
        Request::FoundCoop(m) => coop::found_coop(f, asking, &m),
        Request::AdoptPolicy(m) => coop::adopt_policy(f, asking, &m),
        Request::AppointOfficer(m) => coop::appoint_officer(f, asking, &m),
        Request::EndOfficer(m) => coop::end_officer(f, asking, &m),
        Request::EnrolMember(m) => members::enrol_member(f, asking, &m),
        Request::ChangeHats(m) => members::change_hats(f, asking, &m),
        Request::SuspendMember(m) => members::suspend_member(f, asking, &m),
        Request::ReinstateMember(m) => members::reinstate_member(f, asking, &m),
        Request::LeaveMember(m) => members::leave_member(f, asking, &m),
        Request::NameRepresentative(m) => representatives::name_representative(f, asking, &m),
        Request::EndRepresentative(m) => representatives::end_representative(f, asking, &m),
        Request::RegisterParty(m) => members::register_party(f, asking, &m),
        Request::LogHours(m) => time_bank::log_hours(f, asking, &m),
        Request::ConfirmHours(m) => time_bank::confirm_hours(f, asking, &m),
        Request::DisputeHours(m) => time_bank::dispute_hours(f, asking, &m),
        Request::ResolveHours(m) => time_bank::resolve_hours(f, asking, &m),
        Request::RecordHours(m) => time_bank::record_hours(f, asking, &m),
        Request::GiveHours(m) => time_bank::give_hours(f, asking, &m),
        Request::DonateHours(m) => time_bank::donate_hours(f, asking, &m),
        Request::GrantFromPot(m) => time_bank::grant_from_pot(f, asking, &m),
        Request::RequestRespite(m) => respite::request_respite(f, asking, &m),
        Request::AgreeCover(m) => respite::agree_cover(f, asking, &m),
        Request::WithdrawCover(m) => respite::withdraw_cover(f, asking, &m),
        Request::DeliverRespite(m) => respite::deliver_respite(f, asking, &m),
        Request::CancelRespite(m) => respite::cancel_respite(f, asking, &m),
        Request::RecordNoCover(m) => respite::record_no_cover(f, asking, &m),
        Request::RecordNoShow(m) => respite::record_no_show(f, asking, &m),
        Request::PledgeOffer(m) => vouchers::pledge_offer(f, asking, &m),
        Request::IssueVoucher(m) => vouchers::issue_voucher(f, asking, &m),
        Request::RedeemVoucher(m) => vouchers::redeem_voucher(f, asking, &m),
        Request::CancelVoucher(m) => vouchers::cancel_voucher(f, asking, &m),
        Request::OpenFund(m) => store::open_fund(f, asking, &m),
        Request::ReceiveCash(m) => store::receive_cash(f, asking, &m),
        Request::SpendCash(m) => store::spend_cash(f, asking, &m),
        Request::ReceiveInKind(m) => store::receive_in_kind(f, asking, &m),
        Request::UseInKind(m) => store::use_in_kind(f, asking, &m),
        Request::ReverseEntry(m) => store::reverse_entry(f, asking, &m),
        Request::SealState(m) => coop::seal_state(f, asking, &m),
    }
}
