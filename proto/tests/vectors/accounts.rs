//! `accounts.json`: the records of accounts, roots over sorted lists of them, and the path of one.

use ledger_core::{
    Account, Balance, CashAccount, CashSource, CashUse, FundId, KindAccount, MemberId, OfferId,
    TimeAccount,
};
use ledger_proto::{Hash, Over, RECORD, read_record, record, root_of_inclusion};
use serde::{Deserialize, Serialize};

use super::proofs::words;
use super::shape::{
    Case, Given, Hash64, Verdict, bad, check, flipped, good, hashes, hex, plain, unhex,
};
use super::tree;

/// The whole file.
#[derive(Serialize, Deserialize)]
pub(crate) struct Accounts {
    about: String,
    records: Vec<Case<Record>>,
    lists: Vec<Case<List>>,
    paths: Vec<Case<Path>>,
}

const ABOUT: &str = "The records of accounts of FORMAT.md section 4. Hashes are base 64, records hexadecimal. A record \
     holds if it is the one of an account with this balance; a list, if its records are in order, each account once, and \
     the root is over them; a path, if it leads to the root.";

const NO_RECORD: &str = "not the record of an account";

/// The numbers say what stands in the record.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Record {
    unit: u8,
    kind: u8,
    offer: u32,
    number: u32,
    balance: i64,
    record: String,
}

#[derive(Clone, Serialize, Deserialize)]
struct List {
    records: Vec<String>,
    root: Hash64,
}

#[derive(Clone, Serialize, Deserialize)]
struct Path {
    record: String,
    index: u64,
    accounts: u64,
    path: Vec<Hash64>,
    root: Hash64,
}

fn read(text: &str) -> Result<(Account, Balance), String> {
    let bytes = <[u8; RECORD]>::try_from(unhex(text)).map_err(|_| "not 18 bytes".to_owned())?;
    read_record(&bytes).map_err(|_| NO_RECORD.to_owned())
}

impl Given for Record {
    fn verdict(&self) -> Verdict {
        let Record { unit, kind, offer, number, balance, record: text } = self;
        let (account, stood) = read(text)?;
        // The record once more, out of the numbers in the case.
        let name =
            [*unit, *kind].into_iter().chain(offer.to_be_bytes()).chain(number.to_be_bytes());
        let bytes: Vec<u8> = name.chain(balance.to_be_bytes()).collect();
        if hex(&bytes) == *text && stood.get() == *balance && record(account, stood) == *bytes {
            Ok(())
        } else {
            Err("other numbers".to_owned())
        }
    }
}

impl Given for List {
    fn verdict(&self) -> Verdict {
        let List { records, root } = self;
        let read: Vec<_> = records.iter().map(|text| read(text)).collect::<Result<_, _>>()?;
        if !records.is_sorted() {
            return Err("the records are not in order".to_owned());
        }
        if read.windows(2).any(|pair| pair[0].0 == pair[1].0) {
            return Err("an account stands there twice".to_owned());
        }
        let leaves: Vec<Hash> =
            records.iter().map(|text| Over::Accounts.leaf(&unhex(text))).collect();
        if Over::Accounts.root(&leaves) == root.0 { Ok(()) } else { Err("another root".to_owned()) }
    }
}

impl Given for Path {
    fn verdict(&self) -> Verdict {
        let Path { record, index, accounts, path, root } = self;
        let leaf = Over::Accounts.leaf(&unhex(record));
        match root_of_inclusion(Over::Accounts, *index, *accounts, &leaf, &plain(path)) {
            Ok(led) if led == root.0 => read(record).map(|_| ()),
            Ok(_) => Err("another root".to_owned()),
            Err(disproved) => Err(words(disproved).to_owned()),
        }
    }
}

fn member(number: u32) -> MemberId {
    MemberId::new(number).unwrap()
}

