//! Pages of strangers, in the browser of somebody who may: they get no answer that they can read, and book nothing.
//!
//! No origin is let in. A browser asks beforehand whether a page may send what is no plain form, and is not told so; what it
//! sends without asking is not taken; and of whatever else comes back it shows the page nothing.

use ledger_proto::{DESCRIPTORS, v1};
use prost::Message;
use prost_reflect::DescriptorPool;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tonic::{
    body::Body,
    client::GrpcService,
    codegen::http::{self, HeaderMap},
};

use crate::harness::{COOP, Town, ask::Ask, run, say};

const STRANGER: &str = "origin: https://stranger.example\r\n";

fn paths() -> Vec<String> {
    let pool = DescriptorPool::decode(DESCRIPTORS).unwrap();
    let methods = pool.services().flat_map(|service| service.methods().collect::<Vec<_>>());
    methods
        .map(|method| format!("/{}/{}", method.parent_service().full_name(), method.name()))
        .collect()
}

/// What comes back over HTTP/1.1, headers and all.
async fn sent(town: &Town, method: &str, path: &str, (headers, body): (&str, &[u8])) -> String {
    let mut connection = tokio::net::TcpStream::connect(town.address()).await.unwrap();
    let head = format!(
        "{method} {path} HTTP/1.1\r\nhost: {}\r\nconnection: close\r\ncontent-length: {}\r\n\
         {headers}\r\n",
        town.address(),
        body.len()
    );
    connection.write_all(&[head.as_bytes(), body].concat()).await.unwrap();
    let mut answer = Vec::new();
    connection.read_to_end(&mut answer).await.unwrap();
    String::from_utf8_lossy(&answer).to_lowercase()
}

/// As gRPC-web frames a message.
fn framed(message: &impl Message) -> Vec<u8> {
    let bytes = message.encode_to_vec();
    let length = u32::try_from(bytes.len()).unwrap();
    [&[0][..], &length.to_be_bytes(), &bytes].concat()
}

fn says_nothing_to_pages(headers: &HeaderMap) -> bool {
    !headers.keys().any(|name| name.as_str().starts_with("access-control-"))
}

#[test]
fn a_page_of_a_stranger_may_not_ask_and_cannot_read() {
    run(async {
        let town = Town::peopled().await;
        let before = town.position().await;
        let token = format!("authorization: Bearer {}\r\n", town.token());
        let asks = "access-control-request-method: POST\r\n\
             access-control-request-headers: authorization,content-type,x-grpc-web\r\n";
        for path in paths() {
            let asked = format!("{STRANGER}{asks}");
            let answer = sent(&town, "OPTIONS", &path, (&asked, &[])).await;
            assert!(answer.starts_with("http/1.1 4"), "{path}: {answer}");
            assert!(!answer.contains("access-control-"), "{path}: {answer}");
            if path.ends_with("/WatchHistory") {
                continue;
            }
            // A browser that does not ask beforehand, or another program that says the same.
            for kind in ["grpc-web", "grpc-web+proto", "grpc-web-text", "grpc-web-text+proto"] {
                let headers = format!("{STRANGER}{token}content-type: application/{kind}\r\n");
                let answer = sent(&town, "POST", &path, (&headers, &framed(&()))).await;
                assert!(!answer.contains("access-control-"), "{path}: {answer}");
            }
            let headers = format!("{STRANGER}{token}");
            let answer = sent(&town, "GET", &path, (&headers, &[])).await;
            assert!(answer.starts_with("http/1.1 4"), "{path}: {answer}");
        }
        assert_eq!(town.position().await, before, "nothing is stored");
    });
}

#[test]
fn nor_over_http2() {
    run(async {
        let town = Town::peopled().await;
        let before = town.position().await;
        let mut channel = town.channel();
        for path in paths().iter().filter(|path| !path.ends_with("/WatchHistory")) {
            for method in [http::Method::OPTIONS, http::Method::POST, http::Method::GET] {
                let request = http::Request::builder()
                    .method(method.clone())
                    .uri(path)
                    .header("origin", "https://stranger.example")
                    .header("access-control-request-method", "POST")
                    .header("authorization", format!("Bearer {}", town.token()))
                    .body(Body::empty())
                    .unwrap();
                std::future::poll_fn(|context| {
                    GrpcService::<Body>::poll_ready(&mut channel, context)
                })
                .await
                .unwrap();
                let answer = GrpcService::call(&mut channel, request).await.unwrap();
                assert!(says_nothing_to_pages(answer.headers()), "{method} {path}: {answer:?}");
                // Nothing that is no gRPC is answered as if it were well.
                let done = answer.headers().get("grpc-status").is_some_and(|status| status == "0");
                assert!(!done, "{method} {path}: {answer:?}");
            }
        }
        assert_eq!(town.position().await, before, "nothing is stored");
    });
}

#[test]
fn a_form_of_a_stranger_books_nothing() {
    run(async {
        let town = Town::peopled().await;
        say::bakery(&town, 5).await;
        let code = town.ok(say::issue(1, 1)).await.voucher_code;
        let before = town.position().await;
        // The one method that needs no token, with a right code: what a page could send if it knew one.
        let mut request = say::redeem(&code);
        *request.context() =
            Some(v1::WriteContext { coop: format!("coops/{COOP}"), ..town.by("") });
        let body = framed(&request);
        let path = "/carestore.v1.VoucherService/RedeemVoucher";
        // What a browser sends for a page without asking anybody.
        let plain = [
            "",
            "content-type: text/plain\r\n",
            "content-type: text/plain;charset=application/grpc-web\r\n",
            "content-type: application/x-www-form-urlencoded\r\n",
            "content-type: multipart/form-data; boundary=x\r\n",
        ];
        // And what is no gRPC-web.
        let odd = ["content-type: application/grpc\r\n", "content-type: application/json\r\n"];
        for headers in plain.into_iter().chain(odd) {
            let headers = format!("{STRANGER}{headers}");
            let answer = sent(&town, "POST", path, (&headers, &body)).await;
            assert!(answer.starts_with("http/1.1 4"), "{headers}: {answer}");
            assert!(!answer.contains("access-control-"), "{headers}: {answer}");
            assert_eq!(town.position().await, before, "nothing is stored");
        }
        // It was right in itself: a program of the business books it.
        let web = "content-type: application/grpc-web+proto\r\n";
        let answer = sent(&town, "POST", path, (web, &body)).await;
        assert!(answer.contains("slaithwaite bakery"), "{answer}");
        assert_eq!(town.position().await, before + 1);
    });
}
