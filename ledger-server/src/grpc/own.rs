//! What a caller may see of entries and accounts, who does not see everybody.

use std::collections::BTreeSet;

use ledger_core::{Account, Actor, KindAccount, MemberId, TimeAccount};
use ledger_proto::stored;

use crate::{
    access::{Denied, Sees},
    error::Error,
};

/// Refuses an entry that concerns nobody whom they see, and says at whom else than themselves they look: one in which such a
/// member acts or is acted for, or something of theirs moves.
pub(super) fn looked_at(entry: &[u8], sees: &Sees) -> Result<BTreeSet<MemberId>, Error> {
    let entry = stored::decode(entry).map_err(Error::internal)?;
    let mut concerned = BTreeSet::new();
    for transfer in &entry.event.transfers() {
        concerned.extend(transfer.sides().into_iter().filter_map(|(account, _)| owner(account)));
    }
    concerned.extend(entry.by.on_behalf_of);
    if let Actor::Member(actor) = entry.by.actor
        && (entry.by.on_behalf_of.is_none() || sees.own().is_none_or(|own| own == actor))
    {
        concerned.insert(actor);
    }
    concerned.retain(|member| sees.shows(*member));
    let Some(own) = sees.own() else { return Ok(concerned) };
    if concerned.contains(&own) {
        return Ok(BTreeSet::new());
    }
    if concerned.is_empty() { Err(Denied::NotTheirs.into()) } else { Ok(concerned) }
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
