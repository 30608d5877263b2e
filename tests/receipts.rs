//! Receipts and proofs of balances in the hands of a person, by the program itself: fetched, kept, checked without the
//! service; and what the program remembers of a log from one run to the next.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that fails says so")]

use std::{fs, path::Path};

use ledger_proto::{Note, SigningKey, v1};
use serde_json::Value;

use crate::harness::{
    Town,
    program::{carestore, done, heard},
    run, say,
};

fn folder() -> tempfile::TempDir {
    tempfile::tempdir().unwrap()
}

/// The key that the server gives.
fn key(town: &Town, folder: &Path) -> String {
    let told = done(&town.carestore(folder).says(&["checkpoint", "--output", "json"]));
    let told: Value = serde_json::from_str(&told).unwrap();
    told["verifier_keys"][0].as_str().unwrap().to_owned()
}

/// A key that the log never had, of the same name.
fn other_key(note: &str) -> String {
    let note = Note::parse(note).unwrap();
    SigningKey::from_seed([9; 32]).verifier(&note.claimed().origin).to_string()
}

#[test]
fn a_receipt_is_kept_and_holds_when_the_server_is_gone() {
    run(async {
        let mut town = Town::peopled().await;
        let dir = folder();
        let position = town.ok(say::record(1, 3, 90)).await.position.to_string();
        let get = ["receipt", "get", &position, "--out", "r.txt"];
        let said = done(&town.carestore(dir.path()).says(&get));
        assert!(said.contains("next: carestore receipt verify r.txt"), "{said}");
        let printed = done(&town.carestore(dir.path()).says(&get[..3]));
        assert_eq!(printed, fs::read_to_string(dir.path().join("r.txt")).unwrap());
        let key = key(&town, dir.path());
        town.stop().await;

        let verify = |more: &[&str]| {
            let words = [&["receipt", "verify", "r.txt"][..], more].concat();
            heard(&carestore(dir.path()).says(&words))
        };
        let (code, said, _) = verify(&[]);
        assert_eq!(code, Some(0));
        assert!(said.starts_with(&format!("This receipt holds: entry {position} is in")), "{said}");
        assert!(
            said.contains("Moved: 1 h 30 min from the community to the account of member 1001-9")
                && said.contains(&key),
            "{said}"
        );
        let (code, said, _) = verify(&["--key", &key]);
        assert!(code == Some(0) && said.contains("the key that you gave"), "{said}");
        fs::write(dir.path().join("keys"), format!("{key}\n")).unwrap();
        assert_eq!(verify(&["--key", "keys"]).0, Some(0));
        let (_, said, _) = verify(&["--output", "json"]);
        let told: Value = serde_json::from_str(&said).unwrap();
        assert_eq!((&told["holds"], told["position"].to_string()), (&true.into(), position));

        // Another key did not sign it, and a key with a slip in it is no key.
        let text = fs::read_to_string(dir.path().join("r.txt")).unwrap();
        let (_, note) = text.split_once("\n\n").unwrap();
        assert_eq!(verify(&["--key", &other_key(note)]).0, Some(7));
        let (code, _, said) = verify(&["--key", &key[..key.len() - 4]]);
        assert!(code == Some(2) && said.contains("copy it whole"), "{said}");
        // It is nobody's business whether there is a token.
        let gone = carestore(dir.path()).with("CARESTORE_TOKEN_FILE", "gone");
        assert_eq!(heard(&gone.says(&["receipt", "verify", "r.txt"])).0, Some(0));
    });
}

