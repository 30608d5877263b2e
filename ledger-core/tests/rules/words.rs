//! Short words for what these tests ask: people, days, amounts and commands.

use ledger_core::{
    AccountsRoot, Beyond, CancelReason, CashSource, CashUse, CodeHash, Command, Cover, Day,
    DisputeReason, EvidenceGrade, FundFreedom, FundId, GrantReason, Hat, Help, HoursDestination,
    Items, Kinship, Mandate, MemberId, Minutes, OfferId, OfficerId, PartyId, PartyKind, Pence,
    Position, Powers, PublicKey, Reference, RespiteSide, ReversalReason, Role, Signature,
    SuspensionReason, TaskKind, TimeOfDay, Timestamp, Title, Values, VoucherBasis, VoucherKey,
    VoucherReason,
};

macro_rules! people {
    ($($name:ident $number:literal),+) => {
        $(pub(crate) fn $name() -> MemberId { MemberId::new($number).unwrap() })+

        pub(crate) fn name(member: MemberId) -> String {
            match member.get() { $($number => stringify!($name).to_owned(),)+ other => other.to_string() }
        }
    };
}
// Ann and Eve volunteer, Ben is a service user, Cat and Dan are family carers; Eve is officer 3. Fay is nobody yet.
people!(ann 1001, ben 1002, cat 1003, dan 1004, eve 1005, fay 1006);

/// Ten in the morning of the first of June 2026.
pub(crate) fn start() -> Timestamp {
    day("2026-06-01").start().plus_hours(10)
}
pub(crate) fn day(text: &str) -> Day {
    Day::parse(text).unwrap()
}
pub(crate) fn m(minutes: i64) -> Minutes {
    Minutes::new(minutes).unwrap()
}
pub(crate) fn p(pence: i64) -> Pence {
    Pence::new(pence).unwrap()
}
pub(crate) fn items(items: i64) -> Items {
    Items::new(items).unwrap()
}
pub(crate) fn title(text: &str) -> Title {
    Title::new(text).unwrap()
}
pub(crate) fn reference(text: &str) -> Reference {
    Reference::new(text).unwrap()
}
pub(crate) fn code(number: u8) -> CodeHash {
    CodeHash::new([number; 16])
}
pub(crate) fn offer(number: u32) -> OfferId {
    OfferId::new(number).unwrap()
}
pub(crate) fn fund(number: u32) -> FundId {
    FundId::new(number).unwrap()
}
pub(crate) fn party(number: u32) -> PartyId {
    PartyId::new(number).unwrap()
}
pub(crate) fn clock(text: &str) -> TimeOfDay {
    TimeOfDay::parse(text).unwrap()
}

pub(crate) fn help(giver: MemberId, receiver: impl Into<Option<MemberId>>, minutes: i64) -> Help {
    Help {
        giver,
        receiver: receiver.into(),
        minutes: m(minutes),
        task: TaskKind::BefriendingVisit,
        destination: HoursDestination::OwnAccount,
        kinship: Kinship::Neighbour,
    }
}
pub(crate) fn to_member(help: Help, member: MemberId) -> Help {
    Help { destination: HoursDestination::Member(member), ..help }
}
pub(crate) fn to_pot(help: Help) -> Help {
    Help { destination: HoursDestination::Pot, ..help }
}
pub(crate) fn of_family(help: Help) -> Help {
    Help { kinship: Kinship::FamilyNotEarning, ..help }
}

