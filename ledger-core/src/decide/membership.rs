//! Who belongs: members, and the organisations that give in kind.

use super::{Ask, Ruled, Ruling};
use crate::{
    account::{TimeAccount, Transfer},
    amount::Minutes,
    event::{Cover, Event, HoursDestination},
    id::{MemberId, PartyId},
    kinds::{Hat, PartyKind, SuspensionReason},
    rejection::Rejection,
    state::{Standing, State},
    text::{Reference, Title},
    time::Day,
};

pub(super) fn enrol(
    ask: &Ask<'_>,
    hats: &[Hat],
    reference: Option<&Reference>,
    joined_on: Option<Day>,
) -> Ruled {
    let authority = ask.who.coordinator()?;
    if let Some(reference) = reference
        && let Some(member) = ask.state.by_reference(reference)
    {
        return Err(Rejection::ReferenceTaken { reference: reference.clone(), member });
    }
    let joined_on = joined_on.unwrap_or_else(|| ask.day());
    if joined_on > ask.today() {
        return Err(Rejection::InTheFuture { occurred_on: joined_on });
    }
    let member = MemberId::at(ask.state.members.len()).ok_or(Rejection::AmountTooLarge)?;
    let event = Event::MemberEnrolled {
        member,
        hats: hats.to_vec(),
        reference: reference.cloned(),
        joined_on,
    };
    Ok(Ruling::new(event, authority))
}

pub(super) fn change_hats(ask: &Ask<'_>, member: MemberId, hats: &[Hat]) -> Ruled {
    let authority = ask.who.coordinator()?;
    ask.state.present(member)?;
    Ok(Ruling::new(Event::HatsChanged { member, hats: hats.to_vec() }, authority))
}

pub(super) fn suspend(ask: &Ask<'_>, member: MemberId, reason: SuspensionReason) -> Ruled {
    let authority = ask.who.coordinator()?;
    ask.state.active(member)?;
    Ok(Ruling::new(Event::MemberSuspended { member, reason }, authority))
}

pub(super) fn reinstate(ask: &Ask<'_>, member: MemberId) -> Ruled {
    let authority = ask.who.coordinator()?;
    match ask.state.present(member)?.standing {
        Standing::Suspended => Ok(Ruling::new(Event::MemberReinstated { member }, authority)),
        Standing::Active | Standing::Left => Err(Rejection::NotSuspended { member }),
    }
}

pub(super) fn leave(ask: &Ask<'_>, member: MemberId, remaining_to: Option<MemberId>) -> Ruled {
    // Whoever represents a member does not end their membership.
    let authority = ask.who.in_person(member)?;
    ask.state.present(member)?;
    if remaining_to == Some(member) {
        return Err(Rejection::SamePerson { member });
    }
    if let Some(heir) = remaining_to {
        if ask.who.as_member().is_none() {
            ask.who.not_in_own_matter(heir)?;
        }
        ask.state.active(heir)?;
    }
    if has_open(ask.state, member) {
        return Err(Rejection::OpenPromises { member });
    }
    let own = TimeAccount::Member(member);
    let balance = ask.state.books.time(own).get();
    let settled = match (Minutes::new(balance), Minutes::new(balance.saturating_neg())) {
        (Ok(left), _) => {
            let to = remaining_to.map_or(TimeAccount::Pot, TimeAccount::Member);
            Some(Transfer::time(own, to, left))
        }
        (_, Ok(missing)) => Some(Transfer::time(TimeAccount::Commons, own, missing)),
        (Err(_), Err(_)) if balance == 0 => None,
        (Err(_), Err(_)) => return Err(Rejection::AmountTooLarge),
    };
    Ok(Ruling::new(Event::MemberLeft { member, settled }, authority))
}

/// Whether logged hours, promised respite or an open voucher still name the member.
fn has_open(state: &State, member: MemberId) -> bool {
    let hours = state.hours.values().any(|logged| {
        let help = &logged.help;
        help.giver == member
            || help.receiver == Some(member)
            || help.destination == HoursDestination::Member(member)
    });
    let respite = state
        .respites
        .values()
        .any(|promise| promise.carer == member || promise.cover == Some(Cover::Member(member)));
    hours || respite || state.vouchers.values().any(|voucher| voucher.member == member)
}

pub(super) fn register(ask: &Ask<'_>, title: &Title, kind: PartyKind) -> Ruled {
    let authority = ask.who.treasurer()?;
    if ask.state.party_titles.contains_key(title) {
        return Err(Rejection::NameTaken { title: title.clone() });
    }
    let party = PartyId::at(ask.state.parties.len()).ok_or(Rejection::AmountTooLarge)?;
    Ok(Ruling::new(Event::PartyRegistered { party, title: title.clone(), kind }, authority))
}
