//! Receipts and proofs of balances hold as they are written, and in no other form.

use ledger_core::{
    Account, AccountsRoot, Actor, Attribution, Authority, Balance, Channel, Day, Event, MemberId,
    Position, SealedTotals, TimeAccount, Timestamp,
};
use proptest::prelude::*;

use super::*;
use crate::accounts::{account_path, record};
use crate::checkpoint::{Origin, SigningKey};
use crate::tree::{NoLeaves, Tree};

fn account(number: u32) -> Account {
    Account::Time(TimeAccount::Member(MemberId::new(1001 + number).unwrap()))
}

fn records() -> Vec<[u8; 18]> {
    (0..9).map(|n| record(account(n), Balance::new(i64::from(n) * 30))).collect()
}

/// An entry that seals the state of nine accounts.
fn seal(position: u64) -> Vec<u8> {
    let leaves: Vec<_> = records().iter().map(|record| Over::Accounts.leaf(record)).collect();
    let root = Over::Accounts.root(&leaves);
    let totals = SealedTotals { accounts: 9, ..SealedTotals::default() };
    stored::encode(&Entry {
        position: Position::new(position),
        recorded_at: Timestamp::from_unix_ms(1_800_000_000_000),
        occurred_on: Day::parse("2027-01-15").unwrap(),
        by: Attribution {
            actor: Actor::Operator,
            on_behalf_of: None,
            authority: Authority::Operator,
            channel: Channel::App,
        },
        policy_version: 1,
        asked: None,
        row: None,
        corrects: None,
        event: Event::StateSealed {
            through: Position::new(position - 1),
            accounts_root: AccountsRoot::new(*root.as_bytes()),
            totals,
            reducer_version: 1,
        },
    })
    .unwrap()
}

/// A receipt of the twelfth of twenty entries, which is a seal, and the proof of a balance in it.
fn both() -> (Receipt, BalanceProof) {
    let entry = seal(12);
    let leaves: Vec<Hash> =
        (1..=20_u8).map(|n| if n == 12 { leaf(&entry) } else { leaf(&[n]) }).collect();
    let mut tree = Tree::default();
    for leaf in &leaves {
        tree.push(*leaf);
    }
    let origin: Origin = "carestore/colne-valley/0123456789abcdef/blake3".parse().unwrap();
    let key = SigningKey::from_seed([5; 32]);
    let note = key.note(&Checkpoint { origin: origin.clone(), size: 20, root: tree.root() });
    let all = leaves.clone();
    let path = tree.prove_inclusion(12, 20, &mut |_, _| Ok::<_, NoLeaves>(all.clone()));
    let (path, key) = (path.unwrap().unwrap(), key.verifier(&origin));
    let (record, index, record_path) = account_path(&records(), account(4)).unwrap();
    let proof = BalanceProof {
        record,
        index,
        record_path,
        seal: entry.clone(),
        seal_position: 12,
        seal_path: path.clone(),
        key: key.clone(),
        note: note.clone(),
    };
    (Receipt { position: 12, shown: Shown::Entry(entry), path, key, note }, proof)
}

fn of_leaf(receipt: &Receipt) -> Receipt {
    Receipt { shown: Shown::Leaf(receipt.shown.leaf()), ..receipt.clone() }
}

#[test]
fn a_receipt_is_read_as_it_was_written_and_holds() {
    let (receipt, _) = both();
    for receipt in [of_leaf(&receipt), receipt] {
        assert_eq!(Receipt::parse(&receipt.to_text()), Ok(receipt.clone()));
        let checked = receipt.check(Trust::KeyInFile).unwrap();
        assert_eq!((checked.position, checked.checkpoint.size), (12, 20));
        assert_eq!(checked.entry.is_some(), matches!(receipt.shown, Shown::Entry(_)));
        let known = std::slice::from_ref(&receipt.key);
        assert!(receipt.check(Trust::Keys(known)).is_ok());
        let strange = SigningKey::from_seed([6; 32]).verifier(&checked.checkpoint.origin);
        let refused = receipt.check(Trust::Keys(&[strange]));
        assert_eq!(refused, Err(Unproved::Note(NoteError::Unsigned)));
    }
}

#[test]
fn a_balance_is_proved_by_its_seal() {
    let (_, proof) = both();
    assert_eq!(BalanceProof::parse(&proof.to_text()), Ok(proof.clone()));
    let proved = proof.check(Trust::KeyInFile).unwrap();
    assert_eq!((proved.account, proved.balance), (account(4), Balance::new(120)));
    assert_eq!(proved.through, Position::new(11));
    let more = BalanceProof { record: record(account(4), Balance::new(121)), ..proof.clone() };
    assert_eq!(more.check(Trust::KeyInFile), Err(Unproved::Path(Disproved::WrongRoot)));
    let other = BalanceProof { index: 5, ..proof };
    assert!(other.check(Trust::KeyInFile).is_err());
}

#[test]
fn a_receipt_of_another_position_does_not_hold() {
    let (receipt, _) = both();
    let entry = Receipt { shown: Shown::Entry(seal(13)), ..receipt.clone() };
    assert_eq!(entry.check(Trust::KeyInFile), Err(Unproved::Path(Disproved::WrongRoot)));
    for position in [0, 11, 13, 20, 21] {
        let moved = Receipt { position, ..of_leaf(&receipt) };
        assert!(moved.check(Trust::KeyInFile).is_err(), "{position}");
    }
}

/// Whether a file of either kind holds.
fn holds(text: &str) -> bool {
    let receipt = Receipt::parse(text).and_then(|receipt| receipt.check(Trust::KeyInFile)).is_ok();
    receipt || BalanceProof::parse(text).and_then(|proof| proof.check(Trust::KeyInFile)).is_ok()
}

#[test]
fn no_bit_of_a_file_can_change() {
    let (receipt, proof) = both();
    for text in [receipt.to_text(), of_leaf(&receipt).to_text(), proof.to_text()] {
        assert!(holds(&text));
        for at in 0..text.len() {
            for bit in [0, 3, 6] {
                let mut bytes = text.clone().into_bytes();
                bytes[at] ^= 1 << bit;
                assert!(!holds(&String::from_utf8_lossy(&bytes)), "byte {at}, bit {bit}");
            }
            assert!(!text.is_char_boundary(at) || !holds(&text[..at]), "cut at {at}");
        }
    }
}

proptest! {
    #[test]
    fn no_edit_of_a_file_holds(
        at in any::<prop::sample::Index>(), taken in 0_usize..40, put in "[ -~\n]{0,40}",
    ) {
        let (receipt, proof) = both();
        for text in [receipt.to_text(), of_leaf(&receipt).to_text(), proof.to_text()] {
            let ascii: Vec<char> = text.chars().collect();
            let at = at.index(ascii.len());
            let behind = (at + taken).min(ascii.len());
            let edited: String =
                ascii[..at].iter().copied().chain(put.chars()).chain(ascii[behind..].iter().copied()).collect();
            prop_assert!(edited == text || !holds(&edited), "{}", edited);
        }
    }
}
