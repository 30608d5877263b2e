//! Inclusion and consistency proofs: made from the roots of subtrees, checked by the algorithms of RFC 9162.
//!
//! Leaves are counted from 0 here, as in the RFC; positions of a log are counted from 1.

use std::ops::Range;

use super::{Hash, Over};

/// A proof that proves nothing. Why not is said for people; a program needs no more than that it failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Disproved {
    /// No tree has such a leaf, or no tree grows from such a size to such a size.
    #[error("there is no such place in a log of that size")]
    NoSuchPlace,
    /// The path has another length than the sizes ask for.
    #[error("the path is too long or too short for these sizes")]
    WrongLength,
    /// The path leads to another root.
    #[error("the path leads to another root")]
    WrongRoot,
}

/// The largest power of two below a size, which is above one.
fn split(size: u64) -> u64 {
    1 << (size - 1).ilog2()
}

/// The leaves whose roots make the path from leaf `index` to the root of a tree of this size, from below
/// (RFC 9162, 2.1.3.1). Nothing: there is no such leaf.
pub fn inclusion_path(index: u64, size: u64) -> Option<Vec<Range<u64>>> {
    if index >= size {
        return None;
    }
    let (mut from, mut to) = (0, size);
    let mut path = Vec::with_capacity(64);
    while to - from > 1 {
        let middle = from + split(to - from);
        if index < middle {
            path.push(middle..to);
            to = middle;
        } else {
            path.push(from..middle);
            from = middle;
        }
    }
    path.reverse();
    Some(path)
}

/// The leaves whose roots show that the first `old` leaves of a tree of `new` leaves are a tree of that size
/// (RFC 9162, 2.1.4.1). Nothing: a log does not shrink, and does not grow from nothing.
pub fn consistency_path(old: u64, new: u64) -> Option<Vec<Range<u64>>> {
    if old == 0 || old > new {
        return None;
    }
    let (mut from, mut to) = (0, new);
    let mut path = Vec::with_capacity(64);
    // Whether the subtree in hand is the old tree itself, whose root the verifier has.
    let mut known = true;
    while old != to {
        let middle = from + split(to - from);
        if old <= middle {
            path.push(middle..to);
            to = middle;
        } else {
            path.push(from..middle);
            from = middle;
            known = false;
        }
    }
    if !known {
        path.push(from..to);
    }
    path.reverse();
    Some(path)
}

/// The root over a range of leaves that begins where a subtree of its size may begin, out of the roots of complete
/// subtrees: `subtree(height, index)` is the one over the leaves from `index * 2^height`.
pub fn range_root<E>(
    over: Over,
    range: &Range<u64>,
    subtree: &mut dyn FnMut(u32, u64) -> Result<Hash, E>,
) -> Result<Hash, E> {
    let (mut from, mut peaks) = (range.start, Vec::with_capacity(8));
    while from < range.end {
        // The largest complete subtree that begins here and ends in the range.
        let height = (range.end - from).ilog2();
        peaks.push(subtree(height, from >> height)?);
        from += 1 << height;
    }
    let mut peaks = peaks.iter().rev();
    let smallest = peaks.next().copied().unwrap_or_else(|| over.empty());
    Ok(peaks.fold(smallest, |right, left| over.node(left, &right)))
}

/// The root to which a leaf's path leads in a tree of this size (RFC 9162, 2.1.3.2). It is for the caller to compare it.
pub fn root_of_inclusion(
    over: Over,
    index: u64,
    size: u64,
    leaf: &Hash,
    path: &[Hash],
) -> Result<Hash, Disproved> {
    if index >= size {
        return Err(Disproved::NoSuchPlace);
    }
    let (mut place, mut last) = (index, size - 1);
    let mut root = *leaf;
    for step in path {
        if last == 0 {
            return Err(Disproved::WrongLength);
        }
        if place & 1 == 1 || place == last {
            root = over.node(step, &root);
            // On the right edge, levels without a neighbour are passed over.
            while place & 1 == 0 && place != 0 {
                place >>= 1;
                last >>= 1;
            }
        } else {
            root = over.node(&root, step);
        }
        place >>= 1;
        last >>= 1;
    }
    if last == 0 { Ok(root) } else { Err(Disproved::WrongLength) }
}

/// Checks that the log with the old root has grown into the one with the new root (RFC 9162, 2.1.4.2).
pub fn consistent(
    over: Over,
    (old, old_root): (u64, &Hash),
    (new, new_root): (u64, &Hash),
    path: &[Hash],
) -> Result<(), Disproved> {
    if old == 0 || old > new {
        return Err(Disproved::NoSuchPlace);
    }
    if old == new {
        return match path {
            [] if old_root == new_root => Ok(()),
            [] => Err(Disproved::WrongRoot),
            _ => Err(Disproved::WrongLength),
        };
    }
    // An old tree without a ragged edge is a node of the new one: its root is the first step.
    let (first, rest) = if old.is_power_of_two() {
        (*old_root, path)
    } else {
        let (first, rest) = path.split_first().ok_or(Disproved::WrongLength)?;
        (*first, rest)
    };
    let (mut place, mut last) = (old - 1, new - 1);
    let whole = place.trailing_ones();
    place >>= whole;
    last >>= whole;
    let (mut was, mut is) = (first, first);
    for step in rest {
        if last == 0 {
            return Err(Disproved::WrongLength);
        }
        if place & 1 == 1 || place == last {
            was = over.node(step, &was);
            is = over.node(step, &is);
            while place & 1 == 0 && place != 0 {
                place >>= 1;
                last >>= 1;
            }
        } else {
            is = over.node(&is, step);
        }
        place >>= 1;
        last >>= 1;
    }
    if last != 0 {
        Err(Disproved::WrongLength)
    } else if was == *old_root && is == *new_root {
        Ok(())
    } else {
        Err(Disproved::WrongRoot)
    }
}
