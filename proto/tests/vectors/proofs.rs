//! `proofs.json`: leaves, nodes, roots, inclusion and consistency.

use ledger_proto::{Disproved, Hash, Over, consistent, root_of_inclusion};
use serde::{Deserialize, Serialize};

use super::proofs_bad;
use super::shape::{Case, Given, Hash64, Verdict, base64, check, good, hashes, hex, plain, unhex};
use super::tree;

/// The whole file.
#[derive(Serialize, Deserialize)]
pub(crate) struct Proofs {
    about: String,
    keys: Vec<Case<Derived>>,
    leaves: Vec<Case<Leaf>>,
    nodes: Vec<Case<Node>>,
    leaf_rule: String,
    roots: Vec<Case<Root>>,
    inclusion: Vec<Case<Inclusion>>,
    consistency: Vec<Case<Consistency>>,
}

const ABOUT: &str = "The Merkle tree of FORMAT.md section 2. Hashes are base 64, other bytes hexadecimal. \
     A case holds if what it says is so: for a proof, that the path leads to the root or roots.";
const LEAF_RULE: &str = "Leaf n, from 0, is over the eight bytes of n, big-endian.";

/// Which keys: those of the entries of a log, or those of the records of accounts.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Family {
    Entries,
    Accounts,
}

impl Family {
    pub(crate) fn over(self) -> Over {
        match self {
            Self::Entries => Over::Entries,
            Self::Accounts => Over::Accounts,
        }
    }
}

#[derive(Serialize, Deserialize)]
struct Derived {
    context: String,
    key: String,
}

#[derive(Serialize, Deserialize)]
struct Leaf {
    over: Family,
    bytes: String,
    leaf: Hash64,
}

#[derive(Serialize, Deserialize)]
struct Node {
    over: Family,
    left: Hash64,
    right: Hash64,
    node: Hash64,
}

/// The root over the first leaves of the rule.
#[derive(Serialize, Deserialize)]
struct Root {
    over: Family,
    size: u64,
    root: Hash64,
}

#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Inclusion {
    pub(crate) over: Family,
    pub(crate) index: u64,
    pub(crate) size: u64,
    pub(crate) leaf: Hash64,
    pub(crate) path: Vec<Hash64>,
    pub(crate) root: Hash64,
}

#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Consistency {
    pub(crate) over: Family,
    pub(crate) old_size: u64,
    pub(crate) old_root: Hash64,
    pub(crate) new_size: u64,
    pub(crate) new_root: Hash64,
    pub(crate) path: Vec<Hash64>,
}

fn is(so: Hash, said: Hash64) -> Verdict {
    if so == said.0 { Ok(()) } else { Err("another hash".to_owned()) }
}

/// The words for a proof that proves nothing.
pub(crate) fn words(disproved: Disproved) -> &'static str {
    match disproved {
        Disproved::NoSuchPlace => "no such place",
        Disproved::WrongLength => "the path is too long or too short",
        Disproved::WrongRoot => "another root",
    }
}

impl Given for Derived {
    fn verdict(&self) -> Verdict {
        let key = blake3::derive_key(&self.context, b"");
        if base64(&key) == self.key { Ok(()) } else { Err("another key".to_owned()) }
    }
}

impl Given for Leaf {
    fn verdict(&self) -> Verdict {
        is(self.over.over().leaf(&unhex(&self.bytes)), self.leaf)
    }
}

impl Given for Node {
    fn verdict(&self) -> Verdict {
        is(self.over.over().node(&self.left.0, &self.right.0), self.node)
    }
}

impl Given for Root {
    fn verdict(&self) -> Verdict {
        let leaves: Vec<Hash> =
            (0..self.size).map(|n| self.over.over().leaf(&n.to_be_bytes())).collect();
        is(self.over.over().root(&leaves), self.root)
    }
}

impl Given for Inclusion {
    fn verdict(&self) -> Verdict {
        let Inclusion { over, index, size, leaf, path, root } = self;
        let led = root_of_inclusion(over.over(), *index, *size, &leaf.0, &plain(path));
        match led {
            Ok(led) if led == root.0 => Ok(()),
            Ok(_) => Err(words(Disproved::WrongRoot).to_owned()),
            Err(disproved) => Err(words(disproved).to_owned()),
        }
    }
}

impl Given for Consistency {
    fn verdict(&self) -> Verdict {
        let Consistency { over, old_size, old_root, new_size, new_root, path } = self;
        let (old, new) = ((*old_size, &old_root.0), (*new_size, &new_root.0));
        consistent(over.over(), old, new, &plain(path)).map_err(|error| words(error).to_owned())
    }
}

/// 0, 1, and all that lie at or beside a power of two, up to 513.
fn sizes() -> Vec<u64> {
    let mut sizes: Vec<u64> = (0..10).flat_map(|k| [(1 << k) - 1, 1 << k, (1 << k) + 1]).collect();
    sizes.sort_unstable();
    sizes.dedup();
    sizes
}

