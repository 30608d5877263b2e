//! A message as it is written: field after field in the order of their numbers, each in the one spelling that is stored.

use ledger_core::Position;

use crate::malformed::Malformed;

/// Nearly every entry has fewer bytes, and then there is one allocation for it.
const USUAL: usize = 192;

/// What was written so far.
pub(super) struct Message {
    bytes: Vec<u8>,
    wrong: Option<Malformed>,
}

impl Message {
    pub(super) fn new() -> Self {
        Self { bytes: Vec::with_capacity(USUAL), wrong: None }
    }

    /// The bytes, or what cannot be written.
    pub(super) fn finish(self) -> Result<Vec<u8>, Malformed> {
        match self.wrong {
            None => Ok(self.bytes),
            Some(wrong) => Err(wrong),
        }
    }

    /// A number, where it is not zero.
    pub(super) fn number(&mut self, field: u8, number: impl Into<i64>) {
        let number = number.into();
        if number != 0 {
            self.said(field, number);
        }
    }

    /// A number, zero too: in a choice, or where not being there says something else.
    pub(super) fn said(&mut self, field: u8, number: impl Into<i64>) {
        self.key(field, 0);
        self.varint(number.into().cast_unsigned());
    }

    /// A choice that says all by being there.
    pub(super) fn chosen(&mut self, field: u8) {
        self.said(field, true);
    }

    /// A number that may as well be below zero, where it is not zero: small ones have few bytes on both sides.
    pub(super) fn sum(&mut self, field: u8, number: impl Into<i64>) {
        let number = number.into();
        self.number(field, number << 1 ^ number >> 63);
    }

    /// The same, zero too: where not being there says something else.
    pub(super) fn said_sum(&mut self, field: u8, number: impl Into<i64>) {
        let number = number.into();
        self.said(field, number << 1 ^ number >> 63);
    }

    /// The position of an entry.
    pub(super) fn position(&mut self, field: u8, position: Position) {
        match i64::try_from(position.get()) {
            Ok(number) if number > 0 => self.said(field, number),
            Ok(_) | Err(_) => self.refuse("position", "is not a position of an entry"),
        }
    }

    /// Bytes, where there are any.
    pub(super) fn bytes(&mut self, field: u8, bytes: &[u8]) {
        if !bytes.is_empty() {
            self.within(field, |m| m.bytes.extend_from_slice(bytes));
        }
    }

    /// Numbers one behind the other, where there are any.
    pub(super) fn list(&mut self, field: u8, numbers: impl ExactSizeIterator<Item = u64>) {
        if numbers.len() > 0 {
            self.within(field, |m| numbers.for_each(|number| m.varint(number)));
        }
    }

    /// A message, behind its length. Most have a length of one byte, so room is left for that.
    pub(super) fn within(&mut self, field: u8, write: impl FnOnce(&mut Self)) {
        self.key(field, 2);
        let start = self.bytes.len();
        self.bytes.push(0);
        write(self);
        let length = self.bytes.len().saturating_sub(start + 1);
        if let (Ok(length @ ..0x80), Some(room)) = (u8::try_from(length), self.bytes.get_mut(start))
        {
            *room = length;
        } else {
            let written = self.bytes.split_off(start + 1);
            self.bytes.truncate(start);
            self.varint(length as u64);
            self.bytes.extend_from_slice(&written);
        }
    }

    /// Notes what cannot be written; the first is told.
    pub(super) fn refuse(&mut self, field: &str, problem: &str) {
        self.wrong.get_or_insert_with(|| Malformed::one(field, problem));
    }

    fn key(&mut self, field: u8, form: u8) {
        self.varint(u64::from(field) << 3 | u64::from(form));
    }

    fn varint(&mut self, mut number: u64) {
        loop {
            let [low, ..] = number.to_le_bytes();
            number >>= 7;
            if number == 0 {
                return self.bytes.push(low);
            }
            self.bytes.push(low | 0x80);
        }
    }
}
