//! Ids and days from the future, from long ago, and from no calendar at all.

use ledger_client::Error;
use ledger_core::MemberId;
use ledger_proto::{
    Refusal,
    v1::{self, read_context::AsOf},
};

use crate::harness::{DAY, NOON, Town, refusal, request_id, run, say};

/// Hours of member 1, said with something more.
async fn said(town: &Town, more: impl FnOnce(&mut v1::WriteContext)) -> Result<v1::Receipt, Error> {
    town.ask_with(say::record(1, 4, 1), more).await
}

/// A refusal, of which nothing was stored.
async fn refused(town: &Town, more: impl FnOnce(&mut v1::WriteContext)) -> Refusal {
    let before = town.position().await;
    let told = refusal(said(town, more).await.unwrap_err());
    assert_eq!(town.position().await, before, "{told:?}");
    told
}

#[test]
fn an_id_of_another_time_is_refused_with_the_servers_own() {
    run(async {
        let town = Town::peopled().await;
        let far = [0, NOON - 35 * DAY - 1, NOON + DAY + 1, 4 * NOON, (1 << 48) - 1];
        for ms in far {
            let told = refused(&town, |context| context.request_id = request_id(ms)).await;
            assert_eq!(told.reason, "REQUEST_ID_OUT_OF_WINDOW", "{ms}");
            assert_eq!(told.metadata["server_time_unix_ms"], NOON.to_string());
        }
        for ms in [NOON - 35 * DAY, NOON + DAY] {
            said(&town, |context| context.request_id = request_id(ms)).await.unwrap();
        }
    });
}

#[test]
fn what_is_no_id_is_named_as_such() {
    run(async {
        let town = Town::peopled().await;
        let right = request_id(NOON);
        let wrong = [
            String::new(),
            "00000000-0000-0000-0000-000000000000".to_owned(),
            "ffffffff-ffff-ffff-ffff-ffffffffffff".to_owned(),
            // Of chance, and not of a time.
            "1b4e28ba-2fa1-4d3b-a3f5-ef19b5a7633b".to_owned(),
            // Of a time, in no variant that there is.
            right.replacen("-7000-8", "-7000-c", 1),
            right.replace('-', ""),
            format!("{{{right}}}"),
            format!("urn:uuid:{right}"),
            format!("{right} "),
            format!("{}é", &right[..34]),
            "x".repeat(36),
            "1".repeat(100_000),
        ];
        for id in wrong {
            let told = refused(&town, |context| context.request_id.clone_from(&id)).await;
            let fields: Vec<&str> =
                told.violations.iter().map(|violation| violation.field.as_str()).collect();
            assert_eq!(
                (told.reason.as_str(), &*fields),
                ("INVALID_FIELD", &["context.request_id"][..]),
                "{id}"
            );
        }
    });
}

#[test]
fn a_day_that_was_not_or_is_not_yet_is_refused() {
    run(async {
        let town = Town::peopled().await;
        let table = [
            ("2026-03-03", "IN_THE_FUTURE"),
            ("2199-12-31", "IN_THE_FUTURE"),
            ("9999-12-31", "INVALID_FIELD"),
            ("2025-12-31", "OUTSIDE_BACKDATING"),
            ("1970-01-01", "OUTSIDE_BACKDATING"),
            ("10000-01-01", "INVALID_FIELD"),
            ("-2026-03-02", "INVALID_FIELD"),
            ("2026-02-30", "INVALID_FIELD"),
            ("2026-13-01", "INVALID_FIELD"),
            ("2026-3-2", "INVALID_FIELD"),
            ("2026-03-02T00:00", "INVALID_FIELD"),
            ("２０２６-03-02", "INVALID_FIELD"),
            ("2026-03-02\u{0}", "INVALID_FIELD"),
            ("99999999999999999999-01-01", "INVALID_FIELD"),
        ];
        for (day, reason) in table {
            let told = refused(&town, |context| day.clone_into(&mut context.occurred_on)).await;
            assert_eq!(told.reason, reason, "{day}");
        }
        // Sixty days back, and not one more.
        said(&town, |context| "2026-01-01".clone_into(&mut context.occurred_on)).await.unwrap();
        // A promise of a day that no calendar has, and of one that has passed.
        for (day, reason) in [("2026-02-29", "INVALID_FIELD"), ("2026-03-01", "DATE_PASSED")] {
            assert_eq!(town.no(say::respite(3, 30, day)).await, reason, "{day}");
        }
    });
}

#[test]
fn a_read_of_a_moment_that_is_none_is_refused_and_of_one_far_off_is_answered() {
    run(async {
        let town = Town::peopled().await;
        town.ok(say::record(1, 4, 60)).await;
        let head = town.position().await;
        let time = |seconds, nanos| AsOf::AsOfTime(prost_types::Timestamp { seconds, nanos });
        let table = [
            (time(i64::MAX, 0), Err("INVALID_FIELD")),
            (time(i64::MIN, 0), Err("INVALID_FIELD")),
            (time(0, -1), Err("INVALID_FIELD")),
            (time(0, i32::MAX), Err("INVALID_FIELD")),
            (time(0, 0), Ok(0)),
            (time(253_402_300_799, 999_999_999), Ok(60)),
            (AsOf::AsOfPosition(-1), Err("INVALID_FIELD")),
            (AsOf::AsOfPosition(head + 1), Err("POSITION_BEYOND_HEAD")),
            (AsOf::AsOfPosition(i64::MAX), Err("POSITION_BEYOND_HEAD")),
            (AsOf::AsOfDay("2026-02-30".to_owned()), Err("INVALID_FIELD")),
            (AsOf::AsOfDay("2199-12-31".to_owned()), Ok(60)),
            (AsOf::AsOfDay("1900-01-01".to_owned()), Ok(0)),
        ];
        for (moment, expected) in table {
            let context = Some(town.read_as_of(moment.clone()));
            let member = format!("members/{}", MemberId::FIRST);
            let request = v1::GetStatementRequest { context, member, ..Default::default() };
            let told = town.client().get_statement(request).await;
            let told = told.map(|answer| answer.balance.unwrap().balance_minutes);
            let told = told.map_err(|error| refusal(error).reason);
            assert_eq!(told, expected.map_err(str::to_owned), "{moment:?}");
        }
    });
}
