//! How a file of vectors is written: named cases, each with what it gives and whether it holds.
//!
//! Hashes, keys and signatures are base 64; other bytes are hexadecimal, in small letters; texts are as they stand.

use std::collections::BTreeSet;
use std::fmt::Debug;
use std::{env, fs, path::PathBuf};

use base64::{Engine, engine::general_purpose::STANDARD as BASE64};
use ledger_proto::{Hash, VerifierKey};
use serde::{Deserialize, Serialize, de::DeserializeOwned};

/// Why a case does not hold, in words that do not change when an error of this program is worded anew.
pub(crate) type Verdict = Result<(), String>;

/// What a verifier can look at by itself.
pub(crate) trait Given {
    /// Looks at nothing but what the file gives.
    fn verdict(&self) -> Verdict;
}

/// One case.
#[derive(Serialize, Deserialize)]
pub(crate) struct Case<T> {
    name: String,
    #[serde(flatten)]
    given: T,
    holds: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    wrong: Option<String>,
}

/// A case that holds.
pub(crate) fn good<T>(name: impl Into<String>, given: T) -> Case<T> {
    Case { name: name.into(), given, holds: true, wrong: None }
}

/// A case that does not hold: the name says what was done to it, and the other words why it is refused.
pub(crate) fn bad<T>(name: impl Into<String>, wrong: &str, given: T) -> Case<T> {
    Case { name: name.into(), given, holds: false, wrong: Some(wrong.to_owned()) }
}

/// Runs the verifier on each case of a list, and expects what the list says.
pub(crate) fn check<T: Given>(list: &str, cases: &[Case<T>]) {
    let names: BTreeSet<&str> = cases.iter().map(|case| case.name.as_str()).collect();
    assert_eq!(names.len(), cases.len(), "{list}: two cases have one name");
    for Case { name, given, holds, wrong } in cases {
        assert_eq!(wrong.is_none(), *holds, "{list}: {name}: a bad case says what is wrong");
        assert_eq!(given.verdict().err(), *wrong, "{list}: {name}");
    }
}

/// The file as it stands in `golden/`, which must be the one that is made now, byte for byte.
///
/// It is written on the day it first ships, and never again: `CARESTORE_WRITE_GOLDEN=1` writes it where it is missing.
pub(crate) fn golden<T: Serialize + DeserializeOwned>(name: &str, made: &T) -> T {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("golden").join(name);
    let made = serde_json::to_string_pretty(made).unwrap() + "\n";
    let write = env::var_os("CARESTORE_WRITE_GOLDEN").is_some_and(|value| value == "1");
    if write && !path.exists() {
        fs::write(&path, &made).unwrap();
    }
    let stands = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{name}: {error}"));
    if let Some(line) = stands.lines().zip(made.lines()).position(|(old, new)| old != new) {
        let (old, new) = (stands.lines().nth(line), made.lines().nth(line));
        panic!("{name}, line {}: it stands {old:?}, and would be made {new:?}", line + 1);
    }
    assert_eq!(stands.len(), made.len(), "{name} is longer or shorter than it would be made");
    serde_json::from_str(&stands).unwrap_or_else(|error| panic!("{name}: {error}"))
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    let digits = bytes.iter().flat_map(|byte| [byte >> 4, byte & 0x0f]);
    digits.map(|digit| char::from_digit(digit.into(), 16).unwrap()).collect()
}

pub(crate) fn unhex(text: &str) -> Vec<u8> {
    let digits: Vec<u32> = text.chars().map(|digit| digit.to_digit(16).unwrap()).collect();
    digits.chunks(2).map(|pair| u8::try_from(pair[0] << 4 | pair[1]).unwrap()).collect()
}

pub(crate) fn base64(bytes: &[u8]) -> String {
    BASE64.encode(bytes)
}

/// Bytes of a known number out of base 64.
pub(crate) fn bytes<const N: usize>(text: &str) -> [u8; N] {
    let bytes = BASE64.decode(text).unwrap();
    bytes.try_into().unwrap_or_else(|_| panic!("{text} has not {N} bytes"))
}

/// A hash, which is written in base 64.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub(crate) struct Hash64(pub(crate) Hash);

impl From<Hash64> for String {
    fn from(hash: Hash64) -> String {
        base64(hash.0.as_bytes())
    }
}

impl TryFrom<String> for Hash64 {
    type Error = String;

    fn try_from(text: String) -> Result<Hash64, String> {
        Ok(Hash64(Hash::new(bytes(&text))))
    }
}

pub(crate) fn hashes(path: &[Hash]) -> Vec<Hash64> {
    path.iter().copied().map(Hash64).collect()
}

pub(crate) fn plain(path: &[Hash64]) -> Vec<Hash> {
    path.iter().map(|hash| hash.0).collect()
}

/// The same hash but for its lowest bit.
pub(crate) fn flipped(hash: Hash) -> Hash {
    let mut bytes = *hash.as_bytes();
    bytes[31] ^= 1;
    Hash::new(bytes)
}

/// Keys as a case gives them, which are all good ones.
pub(crate) fn keys(texts: &[String]) -> Vec<VerifierKey> {
    texts.iter().map(|text| text.parse().unwrap()).collect()
}
