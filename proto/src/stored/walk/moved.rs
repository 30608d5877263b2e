//! Whether a transfer that stands there is this one: sooner said than by reading it and comparing the two.

use ledger_core::{CashAccount, KindAccount, TimeAccount, Transfer};

use super::message::Message;

/// Reads a transfer that must be this one.
#[inline(always)]
#[allow(clippy::inline_always, reason = "as the readers of the message")]
pub(super) fn is(m: &mut Message<'_>, transfer: &Transfer) -> Option<()> {
    if transfer.goes_nowhere() {
        return None;
    }
    match *transfer {
        Transfer::Time { from, to, minutes } => m.within(1, |m| {
            m.within(1, |m| time_account(m, from))?;
            m.within(2, |m| time_account(m, to))?;
            m.is(3, minutes.get())
        }),
        Transfer::Cash { from, to, pence } => m.within(2, |m| {
            m.within(1, |m| cash_account(m, from))?;
            m.within(2, |m| cash_account(m, to))?;
            m.is(3, pence.get())
        }),
        Transfer::Kind { offer, from, to, items } => m.within(3, |m| {
            m.is(1, offer.get())?;
            m.within(2, |m| kind_account(m, from))?;
            m.within(3, |m| kind_account(m, to))?;
            m.is(4, items.get())
        }),
    }
}

#[inline]
fn time_account(m: &mut Message<'_>, account: TimeAccount) -> Option<()> {
    match account {
        TimeAccount::Member(member) => m.is(1, member.get()),
        TimeAccount::Held(member) => m.is(2, member.get()),
        TimeAccount::Pot => m.chosen(3, ()),
        TimeAccount::Commons => m.chosen(4, ()),
    }
}

#[inline]
fn cash_account(m: &mut Message<'_>, account: CashAccount) -> Option<()> {
    match account {
        CashAccount::Fund(fund) => m.is(1, fund.get()),
        CashAccount::Source(source) => m.is(2, source.code()),
        CashAccount::Use(spent_on) => m.is(3, spent_on.code()),
    }
}

#[inline]
fn kind_account(m: &mut Message<'_>, account: KindAccount) -> Option<()> {
    match account {
        KindAccount::Outside => m.chosen(1, ()),
        KindAccount::Stock => m.chosen(2, ()),
        KindAccount::With(member) => m.is(3, member.get()),
        KindAccount::Used => m.chosen(4, ()),
        KindAccount::Lapsed => m.chosen(5, ()),
    }
}
