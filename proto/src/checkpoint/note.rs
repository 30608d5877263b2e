//! Signed notes as they arrive: read strictly, and believed only by the keys that the reader brings.

use super::{BASE64, Checkpoint, Origin, VerifierKey};
use base64::Engine;

use crate::tree::Hash;

/// Longer notes are not read.
const MAX_BYTES: usize = 64 * 1024;
/// More signatures are not read. C2SP asks for 16 at the least.
const MAX_SIGNATURES: usize = 100;

/// Why a note is not believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoteError {
    /// It is no signed note.
    #[error("this is not a signed note: {0}")]
    Malformed(&'static str),
    /// None of its signatures is by a key that the reader knows.
    #[error("none of its signatures is by a key that is known")]
    Unsigned,
    /// A signature names a known key, and that key did not make it.
    #[error("a signature is not by the key that it names")]
    WrongSignature,
}

/// One signature of a note. Who made it is not known before it is checked.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Signed {
    name: String,
    id: [u8; 4],
    rest: Vec<u8>,
}

/// A checkpoint with its signatures, none of which has been checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    text: String,
    claimed: Checkpoint,
    signatures: Vec<Signed>,
}

impl Note {
    /// Reads a note. What it says may be a lie: see [`Note::verify`].
    pub fn parse(note: &str) -> Result<Note, NoteError> {
        if note.len() > MAX_BYTES {
            return Err(NoteError::Malformed("it is too long"));
        }
        let control = |sign: char| sign.is_control() && sign != '\n';
        if note.contains(control) {
            return Err(NoteError::Malformed("it holds characters that cannot be seen"));
        }
        let (text, signatures) =
            note.rsplit_once("\n\n").ok_or(NoteError::Malformed("it has no signatures"))?;
        let text = format!("{text}\n");
        let claimed = checkpoint(&text)?;
        let lines = signatures
            .strip_suffix('\n')
            .ok_or(NoteError::Malformed("its last line does not end"))?;
        let signatures: Vec<Signed> = lines.split('\n').map(signature).collect::<Result<_, _>>()?;
        if signatures.len() > MAX_SIGNATURES {
            return Err(NoteError::Malformed("it has too many signatures"));
        }
        Ok(Note { text, claimed, signatures })
    }

    /// What the note claims, which nobody has checked.
    pub fn claimed(&self) -> &Checkpoint {
        &self.claimed
    }

    /// What the note says, if a key of these has signed it. A signature by a key that is not known is passed over; one
    /// that names a known key and is not by it spoils the note.
    pub fn verify(&self, keys: &[VerifierKey]) -> Result<&Checkpoint, NoteError> {
        let mut signed = Err(NoteError::Unsigned);
        for signature in &self.signatures {
            let known = keys.iter().filter(|key| {
                key.name() == self.claimed.origin.as_str()
                    && key.name() == signature.name
                    && key.id() == signature.id
            });
            for key in known {
                let bytes = <&[u8; 64]>::try_from(signature.rest.as_slice());
                if !bytes.is_ok_and(|bytes| key.made(self.text.as_bytes(), bytes)) {
                    return Err(NoteError::WrongSignature);
                }
                signed = Ok(&self.claimed);
            }
        }
        signed
    }

    /// The signature by this key, 64 bytes, if it has signed the note.
    pub fn signature_by(&self, key: &VerifierKey) -> Option<[u8; 64]> {
        let ours = |signed: &&Signed| signed.name == key.name() && signed.id == key.id();
        self.verify(std::slice::from_ref(key)).ok()?;
        let signed = self.signatures.iter().find(ours)?;
        <[u8; 64]>::try_from(signed.rest.as_slice()).ok()
    }

    /// The key of these that signed it.
    pub fn signer<'k>(&self, keys: &'k [VerifierKey]) -> Option<&'k VerifierKey> {
        keys.iter().find(|key| self.verify(std::slice::from_ref(key)).is_ok())
    }
}

/// The body: origin, size, root. Lines behind these are extensions, which are signed and not understood.
fn checkpoint(text: &str) -> Result<Checkpoint, NoteError> {
    let mut lines = text.strip_suffix('\n').unwrap_or(text).split('\n');
    let mut line = || lines.next().filter(|line| !line.is_empty());
    let origin = line().and_then(|line| line.parse::<Origin>().ok());
    let origin = origin.ok_or(NoteError::Malformed("the first line is not the origin of a log"))?;
    let size = line().and_then(decimal);
    let size = size.ok_or(NoteError::Malformed("the second line is not a size"))?;
    let root = line().and_then(|line| BASE64.decode(line).ok());
    let root = root.and_then(|root| <[u8; 32]>::try_from(root).ok()).map(Hash::new);
    let root = root.ok_or(NoteError::Malformed("the third line is not a root"))?;
    if lines.any(str::is_empty) {
        return Err(NoteError::Malformed("a line of it is empty"));
    }
    Ok(Checkpoint { origin, size, root })
}

