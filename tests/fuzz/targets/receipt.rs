//! Receipts and proofs of balances: as text of any kind, and as good ones of which the input changes something.
#![no_main]
#![allow(dead_code, reason = "the log is shared with the tests of the vectors")]

#[path = "../../../proto/tests/vectors/log.rs"]
mod log;
#[path = "../../../proto/tests/vectors/tree.rs"]
mod tree;

use std::sync::LazyLock;

use ledger_fuzz::{Result, Unstructured, flipped, spoil, which};
use ledger_proto::{BalanceProof, Over, Receipt, Shown, Trust, VerifierKey, leaf, record};
use log::{Log, SEAL, SIZE};

static LOG: LazyLock<Log> = LazyLock::new(Log::make);
static KEYS: LazyLock<[VerifierKey; 1]> = LazyLock::new(|| [LOG.key.verifier(&LOG.origin)]);

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let Some((first, rest)) = which(data) else { return };
    let mut u = Unstructured::new(rest);
    let _too_short = match first {
        b'r' => changed_receipt(&mut u),
        b'b' => changed_balance(&mut u),
        _ => {
            let Ok(text) = std::str::from_utf8(data) else { return };
            any_text(text);
            Ok(())
        }
    };
});

fn any_text(text: &str) {
    if let Ok(receipt) = Receipt::parse(text) {
        assert_eq!(receipt.to_text(), text);
        receipt_is_so(&receipt);
    }
    if let Ok(proof) = BalanceProof::parse(text) {
        assert_eq!(proof.to_text(), text);
        balance_is_so(&proof);
    }
}

/// What holds by the key of the log is what the log says. The fuzzer has no key.
fn receipt_is_so(receipt: &Receipt) -> bool {
    let Ok(checked) = receipt.check(Trust::Keys(&*KEYS)) else { return false };
    let size = checked.checkpoint.size;
    if size == 1 && checked.checkpoint != LOG.checkpoint(1) {
        // Two vectors are of logs of one entry that is none.
        return true;
    }
    assert_eq!(checked.checkpoint, LOG.checkpoint(size));
    let at = usize::try_from(checked.position - 1).unwrap();
    assert_eq!(checked.leaf, LOG.leaves[at]);
    if let Shown::Entry(bytes) = &receipt.shown {
        assert_eq!(*bytes, LOG.entries[at]);
        assert_eq!(checked.entry.unwrap().position.get(), receipt.position);
    }
    true
}

fn balance_is_so(proof: &BalanceProof) -> bool {
    let Ok(proved) = proof.check(Trust::Keys(&*KEYS)) else { return false };
    let record = record(proved.account, proved.balance).to_vec();
    assert!(LOG.records.contains(&record));
    assert_eq!(proved.through.get(), SEAL - 1);
    assert_eq!(proved.checkpoint, LOG.checkpoint(proved.checkpoint.size));
    true
}

fn changed_text(u: &mut Unstructured<'_>, text: String) -> Result<String> {
    let mut bytes = text.into_bytes();
    let at = u.int_in_range(0..=bytes.len() - 1)?;
    match u.int_in_range(0..=3)? {
        0 => bytes[at] ^= 1 << u.int_in_range(0..=7)?,
        1 => drop(bytes.drain(at..at + u.int_in_range(0..=bytes.len() - at)?)),
        2 => bytes.insert(at, u.arbitrary()?),
        _ => {
            let len = u.int_in_range(0..=(bytes.len() - at).min(64))?;
            let piece = bytes[at..at + len].to_vec();
            let to = u.int_in_range(0..=bytes.len())?;
            drop(bytes.splice(to..to, piece));
        }
    }
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

fn changed_receipt(u: &mut Unstructured<'_>) -> Result<()> {
    let size = u.int_in_range(1..=SIZE)?;
    let position = u.int_in_range(1..=size)?;
    let at = usize::try_from(position - 1).unwrap();
    let shown = if u.arbitrary()? {
        Shown::Entry(LOG.entries[at].clone())
    } else {
        Shown::Leaf(LOG.leaves[at])
    };
    let note = LOG.key.note(&LOG.checkpoint(size));
    let right =
        Receipt { position, shown, path: LOG.path(position, size), key: KEYS[0].clone(), note };
    assert!(receipt_is_so(&right));
    let mut now = right.clone();
    match u.int_in_range(0..=5)? {
        0 => now.position = u.arbitrary()?,
        1 => now.shown = Shown::Leaf(flipped(u, &right.shown.leaf())?),
        2 => now.shown = Shown::Entry(u.arbitrary()?),
        3 => now.note = changed_text(u, now.note)?,
        4 => spoil(u, &mut now.path)?,
        _ => {
            let text = changed_text(u, right.to_text())?;
            let read = Receipt::parse(&text);
            let holds = read.is_ok_and(|read| read.to_text() == text && receipt_is_so(&read));
            assert_eq!(holds, text == right.to_text(), "{text}");
            return Ok(());
        }
    }
    assert_eq!(receipt_is_so(&now), now == right, "{now:?}");
    Ok(())
}

fn changed_balance(u: &mut Unstructured<'_>) -> Result<()> {
    let at = u.int_in_range(0..=LOG.records.len() - 1)?;
    let leaves: Vec<_> = LOG.records.iter().map(|record| Over::Accounts.leaf(record)).collect();
    let size = u.int_in_range(SEAL..=SIZE)?;
    let right = BalanceProof {
        record: LOG.records[at].clone().try_into().unwrap(),
        index: at as u64,
        record_path: tree::inclusion(Over::Accounts, at as u64, &leaves),
        seal: LOG.entries[usize::try_from(SEAL - 1).unwrap()].clone(),
        seal_position: SEAL,
        seal_path: LOG.path(SEAL, size),
        key: KEYS[0].clone(),
        note: LOG.key.note(&LOG.checkpoint(size)),
    };
    assert!(balance_is_so(&right));
    let mut now = right.clone();
    match u.int_in_range(0..=7)? {
        0 => now.record[u.int_in_range(0..=17)?] ^= 1 << u.int_in_range(0..=7)?,
        1 => now.index = u.arbitrary()?,
        2 => spoil(u, &mut now.record_path)?,
        3 => now.seal = u.arbitrary()?,
        4 => now.seal_position = u.arbitrary()?,
        5 => spoil(u, &mut now.seal_path)?,
        6 => {
            let other = u.int_in_range(0..=LOG.entries.len() - 1)?;
            (now.seal, now.seal_position) = (LOG.entries[other].clone(), other as u64 + 1);
            assert_eq!(leaf(&now.seal), LOG.leaves[other]);
            if now.seal_position <= size {
                now.seal_path = LOG.path(now.seal_position, size);
            }
        }
        _ => {
            let text = changed_text(u, right.to_text())?;
            let read = BalanceProof::parse(&text);
            let holds = read.is_ok_and(|read| read.to_text() == text && balance_is_so(&read));
            assert_eq!(holds, text == right.to_text(), "{text}");
            return Ok(());
        }
    }
    assert_eq!(balance_is_so(&now), now == right, "{now:?}");
    Ok(())
}
