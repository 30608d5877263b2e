//! Some years of a care co-op, made up: every entry decided and evolved as a real one is, from one seed.
//!
//! How often each thing happens is the year of a co-op of 185 members, taken as many times as there are members; five
//! such years make the log. The same size always gives the same entries.

mod happenings;

use std::collections::{BTreeMap, VecDeque};

use ledger_core::{
    Actor, CashSource, CashUse, Channel, CodeHash, Command, CoopName, Day, Decision, Entry,
    EventKind, Fingerprint, FundFreedom, FundId, GrantReason, Items, MemberId, Minutes, OfferId,
    OfficerId, PartyKind, Pence, Position, Request, RequestId, Role, State, Timestamp, Title,
    Values, advance, decide, fall_due,
};

/// The first day: a Monday.
const FIRST_DAY: i32 = 17_903;
/// The co-op whose year is taken as the measure has so many members.
const OF_MEMBERS: u64 = 185;
/// A member's part in about five years.
const ENTRIES_A_MEMBER: usize = 200;
/// So many members founded the smallest co-op.
const FEWEST: usize = 200;

/// What may happen on a day, and how often it does in the year of reference.
const A_YEAR: [(Topic, u64); 11] = [
    (Topic::Visit, 2240),
    (Topic::Respite, 310),
    (Topic::Grant, 190),
    (Topic::Gift, 140),
    (Topic::Voucher, 420),
    (Topic::Pledge, 30),
    (Topic::InKind, 30),
    (Topic::UseInKind, 60),
    (Topic::Receive, 340),
    (Topic::Spend, 620),
    (Topic::Enrol, 20),
];

#[derive(Clone, Copy)]
enum Topic {
    Visit,
    Respite,
    Grant,
    Gift,
    Voucher,
    Pledge,
    InKind,
    UseInKind,
    Receive,
    Spend,
    Enrol,
}

/// What follows on an entry, some days later.
enum Later {
    Confirm { hours: Position, by: Actor },
    Dispute { hours: Position, by: Actor },
    Resolve { hours: Position },
    Agree { respite: Position, carer: MemberId },
    Deliver { respite: Position, by: MemberId, minutes: Minutes },
    Cancel { respite: Position, by: MemberId },
    NoCover { respite: Position },
    Redeem { code: CodeHash },
    TakeBack { voucher: Position },
    Reverse { entry: Box<Entry> },
}

/// What was made.
#[derive(Default)]
pub(crate) struct Made {
    pub(crate) entries: usize,
    pub(crate) members: usize,
    pub(crate) days: i32,
    pub(crate) last: Timestamp,
    pub(crate) kinds: BTreeMap<EventKind, usize>,
}

/// Makes so many entries and hands them over in order.
pub(crate) fn make(entries: usize, mut take: impl FnMut(&Entry)) -> Made {
    let mut made = Made::default();
    let mut years = Years::new((entries / ENTRIES_A_MEMBER).max(FEWEST));
    years.found();
    loop {
        for entry in years.fresh.drain(..) {
            if made.entries == entries {
                made.members = years.state.members().len();
                made.days = years.today.number() - FIRST_DAY;
                return made;
            }
            take(&entry);
            made.entries += 1;
            made.last = entry.recorded_at;
            *made.kinds.entry(entry.event.kind()).or_default() += 1;
        }
        years.day();
    }
}

/// Numbers that look like chance and are the same each time (Steele, Lea, Flood, "Fast splittable PRNGs", 2014).
pub(crate) struct Dice(u64);

impl Dice {
    pub(crate) fn new(seed: u64) -> Dice {
        Dice(seed)
    }

    fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    pub(crate) fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.roll() % u64::try_from(end.max(1)).unwrap()).unwrap()
    }

    fn percent(&mut self, of_hundred: usize) -> bool {
        self.below(100) < of_hundred
    }

    fn bytes(&mut self) -> [u8; 16] {
        (u128::from(self.roll()) << 64 | u128::from(self.roll())).to_be_bytes()
    }
}

struct Years {
    state: State,
    dice: Dice,
    founders: usize,
    today: Day,
    now: Timestamp,
    /// Milliseconds from one request to the next.
    pace: i64,
    /// What is left of each topic's share of a day.
    shares: [u64; A_YEAR.len()],
    later: VecDeque<Vec<Later>>,
    vouchers: Vec<OfferId>,
    gifts: Vec<OfferId>,
    fresh: Vec<Entry>,
}

const COORDINATOR: OfficerId = match OfficerId::new(1) {
    Some(officer) => officer,
    None => unreachable!(),
};

impl Years {
    fn new(founders: usize) -> Years {
        let today = Day::new(FIRST_DAY).unwrap();
        Years {
            state: State::default(),
            dice: Dice::new(42),
            founders,
            today,
            now: today.start(),
            pace: 36_000_000 / i64::try_from(founders / 8 + 1).unwrap(),
            shares: [0; A_YEAR.len()],
            later: (0..64).map(|_| Vec::new()).collect(),
            vouchers: Vec::new(),
            gifts: Vec::new(),
            fresh: Vec::new(),
        }
    }

    /// Asks for something today. A refusal is part of life and changes nothing.
    fn ask(&mut self, actor: Actor, command: Command) -> Option<Position> {
        self.ask_of(actor, self.today, command)
    }

