//! One test for each guard around the store: each fails if its guard is taken out.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test stops at what it did not expect"
)]

mod behind;

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::mpsc;
use std::time::Duration;

use ledger_server::{Log, LogError, LogId, LogOptions, PackedLog, SimulatedDisk, Watchdog};

use crate::log_contract::{all, append, entries, holds, small};
use crate::packs::packed;
use crate::power::scattered;

const ONE: LogId = LogId::new(1);

fn open(dir: &Path) -> PackedLog {
    PackedLog::open(dir, &small()).unwrap()
}

/// Volumes so large that the tests below need only one.
fn one_volume() -> LogOptions {
    LogOptions { volume_bytes: 1 << 30, ..small() }
}

fn volume(dir: &Path, number: u32) -> PathBuf {
    dir.join(format!("volume-{number:08}"))
}

fn listed(dir: &Path) -> Vec<String> {
    let names = fs::read_dir(dir).unwrap();
    names.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}

fn pack(dir: &Path, number: u32) -> PathBuf {
    dir.join(format!("pack-{number:08}"))
}

pub(crate) fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for name in listed(from) {
        let (from, to) = (from.join(&name), to.join(&name));
        if from.is_dir() {
            copy(&from, &to);
        } else if from.is_file() {
            // The operator's socket is none.
            fs::copy(&from, &to).unwrap();
        }
    }
}

/// G1. Counts; that each of these really reaches the platter is shown by the power cuts. Without
/// the sync behind the append there is nothing to count, and `power` loses all entries.
#[test]
fn every_append_is_synced_and_no_more_often_than_that() {
    let dir = tempfile::tempdir().unwrap();
    let log = PackedLog::open(dir.path(), &one_volume()).unwrap();
    let before = log.syncs();
    for n in 0..20 {
        append(&log, 1, n * 100 + 1, &entries(n * 100 + 1, 100)).unwrap();
        assert_eq!(log.syncs(), before + n + 1);
    }
    append(&log, 1, 2001, &[]).unwrap();
    assert_eq!(log.syncs(), before + 20, "nothing to write, nothing to sync");
}

/// G2. A segment of long entries in one value would land in `blobs/`, which is never synced.
#[test]
fn nothing_lies_outside_the_file_that_is_synced() {
    let dir = tempfile::tempdir().unwrap();
    let log = open(dir.path());
    let large = vec![vec![1; ledger_server::MAX_ENTRY]; 600];
    append(&log, 1, 1, &large).unwrap();
    let newest = log.volumes();
    (1..newest).for_each(|number| drop(packed(dir.path(), number)));
    drop(log);
    let mut stores = vec![(volume(dir.path(), newest), "segment_size: 8388608")];
    stores.extend((1..newest).map(|number| (pack(dir.path(), number), "segment_size: 2097152")));
    assert!(stores.len() > 1);
    for (store, size) in stores {
        assert_eq!(listed(&store.join("blobs")), Vec::<String>::new());
        let conf = fs::read(store.join("conf")).unwrap();
        assert!(String::from_utf8_lossy(&conf).contains(size), "{}", store.display());
    }
    fs::write(volume(dir.path(), newest).join("blobs").join("17"), b"stray").unwrap();
    let refused = PackedLog::open(dir.path(), &small());
    assert!(matches!(refused, Err(LogError::Store { .. })));
}

