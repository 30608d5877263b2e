//! Seals and keys, as we write them.

use ledger_core::{AccountsRoot, Event, PublicKey, SealedTotals, Signature};

use super::{
    message::Message,
    numbers::{count, not_below_zero, position, sum},
};

pub(super) fn state_sealed(m: &mut Message<'_>) -> Option<Event> {
    Some(Event::StateSealed {
        through: m.take(1, position)?,
        accounts_root: AccountsRoot::new(m.exactly(2)?),
        totals: SealedTotals {
            accounts: m.take(3, not_below_zero)?,
            member_minutes: m.take(4, sum)?,
            held_minutes: m.take(5, sum)?,
            pot_minutes: m.take(6, sum)?,
            commons_minutes: m.take(7, sum)?,
            fund_pence: m.take(8, sum)?,
            stock_items: m.take(9, sum)?,
            with_member_items: m.take(10, sum)?,
        },
        reducer_version: m.take(11, count)?,
    })
}

pub(super) fn signing_key_rotated(m: &mut Message<'_>) -> Option<Event> {
    Some(Event::SigningKeyRotated {
        old_key: PublicKey::new(m.exactly(1)?),
        new_key: PublicKey::new(m.exactly(2)?),
        old_signature: Signature::new(&m.exactly(3)?),
        new_signature: Signature::new(&m.exactly(4)?),
    })
}
