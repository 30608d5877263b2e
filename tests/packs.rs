//! Closed volumes are packs: whole at every moment of their making, and never believed for nothing.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test stops at what it did not expect"
)]

use std::fs;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use ledger_server::{Care, Log, LogError, LogId, LogOptions, Lost, PackedLog, Vandal};

use crate::guards::copy;
use crate::log_contract::{append, holds, small};
use crate::power::scattered;

const ONE: LogId = LogId::new(1);
/// So many entries, of which the first hundreds lie in packs.
const SIZE: u64 = 4_000;

fn entry(log: u32, n: u64) -> Vec<u8> {
    format!("entry {n} of {log} {}", ".".repeat(150)).into_bytes()
}

fn entries(log: u32, first: u64, count: u64) -> Vec<Vec<u8>> {
    (first..first + count).map(|n| entry(log, n)).collect()
}

fn open(dir: &Path) -> PackedLog {
    PackedLog::open(dir, &small()).unwrap()
}

/// Opens the log such that its volume is full as soon as anything is appended.
fn open_full(dir: &Path) -> PackedLog {
    PackedLog::open(dir, &LogOptions { volume_bytes: 50 << 10, ..small() }).unwrap()
}

/// Two logs over some volumes, all but the newest of them packed; says how many volumes there are.
fn filled(dir: &Path) -> u32 {
    let log = open(dir);
    for first in (1..=SIZE).step_by(100) {
        append(&log, 1, first, &entries(1, first, 100)).unwrap();
        append(&log, 2, first / 10 + 1, &entries(2, first / 10 + 1, 10)).unwrap();
    }
    let volumes = log.volumes();
    assert!(volumes >= 4, "{volumes} volumes");
    (1..volumes).for_each(|number| drop(packed(dir, number)));
    volumes
}

fn whole(dir: &Path) {
    let log = open(dir);
    holds(&log, 1, &entries(1, 1, SIZE));
    holds(&log, 2, &entries(2, 1, SIZE / 10));
}

/// The index beside a pack.
pub(crate) fn index(pack: &Path) -> PathBuf {
    pack.with_extension("index")
}

/// Waits until a closed volume is a pack and nothing else; says in which folder that lies.
pub(crate) fn packed(dir: &Path, number: u32) -> PathBuf {
    let pack = dir.join(format!("pack-{number:08}"));
    let volume = dir.join(format!("volume-{number:08}"));
    let mut looks = 0;
    while !index(&pack).exists() || volume.exists() {
        thread::sleep(Duration::from_millis(5));
        looks += 1;
        assert!(looks < 12_000, "volume {number} is never packed");
    }
    pack
}

/// How far a reader of the first log comes, and what is said to be missing.
fn read(log: &PackedLog) -> (u64, Option<Lost>) {
    let mut last = 0;
    let read = log.scan(ONE, 0, &mut |position, bytes| {
        assert_eq!(bytes, entry(1, position));
        last = position;
        ControlFlow::Continue(())
    });
    match read {
        Ok(()) => (last, None),
        Err(LogError::Store { missing, .. }) => (last, Some(missing[0])),
        Err(error) => unreachable!("{error}"),
    }
}

#[test]
fn what_lies_behind_a_gap_of_one_log_outlives_a_volume_that_another_fills() {
    let dir = tempfile::tempdir().unwrap();
    filled(dir.path());
    let pack = packed(dir.path(), 1);
    let aside = dir.path().join("aside");
    fs::rename(&pack, &aside).unwrap();
    // Both have lost something: the third has not, and fills the volume behind which theirs goes on.
    let log = open(dir.path());
    assert!(log.verdict(ONE).is_err());
    let before = log.volumes();
    for first in (1..=SIZE).step_by(100) {
        append(&log, 3, first, &entries(3, first, 100)).unwrap();
    }
    assert_eq!(log.volumes(), before, "nothing is closed while something is missing");
    drop(log);
    fs::rename(&aside, &pack).unwrap();
    whole(dir.path());
    holds(&open(dir.path()), 3, &entries(3, 1, SIZE));
}

