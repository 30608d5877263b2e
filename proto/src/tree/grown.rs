//! The Merkle log with its upper levels kept: the root of every complete subtree of 256 entries or more.
//!
//! 64 bytes for every 256 entries. What lies below is hashed again from the stored entries when a proof asks for it: one
//! segment at its leaf, and one at the right edge.

use serde::{Deserialize, Serialize};

use super::{Frontier, Hash, Over, Unaligned, consistency_path, inclusion_path, range_root};

/// So many entries make the smallest subtree whose root is kept; the log seals them in segments of the same size.
pub const SEGMENT: u64 = 1 << HEIGHT;
const HEIGHT: u32 = 8;

/// The stored entries did not give the leaves that a proof needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the leaves of entries {first} to {last} are not there")]
pub struct NoLeaves {
    /// The position of the first that is needed.
    pub first: u64,
    /// The position of the last that is needed.
    pub last: u64,
}

/// A whole log's Merkle tree, as it grows.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Kept", into = "Kept")]
pub struct Tree {
    // By height above that of a segment: the roots of all complete subtrees, in order.
    levels: Vec<Vec<Hash>>,
    // The entries behind the last whole segment.
    open: Frontier,
}

/// What is written of a tree: the rest follows from it.
#[derive(Clone, Serialize, Deserialize)]
struct Kept {
    segments: Vec<Hash>,
    open: Frontier,
}

impl From<Kept> for Tree {
    fn from(Kept { segments, open }: Kept) -> Tree {
        let mut tree = Tree::default();
        for root in segments {
            tree.seal(root);
        }
        tree.open = open;
        tree
    }
}

impl From<Tree> for Kept {
    fn from(tree: Tree) -> Kept {
        let Tree { levels, open } = tree;
        Kept { segments: levels.into_iter().next().unwrap_or_default(), open }
    }
}

impl Tree {
    /// How many entries the log holds.
    pub fn size(&self) -> u64 {
        let segments = self.levels.first().map_or(0, Vec::len) as u64;
        segments * SEGMENT + self.open.size()
    }

    /// Adds the next entry's leaf.
    pub fn push(&mut self, leaf: Hash) {
        self.open.push(leaf);
        self.seal_if_full();
    }

    /// Adds the leaves of the next entries.
    pub fn extend(&mut self, leaves: &[Hash]) {
        let mut rest = leaves;
        while !rest.is_empty() {
            let room = usize::try_from(SEGMENT - self.open.size()).unwrap_or(usize::MAX);
            let (next, behind) = rest.split_at(room.min(rest.len()));
            self.open.extend(next);
            self.seal_if_full();
            rest = behind;
        }
    }

    /// Adds a whole segment, by its root. Refused where the log does not end at the end of one.
    pub fn push_segment(&mut self, root: Hash) -> Result<(), Unaligned> {
        if self.open.size() != 0 {
            return Err(Unaligned { size: self.size(), entries: SEGMENT });
        }
        self.seal(root);
        Ok(())
    }

    fn seal_if_full(&mut self) {
        if self.open.size() == SEGMENT {
            let segment = std::mem::take(&mut self.open);
            self.seal(segment.root());
        }
    }

    fn seal(&mut self, segment: Hash) {
        let mut grown = segment;
        for level in &mut self.levels {
            let left = level.last().copied().filter(|_| level.len() % 2 == 1);
            level.push(grown);
            match left {
                Some(left) => grown = Over::Entries.node(&left, &grown),
                None => return,
            }
        }
        self.levels.push(vec![grown]);
    }

    /// The root of a complete subtree that is kept: of `2^height` entries, from leaf `index * 2^height` on.
    pub fn subtree(&self, height: u32, index: u64) -> Option<Hash> {
        let level = self.levels.get(usize::try_from(height.checked_sub(HEIGHT)?).ok()?)?;
        level.get(usize::try_from(index).ok()?).copied()
    }

    /// The right edge.
    pub fn frontier(&self) -> Frontier {
        let edges = self.levels.iter().rev().filter(|level| level.len() % 2 == 1);
        let peaks = edges.filter_map(|level| level.last()).chain(self.open.peaks()).copied();
        // One peak for each bit of the size, by construction.
        Frontier::new(self.size(), peaks.collect()).unwrap_or_default()
    }

    /// The hash that stands for the whole log.
    pub fn root(&self) -> Hash {
        self.frontier().root()
    }

    /// The root of the log when it held so many entries.
    ///
    /// `leaves(first, last)` hashes the stored entries at these positions, at most a segment of them.
    pub fn root_at<E: From<NoLeaves>>(
        &self,
        size: u64,
        leaves: &mut dyn FnMut(u64, u64) -> Result<Vec<Hash>, E>,
    ) -> Result<Hash, E> {
        Ok(self.frontier_at(size, leaves)?.root())
    }

