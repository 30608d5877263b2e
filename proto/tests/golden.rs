//! What was ever stored is read, with the same meaning, for ever.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test may fail")]

#[path = "golden/entries.rs"]
mod entries;

use std::{collections::BTreeSet, env, fs, path::PathBuf};

use ledger_core::{Asked, Entry, EventKind, Fingerprint, Position, RequestId};
use ledger_proto::{
    DESCRIPTORS, Malformed,
    stored::{MAX_ENTRY, decode, decode_generally, decode_strictly, encode, walk},
};
use proptest::prelude::*;
use prost::Message;
use prost_reflect::{DescriptorPool, DynamicMessage, Value};

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("golden")
}

/// `25-MemberEnrolled`, with the number under which the arm is stored.
fn stem(kind: EventKind) -> String {
    format!("{}-{}", kind.code(), kind.word())
}

fn hex(bytes: &[u8]) -> String {
    let digits = bytes.iter().flat_map(|byte| [byte >> 4, byte & 0x0f]);
    let digits: String = digits.map(|digit| char::from_digit(digit.into(), 16).unwrap()).collect();
    let lines: Vec<_> = digits.as_bytes().chunks(64).map(String::from_utf8_lossy).collect();
    lines.join("\n") + "\n"
}

fn unhex(text: &str) -> Vec<u8> {
    let digits: Vec<_> = text.chars().filter_map(|digit| digit.to_digit(16)).collect();
    digits.chunks(2).map(|pair| u8::try_from(pair[0] << 4 | pair[1]).unwrap()).collect()
}

fn text(entry: &Entry) -> String {
    format!("{entry:#?}\n")
}

/// The name without its ending of each golden file of an arm; `-2` and so on are further examples of the same arm.
fn goldens() -> BTreeSet<String> {
    let files = fs::read_dir(folder()).unwrap().map(|file| file.unwrap().file_name());
    let names = files.map(|name| name.into_string().unwrap());
    let stems = names.filter_map(|name| name.strip_suffix(".hex").map(str::to_owned));
    stems.filter(|stem| stem.starts_with(|c: char| c.is_ascii_digit())).collect()
}

/// Goldens are made on the day an arm first ships, and never again: `CARESTORE_WRITE_GOLDEN=1` adds what is missing.
#[test]
fn every_kind_has_a_golden() {
    let write = env::var_os("CARESTORE_WRITE_GOLDEN").is_some_and(|value| value == "1");
    let known = goldens();
    for &kind in EventKind::ALL {
        let stem = stem(kind);
        if write && !known.contains(&stem) {
            let entry = entries::example(kind);
            fs::write(folder().join(format!("{stem}.hex")), hex(&encode(&entry).unwrap())).unwrap();
            fs::write(folder().join(format!("{stem}.txt")), text(&entry)).unwrap();
        }
        assert!(write || known.contains(&stem), "no golden for {stem}: see the comment above");
    }
}

#[test]
fn every_golden_reads_as_on_its_first_day() {
    for stem in goldens() {
        let bytes = unhex(&fs::read_to_string(folder().join(format!("{stem}.hex"))).unwrap());
        let entry = decode(&bytes).unwrap_or_else(|error| panic!("{stem}: {error}"));
        let first = fs::read_to_string(folder().join(format!("{stem}.txt"))).unwrap();
        assert_eq!(text(&entry), first, "{stem}");
        assert_eq!(decode_strictly(&bytes).as_ref(), Ok(&entry), "{stem}: written in one way");
        // A field that no words name is passed over, and found out by whoever trusts nobody.
        let more = [bytes.as_slice(), &[0xf8, 0x3f, 0x01]].concat();
        assert_eq!(decode(&more).as_ref(), Ok(&entry), "{stem}");
        assert!(decode_strictly(&more).is_err(), "{stem}");
    }
}

#[test]
fn an_example_of_each_kind_is_of_that_kind_and_comes_back() {
    for &kind in EventKind::ALL {
        let entry = entries::example(kind);
        assert_eq!(entry.event.kind(), kind);
        assert_eq!(decode(&encode(&entry).unwrap()), Ok(entry));
    }
}

#[test]
fn an_entry_too_long_is_neither_written_nor_read() {
    let mut entry = entries::example(EventKind::HatsChanged);
    if let ledger_core::Event::HatsChanged { member: _, hats } = &mut entry.event {
        *hats = vec![ledger_core::Hat::Staff; MAX_ENTRY];
    }
    assert_eq!(encode(&entry).unwrap_err().violations[0].field, "entry");
    assert_eq!(decode(&vec![0; MAX_ENTRY + 1]).unwrap_err().violations[0].field, "entry");
}

#[test]
fn an_entry_may_have_so_many_bytes_and_not_one_more() {
    let of = |hats: usize| {
        let mut entry = entries::example(EventKind::HatsChanged);
        if let ledger_core::Event::HatsChanged { member: _, hats: worn } = &mut entry.event {
            *worn = vec![ledger_core::Hat::Staff; hats];
        }
        entry
    };
    let fewer = MAX_ENTRY - 1_000;
    let hats = fewer + MAX_ENTRY - encode(&of(fewer)).unwrap().len();
    let longest = encode(&of(hats)).unwrap();
    assert_eq!(longest.len(), MAX_ENTRY);
    assert_eq!(decode(&longest), Ok(of(hats)));
    assert_eq!(walk(&longest), Some(of(hats)));
    assert_eq!(decode_generally(&longest), Ok(of(hats)));
    assert_eq!(encode(&of(hats + 1)).unwrap_err().violations[0].field, "entry");
    let longer = with(&of(hats), "hats_changed", |event| {
        let worn = event.get_field_by_name_mut("hats").unwrap().as_list_mut().unwrap();
        worn.push(worn[0].clone());
    });
    assert_eq!(longer.len(), MAX_ENTRY + 1);
    assert_eq!(walk(&longer), None);
    let problem = format!("has {} bytes; an entry has at most {MAX_ENTRY}", MAX_ENTRY + 1);
    assert_eq!(decode_generally(&longer), Err(Malformed::one("entry", problem)));
}

