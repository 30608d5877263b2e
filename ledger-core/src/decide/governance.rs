//! Founding, policy and officers.

use super::{Ask, Ruled, Ruling};
use crate::{
    event::Event,
    id::{MemberId, OfficerId, Position},
    kinds::Role,
    policy::{Unsound, Values, VoucherBasis},
    rejection::Rejection,
    text::{CoopName, Title},
};

pub(super) fn found(ask: &Ask<'_>, coop: &CoopName, policy: &Values) -> Ruled {
    let authority = ask.who.operator()?;
    sound(policy, None)?;
    let event = Event::CoopFounded { coop: coop.clone(), policy: policy.clone() };
    Ok(Ruling::new(event, authority))
}

pub(super) fn adopt(ask: &Ask<'_>, policy: &Values, decided_by: Option<&Title>) -> Ruled {
    let authority = ask.who.coordinator()?;
    sound(policy, decided_by)?;
    let version = ask.state.policy()?.version.saturating_add(1);
    let event =
        Event::PolicyAdopted { version, policy: policy.clone(), decided_by: decided_by.cloned() };
    Ok(Ruling::new(event, authority))
}

pub(super) fn appoint(ask: &Ask<'_>, role: Role, member: Option<MemberId>) -> Ruled {
    let authority = ask.who.coordinator()?;
    if let Some(member) = member {
        ask.state.active(member)?;
    }
    let officer = OfficerId::at(ask.state.officers.len()).ok_or(Rejection::AmountTooLarge)?;
    Ok(Ruling::new(Event::OfficerAppointed { officer, role, member }, authority))
}

pub(super) fn end(ask: &Ask<'_>, officer: OfficerId) -> Ruled {
    let authority = ask.who.coordinator()?;
    let found = ask.state.officer(officer)?;
    if found.ended {
        return Err(Rejection::OfficerEnded { officer });
    }
    let coordinators = ask
        .state
        .officers
        .iter()
        .filter(|officer| !officer.ended && officer.role == Role::Coordinator)
        .count();
    if found.role == Role::Coordinator && coordinators == 1 {
        return Err(Rejection::LastCoordinator { officer });
    }
    Ok(Ruling::new(Event::OfficerEnded { officer }, authority))
}

pub(super) fn accept_loss(ask: &Ask<'_>, first: Position, last: Position) -> Ruled {
    let authority = ask.who.operator()?;
    Ok(Ruling::new(Event::LossAccepted { first, last }, authority))
}

/// The numbers fit together, and an exchange of hours for vouchers names the minute that decided it.
fn sound(policy: &Values, decided_by: Option<&Title>) -> Result<(), Rejection> {
    policy.check().map_err(|Unsound(field)| Rejection::PolicyUnsound { field })?;
    match (policy.voucher_basis, decided_by) {
        (VoucherBasis::Exchange { price: _ }, None) => Err(Rejection::MinuteNeeded),
        (VoucherBasis::Exchange { price: _ }, Some(_)) | (VoucherBasis::Recognition, _) => Ok(()),
    }
}
