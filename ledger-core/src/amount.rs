//! Amounts: minutes, pence and items, always positive, never mixed; and the balances that they move.

use std::fmt;

use serde::{Deserialize, Serialize};
use thiserror::Error;

/// An amount that is not above zero, or beyond anything real.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum AmountError {
    /// Zero or less.
    #[error("is not above zero")]
    NotPositive,
    /// More than the unit's upper bound.
    #[error("is more than {0}, the most that one entry can hold")]
    TooLarge(i64),
}

/// A balance would leave the range that the ledger can hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("a balance overflows")]
pub struct Overflow;

macro_rules! amount {
    ($(#[$meta:meta])* $name:ident, $max:literal) => {
        $(#[$meta])*
        #[derive(
            Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
        )]
        pub struct $name(i64);

        impl $name {
            /// The most that one entry can hold: far above any real amount, far below an overflow.
            pub const MAX: i64 = $max;

            /// The amount, if it is above zero and not beyond [`Self::MAX`].
            pub const fn new(amount: i64) -> Result<Self, AmountError> {
                if amount <= 0 {
                    Err(AmountError::NotPositive)
                } else if amount > Self::MAX {
                    Err(AmountError::TooLarge(Self::MAX))
                } else {
                    Ok(Self(amount))
                }
            }

            /// The amount as a number.
            pub const fn get(self) -> i64 {
                self.0
            }

            /// What is left of it without the other; nothing if nothing is.
            pub const fn less(self, other: Self) -> Option<Self> {
                if self.0 > other.0 { Some(Self(self.0 - other.0)) } else { None }
            }

            /// The smaller of the two.
            #[must_use]
            pub const fn least(self, other: Self) -> Self {
                if self.0 < other.0 { self } else { other }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    };
}

amount!(
    /// Time, in whole minutes. How long one visit may be is a rule of the policy, not of the type.
    Minutes, 10_000_000
);
amount!(
    /// Money, in whole pence.
    Pence, 1_000_000_000_000
);
amount!(
    /// Things that can be counted: vouchers, or gifts in kind.
    Items, 1_000_000
);

impl Items {
    /// One thing.
    pub const ONE: Self = Self(1);
}

/// What stands in an account, in the account's own unit. Signed, and without operators: only checked movements.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
pub struct Balance(i64);

impl Balance {
    /// A balance of so much.
    pub const fn new(amount: i64) -> Self {
        Self(amount)
    }

    /// The balance as a number.
    pub const fn get(self) -> i64 {
        self.0
    }

    /// The balance with so much more in it.
    pub fn credit(self, amount: i64) -> Result<Self, Overflow> {
        self.0.checked_add(amount).map(Self).ok_or(Overflow)
    }

    /// The balance with so much less in it.
    pub fn debit(self, amount: i64) -> Result<Self, Overflow> {
        self.0.checked_sub(amount).map(Self).ok_or(Overflow)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_amount_is_above_zero_and_below_its_bound() {
        assert_eq!(Minutes::new(0), Err(AmountError::NotPositive));
        assert_eq!(Minutes::new(-30), Err(AmountError::NotPositive));
        assert_eq!(Minutes::new(Minutes::MAX + 1), Err(AmountError::TooLarge(Minutes::MAX)));
        assert_eq!(Minutes::new(90).map(Minutes::get), Ok(90));
    }

    #[test]
    fn a_balance_refuses_to_wrap() {
        assert_eq!(Balance::new(i64::MAX).credit(1), Err(Overflow));
        assert_eq!(Balance::new(i64::MIN).debit(1), Err(Overflow));
    }
}
