//! Given, when, then: the one place of these tests that knows how a request is put and decided.

use ledger_core::{
    Actor, CashAccount, Command, Decision, Entry, Event, Fingerprint, KindAccount, MemberId,
    OfficerId, Position, Rejection, Request, RequestId, RowKey, State, Thing, TimeAccount,
    Timestamp, Transfer, decide, evolve, fall_due,
};

use crate::{words::*, world};

/// One thing that somebody asks for.
#[derive(Clone, Debug)]
pub(crate) struct Ask {
    actor: Actor,
    command: Command,
    for_whom: Option<MemberId>,
    after_ms: i64,
    on: Option<ledger_core::Day>,
    id: Option<(u64, i64)>,
    says: Option<u8>,
    corrects: Option<Position>,
    position: Option<Position>,
    revision: Option<(Thing, Position)>,
    row: bool,
}

/// Somebody asks for something.
pub(crate) fn by(actor: Actor, command: Command) -> Ask {
    Ask {
        actor,
        command,
        for_whom: None,
        after_ms: 0,
        on: None,
        id: None,
        says: None,
        corrects: None,
        position: None,
        revision: None,
        row: false,
    }
}

pub(crate) fn member(member: MemberId, command: Command) -> Ask {
    by(Actor::Member(member), command)
}

pub(crate) fn officer(number: u32, command: Command) -> Ask {
    by(Actor::Officer(OfficerId::new(number).unwrap()), command)
}

/// The founding co-ordinator, who is no member.
pub(crate) fn coordinator(command: Command) -> Ask {
    officer(1, command)
}

impl Ask {
    pub(crate) fn for_whom(self, member: MemberId) -> Self {
        Self { for_whom: Some(member), ..self }
    }
    pub(crate) fn after_days(self, days: i64) -> Self {
        self.after_ms(days * 86_400_000)
    }
    pub(crate) fn after_hours(self, hours: i64) -> Self {
        self.after_ms(hours * 3_600_000)
    }
    pub(crate) fn after_ms(self, after_ms: i64) -> Self {
        Self { after_ms, ..self }
    }
    pub(crate) fn on(self, on: &str) -> Self {
        self.on_day(day(on))
    }
    pub(crate) fn on_day(self, on: ledger_core::Day) -> Self {
        Self { on: Some(on), ..self }
    }
    /// With an id of one's own, made this many milliseconds after the start of the world.
    pub(crate) fn id(self, number: u64, made_ms: i64) -> Self {
        Self { id: Some((number, made_ms)), ..self }
    }
    /// The content that tells a retry from another use of the same id.
    pub(crate) fn says(self, content: u8) -> Self {
        Self { says: Some(content), ..self }
    }
    pub(crate) fn corrects(self, entry: Position) -> Self {
        Self { corrects: Some(entry), ..self }
    }
    pub(crate) fn if_newest(self, position: Position) -> Self {
        Self { position: Some(position), ..self }
    }
    pub(crate) fn if_untouched(self, thing: Thing, since: Position) -> Self {
        Self { revision: Some((thing, since)), ..self }
    }
    /// As a step of an import: history.
    pub(crate) fn history(self) -> Self {
        Self { row: true, ..self }
    }
}

/// A ledger as the server would run it: what is due comes first, and what is decided is recorded.
pub(crate) struct Run {
    pub(crate) state: State,
    pub(crate) log: Vec<Entry>,
    pub(crate) now: Timestamp,
    asked: u64,
}

impl Run {
    pub(crate) fn empty() -> Self {
        Self { state: State::default(), log: Vec::new(), now: start(), asked: 0 }
    }

    /// The standard world, after these.
    pub(crate) fn after(given: &[Ask]) -> Self {
        let mut run = Self::empty();
        for ask in world::standard().iter().chain(given) {
            run.must(ask);
        }
        run
    }

    pub(crate) fn must(&mut self, ask: &Ask) {
        if let Err(rejection) = self.ask(ask) {
            panic!("given {ask:?}: {rejection}");
        }
    }

    /// Lets time pass, and records what falls due.
    pub(crate) fn pass(&mut self, ms: i64) {
        self.now = Timestamp::from_unix_ms(self.now.unix_ms() + ms);
        while let Some(entry) = fall_due(&self.state, self.now) {
            self.record(entry);
        }
    }

    pub(crate) fn record(&mut self, entry: Entry) {
        let state = std::mem::take(&mut self.state);
        self.state = evolve(state, &entry).expect("what was decided can happen");
        self.log.push(entry);
    }

