//! A small log for vectors: twenty entries, the twelfth of which seals the state, under a key whose seed is known.

use std::collections::BTreeMap;

use ledger_core::{
    Account, AccountsRoot, Actor, Attribution, Authority, Balance, Channel, CoopName, Day, Entry,
    Event, MemberId, Minutes, Position, SealedTotals, TimeAccount, Timestamp, Transfer, Values,
};
use ledger_proto::{Checkpoint, Hash, Origin, Over, SigningKey, record, stored};

use super::tree;

/// How many entries there are.
pub(crate) const SIZE: u64 = 20;
/// The one that seals the state.
pub(crate) const SEAL: u64 = 12;

/// Out of 32 bytes of this grows the key of the log.
pub(crate) const SEED: u8 = 1;

/// The log.
pub(crate) struct Log {
    /// The stored bytes of each entry.
    pub(crate) entries: Vec<Vec<u8>>,
    /// Their leaves.
    pub(crate) leaves: Vec<Hash>,
    /// Who keeps it.
    pub(crate) origin: Origin,
    /// The key that signs.
    pub(crate) key: SigningKey,
    /// The records of all accounts before the seal, sorted.
    pub(crate) records: Vec<Vec<u8>>,
}

fn entry(position: u64, event: Event) -> Vec<u8> {
    let moment = 1_800_000_000_000 + i64::try_from(position).unwrap() * 60_000;
    let entry = Entry {
        position: Position::new(position),
        recorded_at: Timestamp::from_unix_ms(moment),
        occurred_on: Day::parse("2027-01-15").unwrap(),
        by: Attribution {
            actor: Actor::Operator,
            on_behalf_of: None,
            authority: Authority::Operator,
            channel: Channel::App,
        },
        policy_version: 1,
        asked: None,
        row: None,
        corrects: None,
        event,
    };
    stored::encode(&entry).unwrap()
}

fn given(position: u64) -> Event {
    let member = |number| MemberId::new(1001 + u32::try_from(number).unwrap()).unwrap();
    // Every third goes to the pot.
    let to = if position.is_multiple_of(3) { None } else { Some(member((position + 1) % 7)) };
    let minutes = Minutes::new(i64::try_from(position * 15).unwrap()).unwrap();
    Event::HoursGiven { from: member(position % 7), to, minutes }
}

/// What stands in each account, by the transfers of the entries alone.
fn balances(entries: &[Vec<u8>]) -> BTreeMap<Account, i64> {
    let mut balances = BTreeMap::new();
    for entry in entries {
        for transfer in stored::decode(entry).unwrap().event.transfers() {
            let Transfer::Time { from, to, minutes } = transfer else { panic!("only time moves") };
            *balances.entry(Account::Time(from)).or_insert(0) -= minutes.get();
            *balances.entry(Account::Time(to)).or_insert(0) += minutes.get();
        }
    }
    balances
}

fn seal(position: u64, balances: &BTreeMap<Account, i64>, root: Hash) -> Event {
    let sum = |of: fn(TimeAccount) -> bool| {
        let these = balances
            .iter()
            .filter(|(account, _)| matches!(account, Account::Time(account) if of(*account)));
        these.map(|(_, balance)| balance).sum()
    };
    let totals = SealedTotals {
        accounts: balances.len() as u64,
        member_minutes: sum(|account| matches!(account, TimeAccount::Member(_))),
        pot_minutes: sum(|account| account == TimeAccount::Pot),
        ..SealedTotals::default()
    };
    Event::StateSealed {
        through: Position::new(position - 1),
        accounts_root: AccountsRoot::new(*root.as_bytes()),
        totals,
        reducer_version: 1,
    }
}

impl Log {
    /// The same every time.
    pub(crate) fn make() -> Log {
        let coop = CoopName::new("colne-valley").unwrap();
        let founded = Event::CoopFounded { coop: coop.clone(), policy: Values::template() };
        let mut entries = vec![entry(1, founded)];
        let mut records = Vec::new();
        for position in 2..=SIZE {
            let event = if position == SEAL {
                let balances = balances(&entries);
                records = balances
                    .iter()
                    .map(|(account, balance)| record(*account, Balance::new(*balance)).to_vec())
                    .collect();
                records.sort_unstable();
                let leaves: Vec<Hash> =
                    records.iter().map(|record| tree::leaf(Over::Accounts, record)).collect();
                seal(position, &balances, tree::root(Over::Accounts, &leaves))
            } else {
                given(position)
            };
            entries.push(entry(position, event));
        }
        let leaves: Vec<Hash> =
            entries.iter().map(|entry| tree::leaf(Over::Entries, entry)).collect();
        let origin = Origin::of(&coop, &leaves[0]);
        Log { entries, leaves, origin, key: SigningKey::from_seed([SEED; 32]), records }
    }

    /// The log as it was at a size.
    pub(crate) fn checkpoint(&self, size: u64) -> Checkpoint {
        let root = tree::root(Over::Entries, &self.leaves[..usize::try_from(size).unwrap()]);
        Checkpoint { origin: self.origin.clone(), size, root }
    }

    /// The path of an entry in the log as it was at a size.
    pub(crate) fn path(&self, position: u64, size: u64) -> Vec<Hash> {
        let leaves = &self.leaves[..usize::try_from(size).unwrap()];
        tree::inclusion(Over::Entries, position - 1, leaves)
    }
}
