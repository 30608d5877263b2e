//! A byte that rots in any file of the folder: what is served is the truth, or it is said that something is damaged.
//!
//! The files are listed from a folder with everything in it, so that a new kind cannot be missed. Each is changed in a copy of
//! that folder, before a start or right after it, and a process of its own (this test binary again) starts there and is asked
//! everything.

use std::{
    collections::BTreeMap,
    env, fs,
    io::Read,
    os::unix::fs::FileExt,
    path::Path,
    process::{Command, Stdio},
    sync::{
        Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use super::asked::{self, Answers};
use crate::{
    guards::copy,
    harness::run,
    power::{scattered, times},
};

/// The folder on which the process is to start.
const FOLDER: &str = "CARESTORE_FLIPPED_FOLDER";
/// What is done to which file once it has started.
const HARM: &str = "CARESTORE_FLIPPED_MEANWHILE";
/// A process that takes longer than this hangs.
const PATIENCE: Duration = Duration::from_mins(2);

/// What a file is, and what may come of a change in it beside the truth.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    /// The words that say what the folder is, and what its log is.
    Format,
    /// Room that is kept, the token for whoever runs the server, the end of a socket: nobody reads them.
    Unread,
    /// The open volume of the log.
    Volume,
    /// What was put there since it was synced.
    Wal,
    /// A closed one, or its index.
    Pack,
    /// How far a log reaches.
    Head,
    /// People's names and notes.
    Cards,
    /// How often those were changed.
    Mark,
    /// The server's secret, the operator's hash, the tokens.
    Secrets,
    /// The key that signs.
    Signing,
    /// What was signed.
    Checkpoints,
    /// What spares reading.
    Snapshot,
    /// What statements of earlier days are made of.
    Pages,
    /// Who has looked.
    Looks,
    /// When the last backup was made.
    Backup,
}

fn kind(file: &str) -> Kind {
    match file.split('/').collect::<Vec<_>>()[..] {
        ["format"] | ["log", "format"] => Kind::Format,
        ["log", "reserve"] | ["operator.token" | "operator.sock"] => Kind::Unread,
        ["log", "heads", _] => Kind::Head,
        ["log", volume, "wal"] if volume.starts_with("volume-") => Kind::Wal,
        ["log", volume, ..] if volume.starts_with("volume-") => Kind::Volume,
        ["log", pack, ..] if pack.starts_with("pack-") => Kind::Pack,
        ["cards", ..] => Kind::Cards,
        ["cards.mark"] => Kind::Mark,
        ["secret.key" | "operator.hash" | "tokens.jsonl"] | ["sums", _] => Kind::Secrets,
        ["signing", _] => Kind::Signing,
        ["checkpoints", _] => Kind::Checkpoints,
        ["snapshots", _] => Kind::Snapshot,
        ["derived", _] => Kind::Pages,
        ["looked", _] => Kind::Looks,
        ["last-backup.json"] => Kind::Backup,
        _ => panic!("{file} is of no kind that is known: say what becomes of it"),
    }
}

/// What is done to a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Harm {
    Flipped { at: usize, bit: u8 },
    Cut { to: usize },
}

/// Places in the head, the middle and the tail; of a small file, any.
fn harms(bytes: &[u8], seed: u64) -> Vec<Harm> {
    let used = bytes.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1);
    if used == 0 {
        return Vec::new();
    }
    let chance = |nth: u64, below: usize| {
        usize::try_from(scattered(seed.wrapping_mul(31) + nth)).unwrap() % below.max(1)
    };
    let flipped = |nth: u64, at: usize| Harm::Flipped { at, bit: 1 << chance(nth + 7, 8) };
    let third = used / 3;
    vec![
        flipped(1, chance(1, used.min(64))),
        flipped(2, third + chance(2, third)),
        flipped(3, used - 1 - chance(3, used.min(256))),
        flipped(4, chance(4, used)),
        Harm::Cut { to: used - 1 },
        Harm::Cut { to: chance(5, used) },
        Harm::Cut { to: 0 },
    ]
}

impl Harm {
    fn words(self) -> String {
        match self {
            Self::Flipped { at, bit } => format!("flipped {at} {bit}"),
            Self::Cut { to } => format!("cut {to}"),
        }
    }

    fn read(words: &str) -> Self {
        let words: Vec<&str> = words.split(' ').collect();
        match words[..] {
            ["flipped", at, bit] => {
                Self::Flipped { at: at.parse().unwrap(), bit: bit.parse().unwrap() }
            }
            ["cut", to] => Self::Cut { to: to.parse().unwrap() },
            _ => panic!("{words:?}"),
        }
    }

