//! Ids: dense numbers that the ledger gives, positions in the log, and the ids that callers make.

use std::{
    fmt,
    hash::{Hash, Hasher},
};

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::time::Timestamp;

macro_rules! number {
    ($(#[$meta:meta])* $name:ident, from $first:literal) => {
        $(#[$meta])*
        #[derive(
            Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
        )]
        pub struct $name(u32);

        impl $name {
            /// The number that the first one gets.
            pub const FIRST: u32 = $first;

            /// The one with this number; whether there is one, only the state knows.
            pub const fn new(number: u32) -> Option<Self> {
                if number < Self::FIRST { None } else { Some(Self(number)) }
            }

            /// The number.
            pub const fn get(self) -> u32 {
                self.0
            }

            /// Where it stands in a dense list, from zero.
            pub const fn index(self) -> usize {
                (self.0 - Self::FIRST) as usize
            }

            /// The one at this place of a dense list; nothing past the last number.
            pub fn at(index: usize) -> Option<Self> {
                u32::try_from(index).ok()?.checked_add(Self::FIRST).map(Self)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    };
}

number!(
    /// A member's number: a pseudonym. People write it with a check digit, see [`MemberId::label`].
    MemberId, from 1001
);
number!(
    /// An officer's number.
    OfficerId, from 1
);
number!(
    /// A business's or partner organisation's number.
    PartyId, from 1
);
number!(
    /// A fund's number.
    FundId, from 1
);
number!(
    /// The number of something pledged: vouchers of a business, or a gift in kind.
    OfferId, from 1
);

/// The Damm table: a quasigroup of order ten, totally anti-symmetric, so that every single slip and every swap of
/// neighbours is found. Damm, H. M., "Total anti-symmetrische Quasigruppen", Marburg 2004.
const DAMM: [[u8; 10]; 10] = [
    [0, 3, 1, 7, 5, 9, 8, 6, 4, 2],
    [7, 0, 9, 2, 1, 5, 4, 8, 6, 3],
    [4, 2, 0, 6, 8, 7, 1, 3, 5, 9],
    [1, 7, 5, 0, 9, 8, 3, 4, 2, 6],
    [6, 1, 2, 3, 0, 4, 5, 9, 7, 8],
    [3, 6, 7, 4, 2, 0, 9, 5, 8, 1],
    [5, 8, 6, 9, 7, 2, 0, 1, 3, 4],
    [8, 9, 4, 5, 3, 6, 2, 0, 1, 7],
    [9, 4, 3, 8, 6, 1, 7, 2, 0, 5],
    [2, 5, 8, 1, 4, 3, 6, 7, 9, 0],
];

/// A member's number as typed that is not one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum LabelError {
    /// Not digits, a dash and a digit.
    #[error("is not a member's number: write it as 1042-7")]
    Shape,
    /// The check digit does not fit: a slip.
    #[error("has a slip in it: the digit after the dash does not fit the number")]
    CheckDigit,
}

impl MemberId {
    /// The number as people write and say it, with its check digit: `1042-7`.
    pub fn label(self) -> String {
        format!("{}-{}", self.0, self.check_digit())
    }

    /// The member whose number was typed with its check digit.
    pub fn parse_label(text: &str) -> Result<Self, LabelError> {
        let (number, digit) = text.trim().split_once('-').ok_or(LabelError::Shape)?;
        let all_digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
        if !all_digits(number) || !all_digits(digit) || digit.len() != 1 {
            return Err(LabelError::Shape);
        }
        let member = number.parse().ok().and_then(Self::new).ok_or(LabelError::Shape)?;
        if number.starts_with('0') || digit != member.check_digit().to_string() {
            return Err(LabelError::CheckDigit);
        }
        Ok(member)
    }

    fn check_digit(self) -> u8 {
        let digits = self.0.to_string();
        digits.bytes().fold(0, |interim, digit| {
            let row = DAMM.get(usize::from(interim));
            row.and_then(|row| row.get(usize::from(digit - b'0'))).copied().unwrap_or_default()
        })
    }
}

/// A place in a co-op's log, from 1 without a gap. What an entry makes is named by its position.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
pub struct Position(u64);

impl Position {
    /// Before the first entry.
    pub const START: Self = Self(0);

    /// The position with this number.
    pub const fn new(number: u64) -> Self {
        Self(number)
    }

    /// The number.
    pub const fn get(self) -> u64 {
        self.0
    }

    /// The position after this one.
    #[must_use]
    pub const fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// An id that a caller made for one request: a `UUIDv7` (RFC 9562), whose first 48 bits are a time in milliseconds.
/// In order of their bytes such ids are in order of that time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct RequestId([u8; 16]);

/// In one piece, since it is hashed at every entry: as a list its length would go in first.
impl Hash for RequestId {
    fn hash<H: Hasher>(&self, hasher: &mut H) {
        hasher.write_u128(u128::from_ne_bytes(self.0));
    }
}

impl RequestId {
    /// The id with these bytes, if they are a version 7 of the usual variant.
    pub const fn from_bytes(bytes: [u8; 16]) -> Option<Self> {
        if bytes[6] >> 4 == 7 && bytes[8] >> 6 == 0b10 { Some(Self(bytes)) } else { None }
    }

    /// The id as written: 36 characters, hexadecimal, with dashes.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.as_bytes();
        if text.len() != 36 || [8, 13, 18, 23].iter().any(|&at| text.get(at) != Some(&b'-')) {
            return None;
        }
        let mut digits =
            text.iter().filter(|byte| **byte != b'-').map(|&b| char::from(b).to_digit(16));
        let mut bytes = [0; 16];
        for byte in &mut bytes {
            let (high, low) = (digits.next()??, digits.next()??);
            *byte = u8::try_from(high << 4 | low).ok()?;
        }
        if digits.next().is_some() { None } else { Self::from_bytes(bytes) }
    }

    /// A version 7 id of this time; the other bits are taken from `bits`.
    pub fn of_time(at: Timestamp, bits: [u8; 10]) -> Self {
        let mut bytes = [0; 16];
        let time = u64::try_from(at.unix_ms()).unwrap_or_default().to_be_bytes();
        for (to, from) in bytes.iter_mut().zip(time.iter().skip(2).chain(&bits)) {
            *to = *from;
        }
        bytes[6] = bytes[6] & 0x0f | 0x70;
        bytes[8] = bytes[8] & 0x3f | 0x80;
        Self(bytes)
    }

    /// The earliest id of a time: every id made before it is smaller, every other is not.
    pub fn floor_of(at: Timestamp) -> Self {
        Self::of_time(at, [0; 10])
    }

    /// The bytes.
    pub const fn bytes(&self) -> &[u8; 16] {
        &self.0
    }

    /// When the caller's clock says that it was made.
    pub fn time(self) -> Timestamp {
        let ms = i64::try_from(u128::from_be_bytes(self.0) >> 80);
        // 48 bits always fit.
        Timestamp::from_unix_ms(ms.unwrap_or(i64::MAX))
    }
}

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, byte) in self.0.iter().enumerate() {
            let dash = if matches!(at, 4 | 6 | 8 | 10) { "-" } else { "" };
            write!(f, "{dash}{byte:02x}")?;
        }
        Ok(())
    }
}

