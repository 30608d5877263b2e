//! Figures as people read them: medians, with the lowest and the highest beside them.

use std::{
    env, fs,
    io::Write,
    os::unix::fs::MetadataExt,
    path::Path,
    time::{Duration, Instant},
};

/// Whether a stage is to be measured: all are, but for whoever profiles one, and names a part of its name.
pub(crate) fn chosen(stage: &str) -> bool {
    env::var("CARESTORE_BENCH_STAGE").map_or(true, |only| stage.contains(&only))
}

/// What one thing came to, once for each run.
#[derive(Clone, Default)]
pub(crate) struct Figures(Vec<f64>);

impl Figures {
    pub(crate) fn push(&mut self, figure: f64) {
        self.0.push(figure);
        self.0.sort_by(f64::total_cmp);
    }

    /// Whether nothing was measured.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The same figures in another unit.
    pub(crate) fn each(&self, unit: impl Fn(f64) -> f64) -> Figures {
        let mut figures = Figures::default();
        self.0.iter().for_each(|figure| figures.push(unit(*figure)));
        figures
    }

    pub(crate) fn median(&self) -> f64 {
        self.0.get(self.0.len() / 2).copied().unwrap_or(f64::NAN)
    }

    /// The median, and what it lies between.
    pub(crate) fn show(&self, unit: impl Fn(f64) -> String) -> String {
        let ends = [self.0.first(), self.0.last()];
        let [lowest, highest] = ends.map(|end| unit(end.copied().unwrap_or(f64::NAN)));
        format!("{} ({lowest} … {highest})", unit(self.median()))
    }
}

/// Hands a figure to whoever puts several programs' figures side by side: a line of JSON, behind those that are there, in the
/// file that `CARESTORE_BENCH_REPORT` names. Without it, nothing is written.
pub(crate) fn report(figure: &str, unit: &str, figures: &Figures) {
    let Ok(file) = env::var("CARESTORE_BENCH_REPORT") else { return };
    let ends = [figures.0.first(), figures.0.last()].map(|end| end.copied().unwrap_or(f64::NAN));
    let line = serde_json::json!({
        "figure": figure, "unit": unit, "median": figures.median(), "lowest": ends[0], "highest": ends[1],
    });
    let mut file = fs::OpenOptions::new().create(true).append(true).open(file).unwrap();
    writeln!(file, "{line}").unwrap();
}

/// How long something takes.
pub(crate) fn time<T>(work: impl FnOnce() -> T) -> (Duration, T) {
    let start = Instant::now();
    let done = work();
    (start.elapsed(), done)
}

/// Entries a second.
#[allow(clippy::cast_precision_loss, reason = "a figure for people")]
pub(crate) fn rate(entries: usize, took: Duration) -> f64 {
    entries as f64 / took.as_secs_f64()
}

/// So much for each.
#[allow(clippy::cast_precision_loss, reason = "a figure for people")]
pub(crate) fn each(bytes: u64, entries: usize) -> f64 {
    bytes as f64 / entries as f64
}

/// A rate in three digits or so.
pub(crate) fn a_second(rate: f64) -> String {
    match rate {
        rate if rate >= 1e6 => format!("{:.2} M", rate / 1e6),
        rate if rate >= 1e3 => format!("{:.1} k", rate / 1e3),
        rate => format!("{rate:.0}"),
    }
}

/// The bytes that a folder takes up on the disk, without the file that is only kept in reserve.
pub(crate) fn on_disk(dir: &Path) -> u64 {
    let entries = fs::read_dir(dir).unwrap().map(Result::unwrap);
    let counted = entries.filter(|entry| entry.file_name() != "reserve");
    counted
        .map(|entry| match entry.metadata().unwrap() {
            folder if folder.is_dir() => on_disk(&entry.path()),
            file => file.blocks() * 512,
        })
        .sum()
}
