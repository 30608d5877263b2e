//! The Store: cash by fund, and gifts in kind.

use super::{Ask, Ruled, Ruling};
use crate::{
    amount::{Items, Pence},
    event::{Event, FundFreedom},
    id::{FundId, MemberId, OfferId, PartyId},
    kinds::{CashSource, CashUse},
    rejection::Rejection,
    state::OfferKind,
    text::Title,
};

/// The organisation and the member that cash comes from or goes to.
type Named = (Option<PartyId>, Option<MemberId>);

pub(super) fn open(ask: &Ask<'_>, title: &Title, freedom: &FundFreedom) -> Ruled {
    let authority = ask.who.treasurer()?;
    if ask.state.fund_titles.contains_key(title) {
        return Err(Rejection::NameTaken { title: title.clone() });
    }
    let fund = FundId::at(ask.state.funds.len()).ok_or(Rejection::AmountTooLarge)?;
    let event = Event::FundOpened { fund, title: title.clone(), freedom: freedom.clone() };
    Ok(Ruling::new(event, authority))
}

fn known(ask: &Ask<'_>, (party, member): Named) -> Result<(), Rejection> {
    party.map(|party| ask.state.party(party)).transpose()?;
    member.map(|member| ask.state.member(member)).transpose()?;
    Ok(())
}

pub(super) fn receive(
    ask: &Ask<'_>,
    fund: FundId,
    (source, pence): (CashSource, Pence),
    (party, member): Named,
) -> Ruled {
    let authority = ask.who.treasurer()?;
    ask.state.fund(fund)?;
    known(ask, (party, member))?;
    Ok(Ruling::new(Event::CashReceived { fund, source, pence, party, member }, authority))
}

/// A restricted fund refuses a spend off its purpose, and no fund goes below zero.
pub(super) fn spend(
    ask: &Ask<'_>,
    fund: FundId,
    (spent_on, pence): (CashUse, Pence),
    purpose: Option<&Title>,
    (party, member): Named,
) -> Ruled {
    let authority = ask.who.treasurer()?;
    let freedom = &ask.state.fund(fund)?.freedom;
    known(ask, (party, member))?;
    if let Some(member) = member {
        ask.who.not_in_own_matter(member)?;
    }
    match freedom {
        FundFreedom::Restricted(own) if purpose != Some(own) => {
            return Err(Rejection::OffPurpose { fund, purpose: own.clone() });
        }
        FundFreedom::Restricted(_) | FundFreedom::Unrestricted | FundFreedom::Designated => {}
    }
    let balance = ask.state.fund_balance(fund);
    if pence.get() > balance.get() {
        return Err(Rejection::FundTooSmall { fund, balance, asked: pence });
    }
    Ok(Ruling::new(Event::CashSpent { fund, spent_on, pence, party, member }, authority))
}

pub(super) fn receive_in_kind(
    ask: &Ask<'_>,
    party: Option<PartyId>,
    title: &Title,
    (quantity, valuation): (Items, Option<Pence>),
) -> Ruled {
    let authority = ask.who.treasurer()?;
    known(ask, (party, None))?;
    let offer = OfferId::at(ask.state.offers.len()).ok_or(Rejection::AmountTooLarge)?;
    let title = title.clone();
    let event = Event::InKindReceived { offer, party, title, quantity, valuation };
    Ok(Ruling::new(event, authority))
}

pub(super) fn use_in_kind(ask: &Ask<'_>, offer: OfferId, quantity: Items) -> Ruled {
    let authority = ask.who.treasurer()?;
    match ask.state.offer(offer)?.kind {
        OfferKind::InKind { valuation: _ } => {}
        OfferKind::Vouchers { .. } => return Err(Rejection::WrongOfferKind { offer }),
    }
    let stock = ask.state.stock(offer);
    if quantity.get() > stock.get() {
        return Err(Rejection::OutOfStock { offer, stock });
    }
    Ok(Ruling::new(Event::InKindUsed { offer, quantity }, authority))
}
