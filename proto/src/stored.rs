//! The stored bytes of an entry: written once, read for ever.
//!
//! Compatibility-sensitive: what was ever written must be read, with the same meaning. Ask for a second pair of eyes.

mod read;
mod walk;
mod write;

use ledger_core::Entry;
use prost::Message;

use crate::malformed::{Fields, Malformed};

/// The stored messages: package `carestore.log.v1`, generated from the `.proto` file, which is their manual.
#[allow(
    warnings,
    clippy::all,
    clippy::pedantic,
    clippy::restriction,
    reason = "generated code; every field is commented in the .proto file"
)]
mod log {
    tonic::include_proto!("carestore.log.v1");
}

/// The most bytes that an entry may have.
pub const MAX_ENTRY: usize = 16 * 1024;

/// The bytes of an entry, as they are stored, hashed and served. What moved is written beside what happened.
pub fn encode(entry: &Entry) -> Result<Vec<u8>, Malformed> {
    let transfers = entry.event.transfers();
    if transfers.iter().any(ledger_core::Transfer::goes_nowhere) {
        return Err(Malformed::one("transfers", "move something from an account to itself"));
    }
    let bytes = write::entry(entry, &transfers)?;
    if bytes.len() > MAX_ENTRY {
        return Err(too_long(bytes.len()));
    }
    Ok(bytes)
}

/// The entry that was stored. Each value passes the same constructors as on its way in, and what the bytes say that
/// moved must be what the event says.
#[inline]
pub fn decode(bytes: &[u8]) -> Result<Entry, Malformed> {
    walk(bytes).map_or_else(|| decode_generally(bytes), Ok)
}

/// The same, for whoever trusts nobody: the bytes must be the only ones that can be written of this entry. So nothing stands
/// in it that its words do not name, and no other reader can read it otherwise.
pub fn decode_strictly(bytes: &[u8]) -> Result<Entry, Malformed> {
    if let Some(entry) = walk(bytes) {
        return Ok(entry);
    }
    let entry = decode_generally(bytes)?;
    if encode(&entry).is_ok_and(|again| again == bytes) {
        Ok(entry)
    } else {
        Err(Malformed::one("entry", "is not written as entries are: it holds something else, too"))
    }
}

/// The short road of both: the entry of bytes that are exactly those that [`encode`] writes, and nothing for all others, be they
/// good or not. Where it gives an entry, [`decode_generally`] gives the same; the tests and a fuzz target hold it to that.
pub fn walk(bytes: &[u8]) -> Option<Entry> {
    if bytes.len() > MAX_ENTRY { None } else { walk::entry(bytes) }
}

/// The general road of both, by way of the message: however the bytes spell an entry, and alone in saying what is wrong.
pub fn decode_generally(bytes: &[u8]) -> Result<Entry, Malformed> {
    if bytes.len() > MAX_ENTRY {
        return Err(too_long(bytes.len()));
    }
    let stored = log::Entry::decode(bytes)
        .map_err(|error| Malformed::one("entry", format!("is not an entry of the log: {error}")))?;
    let mut f = Fields::default();
    let entry = read::entry(&mut f, stored);
    f.finish(entry)
}

fn too_long(len: usize) -> Malformed {
    Malformed::one("entry", format!("has {len} bytes; an entry has at most {MAX_ENTRY}"))
}