#[test]
fn what_is_packed_is_what_was_appended() {
    let dir = tempfile::tempdir().unwrap();
    let volumes = filled(dir.path());
    whole(dir.path());
    assert!((1..volumes).all(|number| packed(dir.path(), number).join("db").is_file()));
    let log = open(dir.path());
    append(&log, 1, SIZE + 1, &entries(1, SIZE + 1, 1)).unwrap();
    drop(log);
    holds(&open(dir.path()), 1, &entries(1, 1, SIZE + 1));
}

/// Some 8 MB of entries, each commit far smaller: what the pack takes up is hardly more than they are.
#[test]
fn a_pack_is_dense() {
    let dir = tempfile::tempdir().unwrap();
    let options = LogOptions { volume_bytes: 16 << 20, ..small() };
    let log = PackedLog::open(dir.path(), &options).unwrap();
    let mut size = 0;
    while log.volumes() == 1 {
        append(&log, 1, size + 1, &entries(1, size + 1, 250)).unwrap();
        size += 250;
    }
    let db = fs::metadata(packed(dir.path(), 1).join("db")).unwrap().len();
    let payload = size * (entry(1, size).len() as u64 + 2);
    assert!(payload > 6 << 20, "{payload}");
    // Of the last segment some is left over.
    assert!(db < payload * 11 / 10 + (3 << 20), "{db} bytes for {payload}");
}

/// A store as a program left it that knew no packs: nothing but volumes.
#[test]
fn volumes_of_the_first_format_are_read_and_then_packed() {
    let (dir, old) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let options = LogOptions { volume_bytes: 1 << 30, ..small() };
    let log = PackedLog::open(dir.path(), &options).unwrap();
    append(&log, 1, 1, &entries(1, 1, 700)).unwrap();
    drop(log);
    copy(dir.path(), old.path());
    fs::write(old.path().join("format"), b"care store log, format 1\n").unwrap();
    let log = open_full(old.path());
    holds(&log, 1, &entries(1, 1, 700));
    append(&log, 1, 701, &entries(1, 701, 400)).unwrap();
    packed(old.path(), 1);
    holds(&log, 1, &entries(1, 1, 1_100));
    drop(log);
    holds(&open(old.path()), 1, &entries(1, 1, 1_100));
    let format = fs::read_to_string(old.path().join("format")).unwrap();
    assert_eq!(format, "care store log, format 3\n", "an older program is to leave it alone");
}

/// Whatever moment the making of a pack was cut short at, both or either of the two hold everything.
#[test]
fn a_pack_that_was_being_made_is_made_again() {
    let (dir, before) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let options = LogOptions { volume_bytes: 1 << 30, ..small() };
    let log = PackedLog::open(dir.path(), &options).unwrap();
    append(&log, 1, 1, &entries(1, 1, 1_000)).unwrap();
    drop(log);
    copy(dir.path(), before.path());
    let log = open_full(dir.path());
    append(&log, 1, 1_001, &entries(1, 1_001, 10)).unwrap();
    let pack = packed(dir.path(), 1);
    let (made, root) = (tempfile::tempdir().unwrap(), index(&pack));
    copy(&pack, made.path());
    let said = fs::read(&root).unwrap();
    drop(log);
    let volume = Path::new("volume-00000001");
    let db = fs::read(made.path().join("db")).unwrap();
    // Begun and torn, beside the volume that is still there.
    for torn in [0, 5, db.len() / 2, db.len() - 1, db.len()] {
        fs::remove_dir_all(&pack).unwrap();
        fs::remove_file(&root).unwrap();
        copy(&before.path().join(volume), &dir.path().join(volume));
        copy(made.path(), &pack);
        fs::write(pack.join("db"), &db[..torn]).unwrap();
        fs::write(root.with_extension("new"), &said[..said.len() / 2]).unwrap();
        let log = open(dir.path());
        holds(&log, 1, &entries(1, 1, 1_010));
        assert_eq!(fs::read(index(&packed(dir.path(), 1))).unwrap(), said, "it is made again");
        holds(&log, 1, &entries(1, 1, 1_010));
        drop(log);
        // Made, and the volume only half removed.
        copy(&before.path().join(volume), &dir.path().join(volume));
        fs::remove_file(dir.path().join(volume).join("conf")).unwrap();
        let log = open(dir.path());
        holds(&log, 1, &entries(1, 1, 1_010));
        packed(dir.path(), 1);
    }
}

