//! The last blocks of eight inputs side by side: each has a length, and a chaining value before it, of its own.
//!
//! The library's kernels take inputs of one length only, and hash a last block by itself in some 60 ns; eight together take
//! 25 ns each. This is BLAKE3's compression as its specification has it (section 2.2), over eight words at a time where
//! the processor can do that (AVX2), without unsafe code: `pulp` knows what the processor can do.

#![allow(
    clippy::inline_always,
    reason = "what is not drawn into `vectorize` is compiled without the wide words"
)]

use std::sync::LazyLock;

use pulp::{NullaryFnOnce, cast, u32x8, x86::V3};

/// So many blocks go side by side.
pub(super) const ABREAST: usize = 8;

const IV: [u32; 4] = [0x6A09_E667, 0xBB67_AE85, 0x3C6E_F372, 0xA54F_F53A];

/// Which word of the message goes where in each round: each is the one before it, permuted.
const SCHEDULE: [[usize; 16]; 7] = [
    [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15],
    [2, 6, 3, 10, 7, 0, 4, 13, 1, 11, 12, 5, 9, 14, 15, 8],
    [3, 4, 10, 12, 13, 2, 7, 14, 6, 5, 9, 0, 11, 15, 8, 1],
    [10, 7, 12, 9, 14, 3, 13, 15, 4, 0, 11, 2, 5, 8, 1, 6],
    [12, 13, 9, 11, 15, 10, 14, 8, 7, 2, 5, 3, 0, 1, 6, 4],
    [9, 14, 11, 5, 8, 12, 15, 1, 13, 3, 0, 10, 2, 6, 4, 7],
    [11, 15, 5, 0, 1, 9, 8, 6, 14, 10, 2, 12, 3, 4, 7, 13],
];

/// What the processor can do, if it can do this.
pub(super) static AVX2: LazyLock<Option<V3>> = LazyLock::new(V3::try_new);

/// Eight last blocks, filled up with zeros, and what they are compressed with.
#[derive(Clone, Debug, Default)]
pub(super) struct Last {
    /// By lane: the words of the chaining value.
    pub(super) values: [[u32; 8]; ABREAST],
    /// By lane: the words of the block.
    pub(super) blocks: [[u32; 16]; ABREAST],
    /// By lane: how many bytes of the block are meant.
    pub(super) lengths: [u32; ABREAST],
}

impl Last {
    /// The words of the chaining value after each block, by lane.
    pub(super) fn compress(&self, avx2: V3, flags: u8) -> [[u32; 8]; ABREAST] {
        avx2.vectorize(Compress { avx2, last: self, flags })
    }
}

struct Compress<'a> {
    avx2: V3,
    last: &'a Last,
    flags: u8,
}

impl NullaryFnOnce for Compress<'_> {
    type Output = [[u32; 8]; ABREAST];

    #[inline(always)]
    fn call(self) -> Self::Output {
        let Self { avx2, last, flags } = self;
        let message: [u32x8; 16] = cast(across(&last.blocks));
        let value: [u32x8; 8] = cast(across(&last.values));
        let flags = avx2.splat_u32x8(flags.into());
        let after = compress(avx2, value, &message, [cast(last.lengths), flags]);
        across(&cast::<_, [[u32; ABREAST]; 8]>(after))
    }
}

/// Rows as columns.
#[inline(always)]
fn across<const ROWS: usize, const COLUMNS: usize>(
    rows: &[[u32; COLUMNS]; ROWS],
) -> [[u32; ROWS]; COLUMNS] {
    let mut columns = [[0; ROWS]; COLUMNS];
    for (at, row) in rows.iter().enumerate() {
        for (column, word) in columns.iter_mut().zip(row) {
            if let Some(to) = column.get_mut(at) {
                *to = *word;
            }
        }
    }
    columns
}

#[inline(always)]
fn turn<const LEFT: i32, const RIGHT: i32>(avx2: V3, words: u32x8) -> u32x8 {
    avx2.or_u32x8(avx2.shl_const_u32x8::<LEFT>(words), avx2.shr_const_u32x8::<RIGHT>(words))
}

/// One quarter of half a round.
macro_rules! quarter {
    ($avx2:ident, $a:ident $b:ident $c:ident $d:ident, $x:expr, $y:expr) => {
        $a = $avx2.wrapping_add_u32x8($avx2.wrapping_add_u32x8($a, $b), $x);
        $d = turn::<16, 16>($avx2, $avx2.xor_u32x8($d, $a));
        $c = $avx2.wrapping_add_u32x8($c, $d);
        $b = turn::<20, 12>($avx2, $avx2.xor_u32x8($b, $c));
        $a = $avx2.wrapping_add_u32x8($avx2.wrapping_add_u32x8($a, $b), $y);
        $d = turn::<24, 8>($avx2, $avx2.xor_u32x8($d, $a));
        $c = $avx2.wrapping_add_u32x8($c, $d);
        $b = turn::<25, 7>($avx2, $avx2.xor_u32x8($b, $c));
    };
}

#[inline(always)]
#[allow(clippy::many_single_char_names, reason = "the words of the state have no other names")]
fn compress(
    avx2: V3,
    value: [u32x8; 8],
    message: &[u32x8; 16],
    [length, flags]: [u32x8; 2],
) -> [u32x8; 8] {
    let [mut a, mut b, mut c, mut d, mut e, mut f, mut g, mut h] = value;
    let [mut i, mut j, mut k, mut l] = IV.map(|word| avx2.splat_u32x8(word));
    // The counter of the chunk: always the first.
    let [mut m, mut n] = [avx2.splat_u32x8(0); 2];
    let (mut o, mut p) = (length, flags);
    for order in &SCHEDULE {
        let [x0, x1, x2, x3, x4, x5, x6, x7, x8, x9, x10, x11, x12, x13, x14, x15] =
            order.map(|at| message.get(at).copied().unwrap_or(avx2.splat_u32x8(0)));
        quarter!(avx2, a e i m, x0, x1);
        quarter!(avx2, b f j n, x2, x3);
        quarter!(avx2, c g k o, x4, x5);
        quarter!(avx2, d h l p, x6, x7);
        quarter!(avx2, a f k p, x8, x9);
        quarter!(avx2, b g l m, x10, x11);
        quarter!(avx2, c h i n, x12, x13);
        quarter!(avx2, d e j o, x14, x15);
    }
    let xor = |one, other| avx2.xor_u32x8(one, other);
    [xor(a, i), xor(b, j), xor(c, k), xor(d, l), xor(e, m), xor(f, n), xor(g, o), xor(h, p)]
}
