//! The rules, case by case: what is refused and in which order, and what comes of what is not.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::wildcard_enum_match_arm,
    clippy::needless_pass_by_value,
    reason = "a test that meets something else shall stop there, and its cases read best without marks"
)]

#[path = "rules/check.rs"]
mod check;
#[path = "rules/words.rs"]
mod words;
#[path = "rules/world.rs"]
mod world;

#[path = "rules/refusals.rs"]
mod refusals;
#[path = "rules/refused_hours.rs"]
mod refused_hours;
#[path = "rules/refused_membership.rs"]
mod refused_membership;
#[path = "rules/refused_promises.rs"]
mod refused_promises;
#[path = "rules/refused_representatives.rs"]
mod refused_representatives;
#[path = "rules/refused_store.rs"]
mod refused_store;

#[path = "rules/due.rs"]
mod due;
#[path = "rules/hours.rs"]
mod hours;
#[path = "rules/imports.rs"]
mod imports;
#[path = "rules/made_up.rs"]
mod made_up;
#[path = "rules/membership.rs"]
mod membership;
#[path = "rules/representatives.rs"]
mod representatives;
#[path = "rules/respite.rs"]
mod respite;
#[path = "rules/retries.rs"]
mod retries;
#[path = "rules/reversal.rs"]
mod reversal;
#[path = "rules/seals.rs"]
mod seals;
#[path = "rules/store.rs"]
mod store;
#[path = "rules/vouchers.rs"]
mod vouchers;
