//! Those who have no token, and say little or much: they hold nothing for long.

use std::time::Duration;

use ledger_proto::Refusal;
use ledger_server::Limits;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tonic::Code;
use tonic_health::pb::{HealthCheckRequest, health_client::HealthClient};

use super::floods::never_finished;
use crate::harness::{Town, ask::Ask, run, say};

/// A server with a voucher that is out, on which strangers have so long; and its code.
async fn with_voucher(strangers: Duration) -> (Town, String) {
    let mut town = Town::peopled().await;
    say::bakery(&town, 5).await;
    let code = town.ok(say::issue(1, 1)).await.voucher_code;
    town.stop().await;
    let limits = Limits { strangers, ..Limits::default() };
    let opening = ledger_server::Opening { limits, ..town.opening() };
    town.start_with(opening).await.unwrap();
    (town, code)
}

/// What an empty message comes to whose end comes a second late.
async fn slowly(town: &Town, path: &str, headers: &str) -> String {
    let mut connection = tokio::net::TcpStream::connect(town.address()).await.unwrap();
    let head = format!(
        "POST {path} HTTP/1.1\r\nhost: {}\r\nconnection: close\r\ncontent-length: 5\r\n\
         content-type: application/grpc-web+proto\r\n{headers}\r\n\0\0",
        town.address()
    );
    connection.write_all(head.as_bytes()).await.unwrap();
    tokio::time::sleep(Duration::from_secs(1)).await;
    // Who was let go is not listened to any more.
    drop(connection.write_all(&[0; 3]).await);
    let mut answer = Vec::new();
    drop(connection.read_to_end(&mut answer).await);
    String::from_utf8_lossy(&answer).into_owned()
}

#[test]
fn whoever_has_no_token_and_never_finishes_is_let_go() {
    run(async {
        let (town, code) = with_voucher(Duration::from_millis(300)).await;
        let before = town.position().await;
        // Eight megabytes are announced, and some of them come.
        let path = "/carestore.v1.VoucherService/RedeemVoucher";
        assert!(never_finished(&town, path).await, "the call has ended");
        assert_eq!(town.position().await, before, "nothing is stored");
        // Who does finish is answered.
        let mut request = say::redeem(&code);
        *request.context() = Some(town.by(""));
        request.send(&town.stranger()).await.unwrap();
        // Nobody with a token is hurried: however late the rest comes, it is answered for what it says.
        let token = format!("authorization: Bearer {}\r\n", town.token());
        for (headers, status) in [("", "grpc-status:4"), (&token, "grpc-status:3")] {
            let answer =
                slowly(&town, path, headers).await.replace("grpc-status: ", "grpc-status:");
            assert!(answer.contains(status), "{answer}");
        }
    });
}

#[test]
fn what_anybody_may_ask_is_short() {
    run(async {
        let town = Town::peopled().await;
        let service = "x".repeat(100_000);
        let request = HealthCheckRequest { service };
        let status = HealthClient::new(town.channel()).check(request).await.unwrap_err();
        assert_eq!(status.code(), Code::OutOfRange, "{status:?}");
        assert!(status.message().contains("4096"), "it says how much: {status:?}");
        assert_eq!(Refusal::read(&status), None);
        let request = HealthCheckRequest { service: "carestore.v1.StoreService".to_owned() };
        assert_eq!(
            HealthClient::new(town.channel()).check(request).await.unwrap().into_inner().status,
            1
        );
    });
}
