//! Proofs, as they are made and as they are checked.
//!
//! The server's prover is its own affair; here are the parts that it is made of: the tree in memory, and the one or two
//! segments that a path looks into, read from the log on the disk and hashed. (It asks the tree once more for each of
//! them, which is not counted here.) What checks them is what the client checks with.

use std::{hint::black_box, ops::ControlFlow, time::Duration};

use ledger_core::CoopName;
use ledger_proto::{
    Checkpoint, Hash, NoLeaves, Note, Origin, Over, SigningKey, Tree, VerifierKey, consistent,
    leaf, root_of_inclusion,
};
use ledger_server::Log;

use crate::{
    Extent,
    fixture::{Fixture, LOG},
    table::{Figures, a_second, each, time},
    years::Dice,
};

/// So many of each are made and checked in each run.
const PROOFS: usize = 2_000;

/// The log with its tree, and the places that are asked about in a run.
struct Asked<'f> {
    fixture: &'f Fixture,
    tree: Tree,
    /// Indices of entries; one more is an old size.
    places: Vec<u64>,
    paths: Vec<Vec<Hash>>,
    /// The leaf of each place, or the root of each old size.
    hashes: Vec<Hash>,
    note: String,
    key: VerifierKey,
}

impl Asked<'_> {
    /// The leaves of entries, hashed as they are stored on the disk.
    fn leaves(&self, first: u64, last: u64) -> Vec<Hash> {
        let mut leaves = Vec::new();
        let mut visit = |position: u64, bytes: &[u8]| {
            leaves.push(leaf(bytes));
            if position < last { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
        };
        self.fixture.log().scan(LOG, first - 1, &mut visit).unwrap();
        leaves
    }

    fn included(&self, index: u64) -> Vec<Hash> {
        let leaves = &mut |first, last| Ok::<_, NoLeaves>(self.leaves(first, last));
        self.tree.prove_inclusion(index + 1, self.tree.size(), leaves).unwrap().unwrap()
    }

    fn grown(&self, index: u64) -> Vec<Hash> {
        let leaves = &mut |first, last| Ok::<_, NoLeaves>(self.leaves(first, last));
        self.tree.prove_consistency(index + 1, self.tree.size(), leaves).unwrap().unwrap()
    }

    fn root_at(&self, index: u64) -> Hash {
        let leaves = &mut |first, last| Ok::<_, NoLeaves>(self.leaves(first, last));
        self.tree.root_at(index + 1, leaves).unwrap()
    }

    fn of_places<T>(&self, work: impl Fn(&Self, u64) -> T) -> Vec<T> {
        self.places.iter().map(|place| work(self, *place)).collect()
    }

    /// What is made of every place, and how long it takes.
    fn made(&mut self, work: impl Fn(&Self, u64) -> Vec<Hash>) -> Duration {
        let (took, paths) = time(|| self.of_places(work));
        self.paths = paths;
        took
    }

    /// How long it takes to check what was made.
    fn checked(&self, check: impl Fn(u64, &Hash, &[Hash])) -> Duration {
        let made = self.places.iter().zip(&self.hashes).zip(&self.paths);
        time(|| made.for_each(|((place, hash), path)| check(*place, hash, path))).0
    }

    fn hashes_a_path(&self) -> f64 {
        each(self.paths.iter().map(|path| path.len() as u64).sum(), self.paths.len())
    }
}

type Stage = (&'static str, fn(&mut Asked<'_>) -> Duration);

/// Each checks what the one before it made.
const STAGES: [Stage; 5] = [
    ("inclusion, made", |asked| asked.made(Asked::included)),
    ("inclusion, checked", |asked| {
        let leaf = |asked: &Asked<'_>, place| *asked.leaves(place + 1, place + 1).first().unwrap();
        asked.hashes = asked.of_places(leaf);
        let (size, root) = (asked.tree.size(), asked.tree.root());
        asked.checked(|index, leaf, path| {
            assert_eq!(root_of_inclusion(Over::Entries, index, size, leaf, path), Ok(root));
        })
    }),
    ("consistency, made", |asked| asked.made(Asked::grown)),
    ("consistency, checked", |asked| {
        asked.hashes = asked.of_places(Asked::root_at);
        let (size, root) = (asked.tree.size(), asked.tree.root());
        asked.checked(|index, old, path| {
            let grown = consistent(Over::Entries, (index + 1, old), (size, &root), path);
            assert_eq!(grown, Ok(()));
        })
    }),
    ("a checkpoint, read and checked", |asked| {
        asked.paths.clear();
        let keys = [asked.key.clone()];
        let check = || {
            for _ in 0..PROOFS {
                black_box(Note::parse(&asked.note).unwrap().verify(&keys).unwrap());
            }
        };
        time(check).0
    }),
];

/// Proofs of a checkpoint's root, at random places, once in every run.
pub(crate) fn measure(extent: &Extent, fixture: &Fixture) {
    let (mut tree, mut dice) = (Tree::default(), Dice::new(7));
    fixture.entries().for_each(|bytes| tree.push(leaf(bytes)));
    let first = leaf(fixture.entries().next().unwrap());
    let origin = Origin::of(&CoopName::new("a-county").unwrap(), &first);
    let key = SigningKey::from_seed([7; 32]);
    let (size, root) = (tree.size(), tree.root());
    let note = key.note(&Checkpoint { origin: origin.clone(), size, root });
    let (places, paths, hashes) = (Vec::new(), Vec::new(), Vec::new());
    let key = key.verifier(&origin);
    let mut asked = Asked { fixture, tree, places, paths, hashes, note, key };
    let mut stages = STAGES.map(|(name, stage)| (name, stage, Figures::default(), 0.0));
    for _ in 0..extent.runs {
        asked.places = (0..PROOFS).map(|_| dice.below(fixture.ends.len()) as u64).collect();
        for (_, stage, seconds, hashes) in &mut stages {
            seconds.push(stage(&mut asked).as_secs_f64());
            *hashes = asked.hashes_a_path();
        }
    }
    println!(
        "\nproofs in a log of {size} entries: {} runs of {PROOFS} each, at random places; medians (lowest … highest)\n",
        extent.runs
    );
    println!("  {:<34}{:>32}{:>12}{:>14}", "what", "a second", "µs each", "hashes each");
    for (name, _, seconds, hashes) in &stages {
        let rates = seconds.each(|seconds| each(PROOFS as u64, 1) / seconds);
        let hashes = if hashes.is_finite() { format!("{hashes:.1}") } else { String::new() };
        println!(
            "  {name:<34}{:>32}{:>12.1}{hashes:>14}",
            rates.show(a_second),
            1e6 / rates.median()
        );
    }
    println!();
}
