//! What is brought to the platter when, and what is there after a power cut.

use std::collections::BTreeMap;
use std::ops::ControlFlow;

use proptest::prelude::*;

use super::*;
use crate::log::medium::Medium;
use crate::log::{Act, Arrival, Failure, Fate, Fates, SimulatedDisk, Spot};

const MOST: u64 = 1_000;
const TABLES: [&str; 2] = ["log", "tail"];

type Keys = BTreeMap<(String, Vec<u8>), Vec<u8>>;
/// By key: all that it may have, of which the first was synced.
type May = BTreeMap<(String, Vec<u8>), Vec<Option<Vec<u8>>>>;

fn open(medium: &Arc<dyn Medium>) -> WalStore {
    WalStore::open(medium.open_volume(1).unwrap(), medium.wal(1), MOST).unwrap()
}

fn held(store: &WalStore) -> Keys {
    let mut held = Keys::new();
    for table in TABLES {
        let mut visit = |key: &[u8], value: &[u8]| {
            held.insert((table.to_owned(), key.to_vec()), value.to_vec());
            ControlFlow::Continue(())
        };
        store.scan(table, b"", &mut visit).unwrap();
    }
    held
}

/// Stored bytes are for ever: a record as it has been written since the third format of a folder.
#[test]
fn a_record_has_these_bytes() {
    let mut changes = Vec::new();
    for (table, key, value) in [("log", b"k1", Some(&b"one"[..])), ("tail", b"k2", None)] {
        Change { table, key, value }.push(&mut changes).unwrap();
    }
    assert_eq!(
        changes, b"\x03log\x02k1\x01\x00\x00\x00\x03one\x04tail\x02k2\x00",
        "each key with its table, and what became of it"
    );
    let record = encode(7, 100, &changes).unwrap();
    assert_eq!(&record[..12], b"\x00\x00\x00\x00\x00\x00\x00\x07\x00\x00\x00\x18");
    let hash = blake3::Hash::from_slice(&record[12..44]).unwrap();
    assert_eq!(
        hash.to_hex().as_str(),
        "dc3de5f49f762aab0e76c5f6d8d17a2501d12b16356d2af50df9a4a463c6b604"
    );
    assert_eq!(&record[44..], changes);
}

/// Somebody may flip any bit, or cut it short: it is no record then, nor is it one in another place or epoch.
#[test]
fn whatever_is_not_as_it_was_written_is_no_record() {
    let mut changes = Vec::new();
    Change { table: "log", key: b"k", value: Some(b"v") }.push(&mut changes).unwrap();
    let whole = encode(1, 0, &changes).unwrap();
    assert_eq!(record(&whole, 1, 0), Some(&*changes));
    assert_eq!(record(&whole, 2, 0), None);
    let moved = [&[0; 9], &*whole].concat();
    assert_eq!(record(&moved, 1, 9), None);
    for bit in 0..whole.len() * 8 {
        let mut other = whole.clone();
        other[bit / 8] ^= 1 << (bit % 8);
        assert_eq!(record(&other, 1, 0), None, "{bit}");
    }
    for length in 0..whole.len() {
        assert_eq!(record(&whole[..length], 1, 0), None);
    }
    assert_eq!(record(&[0; 100], 0, 0), None, "a file of zeros holds nothing");
}

#[derive(Default)]
struct Acts(Mutex<Vec<Act>>);

impl Fates for Acts {
    fn next(&self, act: Act, _: Spot) -> Fate {
        self.0.lock().unwrap().push(act);
        Fate::Done
    }
}

#[test]
fn a_small_sync_is_one_of_the_file_and_a_large_one_of_the_store() {
    let (disk, acts) = (SimulatedDisk::new(), Arc::new(Acts::default()));
    let store = open(&disk.medium());
    disk.ask(Some(Arc::clone(&acts) as _));
    let written = |key: &[u8], length: usize| {
        store.put("log", key, &vec![1; length]).unwrap();
        store.sync().unwrap();
        std::mem::take(&mut *acts.0.lock().unwrap()).split_off(1)
    };
    assert_eq!(written(b"1", 10), [Act::Put, Act::Sync], "the first after an opening");
    assert_eq!(written(b"2", 10), [Act::CreateWal, Act::WriteWal, Act::SyncWal]);
    assert_eq!(written(b"3", 10), [Act::WriteWal, Act::SyncWal]);
    assert_eq!(written(b"4", 300), [Act::Put, Act::Sync], "more than a quarter of the file");
    for key in 0..4 {
        assert_eq!(written(&[key], 150), [Act::WriteWal, Act::SyncWal]);
    }
    assert_eq!(written(b"5", 150), [Act::Put, Act::Sync], "the file is full");
    store.sync().unwrap();
    assert_eq!(*acts.0.lock().unwrap(), [], "nothing to bring");
    assert_eq!(written(b"6", 10), [Act::WriteWal, Act::SyncWal]);
    disk.kill_where(&mut |_, _| Arrival::Whole);
    let store = open(&disk.medium());
    assert_eq!(std::mem::take(&mut *acts.0.lock().unwrap()), [Act::Put], "given what it may lack");
    store.close().unwrap();
    assert_eq!(std::mem::take(&mut *acts.0.lock().unwrap()), [Act::Put, Act::Sync]);
    store.close().unwrap();
    open(&disk.medium()).close().unwrap();
    assert_eq!(*acts.0.lock().unwrap(), [], "nothing to do");
}

