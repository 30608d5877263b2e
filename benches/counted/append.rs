//! An append, as the writer does it around the disk: decided, written as bytes, taken by the writer's state, hashed, and
//! taken by the state and the tree that readers see.

use ledger_core::{
    Actor, Channel, Command, CoopName, Decision, Entry, Fingerprint, Help, HoursDestination,
    Kinship, MemberId, Minutes, Position, Request, RequestId, State, TaskKind, Timestamp, decide,
    evolve, fall_due,
};
use ledger_proto::{Hash, Tree, leaf, stored};

/// So short a piece of help that nobody comes to what one may give in a day.
const MINUTES: i64 = 5;
/// Logged hours may lie so many days back.
const DAYS_BACK: u32 = 58;

/// What the writer knows, and what it shows.
pub(crate) struct Writer {
    state: State,
    shown: State,
    tree: Tree,
    at: Timestamp,
    givers: u32,
}

impl Writer {
    /// Behind these entries, when nothing falls due any more at this time.
    pub(crate) fn behind(mut state: State, mut tree: Tree, at: Timestamp) -> Writer {
        while let Some(due) = fall_due(&state, at) {
            tree.push(leaf(&stored::encode(&due).unwrap()));
            state = evolve(state, &due).unwrap();
        }
        assert_eq!(state.coop(), Some(&CoopName::new("a-county").unwrap()));
        let givers = u32::try_from(state.members().len() / 20 * 4).unwrap();
        Writer { shown: state.clone(), state, tree, at, givers }
    }

    /// So many hours, each logged by whoever gave it and then confirmed by whoever was helped: nobody of those who give
    /// much in the years before, but service users of each twenty.
    pub(crate) fn requests(&self, hours: u32) -> Vec<Request> {
        let member = |nth: u32| {
            let nth = nth % self.givers;
            MemberId::at(usize::try_from(nth / 4 * 20 + nth % 4).unwrap()).unwrap()
        };
        let head = self.state.head().get();
        let mut requests = Vec::new();
        for nth in 0..hours {
            let (giver, receiver) = (member(nth), member(nth + 1));
            let day = -i32::try_from(nth / self.givers % DAYS_BACK).unwrap();
            let help = Help {
                giver,
                receiver: Some(receiver),
                minutes: Minutes::new(MINUTES).unwrap(),
                task: TaskKind::BefriendingVisit,
                destination: HoursDestination::OwnAccount,
                kinship: Kinship::Neighbour,
            };
            let log = Command::LogHours { help };
            requests.push(self.request(Actor::Member(giver), 2 * nth, day, log));
            let hours = Position::new(head + 2 * u64::from(nth) + 1);
            let confirm = Command::ConfirmHours { hours, minutes: None, evidence: None };
            requests.push(self.request(Actor::Member(receiver), 2 * nth + 1, 0, confirm));
        }
        requests
    }

    fn request(&self, actor: Actor, turn: u32, day: i32, command: Command) -> Request {
        let [a, b, c, d] = turn.to_be_bytes();
        Request {
            // The first three bytes lose bits to the version and the variant.
            id: RequestId::of_time(self.at, [0, 0, 0, a, b, c, d, 0, 0, 0]),
            fingerprint: Fingerprint::new(u128::from(turn).to_be_bytes()),
            at: self.at,
            occurred_on: Some(self.at.day().plus(day)),
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
}

/// The whole road, one request after the other.
#[inline(never)]
pub(crate) fn count_append(writer: &mut Writer, requests: &[Request]) {
    for request in requests {
        let entry = count_decide(&writer.state, request);
        let bytes = count_encode(&entry);
        count_take(&mut writer.state, &entry);
        let leaf = count_leaf(&bytes);
        count_show(writer, &entry, leaf);
    }
}

#[inline(never)]
fn count_decide(state: &State, request: &Request) -> Entry {
    match decide(state, request).unwrap() {
        Decision::Record(entry) => *entry,
        Decision::AlreadyRecorded(position) => unreachable!("{position} is there already"),
    }
}

#[inline(never)]
fn count_encode(entry: &Entry) -> Vec<u8> {
    stored::encode(entry).unwrap()
}

#[inline(never)]
fn count_take(state: &mut State, entry: &Entry) {
    *state = evolve(std::mem::take(state), entry).unwrap();
}

#[inline(never)]
fn count_leaf(bytes: &[u8]) -> Hash {
    leaf(bytes)
}

#[inline(never)]
fn count_show(writer: &mut Writer, entry: &Entry, leaf: Hash) {
    writer.shown = evolve(std::mem::take(&mut writer.shown), entry).unwrap();
    writer.tree.push(leaf);
}
