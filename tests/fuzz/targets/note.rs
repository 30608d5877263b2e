//! Signed notes, verifier keys, lines of size and root, and origins.
#![no_main]
#![allow(dead_code, reason = "the log is shared with the tests of the vectors")]

#[path = "../../../proto/tests/vectors/log.rs"]
mod log;
#[path = "../../../proto/tests/vectors/tree.rs"]
mod tree;

use std::sync::LazyLock;

use ledger_proto::{Note, Origin, RootLine, VerifierKey};
use log::Log;

static LOG: LazyLock<Log> = LazyLock::new(Log::make);

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let Ok(text) = std::str::from_utf8(data) else { return };
    if let Ok(note) = Note::parse(text) {
        assert!(text.starts_with(&note.claimed().text()), "what is signed is what is read");
        let known = [LOG.key.verifier(&LOG.origin)];
        if let Ok(checkpoint) = note.verify(&known) {
            // The fuzzer has no key: nothing holds but what the vectors have signed.
            assert_eq!(checkpoint.origin, LOG.origin);
            assert!([1, 7, 8, 20].contains(&checkpoint.size), "{text}");
            assert!(
                checkpoint.size == 1 || *checkpoint == LOG.checkpoint(checkpoint.size),
                "{text}"
            );
            assert_eq!(note.signer(&known), known.first());
        }
    }
    // There is one way to write each of these.
    if let Ok(key) = text.parse::<VerifierKey>() {
        assert_eq!(key.to_string(), text);
    }
    if let Ok(origin) = text.parse::<Origin>() {
        assert_eq!(origin.to_string(), text);
        assert!(origin.coop().is_some());
    }
    // A line can be typed in many ways, and says the same in the one in which it is written.
    if let Ok(line) = text.parse::<RootLine>() {
        assert_eq!(line.to_string().parse(), Ok(line));
    }
});
