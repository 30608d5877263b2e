//! Bundles of made-up logs, signed by a key of our own, and what the auditor says of them.

use std::{fs, path::Path};

use ledger_client::{
    audit::{Audited, Options, audit_bundle},
    bundle::Export,
};
use ledger_proto::{Checkpoint, Frontier, Origin, SigningKey, VerifierKey, bundle, leaf};
use tempfile::TempDir;

use crate::story::{Story, origin};

pub(crate) fn key() -> SigningKey {
    SigningKey::from_seed([7; 32])
}

/// The checkpoint of the first so many entries.
pub(crate) fn point(entries: &[Vec<u8>], size: usize) -> Checkpoint {
    let mut edge = Frontier::default();
    for entry in &entries[..size] {
        edge.push(leaf(entry));
    }
    Checkpoint { origin: origin(entries), size: size as u64, root: edge.root() }
}

/// What a bundle is made of, to be changed before it is written.
#[derive(Clone)]
pub(crate) struct Parts {
    pub(crate) origin: Origin,
    pub(crate) entries: Vec<Vec<u8>>,
    pub(crate) keys: Vec<VerifierKey>,
    pub(crate) notes: Vec<String>,
}

impl Parts {
    /// Signed at these sizes, and at the end.
    pub(crate) fn of(entries: Vec<Vec<u8>>, sizes: &[usize]) -> Parts {
        let origin = origin(&entries);
        let sizes = sizes.iter().copied().chain([entries.len()]);
        let notes = sizes.map(|size| key().note(&point(&entries, size))).collect();
        Parts { keys: vec![key().verifier(&origin)], origin, entries, notes }
    }

    pub(crate) fn of_story(story: &Story) -> Parts {
        let entries = story.bytes();
        let sizes: Vec<usize> = (1..entries.len() / 10).map(|ten| ten * 10).collect();
        Parts::of(entries, &sizes)
    }

    /// A long log of plain hours, two pieces of help at a time, signed at the end of each whole file.
    pub(crate) fn of_days(pairs: usize) -> Parts {
        let mut story = Story::founded();
        for pair in 0..pairs {
            if pair % 8 == 0 {
                story.later(1);
            }
            story.record(1001, 1002, 30);
            story.record(1003, 1004, 30);
        }
        Parts::of(story.bytes(), &[4096, 8192])
    }

    pub(crate) fn write(&self) -> TempDir {
        let dir = tempfile::tempdir().unwrap();
        self.write_into(dir.path());
        dir
    }

    /// A bundle that no export would write: its checkpoints are not of its entries.
    pub(crate) fn write_unchecked(&self) -> TempDir {
        let notes = vec![key().note(&point(&self.entries, self.entries.len()))];
        let dir = Parts { notes, ..self.clone() }.write();
        let path = |name: &str| dir.path().join(name);
        let text = bundle::write_checkpoints(&self.notes);
        fs::write(path(bundle::CHECKPOINTS), &text).unwrap();
        let list = fs::read_to_string(path(bundle::MANIFEST)).unwrap();
        let mut list = bundle::Manifest::parse(&list).unwrap();
        let file = list.files.iter_mut().find(|file| file.name == bundle::CHECKPOINTS).unwrap();
        (file.hash, file.bytes) = (bundle::file_hash(text.as_bytes()), text.len() as u64);
        fs::write(path(bundle::MANIFEST), list.to_text()).unwrap();
        dir
    }

    pub(crate) fn write_into(&self, dir: &Path) {
        let size = self.entries.len() as u64;
        let mut export = Export::open(dir, &self.origin, size).unwrap();
        let after = usize::try_from(export.after()).unwrap();
        for entry in &self.entries[after..] {
            export.push(entry.clone()).unwrap();
        }
        export.finish(&self.keys, &self.notes).unwrap();
    }

    pub(crate) fn audit(&self) -> Audited {
        audit(self.write_unchecked().path())
    }

    pub(crate) fn audit_with(&self, options: &Options) -> Audited {
        audit_bundle(self.write_unchecked().path(), options, &mut |_| {})
    }
}

pub(crate) fn audit(dir: &Path) -> Audited {
    audit_bundle(dir, &Options::default(), &mut |_| {})
}

/// The exit code, or why it is another one.
#[track_caller]
pub(crate) fn code_is(audited: &Audited, code: u8) {
    assert_eq!(audited.report.exit_code, code, "{:#?}", audited.report.findings);
}
