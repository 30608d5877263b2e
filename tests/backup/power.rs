//! The power goes right after a backup or a restore said that it was done, or in the middle of it.

use std::{fs, path::Path};

use ledger_server::{House, Opening};

use super::{
    broken_off::{killed_after, killed_under},
    by_the_machine, coop, create, found, named, verify,
};
use crate::{harness::run, power::shim, skip::skip};

/// Runs the program on a disk that forgets what was not synced, and says what that disk has afterwards of the folder `there`.
fn cut(
    (scratch, library): (&Path, &Path),
    (steps, what, from): (usize, &str, &Path),
) -> (bool, std::path::PathBuf) {
    let (disk, shadow) = (scratch.join("disk"), scratch.join("shadow"));
    for dir in [&disk, &shadow] {
        drop(fs::remove_dir_all(dir));
        fs::create_dir(dir).unwrap();
    }
    let environment = [
        ("LD_PRELOAD", library),
        ("CARESTORE_SHIM_FROM", &*disk),
        ("CARESTORE_SHIM_TO", &*shadow),
        ("CARESTORE_SHIM_EARLY", Path::new(if steps % 2 == 0 { "0" } else { "3" })),
    ];
    let ended = killed_under(&environment, steps, what, from, &disk.join("there"));
    let tree = shadow.join("tree");
    assert!(tree.is_dir(), "the shim was not loaded");
    (ended, tree.join("there"))
}

#[test]
fn what_was_done_is_on_the_platter_and_what_was_not_passes_for_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let library = match shim(dir.path()) {
        Ok(library) => library,
        Err(why) => {
            skip(&why);
            return;
        }
    };
    let at = (dir.path(), &*library);
    run(async {
        let mut town = by_the_machine().await;
        town.ok(named("Ann")).await;
        found(&town, "golcar").await;
        let folder = dir.path().join("b");
        create(town.dir.path(), &folder).await.unwrap();
        town.stop().await;

        let (ended, left) = cut(at, (usize::MAX, "create", town.dir.path()));
        assert!(ended);
        verify(&left).await.unwrap();
        let (ended, left) = cut(at, (usize::MAX, "restore", &folder));
        assert!(ended);
        let house = House::open(&Opening::at(&left)).unwrap();
        assert_eq!(house.coops().len(), 2);
        assert_eq!(house.checkpoints(&coop()).unwrap().last().unwrap().size, 3);
        house.close().await;

        for steps in (0..60).step_by(3) {
            let (ended, left) = cut(at, (steps, "create", town.dir.path()));
            assert_eq!(verify(&left).await.is_ok(), ended, "a backup after {steps} steps");
            let (ended, left) = cut(at, (steps, "restore", &folder));
            if left.exists() && !ended {
                let refused = House::open(&Opening::at(&left)).err().map(|error| error.to_string());
                let refused = refused.unwrap_or_else(|| {
                    // Nothing at all had been written there: that is a new folder, and no half of an old one.
                    let log = left.join("checkpoints");
                    assert!(!log.exists(), "half a restore is served after {steps} steps");
                    "restore again".to_owned()
                });
                assert!(refused.contains("restore again"), "{steps}: {refused}");
            }
        }
    });
    assert!(!killed_after(0, "restore", &dir.path().join("b"), &dir.path().join("x")));
}
