//! What callers ask: by chance, of what they know of the co-op, which may be old.

mod commands;

use ledger_core::{
    Actor, Channel, Command, CoopName, Day, EvidenceGrade, Hat, Help, HoursDestination, Kinship,
    MemberId, Minutes, OfficerId, PastDestination, PastStep, Position, Reference, Request, RowKey,
    Step, TaskKind, TimeOfDay, Timestamp, Title,
};
use ledger_proto::v1;

use super::{
    answers::{fingerprint, request_id},
    books::Books,
};
use crate::{
    demo::dice::Dice,
    engine::{ImportJob, Submission},
};

/// Whoever asks, with what they know.
pub(super) struct Asker<'a> {
    pub(super) dice: &'a mut Dice,
    pub(super) coop: &'a CoopName,
    pub(super) books: &'a Books,
    pub(super) now: Timestamp,
    /// Makes ids, codes and contents that are like no others.
    pub(super) number: &'a mut u64,
}

const OFFICER: Actor = Actor::Officer(match OfficerId::new(1) {
    Some(officer) => officer,
    None => unreachable!(),
});

impl Asker<'_> {
    fn next(&mut self) -> u64 {
        *self.number += 1;
        *self.number
    }

    fn minutes(&mut self, low: i64, high: i64) -> Minutes {
        Minutes::new(self.dice.between(low, high)).unwrap()
    }

    fn member(&mut self) -> MemberId {
        self.dice.one(&self.books.members).unwrap_or(MemberId::at(0).unwrap())
    }

    /// Few sitters, so that many ask for the same one.
    fn sitter(&mut self) -> MemberId {
        let few = &self.books.members[..self.books.members.len().min(2)];
        self.dice.one(few).unwrap_or(MemberId::at(0).unwrap())
    }

    fn one_of<'a>(&mut self, keys: impl Iterator<Item = &'a u64>) -> Position {
        let keys: Vec<u64> = keys.copied().collect();
        let head = i64::try_from(self.books.size()).unwrap();
        let any = self.dice.between(1, head.max(1)).unsigned_abs();
        Position::new(self.dice.one(&keys).unwrap_or(any))
    }

    fn today(&self) -> Day {
        self.now.day()
    }

    fn start(&mut self) -> Option<TimeOfDay> {
        let slot = u16::try_from(self.dice.between(16, 26)).unwrap();
        if self.dice.percent(70) { TimeOfDay::new(slot * 30) } else { None }
    }

    fn title(&mut self) -> Title {
        let number = self.dice.between(1, 3);
        Title::new(&format!("Thing {number}")).unwrap()
    }

    /// A request, of which most are such that they can be done.
    pub(super) fn ask(&mut self) -> Submission {
        let (actor, command) = self.command();
        let mut asked = self.submission(actor, command);
        self.by_a_representative(&mut asked.request);
        if self.dice.percent(8) {
            asked.request.expected_position = Some(Position::new(self.books.size()));
        }
        asked.validate_only = self.dice.percent(4);
        if self.dice.percent(10) {
            asked.note = Some(format!("note {}", *self.number));
        }
        if matches!(asked.request.command, Command::EnrolMember { .. }) && self.dice.percent(70) {
            let display_name = format!("Member {}", *self.number);
            asked.card = Some(v1::Card { display_name, ..v1::Card::default() });
        }
        asked
    }

    /// Of what members ask, somebody who represents them asks some, or did.
    fn by_a_representative(&mut self, asked: &mut Request) {
        let Actor::Member(member) = asked.actor else { return };
        let known = self.books.represented.keys();
        let represent: Vec<_> = known.filter(|(_, of)| *of == member).map(|(by, _)| *by).collect();
        if let Some(representative) = self.dice.one(&represent).filter(|_| self.dice.percent(50)) {
            (asked.actor, asked.on_behalf_of) = (Actor::Member(representative), Some(member));
        }
    }

    fn submission(&mut self, actor: Actor, command: Command) -> Submission {
        let number = self.next();
        // Callers' clocks are not the server's.
        let made = match self.dice.below(40) {
            0 => self.now.plus_days(-36),
            1 => self.now.plus_days(2),
            2 => self.now.plus_days(-34),
            3 => self.now.plus_hours(20),
            _ => Timestamp::from_unix_ms(self.now.unix_ms() + self.dice.between(-90_000, 90_000)),
        };
        Submission {
            coop: self.coop.clone(),
            request: Request {
                id: request_id(made, number),
                fingerprint: fingerprint(number),
                at: Timestamp::default(),
                occurred_on: None,
                actor,
                on_behalf_of: None,
                channel: Channel::App,
                expected_position: None,
                expected_revision: None,
                corrects: None,
                row: None,
                command,
            },
            validate_only: false,
            card: None,
            note: None,
        }
    }

    /// The same request id, with something else in it.
    pub(super) fn altered(&mut self, asked: &Submission) -> Submission {
        let number = self.next();
        let mut other = asked.clone();
        other.request.fingerprint = fingerprint(number);
        (other.request.actor, other.request.command) = self.command();
        other
    }

    /// Hours on paper, many at once, so that segments become full.
    pub(super) fn sheet(&mut self, rows: i64) -> Vec<Submission> {
        let mut sheet = Vec::new();
        for _ in 0..rows {
            let help = self.help(1, 3);
            let command = Command::RecordHours { help, evidence: EvidenceGrade::Paper };
            let mut asked = self.submission(OFFICER, command);
            asked.request.occurred_on = Some(self.today().plus(-self.dice.days(0, 50)));
            sheet.push(asked);
        }
        sheet
    }

    /// A small spreadsheet: people, and what they did.
    pub(super) fn import(&mut self) -> ImportJob {
        let mut steps = Vec::new();
        let number = self.next();
        let reference = |nth: i64| Reference::new(&format!("R{number}-{nth}")).unwrap();
        let people = self.dice.between(1, 3);
        for nth in 0..people {
            let hats = vec![Hat::CommunityVolunteer];
            steps.push(Step::Member { reference: reference(nth), hats });
        }
        for _ in 0..self.dice.between(1, 12) {
            steps.push(Step::Hours {
                giver: reference(self.dice.below(people)),
                // Now and then somebody whom nobody knows.
                receiver: self.dice.percent(3).then(|| reference(9)),
                minutes: self.minutes(10, 90),
                task: TaskKind::Garden,
                to: PastDestination::Own,
                evidence: EvidenceGrade::Paper,
            });
        }
        let on = self.today().plus(-90);
        let steps = steps.into_iter().map(|step| {
            let number = self.next();
            let mut row = [7; 16];
            row[..8].copy_from_slice(&number.to_be_bytes());
            let id = request_id(self.now, number);
            PastStep { row: RowKey::new(row), id, fingerprint: fingerprint(number), on, step }
        });
        let steps: Vec<_> = steps.collect();
        ImportJob {
            coop: self.coop.clone(),
            actor: OFFICER,
            cards: vec![None; steps.len()],
            steps,
            keep_good: self.dice.percent(30),
            validate_only: self.dice.percent(10),
            unreadable: false,
        }
    }

    fn help(&mut self, low: i64, high: i64) -> Help {
        let destination = if self.dice.percent(20) {
            HoursDestination::Pot
        } else {
            HoursDestination::OwnAccount
        };
        Help {
            giver: self.member(),
            receiver: None,
            minutes: self.minutes(low, high),
            task: TaskKind::Shopping,
            destination,
            kinship: Kinship::Neighbour,
        }
    }
}
