//! The whole system from outside.

mod log_contract;
