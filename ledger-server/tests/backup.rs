//! The program itself, as the operator types it: backups of a server that runs, of one that was killed, and of none.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::expect_used,
    reason = "a test that fails says so"
)]

use std::{
    env, fs,
    io::{BufRead, BufReader},
    path::Path,
    process::{Child, Command, Stdio},
};

fn program(within: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_carestore-server"));
    command.current_dir(within).env("CARESTORE_LOG", "warn");
    for (name, _) in env::vars_os() {
        if name.to_string_lossy().starts_with("CARESTORE_") && name != "CARESTORE_LOG" {
            command.env_remove(name);
        }
    }
    command
}

/// How it ended, what it said, and what it complained of.
fn says(within: &Path, words: &str) -> (i32, String, String) {
    let output = program(within).args(words.split(' ')).output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (output.status.code().unwrap(), text(&output.stdout), text(&output.stderr))
}

#[track_caller]
fn does(within: &Path, words: &str) -> String {
    let (code, said, complaint) = says(within, words);
    assert_eq!(code, 0, "{words}: {complaint}");
    said
}

/// A server that is killed, if it has not ended before.
struct Served(Child);

impl Served {
    fn on(within: &Path, data: &str) -> Self {
        let mut command = program(within);
        command.args(["serve", "--data", data, "--listen", "127.0.0.1:0"]);
        let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let serving = lines.find(|line| line.as_ref().is_ok_and(|line| line.contains("Serving")));
        assert!(serving.is_some(), "it starts");
        Self(child)
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

#[test]
fn a_sample_is_backed_up_verified_and_restored_by_the_program() {
    let scratch = tempfile::tempdir().unwrap();
    let at = scratch.path();
    does(at, "demo --data sample --fill-only");
    let served = Served::on(at, "sample");
    let (code, _, complaint) = says(at, "backup create --data other --to b");
    assert!(code == 1 && complaint.contains("there is no ledger in"), "{complaint}");
    let said = does(at, "backup create --data sample --to running");
    // How many entries there are hangs on the day, since the year of the sample ends today: whoever reads the backup again
    // must find as many.
    let (counted, _) = said.split_once(", root ").expect("it says how many, and their root");
    let counted = counted.to_owned();
    assert!(counted.starts_with("sample-valley: ") && counted.ends_with(" entries"), "{said}");
    // The server is killed, and its socket stays behind: nobody answers on it.
    drop(served);
    assert!(at.join("sample/operator.sock").exists());
    let alone = does(at, "backup create --data sample --to stopped");
    let first = |said: &str| said.lines().next().unwrap().to_owned();
    assert_eq!(first(&alone), first(&said), "the same entries, and the same root");
    for name in ["running", "stopped"] {
        let said = does(at, &format!("backup verify {name}"));
        assert!(said.contains("is whole") && said.contains("Not looked at"), "{said}");
        assert!(said.contains(&format!("{counted}, each hashed")), "{counted}: {said}");
    }
    let secret = at.join("stopped/private/secret.key");
    let mut bytes = fs::read(&secret).unwrap();
    bytes[7] ^= 1;
    fs::write(&secret, bytes).unwrap();
    let (code, _, complaint) = says(at, "backup verify stopped");
    assert!(code == 1 && complaint.contains("private/secret.key"), "{complaint}");
    let said = does(at, "backup restore running --data restored");
    assert!(said.contains("serve --data"), "{said}");
    let said = does(at, "guard show --data restored");
    assert!(said.contains("sample-valley: all that was acknowledged is there"), "{said}");
    let again = does(at, "backup create --data restored --to again");
    assert_eq!(first(&again), first(&alone), "and the same again");
    drop(Served::on(at, "restored"));
}
