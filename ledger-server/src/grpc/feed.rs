//! The feed: entries as they were stored, in order and without a gap; one road for what was and what comes.

use std::{ops::ControlFlow, pin::Pin, sync::Arc};

use ledger_core::{CoopName, Position};
use ledger_proto::{
    Malformed,
    api::{self, Told, name},
    leaf, stored, v1,
};
use prost::Message;
use tokio::sync::{mpsc, watch};
use tokio_stream::{Stream, wrappers::ReceiverStream};
use tonic::Status;

use super::{
    Service,
    pace::Tab,
    proofs,
    prover::{Prover, hashes_said, on_a_thread, size_said},
};
use crate::{
    access::Caller,
    checkpoints::Checkpoints,
    clock::Clock,
    error::Error,
    log::{Log, LogError, LogId},
    views::{Published, history_entry},
};

/// A message holds about so many bytes of entries: well below what a client takes by default.
const MESSAGE: usize = 1 << 20;
/// So many messages may wait for a slow reader.
pub(super) const WAITING: usize = 4;

/// Answers, one after the other.
pub(super) type Answers<T> = Pin<Box<dyn Stream<Item = Result<T, Status>> + Send>>;

/// A read of the history.
pub(super) type ReadStream = Answers<v1::ReadHistoryResponse>;

/// Where a reader is in a log.
pub(super) struct Reader {
    prover: Prover,
    checkpoints: Arc<Checkpoints>,
    caller: Caller,
    clock: Clock,
    pub(super) after: u64,
}

impl Reader {
    pub(super) fn of(service: &Service, coop: &str, after: i64) -> Result<Self, Error> {
        let coop: CoopName = name::parse_coop("coop", coop)?;
        let (id, published) = service.coop(&coop)?;
        let after =
            u64::try_from(after).map_err(|_| Malformed::one("after_position", "is below zero"))?;
        let head = published.look().state().head();
        if after > head.get() {
            return Err(Error::BeyondHead { asked: Position::new(after), head });
        }
        service.whose((id, &service.sees(&published)), None)?;
        let prover = Prover::of(service, id, published);
        let checkpoints = Arc::clone(&service.ground.checkpoints);
        let (caller, clock) = (service.caller.clone(), service.ground.clock.clone());
        Ok(Self { prover, checkpoints, caller, clock, after })
    }

    /// The head now, with the newest checkpoint that is not beyond what has been read.
    pub(super) fn head(&self) -> v1::HistoryHead {
        // A register that cannot be opened is told by the signer; the feed goes on without a checkpoint.
        let newest = self.checkpoints.newest(self.prover.id).ok().flatten();
        let newest = newest.filter(|signed| signed.size <= self.after);
        let view = self.prover.published.look();
        v1::HistoryHead {
            position: api::position(view.state().head()),
            root_hash: view.tree().root().as_bytes().to_vec(),
            checkpoint: newest.map(|signed| signed.note.to_string()).unwrap_or_default(),
        }
    }

    /// The right edge of what has been read, for the first message.
    pub(super) fn peaks(&self) -> Result<Vec<Vec<u8>>, Error> {
        Ok(hashes_said(self.prover.frontier(self.after)?.peaks()))
    }

    /// What readers see of this log.
    pub(super) fn published(&self) -> &Published {
        &self.prover.published
    }

    /// Refuses to go on where the log is damaged, or where the token has ended.
    pub(super) fn goes_on(&self) -> Result<(), Error> {
        self.prover.published.served()?;
        self.caller.goes_on(self.clock.reading())
    }

    /// The entries after one position through another at the most, about so many bytes of them, in bytes as a reader is told
    /// of them; read on a thread that may wait for the disk.
    pub(super) async fn told(
        &self,
        (after, through): (u64, u64),
        about: usize,
    ) -> Result<Told, Error> {
        let (log, id) = (Arc::clone(&self.prover.log), self.prover.id);
        on_a_thread(move || Ok(Told::of(&entries(&*log, id, (after, through), about)?))).await
    }
}

/// The entries after one position through another at the most, about so many bytes of them. That other one has been seen, so a
/// log that ends before it is no log to read on: its reader would be told nothing, over and over.
fn entries(
    log: &dyn Log,
    id: LogId,
    (after, through): (u64, u64),
    about: usize,
) -> Result<Vec<v1::HistoryEntry>, Error> {
    let (mut entries, mut bytes, mut failed) = (Vec::new(), 0, None);
    let mut last = after;
    log.scan(id, after, &mut |position, entry| {
        if position > through || bytes >= about {
            return ControlFlow::Break(());
        }
        last = position;
        match stored::decode(entry) {
            Ok(read) => entries.push(history_entry(&read, leaf(entry), entry)),
            Err(error) => {
                failed = Some(Error::internal(error));
                return ControlFlow::Break(());
            }
        }
        bytes += entry.len();
        ControlFlow::Continue(())
    })?;
    if failed.is_none() && last < through && bytes < about {
        failed = Some(Error::internal(format!("the log ends at {last}, and {through} is seen")));
    }
    failed.map_or(Ok(entries), Err)
}

