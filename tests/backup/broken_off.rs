//! Backups and restores that were cut off, by a kill or otherwise: none passes for a whole one.
//!
//! This test binary runs itself as the program that is killed.

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use ledger_core::CoopName;
use ledger_server::{
    Backup, House, Opening, Step, accept_loss, backup_by_steps, rotate_key, verdicts,
};

use super::{by_the_machine, coop, create, found, restore, restoring, steps, verify};
use crate::{
    harness::{Town, run, say},
    restart::lively,
};

const WHAT: &str = "CARESTORE_BACKUP_VICTIM";
const FROM: &str = "CARESTORE_BACKUP_VICTIM_FROM";
const TO: &str = "CARESTORE_BACKUP_VICTIM_TO";
const STEPS: &str = "CARESTORE_BACKUP_VICTIM_STEPS";

/// Makes or restores a backup, and is gone after so many steps as if it had been killed.
#[test]
#[ignore = "the part of this binary that gets killed"]
fn victim() {
    let Ok(what) = env::var(WHAT) else { return };
    let path = |name| PathBuf::from(env::var_os(name).unwrap());
    let (from, to) = (path(FROM), path(TO));
    let what = match &*what {
        "create" => Backup::Create { data: from, to },
        _ => restoring(&from, &to, &[]),
    };
    let mut left: usize = env::var(STEPS).unwrap().parse().unwrap();
    run(async {
        let mut heard = |_: Step| {
            if left == 0 {
                std::process::abort();
            }
            left -= 1;
            Ok(())
        };
        backup_by_steps(&what, &mut |_| {}, &mut heard).await.unwrap();
    });
}

/// Whether it came to its end before it was killed.
pub(super) fn killed_after(steps: usize, what: &str, from: &Path, to: &Path) -> bool {
    killed_under(&[], steps, what, from, to)
}

/// The same, in other surroundings.
pub(super) fn killed_under(
    environment: &[(&str, &Path)],
    steps: usize,
    what: &str,
    from: &Path,
    to: &Path,
) -> bool {
    let victim = Command::new(env::current_exe().unwrap())
        .args(["--exact", "backup::broken_off::victim", "--ignored", "--nocapture"])
        .env(WHAT, what)
        .env(FROM, from)
        .env(TO, to)
        .env(STEPS, steps.to_string())
        .envs(environment.iter().copied())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    victim.unwrap().success()
}

#[test]
fn a_backup_that_was_killed_is_none() {
    run(async {
        let mut town = lively().await;
        found(&town, "golcar").await;
        town.stop().await;
        let backups = tempfile::tempdir().unwrap();
        let mut whole = 0;
        for steps in 0..40 {
            let folder = backups.path().join(steps.to_string());
            if killed_after(steps, "create", town.dir.path(), &folder) {
                verify(&folder).await.unwrap();
                whole += 1;
                if whole == 2 {
                    break;
                }
                continue;
            }
            assert_eq!(whole, 0, "{steps}");
            for refused in
                [verify(&folder).await, restore(&folder, &backups.path().join("d"), &[]).await]
            {
                let refused = refused.unwrap_err();
                assert!(refused.contains("no backup.json"), "{steps}: {refused}");
            }
            assert!(!backups.path().join("d").exists());
            let refused = create(town.dir.path(), &folder).await.unwrap_err();
            assert!(refused.contains("is not empty"), "{refused}");
        }
        assert_eq!(whole, 2, "so many steps are more than there are");
    });
}

#[test]
fn whoever_ends_a_backup_is_told_what_is_left_of_it() {
    run(async {
        let mut town = lively().await;
        town.stop().await;
        let backups = tempfile::tempdir().unwrap();
        let folder = backups.path().join("b");
        let create = Backup::Create { data: town.dir.path().to_owned(), to: folder.clone() };
        let said = steps(&create, 2).await.unwrap_err().to_string();
        assert!(said.contains(&format!("rm -r {}", folder.display())), "{said}");
        town.start().await.unwrap();
        assert_eq!(town.house().last_backup(), None);
    });
}

/// The folder is refused by everything that opens one, with the command that goes on; and that command does.
#[test]
fn a_restore_that_was_killed_is_refused_until_it_is_done_again() {
    run(async {
        let town = by_the_machine().await;
        found(&town, "golcar").await;
        let backups = tempfile::tempdir().unwrap();
        let (folder, data) = (backups.path().join("b"), backups.path().join("data"));
        create(town.dir.path(), &folder).await.unwrap();
        let golcar = CoopName::new("golcar").unwrap();
        let command = format!(
            "rm -r {} && carestore-server backup restore {} --data {}",
            data.display(),
            folder.display(),
            data.display()
        );
        let (mut refused, mut steps) = (0, 0);
        while !killed_after(steps, "restore", &folder, &data) {
            // While the backup was still being looked through, nothing had been begun.
            if data.exists() {
                let opening = Opening::at(&data);
                let said = [
                    House::open(&opening).err().map(|error| error.to_string()),
                    accept_loss(&data, &coop()).await.err().map(|error| error.to_string()),
                    rotate_key(&opening, &golcar).await.err().map(|error| error.to_string()),
                    verdicts(&data).err().map(|error| error.to_string()),
                    restore(&folder, &data, &[]).await.err(),
                    create(&data, &backups.path().join("c")).await.err(),
                ];
                for said in said {
                    let said = said.expect("it is refused");
                    assert!(said.contains(&command), "after {steps} steps: {said}");
                }
                fs::remove_dir_all(&data).unwrap();
                refused += 1;
            }
            steps += 1;
        }
        assert!(refused > 5, "{refused} of {steps}");
        let house = House::open(&Opening::at(&data)).unwrap();
        assert_eq!(house.coops(), [coop(), golcar]);
        house.close().await;
    });
}

#[test]
fn nothing_is_restored_over_anything() {
    run(async {
        let town = Town::founded().await;
        let backups = tempfile::tempdir().unwrap();
        let (folder, data) = (backups.path().join("b"), backups.path().join("data"));
        create(town.dir.path(), &folder).await.unwrap();
        fs::create_dir(&data).unwrap();
        fs::write(data.join("letter.txt"), "x").unwrap();
        let refused = restore(&folder, &data, &[]).await.unwrap_err();
        assert!(refused.contains("is not empty"), "{refused}");
        assert_eq!(fs::read_dir(&data).unwrap().count(), 1);
        let refused = restore(&folder, town.dir.path(), &[]).await.unwrap_err();
        assert!(refused.contains("is not empty"), "{refused}");
        fs::remove_file(data.join("letter.txt")).unwrap();
        restore(&folder, &data, &[]).await.unwrap();
        town.ok(say::enrol(ledger_proto::v1::Hat::Supporter)).await;
    });
}
