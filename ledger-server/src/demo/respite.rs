//! Respite: who asks, who covers it, and what it comes to.

use ledger_core::{Day, Entry, Event, MemberId, Position, State};
use ledger_proto::v1::{self, write::Request};

use super::{
    calendar::Part,
    year::{Says, Who, World},
};

/// What a respite comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ending {
    Delivered,
    /// Delivered by another than the one who had agreed first.
    Swapped,
    Cancelled,
    NoCover,
    NoShow,
    /// Nobody says anything any more, and it lapses.
    Forgotten,
}

/// A respite that was asked for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Asked {
    respite: Position,
    carer: MemberId,
    minutes: i64,
    date: Day,
    ending: Ending,
    /// Who covers it. Nobody: staff, or nobody yet.
    giver: Option<MemberId>,
}

#[derive(Clone, Debug)]
pub(super) enum Step {
    Ask { ending: Ending, tries: u8 },
    Agree(Asked),
    Withdraw(Asked),
    Deliver(Asked),
    Cancel(Asked),
    NoCover(Asked),
    NoShow(Asked),
}

pub(super) fn plan(world: &mut World) {
    let endings = [
        (Ending::Delivered, 286),
        (Ending::Swapped, 8),
        (Ending::Cancelled, 16),
        (Ending::NoCover, 9),
        (Ending::NoShow, 5),
        (Ending::Forgotten, 2),
    ];
    let endings = endings.map(|(ending, count)| (ending, world.share(count)));
    for ending in world.dice.deck(&endings) {
        let day = match ending {
            // So that it has lapsed by the end of the year.
            Ending::Forgotten => world.calendar.first.plus(world.dice.days(60, 250)),
            Ending::Delivered
            | Ending::Swapped
            | Ending::Cancelled
            | Ending::NoCover
            | Ending::NoShow => {
                world.calendar.busy_day(&mut world.dice).max(world.calendar.first.plus(3))
            }
        };
        let part = world.some_part();
        world.plan(day, part, Step::Ask { ending, tries: 0 });
    }
}

pub(super) fn ask(step: &Step, world: &mut World, state: &State) -> Option<Request> {
    match *step {
        Step::Ask { ending, tries } => request(world, state, (ending, tries)),
        Step::Agree(asked) => Some(agree(world, asked)),
        Step::Withdraw(asked) => Some(Request::WithdrawCover(v1::WithdrawCoverRequest {
            context: Some(world.says(by(asked.giver))),
            respite: name(asked),
            reason: v1::CancelReason::Illness.into(),
        })),
        Step::Deliver(asked) => Some(deliver(world, state, asked)),
        Step::Cancel(asked) => Some(cancel(world, asked)),
        Step::NoCover(asked) => Some(Request::RecordNoCover(v1::RecordNoCoverRequest {
            context: Some(world.says(Says { note: "Rang everybody twice.", ..Says::default() })),
            respite: name(asked),
        })),
        Step::NoShow(asked) => {
            let giver_missing = world.dice.percent(60);
            let (who, missing) = if giver_missing {
                (Some(asked.carer), v1::RespiteSide::Giver)
            } else {
                (asked.giver, v1::RespiteSide::Carer)
            };
            Some(Request::RecordNoShow(v1::RecordNoShowRequest {
                context: Some(world.says(by(who))),
                respite: name(asked),
                missing: missing.into(),
            }))
        }
    }
}

fn name(asked: Asked) -> String {
    format!("respite/{}", asked.respite)
}

/// Said by a member, or by the co-ordinator where it is nobody of the members.
fn by(member: Option<MemberId>) -> Says {
    Says { who: member.map_or(Who::Coordinator, Who::Member), ..Says::default() }
}

/// A carer who has the hours asks. Where nobody has, it is asked again some days later, when the pot has helped.
fn request(world: &mut World, state: &State, (ending, tries): (Ending, u8)) -> Option<Request> {
    let minutes = 30 * world.dice.weighted([(3, 2), (4, 5), (5, 6), (6, 3), (8, 2)].into_iter())?;
    let values = &state.policy().ok()?.values;
    let spare = |member: MemberId| state.available(member, values);
    let carers = world.people.carers.clone().into_iter();
    let able =
        carers.filter(|(member, _)| spare(*member) >= minutes && !world.asking.contains(member));
    let Some(carer) = world.dice.weighted(able.collect::<Vec<_>>().into_iter()) else {
        if tries < 8 {
            let days = world.dice.days(2, 6);
            world.later(days, Part::Morning, Step::Ask { ending, tries: tries + 1 });
        }
        return None;
    };
    world.asking.insert(carer);
    let ahead = if world.dice.percent(6) { 1 } else { world.dice.days(3, 24) };
    let start = 9 * 60 + 30 * world.dice.below(19);
    let mut says = by(Some(carer));
    if world.dice.percent(25) {
        let (who, channel) = (Who::Coordinator, v1::Channel::Phone);
        says = Says { who, channel, for_member: Some(carer), ..Says::default() };
    }
    Some(Request::RequestRespite(v1::RequestRespiteRequest {
        context: Some(world.says(says)),
        carer: World::member(carer),
        minutes,
        date: world.today().plus(ahead).to_string(),
        start_time: format!("{:02}:{:02}", start / 60, start % 60),
    }))
}

