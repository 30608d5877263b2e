//! A start, from a process that begins to the first read that is answered: after a stop, without a snapshot, and after a
//! kill, with as many entries behind the newest snapshot as there can be. Each start is a process of its own.

use std::{
    env,
    fs::{self, File},
    io::{BufRead, BufReader, Read, Write, stdin},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::Instant,
};

use ledger_client::{Client, Options};
use ledger_core::Timestamp;
use ledger_proto::{stored, v1};
use ledger_server::{Block, Clock, House, Log, LogOptions, Opening, PackedLog, serve};

use crate::{
    Extent,
    fixture::{AT_A_TIME, Fixture, LOG},
    table::{Figures, each, on_disk, report},
};

/// The folder of a process that starts, the time by its clock, and what it is to append instead of serving.
const FOLDER: &str = "CARESTORE_BENCH_START_FOLDER";
const NOW: &str = "CARESTORE_BENCH_START_NOW";
const APPEND: &str = "CARESTORE_BENCH_START_APPEND";
/// The server leaves a snapshot behind so many entries at the latest.
const BEHIND: usize = 500_000;

/// A process that does as it is told, and a line that says how that went.
struct Started {
    child: Child,
    said: BufReader<std::process::ChildStdout>,
}

impl Started {
    fn new(folder: &Path, now: Timestamp, append: Option<&Path>) -> Started {
        let mut command = Command::new(env::current_exe().unwrap());
        command.env(FOLDER, folder).env(NOW, now.unix_ms().to_string());
        append.map(|file| command.env(APPEND, file));
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let said = BufReader::new(child.stdout.take().unwrap());
        Started { child, said }
    }

    /// The next word that it says.
    fn says(&mut self) -> String {
        let mut line = String::new();
        let _ = self.said.read_line(&mut line).unwrap();
        assert!(!line.is_empty(), "the process has ended");
        line.trim().to_owned()
    }

    fn stop(mut self) {
        // What it reads then is the end.
        drop(self.child.stdin.take());
        assert!(self.child.wait().unwrap().success());
    }

    fn kill(mut self) {
        self.child.kill().unwrap();
        let _ = self.child.wait().unwrap();
    }
}

/// The part of this program that is such a process, if it is one.
pub(crate) fn is_child() -> bool {
    let Some(folder) = env::var_os(FOLDER).map(PathBuf::from) else { return false };
    match env::var_os(APPEND) {
        Some(file) => append(&folder, Path::new(&file)),
        None => answer(&folder),
    }
    true
}

fn answer(folder: &Path) {
    let now = Timestamp::from_unix_ms(env::var(NOW).unwrap().parse().unwrap());
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let clock = Clock::by_hand(now);
        // The log may end long before.
        let opening = Opening { clock, confirm_clock: true, ..Opening::at(folder) };
        let serving = serve(House::open(&opening).unwrap(), ([127, 0, 0, 1], 0).into(), None);
        let serving = serving.await.unwrap();
        let token = fs::read_to_string(folder.join("operator.token")).unwrap();
        let options = Options { coop: "a-county".to_owned(), ..Options::default() };
        let url = format!("http://{}", serving.address());
        let client = Client::connect(&url, Some(token.trim()), options).unwrap();
        let statement = v1::GetStatementRequest {
            context: Some(client.read_context()),
            member: "members/1010".to_owned(),
            ..v1::GetStatementRequest::default()
        };
        let answer = client.get_statement(statement).await.unwrap();
        assert!(!answer.lines.is_empty());
        println!("{}", resident());
        let _ = stdin().read(&mut [0]).unwrap();
        serving.stop().await.unwrap();
    });
}

/// The memory of this process that is in use, in bytes.
pub(crate) fn resident() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kib = line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok());
    kib.unwrap_or(0) * 1024
}

fn append(folder: &Path, file: &Path) {
    let log = PackedLog::open(&folder.join("log"), &LogOptions::default()).unwrap();
    let mut rest = &fs::read(file).unwrap()[..];
    let mut entries = Vec::new();
    while let Some((length, after)) = rest.split_first_chunk() {
        let (entry, after) = after.split_at(usize::try_from(u32::from_le_bytes(*length)).unwrap());
        entries.push(entry.to_vec());
        rest = after;
    }
    write(&log, &entries);
    println!("appended");
    // Nobody says so: this is where it is killed.
    let _ = stdin().read(&mut [0]).unwrap();
}

fn write(log: &PackedLog, entries: &[Vec<u8>]) {
    for some in entries.chunks(AT_A_TIME) {
        let first = log.head(LOG).size + 1;
        log.append(&[Block { log: LOG, first, entries: some }]).unwrap();
    }
}

/// What the starts of one kind came to.
#[derive(Default)]
struct Kind {
    seconds: Figures,
    resident: Figures,
}

