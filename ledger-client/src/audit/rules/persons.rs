//! Another person: nobody confirms what they logged themselves, or acts for another in a matter of their own.

use ledger_core::{
    Actor, Attribution, Cover, Event, Help, HoursDestination, MemberId, State, TimeAccount,
    Transfer,
};

use super::{Breach, Breaches, Check, Seen};

/// Whoever says that it is so is not the one who said it first.
pub(super) struct AnotherPerson;

impl Check for AnotherPerson {
    fn before(&mut self, seen: &Seen<'_>, breaches: &mut Breaches) {
        let (state, by) = (seen.before, &seen.entry.by);
        if by.actor == Actor::Timer {
            return;
        }
        let persons = behind(state, by);
        if let Event::HoursConfirmed { hours, .. } | Event::HoursResolved { hours, .. } =
            &seen.entry.event
            && let Some(waiting) = state.pending_hours().get(hours)
        {
            let stood = |person: &MemberId| waiting.behind.contains(person);
            if by.actor == waiting.logged_by || persons.iter().flatten().any(stood) {
                breaches.add(Breach::OwnHours);
            }
        }
        // Whoever represents a member is asked for that member. Of history out of a spreadsheet, which an officer brings, no
        // second person is asked.
        let own = |member: MemberId| {
            if by.actor.is_member() {
                persons[0] == Some(member)
            } else {
                persons.contains(&Some(member)) && seen.entry.row.is_none()
            }
        };
        if concerned(seen).into_iter().flatten().any(own) {
            breaches.add(Breach::OwnMatter);
        }
    }
}

/// The members who stand behind an entry: its maker as a person, and for whom it was made.
fn behind(state: &State, by: &Attribution) -> [Option<MemberId>; 2] {
    let person = match by.actor {
        Actor::Member(member) => Some(member),
        Actor::Officer(officer) => {
            state.officers().get(officer.index()).and_then(|officer| officer.member)
        }
        Actor::Bearer | Actor::Timer | Actor::Operator => None,
    };
    [person, by.on_behalf_of]
}

/// The members in whose matter their own word is not enough.
fn concerned(seen: &Seen<'_>) -> Vec<Option<MemberId>> {
    let by = &seen.entry.by;
    let in_person = by.actor.is_member() && by.on_behalf_of.is_none();
    let represents = by.actor.is_member() && !in_person;
    let gains = |help: &Help| {
        let destination = match help.destination {
            HoursDestination::Member(member) => Some(member),
            HoursDestination::OwnAccount | HoursDestination::Pot => None,
        };
        vec![Some(help.giver), destination]
    };
    match &seen.entry.event {
        Event::HoursRecorded { help, .. } | Event::HoursResolved { help, .. } => gains(help),
        Event::HoursConfirmed { help, .. } if !in_person => gains(help),
        Event::HoursLogged { help, .. } if represents => gains(help),
        Event::CoverAgreed { respite, .. } if represents => {
            vec![seen.before.promised_respite().get(respite).map(|promise| promise.carer)]
        }
        Event::HoursGiven { to, .. } if !in_person => vec![*to],
        // What the community makes good comes to whoever leaves, and is nobody's gain.
        Event::MemberLeft { member, settled: Some(Transfer::Time { to, .. }) } if !in_person => {
            vec![own(*to).filter(|heir| heir != member)]
        }
        Event::PotGranted { to, .. } => vec![Some(*to)],
        Event::RepresentativeNamed { representative, .. } => vec![Some(*representative)],
        Event::VoucherIssued { member, .. } => vec![Some(*member)],
        Event::CashSpent { member, .. } => vec![*member],
        Event::RespiteDelivered { cover: Cover::Member(giver), .. } => vec![Some(*giver)],
        Event::EntryReversed { transfers, .. } => {
            let into = |transfer: &Transfer| match transfer {
                Transfer::Time { from: _, to, minutes: _ } => own(*to),
                Transfer::Cash { .. } | Transfer::Kind { .. } => None,
            };
            transfers.iter().map(into).collect()
        }
        _ => Vec::new(),
    }
}

/// Whose own account it is.
fn own(account: TimeAccount) -> Option<MemberId> {
    match account {
        TimeAccount::Member(member) => Some(member),
        TimeAccount::Held(_) | TimeAccount::Pot | TimeAccount::Commons => None,
    }
}
