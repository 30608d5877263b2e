//! Respite: asked, agreed, delivered, or come to nothing.

use super::{Ask, Ruled, Ruling};
use crate::{
    amount::Minutes,
    command::Beyond,
    event::{Cover, Event, RespiteEnding},
    id::{MemberId, Position},
    kinds::{Authority, CancelReason, Hat, RespiteSide},
    rejection::Rejection,
    state::{Promise, State},
    time::{Day, TimeOfDay},
};

/// So much respite may one carer have asked for that is still open: far above what anybody plans, and an end to what a
/// mistaken program asks.
pub const MAX_OPEN_PROMISES: usize = 100;

pub(super) fn request(
    ask: &Ask<'_>,
    carer: MemberId,
    minutes: Minutes,
    (wanted_on, start): (Day, Option<TimeOfDay>),
) -> Ruled {
    let authority = ask.who.acting_for(carer)?;
    let member = ask.state.active(carer)?;
    if !member.hats.contains(&Hat::FamilyCarer) {
        return Err(Rejection::NotACarer { member: carer });
    }
    let today = ask.request.at.day();
    if wanted_on < today && !ask.is_history() {
        return Err(Rejection::DatePassed { wanted_on });
    }
    visit_cap(ask, carer, wanted_on, minutes)?;
    let open = ask.state.respites.values().filter(|promise| promise.carer == carer).count();
    if open >= MAX_OPEN_PROMISES && !ask.is_history() {
        return Err(Rejection::TooManyPromises { member: carer, most: MAX_OPEN_PROMISES as u64 });
    }
    ask.state.spare(carer, minutes)?;
    // History falls due no earlier than what is asked for today.
    let lapse_at = wanted_on.max(today).end().plus_days(i64::from(ask.policy()?.lapse_days));
    let event = Event::RespiteRequested { carer, minutes, wanted_on, start, lapse_at };
    Ok(Ruling::new(event, authority))
}

/// No visit is longer than what one person may give in a day.
fn visit_cap(ask: &Ask<'_>, member: MemberId, day: Day, minutes: Minutes) -> Result<(), Rejection> {
    let cap = ask.policy()?.day_cap;
    if minutes > cap {
        return Err(Rejection::DayCap { member, day, given: Some(0), cap });
    }
    Ok(())
}

/// A promise that is open, or what became of it.
fn promised(state: &State, respite: Position) -> Result<&Promise, Rejection> {
    match state.respites.get(&respite) {
        Some(promise) => Ok(promise),
        None if state.settled.contains(respite) => {
            Err(Rejection::AlreadySettled { made_by: respite })
        }
        None => Err(Rejection::RespiteNotFound { respite }),
    }
}

/// The one who gives their time agrees, or a co-ordinator for them; for staff, a co-ordinator.
fn may_cover(ask: &Ask<'_>, carer: MemberId, cover: Cover) -> Result<Authority, Rejection> {
    match cover {
        Cover::Member(giver) => {
            let authority = ask.who.acting_for(giver)?;
            if authority == Authority::Representative {
                ask.who.not_in_own_matter(carer)?;
            }
            ask.state.active(giver)?;
            if giver == carer {
                return Err(Rejection::SamePerson { member: giver });
            }
            Ok(authority)
        }
        Cover::Staff => ask.who.coordinator(),
    }
}

pub(super) fn agree(
    ask: &Ask<'_>,
    respite: Position,
    cover: Cover,
    start: Option<TimeOfDay>,
) -> Ruled {
    let promise = promised(ask.state, respite)?;
    let authority = may_cover(ask, promise.carer, cover)?;
    if promise.cover.is_some() {
        return Err(Rejection::AlreadyCovered { respite });
    }
    let start = start.or(promise.start).ok_or(Rejection::StartTimeNeeded { respite })?;
    if let Cover::Member(giver) = cover {
        free(ask.state, giver, promise.slot(start))?;
    }
    Ok(Ruling::new(Event::CoverAgreed { respite, cover, start }, authority))
}

/// Nobody is booked twice at once.
fn free(state: &State, giver: MemberId, (first, end): (i64, i64)) -> Result<(), Rejection> {
    // Slots of one giver do not overlap, so only the last that starts before this one's end can reach into it.
    let before = state.booked.range((giver, i64::MIN)..(giver, end)).next_back();
    match before {
        Some((_, slot)) if slot.end > first => {
            Err(Rejection::AlreadyBooked { member: giver, respite: slot.respite })
        }
        Some(_) | None => Ok(()),
    }
}

