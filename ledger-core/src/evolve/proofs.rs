//! What seals and keys change: next to nothing, but what they say must be so.

use super::{Result, impossible};
use crate::{
    event::{REDUCER_VERSION, SealedTotals},
    id::Position,
    key::PublicKey,
    state::State,
};

/// A seal speaks of the entry before it, and of the books as they are. The root is for those to check who know bytes.
pub(super) fn state_sealed(
    state: &State,
    at: Position,
    through: Position,
    (totals, reducer_version): (&SealedTotals, u32),
) -> Result<()> {
    if through != state.head {
        return Err(impossible(at, "a seal speaks of another entry than the one before it"));
    }
    if reducer_version != REDUCER_VERSION {
        return Err(impossible(at, "the state was sealed by a reducer that is not known here"));
    }
    if state.books.totals().as_ref() != Ok(totals) {
        return Err(impossible(at, "a seal has other totals than the books"));
    }
    Ok(())
}

/// The key changes, and from the key that signed until now. The first one is in no entry, and any can be it.
pub(super) fn signing_key_rotated(
    state: &mut State,
    at: Position,
    old_key: PublicKey,
    new_key: PublicKey,
) -> Result<()> {
    if old_key == new_key {
        return Err(impossible(at, "a key is rotated to itself"));
    }
    if state.signing_key().is_some_and(|key| key != old_key) {
        return Err(impossible(at, "a key is rotated from one that does not sign"));
    }
    state.signing_key = Some((new_key, at));
    Ok(())
}
