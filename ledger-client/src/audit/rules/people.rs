//! Who may do what: members for themselves, officers in office, the operator and time each their own few things.

use ledger_core::{
    Actor, Attribution, Authority as Right, Cover, Entry, Event, EvidenceGrade, MemberId,
    OfficerId, Position, Powers, RespiteEnding, RespiteSide, Role, State,
};

use super::{Breach, Breaches, Check, Seen};

/// Whoever made an entry might make it, and says so truly.
pub(super) struct Authority;

impl Check for Authority {
    fn before(&mut self, seen: &Seen<'_>, breaches: &mut Breaches) {
        let (state, by) = (seen.before, &seen.entry.by);
        match by.actor {
            Actor::Member(member) if state.active(member).is_err() => {
                return breaches.add(Breach::NotTakingPart);
            }
            Actor::Officer(officer) if office(state, officer).is_none() => {
                return breaches.add(Breach::NotInOffice);
            }
            Actor::Member(_)
            | Actor::Officer(_)
            | Actor::Bearer
            | Actor::Timer
            | Actor::Operator => {}
        }
        if let Some(member) = by.on_behalf_of
            && (!may_for(state, seen.entry, member) || state.active(member).is_err())
        {
            breaches.add(Breach::NotOnBehalf);
        }
        breaches.of(may(state, by, &needs(state, by, &seen.entry.event)));
        if let Event::OfficerEnded { officer } = seen.entry.event {
            breaches.of(last_coordinator(state, officer));
        }
    }
}

/// Who may make an entry of a kind.
enum Needs {
    /// A co-ordinator.
    Coordinator,
    /// A treasurer, or a co-ordinator.
    Treasurer,
    /// The one who runs the server.
    Operator,
    /// An officer, or the one who runs the server.
    OfficeOrOperator,
    /// One of these members, somebody who represents one of them, or a co-ordinator.
    OneOf([Option<MemberId>; 2]),
    /// One of these members and nobody who represents them, or a co-ordinator.
    InPerson([Option<MemberId>; 2]),
    /// Any member, or a co-ordinator.
    Anybody,
    /// Whoever holds the code, or a co-ordinator.
    Code,
    /// Time.
    Time,
}

/// The role of an officer in office.
fn office(state: &State, officer: OfficerId) -> Option<Role> {
    let officer = state.officers().get(officer.index())?;
    if officer.ended { None } else { Some(officer.role) }
}

/// Whether the maker of an entry may act for a member: a co-ordinator may, and a representative who was given leave to act,
/// to the end of the last day of it.
fn may_for(state: &State, entry: &Entry, member: MemberId) -> bool {
    match entry.by.actor {
        Actor::Officer(officer) => office(state, officer) == Some(Role::Coordinator),
        Actor::Member(representative) => {
            state.representation(representative, member).is_some_and(|said| {
                let over = said.until.is_some_and(|until| entry.recorded_at >= until.end());
                said.powers == Powers::Act && !over
            })
        }
        Actor::Bearer | Actor::Timer | Actor::Operator => false,
    }
}

/// What is wrong with this maker of an entry, if something is.
fn may(state: &State, by: &Attribution, needs: &Needs) -> Option<Breach> {
    let role = match by.actor {
        Actor::Officer(officer) => office(state, officer),
        Actor::Member(_) | Actor::Bearer | Actor::Timer | Actor::Operator => None,
    };
    let coordinator = (role == Some(Role::Coordinator)).then_some(Right::Coordinator);
    let treasurer = (role == Some(Role::Treasurer)).then_some(Right::Treasurer);
    let operator = (by.actor == Actor::Operator).then_some(Right::Operator);
    let timer = (by.actor == Actor::Timer).then_some(Right::Timer);
    let in_person = |among: &dyn Fn(MemberId) -> bool| match (by.actor, by.on_behalf_of) {
        (Actor::Member(member), None) if among(member) => Some(Right::Oneself),
        _ => None,
    };
    let as_member = |among: &dyn Fn(MemberId) -> bool| match (by.actor, by.on_behalf_of) {
        (Actor::Member(_), Some(member)) if among(member) => Some(Right::Representative),
        _ => in_person(among),
    };
    let right = match needs {
        Needs::Treasurer => coordinator.or(treasurer),
        Needs::Operator => operator,
        Needs::OfficeOrOperator => coordinator.or(treasurer).or(operator),
        Needs::OneOf(members) => as_member(&|one| members.contains(&Some(one))).or(coordinator),
        Needs::InPerson(members) => in_person(&|one| members.contains(&Some(one))).or(coordinator),
        Needs::Anybody => as_member(&|_| true).or(coordinator),
        // Who holds the code is asked for nothing else.
        Needs::Code if by.authority == Right::Bearer && timer.is_none() => return None,
        Needs::Code | Needs::Coordinator => coordinator,
        Needs::Time => timer,
    };
    match right {
        None => Some(Breach::MayNot),
        Some(right) if right != by.authority => Some(Breach::OtherRight),
        Some(_) => None,
    }
}

