//! A bundle's files are read as they were written, and in no other way.

use proptest::prelude::*;

use super::*;
use crate::checkpoint::SigningKey;

fn origin() -> Origin {
    "carestore/colne-valley/0123456789abcdef/blake3".parse().unwrap()
}

fn manifest() -> Manifest {
    let names = [
        CHECKPOINTS,
        "entries/000000000001-000000004096",
        "entries/000000004097-000000004099",
        KEYS,
    ];
    let files = names.map(|name| Listed {
        hash: file_hash(name.as_bytes()),
        bytes: 7,
        name: name.to_owned(),
    });
    Manifest { origin: origin(), size: 4099, files: files.to_vec() }
}

#[test]
fn a_manifest_is_read_as_it_was_written() {
    assert_eq!(Manifest::parse(&manifest().to_text()), Ok(manifest()));
}

#[test]
fn a_manifest_names_nothing_outside_the_bundle() {
    for name in ["../secret", "/etc/passwd", "entries/../keys", "entries/1-2", "MANIFEST", "x", ""]
    {
        let mut bad = manifest();
        bad.files[3].name = name.to_owned();
        bad.files.sort_by(|a, b| a.name.cmp(&b.name));
        assert!(Manifest::parse(&bad.to_text()).is_err(), "{name}");
    }
    let mut twice = manifest();
    twice.files.push(twice.files[3].clone());
    assert!(Manifest::parse(&twice.to_text()).is_err());
}

#[test]
fn keys_and_checkpoints_are_read_as_they_were_written() {
    let keys = [1, 2].map(|seed| SigningKey::from_seed([seed; 32]).verifier(&origin()));
    assert_eq!(read_keys(&write_keys(&keys)).unwrap(), keys);
    let notes = ["one\n\n\u{2014} x y\n".to_owned(), "two".to_owned()];
    assert_eq!(read_checkpoints(&write_checkpoints(&notes)).unwrap(), notes);
    for cut in 1..write_checkpoints(&notes).len() {
        let text = write_checkpoints(&notes);
        if let Some(text) = text.get(..cut) {
            assert!(read_checkpoints(text).map_or(true, |read| read.len() == 1), "{cut}");
        }
    }
}

#[test]
fn the_words_of_the_entries_are_in_the_bundle() {
    let files = fixed_files();
    let set = files.iter().find(|(name, _)| *name == DESCRIPTORS).unwrap();
    let set = prost_types::FileDescriptorSet::decode(&*set.1).unwrap();
    assert_eq!(set.file.len(), 1);
    assert!(set.file[0].message_type.iter().any(|message| message.name() == "Entry"));
    assert!(readme(&origin(), 5).contains("carestore audit"));
}

/// A head that says so much that the positions run out: found while the fuzz target of bundles was written.
#[test]
fn a_file_of_entries_ends_before_the_positions_do() {
    for first in [u64::MAX, u64::MAX - 1, u64::MAX - 2] {
        let mut file = write_entries(first, &[]);
        file[16..20].copy_from_slice(&4_u32.to_be_bytes());
        file.extend_from_slice(&[0; 8]);
        assert!(read_entries(&entries_name(first, u64::MAX), &file).is_err());
        assert!(read_entries(&entries_name(first, u64::MAX), &file[..20]).is_err());
    }
}

proptest! {
    #[test]
    fn entries_are_read_as_they_were_written(
        first in 1_u64..1_000_000, entries in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..40), 1..20),
    ) {
        let name = entries_name(first, first + entries.len() as u64 - 1);
        let file = write_entries(first, &entries);
        let (read_first, read) = read_entries(&name, &file).unwrap();
        prop_assert_eq!((read_first, read), (first, entries.iter().map(Vec::as_slice).collect()));
        for cut in 0..file.len() {
            prop_assert!(read_entries(&name, &file[..cut]).is_err());
        }
        prop_assert!(read_entries("entries/000000000001-000000000099", &file).is_err() || entries.len() == 99);
    }

    #[test]
    fn a_changed_byte_of_a_manifest_is_noticed(at in any::<prop::sample::Index>(), bit in 0_u8..8) {
        let mut text = manifest().to_text().into_bytes();
        let at = at.index(text.len());
        text[at] ^= 1 << bit;
        prop_assert!(Manifest::parse(&String::from_utf8_lossy(&text)).is_err());
    }

    #[test]
    fn no_bytes_bring_the_readers_down(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        drop(read_entries("entries/000000000001-000000000002", &bytes));
        let text = String::from_utf8_lossy(&bytes);
        drop((Manifest::parse(&text), read_keys(&text), read_checkpoints(&text).map(|notes| notes.len())));
    }
}
