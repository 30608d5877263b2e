//! Hours, from the logging to the statement.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that fails says so")]

use ledger_proto::v1::{self, read_context::AsOf};

use crate::harness::{
    DAY, TODAY, Town, ask::Ask, reason, refusal, request_id, run, say, say::member,
};

async fn pending(town: &Town) -> Vec<v1::PendingHours> {
    let request = v1::ListPendingHoursRequest { context: Some(town.read()), ..Default::default() };
    town.client().list_pending_hours(request).await.unwrap().hours
}

async fn statement(town: &Town, nth: u32) -> v1::GetStatementResponse {
    let request = v1::GetStatementRequest {
        context: Some(town.read()),
        member: member(nth),
        ..Default::default()
    };
    town.client().get_statement(request).await.unwrap()
}

async fn exchanges(town: &Town) -> Vec<v1::Exchange> {
    let request = v1::ListExchangesRequest { context: Some(town.read()), ..Default::default() };
    town.client().list_exchanges(request).await.unwrap().exchanges
}

#[test]
fn hours_count_when_another_person_has_confirmed_them() {
    run(async {
        let town = Town::peopled().await;
        let hours = say::logged(&town, 1, 4, 90).await;
        assert_eq!(town.balance(1).await, 0, "nobody has confirmed them yet");
        let waiting = pending(&town).await;
        assert_eq!(waiting.len(), 1);
        assert_eq!(waiting[0].status(), v1::HoursStatus::Logged);
        assert!(waiting[0].logged_by.ends_with(&member(1)));
        let alone = town.ask_as(&member(1), say::confirm(hours, 0)).await.unwrap_err();
        assert_eq!(reason(&alone), "NEEDS_ANOTHER_PERSON");
        town.ok_as(&member(4), say::confirm(hours, 0)).await;
        assert_eq!(town.balance(1).await, 90);
        assert_eq!(town.balance(4).await, 0, "being helped costs nothing");
        assert_eq!(pending(&town).await.len(), 0);
        let exchanges = exchanges(&town).await;
        assert_eq!((exchanges.len(), exchanges[0].minutes), (1, 90));
        assert_eq!(exchanges[0].evidence(), v1::EvidenceGrade::Recipient);
    });
}

#[test]
fn hours_are_confirmed_with_a_change_and_count_as_changed() {
    run(async {
        let town = Town::peopled().await;
        let hours = say::logged(&town, 1, 4, 90).await;
        town.ok_as(&member(4), say::confirm(hours, 60)).await;
        assert_eq!(town.balance(1).await, 60);
        let again = town.ask_as(&member(4), say::confirm(hours, 0)).await.unwrap_err();
        assert_eq!(reason(&again), "ALREADY_SETTLED");
    });
}

#[test]
fn disputed_hours_wait_for_an_officer_even_beyond_the_timer() {
    run(async {
        let town = Town::peopled().await;
        let hours = say::logged(&town, 1, 4, 90).await;
        town.ok_as(&member(4), say::dispute(hours)).await;
        assert_eq!(pending(&town).await[0].status(), v1::HoursStatus::Disputed);
        town.later(20 * DAY);
        let officer = town.ok(say::resolve(hours, 45)).await;
        assert_eq!(town.balance(1).await, 45);
        assert_eq!(exchanges(&town).await[0].position, officer.position);
        let none = say::logged(&town, 1, 4, 30).await;
        town.ok_as(&member(4), say::dispute(none)).await;
        town.ok(say::resolve(none, 0)).await;
        assert_eq!(town.balance(1).await, 45, "nothing of it counted");
    });
}

#[test]
fn the_timer_confirms_what_nobody_objected_to_and_before_whatever_comes_next() {
    run(async {
        let town = Town::peopled().await;
        let hours = say::logged(&town, 1, 4, 90).await;
        town.later(14 * DAY - 1);
        let before = town.ok(say::enrol(v1::Hat::Supporter)).await;
        assert_eq!(town.balance(1).await, 0, "a moment is left");
        town.later(1);
        // Too late to confirm: the timer comes first, at the position in between.
        let late = town.ask_as(&member(4), say::confirm(hours, 30)).await.unwrap_err();
        assert_eq!(reason(&late), "ALREADY_SETTLED");
        assert_eq!(town.balance(1).await, 90);
        let counted = exchanges(&town).await;
        assert_eq!(counted[0].position, before.position + 1);
        assert_eq!(counted[0].evidence(), v1::EvidenceGrade::Timer);
        assert_eq!(counted[0].occurred_on, TODAY, "it happened when it was logged");
    });
}

