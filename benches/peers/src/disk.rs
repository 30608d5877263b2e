//! What the disk itself can do: a write and a sync, one behind the other, into a file that has its length already.

use std::{
    fs::OpenOptions,
    io::{Seek, Write},
    path::Path,
    time::{Duration, Instant},
};

use serde_json::{Value, json};

use crate::load::{Extent, Failed};

/// As many bytes as an entry of ours has that records an hour.
const BYTES: usize = 110;
/// The file is written from its start again when this is reached.
const LENGTH: usize = 8 << 20;

pub(crate) fn load(extent: &Extent, path: &Path) -> Result<Value, Failed> {
    let mut file = OpenOptions::new().write(true).create(true).truncate(true).open(path)?;
    file.write_all(&vec![1; LENGTH])?;
    file.sync_all()?;
    file.rewind()?;
    let at_a_time = extent.callers * extent.batch;
    let bytes = vec![2; BYTES * at_a_time];
    let (mut waits, mut written) = (Vec::new(), 0);
    let start = Instant::now();
    while start.elapsed() < Duration::from_secs_f64(extent.seconds) {
        if written + bytes.len() > LENGTH {
            file.rewind()?;
            written = 0;
        }
        let began = Instant::now();
        file.write_all(&bytes)?;
        file.sync_data()?;
        waits.push(began.elapsed());
        written += bytes.len();
    }
    let took = start.elapsed().as_secs_f64();
    waits.sort();
    let wait = |of_hundred: usize| {
        waits.get(waits.len() * of_hundred / 100).map(|wait| wait.as_secs_f64() * 1e3)
    };
    Ok(json!({
        "rate": (waits.len() * at_a_time) as f64 / took,
        "requests": waits.len(),
        "p50_ms": wait(50),
        "p99_ms": wait(99),
    }))
}
