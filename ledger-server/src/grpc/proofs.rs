//! Proofs: checkpoints, inclusion, consistency, receipts, balances.

use std::sync::Arc;

use ledger_core::{CoopName, Event, Position};
use ledger_proto::{
    BalanceProof, Hash, Malformed, Note, Origin, Receipt, Shown, VerifierKey, account_path,
    api::{self, ReceiptOf, ReceiptShows, Seal, Size},
    leaf, records, stored, v1,
};
use tokio::sync::Semaphore;

use super::{
    Service,
    own::{is_within, looked_at, owner},
    prover::{Prover, hashes_said, on_a_thread, size_said},
    then::state_at,
};
use crate::{checkpoints, error::Error, log::LogId};

/// A proof by an old seal reads the log from its first entry on. One does so at a time, whoever asks: the others wait, and
/// hold no thread meanwhile, so that proofs of long ago never stand in the way of everything else.
static REPLAYS: Semaphore = Semaphore::const_new(1);

/// A checkpoint of a log that proves something.
pub(super) struct Signed {
    pub(super) size: u64,
    pub(super) root: Hash,
    pub(super) origin: Origin,
    /// The key that signed it.
    pub(super) key: VerifierKey,
    pub(super) note: String,
}

impl Signed {
    fn of(published: &checkpoints::Signed, keys: &[VerifierKey]) -> Result<Self, Error> {
        let note = Note::parse(&published.note).map_err(Error::internal)?;
        let key = note.signer(keys).cloned();
        let key =
            key.ok_or_else(|| Error::internal("a checkpoint is signed by no key of its log"))?;
        let checkpoints::Signed { size, root, note: text } = published;
        let origin = note.claimed().origin.clone();
        Ok(Self { size: *size, root: *root, origin, key, note: text.to_string() })
    }
}

/// A co-op's prover, and a checkpoint of its log that covers so many entries, signed now if need be.
pub(super) async fn signed(
    service: &Service,
    coop: &CoopName,
    covering: u64,
) -> Result<(Prover, Signed), Error> {
    let (id, published) = service.coop(coop)?;
    let head = published.look().state().head();
    if covering > head.get() {
        return Err(Error::BeyondHead { asked: Position::new(covering), head });
    }
    let prover = Prover::of(service, id, published);
    let checkpoints = Arc::clone(&service.ground.checkpoints);
    on_a_thread(move || {
        let least = Position::new(covering);
        let published = checkpoints.for_head(prover.id, &prover.published, least)?;
        let signed = Signed::of(&published, &checkpoints.verifier_keys(prover.id)?)?;
        Ok((prover, signed))
    })
    .await
}

/// The checkpoint that was published for a size.
pub(super) fn published_at(service: &Service, id: LogId, size: u64) -> Result<Signed, Error> {
    let checkpoints = &service.ground.checkpoints;
    let Some(published) = checkpoints.at(id, Position::new(size))? else {
        let newest = checkpoints.newest(id)?.map_or(0, |newest| newest.size);
        return Err(Error::CheckpointNotFound { asked: size, newest });
    };
    Signed::of(&published, &checkpoints.verifier_keys(id)?)
}

/// The keys of a log, as callers read them.
pub(super) fn keys_said(service: &Service, id: LogId) -> Result<Vec<String>, Error> {
    let keys = service.ground.checkpoints.verifier_keys(id)?;
    Ok(keys.iter().map(ToString::to_string).collect())
}

/// The same for a size that was asked for: a size above the newest checkpoint's is covered by a newer one.
async fn at_size(
    service: &Service,
    coop: &CoopName,
    size: Size,
    least: u64,
) -> Result<(Prover, u64), Error> {
    match size {
        Size::Newest => {
            let (prover, signed) = signed(service, coop, least).await?;
            Ok((prover, signed.size))
        }
        Size::Of(size) => Ok((signed(service, coop, size).await?.0, size)),
    }
}

pub(super) async fn get_checkpoint(
    service: &Service,
    request: v1::GetCheckpointRequest,
) -> Result<v1::GetCheckpointResponse, Error> {
    let (coop, size) = api::parse_checkpoint(&request)?;
    let (id, published) = service.coop(&coop)?;
    let head = published.look().state().head().get();
    let signed = match size {
        Size::Newest => signed(service, &coop, head).await?.1,
        Size::Of(size) => published_at(service, id, size)?,
    };
    let verifier_keys = keys_said(service, id)?;
    Ok(v1::GetCheckpointResponse { checkpoint: signed.note, verifier_keys })
}

pub(super) async fn prove_inclusion(
    service: &Service,
    request: v1::ProveInclusionRequest,
) -> Result<v1::ProveInclusionResponse, Error> {
    let (coop, position, size) = api::parse_inclusion(&request)?;
    let (prover, size) = at_size(service, &coop, size, position.get()).await?;
    on_a_thread(move || {
        let path = prover.inclusion(position.get(), size)?.ok_or_else(nowhere)?;
        Ok(v1::ProveInclusionResponse {
            position: api::position(position),
            size: size_said(size),
            leaf_hash: leaf(&prover.entry(position.get())?).as_bytes().to_vec(),
            path: hashes_said(&path),
            root_hash: prover.frontier(size)?.root().as_bytes().to_vec(),
        })
    })
    .await
}

