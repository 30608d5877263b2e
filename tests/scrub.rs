//! Old entries that change where they lie, under a running server and between two starts.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test that fails says so"
)]

use std::{fs, path::Path, time::Duration};

use ledger_client::Error;
use ledger_core::Timestamp;
use ledger_proto::{Refusal, stored, v1};
use ledger_server::{Care, Clock, LogId, LogOptions, Scrubbing, Vandal};
use tokio_stream::StreamExt;

use crate::{
    harness::{COOP, NOON, Town, reason, refusal, run, say},
    log_contract::small,
    packs::packed,
};

/// Always at work.
const EAGER: Scrubbing = Scrubbing { every: Duration::from_millis(5), rest: Duration::ZERO };
/// Looks at the first segment, and then rests for longer than any test.
const LAZY: Scrubbing = Scrubbing { every: Duration::from_hours(9), rest: Duration::from_hours(9) };
/// A test that waits for so long has failed.
const PATIENCE: Duration = Duration::from_mins(1);
/// An entry of the second segment, whose bytes are changed.
const CHANGED: u64 = 300;

/// A town whose first segments lie in volumes that are closed, and a second co-op beside it.
async fn town(scrub: Scrubbing) -> Town {
    let clock = Clock::by_hand(Timestamp::from_unix_ms(NOON));
    let mut town = Town::stopped(tempfile::tempdir().unwrap(), clock);
    town.log = LogOptions { volume_bytes: 60_000, ..small() };
    town.scrub = scrub;
    town.start().await.unwrap();
    town.ok(say::found()).await;
    town.ok(say::open_fund("General", "")).await;
    let golcar = town.client_of("golcar", Some(town.token()));
    let context = v1::WriteContext { coop: golcar.coop(), ..town.by("") };
    golcar.found_coop(v1::FoundCoopRequest { context: Some(context), policy: None }).await.unwrap();
    for _ in 0..18 {
        let write = || {
            let context = Some(town.by("officers/1"));
            let request = v1::ReceiveCashRequest { context, ..say::receive(1, 1) };
            v1::Write { request: Some(v1::write::Request::ReceiveCash(request)) }
        };
        let writes = (0..100).map(|_| write()).collect();
        let answer = town.client().submit_batch(v1::SubmitBatchRequest { writes }).await.unwrap();
        let recorded = |result: &v1::WriteResult| {
            matches!(result.result, Some(v1::write_result::Result::Receipt(_)))
        };
        assert!(answer.results.iter().all(recorded));
    }
    town
}

/// Changes one bit of one entry; it still reads as an entry like any other.
fn change(data: &Path, care: Care) {
    let flip = |entry: &mut Vec<u8>| {
        let asked = stored::decode(entry).unwrap().asked.unwrap();
        let print = asked.fingerprint.bytes();
        let at = entry.windows(16).position(|here| here == print).unwrap();
        entry[at] ^= 1;
        stored::decode(entry).unwrap();
    };
    let changed = (1..9).any(|volume| {
        let vandal = Vandal::open(&data.join("log"), volume).unwrap();
        vandal.change(LogId::new(1), CHANGED, care, flip).unwrap()
    });
    assert!(changed);
}

/// Begins to follow the log.
async fn watch(town: &Town) -> tonic::Streaming<v1::WatchHistoryResponse> {
    let client = town.client();
    let request = v1::WatchHistoryRequest { coop: client.coop(), after_position: 1_800 };
    client.unchecked().watch_history(request).await.unwrap()
}

/// Follows the log until it is told why that ends.
async fn last_word(mut stream: tonic::Streaming<v1::WatchHistoryResponse>) -> Refusal {
    let heard = async {
        loop {
            if let Err(last) =
                stream.message().await.transpose().expect("a stream that ends says why")
            {
                return Refusal::read(&last).unwrap();
            }
        }
    };
    tokio::time::timeout(PATIENCE, heard).await.expect("nobody has noticed")
}

/// Reads from the start: what was handed out, and what the end of it was.
async fn read(town: &Town) -> (Vec<v1::HistoryEntry>, Option<String>) {
    let client = town.client();
    let request = v1::ReadHistoryRequest { coop: client.coop(), ..Default::default() };
    let mut stream = match client.read_history(request).await {
        Ok(stream) => stream,
        Err(error) => return (Vec::new(), Some(reason(&error))),
    };
    let mut entries = Vec::new();
    while let Some(answer) = stream.message().await.transpose() {
        match answer {
            Ok(answer) => entries.extend(answer.entries),
            Err(last) => return (entries, last.reason().map(str::to_owned)),
        }
    }
    (entries, None)
}

