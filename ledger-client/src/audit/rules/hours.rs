//! Logged hours come to what was logged, and help is between two people.

use ledger_core::{Event, Help, HoursDestination, HoursStatus, LoggedHours, Minutes, Position};

use super::{Breach, Breaches, Check, Seen};

/// Hours that wait are settled as they were logged.
pub(super) struct Hours;

impl Check for Hours {
    fn before(&mut self, seen: &Seen<'_>, breaches: &mut Breaches) {
        match &seen.entry.event {
            Event::HoursLogged { help, confirm_by: _ }
            | Event::HoursRecorded { help, evidence: _ } => breaches.of(one_person(help)),
            Event::HoursConfirmed { hours, help, logged, evidence: _ } => {
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

fn one_person(help: &Help) -> Option<Breach> {
    let same = help.receiver == Some(help.giver)
        || help.destination == HoursDestination::Member(help.giver);
    same.then_some(Breach::SamePerson)
}
