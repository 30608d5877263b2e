//! The proof of a balance: an account's record, its path to the root of all accounts, and the entry that sealed that root.

use ledger_core::{Account, Balance, Event, Position, REDUCER_VERSION};

use super::{Trust, Unproved, believed, entry_at, included, lines::Lines, lines::Writer};
use crate::accounts::{RECORD, read_record};
use crate::checkpoint::{Checkpoint, VerifierKey};
use crate::malformed::Malformed;
use crate::tree::{Disproved, Hash, Over, leaf, root_of_inclusion};

const FIRST_LINE: &str = "carestore balance v1";

/// What stood in an account when the state was sealed, and how that is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BalanceProof {
    /// The record of the account.
    pub record: [u8; RECORD],
    /// Its place among the records of all accounts, from 0.
    pub index: u64,
    /// The path from the record to the root of all accounts.
    pub record_path: Vec<Hash>,
    /// The stored bytes of the entry that sealed the state.
    pub seal: Vec<u8>,
    /// Its position.
    pub seal_position: u64,
    /// The path from the seal to the root of the checkpoint.
    pub seal_path: Vec<Hash>,
    /// The key that signed the checkpoint.
    pub key: VerifierKey,
    /// The checkpoint, as its signed note.
    pub note: String,
}

/// A balance that is proved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proved {
    /// The log as it was signed.
    pub checkpoint: Checkpoint,
    /// The account.
    pub account: Account,
    /// What stood in it: minutes, pence or items.
    pub balance: Balance,
    /// After the entry at this position.
    pub through: Position,
}

impl BalanceProof {
    /// The text of the file.
    pub fn to_text(&self) -> String {
        let BalanceProof { record, index, record_path, seal, seal_position, seal_path, key, note } =
            self;
        let mut writer = Writer::new(FIRST_LINE);
        writer.bytes("record", record);
        writer.number("index", *index);
        writer.path(record_path);
        writer.number("position", *seal_position);
        writer.bytes("entry", seal);
        writer.path(seal_path);
        writer.word("key", &key.to_string());
        writer.note(note)
    }

    /// Reads a file. Nothing in it has been checked: see [`BalanceProof::check`].
    pub fn parse(text: &str) -> Result<BalanceProof, Unproved> {
        let mut lines = Lines::new(text, FIRST_LINE, "\"carestore balance v1\"")?;
        let record = lines.bytes("record", "the record of an account")?;
        let wrong = Unproved::Malformed { line: 2, expected: "the record of an account" };
        let record = <[u8; RECORD]>::try_from(record).map_err(|_| wrong)?;
        let index = lines.number("index", "the place of the record")?;
        let record_path = lines.path()?;
        let seal_position = lines.number("position", "the position of the seal")?;
        let seal = lines.bytes("entry", "the entry of the seal")?;
        let seal_path = lines.path()?;
        let key = lines.key()?;
        let note = lines.note()?;
        Ok(BalanceProof { record, index, record_path, seal, seal_position, seal_path, key, note })
    }

    /// Checks the signature, that the seal is in the log, and that the record is in the seal.
    pub fn check(&self, trust: Trust<'_>) -> Result<Proved, Unproved> {
        let checkpoint = believed(&self.note, &self.key, trust)?;
        included(&checkpoint, self.seal_position, &leaf(&self.seal), &self.seal_path)?;
        let entry = entry_at(&self.seal, self.seal_position)?;
        let Event::StateSealed { through, accounts_root, totals, reducer_version } = entry.event
        else {
            let problem = Malformed::one("event", "does not seal the state");
            return Err(Unproved::Entry(problem));
        };
        if through.next() != entry.position {
            let problem = "is not the position before the seal's own";
            return Err(Unproved::Entry(Malformed::one("through_position", problem)));
        }
        if reducer_version != REDUCER_VERSION {
            let problem = "is one that this program does not know";
            return Err(Unproved::Entry(Malformed::one("reducer_version", problem)));
        }
        let over = Over::Accounts;
        let leaf = over.leaf(&self.record);
        let root = root_of_inclusion(over, self.index, totals.accounts, &leaf, &self.record_path)?;
        if root.as_bytes() != accounts_root.bytes() {
            return Err(Disproved::WrongRoot.into());
        }
        let (account, balance) = read_record(&self.record).map_err(Unproved::Entry)?;
        Ok(Proved { checkpoint, account, balance, through })
    }
}
