//! G5. A log that has lost its end, whoever lost it, is named and not served.

use std::fs;

use ledger_server::{Log, LogError, LogOptions, Lost, PackedLog};

use super::{ONE, copy, open, volume};
use crate::log_contract::{append, entries, holds, small};

/// The store takes damage in its last bytes after a kill for a torn tail and drops it without
/// a word. Only the head file knows better: without it, this log would open as if it were whole.
#[test]
fn a_tail_that_was_dropped_in_silence_is_named() {
    let (live, killed) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let alone = LogOptions { wal_bytes: 0, ..small() };
    let log = PackedLog::open(live.path(), &alone).unwrap();
    for n in 1..=100 {
        append(&log, 1, n, &entries(n, 1)).unwrap();
    }
    append(&log, 2, 1, &entries(1, 5)).unwrap();
    for n in 101..=120 {
        append(&log, 1, n, &entries(n, 1)).unwrap();
    }
    // What the disk holds now is what a kill leaves behind.
    copy(live.path(), killed.path());
    let db = volume(killed.path(), 1).join("db");
    let mut bytes = fs::read(&db).unwrap();
    let used = bytes.iter().rposition(|byte| *byte != 0).unwrap();
    bytes[used - 300..used].fill(0);
    fs::write(&db, bytes).unwrap();

    let log = open(killed.path());
    let stored = log.head(ONE).size;
    assert!(stored < 120);
    let verdict = log.verdict(ONE);
    assert!(
        matches!(verdict, Err(LogError::Behind { head_size: 120, stored_size, .. }) if stored_size == stored)
    );
    assert!(verdict.unwrap_err().to_string().contains(&format!("{} to 120", stored + 1)));
    assert!(matches!(append(&log, 1, stored + 1, &entries(1, 1)), Err(LogError::Behind { .. })));
    holds(&log, 2, &entries(1, 5));
    let lost = log.accept_loss(ONE).unwrap();
    assert_eq!(lost, Some(Lost { log: ONE, first: stored + 1, last: 120 }));
    append(&log, 1, stored + 1, &entries(stored + 1, 1)).unwrap();
    drop(log);
    holds(&open(killed.path()), 1, &entries(1, stored + 1));
}

/// A record that rots ends the write-ahead log, and what it had and what follows is named, not guessed.
#[test]
fn a_record_that_rots_is_named() {
    let (live, whole) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let log = open(live.path());
    for n in 1..=120 {
        append(&log, 1, n, &entries(n, 1)).unwrap();
    }
    copy(live.path(), whole.path());
    for (part, gone) in [(0, false), (3, false), (9, false), (0, true)] {
        let killed = tempfile::tempdir().unwrap();
        copy(whole.path(), killed.path());
        let wal = volume(killed.path(), 1).join("wal");
        let mut bytes = fs::read(&wal).unwrap();
        let used = bytes.iter().rposition(|byte| *byte != 0).unwrap();
        bytes[used * part / 10] ^= 4;
        if gone { fs::remove_file(&wal) } else { fs::write(&wal, bytes) }.unwrap();

        let log = open(killed.path());
        let stored = log.head(ONE).size;
        let verdict = log.verdict(ONE);
        let Err(LogError::Behind { head_size: 120, stored_size, .. }) = verdict else {
            unreachable!("{verdict:?}")
        };
        assert_eq!(stored_size, stored);
        log.accept_loss(ONE).unwrap();
        let other = entries(500, 3);
        append(&log, 1, stored + 1, &other[..1]).unwrap();
        append(&log, 1, stored + 2, &other[1..]).unwrap();
        drop(log);
        // Nothing that lies behind the damage comes back.
        let kept = [entries(1, stored), other].concat();
        holds(&open(killed.path()), 1, &kept);
        holds(&open(killed.path()), 1, &kept);
    }
}

/// A store that was put back without its head files, or with those of another day.
#[test]
fn a_store_that_does_not_fit_its_head_files_is_refused() {
    let (dir, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    append(&open(dir.path()), 1, 1, &entries(1, 300)).unwrap();
    append(&open(other.path()), 1, 1, &entries(2, 300)).unwrap();
    let head = dir.path().join("heads").join("00000001");
    fs::copy(other.path().join("heads").join("00000001"), &head).unwrap();
    assert!(matches!(open(dir.path()).verdict(ONE), Err(LogError::Differs { size: 300, .. })));
    fs::write(&head, b"noise").unwrap();
    assert!(matches!(open(dir.path()).verdict(ONE), Err(LogError::HeadMissing { .. })));
    fs::remove_file(&head).unwrap();
    let log = open(dir.path());
    assert!(matches!(log.verdict(ONE), Err(LogError::HeadMissing { stored_size: 300, .. })));
    assert_eq!(log.accept_loss(ONE).unwrap(), None);
    append(&log, 1, 301, &entries(301, 1)).unwrap();
    drop(log);
    holds(&open(dir.path()), 1, &entries(1, 301));
    fs::remove_dir_all(volume(dir.path(), 1)).unwrap();
    let verdict = open(dir.path()).verdict(ONE);
    assert!(matches!(verdict, Err(LogError::Behind { head_size: 301, stored_size: 0, .. })));
}
