//! Half a minute of ordinary life with the program itself, which is stopped once and killed once: no minute and no penny is out
//! of place. `cargo bench --bench ledger -- soak` is the same for as long as one likes.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a test that fails says so"
)]

#[path = "../benches/ledger/soak.rs"]
mod life;

use std::time::Duration;

use crate::harness::program::server;

#[test]
fn nothing_is_out_of_place_after_a_stop_and_a_kill() {
    let dir = tempfile::tempdir().unwrap();
    let plan = life::Plan {
        program: server(),
        dir: dir.path().to_owned(),
        lasts: Duration::from_secs(15),
        homes: 12,
        a_second: 250,
        followers: 3,
        every: Duration::from_secs(1),
        tell: |_| {},
    };
    let report = life::live(&plan);
    report.print();
    assert_eq!(report.wrong, Vec::<String>::new());
}
