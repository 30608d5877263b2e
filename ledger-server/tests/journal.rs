//! The program itself, with callers of every sort: what it writes into its journal, and that it ends when it is told to.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that fails says so"
)]

use std::{
    env, fs,
    io::{BufRead, BufReader, Write},
    net::TcpStream,
    path::Path,
    process::{Child, Command, Stdio},
};

use ledger_proto::v1::{
    self, coop_service_client::CoopServiceClient, history_service_client::HistoryServiceClient,
    tokens_service_client::TokensServiceClient,
};
use tonic::{Code, Request, transport::Endpoint};

/// A server that does not outlive its test, however that ends.
struct Server(Child);

impl Drop for Server {
    fn drop(&mut self) {
        // An error says that it has ended already.
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

/// A server on a folder, its address, and its journal in a file.
fn served(within: &Path, journal: &Path) -> (Server, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_carestore-server"));
    for (name, _) in env::vars_os() {
        if name.to_string_lossy().starts_with("CARESTORE_") {
            command.env_remove(name);
        }
    }
    // Everything that anything in the program would ever say.
    command.env("CARESTORE_LOG", "trace").stderr(fs::File::create(journal).unwrap());
    command.args(["serve", "--listen", "127.0.0.1:0"]).current_dir(within);
    let mut server = Server(command.stdout(Stdio::piped()).spawn().unwrap());
    let mut lines = BufReader::new(server.0.stdout.take().unwrap()).lines();
    let serving =
        lines.find_map(|line| line.unwrap().strip_prefix("Serving on http://").map(str::to_owned));
    (server, serving.expect("it starts"))
}

fn dressed<M>(token: &str, message: M) -> Request<M> {
    let mut request = Request::new(message);
    request.metadata_mut().insert("authorization", format!("Bearer {token}").parse().unwrap());
    request
}

fn founding() -> v1::FoundCoopRequest {
    let context = v1::WriteContext {
        coop: "coops/colne-valley".to_owned(),
        request_id: uuid::Uuid::now_v7().to_string(),
        note: "Jean rang about the AGM".to_owned(),
        ..v1::WriteContext::default()
    };
    v1::FoundCoopRequest { context: Some(context), policy: None }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_journal_knows_no_token_and_no_words_of_people() {
    let dir = tempfile::tempdir().unwrap();
    let journal = dir.path().join("journal");
    let (server, address) = served(dir.path(), &journal);
    let operator = fs::read_to_string(dir.path().join("carestore-data/operator.token")).unwrap();
    let operator = operator.trim();
    let channel = Endpoint::from_shared(format!("http://{address}")).unwrap().connect_lazy();
    let mut coops = CoopServiceClient::new(channel.clone());
    coops.found_coop(dressed(operator, founding())).await.unwrap();
    let asked = v1::CreateTokenRequest {
        coop: "coops/colne-valley".to_owned(),
        title: "a test".to_owned(),
        role: v1::TokenRole::App.into(),
        scopes: vec![v1::Scope::CoopRead.into()],
        ..v1::CreateTokenRequest::default()
    };
    let mut tokens = TokensServiceClient::new(channel);
    let made = tokens.create_token(dressed(operator, asked)).await.unwrap().into_inner();
    let list = v1::ListCoopsRequest::default();
    coops.list_coops(dressed(&made.secret, list.clone())).await.unwrap();
    // The secret may end with either.
    let (most, end) = made.secret.split_at(made.secret.len() - 1);
    let wrong = format!("{most}{}", if end == "0" { "1" } else { "0" });
    for (token, code) in
        [("cst_no_such_token_at_all", Code::Unauthenticated), (&wrong, Code::Unauthenticated)]
    {
        let mut request = dressed(token, list.clone());
        request.metadata_mut().insert("x-request-id", "call-of-a-test".parse().unwrap());
        assert_eq!(coops.list_coops(request).await.unwrap_err().code(), code);
    }
    drop(server);
    let said = fs::read_to_string(&journal).unwrap();
    assert!(said.contains("carestore::calls"), "it says what it does");
    let secret = made.secret.rsplit('_').next().unwrap();
    for private in [operator, secret, &wrong, "cst_no_such_token_at_all", "Jean rang"] {
        assert!(!said.contains(private), "the journal says {private}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn it_ends_when_it_is_told_to_whoever_is_connected() {
    let dir = tempfile::tempdir().unwrap();
    let (mut server, address) = served(dir.path(), &dir.path().join("journal"));
    let token = fs::read_to_string(dir.path().join("carestore-data/operator.token")).unwrap();
    let channel =
        Endpoint::from_shared(format!("http://{address}")).unwrap().connect().await.unwrap();
    CoopServiceClient::new(channel.clone())
        .found_coop(dressed(token.trim(), founding()))
        .await
        .unwrap();
    // One follows, one follows and reads nothing, one says nothing at all, and one stops in the middle of a word.
    let watch =
        || v1::WatchHistoryRequest { coop: "coops/colne-valley".to_owned(), after_position: 0 };
    let mut history = HistoryServiceClient::new(channel);
    let mut follows =
        history.watch_history(dressed(token.trim(), watch())).await.unwrap().into_inner();
    assert!(follows.message().await.unwrap().is_some());
    let _deaf = history.watch_history(dressed(token.trim(), watch())).await.unwrap();
    let _idle = TcpStream::connect(&address).unwrap();
    let mut stuck = TcpStream::connect(&address).unwrap();
    stuck.write_all(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0").unwrap();
    let told = Command::new("kill").arg(server.0.id().to_string()).status().unwrap();
    assert!(told.success());
    // The feed ends with a word that says to come again.
    let last = loop {
        match follows.message().await {
            Ok(Some(_)) => {}
            Ok(None) => panic!("the stream ends without a word"),
            Err(status) => break status,
        }
    };
    assert_eq!(last.code(), Code::Unavailable);
    assert!(server.0.wait().unwrap().success());
}
