//! Sixteen lanes: words of 512 bits, which AVX-512 has.

#![allow(
    clippy::inline_always,
    reason = "what is not drawn into `vectorize` is compiled without the wide words"
)]
#![allow(clippy::many_single_char_names, reason = "rows have no other names")]

use std::arch::x86_64::__m512i;

use pulp::{cast, x86::V4};

use super::kernel::{Blocks, Wide};

impl Wide<16> for V4 {
    type Words = __m512i;

    #[inline(always)]
    fn each(self, words: [u32; 16]) -> __m512i {
        cast(words)
    }

    #[inline(always)]
    fn add(self, one: __m512i, other: __m512i) -> __m512i {
        self.avx512f._mm512_add_epi32(one, other)
    }

    #[inline(always)]
    fn xor(self, one: __m512i, other: __m512i) -> __m512i {
        self.avx512f._mm512_xor_si512(one, other)
    }

    #[inline(always)]
    fn and(self, one: __m512i, other: __m512i) -> __m512i {
        self.avx512f._mm512_and_si512(one, other)
    }

    #[inline(always)]
    fn turn<const RIGHT: i32, const LEFT: i32>(self, words: __m512i) -> __m512i {
        self.avx512f._mm512_ror_epi32::<RIGHT>(words)
    }

    #[inline(always)]
    fn read(self, blocks: &Blocks<'_, 16>) -> [__m512i; 16] {
        let [a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p] = blocks.map(|block| cast(*block));
        let [a, b, c, d] = across_words(self, [a, b, c, d]);
        let [e, f, g, h] = across_words(self, [e, f, g, h]);
        let [i, j, k, l] = across_words(self, [i, j, k, l]);
        let [m, n, o, p] = across_words(self, [m, n, o, p]);
        let [a, e, i, m] = across_quarters(self, [a, e, i, m]);
        let [b, f, j, n] = across_quarters(self, [b, f, j, n]);
        let [c, g, k, o] = across_quarters(self, [c, g, k, o]);
        let [d, h, l, p] = across_quarters(self, [d, h, l, p]);
        [a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p]
    }

    #[inline(always)]
    fn write(self, [a, b, c, d, e, f, g, h]: [__m512i; 8]) -> [[u8; 32]; 16] {
        let [a, b, c, d] = across_words(self, [a, b, c, d]);
        let [e, f, g, h] = across_words(self, [e, f, g, h]);
        // Each pair holds the first and the second half of every fourth lane's hash.
        let [(a0, a4, a8, a12), (a1, a5, a9, a13), (a2, a6, a10, a14), (a3, a7, a11, a15)] =
            [halves(self, a, e), halves(self, b, f), halves(self, c, g), halves(self, d, h)];
        [a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14, a15]
    }
}

/// Within each quarter of 128 bits, the words of four rows as columns.
#[inline(always)]
fn across_words(simd: V4, [a, b, c, d]: [__m512i; 4]) -> [__m512i; 4] {
    let simd = simd.avx512f;
    let (ab, below_ab) = (simd._mm512_unpacklo_epi32(a, b), simd._mm512_unpackhi_epi32(a, b));
    let (cd, below_cd) = (simd._mm512_unpacklo_epi32(c, d), simd._mm512_unpackhi_epi32(c, d));
    [
        simd._mm512_unpacklo_epi64(ab, cd),
        simd._mm512_unpackhi_epi64(ab, cd),
        simd._mm512_unpacklo_epi64(below_ab, below_cd),
        simd._mm512_unpackhi_epi64(below_ab, below_cd),
    ]
}

/// Which quarters of 128 bits are taken: two of the one, then two of the other.
const EVEN: i32 = 0b10_00_10_00;
const ODD: i32 = 0b11_01_11_01;
const MIDDLE_SWAPPED: i32 = 0b11_01_10_00;

/// The quarters of four rows as columns.
#[inline(always)]
fn across_quarters(simd: V4, [a, b, c, d]: [__m512i; 4]) -> [__m512i; 4] {
    let simd = simd.avx512f;
    let even_ab = simd._mm512_shuffle_i32x4::<EVEN>(a, b);
    let odd_ab = simd._mm512_shuffle_i32x4::<ODD>(a, b);
    let even_cd = simd._mm512_shuffle_i32x4::<EVEN>(c, d);
    let odd_cd = simd._mm512_shuffle_i32x4::<ODD>(c, d);
    [
        simd._mm512_shuffle_i32x4::<EVEN>(even_ab, even_cd),
        simd._mm512_shuffle_i32x4::<EVEN>(odd_ab, odd_cd),
        simd._mm512_shuffle_i32x4::<ODD>(even_ab, even_cd),
        simd._mm512_shuffle_i32x4::<ODD>(odd_ab, odd_cd),
    ]
}

/// The hashes whose first halves are the quarters of the one, and whose second halves are those of the other.
#[inline(always)]
fn halves(simd: V4, first: __m512i, second: __m512i) -> ([u8; 32], [u8; 32], [u8; 32], [u8; 32]) {
    let simd = simd.avx512f;
    let even = simd._mm512_shuffle_i32x4::<EVEN>(first, second);
    let odd = simd._mm512_shuffle_i32x4::<ODD>(first, second);
    let even = simd._mm512_shuffle_i32x4::<MIDDLE_SWAPPED>(even, even);
    let odd = simd._mm512_shuffle_i32x4::<MIDDLE_SWAPPED>(odd, odd);
    let ([zeroth, second], [first, third]) = (cast(even), cast(odd));
    (zeroth, first, second, third)
}
