//! Who may call what: every method of every service, with and without a token.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that fails says so")]

use ledger_proto::{DESCRIPTORS, Refusal, v1};
use ledger_server::{Access, House, Opening, access, serve};
use prost::Message;
use prost_types::FileDescriptorSet;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio_stream::StreamExt;
use tonic::{Code, Status, client::Grpc, codegen::http::uri::PathAndQuery};
use tonic_health::pb::{HealthCheckRequest, health_client::HealthClient};

use crate::harness::{Town, ask::dressed, run};

/// Every method of the API, as `carestore.v1.CoopService/FoundCoop`.
pub(crate) fn methods() -> Vec<String> {
    let set = FileDescriptorSet::decode(DESCRIPTORS).unwrap();
    let mut methods = Vec::new();
    for file in &set.file {
        for service in &file.service {
            let named = |method: &prost_types::MethodDescriptorProto| {
                format!("{}.{}/{}", file.package(), service.name(), method.name())
            };
            methods.extend(service.method.iter().map(named));
        }
    }
    methods
}

/// Calls a method with an empty message, and says how that ended.
pub(crate) async fn call(town: &Town, method: &str, token: Option<&str>) -> Status {
    let mut grpc = Grpc::new(town.channel());
    grpc.ready().await.unwrap();
    let path = PathAndQuery::try_from(format!("/{method}")).unwrap();
    let codec = tonic_prost::ProstCodec::<(), ()>::default();
    let request = dressed((), token);
    match grpc.unary(request, path, codec).await {
        Ok(_) => Status::ok(""),
        Err(status) => status,
    }
}

#[test]
fn every_method_has_a_row_and_one_alone_is_for_anybody() {
    let methods = methods();
    assert!(methods.len() > 40, "{methods:?}");
    let open: Vec<&String> =
        methods.iter().filter(|method| access(method) == Some(Access::Anybody)).collect();
    assert_eq!(open, ["carestore.v1.VoucherService/RedeemVoucher"]);
    for method in &methods {
        assert!(access(method).is_some(), "{method} has no row in the table of access");
    }
    assert_eq!(access("carestore.v1.NoService/DoIt"), None);
}

#[test]
fn every_method_asks_for_the_token() {
    run(async {
        let town = Town::founded().await;
        for method in methods() {
            let without = call(&town, &method, None).await;
            if access(&method) == Some(Access::Anybody) {
                assert_eq!(without.code(), Code::InvalidArgument, "{method}");
                continue;
            }
            assert_eq!(without.code(), Code::Unauthenticated, "{method}");
            assert_eq!(Refusal::read(&without).unwrap().reason, "TOKEN_MISSING");
            let wrong = call(&town, &method, Some("cst_wrong")).await;
            assert_eq!(wrong.code(), Code::Unauthenticated, "{method}");
            assert_eq!(Refusal::read(&wrong).unwrap().reason, "TOKEN_UNKNOWN");
            let right = call(&town, &method, Some(town.token())).await;
            assert_ne!(right.code(), Code::Unauthenticated, "{method}");
            assert_ne!(right.code(), Code::Unimplemented, "{method}");
        }
        let nowhere = call(&town, "carestore.v1.NoService/DoIt", None).await;
        assert_eq!(nowhere.code(), Code::Unauthenticated);
        let nowhere = call(&town, "carestore.v1.NoService/DoIt", Some(town.token())).await;
        assert_eq!(nowhere.code(), Code::Unimplemented);
    });
}

#[test]
fn health_answers_anybody() {
    run(async {
        let town = Town::bare().await;
        for service in ["", "carestore.v1.TimeBankService"] {
            let request = HealthCheckRequest { service: service.to_owned() };
            let answer = HealthClient::new(town.channel()).check(request).await.unwrap();
            assert_eq!(answer.into_inner().status, 1, "{service}");
        }
    });
}

macro_rules! reflected {
    ($version:ident, $town:ident) => {{
        use tonic_reflection::pb::$version::{
            ServerReflectionRequest, server_reflection_client::ServerReflectionClient,
            server_reflection_request::MessageRequest, server_reflection_response::MessageResponse,
        };
        let asked = ServerReflectionRequest {
            host: String::new(),
            message_request: Some(MessageRequest::ListServices(String::new())),
        };
        let mut client = ServerReflectionClient::new($town.channel());
        let answers = client.server_reflection_info(tokio_stream::once(asked)).await.unwrap();
        let answer = answers.into_inner().next().await.unwrap().unwrap();
        let Some(MessageResponse::ListServicesResponse(list)) = answer.message_response else {
            panic!("no list of services");
        };
        list.service.into_iter().map(|service| service.name).collect::<Vec<String>>()
    }};
}

