//! Who looked: each look of somebody else at what is kept about a person, for that person to ask for.
//!
//! One token's looks by one method at one person are noted once an hour, with the first: what an app asks each minute stays a
//! few lines a day. A line is a second old, at most, before it is in its file; a look is no entry of the log, and no answer
//! waits for it.

use std::{
    collections::BTreeSet,
    fs::{File, OpenOptions},
    io::{BufRead, BufReader, Write},
    mem,
    os::unix::fs::OpenOptionsExt,
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use ledger_core::{MemberId, Timestamp};
use serde::{Deserialize, Serialize};

use crate::{
    auth::cannot,
    background::Background,
    error::Error,
    log::{LogId, make_folder},
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
    writing: Mutex<()>,
}

impl Looks {
    /// The looks in a folder with everything in it.
    pub(crate) fn in_folder(data: &std::path::Path) -> Self {
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
        let mut noted = self.noted.lock().unwrap_or_else(PoisonError::into_inner);
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
        let _writing = self.writing.lock().unwrap_or_else(PoisonError::into_inner);
        let waiting = {
            let mut noted = self.noted.lock().unwrap_or_else(PoisonError::into_inner);
            mem::take(&mut noted.waiting)
        };
        for (at, (log, look)) in waiting.iter().enumerate() {
            if let Err(error) = self.append(*log, look) {
                tracing::error!(%error, "who has looked at whom is not written down yet");
                let rest = waiting.get(at..).unwrap_or_default().to_vec();
                let mut noted = self.noted.lock().unwrap_or_else(PoisonError::into_inner);
                noted.waiting.splice(0..0, rest);
                return;
            }
        }
    }

    fn append(&self, log: LogId, look: &Look) -> Result<(), Error> {
        make_folder(&self.dir)?;
        let file = self.file(log);
        let mut line = serde_json::to_string(look).map_err(Error::internal)?;
        line.push('\n');
        let opened = OpenOptions::new().append(true).create(true).mode(0o600).open(&file);
        opened
            .and_then(|mut file| file.write_all(line.as_bytes()))
            .map_err(|error| cannot("write", &file, &error))
    }

    /// The looks at a member, numbered in order of time from 1; those at everybody with them.
    pub(crate) fn at(&self, log: LogId, member: MemberId) -> Result<Vec<(u64, Look)>, Error> {
        self.write();
        let file = self.file(log);
        let opened = match File::open(&file) {
            Ok(opened) => opened,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(cannot("read", &file, &error)),
        };
        let mut looks = Vec::new();
        for (number, line) in (1..).zip(BufReader::new(opened).lines()) {
            let line = line.map_err(|error| cannot("read", &file, &error))?;
            // A line that a crash has cut short is no look that anybody could read.
            let Ok(look) = serde_json::from_str::<Look>(&line) else { continue };
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
    use std::fs;

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
        assert_eq!(at(&Looks::in_folder(dir.path())), expected);
    }
}
