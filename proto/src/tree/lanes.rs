//! Many short hashes at once: a hash alone leaves most of the processor idle, sixteen side by side do not.
//!
//! BLAKE3 splits what it hashes into blocks of 64 bytes, and each block needs the one before it. So for entries of about
//! a hundred bytes nothing within one hash can go on side by side, and the library's own speed never shows. A kernel of
//! our own (`lanes/kernel.rs`) hashes sixteen inputs together, or eight, whichever the processor can. Those with equally
//! many blocks go together, so that few lanes wait for others. What is longer than a chunk, the few that are left over,
//! and everything where the processor can do neither is hashed by the library, one by one. The results are those of
//! `keyed_hash`, bit for bit: the tests hold each kernel that the machine has against it.

#[cfg(target_arch = "x86_64")]
mod avx2;
#[cfg(target_arch = "x86_64")]
mod avx512;
#[cfg(target_arch = "x86_64")]
mod kernel;

use std::sync::LazyLock;

#[cfg(target_arch = "x86_64")]
use pulp::x86::{V3, V4};

#[cfg(target_arch = "x86_64")]
use kernel::{Abreast, OneBlock};

const BLOCK: usize = 64;
/// What is longer is hashed in several chunks: it is rare, and the library does that side by side.
const CHUNK: usize = 1_024;
/// As many blocks beside its first as no input has that is hashed with others.
const LONG: usize = CHUNK / BLOCK;
/// So many are hashed together at least: fewer are sooner done one by one.
const FEWEST: usize = 3;

/// For each lane two blocks: a last block is filled up there with zeros, which the second block always has.
type Filled<const LANES: usize> = [[u8; 2 * BLOCK]; LANES];

static WIDEST: LazyLock<Kernel> = LazyLock::new(|| Kernel::all().next().unwrap_or(Kernel::Alone));

/// How many hashes go side by side.
#[derive(Clone, Copy, Debug)]
enum Kernel {
    /// Sixteen.
    #[cfg(target_arch = "x86_64")]
    Avx512(V4),
    /// Eight.
    #[cfg(target_arch = "x86_64")]
    Avx2(V3),
    /// One.
    Alone,
}

impl Kernel {
    /// Those that the processor has, the widest first.
    fn all() -> impl Iterator<Item = Self> {
        let all = [
            #[cfg(target_arch = "x86_64")]
            V4::try_new().map(Self::Avx512),
            #[cfg(target_arch = "x86_64")]
            V3::try_new().map(Self::Avx2),
            Some(Self::Alone),
        ];
        all.into_iter().flatten()
    }
}

/// A key, as the kernels take it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Key([u8; 32]);

impl Key {
    /// The key of one use.
    pub(super) fn derive(context: &str) -> Self {
        Self(blake3::derive_key(context, b""))
    }

    /// One hash.
    pub(super) fn hash(&self, input: &[u8]) -> [u8; 32] {
        *blake3::keyed_hash(&self.0, input).as_bytes()
    }

    /// The hash of each input, in order.
    pub(super) fn hash_all(&self, inputs: &[&[u8]]) -> Vec<[u8; 32]> {
        self.hash_all_by(*WIDEST, inputs)
    }

    /// Puts the hash of each pair of neighbours in their place; what has no neighbour stays as it is.
    pub(super) fn hash_pairs(&self, level: &mut Vec<[u8; 32]>) {
        self.hash_pairs_by(*WIDEST, level);
    }

    fn hash_all_by(&self, kernel: Kernel, inputs: &[&[u8]]) -> Vec<[u8; 32]> {
        match kernel {
            #[cfg(target_arch = "x86_64")]
            Kernel::Avx512(wide) => self.grouped(inputs, |inputs, filled| {
                wide.vectorize(Abreast { wide, key: &self.0, inputs, filled })
            }),
            #[cfg(target_arch = "x86_64")]
            Kernel::Avx2(wide) => self.grouped(inputs, |inputs, filled| {
                wide.vectorize(Abreast { wide, key: &self.0, inputs, filled })
            }),
            Kernel::Alone => self.grouped(inputs, |[input], _| [self.hash(input)]),
        }
    }

