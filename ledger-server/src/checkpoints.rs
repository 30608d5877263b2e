//! Checkpoints: what is published of each log, signed off the writer's road, and held against the log ever after.

mod keys;
mod records;
mod register;
mod shown;
#[cfg(test)]
mod tests;

use std::{
    collections::BTreeMap,
    ops::ControlFlow,
    path::{Path, PathBuf},
    sync::{Arc, PoisonError, RwLock},
    time::Duration,
};

use ledger_core::Position;
use ledger_proto::{Hash, Tree, VerifierKey, leaf};

use crate::{
    background::{Background, Told},
    engine::Directory,
    error::Error,
    log::{Against, Log, LogError, LogId},
    views::Published,
    warden::Warden,
};

pub(crate) use register::Register;
pub use shown::Signed;

/// A log that has grown gets a checkpoint so often, and sooner if somebody asks for one.
const SIGN_EVERY: Duration = Duration::from_secs(10);

/// The folder with what was published, in the folder with everything.
pub(crate) fn folder(data: &Path) -> PathBuf {
    data.join("checkpoints")
}

/// The checkpoints of every co-op on this server.
pub(crate) struct Checkpoints {
    data: PathBuf,
    registers: RwLock<BTreeMap<LogId, Arc<Register>>>,
    log: Arc<dyn Log>,
    warden: Warden,
}

impl Checkpoints {
    /// All that boot has read. Whoever is founded later comes in when they are first asked about.
    pub(crate) fn new(
        data: PathBuf,
        registers: BTreeMap<LogId, Arc<Register>>,
        log: Arc<dyn Log>,
        warden: Warden,
    ) -> Self {
        Self { data, registers: RwLock::new(registers), log, warden }
    }

    pub(crate) fn of(&self, log: LogId) -> Result<Arc<Register>, Error> {
        let known =
            self.registers.read().unwrap_or_else(PoisonError::into_inner).get(&log).cloned();
        if let Some(register) = known {
            return Ok(register);
        }
        let mut registers = self.registers.write().unwrap_or_else(PoisonError::into_inner);
        if let Some(register) = registers.get(&log) {
            return Ok(Arc::clone(register));
        }
        let register = Arc::new(Register::open(&self.data, log)?);
        registers.insert(log, Arc::clone(&register));
        Ok(register)
    }

    /// A checkpoint of at least this size: the newest that was published, or one of the log as it is now. It waits for the
    /// disk. A log that is not the one of which the last was published is out of service from then on.
    pub(crate) fn for_head(
        &self,
        log: LogId,
        published: &Published,
        min_size: Position,
    ) -> Result<Signed, Error> {
        published.served()?;
        let now = || {
            let view = published.look();
            // Founded, since it has entries; where it has none, nothing is signed.
            let coop = view.state().coop().cloned();
            coop.map(|coop| (coop, view.tree().clone()))
        };
        let Some(founded) = now() else {
            return Err(ledger_core::Rejection::CoopNotFound.into());
        };
        let again = || now().unwrap_or_else(|| founded.clone());
        let signed = self.of(log)?.for_head(min_size.get(), &*self.log, &again);
        match signed {
            Err(Error::Log(error)) if error.is_loss() => {
                self.warden.lose(log, error);
                published.served()?;
                Err(Error::internal("a log is lost, and its co-op is not"))
            }
            signed => signed,
        }
    }

    /// The newest that was published, for whoever cannot wait.
    pub(crate) fn newest(&self, log: LogId) -> Result<Option<Signed>, Error> {
        Ok(self.of(log)?.newest())
    }

    /// The one that was published of this size.
    pub(crate) fn at(&self, log: LogId, size: Position) -> Result<Option<Signed>, Error> {
        Ok(self.of(log)?.at(size.get()))
    }

    /// All that were published, in order of size.
    pub(crate) fn all(&self, log: LogId) -> Result<Vec<Signed>, Error> {
        Ok(self.of(log)?.all())
    }

    /// The keys by which a log's checkpoints are checked, those that signed before included.
    pub(crate) fn verifier_keys(&self, log: LogId) -> Result<Vec<VerifierKey>, Error> {
        Ok(self.of(log)?.verifier_keys())
    }

    /// Holds what was published against a tree that has just been held against the disk.
    pub(crate) fn compare(&self, log: LogId, tree: &Tree) -> Result<(), Error> {
        let register = self.of(log)?;
        match register.agrees(tree, &*self.log) {
            Err(error) if error.is_loss() => {
                self.warden.lose(log, error);
                Ok(())
            }
            fits => Ok(fits?),
        }
    }

