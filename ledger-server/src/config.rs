//! What was typed and what the environment says, parsed once.

use std::{net::SocketAddr, path::PathBuf};

use clap::{Args, Parser, Subcommand};

use crate::{backup::Backup, tls::Tls};

/// The Care Store ledger of a care co-op: every hour banked, every voucher, every respite, in a log that is never rewritten.
#[derive(Debug, Parser)]
#[command(
    name = "carestore-server",
    about,
    disable_version_flag = true,
    arg_required_else_help = true,
    args_conflicts_with_subcommands = true
)]
pub struct Config {
    /// Say which version this is.
    #[arg(short = 'V', long)]
    pub version: bool,
    /// With --version: how it was built, and of which packages.
    #[arg(long, requires = "version")]
    pub verbose: bool,
    /// What to do.
    #[command(subcommand)]
    pub command: Option<Command>,
}

/// What the server can do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Serve the co-ops in a folder.
    Serve(Serve),
    /// Found a sample co-op in a folder of its own, fill it with a simulated year, and serve it.
    Demo(Demo),
    /// Look at the folder and the machine, and say what is well and what is not. Nothing is changed.
    Doctor(Doctor),
    /// After a loss: go on without what the store has lost.
    #[command(subcommand)]
    Guard(Guard),
    /// Make certificates for trying TLS out. Nobody else trusts them.
    DevCerts(DevCerts),
    /// The keys that sign checkpoints, and by which they are checked.
    #[command(subcommand)]
    Keys(Keys),
    /// Backups: made while the server runs or while it does not, looked through, and restored.
    #[command(subcommand)]
    Backup(Backup),
}

/// The keys of a co-op's checkpoints.
#[derive(Clone, Debug, Subcommand)]
pub enum Keys {
    /// Print the keys by which checkpoints are checked, oldest first: hand them to members, auditors and witnesses.
    Show {
        /// The folder with everything in it.
        #[arg(long, env = "CARESTORE_DATA", default_value = "carestore-data")]
        data: PathBuf,
    },
    /// Let a new key sign from now on. It becomes an entry of the log, signed under both. Stop the server before.
    Rotate {
        /// The folder with everything in it.
        #[arg(long, env = "CARESTORE_DATA", default_value = "carestore-data")]
        data: PathBuf,
        /// The co-op.
        #[arg(long, env = "CARESTORE_COOP")]
        coop: String,
    },
}

/// How to serve.
#[derive(Clone, Debug, Args)]
pub struct Serve {
    /// The folder with everything in it. Made if it is not there.
    #[arg(long, env = "CARESTORE_DATA", default_value = "carestore-data")]
    pub data: PathBuf,
    /// Where to listen. Any address but this machine's own needs --tls-cert and --tls-key.
    #[arg(long, env = "CARESTORE_LISTEN", default_value = "127.0.0.1:50051")]
    pub listen: SocketAddr,
    /// The certificate chain, as PEM.
    #[arg(long, env = "CARESTORE_TLS_CERT", requires = "tls_key")]
    pub tls_cert: Option<PathBuf>,
    /// The certificate's key, as PEM.
    #[arg(long, env = "CARESTORE_TLS_KEY", requires = "tls_cert")]
    pub tls_key: Option<PathBuf>,
    /// Certificates of authorities, as PEM: whoever connects must show a certificate that one of them has signed, and a token.
    #[arg(long, env = "CARESTORE_TLS_CLIENT_CA", requires = "tls_cert")]
    pub tls_client_ca: Option<PathBuf>,
    /// Where figures of how the server does are shown over HTTP, at /metrics, with /livez and /readyz beside them; for example
    /// 127.0.0.1:9464. Not said: nowhere.
    #[arg(long, env = "CARESTORE_METRICS")]
    pub metrics: Option<SocketAddr>,
    /// Take the machine's clock as it is, even if it is far from the newest entry.
    #[arg(long)]
    pub confirm_clock: bool,
}

/// How to show the sample.
#[derive(Clone, Debug, Args)]
pub struct Demo {
    /// The folder of the sample. Made if it is not there; used again if it is.
    #[arg(long, env = "CARESTORE_DATA", default_value = "carestore-demo")]
    pub data: PathBuf,
    /// Where to listen.
    #[arg(long, env = "CARESTORE_LISTEN", default_value = "127.0.0.1:50051")]
    pub listen: SocketAddr,
    /// Fill the folder and stop, without serving.
    #[arg(long)]
    pub fill_only: bool,
    /// Another number makes another year.
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
}

/// What is looked at.
#[derive(Clone, Debug, Args)]
pub struct Doctor {
    /// The folder with everything in it.
    #[arg(long, env = "CARESTORE_DATA", default_value = "carestore-data")]
    pub data: PathBuf,
    /// The certificate chain of the server, as PEM.
    #[arg(long, env = "CARESTORE_TLS_CERT", requires = "tls_key")]
    pub tls_cert: Option<PathBuf>,
    /// The certificate's key, as PEM.
    #[arg(long, env = "CARESTORE_TLS_KEY", requires = "tls_cert")]
    pub tls_key: Option<PathBuf>,
}

/// Certificates for trying out.
#[derive(Clone, Debug, Args)]
pub struct DevCerts {
    /// The folder to make them in.
    #[arg(long, default_value = "certs")]
    pub out: PathBuf,
    /// A name or an address by which callers reach the server; once for each.
    #[arg(long = "host", default_values = ["localhost", "127.0.0.1", "::1"])]
    pub hosts: Vec<String>,
}

impl Serve {
    /// How connections are kept from others, if they are to be.
    pub fn tls(&self) -> Option<Tls> {
        let (certificate, key) = self.tls_cert.clone().zip(self.tls_key.clone())?;
        Some(Tls { certificate, key, client_ca: self.tls_client_ca.clone() })
    }
}

/// The guard that stands between a store and the loss of what was acknowledged.
#[derive(Clone, Debug, Subcommand)]
pub enum Guard {
    /// Say what each co-op's log has lost, if it has.
    Show {
        /// The folder with everything in it.
        #[arg(long, env = "CARESTORE_DATA", default_value = "carestore-data")]
        data: PathBuf,
    },
    /// Go on without it. It becomes an entry of the log, and can't be taken back.
    AcceptLoss {
        /// The folder with everything in it.
        #[arg(long, env = "CARESTORE_DATA", default_value = "carestore-data")]
        data: PathBuf,
        /// The co-op.
        #[arg(long, env = "CARESTORE_COOP")]
        coop: String,
    },
}
