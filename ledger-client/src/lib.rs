//! The other side of the Care Store ledger: a typed client, and the reading of spreadsheets.

pub mod audit;
pub mod bundle;
mod client;
mod error;
pub mod import;
pub mod json;
pub mod typed;
pub mod words;

pub use client::{Client, Options, jittered, new_request_id};
pub use error::{Code, Error};
