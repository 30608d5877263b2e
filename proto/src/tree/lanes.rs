//! Many short hashes at once: a hash alone leaves most of the processor idle, sixteen side by side do not.
//!
//! BLAKE3 splits what it hashes into blocks of 64 bytes, and each block needs the one before it. So for entries of about
//! a hundred bytes nothing within one hash can go on side by side, and the library's own speed never shows. Its kernels
//! for many inputs of one length, public and not in its manual, hash the whole blocks of many entries together; each
//! entry's last block, whose length differs, is hashed by kernels of our own (`lanes/last.rs`), or by itself where the
//! processor does not have what they need. The results are those of `keyed_hash`, bit for bit: the tests hold each against
//! it, and the version is pinned in the workspace's `Cargo.toml`.

#[cfg(target_arch = "x86_64")]
mod last;

use std::sync::LazyLock;

use blake3::{IncrementCounter, platform::Platform};

/// The flags of BLAKE3 (its specification, section 2.2).
const CHUNK_START: u8 = 1;
const CHUNK_END: u8 = 1 << 1;
const ROOT: u8 = 1 << 3;
const KEYED_HASH: u8 = 1 << 4;

const BLOCK: usize = 64;
/// Entries with more whole blocks before their last are rare, and hashed one by one.
const MOST_BLOCKS: usize = 4;

/// Last blocks, and where their hashes go.
type Rest<'a> = Vec<(&'a [u8], &'a mut [u8; 32])>;

static PLATFORM: LazyLock<Platform> = LazyLock::new(Platform::detect);

/// A key, as the kernels take it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Key {
    bytes: [u8; 32],
    words: [u32; 8],
}

impl Key {
    /// The key of one use.
    pub(super) fn derive(context: &str) -> Self {
        let bytes = blake3::derive_key(context, b"");
        Self { bytes, words: words(&bytes) }
    }

    /// One hash.
    pub(super) fn hash(&self, input: &[u8]) -> [u8; 32] {
        *blake3::keyed_hash(&self.bytes, input).as_bytes()
    }

    /// The hash of each input, in order.
    pub(super) fn hash_all(&self, inputs: &[&[u8]]) -> Vec<[u8; 32]> {
        let mut hashes = vec![[0; 32]; inputs.len()];
        self.alike::<0>(inputs, &mut hashes);
        self.alike::<BLOCK>(inputs, &mut hashes);
        self.alike::<{ 2 * BLOCK }>(inputs, &mut hashes);
        self.alike::<{ 3 * BLOCK }>(inputs, &mut hashes);
        self.alike::<{ MOST_BLOCKS * BLOCK }>(inputs, &mut hashes);
        for (input, hash) in inputs.iter().zip(&mut hashes) {
            if whole(input) > MOST_BLOCKS * BLOCK {
                *hash = self.hash(input);
            }
        }
        hashes
    }

    /// The hash of each pair of neighbours.
    pub(super) fn hash_pairs(&self, hashes: &[[u8; 32]]) -> Vec<[u8; 32]> {
        let (pairs, _) = hashes.as_flattened().as_chunks::<BLOCK>();
        let pairs: Vec<&[u8; BLOCK]> = pairs.iter().collect();
        let mut above = vec![[0; 32]; pairs.len()];
        self.many(&pairs, CHUNK_END | ROOT, &mut above);
        above
    }

