//! What an entry means for the totals of the Store: read from accounts and amounts, and from its kind only where those
//! would mislead.

use ledger_core::{
    CashAccount, Event, FundId, KindAccount, MemberId, OfferId, TimeAccount, Transfer,
};
/// A line of the Store's books: an account, or a stream into or out of the Store.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Line {
    /// A member's own hours.
    Own(MemberId),
    /// A member's held hours.
    Held(MemberId),
    /// The community pot.
    Pot,
    /// The other side of hours given to the community.
    Commons,
    /// All held hours together.
    AllHeld,
    /// Hours that came in.
    TimeIn,
    /// Hours that went out: respite that was delivered.
    TimeOut,
    /// What stands in a fund.
    Fund(FundId),
    /// Cash that came into a fund.
    FundIn(FundId),
    /// Cash that went out of a fund.
    FundOut(FundId),
    /// What is in stock of an offer.
    Stock(OfferId),
    /// What members have of an offer.
    With(OfferId),
    /// What of an offer was pledged.
    Pledged(OfferId),
    /// What of an offer was issued.
    Issued(OfferId),
    /// What of an offer was used up or redeemed.
    Used(OfferId),
    /// What of an offer came back into stock.
    Cancelled(OfferId),
    /// What of an offer lapsed.
    Lapsed(OfferId),
    /// What a gift in kind is reckoned to be worth, in pence.
    Valued(OfferId),
}

/// The accounts that a transfer moves, with what goes in (above zero) or out.
pub(crate) fn accounts(transfer: &Transfer) -> impl Iterator<Item = (Line, i64)> + use<> {
    let lines = match *transfer {
        Transfer::Time { from, to, minutes } => {
            let side = |account, delta| match account {
                TimeAccount::Member(member) => [Some((Line::Own(member), delta)), None],
                TimeAccount::Held(member) => {
                    [Some((Line::Held(member), delta)), Some((Line::AllHeld, delta))]
                }
                TimeAccount::Pot => [Some((Line::Pot, delta)), None],
                TimeAccount::Commons => [Some((Line::Commons, delta)), None],
            };
            [side(from, -minutes.get()), side(to, minutes.get())]
        }
        Transfer::Cash { from, to, pence } => {
            let side = |account, delta| match account {
                CashAccount::Fund(fund) => [Some((Line::Fund(fund), delta)), None],
                CashAccount::Source(_) | CashAccount::Use(_) => [None, None],
            };
            [side(from, -pence.get()), side(to, pence.get())]
        }
        Transfer::Kind { offer, from, to, items } => {
            let side = |account, delta| match account {
                KindAccount::Stock => [Some((Line::Stock(offer), delta)), None],
                KindAccount::With(_) => [Some((Line::With(offer), delta)), None],
                KindAccount::Outside | KindAccount::Used | KindAccount::Lapsed => [None, None],
            };
            [side(from, -items.get()), side(to, items.get())]
        }
    };
    lines.into_iter().flatten().flatten()
}

/// What an event brought into the Store or took out of it, by what it moved. A reversal takes back what its entry brought.
pub(crate) fn streams<'a>(
    event: &Event,
    moved: &'a [Transfer],
) -> impl Iterator<Item = (Line, i64)> + use<'a> {
    let (delivered, moved) = if let Event::RespiteDelivered { minutes, .. } = event {
        // All of it was redeemed, beyond what was held as well.
        (Some((Line::TimeOut, minutes.get())), None)
    } else if matches!(event, Event::MemberLeft { .. } | Event::EntryReversed { .. }) {
        // What the community makes good was given by nobody.
        (None, None)
    } else {
        (None, Some(moved))
    };
    delivered.into_iter().chain(moved.into_iter().flatten().filter_map(stream))
}

