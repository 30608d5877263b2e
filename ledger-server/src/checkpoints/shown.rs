//! What was published of a log: the records that stand, taken in one by one.

use std::sync::Arc;

use ledger_core::CoopName;
use ledger_proto::{Checkpoint, Hash, Origin, VerifierKey, note_of};

use super::records::Record;

/// A checkpoint that was published.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signed {
    /// How many entries it stands for.
    pub size: u64,
    /// Their root.
    pub root: Hash,
    /// The signed note.
    pub note: Arc<str>,
}

/// What was published.
#[derive(Default)]
pub(super) struct Shown {
    pub(super) of: Option<(CoopName, Origin)>,
    pub(super) keys: Vec<VerifierKey>,
    /// Those that stand, in order of size.
    pub(super) points: Vec<Point>,
    /// The largest size that was ever published, given up or not.
    pub(super) reached: u64,
}

/// A checkpoint without its text.
#[derive(Clone, Copy)]
pub(super) struct Point {
    pub(super) size: u64,
    pub(super) root: Hash,
    pub(super) signature: [u8; 64],
    pub(super) key: usize,
}

impl Shown {
    /// A checkpoint with its text.
    pub(super) fn signed(&self, point: &Point) -> Option<Signed> {
        let Point { size, root, signature, key } = *point;
        let (_, origin) = self.of.as_ref()?;
        let checkpoint = Checkpoint { origin: origin.clone(), size, root };
        let note = note_of(&checkpoint, self.keys.get(key)?, &signature).into();
        Some(Signed { size, root, note })
    }

    /// Takes a record in. Nothing: it contradicts those before it.
    pub(super) fn take(&mut self, record: Record) -> Option<()> {
        match record {
            Record::Log { coop, first } => {
                let origin = Origin::of(&coop, &first);
                let first_time = self.of.replace((coop, origin)).is_none();
                first_time.then_some(())
            }
            Record::Key { public } => {
                let (_, origin) = self.of.as_ref()?;
                self.keys.push(VerifierKey::new(origin, &public)?);
                Some(())
            }
            Record::Signed { size, root, signature } => {
                let key = self.keys.len().checked_sub(1)?;
                if size <= self.reached {
                    return None;
                }
                self.points.push(Point { size, root, signature, key });
                self.reached = size;
                Some(())
            }
            Record::GivenUp { beyond } => {
                self.points.retain(|point| point.size <= beyond);
                Some(())
            }
        }
    }
}
