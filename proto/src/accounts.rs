//! The accounts as bytes: a record of 18 for each, and the Merkle root over all of them, as a seal holds it.

use ledger_core::{
    Account, Balance, Books, CashAccount, CashSource, CashUse, FundId, KindAccount, MemberId,
    OfferId, TimeAccount,
};

use crate::malformed::Malformed;
use crate::tree::{Hash, Over, inclusion_path, range_root};

/// The length of a record.
pub const RECORD: usize = 18;
/// The length of what names the account in it.
const NAME: usize = 10;

/// One account: unit, kind, offer, number and balance, each big-endian, without anything between them.
pub fn record(account: Account, balance: Balance) -> [u8; RECORD] {
    // Every word of a closed list has a number above zero.
    let word = i32::cast_unsigned;
    let (unit, kind, offer, number) = match account {
        Account::Time(TimeAccount::Member(member)) => (1, 1, 0, member.get()),
        Account::Time(TimeAccount::Held(member)) => (1, 2, 0, member.get()),
        Account::Time(TimeAccount::Pot) => (1, 3, 0, 0),
        Account::Time(TimeAccount::Commons) => (1, 4, 0, 0),
        Account::Cash(CashAccount::Fund(fund)) => (2, 1, 0, fund.get()),
        Account::Cash(CashAccount::Source(source)) => (2, 2, 0, word(source.code())),
        Account::Cash(CashAccount::Use(spent_on)) => (2, 3, 0, word(spent_on.code())),
        Account::Kind(offer, KindAccount::Outside) => (3, 1, offer.get(), 0),
        Account::Kind(offer, KindAccount::Stock) => (3, 2, offer.get(), 0),
        Account::Kind(offer, KindAccount::With(member)) => (3, 3, offer.get(), member.get()),
        Account::Kind(offer, KindAccount::Used) => (3, 4, offer.get(), 0),
        Account::Kind(offer, KindAccount::Lapsed) => (3, 5, offer.get(), 0),
    };
    let name = [unit, kind].into_iter().chain(offer.to_be_bytes()).chain(number.to_be_bytes());
    let mut record = [0; RECORD];
    for (place, byte) in record.iter_mut().zip(name.chain(balance.get().to_be_bytes())) {
        *place = byte;
    }
    record
}

/// The record of every account that a transfer has ever named, in the order of their bytes.
pub fn records(books: &Books) -> Vec<[u8; RECORD]> {
    let mut records: Vec<_> =
        books.accounts().map(|(account, balance)| record(account, balance)).collect();
    records.sort_unstable();
    records
}

/// The Merkle root over the records, in the shape of RFC 6962. It has keys of its own, so that no record can pass for an
/// entry of the log, and no root of accounts for one of a log.
pub fn accounts_root(books: &Books) -> Hash {
    Over::Accounts.root(&leaves(&records(books)))
}

fn leaves(records: &[[u8; RECORD]]) -> Vec<Hash> {
    records.iter().map(|record| Over::Accounts.leaf(record)).collect()
}

/// The record of an account, its place among these records, from 0, and the path from it to the root over them. Nothing:
/// no transfer has named the account.
pub fn account_path(
    records: &[[u8; RECORD]],
    account: Account,
) -> Option<([u8; RECORD], u64, Vec<Hash>)> {
    let name = record(account, Balance::new(0));
    let (name, _) = name.split_at(NAME);
    let place = records.iter().position(|record| record.starts_with(name))?;
    let found = *records.get(place)?;
    let leaves = leaves(records);
    let path = inclusion_path(place as u64, leaves.len() as u64)?;
    let subtree = |height: u32, index: u64| {
        let place = |leaf: u64| usize::try_from(leaf).ok();
        let (from, to) = (place(index << height)?, place((index + 1) << height)?);
        leaves.get(from..to).map(|leaves| Over::Accounts.root(leaves))
    };
    let mut subtree = |height, index| subtree(height, index).ok_or(());
    let roots = path.iter().map(|range| range_root(Over::Accounts, range, &mut subtree));
    Some((found, place as u64, roots.collect::<Result<_, ()>>().ok()?))
}

/// The account of a record, and what stood in it. There is one way to write each account.
pub fn read_record(bytes: &[u8; RECORD]) -> Result<(Account, Balance), Malformed> {
    let wrong = || Malformed::one("record", "is not the record of an account");
    account(bytes)
        .filter(|(account, balance)| record(*account, *balance) == *bytes)
        .ok_or_else(wrong)
}

