//! An entry of the log: an event, with who did it, when, by what right and under which policy.

use serde::{Deserialize, Serialize};

use crate::{
    event::Event,
    id::{Fingerprint, MemberId, OfficerId, Position, RequestId, RowKey},
    kinds::{Authority, Channel},
    time::{Day, Timestamp},
};

/// Who acts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Actor {
    /// A member.
    Member(MemberId),
    /// An officer of the co-op.
    Officer(OfficerId),
    /// Whoever holds the code of a voucher.
    Bearer,
    /// Nobody: time did.
    Timer,
    /// The one who runs the server.
    Operator,
}

impl Actor {
    /// Whether it is a member, for themselves or for one whom they represent.
    pub const fn is_member(self) -> bool {
        match self {
            Self::Member(_) => true,
            Self::Officer(_) | Self::Bearer | Self::Timer | Self::Operator => false,
        }
    }
}

/// Who did it, by what right and by which road.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attribution {
    /// Who acted.
    pub actor: Actor,
    /// For whom, where it was an officer or a representative.
    pub on_behalf_of: Option<MemberId>,
    /// By what right.
    pub authority: Authority,
    /// By which road.
    pub channel: Channel,
}

/// The request that an entry answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Asked {
    /// Its id.
    pub id: RequestId,
    /// What it said.
    pub fingerprint: Fingerprint,
}

/// One entry of the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// From 1, without a gap.
    pub position: Position,
    /// The server's clock. Never goes back within a log.
    pub recorded_at: Timestamp,
    /// The day on which it happened, as the person said.
    pub occurred_on: Day,
    /// Who did it.
    pub by: Attribution,
    /// The version of the policy in force. Zero: the founding, which brings the first.
    pub policy_version: u32,
    /// The request that it answers. Nothing: time did it.
    pub asked: Option<Asked>,
    /// The step of an import that it is.
    pub row: Option<RowKey>,
    /// The reversed entry that it replaces.
    pub corrects: Option<Position>,
    /// What happened.
    pub event: Event,
}
