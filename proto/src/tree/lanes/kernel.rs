//! BLAKE3 over as many inputs at a time as a word of the processor is wide: one kernel, for every width.
//!
//! This is the compression of its specification (section 2.2), in which each lane of a wide word is another input, with a
//! length of its own. An input is at most one chunk of 1,024 bytes, so the counter of the chunk is always the first, and
//! the root is the chunk. The chaining values stay in registers from an input's first block to its last.

#![allow(
    clippy::inline_always,
    reason = "what is not drawn into `vectorize` is compiled without the wide words"
)]
#![allow(clippy::many_single_char_names, reason = "the words of the state have no other names")]

use pulp::{NullaryFnOnce, cast};

use super::{BLOCK, Filled};

/// The flags of BLAKE3 (its specification, section 2.2).
const CHUNK_START: u32 = 1;
const CHUNK_END: u32 = 1 << 1;
const ROOT: u32 = 1 << 3;
const KEYED_HASH: u32 = 1 << 4;

/// The length of a whole block, as the compression takes it.
const FULL: u32 = 64;

const IV: [u32; 4] = [0x6A09_E667, 0xBB67_AE85, 0x3C6E_F372, 0xA54F_F53A];

/// One block of each input.
pub(super) type Blocks<'a, const LANES: usize> = [&'a [u8; BLOCK]; LANES];

/// What a processor does with all lanes at once.
pub(super) trait Wide<const LANES: usize>: Copy {
    /// One word of each lane.
    type Words: Copy;

    /// A word for each lane.
    fn each(self, words: [u32; LANES]) -> Self::Words;

    /// The sums, without what is carried out of a word.
    fn add(self, one: Self::Words, other: Self::Words) -> Self::Words;

    /// The bits that differ.
    fn xor(self, one: Self::Words, other: Self::Words) -> Self::Words;

    /// The bits that both have.
    fn and(self, one: Self::Words, other: Self::Words) -> Self::Words;

    /// Turns each word to the right by one number of bits, which is to the left by the other: together they are 32.
    fn turn<const RIGHT: i32, const LEFT: i32>(self, words: Self::Words) -> Self::Words;

    /// The words of each lane's block, the first words first.
    fn read(self, blocks: &Blocks<'_, LANES>) -> [Self::Words; 16];

    /// The bytes of each lane's eight words.
    fn write(self, words: [Self::Words; 8]) -> [[u8; 32]; LANES];
}

/// Hashes a whole block, and nothing else, in each lane: a node's input is one, and is read where it lies.
pub(super) struct OneBlock<'a, W, const LANES: usize> {
    /// The processor.
    pub(super) wide: W,
    /// The key.
    pub(super) key: &'a [u8; 32],
    /// What is hashed.
    pub(super) blocks: &'a Blocks<'a, LANES>,
}

impl<W: Wide<LANES>, const LANES: usize> NullaryFnOnce for OneBlock<'_, W, LANES> {
    type Output = [[u8; 32]; LANES];

    #[inline(always)]
    fn call(self) -> Self::Output {
        let Self { wide, key, blocks } = self;
        let value = first_value(wide, key);
        let length = wide.each([FULL; LANES]);
        let flags = wide.each([KEYED_HASH | CHUNK_START | CHUNK_END | ROOT; LANES]);
        wide.write(compress(wide, value, wide.read(blocks), [length, flags]))
    }
}

/// Hashes an input in each lane.
pub(super) struct Abreast<'a, W, const LANES: usize> {
    /// The processor.
    pub(super) wide: W,
    /// The key.
    pub(super) key: &'a [u8; 32],
    /// None is longer than a chunk.
    pub(super) inputs: &'a [&'a [u8]; LANES],
    /// Where the last blocks are filled up: zeros, in the second halves.
    pub(super) filled: &'a mut Filled<LANES>,
}

impl<W: Wide<LANES>, const LANES: usize> NullaryFnOnce for Abreast<'_, W, LANES> {
    type Output = [[u8; 32]; LANES];

    #[inline(always)]
    fn call(self) -> Self::Output {
        let Self { wide, key, inputs, filled } = self;
        let lasts = ends(inputs, filled);
        // At most a chunk, by what this is asked for.
        let mut left = inputs.map(|input| u32::try_from(input.len()).unwrap_or_default());
        let mut value = first_value(wide, key);
        let mut going = [u32::MAX; LANES];
        let mut start = CHUNK_START;
        let mut at = 0;
        loop {
            let message = wide.read(&blocks(inputs, &lasts, at));
            let lengths = wide.each(left.map(|left| left.min(FULL)));
            let flags = wide.each(left.map(|left| KEYED_HASH | start | end(left)));
            let after = compress(wide, value, message, [lengths, flags]);
            value = chosen(wide, wide.each(going), after, value);
            left = left.map(|left| left.saturating_sub(FULL));
            going = left.map(|left| if left == 0 { 0 } else { u32::MAX });
            if left == [0; LANES] {
                return wide.write(value);
            }
            start = 0;
            at += BLOCK;
        }
    }
}

/// The key's words, in all lanes alike.
#[inline(always)]
fn first_value<W: Wide<LANES>, const LANES: usize>(wide: W, key: &[u8; 32]) -> [W::Words; 8] {
    // The processors that these kernels are for have the low byte first, as BLAKE3 does.
    cast::<_, [u32; 8]>(*key).map(|word| wide.each([word; LANES]))
}