    /// In place, as a disk does it.
    fn befalls(self, file: &Path) {
        let file = fs::File::options().read(true).write(true).open(file).unwrap();
        // A start may have put a shorter file in its place by now.
        let length = file.metadata().unwrap().len();
        match self {
            Self::Flipped { at, bit } if length > 0 => {
                let (mut byte, at) = ([0], at as u64 % length);
                file.read_exact_at(&mut byte, at).unwrap();
                file.write_all_at(&[byte[0] ^ bit], at).unwrap();
            }
            Self::Flipped { .. } => {}
            Self::Cut { to } => file.set_len(length.min(to as u64)).unwrap(),
        }
    }
}

/// When it happens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum When {
    Before,
    Meanwhile,
}

/// Every file below a folder, by its path from there.
fn files(dir: &Path, within: &Path, found: &mut Vec<String>) {
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files(&path, within, found);
        } else if path.is_file() {
            found.push(path.strip_prefix(within).unwrap().to_str().unwrap().to_owned());
        }
    }
    found.sort();
}

#[test]
#[ignore = "the part of this binary that starts on a folder with a change in it"]
fn victim() {
    let Some(folder) = env::var_os(FOLDER) else { return };
    let harm = env::var(HARM).ok();
    let harm = harm.as_deref().and_then(|said| said.split_once('|'));
    run(async {
        let meanwhile = |data: &Path| {
            // The store may have put another file in its place by now.
            if let Some((file, words)) = harm.filter(|(file, _)| data.join(file).exists()) {
                Harm::read(words).befalls(&data.join(file));
            }
        };
        asked::twice(Path::new(&folder), meanwhile).await;
    });
}

/// Starts on a folder, and says what was answered, twice; or why it did not come to that. Something may befall a file once it
/// has started.
fn started(folder: &Path, meanwhile: Option<(&str, Harm)>) -> Vec<Answers> {
    let log = fs::File::create(folder.join("../journal")).ok();
    let mut victim = Command::new(env::current_exe().unwrap())
        .args(["--exact", "disk::flips::victim", "--ignored", "--nocapture", "--test-threads=1"])
        .env(FOLDER, folder)
        .envs(meanwhile.map(|(file, harm)| (HARM, format!("{file}|{}", harm.words()))))
        .stdout(Stdio::piped())
        .stderr(log.map_or_else(Stdio::null, Stdio::from))
        .spawn()
        .unwrap();
    let mut out = victim.stdout.take().unwrap();
    let heard = thread::spawn(move || {
        let mut said = String::new();
        out.read_to_string(&mut said).map(|_| said)
    });
    let began = Instant::now();
    while victim.try_wait().unwrap().is_none() {
        if began.elapsed() > PATIENCE {
            victim.kill().unwrap();
            victim.wait().unwrap();
            return vec![
                Answers::new(),
                BTreeMap::from([("hang".to_owned(), "it hangs".to_owned())]),
            ];
        }
        thread::sleep(Duration::from_millis(5));
    }
    let ended = victim.wait().unwrap();
    let mut answers = asked::read(&heard.join().unwrap().unwrap());
    if !ended.success() {
        let said = BTreeMap::from([("ended".to_owned(), ended.to_string())]);
        answers.push(said);
    }
    answers
}

/// What is wrong with the answers, if anything is.
fn judge(kind: Kind, truth: &Answers, answers: &[Answers]) -> Result<&'static str, String> {
    let mut seen = "the truth";
    let all = [("at once", answers.first()), ("after another start", answers.get(1))];
    for (when, answers) in all {
        let answers = answers.ok_or_else(|| format!("it says nothing {when}"))?;
        if let Some(refused) = answers.get(asked::REFUSED) {
            seen = "no start";
            if !["carestore-server ", "rm ", "cp ", "sed "]
                .iter()
                .any(|word| refused.contains(word))
            {
                return Err(format!("{when} it does not say what to do: {refused}"));
            }
            continue;
        }
        for (question, right) in truth {
            let answer = answers.get(question).map_or("(nothing)", String::as_str);
            if answer == right {
                continue;
            }
            let fine = match answer {
                "HISTORY_LOST" => matches!(
                    kind,
                    Kind::Volume
                        | Kind::Wal
                        | Kind::Pack
                        | Kind::Head
                        | Kind::Cards
                        | Kind::Checkpoints
                ),
                "INTERNAL" => kind == Kind::Pages && when == "at once" || kind == Kind::Looks,
                "CHECKPOINT_NOT_FOUND" => kind == Kind::Signing,
                // An alarm says that there is none.
                "None" => kind == Kind::Backup,
                _ => false,
            };
            if !fine {
                return Err(format!("{when} {question} is {answer} and not {right}"));
            }
            seen = "it is said";
        }
        if let Some(more) = answers.keys().find(|question| !truth.contains_key(*question)) {
            return Err(format!("{when} {more}: {}", answers[more]));
        }
    }
    if answers.len() > 2 { Err(format!("{:?}", answers[2])) } else { Ok(seen) }
}

