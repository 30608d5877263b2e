//! The writer, when many ask at once.

use ledger_core::{
    Actor, Command, CoopName, EvidenceGrade, Hat, Help, HoursDestination, Kinship, MemberId,
    Minutes, OfficerId, RequestId, TaskKind, Values,
};

use super::BATCH_MAX;
use crate::{
    error::Error,
    house::{House, Opening},
    limits::INBOX,
    operator::asks,
};

#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_forgotten_however_many_ask_at_once() {
    let dir = tempfile::tempdir().unwrap();
    let house = House::open(&Opening::at(dir.path())).unwrap();
    let coop = CoopName::new("colne-valley").unwrap();
    let now = house.now().unwrap();
    let id = |n: usize| {
        let [a, b, c, d] = u32::try_from(n).unwrap().to_be_bytes();
        RequestId::of_time(now, [0, 0, 0, a, b, c, d, 0, 0, 0])
    };
    let found = Command::FoundCoop { coop: coop.clone(), policy: Values::template() };
    house.engine().submit(asks(&coop, id(0), found)).await.unwrap();
    // More than one batch takes, on their way before the first is full: to look is slower than to ask.
    let many = BATCH_MAX + BATCH_MAX / 2;
    assert!(many < INBOX);
    let asked = (1..=many).map(|n| {
        let mut look = asks(&coop, id(n), Command::SealState { accounts_root: None });
        look.validate_only = true;
        look
    });
    let asked: Vec<_> = asked.collect();
    let waiting: Vec<_> =
        asked.into_iter().map(|look| house.engine().send(vec![look]).unwrap()).collect();
    for (nth, answer) in waiting.into_iter().enumerate() {
        let answers = answer.await.unwrap_or_default();
        let answered = !matches!(answers.first(), None | Some(Err(Error::Stopping)));
        assert!(answered && answers.len() == 1, "the {nth}th was forgotten");
    }
    house.close().await;
}

/// A batch takes up as much room as its requests, and gives it back.
#[tokio::test(flavor = "multi_thread")]
async fn no_more_wait_than_there_is_room_for_however_they_come() {
    let dir = tempfile::tempdir().unwrap();
    let house = House::open(&Opening::at(dir.path())).unwrap();
    let coop = CoopName::new("colne-valley").unwrap();
    let now = house.now().unwrap();
    let id = RequestId::of_time(now, [0; 10]);
    let found = Command::FoundCoop { coop: coop.clone(), policy: Values::template() };
    let look = asks(&coop, id, found);
    let too_many = vec![look.clone(); INBOX + 1];
    assert!(matches!(house.engine().send(too_many), Err(Error::Busy)));
    for _ in 0..3 {
        let answers = house.engine().send(vec![look.clone(); INBOX]).unwrap().await.unwrap();
        assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), INBOX);
    }
    house.close().await;
}

/// Nobody is told that an account stood below the soft floor because it had stood there before the batch.
#[tokio::test(flavor = "multi_thread")]
async fn a_retry_in_the_same_batch_gets_the_original_answer() {
    let dir = tempfile::tempdir().unwrap();
    let house = House::open(&Opening::at(dir.path())).unwrap();
    let coop = CoopName::new("colne-valley").unwrap();
    let now = house.now().unwrap();
    let ask = |n: u8, command| asks(&coop, RequestId::of_time(now, [n; 10]), command);
    let by_officer = |n: u8, command| {
        let mut asked = ask(n, command);
        asked.request.actor = Actor::Officer(OfficerId::new(1).unwrap());
        asked
    };
    let (from, to) = (MemberId::at(0).unwrap(), MemberId::at(1).unwrap());
    let minutes = |minutes| Minutes::new(minutes).unwrap();
    let give = |n, given| {
        by_officer(n, Command::GiveHours { from, to: Some(to), minutes: minutes(given) })
    };
    let found = Command::FoundCoop { coop: coop.clone(), policy: Values::template() };
    house.engine().submit(ask(0, found)).await.unwrap();
    for n in [1, 2] {
        let hats = vec![Hat::Supporter];
        let enrol = Command::EnrolMember { hats, reference: None, joined_on: None };
        house.engine().submit(by_officer(n, enrol)).await.unwrap();
    }
    let below = house.engine().submit(give(3, 379)).await.unwrap();
    assert_eq!(below.below_soft_floor, 19);
    let help = Help {
        giver: from,
        receiver: None,
        minutes: minutes(100),
        task: TaskKind::Garden,
        destination: HoursDestination::OwnAccount,
        kinship: Kinship::Neighbour,
    };
    let earned = by_officer(4, Command::RecordHours { help, evidence: EvidenceGrade::Phone });
    let together = vec![earned, give(5, 10), give(5, 10)];
    let answers = house.engine().send(together).unwrap().await.unwrap();
    let said: Vec<_> = answers
        .iter()
        .map(|answer| answer.as_ref().map(|it| (it.replayed, it.below_soft_floor)).unwrap())
        .collect();
    assert_eq!(said, [(false, 0), (false, 0), (true, 0)]);
    house.close().await;
}

/// Those who follow are told less while the writer works.
#[tokio::test(flavor = "multi_thread")]
async fn the_writer_can_be_seen_to_take_up_work_and_to_lay_it_down() {
    let dir = tempfile::tempdir().unwrap();
    let house = House::open(&Opening::at(dir.path())).unwrap();
    let coop = CoopName::new("colne-valley").unwrap();
    let id = RequestId::of_time(house.now().unwrap(), [0; 10]);
    let mut before = house.engine().work();
    let found = Command::FoundCoop { coop: coop.clone(), policy: Values::template() };
    for _ in 0..3 {
        house.engine().submit(asks(&coop, id, found.clone())).await.unwrap();
        let after = house.engine().work();
        assert!(after > before, "{after} after {before}");
        // It answers before it has laid everything down.
        while house.engine().work() % 2 == 1 {
            tokio::task::yield_now().await;
        }
        before = house.engine().work();
    }
    house.close().await;
}
