//! A server that was stopped, or has lost something, and starts again.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::cast_possible_wrap,
    reason = "a test that fails says so"
)]

use std::{
    fs,
    path::{Path, PathBuf},
};

use ledger_client::Client;
use ledger_core::CoopName;
use ledger_proto::{Frontier, Hash, leaf, v1};
use ledger_server::{Clock, House, Log, LogOptions, Opening, PackedLog, accept_loss, verdicts};

use crate::harness::{COOP, Town, reason, refusal, run, say, say::member};

/// Everything that readers can see.
#[derive(Debug, PartialEq)]
pub(crate) struct Picture {
    balances: v1::ListBalancesResponse,
    totals: v1::GetStoreTotalsResponse,
    statement: v1::GetStatementResponse,
    pub(crate) vouchers: v1::ListVouchersResponse,
    pub(crate) pending: v1::ListPendingHoursResponse,
    pub(crate) head: v1::HistoryHead,
}

pub(crate) async fn picture(town: &Town) -> Picture {
    let (client, context) = (town.client(), Some(town.read()));
    let statement = v1::GetStatementRequest {
        context: context.clone(),
        member: member(3),
        ..Default::default()
    };
    let balances = v1::ListBalancesRequest { context: context.clone(), page: None };
    let vouchers = v1::ListVouchersRequest { context: context.clone(), ..Default::default() };
    let pending = v1::ListPendingHoursRequest { context, ..Default::default() };
    Picture {
        balances: client.list_balances(balances).await.unwrap(),
        totals: town.totals(town.read()).await,
        statement: client.get_statement(statement).await.unwrap(),
        vouchers: client.list_vouchers(vouchers).await.unwrap(),
        pending: client.list_pending_hours(pending).await.unwrap(),
        head: history(&client).await.1,
    }
}

/// The whole history, and the head that came with it.
async fn history(client: &Client) -> (Vec<v1::HistoryEntry>, v1::HistoryHead) {
    let request = v1::ReadHistoryRequest { coop: client.coop(), ..Default::default() };
    let mut stream = client.read_history(request).await.unwrap();
    let (mut entries, mut head) = (Vec::new(), None);
    while let Some(answer) = stream.message().await.transpose() {
        let answer = answer.unwrap();
        entries.extend(answer.entries);
        head = answer.head;
    }
    (entries, head.unwrap())
}

/// A co-op in which something of every unit has happened, and something is open.
pub(crate) async fn lively() -> Town {
    let town = Town::peopled().await;
    town.ok(say::record(3, 4, 300)).await;
    say::logged(&town, 1, 4, 90).await;
    let asked = say::asked(&town, 60).await;
    town.ok(say::agree(asked, 1)).await;
    town.ok(say::deliver(asked, 45)).await;
    say::asked(&town, 30).await;
    town.ok(say::open_fund("General", "")).await;
    town.ok(say::receive(1, 5_000)).await;
    say::bakery(&town, 10).await;
    town.ok(say::issue(1, 2)).await;
    let wrong = town.ok(say::spend(1, 100, "")).await;
    town.ok(say::reverse(wrong.position)).await;
    let noted = |context: &mut v1::WriteContext| "thank you".clone_into(&mut context.note);
    town.ask_with(say::give(3, 1, 20), noted).await.unwrap();
    town
}

fn snapshot(town: &Town, log: u32) -> PathBuf {
    town.dir.path().join("snapshots").join(format!("{log}.snapshot"))
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let (from, to) = {
            let entry = entry.unwrap();
            (entry.path(), to.join(entry.file_name()))
        };
        if from.is_dir() {
            copy(&from, &to);
        } else {
            let _ = fs::copy(&from, &to).unwrap();
        }
    }
}

#[test]
fn a_restart_changes_nothing_with_a_snapshot_or_without() {
    run(async {
        let mut town = lively().await;
        let before = picture(&town).await;
        town.restart().await;
        assert!(snapshot(&town, 1).is_file(), "a stop leaves one");
        assert_eq!(picture(&town).await, before);
        town.stop().await;
        fs::remove_dir_all(town.dir.path().join("snapshots")).unwrap();
        town.start().await.unwrap();
        assert_eq!(picture(&town).await, before);
        let hours = before.pending.hours[0].name.clone();
        let confirm = v1::ConfirmHoursRequest { hours, ..say::confirm(1, 0) };
        town.ok_as(&member(4), confirm).await;
    });
}