pub(crate) fn log(help: Help) -> Command {
    Command::LogHours { help }
}
pub(crate) fn record(help: Help) -> Command {
    Command::RecordHours { help, evidence: EvidenceGrade::Paper }
}
pub(crate) fn confirm(hours: Position) -> Command {
    Command::ConfirmHours { hours, minutes: None, evidence: None }
}
pub(crate) fn confirm_as(hours: Position, minutes: i64) -> Command {
    Command::ConfirmHours { hours, minutes: Some(m(minutes)), evidence: None }
}
pub(crate) fn dispute(hours: Position) -> Command {
    Command::DisputeHours { hours, reason: DisputeReason::WrongMinutes }
}
pub(crate) fn resolve(hours: Position, minutes: impl Into<Option<i64>>) -> Command {
    Command::ResolveHours { hours, minutes: minutes.into().map(m) }
}
pub(crate) fn give(from: MemberId, to: impl Into<Option<MemberId>>, minutes: i64) -> Command {
    Command::GiveHours { from, to: to.into(), minutes: m(minutes) }
}
pub(crate) fn grant(to: MemberId, minutes: i64) -> Command {
    Command::GrantFromPot { to, minutes: m(minutes), reason: GrantReason::Cover }
}

pub(crate) fn ask_respite(carer: MemberId, minutes: i64, on: &str) -> Command {
    Command::RequestRespite { carer, minutes: m(minutes), wanted_on: day(on), start: None }
}
pub(crate) fn agree(respite: Position, giver: MemberId, start: &str) -> Command {
    Command::AgreeCover { respite, cover: Cover::Member(giver), start: Some(clock(start)) }
}
pub(crate) fn agree_staff(respite: Position, start: &str) -> Command {
    Command::AgreeCover { respite, cover: Cover::Staff, start: Some(clock(start)) }
}
pub(crate) fn withdraw(respite: Position) -> Command {
    Command::WithdrawCover { respite, reason: CancelReason::Illness }
}
pub(crate) fn deliver(respite: Position, minutes: i64) -> Command {
    Command::DeliverRespite { respite, minutes: m(minutes), cover: None, beyond: Beyond::Refused }
}
pub(crate) fn deliver_beyond(respite: Position, minutes: i64) -> Command {
    Command::DeliverRespite { respite, minutes: m(minutes), cover: None, beyond: Beyond::Agreed }
}
pub(crate) fn deliver_by(respite: Position, minutes: i64, giver: MemberId) -> Command {
    let cover = Some(Cover::Member(giver));
    Command::DeliverRespite { respite, minutes: m(minutes), cover, beyond: Beyond::Refused }
}
pub(crate) fn cancel_respite(respite: Position, by: RespiteSide) -> Command {
    Command::CancelRespite { respite, by, reason: CancelReason::Illness }
}
pub(crate) fn no_cover(respite: Position) -> Command {
    Command::RecordNoCover { respite }
}
pub(crate) fn no_show(respite: Position, missing: RespiteSide) -> Command {
    Command::RecordNoShow { respite, missing }
}

pub(crate) fn pledge(by: u32, name: &str, face_value: i64, quantity: i64, until: &str) -> Command {
    Command::PledgeOffer {
        party: party(by),
        title: title(name),
        face_value: p(face_value),
        quantity: items(quantity),
        valid_until: day(until),
    }
}
pub(crate) fn issue(from: u32, member: MemberId, number: u8) -> Command {
    let reason = VoucherReason::HundredHours;
    Command::IssueVoucher { offer: offer(from), member, reason, code: code(number) }
}
pub(crate) fn redeem(number: u8) -> Command {
    Command::RedeemVoucher { voucher: VoucherKey::Code(code(number)) }
}
pub(crate) fn redeem_issued(issued: Position) -> Command {
    Command::RedeemVoucher { voucher: VoucherKey::Issued(issued) }
}
pub(crate) fn cancel_voucher(voucher: Position) -> Command {
    Command::CancelVoucher { voucher }
}

