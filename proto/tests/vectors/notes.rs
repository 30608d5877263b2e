//! Signed notes for `checkpoints.json`: those that are believed, and each way in which one is not.

use ledger_proto::{Checkpoint, Note, NoteError, Origin, SigningKey, VerifierKey};
use sha2::{Digest, Sha256};

use super::checkpoints::{Says, Signed, says};
use super::log::Log;
use super::shape::{Case, bad, base64, good};

pub(super) const NO_NOTE: &str = "not a signed note";
pub(super) const UNSIGNED: &str = "no signature by a known key";
pub(super) const WRONG: &str = "a signature is not by the key that it names";

const NO_ORIGIN: &str = "the first line is not the origin of a log";
const NO_SIZE: &str = "the second line is not a size";
const NO_ROOT: &str = "the third line is not a root";
const NO_SIGNATURES: &str = "it has no signatures";
const NO_SIGNATURE: &str = "a line behind the text is not a signature";
const UNSEEN: &str = "it holds characters that cannot be seen";
const NO_END: &str = "its last line does not end";
const EMPTY: &str = "a line of it is empty";

/// The order of the group of Ed25519, from the lowest byte.
const L: [u8; 32] = [
    0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14,
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10,
];

/// The log of `receipts.json`.
pub(super) fn origin() -> Origin {
    Log::make().origin
}

pub(super) fn other_origin() -> Origin {
    "carestore/afon-ogwen/fedcba9876543210/blake3".parse().unwrap()
}

/// The verifier key of the log that grows out of 32 bytes of this.
pub(super) fn vkey(seed: u8) -> String {
    SigningKey::from_seed([seed; 32]).verifier(&origin()).to_string()
}

/// Name, id and key.
pub(super) fn parts(vkey: &str) -> (String, String, String) {
    let mut parts = vkey.splitn(3, '+').map(str::to_owned);
    (parts.next().unwrap(), parts.next().unwrap(), parts.next().unwrap())
}

/// A verifier key with the right id, whatever the key is.
pub(super) fn vkey_of(name: &str, kind: u8, public: &[u8]) -> String {
    let key = [&[kind], public].concat();
    let digest = Sha256::digest([name.as_bytes(), b"\n", &key].concat());
    let id = u32::from_be_bytes(digest[..4].try_into().unwrap());
    format!("{name}+{id:08x}+{}", base64(&key))
}

/// The next key id.
pub(super) fn next(id: &str) -> String {
    format!("{:08x}", u32::from_str_radix(id, 16).unwrap().wrapping_add(1))
}

/// The same line but for its last letter.
pub(super) fn other_last(mut line: String) -> String {
    let last = line.pop().unwrap();
    line.push(if last == '0' { '1' } else { '0' });
    line
}

/// The same signature with S + L in place of S: a careless verifier takes it, too.
pub(super) fn malleable(mut signature: [u8; 64]) -> [u8; 64] {
    let mut carry = 0;
    for (byte, more) in signature[32..].iter_mut().zip(L) {
        let sum = u16::from(*byte) + u16::from(more) + carry;
        *byte = u8::try_from(sum & 0xff).unwrap();
        carry = sum >> 8;
    }
    assert_eq!(carry, 0);
    signature
}

/// Any text, signed by the first key of the log, in a signature line of that key.
fn signed(text: &str) -> String {
    line_of(&origin(), text, SigningKey::from_seed([1; 32]).sign(text.as_bytes()).as_slice())
}

/// A text with a line of the first key, under this origin for a name, with any signature.
fn line_of(name: &Origin, text: &str, signature: &[u8]) -> String {
    let id = SigningKey::from_seed([1; 32]).verifier(name).id();
    let line = base64(&[&id, signature].concat());
    format!("{text}\n\u{2014} {name} {line}\n")
}

struct Parts {
    log: Log,
    text: String,
    note: String,
}

impl Parts {
    fn make() -> Parts {
        let log = Log::make();
        let checkpoint = log.checkpoint(20);
        Parts { text: checkpoint.text(), note: log.key.note(&checkpoint), log }
    }

    /// The text with something in place of something, signed as it then stands.
    fn text(&self, from: &str, to: &str) -> String {
        assert!(self.text.contains(from), "{from}");
        signed(&self.text.replacen(from, to, 1))
    }

    /// The note with something in place of something, after it was signed.
    fn note(&self, from: &str, to: &str) -> String {
        assert!(self.note.contains(from), "{from}");
        self.note.replacen(from, to, 1)
    }

    fn root(&self) -> String {
        self.text.lines().nth(2).unwrap().to_owned()
    }
}

