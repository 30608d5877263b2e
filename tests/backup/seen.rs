//! An old backup, and checkpoints that were handed out after it: nothing that was signed is ever contradicted.

use std::fs;

use ledger_core::Position;
use ledger_proto::v1;

use super::{by_the_machine, coop, create, found, restore, served};
use crate::harness::{COOP, Town, run, say};

/// A backup of two entries, a receipt and a checkpoint of six, and the town that has gone on to seven.
struct Old {
    backups: tempfile::TempDir,
    town: Town,
}

impl Old {
    async fn made() -> Self {
        let town = by_the_machine().await;
        let backups = tempfile::tempdir().unwrap();
        create(town.dir.path(), &backups.path().join("b")).await.unwrap();
        for _ in 0..4 {
            town.ok(say::receive(1, 100)).await;
        }
        let signed = tokio::task::block_in_place(|| town.house().checkpoint(&coop())).unwrap();
        assert_eq!(signed.size, 6);
        fs::write(backups.path().join("checkpoint.txt"), &*signed.note).unwrap();
        let of = Some(v1::get_receipt_request::Of::Position(6));
        let request = v1::GetReceiptRequest { coop: town.client().coop(), of, leaf_only: true };
        let (receipt, _) = town.client().receipt(request).await.unwrap();
        fs::write(backups.path().join("receipt.txt"), receipt.to_text()).unwrap();
        town.ok(say::receive(1, 100)).await;
        Self { backups, town }
    }

    fn path(&self, name: &str) -> std::path::PathBuf {
        self.backups.path().join(name)
    }
}

/// What was restored goes on, and up to this size it signs nothing.
async fn never_signs_up_to(restored: &Town, through: u64) {
    let signed = |restored: &Town| {
        tokio::task::block_in_place(|| restored.house().checkpoint(&coop())).map(|it| it.size)
    };
    loop {
        let position = restored.position().await;
        if position > i64::try_from(through).unwrap() {
            break;
        }
        assert!(signed(restored).is_err(), "at {position}");
        restored.ok(say::receive(1, 7)).await;
    }
    assert_eq!(signed(restored).unwrap(), through + 1);
    for size in 3..=through {
        let at = restored.house().checkpoint_at(&coop(), Position::new(size)).unwrap();
        assert_eq!(at, None, "nothing stands at {size}");
    }
}

#[test]
fn what_was_seen_is_given_up_and_never_contradicted() {
    run(async {
        let old = Old::made().await;
        for (n, seen) in ["checkpoint.txt", "receipt.txt", "checkpoints"].iter().enumerate() {
            let seen = match *seen {
                "checkpoints" => old.town.dir.path().join("checkpoints"),
                file => old.path(file),
            };
            let data = old.path(&format!("data{n}"));
            let said = restore(&old.path("b"), &data, &[&seen]).await.unwrap();
            assert!(said.contains("Entries 3 to 6 are given up"), "{said}");
            assert!(!said.contains("--seen FILE"), "{said}");
            let restored = served(data, &old.town).await;
            assert_eq!(restored.position().await, 3, "the loss is an entry");
            never_signs_up_to(&restored, 6).await;
            assert_eq!(restored.balances(restored.read()).await, []);
        }
    });
}

#[test]
fn without_it_the_danger_is_said_and_an_older_word_changes_nothing() {
    run(async {
        let old = Old::made().await;
        let said = restore(&old.path("b"), &old.path("data"), &[]).await.unwrap();
        assert!(said.contains("--seen FILE"), "{said}");
        let early = tokio::task::block_in_place(|| {
            old.town.house().checkpoint_at(&coop(), Position::new(2))
        });
        fs::write(old.path("early.txt"), &*early.unwrap().unwrap().note).unwrap();
        let seen = old.path("early.txt");
        let said = restore(&old.path("b"), &old.path("data2"), &[&seen]).await.unwrap();
        assert!(said.contains("--seen FILE"), "{said}");
        let restored = served(old.path("data2"), &old.town).await;
        assert_eq!(restored.position().await, 2);
    });
}

#[test]
fn what_is_of_another_history_or_signed_by_nobody_is_refused_before_anything_is_written() {
    run(async {
        let old = Old::made().await;
        let other = Old::made().await;
        let note = fs::read_to_string(old.path("checkpoint.txt")).unwrap();
        let forged = note.replacen("\n6\n", "\n60\n", 1);
        fs::write(old.path("forged.txt"), forged).unwrap();
        fs::write(old.path("words.txt"), "6 entries, I remember it well\n").unwrap();
        for seen in [
            other.path("checkpoint.txt"),
            other.path("receipt.txt"),
            other.town.dir.path().join("checkpoints"),
            old.path("forged.txt"),
            old.path("words.txt"),
            old.path("nothing.txt"),
            old.path("b"),
        ] {
            let refused = restore(&old.path("b"), &old.path("data"), &[&seen]).await.unwrap_err();
            assert!(refused.contains(&seen.display().to_string()), "{refused}");
            assert!(!old.path("data").exists(), "{}", seen.display());
        }
    });
}

/// What the lost server had published of a co-op that was founded after the backup keeps that co-op's name from others.
#[test]
fn a_co_op_of_which_the_backup_knows_nothing_is_named() {
    run(async {
        let mut old = Old::made().await;
        found(&old.town, "golcar").await;
        let golcar = ledger_core::CoopName::new("golcar").unwrap();
        tokio::task::block_in_place(|| old.town.house().checkpoint(&golcar)).unwrap();
        old.town.stop().await;
        // The whole folder of the lost server may be named, too.
        let (data, seen) = (old.path("data"), old.town.dir.path().to_owned());
        let said = restore(&old.path("b"), &data, &[&seen]).await.unwrap();
        assert!(said.contains("golcar: checkpoints were published"), "{said}");
        let restored = served(data, &old.town).await;
        let listed = restored.client().list_coops(v1::ListCoopsRequest::default()).await.unwrap();
        let served: Vec<(&str, bool)> =
            listed.coops.iter().map(|coop| (&coop.name[6..], coop.not_served.is_empty())).collect();
        assert_eq!(served, [(COOP, true), ("golcar", false)]);
    });
}
