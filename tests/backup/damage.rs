//! A backup that is not what was written, in any of its files.

use std::{fs, os::unix::fs::PermissionsExt};

use super::{create, files, found, named, restore, verify};
use crate::{harness::run, restart::lively};

#[test]
fn a_flipped_byte_in_any_file_is_found_by_verify_and_by_restore() {
    run(async {
        let town = lively().await;
        town.ok(named("Ann")).await;
        found(&town, "golcar").await;
        let backups = tempfile::tempdir().unwrap();
        let folder = backups.path().join("b");
        create(town.dir.path(), &folder).await.unwrap();
        let all = files(&folder);
        for file in ["backup.json", "README.txt", "private/cards", "private/secret.key"] {
            assert!(all.iter().any(|name| name == file), "{file} of {all:?}");
        }
        for log in ["1", "2"] {
            for file in [format!("private/signing/{log}.key"), format!("private/checkpoints/{log}")]
            {
                assert!(all.contains(&file), "{file} of {all:?}");
            }
        }
        let data = backups.path().join("data");
        for file in &all {
            let path = folder.join(file);
            let whole = fs::read(&path).unwrap();
            for at in [0, whole.len() / 3, whole.len() / 2, whole.len() - 1] {
                let mut bytes = whole.clone();
                bytes[at] ^= 0x20;
                fs::write(&path, &bytes).unwrap();
                let refused = verify(&folder).await.expect_err(file);
                assert!(refused.contains("Take another one"), "{refused}");
                assert!(file == "backup.json" || refused.contains(&**file), "{refused}");
                assert_eq!(restore(&folder, &data, &[]).await.expect_err(file), refused);
                assert!(!data.exists(), "nothing is begun from it");
            }
            fs::write(&path, &whole[..whole.len() - 1]).unwrap();
            verify(&folder).await.expect_err("one that is cut short");
            fs::remove_file(&path).unwrap();
            verify(&folder).await.expect_err("one that is missing");
            fs::write(&path, &whole).unwrap();
        }
        verify(&folder).await.unwrap();
    });
}

#[test]
fn what_is_not_in_the_list_is_not_passed_over() {
    run(async {
        let town = lively().await;
        let backups = tempfile::tempdir().unwrap();
        let folder = backups.path().join("b");
        create(town.dir.path(), &folder).await.unwrap();
        for stray in ["x", "private/x", "log/x", "log/colne-valley/entries/x"] {
            fs::write(folder.join(stray), "").unwrap();
            let refused = verify(&folder).await.unwrap_err();
            assert!(refused.contains(stray), "{refused}");
            fs::remove_file(folder.join(stray)).unwrap();
        }
        let secret = folder.join("private/secret.key");
        let elsewhere = backups.path().join("secret");
        fs::rename(&secret, &elsewhere).unwrap();
        std::os::unix::fs::symlink(&elsewhere, &secret).unwrap();
        let refused = verify(&folder).await.unwrap_err();
        assert!(refused.contains("secret.key is no file"), "{refused}");
    });
}

#[test]
fn what_is_private_is_its_owners_alone() {
    run(async {
        let town = lively().await;
        let backups = tempfile::tempdir().unwrap();
        let (folder, data) = (backups.path().join("b"), backups.path().join("data"));
        create(town.dir.path(), &folder).await.unwrap();
        let mode =
            |path: &std::path::Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        for private in ["", "private", "private/signing", "private/checkpoints"] {
            assert_eq!(mode(&folder.join(private)), 0o700, "{private}");
        }
        for file in files(&folder).iter().filter(|file| file.starts_with("private/")) {
            assert_eq!(mode(&folder.join(file)), 0o600, "{file}");
        }
        assert!(!folder.join("private/operator.token").exists());
        restore(&folder, &data, &[]).await.unwrap();
        assert_eq!(mode(&data), 0o700);
        for file in ["secret.key", "operator.hash", "signing/1.key"] {
            assert_eq!(mode(&data.join(file)), 0o600, "{file}");
            let was = fs::read(town.dir.path().join(file)).unwrap();
            assert_eq!(fs::read(data.join(file)).unwrap(), was, "{file}");
        }
    });
}