#[test]
fn a_damaged_snapshot_costs_time_only() {
    run(async {
        let mut town = lively().await;
        let before = picture(&town).await;
        town.stop().await;
        let whole = fs::read(snapshot(&town, 1)).unwrap();
        for at in [0, 9, whole.len() / 2, whole.len() - 1] {
            let mut bytes = whole.clone();
            bytes[at] ^= 0x41;
            fs::write(snapshot(&town, 1), bytes).unwrap();
            town.start().await.unwrap();
            assert_eq!(picture(&town).await, before, "byte {at}");
            town.stop().await;
        }
        for bytes in [&whole[..whole.len() / 3], b""] {
            fs::write(snapshot(&town, 1), bytes).unwrap();
            town.start().await.unwrap();
            assert_eq!(picture(&town).await, before);
            town.stop().await;
        }
    });
}

#[test]
fn a_snapshot_of_another_or_of_a_longer_log_is_not_taken() {
    run(async {
        let mut town = lively().await;
        let before = picture(&town).await;
        let golcar = town.client_of("golcar", Some(town.token()));
        let founded = v1::FoundCoopRequest {
            context: Some(v1::WriteContext { coop: golcar.coop(), ..town.by("") }),
            policy: None,
        };
        golcar.found_coop(founded).await.unwrap();
        town.stop().await;
        let old = tempfile::tempdir().unwrap();
        copy(town.dir.path(), old.path());
        fs::copy(snapshot(&town, 2), snapshot(&town, 1)).unwrap();
        town.start().await.unwrap();
        assert_eq!(picture(&town).await, before, "that of another log");
        town.ok(say::record(1, 4, 10)).await;
        town.stop().await;
        let longer = fs::read(snapshot(&town, 1)).unwrap();
        let mut town = Town::on(old, town.clock.clone()).await;
        town.stop().await;
        fs::write(snapshot(&town, 1), longer).unwrap();
        town.start().await.unwrap();
        assert_eq!(picture(&town).await, before, "that of a longer log");
    });
}

#[test]
fn the_history_hashes_to_the_root_of_its_head() {
    run(async {
        let town = lively().await;
        let (entries, head) = history(&town.client()).await;
        assert_eq!(head.position, town.position().await);
        let mut frontier = Frontier::default();
        for (entry, position) in entries.iter().zip(1_i64..) {
            assert_eq!(entry.position, position, "no gap");
            let hash = leaf(&entry.entry);
            assert_eq!(hash.as_bytes().as_slice(), entry.leaf_hash);
            frontier.push(hash);
        }
        let root = Hash::new(head.root_hash.as_slice().try_into().unwrap());
        assert_eq!((frontier.size(), frontier.root()), (entries.len() as u64, root));
        assert_eq!(entries[0].kind, "CoopFounded");
        let request =
            v1::ReadHistoryRequest { coop: town.client().coop(), after_position: 3, limit: 2 };
        let mut stream = town.client().read_history(request).await.unwrap();
        let some = stream.message().await.transpose().unwrap().unwrap().entries;
        assert_eq!(some, &entries[3..5]);
        assert!(stream.message().await.transpose().is_none());
        let newest = v1::ReadHistoryRequest {
            coop: town.client().coop(),
            after_position: head.position,
            limit: 0,
        };
        let mut stream = town.client().read_history(newest).await.unwrap();
        let nothing = stream.message().await.transpose().unwrap().unwrap();
        assert_eq!((nothing.entries.len(), nothing.head), (0, Some(head.clone())));
        let beyond = v1::ReadHistoryRequest {
            coop: town.client().coop(),
            after_position: head.position + 1,
            limit: 0,
        };
        let refused = town.client().read_history(beyond).await.unwrap_err();
        assert_eq!(reason(&refused), "POSITION_BEYOND_HEAD");
    });
}

