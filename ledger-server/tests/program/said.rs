//! The program as the operator types it, and what it says.

use std::{
    env,
    io::{BufRead, BufReader, Read},
    path::Path,
    process::{Child, Command, Output, Stdio},
};

use crate::skip::skip;

/// The program, with nothing of this machine's settings.
pub(crate) fn program(within: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_carestore-server"));
    plain(&mut command, within);
    command
}

fn plain(command: &mut Command, within: &Path) {
    command.current_dir(within).env("CARESTORE_LOG", "error");
    for (name, _) in env::vars_os() {
        if name.to_string_lossy().starts_with("CARESTORE_") && name != "CARESTORE_LOG" {
            command.env_remove(name);
        }
    }
}

/// A line typed at a shell that finds the program.
pub(crate) fn types(within: &Path, line: &str) -> (i32, String, String) {
    let mut command = Command::new("sh");
    plain(&mut command, within);
    let programs = Path::new(env!("CARGO_BIN_EXE_carestore-server")).parent().unwrap();
    let others = env::var("PATH").unwrap_or_default();
    command.env("PATH", format!("{}:{others}", programs.display()));
    said(&command.args(["-c", line]).output().unwrap())
}

/// What a command of the system complains and says, where there is such a command.
pub(crate) fn types_if_there(within: &Path, command: &str) -> Option<(String, String)> {
    const NOT_THERE: i32 = 127;
    let (code, said, complaint) = types(within, command);
    assert!(code == 0 || code == NOT_THERE, "{command}: {complaint}");
    if code == NOT_THERE {
        skip(&format!("there is no such command here: {command}"));
    }
    (code == 0).then_some((complaint, said))
}

/// How it ended, what it said, and what it complained of.
pub(crate) fn said(output: &Output) -> (i32, String, String) {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (output.status.code().unwrap(), text(&output.stdout), text(&output.stderr))
}

/// A server that is killed, if it has not ended before.
pub(crate) struct Served(pub(crate) Child);

impl Served {
    /// Starts a server; if it does not come to that, what it complained of.
    pub(crate) fn start(within: &Path, words: &[&str]) -> Result<Self, String> {
        let mut command = program(within);
        command.arg("serve").args(words).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        if lines.any(|line| line.as_ref().is_ok_and(|line| line.contains("Serving on"))) {
            return Ok(Self(child));
        }
        let mut complaint = String::new();
        child.stderr.take().unwrap().read_to_string(&mut complaint).unwrap();
        assert!(!child.wait().unwrap().success(), "it ends as if all were well: {complaint}");
        Err(complaint)
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        drop(self.0.kill());
        drop(self.0.wait());
    }
}