    /// The right edge of the log when it held so many entries.
    pub fn frontier_at<E: From<NoLeaves>>(
        &self,
        size: u64,
        leaves: &mut dyn FnMut(u64, u64) -> Result<Vec<Hash>, E>,
    ) -> Result<Frontier, E> {
        let mut ranges = Vec::new();
        let mut from = 0;
        while from < size {
            let to = from + (1 << (size - from).ilog2());
            ranges.push(from..to);
            from = to;
        }
        let peaks = self.roots(&ranges, size, leaves)?;
        Ok(Frontier::new(size, peaks).unwrap_or_default())
    }

    /// The path that proves that the entry at a position is in the log of a size. Nothing: there is no such entry in it.
    pub fn prove_inclusion<E: From<NoLeaves>>(
        &self,
        position: u64,
        size: u64,
        leaves: &mut dyn FnMut(u64, u64) -> Result<Vec<Hash>, E>,
    ) -> Result<Option<Vec<Hash>>, E> {
        let path = position.checked_sub(1).and_then(|index| inclusion_path(index, size));
        path.filter(|_| size <= self.size()).map(|path| self.roots(&path, size, leaves)).transpose()
    }

    /// The path that proves that the log of one size has grown into that of another. Nothing: it cannot have.
    pub fn prove_consistency<E: From<NoLeaves>>(
        &self,
        old: u64,
        new: u64,
        leaves: &mut dyn FnMut(u64, u64) -> Result<Vec<Hash>, E>,
    ) -> Result<Option<Vec<Hash>>, E> {
        let path = consistency_path(old, new).filter(|_| new <= self.size());
        path.map(|path| self.roots(&path, new, leaves)).transpose()
    }