#[test]
fn what_falls_due_is_recorded_though_nobody_asks_for_anything() {
    run(async {
        let town = Town::peopled().await;
        let hours = say::logged(&town, 1, 4, 90).await;
        town.later(15 * DAY);
        let context = v1::ReadContext { at_least_position: hours + 1, ..town.read() };
        assert_eq!(town.balances(context).await[0], (90, 0));
    });
}

#[test]
fn an_officer_enters_paper_at_once_and_each_destination_gets_its_own() {
    run(async {
        let town = Town::peopled().await;
        town.ok(say::record(1, 4, 90)).await;
        town.ok(say::to_pot(1, 30)).await;
        let to = say::to(v1::destination::To::Member(member(3)));
        let help = v1::Help { destination: to, ..say::help(2, 4, 20) };
        town.ok(v1::RecordHoursRequest { help: Some(help), ..say::record(2, 4, 20) }).await;
        let own = v1::Help { own_family: true, ..say::help(3, 4, 100) };
        town.ok(v1::RecordHoursRequest { help: Some(own), ..say::record(3, 4, 1) }).await;
        assert_eq!(town.balances(town.read()).await, [(90, 0), (0, 0), (20, 0), (0, 0)]);
        let time = town.totals(town.read()).await.time.unwrap();
        assert_eq!((time.in_minutes, time.pot_minutes, time.commons_minutes), (140, 30, -140));
        assert_eq!(exchanges(&town).await.len(), 4, "one's own family is helped, too");
    });
}

#[test]
fn hours_are_given_donated_and_granted_and_never_made() {
    run(async {
        let town = Town::peopled().await;
        town.ok(say::record(1, 4, 600)).await;
        town.ok_as(&member(1), say::give(1, 3, 100)).await;
        town.ok_as(&member(1), say::donate(1, 50)).await;
        town.ok(say::grant(4, 30)).await;
        assert_eq!(town.balances(town.read()).await, [(450, 0), (0, 0), (100, 0), (30, 0)]);
        let time = town.totals(town.read()).await.time.unwrap();
        assert_eq!((time.pot_minutes, time.in_minutes, time.commons_minutes), (20, 600, -600));
        assert_eq!(town.no(say::grant(4, 21)).await, "POT_TOO_SMALL");
    });
}

#[test]
fn a_statement_tells_what_came_and_went_and_adds_up() {
    run(async {
        let town = Town::peopled().await;
        let day = |day: &str| {
            let day = day.to_owned();
            move |context: &mut v1::WriteContext| context.occurred_on = day
        };
        let late = town.ask_with(say::record(3, 4, 300), day("2026-02-20")).await.unwrap();
        let early = town.ask_with(say::record(3, 4, 200), day("2026-02-10")).await.unwrap();
        let noted = |context: &mut v1::WriteContext| context.note = "for the garden".to_owned();
        let given = town.ask_with(say::give(3, 1, 50), noted).await.unwrap();
        let respite = say::asked(&town, 120).await;
        let answer = statement(&town, 3).await;
        let rows: Vec<_> = answer
            .lines
            .iter()
            .map(|line| (line.position, line.minutes, line.balance_minutes, line.held_minutes))
            .collect();
        assert_eq!(
            rows,
            [
                (late.position, 300, 300, 0),
                (early.position, 200, 500, 0),
                (given.position, -50, 450, 0),
                (respite, -120, 330, 120),
            ]
        );
        assert_eq!(answer.lines[0].counterparty, "commons");
        assert_eq!(answer.lines[0].occurred_on, "2026-02-20");
        assert!(answer.lines[2].counterparty.ends_with(&member(1)));
        assert_eq!(answer.lines[2].note, "for the garden");
        assert_eq!((answer.opening_minutes, answer.balance.unwrap().balance_minutes), (0, 330));
        let asked = v1::GetStatementRequest {
            context: Some(town.read()),
            member: member(3),
            from_day: "2026-02-15".to_owned(),
            to_day: "2026-02-28".to_owned(),
            page: None,
        };
        let bounded = town.client().get_statement(asked.clone()).await.unwrap();
        assert_eq!(bounded.lines.len(), 1);
        assert_eq!(bounded.lines[0].position, late.position);
        // Days on which nothing happened open with what stood before them, and not with nothing.
        for (day, stood) in [("2026-02-21", 500), ("2026-01-01", 0)] {
            let (from_day, to_day) = (day.to_owned(), day.to_owned());
            let empty = v1::GetStatementRequest { from_day, to_day, ..asked.clone() };
            let empty = town.client().get_statement(empty).await.unwrap();
            assert_eq!((empty.lines.len(), empty.opening_minutes), (0, stood));
        }
    });
}

