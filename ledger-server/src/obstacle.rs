//! Why a folder is not served, as one list: what is wrong, and the command that goes on from there.

use std::{fmt, net::SocketAddr, path::PathBuf};

use crate::{log::LogError, sums::sum};

/// Why the server does not start. What is shown ends with what goes on from there.
#[derive(Debug)]
pub enum Obstacle {
    /// A restore was broken off.
    HalfRestored {
        /// The folder with everything in it.
        data: PathBuf,
        /// The command that restores it from the beginning.
        again: String,
    },
    /// The acceptance of a loss was broken off.
    LossBegun {
        /// The folder with everything in it.
        data: PathBuf,
        /// Whose loss it was.
        coop: String,
    },
    /// A later version of this program wrote the folder.
    NewerFolder {
        /// The folder with everything in it.
        data: PathBuf,
        /// The version that it says.
        found: u32,
        /// The newest that this program reads.
        known: u32,
    },
    /// The folder does not say its version in words that anybody wrote.
    FormatDamaged {
        /// Where it should.
        file: PathBuf,
    },
    /// There was a log, and it is not there.
    LogGone {
        /// The folder with everything in it.
        data: PathBuf,
        /// What was made after it, and is there.
        left: &'static str,
    },
    /// There is a log, and nothing is in it that is known to have been there.
    LogEmptied {
        /// The folder with everything in it.
        data: PathBuf,
    },
    /// The cards lack what was written into them.
    CardsBehind {
        /// The folder with everything in it.
        data: PathBuf,
        /// The file that knows how often they were changed.
        mark: PathBuf,
    },
    /// The secret of fingerprints and voucher codes is not the one that was made.
    SecretDamaged {
        /// The folder with everything in it.
        data: PathBuf,
    },
    /// What knows the operator's token again is not what was written.
    TokenHashDamaged {
        /// The folder with everything in it.
        data: PathBuf,
    },
    /// The tokens that were handed out are not those that were written.
    TokensChanged {
        /// The folder with everything in it.
        data: PathBuf,
    },
    /// A line of the tokens is none.
    TokensDamaged {
        /// Where they are.
        file: PathBuf,
        /// Which line.
        line: usize,
    },
    /// The machine's clock is not believed.
    ClockOff {
        /// What was found, and what to do.
        why: String,
    },
    /// Others could reach the server without TLS.
    Open {
        /// Where it was to listen.
        listen: SocketAddr,
    },
    /// The address is taken, or is not this machine's.
    NotListening {
        /// The flag that named it.
        flag: &'static str,
        /// Where it was to listen.
        listen: SocketAddr,
        /// What the system said.
        why: String,
    },
    /// The certificate, its key, or the authority of callers cannot be used.
    Certificates {
        /// What was found.
        why: String,
    },
    /// The log, or the store of the cards, does not open.
    Log {
        /// The folder with everything in it.
        data: PathBuf,
        /// Why.
        error: LogError,
    },
    /// The entries are those that were recorded, and this program cannot make sense of them.
    Entries {
        /// The folder with everything in it.
        data: PathBuf,
        /// What was found.
        why: String,
    },
    /// The system does not do what is asked of it.
    Machine {
        /// The folder with everything in it.
        data: PathBuf,
        /// What it was, and what the system said.
        why: String,
    },
}

impl std::error::Error for Obstacle {}

impl fmt::Display for Obstacle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.what())?;
        match self.way_on() {
            Some(way_on) => write!(f, "; {way_on}"),
            None => Ok(()),
        }
    }
}

impl Obstacle {
    /// What is wrong.
    fn what(&self) -> String {
        match self {
            Self::HalfRestored { data, again: _ } => format!(
                "a backup was being restored into {} when that was broken off, and what is there is not whole",
                data.display()
            ),
            Self::LossBegun { data: _, coop } => {
                format!("a loss of {coop} was being accepted when the server last ended")
            }
            Self::NewerFolder { data, found, known } => format!(
                "{} was written by a newer version of carestore-server (format {found}; this one reads up to {known})",
                data.display()
            ),
            Self::FormatDamaged { file } => format!(
                "{} is damaged: it does not say which version the folder has",
                file.display()
            ),
            Self::LogGone { data, left } => format!(
                "there is no log in {}, and there was one, since {left} is there beside it: the log is lost, or its disk is \
                 not mounted",
                data.display()
            ),
            Self::LogEmptied { data } => format!(
                "the log in {} has no entries, and there were some, as is known beside it: it was emptied, or another disk \
                 is mounted in its place",
                data.display()
            ),
            Self::CardsBehind { data, mark } => format!(
                "{} lacks names or notes that were written into it, as {} knows: it is damaged, or an old copy, or its disk \
                 is not mounted",
                data.join("cards").display(),
                mark.display()
            ),
            Self::SecretDamaged { data } => format!(
                "{} is damaged: it is not the secret that was made",
                data.join("secret.key").display()
            ),
            Self::TokenHashDamaged { data } => format!(
                "{} is damaged: it is not the hash that was written",
                data.join("operator.hash").display()
            ),
            Self::TokensChanged { data } => format!(
                "{} is not there, or not what the server has written: it is damaged, or somebody has changed it",
                data.join("tokens.jsonl").display()
            ),
            Self::TokensDamaged { file, line } => {
                format!("line {line} of {} is not a token", file.display())
            }
            Self::Open { listen } => format!(
                "{listen} can be reached from other machines, and without TLS anybody between could read and change what is \
                 said"
            ),
            Self::NotListening { flag, listen, why } => {
                format!("cannot listen on {listen} for {flag}: {why}")
            }
            Self::Certificates { why } => format!("TLS: {why}"),
            Self::Log { data: _, error } => error.to_string(),
            Self::ClockOff { why }
            | Self::Entries { data: _, why }
            | Self::Machine { data: _, why } => why.clone(),
        }
    }