#[test]
fn a_receipt_with_a_changed_byte_does_not_hold() {
    run(async {
        let town = Town::peopled().await;
        let dir = folder();
        let position = town.ok(say::record(1, 3, 90)).await.position.to_string();
        let get = ["receipt", "get", &position, "--out", "r.txt"];
        done(&town.carestore(dir.path()).says(&get));
        let whole = fs::read(dir.path().join("r.txt")).unwrap();
        // Every kind of line is met, the dash before the signature with it.
        for place in (0..whole.len()).step_by(17).chain([whole.len() - 1]) {
            let mut changed = whole.clone();
            changed[place] ^= 1;
            fs::write(dir.path().join("c.txt"), changed).unwrap();
            let (code, said, _) =
                heard(&carestore(dir.path()).says(&["receipt", "verify", "c.txt"]));
            assert_eq!(code, Some(7), "byte {place}: {said}");
        }
        fs::write(dir.path().join("c.txt"), "hello\n").unwrap();
        let (code, _, said) = heard(&carestore(dir.path()).says(&["receipt", "verify", "c.txt"]));
        assert!(code == Some(7) && said.contains("neither a receipt nor the proof"), "{said}");
        // Mail programs write line ends their own way, and that changes nothing.
        let mailed = String::from_utf8(whole).unwrap().replace('\n', "\r\n");
        fs::write(dir.path().join("m.txt"), mailed).unwrap();
        done(&carestore(dir.path()).says(&["receipt", "verify", "m.txt"]));
    });
}

#[test]
fn a_receipt_by_its_leaf_shows_nobodys_data_and_one_can_be_had_by_request() {
    run(async {
        let mut town = Town::peopled().await;
        let dir = folder();
        let mut request = say::record(1, 3, 90);
        let context = town.by("officers/1");
        let id = context.request_id.clone();
        request.context = Some(context);
        let recorded = town.ok(request).await;
        let position = recorded.position.to_string();
        let whole = done(&town.carestore(dir.path()).says(&["receipt", "get", &position]));
        let by_request = ["receipt", "get", "--of-request", &id];
        assert_eq!(done(&town.carestore(dir.path()).says(&by_request)), whole);

        let leaf = ["receipt", "get", &position, "--leaf-only", "--out", "leaf.txt"];
        done(&town.carestore(dir.path()).says(&leaf));
        let kept = fs::read_to_string(dir.path().join("leaf.txt")).unwrap();
        let entry = whole.lines().find(|line| line.starts_with("entry ")).unwrap();
        assert!(!kept.contains(entry));

        let unknown = crate::harness::request_id(town.now());
        let asked = ["receipt", "get", "--of-request", &unknown];
        let (code, _, said) = heard(&town.carestore(dir.path()).says(&asked));
        assert_eq!(code, Some(4));
        assert!(
            said.contains("[REQUEST_UNKNOWN]") && said.contains("receipt get NUMBER"),
            "{said}"
        );

        town.stop().await;
        let said = done(&carestore(dir.path()).says(&["receipt", "verify", "leaf.txt"]));
        assert!(said.contains("The entry itself is not in it"), "{said}");
    });
}

#[test]
fn a_balance_is_proved_as_it_stood_at_the_seal() {
    run(async {
        let mut town = Town::peopled().await;
        let dir = folder();
        town.ok(say::record(1, 3, 90)).await;
        town.ok(say::donate(1, 30)).await;
        let (code, _, said) =
            heard(&town.carestore(dir.path()).says(&["receipt", "balance", "1001"]));
        assert_eq!(code, Some(3));
        assert!(said.contains("[NOT_SEALED]") && said.contains("try: carestore seal"), "{said}");

        let id = crate::harness::request_id(town.now());
        let said = done(&town.carestore(dir.path()).says(&["seal", "--request-id", &id]));
        assert!(said.starts_with("The state is sealed up to entry"), "{said}");
        let sealed = town.position().await;
        town.ok(say::record(1, 4, 600)).await;
        for (account, file) in [("1001", "mine.txt"), ("pot", "pot.txt")] {
            let balance = ["receipt", "balance", account, "--out", file];
            done(&town.carestore(dir.path()).says(&balance));
        }
        let held = ["receipt", "balance", "1001", "--held", "--out", "held.txt"];
        let (code, _, said) = heard(&town.carestore(dir.path()).says(&held));
        assert!(code == Some(3) && said.contains("since this account first moved"), "{said}");
        // What is no seal proves nothing.
        let wrong = ["receipt", "balance", "1001", "--seal", "2"];
        let (code, _, said) = heard(&town.carestore(dir.path()).says(&wrong));
        assert!(code == Some(3) && said.contains("seal_position"), "{said}");
        let key = key(&town, dir.path());
        town.stop().await;

        for (file, holds) in [
            ("mine.txt", "the account of member 1001-9 stood at 1 h."),
            ("pot.txt", "the community pot stood at 30 min."),
        ] {
            let verify = ["receipt", "verify", file, "--key", &key];
            let said = done(&carestore(dir.path()).says(&verify));
            let through = format!("This proof holds: after entry {}, {holds}", sealed - 1);
            assert_eq!(said.lines().next(), Some(through.as_str()));
        }
        let text = fs::read_to_string(dir.path().join("mine.txt")).unwrap();
        let (_, note) = text.split_once("\n\n").unwrap();
        let with_other = ["receipt", "verify", "mine.txt", "--key", &other_key(note)];
        assert_eq!(heard(&carestore(dir.path()).says(&with_other)).0, Some(7));
    });
}

