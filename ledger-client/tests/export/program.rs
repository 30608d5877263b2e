//! The program against a server of our own making, whose line goes dead once.
#![expect(clippy::unwrap_used, clippy::cast_possible_wrap, reason = "a test that fails says so")]

use std::process::{Command, Output};
use std::sync::{Arc, Mutex};

use ledger_client::export::{Export, What};
use ledger_client::journal::{Format, Journal};
use ledger_core::{Day, Entry};
use ledger_proto::stored;
use ledger_proto::v1::history_service_server::{HistoryService, HistoryServiceServer};
use ledger_proto::v1::{
    HistoryEntry, ReadHistoryRequest, ReadHistoryResponse, ReverseEntryRequest,
    ReverseEntryResponse, WatchHistoryRequest, WatchHistoryResponse,
};
use tonic::{Request, Response, Status};

use crate::story::told;

type Stream<T> = tokio_stream::Iter<std::vec::IntoIter<Result<T, Status>>>;

/// Serves a history in pieces, and breaks off after the first piece of the first call.
#[derive(Clone)]
struct Pretender {
    entries: Vec<Entry>,
    asked: Arc<Mutex<Vec<i64>>>,
}

#[tonic::async_trait]
impl HistoryService for Pretender {
    type ReadHistoryStream = Stream<ReadHistoryResponse>;
    type WatchHistoryStream = Stream<WatchHistoryResponse>;

    async fn read_history(
        &self,
        request: Request<ReadHistoryRequest>,
    ) -> Result<Response<Self::ReadHistoryStream>, Status> {
        let ReadHistoryRequest { coop, after_position, limit } = request.into_inner();
        assert_eq!((coop.as_str(), limit), ("coops/x", 0));
        self.asked.lock().unwrap().push(after_position);
        let after = usize::try_from(after_position).unwrap();
        let mut pieces: Vec<_> =
            self.entries.get(after..).unwrap().chunks(4).map(|some| Ok(piece(some))).collect();
        if after == 0 {
            pieces.truncate(1);
            pieces.push(Err(Status::unavailable("the line went dead")));
        }
        Ok(Response::new(tokio_stream::iter(pieces)))
    }

    async fn watch_history(
        &self,
        _: Request<WatchHistoryRequest>,
    ) -> Result<Response<Self::WatchHistoryStream>, Status> {
        Err(Status::unimplemented("nobody asks for it here"))
    }

    async fn reverse_entry(
        &self,
        _: Request<ReverseEntryRequest>,
    ) -> Result<Response<ReverseEntryResponse>, Status> {
        Err(Status::unimplemented("nobody asks for it here"))
    }
}

fn piece(entries: &[Entry]) -> ReadHistoryResponse {
    let entries = entries.iter().map(|entry| HistoryEntry {
        position: entry.position.get() as i64,
        entry: stored::encode(entry).unwrap(),
        ..HistoryEntry::default()
    });
    ReadHistoryResponse { entries: entries.collect(), head: None }
}

/// Runs `carestore export …` against a server with these entries; answers also after which positions it was asked.
fn export(entries: Vec<Entry>, typed: &str) -> (Output, Vec<i64>) {
    let pretender = Pretender { entries, asked: Arc::default() };
    let asked = Arc::clone(&pretender.asked);
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let listener = runtime.block_on(tokio::net::TcpListener::bind("127.0.0.1:0")).unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    runtime.spawn(
        tonic::transport::Server::builder()
            .add_service(HistoryServiceServer::new(pretender))
            .serve_with_incoming(tokio_stream::wrappers::TcpListenerStream::new(listener)),
    );
    let output = Command::new(env!("CARGO_BIN_EXE_carestore"))
        .args(["--server", &url, "--coop", "x", "export"])
        .args(typed.split(' '))
        .env_remove("CARESTORE_OUTPUT")
        .output()
        .unwrap();
    let asked = asked.lock().unwrap().clone();
    (output, asked)
}

fn said(output: &Output) -> String {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout.clone()).unwrap()
}

#[test]
fn a_journal_and_a_table_come_whole_over_a_line_that_goes_dead() {
    let until = Day::parse("2026-03-01");
    let (output, asked) = export(told(), "journal --format beancount --until 1/3/2026");
    let mut journal = Journal::new(Format::Beancount, "x", until, Vec::new());
    for entry in told() {
        journal.add(&entry).unwrap();
    }
    assert_eq!(said(&output), String::from_utf8(journal.finish().unwrap()).unwrap());
    assert_eq!(asked, [0, 4]);

    for (typed, format) in [
        ("csv --what store", ledger_client::export::Format::Csv),
        ("jsonl --what store", ledger_client::export::Format::Jsonl),
    ] {
        let mut table = Export::new(What::Store, format, None, Vec::new()).unwrap();
        for entry in told() {
            table.add(&entry).unwrap();
        }
        let (output, _) = export(told(), typed);
        assert_eq!(said(&output), String::from_utf8(table.finish().unwrap()).unwrap());
    }
}

#[test]
fn a_history_with_a_gap_makes_no_journal() {
    let mut entries = told();
    entries.remove(9);
    let (output, _) = export(entries, "journal --format ledger");
    assert_eq!(output.status.code(), Some(1));
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(told.contains("entry 10: the server sent entry 11 instead"), "{told}");
    assert!(output.stdout.is_empty(), "half a journal would pass for a whole one");
}

#[test]
fn what_cannot_be_is_said_at_once() {
    let (output, asked) = export(told(), "csv --what hours --until 2500-01-01");
    assert_eq!((output.status.code(), asked.len()), (Some(2), 0));
}
