//! Small numbers in few bytes: seven bits in each, and those below zero folded in between those above.

/// Adds a number.
pub(super) fn put(to: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        let [low, ..] = number.to_le_bytes();
        to.push(low | 0x80);
        number >>= 7;
    }
    let [low, ..] = number.to_le_bytes();
    to.push(low);
}

/// Adds a number that may be below zero.
pub(super) fn put_signed(to: &mut Vec<u8>, number: i64) {
    put(to, ((number << 1) ^ (number >> 63)).cast_unsigned());
}

/// Takes the next number. Nothing: the bytes do not hold one.
pub(super) fn take(from: &mut &[u8]) -> Option<u64> {
    let (mut number, mut shift) = (0_u64, 0_u32);
    while shift < u64::BITS {
        let (byte, rest) = from.split_first()?;
        *from = rest;
        number |= u64::from(byte & 0x7f) << shift;
        if *byte < 0x80 {
            return Some(number);
        }
        shift += 7;
    }
    None
}

/// Takes the next number that may be below zero.
pub(super) fn take_signed(from: &mut &[u8]) -> Option<i64> {
    let folded = take(from)?;
    let sign = (folded & 1).cast_signed();
    Some((folded >> 1).cast_signed() ^ -sign)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn what_was_put_is_taken(numbers in prop::collection::vec((any::<u64>(), any::<i64>(), 0_u32..64), 0..20)) {
            let mut bytes = Vec::new();
            for (number, signed, shift) in &numbers {
                put(&mut bytes, number >> shift);
                put_signed(&mut bytes, signed >> shift);
            }
            let mut rest = &bytes[..];
            for (number, signed, shift) in &numbers {
                prop_assert_eq!(take(&mut rest), Some(number >> shift));
                prop_assert_eq!(take_signed(&mut rest), Some(signed >> shift));
            }
            prop_assert_eq!(take(&mut rest), None);
        }
    }
}
