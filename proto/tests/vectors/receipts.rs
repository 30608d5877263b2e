//! `receipts.json`: receipts and proofs of balances, as the files that people keep.

use ledger_core::{Event, Position};
use ledger_proto::{
    BalanceProof, Checked, Proved, Receipt, Shown, SigningKey, Trust, Unproved, VerifierKey,
    record, stored,
};
use serde::{Deserialize, Serialize};

use super::log::{Log, SEAL, SIZE};
use super::shape::{Case, Given, Hash64, Verdict, bad, check, good, hex, keys};
use super::{balances, checkpoints, proofs, receipts_bad};

/// The whole file.
#[derive(Serialize, Deserialize)]
pub(crate) struct Receipts {
    about: String,
    receipts: Vec<Case<ReceiptFile>>,
    balances: Vec<Case<BalanceFile>>,
}

const ABOUT: &str = "Receipts of FORMAT.md section 5 and proofs of balances of section 6, of one log of twenty entries \
     whose key is in checkpoints.json. `file` is the whole text. Where `keys` are given, the reader has them from elsewhere \
     and the checkpoint must be by one of them, too; else the key in the file is enough. A good case says what is proved.";

/// A receipt, and the keys that the reader has from elsewhere.
#[derive(Serialize, Deserialize)]
pub(crate) struct ReceiptFile {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) keys: Option<Vec<String>>,
    pub(crate) file: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) proves: Option<Place>,
}

/// What a receipt proves.
#[derive(PartialEq, Serialize, Deserialize)]
pub(crate) struct Place {
    position: u64,
    leaf: Hash64,
    size: u64,
    entry_shown: Yes,
}

#[derive(PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Yes {
    Yes,
    No,
}

/// A proof of a balance, and the keys that the reader has from elsewhere.
#[derive(Serialize, Deserialize)]
pub(crate) struct BalanceFile {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) keys: Option<Vec<String>>,
    pub(crate) file: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) proves: Option<Sum>,
}

/// What a proof of a balance proves.
#[derive(PartialEq, Serialize, Deserialize)]
pub(crate) struct Sum {
    record: String,
    balance: i64,
    through: u64,
    size: u64,
}

fn words(error: &Unproved) -> String {
    match error {
        Unproved::Malformed { line, expected: _ } => format!("line {line} is not as it should be"),
        Unproved::Note(error) => format!("its checkpoint: {}", checkpoints::words(*error)),
        Unproved::Path(error) => format!("its path: {}", proofs::words(*error)),
        Unproved::Entry(_) => "its entry or record".to_owned(),
    }
}