/// G3. A torn snapshot, finished or not, must not keep the store from opening.
#[test]
fn torn_snapshots_do_not_keep_the_store_closed() {
    let dir = tempfile::tempdir().unwrap();
    append(&open(dir.path()), 1, 1, &entries(1, 700)).unwrap();
    let store = volume(dir.path(), 1);
    fs::write(store.join("snap.0000000000FFFFFF.generating"), b"torn").unwrap();
    holds(&open(dir.path()), 1, &entries(1, 700));
    // The half-written one is simply gone; the good ones have not paid for it.
    assert!(!listed(&store).iter().any(|name| name.contains("FFFFFF") || name.contains("aside")));
    let snapshots: Vec<String> =
        listed(&store).into_iter().filter(|name| name.starts_with("snap.")).collect();
    assert!(!snapshots.is_empty());
    for name in &snapshots {
        let bytes = fs::read(store.join(name)).unwrap();
        fs::write(store.join(name), &bytes[..bytes.len() / 2]).unwrap();
    }
    holds(&open(dir.path()), 1, &entries(1, 700));
    assert!(listed(&store).iter().any(|name| name.starts_with("aside.snap.")));
}

/// G4. A writer that never comes back is noticed; in the server that ends the process.
#[test]
fn a_writer_that_hangs_is_noticed() {
    let (said, heard) = mpsc::channel();
    let hung = move |limit| said.send(limit).unwrap();
    let watchdog = Watchdog::start(Duration::from_millis(2), hung).unwrap();
    let watch = watchdog.begin();
    assert_eq!(heard.recv().unwrap(), Duration::from_millis(2));
    drop(watch);
}

/// G4. What the deadlock in the store needs is not used: no flushing in the background, no
/// transactions, small segments. Their absence cannot be seen from outside, but in the one file
/// that says which store this is.
#[test]
fn nothing_that_deadlocks_is_used() {
    let log = Path::new(env!("CARGO_MANIFEST_DIR")).join("ledger-server/src/log");
    let deeper = |dir: &str| {
        let beside = listed(&log.join(dir)).into_iter();
        beside.map(|name| format!("{dir}/{name}")).collect::<Vec<_>>()
    };
    let (files, dirs): (Vec<_>, Vec<_>) =
        listed(&log).into_iter().partition(|name| log.join(name).is_file());
    for name in files.into_iter().chain(dirs.iter().flat_map(|dir| deeper(dir))) {
        let source = fs::read_to_string(log.join(&name)).unwrap();
        assert_eq!(source.contains("sled::"), name == "sled_store.rs", "{name}");
        assert!(!source.contains("flush_async") && !source.contains(".transaction("), "{name}");
    }
    let source = fs::read_to_string(log.join("sled_store.rs")).unwrap();
    assert!(source.contains(".flush_every_ms(None)") && source.contains(".segment_size(shape."));
}

/// G6. Memory grows with a store: so a volume ends, and only the newest and two that were read last are
/// held open.
#[test]
fn volumes_end_and_only_a_few_stay_open() {
    let dir = tempfile::tempdir().unwrap();
    let log = open(dir.path());
    let mut kept = Vec::new();
    for n in 0..24 {
        let more = vec![vec![n; 1000]; 100];
        append(&log, 1, kept.len() as u64 + 1, &more).unwrap();
        append(&log, 2, u64::from(n) + 1, &entries(u64::from(n) + 1, 1)).unwrap();
        kept.extend(more);
    }
    assert!(log.volumes() >= 6, "{} volumes", log.volumes());
    (1..log.volumes()).for_each(|number| drop(packed(dir.path(), number)));
    let held = |number| {
        let stores = [volume(dir.path(), number), pack(dir.path(), number)];
        let files = stores.map(|store| store.join("db"));
        let open = fs::read_dir("/proc/self/fd").unwrap();
        let path = |fd: std::io::Result<fs::DirEntry>| fs::read_link(fd.unwrap().path());
        open.filter_map(|fd| path(fd).ok()).any(|at| files.contains(&at))
    };
    let open = |log: &PackedLog| (1..=log.volumes()).filter(|number| held(*number)).count();
    assert_eq!(open(&log), 1, "nobody has read anything");
    for _ in 0..2 {
        holds(&log, 1, &kept);
        holds(&log, 2, &entries(1, 24));
        assert_eq!(open(&log), 3);
        assert!(held(log.volumes()));
    }
    drop(log);
    let log = PackedLog::open(dir.path(), &small()).unwrap();
    assert_eq!(open(&log), 1, "a start opens no pack's store");
    holds(&log, 1, &kept);
}

