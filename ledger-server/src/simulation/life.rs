//! One life of the process: opened as a house is, stepped by hand, and ended in one way or another.

use std::{
    path::Path,
    pin::pin,
    sync::Arc,
    task::{Context, Poll, Waker},
};

use super::faults::{Doing, Faults};
use crate::{
    boot::{Opened, Recovering},
    cards::Cards,
    clock::Clock,
    engine::{Job, Writer},
    error::Error,
    log::{Log, LogOptions, PackedLog, SimulatedDisk},
    snapshots::Snapshots,
};

/// A process that is running.
pub(super) struct Life {
    pub(super) opened: Opened,
    pub(super) packed: Arc<PackedLog>,
    pub(super) cards: Arc<Cards>,
    pub(super) snapshots: Snapshots,
    writer: Writer,
    faults: Arc<Faults>,
}

/// What a life stands on.
pub(super) struct Place<'a> {
    pub(super) disk: &'a SimulatedDisk,
    pub(super) folder: &'a Path,
    pub(super) options: &'a LogOptions,
    pub(super) clock: &'a Clock,
    pub(super) faults: &'a Arc<Faults>,
}

/// Whether the clock is believed, however far it is from the newest entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Confirmed {
    Yes,
    No,
}

impl Life {
    /// The road of `House::open`, without the threads.
    pub(super) fn open(place: &Place<'_>, confirmed: Confirmed) -> Result<Self, Error> {
        let packed = PackedLog::open_by_hand(&place.disk.medium(), place.options)?;
        let packed = Arc::new(packed);
        let log: Arc<dyn Log> = Arc::clone(&packed) as _;
        let store = place.disk.cards();
        // As every store is when it is opened: what is seen from now on cannot come to be unseen.
        store.sync()?;
        let cards = Arc::new(Cards::on(store));
        let live =
            Recovering::new(log, place.folder.to_owned()).alone().beside(&cards)?.replay()?;
        if let (Confirmed::No, Some(newest)) = (confirmed, live.newest()) {
            place.clock.beside(newest)?;
        }
        let (opened, writer) = live.ready(Arc::clone(&cards), place.clock.clone())?;
        let faults = Arc::clone(place.faults);
        faults.started(Arc::clone(&opened.directory), Arc::clone(&packed));
        let snapshots = Snapshots::in_folder(place.folder);
        Ok(Self { opened, packed, cards, snapshots, writer, faults })
    }

    /// The writer does what waits. An error ends the process.
    pub(super) fn write(&mut self) -> Result<(), Error> {
        self.faults.doing(Doing::Writing);
        let stopped = self.writer.step()?;
        assert!(stopped.is_none(), "nobody has told the writer to stop");
        self.faults.look();
        Ok(())
    }

    /// Time is asked whether something has fallen due.
    pub(super) fn tick(&self) {
        self.opened.engine.push(Job::Tick).unwrap();
    }

    /// The packer does what waits.
    pub(super) fn pack(&self) {
        self.faults.doing(Doing::Packing);
        self.packed.pack();
    }

    /// Leaves a snapshot of every log.
    pub(super) fn snapshot(&self) {
        let directory = self.opened.directory.read().unwrap();
        for (id, published) in directory.served.values() {
            self.snapshots.save(*id, published);
        }
    }

    /// Signs every log as it stands.
    pub(super) fn sign(&self) {
        let served: Vec<_> =
            self.opened.directory.read().unwrap().served.values().cloned().collect();
        for (id, published) in served {
            let head = published.look().state().head();
            if head.get() > 0 {
                let signed = self.opened.checkpoints.for_head(id, &published, head).unwrap();
                assert_eq!(signed.size, head.get());
            }
        }
    }

    /// Ends the writer when all that was submitted is done, as `House::close` does.
    pub(super) fn stop(&mut self) -> Result<(), Error> {
        self.faults.doing(Doing::Writing);
        let engine = self.opened.engine.clone();
        let mut stopping = pin!(engine.stop());
        let mut context = Context::from_waker(Waker::noop());
        assert_eq!(stopping.as_mut().poll(&mut context), Poll::Pending);
        let told = loop {
            if let Some(told) = self.writer.step()? {
                break told;
            }
        };
        told.send(()).unwrap();
        assert_eq!(stopping.as_mut().poll(&mut context), Poll::Ready(()));
        Ok(())
    }
}
