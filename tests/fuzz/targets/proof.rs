//! A proof that was changed in any way does not hold: a tree, a proof and its change are all of the input's making.
#![no_main]

use ledger_fuzz::{Result, Unstructured, flipped, spoil};
use ledger_proto::{
    Hash, Over, consistency_path, consistent, inclusion_path, range_root, root_of_inclusion,
};

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let mut u = Unstructured::new(data);
    let _too_short = include(&mut u).and_then(|()| grow(&mut u));
});

fn leaves(over: Over, size: u64) -> Vec<Hash> {
    (0..size).map(|n| over.leaf(&n.to_be_bytes())).collect()
}

fn roots(over: Over, leaves: &[Hash], ranges: &[std::ops::Range<u64>]) -> Vec<Hash> {
    let mut subtree = |height: u32, index: u64| {
        let from = usize::try_from(index << height).unwrap();
        Ok::<_, ()>(over.root(&leaves[from..from + (1 << height)]))
    };
    ranges.iter().map(|range| range_root(over, range, &mut subtree).unwrap()).collect()
}

/// The largest power of two below a number, which is above one.
fn half(size: u64) -> u64 {
    1 << (size - 1).ilog2()
}

/// On which side the steps of an inclusion path stand, by the definition. Nothing: there is no such place.
fn sides(index: u64, size: u64) -> Option<Vec<u8>> {
    if index >= size {
        return None;
    }
    if size == 1 {
        return Some(Vec::new());
    }
    let (above, side) = if index < half(size) {
        (sides(index, half(size)), b'>')
    } else {
        (sides(index - half(size), size - half(size)), b'<')
    };
    above.map(|mut steps| {
        steps.push(side);
        steps
    })
}

/// The same for consistency, by the definition: `o` is the old root as it is, `x` a step that the two trees share.
fn growth(old: u64, new: u64, whole: bool) -> Vec<u8> {
    if old == new {
        return vec![if whole { b'o' } else { b'x' }];
    }
    let half = half(new);
    let (mut steps, side) = if old <= half {
        (growth(old, half, whole), b'>')
    } else {
        (growth(old - half, new - half, false), b'<')
    };
    steps.push(side);
    steps
}

fn over(u: &mut Unstructured<'_>) -> Result<Over> {
    Ok(if u.arbitrary()? { Over::Entries } else { Over::Accounts })
}

/// A number as it is, near to it, or any other.
fn other(u: &mut Unstructured<'_>, number: u64) -> Result<u64> {
    Ok(match u.int_in_range(0..=3)? {
        0 => number.wrapping_add(1),
        1 => number.wrapping_sub(1),
        2 => number ^ (1 << u.int_in_range(0..=63)?),
        _ => u.arbitrary()?,
    })
}

fn include(u: &mut Unstructured<'_>) -> Result<()> {
    let family = over(u)?;
    let size = u.int_in_range(1..=700)?;
    let index = u.int_in_range(0..=size - 1)?;
    let leaves = leaves(family, size);
    let right_path = roots(family, &leaves, &inclusion_path(index, size).unwrap());
    let (right_leaf, right_root) = (leaves[usize::try_from(index).unwrap()], family.root(&leaves));
    let holds = |over: Over, index, size, leaf: &Hash, path: &[Hash], root: &Hash| {
        root_of_inclusion(over, index, size, leaf, path) == Ok(*root)
    };
    assert!(holds(family, index, size, &right_leaf, &right_path, &right_root));

    let (mut over_now, mut index_now, mut size_now) = (family, index, size);
    let (mut leaf, mut path, mut root) = (right_leaf, right_path.clone(), right_root);
    for _ in 0..u.int_in_range(1..=3)? {
        match u.int_in_range(0..=8)? {
            0 => leaf = flipped(u, &leaf)?,
            1 => root = flipped(u, &root)?,
            2 => index_now = other(u, index_now)?,
            3 => size_now = other(u, size_now)?,
            4 => over_now = over(u)?,
            _ => spoil(u, &mut path)?,
        }
    }
    // Nobody who makes a path falls over a size either.
    assert_eq!(
        inclusion_path(index_now, size_now).map(|path| path.len()),
        sides(index_now, size_now).map(|path| path.len())
    );
    let expected = if size_now == 1 {
        // The root is the leaf, whatever it is, and no key is asked for.
        index_now == 0 && path.is_empty() && leaf == root
    } else {
        let same = (leaf, &path, root) == (right_leaf, &right_path, right_root);
        // A path does not bind the size: only the way that it leads.
        same && over_now == family && sides(index_now, size_now) == sides(index, size)
    };
    let held = holds(over_now, index_now, size_now, &leaf, &path, &root);
    assert_eq!(held, expected, "{index} of {size}: {index_now} of {size_now}");
    Ok(())
}

fn grow(u: &mut Unstructured<'_>) -> Result<()> {
    let family = over(u)?;
    let new = u.int_in_range(1..=700)?;
    let old = u.int_in_range(1..=new)?;
    let leaves = leaves(family, new);
    let right_path = roots(family, &leaves, &consistency_path(old, new).unwrap());
    let right_old = family.root(&leaves[..usize::try_from(old).unwrap()]);
    let right_new = family.root(&leaves);
    assert_eq!(consistent(family, (old, &right_old), (new, &right_new), &right_path), Ok(()));

    let (mut over_now, mut old_now, mut new_now) = (family, old, new);
    let (mut old_root, mut new_root, mut path) = (right_old, right_new, right_path.clone());
    for _ in 0..u.int_in_range(1..=3)? {
        match u.int_in_range(0..=9)? {
            0 => old_root = flipped(u, &old_root)?,
            1 => new_root = flipped(u, &new_root)?,
            2 => std::mem::swap(&mut old_root, &mut new_root),
            3 => old_now = other(u, old_now)?,
            4 => new_now = other(u, new_now)?,
            5 => over_now = over(u)?,
            _ => spoil(u, &mut path)?,
        }
    }
    let possible = old_now > 0 && old_now <= new_now;
    assert_eq!(consistency_path(old_now, new_now).is_some(), possible);
    let expected = if possible && old_now == new_now {
        // Two roots that are one need no path, and no keys.
        path.is_empty() && old_root == new_root
    } else {
        let same = (old_root, new_root, &path) == (right_old, right_new, &right_path);
        let way = growth(old, new, true);
        same && over_now == family && possible && growth(old_now, new_now, true) == way
    };
    let proof = consistent(over_now, (old_now, &old_root), (new_now, &new_root), &path);
    assert_eq!(proof.is_ok(), expected, "{old} to {new}: {old_now} to {new_now}");
    Ok(())
}
