//! A small year, looked at from all sides.

use std::{collections::BTreeMap, fs, ops::ControlFlow};

use ledger_core::{EventKind, TimeAccount};
use ledger_proto::{Hash, stored};

use super::*;
use crate::log::{Log, LogOptions, PackedLog};

/// A moment in the evening, so that the year has one.
const NOW: Timestamp = Timestamp::from_unix_ms(1_795_300_000_000);
const SMALL: Plan = Plan { seed: 7, until: NOW, percent: 20 };

/// Fills a folder as the command does, unless it is whole.
async fn make(data: &Path, plan: Plan) -> Option<Tally> {
    match folder::look(data, "--seed 7").unwrap() {
        Found::Whole(_) => None,
        Found::Room(filling) => {
            let tally = fill(data, plan).await.unwrap();
            filling.finish().unwrap();
            Some(tally)
        }
    }
}

/// How often each thing happened, and the newest position with the root of all up to it.
fn log(data: &Path) -> (BTreeMap<EventKind, usize>, (u64, Hash)) {
    let log = PackedLog::open(&data.join("log"), &LogOptions::default()).unwrap();
    let id = log.logs()[0];
    let mut kinds = BTreeMap::new();
    log.scan(id, 0, &mut |_, bytes| {
        *kinds.entry(stored::decode(bytes).unwrap().event.kind()).or_default() += 1;
        ControlFlow::Continue(())
    })
    .unwrap();
    let head = log.head(id);
    (kinds, (head.size, head.root()))
}

/// Opens the folder at the end of its year, and looks.
async fn look<T>(data: &Path, at: impl FnOnce(&ledger_core::State) -> T) -> T {
    let house = House::open(&Opening { clock: Clock::by_hand(NOW), ..Opening::at(data) }).unwrap();
    let seen = at(house.published(&coop().unwrap()).unwrap().look().state());
    house.close().await;
    seen
}

fn balances(state: &ledger_core::State) -> Vec<i64> {
    let members = state.members().iter();
    members.map(|member| state.books().time(TimeAccount::Member(member.id)).get()).collect()
}

#[tokio::test]
async fn some_of_each_thing_happens_and_little_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let tally = make(dir.path(), SMALL).await.unwrap();
    assert!(tally.refusals() * 20 < tally.recorded, "{tally:?}");
    let (kinds, (size, _)) = log(dir.path());
    let never = [EventKind::OfficerEnded, EventKind::LossAccepted, EventKind::SigningKeyRotated];
    for kind in EventKind::ALL {
        assert_eq!(kinds.contains_key(kind), !never.contains(kind), "{}", kind.word());
    }
    assert_eq!(kinds.get(&EventKind::StateSealed), Some(&12), "each month's end is sealed");
    assert!(size > tally.recorded, "what falls due by itself is there, too");
}

#[tokio::test]
async fn the_books_sum_to_zero_and_what_is_told_can_be_told() {
    let dir = tempfile::tempdir().unwrap();
    make(dir.path(), SMALL).await.unwrap();
    assert_eq!(look(dir.path(), |state| state.books().sums()).await, [0, 0, 0]);
    let house =
        House::open(&Opening { clock: Clock::by_hand(NOW), ..Opening::at(dir.path()) }).unwrap();
    let (told, cast) = tell::ledger(&house.service(), &coop().unwrap()).await.unwrap();
    house.close().await;
    for said in [names::WELSH, "In kind", "Vouchers", "redeemed", "family carer"] {
        assert!(told.contains(said), "{said} is missing in:\n{told}");
    }
    assert!(cast.carer.available_minutes > 0);
}

#[tokio::test]
async fn a_whole_folder_is_used_again() {
    let dir = tempfile::tempdir().unwrap();
    assert!(make(dir.path(), SMALL).await.is_some());
    let (_, head) = log(dir.path());
    assert!(make(dir.path(), Plan { seed: 8, ..SMALL }).await.is_none());
    assert_eq!(log(dir.path()).1, head);
}

#[tokio::test]
async fn a_filling_that_was_cut_off_begins_again_and_ends_the_same() {
    let (cut, whole) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let Found::Room(begun) = folder::look(cut.path(), "--seed 7").unwrap() else { panic!("room") };
    let half = Plan { until: NOW.plus_days(-200), ..SMALL };
    fill(cut.path(), half).await.unwrap();
    assert!(folder::look(cut.path(), "").is_err(), "somebody is at it");
    drop(begun);
    make(cut.path(), SMALL).await.expect("it begins again");
    make(whole.path(), SMALL).await.unwrap();
    // The roots differ: each folder has a secret of its own, and with it fingerprints of its own.
    assert_eq!(log(cut.path()).0, log(whole.path()).0);
    assert_eq!(look(cut.path(), balances).await, look(whole.path(), balances).await);
}

#[tokio::test]
async fn a_real_ledger_is_left_alone() {
    let dir = tempfile::tempdir().unwrap();
    House::open(&Opening::at(dir.path())).unwrap().close().await;
    let secret = fs::read(dir.path().join("secret.key")).unwrap();
    let Err(refused) = folder::look(dir.path(), "") else { panic!("it is not the sample's") };
    assert!(refused.to_string().contains("Choose another folder"), "{refused}");
    assert_eq!(fs::read(dir.path().join("secret.key")).unwrap(), secret);
}