fn by(seeds: &[u8], note: String, says: Option<Says>) -> Signed {
    Signed { keys: seeds.iter().map(|seed| vkey(*seed)).collect(), note, says }
}

/// A note that cannot be read, for this reason.
fn unread(name: &str, reason: &'static str, note: String) -> Case<Signed> {
    assert_eq!(Note::parse(&note), Err(NoteError::Malformed(reason)), "{name}");
    bad(name, NO_NOTE, by(&[1], note, None))
}

/// Sixteen signatures that nobody knows, and what the first key wrote among them.
fn among_strangers(note: &str) -> String {
    let (text, ours) = note.rsplit_once("\n\n").unwrap();
    let stranger = |n: u8| {
        // Longer ones, too: other kinds of keys sign at other lengths.
        let signature = vec![n; 68 + usize::from(n % 3) * 8];
        format!("\u{2014} witness.example/{n} {}\n", base64(&signature))
    };
    let before: String = (0..8).map(stranger).collect();
    let after: String = (8..16).map(stranger).collect();
    format!("{text}\n\n{before}{ours}{after}")
}

fn good_ones(parts: &Parts) -> Vec<Case<Signed>> {
    let Parts { log, text, note } = parts;
    let point = |size| says(&log.checkpoint(size));
    let extended = signed(&format!("{text}an extension, which is signed and passed over\n"));
    let second = SigningKey::from_seed([2; 32]).note(&log.checkpoint(20));
    let both = format!("{note}{}", second.rsplit_once("\n\n").unwrap().1);
    let first = Checkpoint { size: 1, ..log.checkpoint(1) };
    vec![
        good("one signature", by(&[1], note.clone(), Some(point(20)))),
        good("of one entry", by(&[1], log.key.note(&first), Some(point(1)))),
        good("an extension line", by(&[1], extended, Some(point(20)))),
        good("a reader who knows more keys", by(&[2, 1], note.clone(), Some(point(20)))),
        good("16 signatures of strangers before and behind", {
            by(&[1], among_strangers(note), Some(point(20)))
        }),
        good("two keys of the log, one of them known", by(&[1], both.clone(), Some(point(20)))),
        good("two keys of the log, both known", by(&[1, 2], both, Some(point(20)))),
    ]
}

fn unread_ones(parts: &Parts) -> Vec<Case<Signed>> {
    let Parts { log, text, note } = parts;
    let (origin, root) = (log.origin.to_string(), parts.root());
    let line = note.lines().last().unwrap();
    let url = root.replacen(['+', '/'], "_", 1);
    assert_ne!(url, root, "the root has a sign that differs");
    // The last letter but the padding carries two bits that are not of the root.
    let mut loose: Vec<char> = root.chars().collect();
    loose[42] = char::from(u8::try_from(loose[42]).unwrap() + 1);
    let loose: String = loose.into_iter().collect();
    vec![
        unread("no signature", NO_SIGNATURES, text.clone()),
        unread("no signature behind the empty line", NO_END, format!("{text}\n")),
        unread("nothing", NO_SIGNATURES, String::new()),
        unread("a size with a leading zero", NO_SIZE, parts.text("\n20\n", "\n020\n")),
        unread("a size with a sign", NO_SIZE, parts.text("\n20\n", "\n+20\n")),
        unread("a size with a blank behind", NO_SIZE, parts.text("\n20\n", "\n20 \n")),
        unread("a size of 2^64", NO_SIZE, parts.text("\n20\n", "\n18446744073709551616\n")),
        unread("no size", NO_SIZE, parts.text("\n20\n", "\n")),
        unread("a root of 31 bytes", NO_ROOT, parts.text(&root, &base64(&[9; 31]))),
        unread("a root of 33 bytes", NO_ROOT, parts.text(&root, &base64(&[9; 33]))),
        unread("a root without padding", NO_ROOT, parts.text(&root, root.trim_end_matches('='))),
        unread("a root in base 64 that no encoder writes", NO_ROOT, parts.text(&root, &loose)),
        unread("a root in the URL form of base 64", NO_ROOT, parts.text(&root, &url)),
        unread("no root", NO_ROOT, parts.text(&format!("{root}\n"), "")),
        unread("line ends of Windows", UNSEEN, note.replace('\n', "\r\n")),
        unread("a tab in an extension", UNSEEN, signed(&format!("{text}a\tb\n"))),
        unread("no last line end", NO_END, note.trim_end().to_owned()),
        unread("an empty line at the end", EMPTY, format!("{note}\n")),
        unread("an empty line among the extensions", EMPTY, signed(&format!("{text}\nmore\n"))),
        unread("an origin without blake3", NO_ORIGIN, parts.text("/blake3", "")),
        unread("an origin that says sha256", NO_ORIGIN, parts.text("/blake3", "/sha256")),
        unread("an origin with capital digits", NO_ORIGIN, {
            let digits = origin.split('/').nth(2).unwrap();
            parts.text(digits, &digits.to_uppercase())
        }),
        unread("an origin with a digit too few", NO_ORIGIN, {
            let digits = origin.split('/').nth(2).unwrap();
            parts.text(digits, &digits[1..])
        }),
        unread("an origin without a co-op", NO_ORIGIN, parts.text("colne-valley/", "")),
        unread("an origin of something else", NO_ORIGIN, parts.text("carestore/", "example.org/")),
        unread("a hyphen in place of the dash", NO_SIGNATURE, parts.note("\u{2014} ", "- ")),
        unread(
            "two blanks in the signature line",
            NO_SIGNATURE,
            parts.note("\u{2014} ", "\u{2014}  "),
        ),
        unread("a plus in the name of a signature", NO_SIGNATURE, {
            format!("{note}\u{2014} a+b {}\n", base64(&[1; 68]))
        }),
        unread("a signature of a key id alone", NO_SIGNATURE, {
            format!("{note}\u{2014} a {}\n", base64(&[1; 4]))
        }),
        unread("a signature without padding", NO_SIGNATURE, {
            format!("{}\n", note.trim_end().trim_end_matches('='))
        }),
        unread("a line behind the signatures", NO_SIGNATURE, format!("{note}{text}")),
        unread("the signature before the text", NO_ORIGIN, format!("{line}\n\n{text}")),
    ]
}

