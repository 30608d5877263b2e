//! A start, from memory: each entry is hashed, read and folded, in the order of the log.

use ledger_core::{Entry, State, evolve};
use ledger_proto::{Tree, leaf, stored};

/// The whole road.
#[inline(never)]
pub(crate) fn count_replay(log: &[Vec<u8>]) -> (State, Tree) {
    let (mut state, mut tree) = (State::default(), Tree::default());
    for bytes in log {
        count_hash(&mut tree, bytes);
        let entry = count_decode(bytes);
        count_fold(&mut state, &entry);
    }
    (state, tree)
}

/// The leaf, and the nodes above it.
#[inline(never)]
fn count_hash(tree: &mut Tree, bytes: &[u8]) {
    tree.push(leaf(bytes));
}

#[inline(never)]
fn count_decode(bytes: &[u8]) -> Entry {
    stored::decode(bytes).unwrap()
}

#[inline(never)]
fn count_fold(state: &mut State, entry: &Entry) {
    *state = evolve(std::mem::take(state), entry).unwrap();
}
