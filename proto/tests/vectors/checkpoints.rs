//! `checkpoints.json`: keys, signed notes, lines that can be typed, and changes of keys.

use ledger_proto::{
    Checkpoint, Hash, Note, NoteError, Origin, RootLine, SigningKey, VerifierKey, rotation_message,
    signed_by,
};
use serde::{Deserialize, Serialize};

use super::notes;
use super::shape::{
    Case, Given, Hash64, Verdict, bad, base64, bytes, check, good, hex, keys, unhex,
};

/// The whole file.
#[derive(Serialize, Deserialize)]
pub(crate) struct Checkpoints {
    about: String,
    keys: Vec<Case<Key>>,
    vkeys: Vec<Case<Vkey>>,
    notes: Vec<Case<Signed>>,
    lines: Vec<Case<Line>>,
    rotations: Vec<Case<Rotation>>,
}

const ABOUT: &str = "Keys, signed notes, lines and changes of keys of FORMAT.md section 3. Hashes, public keys and \
     signatures are base 64, seeds (the secret 32 bytes of RFC 8032) hexadecimal, all else is text as it stands. A \
     verifier key holds if it can be read; a note, if by the keys of the case it is believed, and then it says what the \
     case says; a line, if it can be read and is of this size and root; a change of keys, if both keys have signed the message.";

const NO_VKEY: &str = "not a verifier key";
const NO_LINE: &str = "not a line of size and root";

/// A key with its secret half, so that others can sign, too.
#[derive(Serialize, Deserialize)]
struct Key {
    seed: String,
    public: String,
    origin: String,
    vkey: String,
}

#[derive(Serialize, Deserialize)]
struct Vkey {
    vkey: String,
}

/// A note, and the keys by which it is looked at.
#[derive(Serialize, Deserialize)]
pub(crate) struct Signed {
    pub(crate) keys: Vec<String>,
    pub(crate) note: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) says: Option<Says>,
}

#[derive(PartialEq, Serialize, Deserialize)]
pub(crate) struct Says {
    origin: String,
    size: u64,
    root: Hash64,
}

#[derive(Serialize, Deserialize)]
struct Line {
    size: u64,
    root: Hash64,
    /// How it is written.
    line: String,
    /// How somebody typed it.
    typed: String,
}

#[derive(Clone, Serialize, Deserialize)]
struct Rotation {
    origin: String,
    old_key: String,
    new_key: String,
    message: String,
    old_signature: String,
    new_signature: String,
}

/// The words for a note that is not believed.
pub(crate) fn words(error: NoteError) -> &'static str {
    match error {
        NoteError::Malformed(_) => notes::NO_NOTE,
        NoteError::Unsigned => notes::UNSIGNED,
        NoteError::WrongSignature => notes::WRONG,
    }
}

pub(crate) fn says(checkpoint: &Checkpoint) -> Says {
    let Checkpoint { origin, size, root } = checkpoint;
    Says { origin: origin.to_string(), size: *size, root: Hash64(*root) }
}

impl Given for Key {
    fn verdict(&self) -> Verdict {
        let Key { seed, public, origin, vkey } = self;
        let key = SigningKey::from_seed(unhex(seed).try_into().unwrap());
        let origin: Origin = origin.parse().unwrap();
        if base64(&key.public()) == *public && key.verifier(&origin).to_string() == *vkey {
            Ok(())
        } else {
            Err("another key".to_owned())
        }
    }
}

impl Given for Vkey {
    fn verdict(&self) -> Verdict {
        let key: VerifierKey = self.vkey.parse().map_err(|_| NO_VKEY.to_owned())?;
        if key.to_string() == self.vkey { Ok(()) } else { Err("written otherwise".to_owned()) }
    }
}

impl Given for Signed {
    fn verdict(&self) -> Verdict {
        let Signed { keys: known, note, says: said } = self;
        let note = Note::parse(note).map_err(|error| words(error).to_owned())?;
        let checkpoint = note.verify(&keys(known)).map_err(|error| words(error).to_owned())?;
        if Some(says(checkpoint)) == *said { Ok(()) } else { Err("it says otherwise".to_owned()) }
    }
}

