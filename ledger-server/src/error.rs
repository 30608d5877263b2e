//! Everything that can go wrong in the service, as one list.

use std::{path::Path, sync::Arc, time::Duration};

use ledger_core::{Contradiction, Position, Reference, Rejection, Timestamp};
use ledger_proto::Malformed;

use crate::{
    access::Denied, clock::Jumped, limits::MESSAGE_BYTES, log::LogError, obstacle::Obstacle,
};

/// Why a request is not answered as it was meant.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A field is missing or cannot be read.
    #[error(transparent)]
    Malformed(#[from] Malformed),
    /// The ledger says no.
    #[error(transparent)]
    Rejected(#[from] Rejection),
    /// No member has this reference.
    #[error("no member has the reference {0}")]
    ReferenceNotFound(Reference),
    /// There is no such policy.
    #[error("there is no policy of version {0}")]
    PolicyNotFound(i64),
    /// Nothing has been sealed that could prove the balance.
    #[error(
        "the state has not been sealed since this account first moved: seal it, then ask again"
    )]
    NotSealed,
    /// No entry is known to answer a request id.
    #[error("no entry of the last 35 days answers this request id: ask by the position")]
    RequestUnknown,
    /// No checkpoint was published for a size.
    #[error("no checkpoint was published for {asked} entries: the newest is for {newest}")]
    CheckpointNotFound {
        /// The size that was asked for.
        asked: u64,
        /// That of the newest.
        newest: u64,
    },
    /// No token was sent.
    #[error("no token was sent; send it as metadata, authorization: Bearer cst_…")]
    TokenMissing,
    /// The token is not one of this server's.
    #[error("this token is not known here")]
    TokenUnknown,
    /// The token has ended by itself.
    #[error("this token ended on {}: ask whoever runs the server for a new one", .0.day())]
    TokenExpired(Timestamp),
    /// Somebody has ended the token.
    #[error("this token was revoked: ask whoever runs the server for a new one")]
    TokenRevoked,
    /// There is no such token.
    #[error("there is no such token: a list of tokens gives their names")]
    TokenNotFound,
    /// The token is one of this server's, and not for this.
    #[error(transparent)]
    Denied(Denied),
    /// Too many tries.
    #[error("too many tries; wait a little")]
    RateLimited(Duration),
    /// A message that is longer than any that makes sense.
    #[error("the message has more than {MESSAGE_BYTES} bytes: send it in pieces")]
    MessageTooLarge,
    /// More streams than one caller, or all together, may have open.
    #[error("there are {most} streams open, which is the most: end one first")]
    TooManyStreams {
        /// How many may be open.
        most: usize,
    },
    /// Whoever follows has taken nothing for too long.
    #[error("nothing of this stream was taken for {} s: go on from the last position that you have", .0.as_secs())]
    FellBehind(Duration),
    /// The writer has more waiting than it can take.
    #[error("the ledger is busy; try again with the same request id")]
    Busy,
    /// There is next to no room on the disk.
    #[error(
        "the disk of the ledger is nearly full: nothing is written until whoever runs the server has made room, and \
         everything can be read; then try again with the same request id"
    )]
    NoRoom,
    /// The caller's own deadline has passed. What was submitted runs to its end all the same.
    #[error(
        "the deadline has passed, and the outcome is not known here; the same request id finds it out"
    )]
    Deadline,
    /// The server reads its logs.
    #[error("the server is starting: it reads its logs; try again in a moment")]
    Starting,
    /// The server is stopping.
    #[error("the server is stopping; try again with the same request id")]
    Stopping,
    /// A position that has not been reached.
    #[error("position {asked} has not been reached: the newest is {head}")]
    BeyondHead {
        /// What was asked for.
        asked: Position,
        /// The newest.
        head: Position,
    },
    /// Some of what was published is lost: up to there, nothing is signed a second time.
    #[error(
        "no checkpoint is signed up to position {through}, since one was published there whose entries are lost"
    )]
    NotSigned {
        /// How far the lost checkpoints reached.
        through: Position,
    },
    /// The key that signs is not there, or is not the one that signed before.
    #[error("no checkpoint is signed: {0}")]
    CannotSign(String),
    /// The co-op is not served, because its log has lost something.
    #[error("this co-op is not served: {0}")]
    Lost(Arc<LogError>),
    /// The wall clock has jumped.
    #[error("nothing is written: {0}")]
    ClockJumped(#[from] Jumped),
    /// The log does not obey.
    #[error(transparent)]
    Log(#[from] LogError),
    /// The log is not what the ledger wrote.
    #[error(transparent)]
    Contradiction(#[from] Contradiction),
    /// The entries are those that were recorded, and this program cannot make sense of them.
    #[error("{0}")]
    Unreadable(String),
    /// What was made of the log and is kept beside it is damaged. The log is not.
    #[error(
        "what the server keeps beside the log to answer this is damaged; the log itself is not: restart the server, and it \
         is made again"
    )]
    Derived,
    /// The folder is not served: see there.
    #[error(transparent)]
    Obstacle(#[from] Obstacle),
    /// A mistake of this program, or of the machine.
    #[error("{0}")]
    Internal(String),
}

impl Error {
    /// A mistake of this program or of the machine, in words.
    #[allow(clippy::needless_pass_by_value, reason = "map_err gives its errors away")]
    pub(crate) fn internal(what: impl ToString) -> Self {
        Self::Internal(what.to_string())
    }

    /// The same, where it keeps a folder from being served.
    pub(crate) fn at_start(self, data: &Path) -> Self {
        let data = data.to_owned();
        let obstacle = match self {
            Self::Obstacle(obstacle) => obstacle,
            Self::Log(error) => Obstacle::Log { data, error },
            Self::ClockJumped(jumped) => Obstacle::ClockOff { why: jumped.to_string() },
            Self::Contradiction(contradiction) => {
                Obstacle::Entries { data, why: contradiction.to_string() }
            }
            Self::Unreadable(why) => Obstacle::Entries { data, why },
            Self::Malformed(malformed) => Obstacle::Entries { data, why: malformed.to_string() },
            // All others are answers to callers, of whom there are none yet.
            Self::Internal(_)
            | Self::Rejected(_)
            | Self::ReferenceNotFound(_)
            | Self::PolicyNotFound(_)
            | Self::NotSealed
            | Self::RequestUnknown
            | Self::CheckpointNotFound { .. }
            | Self::TokenMissing
            | Self::TokenUnknown
            | Self::TokenExpired(_)
            | Self::TokenRevoked
            | Self::TokenNotFound
            | Self::Denied(_)
            | Self::RateLimited(_)
            | Self::MessageTooLarge
            | Self::TooManyStreams { .. }
            | Self::FellBehind(_)
            | Self::Busy
            | Self::NoRoom
            | Self::Deadline
            | Self::Starting
            | Self::Stopping
            | Self::BeyondHead { .. }
            | Self::NotSigned { .. }
            | Self::CannotSign(_)
            | Self::Lost(_)
            | Self::Derived => Obstacle::Machine { data, why: self.to_string() },
        };
        obstacle.into()
    }
}
