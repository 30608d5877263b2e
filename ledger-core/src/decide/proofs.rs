//! Seals of the state, and the keys under which a log is signed.

use super::{Ask, Ruled, Ruling};
use crate::{
    amount::Overflow,
    event::{Event, REDUCER_VERSION},
    id::AccountsRoot,
    key::{PublicKey, Signature},
    rejection::Rejection,
};

pub(super) fn seal(ask: &Ask<'_>, accounts_root: Option<AccountsRoot>) -> Ruled {
    let authority = ask.who.office_or_operator()?;
    let through = ask.state.head;
    let accounts_root = accounts_root.ok_or(Rejection::EntryNotFound { entry: through })?;
    let totals = ask.state.books.totals().map_err(|Overflow| Rejection::AmountTooLarge)?;
    let reducer_version = REDUCER_VERSION;
    let event = Event::StateSealed { through, accounts_root, totals, reducer_version };
    Ok(Ruling::new(event, authority))
}

pub(super) fn rotate(
    ask: &Ask<'_>,
    (old_key, old_signature): (PublicKey, &Signature),
    (new_key, new_signature): (PublicKey, &Signature),
) -> Ruled {
    let authority = ask.who.operator()?;
    if let Some((key, since)) = ask.state.signing_key {
        if key == new_key {
            return Err(Rejection::AlreadySettled { made_by: since });
        }
        if key != old_key {
            return Err(Rejection::RevisionChanged { revision: since });
        }
    } else if old_key == new_key {
        return Err(Rejection::AlreadySettled { made_by: ask.state.head });
    }
    let (old_signature, new_signature) = (old_signature.clone(), new_signature.clone());
    let event = Event::SigningKeyRotated { old_key, new_key, old_signature, new_signature };
    Ok(Ruling::new(event, authority))
}
