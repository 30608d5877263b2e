//! How much anybody may ask for at once: what is above a limit is refused by its reason, with its figure, and the server goes on.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test that fails says so"
)]

mod busy;
mod door;

use std::{num::NonZeroU32, sync::Arc, time::Duration};

use ledger_client::{Client, Error};
use ledger_proto::v1::{
    self, Scope, export_bundle_response::Part, history_service_client::HistoryServiceClient,
};
use ledger_server::{Limits, MAX_REQUEST, Page};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tonic::transport::Endpoint;

use crate::{
    harness::{
        COOP, DAY, Town,
        ask::{Ask, dressed},
        page, reason, refusal, run, say,
    },
    tokens::{app, made},
};

/// A server with small limits, and a client with an app's token.
async fn narrow(limits: Limits, scopes: &[Scope]) -> (Town, Client) {
    let mut town = Town::peopled().await;
    town.stop().await;
    let opening = ledger_server::Opening { limits, ..town.opening() };
    town.start_with(opening).await.unwrap();
    let token = made(&town, app(COOP, scopes)).await;
    let client = town.client_of(COOP, Some(&token));
    (town, client)
}

#[test]
fn a_token_makes_so_many_calls_and_then_waits_as_long_as_it_is_told() {
    run(async {
        let ten = NonZeroU32::new(10).unwrap();
        let limits = Limits { requests_a_second: ten, ..Limits::default() };
        let (town, client) = narrow(limits, &[Scope::StoreRead]).await;
        let totals = async |client: &Client| {
            let context = Some(client.read_context());
            client.get_store_totals(v1::GetStoreTotalsRequest { context }).await
        };
        let mut refused = Vec::new();
        for _ in 0..60 {
            refused.extend(totals(&client).await.err());
        }
        let told = refusal(refused.pop().unwrap());
        assert_eq!(told.reason, "RATE_LIMITED");
        let wait = told.retry_after.unwrap();
        assert!(wait <= Duration::from_secs(1), "{wait:?}");
        // Nobody else waits for them, and whoever waits is answered.
        totals(&town.client()).await.unwrap();
        tokio::time::sleep(wait + Duration::from_millis(10)).await;
        totals(&client).await.unwrap();
    });
}

#[test]
fn so_many_streams_are_open_and_no_more() {
    run(async {
        let limits = Limits { streams_each: 2, streams: 4, ..Limits::default() };
        let (town, client) = narrow(limits, &[Scope::HistoryRead]).await;
        let watch = async |client: &Client| {
            let request = v1::WatchHistoryRequest { coop: client.coop(), after_position: 0 };
            let mut stream = client.watch_history(request).await?;
            stream.message().await?;
            Ok::<_, Error>(stream)
        };
        let first = watch(&client).await.unwrap();
        let second = watch(&client).await.unwrap();
        let told = refusal(watch(&client).await.err().unwrap());
        assert_eq!((told.reason.as_str(), &*told.metadata["most"]), ("TOO_MANY_STREAMS", "2"));
        let operator = town.client();
        let third = watch(&operator).await.unwrap();
        let fourth = watch(&operator).await.unwrap();
        let told = refusal(watch(&operator).await.err().unwrap());
        assert_eq!((told.reason.as_str(), &*told.metadata["most"]), ("TOO_MANY_STREAMS", "4"));
        drop((first, third));
        // The server hears of it a moment later.
        let mut again = watch(&client).await;
        while again.as_ref().err().map(reason).as_deref() == Some("TOO_MANY_STREAMS") {
            tokio::time::sleep(Duration::from_millis(20)).await;
            again = watch(&client).await;
        }
        again.unwrap();
        drop((second, fourth));
    });
}