/// G6. A volume that was being begun when the power went holds copies only.
#[test]
fn a_volume_that_was_never_finished_is_set_aside() {
    let dir = tempfile::tempdir().unwrap();
    append(&open(dir.path()), 1, 1, &entries(1, 300)).unwrap();
    let stray = tempfile::tempdir().unwrap();
    drop(open(stray.path()));
    fs::create_dir_all(volume(dir.path(), 2)).unwrap();
    let log = open(dir.path());
    assert_eq!(log.volumes(), 1);
    holds(&log, 1, &entries(1, 300));
    assert!(listed(dir.path()).iter().any(|name| name.starts_with("unfinished-00000002")));
}

/// G7. Flips a byte wherever `marker` stands in a volume's file.
fn flip(db: &Path, marker: &[u8]) {
    let mut bytes = fs::read(db).unwrap();
    let mut at = 0;
    let mut flips = 0;
    while let Some(found) = bytes[at..].windows(marker.len()).position(|here| here == marker) {
        bytes[at + found] ^= 1;
        at += found + 1;
        flips += 1;
    }
    assert!(flips > 0, "the marker is nowhere");
    fs::write(db, bytes).unwrap();
}

/// G7. Iteration ends at the first damage. Without the search for the next readable key, all behind
/// it would be missing, too, and the logs behind it would look empty.
#[test]
fn damage_is_named_exactly_and_the_rest_is_served() {
    let dir = tempfile::tempdir().unwrap();
    let options = one_volume();
    let log = PackedLog::open(dir.path(), &options).unwrap();
    let mut kept: Vec<Vec<u8>> =
        (1_u64..=40 * 256).map(|n| [n.to_be_bytes().as_slice(), &[b'.'; 500]].concat()).collect();
    kept[20 * 256 + 9] = b"here the disk will rot".to_vec();
    for (n, chunk) in (0..).zip(kept.chunks(512)) {
        append(&log, 1, n * 512 + 1, chunk).unwrap();
    }
    append(&log, 2, 1, &kept[..600]).unwrap();
    drop(log);
    // Reopened cleanly once more, the damage lies behind the snapshot and is no torn tail.
    drop(PackedLog::open(dir.path(), &options).unwrap());
    flip(&volume(dir.path(), 1).join("db"), b"here the disk will rot");

    let log = PackedLog::open(dir.path(), &options).unwrap();
    let Err(LogError::Store { missing, .. }) = log.verdict(ONE) else {
        unreachable!("{:?}", log.verdict(ONE))
    };
    let (first, last) = (missing[0].first, missing[0].last);
    assert!(missing.len() == 1 && first <= 20 * 256 + 10 && 20 * 256 + 10 <= last);
    assert!(last < 40 * 256, "what lies behind the damage is not missing");
    assert!((first, last % 256) == (first / 256 * 256 + 1, 0), "whole segments: {missing:?}");
    // Neither appended to nor given up: whole entries lie behind the damage.
    assert!(append(&log, 1, first, &kept[..1]).is_err());
    assert!(log.accept_loss(ONE).is_err());
    holds(&log, 2, &kept[..600]);
}

