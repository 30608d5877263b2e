//! The shell around the rules: one writer, a log on disk, views for readers, gRPC.
//!
//! A request comes in by `gate` and `grpc`, waits its turn in `engine`, is decided by `ledger-core`, lies in `log` when
//! it is answered, and is read again through `views`. `boot` makes the same views from the log.

mod access;
mod auth;
mod background;
mod backup;
mod boot;
mod cards;
mod checkpoints;
mod clock;
mod config;
mod demo;
mod doctor;
mod door;
mod engine;
mod error;
mod format;
mod gate;
mod grpc;
mod guard;
mod house;
mod limits;
mod lobby;
mod log;
mod looks;
mod mark;
mod metrics;
mod obstacle;
mod operator;
mod replay;
mod room;
mod rotation;
mod scrub;
mod seals;
mod serve;
#[cfg(test)]
mod simulation;
mod snapshots;
mod status;
mod sums;
mod tls;
mod views;
mod warden;

pub use access::{Access, Denied, Reach, access};
pub use backup::{Backup, Step, backup, backup_by_steps};
pub use checkpoints::Signed;
pub use clock::{Clock, Jumped};
pub use config::{Command, Config, Demo, DevCerts, Doctor, Guard, Keys, Serve};
pub use demo::demo;
pub use doctor::{Finding, examine};
/// How this program was built: the commit, the compiler, and each package of the lock file with its version, a line each.
pub const BUILT: &str = include_str!(concat!(env!("OUT_DIR"), "/built.txt"));

pub use engine::{Answer, Engine, ImportAnswer, ImportJob, Submission};
pub use error::Error;
pub use guard::{Verdict, accept_loss, verdicts};
pub use house::{House, Opening};
pub use limits::{Limits, MESSAGE_BYTES as MAX_REQUEST};
pub use lobby::Lobby;
pub use log::{
    Act, Against, Arrival, Block, Care, Failure, Fate, Fates, Head, Log, LogError, LogId,
    LogOptions, Lost, MAX_ENTRY, MemoryLog, PackedLog, Pause, PowerCut, SimulatedDisk, Spot,
    Stretch, Vandal, Watch, Watchdog, Witness,
};
pub use metrics::{Metrics, Page};
pub use obstacle::Obstacle;
pub use replay::{Cores, Hashes, Verified, replay};
pub use rotation::{rotate_key, verifier_keys};
pub use scrub::Scrubbing;
pub use serve::{Serving, serve, until_told};
pub use tls::{Tls, dev_certs};
