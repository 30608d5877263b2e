//! Who looked: each look of somebody else at what is kept about a person, for that person to ask for.
//!
//! One token's looks by one method at one person are noted once an hour, with the first: what an app asks each minute stays a
//! few lines a day. A line is a second old, at most, before it is in its file and on the platter; a look is no entry of the
//! log, and no answer waits for it. Beside each file lies its mark, which says how long it is and its hash up to there: what
//! has rotted, or is cut off, is not taken for all there was.

use std::{
    collections::{BTreeMap, BTreeSet, btree_map::Entry},
    fs::{self, File, OpenOptions},
    io::{ErrorKind, Write},
    mem,
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use ledger_core::{MemberId, Timestamp};
use serde::{Deserialize, Serialize};

use crate::{
    auth::cannot,
    background::Background,
    error::Error,
    log::{LogId, make_folder, sync_folder},
    mark::{self, Mark, Said},
};

/// The folder of the looks, beside the log's.
const LOOKED: &str = "looked";
/// So often what was noted is written down.
const WRITE_EVERY: Duration = Duration::from_secs(1);
/// The same look within so many milliseconds is noted once.
const HOUR: i64 = 3_600_000;

/// Somebody has looked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Look {
    /// In milliseconds since 1970.
    pub(crate) at: i64,
    /// The number of the token. Empty: that of the first start.
    pub(crate) token: String,
    pub(crate) method: String,
    /// At whom. Nothing: at everybody.
    pub(crate) member: Option<u32>,
}

/// What was noted and is not written down yet, and what was noted within this hour.
#[derive(Default)]
struct Noted {
    waiting: Vec<(LogId, Look)>,
    hour: i64,
    seen: BTreeSet<(LogId, Option<u32>, &'static str, String)>,
}

/// The looks at the members of every co-op on this server.
pub(crate) struct Looks {
    dir: PathBuf,
    noted: Mutex<Noted>,
    /// One writes at a time.
    writing: Mutex<BTreeMap<LogId, Book>>,
}

/// One file, open to be added to.
struct Book {
    file: File,
    length: u64,
    hasher: blake3::Hasher,
    /// Nothing, where the file is not what was written: that stays said, until somebody has looked.
    mark: Option<Mark>,
}

impl Book {
    /// Opens the file, and begins one where there is none. A line that a crash has cut short is ended: nobody can read it.
    fn open(path: &Path) -> Result<Self, Error> {
        let sound = whole(path);
        if let Err(error) = &sound {
            tracing::error!(%error, "what was noted of looks is damaged");
        }
        let mark = match sound {
            Ok(_) => Some(Mark::open(&path.with_extension("mark"))?),
            Err(_) => None,
        };
        let before = read(path)?.unwrap_or_default();
        let mut options = OpenOptions::new();
        let file = options.append(true).create(true).mode(0o600).open(path);
        let file = file.map_err(|error| cannot("open", path, &error))?;
        path.parent().map_or(Ok(()), sync_folder)?;
        let mut hasher = blake3::Hasher::new();
        hasher.update(&before);
        let mut book = Self { file, length: before.len() as u64, hasher, mark };
        if before.last().is_some_and(|last| *last != b'\n') {
            book.add("").map_err(|error| cannot("write", path, &error))?;
        }
        Ok(book)
    }

    /// Adds a line. It is on the platter after [`Book::settle`].
    fn add(&mut self, line: &str) -> std::io::Result<()> {
        let line = format!("{line}\n");
        self.file.write_all(line.as_bytes())?;
        self.hasher.update(line.as_bytes());
        self.length = self.length.saturating_add(line.len() as u64);
        Ok(())
    }

    fn settle(&self) -> Result<(), Error> {
        self.file.sync_data().map_err(Error::internal)?;
        let hash = *self.hasher.finalize().as_bytes();
        let said = Said { number: self.length, hash };
        // Not in turn: how long it is may be odd or even.
        Ok(self.mark.as_ref().map_or(Ok(()), |mark| mark.write_twice(&said))?)
    }
}

fn read(path: &Path) -> Result<Option<Vec<u8>>, Error> {
    match fs::read(path) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(cannot("read", path, &error)),
    }
}

/// All of a file, if there is one. The error says that it is not what was written.
fn whole(path: &Path) -> Result<Option<Vec<u8>>, Error> {
    let bytes = read(path)?;
    let marking = path.with_extension("mark");
    let found = bytes.as_deref().unwrap_or_default();
    let fits = |said: &Said| {
        let length = usize::try_from(said.number).ok();
        let begin = length.and_then(|length| found.get(..length));
        begin.is_some_and(|begin| *blake3::hash(begin).as_bytes() == said.hash)
    };
    if mark::read(&marking)?.last().is_none_or(fits) {
        return Ok(bytes);
    }
    Err(Error::Internal(format!(
        "{} is not what was written, and who has looked at whom is not shown; to go on with the lines that can still be read: \
         rm {}",
        path.display(),
        marking.display()
    )))
}

impl Looks {
    /// The looks in a folder with everything in it.
    pub(crate) fn in_folder(data: &Path) -> Self {
        Self { dir: data.join(LOOKED), noted: Mutex::default(), writing: Mutex::default() }
    }