#[test]
fn balances_stand_as_they_did_by_position_by_time_and_by_day() {
    run(async {
        let town = Town::peopled().await;
        let first = town.ok(say::record(1, 4, 60)).await;
        let noon = first.record_time.unwrap();
        town.later(DAY);
        let yesterday = |context: &mut v1::WriteContext| context.occurred_on = TODAY.to_owned();
        town.ask_with(say::record(1, 4, 30), yesterday).await.unwrap();
        town.ok(say::record(1, 4, 5)).await;
        let at = async |as_of| town.balances(town.read_as_of(as_of)).await[0].0;
        assert_eq!(at(AsOf::AsOfPosition(first.position)).await, 60);
        assert_eq!(at(AsOf::AsOfTime(noon)).await, 60, "not known by then");
        assert_eq!(at(AsOf::AsOfDay(TODAY.to_owned())).await, 90, "and yet it had happened");
        assert_eq!(at(AsOf::AsOfDay("2026-03-03".to_owned())).await, 95);
        assert_eq!(town.balances(town.read()).await[0].0, 95);
        let before = town.read_as_of(AsOf::AsOfPosition(3));
        assert_eq!(town.balances(before).await.len(), 2, "two had been enrolled");
        let beyond = town.read_as_of(AsOf::AsOfPosition(99));
        let request = v1::ListBalancesRequest { context: Some(beyond), page: None };
        let refused = town.client().list_balances(request).await.unwrap_err();
        assert_eq!(reason(&refused), "POSITION_BEYOND_HEAD");
    });
}

#[test]
fn what_was_written_can_be_read_at_once() {
    run(async {
        let town = Town::peopled().await;
        for minutes in 1..=20 {
            let receipt = town.ok(say::record(1, 4, minutes)).await;
            let context = v1::ReadContext { at_least_position: receipt.position, ..town.read() };
            assert_eq!(town.balances(context).await[0].0, (1..=minutes).sum::<i64>());
        }
    });
}

#[test]
fn a_trial_gives_the_same_answer_and_stores_nothing() {
    run(async {
        let town = Town::peopled().await;
        let before = town.position().await;
        let trial = |context: &mut v1::WriteContext| context.validate_only = true;
        let tried = town.ask_with(say::give(3, 1, 500), trial).await.unwrap();
        assert!(tried.validated_only && !tried.replayed);
        assert_eq!(town.position().await, before);
        let done = town.ok(say::give(3, 1, 500)).await;
        assert_eq!((tried.position, &tried.name), (done.position, &done.name));
        assert_eq!(done.below_soft_floor_minutes, 140);
        assert_eq!(tried.below_soft_floor_minutes, done.below_soft_floor_minutes);
        let refused = town.ask_with(say::give(3, 1, 500), trial).await.unwrap_err();
        assert_eq!(reason(&refused), "NOT_ENOUGH_HOURS");
    });
}

#[test]
fn a_retry_gets_the_original_answer_and_other_content_is_refused() {
    run(async {
        let town = Town::peopled().await;
        let asked =
            v1::GiveHoursRequest { context: Some(town.by("officers/1")), ..say::give(3, 1, 500) };
        let first = town.ok(asked.clone()).await;
        town.ok(say::record(3, 4, 60)).await;
        // By now the rules would refuse it; a retry is answered before any rule is asked.
        let again = town.ok(asked.clone()).await;
        assert_eq!(again, v1::Receipt { replayed: true, ..first.clone() });
        let mut trial = asked.clone();
        trial.context.as_mut().unwrap().validate_only = true;
        let tried = town.ok(trial).await;
        assert_eq!((tried.position, tried.replayed), (first.position, true));
        let other = v1::GiveHoursRequest { minutes: 501, ..asked.clone() };
        let refused = refusal(town.ask(other).await.unwrap_err());
        assert_eq!(refused.reason, "REQUEST_ID_REUSED");
        assert_eq!(refused.metadata["position"], first.position.to_string());
        let mut kind = say::donate(3, 500);
        kind.context = asked.context.clone();
        assert_eq!(town.no(kind).await, "REQUEST_ID_REUSED");
        // The note is a card: it may be said otherwise, or not at all.
        let mut worded = asked;
        worded.context.as_mut().unwrap().note = "now with a word".to_owned();
        assert!(town.ok(worded).await.replayed);
    });
}