/// The stream into or out of the Store that a transfer is part of, if it is.
fn stream(transfer: &Transfer) -> Option<(Line, i64)> {
    match *transfer {
        Transfer::Time { from, to, minutes } => match (from, to) {
            (TimeAccount::Commons, TimeAccount::Member(_) | TimeAccount::Pot) => {
                Some((Line::TimeIn, minutes.get()))
            }
            _ => None,
        },
        Transfer::Cash { from, to, pence } => match (from, to) {
            (CashAccount::Source(_), CashAccount::Fund(fund)) => {
                Some((Line::FundIn(fund), pence.get()))
            }
            (CashAccount::Fund(fund), CashAccount::Use(_)) => {
                Some((Line::FundOut(fund), pence.get()))
            }
            _ => None,
        },
        Transfer::Kind { offer, from, to, items } => {
            let line = match (from, to) {
                (KindAccount::Outside, KindAccount::Stock) => Line::Pledged(offer),
                (KindAccount::Stock, KindAccount::With(_)) => Line::Issued(offer),
                (KindAccount::With(_) | KindAccount::Stock, KindAccount::Used) => Line::Used(offer),
                (KindAccount::With(_), KindAccount::Stock) => Line::Cancelled(offer),
                (KindAccount::With(_), KindAccount::Lapsed) => Line::Lapsed(offer),
                _ => return None,
            };
            Some((line, items.get()))
        }
    }
}

/// Every stream that a transfer, or the one whose mirror it is, can be part of: all of its unit, and of its fund or
/// offer. A reversal looks at these, and not at every line of the books.
pub(crate) fn streams_near(transfer: &Transfer) -> impl Iterator<Item = Line> + use<> {
    let lines = match *transfer {
        Transfer::Time { .. } => [Some(Line::TimeIn), Some(Line::TimeOut), None, None, None, None],
        Transfer::Cash { from, to, pence: _ } => {
            let side = |account| match account {
                CashAccount::Fund(fund) => [Some(Line::FundIn(fund)), Some(Line::FundOut(fund))],
                CashAccount::Source(_) | CashAccount::Use(_) => [None, None],
            };
            let ([one, two], [three, four]) = (side(from), side(to));
            [one, two, three, four, None, None]
        }
        Transfer::Kind { offer, from: _, to: _, items: _ } => [
            Some(Line::Pledged(offer)),
            Some(Line::Issued(offer)),
            Some(Line::Used(offer)),
            Some(Line::Cancelled(offer)),
            Some(Line::Lapsed(offer)),
            Some(Line::Valued(offer)),
        ],
    };
    lines.into_iter().flatten()
}

#[cfg(test)]
mod tests {
    use ledger_core::{CashSource, CashUse, Items, Minutes, Pence};

    use super::*;

    #[test]
    fn a_reversal_finds_the_stream_of_what_it_reverses() {
        let (member, other) = (MemberId::new(1001).unwrap(), MemberId::new(1002).unwrap());
        let (fund, offer) = (FundId::new(3).unwrap(), OfferId::new(4).unwrap());
        let time = [
            TimeAccount::Member(member),
            TimeAccount::Member(other),
            TimeAccount::Held(member),
            TimeAccount::Pot,
            TimeAccount::Commons,
        ];
        let cash = [
            CashAccount::Fund(fund),
            CashAccount::Source(CashSource::Grant),
            CashAccount::Use(CashUse::Expense),
        ];
        let kind = [
            KindAccount::Outside,
            KindAccount::Stock,
            KindAccount::With(member),
            KindAccount::Used,
            KindAccount::Lapsed,
        ];
        let (minutes, pence) = (Minutes::new(1).unwrap(), Pence::new(1).unwrap());
        let items = Items::new(1).unwrap();
        let pairs = |count: usize| (0..count * count).map(move |n| (n / count, n % count));
        let all = pairs(5)
            .map(|(a, b)| Transfer::time(time[a], time[b], minutes))
            .chain(pairs(3).map(|(a, b)| Transfer::Cash { from: cash[a], to: cash[b], pence }))
            .chain(pairs(5).map(|(a, b)| {
                let (from, to) = (kind[a], kind[b]);
                Transfer::Kind { offer, from, to, items }
            }));
        let mut seen = 0;
        for transfer in all {
            if let (Some((line, _)), Some(mirror)) = (stream(&transfer), transfer.mirrored()) {
                assert!(streams_near(&mirror).any(|near| near == line), "{transfer:?}");
                seen += 1;
            }
        }
        assert_eq!(seen, 11, "what was delivered is told by its entry");
    }
}
