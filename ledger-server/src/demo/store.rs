//! The Store: grants and what they may be spent on, surplus, charges and expenses, and gifts in kind.

use ledger_core::{CashAccount, Entry, Event, FundId, MemberId, OfferId, State};
use ledger_proto::v1::{self, CashSource, CashUse, FundFreedom, write::Request};

use super::{
    calendar::Part,
    names::{BUSINESSES, GIFTS, PARTNERS},
    year::{Says, Who, World},
};

/// The funds, in the order of their numbers: what each is called, how free it is, and for what.
const FUNDS: [(&str, FundFreedom, &str); 5] = [
    ("General fund", FundFreedom::Unrestricted, ""),
    ("Rainy day", FundFreedom::Designated, ""),
    ("Breaks for carers", FundFreedom::Restricted, "respite for family carers"),
    ("Warm homes", FundFreedom::Restricted, "help at home in winter"),
    ("Out and about", FundFreedom::Restricted, "group activities"),
];
const GENERAL: u32 = 1;
const RAINY_DAY: u32 = 2;
/// The grants: after so many days, into which fund, from which partner, so many pence.
const GRANTS: [(i32, u32, usize, i64); 4] =
    [(4, 3, 0, 1_800_000), (12, 4, 1, 600_000), (33, 5, 2, 480_000), (61, GENERAL, 3, 750_000)];
/// Specialist staff, month by month: out of which fund, from which month to which, so many pence.
const SPECIALISTS: [(u32, i32, i32, i64); 3] =
    [(3, 0, 11, 146_000), (4, 0, 3, 96_000), (5, 1, 11, 41_000)];
/// A mile of a volunteer's own car, in pence.
const MILE: i64 = 45;

#[derive(Clone, Debug)]
pub(super) enum Step {
    /// The organisation at this place of the lists is registered.
    Party(usize),
    /// The fund at this place of the list is opened.
    Fund(usize),
    Receive {
        fund: u32,
        source: CashSource,
        pence: i64,
        party: Option<usize>,
    },
    /// A charge for help that is not regulated.
    Charge,
    Specialist {
        fund: u32,
        pence: i64,
    },
    /// Miles that a volunteer drove.
    Miles,
    Gift,
    Used {
        offer: OfferId,
        quantity: i64,
    },
}

pub(super) fn plan(world: &mut World) {
    let first = world.calendar.first;
    for place in 0..BUSINESSES.len() + PARTNERS.len() {
        world.plan(first, Part::Afternoon, Step::Party(place));
    }
    for place in 0..FUNDS.len() {
        world.plan(first, Part::Afternoon, Step::Fund(place));
    }
    for (after, fund, partner, pence) in GRANTS {
        let party = Some(BUSINESSES.len() + partner);
        let step = Step::Receive { fund, source: CashSource::Grant, pence, party };
        world.plan(first.plus(after), Part::Morning, step);
    }
    for month in 0..12 {
        let pence = world.dice.between(50, 95) * 1000;
        let fund = if month % 3 == 2 { RAINY_DAY } else { GENERAL };
        let surplus = Step::Receive { fund, source: CashSource::Surplus, pence, party: None };
        world.plan(first.plus(month * 30 + 16), Part::Morning, surplus);
        for (fund, from, to, pence) in SPECIALISTS {
            if (from..=to).contains(&month) {
                let step = Step::Specialist { fund, pence };
                world.plan(first.plus(month * 30 + 28), Part::Morning, step);
            }
        }
    }
    let some =
        [(0, 322), (1, 620), (2, 60), (3, 26)].map(|(kind, count)| (kind, world.share(count)));
    for kind in world.dice.deck(&some) {
        let day = world.calendar.day_from(&mut world.dice, 6);
        let pence = world.dice.between(1, 30) * 500;
        let step = match kind {
            0 => Step::Charge,
            1 => Step::Miles,
            2 => Step::Gift,
            _ => {
                let source = CashSource::Donation;
                Step::Receive { fund: GENERAL, source, pence, party: None }
            }
        };
        world.plan(day, Part::Morning, step);
    }
}