    /// Starts the thread that signs now and then, so that whoever follows a log hears of a checkpoint.
    pub(crate) fn sign_now_and_then(
        self: &Arc<Self>,
        directory: Arc<RwLock<Directory>>,
    ) -> Result<Background, Error> {
        let checkpoints = Arc::clone(self);
        Background::start("checkpoints", move |told: &Told| {
            loop {
                checkpoints.sign_all(&directory);
                if told.rest(SIGN_EVERY) == ControlFlow::Break(()) {
                    return;
                }
            }
        })
    }

    fn sign_all(&self, directory: &RwLock<Directory>) {
        let served: Vec<(LogId, Arc<Published>)> = {
            let directory = directory.read().unwrap_or_else(PoisonError::into_inner);
            directory.served.values().map(|(id, published)| (*id, Arc::clone(published))).collect()
        };
        for (id, published) in served {
            let size = published.look().tree().size();
            let signed = self.of(id).and_then(|register| {
                if size <= register.reached() {
                    return Ok(());
                }
                self.for_head(id, &published, Position::new(size)).map(drop)
            });
            if let Err(error) = signed {
                tracing::error!(log = id.get(), %error, "no checkpoint could be signed");
            }
        }
    }
}

/// The root of a log when it had this size.
pub(crate) fn root_at(log: &dyn Log, id: LogId, tree: &Tree, size: u64) -> Result<Hash, LogError> {
    tree.root_at(size, &mut |first, last| leaves(log, id, first, last))
}

/// The leaves of the entries at these positions, hashed as they are stored.
pub(crate) fn leaves(
    log: &dyn Log,
    id: LogId,
    first: u64,
    last: u64,
) -> Result<Vec<Hash>, LogError> {
    let mut leaves = Vec::new();
    log.scan(id, first.saturating_sub(1), &mut |position, entry| {
        if position > last {
            return ControlFlow::Break(());
        }
        leaves.push(leaf(entry));
        if position == last { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    })?;
    Ok(leaves)
}

/// The file of what was published of a log, as it was before anything larger than this size was, if there is one.
pub(crate) fn published_until(
    data: &Path,
    log: LogId,
    size: u64,
) -> Result<Option<Vec<u8>>, LogError> {
    records::until(&folder(data).join(log.to_string()), log, size)
}

/// The size and the root of the newest checkpoint that was published of a log and stands, in a folder that nobody writes.
pub(crate) fn newest_published(data: &Path, log: LogId) -> Result<Option<(u64, Hash)>, LogError> {
    let Some(found) = records::read(&folder(data).join(log.to_string()), log)? else {
        return Ok(None);
    };
    let mut shown = shown::Shown::default();
    for record in found {
        shown.take(record).ok_or_else(|| register::contradicts(&folder(data)))?;
    }
    Ok(shown.points.last().map(|point| (point.size, point.root)))
}

/// The logs of which a key is to follow the one that signs, and has not taken its place.
pub(crate) fn a_key_waits(data: &Path) -> Result<Vec<LogId>, LogError> {
    let number = |name: &String| name.strip_suffix(".next")?.parse().ok().map(LogId::new);
    numbers(&keys::folder(data), number)
}

/// The logs of which something was published.
pub(crate) fn published_logs(data: &Path) -> Result<Vec<LogId>, LogError> {
    numbers(&folder(data), |name| name.parse().ok().map(LogId::new))
}

fn numbers(dir: &Path, number: impl Fn(&String) -> Option<LogId>) -> Result<Vec<LogId>, LogError> {
    if dir.is_dir() {
        Ok(crate::log::names(dir)?.iter().filter_map(number).collect())
    } else {
        Ok(Vec::new())
    }
}

/// The Merkle log of what is stored, for whoever has no view of it. The error names damage, if there is any.
pub(crate) fn tree_of(log: &dyn Log, id: LogId) -> Result<Tree, LogError> {
    let head = log.head(id);
    let against = Against { size: head.size, root: head.root(), subtree: &|_, _| None };
    // It is never told to stop.
    let _ = log.scrub(id, &against, &mut || ControlFlow::Continue(()))?;
    let mut tree = Tree::default();
    log.scan(id, 0, &mut |_, entry| {
        tree.push(leaf(entry));
        ControlFlow::Continue(())
    })?;
    Ok(tree)
}

/// The public half of the key that the log let follow last.
pub(crate) fn rotated(state: &ledger_core::State) -> Option<[u8; 32]> {
    state.signing_key().map(|key| *key.bytes())
}