#[test]
fn reflection_names_every_service_in_both_versions() {
    run(async {
        let town = Town::bare().await;
        for services in [reflected!(v1, town), reflected!(v1alpha, town)] {
            for method in methods() {
                let service = method.split('/').next().unwrap().to_owned();
                assert!(services.contains(&service), "{service}");
            }
        }
    });
}

#[test]
fn nobody_outside_this_machine_is_served_without_tls() {
    run(async {
        let dir = tempfile::tempdir().unwrap();
        let house = House::open(&Opening::at(dir.path())).unwrap();
        let refused = serve(house, ([0, 0, 0, 0], 0).into(), None).await.err().unwrap();
        assert!(refused.to_string().contains("--tls-cert"), "{refused}");
    });
}

/// What a browser sends, and what it gets: HTTP/1.1, with the trailers in the body.
pub(crate) async fn by_web(
    town: &Town,
    method: &str,
    headers: &str,
    message: &impl Message,
) -> String {
    let mut connection = tokio::net::TcpStream::connect(town.address()).await.unwrap();
    let length = message.encoded_len();
    let head = format!(
        "POST /carestore.v1.{method} HTTP/1.1\r\nhost: {}\r\nx-grpc-web: 1\r\n\
         content-type: application/grpc-web+proto\r\ncontent-length: {}\r\n\
         connection: close\r\n{headers}\r\n",
        town.address(),
        length + 5
    );
    let mut request = head.into_bytes();
    request.push(0);
    request.extend(u32::try_from(length).unwrap().to_be_bytes());
    request.extend(message.encode_to_vec());
    connection.write_all(&request).await.unwrap();
    let mut answer = Vec::new();
    connection.read_to_end(&mut answer).await.unwrap();
    String::from_utf8_lossy(&answer).replace("grpc-status: ", "grpc-status:")
}

#[test]
fn a_browser_is_answered_over_plain_http() {
    run(async {
        let town = Town::founded().await;
        let token = format!("authorization: Bearer {}\r\n", town.token());
        let asked = v1::ListCoopsRequest::default();
        let answer = by_web(&town, "CoopService/ListCoops", &token, &asked).await;
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
        assert!(answer.contains("application/grpc-web+proto"), "{answer}");
        assert!(answer.contains("coops/colne-valley"), "{answer}");
        assert!(answer.contains("grpc-status:0"), "{answer}");
        let refused = by_web(&town, "CoopService/ListCoops", "", &asked).await;
        assert!(refused.contains("grpc-status:16"), "{refused}");
    });
}

#[test]
fn a_deadline_that_passes_is_called_by_its_name() {
    run(async {
        let town = Town::founded().await;
        let headers = format!("authorization: Bearer {}\r\ngrpc-timeout: 20m\r\n", town.token());
        // Nothing will ever be there, and the server waits for it longer than the caller does.
        let context = Some(v1::ReadContext { at_least_position: 99, ..town.read() });
        let asked = v1::GetStoreTotalsRequest { context };
        let answer = by_web(&town, "StoreService/GetStoreTotals", &headers, &asked).await;
        assert!(answer.contains("grpc-status:4"), "{answer}");
    });
}

#[test]
fn every_answer_has_the_id_by_which_the_journal_knows_its_call() {
    run(async {
        let town = Town::founded().await;
        let asked = v1::ListCoopsRequest::default();
        let token = format!("authorization: Bearer {}\r\n", town.token());
        let said = format!("{token}x-request-id: rota-17.b\r\n");
        let answer = by_web(&town, "CoopService/ListCoops", &said, &asked).await;
        assert!(answer.contains("x-request-id: rota-17.b\r\n"), "{answer}");
        // What could write something of its own into the journal is not taken; a refusal has an id, too.
        let forged = format!("x-request-id: a b;{}\r\n", "x".repeat(80));
        for headers in [format!("{token}{forged}"), forged, token] {
            let answer = by_web(&town, "CoopService/ListCoops", &headers, &asked).await;
            let id = answer.split("x-request-id: ").nth(1).and_then(|rest| rest.lines().next());
            let id = id.unwrap_or_default();
            assert!(id.len() == 16 && id.bytes().all(|b| b.is_ascii_hexdigit()), "{answer}");
        }
    });
}
