//! Proofs of balances for `receipts.json`: a good one for each account, and each way to be wrong.

use ledger_core::{Account, Balance, MemberId, TimeAccount};
use ledger_proto::{BalanceProof, Over, SigningKey, read_record, record};

use super::log::{Log, SEAL, SIZE};
use super::receipts::{BalanceFile, bad_balance};
use super::receipts_bad::{line, put};
use super::shape::{Case, base64, flipped};
use super::tree;

const ROOT: &str = "its path: another root";
const LENGTH: &str = "its path: the path is too long or too short";
const PLACE: &str = "its path: no such place";
const ENTRY: &str = "its entry or record";
const WRONG: &str = "its checkpoint: a signature is not by the key that it names";
const NO_NOTE: &str = "its checkpoint: not a signed note";
const UNSIGNED: &str = "its checkpoint: no signature by a known key";

/// A good proof of the account at this place.
pub(super) fn proof(log: &Log, index: usize) -> BalanceProof {
    let leaves: Vec<_> =
        log.records.iter().map(|record| tree::leaf(Over::Accounts, record)).collect();
    BalanceProof {
        record: log.records[index].clone().try_into().unwrap(),
        index: index as u64,
        record_path: tree::inclusion(Over::Accounts, index as u64, &leaves),
        seal: log.entries[usize::try_from(SEAL - 1).unwrap()].clone(),
        seal_position: SEAL,
        seal_path: log.path(SEAL, SIZE),
        key: log.key.verifier(&log.origin),
        note: log.key.note(&log.checkpoint(SIZE)),
    }
}

/// The bad ones.
pub(super) fn bad(log: &Log) -> Vec<Case<BalanceFile>> {
    let right = proof(log, 4);
    let file = right.to_text();
    let but = |change: &dyn Fn(&mut BalanceProof)| {
        let mut given = right.clone();
        change(&mut given);
        given.to_text()
    };
    let (account, balance) = read_record(&right.record).unwrap();
    let nobody = Account::Time(TimeAccount::Member(MemberId::new(4_000_000).unwrap()));
    let stranger = SigningKey::from_seed([2; 32]);
    let (text, end) = (base64(&right.record), file.find("\n\n").unwrap());
    vec![
        bad_balance("a minute more", ROOT, {
            but(&|it| it.record = record(account, Balance::new(balance.get() + 1)))
        }),
        bad_balance("another account with the same balance", ROOT, {
            but(&|it| it.record = record(nobody, balance))
        }),
        bad_balance("18 bytes that are no account", ROOT, but(&|it| it.record = [9; 18])),
        bad_balance("said to be at another place", ROOT, but(&|it| it.index = 5)),
        bad_balance("said to be behind the last account", PLACE, but(&|it| it.index = 8)),
        bad_balance("a step of the account's path flipped", ROOT, {
            but(&|it| it.record_path[0] = flipped(it.record_path[0]))
        }),
        bad_balance("the account's path without its last step", LENGTH, {
            but(&|it| it.record_path.truncate(2))
        }),
        bad_balance("the path of another account", ROOT, {
            but(&|it| it.record_path = proof(log, 3).record_path)
        }),
        bad_balance("a step of the seal's path flipped", ROOT, {
            but(&|it| it.seal_path[0] = flipped(it.seal_path[0]))
        }),
        bad_balance("the seal's path with a step more", LENGTH, {
            but(&|it| it.seal_path.push(it.seal_path[0]))
        }),
        bad_balance("the seal said to be at 11", ROOT, but(&|it| it.seal_position = 11)),
        bad_balance("the seal said to be at 0", PLACE, but(&|it| it.seal_position = 0)),
        bad_balance("an entry that seals nothing", ENTRY, {
            but(&|it| {
                (it.seal, it.seal_position) = (log.entries[10].clone(), 11);
                it.seal_path = log.path(11, SIZE);
            })
        }),
        bad_balance("a seal that is not in the log", ROOT, {
            but(&|it| it.seal.clone_from(&log.entries[10]))
        }),
        bad_balance("another key than the one that signed", UNSIGNED, {
            but(&|it| it.key = stranger.verifier(&log.origin))
        }),
        bad_balance("a checkpoint that was altered", WRONG, {
            put(&file, "/blake3\n20\n", "/blake3\n21\n")
        }),
        bad_balance("a receipt", &line(1), put(&file, "balance", "receipt")),
        bad_balance(
            "a record of 17 bytes",
            &line(2),
            put(&file, &text, &base64(&right.record[..17])),
        ),
        bad_balance("no record", &line(2), put(&file, &format!("record {text}\n"), "")),
        bad_balance("an index with a sign", &line(3), put(&file, "index 4", "index +4")),
        bad_balance(
            "a path that is shorter than it says",
            &line(8),
            put(&file, "path 3", "path 4"),
        ),
        bad_balance("a leaf in place of the seal", &line(9), put(&file, "\nentry ", "\nleaf ")),
        bad_balance(
            "a file that was cut before the checkpoint",
            NO_NOTE,
            file[..end + 2].to_owned(),
        ),
    ]
}
