//! What is typed behind `carestore-server backup`.

use std::path::PathBuf;

use clap::Subcommand;

/// Backups: a folder with the log of each co-op as a bundle, and apart from it what is private.
#[derive(Clone, Debug, Subcommand)]
pub enum Backup {
    /// Make a backup, while the server runs or while it does not.
    Create {
        /// The folder with everything in it.
        #[arg(long, env = "CARESTORE_DATA", default_value = "carestore-data")]
        data: PathBuf,
        /// The folder to write the backup into: one that does not exist yet, or is empty. A running server writes it, with
        /// the rights of the user that it runs as.
        #[arg(long)]
        to: PathBuf,
    },
    /// Look whether a backup is whole and says what was signed. No server is needed.
    Verify {
        /// The folder of the backup.
        folder: PathBuf,
    },
    /// Make a server's folder from nothing but a backup.
    Restore {
        /// The folder of the backup.
        folder: PathBuf,
        /// The folder to make: one that does not exist yet, or is empty.
        #[arg(long, env = "CARESTORE_DATA", default_value = "carestore-data")]
        data: PathBuf,
        /// A checkpoint or a receipt that is newer than the backup, or the folder `checkpoints` that is left of the lost
        /// server's: up to there nothing is signed a second time. Can be given more than once.
        #[arg(long = "seen", value_name = "FILE")]
        seen: Vec<PathBuf>,
    },
}