/// A number as it is written: no sign, no leading zero.
pub(crate) fn decimal(text: &str) -> Option<u64> {
    let number: u64 = text.parse().ok()?;
    (number.to_string() == text).then_some(number)
}

fn signature(line: &str) -> Result<Signed, NoteError> {
    let wrong = NoteError::Malformed("a line behind the text is not a signature");
    let rest = line.strip_prefix("\u{2014} ").ok_or(wrong)?;
    let (name, signature) = rest.split_once(' ').ok_or(wrong)?;
    let bytes = BASE64.decode(signature).map_err(|_| wrong)?;
    let (id, rest) = bytes.split_first_chunk::<4>().ok_or(wrong)?;
    if name.is_empty() || name.contains(|sign: char| sign.is_whitespace() || sign == '+') {
        return Err(wrong);
    }
    if rest.is_empty() {
        return Err(wrong);
    }
    Ok(Signed { name: name.to_owned(), id: *id, rest: rest.to_vec() })
}

#[cfg(test)]
mod tests {
    use std::fmt::Write;

    use proptest::prelude::*;

    use super::*;
    use crate::checkpoint::SigningKey;

    fn key() -> SigningKey {
        SigningKey::from_seed([7; 32])
    }

    fn point() -> Checkpoint {
        let origin = "carestore/colne-valley/0123456789abcdef/blake3".parse().unwrap();
        Checkpoint { origin, size: 57, root: Hash::new([9; 32]) }
    }

    #[test]
    fn what_is_signed_is_read_back() {
        let (note, keys) = (key().note(&point()), [key().verifier(&point().origin)]);
        assert_eq!(Note::parse(&note).unwrap().verify(&keys), Ok(&point()));
        let other = [SigningKey::from_seed([8; 32]).verifier(&point().origin)];
        assert_eq!(Note::parse(&note).unwrap().verify(&other), Err(NoteError::Unsigned));
        assert_eq!(keys[0].to_string().parse(), Ok(keys[0].clone()));
        let signature = Note::parse(&note).unwrap().signature_by(&keys[0]);
        assert_eq!(signature, Some(key().sign(point().text().as_bytes())));
        assert_eq!(Note::parse(&note).unwrap().signature_by(&other[0]), None);
    }

    #[test]
    fn signatures_of_others_are_passed_over_and_forged_ones_are_not() {
        let keys = [key().verifier(&point().origin)];
        let mut note = key().note(&point());
        for n in 0_u8..40 {
            let stranger = BASE64.encode([n; 77]);
            writeln!(note, "\u{2014} witness.example/{n} {stranger}").unwrap();
        }
        assert_eq!(Note::parse(&note).unwrap().verify(&keys), Ok(&point()));
        let mut forged = keys[0].id().to_vec();
        forged.extend_from_slice(&[3; 64]);
        let forged = BASE64.encode(forged);
        writeln!(note, "\u{2014} {} {forged}", point().origin).unwrap();
        assert_eq!(Note::parse(&note).unwrap().verify(&keys), Err(NoteError::WrongSignature));
    }

    #[test]
    fn another_logs_key_does_not_speak_for_this_one() {
        let origin: Origin = "carestore/other/0123456789abcdef/blake3".parse().unwrap();
        let signature = key().sign(point().text().as_bytes());
        let note = super::super::note_of(&point(), &key().verifier(&origin), &signature);
        let keys = [key().verifier(&origin)];
        assert_eq!(Note::parse(&note).unwrap().verify(&keys), Err(NoteError::Unsigned));
    }

    proptest! {
        #[test]
        fn a_note_with_one_changed_byte_is_not_believed(at in any::<prop::sample::Index>(), bit in 0_u8..8) {
            let (mut note, keys) = (key().note(&point()).into_bytes(), [key().verifier(&point().origin)]);
            let at = at.index(note.len());
            note[at] ^= 1 << bit;
            let note = String::from_utf8_lossy(&note).into_owned();
            prop_assert!(Note::parse(&note).is_err() || Note::parse(&note).unwrap().verify(&keys).is_err());
        }

        #[test]
        fn no_text_brings_the_reader_down(text in "\\PC{0,200}") {
            drop(Note::parse(&text));
        }
    }
}
