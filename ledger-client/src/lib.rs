//! The other side of the Care Store ledger: a typed client, the reading of spreadsheets, and the writing of journals and
//! tables for other programs.

pub mod audit;
pub mod bundle;
mod client;
mod error;
pub mod export;
pub mod import;
pub mod journal;
pub mod json;
pub mod statement;
pub mod typed;
mod verify;
pub mod words;

pub use client::{Client, Options, Shown, Unchecked, jittered, new_request_id};
pub use error::{Code, Error};
pub use verify::{History, KeyFrom, Known, Memory, Watch, parse_keys};
