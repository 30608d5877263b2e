//! What a register refuses, whatever the log in memory says.

use std::{fs, io::Write, path::Path};

use ledger_core::CoopName;
use ledger_proto::Tree;

use super::{Register, tree_of};
use crate::{
    error::Error,
    log::{Block, Log, LogError, LogId, MemoryLog, Witness},
};

const ONE: LogId = LogId::new(1);

/// A log of so many entries, of which those from one position on are of another kind.
fn log(count: u64, other_from: u64) -> MemoryLog {
    let log = MemoryLog::new();
    let entry = |n: u64| {
        let kind = if n >= other_from { "other" } else { "entry" };
        format!("{kind} {n}").into_bytes()
    };
    let entries: Vec<Vec<u8>> = (1..=count).map(entry).collect();
    log.append(&[Block { log: ONE, first: 1, entries: &entries }]).unwrap();
    log
}

fn sign(register: &Register, log: &MemoryLog) -> Result<u64, Error> {
    let tree = tree_of(log, ONE)?;
    let (coop, size) = (CoopName::new("colne-valley").unwrap(), tree.size());
    Ok(register.for_head(size, log, &|| (coop.clone(), tree.clone()))?.size)
}

const SAME: u64 = u64::MAX;

#[test]
fn a_size_has_one_root_for_ever() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("checkpoints").join("1");
    for reopened in [false, true] {
        let register = Register::open(dir.path(), ONE).unwrap();
        if !reopened {
            assert_eq!(sign(&register, &log(300, SAME)).unwrap(), 300);
            assert_eq!(sign(&register, &log(600, SAME)).unwrap(), 600);
        }
        let kept = fs::read(&file).unwrap();
        // Another log that has grown further; one that differs in the last entry alone.
        for (count, other_from) in [(700, 1), (700, 600), (601, 600)] {
            let refused = sign(&register, &log(count, other_from));
            let Err(Error::Log(LogError::Differs { size, by, .. })) = refused else {
                unreachable!("{refused:?}")
            };
            assert_eq!((size, by), (600, Witness::Checkpoint));
        }
        let same_size = log(600, 600);
        assert!(register.fits(&tree_of(&same_size, ONE).unwrap(), &same_size).is_err());
        let short = log(599, SAME);
        let behind = register.fits(&tree_of(&short, ONE).unwrap(), &short);
        assert!(matches!(behind, Err(LogError::Behind { head_size: 600, stored_size: 599, .. })));
        assert_eq!(fs::read(&file).unwrap(), kept, "nothing was published");
        assert_eq!(register.reached(), 600);
    }
}

#[test]
fn what_is_given_up_is_not_signed_again() {
    let dir = tempfile::tempdir().unwrap();
    let register = Register::open(dir.path(), ONE).unwrap();
    for size in [100, 200, 300] {
        sign(&register, &log(size, SAME)).unwrap();
    }
    let loss = |count: u64, other_from| {
        let log = log(count, other_from);
        let lost = register.loss(&tree_of(&log, ONE).unwrap(), &log).unwrap();
        lost.map(|lost| (lost.first, lost.last))
    };
    assert_eq!(loss(300, SAME), None);
    assert_eq!(loss(250, SAME), Some((251, 300)));
    assert_eq!(loss(200, SAME), Some((201, 300)));
    assert_eq!(loss(250, 150), Some((101, 300)));
    assert_eq!(loss(900, 250), Some((201, 300)));
    assert_eq!(loss(900, 1), Some((1, 300)));
    register.give_up(200).unwrap();
    let register = Register::open(dir.path(), ONE).unwrap();
    assert_eq!(register.newest().map(|newest| newest.size), Some(200));
    for size in [201, 299, 300] {
        let refused = sign(&register, &log(size, 201));
        assert!(matches!(refused, Err(Error::NotSigned { .. })), "{size}");
    }
    assert_eq!(sign(&register, &log(301, 201)).unwrap(), 301);
}

#[test]
fn a_log_without_entries_is_not_signed() {
    let dir = tempfile::tempdir().unwrap();
    let register = Register::open(dir.path(), ONE).unwrap();
    assert!(sign(&register, &MemoryLog::new()).is_err());
    assert!(register.fits(&Tree::default(), &MemoryLog::new()).is_ok());
    assert!(register.newest().is_none() && register.verifier_keys().is_empty());
}

