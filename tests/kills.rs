//! `kill -9` under load, again and again on one store: nothing acknowledged is lost.

use crate::power::{Acknowledged, kill_after, nothing_is_lost, scattered, times};

#[test]
fn no_kill_loses_what_was_acknowledged() {
    let mut dir = tempfile::tempdir();
    let mut acknowledged = Acknowledged::new();
    for kill in 0..times("CARESTORE_KILLS", 100) {
        // A fresh store now and then: beginning one is the most delicate moment of all.
        if kill % 5 == 0 {
            dir = tempfile::tempdir();
            acknowledged.clear();
        }
        let store = dir.as_ref().map(tempfile::TempDir::path).expect("a folder to work in");
        acknowledged.extend(kill_after(1 + scattered(kill) % 40, store, &[]));
        nothing_is_lost(store, &acknowledged);
    }
}
