//! A bundle that somebody or something has damaged: every byte of it is under watch.

use std::{fs, path::Path};

use ledger_client::audit::{Audited, Finding, Verdict};
use ledger_core::Position;
use ledger_proto::bundle::{
    CHECKPOINTS, DESCRIPTORS, FORMAT, KEYS, MANIFEST, Manifest, PROTO, README, entries_name,
    file_hash,
};

use crate::{
    bundle::{Parts, audit, code_is},
    story::Story,
};

/// Eight entries and three checkpoints: small enough to try every byte.
fn small() -> Parts {
    let mut story = Story::founded();
    story.record(1001, 1002, 90);
    story.record(1003, 1004, 30);
    story.seal();
    Parts::of(story.bytes(), &[3, 6])
}

/// Whether a finding is at this position, or at a range that holds it.
fn is_at(finding: &Finding, position: u64) -> bool {
    let first = finding.position.map_or(u64::MAX, Position::get);
    let last = finding.through.map_or(first, Position::get);
    (first..=last).contains(&position)
}

/// At which entry each byte of a file of entries stands. Nothing: in the head of the file.
fn places(parts: &Parts) -> Vec<Option<u64>> {
    let mut places = vec![None; 20];
    for (position, entry) in (1..).zip(&parts.entries) {
        places.resize(places.len() + 4 + entry.len(), Some(position));
    }
    places
}

/// Writes the list anew, as somebody who changed a file would.
fn relist(dir: &Path) {
    let path = dir.join(MANIFEST);
    let mut manifest = Manifest::parse(&fs::read_to_string(&path).unwrap()).unwrap();
    manifest.files.retain(|file| dir.join(&file.name).exists());
    for file in &mut manifest.files {
        let bytes = fs::read(dir.join(&file.name)).unwrap();
        (file.hash, file.bytes) = (file_hash(&bytes), bytes.len() as u64);
    }
    fs::write(path, manifest.to_text()).unwrap();
}

/// Flips a bit of every byte of a file in turn.
fn flip_each(dir: &Path, name: &str, every: usize, mut look: impl FnMut(usize, Audited)) {
    let path = dir.join(name);
    let whole = fs::read(&path).unwrap();
    for at in (0..whole.len()).step_by(every) {
        let mut flipped = whole.clone();
        flipped[at] ^= 1 << (at % 8);
        fs::write(&path, flipped).unwrap();
        look(at, audit(dir));
    }
    fs::write(path, whole).unwrap();
}

#[test]
fn every_byte_that_is_flipped_is_found_and_placed() {
    let parts = small();
    let dir = parts.write();
    code_is(&audit(dir.path()), 0);
    for name in [MANIFEST, KEYS, CHECKPOINTS, README] {
        flip_each(dir.path(), name, 1, |at, audited| {
            assert_eq!(audited.report.exit_code, 20, "{name} {at}");
        });
    }
    for name in [FORMAT, PROTO, DESCRIPTORS] {
        flip_each(dir.path(), name, 61, |at, audited| {
            assert_eq!(audited.report.exit_code, 20, "{name} {at}");
        });
    }
    let places = places(&parts);
    let name = entries_name(1, parts.entries.len() as u64);
    flip_each(dir.path(), &name, 1, |at, audited| {
        let report = audited.report;
        assert_eq!(report.exit_code, 20, "{at}");
        if let Some(position) = places[at] {
            let told = report.findings.iter().any(|finding| is_at(finding, position));
            assert!(told, "byte {at}, entry {position}: {:#?}", report.findings);
        }
    });
    code_is(&audit(dir.path()), 0);
}

#[test]
fn a_flipped_byte_is_found_when_the_list_was_written_anew() {
    let parts = small();
    let dir = parts.write();
    let places = places(&parts);
    let name = entries_name(1, parts.entries.len() as u64);
    let path = dir.path().join(&name);
    let whole = fs::read(&path).unwrap();
    for at in 0..whole.len() {
        let mut flipped = whole.clone();
        flipped[at] ^= 1 << (at % 8);
        fs::write(&path, flipped).unwrap();
        relist(dir.path());
        let report = audit(dir.path()).report;
        assert_eq!(report.exit_code, 20, "byte {at}");
        if let Some(position) = places[at] {
            let broken = report.findings.iter().filter(|one| one.verdict == Verdict::HistoryBroken);
            let told = broken.filter(|finding| is_at(finding, position)).count();
            assert!(told > 0, "byte {at}, entry {position}: {:#?}", report.findings);
        }
    }
}

#[test]
fn a_file_that_is_missing_is_missing_and_one_too_many_is_damage() {
    let parts = small();
    let entries = entries_name(1, parts.entries.len() as u64);
    for name in [MANIFEST, KEYS, CHECKPOINTS, README, FORMAT, PROTO, DESCRIPTORS, &entries] {
        let dir = parts.write();
        fs::remove_file(dir.path().join(name)).unwrap();
        let audited = audit(dir.path());
        code_is(&audited, 10);
        assert!(audited.report.findings[0].what.contains(name));
        if name != MANIFEST {
            // A list that does not name it either is no list of a bundle.
            relist(dir.path());
            code_is(&audit(dir.path()), 20);
        }
    }
    for name in ["more", "entries/000000000009-000000000009", ".hidden", "entries/x"] {
        let dir = parts.write();
        fs::write(dir.path().join(name), "x").unwrap();
        code_is(&audit(dir.path()), 20);
    }
    let dir = parts.write();
    fs::create_dir(dir.path().join("folder")).unwrap();
    code_is(&audit(dir.path()), 20);
}

#[test]
fn a_file_that_is_cut_at_any_byte_is_found() {
    let parts = small();
    let dir = parts.write();
    let name = entries_name(1, parts.entries.len() as u64);
    let path = dir.path().join(&name);
    let whole = fs::read(&path).unwrap();
    for length in 0..whole.len() {
        fs::write(&path, &whole[..length]).unwrap();
        code_is(&audit(dir.path()), 20);
        relist(dir.path());
        let audited = audit(dir.path());
        code_is(&audited, 20);
        fs::write(&path, &whole).unwrap();
        relist(dir.path());
    }
    code_is(&audit(dir.path()), 0);
}

/// Of a bundle of three files, some bytes of each: what is damaged is placed between two checkpoints.
#[test]
fn a_large_bundle_is_sampled() {
    let parts = Parts::of_days(4100);
    let dir = parts.write();
    for (first, last) in [(1, 4096), (4097, 8192), (8193, parts.entries.len() as u64)] {
        let name = entries_name(first, last);
        let length = fs::metadata(dir.path().join(&name)).unwrap().len();
        let every = usize::try_from(length).unwrap() / 4 - 7;
        flip_each(dir.path(), &name, every, |at, audited| {
            assert_eq!(audited.report.exit_code, 20, "{name} {at}");
            let finding = &audited.report.findings[0];
            let range = (finding.position.unwrap().get(), finding.through.unwrap().get());
            assert_eq!((range, finding.file.as_ref()), ((first, last), Some(&name)));
        });
    }
}
