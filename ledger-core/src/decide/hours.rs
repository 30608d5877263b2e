//! Hours: logged, confirmed, entered at once, given and granted.

use super::{Ask, Ruled, Ruling};
use crate::{
    account::TimeAccount,
    amount::Minutes,
    entry::Actor,
    event::{Event, Help, HoursDestination, Kinship},
    id::{MemberId, Position},
    kinds::{Authority, DisputeReason, EvidenceGrade, GrantReason},
    policy::OwnFamily,
    rejection::Rejection,
    state::{Behind, HoursStatus, LoggedHours, State},
    time::Day,
};

/// Anyone may log, for themselves or for another; it counts when another person has confirmed it.
pub(super) fn log(ask: &Ask<'_>, help: &Help) -> Ruled {
    let authority = ask.who.member_or_coordinator()?;
    if authority == Authority::Representative {
        not_for_oneself(ask, help)?;
    }
    let help = given(ask, help)?;
    let confirm_by = ask.request.at.plus_days(i64::from(ask.policy()?.confirm_days));
    Ok(Ruling::new(Event::HoursLogged { help, confirm_by }, authority))
}

/// An officer's entry counts at once, with the evidence on paper or by telephone. Not in a matter of their own.
pub(super) fn record(ask: &Ask<'_>, help: &Help, evidence: EvidenceGrade) -> Ruled {
    let authority = ask.who.coordinator()?;
    not_for_oneself(ask, help)?;
    let help = given(ask, help)?;
    Ok(Ruling::new(Event::HoursRecorded { help, evidence }, authority))
}

/// Refuses whoever acts for others, and whose own help it is, or whose own account it would come to.
fn not_for_oneself(ask: &Ask<'_>, help: &Help) -> Result<(), Rejection> {
    ask.who.not_in_own_matter(help.giver)?;
    match help.destination {
        HoursDestination::Member(member) => ask.who.not_in_own_matter(member),
        HoursDestination::OwnAccount | HoursDestination::Pot => Ok(()),
    }
}

/// The help, checked: who, to whom, and how much on one day; and whether it earns by the policy of the day.
fn given(ask: &Ask<'_>, help: &Help) -> Result<Help, Rejection> {
    ask.state.active(help.giver)?;
    if let Some(receiver) = help.receiver {
        ask.state.active(receiver)?;
        if receiver == help.giver {
            return Err(Rejection::SamePerson { member: receiver });
        }
    }
    if let HoursDestination::Member(member) = help.destination {
        ask.state.active(member)?;
        if member == help.giver {
            return Err(Rejection::SamePerson { member });
        }
    }
    day_cap(ask, help.giver, ask.day(), (0, help.minutes))?;
    let kinship = match (help.kinship, ask.policy()?.own_family) {
        (Kinship::Neighbour, _) => Kinship::Neighbour,
        (_, OwnFamily::Earns) => Kinship::FamilyEarning,
        (_, OwnFamily::DoesNotEarn) => Kinship::FamilyNotEarning,
    };
    Ok(Help { kinship, ..*help })
}

/// Nobody gives more on one day than the policy allows; `without` are minutes of that day that are being replaced.
fn day_cap(
    ask: &Ask<'_>,
    member: MemberId,
    day: Day,
    (without, minutes): (i64, Minutes),
) -> Result<(), Rejection> {
    let cap = ask.policy()?.day_cap;
    let given = ask.state.given.on(member, day).saturating_sub(without);
    if given.saturating_add(minutes.get()) > cap.get() {
        let given = ask.who.knows(member).then_some(given);
        return Err(Rejection::DayCap { member, day, given, cap });
    }
    Ok(())
}

/// Hours that wait, or what became of them.
fn waiting(state: &State, hours: Position) -> Result<&LoggedHours, Rejection> {
    match state.hours.get(&hours) {
        Some(logged) => Ok(logged),
        None if state.settled.contains(hours) => Err(Rejection::AlreadySettled { made_by: hours }),
        None => Err(Rejection::HoursNotFound { hours }),
    }
}

/// Refuses whoever is no party to the help and no co-ordinator.
fn party_to(ask: &Ask<'_>, help: &Help) -> Result<Authority, Rejection> {
    match ask.who.as_member() {
        Some(member) if member == help.giver || Some(member) == help.receiver => {
            ask.who.acting_for(member)
        }
        Some(_) | None => ask.who.acting_in(help.receiver.unwrap_or(help.giver)),
    }
}