/// An account of each kind, in the order of their records, and what stands in it.
pub(crate) fn each_kind() -> Vec<(&'static str, Account, i64)> {
    let (offer, fund) = (OfferId::new(258).unwrap(), FundId::new(3).unwrap());
    let source = CashAccount::Source(CashSource::Grant);
    let spent = CashAccount::Use(CashUse::ALL[0]);
    let kind = |account| Account::Kind(offer, account);
    vec![
        ("a member's own hours, below zero", Account::Time(TimeAccount::Member(member(1042))), -90),
        ("a member's held hours", Account::Time(TimeAccount::Held(member(1042))), 120),
        ("the pot, empty", Account::Time(TimeAccount::Pot), 0),
        ("the commons", Account::Time(TimeAccount::Commons), -30),
        ("a fund", Account::Cash(CashAccount::Fund(fund)), 12_345),
        ("a source of cash", Account::Cash(source), -50_000),
        ("a use of cash", Account::Cash(spent), 37_655),
        ("where an offer came from", kind(KindAccount::Outside), -20),
        ("an offer's stock", kind(KindAccount::Stock), 12),
        ("what a member has of an offer", kind(KindAccount::With(member(1001))), 3),
        ("what was used of an offer", kind(KindAccount::Used), 4),
        ("what has lapsed of an offer", kind(KindAccount::Lapsed), 1),
    ]
}

/// The numbers of a record as they stand in its bytes.
fn said(bytes: &[u8]) -> Record {
    let four = |from: usize| u32::from_be_bytes(bytes[from..from + 4].try_into().unwrap());
    let balance = i64::from_be_bytes(bytes[10..18].try_into().unwrap());
    let (unit, kind) = (bytes[0], bytes[1]);
    Record { unit, kind, offer: four(2), number: four(6), balance, record: hex(bytes) }
}

fn record_cases() -> Vec<Case<Record>> {
    let of = |account, balance| said(&record(account, Balance::new(balance)));
    let mut cases: Vec<_> = each_kind()
        .into_iter()
        .map(|(name, account, balance)| good(name, of(account, balance)))
        .collect();
    let own = Account::Time(TimeAccount::Member(member(1042)));
    cases.push(good("the lowest balance that there is", of(own, i64::MIN)));
    cases.push(good("the highest balance that there is", of(own, i64::MAX)));
    cases.push(good("the last number that there is", {
        of(Account::Time(TimeAccount::Member(member(u32::MAX))), 1)
    }));
    let base = record(own, Balance::new(-90));
    let put = |places: &[(usize, u8)]| {
        let mut bytes = base;
        for (place, byte) in places {
            bytes[*place] = *byte;
        }
        said(&bytes)
    };
    cases.extend([
        bad("unit 0", NO_RECORD, put(&[(0, 0)])),
        bad("unit 4", NO_RECORD, put(&[(0, 4)])),
        bad("kind 0 of minutes", NO_RECORD, put(&[(1, 0)])),
        bad("kind 5 of minutes", NO_RECORD, put(&[(1, 5)])),
        bad("minutes with an offer", NO_RECORD, put(&[(5, 1)])),
        bad("the pot with a number", NO_RECORD, put(&[(1, 3)])),
        bad("member 0", NO_RECORD, put(&[(8, 0), (9, 0)])),
        bad("kind 4 of pence", NO_RECORD, put(&[(0, 2), (1, 4)])),
        bad("a source of cash that is no word", NO_RECORD, put(&[(0, 2), (1, 2)])),
        bad("items of no offer", NO_RECORD, put(&[(0, 3), (1, 3)])),
        bad("kind 6 of items", NO_RECORD, put(&[(0, 3), (1, 6), (5, 1)])),
        bad("an offer's stock with a number", NO_RECORD, put(&[(0, 3), (1, 2), (5, 1)])),
        bad("17 bytes", "not 18 bytes", {
            let record = hex(&base[..17]);
            Record { record, ..said(&base) }
        }),
        bad("19 bytes", "not 18 bytes", {
            let record = hex(&base) + "00";
            Record { record, ..said(&base) }
        }),
        bad("the balance read as if without a sign", "other numbers", {
            let record = hex(&record(own, Balance::new(90)));
            Record { record, ..said(&base) }
        }),
    ]);
    cases
}

/// The first records of [`each_kind`], in the order of their bytes, which is that of the list.
fn first(count: usize) -> Vec<Vec<u8>> {
    let all = each_kind().into_iter().take(count);
    all.map(|(_, account, balance)| record(account, Balance::new(balance)).to_vec()).collect()
}

