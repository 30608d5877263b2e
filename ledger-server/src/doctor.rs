//! Looks at the folder and at the machine, and says in plain words what is well, what should be looked at, and what is wrong.

use std::{
    fmt,
    fs::{self, File},
    io::Write,
    os::unix::{
        fs::{MetadataExt, PermissionsExt},
        net::UnixStream,
    },
    path::Path,
    time::{Duration, Instant},
};

use crate::{
    backup,
    clock::{self, Clock},
    format,
    guard::verdicts,
    log::{LogOptions, free},
    tls::{Now, Tls},
};

/// What somebody should know of one thing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Finding {
    /// It is as it should be.
    Well(String),
    /// It works, and somebody should look at it.
    Look(String),
    /// It must be mended: what is said ends with how.
    Wrong(String),
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Well(said) => write!(f, "well   {said}"),
            Self::Look(said) => write!(f, "LOOK   {said}"),
            Self::Wrong(said) => write!(f, "WRONG  {said}"),
        }
    }
}

use Finding::{Look, Well, Wrong};

/// A sync that is faster than this never reached a platter: a good disk of today takes ten times as long.
const TOO_FAST: Duration = Duration::from_micros(10);
/// A sync that is slower than this makes everybody wait.
const SLOW: Duration = Duration::from_millis(50);
/// A backup that is older than so many days should be made again.
const BACKUP_DAYS: i64 = 7;
/// So many syncs are tried.
const TRIES: usize = 21;

/// Everything that can be looked at without changing anything. The server may be running or not.
pub fn examine(data: &Path, tls: Option<&Tls>) -> Vec<Finding> {
    if !data.is_dir() {
        let said = "is not there yet: carestore-server serve makes it at its first start";
        return vec![Look(format!("the folder {} {said}", data.display()))];
    }
    let mut found = permissions(data);
    found.push(room(data));
    found.push(sync(data));
    found.push(time(data));
    found.extend(guard(data));
    found.push(backups(data));
    found.extend(tls.map(certificates));
    found
}

/// What is private is its owner's alone, and the key to everything is not left lying about.
fn permissions(data: &Path) -> Vec<Finding> {
    let mut found = Vec::new();
    let open =
        |path: &Path| fs::metadata(path).is_ok_and(|what| what.permissions().mode() & 0o077 != 0);
    let private = [
        "operator.token",
        "operator.hash",
        "secret.key",
        "tokens.jsonl",
        "cards",
        "signing",
        "looked",
    ];
    let is_open = open(data);
    let bare: Vec<&str> =
        private.into_iter().filter(|name| is_open && open(&data.join(name))).collect();
    found.push(if bare.is_empty() {
        Well("nobody else on this machine can read what is private".to_owned())
    } else {
        Wrong(format!(
            "others on this machine can read {}: chmod -R go-rwx {}",
            bare.join(", "),
            data.display()
        ))
    });
    let mine = rustix::process::geteuid().as_raw();
    if let Ok(folder) = fs::metadata(data)
        && folder.uid() != mine
        && mine != 0
    {
        found.push(Look(format!(
            "the folder belongs to user {}, and you are user {mine}: become the user that the server runs as",
            folder.uid()
        )));
    }
    if data.join("operator.token").exists() {
        found.push(Look(format!(
            "{} may do everything: move it to where only you can read it, and hand out narrower tokens (carestore token create)",
            data.join("operator.token").display()
        )));
    }
    found
}

fn room(data: &Path) -> Finding {
    let least = LogOptions::default().min_free_bytes;
    match free(data) {
        Ok(bytes) if bytes < least => Wrong(format!(
            "only {} MB are free on the disk, and without {} MB the server does not start: make room",
            bytes >> 20,
            least >> 20
        )),
        Ok(bytes) if bytes < 4 * least => {
            Look(format!("{} MB are free on the disk: make room soon", bytes >> 20))
        }
        Ok(bytes) => Well(format!("{} MB are free on the disk", bytes >> 20)),
        Err(error) => Wrong(format!("{error}: is the disk there?")),
    }
}

/// Writes a little, and brings it to the platter, some times over.
fn sync(data: &Path) -> Finding {
    let path = data.join("doctor.tmp");
    let tried = (|| {
        let mut file = File::create(&path)?;
        let mut took = Vec::with_capacity(TRIES);
        for _ in 0..TRIES {
            let began = Instant::now();
            file.write_all(&[1; 512])?;
            file.sync_data()?;
            took.push(began.elapsed());
        }
        took.sort();
        Ok::<_, std::io::Error>(took.get(TRIES / 2).copied().unwrap_or_default())
    })();
    // Whatever came of it, nothing is left behind.
    let removed = fs::remove_file(&path);
    match (tried, removed) {
        (Ok(took), Ok(())) if took < TOO_FAST => Wrong(format!(
            "the disk says after {took:?} that what was written is safe, which no disk can do: it is a folder in memory, or one \
             that forgets when the power goes; use another"
        )),
        (Ok(took), Ok(())) if took > SLOW => {
            Look(format!("the disk takes {took:?} to make an entry safe: everybody waits for that"))
        }
        (Ok(took), Ok(())) => Well(format!("the disk takes {took:?} to make an entry safe")),
        (Err(error), _) | (Ok(_), Err(error)) => Wrong(format!(
            "cannot write in the folder: {error}; become the user that the server runs as"
        )),
    }
}

