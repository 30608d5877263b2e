//! Whoever trusts nobody takes only the bytes that would be written of an entry.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test may fail")]

use std::fs;

use ledger_core::{Entry, Event, VoucherBasis};
use ledger_proto::stored::{decode, decode_strictly, encode};
use prost::Message;
use prost_reflect::{DescriptorPool, DynamicMessage, Value};

fn golden(stem: &str) -> Entry {
    let file = format!("{}/golden/{stem}.hex", env!("CARGO_MANIFEST_DIR"));
    let text = fs::read_to_string(file).unwrap();
    let digits: Vec<u32> = text.chars().filter_map(|digit| digit.to_digit(16)).collect();
    let bytes = digits.chunks(2).map(|pair| u8::try_from(pair[0] << 4 | pair[1]).unwrap());
    decode(&bytes.collect::<Vec<u8>>()).unwrap()
}

/// The bytes of an entry with a field of a message in its event set to something else, by another writer.
fn with(entry: &Entry, event: &str, part: &str, field: &str, value: Value) -> Vec<u8> {
    let bytes = encode(entry).unwrap();
    let pool = DescriptorPool::decode(ledger_proto::DESCRIPTORS).unwrap();
    let kind = pool.get_message_by_name("carestore.log.v1.Entry").unwrap();
    let mut message = DynamicMessage::decode(kind, bytes.as_slice()).unwrap();
    assert_eq!(message.encode_to_vec(), bytes, "it writes as we do");
    let event = message.get_field_by_name_mut(event).unwrap().as_message_mut().unwrap();
    let part = event.get_field_by_name_mut(part).unwrap().as_message_mut().unwrap();
    part.set_field_by_name(field, value);
    message.encode_to_vec()
}

/// Found by fuzzing: vouchers without a price, and a price all the same. We pass over it; another reader might not.
#[test]
fn a_field_that_has_no_say_is_not_taken() {
    let mut entry = golden("20-CoopFounded");
    let Event::CoopFounded { policy, .. } = &mut entry.event else { panic!("it is founded") };
    policy.voucher_basis = VoucherBasis::Recognition;
    let price = with(&entry, "coop_founded", "policy", "voucher_price_minutes", Value::I64(500));
    assert_eq!(decode(&price), Ok(entry));
    assert!(decode_strictly(&price).is_err());
}

/// A choice is made by its field being there: a no says the same as a yes, in other bytes.
#[test]
fn a_choice_is_written_as_a_yes() {
    let mut entry = golden("35-HoursRecorded");
    let Event::HoursRecorded { help, .. } = &mut entry.event else { panic!("it is recorded") };
    help.destination = ledger_core::HoursDestination::Pot;
    let say = |yes| with(&entry, "hours_recorded", "help", "pot", Value::Bool(yes));
    assert_eq!(decode_strictly(&say(true)).as_ref(), Ok(&entry));
    assert_eq!(decode(&say(false)).as_ref(), Ok(&entry));
    assert!(decode_strictly(&say(false)).is_err());
}
