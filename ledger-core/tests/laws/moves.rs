//! Any sequence of requests: the dice, and the co-op in which they fall.

use ledger_core::{
    Actor, Channel, Command, CoopName, Fingerprint, FundFreedom, Hat, MemberId, OfficerId,
    PartyKind, Request, RequestId, Role, Timestamp, Title, Values,
};
use proptest::prelude::*;

/// What is tried.
#[derive(Clone, Copy, Debug)]
pub(crate) enum What {
    Adopt,
    Appoint,
    End,
    Loss,
    Enrol,
    Hats,
    Suspend,
    Reinstate,
    Leave,
    Represent,
    RepresentNoMore,
    Register,
    Log,
    Confirm,
    Dispute,
    Resolve,
    Record,
    Give,
    Grant,
    Respite,
    Agree,
    Withdraw,
    Deliver,
    Cancel,
    NoCover,
    NoShow,
    Pledge,
    Issue,
    Redeem,
    CancelVoucher,
    Fund,
    Receive,
    Spend,
    Gift,
    Use,
    Reverse,
    Retry,
    Seal,
    Rotate,
}

/// One throw of the dice.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Move {
    pub(crate) what: What,
    pub(crate) hours_later: u16,
    pub(crate) by: u8,
    pub(crate) one: u8,
    pub(crate) other: u8,
    pub(crate) amount: u16,
}

fn what() -> impl Strategy<Value = What> {
    use What::{
        Adopt, Agree, Appoint, Cancel, CancelVoucher, Confirm, Deliver, Dispute, End, Enrol, Fund,
        Gift, Give, Grant, Hats, Issue, Leave, Log, Loss, NoCover, NoShow, Pledge, Receive, Record,
        Redeem, Register, Reinstate, Represent, RepresentNoMore, Resolve, Respite, Retry, Reverse,
        Rotate, Seal, Spend, Suspend, Use, Withdraw,
    };
    let often = |list: &'static [What]| proptest::sample::select(list);
    prop_oneof![
        24 => often(&[Log, Confirm, Record, Respite, Agree, Deliver, Issue]),
        12 => often(&[Give, Dispute, Resolve, Withdraw, Redeem, Redeem, CancelVoucher, Pledge, Grant]),
        6 => often(&[Receive, Spend, Gift, Use, Retry, Cancel, NoShow, NoCover]),
        6 => Just(Reverse),
        3 => Just(Seal),
        3 => often(&[Enrol, Hats, Suspend, Reinstate, Reinstate, Leave]),
        3 => often(&[Represent, Represent, RepresentNoMore]),
        1 => often(&[Adopt, Appoint, End, Loss, Register, Fund, Rotate]),
    ]
}

pub(crate) fn moves(most: usize) -> impl Strategy<Value = Vec<Move>> {
    let later = prop_oneof![
        48 => 0_u16..6,
        12 => 12_u16..72,
        2 => 300_u16..1_100,
        1 => Just(6_000_u16),
    ];
    let dice = (what(), later, any::<u8>(), any::<u8>(), any::<u8>(), any::<u16>());
    let a_move = dice.prop_map(|(what, hours_later, by, one, other, amount)| Move {
        what,
        hours_later,
        by,
        one,
        other,
        amount,
    });
    prop::collection::vec(a_move, most / 2..most)
}

pub(crate) fn start() -> Timestamp {
    Timestamp::from_unix_ms(1_780_000_000_000)
}

pub(crate) fn title(text: &str) -> Title {
    Title::new(text).unwrap()
}
/// The co-op in which the dice fall.
pub(crate) fn prelude() -> Vec<(Actor, Command)> {
    let coop = CoopName::new("any-valley").unwrap();
    let founding = (Actor::Operator, Command::FoundCoop { coop, policy: Values::template() });
    let enrolled = (0..5).map(|_| Command::EnrolMember {
        hats: vec![Hat::FamilyCarer, Hat::CommunityVolunteer],
        reference: None,
        joined_on: None,
    });
    let rest = [
        Command::AppointOfficer { role: Role::Treasurer, member: None },
        Command::AppointOfficer { role: Role::Coordinator, member: MemberId::at(4) },
        Command::RegisterParty { title: title("Bakery"), kind: PartyKind::Business },
        Command::OpenFund { title: title("General"), freedom: FundFreedom::Unrestricted },
        Command::OpenFund {
            title: title("Breaks"),
            freedom: FundFreedom::Restricted(title("breaks")),
        },
    ];
    let office = Actor::Officer(OfficerId::new(1).unwrap());
    let rest = enrolled.chain(rest).map(|command| (office, command));
    std::iter::once(founding).chain(rest).collect()
}

/// The request with this number, whose id was made now.
pub(crate) fn request(number: u64, at: Timestamp, actor: Actor, command: Command) -> Request {
    let mut bits = [0; 10];
    bits[2..].copy_from_slice(&number.to_be_bytes());
    let mut said = [0; 16];
    said[..8].copy_from_slice(&number.to_be_bytes());
    Request {
        id: RequestId::of_time(at, bits),
        fingerprint: Fingerprint::new(said),
        at,
        occurred_on: None,
        actor,
        on_behalf_of: None,
        channel: Channel::App,
        expected_position: None,
        expected_revision: None,
        corrects: None,
        row: None,
        command,
    }
}