/// The clock beside the files: they were written in the past.
fn time(data: &Path) -> Finding {
    let now = Clock::machine().reading();
    let newest = ["checkpoints", "log", "snapshots"].iter();
    let newest = newest.filter_map(|name| clock::modified(&data.join(name))).max();
    let ahead = newest.unwrap_or_default().unix_ms().saturating_sub(now.unix_ms());
    if ahead > 3_600_000 {
        Wrong(format!(
            "the clock says {}, and files in the folder are newer by {} minutes: set the clock",
            now.day(),
            ahead / 60_000
        ))
    } else {
        Well(format!("the clock says {}, and nothing in the folder is newer", now.day()))
    }
}

/// Whether each log is the one that was acknowledged. A server that runs has looked itself.
fn guard(data: &Path) -> Vec<Finding> {
    if UnixStream::connect(data.join("operator.sock")).is_ok() {
        let said = "the server is running: whether all that was acknowledged is there, it looks itself (carestore_served at \
                    /metrics)";
        return vec![Well(said.to_owned())];
    }
    if let Err(error) = format::check(data) {
        return vec![Wrong(error.to_string())];
    }
    if !data.join("log").is_dir() {
        return vec![Well("there is no log yet".to_owned())];
    }
    match verdicts(data) {
        Ok(verdicts) if verdicts.is_empty() => vec![Well("there is no co-op yet".to_owned())],
        Ok(verdicts) => {
            let said = verdicts.into_iter().map(|(coop, verdict)| match verdict {
                Ok(()) => Well(format!("{coop}: all that was acknowledged is there")),
                Err(error) => Wrong(format!("{coop}: {error}")),
            });
            said.collect()
        }
        Err(error) => vec![Wrong(format!("the log cannot be opened: {error}"))],
    }
}

fn backups(data: &Path) -> Finding {
    let how = "carestore-server backup create --to FOLDER, and keep it on another disk";
    let Some(made) = backup::last(data) else {
        return Look(format!("no backup was ever made: {how}"));
    };
    let days = (Clock::machine().reading().unix_ms() - made.unix_ms()) / 86_400_000;
    if days >= BACKUP_DAYS {
        Look(format!("the last backup is {days} days old: {how}"))
    } else {
        Well(format!("the last backup was made on {}", made.day()))
    }
}

fn certificates(tls: &Tls) -> Finding {
    let lasts = match tls.check().and_then(|()| tls.lasts()) {
        Ok(lasts) => lasts,
        Err(error) => return Wrong(error.to_string()),
    };
    let (from, until) = (lasts.from.day(), lasts.until.day());
    let anew = "make it anew, put it in the place of the old one, and start the server again";
    match lasts.at(Clock::machine().reading()) {
        Now::Good => Well(format!(
            "the certificate and its key can be read and belong together, and are good until {until}"
        )),
        Now::EndsSoon => Look(format!("the certificate ends on {until}: {anew}")),
        Now::NotYet => Wrong(format!(
            "nobody believes the certificate before {from}: is the clock right? If it is, {anew}"
        )),
        Now::Over => Wrong(format!(
            "the certificate ended on {until}, and nobody believes it any more: {anew}"
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::house::{House, Opening};

    fn said(findings: &[Finding]) -> String {
        findings.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
    }

    #[tokio::test]
    async fn what_is_well_is_said_and_what_is_wrong_names_its_mend() {
        let dir = tempfile::tempdir().unwrap();
        let data = dir.path().join("data");
        assert!(matches!(&*examine(&data, None), [Look(_)]));
        House::open(&Opening::at(&data)).unwrap().close().await;
        let found = examine(&data, None);
        let wrong: Vec<_> = found.iter().filter(|finding| matches!(finding, Wrong(_))).collect();
        assert_eq!(wrong, Vec::<&Finding>::new());
        assert!(said(&found).contains("no backup was ever made"), "{}", said(&found));
        assert!(!data.join("doctor.tmp").exists());

        fs::set_permissions(&data, fs::Permissions::from_mode(0o755)).unwrap();
        let secret = data.join("secret.key");
        fs::set_permissions(&secret, fs::Permissions::from_mode(0o644)).unwrap();
        let found = examine(&data, None);
        assert!(
            said(&found).contains("WRONG  others on this machine can read"),
            "{}",
            said(&found)
        );
        assert!(said(&found).contains("chmod -R go-rwx"), "{}", said(&found));

        let tls =
            Tls { certificate: data.join("no.pem"), key: data.join("no.key"), client_ca: None };
        assert!(said(&examine(&data, Some(&tls))).contains("WRONG  TLS: cannot read"));
        let log = File::open(data.join("log")).unwrap();
        let tomorrow = log.metadata().unwrap().modified().unwrap() + Duration::from_hours(24);
        log.set_modified(tomorrow).unwrap();
        assert!(said(&examine(&data, None)).contains("set the clock"));
    }
}
