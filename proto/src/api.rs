//! What callers say, parsed once: from here on everything is true of its type.
//!
//! Every field that is wrong is named at once, with what to do about it.

mod answer;
mod batch;
mod coop;
mod imports;
mod members;
pub mod name;
mod parse;
mod proofs;
mod read;
mod representatives;
mod respite;
mod store;
mod time_bank;
mod tokens;
mod vouchers;
mod watched;

use ledger_core::{CoopName, Request};

pub use answer::{cover, fund_freedom, help, policy, policy_values, position, time};
pub use imports::{ImportHead, ImportedStep, WrongStep, parse_import_head, parse_import_step};
pub use members::parse_card;
pub use parse::parse;
pub use proofs::{
    ReceiptOf, ReceiptShows, Seal, Size, parse_balance, parse_bundle, parse_checkpoint,
    parse_consistency, parse_inclusion, parse_receipt,
};
pub use read::{AsOf, Known, PageAsked, Read, day_or_none, next_token, page, read_context};
pub use tokens::{Bearer, TokenAsked, parse_token_asked};
pub use watched::{Told, Watched};

use crate::v1;

/// A write that could be read.
#[derive(Clone, Debug, PartialEq)]
pub struct Parsed {
    /// The co-op that it is for.
    pub coop: CoopName,
    /// What is asked. Its time is not set yet: the engine stamps it.
    pub request: Request,
    /// Whether only the answer is wanted, and nothing stored.
    pub validate_only: bool,
    /// Whether the caller said who acts. If not, the caller's token says it; until then it is officer 1, or for a
    /// voucher its bearer, or for a founding the operator.
    pub actor_said: bool,
    /// Personal words about a member, kept beside the log.
    pub card: Option<v1::Card>,
    /// Free words about the entry, kept beside the log.
    pub note: Option<String>,
}
