//! Vouchers: a thank-you out of what a business has pledged.

use super::{Ask, Ruled, Ruling};
use crate::{
    account::TimeAccount,
    amount::{Items, Pence},
    command::VoucherKey,
    event::Event,
    id::{CodeHash, MemberId, OfferId, PartyId, Position},
    kinds::{Authority, PartyKind, VoucherReason},
    policy::VoucherBasis,
    rejection::Rejection,
    state::{OfferKind, OpenVoucher, State},
    text::Title,
    time::Day,
};

pub(super) fn pledge(
    ask: &Ask<'_>,
    party: PartyId,
    title: &Title,
    (face_value, quantity, valid_until): (Pence, Items, Day),
) -> Ruled {
    let authority = ask.who.treasurer()?;
    match ask.state.party(party)?.kind {
        PartyKind::Business => {}
        PartyKind::Partner => return Err(Rejection::NotABusiness { party }),
    }
    let offer = OfferId::at(ask.state.offers.len()).ok_or(Rejection::AmountTooLarge)?;
    if valid_until < ask.request.at.day() && !ask.is_history() {
        return Err(Rejection::OfferEnded { offer, valid_until });
    }
    let title = title.clone();
    let event = Event::OfferPledged { offer, party, title, face_value, quantity, valid_until };
    Ok(Ruling::new(event, authority))
}

/// An officer issues one, not to themselves, within the caps of a person and year.
pub(super) fn issue(
    ask: &Ask<'_>,
    offer: OfferId,
    member: MemberId,
    (reason, code): (VoucherReason, CodeHash),
) -> Ruled {
    let authority = ask.who.coordinator()?;
    ask.who.not_in_own_matter(member)?;
    ask.state.active(member)?;
    let (face_value, valid_until) = match ask.state.offer(offer)?.kind {
        OfferKind::Vouchers { face_value, valid_until } => (face_value, valid_until),
        OfferKind::InKind { valuation: _ } => return Err(Rejection::WrongOfferKind { offer }),
    };
    let today = ask.request.at.day();
    if valid_until < if ask.is_history() { ask.day() } else { today } {
        return Err(Rejection::OfferEnded { offer, valid_until });
    }
    let stock = ask.state.stock(offer);
    if stock.get() < 1 {
        return Err(Rejection::OutOfStock { offer, stock });
    }
    caps(ask, member, face_value)?;
    let price = match ask.policy()?.voucher_basis {
        VoucherBasis::Recognition => None,
        VoucherBasis::Exchange { price } => {
            ask.state.spare(member, price)?;
            Some(price)
        }
    };
    let lapse_at = if ask.is_history() {
        // History falls due no earlier than a fresh promise would.
        let fresh = ask.request.at.plus_days(i64::from(ask.policy()?.lapse_days));
        valid_until.end().max(fresh)
    } else {
        valid_until.end()
    };
    let event = Event::VoucherIssued { offer, member, reason, code, lapse_at, price };
    Ok(Ruling::new(event, authority))
}

/// Regular or valuable vouchers are not a thank-you any more: so many, and so much, a person and year.
fn caps(ask: &Ask<'_>, member: MemberId, face_value: Pence) -> Result<(), Rejection> {
    let policy = ask.policy()?;
    let year = ask.day().year();
    let (had, had_value) = ask.state.thanked.get(&(member, year)).copied().unwrap_or_default();
    if had >= policy.voucher_cap {
        return Err(Rejection::VoucherCap { member, year, had, cap: policy.voucher_cap });
    }
    let cap = policy.voucher_cap_value;
    if had_value.saturating_add(face_value.get()) > cap.get() {
        return Err(Rejection::VoucherValueCap { member, year, had: had_value, cap });
    }
    Ok(())
}

/// A voucher that is open, or what became of it.
fn open(state: &State, voucher: Position) -> Result<&OpenVoucher, Rejection> {
    match state.vouchers.get(&voucher) {
        Some(open) => Ok(open),
        None if state.settled.contains(voucher) => {
            Err(Rejection::AlreadySettled { made_by: voucher })
        }
        None => Err(Rejection::VoucherNotFound),
    }
}

/// Whoever has the code may redeem it; a co-ordinator may, too.
pub(super) fn redeem(ask: &Ask<'_>, key: VoucherKey) -> Ruled {
    let (voucher, authority) = match key {
        VoucherKey::Code(code) => {
            let issued = ask.state.codes.get(&code).copied();
            (issued.ok_or(Rejection::VoucherNotFound)?, Authority::Bearer)
        }
        VoucherKey::Issued(issued) => (issued, ask.who.coordinator()?),
    };
    let OpenVoucher { offer, member, .. } = *open(ask.state, voucher)?;
    Ok(Ruling::new(Event::VoucherRedeemed { voucher, offer, member }, authority))
}

/// It goes back into stock, and the minutes that were given for it come back out of the pot, if they are still there.
pub(super) fn cancel(ask: &Ask<'_>, voucher: Position) -> Ruled {
    let authority = ask.who.coordinator()?;
    let OpenVoucher { offer, member, price, .. } = *open(ask.state, voucher)?;
    let pot = ask.state.books.time(TimeAccount::Pot);
    if let Some(asked) = price
        && asked.get() > pot.get()
    {
        return Err(Rejection::PotTooSmall { pot, asked });
    }
    Ok(Ruling::new(Event::VoucherCancelled { voucher, offer, member, price }, authority))
}
