//! The published vectors are made the same every time, and each case holds or not as it says.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test may fail")]
#![allow(clippy::struct_field_names, reason = "the words of the files")]

#[path = "vectors/accounts.rs"]
mod accounts;
#[path = "vectors/balances.rs"]
mod balances;
#[path = "vectors/checkpoints.rs"]
mod checkpoints;
#[path = "vectors/log.rs"]
mod log;
#[path = "vectors/notes.rs"]
mod notes;
#[path = "vectors/proofs.rs"]
mod proofs;
#[path = "vectors/proofs_bad.rs"]
mod proofs_bad;
#[path = "vectors/receipts.rs"]
mod receipts;
#[path = "vectors/receipts_bad.rs"]
mod receipts_bad;
#[path = "vectors/shape.rs"]
mod shape;
#[path = "vectors/tree.rs"]
mod tree;

#[test]
fn proofs() {
    shape::golden("proofs.json", &proofs::Proofs::make()).check();
}

#[test]
fn checkpoints() {
    shape::golden("checkpoints.json", &checkpoints::Checkpoints::make()).check();
}

#[test]
fn receipts() {
    shape::golden("receipts.json", &receipts::Receipts::make()).check();
}

#[test]
fn accounts() {
    shape::golden("accounts.json", &accounts::Accounts::make()).check();
}
