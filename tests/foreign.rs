//! A client in another language, that knows the published .proto files and nothing else.
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test stops at what it did not expect, and says what it has seen"
)]

use std::env;
use std::path::Path;
use std::process::{Command, Stdio};

use ledger_server::{House, Opening, serve};
use tokio::runtime::Runtime;

use crate::skip::skip;

const NEEDS: &str =
    "the foreign client needs Python with grpcio (see tests/foreign/requirements.txt)";
const NEEDED: &str = "import blake3, grpc, grpc_health, grpc_reflection, grpc_status, grpc_tools";

/// Whether this is a Python with all that the client needs.
fn can_run(python: &str) -> bool {
    let mut asked = Command::new(python);
    asked.args(["-c", NEEDED]).stdout(Stdio::null()).stderr(Stdio::null());
    asked.status().is_ok_and(|status| status.success())
}

#[test]
fn an_app_that_knows_only_the_proto_files_gets_along() {
    let python = env::var("CARESTORE_PYTHON").unwrap_or_else(|_| "python3".to_owned());
    if !can_run(&python) {
        skip(NEEDS);
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let runtime = Runtime::new().unwrap();
    let serving = runtime.block_on(async {
        let house = House::open(&Opening::at(dir.path())).unwrap();
        serve(house, ([127, 0, 0, 1], 0).into(), None).await.unwrap()
    });
    let client = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/foreign/client.py");
    let done = Command::new(python)
        .arg(client)
        .args(["--listen", &serving.address().to_string(), "--token-file"])
        .arg(dir.path().join("operator.token"))
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .output()
        .unwrap();
    print!("{}", String::from_utf8_lossy(&done.stdout));
    runtime.block_on(serving.stop()).unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
}