/// A volunteer whose day is free agrees, or the officer puts staff on it.
fn agree(world: &mut World, asked: Asked) -> Request {
    let free = |(member, _): &(MemberId, i64)| {
        *member != asked.carer && !world.booked.contains(&(*member, asked.date))
    };
    let givers: Vec<_> = world.people.givers.iter().filter(|giver| free(giver)).copied().collect();
    let giver = world.dice.weighted(givers.into_iter());
    let giver = giver.filter(|_| asked.ending == Ending::Swapped || !world.dice.percent(16));
    let says = match giver {
        Some(giver) if world.dice.percent(60) => by(Some(giver)),
        _ => Says { for_member: giver, ..Says::default() },
    };
    if let Some(giver) = giver {
        world.booked.insert((giver, asked.date));
    }
    let cover = giver
        .map_or(v1::cover::By::Staff(true), |giver| v1::cover::By::Member(World::member(giver)));
    Request::AgreeCover(v1::AgreeCoverRequest {
        context: Some(world.says(says)),
        respite: name(asked),
        cover: Some(v1::Cover { by: Some(cover) }),
        start_time: String::new(),
    })
}

/// Most take as long as was asked; some are shorter, and a few longer where the carer has the hours.
fn deliver(world: &mut World, state: &State, asked: Asked) -> Request {
    let spare = state.policy().map_or(0, |policy| state.available(asked.carer, &policy.values));
    let minutes = match world.dice.below(100) {
        ..18 => asked.minutes - 15,
        18..23 => asked.minutes - 30,
        23..30 if spare >= 30 => asked.minutes + 30,
        _ => asked.minutes,
    };
    let says = if world.dice.percent(70) {
        by(Some(asked.carer))
    } else {
        Says { channel: v1::Channel::Phone, ..Says::default() }
    };
    Request::DeliverRespite(v1::DeliverRespiteRequest {
        context: Some(world.says(says)),
        respite: name(asked),
        minutes,
        cover: None,
        carer_agrees_to_more: minutes > asked.minutes,
    })
}

fn cancel(world: &mut World, asked: Asked) -> Request {
    let (who, side) = match (world.dice.below(10), asked.giver) {
        (..6, _) => (Some(asked.carer), v1::RespiteSide::Carer),
        (6..9, Some(giver)) => (Some(giver), v1::RespiteSide::Giver),
        _ => (None, v1::RespiteSide::Coop),
    };
    let reason = match world.dice.below(10) {
        ..6 => v1::CancelReason::Illness,
        6..8 => v1::CancelReason::NotNeeded,
        _ => v1::CancelReason::Moved,
    };
    Request::CancelRespite(v1::CancelRespiteRequest {
        context: Some(world.says(by(who))),
        respite: name(asked),
        by: side.into(),
        reason: reason.into(),
    })
}

pub(super) fn done(step: Step, world: &mut World, entry: &Entry) {
    match (step, &entry.event) {
        (Step::Ask { ending, .. }, Event::RespiteRequested { carer, minutes, wanted_on, .. }) => {
            let asked = Asked {
                respite: entry.position,
                carer: *carer,
                minutes: minutes.get(),
                date: *wanted_on,
                ending,
                giver: None,
            };
            requested(world, asked);
        }
        (Step::Agree(asked), Event::CoverAgreed { cover, .. }) => {
            let giver = match cover {
                ledger_core::Cover::Member(giver) => Some(*giver),
                ledger_core::Cover::Staff => None,
            };
            agreed(world, Asked { giver, ..asked });
        }
        (Step::Withdraw(asked), _) => {
            let again = Asked { ending: Ending::Delivered, giver: None, ..asked };
            world.later(0, Part::Evening, Step::Agree(again));
        }
        _ => {}
    }
}

fn requested(world: &mut World, asked: Asked) {
    let (part, days) = (world.some_part(), world.dice.days(0, 2));
    match asked.ending {
        Ending::NoCover => {
            world.plan(asked.date.plus(-1), Part::Evening, Step::NoCover(asked));
        }
        Ending::Forgotten => {}
        Ending::Delivered | Ending::Swapped | Ending::Cancelled | Ending::NoShow => {
            let day = world.today().plus(days).min(asked.date);
            world.plan(day, part, Step::Agree(asked));
        }
    }
}

fn agreed(world: &mut World, asked: Asked) {
    let (part, days) = (world.some_part(), world.dice.days(0, 2));
    match asked.ending {
        Ending::Swapped if asked.giver.is_some() => {
            let day = asked.date.plus(-2);
            world.plan(day, Part::Morning, Step::Withdraw(asked));
        }
        Ending::Cancelled => world.plan(asked.date.plus(-days), part, Step::Cancel(asked)),
        Ending::NoShow => world.plan(asked.date, Part::Evening, Step::NoShow(asked)),
        Ending::Delivered | Ending::Swapped | Ending::NoCover | Ending::Forgotten => {
            world.plan(asked.date.plus(days), Part::Evening, Step::Deliver(asked));
        }
    }
}
