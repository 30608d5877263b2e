//! Eight lanes: words of 256 bits, which AVX2 has.

#![allow(
    clippy::inline_always,
    reason = "what is not drawn into `vectorize` is compiled without the wide words"
)]
#![allow(clippy::many_single_char_names, reason = "rows have no other names")]

use std::arch::x86_64::__m256i;

use pulp::{cast, x86::V3};

use super::kernel::{Blocks, Wide};

impl Wide<8> for V3 {
    type Words = __m256i;

    #[inline(always)]
    fn each(self, words: [u32; 8]) -> __m256i {
        cast(words)
    }

    #[inline(always)]
    fn add(self, one: __m256i, other: __m256i) -> __m256i {
        self.avx2._mm256_add_epi32(one, other)
    }

    #[inline(always)]
    fn xor(self, one: __m256i, other: __m256i) -> __m256i {
        self.avx2._mm256_xor_si256(one, other)
    }

    #[inline(always)]
    fn and(self, one: __m256i, other: __m256i) -> __m256i {
        self.avx2._mm256_and_si256(one, other)
    }

    /// By whole bytes the compiler makes one shuffle of this.
    #[inline(always)]
    fn turn<const RIGHT: i32, const LEFT: i32>(self, words: __m256i) -> __m256i {
        let right = self.avx2._mm256_srli_epi32::<RIGHT>(words);
        self.avx2._mm256_or_si256(right, self.avx2._mm256_slli_epi32::<LEFT>(words))
    }

    #[inline(always)]
    fn read(self, blocks: &Blocks<'_, 8>) -> [__m256i; 16] {
        let halves: [[__m256i; 2]; 8] = blocks.map(|block| cast(*block));
        let [a, b, c, d, e, f, g, h] = across(self, halves.map(|[first, _]| first));
        let [i, j, k, l, m, n, o, p] = across(self, halves.map(|[_, second]| second));
        [a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p]
    }

    #[inline(always)]
    fn write(self, words: [__m256i; 8]) -> [[u8; 32]; 8] {
        across(self, words).map(cast)
    }
}

/// Rows as columns.
#[inline(always)]
fn across(simd: V3, [a, b, c, d, e, f, g, h]: [__m256i; 8]) -> [__m256i; 8] {
    let [a, b, c, d] = across_words(simd, [a, b, c, d]);
    let [e, f, g, h] = across_words(simd, [e, f, g, h]);
    let (a, e) = across_halves(simd, a, e);
    let (b, f) = across_halves(simd, b, f);
    let (c, g) = across_halves(simd, c, g);
    let (d, h) = across_halves(simd, d, h);
    [a, b, c, d, e, f, g, h]
}

/// Within each half of 128 bits, the words of four rows as columns.
#[inline(always)]
fn across_words(simd: V3, [a, b, c, d]: [__m256i; 4]) -> [__m256i; 4] {
    let simd = simd.avx2;
    let (ab, below_ab) = (simd._mm256_unpacklo_epi32(a, b), simd._mm256_unpackhi_epi32(a, b));
    let (cd, below_cd) = (simd._mm256_unpacklo_epi32(c, d), simd._mm256_unpackhi_epi32(c, d));
    [
        simd._mm256_unpacklo_epi64(ab, cd),
        simd._mm256_unpackhi_epi64(ab, cd),
        simd._mm256_unpacklo_epi64(below_ab, below_cd),
        simd._mm256_unpackhi_epi64(below_ab, below_cd),
    ]
}

/// The first halves of both, and the second halves of both.
#[inline(always)]
fn across_halves(simd: V3, one: __m256i, other: __m256i) -> (__m256i, __m256i) {
    let first = simd.avx2._mm256_permute2x128_si256::<0x20>(one, other);
    (first, simd.avx2._mm256_permute2x128_si256::<0x31>(one, other))
}
