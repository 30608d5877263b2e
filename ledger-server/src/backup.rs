//! Backups: the log of each co-op as a bundle that an auditor takes, and apart from it what is nobody's business; made while
//! all goes on, looked through without a server, and restored into an empty folder.

mod ask;
mod cards;
mod create;
mod cut;
mod files;
mod last;
mod manifest;
mod restore;
mod seen;
mod socket;
mod tell;
mod typed;
mod verify;

use std::path::Path;

pub(crate) use cut::Source;
pub(crate) use last::last;
pub(crate) use socket::listen;
pub use typed::Backup;

use crate::{error::Error, format, log::LogError};

/// What has been done of a backup or a restore.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// So many entries of a co-op are there.
    Entries {
        /// Whose.
        coop: String,
        /// How many.
        done: u64,
        /// How many it will be.
        of: u64,
    },
    /// This file is there.
    File(String),
}

/// Hears of each step, and may end it all.
type Heard<'h> = dyn FnMut(Step) -> Result<(), Error> + 'h;

/// Does what was typed, and says in plain sentences what was done.
pub async fn backup(what: &Backup, say: &mut dyn FnMut(&str)) -> Result<(), Error> {
    backup_by_steps(what, say, &mut |_| Ok(())).await
}

/// The same for whoever wants to hear of each step, and to be able to end it there.
pub async fn backup_by_steps(
    what: &Backup,
    say: &mut dyn FnMut(&str),
    heard: &mut (dyn FnMut(Step) -> Result<(), Error> + Send),
) -> Result<(), Error> {
    match what {
        Backup::Create { data, to } => {
            let (data, to) = (files::absolute(data)?, files::absolute(to)?);
            let made = match ask::ask(&data, &to, heard).await? {
                Some(made) => made,
                None => alone(&data, &to, heard)?,
            };
            tell::made(&made, &to, say)
        }
        Backup::Verify { folder } => {
            let verified = tokio::task::block_in_place(|| verify::verify(folder, heard))?;
            tell::verified(&verified, folder, say);
            Ok(())
        }
        Backup::Restore { folder, data, seen } => {
            let (folder, data) = (files::absolute(folder)?, files::absolute(data)?);
            let restored = restore::restore(&folder, &data, seen, heard).await?;
            tell::restored(&restored, &folder, &data, say);
            Ok(())
        }
    }
}

/// Makes a backup of a folder in which no server is at work.
fn alone(data: &Path, to: &Path, heard: &mut Heard<'_>) -> Result<create::Made, Error> {
    format::check(data)?;
    if !data.join("log").is_dir() {
        return Err(Error::Internal(format!(
            "there is no ledger in {}: say with --data where it is",
            data.display()
        )));
    }
    let source = tokio::task::block_in_place(|| Source::still(data)).map_err(|error| {
        if !matches!(error, Error::Log(LogError::InUse(_))) {
            return error;
        }
        Error::Internal(format!(
            "a server is at work in {} and does not answer on its socket {}: it is still starting, or it could not open \
             that (its journal says why). Try again when it serves, or stop it for the time of the backup",
            data.display(),
            data.join(socket::SOCKET).display()
        ))
    })?;
    tokio::task::block_in_place(|| create::create(&source, to, heard))
}
