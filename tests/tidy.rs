//! The style that no lint can see.
#![allow(clippy::unwrap_used, clippy::string_slice, reason = "a test that fails says so")]

use std::{
    fs,
    path::{Path, PathBuf},
};

/// No file is longer than this.
const LINES: usize = 400;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Every file below a folder, but for what is built, and what is hidden.
fn files(dir: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if path.is_dir() {
            if name != "target" && name != ".git" {
                files(&path, found);
            }
        } else if name != ".git" {
            found.push(path);
        }
    }
}

/// The project's own files, by their path from the top, with what is in them.
fn texts() -> Vec<(String, String)> {
    let mut found = Vec::new();
    files(root(), &mut found);
    let named = |path: PathBuf| {
        let text = fs::read_to_string(&path).ok()?;
        Some((path.strip_prefix(root()).unwrap().to_string_lossy().into_owned(), text))
    };
    let texts: Vec<_> = found.into_iter().filter_map(named).collect();
    assert!(texts.len() > 100, "the project is not where it should be");
    texts
}

fn sources() -> Vec<(String, String)> {
    let is_rust = |path: &str| Path::new(path).extension().is_some_and(|end| end == "rs");
    texts().into_iter().filter(|(path, _)| is_rust(path)).collect()
}

/// Whether a text says a word, and not only a longer one that ends in it.
fn says(text: &str, word: &str) -> bool {
    let mut before = text.match_indices(word).map(|(at, _)| text[..at].chars().next_back());
    before.any(|before| !before.is_some_and(char::is_alphanumeric))
}

/// Only this file of a crate says so.
fn only(within: &str, word: &str, file: &str) {
    let sources = sources();
    let here = sources.iter().filter(|(path, _)| path.starts_with(within));
    let saying: Vec<&str> =
        here.filter(|(_, text)| says(text, word)).map(|(path, _)| path.as_str()).collect();
    assert_eq!(saying, [file], "{word}");
}

#[test]
fn every_file_says_in_its_first_line_what_it_is() {
    for (path, text) in sources() {
        assert!(text.starts_with("//! "), "{path}");
    }
}

#[test]
fn no_file_is_longer_than_a_person_reads() {
    for (path, text) in sources() {
        let lines = text.lines().count();
        assert!(lines <= LINES, "{path} has {lines} lines");
    }
}

#[test]
fn each_of_these_words_is_said_in_one_file_only() {
    only("ledger-server/src", "sled::", "ledger-server/src/log/sled_store.rs");
    only("ledger-server/src", "Code::", "ledger-server/src/status.rs");
    only("ledger-server/src", "SystemTime", "ledger-server/src/clock.rs");
}

#[test]
fn the_rules_depend_on_next_to_nothing() {
    let manifest = fs::read_to_string(root().join("ledger-core/Cargo.toml")).unwrap();
    let (_, after) = manifest.split_once("[dependencies]\n").unwrap();
    let (section, _) = after.split_once("\n[").unwrap();
    let names: Vec<&str> =
        section.lines().filter_map(|line| line.split(['.', ' ', '=']).next()).collect();
    let names: Vec<&str> = names.into_iter().filter(|name| !name.is_empty()).collect();
    assert_eq!(names, ["chrono", "serde", "thiserror"]);
}

#[test]
fn nothing_is_left_to_be_done() {
    // In two halves, so that this file does not say them itself.
    let words = [concat!("todo", "!("), concat!("unimplemented", "!("), concat!("dbg", "!(")];
    for (path, text) in sources() {
        for word in words {
            assert!(!text.contains(word), "{path} says {word}");
        }
    }
}

#[test]
fn no_file_knows_the_machine_that_it_was_written_on() {
    let words = [
        concat!("/wo", "rk/"),
        concat!("/ro", "ot/"),
        concat!("/ho", "me/"),
        concat!("index.crates", ".io"),
        concat!("static.crates", ".io"),
    ];
    for (path, text) in texts() {
        for word in words {
            assert!(!text.contains(word), "{path} says {word}");
        }
    }
}
