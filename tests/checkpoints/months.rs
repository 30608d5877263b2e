//! The seal at a month's end.

use ledger_core::Timestamp;
use ledger_proto::v1;

use super::history;
use crate::harness::{DAY, HOUR, Town, run, say};

/// Follows the log until an entry at or behind this position is a seal.
async fn sealed(town: &Town, after_position: i64) -> i64 {
    let client = town.client();
    let request = v1::WatchHistoryRequest { coop: client.coop(), after_position };
    let mut stream = client.unchecked().watch_history(request).await.unwrap();
    loop {
        let message = stream.message().await.unwrap().unwrap();
        if let Some(seal) = message.entries.iter().find(|entry| entry.kind == "StateSealed") {
            return seal.position;
        }
    }
}

/// Starts the server again at another time.
async fn restart_at(town: &mut Town, day: &str, later: i64) {
    town.stop().await;
    let start = ledger_core::Day::parse(day).unwrap().start();
    town.clock.set(Timestamp::from_unix_ms(start.unix_ms() + later));
    town.start().await.unwrap();
}

#[test]
fn a_month_in_which_something_happened_is_sealed_once_it_is_over() {
    run(async {
        let mut town = Town::founded().await;
        let before = town.position().await;
        restart_at(&mut town, "2026-03-31", DAY - HOUR).await;
        restart_at(&mut town, "2026-04-01", HOUR).await;
        assert_eq!(sealed(&town, 0).await, before + 1);
        // Nothing happens in April, which needs no seal then.
        restart_at(&mut town, "2026-04-20", 0).await;
        restart_at(&mut town, "2026-05-02", 0).await;
        restart_at(&mut town, "2026-05-03", 0).await;
        town.ok(say::enrol(v1::Hat::Supporter)).await;
        restart_at(&mut town, "2026-06-01", 0).await;
        assert_eq!(sealed(&town, before + 1).await, before + 3);
        let kinds: Vec<String> =
            history(&town).await.0.into_iter().map(|entry| entry.kind).collect();
        let expected = ["CoopFounded", "StateSealed", "MemberEnrolled", "StateSealed"];
        assert_eq!(kinds, expected);
    });
}

/// What is recorded in the first minutes of a month, such as what lapses at midnight, spares no month its seal.
#[test]
fn a_month_is_sealed_even_if_the_next_begins_with_an_entry() {
    run(async {
        let mut town = Town::founded().await;
        restart_at(&mut town, "2026-03-31", DAY - HOUR).await;
        town.ok(say::enrol(v1::Hat::Supporter)).await;
        // The house looks once an hour; this comes before it does.
        town.later(HOUR + HOUR / 60);
        town.ok(say::enrol(v1::Hat::Supporter)).await;
        restart_at(&mut town, "2026-04-01", HOUR).await;
        let soon = std::time::Duration::from_secs(5);
        let sealed = tokio::time::timeout(soon, sealed(&town, 0)).await;
        assert!(sealed.is_ok(), "March is over, and was not sealed");
    });
}