/// Every kind of entry stands here: a new one is a question to answer.
fn needs(state: &State, by: &Attribution, event: &Event) -> Needs {
    match event {
        Event::CoopFounded { .. }
        | Event::LossAccepted { .. }
        | Event::SigningKeyRotated { .. } => Needs::Operator,
        Event::StateSealed { .. } => Needs::OfficeOrOperator,
        Event::PolicyAdopted { .. }
        | Event::OfficerAppointed { .. }
        | Event::OfficerEnded { .. }
        | Event::MemberEnrolled { .. }
        | Event::HatsChanged { .. }
        | Event::MemberSuspended { .. }
        | Event::MemberReinstated { .. }
        | Event::RepresentativeNamed { .. }
        | Event::HoursResolved { .. }
        | Event::HoursRecorded { .. }
        | Event::PotGranted { .. }
        | Event::VoucherIssued { .. }
        | Event::VoucherCancelled { .. }
        | Event::EntryReversed { .. } => Needs::Coordinator,
        Event::PartyRegistered { .. }
        | Event::OfferPledged { .. }
        | Event::FundOpened { .. }
        | Event::CashReceived { .. }
        | Event::CashSpent { .. }
        | Event::InKindReceived { .. }
        | Event::InKindUsed { .. } => Needs::Treasurer,
        Event::MemberLeft { member, settled: _ } => Needs::InPerson([Some(*member), None]),
        Event::RepresentativeEnded { member, representative } => {
            Needs::InPerson([Some(*member), Some(*representative)])
        }
        Event::HoursGiven { from, to: _, minutes: _ } => Needs::OneOf([Some(*from), None]),
        Event::RespiteRequested { carer, .. } => Needs::OneOf([Some(*carer), None]),
        Event::HoursLogged { .. } => Needs::Anybody,
        Event::VoucherLapsed { .. } => Needs::Time,
        // People have been let say once that nobody objected in time: then it is theirs to say.
        Event::HoursConfirmed { evidence: EvidenceGrade::Timer, .. }
            if by.actor == Actor::Timer =>
        {
            Needs::Time
        }
        Event::HoursConfirmed { help, .. } => Needs::OneOf([Some(help.giver), help.receiver]),
        Event::HoursDisputed { hours, reason: _ } => {
            let help = state.pending_hours().get(hours).map(|waiting| waiting.help);
            Needs::OneOf([help.map(|help| help.giver), help.and_then(|help| help.receiver)])
        }
        Event::CoverAgreed { respite: _, cover, start: _ } => Needs::OneOf([member(*cover), None]),
        Event::CoverWithdrawn { respite, reason: _ } => {
            Needs::OneOf([agreed(state, *respite).and_then(member), None])
        }
        Event::RespiteDelivered { respite, carer, cover, .. } => {
            // Another cover than was agreed is a co-ordinator's to say.
            let as_agreed = agreed(state, *respite) == Some(*cover);
            Needs::OneOf([Some(*carer).filter(|_| as_agreed), None])
        }
        Event::RespiteEnded { respite, carer, held: _, ending } => {
            ends(agreed(state, *respite), *carer, *ending)
        }
        Event::VoucherRedeemed { .. } => Needs::Code,
    }
}

fn agreed(state: &State, respite: Position) -> Option<Cover> {
    state.promised_respite().get(&respite)?.cover
}

fn member(cover: Cover) -> Option<MemberId> {
    match cover {
        Cover::Member(giver) => Some(giver),
        Cover::Staff => None,
    }
}

/// Each side for itself; who was there says that the other was not.
fn ends(cover: Option<Cover>, carer: MemberId, ending: RespiteEnding) -> Needs {
    match ending {
        RespiteEnding::Lapsed => Needs::Time,
        RespiteEnding::NoCover | RespiteEnding::Cancelled { by: RespiteSide::Coop, reason: _ } => {
            Needs::Coordinator
        }
        RespiteEnding::Cancelled { by: RespiteSide::Carer, reason: _ }
        | RespiteEnding::NoShow { missing: RespiteSide::Giver | RespiteSide::Coop } => {
            Needs::OneOf([Some(carer), None])
        }
        RespiteEnding::Cancelled { by: RespiteSide::Giver, reason: _ }
        | RespiteEnding::NoShow { missing: RespiteSide::Carer } => {
            Needs::OneOf([cover.and_then(member), None])
        }
    }
}

/// A co-op is never without a co-ordinator.
fn last_coordinator(state: &State, officer: OfficerId) -> Option<Breach> {
    let role = office(state, officer);
    let in_office = state.officers().iter().filter(|officer| !officer.ended);
    let coordinators = in_office.filter(|officer| officer.role == Role::Coordinator).count();
    let last = role == Some(Role::Coordinator) && coordinators == 1;
    (role.is_none() || last).then_some(Breach::LastCoordinator)
}
