//! Figures of how the server does, for whoever watches it: counted as it happens, or looked up when somebody asks.

mod page;

use std::{
    collections::BTreeMap,
    fmt,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use prometheus_client::{
    encoding::{EncodeLabelSet, text},
    metrics::{
        counter::Counter,
        family::Family,
        gauge::Gauge,
        histogram::{Histogram, exponential_buckets},
    },
    registry::{Registry, Unit},
};

pub use page::Page;

use crate::log::LogId;

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Why {
    reason: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Whose {
    coop: String,
}

/// What is looked up of one co-op when somebody asks.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct OfCoop {
    pub(crate) coop: String,
    pub(crate) served: bool,
    pub(crate) head: u64,
    /// Promised respite, for which hours are held.
    pub(crate) open_holds: u64,
    /// Request ids that are remembered.
    pub(crate) request_ids: u64,
    /// Those who watch its history.
    pub(crate) followers: u64,
    /// So many entries has one of them not been told of yet: the one who is furthest behind.
    pub(crate) followers_behind: u64,
    /// The size up to which all entries were last read again and found as they were recorded.
    pub(crate) verified: u64,
}

impl OfCoop {
    /// One that is not served: nothing else is said of it.
    pub(crate) fn lost(coop: String) -> Self {
        Self { coop, served: false, ..Self::default() }
    }
}

/// What is looked up of the whole server when somebody asks.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct OfServer {
    pub(crate) coops: Vec<OfCoop>,
    /// How many seconds ago the last backup was made.
    pub(crate) backup_age: Option<u64>,
}

/// All figures of one server.
pub struct Metrics {
    refusals: Family<Why, Counter>,
    entries: Histogram,
    syncs: Histogram,
    replayed: AtomicU64,
    verified: Mutex<BTreeMap<LogId, u64>>,
    looked_up: LookedUp,
    registry: Mutex<Registry>,
}

/// Figures that are set when somebody asks.
#[derive(Default)]
struct LookedUp {
    replayed: Gauge,
    served: Family<Whose, Gauge>,
    head: Family<Whose, Gauge>,
    open_holds: Family<Whose, Gauge>,
    request_ids: Family<Whose, Gauge>,
    followers: Family<Whose, Gauge>,
    followers_behind: Family<Whose, Gauge>,
    verified: Family<Whose, Gauge>,
    backup_age: Gauge,
}

impl fmt::Debug for Metrics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Metrics").finish_non_exhaustive()
    }
}

impl Default for Metrics {
    fn default() -> Self {
        let refusals = Family::default();
        let entries = Histogram::new(exponential_buckets(1.0, 2.0, 13));
        let syncs = Histogram::new(exponential_buckets(0.000_1, 2.0, 16));
        let looked_up = LookedUp::default();
        let mut registry = Registry::with_prefix("carestore");
        let says = &mut registry;
        says.register("refusals", "Answers that say no, by their reason", refusals.clone());
        says.register("commit_entries", "Entries that shared one sync", entries.clone());
        says.register_with_unit(
            "commit",
            "How long an append took, its sync included",
            Unit::Seconds,
            syncs.clone(),
        );
        let of = &looked_up;
        says.register(
            "replayed_entries",
            "Entries that were read since the start, to know what is: it grows until the server is ready",
            of.replayed.clone(),
        );
        says.register("served", "Whether a co-op is served: 0 is an alarm", of.served.clone());
        says.register("head_position", "The newest entry", of.head.clone());
        says.register("open_holds", "Promises for which hours are held", of.open_holds.clone());
        says.register("request_ids", "Request ids that are remembered", of.request_ids.clone());
        says.register("followers", "Who watches the history", of.followers.clone());
        says.register(
            "followers_behind",
            "Entries that the follower furthest behind has not been told of yet",
            of.followers_behind.clone(),
        );
        says.register(
            "verified_position",
            "Up to here all entries were last read again and found as they were recorded",
            of.verified.clone(),
        );
        says.register_with_unit(
            "backup_age",
            "Since the last backup was made; below zero: none ever was",
            Unit::Seconds,
            of.backup_age.clone(),
        );
        let registry = Mutex::new(registry);
        let (replayed, verified) = (AtomicU64::new(0), Mutex::default());
        Self { refusals, entries, syncs, replayed, verified, looked_up, registry }
    }
}