/// As it is where the program ended before the volume was gone, and the pack has rotted since: the volume is the one copy.
#[test]
fn a_pack_that_has_rotted_does_not_cost_the_volume_beside_it() {
    let (dir, before) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let (pack, volume) = (dir.path().join("pack-00000001"), dir.path().join("volume-00000001"));
    let options = LogOptions { volume_bytes: 1 << 30, ..small() };
    append(&PackedLog::open(dir.path(), &options).unwrap(), 1, 1, &entries(1, 1, 1_000)).unwrap();
    copy(&volume, before.path());
    let mut size = 1_000;
    // Fills the newest volume, and waits until it is packed: whatever was to be done before that is done.
    let mut fill = |count: u64| {
        let log = open_full(dir.path());
        let full = log.volumes();
        append(&log, 1, size + 1, &entries(1, size + 1, count)).unwrap();
        size += count;
        (packed(dir.path(), full), entries(1, 1, size))
    };
    // So few that they begin no segment in it any more.
    assert_eq!(fill(10).0, pack);
    let changed = || {
        let vandal = Vandal::open(dir.path(), 1).unwrap();
        assert!(vandal.change(ONE, 300, Care::Careless, |entry| entry[0] ^= 1).unwrap());
    };
    let cut = || {
        let db = fs::read(pack.join("db")).unwrap();
        let used = db.iter().rposition(|byte| *byte != 0).unwrap();
        fs::write(pack.join("db"), &db[..used / 2]).unwrap();
    };
    for rot in [&changed as &dyn Fn(), &cut] {
        rot();
        copy(before.path(), &volume);
        let (_, all) = fill(400);
        assert!(volume.exists(), "nobody has read all of the pack");
        // Whoever takes the pack away has everything again.
        fs::remove_dir_all(&pack).unwrap();
        fs::remove_file(index(&pack)).unwrap();
        let log = open(dir.path());
        holds(&log, 1, &all);
        packed(dir.path(), 1);
        holds(&log, 1, &all);
    }
}

/// With its index or without, or with all of it but the file that counts.
#[test]
fn a_pack_that_is_missing_is_noticed_at_once() {
    let dir = tempfile::tempdir().unwrap();
    filled(dir.path());
    let pack = packed(dir.path(), 2);
    let gone: [&dyn Fn(); 3] = [
        &|| fs::remove_file(pack.join("db")).unwrap(),
        &|| fs::remove_dir_all(&pack).unwrap(),
        &|| fs::remove_file(index(&pack)).unwrap(),
    ];
    for gone in gone {
        gone();
        let log = open(dir.path());
        let Err(LogError::Store { missing, .. }) = log.verdict(ONE) else { unreachable!() };
        let (first, last) = (missing[0].first, missing[0].last);
        assert!(first > 256 && last < SIZE && missing.len() == 1, "{missing:?}");
        assert!(append(&log, 1, first, &entries(1, 1, 1)).is_err());
        assert_eq!(read(&log), (first - 1, None));
    }
}

