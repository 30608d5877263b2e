//! Records of accounts, and the path of one among many.
#![no_main]

use ledger_fuzz::{Result, Unstructured, spoil};
use ledger_proto::{Over, RECORD, account_path, read_record, record, root_of_inclusion};

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    // There is one way to write each account.
    let mut records: Vec<[u8; RECORD]> = Vec::new();
    let (chunks, rest) = data.as_chunks::<RECORD>();
    for chunk in chunks {
        if let Ok((account, balance)) = read_record(chunk) {
            assert_eq!(record(account, balance), *chunk);
            records.push(*chunk);
        }
    }
    records.sort_unstable();
    records.dedup_by(|one, other| one[..10] == other[..10]);
    let _too_short = path(&mut Unstructured::new(rest), &records);
});

fn path(u: &mut Unstructured<'_>, records: &[[u8; RECORD]]) -> Result<()> {
    if records.is_empty() {
        return Ok(());
    }
    let (over, count) = (Over::Accounts, records.len() as u64);
    let leaves: Vec<_> = records.iter().map(|record| over.leaf(record)).collect();
    let root = over.root(&leaves);
    let at = u.int_in_range(0..=records.len() - 1)?;
    let (account, _) = read_record(&records[at]).unwrap();
    let (found, place, right) = account_path(records, account).unwrap();
    assert_eq!((found, place), (records[at], at as u64));
    let leads = |place, count, bytes: &[u8], path: &[_]| {
        root_of_inclusion(over, place, count, &over.leaf(bytes), path) == Ok(root)
    };
    assert!(leads(place, count, &found, &right));
    // Another balance, another place or another path does not lead there.
    let mut other = found;
    other[u.int_in_range(0..=RECORD - 1)?] ^= 1 << u.int_in_range(0..=7)?;
    assert!(!leads(place, count, &other, &right));
    let elsewhere = u.int_in_range(0..=count)?;
    assert_eq!(leads(elsewhere, count, &found, &right), elsewhere == place);
    let mut path = right.clone();
    spoil(u, &mut path)?;
    assert_eq!(leads(place, count, &found, &path), path == right);
    Ok(())
}
