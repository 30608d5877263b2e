//! Vouchers: what businesses pledge, who is thanked, and who comes to the till.

use ledger_core::{Day, Entry, Event, MemberId, OfferId, OfferKind, PartyKind, Position, State};
use ledger_proto::v1::{self, VoucherReason, write::Request};

use super::{
    calendar::Part,
    names::BUSINESSES,
    year::{Says, Who, World},
};

/// A business pledges anew after so many days.
const SEASON: i32 = 60;
/// So many vouchers each time, in a whole co-op.
const PLEDGED: i64 = 13;

/// What becomes of a voucher.
#[derive(Clone, Copy, Debug)]
pub(super) enum Fate {
    Redeemed,
    Cancelled,
    /// It lies in a drawer until it lapses.
    Lapses,
}

#[derive(Clone, Debug)]
pub(super) enum Step {
    /// The business at this place of the list pledges.
    Pledge(usize),
    /// An officer says thank you.
    Issue { fate: Fate, tries: u8 },
    /// The business takes a code.
    Redeem(String),
    /// The officer takes it back.
    Cancel(Position),
}

pub(super) fn plan(world: &mut World) {
    let length = world.calendar.last.number() - world.calendar.first.number();
    for (place, _) in BUSINESSES.iter().enumerate() {
        for season in 0..=length / SEASON {
            let day = world.calendar.first.plus(season * SEASON + world.dice.days(1, 12));
            world.plan(day, Part::Morning, Step::Pledge(place));
        }
    }
    let fates = [(Fate::Redeemed, 305), (Fate::Cancelled, 12), (Fate::Lapses, 103)];
    let fates = fates.map(|(fate, count)| (fate, world.share(count)));
    for fate in world.dice.deck(&fates) {
        let day = world.calendar.day_from(&mut world.dice, 14);
        world.plan(day, Part::Afternoon, Step::Issue { fate, tries: 0 });
    }
}

pub(super) fn ask(step: &Step, world: &mut World, state: &State) -> Option<Request> {
    match step {
        Step::Pledge(place) => {
            let &(business, title, face_value_pence) = BUSINESSES.get(*place)?;
            let party = state.parties().iter().position(|party| {
                party.kind == PartyKind::Business && party.title.as_str() == business
            })?;
            let lasts = world.dice.days(75, 110);
            Some(Request::PledgeOffer(v1::PledgeOfferRequest {
                context: Some(world.says(Says { who: Who::Treasurer, ..Says::default() })),
                party: format!("parties/{}", party + 1),
                title: title.to_owned(),
                face_value_pence,
                quantity: world.share(PLEDGED),
                valid_until: world.today().plus(lasts).to_string(),
            }))
        }
        Step::Issue { fate, tries } => issue(world, state, (*fate, *tries)),
        Step::Redeem(code) => Some(Request::RedeemVoucher(v1::RedeemVoucherRequest {
            context: Some(world.says(Says { who: Who::Unnamed, ..Says::default() })),
            code: code.clone(),
        })),
        Step::Cancel(voucher) => Some(Request::CancelVoucher(v1::CancelVoucherRequest {
            context: Some(world.says(Says::default())),
            voucher: format!("vouchers/{voucher}"),
        })),
    }
}

/// A thank-you for somebody who gives, out of what is in stock for some weeks yet.
fn issue(world: &mut World, state: &State, (fate, tries): (Fate, u8)) -> Option<Request> {
    let least = world.today().plus(20);
    let offers = state.offers().iter().enumerate().filter_map(|(place, offer)| {
        let id = OfferId::at(place)?;
        let lasts = match offer.kind {
            OfferKind::Vouchers { face_value: _, valid_until } => valid_until >= least,
            OfferKind::InKind { valuation: _ } => false,
        };
        (lasts && !offer.withdrawn && state.stock(id).get() > 0)
            .then_some((id, state.stock(id).get()))
    });
    let offer = world.dice.weighted(offers.collect::<Vec<_>>().into_iter());
    let Some(offer) = offer.filter(|id| world.take(("offer", id.get()), state.stock(*id).get(), 1))
    else {
        if tries < 9 {
            let days = world.dice.days(1, 9);
            world.later(days, Part::Afternoon, Step::Issue { fate, tries: tries + 1 });
        }
        return None;
    };
    let member = thanked(world)?;
    let reason = match world.dice.below(10) {
        0 => VoucherReason::HundredHours,
        1..4 => VoucherReason::ShortNotice,
        4 => VoucherReason::BadWeather,
        5..7 => VoucherReason::AYear,
        _ => VoucherReason::Other,
    };
    let note = if reason == VoucherReason::Other { "For the summer fair." } else { "" };
    let who = if world.dice.percent(80) { Who::Coordinator } else { Who::Second };
    Some(Request::IssueVoucher(v1::IssueVoucherRequest {
        context: Some(world.says(Says { who, note, ..Says::default() })),
        offer: format!("offers/{offer}"),
        member: World::member(member),
        reason: reason.into(),
    }))
}

/// Most who give are thanked, and nobody so often that it would be pay.
fn thanked(world: &mut World) -> Option<MemberId> {
    let givers = world.people.givers.iter().map(|(member, weight)| (*member, 400 + weight / 4));
    let carers = world.people.carers.iter().map(|(member, _)| (*member, 250));
    let all: Vec<_> = givers.chain(carers).collect();
    let year = world.today().year();
    let few = |member: &MemberId, world: &World| {
        world.thanked.get(&(*member, year)).copied().unwrap_or(0) < 10
    };
    let able: Vec<_> = all.into_iter().filter(|(member, _)| few(member, world)).collect();
    let member = world.dice.weighted(able.into_iter())?;
    *world.thanked.entry((member, year)).or_default() += 1;
    Some(member)
}

pub(super) fn done(step: Step, world: &mut World, entry: &Entry) {
    let (Step::Issue { fate, tries: _ }, Event::VoucherIssued { lapse_at, .. }, Some(asked)) =
        (step, &entry.event, entry.asked)
    else {
        return;
    };
    let last: Day = lapse_at.day().plus(-1);
    let soon = world.today().plus(world.dice.days(1, 50));
    match fate {
        Fate::Redeemed => {
            let code = world.secrets.voucher_code(asked.id).to_string();
            world.plan(soon.min(last), Part::Afternoon, Step::Redeem(code));
        }
        Fate::Cancelled => {
            world.plan(soon.min(last), Part::Morning, Step::Cancel(entry.position));
        }
        Fate::Lapses => {}
    }
}