/// The co-op is neither read nor written, the error says where the damage is, and the other co-op is as it was.
async fn is_out_of_service(town: &Town) {
    let lost = |error: Error| {
        let refused = refusal(error);
        assert_eq!(refused.reason, "HISTORY_LOST");
        assert_eq!(refused.metadata["first_missing"], "257");
        assert_eq!(refused.metadata["last_missing"], "512");
    };
    lost(town.ask(say::receive(1, 1)).await.unwrap_err());
    let request = v1::ListBalancesRequest { context: Some(town.read()), page: None };
    lost(town.client().list_balances(request).await.unwrap_err());
    assert_eq!(town.no(say::found()).await, "HISTORY_LOST", "nor is it founded anew");
    assert_eq!(read(town).await, (Vec::new(), Some("HISTORY_LOST".to_owned())));
    let listed = town.client().list_coops(v1::ListCoopsRequest::default()).await.unwrap();
    let served: Vec<(&str, bool)> =
        listed.coops.iter().map(|coop| (&*coop.name, coop.not_served.is_empty())).collect();
    assert_eq!(served, [(&*format!("coops/{COOP}"), false), ("coops/golcar", true)]);
    let golcar = town.client_of("golcar", Some(town.token()));
    let context = Some(v1::WriteContext { coop: golcar.coop(), ..town.by("officers/1") });
    golcar
        .enrol_member(v1::EnrolMemberRequest { context, ..say::enrol(v1::Hat::Supporter) })
        .await
        .unwrap();
}

fn snapshots(town: &Town) -> std::path::PathBuf {
    town.dir.path().join("snapshots")
}

#[test]
fn an_entry_that_changes_under_a_running_server_takes_its_co_op_out_of_service() {
    for care in [Care::Careless, Care::Checksum, Care::Root] {
        run(async {
            let mut town = town(EAGER).await;
            town.restart().await;
            let mut watching = watch(&town).await;
            watching.next().await.unwrap().unwrap();
            change(town.dir.path(), care);
            let said = last_word(watching).await;
            assert_eq!((&*said.reason, &*said.metadata["first_missing"]), ("HISTORY_LOST", "257"));
            is_out_of_service(&town).await;
            // Who starts again, hoping for the best, is not served either, and not for a moment.
            town.scrub = LAZY;
            town.restart().await;
            if care == Care::Root {
                // It is refused for another reason then: all together does not come to the root in the head file.
                assert_eq!(town.no(say::receive(1, 1)).await, "HISTORY_LOST");
            } else {
                is_out_of_service(&town).await;
            }
        });
    }
}

#[test]
fn what_a_snapshot_spares_from_being_read_is_read_by_the_first_pass() {
    run(async {
        let mut town = town(LAZY).await;
        town.stop().await;
        assert!(snapshots(&town).join("1.snapshot").is_file());
        change(town.dir.path(), Care::Checksum);
        town.scrub = Scrubbing { every: LAZY.every, rest: Duration::ZERO };
        town.start().await.unwrap();
        // The first pass may have been quicker than this.
        let client = town.client();
        let request = v1::WatchHistoryRequest { coop: client.coop(), after_position: 1_800 };
        if let Ok(watching) = client.unchecked().watch_history(request).await {
            assert_eq!(last_word(watching).await.reason, "HISTORY_LOST");
        }
        is_out_of_service(&town).await;
        assert!(!snapshots(&town).join("1.snapshot").exists());
    });
}

#[test]
fn a_replay_finds_what_was_changed_before_anybody_is_served() {
    run(async {
        let mut town = town(LAZY).await;
        town.stop().await;
        fs::remove_dir_all(snapshots(&town)).unwrap();
        change(town.dir.path(), Care::Checksum);
        town.start().await.unwrap();
        is_out_of_service(&town).await;
    });
}

#[test]
fn a_reader_who_meets_damage_is_the_last_who_reads() {
    run(async {
        let town = town(LAZY).await;
        let (entries, end) = read(&town).await;
        assert_eq!((entries.len(), end), (1_802, None));
        change(town.dir.path(), Care::Careless);
        let (entries, end) = read(&town).await;
        assert!(entries.iter().all(|entry| entry.position <= 256), "{}", entries.len());
        assert_eq!(end.unwrap(), "HISTORY_LOST");
        is_out_of_service(&town).await;
    });
}

#[test]
fn a_log_that_is_whole_is_read_again_and_again_and_nothing_happens() {
    run(async {
        let mut town = town(EAGER).await;
        for _ in 0..20 {
            town.ok(say::receive(1, 1)).await;
        }
        town.restart().await;
        assert_eq!(read(&town).await.0.len(), 1_822);
    });
}

#[test]
fn a_volume_that_does_not_open_any_more_is_damage() {
    run(async {
        let town = town(EAGER).await;
        let watching = watch(&town).await;
        let pack = packed(&town.dir.path().join("log"), 1);
        fs::write(pack.join("db"), b"not what was written").unwrap();
        let said = last_word(watching).await;
        assert_eq!((&*said.reason, &*said.metadata["first_missing"]), ("HISTORY_LOST", "1"));
        assert_eq!(reason(&town.ask(say::receive(1, 1)).await.unwrap_err()), "HISTORY_LOST");
    });
}