pub(super) fn confirm(
    ask: &Ask<'_>,
    hours: Position,
    minutes: Option<Minutes>,
    evidence: Option<EvidenceGrade>,
) -> Ruled {
    let logged = waiting(ask.state, hours)?;
    let authority = party_to(ask, &logged.help)?;
    ask.who.another_than(logged)?;
    if authority != Authority::Oneself {
        not_for_oneself(ask, &logged.help)?;
    }
    if logged.status == HoursStatus::Disputed {
        return Err(Rejection::HoursDisputed { hours });
    }
    let before = logged.help.minutes;
    let minutes = minutes.unwrap_or(before);
    day_cap(ask, logged.help.giver, logged.occurred_on, (before.get(), minutes))?;
    let by_default = attested(ask, logged);
    // That nobody objected in time, time alone says.
    let evidence = evidence.filter(|said| *said != EvidenceGrade::Timer);
    let event = Event::HoursConfirmed {
        hours,
        help: Help { minutes, ..logged.help },
        logged: before,
        // What nobody but the giver stands behind is no stronger for being called so.
        evidence: match by_default {
            EvidenceGrade::SelfOnly => EvidenceGrade::SelfOnly,
            // Nor is the word of a representative that of the person.
            EvidenceGrade::Household => evidence.map_or(by_default, |said| said.min(by_default)),
            EvidenceGrade::Timer
            | EvidenceGrade::Paper
            | EvidenceGrade::Phone
            | EvidenceGrade::Recipient
            | EvidenceGrade::OnSite => evidence.unwrap_or(by_default),
        },
    };
    Ok(Ruling::new(event, authority).on(logged.occurred_on))
}

/// How strongly hours are attested by who logged them and who confirms them: with the word of the person who was helped, of
/// whoever represents them, by telephone to an officer, or by nobody but the giver.
fn attested(ask: &Ask<'_>, logged: &LoggedHours) -> EvidenceGrade {
    if ask.who.as_member().is_none() {
        return EvidenceGrade::Phone;
    }
    let Some(receiver) = logged.help.receiver else { return EvidenceGrade::SelfOnly };
    let word = |actor: Actor, behind: &Behind| {
        if behind.person == Some(receiver) {
            EvidenceGrade::Recipient
        } else if behind.on_behalf_of != Some(receiver) {
            EvidenceGrade::SelfOnly
        } else if actor.is_member() {
            EvidenceGrade::Household
        } else {
            EvidenceGrade::Recipient
        }
    };
    word(ask.request.actor, ask.who.behind()).max(word(logged.logged_by, &logged.behind))
}

pub(super) fn dispute(ask: &Ask<'_>, hours: Position, reason: DisputeReason) -> Ruled {
    let logged = waiting(ask.state, hours)?;
    let authority = party_to(ask, &logged.help)?;
    if logged.status == HoursStatus::Disputed {
        return Err(Rejection::HoursDisputed { hours });
    }
    Ok(Ruling::new(Event::HoursDisputed { hours, reason }, authority))
}

pub(super) fn resolve(ask: &Ask<'_>, hours: Position, minutes: Option<Minutes>) -> Ruled {
    let authority = ask.who.coordinator()?;
    let logged = waiting(ask.state, hours)?;
    ask.who.another_than(logged)?;
    not_for_oneself(ask, &logged.help)?;
    if logged.status == HoursStatus::Logged {
        return Err(Rejection::HoursNotDisputed { hours });
    }
    if let Some(minutes) = minutes {
        let before = logged.help.minutes.get();
        day_cap(ask, logged.help.giver, logged.occurred_on, (before, minutes))?;
    }
    let event = Event::HoursResolved { hours, help: logged.help, counted: minutes };
    Ok(Ruling::new(event, authority).on(logged.occurred_on))
}

/// Hours are given to a member, or to the pot where nobody is named. Nobody gives another's hours to themselves.
pub(super) fn give(ask: &Ask<'_>, from: MemberId, to: Option<MemberId>, minutes: Minutes) -> Ruled {
    let authority = ask.who.acting_for(from)?;
    ask.state.active(from)?;
    if let Some(to) = to {
        if authority != Authority::Oneself {
            ask.who.not_in_own_matter(to)?;
        }
        ask.state.active(to)?;
        if to == from {
            return Err(Rejection::SamePerson { member: to });
        }
    }
    ask.state.spare(from, minutes)?;
    Ok(Ruling::new(Event::HoursGiven { from, to, minutes }, authority))
}

/// An officer grants hours of the pot: never more than is in it, and not to themselves.
pub(super) fn grant(ask: &Ask<'_>, to: MemberId, minutes: Minutes, reason: GrantReason) -> Ruled {
    let authority = ask.who.coordinator()?;
    ask.who.not_in_own_matter(to)?;
    ask.state.active(to)?;
    let pot = ask.state.books.time(TimeAccount::Pot);
    if minutes.get() > pot.get() {
        return Err(Rejection::PotTooSmall { pot, asked: minutes });
    }
    Ok(Ruling::new(Event::PotGranted { to, minutes, reason }, authority))
}