#[test]
fn whoever_takes_nothing_is_let_go_and_resumes_without_loss() {
    run(async {
        let limits = Limits { stall: Duration::from_millis(200), ..Limits::default() };
        let (town, client) = narrow(limits, &[Scope::HistoryRead]).await;
        let began = town.position().await;
        let coop = client.coop();
        // A reader who has little room of their own, so that what they do not take waits at the server.
        let endpoint = Endpoint::from_shared(format!("http://{}", town.address())).unwrap();
        let channel = endpoint.initial_stream_window_size(65_535).connect_lazy();
        let mut history = HistoryServiceClient::new(channel);
        let request = v1::WatchHistoryRequest { coop: coop.clone(), after_position: began };
        let request = dressed(request, Some(town.token()));
        let mut stream = history.watch_history(request).await.unwrap().into_inner();
        stream.message().await.unwrap();
        // More than lies between the two, while nobody reads.
        for _ in 0..140 {
            say::many(&town, 700).await;
        }
        tokio::time::sleep(Duration::from_secs(1)).await;
        let mut last = began;
        let told = loop {
            match stream.message().await {
                Ok(Some(message)) => {
                    for entry in message.entries {
                        assert_eq!(entry.position, last + 1);
                        last = entry.position;
                    }
                    assert!(last < town.position().await, "they were never let go");
                }
                Ok(None) => panic!("the stream ends without a word"),
                Err(status) => break Error::of_status(&status, None),
            }
        };
        assert_eq!(reason(&told), "FELL_BEHIND");
        let head = town.position().await;
        assert!(last < head, "{last} of {head}");
        let request = v1::WatchHistoryRequest { coop, after_position: last };
        let mut stream = client.watch_history(request).await.unwrap();
        while last < head {
            for entry in stream.message().await.unwrap().unwrap().entries {
                assert_eq!(entry.position, last + 1);
                last = entry.position;
            }
        }
    });
}

/// What comes of this while something is written.
async fn meanwhile<T>(town: &Town, what: impl Future<Output = T>) -> T {
    let writes = async {
        loop {
            say::many(town, 1).await;
        }
    };
    tokio::select! {
        never = writes => never,
        what = what => what,
    }
}

#[test]
fn whoever_follows_a_log_that_outruns_them_waits_and_hears_that_it_goes_on() {
    run(async {
        let limits = Limits { told_a_second: 1, ..Limits::default() };
        let (mut town, client) = narrow(limits, &[Scope::HistoryRead]).await;
        let began = town.position().await;
        let request = v1::WatchHistoryRequest { coop: client.coop(), after_position: began };
        let mut stream = client.watch_history(request.clone()).await.unwrap();
        assert_eq!(stream.message().await.unwrap().unwrap().entries, []);
        for _ in 0..16 {
            say::many(&town, 700).await;
        }
        let head = town.position().await;
        let mut last = began;
        let waits = loop {
            let message = stream.message().await.unwrap().unwrap();
            if message.entries.is_empty() {
                break message;
            }
            for entry in message.entries {
                assert_eq!(entry.position, last + 1);
                last = entry.position;
            }
        };
        assert!(began < last && last < head, "{last} of {began} to {head}");
        assert_eq!(waits.head.unwrap().position, head, "it hears how far the log goes");
        // Whoever is told little meanwhile waits for nobody.
        let after_position = head - 1;
        let near = v1::WatchHistoryRequest { after_position, ..request };
        let mut near = client.watch_history(near).await.unwrap();
        assert_eq!(near.message().await.unwrap().unwrap().entries.len(), 1);
        // Whoever runs the server sees how far the first one is behind.
        let watched = Page::open(([127, 0, 0, 1], 0).into(), Arc::default()).await.unwrap();
        watched.ready(town.serving());
        let (_, said) = page(watched.address(), "/metrics").await;
        for line in [
            "carestore_followers{coop=\"colne-valley\"} 2".to_owned(),
            format!("carestore_followers_behind{{coop=\"colne-valley\"}} {}", head - last),
        ] {
            assert!(said.lines().any(|known| known == line), "{line} is not in\n{said}");
        }
        // Whoever carries off what was is not told all of it while something is written, either: they stand in the same line.
        let (coop, unchecked) = (client.coop(), client.unchecked());
        let carry_off = async {
            let all = v1::ReadHistoryRequest { coop: coop.clone(), ..Default::default() };
            let mut past = unchecked.read_history(all).await.unwrap();
            let first = past.message().await.unwrap().unwrap().entries;
            (past, first.len())
        };
        let (mut past, first) = meanwhile(&town, carry_off).await;
        assert!(0 < first && i64::try_from(first).unwrap() < head, "{first} of {head}");
        let carry_off = async {
            let all = v1::ExportBundleRequest { coop: coop.clone(), ..Default::default() };
            let mut bundle = unchecked.export_bundle(all).await.unwrap();
            loop {
                let told = bundle.message().await.unwrap().unwrap().part;
                if let Some(Part::Entries(first)) = told {
                    return (bundle, first.entries.len());
                }
            }
        };
        let (mut bundle, first) = meanwhile(&town, carry_off).await;
        assert!(0 < first && i64::try_from(first).unwrap() < head, "{first} of {head}");
        for _ in 0..4 {
            say::many(&town, 700).await;
        }
        tokio::select! {
            biased;
            more = past.message() => panic!("they are told {:?}", more.map(|_| ())),
            more = bundle.message() => panic!("they are told {:?}", more.map(|_| ())),
            () = std::future::ready(()) => {}
        }
        // And nobody holds up a server that stops.
        let stop = town.stop();
        let (told, past, bundle, ()) =
            tokio::join!(stream.message(), past.message(), bundle.message(), stop);
        let (past, bundle) = (past.map(|_| ()).unwrap_err(), bundle.map(|_| ()).unwrap_err());
        assert_eq!(reason(&told.unwrap_err()), "SHUTTING_DOWN");
        for carried_off in [past, bundle] {
            assert_eq!(reason(&Error::of_status(&carried_off, None)), "SHUTTING_DOWN");
        }
    });
}

