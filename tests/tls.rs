//! Connections that nobody between can read, and callers who must show a certificate.
#![allow(clippy::unwrap_used, reason = "a test that fails says so")]

use std::{fs, path::Path};

use ledger_client::{Client, Options, Shown};
use ledger_proto::v1;
use ledger_server::{House, Opening, Serving, Tls, dev_certs, serve};

use crate::harness::{program, run, token};

/// A server on a folder, with certificates beside it.
async fn served(dir: &Path, client_ca: Option<&Path>) -> Serving {
    let certs = dir.join("certs");
    let tls = Tls {
        certificate: certs.join("server.pem"),
        key: certs.join("server.key"),
        client_ca: client_ca.map(Path::to_owned),
    };
    let house = House::open(&Opening::at(dir.join("data"))).unwrap();
    // Reached from other machines: with TLS it may.
    serve(house, ([0, 0, 0, 0], 0).into(), Some(&tls)).await.unwrap()
}

fn certificates(dir: &Path) {
    dev_certs(&dir.join("certs"), &["localhost".to_owned(), "127.0.0.1".to_owned()]).unwrap();
}

/// A client that trusts the authority of one folder, and shows the certificate of another.
fn client(serving: &Serving, dir: &Path, shown: Option<&Path>) -> Client {
    let shown = shown.map(|dir| Shown {
        certificate: fs::read(dir.join("certs/client.pem")).unwrap(),
        key: fs::read(dir.join("certs/client.key")).unwrap(),
    });
    let trusted = Some(fs::read(dir.join("certs/ca.pem")).unwrap());
    let options = Options { trusted, shown, tries: 1, ..Options::default() };
    let url = format!("https://localhost:{}", serving.address().port());
    Client::connect(&url, None, options).unwrap()
}

/// Whether the server is reached: it says that it wants a token.
async fn reached(client: &Client) -> bool {
    let refused = client.list_coops(v1::ListCoopsRequest::default()).await.unwrap_err();
    refused.reason() == Some("TOKEN_MISSING")
}

#[test]
fn a_server_with_tls_is_reached_by_whoever_trusts_it() {
    run(async {
        let dir = tempfile::tempdir().unwrap();
        let other = tempfile::tempdir().unwrap();
        certificates(dir.path());
        certificates(other.path());
        let serving = served(dir.path(), None).await;
        assert!(reached(&client(&serving, dir.path(), None)).await);
        assert!(!reached(&client(&serving, other.path(), None)).await, "another authority");
        // In the open, nothing is answered.
        let url = format!("http://127.0.0.1:{}", serving.address().port());
        let options = Options { tries: 1, ..Options::default() };
        assert!(!reached(&Client::connect(&url, None, options).unwrap()).await);
        // As a person types it.
        let url = format!("https://127.0.0.1:{}", serving.address().port());
        let words =
            ["--server", &url, "--ca-file", "certs/ca.pem", "--token-file", "data/operator.token"];
        let words = [&words[..], &["coop", "list"]].concat();
        let said = program::carestore(dir.path()).says(&words);
        assert_eq!(program::heard(&said).0, Some(0), "{:?}", program::heard(&said));
        assert!(token(&dir.path().join("data")).starts_with("cst_"));
        serving.stop().await.unwrap();
    });
}

#[test]
fn where_certificates_are_asked_for_nobody_else_gets_as_far_as_a_token() {
    run(async {
        let dir = tempfile::tempdir().unwrap();
        let other = tempfile::tempdir().unwrap();
        certificates(dir.path());
        certificates(other.path());
        let serving = served(dir.path(), Some(&dir.path().join("certs/ca.pem"))).await;
        assert!(reached(&client(&serving, dir.path(), Some(dir.path()))).await);
        assert!(!reached(&client(&serving, dir.path(), None)).await, "none");
        assert!(!reached(&client(&serving, dir.path(), Some(other.path()))).await, "another's");
        serving.stop().await.unwrap();
    });
}

#[test]
fn a_certificate_that_cannot_be_read_is_named() {
    run(async {
        let dir = tempfile::tempdir().unwrap();
        let house = House::open(&Opening::at(dir.path())).unwrap();
        let missing = dir.path().join("missing.pem");
        let tls = Tls { certificate: missing.clone(), key: missing, client_ca: None };
        let refused = serve(house, ([127, 0, 0, 1], 0).into(), Some(&tls)).await.err().unwrap();
        assert!(refused.to_string().contains("missing.pem"), "{refused}");
    });
}
