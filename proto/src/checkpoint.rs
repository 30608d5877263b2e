//! Checkpoints: what a co-op signs of its log, in the text form of C2SP's `signed-note` and `tlog-checkpoint`.
//!
//! Written byte by byte in `proto/FORMAT.md`. A checkpoint is never the last word on who signed: whoever checks brings the
//! keys that they trust.

mod line;
mod note;

use std::fmt;
use std::str::FromStr;

use base64::{Engine, engine::general_purpose::STANDARD as BASE64};
use ed25519_dalek::{Signature, Signer, VerifyingKey};
use ledger_core::CoopName;
use sha2::{Digest, Sha256};

use crate::tree::Hash;

pub use line::RootLine;
pub(crate) use note::decimal;
pub use note::{Note, NoteError};

/// What an Ed25519 signature is called in a key and in a signature line.
const ED25519: u8 = 1;
/// The message of a change of keys begins so.
const ROTATION: &str = "carestore key rotation v1\n";

/// The identity of a log: who keeps it, and which first entry it has. It does not change with a key.
///
/// `carestore/{coop}/{first 16 hex digits of the first entry's leaf}/blake3`. The end says that the tree is no SHA-256 one.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Origin(String);

/// A text that cannot be what it should be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("this is not {what}")]
pub struct NotOne {
    /// What it should have been.
    pub what: &'static str,
}

impl Origin {
    /// The identity of the log of this co-op that begins with the entry of this leaf.
    pub fn of(coop: &CoopName, first: &Hash) -> Origin {
        let leaf = first.to_string();
        Origin(format!("carestore/{coop}/{}/blake3", leaf.get(..16).unwrap_or_default()))
    }

    /// Whether a log that begins with an entry of this leaf can be this one.
    pub fn begins_with(&self, first: &Hash) -> bool {
        self.coop().is_some_and(|coop| Origin::of(&coop, first) == *self)
    }

    /// The co-op.
    pub fn coop(&self) -> Option<CoopName> {
        self.0.split('/').nth(1).and_then(|coop| CoopName::new(coop).ok())
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for Origin {
    type Err = NotOne;

    fn from_str(text: &str) -> Result<Origin, NotOne> {
        let wrong = NotOne { what: "the origin of a log" };
        let mut parts = text.split('/');
        let (Some("carestore"), Some(coop), Some(leaf), Some("blake3"), None) =
            (parts.next(), parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Err(wrong);
        };
        let hex = |digit: u8| digit.is_ascii_digit() || (b'a'..=b'f').contains(&digit);
        let fits = CoopName::new(coop).is_ok() && leaf.len() == 16 && leaf.bytes().all(hex);
        if fits { Ok(Origin(text.to_owned())) } else { Err(wrong) }
    }
}

/// What a log came to at a size.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checkpoint {
    /// Which log.
    pub origin: Origin,
    /// How many entries it held.
    pub size: u64,
    /// The root over them.
    pub root: Hash,
}

impl Checkpoint {
    /// The text that is signed.
    pub fn text(&self) -> String {
        let Checkpoint { origin, size, root } = self;
        format!("{origin}\n{size}\n{}\n", BASE64.encode(root.as_bytes()))
    }

    /// The line that can be typed: see [`RootLine`].
    pub fn line(&self) -> RootLine {
        RootLine::of(self.size, &self.root)
    }
}

/// The key that signs the checkpoints of a log. Only the server has it.
#[derive(Clone)]
pub struct SigningKey(ed25519_dalek::SigningKey);

impl SigningKey {
    /// The key that grows out of 32 secret bytes.
    pub fn from_seed(seed: [u8; 32]) -> SigningKey {
        SigningKey(ed25519_dalek::SigningKey::from_bytes(&seed))
    }

    /// The public half, 32 bytes.
    pub fn public(&self) -> [u8; 32] {
        self.0.verifying_key().to_bytes()
    }

    /// The public half, as those who check the log of this origin keep it.
    pub fn verifier(&self, origin: &Origin) -> VerifierKey {
        VerifierKey { name: origin.to_string(), key: self.0.verifying_key() }
    }

    /// Signs any message: 64 bytes.
    pub fn sign(&self, message: &[u8]) -> [u8; 64] {
        self.0.sign(message).to_bytes()
    }