struct NoWrite;

impl Fates for NoWrite {
    fn next(&self, act: Act, _: Spot) -> Fate {
        if act == Act::WriteWal { Fate::Fails(Failure::Denied) } else { Fate::Done }
    }
}

#[test]
fn nothing_is_written_behind_a_record_that_may_not_be_whole() {
    let disk = SimulatedDisk::new();
    let store = open(&disk.medium());
    for (key, fails) in [(b"1", false), (b"2", true)] {
        disk.ask(fails.then(|| Arc::new(NoWrite) as _));
        store.put("log", key, b"value").unwrap();
        assert_eq!(store.sync().is_err(), fails);
    }
    disk.ask(None);
    store.put("log", b"3", b"value").unwrap();
    assert!(matches!(store.sync(), Err(LogError::Poisoned)));
}

#[derive(Clone, Debug)]
enum Step {
    Put(usize, u8, usize),
    Remove(usize, u8),
    Sync,
    /// The power goes, when of what was not synced so many writes had arrived, or of each file as many as chance wants.
    Cut(usize),
    Scattered(u64),
    Kill,
    Close,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        8 => (0..2_usize, 0..6_u8, prop_oneof![0..80_usize, 0..400_usize])
            .prop_map(|(table, key, length)| Step::Put(table, key, length)),
        3 => (0..2_usize, 0..6_u8).prop_map(|(table, key)| Step::Remove(table, key)),
        6 => Just(Step::Sync),
        1 => (0..9_usize).prop_map(Step::Cut),
        1 => any::<u64>().prop_map(Step::Scattered),
        1 => Just(Step::Kill),
        1 => Just(Step::Close),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    /// Whatever is put and removed, synced or cut short: after each opening, every key has what it had at the last sync, or
    /// something that was put there since.
    #[test]
    fn nothing_that_was_synced_is_lost(steps in proptest::collection::vec(step(), 1..120)) {
        let disk = SimulatedDisk::new();
        let mut store = open(&disk.medium());
        let mut may = May::new();
        let settle = |may: &mut May| {
            for values in may.values_mut() {
                drop(values.drain(..values.len() - 1));
            }
        };
        for (nth, step) in steps.into_iter().enumerate() {
            let at = |table: usize, key: u8| (TABLES[table].to_owned(), vec![key]);
            let mut reopened = false;
            match step {
                Step::Put(table, key, length) => {
                    let value = vec![u8::try_from(nth).unwrap(); length];
                    store.put(TABLES[table], &[key], &value).unwrap();
                    may.entry(at(table, key)).or_insert(vec![None]).push(Some(value));
                }
                Step::Remove(table, key) => {
                    store.remove(TABLES[table], &[key]).unwrap();
                    may.entry(at(table, key)).or_insert(vec![None]).push(None);
                }
                Step::Sync => {
                    store.sync().unwrap();
                    settle(&mut may);
                }
                Step::Close => {
                    store.close().unwrap();
                    settle(&mut may);
                }
                Step::Cut(kept) => {
                    disk.crash(kept);
                    reopened = true;
                }
                Step::Scattered(mut chance) => {
                    disk.crash_where(&mut |act, _| {
                        chance = chance.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                        match (chance >> 61, act) {
                            (0..3, _) => Arrival::Whole,
                            (3..5, Act::WriteWal) => Arrival::Torn((chance >> 40) as usize % 400),
                            _ => Arrival::Never,
                        }
                    });
                    reopened = true;
                }
                Step::Kill => {
                    disk.kill_where(&mut |_, _| Arrival::Whole);
                    reopened = true;
                }
            }
            if reopened {
                store = open(&disk.medium());
                store.sync().unwrap();
                let held = held(&store);
                for (key, values) in &mut may {
                    let now = held.get(key).cloned();
                    prop_assert!(values.contains(&now), "{key:?} is {now:?}, none of {values:?}");
                    *values = vec![now];
                }
                prop_assert!(held.keys().all(|key| may.contains_key(key)));
            }
        }
    }
}