fn account(bytes: &[u8; RECORD]) -> Option<(Account, Balance)> {
    let (unit, rest) = bytes.split_first()?;
    let (kind, rest) = rest.split_first()?;
    let (offer, rest) = rest.split_first_chunk::<4>()?;
    let (number, rest) = rest.split_first_chunk::<4>()?;
    let balance = Balance::new(i64::from_be_bytes(*rest.first_chunk::<8>()?));
    let (offer, number) = (u32::from_be_bytes(*offer), u32::from_be_bytes(*number));
    let word = i32::try_from(number).ok();
    let member = MemberId::new(number);
    let account = match (*unit, *kind) {
        (1, 1) => Account::Time(TimeAccount::Member(member?)),
        (1, 2) => Account::Time(TimeAccount::Held(member?)),
        (1, 3) => Account::Time(TimeAccount::Pot),
        (1, 4) => Account::Time(TimeAccount::Commons),
        (2, 1) => Account::Cash(CashAccount::Fund(FundId::new(number)?)),
        (2, 2) => Account::Cash(CashAccount::Source(CashSource::from_code(word?)?)),
        (2, 3) => Account::Cash(CashAccount::Use(CashUse::from_code(word?)?)),
        (3, kind) => {
            let kind = match kind {
                1 => KindAccount::Outside,
                2 => KindAccount::Stock,
                3 => KindAccount::With(member?),
                4 => KindAccount::Used,
                5 => KindAccount::Lapsed,
                _ => return None,
            };
            Account::Kind(OfferId::new(offer)?, kind)
        }
        _ => return None,
    };
    Some((account, balance))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_record_is_what_is_reckoned_by_hand() {
        let member = MemberId::new(1042).unwrap();
        let own = record(Account::Time(TimeAccount::Member(member)), Balance::new(-90));
        assert_eq!(
            own,
            [1, 1, 0, 0, 0, 0, 0, 0, 4, 18, 255, 255, 255, 255, 255, 255, 255, 166],
            "minutes, own, no offer, member 1042, -90"
        );
        let given = record(Account::Cash(CashAccount::Source(CashSource::Grant)), Balance::new(0));
        let grant = u8::try_from(CashSource::Grant.code()).unwrap();
        assert_eq!(given, [2, 2, 0, 0, 0, 0, 0, 0, 0, grant, 0, 0, 0, 0, 0, 0, 0, 0]);
        let offer = OfferId::new(258).unwrap();
        let with = record(Account::Kind(offer, KindAccount::With(member)), Balance::new(3));
        assert_eq!(with, [3, 3, 0, 0, 1, 2, 0, 0, 4, 18, 0, 0, 0, 0, 0, 0, 0, 3]);
    }

    #[test]
    fn no_two_accounts_have_one_name() {
        let (member, offer) = (MemberId::new(1001).unwrap(), OfferId::new(1).unwrap());
        let time = [
            TimeAccount::Member(member),
            TimeAccount::Held(member),
            TimeAccount::Pot,
            TimeAccount::Commons,
        ];
        let cash = CashSource::ALL.iter().map(|source| CashAccount::Source(*source));
        let cash = cash
            .chain(CashUse::ALL.iter().map(|spent_on| CashAccount::Use(*spent_on)))
            .chain((1..9).map(|fund| CashAccount::Fund(FundId::new(fund).unwrap())));
        let kind = [
            KindAccount::Outside,
            KindAccount::Stock,
            KindAccount::With(member),
            KindAccount::Used,
            KindAccount::Lapsed,
        ];
        let accounts = time
            .map(Account::Time)
            .into_iter()
            .chain(cash.map(Account::Cash))
            .chain(kind.map(|account| Account::Kind(offer, account)));
        let mut names: Vec<_> = accounts.map(|account| record(account, Balance::new(0))).collect();
        let all = names.len();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), all);
    }

    #[test]
    fn books_without_accounts_have_the_root_of_nothing() {
        let key = blake3::derive_key("carestore v1 account node", b"");
        let nothing = Hash::new(*blake3::keyed_hash(&key, b"").as_bytes());
        assert_eq!(accounts_root(&Books::default()), nothing);
    }

    /// The definition in RFC 6962, word by word.
    fn naive(leaves: &[Hash]) -> Hash {
        match leaves {
            [] => Over::Accounts.empty(),
            [only] => *only,
            _ => {
                let half = leaves.len().next_power_of_two() / 2;
                Over::Accounts.node(&naive(&leaves[..half]), &naive(&leaves[half..]))
            }
        }
    }

    proptest! {
        #[test]
        fn the_root_is_the_one_of_the_definition(
            records in prop::collection::vec(any::<[u8; 18]>(), 0..200),
        ) {
            let leaves = leaves(&records);
            prop_assert_eq!(Over::Accounts.root(&leaves), naive(&leaves));
        }

        #[test]
        fn a_record_is_read_in_one_way_only(bytes in any::<[u8; 18]>(), unit in 0_u8..5, kind in 0_u8..7, small in any::<bool>()) {
            let mut bytes = bytes;
            (bytes[0], bytes[1]) = (unit, kind);
            if small {
                bytes[2..9].fill(0);
            }
            if let Ok((account, balance)) = read_record(&bytes) {
                prop_assert_eq!(record(account, balance), bytes);
            }
        }

        #[test]
        fn every_account_has_a_path(members in 1_u32..60, asked in 0_u32..60) {
            let account = |number| Account::Time(TimeAccount::Member(MemberId::new(1001 + number).unwrap()));
            let records: Vec<_> = (0..members).map(|n| record(account(n), Balance::new(i64::from(n)))).collect();
            match account_path(&records, account(asked)) {
                Some((found, place, path)) => {
                    prop_assert_eq!(read_record(&found), Ok((account(asked), Balance::new(i64::from(asked)))));
                    let root = crate::tree::root_of_inclusion(Over::Accounts, place, u64::from(members), &Over::Accounts.leaf(&found), &path);
                    prop_assert_eq!(root, Ok(Over::Accounts.root(&leaves(&records))));
                }
                None => prop_assert!(asked >= members),
            }
        }
    }
}
