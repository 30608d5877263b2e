//! Seals and keys, as they were stored.

use ledger_core::{AccountsRoot, Event, PublicKey, SealedTotals, Signature};

use crate::{malformed::Fields, stored::log};

pub(super) fn state_sealed(f: &mut Fields, stored: &log::StateSealed) -> Option<Event> {
    let through = f.position("through_position", stored.through_position);
    let accounts_root = exactly(f, "accounts_root", &stored.accounts_root).map(AccountsRoot::new);
    let accounts = u64::try_from(stored.accounts).ok();
    let accounts = f.need("accounts", accounts, "is below zero");
    let reducer_version = u32::try_from(stored.reducer_version).ok();
    let reducer_version =
        f.need("reducer_version", reducer_version, "is not a version of the reducer");
    let totals = SealedTotals {
        accounts: accounts?,
        member_minutes: stored.member_minutes,
        held_minutes: stored.held_minutes,
        pot_minutes: stored.pot_minutes,
        commons_minutes: stored.commons_minutes,
        fund_pence: stored.fund_pence,
        stock_items: stored.stock_items,
        with_member_items: stored.with_member_items,
    };
    Some(Event::StateSealed {
        through: through?,
        accounts_root: accounts_root?,
        totals,
        reducer_version: reducer_version?,
    })
}

pub(super) fn signing_key_rotated(
    f: &mut Fields,
    stored: &log::SigningKeyRotated,
) -> Option<Event> {
    let old_key = exactly(f, "old_key", &stored.old_key).map(PublicKey::new);
    let new_key = exactly(f, "new_key", &stored.new_key).map(PublicKey::new);
    let old_signature = exactly(f, "old_signature", &stored.old_signature);
    let new_signature = exactly(f, "new_signature", &stored.new_signature);
    Some(Event::SigningKeyRotated {
        old_key: old_key?,
        new_key: new_key?,
        old_signature: Signature::new(&old_signature?),
        new_signature: Signature::new(&new_signature?),
    })
}

/// Bytes of a length that never changes.
fn exactly<const N: usize>(f: &mut Fields, field: &str, bytes: &[u8]) -> Option<[u8; N]> {
    let problem = format!("has {} bytes, and not {N}", bytes.len());
    f.need(field, bytes.try_into().ok(), &problem)
}
