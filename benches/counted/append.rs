//! An append, as the writer does it around the disk: decided, written as bytes, taken by the writer's state, hashed, and
//! taken by the state and the tree that readers see.

use ledger_core::{
    CoopName, Decision, Entry, Position, Request, State, Timestamp, decide, evolve, fall_due,
};
use ledger_proto::{Hash, Tree, leaf, stored};

use crate::hours::Hours;

/// What the writer knows, and what it shows.
pub(crate) struct Writer {
    state: State,
    shown: State,
    tree: Tree,
    hours: Hours,
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
        Writer { shown: state.clone(), state, tree, hours }
    }

    /// So many hours, each logged and then confirmed.
    pub(crate) fn requests(&self, hours: u32) -> Vec<Request> {
        let head = self.state.head().get();
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