/// G7. Wherever a bit flips, in the store or in the head files: the log says so, or serves what was
/// written. It never serves anything else.
#[test]
fn no_flipped_bit_is_served_as_truth() {
    let (whole, bad) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let options = one_volume();
    let log = PackedLog::open(whole.path(), &options).unwrap();
    for n in 0..30 {
        append(&log, 1, n * 20 + 1, &entries(n * 20 + 1, 20)).unwrap();
    }
    drop(log);
    drop(PackedLog::open(whole.path(), &options).unwrap());
    let mut noticed = 0;
    for flip in 0..40 {
        let dir = bad.path().join(flip.to_string());
        copy(whole.path(), &dir);
        let store = volume(&dir, 1);
        let file = match flip % 4 {
            0 => dir.join("heads").join("00000001"),
            1 => store.join(listed(&store).iter().find(|name| name.starts_with("snap.")).unwrap()),
            _ => store.join("db"),
        };
        let mut bytes = fs::read(&file).unwrap();
        let used = bytes.iter().rposition(|byte| *byte != 0).unwrap() as u64;
        let at = usize::try_from(scattered(flip) % (used + 1)).unwrap();
        bytes[at] ^= 1 << (flip % 8);
        fs::write(&file, bytes).unwrap();
        match PackedLog::open(&dir, &options) {
            Ok(log) if log.verdict(ONE).is_ok() => holds(&log, 1, &entries(1, 600)),
            Ok(_) | Err(_) => noticed += 1,
        }
        fs::remove_dir_all(&dir).unwrap();
    }
    assert!(noticed > 0);
}

/// G8. After any write that finds the disk full the log is dead, and nothing acknowledged is lost.
#[test]
fn a_full_disk_ends_the_log_and_loses_nothing() {
    for room in 0..12 {
        let disk = SimulatedDisk::new();
        let log = disk.open(&small()).unwrap();
        append(&log, 1, 1, &entries(1, 250)).unwrap();
        disk.fill_after(room);
        let mut size = 250;
        let failure = loop {
            match append(&log, 1, size + 1, &entries(size + 1, 3)) {
                Ok(()) => size += 3,
                Err(error) => break error,
            }
        };
        assert!(matches!(failure, LogError::DiskFull { .. }));
        let after = append(&log, 1, size + 1, &entries(size + 1, 3));
        assert!(matches!(after, Err(LogError::Poisoned)));
        disk.crash(usize::from(room % 2 == 0) * 100);
        let seen = all(&disk.open(&small()).unwrap(), 1, 0).len() as u64;
        assert!(seen == size || seen == size + 3);
        holds(&disk.open(&small()).unwrap(), 1, &entries(1, seen));
    }
}

/// G8. A disk that is nearly full is refused at the start, with the way out; the reserve is real.
#[test]
fn a_disk_that_is_nearly_full_is_refused_at_the_start() {
    let dir = tempfile::tempdir().unwrap();
    let greedy = LogOptions { min_free_bytes: u64::MAX, ..small() };
    let Err(refused) = PackedLog::open(dir.path(), &greedy) else { unreachable!() };
    assert!(matches!(refused, LogError::DiskFull { .. }));
    assert!(refused.to_string().contains("reserve"));
    let careful = LogOptions { reserve_bytes: 1 << 20, ..small() };
    for _ in 0..2 {
        drop(PackedLog::open(dir.path(), &careful).unwrap());
        let reserve = dir.path().join("reserve");
        assert_eq!(fs::metadata(&reserve).unwrap().len(), 1 << 20);
        fs::remove_file(reserve).unwrap();
    }
}

#[test]
fn a_second_process_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let first = open(dir.path());
    assert!(matches!(PackedLog::open(dir.path(), &small()), Err(LogError::InUse(_))));
    append(&first, 1, 1, &entries(1, 1)).unwrap();
}

#[test]
fn a_store_of_a_newer_version_is_left_alone() {
    let dir = tempfile::tempdir().unwrap();
    append(&open(dir.path()), 1, 1, &entries(1, 3)).unwrap();
    fs::write(dir.path().join("format"), b"care store log, format 4\n").unwrap();
    let refused = PackedLog::open(dir.path(), &small());
    assert!(matches!(refused, Err(LogError::NewerFormat { found: 4, known: 3 })));
    fs::write(dir.path().join("format"), b"something else\n").unwrap();
    assert!(matches!(PackedLog::open(dir.path(), &small()), Err(LogError::FormatDamaged { .. })));
}
