//! Each way in which a proof can be wrong, and two in which it only looks so.

use super::proofs::{Consistency, Family, Inclusion, consistency, inclusion, root_of};
use super::shape::{Case, Hash64, bad, flipped, good};
use super::tree;

const PLACE: &str = "no such place";
const LENGTH: &str = "the path is too long or too short";
const ROOT: &str = "another root";
const ENTRIES: Family = Family::Entries;

fn flip(hash: &mut Hash64) {
    *hash = Hash64(flipped(hash.0));
}

/// Leaf 4 of 13 has a path of four: three steps where it has a neighbour on the right, one where on the left.
fn included(change: impl FnOnce(&mut Inclusion)) -> Inclusion {
    let mut given = inclusion(ENTRIES, 4, 13);
    change(&mut given);
    given
}

/// From 6 to 13 the path has five steps.
fn grown(change: impl FnOnce(&mut Consistency)) -> Consistency {
    let mut given = consistency(ENTRIES, 6, 13);
    change(&mut given);
    given
}

pub(super) fn inclusions() -> Vec<Case<Inclusion>> {
    let mut cases = vec![
        bad("4 of 13, a bit of the leaf is flipped", ROOT, included(|it| flip(&mut it.leaf))),
        bad("4 of 13, a bit of the root is flipped", ROOT, included(|it| flip(&mut it.root))),
    ];
    for step in 0..4 {
        let given = included(|it| flip(&mut it.path[step]));
        cases.push(bad(format!("4 of 13, a bit of step {step} is flipped"), ROOT, given));
    }
    for step in 0..3 {
        let given = included(|it| it.path.swap(step, step + 1));
        let name = format!("4 of 13, steps {step} and {} are swapped", step + 1);
        cases.push(bad(name, ROOT, given));
    }
    let short = |step: usize| {
        included(|it| {
            it.path.remove(step);
        })
    };
    let long = |at: usize| included(|it| it.path.insert(at, it.path[0]));
    cases.extend([
        bad("4 of 13, the first step is missing", LENGTH, short(0)),
        bad("4 of 13, the last step is missing", LENGTH, short(3)),
        bad("4 of 13, no path at all", LENGTH, included(|it| it.path.clear())),
        bad("4 of 13, the first step stands twice", LENGTH, long(1)),
        bad("4 of 13, one step more at the end", LENGTH, long(4)),
        bad("4 of 13, the root itself as one step more", LENGTH, {
            included(|it| it.path.push(it.root))
        }),
        bad("the only leaf of 1, with a path", LENGTH, {
            let leaf = inclusion(ENTRIES, 0, 1);
            Inclusion { path: vec![leaf.leaf], ..leaf }
        }),
        bad("4 of 13, said to be at its neighbour's place, 5", ROOT, included(|it| it.index = 5)),
        bad("4 of 13, said to be at place 3", ROOT, included(|it| it.index = 3)),
        bad("4 of 13, said to be at place 12", LENGTH, included(|it| it.index = 12)),
        bad("4 of 13, said to be at place 13", PLACE, included(|it| it.index = 13)),
        bad("4 of 13, said to be in a tree of 4", PLACE, included(|it| it.size = 4)),
        bad("4 of 13, said to be in a tree of none", PLACE, included(|it| it.size = 0)),
        bad("4 of 13, said to be in a tree of 8", LENGTH, included(|it| it.size = 8)),
        bad("4 of 13, said to be in a tree of 17", LENGTH, included(|it| it.size = 17)),
        bad("12 of 13, said to be in a tree of 14", LENGTH, {
            Inclusion { size: 14, ..inclusion(ENTRIES, 12, 13) }
        }),
        good(
            "4 of 13, said to be in a tree of 14: the path is the same, so it is the checkpoint that binds the size",
            included(|it| it.size = 14),
        ),
        bad("4 of 13, with the root of 12", ROOT, included(|it| it.root = root_of(ENTRIES, 12))),
        bad("4 of 13 of the entries, with the keys of accounts", ROOT, {
            included(|it| it.over = Family::Accounts)
        }),
        bad("4 of 13 of the accounts, with the keys of entries", ROOT, {
            Inclusion { over: ENTRIES, ..inclusion(Family::Accounts, 4, 13) }
        }),
    ]);
    cases.extend(interior());
    cases
}

