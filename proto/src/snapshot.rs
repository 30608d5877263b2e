//! A sealed copy of something that can be made again from the log: never needed, only faster.

use serde::{Serialize, de::DeserializeOwned};

const MAGIC: [u8; 8] = *b"CARESNAP";
/// The layout of the frame: counted up when it changes.
const FORMAT: u32 = 1;

/// The size and the root of the log that a snapshot belongs to.
type Head = (u64, [u8; 32]);

/// Why a snapshot is not used. The way on is always the same: replay.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SnapshotError {
    /// Too short, too long, or of something else altogether.
    #[error("is not a whole snapshot")]
    Shape,
    /// Of another layout of the frame.
    #[error("has format {0}, not this version's")]
    Format(u32),
    /// A snapshot of something else.
    #[error("is a snapshot of something else")]
    Kind,
    /// Made by another version of what makes the value.
    #[error("was made by reducer version {0}, not by this one")]
    Reducer(u32),
    /// The bytes are not those that were written.
    #[error("has a checksum that does not fit")]
    Checksum,
    /// The value cannot be written or read.
    #[error("holds a value that cannot be read")]
    Value,
}

/// The bytes of a snapshot: a frame that says what it is of, and the value.
///
/// In this order, numbers little-endian: magic (8 bytes), format (4), length of the kind (4), kind, version of the
/// reducer (4), size of the log (8), its root (32), length of the value (8), BLAKE3 of all but itself (32), value.
pub fn seal<T: Serialize>(
    kind: &str,
    version: u32,
    head: Head,
    value: &T,
) -> Result<Vec<u8>, SnapshotError> {
    seal_packed(kind, version, head, &pack(value)?)
}

/// The bytes of a value alone, for whoever can hold it for a short time only: [`seal_packed`] puts the frame around them.
pub fn pack<T: Serialize>(value: &T) -> Result<Vec<u8>, SnapshotError> {
    postcard::to_stdvec(value).map_err(|_| SnapshotError::Value)
}

/// The same as [`seal`], of a value that has been packed before.
pub fn seal_packed(
    kind: &str,
    version: u32,
    head: Head,
    value: &[u8],
) -> Result<Vec<u8>, SnapshotError> {
    let kind_len = u32::try_from(kind.len()).map_err(|_| SnapshotError::Shape)?;
    let value_len = u64::try_from(value.len()).map_err(|_| SnapshotError::Shape)?;
    let mut bytes = Vec::with_capacity(value.len().saturating_add(kind.len()).saturating_add(128));
    bytes.extend(MAGIC);
    bytes.extend(FORMAT.to_le_bytes());
    bytes.extend(kind_len.to_le_bytes());
    bytes.extend(kind.as_bytes());
    bytes.extend(version.to_le_bytes());
    bytes.extend(head.0.to_le_bytes());
    bytes.extend(head.1);
    bytes.extend(value_len.to_le_bytes());
    bytes.extend(checksum(&bytes, value));
    bytes.extend(value);
    Ok(bytes)
}

/// The size and root of the log that a snapshot belongs to, and its value. The caller compares them with the log.
pub fn open<T: DeserializeOwned>(
    kind: &str,
    version: u32,
    bytes: &[u8],
) -> Result<(Head, T), SnapshotError> {
    let mut rest = bytes;
    if take::<8>(&mut rest)? != MAGIC {
        return Err(SnapshotError::Shape);
    }
    let format = u32::from_le_bytes(take(&mut rest)?);
    if format != FORMAT {
        return Err(SnapshotError::Format(format));
    }
    let kind_len = usize::try_from(u32::from_le_bytes(take(&mut rest)?));
    let (of, after) =
        kind_len.ok().and_then(|len| rest.split_at_checked(len)).ok_or(SnapshotError::Shape)?;
    rest = after;
    let made_by = u32::from_le_bytes(take(&mut rest)?);
    let size = u64::from_le_bytes(take(&mut rest)?);
    let root = take(&mut rest)?;
    let value_len = u64::from_le_bytes(take(&mut rest)?);
    let frame = bytes.get(..bytes.len().saturating_sub(rest.len())).unwrap_or_default();
    let sum: [u8; 32] = take(&mut rest)?;
    if u64::try_from(rest.len()) != Ok(value_len) {
        return Err(SnapshotError::Shape);
    }
    if checksum(frame, rest) != sum {
        return Err(SnapshotError::Checksum);
    }
    if of != kind.as_bytes() {
        return Err(SnapshotError::Kind);
    }
    if made_by != version {
        return Err(SnapshotError::Reducer(made_by));
    }
    match postcard::take_from_bytes(rest) {
        Ok((value, [])) => Ok(((size, root), value)),
        Ok(_) | Err(_) => Err(SnapshotError::Value),
    }
}

fn checksum(frame: &[u8], value: &[u8]) -> [u8; 32] {
    *blake3::Hasher::new().update(frame).update(value).finalize().as_bytes()
}

fn take<const N: usize>(rest: &mut &[u8]) -> Result<[u8; N], SnapshotError> {
    let (first, after) = rest.split_first_chunk::<N>().ok_or(SnapshotError::Shape)?;
    *rest = after;
    Ok(*first)
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: Head = (42, [9; 32]);

    fn reopen(bytes: &[u8]) -> Result<(Head, Vec<u64>), SnapshotError> {
        open("state", 3, bytes)
    }

    #[test]
    fn what_was_sealed_opens() {
        let value = vec![1_u64, 2, 3];
        let bytes = seal("state", 3, HEAD, &value).unwrap();
        assert_eq!(reopen(&bytes), Ok((HEAD, value)));
    }

    #[test]
    fn another_kind_or_version_is_named() {
        let bytes = seal("views", 3, HEAD, &0_u8).unwrap();
        assert_eq!(reopen(&bytes), Err(SnapshotError::Kind));
        let bytes = seal("state", 2, HEAD, &0_u8).unwrap();
        assert_eq!(reopen(&bytes), Err(SnapshotError::Reducer(2)));
    }

    #[test]
    fn every_flipped_byte_and_every_cut_is_found() {
        let bytes = seal("state", 3, HEAD, &vec![1_u64, 2, 3]).unwrap();
        for at in 0..bytes.len() {
            let mut flipped = bytes.clone();
            flipped[at] ^= 0x10;
            assert!(reopen(&flipped).is_err(), "byte {at}");
            assert!(reopen(&bytes[..at]).is_err(), "cut at {at}");
        }
    }
}
