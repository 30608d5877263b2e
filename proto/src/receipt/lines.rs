//! The lines that receipts and proofs are made of: a word and a value on each, then an empty line and the signed note.

use base64::{Engine, engine::general_purpose::STANDARD as BASE64};

use super::Unproved;
use crate::checkpoint::{VerifierKey, decimal};
use crate::tree::Hash;

/// Longer files are not read: an entry, two paths and a note with many signatures are far shorter.
const MAX_BYTES: usize = 256 * 1024;
/// No log of 2^63 entries has a longer path.
const MAX_PATH: u64 = 64;

/// A file as it is written.
pub(super) struct Writer(String);

impl Writer {
    pub(super) fn new(first: &str) -> Writer {
        Writer(format!("{first}\n"))
    }

    pub(super) fn word(&mut self, word: &str, value: &str) {
        for part in [word, " ", value, "\n"] {
            self.0.push_str(part);
        }
    }

    pub(super) fn number(&mut self, word: &str, number: u64) {
        self.word(word, &number.to_string());
    }

    pub(super) fn bytes(&mut self, word: &str, bytes: &[u8]) {
        self.word(word, &BASE64.encode(bytes));
    }

    pub(super) fn path(&mut self, path: &[Hash]) {
        self.number("path", path.len() as u64);
        for hash in path {
            self.0.push_str(&BASE64.encode(hash.as_bytes()));
            self.0.push('\n');
        }
    }

    /// The end: an empty line, and the note.
    pub(super) fn note(self, note: &str) -> String {
        format!("{}\n{note}", self.0)
    }
}

/// A file as it is read.
pub(super) struct Lines<'a> {
    rest: &'a str,
    line: usize,
}

impl<'a> Lines<'a> {
    pub(super) fn new(
        text: &'a str,
        first: &str,
        expected: &'static str,
    ) -> Result<Lines<'a>, Unproved> {
        let mut lines = Lines { rest: text, line: 0 };
        if text.len() > MAX_BYTES || lines.next(expected)? != first {
            return Err(lines.wrong(expected));
        }
        Ok(lines)
    }

    fn wrong(&self, expected: &'static str) -> Unproved {
        Unproved::Malformed { line: self.line, expected }
    }

    fn next(&mut self, expected: &'static str) -> Result<&'a str, Unproved> {
        self.line += 1;
        let (line, rest) = self.rest.split_once('\n').ok_or_else(|| self.wrong(expected))?;
        self.rest = rest;
        Ok(line)
    }

    fn value(&mut self, word: &str, expected: &'static str) -> Result<&'a str, Unproved> {
        let line = self.next(expected)?;
        let value = line.strip_prefix(word).and_then(|line| line.strip_prefix(' '));
        value.ok_or_else(|| self.wrong(expected))
    }

    pub(super) fn number(&mut self, word: &str, expected: &'static str) -> Result<u64, Unproved> {
        let value = self.value(word, expected)?;
        decimal(value).ok_or_else(|| self.wrong(expected))
    }

    pub(super) fn bytes(
        &mut self,
        word: &str,
        expected: &'static str,
    ) -> Result<Vec<u8>, Unproved> {
        let value = self.value(word, expected)?;
        BASE64.decode(value).map_err(|_| self.wrong(expected))
    }

    /// The bytes behind this word, if the next line begins with it.
    pub(super) fn bytes_if(&mut self, word: &str) -> Option<Vec<u8>> {
        let mut ahead = Lines { rest: self.rest, line: self.line };
        let bytes = ahead.bytes(word, "").ok()?;
        *self = ahead;
        Some(bytes)
    }

    pub(super) fn hash(&mut self, word: &str, expected: &'static str) -> Result<Hash, Unproved> {
        let bytes = self.bytes(word, expected)?;
        <[u8; 32]>::try_from(bytes).map(Hash::new).map_err(|_| self.wrong(expected))
    }

    pub(super) fn path(&mut self) -> Result<Vec<Hash>, Unproved> {
        let expected = "the length of a path";
        let length = self.number("path", expected)?;
        if length > MAX_PATH {
            return Err(self.wrong(expected));
        }
        let hash = |lines: &mut Self| {
            let expected = "a hash of the path";
            let bytes = BASE64.decode(lines.next(expected)?).ok();
            let bytes = bytes.and_then(|bytes| <[u8; 32]>::try_from(bytes).ok());
            bytes.map(Hash::new).ok_or_else(|| lines.wrong(expected))
        };
        (0..length).map(|_| hash(self)).collect()
    }

    pub(super) fn key(&mut self) -> Result<VerifierKey, Unproved> {
        let expected = "a verifier key";
        self.value("key", expected)?.parse().map_err(|_| self.wrong(expected))
    }

    pub(super) fn note(mut self) -> Result<String, Unproved> {
        let expected = "an empty line before the checkpoint";
        if self.next(expected)?.is_empty() {
            Ok(self.rest.to_owned())
        } else {
            Err(self.wrong(expected))
        }
    }
}
