//! What a register refuses, whatever the log in memory says.

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
        let kept = std::fs::read(&file).unwrap();
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
        assert_eq!(std::fs::read(&file).unwrap(), kept, "nothing was published");
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
