//! The accounts as bytes: a record of 18 for each, and the Merkle root over all of them, as a seal holds it.

use std::sync::LazyLock;

use ledger_core::{Account, Balance, Books, CashAccount, KindAccount, TimeAccount};

use crate::tree::Hash;

static LEAF_KEY: LazyLock<[u8; 32]> =
    LazyLock::new(|| blake3::derive_key("carestore v1 account leaf", b""));
static NODE_KEY: LazyLock<[u8; 32]> =
    LazyLock::new(|| blake3::derive_key("carestore v1 account node", b""));

/// One account: unit, kind, offer, number and balance, each big-endian, without anything between them.
pub fn record(account: Account, balance: Balance) -> [u8; 18] {
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
    let mut record = [0; 18];
    for (place, byte) in record.iter_mut().zip(name.chain(balance.get().to_be_bytes())) {
        *place = byte;
    }
    record
}

/// The record of every account that a transfer has ever named, in the order of their bytes.
pub fn records(books: &Books) -> Vec<[u8; 18]> {
    let mut records: Vec<_> =
        books.accounts().map(|(account, balance)| record(account, balance)).collect();
    records.sort_unstable();
    records
}

/// The Merkle root over the records, in the shape of RFC 6962. It has keys of its own, so that no record can pass for an
/// entry of the log, and no root of accounts for one of a log.
pub fn accounts_root(books: &Books) -> Hash {
    root(records(books).iter().map(leaf).collect())
}

fn leaf(record: &[u8; 18]) -> Hash {
    Hash::new(*blake3::keyed_hash(&LEAF_KEY, record).as_bytes())
}

fn node(left: &Hash, right: &Hash) -> Hash {
    let both = [*left.as_bytes(), *right.as_bytes()];
    Hash::new(*blake3::keyed_hash(&NODE_KEY, both.as_flattened()).as_bytes())
}

/// Pairs neighbours until one is left. Whoever has no neighbour goes up as they are: that is the shape of RFC 6962.
fn root(mut level: Vec<Hash>) -> Hash {
    while level.len() > 1 {
        let (pairs, alone) = level.as_chunks::<2>();
        let next = pairs.iter().map(|[left, right]| node(left, right));
        level = next.chain(alone.iter().copied()).collect();
    }
    let nothing = || Hash::new(*blake3::keyed_hash(&NODE_KEY, b"").as_bytes());
    level.first().copied().unwrap_or_else(nothing)
}

#[cfg(test)]
mod tests {
    use ledger_core::{CashSource, MemberId, OfferId};
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
            .chain(ledger_core::CashUse::ALL.iter().map(|spent_on| CashAccount::Use(*spent_on)))
            .chain((1..9).map(|fund| CashAccount::Fund(ledger_core::FundId::new(fund).unwrap())));
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
            [] => root(Vec::new()),
            [only] => *only,
            _ => {
                let half = leaves.len().next_power_of_two() / 2;
                node(&naive(&leaves[..half]), &naive(&leaves[half..]))
            }
        }
    }

    proptest! {
        #[test]
        fn the_root_is_the_one_of_the_definition(
            records in prop::collection::vec(any::<[u8; 18]>(), 0..200),
        ) {
            let leaves: Vec<_> = records.iter().map(leaf).collect();
            prop_assert_eq!(root(leaves.clone()), naive(&leaves));
        }
    }
}
