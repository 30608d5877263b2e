//! Stored entries: whatever bytes are read as an entry, that entry is written in one way, and read from it again.
#![no_main]

use ledger_proto::stored::{MAX_ENTRY, decode, encode};

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let Ok(entry) = decode(data) else { return };
    assert!(data.len() <= MAX_ENTRY);
    // Protobuf can say one thing in many ways, so the bytes need not be the same; what they say is.
    let Ok(bytes) = encode(&entry) else { panic!("{entry:?} was read and cannot be written") };
    assert_eq!(decode(&bytes).as_ref(), Ok(&entry));
    assert_eq!(encode(&entry).as_ref(), Ok(&bytes));
});
