//! What has happened: one event for each entry, each by itself enough to say what moved.

mod kind;
mod moved;
mod sealed;

use serde::{Deserialize, Serialize};

pub use kind::EventKind;
pub use moved::{Counted, Moved, Movements};
pub use sealed::{REDUCER_VERSION, SealedTotals};

use crate::{
    account::{TimeAccount, Transfer},
    amount::{Items, Minutes, Pence},
    id::{AccountsRoot, CodeHash, FundId, MemberId, OfferId, OfficerId, PartyId, Position},
    key::{PublicKey, Signature},
    kinds::{
        CancelReason, CashSource, CashUse, DisputeReason, EvidenceGrade, GrantReason, Hat, Mandate,
        PartyKind, Powers, RespiteSide, ReversalReason, Role, SuspensionReason, TaskKind,
        VoucherReason,
    },
    policy::Values,
    text::{CoopName, Reference, Title},
    time::{Day, TimeOfDay, Timestamp},
};

/// Where the hours of a piece of help go.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum HoursDestination {
    /// The giver's own account.
    OwnAccount,
    /// The community pot.
    Pot,
    /// A named member's account.
    Member(MemberId),
}

/// Whether help was for one's own family, and whether it earns.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Kinship {
    /// Not of the giver's family: it earns.
    Neighbour,
    /// Of the giver's own family, and the policy of the day lets it earn.
    FamilyEarning,
    /// Of the giver's own family: recorded with thanks, and earns nothing.
    FamilyNotEarning,
}

/// A piece of help.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Help {
    /// Who gave it.
    pub giver: MemberId,
    /// Who was helped. Nothing: the community at large.
    pub receiver: Option<MemberId>,
    /// How long.
    pub minutes: Minutes,
    /// What kind of help.
    pub task: TaskKind,
    /// Where the hours go.
    pub destination: HoursDestination,
    /// Whether it was for one's own family.
    pub kinship: Kinship,
}

impl Help {
    /// The account that the hours go to.
    pub const fn credited(&self) -> TimeAccount {
        match self.destination {
            HoursDestination::OwnAccount => TimeAccount::Member(self.giver),
            HoursDestination::Pot => TimeAccount::Pot,
            HoursDestination::Member(member) => TimeAccount::Member(member),
        }
    }

    /// What moves when it counts: being helped costs the receiver nothing.
    fn transfer(&self) -> Option<Transfer> {
        match self.kinship {
            Kinship::Neighbour | Kinship::FamilyEarning => {
                Some(Transfer::time(TimeAccount::Commons, self.credited(), self.minutes))
            }
            Kinship::FamilyNotEarning => None,
        }
    }
}

/// Who covers a respite.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Cover {
    /// A member, whose account the hours go to.
    Member(MemberId),
    /// Staff of the co-op: the hours go back to the community.
    Staff,
}

impl Cover {
    /// The account that captured hours go to.
    pub const fn credited(self) -> TimeAccount {
        match self {
            Self::Member(member) => TimeAccount::Member(member),
            Self::Staff => TimeAccount::Commons,
        }
    }
}

/// How a promise of respite ended without being delivered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum RespiteEnding {
    /// Somebody cancelled.
    Cancelled {
        /// Who.
        by: RespiteSide,
        /// Why.
        reason: CancelReason,
    },
    /// Nobody could be found.
    NoCover,
    /// Somebody did not come.
    NoShow {
        /// Who.
        missing: RespiteSide,
    },
    /// Nothing was heard of it in time.
    Lapsed,
}

/// How freely a fund can be spent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum FundFreedom {
    /// For anything.
    Unrestricted,
    /// The board's own earmark.
    Designated,
    /// The donor's condition: only for this purpose.
    Restricted(Title),
}

/// What a reversal takes back beside the transfers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Undone {
    /// Nothing else.
    TransfersOnly,
    /// Minutes that counted towards the giver's cap of a day.
    GivenMinutes {
        /// The giver.
        giver: MemberId,
        /// The day.
        day: Day,
        /// So many.
        minutes: Minutes,
    },
    /// A membership's end.
    Leaving(MemberId),
    /// The valuation of a gift in kind, or the pledge of a business: the offer is no longer there.
    Offer(OfferId),
}

