//! The other side of the Care Store ledger: a typed client, and the reading of spreadsheets.

mod client;
mod error;
pub mod import;
pub mod json;
pub mod typed;
mod verify;
pub mod words;

pub use client::{Client, Options, Unchecked, jittered, new_request_id};
pub use error::{Code, Error};
pub use verify::{History, Known, Memory, Watch, parse_keys};
