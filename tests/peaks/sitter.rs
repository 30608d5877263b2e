//! A thousand callers want one sitter's three hours.

use ledger_proto::v1;

use super::{accounts, at_once, batch, counted, enrolled, is_its_replay};
use crate::harness::{COOP, TODAY, Town, ask::Ask, run, say, say::member};

const CALLERS: usize = 1_000;
/// Three hours.
const MINUTES: i64 = 180;

/// So many carers who have each asked for three hours at ten o'clock; the number of the first, and where each asked.
async fn asking(town: &Town) -> (u32, Vec<i64>) {
    let first = enrolled(town, v1::Hat::FamilyCarer, CALLERS).await;
    let carers = (first..).take(CALLERS);
    let asked = carers.map(|carer| say::respite(carer, MINUTES, TODAY));
    let asked = batch(town, "officers/1", asked).await;
    (first, asked.iter().map(|receipt| receipt.position).collect())
}

#[test]
fn of_a_thousand_who_want_one_sitter_at_one_time_one_wins() {
    run(async {
        let town = Town::peopled().await;
        let (first, asked) = asking(&town).await;
        let sitter = member(1);
        let answers = at_once(&town, "1,000 carers, one sitter", CALLERS, |nth, client| {
            let mut request = say::agree(asked[nth], 1);
            *request.context() = Some(town.by(&sitter));
            async move { request.send(&client).await.map(|_| nth) }
        })
        .await;
        let lost = CALLERS - 1;
        let expected = [("ALREADY_BOOKED".to_owned(), lost), ("recorded".to_owned(), 1)];
        assert_eq!(counted(&answers), expected.into());
        let winner = answers.iter().find_map(|answer| answer.as_ref().ok()).copied().unwrap();
        // Each refusal names the promise that was faster.
        for refused in answers.iter().filter_map(|answer| answer.as_ref().err()) {
            let ledger_client::Error::Refused { refusal, .. } = refused else {
                panic!("{refused:?}")
            };
            assert!(
                refusal.metadata["respite"].ends_with(&asked[winner].to_string()),
                "{refusal:?}"
            );
        }
        // The sitter comes, and the others give up.
        town.ok(say::deliver(asked[winner], MINUTES)).await;
        let others = asked.iter().filter(|respite| **respite != asked[winner]);
        batch(&town, "officers/1", others.map(|respite| say::cancel_respite(*respite))).await;
        let stand = accounts(&town).await;
        assert!(stand.iter().all(|(_, held)| *held == 0), "nothing is held afterwards");
        assert_eq!(stand[0].0, MINUTES, "the sitter's");
        let carers = &stand[first as usize - 1..];
        assert_eq!(carers.iter().map(|(own, _)| own).sum::<i64>(), -MINUTES);
        assert_eq!(carers[winner], (-MINUTES, 0), "the winner's, and nobody else's");
        is_its_replay(town).await;
    });
}

#[test]
fn of_a_thousand_sitters_who_want_one_visit_one_gets_it() {
    run(async {
        let town = Town::peopled().await;
        let first = enrolled(&town, v1::Hat::CommunityVolunteer, CALLERS).await;
        let respite = say::asked(&town, MINUTES).await;
        let answers = at_once(&town, "1,000 sitters, one visit", CALLERS, |nth, client| {
            let sitter = first + u32::try_from(nth).unwrap();
            let mut request = say::agree(respite, sitter);
            *request.context() = Some(town.by(&member(sitter)));
            async move { request.send(&client).await.map(|_| sitter) }
        })
        .await;
        let expected = [("ALREADY_COVERED".to_owned(), CALLERS - 1), ("recorded".to_owned(), 1)];
        assert_eq!(counted(&answers), expected.into());
        let winner = answers.into_iter().find_map(Result::ok).unwrap();
        let request = v1::ListRespiteRequest { context: Some(town.read()), ..Default::default() };
        let open = town.client().list_respite(request).await.unwrap().respite;
        assert_eq!(open.len(), 1);
        assert_eq!(
            open[0].cover,
            Some(v1::Cover {
                by: Some(v1::cover::By::Member(format!("coops/{COOP}/{}", member(winner))))
            }),
            "who was told so covers it"
        );
        town.ok(say::deliver(respite, MINUTES)).await;
        assert_eq!(accounts(&town).await[winner as usize - 1], (MINUTES, 0));
        is_its_replay(town).await;
    });
}

#[test]
fn of_a_thousand_who_ask_for_the_last_hours_of_one_account_so_many_win_as_there_are_hours() {
    run(async {
        let town = Town::peopled().await;
        // The floor lets the carer promise twelve hours: four times three.
        let answers = at_once(&town, "1,000 asks, four fit", CALLERS, |_, client| {
            let mut request = say::respite(3, MINUTES, TODAY);
            *request.context() = Some(town.by(&member(3)));
            async move { request.send(&client).await.map(|receipt| receipt.position) }
        })
        .await;
        let expected = [("NOT_ENOUGH_HOURS".to_owned(), CALLERS - 4), ("recorded".to_owned(), 4)];
        assert_eq!(counted(&answers), expected.into());
        assert_eq!(accounts(&town).await[2], (-4 * MINUTES, 4 * MINUTES));
        for respite in answers.into_iter().filter_map(Result::ok) {
            town.ok(say::cancel_respite(respite)).await;
        }
        assert_eq!(accounts(&town).await[2], (0, 0), "nothing is held afterwards");
        is_its_replay(town).await;
    });
}
