//! A server of our own making, which proves what it says, and can be told to lie.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::unnecessary_wraps,
    reason = "a test that fails says so"
)]

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use ledger_core::{CoopName, Entry};
use ledger_proto::v1::history_service_server::{HistoryService, HistoryServiceServer};
use ledger_proto::{
    Checkpoint, Hash, NoLeaves, Origin, Receipt, Shown, SigningKey, Tree, api, leaf, stored, v1,
};
use tonic::{Request, Response, Status};

type Stream<T> = tokio_stream::Iter<std::vec::IntoIter<Result<T, Status>>>;

/// A log, with the key that signs it.
#[derive(Clone)]
pub(crate) struct Told {
    pub(crate) entries: Vec<Vec<u8>>,
    pub(crate) key: SigningKey,
}

impl Told {
    pub(crate) fn of(entries: &[Entry]) -> Told {
        let entries = entries.iter().map(|entry| stored::encode(entry).unwrap()).collect();
        Told { entries, key: SigningKey::from_seed([9; 32]) }
    }

    fn leaves(&self) -> Vec<Hash> {
        self.entries.iter().map(|entry| leaf(entry)).collect()
    }

    fn tree(&self) -> Tree {
        let mut tree = Tree::default();
        for leaf in self.leaves() {
            tree.push(leaf);
        }
        tree
    }

    pub(crate) fn origin(&self) -> Origin {
        Origin::of(&CoopName::new("x-coop").unwrap(), &self.leaves()[0])
    }

    pub(crate) fn note(&self) -> String {
        let (size, root) = (self.entries.len() as u64, self.tree().root());
        self.key.note(&Checkpoint { origin: self.origin(), size, root })
    }

    pub(crate) fn head(&self) -> v1::HistoryHead {
        v1::HistoryHead {
            position: i64::try_from(self.entries.len()).unwrap(),
            root_hash: self.tree().root().as_bytes().to_vec(),
            checkpoint: self.note(),
        }
    }

    fn peaks(&self, size: u64) -> Vec<Vec<u8>> {
        let leaves = self.leaves();
        let frontier =
            self.tree().frontier_at(size, &mut |first, last| found(&leaves, first, last));
        frontier.unwrap().peaks().iter().map(|peak| peak.as_bytes().to_vec()).collect()
    }
}

fn found(leaves: &[Hash], first: u64, last: u64) -> Result<Vec<Hash>, NoLeaves> {
    let (from, to) = (usize::try_from(first - 1).unwrap(), usize::try_from(last).unwrap());
    Ok(leaves[from..to].to_vec())
}

/// What is done to a read on its way out.
pub(crate) type Lie = Arc<dyn Fn(&mut Vec<v1::ReadHistoryResponse>) + Send + Sync>;

/// Serves one log after the other: each call of `next` moves on to the next.
#[derive(Clone)]
pub(crate) struct Pretender {
    logs: Arc<Mutex<VecDeque<Told>>>,
    pub(crate) asked: Arc<Mutex<Vec<i64>>>,
    lie: Lie,
    /// So many first reads break off after their first piece.
    pub(crate) cuts: Arc<Mutex<u32>>,
    /// So many proofs are refused before one is given.
    pub(crate) unproved: Arc<Mutex<u32>>,
}

impl Pretender {
    pub(crate) fn new(logs: impl IntoIterator<Item = Told>, lie: Lie) -> Pretender {
        let logs = Arc::new(Mutex::new(logs.into_iter().collect()));
        let (cuts, unproved) = (Arc::default(), Arc::default());
        Pretender { logs, asked: Arc::default(), lie, cuts, unproved }
    }

    pub(crate) fn honest(log: Told) -> Pretender {
        Pretender::new([log], Arc::new(|_| {}))
    }

    /// From now on the next log is served.
    pub(crate) fn next(&self) {
        self.logs.lock().unwrap().pop_front();
    }

    fn told(&self) -> Told {
        self.logs.lock().unwrap().front().unwrap().clone()
    }

    /// Serves on a port of its own; answers where.
    pub(crate) async fn serve(&self) -> String {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(
            tonic::transport::Server::builder()
                .add_service(HistoryServiceServer::new(self.clone()))
                .serve_with_incoming(tokio_stream::wrappers::TcpListenerStream::new(listener)),
        );
        url
    }
}

fn said(position: u64, bytes: &[u8]) -> v1::HistoryEntry {
    let entry = stored::decode(bytes).unwrap();
    v1::HistoryEntry {
        position: i64::try_from(position).unwrap(),
        entry: bytes.to_vec(),
        leaf_hash: leaf(bytes).as_bytes().to_vec(),
        kind: entry.event.kind().word().to_owned(),
        record_time: Some(api::time(entry.recorded_at)),
        occurred_on: entry.occurred_on.to_string(),
    }
}

#[tonic::async_trait]
impl HistoryService for Pretender {
    type ReadHistoryStream = Stream<v1::ReadHistoryResponse>;
    type WatchHistoryStream = Stream<v1::WatchHistoryResponse>;
    type ExportBundleStream = Stream<v1::ExportBundleResponse>;

