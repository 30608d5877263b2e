//! What moved is booked.

use crate::{
    account::{CashAccount, KindAccount, TimeAccount, Transfer},
    amount::Overflow,
    evolve::{Result, impossible},
    id::{MemberId, Position},
    state::State,
};

/// Books one transfer, if all that it names is there.
pub(super) fn book(state: &mut State, at: Position, transfer: &Transfer) -> Result<()> {
    if transfer.goes_nowhere() {
        return Err(impossible(at, "a transfer goes nowhere"));
    }
    known(state, transfer).map_err(|what| impossible(at, what))?;
    state.books.apply(transfer).map_err(|Overflow| impossible(at, "a balance overflows"))?;
    touch(state, transfer, at);
    Ok(())
}

/// Whether what a transfer names is there: a made-up log must not make the books as long as it likes.
fn known(state: &State, transfer: &Transfer) -> std::result::Result<(), &'static str> {
    let there = match transfer {
        Transfer::Time { from, to, minutes: _ } => {
            let there = |account: &TimeAccount| match account {
                TimeAccount::Member(member) | TimeAccount::Held(member) => enrolled(state, *member),
                TimeAccount::Pot | TimeAccount::Commons => true,
            };
            (there(from) && there(to), "a transfer names a member who is not there")
        }
        Transfer::Cash { from, to, pence: _ } => {
            let there = |account: &CashAccount| match account {
                CashAccount::Fund(fund) => fund.index() < state.funds.len(),
                CashAccount::Source(_) | CashAccount::Use(_) => true,
            };
            (there(from) && there(to), "a transfer names a fund that is not there")
        }
        Transfer::Kind { offer, from, to: _, items: _ } => {
            // What brings an offer brings its stock: so for that the next number is there, too.
            let brought = usize::from(*from == KindAccount::Outside);
            let offers = state.offers.len().saturating_add(brought);
            (offer.index() < offers, "a transfer names an offer that is not there")
        }
    };
    match there {
        (true, _) => Ok(()),
        (false, what) => Err(what),
    }
}

/// Whether there is such a member, in whatever standing.
pub(super) fn enrolled(state: &State, member: MemberId) -> bool {
    member.index() < state.members.len()
}

/// A member whose hours moved has another revision.
fn touch(state: &mut State, transfer: &Transfer, at: Position) {
    if let Transfer::Time { from, to, minutes: _ } = transfer {
        for account in [from, to] {
            if let TimeAccount::Member(member) | TimeAccount::Held(member) = account
                && let Some(member) = state.members.get_mut(member.index())
            {
                member.revision = at;
            }
        }
    }
}
