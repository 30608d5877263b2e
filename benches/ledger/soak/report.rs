//! What it came to, as a table for people.

use std::{sync::atomic::Ordering, time::Duration};

use super::{
    Outages,
    followers::Followed,
    gauges::{Sample, slope},
    reckoning::Reckoned,
    town::Town,
};

/// A table of figures, and all that is wrong.
pub(crate) struct Report {
    rows: Vec<(String, String)>,
    pub(crate) wrong: Vec<String>,
}

/// The first part of the life of a process is left out: buffers and caches fill.
const WARM: usize = 4;
/// A few files are opened when they are first asked for, and stay open.
const LATER: f64 = 8.0;
const MIB: f64 = 1_048_576.0;

impl Report {
    pub(crate) fn new(
        town: &Town,
        (lasted, outages): (Duration, &Outages),
        samples: &[Sample],
        (after, fresh): (Sample, Sample),
        (followed, reckoned): (Vec<Followed>, Reckoned),
    ) -> Self {
        let mut report = Self { rows: Vec::new(), wrong: Vec::new() };
        let rows = &mut report.rows;
        let mut row = |what: &str, figure: String| rows.push((what.to_owned(), figure));
        let calls = town.calls.lock().unwrap();
        let made: u64 = calls.values().map(|calls| calls.made).sum();
        let refused: u64 = calls.values().map(|calls| calls.refused).sum();
        row("lasted", format!("{:.1} min", lasted.as_secs_f64() / 60.0));
        row(
            "calls",
            format!(
                "{made}, {:.0} a second",
                u32::try_from(made).map_or(0.0, f64::from) / lasted.as_secs_f64()
            ),
        );
        row("refused on purpose", refused.to_string());
        row("answered as recorded before", town.replayed.load(Ordering::Relaxed).to_string());
        row("entries", format!("{}, {} of them by itself", reckoned.entries, reckoned.by_itself));
        row("requests acknowledged", town.acknowledged.lock().unwrap().len().to_string());
        for (name, of) in [("writes", true), ("reads", false)] {
            let mut waits: Vec<f32> = calls
                .iter()
                .filter(|(method, _)| is_write(method) == of)
                .flat_map(|(_, calls)| calls.waits.iter().copied())
                .collect();
            waits.sort_by(f32::total_cmp);
            let at = |of_thousand: usize| {
                waits
                    .get((waits.len() * of_thousand / 1000).min(waits.len().saturating_sub(1)))
                    .copied()
                    .unwrap_or(f32::NAN)
            };
            row(
                &format!("{name}: wait p50, p99, p99.9, longest (both outages are in it)"),
                format!("{:.1}, {:.1}, {:.0}, {:.0} ms", at(500), at(990), at(999), at(1000)),
            );
        }
        row("a stop by SIGTERM took", format!("{:.2} s", outages.stop.as_secs_f64()));
        row("the start after it", format!("{:.2} s", outages.start_after_stop.as_secs_f64()));
        row("the start after kill -9", format!("{:.2} s", outages.start_after_kill.as_secs_f64()));
        for (process, life) in lives(samples) {
            let what = format!("process {process}");
            for (name, figure) in of_life(&life) {
                row(&format!("{what}: {name}"), figure);
            }
        }
        row(
            "open files when all had gone; just started",
            format!("{}; {}", after.files, fresh.files),
        );
        row(
            "resident memory when all had gone; just started",
            format!("{:.1}; {:.1} MiB", after.resident / MIB, fresh.resident / MIB),
        );
        if after.files > fresh.files + LATER {
            let (after, fresh) = (after.files, fresh.files);
            town.wrong(format!("{after} files are open when all have gone, {fresh} at a start"));
        }
        let seen: Vec<String> = followed
            .iter()
            .map(|one| format!("{} (resumed {})", one.entries, one.resumed))
            .collect();
        row("followers saw", seen.join(", "));
        row("the auditor", reckoned.sentence);
        report.wrong = town.all_wrong();
        report
    }

    /// Prints it: a table in Markdown, and what is wrong.
    pub(crate) fn print(&self) {
        println!("| | |\n| --- | --- |");
        for (what, figure) in &self.rows {
            println!("| {what} | {figure} |");
        }
        for wrong in &self.wrong {
            println!("\nWRONG: {wrong}");
        }
    }
}

/// Samples by process, in the order of their lives.
fn lives(samples: &[Sample]) -> Vec<(usize, Vec<Sample>)> {
    let mut lives: Vec<(u32, Vec<Sample>)> = Vec::new();
    for sample in samples {
        match lives.last_mut() {
            Some((process, life)) if *process == sample.process => life.push(*sample),
            Some(_) | None => lives.push((sample.process, vec![*sample])),
        }
    }
    (1..).zip(lives.into_iter().map(|(_, life)| life)).collect()
}

/// How one process did, behind its first quarter.
fn of_life(life: &[Sample]) -> Vec<(&'static str, String)> {
    let warm = life.get(life.len() / WARM..).unwrap_or(life);
    let (Some(first), Some(last)) = (warm.first(), warm.last()) else { return Vec::new() };
    let ends = |of: fn(&Sample) -> f64| {
        let all = || warm.iter().map(of);
        let (low, high) = (all().fold(f64::INFINITY, f64::min), all().fold(0.0, f64::max));
        format!("{low:.0} … {high:.0}")
    };
    let against = |of: fn(&Sample) -> f64| {
        let points: Vec<_> = warm.iter().map(|sample| (sample.entries, of(sample))).collect();
        slope(&points)
    };
    vec![
        ("entries", format!("{} → {}", first.entries, last.entries)),
        (
            "resident memory",
            format!(
                "{:.1} → {:.1} MiB; {:.0} bytes an entry",
                first.resident / MIB,
                last.resident / MIB,
                against(|sample| sample.resident)
            ),
        ),
        ("open files", ends(|sample| sample.files)),
        ("threads", ends(|sample| sample.threads)),
        ("promises open", ends(|sample| sample.holds)),
        (
            "folder",
            format!(
                "{:.1} → {:.1} MiB; {:.0} bytes an entry",
                first.folder / MIB,
                last.folder / MIB,
                against(|sample| sample.folder)
            ),
        ),
    ]
}

/// Whether a method writes, by its name.
fn is_write(method: &str) -> bool {
    let reads = ["get_", "list_", "read_", "prove_"];
    !reads.iter().any(|read| method.starts_with(read))
}
