//! The stored bytes of an entry: written once, read for ever.
//!
//! Compatibility-sensitive: what was ever written must be read, with the same meaning. Ask for a second pair of eyes.

mod read;
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
    let bytes = write::entry(entry, &transfers)?.encode_to_vec();
    if bytes.len() > MAX_ENTRY {
        return Err(too_long(bytes.len()));
    }
    Ok(bytes)
}

/// The entry that was stored. Each value passes the same constructors as on its way in, and what the bytes say that
/// moved must be what the event says.
pub fn decode(bytes: &[u8]) -> Result<Entry, Malformed> {
    if bytes.len() > MAX_ENTRY {
        return Err(too_long(bytes.len()));
    }
    let stored = log::Entry::decode(bytes)
        .map_err(|error| Malformed::one("entry", format!("is not an entry of the log: {error}")))?;
    let mut f = Fields::default();
    let entry = read::entry(&mut f, stored);
    f.finish(entry)
}

/// The same, for whoever trusts nobody: the bytes must be the only ones that can be written of this entry. So nothing stands
/// in it that its words do not name, and no other reader can read it otherwise.
pub fn decode_strictly(bytes: &[u8]) -> Result<Entry, Malformed> {
    let entry = decode(bytes)?;
    if encode(&entry).is_ok_and(|again| again == bytes) {
        Ok(entry)
    } else {
        Err(Malformed::one("entry", "is not written as entries are: it holds something else, too"))
    }
}

fn too_long(len: usize) -> Malformed {
    Malformed::one("entry", format!("has {len} bytes; an entry has at most {MAX_ENTRY}"))
}
