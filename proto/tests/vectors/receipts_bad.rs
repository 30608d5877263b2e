//! Each way in which a receipt can be wrong.

use ledger_proto::{Receipt, Shown, SigningKey};

use super::log::{Log, SIZE};
use super::receipts::{ReceiptFile, bad_receipt, leaf_only, receipt};
use super::shape::{Case, base64, flipped};

const ROOT: &str = "its path: another root";
const LENGTH: &str = "its path: the path is too long or too short";
const PLACE: &str = "its path: no such place";
const ENTRY: &str = "its entry or record";
const WRONG: &str = "its checkpoint: a signature is not by the key that it names";
const UNSIGNED: &str = "its checkpoint: no signature by a known key";
const NO_NOTE: &str = "its checkpoint: not a signed note";

/// A text with something in place of something that stands in it.
pub(super) fn put(text: &str, from: &str, to: &str) -> String {
    assert!(text.contains(from), "{from}");
    text.replacen(from, to, 1)
}

pub(super) fn line(number: usize) -> String {
    format!("line {number} is not as it should be")
}

/// Wrong in what it says: every line is as it should be.
fn wrong_in_substance(log: &Log) -> Vec<Case<ReceiptFile>> {
    let whole = receipt(log, 7, SIZE);
    let leaf = leaf_only(whole.clone());
    let but = |base: &Receipt, change: &dyn Fn(&mut Receipt)| {
        let mut given = base.clone();
        change(&mut given);
        given.to_text()
    };
    let of = |position: usize| Shown::Entry(log.entries[position - 1].clone());
    let elsewhere = |position: u64| but(&leaf, &|it| it.position = position);
    let stranger = SigningKey::from_seed([2; 32]);
    let unreadable = {
        // A log whose only entry is no entry.
        let leaf = ledger_proto::leaf(b"not an entry");
        let point = ledger_proto::Checkpoint { size: 1, root: leaf, origin: log.origin.clone() };
        let note = log.key.note(&point);
        let shown = Shown::Entry(b"not an entry".to_vec());
        Receipt { position: 1, shown, path: Vec::new(), note, ..whole.clone() }
    };
    let moved = {
        // Entry 2 stands where entry 1 should: the tree is right, and the entry says otherwise.
        let leaf = ledger_proto::leaf(&log.entries[1]);
        let point = ledger_proto::Checkpoint { size: 1, root: leaf, origin: log.origin.clone() };
        Receipt {
            position: 1,
            shown: of(2),
            path: Vec::new(),
            note: log.key.note(&point),
            ..whole.clone()
        }
    };
    let node = {
        // Leaves 7 and 8 are neighbours.
        let node = ledger_proto::node(&log.leaves[6], &log.leaves[7]);
        Receipt { shown: Shown::Leaf(node), path: whole.path[1..].to_vec(), ..leaf.clone() }
    };
    vec![
        bad_receipt("another entry", ROOT, but(&whole, &|it| it.shown = of(8))),
        bad_receipt("the leaf with a bit flipped", ROOT, {
            but(&leaf, &|it| it.shown = Shown::Leaf(flipped(it.shown.leaf())))
        }),
        bad_receipt("the first step with a bit flipped", ROOT, {
            but(&whole, &|it| it.path[0] = flipped(it.path[0]))
        }),
        bad_receipt("the last step with a bit flipped", ROOT, {
            but(&whole, &|it| it.path[4] = flipped(it.path[4]))
        }),
        bad_receipt("two steps swapped", ROOT, but(&whole, &|it| it.path.swap(0, 1))),
        bad_receipt("a step too few", LENGTH, but(&whole, &|it| it.path.truncate(4))),
        bad_receipt("a step too many", LENGTH, but(&whole, &|it| it.path.push(it.path[0]))),
        bad_receipt("a leaf that is said to be at its neighbour's position", ROOT, elsewhere(8)),
        bad_receipt("a leaf that is said to be at position 0", PLACE, elsewhere(0)),
        bad_receipt("a leaf that is said to be at position 20", LENGTH, elsewhere(20)),
        bad_receipt("a leaf that is said to be behind the end", PLACE, elsewhere(21)),
        bad_receipt("a node that is passed off as a leaf", LENGTH, node.to_text()),
        bad_receipt("bytes that are no entry", ENTRY, unreadable.to_text()),
        bad_receipt("an entry that says that it stands elsewhere", ENTRY, moved.to_text()),
        bad_receipt("a checkpoint of another size of the same log", LENGTH, {
            but(&whole, &|it| it.note = log.key.note(&log.checkpoint(8)))
        }),
        bad_receipt("another key than the one that signed", UNSIGNED, {
            but(&whole, &|it| it.key = stranger.verifier(&log.origin))
        }),
        bad_receipt("a checkpoint that was altered", WRONG, {
            put(&whole.to_text(), "/blake3\n20\n", "/blake3\n21\n")
        }),
    ]
}

