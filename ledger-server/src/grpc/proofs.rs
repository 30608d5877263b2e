//! Proofs: checkpoints, inclusion, consistency, receipts, balances, and the bundle for an auditor.

use std::pin::Pin;

use ledger_proto::v1;
use tokio_stream::Stream;
use tonic::Status;

use super::Service;

/// A bundle on its way.
pub(super) type BundleStream =
    Pin<Box<dyn Stream<Item = Result<v1::ExportBundleResponse, Status>> + Send>>;

fn not_yet() -> Status {
    Status::unimplemented("this server gives no proofs yet")
}

#[allow(clippy::unused_async, reason = "a proof is read on a thread that may wait for the disk")]
pub(super) async fn get_checkpoint(
    _: &Service,
    _: v1::GetCheckpointRequest,
) -> Result<v1::GetCheckpointResponse, Status> {
    Err(not_yet())
}

#[allow(clippy::unused_async, reason = "a proof is read on a thread that may wait for the disk")]
pub(super) async fn prove_inclusion(
    _: &Service,
    _: v1::ProveInclusionRequest,
) -> Result<v1::ProveInclusionResponse, Status> {
    Err(not_yet())
}

#[allow(clippy::unused_async, reason = "a proof is read on a thread that may wait for the disk")]
pub(super) async fn prove_consistency(
    _: &Service,
    _: v1::ProveConsistencyRequest,
) -> Result<v1::ProveConsistencyResponse, Status> {
    Err(not_yet())
}

#[allow(clippy::unused_async, reason = "a proof is read on a thread that may wait for the disk")]
pub(super) async fn get_receipt(
    _: &Service,
    _: v1::GetReceiptRequest,
) -> Result<v1::GetReceiptResponse, Status> {
    Err(not_yet())
}

#[allow(clippy::unused_async, reason = "a proof is read on a thread that may wait for the disk")]
pub(super) async fn prove_balance(
    _: &Service,
    _: v1::ProveBalanceRequest,
) -> Result<v1::ProveBalanceResponse, Status> {
    Err(not_yet())
}

#[allow(clippy::unused_async, reason = "a proof is read on a thread that may wait for the disk")]
pub(super) async fn export_bundle(
    _: &Service,
    _: v1::ExportBundleRequest,
) -> Result<BundleStream, Status> {
    Err(not_yet())
}
