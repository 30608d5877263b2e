//! Folders of earlier releases, as they were left: each is read, and what is in it is what was in it.
//!
//! `tests/fixtures/VERSION/` has a server's folder (`data`), a backup of it (`backup`), and what both must come to
//! (`expected.json`). `CARESTORE_WRITE_FIXTURE=1 cargo test --test main backup::fixtures -- --ignored` adds that of this
//! release; one that is there is never written again.

use std::{
    env, fs,
    path::{Path, PathBuf},
};

use ledger_proto::{Hash, v1};
use serde_json::{Value, json};

use super::{audited, card, coop, create, found, named, restore, served, verify};
use crate::{
    guards::copy,
    harness::{HOUR, Town, run, say},
    restart::{lively, picture},
};

fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures")
}

/// What a folder comes to.
async fn figures(town: &Town) -> Value {
    let picture = picture(town).await;
    let request = v1::ListMembersRequest { context: Some(town.read()), ..Default::default() };
    let members = town.client().list_members(request).await.unwrap().members;
    let house = town.house();
    let checkpoints = house.checkpoints(&coop()).unwrap();
    json!({
        "coops": house.coops().iter().map(ToString::to_string).collect::<Vec<_>>(),
        "position": picture.head.position,
        "root": Hash::new(picture.head.root_hash.try_into().unwrap()).to_string(),
        "balances": town.balances(town.read()).await,
        "names": members.iter().map(|member| &member.display_name).collect::<Vec<_>>(),
        "open_vouchers": picture.vouchers.vouchers.len(),
        "pending_hours": picture.pending.hours.len(),
        "checkpoints": checkpoints.iter().map(|signed| &*signed.note).collect::<Vec<_>>(),
    })
}

#[test]
#[ignore = "it writes the fixture of this release, once"]
fn write() {
    if env::var_os("CARESTORE_WRITE_FIXTURE").is_none() {
        return;
    }
    let folder = fixtures().join(env!("CARGO_PKG_VERSION"));
    assert!(!folder.exists(), "{} is there", folder.display());
    fs::create_dir_all(&folder).unwrap();
    run(async {
        let mut town = lively().await;
        town.ok(named("Ann")).await;
        town.ok(say::seal()).await;
        found(&town, "golcar").await;
        create(town.dir.path(), &folder.join("backup")).await.unwrap();
        let expected = serde_json::to_string_pretty(&figures(&town).await).unwrap();
        town.stop().await;
        copy(town.dir.path(), &folder.join("data"));
        // The reserve is as large as it is empty, and where the backup was is nobody's business.
        fs::remove_file(folder.join("data/log/reserve")).unwrap();
        fs::remove_file(folder.join("data/last-backup.json")).unwrap();
        fs::write(folder.join("expected.json"), expected + "\n").unwrap();
    });
}

#[test]
fn what_earlier_releases_left_is_read_and_comes_to_the_same() {
    run(async {
        let mut releases = 0;
        for release in fs::read_dir(fixtures()).unwrap() {
            let release = release.unwrap().path();
            let expected = fs::read_to_string(release.join("expected.json")).unwrap();
            let expected: Value = serde_json::from_str(&expected).unwrap();
            // A folder that says its version, and one of before any did.
            for says in [true, false] {
                let dir = tempfile::tempdir().unwrap();
                copy(&release.join("data"), dir.path());
                if !says {
                    fs::remove_file(dir.path().join("format")).unwrap();
                }
                let mut town = Town::on(dir, crate::harness::noon()).await;
                assert_eq!(figures(&town).await, expected, "{}", release.display());
                // It goes on from there, and starts again. The ids of an hour ago are taken.
                town.later(HOUR);
                town.ok(say::record(1, 4, 30)).await;
                town.restart().await;
                assert_eq!(town.position().await, expected["position"].as_i64().unwrap() + 1);
                assert!(town.dir.path().join("format").is_file());
            }
            let folder = release.join("backup");
            verify(&folder).await.unwrap();
            audited(&folder);
            let scratch = tempfile::tempdir().unwrap();
            let data = scratch.path().join("data");
            restore(&folder, &data, &[]).await.unwrap();
            let home = tempfile::tempdir().unwrap();
            copy(&release.join("data"), home.path());
            let town = served(data, &Town::stopped(home, crate::harness::noon())).await;
            assert_eq!(figures(&town).await, expected, "the backup of {}", release.display());
            assert_eq!(card(&town, 5).await.contact, "01484 000000");
            releases += 1;
        }
        assert!(releases > 0);
    });
}
