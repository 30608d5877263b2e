//! The Merkle tree written down once more, word by word from FORMAT.md section 2, to check the one that is quick.

use ledger_proto::{Hash, Over, consistency_path, inclusion_path};

/// The two contexts of a tree: of leaves, and of nodes.
pub(crate) fn contexts(over: Over) -> [&'static str; 2] {
    match over {
        Over::Entries => ["carestore v1 leaf", "carestore v1 node"],
        Over::Accounts => ["carestore v1 account leaf", "carestore v1 account node"],
    }
}

fn keyed(context: &str, bytes: &[u8]) -> Hash {
    let key = blake3::derive_key(context, b"");
    Hash::new(*blake3::keyed_hash(&key, bytes).as_bytes())
}

/// The hash of one item.
pub(crate) fn leaf(over: Over, bytes: &[u8]) -> Hash {
    let [context, _] = contexts(over);
    keyed(context, bytes)
}

/// The hash of two subtrees.
pub(crate) fn node(over: Over, left: &Hash, right: &Hash) -> Hash {
    let [_, context] = contexts(over);
    keyed(context, &both(left, right))
}

/// What stands under a node.
pub(crate) fn both(left: &Hash, right: &Hash) -> Vec<u8> {
    [*left.as_bytes(), *right.as_bytes()].concat()
}

/// The root over leaves, by its definition.
pub(crate) fn root(over: Over, leaves: &[Hash]) -> Hash {
    match leaves {
        [] => keyed(contexts(over)[1], b""),
        [only] => *only,
        _ => {
            let half = leaves.len().next_power_of_two() / 2;
            node(over, &root(over, &leaves[..half]), &root(over, &leaves[half..]))
        }
    }
}

/// Leaf n, from 0, is over the eight bytes of n, big-endian.
pub(crate) fn leaves(over: Over, size: u64) -> Vec<Hash> {
    (0..size).map(|n| leaf(over, &n.to_be_bytes())).collect()
}

/// The path of a leaf to the root over these.
pub(crate) fn inclusion(over: Over, index: u64, leaves: &[Hash]) -> Vec<Hash> {
    roots(over, leaves, &inclusion_path(index, leaves.len() as u64).unwrap())
}

/// The path from the first of these leaves to all of them.
pub(crate) fn consistency(over: Over, old: u64, leaves: &[Hash]) -> Vec<Hash> {
    roots(over, leaves, &consistency_path(old, leaves.len() as u64).unwrap())
}

fn roots(over: Over, leaves: &[Hash], ranges: &[std::ops::Range<u64>]) -> Vec<Hash> {
    let place = |at: u64| usize::try_from(at).unwrap();
    ranges.iter().map(|range| root(over, &leaves[place(range.start)..place(range.end)])).collect()
}