/// Wherever a byte of a pack is another one: it is said, or makes no difference. Nothing else is served,
/// and what lies in other packs is.
#[test]
fn no_byte_that_rots_in_a_pack_is_served_as_truth() {
    let (dir, bad) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    filled(dir.path());
    let pack = packed(dir.path(), 2);
    let files: Vec<PathBuf> = fs::read_dir(&pack)
        .unwrap()
        .map(|file| file.unwrap().path())
        .filter(|path| path.is_file())
        .chain([index(&pack)])
        .collect();
    let (mut noticed, mut harmless) = (0, 0);
    for flip in 0..32 {
        let here = bad.path().join(flip.to_string());
        copy(dir.path(), &here);
        // Every second time in the store's own file.
        let turn = usize::try_from(flip / 2).unwrap() % files.len();
        let db = pack.join("db");
        let file = if flip % 2 == 0 { &db } else { &files[turn] };
        let mut bytes = fs::read(file).unwrap();
        let used = bytes.iter().rposition(|byte| *byte != 0).unwrap() as u64;
        let at = usize::try_from(scattered(flip) % (used + 1)).unwrap();
        bytes[at] ^= 1 << (flip % 8);
        fs::write(here.join(file.strip_prefix(dir.path()).unwrap()), bytes).unwrap();
        let log = open(&here);
        let (last, missing) = read(&log);
        match missing {
            None => {
                assert_eq!(last, SIZE);
                harmless += 1;
            }
            Some(missing) => {
                assert_eq!((missing.first % 256, missing.first), (1, last + 1), "{missing:?}");
                assert!(missing.last < SIZE, "{missing:?}");
                assert_eq!(log.read(ONE, SIZE).unwrap(), Some(entry(1, SIZE)));
                noticed += 1;
            }
        }
        drop(log);
        fs::remove_dir_all(&here).unwrap();
    }
    assert!(noticed > 0 && harmless > 0, "{noticed} noticed, {harmless} harmless");
}

/// What rots in a pack does not keep the log from opening; whoever reads it is told exactly.
#[test]
fn damage_in_a_pack_is_named_by_whoever_reads_it_and_never_served() {
    for care in [Care::Careless, Care::Checksum] {
        let dir = tempfile::tempdir().unwrap();
        filled(dir.path());
        let vandal = Vandal::open(dir.path(), 1).unwrap();
        let spoil = |entry: &mut Vec<u8>| entry[0] ^= 1;
        assert!(vandal.change(ONE, 300, care, spoil).unwrap());
        let log = open(dir.path());
        log.verdict(ONE).unwrap();
        if care == Care::Careless {
            assert_eq!(read(&log), (256, Some(Lost { log: ONE, first: 257, last: 512 })));
            assert_eq!(log.read(LogId::new(1), 513).unwrap(), Some(entry(1, 513)));
        }
        holds(&log, 2, &entries(2, 1, SIZE / 10));
    }
}

/// Somebody writes another entry, its checksum, the root beside it and the index: all of it fits,
/// but not the head file.
#[test]
fn an_index_that_lies_is_found_out_at_once() {
    let dir = tempfile::tempdir().unwrap();
    filled(dir.path());
    let vandal = Vandal::open(dir.path(), 1).unwrap();
    assert!(vandal.change(ONE, 300, Care::Root, |entry| entry[0] ^= 1).unwrap());
    let log = open(dir.path());
    assert!(matches!(log.verdict(ONE), Err(LogError::Differs { size: SIZE, .. })));
    holds(&log, 2, &entries(2, 1, SIZE / 10));
}

/// Where only the index is damaged, the blocks are asked, and nothing is missing.
#[test]
fn an_index_that_cannot_be_read_is_not_needed() {
    let dir = tempfile::tempdir().unwrap();
    filled(dir.path());
    let pack = packed(dir.path(), 1);
    let good = fs::read(index(&pack)).unwrap();
    for back in [1, 20, 45, 60, 100, good.len()] {
        let mut bytes = good.clone();
        let at = bytes.len() - back;
        bytes[at] ^= 4;
        fs::write(index(&pack), bytes).unwrap();
        whole(dir.path());
    }
    for kept in [0, 1, 50, good.len() - 1] {
        fs::write(index(&pack), &good[..kept]).unwrap();
        whole(dir.path());
    }
    fs::remove_file(index(&pack)).unwrap();
    whole(dir.path());
    // And where the store was cut off, too, something is missing, and it is said at once.
    let db = fs::read(pack.join("db")).unwrap();
    let used = db.iter().rposition(|byte| *byte != 0).unwrap();
    fs::write(pack.join("db"), &db[..used / 2]).unwrap();
    let log = open(dir.path());
    let Err(LogError::Store { missing, .. }) = log.verdict(ONE) else { unreachable!() };
    assert_eq!(missing[0].first % 256, 1, "{missing:?}");
    assert_eq!(read(&log).0, missing[0].first - 1);
}
