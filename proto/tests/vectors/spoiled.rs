//! A proof that was changed does not hold: the path of an account, and what a path says of places and sizes.

use ledger_core::{Account, Balance, MemberId, TimeAccount};
use ledger_proto::{
    Hash, Over, account_path, consistency_path, inclusion_path, read_record, record,
    root_of_inclusion,
};
use proptest::prelude::*;

use super::tree;

fn records(count: u32, sums: &[i64]) -> Vec<[u8; 18]> {
    let member = |n| Account::Time(TimeAccount::Member(MemberId::new(1001 + n).unwrap()));
    let sums = sums.iter().cycle();
    (0..count).zip(sums).map(|(n, sum)| record(member(n), Balance::new(*sum))).collect()
}

/// On which side each step of the path of a leaf stands, by the definition of the tree. Nothing: there is no such leaf.
fn sides(index: u64, size: u64) -> Option<Vec<bool>> {
    if index >= size {
        return None;
    }
    if size == 1 {
        return Some(Vec::new());
    }
    let half = 1 << (size - 1).ilog2();
    let (below, left) = if index < half {
        (sides(index, half), false)
    } else {
        (sides(index - half, size - half), true)
    };
    below.map(|mut steps| {
        steps.push(left);
        steps
    })
}

/// Found by fuzzing: above 2^63 there is no next power of two, and making a path fell over that.
#[test]
fn a_size_has_no_bound() {
    for size in [1 << 63, (1 << 63) + 1, u64::MAX] {
        for index in [0, 1 << 62, size - 1] {
            let steps = sides(index, size).map(|steps| steps.len());
            assert_eq!(inclusion_path(index, size).map(|path| path.len()), steps);
        }
        assert_eq!(inclusion_path(size, size), None);
        let path = consistency_path(size - 1, size).unwrap();
        assert!(path.iter().all(|range| range.start < range.end && range.end <= size));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    /// One bit of a record, of a step or of the root; a step less, one more, or two exchanged: none leads to the root.
    #[test]
    fn a_spoiled_path_of_an_account_leads_nowhere(
        count in 1_u32..80, sums in prop::collection::vec(any::<i64>(), 1..9),
        asked in any::<prop::sample::Index>(), how in 0..5,
        at in any::<prop::sample::Index>(), bit in 0_u8..8, other in any::<[u8; 32]>(),
    ) {
        let records = records(count, &sums);
        let (account, _) = read_record(&records[asked.index(records.len())]).unwrap();
        let (right, place, path) = account_path(&records, account).unwrap();
        let leaves: Vec<Hash> = records.iter().map(|one| tree::leaf(Over::Accounts, one)).collect();
        let root = tree::root(Over::Accounts, &leaves);
        let leads = |record: &[u8], path: &[Hash]| {
            let leaf = Over::Accounts.leaf(record);
            root_of_inclusion(Over::Accounts, place, u64::from(count), &leaf, path) == Ok(root)
        };
        prop_assert!(leads(&right, &path));

        let (mut spoiled, mut steps) = (right, path.clone());
        match (how, steps.len()) {
            (0, _) => spoiled[at.index(18)] ^= 1 << bit,
            (1, 1..) => {
                let step = at.index(steps.len());
                let mut bytes = *steps[step].as_bytes();
                bytes[usize::from(other[0]) % 32] ^= 1 << bit;
                steps[step] = Hash::new(bytes);
            }
            (2, 1..) => {
                steps.remove(at.index(steps.len()));
            }
            (3, 2..) => {
                let step = at.index(steps.len() - 1);
                steps.swap(step, step + 1);
            }
            _ => steps.insert(at.index(steps.len() + 1), Hash::new(other)),
        }
        prop_assert!(!leads(&spoiled, &steps));
    }

    /// Said of another place or another size, a path holds exactly if it is the way to the root there, too. So a size must
    /// be one that was signed, or sealed.
    #[test]
    fn a_path_holds_where_it_is_the_way_and_nowhere_else(
        size in 1_u64..300, asked in any::<prop::sample::Index>(),
        place in prop_oneof![0_u64..300, any::<u64>()], of in prop_oneof![1_u64..300, any::<u64>()],
    ) {
        let index = asked.index(usize::try_from(size).unwrap()) as u64;
        let leaves = tree::leaves(Over::Entries, size);
        let path = tree::inclusion(Over::Entries, index, &leaves);
        let leaf = leaves[usize::try_from(index).unwrap()];
        let root = Ok(tree::root(Over::Entries, &leaves));
        let led = root_of_inclusion(Over::Entries, place, of, &leaf, &path);
        prop_assert_eq!(led == root, sides(place, of) == sides(index, size));
    }
}
