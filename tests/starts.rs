//! Before a server answers, while it does, and when it stops: what callers and watchers hear of it.
#![allow(clippy::unwrap_used, reason = "a test that fails says so")]

use std::{net::SocketAddr, sync::Arc};

use ledger_proto::{Refusal, v1};
use ledger_server::{House, Lobby, Metrics, Opening, Page};
use tonic::{Code, transport::Endpoint};
use tonic_health::pb::{HealthCheckRequest, health_client::HealthClient};

use crate::{
    access::by_web,
    harness::{Town, page, run, say},
};

/// What health says: 1 is SERVING, 2 is not.
async fn health(at: SocketAddr) -> i32 {
    let channel = Endpoint::from_shared(format!("http://{at}")).unwrap().connect_lazy();
    let asked = HealthCheckRequest { service: String::new() };
    HealthClient::new(channel).check(asked).await.unwrap().into_inner().status
}

#[test]
fn whoever_calls_while_the_logs_are_read_is_told_to_come_again() {
    run(async {
        let mut town = Town::peopled().await;
        town.stop().await;
        let lobby = Lobby::open(([127, 0, 0, 1], 0).into(), None).await.unwrap();
        let at = lobby.address().unwrap();
        assert_eq!(health(at).await, 2, "not serving");
        let channel = Endpoint::from_shared(format!("http://{at}")).unwrap().connect_lazy();
        let mut coops = v1::coop_service_client::CoopServiceClient::new(channel);
        let list = v1::ListCoopsRequest::default();
        let refused = coops.list_coops(list.clone()).await.unwrap_err();
        let refusal = Refusal::read(&refused).unwrap();
        assert_eq!((refused.code(), refusal.reason.as_str()), (Code::Unavailable, "STARTING"));
        assert!(refusal.retry_after.is_some(), "{refusal:?}");
        let house = House::open(&town.opening()).unwrap();
        let serving = house.serve(lobby.close().await.unwrap(), None).unwrap();
        assert_eq!(serving.address(), at);
        assert_eq!(health(at).await, 1);
        // The same connection, or another in its place, gets as far as the gate.
        assert_eq!(coops.list_coops(list).await.unwrap_err().code(), Code::Unauthenticated);
        serving.stop().await.unwrap();
    });
}

/// The lobby has the same door: what is too much there is too much here.
#[test]
fn whoever_asks_too_much_while_the_logs_are_read_is_refused() {
    run(async {
        let lobby = Lobby::open(([127, 0, 0, 1], 0).into(), None).await.unwrap();
        let at = lobby.address().unwrap();
        let channel = Endpoint::from_shared(format!("http://{at}")).unwrap().connect_lazy();
        let mut health = HealthClient::new(channel);
        let asked = |length: usize| HealthCheckRequest { service: "x".repeat(length) };
        let mut flood = tonic::Request::new(asked(0));
        flood.metadata_mut().insert("x-flood", "a".repeat(24 << 10).parse().unwrap());
        health.check(flood).await.unwrap_err();
        let long = health.check(asked(5 << 10)).await.unwrap_err();
        assert_eq!(long.code(), Code::OutOfRange, "{long:?}");
        assert_eq!(health.check(asked(0)).await.unwrap().into_inner().status, 2);
        drop(lobby.close().await.unwrap());
    });
}

#[test]
fn figures_are_there_from_the_first_moment_to_the_last() {
    run(async {
        let mut town = Town::peopled().await;
        town.ok(say::respite(3, 60, "2026-03-20")).await;
        let head = town.position().await;
        town.stop().await;
        // Without its snapshots the start reads all of the log.
        std::fs::remove_dir_all(town.dir.path().join("snapshots")).unwrap();
        let metrics = Arc::<Metrics>::default();
        let opening = Opening { metrics: Arc::clone(&metrics), ..town.opening() };
        let watched = Page::open(([127, 0, 0, 1], 0).into(), metrics).await.unwrap();
        let at = watched.address();
        let status = async |path: &str| page(at, path).await.0;
        assert_eq!(status("/livez").await, "HTTP/1.1 200 OK");
        assert_eq!(status("/readyz").await, "HTTP/1.1 503 Service Unavailable");
        assert!(page(at, "/metrics").await.1.contains("carestore_replayed_entries 0\n"));
        town.start_with(opening).await.unwrap();
        watched.ready(town.serving());
        assert_eq!(status("/readyz").await, "HTTP/1.1 200 OK");
        assert_eq!(town.no(say::give(1, 1, 60)).await, "SAME_PERSON");
        town.ok(say::enrol(v1::Hat::Supporter)).await;
        let stranger = town.stranger().list_coops(v1::ListCoopsRequest::default()).await;
        assert!(stranger.is_err());
        // Not a message of this method: refused before any method sees it, and counted all the same.
        let token = format!("authorization: Bearer {}\r\n", town.token());
        let other = v1::Receipt { position: 7, ..Default::default() };
        by_web(&town, "MembersService/GetMember", &token, &other).await;
        let (first, said) = page(at, "/metrics").await;
        assert_eq!(first, "HTTP/1.1 200 OK");
        for line in [
            format!("carestore_replayed_entries {head}"),
            format!("carestore_head_position{{coop=\"colne-valley\"}} {}", head + 1),
            "carestore_refusals_total{reason=\"SAME_PERSON\"} 1".to_owned(),
            "carestore_refusals_total{reason=\"TOKEN_MISSING\"} 1".to_owned(),
            "carestore_refusals_total{reason=\"INVALID_FIELD\"} 1".to_owned(),
            "carestore_open_holds{coop=\"colne-valley\"} 1".to_owned(),
            "carestore_served{coop=\"colne-valley\"} 1".to_owned(),
            "carestore_commit_seconds_count 1".to_owned(),
            "carestore_backup_age_seconds -1".to_owned(),
        ] {
            assert!(said.lines().any(|known| known == line), "{line} is not in\n{said}");
        }
        watched.stopping();
        assert_eq!(status("/readyz").await, "HTTP/1.1 503 Service Unavailable");
        town.stop().await;
    });
}
