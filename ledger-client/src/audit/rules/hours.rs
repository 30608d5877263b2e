//! Logged hours come to what was logged, and help is between two people.

use ledger_core::{
    Actor, Event, EvidenceGrade, Help, HoursDestination, HoursStatus, LoggedHours, MemberId,
    Minutes, Position,
};

use super::{Breach, Breaches, Check, Seen};

/// Hours that wait are settled as they were logged.
pub(super) struct Hours;

impl Check for Hours {
    fn before(&mut self, seen: &Seen<'_>, breaches: &mut Breaches) {
        match &seen.entry.event {
            Event::HoursLogged { help, confirm_by: _ }
            | Event::HoursRecorded { help, evidence: _ } => breaches.of(one_person(help)),
            Event::HoursConfirmed { hours, help, logged, evidence } => {
                breaches.of(word(seen, *hours, help, *evidence));
                let is = |waiting: &LoggedHours| (waiting.help.minutes == *logged, help.minutes);
                settled(seen, (*hours, help), HoursStatus::Logged, &is, breaches);
            }
            Event::HoursResolved { hours, help, counted: _ } => {
                let is = |waiting: &LoggedHours| (true, waiting.help.minutes);
                settled(seen, (*hours, help), HoursStatus::Disputed, &is, breaches);
            }
            Event::HoursDisputed { hours, reason: _ } => {
                match seen.before.pending_hours().get(hours) {
                    None => breaches.add(Breach::NoSuchHours),
                    Some(waiting) if waiting.status != HoursStatus::Logged => {
                        breaches.add(Breach::WrongStanding);
                    }
                    Some(_) => {}
                }
            }
            _ => {}
        }
    }
}

/// What settles hours names the help that was logged. `is` says whether it says of the logging what is so, and how many
/// minutes may stand in it.
fn settled(
    seen: &Seen<'_>,
    (hours, help): (Position, &Help),
    status: HoursStatus,
    is: &dyn Fn(&LoggedHours) -> (bool, Minutes),
    breaches: &mut Breaches,
) {
    let Some(waiting) = seen.before.pending_hours().get(&hours) else {
        breaches.add(Breach::NoSuchHours);
        return;
    };
    let (so, minutes) = is(waiting);
    if !so || *help != (Help { minutes, ..waiting.help }) {
        breaches.add(Breach::OtherHelp);
    }
    if waiting.status != status {
        breaches.add(Breach::WrongStanding);
    }
    if seen.entry.occurred_on != waiting.occurred_on {
        breaches.add(Breach::OtherDay);
    }
}

/// Where a representative logged or confirmed, the evidence is no stronger than who has spoken for the person who was helped:
/// they themselves or an officer for them, whoever represents them, or nobody.
fn word(seen: &Seen<'_>, hours: Position, help: &Help, evidence: EvidenceGrade) -> Option<Breach> {
    let waiting = seen.before.pending_hours().get(&hours)?;
    let by = &seen.entry.by;
    let words = [
        (by.actor, [person(by.actor), by.on_behalf_of]),
        (waiting.logged_by, [waiting.behind.person, waiting.behind.on_behalf_of]),
    ];
    let represented =
        |(actor, [_, of]): &(Actor, [Option<MemberId>; 2])| actor.is_member() && of.is_some();
    if !by.actor.is_member() || !words.iter().any(represented) {
        return None;
    }
    let strongest = words.iter().map(|(actor, [person, of])| match help.receiver {
        Some(receiver) if *person == Some(receiver) => EvidenceGrade::Recipient,
        Some(receiver) if *of == Some(receiver) && actor.is_member() => EvidenceGrade::Household,
        Some(receiver) if *of == Some(receiver) => EvidenceGrade::Recipient,
        Some(_) | None => EvidenceGrade::SelfOnly,
    });
    // What the person says themselves may be called stronger still: by a code on the spot, for example.
    let most = strongest.max()?;
    let more = most < EvidenceGrade::Recipient && evidence > most;
    more.then_some(Breach::OtherWord)
}

fn person(actor: Actor) -> Option<MemberId> {
    match actor {
        Actor::Member(member) => Some(member),
        Actor::Officer(_) | Actor::Bearer | Actor::Timer | Actor::Operator => None,
    }
}

fn one_person(help: &Help) -> Option<Breach> {
    let same = help.receiver == Some(help.giver)
        || help.destination == HoursDestination::Member(help.giver);
    same.then_some(Breach::SamePerson)
}
