//! Power cuts: the disk keeps what was synced, and every entry that was acknowledged is on it.
//!
//! This test binary runs itself as the victim, with `power/shim.c` preloaded: a shadow of the store
//! that gets only what `fsync` and `fdatasync` are called for. The victim is killed while it
//! appends, and the shadow is what a power cut would have left.
#![allow(
    clippy::unwrap_used,
    clippy::print_stderr,
    reason = "a test stops at what it did not expect, and says where it was"
)]

use std::collections::BTreeMap;
use std::env;
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::ops::ControlFlow;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};
use std::time::Duration;

use ledger_server::{Block, Log, LogError, LogId, LogOptions, PackedLog};

use crate::log_contract::small;
use crate::skip::skip;

const STORE: &str = "CARESTORE_VICTIM_STORE";

/// How many entries of each log were acknowledged.
pub(crate) type Acknowledged = BTreeMap<u32, u64>;

/// Head files are synced by their thread, as in a server, and volumes are soon full, and write-ahead logs sooner.
pub(crate) fn options() -> LogOptions {
    let (volume_bytes, wal_bytes) = (1 << 20, 128 << 10);
    LogOptions { head_sync_every: Duration::from_millis(10), volume_bytes, wal_bytes, ..small() }
}

/// The entry with this position: of a length of its own, and nothing like its neighbours.
fn entry(log: u32, position: u64) -> Vec<u8> {
    let text = format!("{log}:{position};");
    let length = if position.is_multiple_of(97) { 2000 } else { 20 + position * 7 % 400 };
    text.into_bytes().into_iter().cycle().take(usize::try_from(length).unwrap()).collect()
}

/// Opens the log in `store` and appends until it is killed, saying after each append what is
/// durable.
#[test]
#[ignore = "the part of this binary that gets killed"]
fn victim() {
    let Some(store) = env::var_os(STORE) else { return };
    let log = match PackedLog::open(Path::new(&store), &options()) {
        Ok(log) => log,
        Err(error) => return println!("\nend {error:?}"),
    };
    let mut out = std::io::stdout().lock();
    for round in 0_u64.. {
        let blocks: Vec<(u32, u64, Vec<Vec<u8>>)> = (1..=3_u32)
            .filter(|number| round % u64::from(*number) == 0)
            .map(|number| {
                let first = log.head(LogId::new(number)).size + 1;
                let count = 1 + (round * 31 + u64::from(number)) % 60;
                (number, first, (first..first + count).map(|at| entry(number, at)).collect())
            })
            .collect();
        let borrowed: Vec<Block<'_>> = blocks
            .iter()
            .map(|(log, first, entries)| Block { log: LogId::new(*log), first: *first, entries })
            .collect();
        if let Err(error) = log.append(&borrowed) {
            assert!(matches!(log.append(&borrowed), Err(LogError::Poisoned)));
            writeln!(out, "\nend {error:?}").unwrap();
            return;
        }
        let mut said = Vec::new();
        for (number, first, entries) in &blocks {
            let last = first + entries.len() as u64 - 1;
            writeln!(said, "\nack {number} {last}").unwrap();
        }
        out.write_all(&said).unwrap();
        out.flush().unwrap();
    }
}

/// Runs the victim on a store, kills it after so many acknowledgements, and says what it had
/// acknowledged by then.
pub(crate) fn kill_after(
    acknowledgements: u64,
    store: &Path,
    environment: &[(&str, &Path)],
) -> Acknowledged {
    let (acknowledged, ended, said) = run(acknowledgements, store, environment);
    assert_eq!(ended.signal(), Some(9), "the victim ended by itself: {said}");
    acknowledged
}

/// Runs the victim until it has acknowledged so much or ends by itself; what it said last comes
/// third.
fn run(
    acknowledgements: u64,
    store: &Path,
    environment: &[(&str, &Path)],
) -> (Acknowledged, ExitStatus, String) {
    let mut victim = Command::new(env::current_exe().unwrap())
        .args(["--exact", "power::victim", "--ignored", "--nocapture", "--test-threads=1"])
        .env(STORE, store)
        .envs(environment.iter().copied())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut acknowledged = Acknowledged::new();
    let (mut seen, mut last_words) = (0, String::new());
    for line in BufReader::new(victim.stdout.take().unwrap()).lines() {
        let line = line.unwrap();
        if let Some(end) = line.strip_prefix("end ") {
            end.clone_into(&mut last_words);
        }
        let Some(said) = line.strip_prefix("ack ") else { continue };
        // The kill may cut the last line short: a number without its end says less, never more.
        let Some((number, size)) = said.split_once(' ') else { continue };
        let Ok(size) = size.parse::<u64>() else { continue };
        let highest = acknowledged.entry(number.parse().unwrap()).or_default();
        *highest = size.max(*highest);
        seen += 1;
        if seen == acknowledgements {
            victim.kill().unwrap();
        }
    }
    let ended = victim.wait_with_output().unwrap();
    last_words += &String::from_utf8_lossy(&ended.stderr);
    (acknowledged, ended.status, last_words)
}

