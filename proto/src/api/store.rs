//! Writes about the Store's cash and gifts in kind, and the reversal of any entry.

use ledger_core::{CashSource, CashUse, Command, FundFreedom, MemberId, PartyId, ReversalReason};

use super::{name, parse::Asking};
use crate::{
    malformed::{Fields, IfSaid},
    v1,
};

pub(super) fn open_fund(
    f: &mut Fields,
    _: &Asking<'_>,
    m: &v1::OpenFundRequest,
) -> Option<Command> {
    let title = f.title("title", &m.title);
    let from_code = |code| match v1::FundFreedom::try_from(code) {
        Ok(v1::FundFreedom::Unspecified) | Err(_) => None,
        Ok(freedom) => Some(freedom),
    };
    let freedom = match f.word("freedom", m.freedom, from_code)? {
        v1::FundFreedom::Restricted => f.title("purpose", &m.purpose).map(FundFreedom::Restricted),
        _ if !m.purpose.is_empty() => f.refuse(
            "purpose",
            "goes with FUND_FREEDOM_RESTRICTED only: leave it out, or choose that freedom",
        ),
        v1::FundFreedom::Unrestricted => Some(FundFreedom::Unrestricted),
        v1::FundFreedom::Designated => Some(FundFreedom::Designated),
        v1::FundFreedom::Unspecified => None,
    };
    Some(Command::OpenFund { title: title?, freedom: freedom? })
}

pub(super) fn receive_cash(
    f: &mut Fields,
    asking: &Asking<'_>,
    m: &v1::ReceiveCashRequest,
) -> Option<Command> {
    let fund = name::read_fund(f, "fund", asking.coop, &m.fund);
    let source = f.word("source", m.source, CashSource::from_code);
    let pence = f.pence("amount_pence", m.amount_pence);
    let party = party(f, asking, &m.party);
    let member = member(f, asking, &m.member);
    Some(Command::ReceiveCash {
        fund: fund?,
        source: source?,
        pence: pence?,
        party: party?,
        member: member?,
    })
}

pub(super) fn spend_cash(
    f: &mut Fields,
    asking: &Asking<'_>,
    m: &v1::SpendCashRequest,
) -> Option<Command> {
    let fund = name::read_fund(f, "fund", asking.coop, &m.fund);
    let spent_on = f.word("use", m.r#use, CashUse::from_code);
    let pence = f.pence("amount_pence", m.amount_pence);
    let purpose = f.unless_empty(m.purpose.as_str(), |f, text| f.title("purpose", text));
    let party = party(f, asking, &m.party);
    let member = member(f, asking, &m.member);
    Some(Command::SpendCash {
        fund: fund?,
        spent_on: spent_on?,
        pence: pence?,
        purpose: purpose?,
        party: party?,
        member: member?,
    })
}

pub(super) fn receive_in_kind(
    f: &mut Fields,
    asking: &Asking<'_>,
    m: &v1::ReceiveInKindRequest,
) -> Option<Command> {
    let party = party(f, asking, &m.party);
    let title = f.title("title", &m.title);
    let quantity = f.items("quantity", m.quantity);
    let valuation =
        f.unless_empty(m.valuation_pence, |f, number| f.pence("valuation_pence", number));
    Some(Command::ReceiveInKind {
        party: party?,
        title: title?,
        quantity: quantity?,
        valuation: valuation?,
    })
}

pub(super) fn use_in_kind(
    f: &mut Fields,
    asking: &Asking<'_>,
    m: &v1::UseInKindRequest,
) -> Option<Command> {
    let offer = name::read_offer(f, "offer", asking.coop, &m.offer);
    let quantity = f.items("quantity", m.quantity);
    Some(Command::UseInKind { offer: offer?, quantity: quantity? })
}

/// Which entry it is, the engine looks up.
pub(super) fn reverse_entry(
    f: &mut Fields,
    asking: &Asking<'_>,
    m: &v1::ReverseEntryRequest,
) -> Option<Command> {
    let entry = name::read_entry(f, "entry", asking.coop, &m.entry);
    let reason = f.word("reason", m.reason, ReversalReason::from_code);
    Some(Command::ReverseEntry { entry: entry?, found: None, reason: reason? })
}

fn party(f: &mut Fields, asking: &Asking<'_>, text: &str) -> IfSaid<PartyId> {
    f.unless_empty(text, |f, text| name::read_party(f, "party", asking.coop, text))
}

fn member(f: &mut Fields, asking: &Asking<'_>, text: &str) -> IfSaid<MemberId> {
    f.unless_empty(text, |f, text| name::read_member(f, "member", asking.coop, text))
}
