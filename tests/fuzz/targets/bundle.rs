//! The files of a bundle: what is read as one is written as it was.
#![no_main]

use ledger_fuzz::which;
use ledger_proto::Note;
use ledger_proto::bundle::{
    Manifest, entries_name, file_hash, read_checkpoints, read_entries, read_keys,
    write_checkpoints, write_entries, write_keys,
};

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let Some((first, rest)) = which(data) else { return };
    if first == b'e' {
        return entries(rest);
    }
    let Ok(text) = std::str::from_utf8(rest) else { return };
    match first {
        b'm' => manifest(text),
        b'k' => keys(text),
        b'c' => checkpoints(text),
        _ => {}
    }
});

/// With its own hash at the end, which no fuzzer would find, and without.
fn manifest(text: &str) {
    let sealed = format!("{text}manifest {}\n", file_hash(text.as_bytes()));
    for text in [text, &sealed] {
        let Ok(read) = Manifest::parse(text) else { continue };
        assert_eq!(read.to_text(), *text);
        for file in &read.files {
            let name = &file.name;
            assert!(
                !name.starts_with('/') && !name.contains("..") && !name.contains('\\'),
                "{name}"
            );
            let mut sign = name.chars().filter(|sign| *sign == '/');
            assert!(sign.next().is_none() || name.starts_with("entries/"), "{name}");
            assert!(sign.next().is_none(), "{name}");
        }
    }
}

fn keys(text: &str) {
    if let Ok(keys) = read_keys(text) {
        assert_eq!(write_keys(&keys), text);
    }
}

fn checkpoints(text: &str) {
    let Ok(notes) = read_checkpoints(text) else { return };
    let notes: Vec<String> = notes.into_iter().map(str::to_owned).collect();
    assert_eq!(write_checkpoints(&notes), text);
    for note in notes {
        drop(Note::parse(&note));
    }
}

/// Under the name that its head asks for, and under another.
fn entries(file: &[u8]) {
    assert!(read_entries("entries/000000000000-000000000000", file).is_err());
    let head = file.get(8..20).and_then(|head| head.split_first_chunk::<8>());
    let Some((first, count)) = head else { return };
    let (Ok(count), first) = (<[u8; 4]>::try_from(count), u64::from_be_bytes(*first)) else {
        return;
    };
    let last = first.saturating_add(u64::from(u32::from_be_bytes(count))).saturating_sub(1);
    let name = entries_name(first, last);
    let Ok((read_first, entries)) = read_entries(&name, file) else { return };
    assert_eq!(read_first, first);
    let entries: Vec<Vec<u8>> = entries.into_iter().map(<[u8]>::to_vec).collect();
    assert_eq!(write_entries(first, &entries), file);
}
