//! The program `carestore` itself, run as a person would.

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::{Command, Output},
    sync::OnceLock,
    time::SystemTime,
};

use super::{COOP, Town};

/// What was typed, and where.
pub(crate) struct Typed(Command);

/// The program in a folder of its own: nothing of this machine's settings reaches it.
pub(crate) fn carestore(folder: &Path) -> Typed {
    let mut command = Command::new(program());
    command.current_dir(folder).env("XDG_STATE_HOME", folder.join("state"));
    for (name, _) in env::vars_os() {
        if name.to_string_lossy().starts_with("CARESTORE_") {
            command.env_remove(name);
        }
    }
    Typed(command)
}

impl Town {
    /// The program, speaking to this server as officer 1, with the operator's token.
    pub(crate) fn carestore(&self, folder: &Path) -> Typed {
        let token = self.dir.path().join("operator.token").display().to_string();
        let mut typed = carestore(folder);
        let url = format!("http://{}", self.address());
        typed.0.args(["--server", &url, "--token-file", &token, "--coop", COOP]);
        typed.0.args(["--as", "officer 1"]);
        typed
    }
}

impl Typed {
    /// Adds words, and runs it to its end.
    pub(crate) fn says(mut self, words: &[&str]) -> Output {
        self.0.args(words).output().unwrap()
    }

    /// Sets a variable of its surroundings.
    pub(crate) fn with(mut self, name: &str, value: &str) -> Self {
        self.0.env(name, value);
        self
    }
}

/// The exit code, with what was said on both roads.
pub(crate) fn heard(output: &Output) -> (Option<i32>, String, String) {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (output.status.code(), text(&output.stdout), text(&output.stderr))
}

/// What was said, of a run that must succeed.
pub(crate) fn done(output: &Output) -> String {
    let (code, said, complaint) = heard(output);
    assert_eq!(code, Some(0), "{complaint}");
    said
}

/// Where `carestore` is.
fn program() -> &'static Path {
    static PROGRAM: OnceLock<PathBuf> = OnceLock::new();
    PROGRAM.get_or_init(|| built("carestore", "ledger-client", "road"))
}

/// Where `carestore-server` is.
pub(crate) fn server() -> PathBuf {
    static PROGRAM: OnceLock<PathBuf> = OnceLock::new();
    PROGRAM.get_or_init(|| built("carestore-server", "ledger-server/src", "journal")).clone()
}

/// A program beside this binary, where `cargo test` puts it. Asked for fewer tests than all, cargo does not build it, and so
/// it is built here, with the settings that it would have there: together with a test of its own package.
fn built(name: &str, sources: &str, test: &str) -> PathBuf {
    let here = env::current_exe().unwrap();
    let program = here.ancestors().nth(2).unwrap().join(name);
    let built = fs::metadata(&program).and_then(|found| found.modified()).ok();
    let top = Path::new(env!("CARGO_MANIFEST_DIR"));
    let sources = [sources, "ledger-core/src", "proto/src", "proto/carestore"];
    let newest = sources.map(|folder| newest(&top.join(folder)));
    if built.is_none_or(|built| newest.iter().any(|changed| *changed > built)) {
        let mut cargo = Command::new(env!("CARGO"));
        cargo.current_dir(top);
        cargo.args(["test", "--quiet", "--workspace", "--no-run", "--test", test]);
        if !cfg!(debug_assertions) {
            cargo.arg("--release");
        }
        assert!(cargo.status().unwrap().success(), "the program is built");
    }
    program
}

fn newest(folder: &Path) -> SystemTime {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let times = entries.map(|path| {
        let found = fs::metadata(&path).unwrap();
        if found.is_dir() { newest(&path) } else { found.modified().unwrap() }
    });
    times.max().unwrap_or(SystemTime::UNIX_EPOCH)
}
