//! Hours given: visits and how each came to count, group activities, gifts, and what the pot does with its own.

use ledger_core::{Day, Entry, Event, Help, MemberId, Position, State, TimeAccount};
use ledger_proto::{
    api,
    v1::{self, TaskKind, write::Request},
};

use super::{
    calendar::{self, Calendar, Part},
    names::NOTES,
    representatives,
    year::{Says, Who, World},
};

/// Kinds of help, as often as they are asked for.
const TASKS: [(TaskKind, i64); 14] = [
    (TaskKind::BefriendingVisit, 24),
    (TaskKind::Shopping, 16),
    (TaskKind::LiftToAppointment, 14),
    (TaskKind::SittingService, 8),
    (TaskKind::TelephoneCall, 7),
    (TaskKind::Garden, 7),
    (TaskKind::Cooking, 5),
    (TaskKind::Cleaning, 4),
    (TaskKind::SmallRepairs, 4),
    (TaskKind::HelpWithTechnology, 4),
    (TaskKind::FormFilling, 3),
    (TaskKind::EmotionalWellbeing, 2),
    (TaskKind::FaithAndCulture, 1),
    (TaskKind::BereavementSupport, 1),
];
/// What is done for all.
const FOR_ALL: [(TaskKind, i64); 4] = [
    (TaskKind::WalkingGroup, 52),
    (TaskKind::Outing, 22),
    (TaskKind::OtherMyCommunity, 30),
    (TaskKind::Governance, 50),
];

/// How a visit comes to count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Way {
    /// The one who was helped confirms it.
    Confirmed,
    /// …with a change.
    Amended,
    /// …or does not agree, and an officer settles it.
    Disputed,
    /// The giver rings the office, and another officer rings back.
    RungIn,
    /// An officer rings the one who was helped.
    RungBack,
    /// On a countersigned sheet, typed in on Friday.
    Paper,
    /// Nobody says anything in time.
    Timer,
    /// For all; the co-ordinator was there.
    ForAll,
}

#[derive(Clone, Debug)]
pub(super) enum Step {
    /// A visit of some day is written down.
    Visit { on: Day, way: Way },
    /// Somebody says that it was so, with a change or without.
    Confirm { hours: Position, by: MemberId, minutes: i64 },
    /// An officer says so, after a call.
    CallBack { hours: Position, who: Who },
    /// Somebody says that it was not so.
    Dispute { hours: Position, by: MemberId },
    /// An officer settles it.
    Resolve { hours: Position, minutes: i64 },
    /// A slip is found.
    Reverse { entry: Position, help: Help, on: Day },
    /// And put right.
    Correct { entry: Position, help: Help, on: Day },
    /// Hours go to a carer.
    Gift,
    /// Hours go to the pot.
    Donate,
    /// The pot helps a carer who cannot give enough.
    Grant { tries: u8 },
}

pub(super) fn plan(world: &mut World) {
    let ways = [
        (Way::Confirmed, 1_414),
        (Way::Amended, 120),
        (Way::Disputed, 34),
        (Way::RungIn, 157),
        (Way::RungBack, 157),
        (Way::Paper, 202),
        (Way::Timer, 156),
        (Way::ForAll, 154),
    ];
    let ways = ways.map(|(way, count)| (way, world.share(count)));
    for way in world.dice.deck(&ways) {
        let on = world.calendar.busy_day(&mut world.dice);
        let written = if way == Way::Paper {
            Calendar::friday(on)
        } else {
            on.plus(calendar::lag(&mut world.dice))
        };
        let part = world.some_part();
        world.plan(written.max(world.calendar.first.plus(1)), part, Step::Visit { on, way });
    }
    let others = [(0, 140), (1, 90), (2, 190)].map(|(kind, count)| (kind, world.share(count)));
    for kind in world.dice.deck(&others) {
        let day = world.calendar.day_from(&mut world.dice, 21);
        let part = world.some_part();
        let step = match kind {
            0 => Step::Gift,
            1 => Step::Donate,
            _ => Step::Grant { tries: 0 },
        };
        world.plan(day, part, step);
    }
}