    /// Notes a look, unless the same was noted within the hour.
    pub(crate) fn note(
        &self,
        log: LogId,
        (token, method): (&str, &'static str),
        member: Option<MemberId>,
        now: Timestamp,
    ) {
        let at = now.unix_ms();
        let member = member.map(MemberId::get);
        let mut noted = self.noted();
        let hour = at.div_euclid(HOUR);
        if noted.hour != hour {
            noted.hour = hour;
            noted.seen.clear();
        }
        if noted.seen.insert((log, member, method, token.to_owned())) {
            let (token, method) = (token.to_owned(), method.to_owned());
            noted.waiting.push((log, Look { at, token, method, member }));
        }
    }

    /// Writes down, now and then, what was noted.
    pub(crate) fn write_now_and_then(self: Arc<Self>) -> Result<Background, Error> {
        Background::start("looks", move |told| {
            while told.rest(WRITE_EVERY).is_continue() {
                self.write();
            }
        })
    }

    /// Writes down what was noted. What the disk does not take waits for the next time, and the journal says so.
    pub(crate) fn write(&self) {
        let mut books = self.writing.lock().unwrap_or_else(PoisonError::into_inner);
        let waiting = mem::take(&mut self.noted().waiting);
        let mut logs: BTreeMap<LogId, Vec<Look>> = BTreeMap::new();
        for (log, look) in waiting {
            logs.entry(log).or_default().push(look);
        }
        for (log, looks) in logs {
            if let Err(error) = self.append(&mut books, log, &looks) {
                tracing::error!(%error, "who has looked at whom is not written down yet");
                // What was half written is not known: the next time begins by looking.
                books.remove(&log);
                let again = looks.into_iter().map(|look| (log, look));
                self.noted().waiting.splice(0..0, again);
            }
        }
    }

    fn noted(&self) -> MutexGuard<'_, Noted> {
        self.noted.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn append(
        &self,
        books: &mut BTreeMap<LogId, Book>,
        log: LogId,
        looks: &[Look],
    ) -> Result<(), Error> {
        let file = self.file(log);
        let book = match books.entry(log) {
            Entry::Occupied(open) => open.into_mut(),
            Entry::Vacant(place) => {
                make_folder(&self.dir)?;
                place.insert(Book::open(&file)?)
            }
        };
        for look in looks {
            let line = serde_json::to_string(look).map_err(Error::internal)?;
            book.add(&line).map_err(|error| cannot("write", &file, &error))?;
        }
        book.settle()
    }

    /// The looks at a member, numbered in order of time from 1; those at everybody with them.
    pub(crate) fn at(&self, log: LogId, member: MemberId) -> Result<Vec<(u64, Look)>, Error> {
        self.write();
        // Nobody writes meanwhile.
        let _writing = self.writing.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(bytes) = whole(&self.file(log))? else { return Ok(Vec::new()) };
        let mut looks = Vec::new();
        for (number, line) in (1..).zip(bytes.split(|byte| *byte == b'\n')) {
            // A line that a crash has cut short is no look that anybody could read.
            let Ok(look) = serde_json::from_slice::<Look>(line) else { continue };
            if look.member.is_none_or(|at| at == member.get()) {
                looks.push((number, look));
            }
        }
        Ok(looks)
    }

    fn file(&self, log: LogId) -> PathBuf {
        self.dir.join(format!("{log}.jsonl"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_look_is_kept_once_an_hour_and_outlives_a_restart() {
        let dir = tempfile::tempdir().unwrap();
        let looks = Looks::in_folder(dir.path());
        let (log, jean, other) =
            (LogId::new(1), MemberId::at(0).unwrap(), MemberId::at(1).unwrap());
        let minute = |nth: i64| Timestamp::from_unix_ms(HOUR * 500_000 + nth * 60_000);
        assert_eq!(looks.at(log, jean).unwrap(), []);
        for (nth, member) in
            [(0, Some(jean)), (1, Some(jean)), (2, Some(other)), (3, None), (61, Some(jean))]
        {
            looks.note(log, ("1f2e3d4c", "GetStatement"), member, minute(nth));
        }
        looks.note(LogId::new(2), ("", "GetStatement"), Some(jean), minute(4));
        let at = |looks: &Looks| -> Vec<(u64, i64)> {
            let found = looks.at(log, jean).unwrap();
            found.into_iter().map(|(number, look)| (number, look.at)).collect()
        };
        let expected = [(1, minute(0)), (3, minute(3)), (4, minute(61))];
        let expected = expected.map(|(number, time)| (number, time.unix_ms()));
        assert_eq!(at(&looks), expected);
        let file = looks.file(log);
        let mut torn = fs::read(&file).unwrap();
        torn.extend(b"{\"at\":1,");
        fs::write(&file, torn).unwrap();
        let again = Looks::in_folder(dir.path());
        assert_eq!(at(&again), expected);
        again.note(log, ("1f2e3d4c", "GetStatement"), Some(jean), minute(121));
        assert_eq!(at(&again).last(), Some(&(6, minute(121).unix_ms())), "behind the torn line");
        // Every byte that was written down is known again.
        let written = fs::read(&file).unwrap();
        for at in 0..written.len() {
            let mut rotten = written.clone();
            rotten[at] ^= 1;
            fs::write(&file, &rotten).unwrap();
            assert!(Looks::in_folder(dir.path()).at(log, jean).is_err(), "byte {at}");
            fs::write(&file, &written[..at]).unwrap();
            assert!(Looks::in_folder(dir.path()).at(log, jean).is_err(), "cut at {at}");
        }
        fs::remove_file(file.with_extension("mark")).unwrap();
        assert_eq!(at(&Looks::in_folder(dir.path())).len(), 4, "by the operator's word");
    }
}
