//! What is a member's own: the entries that concern them, and their accounts.

use ledger_core::{Account, Actor, KindAccount, MemberId, TimeAccount};
use ledger_proto::stored;

use crate::{access::Denied, error::Error};

/// Refuses an entry in which a member neither acts nor anything of theirs moves.
pub(super) fn concerns(entry: &[u8], own: MemberId) -> Result<(), Error> {
    let entry = stored::decode(entry).map_err(Error::internal)?;
    let moved = entry.event.transfers().into_iter().any(|transfer| {
        transfer.sides().into_iter().any(|(account, _)| is_of(account, own).is_ok())
    });
    let by = entry.by;
    if moved || by.actor == Actor::Member(own) || by.on_behalf_of == Some(own) {
        Ok(())
    } else {
        Err(Denied::NotTheirs.into())
    }
}

/// Refuses an account that is not this member's.
pub(super) fn is_of(account: Account, own: MemberId) -> Result<(), Error> {
    if owner(account) == Some(own) { Ok(()) } else { Err(Denied::NotTheirs.into()) }
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