/// The flags of a block with so many bytes before its input's end.
#[inline(always)]
const fn end(left: u32) -> u32 {
    if left <= FULL { CHUNK_END | ROOT } else { 0 }
}

/// Each input's last block, with zeros behind it. They are made before the first is read: a read of what was just
/// written in two pieces has to wait for both.
#[inline(always)]
fn ends<'a, const LANES: usize>(
    inputs: &[&[u8]; LANES],
    filled: &'a mut Filled<LANES>,
) -> Blocks<'a, LANES> {
    let mut lasts = [&[0; BLOCK]; LANES];
    for ((last, input), filled) in lasts.iter_mut().zip(inputs).zip(filled) {
        let (before, _) = filled.split_at_mut(BLOCK);
        if let Some(last) = input.last_chunk::<BLOCK>() {
            before.copy_from_slice(last);
        } else if let Some(to) = before.get_mut(BLOCK - input.len()..) {
            to.copy_from_slice(input);
        }
        let from = BLOCK - input.len() % BLOCK;
        *last = filled.get(from..).and_then(<[u8]>::first_chunk).unwrap_or(*last);
    }
    lasts
}

/// The blocks that begin so far into the inputs: where they lie, unless an input ends in them.
#[inline(always)]
fn blocks<'a, const LANES: usize>(
    inputs: &[&'a [u8]; LANES],
    lasts: &Blocks<'a, LANES>,
    at: usize,
) -> Blocks<'a, LANES> {
    let mut blocks = *lasts;
    for (block, input) in blocks.iter_mut().zip(inputs) {
        *block = input.get(at..).and_then(<[u8]>::first_chunk).unwrap_or(*block);
    }
    blocks
}

/// The one where a lane's bits are set, the other where they are not.
#[inline(always)]
fn chosen<W: Wide<LANES>, const LANES: usize>(
    wide: W,
    bits: W::Words,
    ones: [W::Words; 8],
    others: [W::Words; 8],
) -> [W::Words; 8] {
    let mut chosen = others;
    for (word, one) in chosen.iter_mut().zip(ones) {
        *word = wide.xor(*word, wide.and(bits, wide.xor(*word, one)));
    }
    chosen
}

#[inline(always)]
fn compress<W: Wide<LANES>, const LANES: usize>(
    wide: W,
    [a, b, c, d, e, f, g, h]: [W::Words; 8],
    message: [W::Words; 16],
    [length, flags]: [W::Words; 2],
) -> [W::Words; 8] {
    let [i, j, k, l] = IV.map(|word| wide.each([word; LANES]));
    // The counter of the chunk: always the first.
    let none = wide.each([0; LANES]);
    let state = [a, b, c, d, e, f, g, h, i, j, k, l, none, none, length, flags];
    let (state, message) = (round(wide, state, message), permuted(message));
    let (state, message) = (round(wide, state, message), permuted(message));
    let (state, message) = (round(wide, state, message), permuted(message));
    let (state, message) = (round(wide, state, message), permuted(message));
    let (state, message) = (round(wide, state, message), permuted(message));
    let (state, message) = (round(wide, state, message), permuted(message));
    let [a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p] = round(wide, state, message);
    let xor = |one, other| wide.xor(one, other);
    [xor(a, i), xor(b, j), xor(c, k), xor(d, l), xor(e, m), xor(f, n), xor(g, o), xor(h, p)]
}

/// The columns of the state, then its diagonals.
#[inline(always)]
fn round<W: Wide<LANES>, const LANES: usize>(
    wide: W,
    [a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p]: [W::Words; 16],
    [x0, x1, x2, x3, x4, x5, x6, x7, x8, x9, x10, x11, x12, x13, x14, x15]: [W::Words; 16],
) -> [W::Words; 16] {
    let [a, e, i, m] = mixed(wide, [a, e, i, m], x0, x1);
    let [b, f, j, n] = mixed(wide, [b, f, j, n], x2, x3);
    let [c, g, k, o] = mixed(wide, [c, g, k, o], x4, x5);
    let [d, h, l, p] = mixed(wide, [d, h, l, p], x6, x7);
    let [a, f, k, p] = mixed(wide, [a, f, k, p], x8, x9);
    let [b, g, l, m] = mixed(wide, [b, g, l, m], x10, x11);
    let [c, h, i, n] = mixed(wide, [c, h, i, n], x12, x13);
    let [d, e, j, o] = mixed(wide, [d, e, j, o], x14, x15);
    [a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p]
}

/// A quarter of half a round.
#[inline(always)]
fn mixed<W: Wide<LANES>, const LANES: usize>(
    wide: W,
    [a, b, c, d]: [W::Words; 4],
    x: W::Words,
    y: W::Words,
) -> [W::Words; 4] {
    let a = wide.add(wide.add(a, b), x);
    let d = wide.turn::<16, 16>(wide.xor(d, a));
    let c = wide.add(c, d);
    let b = wide.turn::<12, 20>(wide.xor(b, c));
    let a = wide.add(wide.add(a, b), y);
    let d = wide.turn::<8, 24>(wide.xor(d, a));
    let c = wide.add(c, d);
    let b = wide.turn::<7, 25>(wide.xor(b, c));
    [a, b, c, d]
}

/// The order of the message's words in the next round.
#[inline(always)]
fn permuted<Words>(message: [Words; 16]) -> [Words; 16] {
    let [a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p] = message;
    [c, g, d, k, h, a, e, n, b, l, m, f, j, o, p, i]
}
