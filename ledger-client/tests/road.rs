//! The program against a server of our own making: what is sent, what is shown, how it ends.
#![expect(
    clippy::unwrap_used,
    clippy::wildcard_enum_match_arm,
    reason = "a test picks what it looks at"
)]

use std::path::Path;
use std::process::Output;
use std::sync::{Arc, Mutex};

use ledger_proto::v1::import_service_server::{ImportService, ImportServiceServer};
use ledger_proto::v1::{
    ImportHead, ImportHistoryRequest, ImportHistoryResponse, ImportRefusal, ImportStep,
    import_step::Step,
};
use tokio_stream::StreamExt;
use tonic::{Request, Response, Status, Streaming};

/// What one call said: its head, and its steps.
type Call = (ImportHead, Vec<ImportStep>);

/// A server that knows the members that it is sent, and nobody else; and remembers what it heard.
#[derive(Clone, Default)]
struct Pretender {
    heard: Arc<Mutex<Vec<Call>>>,
    /// How many calls it drops before it answers one.
    drops: Arc<Mutex<u32>>,
}

#[tonic::async_trait]
impl ImportService for Pretender {
    async fn import_history(
        &self,
        request: Request<Streaming<ImportHistoryRequest>>,
    ) -> Result<Response<ImportHistoryResponse>, Status> {
        let token = request.metadata().get("authorization").cloned();
        assert_eq!(token.unwrap(), "Bearer cst_test");
        let mut stream = request.into_inner();
        let (mut head, mut steps) = (ImportHead::default(), Vec::new());
        while let Some(message) = stream.next().await {
            let message = message?;
            head = message.head.unwrap_or(head);
            steps.extend(message.steps);
        }
        self.heard.lock().unwrap().push((head, steps.clone()));
        let mut drops = self.drops.lock().unwrap();
        if *drops > 0 {
            *drops -= 1;
            return Err(Status::unavailable("the line went dead"));
        }
        Ok(Response::new(decided(&steps)))
    }
}

