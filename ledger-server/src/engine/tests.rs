//! The writer, when many ask at once.

use ledger_core::{Command, CoopName, RequestId, Values};

use super::{BATCH_MAX, INBOX};
use crate::{
    error::Error,
    house::{House, Opening},
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