    /// Hashes those inputs that have `WHOLE` bytes of whole blocks before their last.
    fn alike<const WHOLE: usize>(&self, inputs: &[&[u8]], hashes: &mut [[u8; 32]]) {
        let alike = inputs.iter().zip(hashes).filter(|(input, _)| whole(input) == WHOLE);
        let (firsts, rest): (Vec<&[u8; WHOLE]>, Rest<'_>) = alike
            .filter_map(|(input, hash)| {
                let (first, last) = input.split_first_chunk()?;
                Some((first, (last, hash)))
            })
            .unzip();
        let mut values = vec![self.bytes; firsts.len()];
        let mut flags = KEYED_HASH | CHUNK_END | ROOT;
        if WHOLE == 0 {
            flags |= CHUNK_START;
        } else {
            self.many(&firsts, 0, &mut values);
        }
        finish(&values, rest, flags);
    }

    /// The chaining value after the blocks of each input.
    fn many<const N: usize>(&self, inputs: &[&[u8; N]], end: u8, values: &mut [[u8; 32]]) {
        PLATFORM.hash_many(
            inputs,
            &self.words,
            0,
            IncrementCounter::No,
            KEYED_HASH,
            CHUNK_START,
            end,
            values.as_flattened_mut(),
        );
    }
}

/// The bytes of the whole blocks before the last: the last is never empty, but for an input that is.
const fn whole(input: &[u8]) -> usize {
    input.len().saturating_sub(1) / BLOCK * BLOCK
}

/// Compresses each last block with the chaining value before it, and puts the hash in its place.
fn finish(values: &[[u8; 32]], rest: Rest<'_>, flags: u8) {
    #[cfg(target_arch = "x86_64")]
    if let Some(avx2) = *last::AVX2 {
        return abreast(avx2, values, rest, flags);
    }
    for (value, (last, hash)) in values.iter().zip(rest) {
        let mut value = words(value);
        // At most 64, by what `whole` leaves over.
        let length = u8::try_from(last.len()).unwrap_or_default();
        PLATFORM.compress_in_place(&mut value, &filled(last), length, 0, flags);
        *hash = bytes(&value);
    }
}

#[cfg(target_arch = "x86_64")]
fn abreast(avx2: pulp::x86::V3, values: &[[u8; 32]], mut rest: Rest<'_>, flags: u8) {
    for (values, rest) in values.chunks(last::ABREAST).zip(rest.chunks_mut(last::ABREAST)) {
        let mut blocks = last::Last::default();
        let lanes = blocks.values.iter_mut().zip(&mut blocks.blocks).zip(&mut blocks.lengths);
        for (((value, block), length), (before, (last, _))) in
            lanes.zip(values.iter().zip(rest.iter()))
        {
            *value = words(before);
            *block = words(&filled(last));
            *length = u32::try_from(last.len()).unwrap_or_default();
        }
        let hashes = blocks.compress(avx2, flags);
        for ((_, hash), value) in rest.iter_mut().zip(&hashes) {
            **hash = bytes(value);
        }
    }
}

/// A last block, with zeros behind it.
fn filled(last: &[u8]) -> [u8; BLOCK] {
    let mut block = [0; BLOCK];
    if let Some(to) = block.get_mut(..last.len()) {
        to.copy_from_slice(last);
    }
    block
}

fn words<const BYTES: usize, const WORDS: usize>(bytes: &[u8; BYTES]) -> [u32; WORDS] {
    let (words, _) = bytes.as_chunks::<4>();
    let mut read = [0; WORDS];
    for (to, from) in read.iter_mut().zip(words) {
        *to = u32::from_le_bytes(*from);
    }
    read
}

fn bytes(words: &[u32; 8]) -> [u8; 32] {
    let mut written = [0; 32];
    let (parts, _) = written.as_chunks_mut::<4>();
    for (to, from) in parts.iter_mut().zip(words) {
        *to = from.to_le_bytes();
    }
    written
}

#[cfg(test)]
mod tests {
    use proptest::{collection::vec, prelude::*};

    use super::*;

    #[test]
    fn every_length_hashes_as_it_does_alone() {
        let key = Key::derive("a test");
        let all: Vec<u8> = (0..=255_u8).cycle().take(1_500).collect();
        for count in [1, 2, 15, 16, 17, 33] {
            for length in (0..400).chain([1_023, 1_024, 1_025, 1_400]) {
                let inputs: Vec<&[u8]> = (0..count).map(|n| &all[n..n + length]).collect();
                let alone: Vec<_> = inputs.iter().map(|input| key.hash(input)).collect();
                assert_eq!(key.hash_all(&inputs), alone, "{count} of {length} bytes");
            }
        }
    }

    #[test]
    fn pairs_hash_as_they_do_alone_and_an_odd_one_is_left() {
        let key = Key::derive("a test");
        let hashes: Vec<[u8; 32]> = (0..70).map(|n| key.hash(&[n])).collect();
        for count in 0..70 {
            let pairs = hashes[..count].chunks_exact(2);
            let alone: Vec<_> = pairs.map(|pair| key.hash(pair.as_flattened())).collect();
            assert_eq!(key.hash_pairs(&hashes[..count]), alone, "{count}");
        }
    }

    proptest! {
        #[test]
        fn mixed_lengths_hash_as_they_do_alone(
            inputs in vec(vec(any::<u8>(), 0..400), 0..80),
            context in "[a-z]{1,20}",
        ) {
            let key = Key::derive(&context);
            let inputs: Vec<&[u8]> = inputs.iter().map(Vec::as_slice).collect();
            let alone: Vec<_> = inputs.iter().map(|input| key.hash(input)).collect();
            prop_assert_eq!(key.hash_all(&inputs), alone);
        }
    }
}