    /// What goes on from there, where what is wrong does not say it already.
    fn way_on(&self) -> Option<String> {
        let restore = "restore a backup into a new folder: carestore-server backup restore BACKUP --data FOLDER";
        let said = match self {
            Self::HalfRestored { data, again } => {
                format!("remove the folder and restore again: rm -r {} && {again}", data.display())
            }
            Self::LossBegun { data, coop } => format!(
                "say it again to end it: carestore-server guard accept-loss --data {} --coop {coop}",
                data.display()
            ),
            Self::NewerFolder { .. } => {
                format!("install the newer version again, or {restore}, of before that version")
            }
            Self::FormatDamaged { file } => format!(
                "if no newer carestore-server was ever at work in it, remove that file and start again, and it is written \
                 anew: rm {}",
                file.display()
            ),
            Self::LogGone { data, left: _ } | Self::LogEmptied { data } => format!(
                "look first whether its disk is mounted: findmnt --target {}, and start again when it is; where it is lost, \
                 {restore}",
                data.join("log").display()
            ),
            Self::CardsBehind { data, mark } => format!(
                "look first whether its disk is mounted: findmnt --target {}, and start again when it is; where they are \
                 lost, {restore}; or go on with the names and notes that are there: rm {}",
                data.join("cards").display(),
                mark.display()
            ),
            Self::SecretDamaged { data } => {
                let (file, sum) = (data.join("secret.key"), sum(data, "secret.key"));
                let (data, file, sum) = (data.display(), file.display(), sum.display());
                format!(
                    "put it back from a backup: cp BACKUP/private/secret.key {data}; if there is none, the next start makes \
                     another, and the codes of vouchers that were handed out are void: rm -f {file} {sum}"
                )
            }
            Self::TokenHashDamaged { data } => format!(
                "remove it, and the next start writes a new operator's token: rm {}",
                data.join("operator.hash").display()
            ),
            Self::TokensChanged { data } => {
                let sum = sum(data, "tokens.jsonl");
                let (data, sum) = (data.display(), sum.display());
                format!(
                    "put it back from a backup, and remove its sum: cp BACKUP/private/tokens.jsonl {data} && rm {sum}; or, if \
                     you know that it is as it should be, or that there is none: rm {sum}"
                )
            }
            Self::TokensDamaged { file, line } => format!(
                "put the file back from a backup (private/tokens.jsonl), or take the line out, and hand out a new token in its \
                 place: sed -i {line}d {}",
                file.display()
            ),
            Self::Open { listen } => format!(
                "give --tls-cert FILE and --tls-key FILE (to try it out: carestore-server dev-certs --out certs --host NAME, \
                 and then --tls-cert certs/server.pem --tls-key certs/server.key), or listen on 127.0.0.1:{}",
                listen.port()
            ),
            Self::NotListening { flag, listen, why: _ } => format!(
                "is the server running twice? See who has it: ss -ltnp 'sport = :{}', or name another address with {flag}",
                listen.port()
            ),
            Self::Certificates { why: _ } => {
                "name files that are PEM and belong together with --tls-cert and --tls-key (to try it out: carestore-server \
                 dev-certs --out certs --host NAME)"
                    .to_owned()
            }
            Self::Log { data, error } => return after(error, &data.display().to_string()),
            Self::Entries { data: _, why: _ } => format!(
                "was a newer version at work here? Install it again; if not, {restore}"
            ),
            Self::Machine { data, why: _ } => doctor(&data.display().to_string()),
            // The clock says it itself.
            Self::ClockOff { why: _ } => return None,
        };
        Some(said)
    }
}

fn doctor(data: &str) -> String {
    format!(
        "look what is wrong with the folder or the machine: carestore-server doctor --data {data}"
    )
}

/// What goes on where a store does not open, if it does not say so itself.
fn after(error: &LogError, data: &str) -> Option<String> {
    match error {
        LogError::Io { .. }
        | LogError::Unfit(_)
        | LogError::OutOfOrder { .. }
        | LogError::EntryTooLarge { .. } => Some(doctor(data)),
        LogError::InUse(_) => Some(format!(
            "end the other first: systemctl stop carestore-server, or see who it is: fuser -v {data}/log/*/db"
        )),
        LogError::NewerFormat { .. } => Some(
            "or restore a backup of before that version into a new folder: carestore-server backup restore BACKUP --data FOLDER"
                .to_owned(),
        ),
        LogError::Poisoned
        | LogError::Store { .. }
        | LogError::Behind { .. }
        | LogError::Differs { .. }
        | LogError::HeadMissing { .. }
        | LogError::FormatDamaged { .. }
        | LogError::DiskFull { .. } => None,
    }
}
