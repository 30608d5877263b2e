//! An append, as the writer does it around the disk: decided, written as bytes, taken in on the side that nobody is shown
//! yet, hashed, shown, and taken in on the other side.

use ledger_core::{
    CoopName, Decision, Entry, Position, Request, State, Timestamp, decide, evolve, fall_due,
};
use ledger_proto::{Hash, Tree, leaf, stored};

use crate::hours::Hours;

/// What the writer knows, and what it shows: the two take turns.
pub(crate) struct Writer {
    sides: [Side; 2],
    ahead: usize,
    hours: Hours,
}

#[derive(Clone)]
struct Side {
    state: State,
    tree: Tree,
}

impl Writer {
    /// Behind these entries, when nothing falls due any more at this time.
    pub(crate) fn behind(mut state: State, mut tree: Tree, at: Timestamp) -> Writer {
        while let Some(due) = fall_due(&state, at) {
            tree.push(leaf(&stored::encode(&due).unwrap()));
            state = evolve(state, &due).unwrap();
        }
        assert_eq!(state.coop(), Some(&CoopName::new("a-county").unwrap()));
        let hours = Hours::of(state.members().len(), at);
        let side = Side { state, tree };
        Writer { sides: [side.clone(), side], ahead: 0, hours }
    }

    fn ahead(&mut self) -> &mut Side {
        &mut self.sides[self.ahead]
    }

    /// So many hours, each logged and then confirmed.
    pub(crate) fn requests(&self, hours: u32) -> Vec<Request> {
        let head = self.sides[self.ahead].state.head().get();
        let both = |nth: u32| {
            let hours = Position::new(head + 2 * u64::from(nth) + 1);
            [self.hours.log(nth), self.hours.confirm(nth, hours)]
        };
        (0..hours).flat_map(both).collect()
    }
}

/// The whole road, one request after the other.
#[inline(never)]
pub(crate) fn count_append(writer: &mut Writer, requests: &[Request]) {
    for request in requests {
        let entry = count_decide(&writer.ahead().state, request);
        let bytes = count_encode(&entry);
        count_take(&mut writer.ahead().state, &entry);
        let leaf = count_leaf(&bytes);
        count_show(writer, leaf);
        count_catch_up(writer.ahead(), &entry, leaf);
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
fn count_show(writer: &mut Writer, leaf: Hash) {
    writer.ahead().tree.push(leaf);
    writer.ahead = 1 - writer.ahead;
}

#[inline(never)]
fn count_catch_up(behind: &mut Side, entry: &Entry, leaf: Hash) {
    behind.state = evolve(std::mem::take(&mut behind.state), entry).unwrap();
    behind.tree.push(leaf);
}
