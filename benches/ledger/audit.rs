//! The audit of a whole log from a bundle on the disk, end to end: every step that needs nobody else.

use std::{fs, path::Path, time::Duration};

use ledger_client::{
    audit::{Options, audit_bundle},
    bundle::Export,
};
use ledger_core::CoopName;
use ledger_proto::{Checkpoint, Frontier, Origin, SigningKey, leaf};

use crate::{
    Extent,
    fixture::Fixture,
    table::{Figures, a_second, each, on_disk, rate, time},
};

/// So many entries lie between two checkpoints: about a day of a co-op of this size.
const A_CHECKPOINT: u64 = 512;

/// Writes the bundle as an export does, and audits it once in every run.
pub(crate) fn measure(extent: &Extent, fixture: &Fixture, dir: &Path) {
    let bundle = dir.join("bundle");
    let (wrote, notes) = time(|| write(fixture, &bundle));
    let count = fixture.ends.len();
    let mut seconds = Figures::default();
    for _ in 0..extent.runs {
        let (took, audited) = time(|| audit_bundle(&bundle, &Options::default(), &mut |_| {}));
        let report = audited.report;
        assert_eq!((report.exit_code, report.entries), (0, count as u64), "{:?}", report.findings);
        assert!(audited.state.is_some());
        seconds.push(took.as_secs_f64());
    }
    let rates = seconds.each(|seconds| rate(count, Duration::from_secs_f64(seconds)));
    println!(
        "\naudit of a bundle: {count} entries, {notes} checkpoints, {:.1} bytes per entry on the disk, written in {:.1} s; \
         {} runs, medians (lowest … highest)\n",
        each(on_disk(&bundle), count),
        wrote.as_secs_f64(),
        extent.runs
    );
    println!("  {:<34}{:>32}{:>12}{:>14}", "stage", "entries/s", "ns/entry", "seconds");
    println!(
        "  {:<34}{:>32}{:>12.0}{:>14.2}\n",
        "all steps, from the disk",
        rates.show(a_second),
        1e9 / rates.median(),
        seconds.median()
    );
    fs::remove_dir_all(bundle).unwrap();
}

/// The fixture as a bundle, with how many checkpoints it has.
fn write(fixture: &Fixture, dir: &Path) -> usize {
    let first = leaf(fixture.entries().next().unwrap());
    let origin = Origin::of(&CoopName::new("a-county").unwrap(), &first);
    let key = SigningKey::from_seed([7; 32]);
    let size = fixture.ends.len() as u64;
    let mut export = Export::open(dir, &origin, size).unwrap();
    let (mut edge, mut notes) = (Frontier::default(), Vec::new());
    for bytes in fixture.entries() {
        edge.push(leaf(bytes));
        export.push(bytes.to_vec()).unwrap();
        let size_now = edge.size();
        if size_now % A_CHECKPOINT == 0 || size_now == size {
            let (origin, root) = (origin.clone(), edge.root());
            notes.push(key.note(&Checkpoint { origin, size: size_now, root }));
        }
    }
    export.finish(&[key.verifier(&origin)], &notes).unwrap();
    notes.len()
}