    pub(crate) fn ask(&mut self, ask: &Ask) -> Result<Decision, Rejection> {
        self.pass(ask.after_ms);
        let request = self.request(ask);
        let decision = decide(&self.state, &request)?;
        if let Decision::Record(entry) = &decision {
            self.record((**entry).clone());
        }
        Ok(decision)
    }

    fn request(&mut self, ask: &Ask) -> Request {
        self.asked += 1;
        let asked = self.asked;
        let (number, made) = ask.id.map_or((asked, self.now), |(number, ms)| {
            (1_000_000 + number, Timestamp::from_unix_ms(start().unix_ms() + ms))
        });
        let mut bits = [0; 10];
        bits[2..].copy_from_slice(&number.to_be_bytes());
        let said = u8::try_from(asked % 251).unwrap();
        let mut row = [7; 16];
        row[8..].copy_from_slice(&asked.to_be_bytes());
        let mut command = ask.command.clone();
        if let Command::ReverseEntry { entry, found, reason: _ } = &mut command {
            *found = self.log.iter().find(|known| known.position == *entry).cloned().map(Box::new);
        }
        Request {
            id: RequestId::of_time(made, bits),
            fingerprint: Fingerprint::new([ask.says.unwrap_or(said); 16]),
            at: self.state.stamp(self.now),
            occurred_on: ask.on,
            actor: ask.actor,
            on_behalf_of: ask.for_whom,
            channel: ledger_core::Channel::App,
            expected_position: ask.position,
            expected_revision: ask.revision,
            corrects: ask.corrects,
            row: ask.row.then_some(RowKey::new(row)),
            command,
        }
    }

    /// What comes of asking, in short: the kind of the event and what moves, the retry's answer, or the reason.
    pub(crate) fn outcome(&mut self, ask: &Ask) -> String {
        match self.ask(ask) {
            Ok(Decision::Record(entry)) => told(&entry.event),
            Ok(Decision::AlreadyRecorded(position)) => format!("already recorded at {position}"),
            Err(rejection) => rejection.reason().to_owned(),
        }
    }

    pub(crate) fn minutes(&self, account: TimeAccount) -> i64 {
        self.state.books().time(account).get()
    }

    pub(crate) fn balance(&self, member: MemberId) -> i64 {
        self.minutes(TimeAccount::Member(member))
    }

    /// What fell due by itself, in order.
    pub(crate) fn by_itself(&self) -> Vec<String> {
        let timer = self.log.iter().filter(|entry| entry.by.actor == Actor::Timer);
        timer.map(|entry| format!("{} {}", entry.occurred_on, told(&entry.event))).collect()
    }
}

/// Given the standard world and these, when this is asked, then that comes of it.
#[track_caller]
pub(crate) fn check(given: &[Ask], when: Ask, then: &str) {
    let mut run = Run::after(given);
    assert_eq!(run.outcome(&when), then, "\ngiven {given:#?}\nwhen {when:#?}");
}

/// The position of the n-th entry after those of the standard world; with zero and below, one of that world.
pub(crate) fn at(n: i64) -> Position {
    let standard = i64::try_from(world::standard().len()).unwrap();
    Position::new(u64::try_from(standard + n).unwrap())
}

/// An event in short: its kind, and what it moves.
pub(crate) fn told(event: &Event) -> String {
    let moved: Vec<String> = event.transfers().iter().map(moved).collect();
    let kind = event.kind().word();
    if moved.is_empty() { kind.to_owned() } else { format!("{kind}: {}", moved.join(", ")) }
}

fn moved(transfer: &Transfer) -> String {
    let time = |account: TimeAccount| match account {
        TimeAccount::Member(member) => name(member),
        TimeAccount::Held(member) => format!("held({})", name(member)),
        TimeAccount::Pot => "pot".to_owned(),
        TimeAccount::Commons => "commons".to_owned(),
    };
    let cash = |account: CashAccount| match account {
        CashAccount::Fund(fund) => format!("fund {fund}"),
        CashAccount::Source(source) => source.word().to_lowercase(),
        CashAccount::Use(spent_on) => spent_on.word().to_lowercase(),
    };
    let kind = |account: KindAccount| match account {
        KindAccount::With(member) => name(member),
        KindAccount::Outside => "outside".to_owned(),
        KindAccount::Stock => "stock".to_owned(),
        KindAccount::Used => "used".to_owned(),
        KindAccount::Lapsed => "lapsed".to_owned(),
    };
    match *transfer {
        Transfer::Time { from, to, minutes } => format!("{} → {} {minutes}m", time(from), time(to)),
        Transfer::Cash { from, to, pence } => format!("{} → {} {pence}p", cash(from), cash(to)),
        Transfer::Kind { offer, from, to, items } => {
            format!("{} → {} {items} of offer {offer}", kind(from), kind(to))
        }
    }
}