#[test]
fn a_carer_asks_for_so_much_and_no_more() {
    run(async {
        let town = Town::peopled().await;
        for _ in 0..10 {
            town.ok(say::record(3, 4, 600)).await;
            town.later(DAY);
        }
        for _ in 0..ledger_core::MAX_OPEN_PROMISES {
            town.ok(say::respite(3, 1, "2026-03-20")).await;
        }
        let told = refusal(town.ask(say::respite(3, 1, "2026-03-20")).await.unwrap_err());
        assert_eq!((told.reason.as_str(), &*told.metadata["most"]), ("TOO_MANY_PROMISES", "100"));
    });
}

/// What a caller of its own making sends, over a connection of its own, and what comes back.
async fn raw(town: &Town, method: &str, headers: &str, body: &[u8]) -> String {
    let mut connection = tokio::net::TcpStream::connect(town.address()).await.unwrap();
    let head = format!(
        "POST /carestore.v1.{method} HTTP/1.1\r\nhost: {}\r\nx-grpc-web: 1\r\n\
         content-type: application/grpc-web+proto\r\ncontent-length: {}\r\n\
         connection: close\r\n{headers}\r\n",
        town.address(),
        body.len() + 5
    );
    let mut request = head.into_bytes();
    request.push(0);
    request.extend(u32::try_from(body.len()).unwrap().to_be_bytes());
    request.extend(body);
    // The server may have heard enough before all is sent.
    drop(connection.write_all(&request).await);
    let mut answer = Vec::new();
    drop(connection.read_to_end(&mut answer).await);
    String::from_utf8_lossy(&answer).into_owned()
}

#[test]
fn what_is_no_message_is_refused_by_a_reason() {
    run(async {
        let town = Town::peopled().await;
        let token = format!("authorization: Bearer {}\r\n", town.token());
        let log_hours = "TimeBankService/LogHours";
        let before = town.position().await;
        let huge_varint = [&[0x08][..], &[0xff; 11]].concat();
        let bad_utf8 = [0x0a, 0x04, 0x0a, 0x02, 0xff, 0xfe];
        let endless = [0x0a, 0xff, 0xff, 0xff, 0xff, 0x0f];
        let groups = [0x0b; 200];
        for bytes in [&huge_varint[..], &bad_utf8, &endless, &groups] {
            let answer = raw(&town, log_hours, &token, bytes).await;
            assert!(
                answer.contains("grpc-status: 3") || answer.contains("grpc-status:3"),
                "{answer}"
            );
            assert!(answer.contains("grpc-status-details-bin"), "{answer}");
            let said = answer.replace("%20", " ");
            assert!(said.contains("cannot be read as a message"), "{answer}");
        }
        let long = vec![0; MAX_REQUEST + 1];
        let answer = raw(&town, log_hours, &token, &long).await;
        assert!(answer.contains("grpc-status: 8") || answer.contains("grpc-status:8"), "{answer}");
        let mut batch = v1::SubmitBatchRequest::default();
        let mut write = say::record(1, 4, 1);
        *write.context() = Some(v1::WriteContext { note: "x".repeat(MAX_REQUEST), ..town.by("") });
        batch.writes.push(write.write());
        let told = refusal(town.client().submit_batch(batch).await.unwrap_err());
        assert_eq!(told.reason, "MESSAGE_TOO_LARGE");
        assert_eq!(told.metadata["most_bytes"], MAX_REQUEST.to_string());
        // A flood of header fields never gets as far as a method.
        let flood =
            format!("{token}{}", "x-flood: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\r\n".repeat(4_000));
        let answer = raw(&town, log_hours, &flood, &[]).await;
        assert!(!answer.starts_with("HTTP/1.1 200"), "{answer}");
        assert_eq!(town.position().await, before, "nothing was stored, and the server goes on");
    });
}
