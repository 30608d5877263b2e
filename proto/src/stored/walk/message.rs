//! What is left of a message, read field after field in the order of their numbers, each in the only spelling that we write.
#![allow(
    clippy::inline_always,
    reason = "each is a few instructions once the field is known; an entry took a seventh more as calls"
)]

use crate::malformed::IfSaid;

/// What is left to read of a message. Every reader gives nothing where the bytes are not those that we would write; after that
/// nobody reads on.
#[derive(Clone)]
pub(super) struct Message<'a>(&'a [u8]);

/// How the value of a field is written.
#[derive(Clone, Copy)]
enum Form {
    /// As a number, in seven bits a byte.
    Number = 0,
    /// As a length, and so many bytes.
    Bytes = 2,
}

impl<'a> Message<'a> {
    pub(super) const fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    /// Whether all of it was read.
    #[inline]
    pub(super) const fn end(&self) -> Option<()> {
        if self.0.is_empty() { Some(()) } else { None }
    }

    /// How many bytes are left.
    #[inline]
    pub(super) const fn left(&self) -> usize {
        self.0.len()
    }

    /// The number of the next field, for a choice among fields below 16: those have a key of one byte.
    #[inline(always)]
    pub(super) fn ahead(&self) -> u8 {
        self.0.first().map_or(0, |key| key >> 3)
    }

    /// A number that is written where it is not zero.
    #[inline(always)]
    pub(super) fn take<T>(&mut self, field: u8, of: impl FnOnce(u64) -> Option<T>) -> Option<T> {
        of(self.number(field)?)
    }

    /// The same, where zero means: none.
    #[inline(always)]
    pub(super) fn if_said<T>(&mut self, field: u8, of: impl FnOnce(u64) -> Option<T>) -> IfSaid<T> {
        match self.number(field)? {
            0 => Some(None),
            number => of(number).map(Some),
        }
    }

    /// A number that is written where it is said, zero too.
    #[inline(always)]
    pub(super) fn optional<T>(
        &mut self,
        field: u8,
        of: impl FnOnce(u64) -> Option<T>,
    ) -> IfSaid<T> {
        if self.passes(field, Form::Number) { of(self.varint()?).map(Some) } else { Some(None) }
    }

    /// A yes, or nothing is written.
    #[inline(always)]
    pub(super) fn flag(&mut self, field: u8) -> Option<bool> {
        match self.number(field)? {
            0 => Some(false),
            1 => Some(true),
            _ => None,
        }
    }

    /// A choice that says all by being there.
    #[inline(always)]
    pub(super) fn chosen<T>(&mut self, field: u8, what: T) -> Option<T> {
        if self.flag(field)? { Some(what) } else { None }
    }

    /// Bytes that are written where there are any.
    #[inline(always)]
    pub(super) fn bytes(&mut self, field: u8) -> Option<&'a [u8]> {
        if !self.passes(field, Form::Bytes) {
            return Some(&[]);
        }
        self.behind_length().filter(|bytes| !bytes.is_empty())
    }

    /// Bytes of one length.
    #[inline]
    pub(super) fn exactly<const N: usize>(&mut self, field: u8) -> Option<[u8; N]> {
        self.bytes(field)?.try_into().ok()
    }

    /// Text that is written where there is any.
    pub(super) fn text(&mut self, field: u8) -> Option<&'a str> {
        str::from_utf8(self.bytes(field)?).ok()
    }

    /// Numbers one behind the other, written where there are any.
    pub(super) fn list<T>(&mut self, field: u8, of: impl Fn(u64) -> Option<T>) -> Option<Vec<T>> {
        let mut numbers = Self(self.bytes(field)?);
        let mut list = Vec::with_capacity(numbers.0.len());
        while numbers.end().is_none() {
            list.push(of(numbers.varint()?)?);
        }
        Some(list)
    }

    /// A number that is written where it is not zero, and is this one.
    #[inline(always)]
    pub(super) fn is(&mut self, field: u8, number: impl Into<i64>) -> Option<()> {
        let number = number.into().cast_unsigned();
        (self.number(field)? == number).then_some(())
    }

    /// A message that is always written, read to its end.
    #[inline(always)]
    pub(super) fn within<T>(
        &mut self,
        field: u8,
        read: impl FnOnce(&mut Self) -> Option<T>,
    ) -> Option<T> {
        if self.passes(field, Form::Bytes) { self.inside(read) } else { None }
    }

    /// The same, for the field from 16 on that is repeated.
    #[inline(always)]
    pub(super) fn within_far<T>(
        &mut self,
        field: u8,
        read: impl FnOnce(&mut Self) -> Option<T>,
    ) -> Option<T> {
        if self.passes_far(field, Form::Bytes) { self.inside(read) } else { None }
    }

    /// A number above zero of a field from 16 on, if it is said.
    #[inline]
    pub(super) fn if_said_far<T>(
        &mut self,
        field: u8,
        of: impl FnOnce(u64) -> Option<T>,
    ) -> IfSaid<T> {
        if self.passes_far(field, Form::Number) {
            of(self.varint().filter(|number| *number != 0)?).map(Some)
        } else {
            Some(None)
        }
    }

    /// Passes over a message, if the next one is of this field, from 16 on.
    #[inline]
    pub(super) fn skip_far(&mut self, field: u8) -> Option<bool> {
        if self.passes_far(field, Form::Bytes) {
            self.behind_length().map(|_| true)
        } else {
            Some(false)
        }
    }

    /// The message that is left, with the number of its field.
    #[inline]
    pub(super) fn last(&mut self) -> Option<(u64, Self)> {
        let key = self.varint()?;
        if key & 7 != Form::Bytes as u64 {
            return None;
        }
        let message = Self(self.behind_length()?);
        self.end()?;
        Some((key >> 3, message))
    }

    /// Passes over the key of a field below 16, if it is the next. It has one byte.
    #[inline(always)]
    fn passes(&mut self, field: u8, form: Form) -> bool {
        match self.0 {
            [key, rest @ ..] if *key == field << 3 | form as u8 => {
                self.0 = rest;
                true
            }
            _ => false,
        }
    }

    /// The same, of a field from 16 on: its key has two bytes.
    #[inline(always)]
    fn passes_far(&mut self, field: u8, form: Form) -> bool {
        match self.0 {
            [low, high, rest @ ..]
                if *low == 0x80 | (field & 0x0f) << 3 | form as u8 && *high == field >> 4 =>
            {
                self.0 = rest;
                true
            }
            _ => false,
        }
    }

    #[inline(always)]
    fn inside<T>(&mut self, read: impl FnOnce(&mut Self) -> Option<T>) -> Option<T> {
        let mut message = Self(self.behind_length()?);
        let value = read(&mut message)?;
        message.end()?;
        Some(value)
    }

    /// A number that is never written as zero.
    #[inline(always)]
    fn number(&mut self, field: u8) -> Option<u64> {
        if self.passes(field, Form::Number) {
            self.varint().filter(|number| *number != 0)
        } else {
            Some(0)
        }
    }

    #[inline(always)]
    fn behind_length(&mut self) -> Option<&'a [u8]> {
        let length = usize::try_from(self.varint()?).ok()?;
        let (bytes, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(bytes)
    }

    /// A number in as few bytes as it can have.
    #[inline(always)]
    fn varint(&mut self) -> Option<u64> {
        let (number, rest) = match self.0 {
            [byte, rest @ ..] if *byte < 0x80 => (u64::from(*byte), rest),
            [low, high @ 1..0x80, rest @ ..] => {
                (u64::from(low & 0x7f) | u64::from(*high) << 7, rest)
            }
            more => longer(more)?,
        };
        self.0 = rest;
        Some(number)
    }
}