macro_rules! digest {
    ($(#[$meta:meta])* $name:ident, $bytes:literal bytes) => {
        $(#[$meta])*
        #[derive(
            Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
        )]
        pub struct $name([u8; $bytes]);

        impl $name {
            /// The one with these bytes.
            pub const fn new(bytes: [u8; $bytes]) -> Self {
                Self(bytes)
            }

            /// The bytes.
            pub const fn bytes(&self) -> &[u8; $bytes] {
                &self.0
            }
        }
    };
}

digest!(
    /// What a request said, as a keyed hash without its personal text: tells a retry from another use of the same id.
    Fingerprint, 16 bytes
);
digest!(
    /// A step of an import, for ever: a keyed hash of the import's name, the file, the text and its occurrence.
    RowKey, 16 bytes
);
digest!(
    /// The keyed hash of a voucher's code. The code itself is nowhere.
    CodeHash, 16 bytes
);
digest!(
    /// The Merkle root over the records of all accounts. How it is made, those say who know bytes.
    AccountsRoot, 32 bytes
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_label_finds_every_slip_of_one_digit_and_every_swap() {
        let member = MemberId::new(1042).unwrap();
        let label = member.label();
        assert_eq!(MemberId::parse_label(&label), Ok(member));
        let digits: Vec<u8> = label.bytes().collect();
        for at in [0, 1, 2, 3, 5] {
            for other in b'0'..=b'9' {
                let mut slip = digits.clone();
                slip[at] = other;
                if slip != digits {
                    assert!(MemberId::parse_label(std::str::from_utf8(&slip).unwrap()).is_err());
                }
            }
        }
        assert!(MemberId::parse_label(&label.replace("42", "24")).is_err());
        assert_eq!(MemberId::parse_label("1042"), Err(LabelError::Shape));
    }

    #[test]
    fn a_request_id_reads_as_it_writes_and_knows_its_time() {
        let at = Timestamp::from_unix_ms(1_790_000_000_123);
        let id = RequestId::of_time(at, [0xab; 10]);
        assert_eq!(RequestId::parse(&id.to_string()), Some(id));
        assert_eq!(id.time(), at);
        assert!(RequestId::floor_of(at) <= id);
        assert_eq!(RequestId::parse("018f2d9a-0000-4000-8000-000000000000"), None, "version 4");
    }
}
