//! The log itself: read, followed, and set right without erasing.

use std::time::Duration;

use clap::Subcommand;
use ledger_client::{Error, jittered, json};
use ledger_proto::v1;

use super::parse;
use super::people::say_time;
use super::session::Session;
use crate::render::{self, Output};

/// A heartbeat comes every 10 seconds; without three of them the connection is taken for dead.
const SILENCE: Duration = Duration::from_secs(35);
/// The wait before a cut stream is opened again; it doubles while nothing comes.
const FIRST_WAIT: Duration = Duration::from_millis(200);
/// No wait is longer than this.
const LONGEST_WAIT: Duration = Duration::from_secs(10);

#[derive(Subcommand, Debug)]
pub(crate) enum Command {
    /// Entries, up to the newest.
    Read {
        /// Entries after this one.
        #[arg(long, value_name = "NUMBER", default_value_t = 0)]
        after: i64,
        /// At most so many.
        #[arg(long, value_name = "ENTRIES", default_value_t = 0)]
        limit: i64,
    },
    /// Entries, and then new ones as they come.
    Watch {
        /// Entries after this one.
        #[arg(long, value_name = "NUMBER", default_value_t = 0)]
        after: i64,
    },
    /// Reverses an entry that moved something: every movement of it is mirrored, once.
    Reverse {
        /// The number of the entry.
        entry: String,
        /// Why: slip, twice, wrong person, did not happen, other.
        #[arg(long, value_parser = parse::reversal)]
        reason: v1::ReversalReason,
    },
}

impl Command {
    pub(crate) async fn run(self, session: &Session) -> Result<(), Error> {
        match self {
            Self::Read { after, limit } => read(session, after, limit).await,
            Self::Watch { after } => watch(session, after).await,
            Self::Reverse { entry: typed, reason } => {
                let entry = parse::named("entries", &typed);
                let context = session.write().await?;
                let request = v1::ReverseEntryRequest { context, entry, reason: reason.into() };
                let answer = session.client.reverse_entry(request).await?;
                session.done(answer.receipt, |_| {
                    (
                        format!("Entry {typed} is reversed."),
                        format!("to correct it, enter what is right with --corrects {typed}"),
                    )
                })
            }
        }
    }
}

/// Reads to the end or to the limit; what was read is checked when the last entry has come.
async fn read(session: &Session, after: i64, limit: i64) -> Result<(), Error> {
    let request = v1::ReadHistoryRequest { coop: session.coop()?, after_position: after, limit };
    let mut history = session.client.read_history(request).await?;
    while let Some(message) = history.message().await? {
        for entry in &message.entries {
            show(session, entry)?;
        }
    }
    Ok(())
}

/// Follows the log for as long as somebody listens.
async fn watch(session: &Session, after: i64) -> Result<(), Error> {
    let request = v1::WatchHistoryRequest { coop: session.coop()?, after_position: after };
    // A server that was never there is more likely a slip in its address.
    let mut watch = session.client.watch_history(request).await?;
    let (mut last, mut wait) = (after, FIRST_WAIT);
    loop {
        while let Ok(heard) = tokio::time::timeout(SILENCE, watch.message()).await {
            match heard {
                Ok(Some(message)) => {
                    wait = FIRST_WAIT;
                    for entry in &message.entries {
                        show(session, entry)?;
                        last = entry.position;
                    }
                }
                Ok(None) => break,
                Err(error) if error.can_retry() => break,
                Err(error) => return Err(error),
            }
        }
        loop {
            render::talk(&format!("The connection was cut; going on after entry {last}."))?;
            tokio::time::sleep(jittered(wait)).await;
            wait = wait.saturating_mul(2).min(LONGEST_WAIT);
            match watch.reopen().await {
                Ok(()) => break,
                Err(error) if error.can_retry() => {}
                Err(error) => return Err(error),
            }
        }
    }
}

/// The newest checkpoint: as a note that can be kept, and as a line that can be typed.
pub(crate) async fn checkpoint(session: &Session) -> Result<(), Error> {
    let coop = session.coop()?;
    let (checkpoint, note) = session.client.checkpoint(&coop).await?;
    let keys = session.client.known(&coop).await?.keys;
    let keys: Vec<String> = keys.iter().map(|known| known.key.to_string()).collect();
    let line = checkpoint.line().to_string();
    let json = serde_json::json!({
        "origin": checkpoint.origin.as_str(),
        "size": checkpoint.size,
        "root": checkpoint.root.to_string(),
        "line": line,
        "checkpoint": note,
        "verifier_keys": keys,
    });
    let told = format!(
        "{note}\nOn one line, for minutes and letters: {line}\nKey: {}",
        keys.join("\n     ")
    );
    session.thing(&told, &json)
}

fn show(session: &Session, entry: &v1::HistoryEntry) -> Result<(), Error> {
    match session.globals.output {
        Output::Json => render::json_line(&json::message("HistoryEntry", entry)),
        Output::Table => render::data(&line(entry)),
    }
}

fn line(entry: &v1::HistoryEntry) -> String {
    let v1::HistoryEntry { position, kind, occurred_on, record_time, entry: _, leaf_hash: _ } =
        entry;
    let recorded = say_time(record_time.as_ref());
    render::harmless(&format!("{position:>8}  {occurred_on}  {kind:<24}  recorded {recorded}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_is_a_line() {
        let entry = v1::HistoryEntry {
            position: 12,
            kind: "HoursConfirmed".to_owned(),
            occurred_on: "2025-04-01".to_owned(),
            record_time: Some(prost_types::Timestamp { seconds: 1_743_508_800, nanos: 0 }),
            ..v1::HistoryEntry::default()
        };
        assert_eq!(
            line(&entry),
            "      12  2025-04-01  HoursConfirmed            recorded 2025-04-01 12:00 UTC"
        );
    }
}