/// Follows the log from a position until it has so many entries, or the server goes.
async fn follow(town: &Town, after_position: i64, until: i64) -> Vec<v1::HistoryEntry> {
    let client = town.client();
    let request = v1::WatchHistoryRequest { coop: client.coop(), after_position };
    let mut stream = client.watch_history(request).await.unwrap();
    let mut seen: Vec<v1::HistoryEntry> = Vec::new();
    while let Some(Ok(answer)) = stream.message().await.transpose() {
        seen.extend(answer.entries);
        if seen.last().is_some_and(|entry| entry.position >= until) {
            break;
        }
    }
    seen
}

#[test]
fn the_feed_goes_on_over_a_restart_without_a_gap_and_nothing_comes_twice() {
    run(async {
        let mut town = lively().await;
        let head = town.position().await;
        let (client, coop) = (town.client(), town.client().coop());
        let request = v1::WatchHistoryRequest { coop, after_position: 0 };
        let mut stream = client.watch_history(request).await.unwrap();
        let (went, gone) = tokio::sync::oneshot::channel();
        let watcher = tokio::spawn(async move {
            let (mut seen, mut went) = (Vec::new(), Some(went));
            while let Some(Ok(answer)) = stream.message().await.transpose() {
                seen.extend(answer.entries);
                if seen.len() as i64 >= head + 5 {
                    went.take().map(|went| went.send(()));
                }
            }
            seen
        });
        for _ in 0..5 {
            town.ok(say::record(1, 4, 10)).await;
        }
        gone.await.unwrap();
        town.restart().await;
        let mut seen = watcher.await.unwrap();
        for _ in 0..5 {
            town.ok(say::record(1, 4, 10)).await;
        }
        let last = seen.last().map_or(0, |entry| entry.position);
        seen.extend(follow(&town, last, head + 10).await);
        assert_eq!(seen, history(&town.client()).await.0);
    });
}

#[test]
fn a_silent_log_is_heard_of_all_the_same() {
    run(async {
        let town = Town::peopled().await;
        let (client, coop) = (town.client(), town.client().coop());
        let head = town.position().await;
        let request = v1::WatchHistoryRequest { coop, after_position: head };
        let mut stream = client.watch_history(request).await.unwrap();
        for _ in 0..2 {
            let message = stream.message().await.transpose().unwrap().unwrap();
            assert_eq!((message.entries.len(), message.head.unwrap().position), (0, head));
        }
    });
}

#[test]
fn whoever_follows_is_told_that_the_server_stops() {
    run(async {
        let mut town = Town::founded().await;
        let client = town.client();
        let request = v1::WatchHistoryRequest { coop: client.coop(), after_position: 0 };
        let mut stream = client.watch_history(request).await.unwrap();
        assert!(stream.message().await.transpose().unwrap().is_ok(), "it follows");
        town.stop().await;
        let last = loop {
            match stream.message().await.transpose().expect("a stream that ends says why") {
                Ok(_) => {}
                Err(last) => break last,
            }
        };
        assert_eq!(last.reason(), Some("SHUTTING_DOWN"));
    });
}

