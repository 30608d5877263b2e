//! The whole system from outside.

mod crash_log;
mod guards;
mod log_contract;
