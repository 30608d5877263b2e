//! Those who follow the history all along: each entry once, in order, whatever happens to the server meanwhile.

use std::{
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

use ledger_client::{Client, Error, Watch};
use ledger_proto::v1;

use super::town::Town;

/// Some hang up after so many entries, and go on where they were.
const HANGS_UP: i64 = 2_000;

/// What a follower has seen.
pub(crate) struct Followed {
    pub(crate) entries: i64,
    /// How often it went on after a cut.
    pub(crate) resumed: u32,
}

/// Follows from the first entry to the one that is said to be the last.
pub(crate) async fn follow(town: Arc<Town>, nth: usize, last: Arc<AtomicI64>) -> Followed {
    let client = town.operator();
    let mut followed = Followed { entries: 0, resumed: 0 };
    let mut watch = open(&client, 0).await;
    while followed.entries < last.load(Ordering::SeqCst) {
        match watch.message().await {
            Ok(Some(message)) => {
                let before = followed.entries;
                for entry in message.entries {
                    town.same("the next entry of a follower", entry.position, followed.entries + 1);
                    followed.entries = entry.position;
                }
                let hangs_up = nth % 2 == 1 && before / HANGS_UP < followed.entries / HANGS_UP;
                if hangs_up {
                    watch = open(&client, followed.entries).await;
                    followed.resumed += 1;
                }
            }
            Err(Error::Unverified(what)) if !what.starts_with("the feed ended before") => {
                town.wrong(format!("a follower does not believe the feed: {what}"));
                return followed;
            }
            // The server stopped, or was killed: it goes on where it was.
            Ok(None) | Err(_) => {
                followed.resumed += 1;
                while watch.reopen().await.is_err() {
                    tokio::time::sleep(Duration::from_millis(200)).await;
                }
            }
        }
    }
    followed
}

async fn open(client: &Client, after_position: i64) -> Watch {
    loop {
        let request = v1::WatchHistoryRequest { coop: client.coop(), after_position };
        match client.watch_history(request).await {
            Ok(watch) => return watch,
            Err(_) => tokio::time::sleep(Duration::from_millis(200)).await,
        }
    }
}
