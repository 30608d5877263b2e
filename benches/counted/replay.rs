//! A start, from memory, as the server and the auditor go it: segment by segment, each hashed side by side, read, and folded
//! where the state lies.

use ledger_core::{Entry, State, advance};
use ledger_proto::{Over, Tree, stored};

/// As many entries as a sealed segment holds.
const SEGMENT: usize = 256;

/// The whole road.
#[inline(never)]
pub(crate) fn count_replay(log: &[Vec<u8>]) -> (State, Tree) {
    let (mut state, mut tree) = (State::default(), Tree::default());
    let mut entries = Vec::with_capacity(SEGMENT);
    for segment in log.chunks(SEGMENT) {
        count_hash(&mut tree, segment);
        count_decode(&mut entries, segment);
        count_fold(&mut state, &entries);
    }
    (state, tree)
}

/// The leaves, and the nodes above them.
#[inline(never)]
fn count_hash(tree: &mut Tree, segment: &[Vec<u8>]) {
    let bytes: Vec<&[u8]> = segment.iter().map(Vec::as_slice).collect();
    let leaves = Over::Entries.leaves(&bytes);
    if leaves.len() == SEGMENT {
        tree.push_segment(Over::Entries.root(&leaves)).unwrap();
    } else {
        tree.extend(&leaves);
    }
}

#[inline(never)]
fn count_decode(entries: &mut Vec<Entry>, segment: &[Vec<u8>]) {
    entries.clear();
    entries.extend(segment.iter().map(|bytes| stored::decode(bytes).unwrap()));
}

#[inline(never)]
fn count_fold(state: &mut State, entries: &[Entry]) {
    for entry in entries {
        advance(state, entry).unwrap();
    }
}
