//! Seals and rotations of keys, made up.

use ledger_core::{AccountsRoot, Event, PublicKey, SealedTotals, Signature};
use proptest::prelude::*;

use super::words::{any_byte, position};

/// A sum: mostly as in real life, now and then anything.
fn sum() -> impl Strategy<Value = i64> {
    prop_oneof![9 => -100_000..100_000_i64, 1 => i64::MIN..=i64::MAX]
}

pub(super) fn sealed() -> impl Strategy<Value = Event> {
    let root = prop::array::uniform32(any_byte()).prop_map(AccountsRoot::new);
    let accounts = prop_oneof![9 => 0..5_000_u64, 1 => 0..=i64::MAX as u64];
    let totals = (accounts, sum(), sum(), sum(), sum(), sum(), sum(), sum()).prop_map(
        |(accounts, member, held, pot, commons, fund, stock, with)| SealedTotals {
            accounts,
            member_minutes: member,
            held_minutes: held,
            pot_minutes: pot,
            commons_minutes: commons,
            fund_pence: fund,
            stock_items: stock,
            with_member_items: with,
        },
    );
    (position(), root, totals, 1..=u32::MAX).prop_map(
        |(through, accounts_root, totals, reducer_version)| Event::StateSealed {
            through,
            accounts_root,
            totals,
            reducer_version,
        },
    )
}

pub(super) fn rotated() -> impl Strategy<Value = Event> {
    let key = || prop::array::uniform32(any_byte()).prop_map(PublicKey::new);
    let signature = || {
        let half = || prop::array::uniform32(any_byte());
        (half(), half()).prop_map(|(first, second)| {
            let mut bytes = [0; 64];
            bytes.copy_from_slice([first, second].as_flattened());
            Signature::new(&bytes)
        })
    };
    (key(), key(), signature(), signature()).prop_map(
        |(old_key, new_key, old_signature, new_signature)| Event::SigningKeyRotated {
            old_key,
            new_key,
            old_signature,
            new_signature,
        },
    )
}
