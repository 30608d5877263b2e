//! A checkpoint on one line that a person can read out or type: its size, and the first 120 bits of its root.
//!
//! 120 bits are enough to find a changed history out, and to make two histories with the same line beyond anybody's means
//! (2^60 hashes at the least). The whole root is in the receipt and in the square code beside the line.

use std::fmt;
use std::str::FromStr;

use super::{Checkpoint, NotOne, note::decimal};
use crate::tree::Hash;

/// Digits and letters without I, L, O and U, as in the codes of vouchers (Crockford's base 32).
const LETTERS: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const BYTES: usize = 15;

/// A size and the beginning of a root: `8213 K7QF-3MXD-9PQR-2T5V-0A1B-C2D3`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RootLine {
    size: u64,
    start: [u8; BYTES],
}

impl RootLine {
    pub(crate) fn of(size: u64, root: &Hash) -> RootLine {
        let start = root.as_bytes().first_chunk::<BYTES>();
        RootLine { size, start: start.copied().unwrap_or_default() }
    }

    /// The size of the log.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Whether a root is the one of this line.
    pub fn fits(&self, root: &Hash) -> bool {
        root.as_bytes().starts_with(&self.start)
    }

    /// Whether a checkpoint is the one of this line.
    pub fn is_of(&self, checkpoint: &Checkpoint) -> bool {
        self.size == checkpoint.size && self.fits(&checkpoint.root)
    }
}

impl fmt::Display for RootLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.size)?;
        // Five bytes are eight letters.
        let numbers = self
            .start
            .chunks(5)
            .map(|five| five.iter().fold(0_u64, |number, byte| number << 8 | u64::from(*byte)));
        let digits = numbers.flat_map(|number| {
            (0..8_u32).rev().map(move |place| usize::try_from(number >> (5 * place) & 31))
        });
        let letters = digits.filter_map(|digit| LETTERS.get(digit.ok()?).copied());
        for (place, letter) in letters.enumerate() {
            let before = match place {
                0 => " ",
                place if place % 4 == 0 => "-",
                _ => "",
            };
            write!(f, "{before}{}", char::from(letter))?;
        }
        Ok(())
    }
}

impl FromStr for RootLine {
    type Err = NotOne;

    /// Reads a line as people type it: small letters, O for 0, I and L for 1, dashes or blanks anywhere between the groups.
    fn from_str(text: &str) -> Result<RootLine, NotOne> {
        let wrong =
            NotOne { what: "a line of size and root, as \"8213 K7QF-3MXD-9PQR-2T5V-0A1B-C2D3\"" };
        let (size, root) = text.trim().split_once(char::is_whitespace).ok_or(wrong)?;
        let size = decimal(&size.replace(',', "")).ok_or(wrong)?;
        let letters = root.chars().filter(|sign| !sign.is_whitespace() && *sign != '-');
        let mut digits = Vec::with_capacity(24);
        for letter in letters {
            let letter = match letter.to_ascii_uppercase() {
                'O' => '0',
                'I' | 'L' => '1',
                letter => letter,
            };
            let digit = LETTERS.iter().position(|known| char::from(*known) == letter);
            digits.push(digit.and_then(|digit| u64::try_from(digit).ok()).ok_or(wrong)?);
        }
        let mut start = [0; BYTES];
        let (eights, []) = digits.as_chunks::<8>() else { return Err(wrong) };
        if eights.len() * 5 != BYTES {
            return Err(wrong);
        }
        for (bytes, eight) in start.chunks_mut(5).zip(eights) {
            let number = eight.iter().fold(0_u64, |number, digit| number << 5 | digit);
            let [_, _, _, rest @ ..] = number.to_be_bytes();
            bytes.copy_from_slice(&rest);
        }
        Ok(RootLine { size, start })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_line_reads_as_people_type_it() {
        let line = RootLine::of(8213, &Hash::new([0x11; 32]));
        let text = line.to_string();
        assert_eq!(text, "8213 248H-248H-248H-248H-248H-248H");
        for typed in ["8,213 248h 248h 248h248h-248H-248h", " 8213  248H-248H-248H-248H-248H-248H "]
        {
            assert_eq!(typed.parse(), Ok(line), "{typed}");
        }
        for typed in [
            "8213",
            "8213 248H",
            "x 248H-248H-248H-248H-248H-248H",
            "8213 248H-248H-248H-248H-248H-248U",
        ] {
            assert!(typed.parse::<RootLine>().is_err(), "{typed}");
        }
    }

    proptest! {
        #[test]
        fn a_line_is_of_its_checkpoint_and_of_no_other(size in any::<u64>(), root in any::<[u8; 32]>(), at in 0_usize..15) {
            let line = RootLine::of(size, &Hash::new(root));
            prop_assert_eq!(line.to_string().parse(), Ok(line));
            prop_assert!(line.fits(&Hash::new(root)));
            let mut other = root;
            other[at] ^= 1;
            prop_assert!(!line.fits(&Hash::new(other)));
        }
    }
}