    /// The roots over these ranges of leaves. Each segment that is looked into is asked for once.
    fn roots<E: From<NoLeaves>>(
        &self,
        ranges: &[std::ops::Range<u64>],
        size: u64,
        leaves: &mut dyn FnMut(u64, u64) -> Result<Vec<Hash>, E>,
    ) -> Result<Vec<Hash>, E> {
        let mut opened: Vec<(u64, Vec<Hash>)> = Vec::with_capacity(2);
        let mut subtree = |height: u32, index: u64| {
            if let Some(kept) = self.subtree(height, index) {
                return Ok(kept);
            }
            let (from, to) = (index << height, (index + 1) << height);
            let segment = from / SEGMENT * SEGMENT;
            let last = segment.saturating_add(SEGMENT).min(size.max(to)).min(self.size());
            let missing = NoLeaves { first: from + 1, last: to };
            if height > HEIGHT || to > last {
                return Err(missing.into());
            }
            if !opened.iter().any(|(at, _)| *at == segment) {
                opened.push((segment, leaves(segment + 1, last)?));
            }
            let found = opened.iter().find(|(at, _)| *at == segment);
            let within = |at: u64| usize::try_from(at - segment).unwrap_or(usize::MAX);
            let leaves = found.and_then(|(_, leaves)| leaves.get(within(from)..within(to)));
            leaves.map(|leaves| Over::Entries.root(leaves)).ok_or_else(|| missing.into())
        };
        ranges.iter().map(|range| range_root(Over::Entries, range, &mut subtree)).collect()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::tree::{Disproved, consistent, leaf, root_of_inclusion};

    fn grown(size: u64) -> (Tree, Vec<Hash>) {
        let leaves: Vec<Hash> = (0..size).map(|n| leaf(&n.to_be_bytes())).collect();
        let mut tree = Tree::default();
        for leaf in &leaves {
            tree.push(*leaf);
        }
        (tree, leaves)
    }

    fn stored(leaves: &[Hash]) -> impl FnMut(u64, u64) -> Result<Vec<Hash>, NoLeaves> {
        move |first, last| {
            assert!(last - first < SEGMENT, "never more than a segment");
            let (from, to) = (usize::try_from(first - 1).unwrap(), usize::try_from(last).unwrap());
            Ok(leaves[from..to].to_vec())
        }
    }

    #[test]
    fn a_tree_is_its_frontier_with_the_upper_levels() {
        let (mut tree, mut frontier) = (Tree::default(), Frontier::default());
        for n in 0_u64..1_500 {
            assert_eq!(tree.frontier(), frontier, "size {n}");
            tree.push(leaf(&n.to_be_bytes()));
            frontier.push(leaf(&n.to_be_bytes()));
        }
        let written = postcard::to_stdvec(&tree).unwrap();
        assert_eq!(postcard::from_bytes::<Tree>(&written).unwrap(), tree);
    }

    #[test]
    fn many_leaves_at_once_make_the_same_tree() {
        let (by_leaves, leaves) = grown(1_300);
        for together in [1, 2, 7, 100, 255, 256, 257, 1_000, 1_300] {
            let mut tree = Tree::default();
            leaves.chunks(together).for_each(|next| tree.extend(next));
            assert_eq!(tree, by_leaves, "{together} at once");
        }
    }

    #[test]
    fn a_segment_is_added_as_a_whole_or_not_at_all() {
        let (mut tree, leaves) = grown(0);
        assert!(leaves.is_empty());
        let (by_leaves, leaves) = grown(3 * SEGMENT + 1);
        for segment in leaves.chunks_exact(usize::try_from(SEGMENT).unwrap()) {
            tree.push_segment(Over::Entries.root(segment)).unwrap();
        }
        tree.push(*leaves.last().unwrap());
        assert_eq!(tree, by_leaves);
        let size = 3 * SEGMENT + 1;
        assert_eq!(tree.push_segment(leaves[0]), Err(Unaligned { size, entries: SEGMENT }));
        assert_eq!(tree, by_leaves);
    }

    #[test]
    fn leaves_that_are_not_there_are_an_error() {
        let (tree, _) = grown(300);
        let none = &mut |_, _| Ok::<_, NoLeaves>(Vec::new());
        assert_eq!(tree.prove_inclusion(1, 300, none), Err(NoLeaves { first: 2, last: 2 }));
        assert_eq!(tree.prove_inclusion(301, 301, none), Ok(None));
        assert_eq!(tree.prove_consistency(300, 299, none), Ok(None));
    }

    #[test]
    fn every_proof_of_the_small_sizes_holds() {
        let (tree, leaves) = grown(40);
        for size in 1..=40_u64 {
            let root = tree.root_at(size, &mut stored(&leaves)).unwrap();
            let all = usize::try_from(size).unwrap();
            assert_eq!(root, Over::Entries.root(&leaves[..all]));
            for position in 1..=size {
                let path = tree.prove_inclusion(position, size, &mut stored(&leaves));
                let leaf = leaves[usize::try_from(position - 1).unwrap()];
                let path = path.unwrap().unwrap();
                let over = Over::Entries;
                assert_eq!(root_of_inclusion(over, position - 1, size, &leaf, &path), Ok(root));
                let old = tree.root_at(position, &mut stored(&leaves)).unwrap();
                let path = tree.prove_consistency(position, size, &mut stored(&leaves));
                let path = path.unwrap().unwrap();
                assert_eq!(consistent(over, (position, &old), (size, &root), &path), Ok(()));
            }
        }
    }

    /// One way to spoil a list of hashes.
    fn spoil(path: &mut Vec<Hash>, (how, at, bit): (u8, usize, u8)) {
        let at = at % path.len().max(1);
        match (how % 4, path.len()) {
            (0, 1..) => {
                let mut bytes = *path[at].as_bytes();
                bytes[usize::from(bit) % 32] ^= 1 << (bit % 8);
                path[at] = Hash::new(bytes);
            }
            (1, 1..) => drop(path.remove(at)),
            (2, 2..) if path[at] != path[(at + 1) % path.len()] => {
                let next = (at + 1) % path.len();
                path.swap(at, next);
            }
            _ => path.insert(at, Hash::new([bit; 32])),
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(48))]
        #[test]
        fn proofs_hold_and_spoiled_ones_do_not(
            size in 1_u64..1_400, a in any::<u64>(), b in any::<u64>(),
            how in any::<(u8, usize, u8)>(),
        ) {
            let (tree, leaves) = grown(size);
            let over = Over::Entries;
            let new = b % size + 1;
            let position = a % new + 1;
            let root = tree.root_at(new, &mut stored(&leaves)).unwrap();
            let leaf = leaves[usize::try_from(position - 1).unwrap()];
            let mut path = tree.prove_inclusion(position, new, &mut stored(&leaves)).unwrap().unwrap();
            prop_assert_eq!(root_of_inclusion(over, position - 1, new, &leaf, &path), Ok(root));
            // Another place, another leaf, another tree: not with this path.
            prop_assert_ne!(root_of_inclusion(over, position, new, &leaf, &path), Ok(root));
            prop_assert_ne!(root_of_inclusion(over, position - 1, new, &root, &path).ok(), Some(root).filter(|_| new > 1));
            prop_assert_ne!(root_of_inclusion(Over::Accounts, position - 1, new, &leaf, &path).ok(), Some(root).filter(|_| new > 1));
            spoil(&mut path, how);
            prop_assert_ne!(root_of_inclusion(over, position - 1, new, &leaf, &path), Ok(root));

            let old_root = tree.root_at(position, &mut stored(&leaves)).unwrap();
            let mut path = tree.prove_consistency(position, new, &mut stored(&leaves)).unwrap().unwrap();
            prop_assert_eq!(consistent(over, (position, &old_root), (new, &root), &path), Ok(()));
            if position < new {
                prop_assert_eq!(consistent(over, (position, &root), (new, &root), &path), Err(Disproved::WrongRoot));
                prop_assert_eq!(consistent(over, (position, &old_root), (new, &old_root), &path), Err(Disproved::WrongRoot));
            }
            spoil(&mut path, how);
            prop_assert!(consistent(over, (position, &old_root), (new, &root), &path).is_err());
        }
    }
}
