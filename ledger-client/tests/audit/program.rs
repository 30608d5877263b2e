//! The program: what is typed, what it says, and with which code it ends.

use std::{fs, path::Path, process::Command};

use serde_json::Value;

use crate::{
    bundle::{Parts, point},
    story::Story,
};

fn run(dir: &Path, flags: &[&str]) -> (i32, String, String) {
    let ran = Command::new(env!("CARGO_BIN_EXE_carestore"))
        .arg("audit")
        .arg(dir)
        .args(flags)
        .env_remove("CARESTORE_OUTPUT")
        .output()
        .unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (ran.status.code().unwrap(), text(ran.stdout), text(ran.stderr))
}

#[test]
fn the_program_ends_with_the_code_of_the_verdict() {
    let story = Story::of_every_kind();
    let parts = Parts::of_story(&story);
    let dir = parts.write();
    let line = point(&parts.entries, 30).line().to_string();
    let (code, out, _) = run(dir.path(), &["--also", &line, "--key", &parts.keys[0].to_string()]);
    assert_eq!(code, 0, "{out}");
    assert!(out.starts_with("Verified:") && out.contains("known beforehand: 1"), "{out}");
    assert_eq!(run(dir.path(), &["--max-age", "1"]).0, 0, "the story is of next year");
    let wrong = line.replace("30 ", "31 ");
    assert_eq!(run(dir.path(), &["--also", &wrong]).0, 20);
    let (code, _, said) = run(dir.path(), &["--also", "nonsense"]);
    assert_eq!(code, 2, "{said}");
    assert!(said.contains("no such file, and not a line of size and root"), "{said}");
    fs::remove_file(dir.path().join("keys")).unwrap();
    assert_eq!(run(dir.path(), &[]).0, 10);
    assert_eq!(run(Path::new("/nowhere"), &[]).0, 10);
}

#[test]
fn the_program_writes_json_a_page_and_journals() {
    let story = Story::of_every_kind();
    let parts = Parts::of_story(&story);
    let (dir, out) = (parts.write(), tempfile::tempdir().unwrap());
    let (page, journals) = (out.path().join("report.html"), out.path().join("journals"));
    let flags = ["--output", "json", "--report", page.to_str().unwrap(), "--journals"];
    let flags: Vec<&str> = flags.into_iter().chain([journals.to_str().unwrap()]).collect();
    let (code, json, _) = run(dir.path(), &flags);
    assert_eq!(code, 0, "{json}");
    let json: Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json["verdict"], "verified");
    assert_eq!(json["entries"], story.entries.len());
    assert_eq!(json["steps"][7]["outcome"], "held", "{}", json["steps"][7]);
    assert_eq!(json["steps"][5]["outcome"], "held", "the story holds seals");
    assert!(fs::read_to_string(page).unwrap().contains("Verified:"));
    assert_eq!(fs::read_dir(journals).unwrap().count(), 3);
    let not_covered = json["not_covered"].to_string();
    assert!(!not_covered.contains("--journals") && not_covered.contains("--against"));
}

/// A program that refuses its journal accuses nobody: the service was not even asked.
#[cfg(unix)]
#[test]
fn a_program_that_does_not_take_its_journal_is_quoted() {
    use std::os::unix::fs::PermissionsExt;

    let (dir, out) = (Parts::of_story(&Story::founded()).write(), tempfile::tempdir().unwrap());
    let fake = out.path().join("hledger");
    fs::write(&fake, "#!/bin/sh\necho 'Unknown flag: --strict' >&2\nexit 1\n").unwrap();
    fs::set_permissions(&fake, fs::Permissions::from_mode(0o755)).unwrap();
    let ran = Command::new(env!("CARGO_BIN_EXE_carestore"))
        .args(["audit".as_ref(), dir.path(), "--journals".as_ref(), out.path()])
        .env("PATH", out.path())
        .output()
        .unwrap();
    let said = String::from_utf8(ran.stdout).unwrap();
    assert_eq!(ran.status.code(), Some(40), "{said}");
    assert!(said.starts_with("Not agreed:") && said.contains("Unknown flag: --strict"), "{said}");
    assert!(
        !said.contains("the service shows balances") && said.contains("refused by hledger"),
        "{said}"
    );
}

#[test]
fn what_was_audited_before_is_compared_and_the_rest_reported() {
    let story = Story::of_every_kind();
    let parts = Parts::of_story(&story);
    let dir = parts.write();
    let last = parts.entries.len() - 2;
    let line = point(&parts.entries, last).line().to_string();
    let (code, json, _) = run(dir.path(), &["--output", "json", "--since", &line]);
    assert_eq!(code, 0);
    let json: Value = serde_json::from_str(&json).unwrap();
    assert_eq!((&json["since"], &json["noted"]["entries"]), (&last.into(), &2.into()));
    assert_eq!(json["months"].as_array().unwrap().len(), 1, "{}", json["months"]);
    assert_eq!(json["figures"]["redeemed_minutes"], 150, "the books are those of the whole log");
    let wrong = point(&parts.entries, 9).line().to_string().replace("9 ", "10 ");
    assert_eq!(run(dir.path(), &["--since", &wrong]).0, 20);
}