    fn ask_of(&mut self, actor: Actor, day: Day, command: Command) -> Option<Position> {
        self.now = self.state.stamp(Timestamp::from_unix_ms(self.now.unix_ms() + self.pace));
        while let Some(due) = fall_due(&self.state, self.now) {
            self.record(due);
        }
        let bits = self.dice.bytes();
        let request = Request {
            id: RequestId::of_time(self.now, *bits.first_chunk().unwrap()),
            fingerprint: Fingerprint::new(self.dice.bytes()),
            at: self.now,
            occurred_on: Some(day),
            actor,
            on_behalf_of: None,
            channel: Channel::App,
            expected_position: None,
            expected_revision: None,
            corrects: None,
            row: None,
            command,
        };
        match decide(&self.state, &request) {
            Ok(Decision::Record(entry)) => Some(self.record(*entry)),
            Ok(Decision::AlreadyRecorded(_)) | Err(_) => None,
        }
    }

    fn record(&mut self, entry: Entry) -> Position {
        let position = entry.position;
        advance(&mut self.state, &entry).unwrap();
        self.fresh.push(entry);
        position
    }

    fn officer(&mut self, command: Command) -> Option<Position> {
        self.ask(Actor::Officer(COORDINATOR), command)
    }

    fn plan(&mut self, days: usize, later: Later) {
        self.later.get_mut(days).unwrap().push(later);
    }

    fn found(&mut self) {
        let coop = CoopName::new("a-county").unwrap();
        let policy = Values::template();
        self.ask(Actor::Operator, Command::FoundCoop { coop, policy }).unwrap();
        self.officer(Command::AppointOfficer { role: Role::Treasurer, member: None }).unwrap();
        for n in 0..20 {
            let title = Title::new(&format!("Business {n}")).unwrap();
            let kind = PartyKind::Business;
            self.officer(Command::RegisterParty { title, kind }).unwrap();
        }
        for (title, freedom) in [
            ("General", FundFreedom::Unrestricted),
            ("Outings", FundFreedom::Designated),
            ("Respite", FundFreedom::Restricted(Title::new("respite").unwrap())),
        ] {
            let title = Title::new(title).unwrap();
            self.officer(Command::OpenFund { title, freedom }).unwrap();
        }
        for _ in 0..self.founders {
            self.enrol();
        }
        for _ in 0..10 {
            self.pledge();
            self.in_kind();
        }
    }

    fn day(&mut self) {
        self.today = self.today.plus(1);
        self.now = self.state.stamp(self.today.start().plus_hours(8));
        let planned = self.later.pop_front().unwrap();
        self.later.push_back(Vec::new());
        for later in planned {
            self.follow(later);
        }
        let members = u64::try_from(self.founders).unwrap();
        for (at, (topic, times)) in A_YEAR.into_iter().enumerate() {
            let share = self.shares.get_mut(at).unwrap();
            *share += times * members;
            let today = *share / (OF_MEMBERS * 365);
            *share %= OF_MEMBERS * 365;
            for _ in 0..today {
                self.happen(topic);
            }
        }
    }

    fn happen(&mut self, topic: Topic) {
        match topic {
            Topic::Visit => self.visit(),
            Topic::Respite => self.respite(),
            Topic::Grant => {
                let (to, minutes) = (self.carer(), self.quarters(12));
                let reason = GrantReason::Cover;
                self.officer(Command::GrantFromPot { to, minutes, reason });
            }
            Topic::Gift => self.gift(),
            Topic::Voucher => self.voucher(),
            Topic::Pledge => self.pledge(),
            Topic::InKind => self.in_kind(),
            Topic::UseInKind => {
                let offer = pick(&mut self.dice, &self.gifts);
                self.officer(Command::UseInKind { offer, quantity: Items::new(1).unwrap() });
            }
            Topic::Receive => {
                let (fund, pence) = (self.fund(), self.pence(50_000));
                let member = Some(self.anybody());
                let (source, party) = (CashSource::Charge, None);
                self.officer(Command::ReceiveCash { fund, source, pence, party, member });
            }
            Topic::Spend => {
                let (fund, pence) = (self.fund(), self.pence(4_000));
                let member = Some(self.volunteer());
                let purpose = Some(Title::new("respite").unwrap());
                let (spent_on, party) = (CashUse::Expense, None);
                self.officer(Command::SpendCash { fund, spent_on, pence, purpose, party, member });
            }
            Topic::Enrol => self.enrol(),
        }
    }

    /// Some of the volunteers give much more than the others.
    fn volunteer(&mut self) -> MemberId {
        let bound = self.founders / 20 * 8;
        let (one, other) = (self.dice.below(bound), self.dice.below(bound));
        let nth = one.min(other);
        MemberId::at(nth / 8 * 20 + 9 + nth % 8).unwrap()
    }

    fn carer(&mut self) -> MemberId {
        let nth = self.dice.below(self.founders / 20 * 5);
        MemberId::at(nth / 5 * 20 + 4 + nth % 5).unwrap()
    }

    fn anybody(&mut self) -> MemberId {
        MemberId::at(self.dice.below(self.state.members().len())).unwrap()
    }

    fn fund(&mut self) -> FundId {
        FundId::at(self.dice.below(3)).unwrap()
    }

    fn quarters(&mut self, most: usize) -> Minutes {
        Minutes::new(15 * i64::try_from(1 + self.dice.below(most)).unwrap()).unwrap()
    }

    fn pence(&mut self, most: usize) -> Pence {
        Pence::new(i64::try_from(1 + self.dice.below(most)).unwrap()).unwrap()
    }
}

fn pick<T: Copy>(dice: &mut Dice, among: &[T]) -> T {
    *among.get(dice.below(among.len())).unwrap()
}

/// Keeps the newest offers: the older ones have run out.
fn renew(offers: &mut Vec<OfferId>, newest: OfferId, keep: usize) {
    offers.push(newest);
    if offers.len() > keep {
        offers.remove(0);
    }
}