fn leaves(records: &[Vec<u8>]) -> Vec<Hash> {
    records.iter().map(|record| tree::leaf(Over::Accounts, record)).collect()
}

fn list(records: &[Vec<u8>]) -> List {
    let root = Hash64(tree::root(Over::Accounts, &leaves(records)));
    List { records: records.iter().map(|record| hex(record)).collect(), root }
}

fn path(index: usize, count: usize) -> Path {
    let (records, accounts) = (first(count), count as u64);
    let leaves = leaves(&records);
    let path = hashes(&tree::inclusion(Over::Accounts, index as u64, &leaves));
    let root = Hash64(tree::root(Over::Accounts, &leaves));
    Path { record: hex(&records[index]), index: index as u64, accounts, path, root }
}

fn list_cases() -> Vec<Case<List>> {
    let counts = [0, 1, 2, 3, 5, 8, 9];
    let mut cases: Vec<_> =
        counts.map(|count| good(format!("{count} records"), list(&first(count)))).into();
    let mut swapped = first(5);
    swapped.swap(1, 2);
    let mut twice = first(5);
    twice.insert(1, record(each_kind()[0].1, Balance::new(-89)).to_vec());
    let entries: Vec<Hash> =
        first(5).iter().map(|record| tree::leaf(Over::Entries, record)).collect();
    let entries = Hash64(tree::root(Over::Entries, &entries));
    cases.extend([
        bad("5 records, two of them swapped", "the records are not in order", list(&swapped)),
        bad("one account with two balances", "an account stands there twice", list(&twice)),
        bad("5 records, with the root of 3", "another root", {
            List { root: list(&first(3)).root, ..list(&first(5)) }
        }),
        bad("5 records, with the keys of entries", "another root", {
            List { root: entries, ..list(&first(5)) }
        }),
        bad("no records, with 32 zero bytes for a root", "another root", {
            List { root: Hash64(Hash::new([0; 32])), ..list(&[]) }
        }),
    ]);
    cases
}

fn path_cases() -> Vec<Case<Path>> {
    let mut cases = Vec::new();
    for count in [1, 2, 3, 5, 8, 9] {
        for index in (0..count).filter(|index| [0, count / 2, count - 1].contains(index)) {
            cases.push(good(format!("record {index} of {count}"), path(index, count)));
        }
    }
    let (root, length) = ("another root", "the path is too long or too short");
    let but = |change: fn(&mut Path)| {
        let mut given = path(4, 9);
        change(&mut given);
        given
    };
    cases.extend([
        bad("4 of 9, with one penny more", root, {
            but(|it| {
                let (_, account, balance) = each_kind()[4];
                it.record = hex(&record(account, Balance::new(balance + 1)));
            })
        }),
        bad("4 of 9, said to be 5", root, but(|it| it.index = 5)),
        bad("4 of 9, said to be 9", "no such place", but(|it| it.index = 9)),
        bad("4 of 9, said to be among 8", length, but(|it| it.accounts = 8)),
        bad(
            "4 of 9, without its last step",
            length,
            but(|it| {
                it.path.pop();
            }),
        ),
        bad("4 of 9, a bit of its first step is flipped", root, {
            but(|it| it.path[0] = Hash64(flipped(it.path[0].0)))
        }),
        bad("4 of 9, a bit of the root is flipped", root, {
            but(|it| it.root = Hash64(flipped(it.root.0)))
        }),
        bad("18 bytes that are in the tree and are no account", NO_RECORD, {
            let nothing = vec![9_u8; RECORD];
            let root = Hash64(tree::leaf(Over::Accounts, &nothing));
            Path { record: hex(&nothing), index: 0, accounts: 1, path: Vec::new(), root }
        }),
    ]);
    cases
}

impl Accounts {
    /// The file, made anew.
    pub(crate) fn make() -> Accounts {
        let about = ABOUT.to_owned();
        Accounts { about, records: record_cases(), lists: list_cases(), paths: path_cases() }
    }

    /// Runs the verifier on every case.
    pub(crate) fn check(&self) {
        check("records", &self.records);
        check("lists", &self.lists);
        check("paths", &self.paths);
    }
}