#[test]
fn a_guard_that_fails_says_what_is_there() {
    run(async {
        let town = Town::peopled().await;
        let head = town.position().await;
        let at = |position| {
            move |context: &mut v1::WriteContext| {
                context.expected_position = Some(position);
            }
        };
        let stale = town.ask_with(say::record(1, 4, 5), at(head - 1)).await.unwrap_err();
        let stale = refusal(stale);
        assert_eq!(stale.reason, "POSITION_CHANGED");
        assert_eq!(stale.metadata["position"], head.to_string());
        town.ask_with(say::record(1, 4, 5), at(head)).await.unwrap();
        let who = v1::GetMemberRequest { context: Some(town.read()), member: member(1) };
        let revision = town.client().get_member(who).await.unwrap().member.unwrap().revision;
        let is = |revision| {
            move |context: &mut v1::WriteContext| {
                let name = member(1);
                context.expected_revision = Some(v1::ExpectedRevision { name, revision });
            }
        };
        town.ask_with(say::suspend(1), is(revision)).await.unwrap();
        let stale = town.ask_with(say::reinstate(1), is(revision)).await.unwrap_err();
        assert_eq!(reason(&stale), "REVISION_CHANGED");
    });
}

#[test]
fn each_write_of_a_batch_has_its_own_result() {
    run(async {
        let town = Town::peopled().await;
        let mut twice = say::record(1, 4, 60);
        twice.context = Some(town.by("officers/1"));
        let mut refused = say::grant(3, 10);
        refused.context = Some(town.by("officers/1"));
        let mut given = say::give(1, 3, 20);
        given.context = Some(town.by(&member(1)));
        let unsaid = say::record(1, 4, 60);
        let writes = vec![
            twice.clone().write(),
            refused.write(),
            given.write(),
            twice.write(),
            unsaid.write(),
            v1::Write { request: None },
        ];
        let answer = town.client().submit_batch(v1::SubmitBatchRequest { writes }).await.unwrap();
        let said: Vec<String> = answer.results.into_iter().map(told).collect();
        let expected =
            ["recorded", "POT_TOO_SMALL", "recorded", "replayed", "INVALID_FIELD", "INVALID_FIELD"];
        assert_eq!(said, expected);
        assert_eq!(town.balances(town.read()).await, [(40, 0), (0, 0), (20, 0), (0, 0)]);
        let none = town.client().submit_batch(v1::SubmitBatchRequest::default()).await;
        assert_eq!(reason(&none.unwrap_err()), "INVALID_FIELD");
    });
}

fn told(result: v1::WriteResult) -> String {
    match result.result.unwrap() {
        v1::write_result::Result::Receipt(receipt) if receipt.replayed => "replayed".to_owned(),
        v1::write_result::Result::Receipt(_) => "recorded".to_owned(),
        v1::write_result::Result::Refusal(status) => {
            ledger_proto::Refusal::from_rpc_status(&status).unwrap().reason
        }
    }
}

#[test]
fn a_reversal_takes_back_once_and_a_correction_says_what_it_replaces() {
    run(async {
        let town = Town::peopled().await;
        let wrong = town.ok(say::record(1, 4, 600)).await;
        let reversal = town.ok(say::reverse(wrong.position)).await;
        assert_eq!(town.balance(1).await, 0);
        let corrects = |context: &mut v1::WriteContext| {
            context.corrects = format!("entries/{}", wrong.position);
        };
        let right = town.ask_with(say::record(1, 4, 60), corrects).await.unwrap();
        assert_eq!(town.balance(1).await, 60);
        let lines = statement(&town, 1).await.lines;
        let rows: Vec<_> = lines.iter().map(|line| (line.minutes, line.reversed_by)).collect();
        assert_eq!(rows, [(600, reversal.position), (-600, 0), (60, 0)]);
        let counted = exchanges(&town).await;
        assert_eq!(counted[0].reversed_by, reversal.position);
        assert_eq!(town.totals(town.read()).await.time.unwrap().in_minutes, 60);
        assert_eq!(town.no(say::reverse(wrong.position)).await, "ALREADY_REVERSED");
        assert_eq!(town.no(say::reverse(reversal.position)).await, "REVERSAL_OF_REVERSAL");
        let twice = town.ask_with(say::record(1, 4, 60), corrects).await.unwrap_err();
        assert_eq!(refusal(twice).metadata["position"], right.position.to_string());
    });
}

#[test]
fn an_id_is_known_or_refused_however_late_it_comes() {
    run(async {
        let town = Town::peopled().await;
        let mut asked = say::record(1, 4, 60);
        asked.context = Some(town.by("officers/1"));
        town.ok(asked.clone()).await;
        town.later(34 * DAY);
        assert!(town.ok(asked.clone()).await.replayed);
        town.later(2 * DAY);
        town.ok(say::enrol(v1::Hat::Supporter)).await;
        assert_eq!(town.no(asked).await, "REQUEST_ID_OUT_OF_WINDOW");
        let mut early = say::record(1, 4, 60);
        let id = request_id(town.now() + 2 * DAY);
        early.context = Some(v1::WriteContext { request_id: id, ..town.by("officers/1") });
        assert_eq!(town.no(early).await, "REQUEST_ID_OUT_OF_WINDOW");
        assert_eq!(town.balance(1).await, 60);
    });
}