pub(super) async fn read(
    service: &Service,
    request: v1::ReadHistoryRequest,
) -> Result<ReadStream, Error> {
    let v1::ReadHistoryRequest { coop, after_position, limit } = request;
    let limit = u64::try_from(limit)
        .map_err(|_| Malformed::one("limit", "is below zero: leave it out for all"))?;
    let room = service.room()?.patient();
    let reader = Reader::of(service, &coop, after_position)?;
    let newest = reader.prover.published.look().state().head().get();
    let coop = name::parse_coop("coop", &coop)?;
    let (newest, head) = match proofs::signed(service, &coop, newest).await {
        Ok((_, signed)) => {
            let proofs::Signed { size, root, note, .. } = signed;
            let (position, root_hash) = (size_said(size), root.as_bytes().to_vec());
            (size, v1::HistoryHead { position, root_hash, checkpoint: note })
        }
        // After a loss was accepted nothing is signed until the log is beyond what was published; without its key, or where
        // the disk takes nothing, nothing is signed at all. The history is there for whoever looks into it, and says by
        // its checkpoint how far it is signed.
        Err(
            error @ (Error::NotSigned { .. }
            | Error::CannotSign(_)
            | Error::Log(LogError::Io { .. })),
        ) => {
            tracing::warn!(%coop, %error, "a history is served without a checkpoint of its end");
            (newest, reader.head())
        }
        Err(error) => return Err(error),
    };
    let through = if limit == 0 { newest } else { newest.min(reader.after.saturating_add(limit)) };
    let (reader, peaks) = on_a_thread(move || {
        let peaks = reader.peaks()?;
        Ok((reader, peaks))
    })
    .await?;
    let (sender, answers) = mpsc::channel(WAITING);
    let stopping = service.ground.stopping.clone();
    let mut tab = Tab::of(&service.ground.pace, &stopping);
    tokio::spawn(async move {
        let room = room;
        let (mut reader, mut peaks) = (reader, peaks);
        let id = reader.prover.id;
        if reader.after >= through {
            // Nothing is new, and the head says so.
            let entries = Vec::new();
            let answer = v1::ReadHistoryResponse { entries, head: Some(head), peaks };
            return send(&sender, Ok(answer)).await;
        }
        while reader.after < through {
            if *stopping.borrow() {
                return send(&sender, Err(Error::Stopping)).await;
            }
            let (log, after) = (Arc::clone(&reader.prover.log), reader.after);
            let read = on_a_thread(move || entries(&*log, id, (after, through), MESSAGE)).await;
            // Damage that was found meanwhile ends the stream, with whatever has been read.
            let entries = match reader.goes_on().and(read) {
                Ok(entries) => entries,
                Err(error) => return send(&sender, Err(error)).await,
            };
            reader.after = reader.after.saturating_add(entries.len() as u64);
            let peaks = std::mem::take(&mut peaks);
            let answer = v1::ReadHistoryResponse { entries, head: Some(head.clone()), peaks };
            let bytes = answer.encoded_len();
            if room.hand(&sender, answer).await.is_break()
                || tab.told(bytes, &sender).await.is_break()
            {
                return;
            }
        }
    });
    Ok(Box::pin(ReceiverStream::new(answers)))
}

/// Waits until the server is told to stop; or until nobody is left to tell it, which is the same.
pub(super) async fn until_told(stopping: &mut watch::Receiver<bool>) {
    drop(stopping.wait_for(|stopping| *stopping).await);
}

/// Sends the last of a stream. A reader who has gone does not want it.
pub(super) async fn send<T>(sender: &mpsc::Sender<Result<T, Status>>, last: Result<T, Error>) {
    drop(sender.send(last.map_err(Status::from)).await);
}

#[cfg(test)]
mod tests {
    use ledger_core::{Event, Values};

    use super::*;
    use crate::{
        log::{Block, MemoryLog},
        replay::tests::written,
    };

    const ONE: LogId = LogId::new(1);

    /// Fifty policies, one after the other.
    fn log() -> MemoryLog {
        let coop = CoopName::new("colne-valley").unwrap();
        let founded = Event::CoopFounded { coop, policy: Values::template() };
        let adopted = (2..=50).map(|version| Event::PolicyAdopted {
            version,
            policy: Values::template(),
            decided_by: None,
        });
        let entries = written(std::iter::once(founded).chain(adopted));
        let log = MemoryLog::new();
        log.append(&[Block { log: ONE, first: 1, entries: &entries }]).unwrap();
        log
    }

    #[test]
    fn what_is_seen_is_there_to_be_told_or_nothing_is() {
        let log = log();
        let told = |span, about| {
            let entries = entries(&log, ONE, span, about)?;
            Ok::<_, Error>(entries.iter().map(|entry| entry.position).collect::<Vec<_>>())
        };
        assert_eq!(told((0, 50), usize::MAX).unwrap(), (1..=50).collect::<Vec<_>>());
        assert_eq!(told((7, 9), usize::MAX).unwrap(), [8, 9]);
        assert_eq!(told((50, 50), usize::MAX).unwrap(), [] as [i64; 0]);
        // A message full is told, whatever may be behind it.
        assert_eq!(told((0, 51), 1).unwrap(), [1]);
        for after in [0, 49, 50] {
            let error = told((after, 51), usize::MAX).unwrap_err().to_string();
            assert!(error.contains("the log ends at 50, and 51 is seen"), "{error}");
        }
    }
}
