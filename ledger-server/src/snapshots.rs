//! Snapshots of the views, so that a start need not read a whole log again. None is ever needed.

use std::{
    fs::{self, File},
    io,
    ops::ControlFlow,
    path::{Path, PathBuf},
    sync::{Arc, PoisonError, RwLock},
    time::{Duration, Instant},
};

use ledger_core::Position;
use ledger_proto::Hash;

use crate::{
    background::{Background, Told},
    engine::Directory,
    error::Error,
    log::LogId,
    views::{Binder, Kept, Published, Taken, View},
};

/// Goes up with every change of the reducer or of what a view or its pages hold: an older snapshot is then not taken.
const REDUCER: u32 = 11;
/// What the snapshots are of.
const KIND: &str = "view";
/// A start that replayed so many entries leaves a snapshot behind.
const WORTH_A_SNAPSHOT: u64 = 2_000;
/// When the log has grown by so many entries, another is left…
const WORTH_ANOTHER: u64 = 250_000;
/// …but for one that follows on the one before so soon that to leave them would take more than a tenth of the time…
const REST_FOR_EACH: u32 = 9;
/// …unless it has grown by so many: a kill costs the next start no more than to read these.
const AT_MOST_BEHIND: u64 = 500_000;
/// So often the house looks how far the logs have grown.
const LOOK_EVERY: Duration = Duration::from_millis(500);

/// Where the snapshots are, and the pages that go with them.
#[derive(Clone, Debug)]
pub(crate) struct Snapshots {
    data: PathBuf,
}

impl Snapshots {
    /// Those of the folder with everything in it.
    pub(crate) fn in_folder(data: &Path) -> Self {
        Self { data: data.to_owned() }
    }

    fn folder(&self) -> PathBuf {
        self.data.join("snapshots")
    }

    fn file(&self, id: LogId) -> PathBuf {
        self.folder().join(format!("{id}.snapshot"))
    }

    fn pages(&self, id: LogId) -> PathBuf {
        self.data.join("derived").join(format!("{id}.pages"))
    }

    /// The view of a log, as a snapshot has it, if there is one that this program can read, that is not ahead of the log
    /// and has all its pages.
    pub(crate) fn load(&self, id: LogId, size: u64) -> Option<View> {
        let bytes = fs::read(self.file(id)).ok()?;
        let opened = ledger_proto::open::<(Kept, View)>(KIND, REDUCER, &bytes);
        let opened =
            opened.map_err(|error| error.to_string()).and_then(|((at, root), (kept, view))| {
                let whole =
                    view.state().head().get() == at && view.tree().root() == Hash::new(root);
                if !whole || at > size {
                    return Err("it is of another log".to_owned());
                }
                let binder = Binder::reopen(&self.pages(id), kept, self.file(id));
                Ok(view.with(binder.map_err(|error| error.to_string())?))
            });
        opened
            .inspect_err(|error| tracing::info!(log = id.get(), error, "a snapshot is not taken"))
            .ok()
    }

    /// The view of a log of which nothing has been read.
    pub(crate) fn fresh(&self, id: LogId) -> View {
        let binder = Binder::create(&self.pages(id), self.file(id)).unwrap_or_else(|error| {
            tracing::warn!(log = id.get(), %error, "a view has no file for its pages: they stay in memory");
            Binder::default()
        });
        View::on(binder)
    }

    /// Without its snapshot the next start reads all of a log.
    pub(crate) fn remove(&self, id: LogId) {
        if let Err(error) = fs::remove_file(self.file(id)) {
            tracing::info!(log = id.get(), %error, "there is no snapshot to remove");
        }
    }

    /// Leaves a snapshot. One that cannot be written costs the next start time, and nothing else.
    pub(crate) fn save(&self, id: LogId, published: &Published) {
        let mut kept = published.kept();
        let taken = {
            let view = published.look();
            let head = view.state().head();
            // A co-op that is being founded has nothing yet.
            if head == Position::START || (*kept == head && self.file(id).exists()) {
                return;
            }
            // Tried or not: the next is for when the log has grown again.
            *kept = head;
            // The writer waits as long as this is held: it is copied here, and packed outside.
            let begun = Instant::now();
            let taken = view.taken();
            taken.map(|taken| (taken, begun.elapsed()))
        };
        let Some(((pages, view), took)) = taken else { return };
        tracing::debug!(log = id.get(), head = %view.state().head(), ?took, "a snapshot is taken");
        if let Err(error) = self.write(id, (&pages, &view), published) {
            tracing::warn!(log = id.get(), %error, "no snapshot could be left");
        }
    }

    /// The pages come to the platter before the snapshot, and the snapshot before it has its name.
    fn write(
        &self,
        id: LogId,
        (pages, view): (&Taken, &View),
        published: &Published,
    ) -> io::Result<()> {
        pages.sync()?;
        let (dir, file) = (self.folder(), self.file(id));
        let new = dir.join(format!("{id}.new"));
        fs::create_dir_all(&dir)?;
        let opened = File::create(&new)?;
        let head = (view.state().head().get(), *view.tree().root().as_bytes());
        ledger_proto::seal(&opened, (KIND, REDUCER), head, &(pages.kept(), view))?;
        opened.sync_data()?;
        fs::rename(&new, &file)?;
        File::open(&dir)?.sync_all()?;
        // Whoever finds damage says so first and removes the snapshot then: one of the two sees the other.
        if published.served().is_err() || pages.is_spoiled() {
            self.remove(id);
        }
        Ok(())
    }

    /// Starts the thread that leaves snapshots of logs that have grown, first of those that a start has read again.
    pub(crate) fn start(self, directory: Arc<RwLock<Directory>>) -> Result<Background, Error> {
        Background::start("snapshots", move |told: &Told| {
            let (mut worth, mut rested) = (WORTH_A_SNAPSHOT, Instant::now());
            loop {
                let begun = Instant::now();
                self.save_all(&directory, worth);
                // Where nothing was left, this is next to no time.
                let rest = begun.elapsed().saturating_mul(REST_FOR_EACH);
                rested = Instant::now().checked_add(rest).map_or(rested, |until| until.max(rested));
                if told.rest(LOOK_EVERY) == ControlFlow::Break(()) {
                    return;
                }
                worth = if Instant::now() < rested { AT_MOST_BEHIND } else { WORTH_ANOTHER };
            }
        })
    }

    fn save_all(&self, directory: &RwLock<Directory>, worth: u64) {
        let served: Vec<(LogId, Arc<Published>)> = {
            let directory = directory.read().unwrap_or_else(PoisonError::into_inner);
            directory.served.values().map(|(id, published)| (*id, Arc::clone(published))).collect()
        };
        for (id, published) in served {
            let head = *published.follow().borrow();
            if head.get().saturating_sub(published.kept().get()) >= worth {
                self.save(id, &published);
            }
        }
    }
}