/// A register of which 300 entries were published, and the record of the first 600, as the same key would sign them.
fn register_and_record(dir: &Path) -> (Register, Vec<u8>) {
    let register = Register::open(dir, ONE).unwrap();
    sign(&register, &log(300, SAME)).unwrap();
    let twin = tempfile::tempdir().unwrap();
    for file in ["checkpoints/1", "signing/1.key"] {
        let copy = twin.path().join(file);
        fs::create_dir(copy.parent().unwrap()).unwrap();
        fs::copy(dir.join(file), copy).unwrap();
    }
    sign(&Register::open(twin.path(), ONE).unwrap(), &log(600, SAME)).unwrap();
    let whole = fs::read(twin.path().join("checkpoints/1")).unwrap();
    let record = whole.split_at(fs::read(dir.join("checkpoints/1")).unwrap().len()).1.to_vec();
    (register, record)
}

fn sizes(register: &Register) -> Vec<u64> {
    register.all().iter().map(|signed| signed.size).collect()
}

#[test]
fn a_write_that_fails_is_made_good_by_the_next() {
    for left in [0, 60, 152] {
        let dir = tempfile::tempdir().unwrap();
        let (register, record) = register_and_record(dir.path());
        assert_eq!(record.len(), 152);
        register.fail_once();
        let refused = sign(&register, &log(600, SAME));
        assert!(matches!(refused, Err(Error::Log(LogError::Io { .. }))), "{refused:?}");
        assert_eq!(sizes(&register), [300], "what was not synced is not shown");
        // So much of the record has reached the disk all the same.
        let mut file = fs::OpenOptions::new();
        let mut file = file.append(true).open(dir.path().join("checkpoints/1")).unwrap();
        file.write_all(&record[..left]).unwrap();
        if left == 152 {
            let other = sign(&register, &log(601, 600));
            assert!(matches!(other, Err(Error::Log(LogError::Differs { size: 600, .. }))));
            assert_eq!(sizes(&register), [300, 600], "it may be there, and counts");
        }
        assert_eq!(sign(&register, &log(700, SAME)).unwrap(), 700);
        let expected: &[u64] = if left == 152 { &[300, 600, 700] } else { &[300, 700] };
        assert_eq!(sizes(&register), expected);
        assert_eq!(sizes(&Register::open(dir.path(), ONE).unwrap()), expected);
    }
}

#[test]
fn a_key_that_could_not_be_published_is_published_the_next_time() {
    let (dir, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    sign(&Register::open(other.path(), ONE).unwrap(), &log(300, SAME)).unwrap();
    let begun = fs::read(other.path().join("checkpoints/1")).unwrap();
    fs::create_dir(dir.path().join("checkpoints")).unwrap();
    fs::write(dir.path().join("checkpoints/1"), &begun[..152]).unwrap();
    let register = Register::open(dir.path(), ONE).unwrap();
    register.fail_once();
    assert!(sign(&register, &log(300, SAME)).is_err());
    let key = fs::read(dir.path().join("signing/1.key")).unwrap();
    assert_eq!(sign(&register, &log(300, SAME)).unwrap(), 300);
    assert_eq!(fs::read(dir.path().join("signing/1.key")).unwrap(), key);
    let register = Register::open(dir.path(), ONE).unwrap();
    assert_eq!(sign(&register, &log(400, SAME)).unwrap(), 400);
    assert_eq!(register.verifier_keys().len(), 1);
}

#[test]
fn no_key_is_made_over_another() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("signing/1.key");
    fs::create_dir(dir.path().join("signing")).unwrap();
    fs::write(&file, [7; 31]).unwrap();
    assert!(sign(&Register::open(dir.path(), ONE).unwrap(), &log(5, SAME)).is_err());
    assert_eq!(fs::read(&file).unwrap(), [7; 31]);
    // An empty file is a key that was never made.
    fs::write(&file, []).unwrap();
    assert_eq!(sign(&Register::open(dir.path(), ONE).unwrap(), &log(5, SAME)).unwrap(), 5);
    assert_eq!(fs::read(&file).unwrap().len(), 32);
}

#[test]
fn a_tree_of_some_time_ago_is_held_against_what_was_published_by_then() {
    let dir = tempfile::tempdir().unwrap();
    let register = Register::open(dir.path(), ONE).unwrap();
    let agrees = |count, other_from| {
        let log = log(count, other_from);
        register.agrees(&tree_of(&log, ONE).unwrap(), &log)
    };
    assert!(agrees(10, SAME).is_ok());
    for size in [300, 600] {
        sign(&register, &log(size, SAME)).unwrap();
    }
    for size in [200, 300, 500, 600, 700] {
        assert!(agrees(size, SAME).is_ok(), "{size}");
    }
    assert!(matches!(agrees(500, 300), Err(LogError::Differs { size: 300, .. })));
    assert!(matches!(agrees(700, 600), Err(LogError::Differs { size: 600, .. })));
}