impl Given for Line {
    fn verdict(&self) -> Verdict {
        let Line { size, root, line, typed } = self;
        let origin = notes::origin();
        let checkpoint = Checkpoint { origin, size: *size, root: root.0 };
        if checkpoint.line().to_string() != *line {
            return Err("written otherwise".to_owned());
        }
        let typed: RootLine = typed.parse().map_err(|_| NO_LINE.to_owned())?;
        if typed.is_of(&checkpoint) { Ok(()) } else { Err("another checkpoint".to_owned()) }
    }
}

impl Given for Rotation {
    fn verdict(&self) -> Verdict {
        let Rotation { origin, old_key, new_key, message, old_signature, new_signature } = self;
        let (old, new) = (bytes(old_key), bytes(new_key));
        if rotation_message(&origin.parse().unwrap(), &old, &new) != message.as_bytes() {
            return Err("another message".to_owned());
        }
        if !signed_by(&old, message.as_bytes(), &bytes(old_signature)) {
            return Err("the old key has not signed it".to_owned());
        }
        if !signed_by(&new, message.as_bytes(), &bytes(new_signature)) {
            return Err("the new key has not signed it".to_owned());
        }
        Ok(())
    }
}

fn key_cases() -> Vec<Case<Key>> {
    let key = |name: &str, seed: u8, origin: &Origin| {
        let key = SigningKey::from_seed([seed; 32]);
        let (seed, public) = (hex(&[seed; 32]), base64(&key.public()));
        let vkey = key.verifier(origin).to_string();
        good(name, Key { seed, public, origin: origin.to_string(), vkey })
    };
    vec![
        key("the key of the log", 1, &notes::origin()),
        key("the key that follows it", 2, &notes::origin()),
        key("a key of another log", 3, &notes::other_origin()),
        key(
            "the key of the log under the name of another: another key id",
            1,
            &notes::other_origin(),
        ),
    ]
}

fn vkey_cases() -> Vec<Case<Vkey>> {
    let right = notes::vkey(1);
    let (name, id, key) = notes::parts(&right);
    assert!(key.contains('/'), "a sign that the URL form writes otherwise");
    let of = |kind: u8, public: &[u8]| notes::vkey_of(&name, kind, public);
    let public = SigningKey::from_seed([1; 32]).public();
    let mut identity = [0; 32];
    identity[0] = 1;
    let mut nowhere = [0; 32];
    nowhere[0] = 2;
    let cases = [
        ("an id that is one too high", format!("{name}+{}+{key}", notes::next(&id))),
        ("an id in capital letters", format!("{name}+{}+{key}", id.to_uppercase())),
        ("an id of seven digits", format!("{name}+{}+{key}", &id[1..])),
        ("no name", notes::vkey_of("", 1, &public)),
        ("a blank in the name", notes::vkey_of("two words", 1, &public)),
        ("kind 2 in place of 1", of(2, &public)),
        ("a public key of 31 bytes", of(1, &public[..31])),
        ("a public key of 33 bytes", of(1, &[&public[..], &[0]].concat())),
        ("a weak key: the neutral element", of(1, &identity)),
        ("a weak key: a point of order 4", of(1, &[0; 32])),
        ("32 bytes that are no point of the curve", of(1, &nowhere)),
        ("base 64 with padding where there is none", format!("{right}=")),
        ("base 64 with its last letter missing", right[..right.len() - 1].to_owned()),
        (
            "base 64 with a sign of its URL form",
            format!("{name}+{id}+{}", key.replacen('/', "_", 1)),
        ),
        ("no key", format!("{name}+{id}")),
        ("a line end behind it", format!("{right}\n")),
    ];
    let bad = cases.map(|(name, vkey)| bad(name, NO_VKEY, Vkey { vkey }));
    std::iter::once(good("the key of the log", Vkey { vkey: right.clone() })).chain(bad).collect()
}

