//! The two roads from stored bytes to an entry: where the short one gives an entry, the general one gives the same, and the
//! bytes are those that we write; and whatever we write, the short one takes.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test may fail")]

#[path = "golden/entries.rs"]
mod entries;
#[path = "roads/spelling.rs"]
mod spelling;

use std::{fs, sync::LazyLock};

use ledger_core::{Event, EventKind, Hat};
use ledger_proto::stored::{MAX_ENTRY, decode, decode_generally, decode_strictly, encode, walk};
use proptest::prelude::*;
use prost::Message;
use prost_reflect::{DescriptorPool, DynamicMessage, MessageDescriptor};
use spelling::Dice;

/// Whether the short road takes the bytes; whatever they are, this holds.
fn law(bytes: &[u8]) -> bool {
    let general = decode_generally(bytes);
    let ours = general.as_ref().is_ok_and(|entry| encode(entry).is_ok_and(|own| own == bytes));
    let short = walk(bytes);
    assert_eq!(short.is_some(), ours, "{bytes:02x?} {general:?}");
    if let Some(entry) = short {
        assert_eq!(general.as_ref(), Ok(&entry), "{bytes:02x?}");
    }
    assert_eq!(decode_strictly(bytes).ok(), general.as_ref().ok().filter(|_| ours).cloned());
    assert_eq!(decode(bytes), general, "{bytes:02x?}");
    ours
}

/// The same message, written by somebody else, who knows the `.proto` and nothing of ours.
fn written_by_another(bytes: &[u8]) -> Vec<u8> {
    static ENTRY: LazyLock<MessageDescriptor> = LazyLock::new(|| {
        let pool = DescriptorPool::decode(ledger_proto::DESCRIPTORS).unwrap();
        pool.get_message_by_name("carestore.log.v1.Entry").unwrap()
    });
    DynamicMessage::decode(ENTRY.clone(), bytes).unwrap().encode_to_vec()
}

fn golden(name: &str) -> Vec<u8> {
    let text = fs::read_to_string(format!("{}/golden/{name}", env!("CARGO_MANIFEST_DIR")));
    let digits: Vec<_> = text.unwrap().chars().filter_map(|digit| digit.to_digit(16)).collect();
    digits.chunks(2).map(|pair| u8::try_from(pair[0] << 4 | pair[1]).unwrap()).collect()
}

fn goldens() -> Vec<Vec<u8>> {
    let files = fs::read_dir(format!("{}/golden", env!("CARGO_MANIFEST_DIR"))).unwrap();
    let names = files.map(|file| file.unwrap().file_name().into_string().unwrap());
    let entries = names.filter(|name| name.contains(".hex") && name.starts_with(char::is_numeric));
    let entries: Vec<_> = entries.map(|name| golden(&name)).collect();
    assert!(entries.len() >= EventKind::ALL.len());
    entries
}

#[test]
fn what_was_ever_stored_takes_the_short_road() {
    for bytes in goldens() {
        assert!(law(&bytes), "{:?}", decode(&bytes));
        for end in 0..bytes.len() {
            law(&bytes[..end]);
        }
    }
}

#[test]
fn an_example_of_each_kind_takes_the_short_road() {
    for &kind in EventKind::ALL {
        assert!(law(&encode(&entries::example(kind)).unwrap()), "{kind:?}");
    }
}

/// The numbers at the edge of a byte: of a length above all, which stands before what it counts.
#[test]
fn lengths_of_any_size_are_written_in_their_one_way() {
    let mut entry = entries::example(EventKind::HatsChanged);
    for count in [0, 1, 100, 120, 121, 122, 123, 124, 125, 126, 127, 128, 129, 200, 5000, 16_000] {
        if let Event::HatsChanged { member: _, hats } = &mut entry.event {
            *hats = vec![Hat::Staff; count];
        }
        let bytes = encode(&entry).unwrap();
        assert!(law(&bytes), "{count}");
        assert_eq!(written_by_another(&bytes), bytes, "{count}");
    }
}

#[test]
fn every_flip_of_a_bit_of_every_golden_keeps_the_law() {
    let (mut ours, mut others) = (0, 0);
    for mut bytes in goldens() {
        for at in 0..bytes.len() * 8 {
            bytes[at / 8] ^= 1 << (at % 8);
            *(if law(&bytes) { &mut ours } else { &mut others }) += 1;
            bytes[at / 8] ^= 1 << (at % 8);
        }
    }
    assert!(ours > 1000 && others > 1000, "{ours} are other entries, {others} are none of ours");
}

#[test]
fn what_is_too_long_takes_neither() {
    let mut bytes = golden("26-HatsChanged.hex");
    // More unknown fields than fit.
    bytes.resize(MAX_ENTRY + 1, 0);
    assert!(!law(&bytes));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1500))]

    #[test]
    fn what_is_written_takes_the_short_road(entry in entries::any()) {
        let bytes = encode(&entry).unwrap();
        prop_assert!(law(&bytes));
        prop_assert_eq!(walk(&bytes), Some(entry.clone()));
        prop_assert_eq!(decode_generally(&bytes), Ok(entry));
        prop_assert_eq!(written_by_another(&bytes), bytes);
    }

    /// Each of these says the same or something near it, as other writers may: in another order, twice, at greater length.
    #[test]
    fn other_spellings_keep_the_law(
        entry in entries::any(),
        other in entries::any(),
        seed in any::<u64>(),
        times in 1..4_u8,
    ) {
        let mut bytes = encode(&entry).unwrap();
        let other = encode(&other).unwrap();
        let mut dice = Dice::new(seed);
        for _ in 0..times {
            bytes = spelling::other(&bytes, &other, &mut dice);
            law(&bytes);
        }
    }

    #[test]
    fn spoiled_bytes_keep_the_law(
        entry in entries::any(),
        at in any::<prop::sample::Index>(),
        to in any::<u8>(),
        cut in any::<prop::sample::Index>(),
    ) {
        let mut bytes = encode(&entry).unwrap();
        let at = at.index(bytes.len());
        bytes[at] = to;
        law(&bytes);
        bytes.insert(at, to);
        law(&bytes);
        bytes.truncate(cut.index(bytes.len()));
        law(&bytes);
    }
}
