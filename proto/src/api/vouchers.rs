//! Writes about pledges and vouchers.

use ledger_core::{Command, VoucherKey, VoucherReason};

use super::{
    name,
    parse::{Asking, day},
};
use crate::{malformed::Fields, secrets::VoucherCode, v1};

pub(super) fn pledge_offer(
    f: &mut Fields,
    asking: &Asking<'_>,
    m: &v1::PledgeOfferRequest,
) -> Option<Command> {
    let party = name::read_party(f, "party", asking.coop, &m.party);
    let title = f.title("title", &m.title);
    let face_value = f.pence("face_value_pence", m.face_value_pence);
    let quantity = f.items("quantity", m.quantity);
    let valid_until = day(f, "valid_until", &m.valid_until);
    Some(Command::PledgeOffer {
        party: party?,
        title: title?,
        face_value: face_value?,
        quantity: quantity?,
        valid_until: valid_until?,
    })
}

/// The code follows from the request's id, so that a retry gives the same one.
pub(super) fn issue_voucher(
    f: &mut Fields,
    asking: &Asking<'_>,
    m: &v1::IssueVoucherRequest,
) -> Option<Command> {
    let offer = name::read_offer(f, "offer", asking.coop, &m.offer);
    let member = name::read_member(f, "member", asking.coop, &m.member);
    let reason = f.word("reason", m.reason, VoucherReason::from_code);
    let code = asking.secrets.code_hash(&asking.secrets.voucher_code(asking.id?));
    Some(Command::IssueVoucher { offer: offer?, member: member?, reason: reason?, code })
}

pub(super) fn redeem_voucher(
    f: &mut Fields,
    asking: &Asking<'_>,
    m: &v1::RedeemVoucherRequest,
) -> Option<Command> {
    let code = f.take("code", VoucherCode::parse(&m.code))?;
    Some(Command::RedeemVoucher { voucher: VoucherKey::Code(asking.secrets.code_hash(&code)) })
}

pub(super) fn cancel_voucher(
    f: &mut Fields,
    asking: &Asking<'_>,
    m: &v1::CancelVoucherRequest,
) -> Option<Command> {
    let voucher = name::read_voucher(f, "voucher", asking.coop, &m.voucher)?;
    Some(Command::CancelVoucher { voucher })
}
