//! What several fuzz targets share: choices made by the input.

pub mod built;

use ledger_proto::Hash;
pub use libfuzzer_sys::arbitrary::{Result, Unstructured};

/// The part of the input that says which, and the rest of it.
pub fn which(data: &[u8]) -> Option<(u8, &[u8])> {
    data.split_first().map(|(first, rest)| (*first, rest))
}

/// A place in a list of so many, or nothing where the list is empty.
pub fn place(u: &mut Unstructured<'_>, len: usize) -> Result<Option<usize>> {
    if len == 0 { Ok(None) } else { u.int_in_range(0..=len - 1).map(Some) }
}

/// A hash with one bit flipped.
pub fn flipped(u: &mut Unstructured<'_>, hash: &Hash) -> Result<Hash> {
    let (at, bit) = (u.int_in_range(0..=31)?, u.int_in_range(0..=7)?);
    let mut bytes = *hash.as_bytes();
    bytes[at] ^= 1 << bit;
    Ok(Hash::new(bytes))
}

/// Changes a path in one of the ways in which it can be wrong. It may be what it was if nothing can be done to it.
pub fn spoil(u: &mut Unstructured<'_>, path: &mut Vec<Hash>) -> Result<()> {
    let at = place(u, path.len())?;
    match (u.int_in_range(0..=4)?, at) {
        (0, Some(at)) => path[at] = flipped(u, &path[at])?,
        (1, Some(at)) => {
            path.remove(at);
        }
        (2, Some(at)) => {
            let other = u.int_in_range(0..=path.len() - 1)?;
            path.swap(at, other);
        }
        (3, Some(at)) => path.insert(at, path[at]),
        _ => path.insert(u.int_in_range(0..=path.len())?, Hash::new(u.arbitrary()?)),
    }
    Ok(())
}
