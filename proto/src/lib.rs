//! Everything that knows bytes: the API's messages, the stored entries, the Merkle log over them.

mod accounts;
mod checkpoint;
mod files;
mod malformed;
mod receipt;
mod refusal;
mod secrets;
mod snapshot;
mod tree;

pub mod api;
pub mod bundle;
pub mod stored;

pub use accounts::{RECORD, account_path, accounts_root, read_record, record, records};
pub use checkpoint::{
    Checkpoint, NotOne, Note, NoteError, Origin, RootLine, SigningKey, VerifierKey, note_of,
    rotation_message, signed_by,
};
pub use malformed::{Malformed, Violation};
pub use receipt::{BalanceProof, Checked, Proved, Receipt, Shown, Trust, Unproved};
pub use refusal::{DOMAIN, Refusal};
pub use secrets::{CodeError, Secrets, VoucherCode};
pub use snapshot::{SnapshotError, open, seal};
pub use tree::{
    Disproved, Frontier, Hash, NoLeaves, Over, SEGMENT, Tree, Unaligned, consistency_path,
    consistent, inclusion_path, leaf, node, range_root, root_of_inclusion,
};

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

/// The compiled `.proto` files of what is served over the network, for reflection and for tests that walk the API.
pub const DESCRIPTORS: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/descriptor.bin"));
