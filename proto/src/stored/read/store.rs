//! Funds, cash, gifts in kind and reversals, as they were stored.

use ledger_core::{
    CashSource, CashUse, Event, FundFreedom, FundId, MemberId, OfferId, PartyId, ReversalReason,
    Transfer, Undone,
};

use super::{NOT_SAID, day};
use crate::{
    malformed::{Fields, IfSaid},
    stored::log,
};

pub(super) fn fund_opened(f: &mut Fields, stored: &log::FundOpened) -> Option<Event> {
    let fund = f.number("fund", stored.fund, FundId::new);
    let title = f.title("title", &stored.title);
    let purpose = f.unless_empty(stored.purpose.as_str(), |f, text| f.title("purpose", text));
    let freedom = f.word("freedom", stored.freedom, |code| log::FundFreedom::try_from(code).ok());
    let freedom = match (freedom?, purpose?) {
        (log::FundFreedom::Unrestricted, None) => FundFreedom::Unrestricted,
        (log::FundFreedom::Designated, None) => FundFreedom::Designated,
        (log::FundFreedom::Restricted, Some(purpose)) => FundFreedom::Restricted(purpose),
        (log::FundFreedom::Unspecified, _) => return f.refuse("freedom", "is not said"),
        (log::FundFreedom::Restricted, None)
        | (log::FundFreedom::Unrestricted | log::FundFreedom::Designated, Some(_)) => {
            return f.refuse("purpose", "does not go with the fund's freedom");
        }
    };
    Some(Event::FundOpened { fund: fund?, title: title?, freedom })
}

pub(super) fn cash_received(f: &mut Fields, stored: log::CashReceived) -> Option<Event> {
    let fund = f.number("fund", stored.fund, FundId::new);
    let source = f.word("source", stored.source, CashSource::from_code);
    let pence = f.pence("pence", stored.pence);
    let party = party(f, stored.party);
    let member = member(f, stored.member);
    Some(Event::CashReceived {
        fund: fund?,
        source: source?,
        pence: pence?,
        party: party?,
        member: member?,
    })
}

pub(super) fn cash_spent(f: &mut Fields, stored: log::CashSpent) -> Option<Event> {
    let fund = f.number("fund", stored.fund, FundId::new);
    let spent_on = f.word("spent_on", stored.spent_on, CashUse::from_code);
    let pence = f.pence("pence", stored.pence);
    let party = party(f, stored.party);
    let member = member(f, stored.member);
    Some(Event::CashSpent {
        fund: fund?,
        spent_on: spent_on?,
        pence: pence?,
        party: party?,
        member: member?,
    })
}

pub(super) fn in_kind_received(f: &mut Fields, stored: &log::InKindReceived) -> Option<Event> {
    let offer = f.number("offer", stored.offer, OfferId::new);
    let party = party(f, stored.party);
    let title = f.title("title", &stored.title);
    let quantity = f.items("quantity_items", stored.quantity_items);
    let valuation =
        f.unless_empty(stored.valuation_pence, |f, number| f.pence("valuation_pence", number));
    Some(Event::InKindReceived {
        offer: offer?,
        party: party?,
        title: title?,
        quantity: quantity?,
        valuation: valuation?,
    })
}

pub(super) fn in_kind_used(f: &mut Fields, stored: log::InKindUsed) -> Option<Event> {
    let offer = f.number("offer", stored.offer, OfferId::new);
    let quantity = f.items("quantity_items", stored.quantity_items);
    Some(Event::InKindUsed { offer: offer?, quantity: quantity? })
}

/// The mirrored transfers are the entry's own.
pub(super) fn entry_reversed(
    f: &mut Fields,
    stored: &log::EntryReversed,
    moved: &[Transfer],
) -> Option<Event> {
    use log::entry_reversed::Undone as Stored;
    let entry = f.position("entry_position", stored.entry_position);
    let reason = f.word("reason", stored.reason, ReversalReason::from_code);
    let below_floor: Vec<_> = stored
        .below_floor_members
        .iter()
        .map(|&number| f.number("below_floor_members", number, MemberId::new))
        .collect();
    let below_floor: Option<Vec<_>> = below_floor.into_iter().collect();
    let undone = match f.need("undone", stored.undone.as_ref(), NOT_SAID)? {
        Stored::TransfersOnly(_) => Undone::TransfersOnly,
        Stored::GivenMinutes(stored) => {
            let giver = f.number("given_minutes.giver", stored.giver, MemberId::new);
            let day = day(f, "given_minutes.on_day", stored.on_day);
            let minutes = f.minutes("given_minutes.minutes", stored.minutes);
            Undone::GivenMinutes { giver: giver?, day: day?, minutes: minutes? }
        }
        Stored::LeavingOfMember(number) => {
            Undone::Leaving(f.number("leaving_of_member", *number, MemberId::new)?)
        }
        Stored::Offer(number) => Undone::Offer(f.number("offer", *number, OfferId::new)?),
    };
    Some(Event::EntryReversed {
        entry: entry?,
        reason: reason?,
        transfers: moved.to_vec(),
        undone,
        below_floor: below_floor?,
    })
}

fn party(f: &mut Fields, number: i64) -> IfSaid<PartyId> {
    f.unless_empty(number, |f, number| f.number("party", number, PartyId::new))
}

fn member(f: &mut Fields, number: i64) -> IfSaid<MemberId> {
    f.unless_empty(number, |f, number| f.number("member", number, MemberId::new))
}
