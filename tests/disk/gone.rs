//! The log, or the cards, are lost, not mounted, emptied, or of another day: nobody's name is forgotten for that.

use std::{fs, path::Path};

use ledger_server::{Backup, LogError, LogId, Witness, accept_loss, backup, verdicts};

use super::{coop, named, names, refused, with_names};
use crate::{
    guards::copy,
    harness::{Town, noon, refusal, run, say},
};

/// A folder is taken away, something is tried, and it is put back.
async fn without(town: &mut Town, what: &str, tried: impl AsyncFnOnce(&mut Town)) {
    let (here, elsewhere) = (town.dir.path().join(what), tempfile::tempdir().unwrap());
    let aside = elsewhere.path().join("aside");
    copy(&here, &aside);
    fs::remove_dir_all(&here).unwrap();
    tried(town).await;
    drop(fs::remove_dir_all(&here));
    copy(&aside, &here);
}

fn listed(dir: &Path) -> Vec<String> {
    let files = fs::read_dir(dir).unwrap().map(|file| file.unwrap().file_name());
    files.map(|name| name.to_string_lossy().into_owned()).collect()
}

fn says_what_to_do(refused: &str) {
    for word in ["findmnt --target ", "/log", "carestore-server backup restore BACKUP --data"] {
        assert!(refused.contains(word), "{word}: {refused}");
    }
}

#[test]
fn a_log_that_is_not_there_keeps_the_server_from_starting_and_nobody_is_forgotten() {
    run(async {
        let mut town = with_names().await;
        town.stop().await;
        without(&mut town, "log", async |town| {
            let (data, log) = (town.dir.path().to_owned(), town.dir.path().join("log"));
            says_what_to_do(&refused(town).await);
            says_what_to_do(&verdicts(&data).unwrap_err().to_string());
            says_what_to_do(&accept_loss(&data, &coop()).await.unwrap_err().to_string());
            let to = data.join("backup");
            let create = Backup::Create { data: data.clone(), to };
            says_what_to_do(&backup(&create, &mut |_| {}).await.unwrap_err().to_string());
            assert!(!log.exists(), "none is begun");
            // Where the disk is not mounted, there is a folder all the same.
            fs::create_dir(&log).unwrap();
            says_what_to_do(&refused(town).await);
            assert_eq!(listed(&log), [""; 0], "none is begun");
        })
        .await;
        town.start().await.unwrap();
        assert_eq!(names(&town).await, ["Ann", "Bryn", "Cerys"]);
    });
}

#[test]
fn a_log_that_was_emptied_keeps_the_server_from_starting_and_nobody_is_forgotten() {
    run(async {
        let mut town = with_names().await;
        town.stop().await;
        // What was published would know, too; here the cards alone do.
        drop(fs::remove_dir_all(town.dir.path().join("checkpoints")));
        without(&mut town, "log", async |town| {
            let mut other = Town::bare().await;
            other.stop().await;
            copy(&other.dir.path().join("log"), &town.dir.path().join("log"));
            says_what_to_do(&refused(town).await);
        })
        .await;
        town.start().await.unwrap();
        assert_eq!(names(&town).await, ["Ann", "Bryn", "Cerys"]);
    });
}

