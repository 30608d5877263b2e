//! Readers of the whole history: what they cost the writer, and how fast they are while nothing is written.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Instant,
};

use ledger_proto::v1;

use super::{
    Came, Town,
    callers::{COOP, Load, Way},
    counting,
};
use crate::{
    Extent,
    table::{Figures, a_second, rate, report},
};

const READERS: [usize; 3] = [0, 1, 16];
/// So many callers append while others read.
const BESIDE: usize = 16;

/// Reads the history from its first entry to its last, over and over, until dropped; counts entries.
async fn read(way: Arc<Way>, read: Arc<AtomicUsize>) {
    loop {
        let coop = COOP.to_owned();
        let request = v1::ReadHistoryRequest { coop, after_position: 0, limit: 0 };
        let mut stream = counting::stream(&way, "ReadHistory", request).await;
        while let Some(entries) = stream.message().await.unwrap() {
            read.fetch_add(usize::try_from(entries).unwrap(), Ordering::Relaxed);
        }
    }
}

/// The writer's rate with nobody reading the history, with one, and with many; and theirs beside it, and alone.
pub(super) fn measure(extent: &Extent, town: &Town<'_>) {
    // There is something to be read.
    town.call(BESIDE, Load::Batches, &mut Came::default());
    let mut came = READERS.map(|readers| (readers, Came::default(), Figures::default()));
    let mut alone = READERS.map(|_| Figures::default());
    for _ in 0..extent.runs {
        for ((readers, came, beside), alone) in came.iter_mut().zip(&mut alone) {
            let count = Arc::new(AtomicUsize::new(0));
            let reads = || town.runtime.spawn(read(Arc::clone(town.way), Arc::clone(&count)));
            let reading: Vec<_> = (0..*readers).map(|_| reads()).collect();
            let (began, before) = (Instant::now(), count.load(Ordering::Relaxed));
            town.call(BESIDE, Load::Hours, came);
            beside.push(rate(count.load(Ordering::Relaxed) - before, began.elapsed()));
            let (began, before) = (Instant::now(), count.load(Ordering::Relaxed));
            town.runtime.block_on(async { tokio::time::sleep(town.slice).await });
            alone.push(rate(count.load(Ordering::Relaxed) - before, began.elapsed()));
            reading.iter().for_each(tokio::task::JoinHandle::abort);
        }
    }
    println!("\n{BESIDE} callers append, and so many read the whole history, over and over:");
    for ((readers, came, beside), alone) in came.iter().zip(&alone) {
        came.print(&format!("{readers} readers"));
        came.report(&format!("readers/{readers}"), "entries/s");
        if *readers > 0 {
            let (beside, quiet) = (beside.show(a_second), alone.show(a_second));
            println!("{:>26} they read {beside} entries a second beside it, and {quiet} alone", "");
            report(&format!("calls/readers/{readers}/alone"), "entries/s", alone);
        }
    }
}