pub(super) fn withdraw(ask: &Ask<'_>, respite: Position, reason: CancelReason) -> Ruled {
    let promise = promised(ask.state, respite)?;
    let authority = match promise.cover {
        None => return Err(Rejection::NotCovered { respite }),
        Some(Cover::Member(giver)) => ask.who.acting_in(giver)?,
        Some(Cover::Staff) => ask.who.coordinator()?,
    };
    Ok(Ruling::new(Event::CoverWithdrawn { respite, reason }, authority))
}

/// The carer says what was delivered, or a co-ordinator who did not give it.
pub(super) fn deliver(
    ask: &Ask<'_>,
    respite: Position,
    (minutes, beyond): (Minutes, Beyond),
    cover: Option<Cover>,
) -> Ruled {
    let promise = promised(ask.state, respite)?;
    let Promise { carer, held, wanted_on, .. } = *promise;
    let authority = ask.who.acting_in(carer)?;
    let agreed = promise.cover;
    let cover = match (cover, agreed) {
        (Some(cover), agreed) if Some(cover) == agreed => cover,
        (Some(cover), _) => {
            ask.who.coordinator()?;
            may_cover(ask, carer, cover)?;
            cover
        }
        (None, Some(cover)) => cover,
        (None, None) => return Err(Rejection::NotCovered { respite }),
    };
    if let Cover::Member(giver) = cover {
        ask.state.present(giver)?;
        ask.who.not_in_own_matter(giver)?;
    }
    if wanted_on > ask.today() {
        return Err(Rejection::NotYet { wanted_on });
    }
    visit_cap(ask, carer, wanted_on, minutes)?;
    match (minutes.less(held), beyond) {
        (Some(_), Beyond::Refused) => return Err(Rejection::MoreThanHeld { held, minutes }),
        (Some(more), Beyond::Agreed) => ask.state.spare(carer, more)?,
        (None, Beyond::Refused | Beyond::Agreed) => {}
    }
    let event = Event::RespiteDelivered { respite, carer, cover, held, minutes };
    let on = ask.request.occurred_on.unwrap_or(wanted_on);
    Ok(Ruling::new(event, authority).on(on))
}

fn end(respite: Position, promise: &Promise, ending: RespiteEnding) -> Event {
    Event::RespiteEnded { respite, carer: promise.carer, held: promise.held, ending }
}

pub(super) fn cancel(
    ask: &Ask<'_>,
    respite: Position,
    by: RespiteSide,
    reason: CancelReason,
) -> Ruled {
    let promise = promised(ask.state, respite)?;
    let authority = match (by, promise.cover) {
        (RespiteSide::Carer, _) => ask.who.acting_in(promise.carer)?,
        (RespiteSide::Giver, Some(Cover::Member(giver))) => ask.who.acting_in(giver)?,
        (RespiteSide::Giver, None) => return Err(Rejection::NotCovered { respite }),
        (RespiteSide::Giver, Some(Cover::Staff)) | (RespiteSide::Coop, _) => {
            ask.who.coordinator()?
        }
    };
    let ending = RespiteEnding::Cancelled { by, reason };
    Ok(Ruling::new(end(respite, promise, ending), authority))
}

pub(super) fn no_cover(ask: &Ask<'_>, respite: Position) -> Ruled {
    let promise = promised(ask.state, respite)?;
    let authority = ask.who.coordinator()?;
    if promise.cover.is_some() {
        return Err(Rejection::AlreadyCovered { respite });
    }
    Ok(Ruling::new(end(respite, promise, RespiteEnding::NoCover), authority))
}

/// Whoever was there may say that the other was not.
pub(super) fn no_show(ask: &Ask<'_>, respite: Position, missing: RespiteSide) -> Ruled {
    let promise = promised(ask.state, respite)?;
    let authority = match (missing, promise.cover) {
        (RespiteSide::Carer, Some(Cover::Member(giver))) => ask.who.acting_in(giver)?,
        (RespiteSide::Carer, Some(Cover::Staff) | None) => ask.who.coordinator()?,
        (RespiteSide::Giver | RespiteSide::Coop, _) => ask.who.acting_in(promise.carer)?,
    };
    if promise.cover.is_none() && !ask.is_history() {
        return Err(Rejection::NotCovered { respite });
    }
    if promise.wanted_on > ask.today() {
        return Err(Rejection::NotYet { wanted_on: promise.wanted_on });
    }
    Ok(Ruling::new(end(respite, promise, RespiteEnding::NoShow { missing }), authority))
}

/// The entry by which a promise lapses.
pub(super) fn lapsed(respite: Position, promise: &Promise) -> Event {
    end(respite, promise, RespiteEnding::Lapsed)
}