pub(crate) fn open_fund(name: &str, freedom: FundFreedom) -> Command {
    Command::OpenFund { title: title(name), freedom }
}
pub(crate) fn receive(into: u32, pence: i64) -> Command {
    let (source, pence) = (CashSource::Grant, p(pence));
    Command::ReceiveCash { fund: fund(into), source, pence, party: None, member: None }
}
pub(crate) fn spend(from: u32, pence: i64) -> Command {
    spend_for(from, pence, None, None)
}
pub(crate) fn spend_for(
    from: u32,
    pence: i64,
    purpose: Option<&str>,
    member: Option<MemberId>,
) -> Command {
    Command::SpendCash {
        fund: fund(from),
        spent_on: CashUse::Expense,
        pence: p(pence),
        purpose: purpose.map(title),
        party: None,
        member,
    }
}
pub(crate) fn gift(name: &str, quantity: i64) -> Command {
    let (title, quantity) = (title(name), items(quantity));
    Command::ReceiveInKind { party: None, title, quantity, valuation: Some(p(5_000)) }
}
pub(crate) fn use_gift(from: u32, quantity: i64) -> Command {
    Command::UseInKind { offer: offer(from), quantity: items(quantity) }
}

pub(crate) fn reverse(entry: Position) -> Command {
    Command::ReverseEntry { entry, found: None, reason: ReversalReason::Slip }
}
pub(crate) fn seal() -> Command {
    Command::SealState { accounts_root: Some(AccountsRoot::new([7; 32])) }
}
/// From one key to another, each known by a number.
pub(crate) fn rotate(old: u8, new: u8) -> Command {
    Command::RotateSigningKey {
        old_key: PublicKey::new([old; 32]),
        new_key: PublicKey::new([new; 32]),
        old_signature: Signature::new(&[old; 64]),
        new_signature: Signature::new(&[new; 64]),
    }
}
pub(crate) fn found(coop: &str) -> Command {
    let coop = ledger_core::CoopName::new(coop).unwrap();
    Command::FoundCoop { coop, policy: Values::template() }
}
pub(crate) fn adopt(change: impl FnOnce(&mut Values)) -> Command {
    let mut policy = Values::template();
    change(&mut policy);
    Command::AdoptPolicy { policy, decided_by: Some(title("General meeting, minute 7")) }
}
/// Vouchers for hours, at this price.
pub(crate) fn exchange(price: i64) -> Command {
    adopt(|policy| policy.voucher_basis = VoucherBasis::Exchange { price: m(price) })
}
pub(crate) fn appoint(role: Role, member: Option<MemberId>) -> Command {
    Command::AppointOfficer { role, member }
}
pub(crate) fn end_officer(number: u32) -> Command {
    Command::EndOfficer { officer: OfficerId::new(number).unwrap() }
}
pub(crate) fn enrol(hats: &[Hat], own: &str) -> Command {
    let reference = Some(reference(own));
    Command::EnrolMember { hats: hats.to_vec(), reference, joined_on: None }
}
pub(crate) fn change_hats(member: MemberId, hats: &[Hat]) -> Command {
    Command::ChangeHats { member, hats: hats.to_vec() }
}
pub(crate) fn suspend(member: MemberId) -> Command {
    Command::SuspendMember { member, reason: SuspensionReason::Concern }
}
pub(crate) fn reinstate(member: MemberId) -> Command {
    Command::ReinstateMember { member }
}
pub(crate) fn leave(member: MemberId, remaining_to: impl Into<Option<MemberId>>) -> Command {
    Command::LeaveMember { member, remaining_to: remaining_to.into() }
}
pub(crate) fn represent(member: MemberId, representative: MemberId, powers: Powers) -> Command {
    represent_until(member, representative, (powers, None))
}
pub(crate) fn represent_until(
    member: MemberId,
    representative: MemberId,
    (powers, until): (Powers, Option<&str>),
) -> Command {
    let (mandate, until) = (Mandate::LastingPowerOfAttorney, until.map(day));
    Command::NameRepresentative { member, representative, mandate, powers, until }
}
pub(crate) fn represent_no_more(member: MemberId, representative: MemberId) -> Command {
    Command::EndRepresentative { member, representative }
}
pub(crate) fn register(name: &str, kind: PartyKind) -> Command {
    Command::RegisterParty { title: title(name), kind }
}