impl Metrics {
    /// Somebody was told no.
    pub(crate) fn refused(&self, reason: &str) {
        self.refusals.get_or_create(&Why { reason: reason.to_owned() }).inc();
    }

    /// So many entries were brought to the platter together, and it took so long.
    #[allow(clippy::cast_precision_loss, reason = "a figure on a chart")]
    pub(crate) fn committed(&self, entries: usize, took: Duration) {
        self.entries.observe(entries as f64);
        self.syncs.observe(took.as_secs_f64());
    }

    /// So many more entries were read on the road of the start.
    pub(crate) fn replayed(&self, entries: u64) {
        self.replayed.fetch_add(entries, Ordering::Relaxed);
    }

    /// All entries of a log up to this size were read again, and are as they were recorded.
    pub(crate) fn verified(&self, log: LogId, size: u64) {
        self.verified.lock().unwrap_or_else(PoisonError::into_inner).insert(log, size);
    }

    /// Up to which size that was found the last time. Zero: not yet.
    pub(crate) fn verified_of(&self, log: LogId) -> u64 {
        let verified = self.verified.lock().unwrap_or_else(PoisonError::into_inner);
        verified.get(&log).copied().unwrap_or_default()
    }

    /// Everything, as text.
    pub(crate) fn text(&self, now: &OfServer) -> Result<String, fmt::Error> {
        let whole = |number: u64| i64::try_from(number).unwrap_or(i64::MAX);
        // One page at a time: what is looked up for it is not changed under it.
        let registry = self.registry.lock().unwrap_or_else(PoisonError::into_inner);
        let of = &self.looked_up;
        of.replayed.set(whole(self.replayed.load(Ordering::Relaxed)));
        of.backup_age.set(now.backup_age.map_or(-1, whole));
        for coop in &now.coops {
            let one = Whose { coop: coop.coop.clone() };
            of.served.get_or_create(&one).set(i64::from(coop.served));
            if coop.served {
                of.head.get_or_create(&one).set(whole(coop.head));
                of.open_holds.get_or_create(&one).set(whole(coop.open_holds));
                of.request_ids.get_or_create(&one).set(whole(coop.request_ids));
                of.followers.get_or_create(&one).set(whole(coop.followers));
                of.followers_behind.get_or_create(&one).set(whole(coop.followers_behind));
                of.verified.get_or_create(&one).set(whole(coop.verified));
            }
        }
        let mut page = String::new();
        text::encode(&mut page, &registry)?;
        Ok(page)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_says_what_happened_and_what_is() {
        let metrics = Metrics::default();
        metrics.refused("NOT_ENOUGH_HOURS");
        metrics.refused("NOT_ENOUGH_HOURS");
        metrics.committed(3, Duration::from_millis(2));
        metrics.replayed(500);
        let coop = OfCoop {
            coop: "colne-valley".to_owned(),
            served: true,
            head: 12,
            open_holds: 2,
            request_ids: 11,
            followers: 3,
            followers_behind: 5,
            verified: 9,
        };
        let lost = OfCoop { coop: "calder-valley".to_owned(), served: false, ..coop.clone() };
        let now = OfServer { coops: vec![coop, lost], backup_age: None };
        let page = metrics.text(&now).unwrap();
        for line in [
            "carestore_refusals_total{reason=\"NOT_ENOUGH_HOURS\"} 2",
            "carestore_commit_entries_sum 3.0",
            "carestore_commit_seconds_count 1",
            "carestore_replayed_entries 500",
            "carestore_head_position{coop=\"colne-valley\"} 12",
            "carestore_open_holds{coop=\"colne-valley\"} 2",
            "carestore_request_ids{coop=\"colne-valley\"} 11",
            "carestore_followers{coop=\"colne-valley\"} 3",
            "carestore_followers_behind{coop=\"colne-valley\"} 5",
            "carestore_verified_position{coop=\"colne-valley\"} 9",
            "carestore_served{coop=\"colne-valley\"} 1",
            "carestore_served{coop=\"calder-valley\"} 0",
            "carestore_backup_age_seconds -1",
        ] {
            assert!(page.lines().any(|said| said == line), "{line} is not in\n{page}");
        }
        assert!(
            !page.contains("head_position{coop=\"calder"),
            "of a co-op that is lost nothing else is said"
        );
    }
}
