//! A disk that fills up, on a small mount of its own: what cannot be written is refused, what was acknowledged is there, and it
//! goes on when there is room.
//!
//! The mount is made in a namespace of its own, where a user may do that; this test binary runs itself there, as often as the
//! mount is to outlive a process.

use std::{
    env,
    fs::{self, File},
    io::Write,
    path::{Path, PathBuf},
    process::{Command, Output},
};

use ledger_client::Error;
use ledger_proto::v1;
use ledger_server::{Backup, Clock, LogOptions, backup};

use super::{named, names, refused};
use crate::{
    harness::{Town, refusal, run, say},
    log_contract::small,
    skip::skip,
};

/// Where the small disks are.
const MOUNT: &str = "CARESTORE_SMALL_DISK";

/// A shell with two small disks in a namespace of its own, `$DISK` and `$OTHER`. Nothing: this machine does not let us.
fn on_small_disks(script: &str) -> Option<Output> {
    let dir = tempfile::tempdir().unwrap();
    let (disk, other) = (dir.path().join("disk"), dir.path().join("other"));
    fs::create_dir(&disk).unwrap();
    fs::create_dir(&other).unwrap();
    let victim = |name: &str| {
        let exact = format!("disk::room::{name}");
        format!("\"$BINARY\" --exact {exact} --ignored --nocapture --test-threads=1")
    };
    let script = script
        .replace("FILLS", &victim("fills"))
        .replace("BRIM", &victim("brim"))
        .replace("AFTER", &victim("after"));
    let mounts =
        "mount -t tmpfs -o size=160m disk \"$DISK\" && mount -t tmpfs -o size=64k other \"$OTHER\"";
    let typed = |line: &str| {
        let mut shell = Command::new("unshare");
        shell.args(["--user", "--map-root-user", "--mount", "sh", "-c", line]);
        shell.env("BINARY", env::current_exe().unwrap()).env("DISK", &disk).env("OTHER", &other);
        shell.env(MOUNT, dir.path()).output()
    };
    let possible = typed(mounts).is_ok_and(|output| output.status.success());
    if !possible {
        skip(
            "nothing can be mounted here: `unshare --user --map-root-user --mount` or mount refuses",
        );
        return None;
    }
    Some(typed(&format!("{mounts} && {script}")).unwrap())
}

fn said(output: &Output) -> String {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    format!("{}\n{}", text(&output.stdout), text(&output.stderr))
}

fn small_disk() -> Option<PathBuf> {
    env::var_os(MOUNT).map(PathBuf::from)
}

/// Takes up room until so much is left.
fn ballast(disk: &Path, left: u64) {
    let mut file = File::options().append(true).create(true).open(disk.join("ballast")).unwrap();
    let piece = vec![7; 64 << 10];
    while free(disk) > left {
        if file.write_all(&piece).is_err() {
            return;
        }
    }
}

fn free(disk: &Path) -> u64 {
    let said = Command::new("df").args(["-B1", "--output=avail"]).arg(disk).output().unwrap();
    let said = String::from_utf8(said.stdout).unwrap();
    said.lines().last().unwrap().trim().parse().unwrap()
}

fn town(data: &Path, log: LogOptions) -> Town {
    // It goes with the mount.
    let dir = tempfile::tempdir_in(data.parent().unwrap()).unwrap();
    drop(fs::remove_dir(dir.path()));
    if data.exists() {
        fs::rename(data, dir.path()).unwrap();
    }
    let mut town = Town::stopped(dir, Clock::machine());
    town.log = log;
    town
}

fn options() -> LogOptions {
    LogOptions { min_free_bytes: 64 << 20, reserve_bytes: 8 << 20, ..small() }
}

