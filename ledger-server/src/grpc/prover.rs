//! Proofs out of the tree in memory and the entries on the disk.
//!
//! The tree knows every subtree of a segment or more; what lies below is hashed from the stored entries. The view is never
//! held while the disk is read: the tree is asked, says which leaves it needs, and is asked again with them.

use std::sync::Arc;

use ledger_core::Position;
use ledger_proto::{Frontier, Hash, NoLeaves, Tree, api};

use super::Service;
use crate::{
    checkpoints::leaves,
    error::Error,
    log::{Log, LogId},
    views::Published,
};

/// A proof looks into two segments at the most; a third answer of this kind is a mistake of ours.
const SEGMENTS: usize = 4;

/// A log, its view, and who may be asked for proofs of it.
#[derive(Clone)]
pub(super) struct Prover {
    pub(super) log: Arc<dyn Log>,
    pub(super) id: LogId,
    pub(super) published: Arc<Published>,
}

/// Why the tree could not answer yet.
enum Missing {
    /// It needs the leaves at these positions.
    Leaves(u64, u64),
    /// It cannot answer with what it was given.
    Never(NoLeaves),
}

impl From<NoLeaves> for Missing {
    fn from(missing: NoLeaves) -> Self {
        Self::Never(missing)
    }
}

/// Where the tree gets its leaves.
type Leaves<'a> = dyn FnMut(u64, u64) -> Result<Vec<Hash>, Missing> + 'a;

impl Prover {
    /// The prover of a co-op's log.
    pub(super) fn of(service: &Service, id: LogId, published: Arc<Published>) -> Self {
        Self { log: Arc::clone(&service.ground.log), id, published }
    }

    /// The path that proves an entry to be in the log of a size. Nothing: it is not.
    pub(super) fn inclusion(&self, position: u64, size: u64) -> Result<Option<Vec<Hash>>, Error> {
        self.ask(|tree, leaves| tree.prove_inclusion(position, size, leaves))
    }

    /// The path that proves one size to be the beginning of another. Nothing: it is not.
    pub(super) fn consistency(&self, old: u64, new: u64) -> Result<Option<Vec<Hash>>, Error> {
        self.ask(|tree, leaves| tree.prove_consistency(old, new, leaves))
    }

    /// The right edge of the log of a size.
    pub(super) fn frontier(&self, size: u64) -> Result<Frontier, Error> {
        self.ask(|tree, leaves| tree.frontier_at(size, leaves))
    }

    /// The stored bytes of an entry that is known to be there.
    pub(super) fn entry(&self, position: u64) -> Result<Vec<u8>, Error> {
        let bytes = self.log.read(self.id, position)?;
        bytes.ok_or_else(|| Error::internal(format!("entry {position} is not there")))
    }

    fn ask<T>(
        &self,
        question: impl Fn(&Tree, &mut Leaves<'_>) -> Result<T, Missing>,
    ) -> Result<T, Error> {
        let mut known: Vec<(u64, u64, Vec<Hash>)> = Vec::new();
        loop {
            let asked = {
                let view = self.published.look();
                question(view.tree(), &mut |first, last| {
                    let found = known.iter().find(|(from, to, _)| (*from, *to) == (first, last));
                    found.map(|(_, _, leaves)| leaves.clone()).ok_or(Missing::Leaves(first, last))
                })
            };
            match asked {
                Ok(answer) => return Ok(answer),
                Err(Missing::Leaves(first, last)) if known.len() < SEGMENTS => {
                    known.push((first, last, leaves(&*self.log, self.id, first, last)?));
                }
                Err(Missing::Leaves(first, last)) => {
                    return Err(Error::internal(NoLeaves { first, last }));
                }
                Err(Missing::Never(missing)) => return Err(Error::internal(missing)),
            }
        }
    }
}

/// Does what may wait for the disk on a thread that may wait.
pub(super) async fn on_a_thread<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Error> + Send + 'static,
) -> Result<T, Error> {
    tokio::task::spawn_blocking(work).await.map_err(Error::internal)?
}

/// A count of entries as answers hold it.
pub(super) fn size_said(size: u64) -> i64 {
    api::position(Position::new(size))
}

/// Hashes as answers hold them.
pub(super) fn hashes_said(hashes: &[Hash]) -> Vec<Vec<u8>> {
    hashes.iter().map(|hash| hash.as_bytes().to_vec()).collect()
}
