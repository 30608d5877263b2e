//! Funds, cash, gifts in kind and reversals, as we write them.

use ledger_core::{CashSource, CashUse, Event, FundFreedom, ReversalReason, Title, Undone};

use super::{
    message::Message,
    numbers::{day, fund, items, member, minutes, offer, party, pence, position, word},
    transfers,
};
use crate::stored::log;

pub(super) fn fund_opened(m: &mut Message<'_>) -> Option<Event> {
    Some(Event::FundOpened {
        fund: m.take(1, fund)?,
        title: Title::new(m.text(2)?).ok()?,
        // A purpose of another fund is not read, and so found at the end.
        freedom: match m.take(3, word(|code| log::FundFreedom::try_from(code).ok()))? {
            log::FundFreedom::Unspecified => None,
            log::FundFreedom::Unrestricted => Some(FundFreedom::Unrestricted),
            log::FundFreedom::Designated => Some(FundFreedom::Designated),
            log::FundFreedom::Restricted => {
                Title::new(m.text(4)?).ok().map(FundFreedom::Restricted)
            }
        }?,
    })
}

pub(super) fn cash_received(m: &mut Message<'_>) -> Option<Event> {
    Some(Event::CashReceived {
        fund: m.take(1, fund)?,
        source: m.take(2, word(CashSource::from_code))?,
        pence: m.take(3, pence)?,
        party: m.if_said(4, party)?,
        member: m.if_said(5, member)?,
    })
}

pub(super) fn cash_spent(m: &mut Message<'_>) -> Option<Event> {
    Some(Event::CashSpent {
        fund: m.take(1, fund)?,
        spent_on: m.take(2, word(CashUse::from_code))?,
        pence: m.take(3, pence)?,
        party: m.if_said(4, party)?,
        member: m.if_said(5, member)?,
    })
}

pub(super) fn in_kind_received(m: &mut Message<'_>) -> Option<Event> {
    Some(Event::InKindReceived {
        offer: m.take(1, offer)?,
        party: m.if_said(2, party)?,
        title: Title::new(m.text(3)?).ok()?,
        quantity: m.take(4, items)?,
        valuation: m.if_said(5, pence)?,
    })
}

pub(super) fn in_kind_used(m: &mut Message<'_>) -> Option<Event> {
    Some(Event::InKindUsed { offer: m.take(1, offer)?, quantity: m.take(2, items)? })
}

/// The mirrored transfers are the entry's own.
pub(super) fn entry_reversed(m: &mut Message<'_>, moved: &Message<'_>) -> Option<Event> {
    Some(Event::EntryReversed {
        transfers: transfers(moved)?,
        entry: m.take(1, position)?,
        reason: m.take(2, word(ReversalReason::from_code))?,
        undone: match m.ahead() {
            3 => m.chosen(3, Undone::TransfersOnly),
            4 => m.within(4, |m| {
                Some(Undone::GivenMinutes {
                    giver: m.take(1, member)?,
                    day: m.take(2, day)?,
                    minutes: m.take(3, minutes)?,
                })
            }),
            5 => m.take(5, member).map(Undone::Leaving),
            6 => m.take(6, offer).map(Undone::Offer),
            _ => None,
        }?,
        below_floor: m.list(7, member)?,
    })
}
