//! Everything that knows bytes: the API's messages, the stored entries, the Merkle log over them.

mod refusal;

pub use refusal::{DOMAIN, Refusal, Violation};

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