pub(super) fn ask(step: &Step, world: &mut World, state: &State) -> Option<Request> {
    let says = Says { who: Who::Treasurer, ..Says::default() };
    match *step {
        Step::Party(place) => {
            let business = BUSINESSES.get(place).map(|(title, _, _)| *title);
            let partner = || PARTNERS.get(place - BUSINESSES.len()).copied();
            let kind = match business {
                Some(_) => v1::PartyKind::Business,
                None => v1::PartyKind::Partner,
            };
            Some(Request::RegisterParty(v1::RegisterPartyRequest {
                context: Some(world.says(Says::default())),
                title: business.or_else(partner)?.to_owned(),
                kind: kind.into(),
            }))
        }
        Step::Fund(place) => {
            let &(title, freedom, purpose) = FUNDS.get(place)?;
            Some(Request::OpenFund(v1::OpenFundRequest {
                context: Some(world.says(Says::default())),
                title: title.to_owned(),
                freedom: freedom.into(),
                purpose: purpose.to_owned(),
            }))
        }
        Step::Receive { fund, source, pence, party } => {
            let party = party.map(|place| format!("parties/{}", place + 1));
            let party = party.unwrap_or_default();
            Some(receive(world, (fund, source, pence), party, None))
        }
        Step::Charge => {
            let member = world.dice.weighted(world.people.helped.iter().copied());
            let pence = world.dice.between(4, 24) * 250;
            Some(receive(world, (GENERAL, CashSource::Charge, pence), String::new(), member))
        }
        Step::Specialist { fund, pence } => {
            let spend = (fund, CashUse::SpecialistStaff, pence);
            spend_of(world, state, spend, None)
        }
        Step::Miles => {
            let member = world.dice.weighted(world.people.givers.iter().copied());
            let pence = world.dice.between(3, 22) * MILE;
            spend_of(world, state, (GENERAL, CashUse::Expense, pence), member)
        }
        Step::Gift => Some(gift(world, says)),
        Step::Used { offer, quantity } => {
            let there = world.take(("offer", offer.get()), state.stock(offer).get(), quantity);
            there.then(|| {
                Request::UseInKind(v1::UseInKindRequest {
                    context: Some(world.says(says)),
                    offer: format!("offers/{offer}"),
                    quantity,
                })
            })
        }
    }
}

fn receive(
    world: &mut World,
    (fund, source, amount_pence): (u32, CashSource, i64),
    party: String,
    member: Option<MemberId>,
) -> Request {
    Request::ReceiveCash(v1::ReceiveCashRequest {
        context: Some(world.says(Says { who: Who::Treasurer, ..Says::default() })),
        fund: format!("funds/{fund}"),
        source: source.into(),
        amount_pence,
        party,
        member: member.map(World::member).unwrap_or_default(),
    })
}

/// Spends, where there is so much; a restricted fund on its own purpose.
fn spend_of(
    world: &mut World,
    state: &State,
    (fund, cash_use, amount_pence): (u32, CashUse, i64),
    member: Option<MemberId>,
) -> Option<Request> {
    let place = usize::try_from(fund - 1).unwrap_or_default();
    let &(_, _, purpose) = FUNDS.get(place)?;
    let there = state.books().cash(CashAccount::Fund(FundId::new(fund)?)).get();
    if !world.take(("fund", fund), there, amount_pence) {
        return None;
    }
    Some(Request::SpendCash(v1::SpendCashRequest {
        context: Some(world.says(Says { who: Who::Treasurer, ..Says::default() })),
        fund: format!("funds/{fund}"),
        r#use: cash_use.into(),
        amount_pence,
        purpose: purpose.to_owned(),
        party: String::new(),
        member: member.map(World::member).unwrap_or_default(),
    }))
}

fn gift(world: &mut World, says: Says) -> Request {
    let (title, most, each) = world.dice.one(&GIFTS).unwrap_or(("A gift", 1, 0));
    let quantity = world.dice.between(1, most);
    let partners = i64::try_from(PARTNERS.len()).unwrap_or_default();
    let businesses = i64::try_from(BUSINESSES.len()).unwrap_or_default();
    let party = businesses + 1 + world.dice.below(partners);
    Request::ReceiveInKind(v1::ReceiveInKindRequest {
        context: Some(world.says(says)),
        party: format!("parties/{party}"),
        title: title.to_owned(),
        quantity,
        valuation_pence: quantity * each,
    })
}

pub(super) fn done(step: Step, world: &mut World, entry: &Entry) {
    if let (Step::Gift, Event::InKindReceived { offer, quantity, .. }) = (step, &entry.event) {
        for _ in 0..world.dice.between(0, 3) {
            let quantity = world.dice.between(1, quantity.get());
            let days = world.dice.days(2, 70);
            world.later(days, Part::Morning, Step::Used { offer: *offer, quantity });
        }
    }
}