/// Nothing that was acknowledged is lost, nothing is there twice, and nothing else is there.
pub(crate) fn nothing_is_lost(store: &Path, acknowledged: &Acknowledged) {
    let log = PackedLog::open(store, &options()).unwrap();
    for (number, acknowledged) in acknowledged {
        let id = LogId::new(*number);
        log.verdict(id).unwrap();
        let size = log.head(id).size;
        assert!(size >= *acknowledged, "log {number}: {size} of {acknowledged}");
        let mut next = 1;
        log.scan(id, 0, &mut |position, bytes| {
            assert_eq!((position, bytes), (next, entry(*number, next).as_slice()));
            next += 1;
            ControlFlow::Continue(())
        })
        .unwrap();
        assert_eq!(next, size + 1);
    }
}

/// A number from the environment, for longer runs than the usual.
pub(crate) fn times(variable: &str, usual: u64) -> u64 {
    env::var(variable).ok().and_then(|set| set.parse().ok()).unwrap_or(usual)
}

/// A number that looks like chance and is the same in each run.
pub(crate) fn scattered(n: u64) -> u64 {
    (n + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 40
}

pub(crate) fn shim(dir: &Path) -> Result<PathBuf, String> {
    let library = dir.join("shim.so");
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/power/shim.c");
    let compiled = Command::new("cc")
        .args(["-shared", "-fPIC", "-O1", "-pthread", "-o"])
        .args([&library, &source])
        .output()
        .map_err(|error| format!("there is no C compiler: {error}"))?;
    if compiled.status.success() {
        Ok(library)
    } else {
        Err(format!("the shim does not compile: {}", String::from_utf8_lossy(&compiled.stderr)))
    }
}

/// What becomes of writes that nobody has synced when the power goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unsynced {
    /// They are gone; every other disk writes some of them before it is asked to, or half of one.
    Gone,
    /// Of each, some sectors have arrived and some have not, in any order.
    Torn,
}

impl Unsynced {
    /// How the shim is told.
    pub(crate) fn told(self, cut: u64) -> (&'static str, String) {
        match self {
            Unsynced::Gone => {
                ("CARESTORE_SHIM_EARLY", if cut % 10 < 5 { "0" } else { "3" }.to_owned())
            }
            Unsynced::Torn => {
                let seed = times("CARESTORE_TORN_SEED", 0) + cut;
                ("CARESTORE_SHIM_TORN", seed.to_string())
            }
        }
    }
}

/// Cuts the power again and again.
fn cut(unsynced: Unsynced, cuts: u64) {
    let dir = tempfile::tempdir().unwrap();
    let library = match shim(dir.path()) {
        Ok(library) => library,
        Err(why) => {
            skip(&why);
            return;
        }
    };
    let mut store = dir.path().join("0");
    let mut acknowledged = Acknowledged::new();
    for cut in 0..cuts {
        // Each cut is one in the life of a store that has seen up to four before.
        if cut % 5 == 0 {
            store = dir.path().join(format!("{cut}-begins"));
            fs::create_dir(&store).unwrap();
            acknowledged.clear();
        }
        let shadow = dir.path().join(format!("{cut}-shadow"));
        fs::create_dir(&shadow).unwrap();
        let (how, much) = unsynced.told(cut);
        let environment = [
            ("LD_PRELOAD", library.as_path()),
            ("CARESTORE_SHIM_FROM", store.as_path()),
            ("CARESTORE_SHIM_TO", shadow.as_path()),
            (how, Path::new(&much)),
        ];
        acknowledged.extend(kill_after(1 + scattered(cut) % 60, &store, &environment));
        fs::remove_dir_all(&store).unwrap();
        store = shadow.join("tree");
        assert!(store.is_dir(), "the shim was not loaded");
        eprintln!("{unsynced:?}, cut {cut}: {how}={much}");
        nothing_is_lost(&store, &acknowledged);
    }
}

#[test]
fn no_power_cut_loses_what_was_acknowledged() {
    cut(Unsynced::Gone, times("CARESTORE_CUTS", 50));
}

/// A disk writes 512 bytes at once, or none of them, and of what nobody has synced whatever it likes.
#[test]
fn no_torn_sector_loses_what_was_acknowledged() {
    cut(Unsynced::Torn, times("CARESTORE_TORN_CUTS", 30));
}

/// G8, on the real store: a full disk ends the log with a clear error, and what was acknowledged is
/// there as soon as there is room again.
#[test]
fn a_full_disk_loses_nothing_that_was_acknowledged() {
    let dir = tempfile::tempdir().unwrap();
    let library = match shim(dir.path()) {
        Ok(library) => library,
        Err(why) => {
            skip(&why);
            return;
        }
    };
    for n in 0..12 {
        let (store, shadow) = (dir.path().join(format!("{n}")), dir.path().join(format!("{n}-s")));
        fs::create_dir(&store).unwrap();
        fs::create_dir(&shadow).unwrap();
        let room = (scattered(n) % (64 << (n + 4))).to_string();
        let environment = [
            ("LD_PRELOAD", library.as_path()),
            ("CARESTORE_SHIM_FROM", store.as_path()),
            ("CARESTORE_SHIM_TO", shadow.as_path()),
            ("CARESTORE_SHIM_ROOM", Path::new(&room)),
        ];
        let (acknowledged, ended, said) = run(u64::MAX, &store, &environment);
        assert!(ended.success() && said.starts_with("DiskFull"), "room {room}: {ended}: {said}");
        nothing_is_lost(&store, &acknowledged);
    }
}