    fn hash_pairs_by(&self, kernel: Kernel, level: &mut Vec<[u8; 32]>) {
        match kernel {
            #[cfg(target_arch = "x86_64")]
            Kernel::Avx512(wide) => {
                self.halved(level, |blocks| {
                    wide.vectorize(OneBlock { wide, key: &self.0, blocks })
                });
            }
            #[cfg(target_arch = "x86_64")]
            Kernel::Avx2(wide) => {
                self.halved(level, |blocks| {
                    wide.vectorize(OneBlock { wide, key: &self.0, blocks })
                });
            }
            Kernel::Alone => self.halved(level, |[block]| [self.hash(*block)]),
        }
    }

    /// The hash of each input: so many go together.
    fn grouped<const LANES: usize>(
        &self,
        inputs: &[&[u8]],
        together: impl Fn(&[&[u8]; LANES], &mut Filled<LANES>) -> [[u8; 32]; LANES],
    ) -> Vec<[u8; 32]> {
        if inputs.len() < FEWEST {
            return inputs.iter().map(|input| self.hash(input)).collect();
        }
        let (places, short) = by_blocks(inputs);
        let (many, alone) = places.split_at(in_groups::<LANES>(short));
        let mut hashes = vec![[0; 32]; inputs.len()];
        let mut filled = [[0; 2 * BLOCK]; LANES];
        for places in many.chunks(LANES) {
            let found = places.iter().filter_map(|place| inputs.get(*place));
            let group = gathered(found.copied()).map(|group| together(&group, &mut filled));
            for (place, hash) in places.iter().zip(group.iter().flatten()) {
                if let Some(to) = hashes.get_mut(*place) {
                    *to = *hash;
                }
            }
        }
        for place in alone {
            if let (Some(to), Some(input)) = (hashes.get_mut(*place), inputs.get(*place)) {
                *to = self.hash(input);
            }
        }
        hashes
    }

    /// Hashes so many pairs together, and puts the hashes where pairs lay that are hashed already.
    fn halved<const LANES: usize>(
        &self,
        level: &mut Vec<[u8; 32]>,
        together: impl Fn(&[&[u8; BLOCK]; LANES]) -> [[u8; 32]; LANES],
    ) {
        let count = level.len() / 2;
        let many = in_groups::<LANES>(count);
        for done in (0..many).step_by(LANES) {
            let rest = level.get(2 * done..2 * many).unwrap_or_default();
            let (pairs, _) = rest.as_flattened().as_chunks::<BLOCK>();
            let group = gathered(pairs.iter()).map(|group| together(&group));
            for (to, hash) in level.iter_mut().take(many).skip(done).zip(group.iter().flatten()) {
                *to = *hash;
            }
        }
        for at in many..count {
            let hash = level.get(2 * at..2 * at + 2).map(|pair| self.hash(pair.as_flattened()));
            if let (Some(to), Some(hash)) = (level.get_mut(at), hash) {
                *to = hash;
            }
        }
        let odd = level.chunks_exact(2).remainder().first().copied();
        level.truncate(count);
        level.extend(odd);
    }
}

/// How many of so many are hashed in groups.
const fn in_groups<const LANES: usize>(count: usize) -> usize {
    let over = count % LANES;
    if over < FEWEST { count - over } else { count }
}

/// The next few, if there are any. Where there are too few, the first is taken again.
fn gathered<T: Copy, const LANES: usize>(mut items: impl Iterator<Item = T>) -> Option<[T; LANES]> {
    let mut group = [items.next()?; LANES];
    for (to, item) in group.iter_mut().skip(1).zip(items) {
        *to = item;
    }
    Some(group)
}