/// What has happened. The names are past tense; the ids that an event makes stand in it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "each field is said by its type and by the .proto of the log")]
pub enum Event {
    /// A co-op was founded, with its first policy and officer 1, a co-ordinator.
    CoopFounded { coop: CoopName, policy: Values },
    /// A policy was adopted anew.
    PolicyAdopted { version: u32, policy: Values, decided_by: Option<Title> },
    /// An officer was appointed.
    OfficerAppointed { officer: OfficerId, role: Role, member: Option<MemberId> },
    /// An officer's term ended.
    OfficerEnded { officer: OfficerId },
    /// The operator went on without entries that the store had lost.
    LossAccepted { first: Position, last: Position },
    /// A person was enrolled.
    MemberEnrolled {
        member: MemberId,
        hats: Vec<Hat>,
        reference: Option<Reference>,
        joined_on: Day,
    },
    /// A member wears other hats.
    HatsChanged { member: MemberId, hats: Vec<Hat> },
    /// A member was suspended.
    MemberSuspended { member: MemberId, reason: SuspensionReason },
    /// A suspension ended.
    MemberReinstated { member: MemberId },
    /// A membership ended; what was left went on, what was missing was made good by the community.
    MemberLeft { member: MemberId, settled: Option<Transfer> },
    /// A business or partner was registered.
    PartyRegistered { party: PartyId, title: Title, kind: PartyKind },
    /// Help was logged. It counts for nothing yet.
    HoursLogged { help: Help, confirm_by: Timestamp },
    /// Logged hours were confirmed: they count.
    HoursConfirmed { hours: Position, help: Help, logged: Minutes, evidence: EvidenceGrade },
    /// Logged hours were disputed.
    HoursDisputed { hours: Position, reason: DisputeReason },
    /// A dispute was resolved: so much counts, or nothing.
    HoursResolved { hours: Position, help: Help, counted: Option<Minutes> },
    /// Help was entered at once, with its evidence: it counts.
    HoursRecorded { help: Help, evidence: EvidenceGrade },
    /// A member gave hours to another, or to the pot.
    HoursGiven { from: MemberId, to: Option<MemberId>, minutes: Minutes },
    /// Hours of the pot were granted to a member.
    PotGranted { to: MemberId, minutes: Minutes, reason: GrantReason },
    /// A carer asked for respite: the minutes are held.
    RespiteRequested {
        carer: MemberId,
        minutes: Minutes,
        wanted_on: Day,
        start: Option<TimeOfDay>,
        lapse_at: Timestamp,
    },
    /// It was agreed who covers a respite: a member's time is held from `start` on `wanted_on`.
    CoverAgreed { respite: Position, cover: Cover, start: TimeOfDay },
    /// An agreement was taken back: the respite is asked for again.
    CoverWithdrawn { respite: Position, reason: CancelReason },
    /// A respite was delivered: the minutes went to the giver, what was held beyond them was released,
    /// what it took beyond what was held came out of the carer's account.
    RespiteDelivered {
        respite: Position,
        carer: MemberId,
        cover: Cover,
        held: Minutes,
        minutes: Minutes,
    },
    /// A respite came to nothing: what was held was released.
    RespiteEnded { respite: Position, carer: MemberId, held: Minutes, ending: RespiteEnding },
    /// A business pledged vouchers.
    OfferPledged {
        offer: OfferId,
        party: PartyId,
        title: Title,
        face_value: Pence,
        quantity: Items,
        valid_until: Day,
    },
    /// A voucher was issued; where the policy says exchange, minutes went to the pot for it.
    VoucherIssued {
        offer: OfferId,
        member: MemberId,
        reason: VoucherReason,
        code: CodeHash,
        lapse_at: Timestamp,
        price: Option<Minutes>,
    },
    /// A voucher was redeemed at the business.
    VoucherRedeemed { voucher: Position, offer: OfferId, member: MemberId },
    /// A voucher was cancelled: it is back in stock, and minutes that were given for it are back.
    VoucherCancelled { voucher: Position, offer: OfferId, member: MemberId, price: Option<Minutes> },
    /// A voucher lapsed by time.
    VoucherLapsed { voucher: Position, offer: OfferId, member: MemberId },
    /// A fund was opened.
    FundOpened { fund: FundId, title: Title, freedom: FundFreedom },
    /// Cash came into a fund.
    CashReceived {
        fund: FundId,
        source: CashSource,
        pence: Pence,
        party: Option<PartyId>,
        member: Option<MemberId>,
    },
    /// Cash went out of a fund.
    CashSpent {
        fund: FundId,
        spent_on: CashUse,
        pence: Pence,
        party: Option<PartyId>,
        member: Option<MemberId>,
    },
    /// A gift in kind was received.
    InKindReceived {
        offer: OfferId,
        party: Option<PartyId>,
        title: Title,
        quantity: Items,
        valuation: Option<Pence>,
    },
    /// A gift in kind was used.
    InKindUsed { offer: OfferId, quantity: Items },
    /// An entry was reversed: its transfers were mirrored.
    EntryReversed {
        entry: Position,
        reason: ReversalReason,
        transfers: Vec<Transfer>,
        undone: Undone,
        below_floor: Vec<MemberId>,
    },
    /// The state was sealed: what all accounts came to after the entry before this one.
    StateSealed {
        through: Position,
        accounts_root: AccountsRoot,
        totals: SealedTotals,
        reducer_version: u32,
    },
    /// Another key signs the checkpoints of this log; both keys have signed the change.
    SigningKeyRotated {
        old_key: PublicKey,
        new_key: PublicKey,
        old_signature: Signature,
        new_signature: Signature,
    },
    /// A person was named to represent a member: with these powers, and until the end of this day if one is set.
    RepresentativeNamed {
        member: MemberId,
        representative: MemberId,
        mandate: Mandate,
        powers: Powers,
        until: Option<Day>,
    },
    /// Somebody represents a member no more.
    RepresentativeEnded { member: MemberId, representative: MemberId },
}
