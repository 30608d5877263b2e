//! A backup that somebody has written anew, list and all: its files fit, and the history is not the one that was signed.

use std::{fs, path::Path};

use ledger_proto::bundle::{self, Listed, Manifest, file_hash};
use ledger_server::Clock;

use super::{by_the_machine, coop, create, restore, verify};
use crate::{
    guards::copy,
    harness::{COOP, Town, run, say},
};

/// Puts other bytes into a file of the bundle, and mends all lists.
fn forge(folder: &Path, name: &str, bytes: &[u8]) {
    let log = folder.join("log").join(COOP);
    let list = fs::read_to_string(log.join(bundle::MANIFEST)).unwrap();
    let mut manifest = Manifest::parse(&list).unwrap();
    let hash = file_hash(bytes);
    for listed in manifest.files.iter_mut().filter(|listed| listed.name == name) {
        *listed = Listed { hash, bytes: bytes.len() as u64, name: name.to_owned() };
    }
    for (name, bytes) in [(name, bytes), (bundle::MANIFEST, manifest.to_text().as_bytes())] {
        let before = fs::read(log.join(name)).unwrap();
        fs::write(log.join(name), bytes).unwrap();
        relist(folder, &format!("log/{COOP}/{name}"), (&before, bytes));
    }
}

/// Mends the backup's own list, and its seal.
fn relist(folder: &Path, name: &str, (before, after): (&[u8], &[u8])) {
    let path = folder.join("backup.json");
    let text = fs::read_to_string(&path).unwrap();
    let listed = |bytes: &[u8]| {
        format!(
            "\"name\": \"{name}\",\n      \"bytes\": {},\n      \"blake3\": \"{}\"",
            bytes.len(),
            file_hash(bytes)
        )
    };
    assert!(text.contains(&listed(before)), "{text}");
    let text = text.replace(&listed(before), &listed(after));
    let (rest, _) = text.split_once("\"seal\": \"").unwrap();
    let sealed = |seal: &str| format!("{rest}\"seal\": \"{seal}\"\n}}\n");
    let seal = file_hash(sealed("").as_bytes()).to_string();
    fs::write(path, sealed(&seal)).unwrap();
}

/// Two histories of one log, both signed by its key: what one has signed is not what the other holds.
#[test]
fn what_was_signed_of_another_history_is_found_whatever_the_lists_say() {
    run(async {
        let sign =
            |town: &Town| tokio::task::block_in_place(|| town.house().checkpoint(&coop())).unwrap();
        let mut town = by_the_machine().await;
        sign(&town);
        town.stop().await;
        let twin = tempfile::tempdir().unwrap();
        copy(town.dir.path(), twin.path());
        town.start().await.unwrap();
        for pence in [1, 2] {
            town.ok(say::receive(1, pence)).await;
        }
        let other = sign(&town);
        assert_eq!(other.size, 4);
        let twin = Town::on(twin, Clock::machine()).await;
        for pence in [3, 4, 5] {
            twin.ok(say::receive(1, pence)).await;
        }
        let backups = tempfile::tempdir().unwrap();
        let folder = backups.path().join("b");
        create(twin.dir.path(), &folder).await.unwrap();
        // Whoever holds what the other has signed is heard.
        let (seen, data) = (backups.path().join("seen.txt"), backups.path().join("data"));
        fs::write(&seen, &*other.note).unwrap();
        let refused = restore(&folder, &data, &[&seen]).await.unwrap_err();
        assert!(refused.contains("another history of colne-valley"), "{refused}");
        fs::remove_dir_all(&data).unwrap();
        let path = folder.join("log").join(COOP).join(bundle::CHECKPOINTS);
        let notes = fs::read_to_string(&path).unwrap();
        let notes = bundle::read_checkpoints(&notes).unwrap();
        let mut notes: Vec<String> = notes.into_iter().map(str::to_owned).collect();
        // Mended lists alone are taken: there is nothing wrong yet.
        forge(&folder, bundle::CHECKPOINTS, bundle::write_checkpoints(&notes).as_bytes());
        verify(&folder).await.unwrap();
        notes.insert(notes.len() - 1, other.note.to_string());
        forge(&folder, bundle::CHECKPOINTS, bundle::write_checkpoints(&notes).as_bytes());
        let refused = verify(&folder).await.unwrap_err();
        assert!(refused.contains("the first 4 entries are not those"), "{refused}");
        let again = restore(&folder, &data, &[]).await.unwrap_err();
        assert_eq!(again, refused);
        // Out of order, it is never come upon; that is seen, too.
        notes.reverse();
        forge(&folder, bundle::CHECKPOINTS, bundle::write_checkpoints(&notes).as_bytes());
        assert!(verify(&folder).await.unwrap_err().contains("out of place"));
    });
}