#[test]
fn what_no_entry_can_name_is_not_written() {
    let mut entry = entries::example(EventKind::HoursDisputed);
    if let ledger_core::Event::HoursDisputed { hours, .. } = &mut entry.event {
        *hours = Position::START;
    }
    assert_eq!(encode(&entry).unwrap_err().violations[0].field, "position");
    let mut entry = entries::example(EventKind::HoursDisputed);
    entry.position = Position::new(u64::MAX);
    assert_eq!(encode(&entry).unwrap_err().violations[0].field, "position");
}

/// A request has an id and says something: neither is stored without the other.
#[test]
fn half_a_request_is_refused() {
    let mut entry = entries::example(EventKind::HoursGiven);
    let id = RequestId::of_time(entry.recorded_at, [7; 10]);
    entry.asked = Some(Asked { id, fingerprint: Fingerprint::new([7; 16]) });
    let whole = encode(&entry).unwrap();
    assert_eq!(decode(&whole), Ok(entry));
    for field in ["request_id", "fingerprint"] {
        let mut half = message(&whole);
        half.clear_field_by_name(field);
        let half = half.encode_to_vec();
        assert_eq!(walk(&half), None);
        assert_eq!(decode(&half).unwrap_err().violations[0].field, field);
    }
}

#[test]
fn a_transfer_to_the_same_account_is_not_written() {
    let mut entry = entries::example(EventKind::HoursGiven);
    if let ledger_core::Event::HoursGiven { from, to, minutes: _ } = &mut entry.event {
        *to = Some(*from);
    }
    assert_eq!(encode(&entry).unwrap_err().violations[0].field, "transfers");
}

#[test]
fn bytes_whose_transfers_are_not_the_events_are_refused() {
    // Two entries of one arm, merged as protobuf merges: the second event, but the transfers of both.
    let mut bytes = encode(&entries::example(EventKind::HoursGiven)).unwrap();
    bytes.extend(encode(&entries::example(EventKind::HoursGiven)).unwrap());
    assert_eq!(decode(&bytes).unwrap_err().violations[0].field, "transfers");
    assert!(decode(&[]).is_err());
}

/// An entry as another writer sees it.
fn message(bytes: &[u8]) -> DynamicMessage {
    let pool = DescriptorPool::decode(DESCRIPTORS).unwrap();
    let of = pool.get_message_by_name("carestore.log.v1.Entry").unwrap();
    DynamicMessage::decode(of, bytes).unwrap()
}

/// The bytes of an entry, with something else in what happened.
fn with(entry: &Entry, arm: &str, change: impl FnOnce(&mut DynamicMessage)) -> Vec<u8> {
    let mut entry = message(&encode(entry).unwrap());
    change(entry.get_field_by_name_mut(arm).unwrap().as_message_mut().unwrap());
    entry.encode_to_vec()
}

#[test]
fn what_a_seal_and_a_rotation_hold_has_its_length_and_is_not_below_zero() {
    let set = |kind, arm, field, value| {
        with(&entries::example(kind), arm, |event| event.set_field_by_name(field, value))
    };
    let bytes = |length: usize| Value::Bytes(vec![7; length].into());
    let sealed = |field, value| (EventKind::StateSealed, "state_sealed", field, value);
    let rotated =
        |field, length| (EventKind::SigningKeyRotated, "signing_key_rotated", field, bytes(length));
    for (kind, arm, field, value) in [
        sealed("accounts_root", bytes(31)),
        sealed("accounts_root", bytes(0)),
        sealed("through_position", Value::I64(0)),
        sealed("accounts", Value::I64(-1)),
        sealed("reducer_version", Value::I64(1 << 32)),
        rotated("old_key", 33),
        rotated("new_key", 0),
        rotated("old_signature", 63),
        rotated("new_signature", 65),
    ] {
        let error = decode(&set(kind, arm, field, value)).unwrap_err();
        assert_eq!(error.violations[0].field, format!("event.{field}"));
    }
    let (kind, arm, field, value) = sealed("accounts_root", bytes(32));
    assert!(decode(&set(kind, arm, field, value)).is_ok());
    // None is as good a number of accounts as any, and read on the short road.
    let (kind, arm, field, value) = sealed("accounts", Value::I64(0));
    assert!(walk(&set(kind, arm, field, value)).is_some());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1500))]

    #[test]
    fn what_is_written_is_read(entry in entries::any()) {
        let bytes = encode(&entry).unwrap();
        let walked = walk(&bytes);
        prop_assert_eq!(walked.as_ref(), Some(&entry));
        prop_assert_eq!(decode_generally(&bytes), Ok(entry));
    }

    #[test]
    fn no_bytes_make_it_panic(
        entry in entries::any(),
        at in any::<prop::sample::Index>(),
        to in any::<u8>(),
        cut in any::<prop::sample::Index>(),
    ) {
        let mut bytes = encode(&entry).unwrap();
        let at = at.index(bytes.len());
        bytes[at] = to;
        drop(decode(&bytes));
        bytes.truncate(cut.index(bytes.len()));
        drop(decode(&bytes));
    }

    #[test]
    fn noise_is_refused_and_not_fatal(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        drop(decode(&bytes));
    }
}