/// A disk that fills up while calls come in, and has room again.
#[test]
#[ignore = "the part of this binary that runs on a small disk"]
fn fills() {
    let Some(mount) = small_disk() else { return };
    let disk = mount.join("disk");
    run(async {
        let mut town = town(&disk.join("data"), options());
        town.start().await.unwrap();
        town.ok(say::found()).await;
        town.ok(named("Ann")).await;
        town.ok(say::open_fund("General", "")).await;
        // Less than a start needs, and enough to write.
        ballast(&disk, 40 << 20);
        let mut first = say::receive(1, 1);
        first.context = Some(town.by("officers/1"));
        let mut acknowledged = town.ok(first.clone()).await.position;
        let no = loop {
            ballast(&disk, free(&disk).saturating_sub(4 << 20));
            match town.ask(say::receive(1, 1)).await {
                Ok(receipt) => acknowledged = receipt.position,
                Err(error) => break error,
            }
        };
        is_said(no);
        // Whatever writes is refused, and whatever reads is answered.
        is_said(town.ask(named("Bryn")).await.unwrap_err());
        let card = v1::UpdateCardRequest {
            coop: town.client().coop(),
            member: say::member(1),
            card: named("Anne").card,
        };
        is_said(town.client().update_card(card.clone()).await.unwrap_err());
        assert_eq!(town.position().await, acknowledged);
        assert_eq!(names(&town).await, ["Ann"]);
        // Who did not hear the answer asks again, and gets it: that writes nothing.
        assert!(town.ok(first.clone()).await.replayed);
        assert_eq!(
            town.no(v1::ReceiveCashRequest { amount_pence: 2, ..first }).await,
            "REQUEST_ID_REUSED"
        );
        // There is room: it goes on by itself.
        fs::remove_file(disk.join("ballast")).unwrap();
        town.client().update_card(card).await.unwrap();
        assert_eq!(town.ok(named("Bryn")).await.position, acknowledged + 1);
        // A start asks for more, and says which file may go.
        ballast(&disk, 60 << 20);
        town.stop().await;
        let no = refused(&mut town).await;
        let reserve = town.dir.path().join("log/reserve");
        let way = format!("make room, if need be by deleting {}", reserve.display());
        assert!(no.contains(&way), "{no}");
        fs::remove_file(reserve).unwrap();
        town.start().await.unwrap();
        assert_eq!(names(&town).await, ["Anne", "Bryn"]);
        assert_eq!(town.position().await, acknowledged + 1);
        full_backup(&town, &mount.join("other/backup")).await;
        fs::remove_file(disk.join("ballast")).unwrap();
        full_backup(&town, &mount.join("other/again")).await;
        town.stop().await;
    });
    println!("\nit is done");
}

/// What every caller hears.
fn is_said(error: Error) {
    let said = refusal(error);
    assert_eq!(said.reason, "DISK_FULL", "{said:?}");
    assert!(said.message.contains("the disk of the ledger is nearly full"), "{said:?}");
    assert!(said.retry_after.is_some(), "{said:?}");
}

/// A backup onto a disk that is full says so, and what is left there passes for none.
async fn full_backup(town: &Town, to: &Path) {
    let create = Backup::Create { data: town.dir.path().to_owned(), to: to.to_owned() };
    let no = backup(&create, &mut |_| {}).await.unwrap_err().to_string();
    assert!(no.contains("No space left on device"), "{no}");
    let verify = Backup::Verify { folder: to.to_owned() };
    backup(&verify, &mut |_| {}).await.unwrap_err();
    assert_eq!(town.house().last_backup(), None);
    drop(fs::remove_dir_all(to));
}

#[test]
fn on_a_disk_that_fills_up_writes_are_refused_reads_go_on_and_nothing_is_lost() {
    let Some(output) = on_small_disks("FILLS") else { return };
    let said = said(&output);
    assert!(output.status.success() && said.contains("it is done"), "{said}");
}

/// Nobody looks how much room there is, or another takes the last of it: the process ends.
#[test]
#[ignore = "the part of this binary that runs on a small disk"]
fn brim() {
    let Some(mount) = small_disk() else { return };
    let disk = mount.join("disk");
    run(async {
        let mut town = Town::stopped(tempfile::tempdir_in(&disk).unwrap(), Clock::machine());
        town.log = small();
        town.start().await.unwrap();
        fs::write(disk.join("where"), town.dir.path().to_str().unwrap()).unwrap();
        town.ok(say::found()).await;
        town.ok(say::open_fund("General", "")).await;
        ballast(&disk, 0);
        for _ in 0..1_000_000 {
            let receipt = town.ask(say::receive(1, 1)).await;
            let Ok(receipt) = receipt else { break };
            println!("\nacknowledged {}", receipt.position);
        }
        // The writer has ended the process, or is about to.
        tokio::time::sleep(std::time::Duration::from_mins(1)).await;
    });
}

/// What the disk has afterwards, when there is room.
#[test]
#[ignore = "the part of this binary that runs on a small disk"]
fn after() {
    let Some(mount) = small_disk() else { return };
    let disk = mount.join("disk");
    let folder = PathBuf::from(fs::read_to_string(disk.join("where")).unwrap());
    run(async {
        let mut town = town(&folder, small());
        let no = refused(&mut town).await;
        println!("\nfull: {no}");
        fs::remove_file(disk.join("ballast")).unwrap();
        town.start().await.unwrap();
        println!("\nthere are {}", town.position().await);
        town.ok(say::receive(1, 1)).await;
        town.stop().await;
    });
}

#[test]
fn where_the_last_room_goes_in_the_middle_of_a_write_nothing_acknowledged_is_lost() {
    let Some(output) = on_small_disks("{ BRIM; AFTER; }") else { return };
    let said = said(&output);
    let number = |what: &str| {
        let found = said.lines().filter_map(|line| line.strip_prefix(what)?.parse::<i64>().ok());
        found.max()
    };
    let there = number("there are ").unwrap_or_else(|| panic!("{said}"));
    let acknowledged = number("acknowledged ").unwrap_or(2);
    assert!((acknowledged..=acknowledged + 1).contains(&there), "{said}");
    assert!(output.status.success(), "{said}");
    assert!(said.contains("full: "), "{said}");
}