/// Wrong in how it is written.
fn wrong_in_form(log: &Log) -> Vec<Case<ReceiptFile>> {
    let whole = receipt(log, 7, SIZE);
    let (file, leaf) = (whole.to_text(), leaf_only(whole.clone()).to_text());
    let Shown::Entry(entry) = &whole.shown else { panic!("the entry is shown") };
    let entry = format!("entry {}", base64(entry));
    let step = base64(whole.path[0].as_bytes());
    let key = format!("key {}", whole.key);
    let unpadded = entry.trim_end_matches('=');
    let entry_unpadded = if unpadded == entry { format!("{entry}=") } else { unpadded.to_owned() };
    vec![
        bad_receipt("nothing", &line(1), String::new()),
        bad_receipt("another first line", &line(1), put(&file, " v1", " v2")),
        bad_receipt("a proof of a balance", &line(1), put(&file, "receipt", "balance")),
        bad_receipt("an empty line before it", &line(1), format!("\n{file}")),
        bad_receipt("line ends of Windows", &line(1), file.replace('\n', "\r\n")),
        bad_receipt("a position with a leading zero", &line(2), put(&file, "tion 7", "tion 07")),
        bad_receipt("no position", &line(2), put(&file, "position 7\n", "")),
        bad_receipt("two blanks behind a word", &line(2), put(&file, "tion 7", "tion  7")),
        bad_receipt("neither entry nor leaf", &line(3), put(&file, &format!("{entry}\n"), "")),
        bad_receipt("the entry in base 64 with other padding", &line(3), {
            put(&file, &entry, &entry_unpadded)
        }),
        bad_receipt("entry and leaf", &line(4), {
            let shown = base64(whole.shown.leaf().as_bytes());
            put(&file, &entry, &format!("{entry}\nleaf {shown}"))
        }),
        bad_receipt("a leaf of 31 bytes", &line(3), {
            put(&leaf, &base64(whole.shown.leaf().as_bytes()), &base64(&[7; 31]))
        }),
        bad_receipt(
            "a path that is shorter than it says",
            &line(10),
            put(&file, "path 5", "path 6"),
        ),
        bad_receipt("a path that is longer than it says", &line(9), put(&file, "path 5", "path 4")),
        bad_receipt("a path of 65 steps", &line(4), put(&file, "path 5", "path 65")),
        bad_receipt("a step of 31 bytes", &line(5), put(&file, &step, &base64(&[7; 31]))),
        bad_receipt("no key", &line(10), put(&file, &format!("{key}\n"), "")),
        bad_receipt("no empty line before the checkpoint", &line(11), put(&file, "\n\n", "\n")),
        bad_receipt("two empty lines before the checkpoint", NO_NOTE, put(&file, "\n\n", "\n\n\n")),
        bad_receipt("no checkpoint", NO_NOTE, file[..file.find("\n\n").unwrap() + 2].to_owned()),
        bad_receipt("a file that was cut within the signature", NO_NOTE, {
            file[..file.len() - 20].to_owned()
        }),
        bad_receipt("a file without its last line end", NO_NOTE, file.trim_end().to_owned()),
        bad_receipt("a line behind the end", NO_NOTE, format!("{file}one more\n")),
    ]
}

/// All of them.
pub(super) fn cases(log: &Log) -> Vec<Case<ReceiptFile>> {
    wrong_in_substance(log).into_iter().chain(wrong_in_form(log)).collect()
}
