//! What may be asked: a request, and the command that it carries.

use crate::{
    amount::{Items, Minutes, Pence},
    entry::{Actor, Entry},
    event::{Cover, FundFreedom, Help},
    id::{
        AccountsRoot, CodeHash, Fingerprint, FundId, MemberId, OfferId, OfficerId, PartyId,
        Position, RequestId, RowKey,
    },
    key::{PublicKey, Signature},
    kinds::{
        CancelReason, CashSource, CashUse, Channel, DisputeReason, EvidenceGrade, GrantReason, Hat,
        Mandate, PartyKind, Powers, RespiteSide, ReversalReason, Role, SuspensionReason,
        VoucherReason,
    },
    policy::Values,
    text::{CoopName, Reference, Title},
    time::{Day, TimeOfDay, Timestamp},
};

/// What a guard speaks of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Thing {
    /// A member.
    Member(MemberId),
    /// Logged hours, a respite or a voucher, by the position of the entry that made it.
    Made(Position),
}

/// What a caller asks, with all that the decision needs: no rule looks anything up elsewhere.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// Made by the caller before sending, and kept over all tries.
    pub id: RequestId,
    /// Tells a retry from another use of the same id.
    pub fingerprint: Fingerprint,
    /// The server's clock, never before the newest entry's: see [`crate::State::stamp`].
    pub at: Timestamp,
    /// The day on which it happened. Nothing: the day of `at`.
    pub occurred_on: Option<Day>,
    /// Who asks.
    pub actor: Actor,
    /// For whom an officer or a representative asks.
    pub on_behalf_of: Option<MemberId>,
    /// The road that it came by.
    pub channel: Channel,
    /// Refuse unless the newest entry has this position.
    pub expected_position: Option<Position>,
    /// Refuse unless this thing was last touched by the entry at this position.
    pub expected_revision: Option<(Thing, Position)>,
    /// The reversed entry that this one replaces.
    pub corrects: Option<Position>,
    /// The step of an import that this is. History: the back-dating window and the second person do not apply.
    pub row: Option<RowKey>,
    /// What is asked for.
    pub command: Command,
}

/// How a voucher is named when it is redeemed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum VoucherKey {
    /// By its code, as the business types it.
    Code(CodeHash),
    /// By the entry that issued it, as an import knows it.
    Issued(Position),
}

/// What can be asked for, one variant for each way to change the ledger.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "the fields are those of the events, which say what they mean")]
pub enum Command {
    /// Found a co-op.
    FoundCoop { coop: CoopName, policy: Values },
    /// Adopt a policy anew.
    AdoptPolicy { policy: Values, decided_by: Option<Title> },
    /// Appoint an officer.
    AppointOfficer { role: Role, member: Option<MemberId> },
    /// End an officer's term.
    EndOfficer { officer: OfficerId },
    /// Go on without entries that the store has lost.
    AcceptLoss { first: Position, last: Position },
    /// Enrol a person.
    EnrolMember { hats: Vec<Hat>, reference: Option<Reference>, joined_on: Option<Day> },
    /// Give a member another set of hats.
    ChangeHats { member: MemberId, hats: Vec<Hat> },
    /// Suspend a member.
    SuspendMember { member: MemberId, reason: SuspensionReason },
    /// End a suspension.
    ReinstateMember { member: MemberId },
    /// End a membership.
    LeaveMember { member: MemberId, remaining_to: Option<MemberId> },
    /// Name a member's representative, or say anew what they may do and until when.
    NameRepresentative {
        member: MemberId,
        representative: MemberId,
        mandate: Mandate,
        powers: Powers,
        until: Option<Day>,
    },
    /// Say that somebody represents a member no more.
    EndRepresentative { member: MemberId, representative: MemberId },
    /// Register a business or partner.
    RegisterParty { title: Title, kind: PartyKind },
    /// Log help; it counts when another person has confirmed it.
    LogHours { help: Help },
    /// Confirm logged hours, as they are or with a change.
    ConfirmHours { hours: Position, minutes: Option<Minutes>, evidence: Option<EvidenceGrade> },
    /// Say that logged hours are not right.
    DisputeHours { hours: Position, reason: DisputeReason },
    /// Say how many minutes of disputed hours count.
    ResolveHours { hours: Position, minutes: Option<Minutes> },
    /// Enter help at once, with its evidence.
    RecordHours { help: Help, evidence: EvidenceGrade },
    /// Give hours to a member, or to the pot.
    GiveHours { from: MemberId, to: Option<MemberId>, minutes: Minutes },
    /// Grant hours of the pot to a member.
    GrantFromPot { to: MemberId, minutes: Minutes, reason: GrantReason },
    /// Ask for respite.
    RequestRespite { carer: MemberId, minutes: Minutes, wanted_on: Day, start: Option<TimeOfDay> },
    /// Agree who covers it.
    AgreeCover { respite: Position, cover: Cover, start: Option<TimeOfDay> },
    /// Take the agreement back.
    WithdrawCover { respite: Position, reason: CancelReason },
    /// Say that it was delivered.
    DeliverRespite { respite: Position, minutes: Minutes, cover: Option<Cover>, beyond: Beyond },
    /// Cancel it.
    CancelRespite { respite: Position, by: RespiteSide, reason: CancelReason },
    /// Say that nobody could be found.
    RecordNoCover { respite: Position },
    /// Say that somebody did not come.
    RecordNoShow { respite: Position, missing: RespiteSide },
    /// Record what a business pledges.
    PledgeOffer {
        party: PartyId,
        title: Title,
        face_value: Pence,
        quantity: Items,
        valid_until: Day,
    },
    /// Issue a voucher.
    IssueVoucher { offer: OfferId, member: MemberId, reason: VoucherReason, code: CodeHash },
    /// Redeem a voucher.
    RedeemVoucher { voucher: VoucherKey },
    /// Cancel a voucher.
    CancelVoucher { voucher: Position },
    /// Open a fund.
    OpenFund { title: Title, freedom: FundFreedom },
    /// Record cash received.
    ReceiveCash {
        fund: FundId,
        source: CashSource,
        pence: Pence,
        party: Option<PartyId>,
        member: Option<MemberId>,
    },
    /// Record cash spent.
    SpendCash {
        fund: FundId,
        spent_on: CashUse,
        pence: Pence,
        purpose: Option<Title>,
        party: Option<PartyId>,
        member: Option<MemberId>,
    },
    /// Record a gift in kind.
    ReceiveInKind {
        party: Option<PartyId>,
        title: Title,
        quantity: Items,
        valuation: Option<Pence>,
    },
    /// Record that a gift in kind was used.
    UseInKind { offer: OfferId, quantity: Items },
    /// Reverse an entry. The shell has looked the entry up; nothing: there is none.
    ReverseEntry { entry: Position, found: Option<Box<Entry>>, reason: ReversalReason },
    /// Seal the state. The shell has reckoned the root; nothing: it has not, and that is a mistake of the program.
    SealState { accounts_root: Option<AccountsRoot> },
    /// Let another key sign the checkpoints. Whoever asks has checked both signatures.
    RotateSigningKey {
        old_key: PublicKey,
        new_key: PublicKey,
        old_signature: Signature,
        new_signature: Signature,
    },
}

/// Whether the carer agrees to minutes beyond what was held.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Beyond {
    /// Not beyond what was held.
    Refused,
    /// The carer agrees, out of their balance.
    Agreed,
}