/// Where the inputs are, by their number of blocks, and how many are no longer than a chunk: they are the first.
fn by_blocks(inputs: &[&[u8]]) -> (Vec<usize>, usize) {
    let numbers = inputs.iter().fold(0_u32, |all, input| all | 1 << further_blocks(input));
    let mut places = vec![0; inputs.len()];
    let mut slot = 0;
    // Few numbers occur, and without a jump that depends on the input a pass takes less than a count.
    for number in (0..=LONG).filter(|number| numbers >> number & 1 == 1) {
        for (place, input) in inputs.iter().enumerate() {
            if let Some(to) = places.get_mut(slot) {
                *to = place;
            }
            slot += usize::from(further_blocks(input) == number);
        }
    }
    let long = inputs.iter().filter(|input| further_blocks(input) == LONG).count();
    (places, slot - long)
}

/// How many blocks an input has beside its first, which is there even if the input is empty.
fn further_blocks(input: &[u8]) -> usize {
    (input.len().saturating_sub(1) / BLOCK).min(LONG)
}

#[cfg(test)]
mod tests {
    use proptest::{collection::vec, prelude::*};

    use super::*;

    /// Around the widths of the kernels.
    const COUNTS: [usize; 14] = [1, 2, 3, 4, 7, 8, 9, 10, 11, 15, 16, 17, 18, 35];

    #[test]
    fn every_length_hashes_as_it_does_alone() {
        let key = Key::derive("a test");
        let all: Vec<u8> = (0..=255_u8).cycle().take(1_500).collect();
        for kernel in Kernel::all() {
            for count in COUNTS {
                for length in (0..200).chain(950..1_040).chain([1_087, 1_088, 1_400]) {
                    let inputs: Vec<&[u8]> = (0..count).map(|n| &all[n..n + length]).collect();
                    let alone: Vec<_> = inputs.iter().map(|input| key.hash(input)).collect();
                    let hashes = key.hash_all_by(kernel, &inputs);
                    assert_eq!(hashes, alone, "{kernel:?}: {count} of {length} bytes");
                }
            }
        }
    }

    #[test]
    fn pairs_hash_as_they_do_alone_and_an_odd_one_is_left() {
        let key = Key::derive("a test");
        let hashes: Vec<[u8; 32]> = (0..150).map(|n| key.hash(&[n])).collect();
        for kernel in Kernel::all() {
            for count in 0..150 {
                let pairs = hashes[..count].chunks_exact(2);
                let odd = pairs.remainder();
                let mut alone: Vec<_> = pairs.map(|pair| key.hash(pair.as_flattened())).collect();
                alone.extend(odd);
                let mut level = hashes[..count].to_vec();
                key.hash_pairs_by(kernel, &mut level);
                assert_eq!(level, alone, "{kernel:?}: {count}");
            }
        }
    }

    #[cfg(target_arch = "x86_64")]
    #[test]
    fn the_widest_kernel_is_taken() {
        let widest = match (V4::try_new(), V3::try_new()) {
            (Some(_), _) => "Avx512",
            (None, Some(_)) => "Avx2",
            (None, None) => "Alone",
        };
        assert!(format!("{:?}", *WIDEST).starts_with(widest), "{widest}");
    }

    proptest! {
        #[test]
        fn mixed_lengths_hash_as_they_do_alone(
            inputs in vec(prop_oneof![4 => vec(any::<u8>(), 0..300), 1 => vec(any::<u8>(), 0..1_200)], 0..80),
            context in "[a-z]{1,20}",
        ) {
            let key = Key::derive(&context);
            let inputs: Vec<&[u8]> = inputs.iter().map(Vec::as_slice).collect();
            let alone: Vec<_> = inputs.iter().map(|input| key.hash(input)).collect();
            for kernel in Kernel::all() {
                prop_assert_eq!(&key.hash_all_by(kernel, &inputs), &alone);
            }
        }
    }
}
