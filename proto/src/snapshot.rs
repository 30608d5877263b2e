//! A sealed copy of something that can be made again from the log: never needed, only faster.

use std::io::{self, Write};

use postcard::{ser_flavors::Flavor, serialize_with_flavor};
use serde::{Serialize, de::DeserializeOwned};

const MAGIC: [u8; 8] = *b"CARESNAP";
/// The layout of the frame: counted up when it changes.
const FORMAT: u32 = 2;

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
    /// The value cannot be read.
    #[error("holds a value that cannot be read")]
    Value,
}

/// Writes a snapshot, piece by piece as it is made: a frame that says what it is of, the value, and a sum. Whoever is given
/// the bytes brings them to the platter.
///
/// In this order, numbers little-endian: magic (8 bytes), format (4), length of the kind (4), kind, version of the
/// reducer (4), size of the log (8), its root (32), value, BLAKE3 of all before it (32).
pub fn seal<T: Serialize>(
    to: impl Write,
    (kind, version): (&str, u32),
    head: Head,
    value: &T,
) -> io::Result<()> {
    let length = u32::try_from(kind.len()).map_err(io::Error::other)?;
    let mut sealing = Sealing::new(to);
    sealing.put(&MAGIC);
    sealing.put(&FORMAT.to_le_bytes());
    sealing.put(&length.to_le_bytes());
    sealing.put(kind.as_bytes());
    sealing.put(&version.to_le_bytes());
    sealing.put(&head.0.to_le_bytes());
    sealing.put(&head.1);
    serialize_with_flavor(value, &mut sealing).map_err(io::Error::other)?;
    sealing.end()
}

/// So many bytes wait to be hashed and written together.
const PIECE: usize = 64 * 1024;

/// Bytes on their way into a snapshot, and the hash of those that have gone.
struct Sealing<W> {
    to: W,
    sum: blake3::Hasher,
    waiting: Vec<u8>,
    // What went wrong first: after that nothing is written.
    written: io::Result<()>,
}

impl<W: Write> Sealing<W> {
    fn new(to: W) -> Self {
        let (sum, waiting) = (blake3::Hasher::new(), Vec::with_capacity(PIECE));
        Self { to, sum, waiting, written: Ok(()) }
    }

    fn put(&mut self, bytes: &[u8]) {
        if self.waiting.len().saturating_add(bytes.len()) > PIECE {
            self.hand_on();
        }
        self.waiting.extend_from_slice(bytes);
    }

    fn hand_on(&mut self) {
        if self.written.is_ok() {
            self.sum.update(&self.waiting);
            self.written = self.to.write_all(&self.waiting);
        }
        self.waiting.clear();
    }

    fn end(mut self) -> io::Result<()> {
        self.hand_on();
        self.written?;
        self.to.write_all(self.sum.finalize().as_bytes())
    }
}

impl<W: Write> Flavor for &mut Sealing<W> {
    type Output = ();

    #[inline]
    fn try_push(&mut self, byte: u8) -> postcard::Result<()> {
        if self.waiting.len() == PIECE {
            self.hand_on();
        }
        self.waiting.push(byte);
        Ok(())
    }

    fn try_extend(&mut self, bytes: &[u8]) -> postcard::Result<()> {
        self.put(bytes);
        Ok(())
    }

    fn finalize(self) -> postcard::Result<()> {
        Ok(())
    }
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
    let (value, sum) = rest.split_last_chunk::<32>().ok_or(SnapshotError::Shape)?;
    let summed = bytes.len().checked_sub(sum.len()).and_then(|end| bytes.get(..end));
    if summed.map(blake3::hash) != Some((*sum).into()) {
        return Err(SnapshotError::Checksum);
    }
    if of != kind.as_bytes() {
        return Err(SnapshotError::Kind);
    }
    if made_by != version {
        return Err(SnapshotError::Reducer(made_by));
    }
    match postcard::take_from_bytes(value) {
        Ok((value, [])) => Ok(((size, root), value)),
        Ok(_) | Err(_) => Err(SnapshotError::Value),
    }
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

    fn sealed<T: Serialize>(kind: &str, version: u32, value: &T) -> Vec<u8> {
        let mut bytes = Vec::new();
        seal(&mut bytes, (kind, version), HEAD, value).unwrap();
        bytes
    }

    fn reopen(bytes: &[u8]) -> Result<(Head, Vec<u64>), SnapshotError> {
        open("state", 3, bytes)
    }

    #[test]
    fn what_was_sealed_opens() {
        // Around a piece, and some of them; one at a time, and as one.
        for length in [0, 3, PIECE - 80, PIECE, PIECE + 1, 3 * PIECE + 7] {
            let value: Vec<u64> = (0..length as u64).collect();
            assert_eq!(reopen(&sealed("state", 3, &value)), Ok((HEAD, value)), "{length}");
            let text = "x".repeat(length);
            let bytes = sealed("text", 1, &text);
            assert_eq!(open("text", 1, &bytes), Ok((HEAD, text)), "{length}");
        }
    }

    #[test]
    fn another_kind_or_version_is_named() {
        let bytes = sealed("views", 3, &0_u8);
        assert_eq!(reopen(&bytes), Err(SnapshotError::Kind));
        let bytes = sealed("state", 2, &0_u8);
        assert_eq!(reopen(&bytes), Err(SnapshotError::Reducer(2)));
    }

    #[test]
    fn a_snapshot_of_an_earlier_layout_is_not_read() {
        let mut bytes = sealed("state", 3, &vec![1_u64]);
        bytes[8] = 1;
        assert_eq!(reopen(&bytes), Err(SnapshotError::Format(1)));
    }

    #[test]
    fn every_flipped_byte_and_every_cut_is_found() {
        let bytes = sealed("state", 3, &vec![1_u64, 2, 3]);
        for at in 0..bytes.len() {
            let mut flipped = bytes.clone();
            flipped[at] ^= 0x10;
            assert!(reopen(&flipped).is_err(), "byte {at}");
            assert!(reopen(&bytes[..at]).is_err(), "cut at {at}");
        }
        let longer = [&bytes[..], &[0]].concat();
        assert_eq!(reopen(&longer), Err(SnapshotError::Checksum));
    }

    /// Takes so many bytes, and no more.
    struct Full(usize);

    impl Write for Full {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0 = self.0.checked_sub(bytes.len()).ok_or(io::ErrorKind::StorageFull)?;
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn what_cannot_be_written_is_said_wherever_it_ends() {
        let value = vec![7_u8; 3 * PIECE];
        let whole = sealed("state", 3, &value).len();
        for room in [0, 10, PIECE, 2 * PIECE, whole - 1] {
            let said = seal(Full(room), ("state", 3), HEAD, &value).map_err(|error| error.kind());
            assert_eq!(said, Err(io::ErrorKind::StorageFull), "{room}");
        }
        seal(Full(whole), ("state", 3), HEAD, &value).unwrap();
    }
}
