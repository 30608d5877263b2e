//! The files of entries: a short head, then each entry behind its length.

use super::{Damaged, ENTRIES};
use crate::stored::MAX_ENTRY;

/// So many entries stand in each file but the last: a complete subtree of the Merkle log.
pub const ENTRIES_IN_A_FILE: u64 = 4096;
/// What a file of entries begins with.
const MAGIC: &[u8; 8] = b"CSENTRY1";

/// The name of the file with the entries from the first to the last position.
pub fn entries_name(first: u64, last: u64) -> String {
    format!("{ENTRIES}/{first:012}-{last:012}")
}

/// A file of entries.
///
/// An entry is at most 16 KiB and a file holds at most [`ENTRIES_IN_A_FILE`] of them, so the lengths always fit.
pub fn write_entries(first: u64, entries: &[Vec<u8>]) -> Vec<u8> {
    let bytes: usize = entries.iter().map(|entry| entry.len() + 4).sum();
    let mut file = Vec::with_capacity(20 + bytes);
    file.extend_from_slice(MAGIC);
    file.extend_from_slice(&first.to_be_bytes());
    file.extend_from_slice(&length(entries.len()));
    for entry in entries {
        file.extend_from_slice(&length(entry.len()));
        file.extend_from_slice(entry);
    }
    file
}

fn length(length: usize) -> [u8; 4] {
    u32::try_from(length).unwrap_or(u32::MAX).to_be_bytes()
}

/// Reads a file of entries: the position of the first, and their bytes where they lie. They have not been looked into.
pub fn read_entries<'f>(name: &str, file: &'f [u8]) -> Result<(u64, Vec<&'f [u8]>), Damaged> {
    let head = || Damaged::new(name, "it does not begin as a file of entries does");
    let rest = file.strip_prefix(MAGIC).ok_or_else(head)?;
    let (first, rest) = rest.split_first_chunk::<8>().ok_or_else(head)?;
    let (count, mut rest) = rest.split_first_chunk::<4>().ok_or_else(head)?;
    let (first, count) = (u64::from_be_bytes(*first), u32::from_be_bytes(*count));
    let beyond =
        || Damaged::new(name, format!("it says that it holds {count} entries from {first} on"));
    // Positions could run out: a file says whatever it likes.
    let end = first.checked_add(u64::from(count)).ok_or_else(beyond)?;
    if count == 0 || u64::from(count) > ENTRIES_IN_A_FILE || first == 0 {
        return Err(beyond());
    }
    let mut entries = Vec::with_capacity(usize::try_from(count).unwrap_or_default());
    for position in first..end {
        let entry = rest.split_first_chunk::<4>().and_then(|(length, behind)| {
            let length = usize::try_from(u32::from_be_bytes(*length)).ok()?;
            if length > MAX_ENTRY { None } else { behind.split_at_checked(length) }
        });
        let (entry, behind) = entry.ok_or_else(|| {
            Damaged::new(name, format!("entry {position} is cut short")).at(position)
        })?;
        entries.push(entry);
        rest = behind;
    }
    if rest.is_empty() && entries_name(first, end - 1) == name {
        Ok((first, entries))
    } else if rest.is_empty() {
        Err(Damaged::new(name, "it holds other entries than its name says").at(first))
    } else {
        Err(Damaged::new(name, format!("{} bytes too many stand at its end", rest.len())))
    }
}
