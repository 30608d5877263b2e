//! The whole system from outside.

mod harness;

mod banking;
mod crash_log;
mod guards;
mod kills;
mod log_contract;
mod pages;
mod power;
mod respite;
mod store;
mod vouchers;