#[test]
fn a_co_op_that_lost_something_is_not_served_until_the_operator_accepts_it() {
    run(async {
        let mut town = Town::on(tempfile::tempdir().unwrap(), Clock::machine()).await;
        town.ok(say::found()).await;
        town.ok(say::enrol(v1::Hat::CommunityVolunteer)).await;
        let golcar = town.client_of("golcar", Some(town.token()));
        let context = v1::WriteContext { coop: golcar.coop(), ..town.by("") };
        let founded = v1::FoundCoopRequest { context: Some(context), policy: None };
        golcar.found_coop(founded).await.unwrap();
        town.stop().await;
        let old = tempfile::tempdir().unwrap();
        copy(town.dir.path(), old.path());
        town.start().await.unwrap();
        for _ in 0..3 {
            town.ok(say::enrol(v1::Hat::Supporter)).await;
        }
        town.stop().await;
        // Somebody puts an old copy of the store back: what was acknowledged since is gone, and the head file knows.
        let head = Path::new("log").join("heads").join("00000001");
        fs::copy(town.dir.path().join(&head), old.path().join(&head)).unwrap();
        let mut town = Town::on(old, Clock::machine()).await;
        let refused = refusal(town.ask(say::enrol(v1::Hat::Supporter)).await.unwrap_err());
        assert_eq!(refused.reason, "HISTORY_LOST");
        assert_eq!(refused.metadata["first_missing"], "3");
        assert_eq!(refused.metadata["last_missing"], "5");
        let request = v1::ListBalancesRequest { context: Some(town.read()), page: None };
        let read = town.client().list_balances(request).await.unwrap_err();
        assert_eq!(reason(&read), "HISTORY_LOST");
        let listed = town.client().list_coops(v1::ListCoopsRequest::default()).await.unwrap();
        let served: Vec<bool> =
            listed.coops.iter().map(|coop| coop.not_served.is_empty()).collect();
        assert_eq!(served, [false, true], "the other co-op is served");
        assert_eq!(town.no(say::found()).await, "HISTORY_LOST", "nor is it founded anew");
        let golcar = town.client_of("golcar", Some(town.token()));
        let request = v1::GetPolicyRequest { context: Some(golcar.read_context()), version: 0 };
        golcar.get_policy(request).await.unwrap();
        town.stop().await;

        let data = town.dir.path().to_owned();
        assert!(verdicts(&data).unwrap()[0].1.is_err());
        let coop = CoopName::new(COOP).unwrap();
        let lost = accept_loss(&data, &coop).await.unwrap().unwrap();
        assert_eq!((lost.first, lost.last), (3, 5));
        // Broken off before its last step, it is not served, and saying it again ends it without a second entry.
        let mut begun = history_of_request(&data).unwrap();
        begun.extend([3_u64.to_be_bytes(), 5_u64.to_be_bytes()].concat());
        fs::write(data.join(format!("accepting-loss.{COOP}")), begun).unwrap();
        let served = House::open(&Opening::at(&data)).err().unwrap().to_string();
        assert!(served.contains("guard accept-loss"), "{served}");
        let again = accept_loss(&data, &coop).await.unwrap().unwrap();
        assert_eq!((again.first, again.last), (3, 5));
        assert_eq!(accept_loss(&data, &coop).await.unwrap(), None, "once");
        town.start().await.unwrap();
        town.ok(say::enrol(v1::Hat::Supporter)).await;
        let kinds: Vec<String> =
            history(&town.client()).await.0.into_iter().map(|entry| entry.kind).collect();
        let expected = ["CoopFounded", "MemberEnrolled", "LossAccepted", "MemberEnrolled"];
        assert_eq!(kinds, expected);
    });
}

/// The id of the request by which the loss was accepted: of the newest entry of the first log.
fn history_of_request(data: &Path) -> Option<Vec<u8>> {
    let log = PackedLog::open(&data.join("log"), &LogOptions::default()).unwrap();
    let id = log.logs()[0];
    let bytes = log.read(id, log.head(id).size).unwrap()?;
    let entry = ledger_proto::stored::decode(&bytes).unwrap();
    entry.asked.map(|asked| asked.id.bytes().to_vec())
}

#[test]
fn a_co_op_of_which_nothing_is_left_is_not_founded_anew() {
    run(async {
        let mut town = Town::founded().await;
        town.stop().await;
        let old = tempfile::tempdir().unwrap();
        copy(town.dir.path(), old.path());
        town.start().await.unwrap();
        let founding = |town: &Town, coop: &str| {
            let coop = format!("coops/{coop}");
            let context = v1::WriteContext { coop, ..town.by("") };
            v1::FoundCoopRequest { context: Some(context), policy: None }
        };
        town.ok(founding(&town, "golcar")).await;
        town.stop().await;
        // The copy is from before the second co-op was founded: its head file alone remembers that there was one.
        let head = Path::new("log").join("heads").join("00000002");
        fs::copy(town.dir.path().join(&head), old.path().join(&head)).unwrap();
        let town = Town::on(old, town.clock.clone()).await;
        town.ok(say::enrol(v1::Hat::Supporter)).await;
        assert_eq!(town.no(founding(&town, "golcar")).await, "HISTORY_LOST");
        let golcar = town.client_of("golcar", Some(town.token()));
        let request = v1::GetPolicyRequest { context: Some(golcar.read_context()), version: 0 };
        assert_eq!(reason(&golcar.get_policy(request).await.unwrap_err()), "HISTORY_LOST");
    });
}