fn line_cases() -> Vec<Case<Line>> {
    let root: Vec<u8> = (0..32_u8).map(|n| n.wrapping_mul(37).wrapping_add(200)).collect();
    let root = Hash::new(root.try_into().unwrap());
    let line = |size: u64, typed: &dyn Fn(String) -> String| {
        let line = Checkpoint { origin: notes::origin(), size, root }.line().to_string();
        Line { size, root: Hash64(root), typed: typed(line.clone()), line }
    };
    let typed = |typed: &dyn Fn(String) -> String| line(8213, typed);
    let small = Line {
        size: 1,
        root: Hash64(Hash::new([0x08; 32])),
        line: "1 1040-G208-1040-G208-1040-G208".to_owned(),
        typed: "1 lO4o-g2o8-IO40-G208-i040-G208".to_owned(),
    };
    vec![
        good("as it is written", typed(&|line| line)),
        good("in small letters", typed(&|line| line.to_lowercase())),
        good("O for 0, I and L for 1", small),
        good("a large size", line(123_456_789_012, &|line| line)),
        bad("another size", "another checkpoint", typed(&|line| line.replacen('8', "9", 1))),
        bad("another last letter", "another checkpoint", typed(&notes::other_last)),
        bad("without a size", NO_LINE, typed(&|line| line["8213 ".len()..].to_owned())),
        bad("a size with a leading zero", NO_LINE, typed(&|line| format!("0{line}"))),
        bad("a letter too few", NO_LINE, typed(&|line| line[..line.len() - 1].to_owned())),
        bad("a letter too many", NO_LINE, typed(&|line| format!("{line}0"))),
        bad("a letter that is none of the 32: U", NO_LINE, {
            typed(&|line| format!("{}U", &line[..line.len() - 1]))
        }),
        bad("a group too few", NO_LINE, typed(&|line| line[..line.len() - 5].to_owned())),
        bad("nothing", NO_LINE, typed(&|_| String::new())),
    ]
}

fn rotation_cases() -> Vec<Case<Rotation>> {
    let (old, new) = (SigningKey::from_seed([1; 32]), SigningKey::from_seed([2; 32]));
    let origin = notes::origin();
    let message = rotation_message(&origin, &old.public(), &new.public());
    let right = Rotation {
        origin: origin.to_string(),
        old_key: base64(&old.public()),
        new_key: base64(&new.public()),
        message: String::from_utf8(message.clone()).unwrap(),
        old_signature: base64(&old.sign(&message)),
        new_signature: base64(&new.sign(&message)),
    };
    let but = |change: &dyn Fn(&mut Rotation)| {
        let mut given = right.clone();
        change(&mut given);
        given
    };
    let (no_old, no_new) = ("the old key has not signed it", "the new key has not signed it");
    let other = "another message";
    let elsewhere = notes::other_origin().to_string();
    vec![
        good("from the first key to the second", right.clone()),
        bad(
            "signed by the new key alone",
            no_old,
            but(&|it| it.old_signature = it.new_signature.clone()),
        ),
        bad(
            "signed by the old key alone",
            no_new,
            but(&|it| it.new_signature = it.old_signature.clone()),
        ),
        bad("the origin of another log", other, but(&|it| it.origin.clone_from(&elsewhere))),
        bad("the keys exchanged", other, {
            but(&|it| {
                std::mem::swap(&mut it.old_key, &mut it.new_key);
                std::mem::swap(&mut it.old_signature, &mut it.new_signature);
            })
        }),
        bad(
            "a message without its last line end",
            other,
            but(&|it| it.message = it.message.trim_end().to_owned()),
        ),
        bad("a third key in place of the new one", other, {
            but(&|it| it.new_key = base64(&SigningKey::from_seed([3; 32]).public()))
        }),
        bad("the old signature of the same message with S + L", no_old, {
            but(&|it| it.old_signature = base64(&notes::malleable(bytes(&it.old_signature))))
        }),
    ]
}

impl Checkpoints {
    /// The file, made anew.
    pub(crate) fn make() -> Checkpoints {
        Checkpoints {
            about: ABOUT.to_owned(),
            keys: key_cases(),
            vkeys: vkey_cases(),
            notes: notes::cases(),
            lines: line_cases(),
            rotations: rotation_cases(),
        }
    }

    /// Runs the verifier on every case.
    pub(crate) fn check(&self) {
        check("keys", &self.keys);
        check("vkeys", &self.vkeys);
        check("notes", &self.notes);
        check("lines", &self.lines);
        check("rotations", &self.rotations);
    }
}