fn trusting<T>(keys_given: Option<&Vec<String>>, check: impl FnOnce(Trust<'_>) -> T) -> T {
    match keys_given {
        Some(texts) => check(Trust::Keys(&keys(texts))),
        None => check(Trust::KeyInFile),
    }
}

fn same<T: PartialEq>(proves: &T, said: Option<&T>) -> Verdict {
    if Some(proves) == said { Ok(()) } else { Err("it proves otherwise".to_owned()) }
}

impl Given for ReceiptFile {
    fn verdict(&self) -> Verdict {
        let ReceiptFile { keys, file, proves } = self;
        let checked = Receipt::parse(file)
            .and_then(|receipt| trusting(keys.as_ref(), |trust| receipt.check(trust)));
        let Checked { checkpoint, position, leaf, entry } =
            checked.map_err(|error| words(&error))?;
        let entry_shown = if entry.is_some() { Yes::Yes } else { Yes::No };
        let place = Place { position, leaf: Hash64(leaf), size: checkpoint.size, entry_shown };
        same(&place, proves.as_ref())
    }
}

impl Given for BalanceFile {
    fn verdict(&self) -> Verdict {
        let BalanceFile { keys, file, proves } = self;
        let proved = BalanceProof::parse(file)
            .and_then(|proof| trusting(keys.as_ref(), |trust| proof.check(trust)));
        let Proved { checkpoint, account, balance, through } =
            proved.map_err(|error| words(&error))?;
        let sum = Sum {
            record: hex(&record(account, balance)),
            balance: balance.get(),
            through: through.get(),
            size: checkpoint.size,
        };
        same(&sum, proves.as_ref())
    }
}

/// The verifier key of the log, and a good receipt of the entry at a position in the log of a size.
pub(crate) fn receipt(log: &Log, position: u64, size: u64) -> Receipt {
    Receipt {
        position,
        shown: Shown::Entry(log.entries[usize::try_from(position - 1).unwrap()].clone()),
        path: log.path(position, size),
        key: log.key.verifier(&log.origin),
        note: log.key.note(&log.checkpoint(size)),
    }
}

pub(crate) fn leaf_only(receipt: Receipt) -> Receipt {
    Receipt { shown: Shown::Leaf(receipt.shown.leaf()), ..receipt }
}

fn good_receipt(name: &str, known: Option<&[VerifierKey]>, receipt: &Receipt) -> Case<ReceiptFile> {
    let keys = known.map(|keys| keys.iter().map(ToString::to_string).collect());
    let size = receipt.check(Trust::KeyInFile).unwrap().checkpoint.size;
    let entry_shown = match receipt.shown {
        Shown::Entry(_) => Yes::Yes,
        Shown::Leaf(_) => Yes::No,
    };
    let leaf = Hash64(receipt.shown.leaf());
    let place = Place { position: receipt.position, leaf, size, entry_shown };
    good(name, ReceiptFile { keys, file: receipt.to_text(), proves: Some(place) })
}

fn good_balance(
    name: &str,
    known: Option<&[VerifierKey]>,
    proof: &BalanceProof,
) -> Case<BalanceFile> {
    let keys = known.map(|keys| keys.iter().map(ToString::to_string).collect());
    let (_, balance) = ledger_proto::read_record(&proof.record).unwrap();
    let Event::StateSealed { through, .. } = stored::decode(&proof.seal).unwrap().event else {
        panic!("it seals nothing");
    };
    let size = proof.check(Trust::KeyInFile).unwrap().checkpoint.size;
    assert_eq!(through, Position::new(SEAL - 1));
    let sum =
        Sum { record: hex(&proof.record), balance: balance.get(), through: through.get(), size };
    good(name, BalanceFile { keys, file: proof.to_text(), proves: Some(sum) })
}

pub(crate) fn bad_receipt(name: &str, wrong: &str, file: String) -> Case<ReceiptFile> {
    bad(name, wrong, ReceiptFile { keys: None, file, proves: None })
}

pub(crate) fn bad_balance(name: &str, wrong: &str, file: String) -> Case<BalanceFile> {
    bad(name, wrong, BalanceFile { keys: None, file, proves: None })
}

fn receipts(log: &Log) -> Vec<Case<ReceiptFile>> {
    let (key, next) = (log.key.verifier(&log.origin), SigningKey::from_seed([2; 32]));
    let next = next.verifier(&log.origin);
    let whole = receipt(log, 7, SIZE);
    let known = [next.clone(), key.clone()];
    let mut cases = vec![
        good_receipt("the entry at 7 of 20", None, &whole),
        good_receipt("its leaf alone", None, &leaf_only(whole.clone())),
        good_receipt("a reader who knows the key of the log", Some(&[key]), &whole),
        good_receipt("a reader who knows both keys of the log", Some(&known), &whole),
        good_receipt("the last entry of 20", None, &receipt(log, 20, 20)),
        good_receipt("the only entry of 1: no path", None, &receipt(log, 1, 1)),
        good_receipt("the entry at 7 of 7", None, &receipt(log, 7, 7)),
    ];
    let file = whole.to_text();
    let strange =
        ReceiptFile { keys: Some(vec![next.to_string()]), file: file.clone(), proves: None };
    cases.push(bad(
        "a reader who knows another key of the log only",
        "its checkpoint: no signature by a known key",
        strange,
    ));
    cases.push(bad(
        "a reader who knows no key",
        "its checkpoint: no signature by a known key",
        ReceiptFile { keys: Some(Vec::new()), file, proves: None },
    ));
    cases.extend(receipts_bad::cases(log));
    cases
}

impl Receipts {
    /// The file, made anew.
    pub(crate) fn make() -> Receipts {
        let log = Log::make();
        let key = log.key.verifier(&log.origin);
        let middle = balances::proof(&log, 4);
        let mut sums = vec![
            good_balance("the first account", None, &balances::proof(&log, 0)),
            good_balance("an account in the middle", None, &middle),
            good_balance("the pot, which is the last", None, &balances::proof(&log, 7)),
            good_balance("a reader who knows the key of the log", Some(&[key]), &middle),
        ];
        sums.extend(balances::bad(&log));
        Receipts { about: ABOUT.to_owned(), receipts: receipts(&log), balances: sums }
    }

    /// Runs the verifier on every case.
    pub(crate) fn check(&self) {
        check("receipts", &self.receipts);
        check("balances", &self.balances);
    }
}
