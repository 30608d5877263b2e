//! The requests of an append: hours, each logged by whoever gave it and then confirmed by whoever was helped.

use ledger_core::{
    Actor, Channel, Command, Fingerprint, Help, HoursDestination, Kinship, MemberId, Minutes,
    Position, Request, RequestId, TaskKind, Timestamp,
};

/// So short a piece of help that nobody comes to what one may give in a day.
const MINUTES: i64 = 5;
/// Logged hours may lie so many days back.
const DAYS_BACK: u32 = 58;

/// Hours behind some years, asked for at one time.
pub(crate) struct Hours {
    at: Timestamp,
    givers: u32,
}

impl Hours {
    /// Among so many members, nobody of those gives an hour who give much in the years before: service users of each twenty.
    pub(crate) fn of(members: usize, at: Timestamp) -> Hours {
        Hours { at, givers: u32::try_from(members / 20 * 4).unwrap() }
    }

    /// Whoever gave the nth hour logs it.
    pub(crate) fn log(&self, nth: u32) -> Request {
        let giver = self.member(nth);
        let help = Help {
            giver,
            receiver: Some(self.member(nth + 1)),
            minutes: Minutes::new(MINUTES).unwrap(),
            task: TaskKind::BefriendingVisit,
            destination: HoursDestination::OwnAccount,
            kinship: Kinship::Neighbour,
        };
        let day = -i32::try_from(nth / self.givers % DAYS_BACK).unwrap();
        self.request(Actor::Member(giver), 2 * nth, day, Command::LogHours { help })
    }

    /// Whoever was helped in the nth hour confirms it, under the position that it has come to.
    pub(crate) fn confirm(&self, nth: u32, hours: Position) -> Request {
        let confirm = Command::ConfirmHours { hours, minutes: None, evidence: None };
        self.request(Actor::Member(self.member(nth + 1)), 2 * nth + 1, 0, confirm)
    }

    fn member(&self, nth: u32) -> MemberId {
        let nth = nth % self.givers;
        MemberId::at(usize::try_from(nth / 4 * 20 + nth % 4).unwrap()).unwrap()
    }

    fn request(&self, actor: Actor, turn: u32, day: i32, command: Command) -> Request {
        let occurred_on = Some(self.at.day().plus(day));
        Request { occurred_on, ..request(self.at, turn, actor, command) }
    }
}

/// The request of a turn, of which there is one: it says what is asked, by whom, and no more.
pub(crate) fn request(at: Timestamp, turn: u32, actor: Actor, command: Command) -> Request {
    let [a, b, c, d] = turn.to_be_bytes();
    Request {
        // The first three bytes lose bits to the version and the variant.
        id: RequestId::of_time(at, [0, 0, 0, a, b, c, d, 0, 0, 0]),
        fingerprint: Fingerprint::new(u128::from(turn).to_be_bytes()),
        at,
        occurred_on: None,
        actor,
        on_behalf_of: None,
        channel: Channel::App,
        expected_position: None,
        expected_revision: None,
        corrects: None,
        row: None,
        command,
    }
}
