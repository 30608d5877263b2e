//! Accounts and transfers: double entry in three units that never mix.

use serde::{Deserialize, Serialize};

use crate::{
    amount::{Items, Minutes, Pence},
    id::{FundId, MemberId, OfferId},
    kinds::{CashSource, CashUse},
};

/// An account of time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum TimeAccount {
    /// A member's own hours, net of what is held.
    Member(MemberId),
    /// Hours set aside out of a member's account for a promise.
    Held(MemberId),
    /// The community pot.
    Pot,
    /// The other side of hours given to the community, and of hours that staff deliver.
    Commons,
}

/// An account of cash. There are no wallets of members, ever.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum CashAccount {
    /// A fund of the Store.
    Fund(FundId),
    /// Where cash comes from.
    Source(CashSource),
    /// What cash goes to.
    Use(CashUse),
}

/// An account of one offer: what was pledged is counted, each offer for itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum KindAccount {
    /// Where it came from.
    Outside,
    /// In the Store, free to issue or to use.
    Stock,
    /// With a member, as issued vouchers.
    With(MemberId),
    /// Used up, or redeemed.
    Used,
    /// Lapsed by time.
    Lapsed,
}

/// An account of any unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Account {
    /// Of time, in minutes.
    Time(TimeAccount),
    /// Of cash, in pence.
    Cash(CashAccount),
    /// Of one offer, in items.
    Kind(OfferId, KindAccount),
}

/// One movement between two different accounts of one unit. From minutes to pence cannot be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Transfer {
    /// Time moves.
    Time {
        /// Out of this account.
        from: TimeAccount,
        /// Into this account.
        to: TimeAccount,
        /// So many minutes.
        minutes: Minutes,
    },
    /// Cash moves.
    Cash {
        /// Out of this account.
        from: CashAccount,
        /// Into this account.
        to: CashAccount,
        /// So many pence.
        pence: Pence,
    },
    /// Pledged things move.
    Kind {
        /// Of this offer.
        offer: OfferId,
        /// Out of this account.
        from: KindAccount,
        /// Into this account.
        to: KindAccount,
        /// So many.
        items: Items,
    },
}

impl Transfer {
    /// Minutes out of one account of time into another.
    pub const fn time(from: TimeAccount, to: TimeAccount, minutes: Minutes) -> Self {
        Self::Time { from, to, minutes }
    }

    /// The two accounts, each with what it makes of its balance in the smallest unit: less in the one that the transfer goes
    /// out of, which comes first, and as much more in the other.
    pub const fn sides(&self) -> [(Account, i64); 2] {
        match *self {
            Self::Time { from, to, minutes } => {
                [(Account::Time(from), -minutes.get()), (Account::Time(to), minutes.get())]
            }
            Self::Cash { from, to, pence } => {
                [(Account::Cash(from), -pence.get()), (Account::Cash(to), pence.get())]
            }
            Self::Kind { offer, from, to, items } => [
                (Account::Kind(offer, from), -items.get()),
                (Account::Kind(offer, to), items.get()),
            ],
        }
    }

    /// Whether both ends are the same account: no entry may hold such a transfer.
    pub fn goes_nowhere(&self) -> bool {
        match self {
            Self::Time { from, to, minutes: _ } => from == to,
            Self::Cash { from, to, pence: _ } => from == to,
            Self::Kind { offer: _, from, to, items: _ } => from == to,
        }
    }

    /// The same movement the other way round, as a reversal books it. A hold does not come back to life:
    /// what had been held goes to the member's own account, and what would then go nowhere is left out.
    pub fn mirrored(&self) -> Option<Self> {
        let free = |account: TimeAccount| match account {
            TimeAccount::Held(member) => TimeAccount::Member(member),
            TimeAccount::Member(_) | TimeAccount::Pot | TimeAccount::Commons => account,
        };
        let mirror = match *self {
            Self::Time { from, to, minutes } => {
                Self::Time { from: free(to), to: free(from), minutes }
            }
            Self::Cash { from, to, pence } => Self::Cash { from: to, to: from, pence },
            Self::Kind { offer, from, to, items } => {
                Self::Kind { offer, from: to, to: from, items }
            }
        };
        if mirror.goes_nowhere() { None } else { Some(mirror) }
    }
}
