//! The Merkle log over the stored bytes: leaf, node, and the right edge that grows.
//!
//! The shape is RFC 6962's (split at the largest power of two); the hash is BLAKE3, keyed with one
//! key for leaves and another for nodes, so that no leaf can pass for a node.

mod grown;
mod lanes;
mod proof;

use std::fmt;
use std::sync::LazyLock;

use serde::{Deserialize, Serialize};

pub use grown::{NoLeaves, SEGMENT, Tree};
pub use proof::{
    Disproved, consistency_path, consistent, inclusion_path, range_root, root_of_inclusion,
};

use lanes::Key;

static LEAF_KEY: LazyLock<Key> = LazyLock::new(|| Key::derive("carestore v1 leaf"));
static NODE_KEY: LazyLock<Key> = LazyLock::new(|| Key::derive("carestore v1 node"));
static ACCOUNT_LEAF_KEY: LazyLock<Key> = LazyLock::new(|| Key::derive("carestore v1 account leaf"));
static ACCOUNT_NODE_KEY: LazyLock<Key> = LazyLock::new(|| Key::derive("carestore v1 account node"));

/// What a tree is over. Each has keys of its own, so that no proof of one passes for one of the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Over {
    /// The stored entries of a log.
    Entries,
    /// The records of all accounts, when the state is sealed.
    Accounts,
}

impl Over {
    /// The hash of one item.
    pub fn leaf(self, bytes: &[u8]) -> Hash {
        Hash(self.leaf_key().hash(bytes))
    }

    /// The hashes of many items, in order: several times faster than one by one.
    pub fn leaves(self, items: &[&[u8]]) -> Vec<Hash> {
        self.leaf_key().hash_all(items).into_iter().map(Hash).collect()
    }

    /// The hash of two neighbouring subtrees.
    pub fn node(self, left: &Hash, right: &Hash) -> Hash {
        Hash(self.node_key().hash([left.0, right.0].as_flattened()))
    }

    /// The root over nothing.
    pub fn empty(self) -> Hash {
        Hash(self.node_key().hash(b""))
    }

    /// The root over these leaves, split at the largest power of two.
    pub fn root(self, leaves: &[Hash]) -> Hash {
        let mut level: Vec<[u8; 32]> = leaves.iter().map(|leaf| leaf.0).collect();
        while level.len() > 1 {
            // What has no neighbour goes up as it is: the same tree as by splitting.
            self.node_key().hash_pairs(&mut level);
        }
        level.first().map_or_else(|| self.empty(), |root| Hash(*root))
    }

    fn leaf_key(self) -> &'static Key {
        match self {
            Self::Entries => &LEAF_KEY,
            Self::Accounts => &ACCOUNT_LEAF_KEY,
        }
    }

    fn node_key(self) -> &'static Key {
        match self {
            Self::Entries => &NODE_KEY,
            Self::Accounts => &ACCOUNT_NODE_KEY,
        }
    }
}

/// What stands for some bytes, or for a whole log: 32 bytes, shown in lower-case hex.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Hash([u8; 32]);

impl Hash {
    /// Takes 32 bytes that were read from somewhere as a hash.
    pub const fn new(bytes: [u8; 32]) -> Hash {
        Hash(bytes)
    }

    /// The 32 bytes, as they are stored and sent.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Display for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Hash({self})")
    }
}

/// The hash of one entry, taken over exactly the bytes that are stored.
pub fn leaf(entry: &[u8]) -> Hash {
    Over::Entries.leaf(entry)
}

/// The hash of two neighbouring subtrees of a log.
pub fn node(left: &Hash, right: &Hash) -> Hash {
    Over::Entries.node(left, right)
}

/// Subtrees from this height on are hashed level by level.
const SIDE_BY_SIDE: u32 = 3;

/// A subtree was to be added where the log cannot take one of that size.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a subtree of {entries} entries does not fit behind a log of {size} entries")]
pub struct Unaligned {
    /// The log's size when it was tried.
    pub size: u64,
    /// How many entries the subtree holds.
    pub entries: u64,
}

/// The right edge of a log: its size and the roots of its complete subtrees, the largest first.
///
/// This is all that it takes to add entries and to say the root; it does not grow with the log.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Parts")]
pub struct Frontier {
    size: u64,
    peaks: Vec<Hash>,
}

/// A frontier as it was written somewhere, before anyone has checked that it can be one.
#[derive(Deserialize)]
struct Parts {
    size: u64,
    peaks: Vec<Hash>,
}

impl TryFrom<Parts> for Frontier {
    type Error = &'static str;

    fn try_from(parts: Parts) -> Result<Frontier, &'static str> {
        let Parts { size, peaks } = parts;
        Frontier::new(size, peaks).ok_or("a frontier holds one peak for each bit of its size")
    }
}

impl Frontier {
    /// The right edge of a log of this size with these peaks, the largest first.
    pub fn new(size: u64, peaks: Vec<Hash>) -> Option<Frontier> {
        (peaks.len() as u64 == u64::from(size.count_ones())).then_some(Frontier { size, peaks })
    }

    /// How many entries the log holds.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// The roots of its complete subtrees, the largest first.
    pub fn peaks(&self) -> &[Hash] {
        &self.peaks
    }

    /// Adds the next entry's leaf.
    pub fn push(&mut self, leaf: Hash) {
        self.carry(0, leaf);
    }

