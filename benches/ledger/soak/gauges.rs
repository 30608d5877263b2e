//! How the server's process does while it is lived with: memory, open files, threads, the folder, the log.

use std::{
    fs,
    net::SocketAddr,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU32, Ordering},
    },
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use super::server::page;

/// One look at it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sample {
    /// The process: another after each start.
    pub(crate) process: u32,
    pub(crate) resident: f64,
    pub(crate) files: f64,
    pub(crate) threads: f64,
    pub(crate) folder: f64,
    pub(crate) entries: f64,
    pub(crate) holds: f64,
}

/// Looks at it now and again.
pub(crate) struct Gauges {
    /// The process that is looked at. Zero: there is none.
    pub(crate) process: Arc<AtomicU32>,
    over: Arc<AtomicBool>,
    looking: JoinHandle<Vec<Sample>>,
}

impl Gauges {
    pub(crate) fn start(
        data: &Path,
        figures: SocketAddr,
        (every, tell): (Duration, fn(&Sample)),
    ) -> Self {
        let (process, over) = (Arc::new(AtomicU32::new(0)), Arc::new(AtomicBool::new(false)));
        let (of, ended, data) = (Arc::clone(&process), Arc::clone(&over), data.to_owned());
        let looking = thread::spawn(move || look(&of, &ended, (data, figures), (every, tell)));
        Self { process, over, looking }
    }

    pub(crate) fn stop(self) -> Vec<Sample> {
        self.over.store(true, Ordering::Relaxed);
        self.looking.join().unwrap()
    }
}

fn look(
    process: &AtomicU32,
    over: &AtomicBool,
    (data, figures): (PathBuf, SocketAddr),
    (every, tell): (Duration, fn(&Sample)),
) -> Vec<Sample> {
    let (mut samples, mut next) = (Vec::new(), Instant::now());
    while !over.load(Ordering::Relaxed) {
        if Instant::now() < next {
            thread::sleep(Duration::from_millis(50));
            continue;
        }
        next += every;
        let looked_at = process.load(Ordering::Relaxed);
        let sample = sample(looked_at, &data, figures);
        // What was looked at is still the one.
        if process.load(Ordering::Relaxed) == looked_at {
            sample.iter().for_each(tell);
            samples.extend(sample);
        }
    }
    samples
}

/// A look at a process. None: it is not there, or does not answer.
pub(crate) fn sample(process: u32, data: &Path, figures: SocketAddr) -> Option<Sample> {
    let page = page(figures)?;
    let said = |name: &str| {
        let line = page.lines().find_map(|line| line.strip_prefix(name))?;
        line.rsplit(' ').next()?.parse().ok()
    };
    let status = fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let of = |name: &str| {
        let line = status.lines().find_map(|line| line.strip_prefix(name))?;
        line.split_whitespace().next()?.parse::<f64>().ok()
    };
    Some(Sample {
        process,
        resident: of("VmRSS:")? * 1024.0,
        files: count(fs::read_dir(format!("/proc/{process}/fd")).ok()?.count()),
        threads: of("Threads:")?,
        folder: size_of(data),
        entries: said("carestore_head_position{")?,
        holds: said("carestore_open_holds{")?,
    })
}

/// The bytes of all files in a folder. What goes while it is looked at is not counted.
fn size_of(dir: &Path) -> f64 {
    let Ok(entries) = fs::read_dir(dir) else { return 0.0 };
    let sizes = entries.filter_map(Result::ok).map(|entry| match entry.metadata() {
        Ok(found) if found.is_dir() => size_of(&entry.path()),
        // Only kept for need, and empty.
        Ok(_) if entry.file_name() == "reserve" => 0.0,
        Ok(found) => f64::from(u32::try_from(found.len() / 1024).unwrap()) * 1024.0,
        Err(_) => 0.0,
    });
    sizes.sum()
}

fn count(files: usize) -> f64 {
    f64::from(u32::try_from(files).unwrap())
}

/// What a line through the points gains for each step to the right, by least squares.
pub(crate) fn slope(points: &[(f64, f64)]) -> f64 {
    let n = count(points.len());
    let mean = |of: fn(&(f64, f64)) -> f64| points.iter().map(of).sum::<f64>() / n;
    let (x, y) = (mean(|point| point.0), mean(|point| point.1));
    let along: f64 = points.iter().map(|point| (point.0 - x) * (point.1 - y)).sum();
    let across: f64 = points.iter().map(|point| (point.0 - x).powi(2)).sum();
    along / across
}
