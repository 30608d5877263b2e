//! Everything that knows bytes: the API's messages, the stored entries, the Merkle log over them.

mod malformed;
mod secrets;

pub mod api;
pub mod snapshot;
pub mod stored;

pub use malformed::{Malformed, Violation};
pub use secrets::{CodeError, Secrets, VoucherCode};

/// What callers speak: package `carestore.v1`, generated from the `.proto` files, which are its manual.
#[allow(
    warnings,
    clippy::all,
    clippy::pedantic,
    clippy::restriction,
    reason = "generated code; every field is commented in the .proto files"
)]
pub mod v1 {
    tonic::include_proto!("carestore.v1");
}

/// The compiled `.proto` files, for reflection and for tests that walk the API.
pub const DESCRIPTORS: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/descriptor.bin"));
