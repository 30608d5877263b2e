//! An append, as the writer does it around the disk: decided, written as bytes, taken in on the side that nobody is shown
//! yet, hashed, shown, and taken in on the other side.

use ledger_core::{
    CoopName, Decision, Entry, Position, Request, State, Timestamp, advance, decide, fall_due,
};
use ledger_proto::{Hash, Over, Tree, leaf, stored};

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
            advance(&mut state, &due).unwrap();
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
        let leaves = count_leaf(&bytes);
        count_show(writer, &leaves);
        count_catch_up(writer.ahead(), &entry, &leaves);
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
    advance(state, entry).unwrap();
}

/// Of a batch of one.
#[inline(never)]
fn count_leaf(bytes: &[u8]) -> Vec<Hash> {
    Over::Entries.leaves(&[bytes])
}

#[inline(never)]
fn count_show(writer: &mut Writer, leaves: &[Hash]) {
    writer.ahead().tree.extend(leaves);
    writer.ahead = 1 - writer.ahead;
}

#[inline(never)]
fn count_catch_up(behind: &mut Side, entry: &Entry, leaves: &[Hash]) {
    advance(&mut behind.state, entry).unwrap();
    behind.tree.extend(leaves);
}
