//! Stored entries: whatever bytes are read as an entry, that entry is written in one way, which moves the same.
#![no_main]

use std::sync::LazyLock;

use ledger_proto::stored::{MAX_ENTRY, decode, decode_generally, decode_strictly, encode, walk};
use prost_reflect::{DescriptorPool, DynamicMessage, MessageDescriptor};
use serde_json::Value;

static ENTRY: LazyLock<MessageDescriptor> = LazyLock::new(|| {
    let pool = DescriptorPool::decode(ledger_proto::DESCRIPTORS).unwrap();
    pool.get_message_by_name("carestore.log.v1.Entry").unwrap()
});

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    // Two roads, and one entry: the short one takes all that we would write, and nothing else.
    let (short, general) = (walk(data), decode_generally(data));
    assert_eq!(decode(data), general);
    let own = general.ok().filter(|entry| encode(entry).is_ok_and(|bytes| bytes == data));
    assert_eq!(short, own);
    let Ok(entry) = decode(data) else {
        assert!(decode_strictly(data).is_err());
        return;
    };
    assert!(data.len() <= MAX_ENTRY);
    // Protobuf can say one thing in many ways, so the bytes need not be the same.
    let Ok(bytes) = encode(&entry) else { panic!("{entry:?} was read and cannot be written") };
    assert_eq!(decode_strictly(&bytes).as_ref(), Ok(&entry));
    assert_eq!(encode(&entry).as_ref(), Ok(&bytes));
    // A strict reader takes one of the ways, and no other.
    assert_eq!(decode_strictly(data).is_ok(), data == bytes, "{entry:?}");
    // And in all of them somebody else reads that the same has moved.
    let (said, written) = (said(data), said(&bytes));
    for field in ["position", "transfers"] {
        assert_eq!(said.get(field), written.get(field), "{entry:?}");
    }
});

/// All that the bytes say in the words of the `.proto`, read by somebody else.
fn said(bytes: &[u8]) -> Value {
    let message = DynamicMessage::decode(ENTRY.clone(), bytes).unwrap();
    let mut said = serde_json::to_value(&message).unwrap();
    chosen(&mut said);
    said
}

/// A yes or no stands for a choice that was made: that it is there counts, and not which it is.
fn chosen(value: &mut Value) {
    match value {
        Value::Bool(yes) => *yes = true,
        Value::Array(values) => values.iter_mut().for_each(chosen),
        Value::Object(fields) => fields.values_mut().for_each(chosen),
        Value::Null | Value::Number(_) | Value::String(_) => {}
    }
}