/// A number of three bytes or more, and what is behind it.
#[inline(always)]
fn longer(bytes: &[u8]) -> Option<(u64, &[u8])> {
    /// The first bit of a byte says whether another follows.
    const MORE: u64 = 0x8080_8080_8080_8080;
    let Some(eight) = bytes.first_chunk() else { return byte_by_byte(bytes) };
    let eight = u64::from_le_bytes(*eight);
    // All bits below the first byte behind which no other follows, and its own first bit.
    let stop = !eight & MORE;
    if stop == 0 {
        return byte_by_byte(bytes);
    }
    let number = eight & (stop ^ (stop - 1));
    let length = (stop.trailing_zeros() / 8 + 1) as usize;
    // Not a last byte without a say.
    if number >> (8 * (length - 1)) == 0 {
        return None;
    }
    // Two groups of seven bits become one of fourteen, two of these one of 28, and two of these the number.
    let number = number & !MORE;
    let number = number & 0x007f_007f_007f_007f | (number & 0x7f00_7f00_7f00_7f00) >> 1;
    let number = number & 0x0000_3fff_0000_3fff | (number & 0x3fff_0000_3fff_0000) >> 2;
    let number = number & 0x0000_0000_0fff_ffff | (number & 0x0fff_ffff_0000_0000) >> 4;
    Some((number, bytes.get(length..)?))
}

/// The same, however long it is and whatever is behind it.
#[inline(never)]
fn byte_by_byte(bytes: &[u8]) -> Option<(u64, &[u8])> {
    let (mut number, mut bytes) = (0, bytes.iter());
    for at in 0..10 {
        let byte = *bytes.next()?;
        let part = u64::from(byte & 0x7f);
        number |= part << (7 * at);
        if byte < 0x80 {
            // Not a last byte without a say, and no bits beyond the 64th.
            let minimal = part != 0 && number >> (7 * at) == part;
            return minimal.then_some((number, bytes.as_slice()));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn written(number: u64, padding: usize) -> Vec<u8> {
        let mut bytes = Vec::new();
        prost::encoding::encode_varint(number, &mut bytes);
        bytes.resize(bytes.len() + padding, 0xa5);
        bytes
    }

    proptest! {
        /// Eight bytes at a time or one by one: the same number, and the same rest.
        #[test]
        fn a_number_is_read_as_it_was_written(number: u64, shift in 0..64_u32, padding in 0..12_usize) {
            let number = number >> shift;
            let bytes = written(number, padding);
            let mut message = Message::new(&bytes);
            prop_assert_eq!(message.varint(), Some(number));
            prop_assert_eq!(message.0.len(), padding);
        }

        /// Bytes of any kind are read on both roads alike.
        #[test]
        fn two_roads_read_the_same(bytes in prop::collection::vec(prop_oneof![any::<u8>(), Just(0x80), Just(0xff), Just(0)], 0..16)) {
            if bytes.iter().take(2).filter(|byte| **byte >= 0x80).count() == 2 {
                prop_assert_eq!(longer(&bytes), byte_by_byte(&bytes));
            }
        }
    }
}