pub(super) async fn prove_consistency(
    service: &Service,
    request: v1::ProveConsistencyRequest,
) -> Result<v1::ProveConsistencyResponse, Error> {
    let (coop, old, new) = api::parse_consistency(&request)?;
    let (prover, new) = at_size(service, &coop, new, old).await?;
    on_a_thread(move || {
        let path = prover.consistency(old, new)?.ok_or_else(nowhere)?;
        Ok(v1::ProveConsistencyResponse {
            old_size: size_said(old),
            new_size: size_said(new),
            path: hashes_said(&path),
            old_root_hash: prover.frontier(old)?.root().as_bytes().to_vec(),
            new_root_hash: prover.frontier(new)?.root().as_bytes().to_vec(),
        })
    })
    .await
}

/// What was asked for has been found to be within the log before.
fn nowhere() -> Error {
    Error::internal("a place within the log has no path")
}

pub(super) async fn get_receipt(
    service: &Service,
    request: v1::GetReceiptRequest,
) -> Result<v1::GetReceiptResponse, Error> {
    let (coop, of, shows) = api::parse_receipt(&request)?;
    let position = match of {
        ReceiptOf::Position(position) => position,
        ReceiptOf::Request(id) => {
            let (_, published) = service.coop(&coop)?;
            published.look().state().answered(id).ok_or(Error::RequestUnknown)?
        }
    };
    let (prover, signed) = signed(service, &coop, position.get()).await?;
    let sees = service.sees(&prover.published);
    let service = service.clone();
    on_a_thread(move || {
        let (at, size) = (position.get(), signed.size);
        let path = prover.inclusion(at, size)?.ok_or_else(nowhere)?;
        let entry = prover.entry(at)?;
        let held = match shows {
            ReceiptShows::Entry => {
                for member in looked_at(&entry, &sees)? {
                    service.looks_at(prover.id, Some(member));
                }
                Shown::Entry(entry)
            }
            // A leaf alone says nothing of anybody.
            ReceiptShows::Leaf => Shown::Leaf(leaf(&entry)),
        };
        let receipt =
            Receipt { position: at, shown: held, path, key: signed.key, note: signed.note };
        let receipt = receipt.to_text();
        Ok(v1::GetReceiptResponse { receipt, position: api::position(position) })
    })
    .await
}

pub(super) async fn prove_balance(
    service: &Service,
    request: v1::ProveBalanceRequest,
) -> Result<v1::ProveBalanceResponse, Error> {
    let (coop, account, seal) = api::parse_balance(&request)?;
    let (log, published) = service.coop(&coop)?;
    let sees = service.sees(&published);
    is_within(account, &sees)?;
    if let Some(member) = owner(account) {
        service.whose((log, &sees), Some(member))?;
    }
    let seal = match seal {
        Seal::At(position) => position,
        Seal::Newest => {
            let newest = published.look().sealed().map(|sealed| sealed.position);
            newest.ok_or(Error::NotSealed)?
        }
    };
    let (prover, signed) = signed(service, &coop, seal.get()).await?;
    let (prover, entry, through) = on_a_thread(move || {
        let entry = prover.entry(seal.get())?;
        let sealed = stored::decode(&entry).map_err(Error::internal)?;
        let Event::StateSealed { through, .. } = sealed.event else {
            let problem = "is not the position of an entry that sealed the state";
            return Err(Malformed::one("seal_position", problem).into());
        };
        Ok((prover, entry, through))
    })
    .await?;
    let kept = {
        let view = prover.published.look();
        let newest = view.sealed().filter(|newest| newest.position == seal);
        newest.map(|newest| newest.records.clone())
    };
    // Goes to the thread, which may go on after the caller has left.
    let replaying = match kept {
        Some(_) => None,
        None => Some(REPLAYS.acquire().await.map_err(Error::internal)?),
    };
    on_a_thread(move || {
        let records = match kept {
            Some(kept) => kept,
            // An older seal: the accounts of its day are made again from the entries before it.
            None => records(state_at(&*prover.log, prover.id, through)?.books()),
        };
        drop(replaying);
        let (record, index, record_path) =
            account_path(&records, account).ok_or(Error::NotSealed)?;
        let (_, balance) = ledger_proto::read_record(&record)?;
        let size = signed.size;
        let seal_path = prover.inclusion(seal.get(), size)?.ok_or_else(nowhere)?;
        let proof = BalanceProof {
            record,
            index,
            record_path,
            seal: entry,
            seal_position: seal.get(),
            seal_path,
            key: signed.key,
            note: signed.note,
        };
        Ok(v1::ProveBalanceResponse {
            proof: proof.to_text(),
            balance: balance.get(),
            through_position: api::position(through),
            seal_position: api::position(seal),
        })
    })
    .await
}
