//! Who follows a log that is being written to.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that fails says so")]

use ledger_client::Client;
use ledger_proto::v1;
use prost::Message;

use crate::harness::{Town, ask::Ask, run, say};

/// Writes that come while others follow.
const WRITES: usize = 400;

/// Writes that come in one batch: nobody gives more minutes in a day.
const TOGETHER: usize = 700;
/// A message for who keeps up holds about so many bytes of entries…
const ENTRIES: usize = 64 << 10;
/// …and not so many besides: what one entry has more than fits, and the head.
const BESIDES: usize = 2 << 10;

/// Follows from a position until another has been heard of.
async fn follow(client: Client, after_position: i64, until: i64) -> Vec<v1::HistoryEntry> {
    let request = v1::WatchHistoryRequest { coop: client.coop(), after_position };
    let mut stream = client.watch_history(request).await.unwrap();
    let mut seen: Vec<v1::HistoryEntry> = Vec::new();
    while seen.last().is_none_or(|entry| entry.position < until) {
        seen.extend(stream.message().await.unwrap().expect("it goes on").entries);
    }
    seen
}

#[test]
fn whoever_follows_a_busy_log_hears_each_entry_once_from_wherever_it_began() {
    run(async {
        let town = Town::peopled().await;
        let began = town.position().await;
        let until = began + i64::try_from(WRITES).unwrap();
        let mut following = Vec::new();
        // Some are there from the start, some come when much has been written already, and read the log before they
        // cross over to what is shared.
        for write in 0..WRITES {
            if write % 80 == 0 {
                for after in [0, began, town.position().await] {
                    let client = town.client();
                    following.push((after, tokio::spawn(follow(client, after, until))));
                }
            }
            let mut write = say::record(1, 4, 1);
            *write.context() = Some(town.by("officers/1"));
            write.send(&town.client()).await.unwrap();
        }
        let all = follow(town.client(), 0, until).await;
        let positions: Vec<i64> = all.iter().map(|entry| entry.position).collect();
        assert_eq!(positions, (1..=until).collect::<Vec<_>>());
        for (after, seen) in following {
            let expected: Vec<_> =
                all.iter().filter(|entry| entry.position > after).cloned().collect();
            assert_eq!(seen.await.unwrap(), expected, "after {after}");
        }
    });
}

#[test]
fn whoever_is_far_behind_hears_each_entry_once_from_wherever_it_is() {
    run(async {
        let town = Town::peopled().await;
        for _ in 0..3 {
            say::many(&town, TOGETHER).await;
        }
        let head = town.position().await;
        let request = v1::ReadHistoryRequest { coop: town.client().coop(), ..Default::default() };
        let mut read = town.client().read_history(request).await.unwrap();
        let mut all = Vec::new();
        while let Some(message) = read.message().await.unwrap() {
            all.extend(message.entries);
        }
        assert_eq!(all.last().unwrap().position, head);
        // Several at each place, and places on both sides of where the log is cut for them.
        let places = [0, 1, 510, 511, 512, 513, 1_023, 1_024, 1_700, head - 1];
        let following = places.repeat(3).into_iter().map(|after| {
            let follow = follow(town.client(), after, head);
            (after, tokio::spawn(follow))
        });
        for (after, seen) in following.collect::<Vec<_>>() {
            let expected: Vec<_> =
                all.iter().filter(|entry| entry.position > after).cloned().collect();
            assert_eq!(seen.await.unwrap(), expected, "after {after}");
        }
    });
}

#[test]
fn what_comes_at_once_is_told_in_small_messages_to_whoever_keeps_up() {
    run(async {
        let town = Town::peopled().await;
        let after_position = town.position().await;
        let (coop, client) = (town.client().coop(), town.client());
        let request = v1::WatchHistoryRequest { coop, after_position };
        let mut stream = client.watch_history(request).await.unwrap();
        // The first says only how far the log goes.
        assert_eq!(stream.message().await.unwrap().unwrap().entries, []);
        say::many(&town, TOGETHER).await;
        let until = after_position + i64::try_from(TOGETHER).unwrap();
        let (mut at, mut full) = (after_position, 0);
        while at < until {
            let told = stream.message().await.unwrap().expect("it goes on");
            for entry in &told.entries {
                at += 1;
                assert_eq!(entry.position, at);
            }
            assert!(told.encoded_len() < ENTRIES + BESIDES, "{} bytes", told.encoded_len());
            full += u32::from(told.encoded_len() >= ENTRIES);
        }
        assert!(full >= 1, "the messages are full where there is so much to tell");
    });
}
