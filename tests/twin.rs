//! The twin, a second reader of the ledger in another language: its own tests, the published vectors, and what it refuses.
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::indexing_slicing,
    reason = "a test stops at what it did not expect, and says what it has seen"
)]

use std::{
    collections::BTreeMap,
    env, fs,
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
};

use ledger_client::bundle::fetch;
use ledger_proto::bundle::{DESCRIPTORS, fixed_files, read_entries};
use serde_json::Value;
use tempfile::TempDir;

use crate::{
    harness::{COOP, Town, run, say},
    skip::skip,
};

const NEEDS: &str =
    "the twin needs Python with blake3 and protobuf (see tests/twin/requirements.txt)";

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/twin")
}

/// A Python with all that the twin needs. Nothing: there is none, and that was said.
pub(crate) struct Python(String);

impl Python {
    pub(crate) fn find() -> Option<Self> {
        let python = env::var("CARESTORE_PYTHON").unwrap_or_else(|_| "python3".to_owned());
        let mut asked = Command::new(&python);
        asked.args(["-c", "import blake3, google.protobuf"]);
        asked.stdout(Stdio::null()).stderr(Stdio::null());
        let there = asked.status().is_ok_and(|status| status.success());
        if !there {
            skip(NEEDS);
        }
        there.then_some(Self(python))
    }

    /// Runs something of the twin's folder, with the words of the entries at hand.
    fn run(&self, args: &[&str], descriptors: &Path) -> Output {
        Command::new(&self.0)
            .args(args)
            .current_dir(folder())
            .env("PYTHONDONTWRITEBYTECODE", "1")
            .env("CARESTORE_DESCRIPTORS", descriptors)
            .output()
            .unwrap()
    }

    /// What the twin makes of a bundle.
    pub(crate) fn audit(&self, bundle: &Path) -> Value {
        let done = self.tried(bundle);
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
        serde_json::from_slice(&done.stdout).unwrap()
    }

    fn tried(&self, bundle: &Path) -> Output {
        self.run(&["twin.py", "audit", bundle.to_str().unwrap()], Path::new(""))
    }

    /// What the twin makes of the vectors, by the words that go into every bundle.
    fn golden(&self, what: &str) -> Vec<Value> {
        let (_kept, descriptors) = descriptors();
        let golden = folder().join("../../proto/golden");
        let args = ["twin.py", what, golden.to_str().unwrap(), "--descriptors"];
        let args = [&args[..], &[descriptors.to_str().unwrap()]].concat();
        let done = self.run(&args, &descriptors);
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
        serde_json::from_slice(&done.stdout).unwrap()
    }
}

/// The words that go into every bundle, in a file.
fn descriptors() -> (TempDir, PathBuf) {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join(DESCRIPTORS);
    let fixed: BTreeMap<&str, Vec<u8>> = fixed_files().into_iter().collect();
    fs::write(&path, &fixed[DESCRIPTORS]).unwrap();
    (dir, path)
}

#[test]
fn its_own_tests_pass() {
    let Some(python) = Python::find() else { return };
    let (_kept, descriptors) = descriptors();
    let done = python.run(&["-m", "unittest", "discover", "--start-directory", "."], &descriptors);
    let said = String::from_utf8_lossy(&done.stderr);
    print!("{said}");
    assert!(done.status.success() && said.contains("\nOK"), "{said}");
}

#[test]
fn it_reads_the_stored_bytes_of_every_kind() {
    let Some(python) = Python::find() else { return };
    let read = python.golden("golden");
    let golden = fs::read_dir(folder().join("../../proto/golden")).unwrap();
    let stored: BTreeMap<String, Vec<u8>> = golden
        .map(|file| file.unwrap())
        .map(|file| (file.file_name().into_string().unwrap(), file.path()))
        .filter(|(name, _)| name.strip_suffix(".hex").is_some())
        .map(|(name, path)| (name, bytes(&fs::read_to_string(path).unwrap().replace('\n', ""))))
        .collect();
    let leaves: BTreeMap<String, String> = stored
        .iter()
        .map(|(name, stored)| (name.clone(), ledger_proto::leaf(stored).to_string()))
        .collect();
    let said = |row: &Value, field: &str| row[field].as_str().unwrap().to_owned();
    let twin: BTreeMap<String, String> =
        read.iter().map(|row| (said(row, "file"), said(row, "leaf"))).collect();
    assert_eq!(twin, leaves);
}