pub(super) fn ask(step: &Step, world: &mut World, state: &State) -> Option<Request> {
    match *step {
        Step::Visit { on, way } => visit(world, on, way),
        Step::Confirm { hours, by, minutes } => {
            let giver = state.pending_hours().get(&hours).map(|logged| logged.help.giver);
            let says = representatives::speaks(world, state, by, giver);
            let context = Some(world.says(says));
            Some(confirm(context, hours, (minutes, v1::EvidenceGrade::Unspecified)))
        }
        Step::CallBack { hours, who } => {
            let channel = v1::Channel::Phone;
            let context = Some(world.says(Says { who, channel, ..Says::default() }));
            Some(confirm(context, hours, (0, v1::EvidenceGrade::Phone)))
        }
        Step::Dispute { hours, by } => Some(Request::DisputeHours(v1::DisputeHoursRequest {
            context: Some(world.says(Says { who: Who::Member(by), ..Says::default() })),
            hours: format!("hours/{hours}"),
            reason: match world.dice.below(5) {
                0 => v1::DisputeReason::DidNotHappen,
                1 => v1::DisputeReason::WrongPerson,
                _ => v1::DisputeReason::WrongMinutes,
            }
            .into(),
        })),
        Step::Resolve { hours, minutes } => Some(Request::ResolveHours(v1::ResolveHoursRequest {
            context: Some(
                world.says(Says { note: "Spoke to both by telephone.", ..Says::default() }),
            ),
            hours: format!("hours/{hours}"),
            minutes,
        })),
        Step::Reverse { entry, .. } => Some(Request::ReverseEntry(v1::ReverseEntryRequest {
            context: Some(world.says(Says { who: Who::Second, ..Says::default() })),
            entry: format!("entries/{entry}"),
            reason: match world.dice.below(4) {
                0 => v1::ReversalReason::Twice,
                1 => v1::ReversalReason::WrongPerson,
                _ => v1::ReversalReason::Slip,
            }
            .into(),
        })),
        Step::Correct { entry, help, on } => {
            let says = Says { on: Some(on), corrects: Some(entry), ..Says::default() };
            let help = v1::Help {
                minutes: (help.minutes.get() - 15).max(15),
                ..api::help(&world.coop, &help)
            };
            Some(Request::RecordHours(v1::RecordHoursRequest {
                context: Some(world.says(says)),
                help: Some(help),
                evidence: v1::EvidenceGrade::Phone.into(),
            }))
        }
        Step::Gift => gift(world, state),
        Step::Donate => donate(world, state),
        Step::Grant { tries } => grant(world, state, tries),
    }
}

fn confirm(
    context: Option<v1::WriteContext>,
    hours: Position,
    (minutes, evidence): (i64, v1::EvidenceGrade),
) -> Request {
    let hours = format!("hours/{hours}");
    Request::ConfirmHours(v1::ConfirmHoursRequest {
        context,
        hours,
        minutes,
        evidence: evidence.into(),
    })
}

/// Somebody gave, somebody was helped: written down by the giver, or by an officer for them.
fn visit(world: &mut World, on: Day, way: Way) -> Option<Request> {
    let giver = world.dice.weighted(world.people.givers.iter().copied())?;
    let (receiver, task, minutes) = if way == Way::ForAll {
        let task = world.dice.weighted(FOR_ALL.into_iter())?;
        (None, task, world.dice.between(4, 14) * 15)
    } else {
        // Most help goes to those who use the service; some to a carer's household.
        let list = if world.dice.percent(72) { &world.people.helped } else { &world.people.carers };
        let receiver = world.dice.weighted(list.iter().copied())?;
        let task = world.dice.weighted(TASKS.into_iter())?;
        (Some(receiver), task, calendar::visit(&mut world.dice))
    };
    if receiver == Some(giver) {
        return None;
    }
    let to = match world.dice.below(100) {
        ..13 => Some(v1::destination::To::Pot(true)),
        13..16 => {
            let carer = world.dice.weighted(world.people.carers.iter().copied())?;
            let member = v1::destination::To::Member(World::member(carer));
            (carer != giver).then_some(member)
        }
        _ => None,
    };
    let help = Some(v1::Help {
        giver: World::member(giver),
        receiver: receiver.map(World::member).unwrap_or_default(),
        minutes,
        task: task.into(),
        destination: to.map(|to| v1::Destination { to: Some(to) }),
        own_family: world.dice.percent(2) && receiver.is_some(),
    });
    let on = Some(on).filter(|day| *day != world.today());
    let note = if world.dice.percent(8) { world.dice.word(&NOTES) } else { "" };
    let says = Says { who: Who::Member(giver), on, note, ..Says::default() };
    match way {
        Way::Paper => {
            let channel = v1::Channel::Paper;
            let evidence = v1::EvidenceGrade::Paper.into();
            let context = Some(world.says(Says { who: Who::Second, channel, ..says }));
            Some(Request::RecordHours(v1::RecordHoursRequest { context, help, evidence }))
        }
        Way::RungIn => {
            let (channel, for_member) = (v1::Channel::Phone, Some(giver));
            let context = Some(world.says(Says { who: Who::Second, channel, for_member, ..says }));
            Some(Request::LogHours(v1::LogHoursRequest { context, help }))
        }
        Way::Confirmed
        | Way::Amended
        | Way::Disputed
        | Way::RungBack
        | Way::Timer
        | Way::ForAll => {
            Some(Request::LogHours(v1::LogHoursRequest { context: Some(world.says(says)), help }))
        }
    }
}