#[test]
fn a_checkpoint_is_printed_as_a_note_and_as_a_line() {
    run(async {
        let town = Town::peopled().await;
        let dir = folder();
        let said = done(&town.carestore(dir.path()).says(&["checkpoint"]));
        let told = done(&town.carestore(dir.path()).says(&["checkpoint", "--output", "json"]));
        let told: Value = serde_json::from_str(&told).unwrap();
        let note = told["checkpoint"].as_str().unwrap();
        assert!(said.starts_with(note) && said.contains(told["line"].as_str().unwrap()), "{said}");
        let key = told["verifier_keys"][0].as_str().unwrap().parse().unwrap();
        Note::parse(note).unwrap().verify(&[key]).unwrap();
        assert_eq!(told["size"], town.position().await);
    });
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}

/// A checkpoint is asked of a server by a program that remembers, until the folder is replaced behind it.
async fn replaced(by: impl AsyncFnOnce(&mut Town) -> Town) {
    let dir = folder();
    let mut town = Town::peopled().await;
    let mut other = by(&mut town).await;
    other.stop().await;
    let at = town.address().parse().unwrap();
    town.ok(say::record(1, 3, 90)).await;
    let look = |town: &Town| {
        heard(&town.carestore(dir.path()).with("CARESTORE_MEMORY", "known").says(&["checkpoint"]))
    };
    assert_eq!(look(&town).0, Some(0));
    // It may go on, and be started again.
    town.ok(say::record(1, 3, 30)).await;
    town.stop().await;
    town.start_at(at).await.unwrap();
    assert_eq!(look(&town).0, Some(0));
    town.stop().await;
    other.start_at(at).await.unwrap();
    let (code, said, complaint) = look(&other);
    assert_eq!((code, said.as_str()), (Some(7), ""), "{complaint}");
    assert!(complaint.contains("try: keep everything as it is"), "{complaint}");
    // Who remembers nothing cannot know.
    assert_eq!(heard(&other.carestore(dir.path()).says(&["checkpoint"])).0, Some(0));
}

#[test]
fn a_program_that_remembers_notices_another_history_of_the_same_coop() {
    run(replaced(async |_| Town::peopled().await));
}

#[test]
fn a_program_that_remembers_notices_a_history_that_was_written_anew_from_the_middle_on() {
    run(replaced(async |town| {
        let fork = folder();
        town.stop().await;
        copy(town.dir.path(), fork.path());
        town.start().await.unwrap();
        let other = Town::on(fork, town.clock.clone()).await;
        for _ in 0..5 {
            other.ok(say::record(1, 3, 91)).await;
        }
        other
    }));
}

#[test]
fn a_program_that_remembers_notices_a_history_that_ends_too_early() {
    run(replaced(async |town| {
        let early = folder();
        town.stop().await;
        copy(town.dir.path(), early.path());
        town.start().await.unwrap();
        Town::on(early, town.clock.clone()).await
    }));
}

#[test]
fn what_has_no_checkpoint_is_said_with_a_way_on() {
    run(async {
        let town = Town::peopled().await;
        let request =
            v1::GetCheckpointRequest { coop: format!("coops/{}", crate::harness::COOP), size: 1 };
        let refused = town.client().unchecked().get_checkpoint(request).await.unwrap_err();
        assert_eq!(refused.reason(), Some("CHECKPOINT_NOT_FOUND"));
    });
}