fn unbelieved_ones(parts: &Parts) -> Vec<Case<Signed>> {
    let Parts { log, text, note } = parts;
    let (origin, root) = (&log.origin, parts.root());
    let key = SigningKey::from_seed([1; 32]);
    let signature = key.sign(text.as_bytes());
    let other = other_origin();
    let others = line_of(&other, text, &signature);
    let by_others_key =
        Signed { keys: vec![key.verifier(&other).to_string()], note: others, says: None };
    let foreign = SigningKey::from_seed([3; 32]).verifier(&other);
    let for_another = Checkpoint { origin: other, ..log.checkpoint(20) };
    let twice = line_of(origin, text, &[3; 64]);
    let forged = format!("{note}{}", twice.rsplit_once("\n\n").unwrap().1);
    let altered = |from: &str, to: &str| by(&[1], parts.note(from, to), None);
    let key_of = |key: &VerifierKey| vec![key.to_string()];
    vec![
        bad("a reader who knows no key", UNSIGNED, by(&[], note.clone(), None)),
        bad("signed by a key that is not known", UNSIGNED, by(&[2], note.clone(), None)),
        bad("a reader who knows a key of another log", UNSIGNED, {
            Signed { keys: key_of(&foreign), note: note.clone(), says: None }
        }),
        bad("a key of another log, by which the signature is right", UNSIGNED, by_others_key),
        bad("the note of another log, by the key of this one", UNSIGNED, {
            by(
                &[1],
                line_of(origin, &for_another.text(), &key.sign(for_another.text().as_bytes())),
                None,
            )
        }),
        bad("the size altered", WRONG, altered("\n20\n", "\n21\n")),
        bad("the root altered", WRONG, altered(&root, &base64(&[9; 32]))),
        bad("an extension put in", WRONG, altered("\n\n", "\nmore\n\n")),
        bad("a known key id with a wrong signature", WRONG, {
            by(&[1], line_of(origin, text, &[3; 64]), None)
        }),
        bad("a right signature, and a wrong one of the same key", WRONG, by(&[1], forged, None)),
        bad("a signature of 63 bytes", WRONG, {
            by(&[1], line_of(origin, text, &signature[..63]), None)
        }),
        bad("a signature of 65 bytes", WRONG, {
            by(&[1], line_of(origin, text, &[&signature[..], &[0]].concat()), None)
        }),
        bad("the same signature with S + L", WRONG, {
            by(&[1], line_of(origin, text, &malleable(signature)), None)
        }),
        bad("a signature of the text with its empty line", WRONG, {
            by(&[1], line_of(origin, text, &key.sign(format!("{text}\n").as_bytes())), None)
        }),
        bad("a signature of the text without its last line end", WRONG, {
            by(&[1], line_of(origin, text, &key.sign(text.trim_end().as_bytes())), None)
        }),
    ]
}

/// All notes.
pub(super) fn cases() -> Vec<Case<Signed>> {
    let parts = Parts::make();
    let mut cases = good_ones(&parts);
    cases.extend(unread_ones(&parts));
    cases.extend(unbelieved_ones(&parts));
    cases
}