/// A volunteer who has hours to spare, by what stands in their account.
fn with_hours(world: &mut World, state: &State, minutes: i64) -> Option<MemberId> {
    let givers: Vec<_> = world.people.givers.clone();
    let has = |member: MemberId| state.books().time(TimeAccount::Member(member)).get() >= minutes;
    let able = givers.into_iter().filter(|(member, _)| has(*member));
    let giver = world.dice.weighted(able)?;
    world.asking.insert(giver).then_some(giver)
}

fn gift(world: &mut World, state: &State) -> Option<Request> {
    let minutes = world.dice.between(2, 6) * 15;
    let from = with_hours(world, state, minutes + 60)?;
    let to = world.dice.weighted(world.people.carers.iter().copied())?;
    if to == from {
        return None;
    }
    let context = Some(world.says(Says { who: Who::Member(from), ..Says::default() }));
    let (from, to) = (World::member(from), World::member(to));
    Some(Request::GiveHours(v1::GiveHoursRequest { context, from, to, minutes }))
}

fn donate(world: &mut World, state: &State) -> Option<Request> {
    let minutes = world.dice.between(2, 8) * 30;
    let from = with_hours(world, state, minutes + 120)?;
    let context = Some(world.says(Says { who: Who::Member(from), ..Says::default() }));
    Some(Request::DonateHours(v1::DonateHoursRequest {
        context,
        from: World::member(from),
        minutes,
    }))
}

/// The pot goes to whoever has the least, as far as it goes. Where it is empty, the officer waits.
fn grant(world: &mut World, state: &State, tries: u8) -> Option<Request> {
    let minutes = world.dice.between(3, 7) * 30;
    if !world.take(("pot", 0), state.books().time(TimeAccount::Pot).get(), minutes) {
        if tries < 6 {
            let days = world.dice.days(3, 9);
            world.later(days, Part::Morning, Step::Grant { tries: tries + 1 });
        }
        return None;
    }
    let stands = |member: MemberId| state.books().time(TimeAccount::Member(member)).get();
    let waiting = world.people.carers.iter().map(|(member, _)| *member);
    let to = waiting
        .filter(|member| !world.asking.contains(member))
        .min_by_key(|member| stands(*member))?;
    world.asking.insert(to);
    Some(Request::GrantFromPot(v1::GrantFromPotRequest {
        context: Some(world.says(Says::default())),
        to: World::member(to),
        minutes,
        reason: match world.dice.below(10) {
            0 => v1::GrantReason::Emergency,
            1 => v1::GrantReason::Welcome,
            _ => v1::GrantReason::Cover,
        }
        .into(),
    }))
}

pub(super) fn done(step: Step, world: &mut World, entry: &Entry) {
    match (step, &entry.event) {
        (Step::Visit { on: _, way }, Event::HoursLogged { help, .. }) => {
            logged(world, way, (entry.position, *help));
        }
        (_, Event::HoursConfirmed { help, .. } | Event::HoursRecorded { help, .. }) => {
            let earns = help.kinship == ledger_core::Kinship::Neighbour;
            if entry.corrects.is_none() && earns && world.dice.below(1000) < 27 {
                let (entry, on) = (entry.position, entry.occurred_on);
                let days = world.dice.days(1, 9);
                let part = world.some_part();
                world.later(days, part, Step::Reverse { entry, help: *help, on });
            }
        }
        (Step::Dispute { hours, .. }, _) => {
            let minutes = world.dice.between(0, 4) * 15;
            let days = world.dice.days(1, 6);
            world.later(days, Part::Morning, Step::Resolve { hours, minutes });
        }
        (Step::Reverse { entry, help, on }, _) if world.dice.percent(60) => {
            world.later(1, Part::Morning, Step::Correct { entry, help, on });
        }
        _ => {}
    }
}

fn logged(world: &mut World, way: Way, (hours, help): (Position, Help)) {
    let days = if world.dice.percent(60) { 0 } else { world.dice.days(1, 7) };
    let part = world.some_part();
    let by = help.receiver.unwrap_or(help.giver);
    let step = match way {
        Way::Confirmed => Step::Confirm { hours, by, minutes: 0 },
        Way::Amended => {
            let other = if world.dice.percent(70) { -15 } else { 15 };
            Step::Confirm { hours, by, minutes: (help.minutes.get() + other).max(15) }
        }
        Way::Disputed => Step::Dispute { hours, by },
        Way::RungIn | Way::RungBack | Way::ForAll => {
            Step::CallBack { hours, who: Who::Coordinator }
        }
        Way::Paper | Way::Timer => return,
    };
    world.later(days, part, step);
}
