//! Keys and signatures, as bytes: the rules carry them, and whoever can reckon with them checks them.

use serde::{Deserialize, Serialize};

/// A key under which checkpoints of a log are signed, as everybody may know it: Ed25519.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct PublicKey([u8; 32]);

impl PublicKey {
    /// The key with these bytes. Whether there is such a key, the rules do not ask.
    pub const fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The bytes.
    pub const fn bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

/// A signature under such a key. In a box, so that events and commands stay small; in two halves, as Ed25519 makes it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Signature(Box<[[u8; 32]; 2]>);

impl Signature {
    /// The signature with these bytes. Whether it is good, the rules do not ask.
    pub fn new(bytes: &[u8; 64]) -> Self {
        let mut halves = Box::new([[0; 32]; 2]);
        halves.as_flattened_mut().copy_from_slice(bytes);
        Self(halves)
    }

    /// The bytes.
    pub fn bytes(&self) -> [u8; 64] {
        let mut bytes = [0; 64];
        bytes.copy_from_slice(self.0.as_flattened());
        bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signature_keeps_its_bytes_in_their_order() {
        let bytes = std::array::from_fn(|at| u8::try_from(at).unwrap());
        assert_eq!(Signature::new(&bytes).bytes(), bytes);
    }
}
