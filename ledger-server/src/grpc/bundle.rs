//! A bundle on its way to an auditor: the keys and every checkpoint first, then the entries as they are stored.

use std::{iter, ops::ControlFlow, pin::Pin};

use ledger_core::Position;
use ledger_proto::{
    api::{self, Size},
    v1::{self, export_bundle_response::Part},
};
use prost::Message;
use tokio::sync::mpsc;
use tokio_stream::{Stream, wrappers::ReceiverStream};
use tonic::Status;

use super::{
    Service,
    feed::send,
    pace::Tab,
    proofs::{keys_said, published_at, signed},
    prover::{Prover, on_a_thread, size_said},
};
use crate::{error::Error, log::LogId};

/// A message holds about so many bytes of entries or checkpoints: well below what a client takes by default.
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
    service.whose((id, &service.sees(&published)), None)?;
    let room = service.room()?.patient();
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
    let head = v1::BundleHead {
        origin: checkpoint.origin.to_string(),
        size: size_said(checkpoint.size),
        verifier_keys: keys_said(service, id)?,
    };
    let (sender, answers) = mpsc::channel(WAITING);
    let stopping = service.ground.stopping.clone();
    let mut tab = Tab::of(&service.ground.pace, &stopping);
    // Beside the workers: a log has tens of thousands of them after some years.
    let house = service.clone();
    let asking = house.clone();
    let notes = on_a_thread(move || notes(&asking, id, checkpoint.size)).await?;
    tokio::spawn(async move {
        let room = room;
        let part = |part| v1::ExportBundleResponse { part: Some(part) };
        for first in iter::once(Part::Head(head)).chain(notes.into_iter().map(Part::Checkpoints)) {
            if room.hand(&sender, part(first)).await.is_break() {
                return;
            }
        }
        let mut after = after;
        while after < checkpoint.size {
            let next = if *stopping.borrow() {
                Err(Error::Stopping)
            } else if let Err(ended) = house.caller.goes_on(house.ground.clock.reading()) {
                Err(ended)
            } else {
                let prover = prover.clone();
                on_a_thread(move || page(&prover, after, checkpoint.size)).await
            };
            let entries = match next {
                Ok(entries) => entries,
                Err(error) => return send(&sender, Err(error)).await,
            };
            after = after.saturating_add(entries.entries.len() as u64);
            let entries = part(Part::Entries(entries));
            let bytes = entries.encoded_len();
            // An auditor who has gone does not want the rest.
            if room.hand(&sender, entries).await.is_break()
                || tab.told(bytes, &sender).await.is_break()
            {
                return;
            }
        }
    });
    Ok(Box::pin(ReceiverStream::new(answers)))
}

/// The checkpoints that were published up to this size, in order of size.
fn notes(service: &Service, id: LogId, through: u64) -> Result<Vec<v1::BundleCheckpoints>, Error> {
    let published = service.ground.checkpoints.all(id)?;
    let published = published.iter().take_while(|published| published.size <= through);
    Ok(in_messages(published.map(|published| published.note.to_string())))
}

/// The same notes, about a message full at a time.
fn in_messages(notes: impl Iterator<Item = String>) -> Vec<v1::BundleCheckpoints> {
    let (mut messages, mut checkpoints, mut bytes) = (Vec::new(), Vec::new(), 0);
    for note in notes {
        bytes += note.len();
        checkpoints.push(note);
        if bytes >= MESSAGE {
            bytes = 0;
            let checkpoints = std::mem::take(&mut checkpoints);
            messages.push(v1::BundleCheckpoints { checkpoints });
        }
    }
    if !checkpoints.is_empty() {
        messages.push(v1::BundleCheckpoints { checkpoints });
    }
    messages
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_number_of_checkpoints_goes_out_in_messages_that_a_client_takes() {
        let note = |number: usize| format!("{number:>240}");
        for count in [0, 1, 4369, 4370, 4371, 100_000] {
            let messages = in_messages((0..count).map(note));
            let bytes = |message: &v1::BundleCheckpoints| -> usize {
                message.checkpoints.iter().map(String::len).sum()
            };
            assert!(messages.iter().all(|message| bytes(message) <= MESSAGE + 240));
            assert!(messages.iter().all(|message| bytes(message) > 0), "no empty message");
            assert_eq!(messages.len(), count.div_ceil(MESSAGE.div_ceil(240)), "{count}");
            let all: Vec<String> = messages.into_iter().flat_map(|it| it.checkpoints).collect();
            assert_eq!(all, (0..count).map(note).collect::<Vec<_>>());
        }
    }
}
