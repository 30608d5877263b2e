//! What a seal of the state says beside the root of all accounts.

use serde::{Deserialize, Serialize};

/// The version of the reducer, which says what the books mean: which accounts there are, and how an entry moves them. It
/// goes up when the same entries would come to other books, and with it every seal says by which reducer it was reckoned.
pub const REDUCER_VERSION: u32 = 1;

/// What all accounts of the books come to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SealedTotals {
    /// How many accounts a transfer has ever named.
    pub accounts: u64,
    /// The own accounts of all members, in minutes.
    pub member_minutes: i64,
    /// What is held for all members, in minutes.
    pub held_minutes: i64,
    /// The community pot, in minutes.
    pub pot_minutes: i64,
    /// The other side of hours given to the community, in minutes.
    pub commons_minutes: i64,
    /// All funds, in pence.
    pub fund_pence: i64,
    /// What is in stock of all offers, in items.
    pub stock_items: i64,
    /// What members have of all offers, in items.
    pub with_member_items: i64,
}