    /// Adds the leaves of the next entries: the same as one by one, and sooner where they are many, since what does not depend
    /// on each other is hashed side by side.
    pub fn extend(&mut self, leaves: &[Hash]) {
        let mut rest = leaves;
        while let Some(most) = rest.len().checked_ilog2() {
            // The largest subtree that begins here and is full; what is small is hashed as soon by itself.
            let height = self.size.trailing_zeros().min(most);
            let (subtree, behind) = rest.split_at(1 << height);
            if height < SIDE_BY_SIDE {
                for leaf in subtree {
                    self.push(*leaf);
                }
            } else {
                self.carry(height, Over::Entries.root(subtree));
            }
            rest = behind;
        }
    }

    /// Adds a complete subtree of `2^height` entries, which is legal only where the log's size is a
    /// multiple of that.
    pub fn push_subtree(&mut self, height: u32, root: Hash) -> Result<(), Unaligned> {
        match 1_u64.checked_shl(height) {
            Some(entries) if self.size.is_multiple_of(entries) => {
                self.carry(height, root);
                Ok(())
            }
            entries => Err(Unaligned { size: self.size, entries: entries.unwrap_or(u64::MAX) }),
        }
    }

    /// Adds all of a smaller log at once, where this one's size is a multiple of a power of two
    /// that is at least as large.
    pub fn join(&mut self, behind: &Frontier) -> Result<(), Unaligned> {
        let room = behind.size.next_power_of_two();
        if !self.size.is_multiple_of(room) {
            return Err(Unaligned { size: self.size, entries: behind.size });
        }
        if behind.size == room {
            let height = room.trailing_zeros();
            return behind.peaks.first().map_or(Ok(()), |root| self.push_subtree(height, *root));
        }
        self.size += behind.size;
        self.peaks.extend_from_slice(&behind.peaks);
        Ok(())
    }

    /// The hash that stands for the whole log.
    pub fn root(&self) -> Hash {
        let mut peaks = self.peaks.iter().rev();
        match peaks.next() {
            None => Over::Entries.empty(),
            Some(smallest) => peaks.fold(*smallest, |right, left| node(left, &right)),
        }
    }

    /// A subtree meets its equals on the left one after the other, as a carry in binary addition.
    fn carry(&mut self, height: u32, subtree: Hash) {
        let mut grown = subtree;
        for _ in 0..(self.size >> height).trailing_ones() {
            if let Some(left) = self.peaks.pop() {
                grown = node(&left, &grown);
            }
        }
        self.peaks.push(grown);
        self.size += 1 << height;
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The definition in RFC 6962, word by word.
    fn naive(leaves: &[Hash]) -> Hash {
        match leaves {
            [] => Frontier::default().root(),
            [only] => *only,
            _ => {
                let half = leaves.len().next_power_of_two() / 2;
                node(&naive(&leaves[..half]), &naive(&leaves[half..]))
            }
        }
    }

    fn leaves(count: u64) -> Vec<Hash> {
        (0..count).map(|n| leaf(&n.to_be_bytes())).collect()
    }

    fn frontier(leaves: &[Hash]) -> Frontier {
        let mut frontier = Frontier::default();
        for leaf in leaves {
            frontier.push(*leaf);
        }
        frontier
    }

    #[test]
    fn the_root_is_the_one_of_the_definition() {
        let leaves = leaves(600);
        let mut growing = Frontier::default();
        for (size, leaf) in leaves.iter().enumerate() {
            assert_eq!(growing.root(), naive(&leaves[..size]), "size {size}");
            assert_eq!(growing.size(), size as u64);
            growing.push(*leaf);
        }
        assert_eq!(growing.root(), naive(&leaves));
    }

    #[test]
    fn a_subtree_goes_only_where_it_is_aligned() {
        let mut odd = frontier(&leaves(3));
        let refused = odd.push_subtree(8, leaf(b"x"));
        assert_eq!(refused, Err(Unaligned { size: 3, entries: 256 }));
        assert_eq!(odd.size(), 3);
    }

    #[test]
    fn a_frontier_with_a_peak_too_few_is_not_read() {
        let parts = Parts { size: 3, peaks: leaves(1) };
        assert!(Frontier::try_from(parts).is_err());
    }

    proptest! {
        #[test]
        fn whole_segments_and_single_leaves_agree(segments in 0_u32..5, rest in 0_u32..=256) {
            let leaves = leaves(u64::from(segments * 256 + rest));
            let (sealed, open) = leaves.split_at(usize::try_from(segments * 256).unwrap());
            let mut packed = Frontier::default();
            for segment in sealed.chunks(256) {
                packed.push_subtree(8, naive(segment)).unwrap();
            }
            packed.join(&frontier(open)).unwrap();
            prop_assert_eq!(packed, frontier(&leaves));
        }

        #[test]
        fn many_leaves_and_single_ones_agree(together in prop::collection::vec(0_usize..600, 1..6)) {
            let leaves = leaves(together.iter().sum::<usize>() as u64);
            let (mut many, mut rest) = (Frontier::default(), &leaves[..]);
            for count in together {
                let (next, behind) = rest.split_at(count);
                many.extend(next);
                rest = behind;
            }
            prop_assert_eq!(many, frontier(&leaves));
        }
    }
}