/// The root over the first leaves, by the definition.
pub(crate) fn root_of(over: Family, size: u64) -> Hash64 {
    Hash64(tree::root(over.over(), &tree::leaves(over.over(), size)))
}

/// A good proof that a leaf of the rule is in the tree of a size.
pub(crate) fn inclusion(over: Family, index: u64, size: u64) -> Inclusion {
    let leaves = tree::leaves(over.over(), size);
    let path = tree::inclusion(over.over(), index, &leaves);
    let leaf = Hash64(tree::leaf(over.over(), &index.to_be_bytes()));
    Inclusion { over, index, size, leaf, path: hashes(&path), root: root_of(over, size) }
}

/// A good proof that the tree of one size has grown into that of another.
pub(crate) fn consistency(over: Family, old_size: u64, new_size: u64) -> Consistency {
    let path = tree::consistency(over.over(), old_size, &tree::leaves(over.over(), new_size));
    let (old_root, new_root) = (root_of(over, old_size), root_of(over, new_size));
    Consistency { over, old_size, old_root, new_size, new_root, path: hashes(&path) }
}

/// The first and the last, and both sides of the split.
fn places(size: u64) -> Vec<u64> {
    let split = size.next_power_of_two() / 2;
    let mut places = vec![0, split.saturating_sub(1), split, size.saturating_sub(1)];
    places.retain(|place| *place < size);
    places.sort_unstable();
    places.dedup();
    places
}

fn leaf_cases() -> Vec<Case<Leaf>> {
    let long: Vec<u8> = (0..=255_u8).cycle().take(1025).collect();
    let some: [(&str, &[u8]); 6] = [
        ("over nothing", b""),
        ("over one zero byte", &[0]),
        ("over the letters abc", b"abc"),
        ("over the eight bytes of 0", &[0; 8]),
        ("over 64 zero bytes, as many as under a node", &[0; 64]),
        ("over 1025 bytes, more than one chunk of BLAKE3", &long),
    ];
    let of = |over: Family, word: &str| {
        some.map(|(name, bytes)| {
            let leaf = Hash64(tree::leaf(over.over(), bytes));
            good(format!("the leaf of {word} {name}"), Leaf { over, bytes: hex(bytes), leaf })
        })
    };
    let both = [of(Family::Entries, "an entry"), of(Family::Accounts, "a record")];
    both.into_iter().flatten().collect()
}

fn node_cases() -> Vec<Case<Node>> {
    let of = |over: Family, name: &str| {
        let leaves = tree::leaves(over.over(), 2);
        let node = Hash64(tree::node(over.over(), &leaves[0], &leaves[1]));
        good(name, Node { over, left: Hash64(leaves[0]), right: Hash64(leaves[1]), node })
    };
    let entries = "the node over leaf 0 and leaf 1 of entries";
    vec![of(Family::Entries, entries), of(Family::Accounts, "the same over records of accounts")]
}

impl Proofs {
    /// The file, made anew.
    pub(crate) fn make() -> Proofs {
        let families = [(Family::Entries, "entries"), (Family::Accounts, "records of accounts")];
        let mut keys = Vec::new();
        let mut roots = Vec::new();
        for (over, word) in families {
            for (context, what) in tree::contexts(over.over()).into_iter().zip(["leaves", "nodes"])
            {
                let key = base64(&blake3::derive_key(context, b""));
                let given = Derived { context: context.to_owned(), key };
                keys.push(good(format!("the key of {what} of {word}"), given));
            }
            for size in sizes() {
                let given = Root { over, size, root: root_of(over, size) };
                roots.push(good(format!("the root over {size} {word}"), given));
            }
        }
        let mut inclusions = Vec::new();
        let mut consistencies = Vec::new();
        for size in sizes() {
            for index in places(size) {
                let name = format!("leaf {index} of {size}");
                inclusions.push(good(name, inclusion(Family::Entries, index, size)));
            }
            for old in places(size).iter().map(|place| place + 1) {
                let name = format!("{old} has grown into {size}");
                consistencies.push(good(name, consistency(Family::Entries, old, size)));
            }
        }
        inclusions.extend(proofs_bad::inclusions());
        consistencies.extend(proofs_bad::consistencies());
        Proofs {
            about: ABOUT.to_owned(),
            keys,
            leaves: leaf_cases(),
            nodes: node_cases(),
            leaf_rule: LEAF_RULE.to_owned(),
            roots,
            inclusion: inclusions,
            consistency: consistencies,
        }
    }

    /// Runs the verifier on every case.
    pub(crate) fn check(&self) {
        check("keys", &self.keys);
        check("leaves", &self.leaves);
        check("nodes", &self.nodes);
        check("roots", &self.roots);
        check("inclusion", &self.inclusion);
        check("consistency", &self.consistency);
    }
}