/// The node over leaves 0 and 1 of eight, passed off as a leaf.
fn interior() -> [Case<Inclusion>; 3] {
    let (over, whole) = (ENTRIES.over(), inclusion(ENTRIES, 0, 8));
    let leaves = tree::leaves(over, 2);
    let node = Hash64(tree::node(over, &leaves[0], &leaves[1]));
    let above = whole.path[1..].to_vec();
    let as_leaf = Inclusion { leaf: node, path: above, ..whole };
    let bytes = Hash64(tree::leaf(over, &tree::both(&leaves[0], &leaves[1])));
    [
        bad("the node over 0 and 1 as leaf 0 of 8", LENGTH, as_leaf.clone()),
        bad(
            "the 64 bytes under the node over 0 and 1, passed off as entry 0 of 4",
            ROOT,
            Inclusion { leaf: bytes, size: 4, ..as_leaf.clone() },
        ),
        good(
            "the node over 0 and 1 as leaf 0 of 4 leads to the root of 8: it is the checkpoint that binds the size",
            Inclusion { size: 4, ..as_leaf },
        ),
    ]
}

pub(super) fn consistencies() -> Vec<Case<Consistency>> {
    let mut cases = vec![
        bad(
            "6 into 13, a bit of the old root is flipped",
            ROOT,
            grown(|it| flip(&mut it.old_root)),
        ),
        bad(
            "6 into 13, a bit of the new root is flipped",
            ROOT,
            grown(|it| flip(&mut it.new_root)),
        ),
    ];
    let steps = consistency(ENTRIES, 6, 13).path.len();
    for step in 0..steps {
        let given = grown(|it| flip(&mut it.path[step]));
        cases.push(bad(format!("6 into 13, a bit of step {step} is flipped"), ROOT, given));
    }
    for step in 1..steps {
        let given = grown(|it| it.path.swap(step - 1, step));
        let name = format!("6 into 13, steps {} and {step} are swapped", step - 1);
        cases.push(bad(name, ROOT, given));
    }
    let eight = |change: fn(&mut Consistency)| {
        let mut given = consistency(ENTRIES, 8, 13);
        change(&mut given);
        given
    };
    cases.extend([
        bad(
            "6 into 13, the first step is missing",
            LENGTH,
            grown(|it| {
                it.path.remove(0);
            }),
        ),
        bad(
            "6 into 13, the last step is missing",
            LENGTH,
            grown(|it| {
                it.path.pop();
            }),
        ),
        bad("6 into 13, no path at all", LENGTH, grown(|it| it.path.clear())),
        bad("6 into 13, the last step stands twice", LENGTH, {
            grown(|it| it.path.extend(it.path.last().copied()))
        }),
        bad("8 into 13, with the old root as a first step", LENGTH, {
            eight(|it| it.path.insert(0, it.old_root))
        }),
        bad("8 into 13, no path at all", LENGTH, eight(|it| it.path.clear())),
        bad("13 into 6: a log does not shrink", PLACE, {
            grown(|it| {
                (it.old_size, it.new_size) = (13, 6);
                (it.old_root, it.new_root) = (it.new_root, it.old_root);
            })
        }),
        bad("6 into 13, with the two roots exchanged", ROOT, {
            grown(|it| (it.old_root, it.new_root) = (it.new_root, it.old_root))
        }),
        bad("0 into 13: there is nothing to prove of an empty log", PLACE, {
            grown(|it| (it.old_size, it.old_root) = (0, root_of(ENTRIES, 0)))
        }),
        bad("0 into 13, without a path", PLACE, {
            grown(|it| {
                (it.old_size, it.old_root) = (0, root_of(ENTRIES, 0));
                it.path.clear();
            })
        }),
        bad("0 into 0", PLACE, {
            let root = root_of(ENTRIES, 0);
            grown(|it| {
                (it.old_size, it.old_root, it.new_size, it.new_root) = (0, root, 0, root);
                it.path.clear();
            })
        }),
    ]);
    cases.extend(other_sizes());
    cases
}

/// Proofs that are right, said of other sizes, other logs or one and the same log.
fn other_sizes() -> [Case<Consistency>; 8] {
    let same = |change: fn(&mut Consistency)| {
        let mut given = consistency(ENTRIES, 6, 6);
        change(&mut given);
        given
    };
    [
        bad("6 into 6, with a path", LENGTH, same(|it| it.path.push(it.old_root))),
        bad("6 into 6, with two roots", ROOT, same(|it| it.new_root = root_of(ENTRIES, 7))),
        bad("6 into 13, said to be from 5", LENGTH, grown(|it| it.old_size = 5)),
        bad("6 into 13, said to be from 7", LENGTH, grown(|it| it.old_size = 7)),
        bad("6 into 13, said to be into 8", LENGTH, grown(|it| it.new_size = 8)),
        bad("6 into 13, said to be into 17", LENGTH, grown(|it| it.new_size = 17)),
        bad("6 into 13, with the old root of another log", ROOT, {
            grown(|it| it.old_root = root_of(Family::Accounts, 6))
        }),
        bad("6 into 13 of the entries, with the keys of accounts", ROOT, {
            grown(|it| it.over = Family::Accounts)
        }),
    ]
}
