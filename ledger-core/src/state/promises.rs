//! What is open: logged hours, promised respite, vouchers, and the time that is held for a promise.

use serde::{Deserialize, Serialize};

use crate::{
    amount::Minutes,
    entry::Actor,
    event::{Cover, Help},
    id::{CodeHash, MemberId, OfferId, Position},
    kinds::VoucherReason,
    time::{Day, TimeOfDay, Timestamp},
};

/// Where logged hours stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum HoursStatus {
    /// Waiting for another person.
    Logged,
    /// Waiting for an officer.
    Disputed,
}

/// Logged hours that wait.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LoggedHours {
    /// The help.
    pub help: Help,
    /// The day on which it was given.
    pub occurred_on: Day,
    /// Who logged them.
    pub logged_by: Actor,
    /// Every member who stands behind the logging: the actor as a person, and for whom it was done.
    pub behind: Behind,
    /// Where they stand.
    pub status: HoursStatus,
    /// When the timer confirms them.
    pub confirm_by: Timestamp,
    /// The last entry that touched them.
    pub revision: Position,
}

/// The members who stand behind something: at most the one who acted, and the one for whom that was done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Behind {
    /// Who acted, as a person.
    pub person: Option<MemberId>,
    /// For whom.
    pub on_behalf_of: Option<MemberId>,
}

impl Behind {
    /// Whether this member stands behind it.
    pub fn contains(&self, member: &MemberId) -> bool {
        [self.person, self.on_behalf_of].contains(&Some(*member))
    }

    /// Each who does.
    pub fn iter(&self) -> impl Iterator<Item = MemberId> {
        self.person.into_iter().chain(self.on_behalf_of)
    }
}

/// Respite that is promised.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Promise {
    /// The family carer.
    pub carer: MemberId,
    /// Minutes held.
    pub held: Minutes,
    /// The day on which it is wanted.
    pub wanted_on: Day,
    /// When it starts.
    pub start: Option<TimeOfDay>,
    /// Who covers it. Nothing: nobody yet.
    pub cover: Option<Cover>,
    /// When it lapses.
    pub lapse_at: Timestamp,
    /// The last entry that touched it.
    pub revision: Position,
}

/// A voucher that is open.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpenVoucher {
    /// The offer that it is from.
    pub offer: OfferId,
    /// Who has it.
    pub member: MemberId,
    /// Why it was given.
    pub reason: VoucherReason,
    /// The keyed hash of its code.
    pub code: CodeHash,
    /// Minutes that were given for it.
    pub price: Option<Minutes>,
    /// The year towards whose caps it counts, unless it is cancelled.
    pub year: i32,
    /// When it lapses.
    pub lapse_at: Timestamp,
}

/// Time of a giver that is held.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Slot {
    /// The first minute after it, counted from the start of 1970.
    pub end: i64,
    /// What it is held for.
    pub respite: Position,
}

impl Promise {
    /// The giver's time that it holds, as first minute and first minute after, once it is known when it starts.
    pub(crate) fn slot(&self, start: TimeOfDay) -> (i64, i64) {
        let first = i64::from(self.wanted_on.number()) * 1440 + i64::from(start.minutes());
        (first, first.saturating_add(self.held.get()))
    }
}
