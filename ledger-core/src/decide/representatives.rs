//! Who stands for a member who cannot, or would rather not, do it themselves.

use super::{Ask, Ruled, Ruling};
use crate::{
    event::Event,
    id::MemberId,
    kinds::{Mandate, Powers},
    rejection::Rejection,
    time::Day,
};

/// A co-ordinator names them, and not themselves. Whoever is named already is named anew: what is said last holds.
pub(super) fn name(
    ask: &Ask<'_>,
    member: MemberId,
    representative: MemberId,
    (mandate, powers, until): (Mandate, Powers, Option<Day>),
) -> Ruled {
    let authority = ask.who.coordinator()?;
    ask.who.not_in_own_matter(representative)?;
    ask.state.present(member)?;
    ask.state.active(representative)?;
    if representative == member {
        return Err(Rejection::SamePerson { member });
    }
    if let Some(until) = until
        && until < ask.request.at.day()
    {
        return Err(Rejection::DatePassed { wanted_on: until });
    }
    let event = Event::RepresentativeNamed { member, representative, mandate, powers, until };
    Ok(Ruling::new(event, authority))
}

/// Each of the two may end it, in person, and so may a co-ordinator.
pub(super) fn end(ask: &Ask<'_>, member: MemberId, representative: MemberId) -> Ruled {
    let laid_down = ask.who.in_person(representative);
    let authority = laid_down.or_else(|_| ask.who.in_person(member))?;
    if ask.state.representation(representative, member).is_none() {
        return Err(Rejection::RepresentativeNotFound { member, representative });
    }
    Ok(Ruling::new(Event::RepresentativeEnded { member, representative }, authority))
}