#[test]
fn a_log_of_an_earlier_day_is_found_out_by_the_cards_alone() {
    run(async {
        let mut town = with_names().await;
        town.stop().await;
        let old = tempfile::tempdir().unwrap();
        copy(&town.dir.path().join("log"), old.path());
        town.start().await.unwrap();
        town.ok(named("Dai")).await;
        town.ok(named("Eira")).await;
        town.stop().await;
        // All of the log goes back, its head files, too, and what was published is not there.
        let data = town.dir.path().to_owned();
        for gone in ["checkpoints", "snapshots", "signing"] {
            drop(fs::remove_dir_all(data.join(gone)));
        }
        fs::remove_dir_all(data.join("log")).unwrap();
        copy(old.path(), &data.join("log"));
        town.start().await.unwrap();
        let lost = refusal(town.ask(named("Ffion")).await.unwrap_err());
        assert_eq!(lost.reason, "HISTORY_LOST");
        assert_eq!(lost.metadata["first_missing"], "5");
        assert!(lost.message.contains("names and notes were kept"), "{}", lost.message);
        town.stop().await;
        let said = verdicts(&data).unwrap().remove(0).1.unwrap_err().to_string();
        assert!(said.contains("guard accept-loss"), "{said}");
        let lost = accept_loss(&data, &coop()).await.unwrap().unwrap();
        assert_eq!((lost.first, lost.last), (5, 5), "of the last, its own card knows nothing");
        assert_eq!(accept_loss(&data, &coop()).await.unwrap(), None, "once");
        town.start().await.unwrap();
        assert_eq!(names(&town).await, ["Ann", "Bryn", "Cerys"], "the next are others");
        town.ok(named("Ffion")).await;
        town.restart().await;
        assert_eq!(names(&town).await, ["Ann", "Bryn", "Cerys", "Ffion"]);
    });
}

#[test]
fn cards_that_lack_something_keep_the_server_from_starting() {
    run(async {
        let mut town = with_names().await;
        town.stop().await;
        let old = tempfile::tempdir().unwrap();
        copy(&town.dir.path().join("cards"), old.path());
        town.start().await.unwrap();
        town.ok(named("Dai")).await;
        town.stop().await;
        let data = town.dir.path().to_owned();
        let mark = data.join("cards.mark");
        without(&mut town, "cards", async |town| {
            for put_there in ["nothing", "an empty folder", "an old copy"] {
                match put_there {
                    "an empty folder" => fs::create_dir_all(data.join("cards")).unwrap(),
                    "an old copy" => copy(old.path(), &data.join("cards")),
                    _ => {}
                }
                let refused = refused(town).await;
                for word in ["findmnt --target ", "carestore-server backup restore BACKUP --data"] {
                    assert!(refused.contains(word), "{put_there}: {word}: {refused}");
                }
                let command = format!("rm {}", mark.display());
                assert!(refused.ends_with(&command), "{put_there}: {refused}");
                drop(fs::remove_dir_all(data.join("cards")));
            }
        })
        .await;
        town.restart().await;
        assert_eq!(names(&town).await, ["Ann", "Bryn", "Cerys", "Dai"]);
        town.stop().await;
        without(&mut town, "cards", async |town| {
            fs::remove_file(&mark).unwrap();
            town.start().await.unwrap();
            assert_eq!(names(town).await, [""; 4], "by the operator's word");
            town.stop().await;
            assert!(mark.is_file());
        })
        .await;
    });
}

/// Whatever the first start had made when it was cut short.
#[test]
fn a_first_start_that_was_cut_short_is_begun_again() {
    run(async {
        let mut whole = Town::bare().await;
        whole.stop().await;
        let made = ["format", "log", "cards", "cards.mark", "secret.key", "operator.token"];
        for until in 0..=made.len() {
            let dir = tempfile::tempdir().unwrap();
            for name in &made[..until] {
                let (from, to) = (whole.dir.path().join(name), dir.path().join(name));
                if from.is_dir() {
                    copy(&from, &to);
                } else {
                    fs::copy(&from, &to).unwrap();
                }
            }
            let mut town = Town::on(dir, noon()).await;
            town.ok(say::found()).await;
            town.ok(named("Ann")).await;
            town.restart().await;
            assert_eq!(names(&town).await, ["Ann"], "{until}");
        }
    });
}

/// Of a log of which nothing is left nobody knows whose it was: there is nobody to accept the loss for.
#[test]
fn only_what_can_be_done_is_offered() {
    for (stored_size, offered) in [(0, false), (1, true)] {
        let log = LogId::new(1);
        let by = Witness::HeadFile;
        let errors = [
            LogError::Behind { log, head_size: 7, stored_size, by },
            LogError::HeadMissing { log, stored_size },
        ];
        for said in errors.map(|error| error.to_string()) {
            assert!(said.contains("backup restore"), "{said}");
            assert_eq!(said.contains("accept the loss"), offered, "{said}");
        }
    }
}
