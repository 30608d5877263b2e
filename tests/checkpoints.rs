//! Checkpoints: what is published of a log stays, and binds the log ever after.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test that fails says so"
)]

mod keys;
mod kills;
mod losses;
mod months;

use std::{fs, os::unix::fs::PermissionsExt, path::Path};

use ledger_core::{CoopName, Position};
use ledger_proto::{Checkpoint, Hash, Note, v1};
use ledger_server::{Clock, Signed};

use crate::harness::{COOP, Town, run, say};

fn coop() -> CoopName {
    CoopName::new(COOP).unwrap()
}

/// A town by the machine's clock, as the operator's tools need it, with a co-op and a fund in it.
async fn town() -> Town {
    let town = Town::on(tempfile::tempdir().unwrap(), Clock::machine()).await;
    town.ok(say::found()).await;
    town.ok(say::open_fund("General", "")).await;
    town
}

/// So many entries more.
async fn grow(town: &Town, entries: usize) {
    for _ in 0..entries {
        town.ok(say::receive(1, 1)).await;
    }
}

fn sign(town: &Town) -> Signed {
    tokio::task::block_in_place(|| town.house().checkpoint(&coop())).unwrap()
}

/// What a note says, by the keys that the server names.
fn verified(town: &Town, note: &str) -> Checkpoint {
    let keys = town.house().verifier_keys(&coop()).unwrap();
    Note::parse(note).unwrap().verify(&keys).unwrap().clone()
}

fn sizes(town: &Town) -> Vec<u64> {
    town.house().checkpoints(&coop()).unwrap().iter().map(|signed| signed.size).collect()
}

/// The history as it is served, checked by nobody: where a loss was accepted, no checkpoint covers it for a while.
async fn history(town: &Town) -> (Vec<v1::HistoryEntry>, v1::HistoryHead) {
    let client = town.client();
    let request = v1::ReadHistoryRequest { coop: client.coop(), ..Default::default() };
    let mut stream = client.unchecked().read_history(request).await.unwrap();
    let (mut entries, mut head) = (Vec::new(), None);
    while let Some(answer) = stream.message().await.unwrap() {
        entries.extend(answer.entries);
        head = answer.head;
    }
    (entries, head.unwrap())
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let (from, to) = (entry.path(), to.join(entry.file_name()));
        if from.is_dir() {
            copy(&from, &to);
        } else {
            let _ = fs::copy(&from, &to).unwrap();
        }
    }
}

/// Puts a folder of one town in the place of that of another.
fn put_back(folder: &str, from: &Path, to: &Path) {
    fs::remove_dir_all(to.join(folder)).unwrap();
    copy(&from.join(folder), &to.join(folder));
}

#[test]
fn each_is_signed_for_the_newest_entry_and_says_its_root() {
    run(async {
        let town = town().await;
        for round in 1..5 {
            grow(&town, round * 3).await;
            let signed = sign(&town);
            let (entries, head) = history(&town).await;
            let root = Hash::new(head.root_hash.as_slice().try_into().unwrap());
            let said = verified(&town, &signed.note);
            assert_eq!((said.size, said.root), (entries.len() as u64, root));
            assert!(said.origin.begins_with(&ledger_proto::leaf(&entries[0].entry)));
            assert_eq!(said.origin.coop(), Some(coop()));
            // Asked again before anything has happened, it is the same, and nothing is published.
            let before = sizes(&town);
            assert_eq!(sign(&town), signed);
            assert_eq!(sizes(&town), before);
            let at = town.house().checkpoint_at(&coop(), Position::new(said.size)).unwrap();
            assert_eq!(at, Some(signed));
        }
        assert!(sizes(&town).is_sorted_by(|one, next| one < next));
        let key = fs::metadata(town.dir.path().join("signing").join("1.key")).unwrap();
        assert_eq!(key.permissions().mode() & 0o777, 0o600);
    });
}

#[test]
fn those_who_ask_at_once_share_one() {
    run(async {
        let town = town().await;
        for _ in 0..5 {
            grow(&town, 1).await;
            let before = sizes(&town);
            std::thread::scope(|scope| {
                let callers: Vec<_> = (0..16)
                    .map(|_| scope.spawn(|| town.house().checkpoint(&coop()).unwrap()))
                    .collect();
                let signed: Vec<Signed> =
                    callers.into_iter().map(|caller| caller.join().unwrap()).collect();
                assert!(signed.iter().all(|one| *one == signed[0]));
            });
            // One by these, at most; the timer may have been quicker.
            assert!(sizes(&town).len() <= before.len() + 1);
        }
    });
}

#[test]
fn what_was_published_is_kept_over_a_restart_byte_for_byte() {
    run(async {
        let mut town = town().await;
        for _ in 0..3 {
            grow(&town, 2).await;
            sign(&town);
        }
        town.stop().await;
        let file = town.dir.path().join("checkpoints").join("1");
        let kept = fs::read(&file).unwrap();
        town.start().await.unwrap();
        let before = town.house().checkpoints(&coop()).unwrap();
        let keys = town.house().verifier_keys(&coop()).unwrap();
        grow(&town, 1).await;
        let newest = sign(&town);
        let after = town.house().checkpoints(&coop()).unwrap();
        assert_eq!(after[..before.len()], before);
        assert_eq!(after.last(), Some(&newest));
        assert_eq!(town.house().verifier_keys(&coop()).unwrap(), keys);
        assert!(fs::read(&file).unwrap().starts_with(&kept));
    });
}

#[test]
fn whoever_follows_the_log_hears_of_the_newest() {
    run(async {
        let mut town = town().await;
        // At the latest the timer of the next start signs.
        town.restart().await;
        let client = town.client();
        let request = v1::WatchHistoryRequest { coop: client.coop(), after_position: 2 };
        let mut stream = client.unchecked().watch_history(request).await.unwrap();
        loop {
            let head = stream.message().await.unwrap().unwrap().head.unwrap();
            if !head.checkpoint.is_empty() {
                assert_eq!(verified(&town, &head.checkpoint).size, 2);
                return;
            }
        }
    });
}
