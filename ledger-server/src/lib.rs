//! The shell around the rules: one writer, a log on disk, views for readers, gRPC.
//!
//! A request comes in by `gate` and `grpc`, waits its turn in `engine`, is decided by `ledger-core`, lies in `log` when
//! it is answered, and is read again through `views`. `boot` makes the same views from the log.

mod auth;
mod background;
mod backup;
mod boot;
mod cards;
mod checkpoints;
mod clock;
mod config;
mod demo;
mod engine;
mod error;
mod format;
mod gate;
mod grpc;
mod guard;
mod house;
mod log;
mod operator;
mod replay;
mod rotation;
mod scrub;
mod seals;
mod serve;
mod snapshots;
mod status;
mod views;
mod warden;

pub use auth::{Access, access};
pub use backup::{Backup, Step, backup, backup_by_steps};
pub use checkpoints::Signed;
pub use clock::{Clock, Jumped};
pub use config::{Command, Config, Demo, Guard, Keys, Serve};
pub use demo::demo;
pub use engine::{Answer, Engine, ImportAnswer, ImportJob, Submission};
pub use error::Error;
pub use guard::{Verdict, accept_loss, verdicts};
pub use house::{House, Opening};
pub use log::{
    Against, Block, Care, Head, Log, LogError, LogId, LogOptions, Lost, MAX_ENTRY, MemoryLog,
    PackedLog, Pause, SimulatedDisk, Stretch, Vandal, Watch, Watchdog, Witness,
};
pub use replay::{Cores, Hashes, Verified, replay};
pub use rotation::{rotate_key, verifier_keys};
pub use scrub::Scrubbing;
pub use serve::{Serving, serve, until_told};