    /// The signed note of a checkpoint.
    pub fn note(&self, checkpoint: &Checkpoint) -> String {
        let text = checkpoint.text();
        let signature = self.sign(text.as_bytes());
        note_of(checkpoint, &self.verifier(&checkpoint.origin), &signature)
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SigningKey(secret)")
    }
}

/// The signed note of a checkpoint whose signature is known.
pub fn note_of(checkpoint: &Checkpoint, key: &VerifierKey, signature: &[u8; 64]) -> String {
    let mut signed = key.id().to_vec();
    signed.extend_from_slice(signature);
    format!("{}\n\u{2014} {} {}\n", checkpoint.text(), key.name, BASE64.encode(signed))
}

/// What both keys sign when one follows the other.
pub fn rotation_message(origin: &Origin, old: &[u8; 32], new: &[u8; 32]) -> Vec<u8> {
    format!("{ROTATION}{origin}\n{}\n{}\n", BASE64.encode(old), BASE64.encode(new)).into_bytes()
}

/// Whether a public key, 32 bytes, made this signature, 64 bytes, of a message. Weak keys and malleable signatures do not pass.
pub fn signed_by(key: &[u8; 32], message: &[u8], signature: &[u8; 64]) -> bool {
    VerifyingKey::from_bytes(key)
        .is_ok_and(|key| key.verify_strict(message, &Signature::from_bytes(signature)).is_ok())
}

/// A key by which checkpoints are checked, as signed-note writes it: `{origin}+{id}+{key}`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerifierKey {
    name: String,
    key: VerifyingKey,
}

impl VerifierKey {
    /// The key of the log of this origin with this public half. Nothing: these are not the bytes of a key.
    pub fn new(origin: &Origin, public: &[u8; 32]) -> Option<VerifierKey> {
        let key = VerifyingKey::from_bytes(public).ok()?;
        Some(VerifierKey { name: origin.to_string(), key })
    }

    /// Whose key it is: the origin of the log.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The public half, 32 bytes.
    pub fn public(&self) -> [u8; 32] {
        self.key.to_bytes()
    }

    /// The first four bytes of SHA-256 over name, line end, kind and key: what stands before a signature.
    pub fn id(&self) -> [u8; 4] {
        let mut hasher = Sha256::new();
        hasher.update(self.name.as_bytes());
        hasher.update([b'\n', ED25519]);
        hasher.update(self.key.as_bytes());
        let [a, b, c, d, ..] = <[u8; 32]>::from(hasher.finalize());
        [a, b, c, d]
    }

    fn made(&self, text: &[u8], signature: &[u8; 64]) -> bool {
        self.key.verify_strict(text, &Signature::from_bytes(signature)).is_ok()
    }
}

impl fmt::Display for VerifierKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut key = vec![ED25519];
        key.extend_from_slice(self.key.as_bytes());
        write!(f, "{}+{:08x}+{}", self.name, u32::from_be_bytes(self.id()), BASE64.encode(key))
    }
}

impl FromStr for VerifierKey {
    type Err = NotOne;

    fn from_str(text: &str) -> Result<VerifierKey, NotOne> {
        let wrong = NotOne { what: "a verifier key: {name}+{8 hex digits}+{key}" };
        let mut parts = text.splitn(3, '+');
        let (Some(name), Some(id), Some(key)) = (parts.next(), parts.next(), parts.next()) else {
            return Err(wrong);
        };
        let bytes = BASE64.decode(key).map_err(|_| wrong)?;
        let Some((&ED25519, public)) = bytes.split_first() else { return Err(wrong) };
        let public = <[u8; 32]>::try_from(public).map_err(|_| wrong)?;
        let key = VerifyingKey::from_bytes(&public).map_err(|_| wrong)?;
        let fits = !name.is_empty() && !name.contains(char::is_whitespace) && !key.is_weak();
        let key = VerifierKey { name: name.to_owned(), key };
        // The id in the text is the one of the key: a slip of one letter is noticed.
        let said = format!("{:08x}", u32::from_be_bytes(key.id()));
        if fits && said == id { Ok(key) } else { Err(wrong) }
    }
}
