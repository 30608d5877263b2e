//! A bundle on its way to an auditor: every checkpoint and key first, then the entries as they are stored.

use std::{ops::ControlFlow, pin::Pin};

use ledger_core::Position;
use ledger_proto::{
    api::{self, Size},
    v1::{self, export_bundle_response::Part},
};
use tokio::sync::mpsc;
use tokio_stream::{Stream, wrappers::ReceiverStream};
use tonic::Status;

use super::{
    Service,
    proofs::{keys_said, published_at, signed},
    prover::{Prover, on_a_thread, size_said},
};
use crate::error::Error;

/// A message holds about so many bytes of entries: well below what a client takes by default.
const MESSAGE: usize = 1 << 20;
/// So many messages may wait for a slow reader.
const WAITING: usize = 4;

/// A bundle on its way.
pub(super) type BundleStream =
    Pin<Box<dyn Stream<Item = Result<v1::ExportBundleResponse, Status>> + Send>>;

pub(super) async fn export(
    service: &Service,
    request: v1::ExportBundleRequest,
) -> Result<BundleStream, Error> {
    let (coop, size, after) = api::parse_bundle(&request)?;
    let (id, published) = service.coop(&coop)?;
    let newest = published.look().state().head().get();
    let checkpoint = match size {
        Size::Newest => signed(service, &coop, newest).await?.1,
        Size::Of(size) => published_at(service, id, size)?,
    };
    if after > checkpoint.size {
        let (asked, head) = (Position::new(after), Position::new(checkpoint.size));
        return Err(Error::BeyondHead { asked, head });
    }
    let prover = Prover::of(service, id, published);
    let published = service.0.checkpoints.all(id)?;
    let head = v1::BundleHead {
        origin: checkpoint.origin.to_string(),
        size: size_said(checkpoint.size),
        checkpoints: published
            .iter()
            .filter(|published| published.size <= checkpoint.size)
            .map(|published| published.note.to_string())
            .collect(),
        verifier_keys: keys_said(service, id)?,
    };
    let (sender, answers) = mpsc::channel(WAITING);
    let stopping = service.0.stopping.clone();
    tokio::spawn(async move {
        let part = |part| Ok(v1::ExportBundleResponse { part: Some(part) });
        if sender.send(part(Part::Head(head))).await.is_err() {
            return;
        }
        let mut after = after;
        while after < checkpoint.size {
            let next = if *stopping.borrow() {
                Err(Error::Stopping)
            } else {
                let prover = prover.clone();
                on_a_thread(move || page(&prover, after, checkpoint.size)).await
            };
            let ended = next.is_err();
            let message = match next {
                Ok(entries) => {
                    after = after.saturating_add(entries.entries.len() as u64);
                    part(Part::Entries(entries))
                }
                Err(error) => Err(error.into()),
            };
            // An auditor who has gone does not want the rest.
            if sender.send(message).await.is_err() || ended {
                return;
            }
        }
    });
    Ok(Box::pin(ReceiverStream::new(answers)))
}

/// The next entries, about a message full.
fn page(prover: &Prover, after: u64, through: u64) -> Result<v1::BundleEntries, Error> {
    let (mut entries, mut bytes) = (Vec::new(), 0);
    prover.log.scan(prover.id, after, &mut |position, entry| {
        if position > through || bytes >= MESSAGE {
            return ControlFlow::Break(());
        }
        bytes += entry.len();
        entries.push(entry.to_vec());
        ControlFlow::Continue(())
    })?;
    prover.published.served()?;
    if entries.is_empty() {
        return Err(Error::internal(format!("entry {} is not there", after.saturating_add(1))));
    }
    Ok(v1::BundleEntries { first_position: size_said(after.saturating_add(1)), entries })
}
