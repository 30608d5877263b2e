//! The whole system from outside.

mod crash_log;
mod foreign;
mod guards;
mod kills;
mod log_contract;
mod power;