type Case<'a> = (&'a Path, String, Harm, When);

/// So many of each kind, spread over all.
fn some(cases: Vec<Case<'_>>, each: u64, seed: u64) -> Vec<Case<'_>> {
    let mut kinds: BTreeMap<Kind, Vec<Case<'_>>> = BTreeMap::new();
    for case in cases {
        kinds.entry(kind(&case.1)).or_default().push(case);
    }
    let mut taken = Vec::new();
    for cases in kinds.into_values() {
        let many = cases.len() as u64;
        let every = many.div_ceil(each);
        let chosen = (0..).zip(cases).filter(|(nth, _)| (nth + seed).is_multiple_of(every));
        taken.extend(chosen.map(|(_, case)| case));
    }
    taken
}

/// What is harmed, kind by kind.
fn cases<'a>(folders: &[&'a Path], seed: u64) -> Vec<Case<'a>> {
    let mut cases = Vec::new();
    for (nth, whole) in (0_u64..).zip(folders) {
        let mut all = Vec::new();
        files(whole, whole, &mut all);
        for (file, at) in all.iter().zip(0_u64..) {
            let bytes = fs::read(whole.join(file)).unwrap();
            let harms = harms(&bytes, seed * 1_000 + nth * 500 + at);
            for (harm, nth) in harms.into_iter().zip(at..) {
                let when = if nth % 2 == 0 { When::Before } else { When::Meanwhile };
                cases.push((*whole, file.clone(), harm, when));
            }
        }
    }
    some(cases, times("CARESTORE_FLIPS", 3), seed)
}

/// What is answered where nothing was harmed.
fn truth(whole: &Path) -> Answers {
    let here = whole.with_extension("truth").join("data");
    copy(whole, &here);
    let answers = started(&here, None);
    assert!(answers.len() == 2 && answers[0] == answers[1], "{answers:?}");
    assert!(!answers[0].contains_key(asked::REFUSED), "{answers:?}");
    answers[0].clone()
}

/// `CARESTORE_FLIPS` of each kind, or three; another `CARESTORE_FLIP_SEED` makes others; `CARESTORE_TRACE` counts them.
#[test]
fn whatever_rots_the_truth_is_served_or_it_is_said() {
    let scratch = tempfile::tempdir().unwrap();
    let (stopped, killed) = (scratch.path().join("stopped"), scratch.path().join("killed"));
    run(async { asked::filled(&stopped, &killed).await });
    let truth = BTreeMap::from([&stopped, &killed].map(|whole| (&**whole, truth(whole))));
    let cases = cases(&[&stopped, &killed], times("CARESTORE_FLIP_SEED", 1));
    let next = AtomicUsize::new(0);
    let counted = Mutex::new(BTreeMap::<(Kind, &str), usize>::new());
    let wrong = Mutex::new(Vec::new());
    let at_work = || {
        loop {
            let nth = next.fetch_add(1, Ordering::SeqCst);
            let Some((whole, file, harm, when)) = cases.get(nth) else { return };
            let here = scratch.path().join(format!("{nth}"));
            let data = here.join("data");
            copy(whole, &data);
            let meanwhile = match when {
                When::Before => {
                    harm.befalls(&data.join(file));
                    None
                }
                When::Meanwhile => Some((&**file, *harm)),
            };
            match judge(kind(file), &truth[whole], &started(&data, meanwhile)) {
                Ok(came) => {
                    *counted.lock().unwrap().entry((kind(file), came)).or_default() += 1;
                }
                Err(why) => {
                    let said = format!("{} {file} {harm:?} {when:?}: {why}", whole.display());
                    wrong.lock().unwrap().push(said);
                }
            }
            fs::remove_dir_all(&here).unwrap();
        }
    };
    thread::scope(|scope| (0..2).for_each(|_| drop(scope.spawn(at_work))));
    let (wrong, counted) = (wrong.into_inner().unwrap(), counted.into_inner().unwrap());
    if env::var_os("CARESTORE_TRACE").is_some() {
        eprintln!("{} cases: {counted:?}", cases.len());
    }
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), cases.len(), wrong.join("\n"));
    assert!(counted.keys().any(|(_, came)| *came == "no start"));
    assert!(counted.keys().any(|(_, came)| *came == "it is said"));
}
