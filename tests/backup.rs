//! Backups: made while all goes on, and a server made again from nothing but one.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test that fails says so"
)]

mod broken_off;
mod damage;
mod fixtures;
mod folder;
mod forged;
mod power;
mod seen;

use std::{
    fs,
    path::{Path, PathBuf},
    pin::pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use ledger_client::audit::{self, audit_bundle};
use ledger_core::CoopName;
use ledger_proto::{Note, v1};
use ledger_server::{Backup, Clock, Error, Step, backup, backup_by_steps};

use crate::{
    harness::{COOP, Town, request_id, run, say},
    restart::{lively, picture},
};

/// What a command says, or why it does not do it.
async fn does(what: &Backup) -> Result<String, String> {
    let mut said = String::new();
    let done = backup(what, &mut |line| said = format!("{said}{line}\n")).await;
    done.map(|()| said).map_err(|error| error.to_string())
}

async fn create(data: &Path, to: &Path) -> Result<String, String> {
    does(&Backup::Create { data: data.to_owned(), to: to.to_owned() }).await
}

async fn verify(folder: &Path) -> Result<String, String> {
    does(&Backup::Verify { folder: folder.to_owned() }).await
}

async fn restore(folder: &Path, data: &Path, seen: &[&Path]) -> Result<String, String> {
    does(&restoring(folder, data, seen)).await
}

fn restoring(folder: &Path, data: &Path, seen: &[&Path]) -> Backup {
    let seen = seen.iter().map(|seen| (*seen).to_owned()).collect();
    Backup::Restore { folder: folder.to_owned(), data: data.to_owned(), seen }
}

fn coop() -> CoopName {
    CoopName::new(COOP).unwrap()
}

/// A server on what was restored. The operator has kept the token.
async fn served(data: PathBuf, before: &Town) -> Town {
    let token = "operator.token";
    fs::copy(before.dir.path().join(token), data.join(token)).unwrap();
    // In a folder that goes when the town goes.
    let dir = tempfile::tempdir().unwrap();
    fs::remove_dir(dir.path()).unwrap();
    fs::rename(data, dir.path()).unwrap();
    Town::on(dir, before.clock.clone()).await
}

/// Restores a backup, and serves it.
async fn again(folder: &Path, before: &Town) -> Town {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    restore(folder, &data, &[]).await.unwrap();
    served(data, before).await
}

/// A co-op beside the one of most tests.
async fn found(town: &Town, name: &str) {
    let client = town.client_of(name, Some(town.token()));
    let context = v1::WriteContext { coop: client.coop(), ..town.by("") };
    let founding = v1::FoundCoopRequest { context: Some(context), policy: None };
    client.found_coop(founding).await.unwrap();
}

fn named(name: &str) -> v1::EnrolMemberRequest {
    let card = v1::Card {
        display_name: name.to_owned(),
        contact: "01484 000000".to_owned(),
        notes: "likes dogs".to_owned(),
    };
    v1::EnrolMemberRequest { card: Some(card), ..say::enrol(v1::Hat::CommunityVolunteer) }
}

async fn card(town: &Town, number: u32) -> v1::Card {
    let (context, member) = (Some(town.read()), say::member(number));
    let request = v1::GetMemberRequest { context, member };
    town.client().get_member(request).await.unwrap().card.unwrap_or_default()
}

/// Everything of a co-op that only its own server could know.
#[derive(Debug, PartialEq)]
struct Private {
    cards: Vec<v1::Card>,
    checkpoints: Vec<String>,
    keys: Vec<String>,
}

async fn private(town: &Town, members: u32) -> Private {
    let mut cards = Vec::new();
    for number in 1..=members {
        cards.push(card(town, number).await);
    }
    let house = town.house();
    let checkpoints = house.checkpoints(&coop()).unwrap();
    Private {
        cards,
        checkpoints: checkpoints.iter().map(|signed| signed.note.to_string()).collect(),
        keys: house.verifier_keys(&coop()).unwrap().iter().map(ToString::to_string).collect(),
    }
}

/// The auditor takes each log of a backup.
fn audited(folder: &Path) {
    let mut logs = 0;
    for log in fs::read_dir(folder.join("log")).unwrap() {
        let log = log.unwrap().path();
        let audited = audit_bundle(&log, &audit::Options::default(), &mut |_| {});
        let report = audited.report;
        assert_eq!(report.exit_code, 0, "{}: {:#?}", log.display(), report.findings);
        logs += 1;
    }
    assert!(logs > 0);
}

#[test]
fn from_nothing_but_a_backup_everything_is_as_it_was() {
    run(async {
        let mut town = lively().await;
        found(&town, "golcar").await;
        let asked = v1::EnrolMemberRequest { context: Some(town.by("officers/1")), ..named("Ann") };
        let first = town.ok(asked.clone()).await;
        let code = town.ok(say::issue(1, 1)).await.voucher_code;
        let backups = tempfile::tempdir().unwrap();
        let folder = backups.path().join("monday");
        assert_eq!(town.house().last_backup(), None);
        let said = create(town.dir.path(), &folder).await.unwrap();
        for words in
            ["colne-valley: 21 entries", "golcar: 1 entries", "backup verify", "backup restore"]
        {
            assert!(said.contains(words), "{said}");
        }
        assert_eq!(town.house().last_backup(), Some(town.clock.now().unwrap()));
        let (before, kept) = (picture(&town).await, private(&town, 5).await);
        assert_eq!(kept.cards[4].display_name, "Ann");
        town.stop().await;
        audited(&folder);
        let said = verify(&folder).await.unwrap();
        assert!(said.contains("is whole") && said.contains("21 entries, each hashed"), "{said}");

        let town = again(&folder, &town).await;
        assert_eq!(picture(&town).await, before);
        assert_eq!(private(&town, 5).await, kept);
        assert_eq!(town.house().coops().len(), 2);
        assert!(town.house().last_backup().is_some(), "the one that it was restored from");
        // A request of then is known: the answer is the one of then.
        let retried = town.ok(asked).await;
        assert!(retried.replayed);
        assert_eq!((retried.position, retried.label), (first.position, first.label));
        // A voucher's code is known by the server's secret.
        let redeem = v1::RedeemVoucherRequest { context: Some(town.by("")), ..say::redeem(&code) };
        town.stranger().redeem_voucher(redeem).await.unwrap();
        // And life goes on: the next checkpoint is by the same key.
        town.ok(say::record(1, 4, 30)).await;
        let signed = tokio::task::block_in_place(|| town.house().checkpoint(&coop())).unwrap();
        let keys: Vec<_> = kept.keys.iter().map(|key| key.parse().unwrap()).collect();
        assert_eq!(Note::parse(&signed.note).unwrap().verify(&keys).unwrap().size, signed.size);
    });
}

/// Callers write all the time while three backups are made. Each is the log as it was at some moment, and whole.
#[test]
fn a_backup_under_load_is_a_cut_through_all_of_it() {
    run(async {
        let mut town = Town::peopled().await;
        town.ok(say::open_fund("General", "")).await;
        let stop = Arc::new(AtomicBool::new(false));
        let mut callers = tokio::task::JoinSet::new();
        for _ in 0..4 {
            let (client, stop, now) = (town.client(), Arc::clone(&stop), town.now());
            callers.spawn(async move {
                let mut written = 0;
                while !stop.load(Ordering::Relaxed) {
                    let mut context = client.write_context();
                    context.request_id = request_id(now);
                    let enrol = v1::EnrolMemberRequest { context: Some(context), ..named("Load") };
                    client.enrol_member(enrol).await.unwrap();
                    written += 1;
                }
                written
            });
        }
        let backups = tempfile::tempdir().unwrap();
        let mut folders = Vec::new();
        for n in 0..3 {
            let folder = backups.path().join(n.to_string());
            let acknowledged = town.position().await;
            {
                // Checkpoints of what the backup will not hold are published all the time, too.
                let mut made = pin!(create(town.dir.path(), &folder));
                loop {
                    tokio::select! {
                        made = &mut made => break drop(made.unwrap()),
                        () = tokio::task::yield_now() => {
                            tokio::task::block_in_place(|| town.house().checkpoint(&coop())).unwrap();
                        }
                    }
                }
            }
            folders.push((folder, acknowledged));
        }
        stop.store(true, Ordering::Relaxed);
        let written: i64 = callers.join_all().await.into_iter().sum();
        let all = town.position().await;
        assert_eq!(all, 6 + written);
        town.stop().await;
        for (folder, acknowledged) in folders {
            audited(&folder);
            let copy = again(&folder, &town).await;
            let position = copy.position().await;
            assert!((acknowledged..=all).contains(&position), "{acknowledged} {position} {all}");
            // Whoever is in the log has a card, and the next to join gets no card of somebody else's.
            let members = u32::try_from(position - 2).unwrap();
            assert_eq!(card(&copy, members).await.display_name, "Load");
            copy.ok(say::enrol(v1::Hat::Supporter)).await;
            assert_eq!(card(&copy, members + 1).await, v1::Card::default());
        }
    });
}

#[test]
fn a_card_that_was_erased_before_does_not_come_back() {
    run(async {
        let town = Town::founded().await;
        // So long that no signature and no hash has them by chance.
        let (ann, ben) = ("Annabel Haigh", "Benjamin Sykes");
        town.ok(named(ann)).await;
        town.ok(named(ben)).await;
        let (coop, member) = (town.client().coop(), say::member(1));
        town.client().erase_card(v1::EraseCardRequest { coop, member }).await.unwrap();
        let backups = tempfile::tempdir().unwrap();
        let folder = backups.path().join("b");
        create(town.dir.path(), &folder).await.unwrap();
        for file in files(&folder) {
            let bytes = fs::read(folder.join(&file)).unwrap();
            let names = |name: &str| bytes.windows(name.len()).any(|some| some == name.as_bytes());
            assert!(!names(ann), "{file}");
            assert_eq!(names(ben), file == "private/cards", "{file}: names are nowhere else");
        }
        let town = again(&folder, &town).await;
        assert_eq!(card(&town, 1).await, v1::Card::default());
        assert_eq!(card(&town, 2).await.display_name, ben);
    });
}

/// All files below a folder, by name.
fn files(folder: &Path) -> Vec<String> {
    let (mut found, mut within) = (Vec::new(), vec![folder.to_owned()]);
    while let Some(dir) = within.pop() {
        for entry in fs::read_dir(dir).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                within.push(path);
            } else {
                let name = path.strip_prefix(folder).unwrap();
                found.push(name.to_string_lossy().into_owned());
            }
        }
    }
    found.sort();
    found
}

/// So many steps of a command are done, and then it ends. Whether it ended by itself before that.
async fn steps(what: &Backup, steps: usize) -> Result<(), Error> {
    let mut left = steps;
    let mut heard = |_: Step| {
        if left == 0 {
            return Err(Error::Stopping);
        }
        left -= 1;
        Ok(())
    };
    backup_by_steps(what, &mut |_| {}, &mut heard).await
}

/// A town by the machine's clock, as the operator's tools need it.
async fn by_the_machine() -> Town {
    let town = Town::on(tempfile::tempdir().unwrap(), Clock::machine()).await;
    town.ok(say::found()).await;
    town.ok(say::open_fund("General", "")).await;
    town
}
