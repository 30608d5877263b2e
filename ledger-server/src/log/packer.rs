//! Behind the writer's back: closed volumes become packs, one after the other.
//!
//! A pack is whole and on the platter before readers are sent to it, and only when the last reader has
//! left the volume it was made from does that volume go. So whatever is cut short leaves the volume,
//! or the pack, or both, and each of them holds everything. Where a volume cannot be read as a whole it
//! stays as it is: damage is not tidied away.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use crate::log::LogError;
use crate::log::medium::{Medium, Store};
use crate::log::pack::{self, Span};
use crate::log::volumes::{Lease, Volumes};

/// How often it is looked whether the last reader has left a volume.
const LOOK_AGAIN: Duration = Duration::from_millis(50);

/// A volume that is closed, and what it should hold.
pub(crate) struct Closed {
    pub(crate) number: u32,
    pub(crate) spans: Vec<Span>,
    /// The volume, where it is open still.
    pub(crate) lease: Option<Lease>,
}

/// Whoever packs volumes: a thread, or its caller.
pub(crate) struct Packer {
    closed: Mutex<Option<Sender<Closed>>>,
    stopped: Arc<AtomicBool>,
    packing: Option<JoinHandle<()>>,
    #[cfg(test)]
    by_hand: Mutex<Option<(Work, Receiver<Closed>)>>,
}

impl Packer {
    /// Begins to look after the volumes of this medium.
    pub(crate) fn start(
        medium: Arc<dyn Medium>,
        volumes: Arc<Volumes>,
    ) -> Result<Packer, LogError> {
        let (mut packer, work, jobs) = Packer::idle(medium, volumes);
        let packing = thread::Builder::new()
            .name("packer".to_owned())
            .spawn(move || work.run(&jobs))
            .map_err(LogError::io("starting the thread that packs volumes"))?;
        packer.packing = Some(packing);
        Ok(packer)
    }

    fn idle(medium: Arc<dyn Medium>, volumes: Arc<Volumes>) -> (Packer, Work, Receiver<Closed>) {
        let (closed, jobs) = channel();
        let stopped = Arc::new(AtomicBool::new(false));
        let work = Work { medium, volumes, stopped: Arc::clone(&stopped), left: Vec::new() };
        let packer = Packer {
            closed: Mutex::new(Some(closed)),
            stopped,
            packing: None,
            #[cfg(test)]
            by_hand: Mutex::default(),
        };
        (packer, work, jobs)
    }

    /// Without a thread: it packs when it is told to.
    #[cfg(test)]
    pub(crate) fn by_hand(medium: Arc<dyn Medium>, volumes: Arc<Volumes>) -> Packer {
        let (packer, work, jobs) = Packer::idle(medium, volumes);
        *packer.by_hand.lock().unwrap_or_else(PoisonError::into_inner) = Some((work, jobs));
        packer
    }

    /// Packs the volume that waits longest, if one does, and removes those that nobody reads any more.
    #[cfg(test)]
    pub(crate) fn step(&self) {
        let mut by_hand = self.by_hand.lock().unwrap_or_else(PoisonError::into_inner);
        let Some((work, jobs)) = by_hand.as_mut() else { return };
        if let Ok(closed) = jobs.try_recv() {
            work.take(closed);
        }
        work.remove_what_nobody_reads();
    }

    /// Has a closed volume packed, some time soon.
    pub(crate) fn pack(&self, closed: Closed) {
        let sender = self.closed.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(sender) = sender.as_ref()
            && sender.send(closed).is_err()
        {
            tracing::error!("the thread that packs volumes is gone; they stay as they are");
        }
    }
}

impl Drop for Packer {
    fn drop(&mut self) {
        self.stopped.store(true, Ordering::Release);
        drop(self.closed.lock().unwrap_or_else(PoisonError::into_inner).take());
        if let Some(thread) = self.packing.take()
            && thread.join().is_err()
        {
            tracing::error!("the thread that packs volumes ended badly");
        }
    }
}

struct Work {
    medium: Arc<dyn Medium>,
    volumes: Arc<Volumes>,
    stopped: Arc<AtomicBool>,
    /// Volumes that are packed, and may have readers still.
    left: Vec<(u32, Arc<dyn Store>)>,
}

impl Work {
    fn run(mut self, jobs: &Receiver<Closed>) {
        loop {
            let job = if self.left.is_empty() {
                jobs.recv().map_err(|_| RecvTimeoutError::Disconnected)
            } else {
                jobs.recv_timeout(LOOK_AGAIN)
            };
            match job {
                Ok(_) | Err(RecvTimeoutError::Disconnected)
                    if self.stopped.load(Ordering::Acquire) =>
                {
                    break;
                }
                Ok(closed) => self.take(closed),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => break,
            }
            self.remove_what_nobody_reads();
        }
        self.remove_what_nobody_reads();
    }

    fn take(&mut self, closed: Closed) {
        let number = closed.number;
        if let Err(error) = self.pack(closed) {
            tracing::warn!(number, %error, "a closed volume is not packed");
        }
    }

    fn pack(&mut self, closed: Closed) -> Result<(), LogError> {
        let Closed { number, spans, lease } = closed;
        if self.medium.has_pack(number)? {
            if !self.medium.has_tables(number)? {
                return Ok(());
            }
            // It was packed before, and something ended the program before the volume was gone. Until somebody has read
            // all of the pack, the volume is the only copy that was.
            pack::check(number, &spans, self.volumes.lease(number)?.store()?)?;
            return self.medium.remove_tables(number);
        }
        let lease = lease.map_or_else(|| self.volumes.lease(number), Ok)?;
        let store = lease.store()?;
        let go_on = || !self.stopped.load(Ordering::Acquire);
        self.medium.create_pack(
            number,
            &|pack| pack::write(store, number, &spans, pack, &go_on),
            &|pack| pack::check(number, &spans, pack),
        )?;
        self.left.extend(self.volumes.retire(lease));
        Ok(())
    }

    fn remove_what_nobody_reads(&mut self) {
        for (number, store) in std::mem::take(&mut self.left) {
            if Arc::strong_count(&store) > 1 {
                self.left.push((number, store));
                continue;
            }
            drop(store);
            if let Err(error) = self.medium.remove_tables(number) {
                tracing::warn!(number, %error, "a volume that is packed cannot be removed");
            }
        }
    }
}
