//! What a caller may see of entries and accounts, who does not see everybody.

use ledger_core::{Account, Actor, KindAccount, MemberId, TimeAccount};
use ledger_proto::stored;

use crate::{
    access::{Denied, Sees},
    error::Error,
};

/// Refuses an entry in which nobody whom they see acts, nor anything of theirs moves.
pub(super) fn concerns(entry: &[u8], sees: &Sees) -> Result<(), Error> {
    if *sees == Sees::Everybody {
        return Ok(());
    }
    let entry = stored::decode(entry).map_err(Error::internal)?;
    let moved = entry.event.transfers().into_iter().any(|transfer| {
        transfer.sides().into_iter().any(|(account, _)| is_within(account, sees).is_ok())
    });
    let acted = match entry.by.actor {
        Actor::Member(member) => sees.shows(member),
        Actor::Officer(_) | Actor::Bearer | Actor::Timer | Actor::Operator => false,
    };
    if moved || acted || entry.by.on_behalf_of.is_some_and(|member| sees.shows(member)) {
        Ok(())
    } else {
        Err(Denied::NotTheirs.into())
    }
}

/// Refuses an account of nobody whom they see.
pub(super) fn is_within(account: Account, sees: &Sees) -> Result<(), Error> {
    let shown = *sees == Sees::Everybody || owner(account).is_some_and(|owner| sees.shows(owner));
    if shown { Ok(()) } else { Err(Denied::NotTheirs.into()) }
}

/// The member whose account it is.
pub(super) const fn owner(account: Account) -> Option<MemberId> {
    match account {
        Account::Time(TimeAccount::Member(member) | TimeAccount::Held(member))
        | Account::Kind(_, KindAccount::With(member)) => Some(member),
        Account::Time(TimeAccount::Pot | TimeAccount::Commons)
        | Account::Cash(_)
        | Account::Kind(
            _,
            KindAccount::Outside | KindAccount::Stock | KindAccount::Used | KindAccount::Lapsed,
        ) => None,
    }
}