fn bytes(hex: &str) -> Vec<u8> {
    let digits = hex.as_bytes().chunks(2).map(|pair| str::from_utf8(pair).unwrap());
    digits.map(|pair| u8::from_str_radix(pair, 16).unwrap()).collect()
}

#[test]
fn it_agrees_with_every_published_case() {
    let Some(python) = Python::find() else { return };
    let judged = python.golden("vectors");
    let mut cases = 0;
    for name in ["proofs", "checkpoints", "receipts", "accounts"] {
        let file = folder().join(format!("../../proto/golden/{name}.json"));
        let file: Value = serde_json::from_str(&fs::read_to_string(file).unwrap()).unwrap();
        cases += file
            .as_object()
            .unwrap()
            .values()
            .filter_map(Value::as_array)
            .map(Vec::len)
            .sum::<usize>();
    }
    assert_eq!(judged.len(), cases, "it has judged every one of them");
    assert!(judged.iter().any(|case| case["holds"] == false) && cases > 500);
}

/// A small log with a checkpoint half way, as a bundle.
async fn bundle() -> TempDir {
    let mut town = Town::peopled().await;
    let (client, dir) = (town.client(), tempfile::tempdir().unwrap());
    for minutes in 1..20 {
        town.ok(say::record(1, 3, minutes)).await;
    }
    client.checkpoint(&format!("coops/{COOP}")).await.unwrap();
    for minutes in 20..40 {
        town.ok(say::record(2, 4, minutes)).await;
    }
    town.ok(say::seal()).await;
    client.checkpoint(&format!("coops/{COOP}")).await.unwrap();
    fetch(&client, dir.path(), &mut |_, _| {}).await.unwrap();
    town.stop().await;
    dir
}

#[test]
fn a_byte_that_is_flipped_is_refused_by_its_position() {
    let Some(python) = Python::find() else { return };
    run(async {
        let dir = bundle().await;
        let found = python.audit(dir.path());
        let sizes: Vec<u64> = serde_json::from_value(found["checkpoints"].clone()).unwrap();
        let name = format!("entries/{:012}-{:012}", 1, found["size"].as_u64().unwrap());
        let (path, good) = (dir.path().join(&name), fs::read(dir.path().join(&name)).unwrap());
        let (_, entries) = read_entries(&name, &good).unwrap();
        let mut at = 20;
        for (position, entry) in (1_u64..).zip(entries) {
            let start = at;
            at += 4 + entry.len();
            if position % 7 != 1 {
                continue;
            }
            // Its length, its first field, which is its position, what it holds, and its end.
            for byte in [start + 3, start + 5, start + 4 + entry.len() / 2, at - 1] {
                let mut bad = good.clone();
                bad[byte] ^= 1;
                fs::write(&path, bad).unwrap();
                let done = python.tried(dir.path());
                let said = String::from_utf8(done.stderr).unwrap();
                assert_eq!(done.status.code(), Some(20), "{said}");
                assert!(said.contains(&format!("{name}: its hash is another")), "{said}");
                // By the entry itself, or by the first seal or checkpoint that is over it.
                let (_, named) = said.split_once("; entry ").unwrap();
                let named: u64 = named.split(':').next().unwrap().parse().unwrap();
                let over = *sizes.iter().find(|size| **size >= position).unwrap();
                let last = if byte == start + 5 { position } else { over };
                assert!((position..=last).contains(&named), "{position}: {said}");
            }
        }
        fs::write(&path, &good).unwrap();
        assert_eq!(python.audit(dir.path()), found, "put right, it is as it was");
    });
}
