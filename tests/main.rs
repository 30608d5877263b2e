//! The whole system from outside.

mod harness;
mod skip;

mod access;
mod audit;
mod banking;
mod checkpoints;
mod crash_log;
mod derived;
mod feed;
mod foreign;
mod guards;
mod imports;
mod journals;
mod kills;
mod known;
mod log_contract;
mod nonsense;
mod packs;
mod pages;
mod people;
mod power;
mod proofs;
mod receipts;
mod refusals;
mod respite;
mod restart;
mod scrub;
mod seals;
mod server_kills;
mod statements;
mod store;
mod sums;
mod tidy;
mod twin;
mod vouchers;