    async fn read_history(
        &self,
        request: Request<v1::ReadHistoryRequest>,
    ) -> Result<Response<Self::ReadHistoryStream>, Status> {
        let v1::ReadHistoryRequest { coop: _, after_position, limit } = request.into_inner();
        self.asked.lock().unwrap().push(after_position);
        let told = self.told();
        let after = usize::try_from(after_position).unwrap();
        let limit = if limit == 0 { usize::MAX } else { usize::try_from(limit).unwrap() };
        let entries: Vec<_> = (1..).zip(&told.entries).skip(after).take(limit).collect();
        let mut pieces: Vec<_> = entries
            .chunks(4)
            .map(|some| v1::ReadHistoryResponse {
                entries: some.iter().map(|(position, bytes)| said(*position, bytes)).collect(),
                head: Some(told.head()),
                peaks: Vec::new(),
            })
            .collect();
        if pieces.is_empty() {
            pieces.push(v1::ReadHistoryResponse { head: Some(told.head()), ..Default::default() });
        }
        pieces[0].peaks = told.peaks(after as u64);
        (self.lie)(&mut pieces);
        let mut pieces: Vec<_> = pieces.into_iter().map(Ok).collect();
        let mut cuts = self.cuts.lock().unwrap();
        if *cuts > 0 {
            *cuts -= 1;
            pieces.truncate(1);
            pieces.push(Err(Status::unavailable("the line went dead")));
        }
        Ok(Response::new(tokio_stream::iter(pieces)))
    }

    async fn watch_history(
        &self,
        request: Request<v1::WatchHistoryRequest>,
    ) -> Result<Response<Self::WatchHistoryStream>, Status> {
        let v1::WatchHistoryRequest { coop, after_position } = request.into_inner();
        let read = v1::ReadHistoryRequest { coop, after_position, limit: 0 };
        let pieces = self.read_history(Request::new(read)).await?.into_inner();
        let pieces: Vec<_> = tokio_stream::StreamExt::collect(pieces).await;
        let last = pieces.len() - 1;
        let watched = pieces.into_iter().enumerate().map(|(nth, piece)| {
            piece.map(|v1::ReadHistoryResponse { entries, head, peaks }| {
                let mut head = head.unwrap();
                if nth < last {
                    head.checkpoint.clear();
                }
                v1::WatchHistoryResponse { entries, head: Some(head), peaks }
            })
        });
        Ok(Response::new(tokio_stream::iter(watched.collect::<Vec<_>>())))
    }

    async fn get_checkpoint(
        &self,
        _: Request<v1::GetCheckpointRequest>,
    ) -> Result<Response<v1::GetCheckpointResponse>, Status> {
        let told = self.told();
        let verifier_keys = vec![told.key.verifier(&told.origin()).to_string()];
        let checkpoint = told.note();
        Ok(Response::new(v1::GetCheckpointResponse { checkpoint, verifier_keys }))
    }

    async fn prove_consistency(
        &self,
        request: Request<v1::ProveConsistencyRequest>,
    ) -> Result<Response<v1::ProveConsistencyResponse>, Status> {
        let v1::ProveConsistencyRequest { coop: _, old_size, new_size } = request.into_inner();
        {
            let mut unproved = self.unproved.lock().unwrap();
            if *unproved > 0 {
                *unproved -= 1;
                return Err(Status::unavailable("the server is being started again"));
            }
        }
        let (told, leaves) = (self.told(), self.told().leaves());
        let (old, new) = (u64::try_from(old_size).unwrap(), u64::try_from(new_size).unwrap());
        let path = told.tree().prove_consistency(old, new, &mut |a, b| found(&leaves, a, b));
        let path = path.unwrap().ok_or_else(|| Status::out_of_range("beyond the head"))?;
        let path = path.iter().map(|hash| hash.as_bytes().to_vec()).collect();
        Ok(Response::new(v1::ProveConsistencyResponse { path, ..Default::default() }))
    }

    async fn reverse_entry(
        &self,
        _: Request<v1::ReverseEntryRequest>,
    ) -> Result<Response<v1::ReverseEntryResponse>, Status> {
        Err(Status::unimplemented("nobody asks for it here"))
    }

    async fn prove_inclusion(
        &self,
        _: Request<v1::ProveInclusionRequest>,
    ) -> Result<Response<v1::ProveInclusionResponse>, Status> {
        Err(Status::unimplemented("nobody asks for it here"))
    }

    /// Whatever is asked for: the receipt of the fifth entry.
    async fn get_receipt(
        &self,
        request: Request<v1::GetReceiptRequest>,
    ) -> Result<Response<v1::GetReceiptResponse>, Status> {
        let (told, leaves) = (self.told(), self.told().leaves());
        let size = told.entries.len() as u64;
        let path = told.tree().prove_inclusion(5, size, &mut |a, b| found(&leaves, a, b));
        let shown = if request.into_inner().leaf_only {
            Shown::Leaf(leaves[4])
        } else {
            Shown::Entry(told.entries[4].clone())
        };
        let (path, key) = (path.unwrap().unwrap(), told.key.verifier(&told.origin()));
        let receipt = Receipt { position: 5, shown, path, key, note: told.note() }.to_text();
        Ok(Response::new(v1::GetReceiptResponse { receipt, position: 5 }))
    }

    async fn seal_state(
        &self,
        _: Request<v1::SealStateRequest>,
    ) -> Result<Response<v1::SealStateResponse>, Status> {
        Err(Status::unimplemented("nobody asks for it here"))
    }

    async fn prove_balance(
        &self,
        _: Request<v1::ProveBalanceRequest>,
    ) -> Result<Response<v1::ProveBalanceResponse>, Status> {
        Err(Status::unimplemented("nobody asks for it here"))
    }

    async fn export_bundle(
        &self,
        _: Request<v1::ExportBundleRequest>,
    ) -> Result<Response<Self::ExportBundleStream>, Status> {
        Err(Status::unimplemented("nobody asks for it here"))
    }
}
