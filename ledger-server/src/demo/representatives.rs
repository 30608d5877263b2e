//! Who speaks for whom: a family carer for somebody who is helped, some to see and most to act, some for a while.

use ledger_core::{Entry, Event, MemberId, Powers, State};
use ledger_proto::v1::{self, Mandate, write::Request};

use super::{
    calendar::Part,
    year::{Says, Who, World},
};

/// A whole co-op has so many in a year.
const NAMED: i64 = 31;
/// By what mandate, with how often that is.
const MANDATES: [(Mandate, i64); 4] = [
    (Mandate::InformalConsent, 14),
    (Mandate::LastingPowerOfAttorney, 10),
    (Mandate::Appointee, 5),
    (Mandate::Deputy, 2),
];

#[derive(Clone, Debug)]
pub(super) enum Step {
    /// A co-ordinator names somebody.
    Name {
        /// It comes to an end within the year.
        ends: bool,
    },
    /// Whoever was named lays it down.
    LayDown { member: MemberId, representative: MemberId },
}

pub(super) fn plan(world: &mut World) {
    for number in 0..world.share(NAMED) {
        let day = world.calendar.day_from(&mut world.dice, 5);
        world.plan(day, Part::Afternoon, Step::Name { ends: number % 5 == 0 });
    }
}

pub(super) fn ask(step: &Step, world: &mut World, _: &State) -> Option<Request> {
    match step {
        Step::Name { .. } => {
            let member = world.dice.weighted(world.people.helped.iter().copied())?;
            let representative = world.dice.weighted(world.people.carers.iter().copied())?;
            if member == representative {
                return None;
            }
            let mandate = world.dice.weighted(MANDATES.into_iter())?;
            let acts = world.dice.percent(75);
            let days = world.dice.days(30, 180);
            let until = if world.dice.percent(20) {
                world.today().plus(days).to_string()
            } else {
                String::new()
            };
            Some(Request::NameRepresentative(v1::NameRepresentativeRequest {
                context: Some(world.says(Says::default())),
                member: World::member(member),
                representative: World::member(representative),
                mandate: mandate.into(),
                powers: if acts { v1::Powers::Act } else { v1::Powers::See }.into(),
                until,
            }))
        }
        Step::LayDown { member, representative } => {
            let who = Who::Member(*representative);
            Some(Request::EndRepresentative(v1::EndRepresentativeRequest {
                context: Some(world.says(Says { who, ..Says::default() })),
                member: World::member(*member),
                representative: World::member(*representative),
            }))
        }
    }
}

pub(super) fn done(step: Step, world: &mut World, entry: &Entry) {
    if let (Step::Name { ends: true }, Event::RepresentativeNamed { member, representative, .. }) =
        (step, &entry.event)
    {
        let (member, representative) = (*member, *representative);
        let days = world.dice.days(20, 60);
        world.later(days, Part::Evening, Step::LayDown { member, representative });
    }
}

/// Who says so for a member: whoever acts for them today and is not the one they speak of, or else they themselves.
pub(super) fn speaks(world: &World, state: &State, member: MemberId, of: Option<MemberId>) -> Says {
    let acts = |(by, for_whom, _): &(MemberId, MemberId, _)| {
        *for_whom == member
            && Some(*by) != of
            && state.represents(*by, member, world.now) == Some(Powers::Act)
    };
    match state.representatives().find(acts) {
        Some((by, _, _)) => {
            Says { who: Who::Member(by), for_member: Some(member), ..Says::default() }
        }
        None => Says { who: Who::Member(member), ..Says::default() },
    }
}