fn decided(steps: &[ImportStep]) -> ImportHistoryResponse {
    let mut answer = ImportHistoryResponse::default();
    let mut members = Vec::new();
    let mut spoilt: Vec<String> = Vec::new();
    for step in steps {
        match step.step.as_ref().unwrap() {
            Step::Unreadable(row) => spoilt.extend(row.refs.clone()),
            Step::Member(member) => members.push(member.r#ref.clone()),
            Step::Hours(hours) if spoilt.contains(&hours.giver) => {
                answer.dependent += 1;
                continue;
            }
            Step::Hours(hours) if !members.contains(&hours.giver) => {
                answer.refusals.push(ImportRefusal {
                    file: step.file.clone(),
                    line: step.line,
                    field: "giver".to_owned(),
                    problem: "There is no such member.".to_owned(),
                    reason: "IMPORT_UNKNOWN_ROW".to_owned(),
                    remedy: "Look it up.".to_owned(),
                });
                continue;
            }
            _ => {}
        }
        answer.recorded += 1;
    }
    answer.stored = answer.refusals.is_empty() && answer.dependent == 0;
    answer
}

/// Runs the program on a folder, against a server that drops so many calls.
fn import(
    drops: u32,
    files: &[(&str, &str)],
    flags: &[&str],
) -> (Output, Pretender, tempfile::TempDir) {
    let dir = tempfile::tempdir().unwrap();
    let folder = dir.path().join("year-1");
    std::fs::create_dir(&folder).unwrap();
    for (name, text) in files {
        std::fs::write(folder.join(name), text).unwrap();
    }
    std::fs::write(dir.path().join("token"), "cst_test\n").unwrap();
    let pretender = Pretender { drops: Arc::new(Mutex::new(drops)), ..Pretender::default() };
    let served = pretender.clone();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let listener = runtime.block_on(tokio::net::TcpListener::bind("127.0.0.1:0")).unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    runtime.spawn(
        tonic::transport::Server::builder()
            .add_service(ImportServiceServer::new(served))
            .serve_with_incoming(tokio_stream::wrappers::TcpListenerStream::new(listener)),
    );
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_carestore"))
        .current_dir(dir.path())
        .args(["--server", &url, "--token-file", "token", "--coop", "x", "--as", "officer 1"])
        .args(["import", "year-1"])
        .args(flags)
        .env_remove("CARESTORE_OUTPUT")
        .output()
        .unwrap();
    (output, pretender, dir)
}

fn heard(pretender: &Pretender) -> Vec<Call> {
    pretender.heard.lock().unwrap().clone()
}

fn lines(bytes: &[u8]) -> Vec<String> {
    String::from_utf8(bytes.to_vec()).unwrap().lines().map(str::to_owned).collect()
}

const MEMBERS: &str = "ref,name,hats,joined\nV005,A Person,volunteer,2025-04-01\n";
const SPOILT: &str = "V006,Another,volunteer,soon\n";
const HOURS: &str = "date,giver,receiver,minutes,task,to,evidence\n";
const GOOD: &str = "2025-04-01,V005,,90,garden,own,paper\n";
const RESTS_ON_SPOILT: &str = "2025-04-01,V006,,90,garden,own,paper\n";
const UNKNOWN: &str = "2025-04-01,V999,,90,garden,own,paper\n";

#[test]
fn a_clean_folder_goes_out_once_and_a_dead_line_is_tried_again_under_the_same_id() {
    let (output, pretender, _dir) =
        import(2, &[("members.csv", MEMBERS), ("hours.csv", &format!("{HOURS}{GOOD}"))], &[]);
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(lines(&output.stdout), ["year-1 brought 2 steps."]);
    let heard = heard(&pretender);
    assert_eq!(heard.len(), 3);
    assert!(heard.iter().all(|call| *call == heard[0]), "the same id and the same steps");
    let context = heard[0].0.context.as_ref().unwrap();
    assert_eq!((heard[0].0.import.as_str(), context.coop.as_str()), ("year-1", "coops/x"));
    assert_eq!((context.acting_as.as_str(), context.validate_only), ("officers/1", false));
}

#[test]
fn mistakes_of_both_sorts_are_named_and_nothing_is_stored() {
    let hours = format!("{HOURS}{RESTS_ON_SPOILT}{GOOD}{UNKNOWN}");
    let members = format!("{MEMBERS}{SPOILT}");
    let files = [("members.csv", members.as_str()), ("hours.csv", hours.as_str())];
    let (output, pretender, _dir) = import(0, &files, &[]);
    assert_eq!(output.status.code(), Some(3));
    let told: Vec<String> = lines(&output.stderr)
        .into_iter()
        .filter(|line| line.contains(".csv:") && !line.starts_with("note:"))
        .collect();
    assert_eq!(
        told,
        [
            "members.csv:3: joined: \"soon\" is not a date. Write the day as 2025-04-01 or 01/04/2025.",
            "hours.csv:4: giver: \"V999\": There is no such member. Look it up.",
        ]
    );
    assert!(heard(&pretender).iter().all(|(head, _)| head.context.as_ref().unwrap().validate_only));

    let (output, _, _dir) = import(0, &files, &["--output", "json"]);
    let list: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((list.as_array().unwrap().len(), &list[1]["line"]), (2, &4.into()));
}

#[test]
fn good_rows_are_kept_and_the_others_set_aside_with_all_that_rests_on_them() {
    let hours = format!("{HOURS}{RESTS_ON_SPOILT}{GOOD}{UNKNOWN}");
    let members = format!("{MEMBERS}{SPOILT}");
    let files = [("members.csv", members.as_str()), ("hours.csv", hours.as_str())];
    let (output, pretender, dir) = import(0, &files, &["--keep-good", "mend"]);
    assert_eq!(output.status.code(), Some(8), "{}", String::from_utf8_lossy(&output.stderr));
    let heard = heard(&pretender);
    let stored: Vec<_> =
        heard.iter().filter(|(head, _)| !head.context.as_ref().unwrap().validate_only).collect();
    assert_eq!(stored.len(), 1);
    assert_eq!(stored[0].1.len(), 2, "one member, and the hours that they gave");
    let read = |file: &str| std::fs::read_to_string(dir.path().join("mend").join(file)).unwrap();
    assert!(read("members.csv").contains("V006,Another,volunteer,soon,"));
    assert_eq!(read("hours.csv").lines().count(), 3);
    let again = ledger_client::import::read_folder(Path::new(&dir.path().join("mend"))).unwrap();
    assert_eq!((again.name.as_str(), again.problems.len()), ("year-1", 1));
}

#[test]
fn a_dry_run_stores_nothing() {
    let files = [("members.csv", MEMBERS)];
    let (output, pretender, _dir) = import(0, &files, &["--dry-run"]);
    assert_eq!(output.status.code(), Some(0));
    assert!(lines(&output.stdout)[0].starts_with("Dry run, nothing was stored."));
    assert!(heard(&pretender).iter().all(|(head, _)| head.context.as_ref().unwrap().validate_only));
}