impl Kind {
    /// Starts, and says what it took until the answer.
    fn start(&mut self, folder: &Path, now: Timestamp) -> Started {
        let start = Instant::now();
        let mut started = Started::new(folder, now, None);
        let resident: u64 = started.says().parse().unwrap();
        self.seconds.push(start.elapsed().as_secs_f64());
        self.resident.push(each(resident, 1));
        started
    }
}

/// The log without its last entries, and the snapshot of a stop there. Nothing is served, so that no seal comes between.
fn first(fixture: &Fixture, entries: usize, folder: &Path) {
    let log = PackedLog::open(&folder.join("log"), &LogOptions::default()).unwrap();
    let mut some = Vec::with_capacity(AT_A_TIME);
    for entry in fixture.entries().take(entries) {
        some.push(entry.to_vec());
        if some.len() == AT_A_TIME {
            write(&log, &some);
            some.clear();
        }
    }
    write(&log, &some);
    drop(log);
    let last = fixture.entries().nth(entries - 1).unwrap();
    let clock = Clock::by_hand(stored::decode(last).unwrap().recorded_at);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        House::open(&Opening { clock, ..Opening::at(folder) }).unwrap().close().await;
    });
}

fn put(from: &Path, to: &Path) {
    let _ = fs::copy(from, to).unwrap();
}

/// A folder of its own, with the same entries: all but the last before the first starts, and those behind a snapshot.
pub(crate) fn measure(extent: &Extent, fixture: &Fixture, dir: &Path) {
    let folder = dir.join("start");
    fs::create_dir_all(&folder).unwrap();
    let count = fixture.ends.len();
    let before = count - BEHIND.min(count / 4);
    let now = fixture.last;
    first(fixture, before, &folder);
    let (snapshot, pages) = (folder.join("snapshots/1.snapshot"), folder.join("derived/1.pages"));
    let kept = [(&snapshot, dir.join("snapshot")), (&pages, dir.join("pages"))];
    for (file, copy) in &kept {
        put(file, copy);
    }
    let tail = dir.join("tail");
    let mut file = File::create(&tail).unwrap();
    for entry in fixture.entries().skip(before) {
        file.write_all(&u32::try_from(entry.len()).unwrap().to_le_bytes()).unwrap();
        file.write_all(entry).unwrap();
    }
    let mut appending = Started::new(&folder, now, Some(&tail));
    assert_eq!(appending.says(), "appended");
    appending.kill();
    let [mut without, mut stopped, mut killed] =
        [Kind::default(), Kind::default(), Kind::default()];
    for _ in 0..extent.runs {
        for (file, copy) in &kept {
            put(copy, file);
        }
        killed.start(&folder, now).kill();
    }
    for _ in 0..extent.runs {
        drop(fs::remove_file(&snapshot));
        without.start(&folder, now).stop();
        stopped.start(&folder, now).stop();
    }
    let sizes = [&snapshot, &pages].map(|file| fs::metadata(file).unwrap().len());
    let log = on_disk(&folder.join("log"));
    print(extent, (count, count - before), sizes, log, [without, stopped, killed]);
    fs::remove_dir_all(folder).unwrap();
    kept.iter()
        .map(|(_, copy)| copy)
        .chain([&tail])
        .for_each(|file| fs::remove_file(file).unwrap());
}

fn print(
    extent: &Extent,
    (count, behind): (usize, usize),
    [snapshot, pages]: [u64; 2],
    log: u64,
    kinds: [Kind; 3],
) {
    println!(
        "\nstart: a process, until a first statement is answered; {} runs, medians (lowest … highest)\n",
        extent.runs
    );
    let entries = format!("{:.1} bytes an entry", each(pages, count));
    println!(
        "  behind {count} entries: snapshot {:.2} MB ({:.1} bytes an entry), derived pages {:.1} MB ({entries}), log {:.1} MB\n",
        each(snapshot, 1_000_000),
        each(snapshot, count),
        each(pages, 1_000_000),
        each(log, 1_000_000),
    );
    let mut one = Figures::default();
    one.push(each(snapshot, count));
    report("start/snapshot", "bytes/entry", &one);
    let mut one = Figures::default();
    one.push(each(pages, count));
    report("start/derived pages", "bytes/entry", &one);
    println!(
        "  {:<34}{:>12}{:>12}{:>34}{:>30}",
        "", "entries", "replayed", "seconds", "resident, MB"
    );
    let names = ["without a snapshot", "after a stop", "after a kill"];
    for ((name, replayed), kind) in names.into_iter().zip([count, 0, behind]).zip(kinds) {
        report(&format!("start/{name}"), "s", &kind.seconds);
        report(&format!("start/{name}, resident"), "bytes", &kind.resident);
        println!(
            "  {name:<34}{count:>12}{replayed:>12}{:>34}{:>30}",
            kind.seconds.show(|seconds| format!("{seconds:.3}")),
            kind.resident.show(|bytes| format!("{:.0}", bytes / 1e6)),
        );
    }
    println!();
}
