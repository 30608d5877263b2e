//! What has been published of one log, and the key that signs what comes next.
//!
//! A checkpoint is on the platter before anybody sees it. No size is published twice, and none below one that was: so there
//! can be no two roots for one size, whatever happens to the log.

use std::{
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock},
};

use ledger_core::{CoopName, Position};
use ledger_proto::{Checkpoint, Hash, Origin, SigningKey, Tree, VerifierKey, note_of};

use super::{
    keys::KeyFiles,
    records::{self, Record, Records},
};
use crate::{
    error::Error,
    log::{Log, LogError, LogId, Lost, Witness},
};

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

/// The published checkpoints of one log.
pub(crate) struct Register {
    log: LogId,
    keys: KeyFiles,
    path: PathBuf,
    inner: Mutex<Inner>,
    // Beside the lock, so that whoever wants to know the newest never waits for the platter.
    newest: RwLock<Option<Signed>>,
}

#[derive(Default)]
struct Inner {
    records: Option<Records>,
    of: Option<(CoopName, Origin)>,
    keys: Vec<VerifierKey>,
    signer: Option<SigningKey>,
    /// Those that stand, in order of size.
    points: Vec<Point>,
    /// The key that the log let follow last, if it ever did.
    rotated: Option<[u8; 32]>,
    /// The largest size that was ever published, given up or not.
    reached: u64,
}

/// A checkpoint without its text.
#[derive(Clone, Copy)]
struct Point {
    size: u64,
    root: Hash,
    signature: [u8; 64],
    key: usize,
}

impl Register {
    /// Reads what was published of a log in the folder with everything in it.
    pub(crate) fn open(data: &Path, log: LogId) -> Result<Self, Error> {
        let path = super::folder(data).join(log.to_string());
        let keys = KeyFiles::of(data, log);
        let signer = keys.current().unwrap_or_else(|error| {
            tracing::error!(log = log.get(), %error, "a key cannot be read");
            None
        });
        let mut inner = Inner { signer, ..Inner::default() };
        if let Some((records, read)) = Records::open(&path, log)? {
            inner.records = Some(records);
            for record in read {
                inner.take(record).ok_or_else(|| LogError::Store {
                    what: format!("{} contradicts itself", path.display()),
                    missing: Vec::new(),
                })?;
            }
        }
        let newest = RwLock::new(inner.points.last().and_then(|point| inner.signed(point)));
        Ok(Self { log, keys, path, inner: Mutex::new(inner), newest })
    }

    /// Whose checkpoints were published in this folder, and the keys by which they are checked, oldest first. It changes
    /// nothing: a server may be at work there.
    pub(crate) fn look(
        data: &Path,
        log: LogId,
    ) -> Result<Option<(CoopName, Vec<VerifierKey>)>, Error> {
        let mut inner = Inner::default();
        for record in
            records::read(&super::folder(data).join(log.to_string()), log)?.unwrap_or_default()
        {
            // What contradicts itself says nothing more.
            if inner.take(record).is_none() {
                break;
            }
        }
        Ok(inner.of.map(|(coop, _)| (coop, inner.keys)))
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The newest that was published.
    pub(crate) fn newest(&self) -> Option<Signed> {
        self.newest.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The one of this size.
    pub(crate) fn at(&self, size: u64) -> Option<Signed> {
        let inner = self.lock();
        let found = inner.points.binary_search_by_key(&size, |point| point.size).ok()?;
        inner.points.get(found).and_then(|point| inner.signed(point))
    }

    /// All that were published, in order of size.
    pub(crate) fn all(&self) -> Vec<Signed> {
        let inner = self.lock();
        inner.points.iter().filter_map(|point| inner.signed(point)).collect()
    }

    /// Up to here nothing is signed: so much was published once, and some of it is lost.
    pub(crate) fn reached(&self) -> u64 {
        self.lock().reached
    }

    /// The keys by which they are checked, those that signed before included.
    pub(crate) fn verifier_keys(&self) -> Vec<VerifierKey> {
        self.lock().keys.clone()
    }

    /// Whether the log still is the one of which the newest checkpoint was published.
    pub(crate) fn fits(&self, tree: &Tree, log: &dyn Log) -> Result<(), LogError> {
        self.lock().points.last().map_or(Ok(()), |newest| self.compare(newest, tree, log))
    }

    fn compare(&self, point: &Point, tree: &Tree, log: &dyn Log) -> Result<(), LogError> {
        if point.size > tree.size() {
            return Err(LogError::Behind {
                log: self.log,
                head_size: point.size,
                stored_size: tree.size(),
                by: Witness::Checkpoint,
            });
        }
        if super::root_at(log, self.log, tree, point.size)? == point.root {
            Ok(())
        } else {
            Err(LogError::Differs { log: self.log, size: point.size, by: Witness::Checkpoint })
        }
    }

    /// A checkpoint of at least this size: the newest, or one of the log as it is now. Those who ask at the same time wait
    /// for the first of them, and share what it has signed.
    pub(crate) fn for_head(
        &self,
        min_size: u64,
        log: &dyn Log,
        now: &dyn Fn() -> (CoopName, Tree),
    ) -> Result<Signed, Error> {
        let mut inner = self.lock();
        if let Some(newest) = self.newest().filter(|newest| newest.size >= min_size.max(1)) {
            return Ok(newest);
        }
        // Only now, since whoever was here before has signed a smaller one.
        let (coop, tree) = now();
        let (size, root) = (tree.size(), tree.root());
        if size < min_size.max(1) {
            let (asked, head) = (Position::new(min_size), Position::new(size));
            return Err(Error::BeyondHead { asked, head });
        }
        if let Some(newest) = inner.points.last() {
            self.compare(newest, &tree, log)?;
        }
        if size <= inner.reached {
            return Err(Error::NotSigned { through: Position::new(inner.reached) });
        }
        let (origin, signer) = self.begun(&mut inner, &coop, log)?;
        let checkpoint = Checkpoint { origin, size, root };
        let signature = signer.sign(checkpoint.text().as_bytes());
        inner.add(Record::Signed { size, root, signature })?;
        let fresh = inner.points.last().and_then(|point| inner.signed(point));
        let fresh = fresh.ok_or_else(|| Error::internal("a checkpoint has no key"))?;
        *self.newest.write().unwrap_or_else(PoisonError::into_inner) = Some(fresh.clone());
        Ok(fresh)
    }

    /// The origin and the key. Before the first checkpoint there is neither.
    fn begun(
        &self,
        inner: &mut Inner,
        coop: &CoopName,
        log: &dyn Log,
    ) -> Result<(Origin, SigningKey), Error> {
        if inner.records.is_none() {
            inner.records = Some(Records::create(&self.path, self.log)?);
        }
        if inner.of.is_none() {
            let first = super::leaves(log, self.log, 1, 1)?.first().copied();
            let first = first.ok_or_else(|| Error::internal("the log has no first entry"))?;
            inner.add(Record::Log { coop: coop.clone(), first })?;
        }
        if inner.keys.is_empty() {
            let signer = inner.signer.take().map_or_else(|| self.keys.make(), Ok)?;
            inner.add(Record::Key { public: signer.public() })?;
            inner.signer = Some(signer);
        }
        let origin = inner.of.as_ref().map(|(_, origin)| origin.clone());
        let origin = origin.ok_or_else(|| Error::internal("the log has no origin"))?;
        Ok((origin, self.signer(inner)?))
    }

    /// The key that signs: the one whose public half was published last.
    fn signer(&self, inner: &Inner) -> Result<SigningKey, Error> {
        let published = inner.keys.last().map(VerifierKey::public);
        let advice = "put the file back from a backup of the folder; without it nobody can show that another key \
                      follows this one, and no checkpoint is signed";
        let file = self.keys.path().display();
        if inner.rotated.is_some() && inner.rotated != published {
            return Err(Error::Internal(format!(
                "{file} is older than the log, which says that another key followed it: {advice}"
            )));
        }
        match &inner.signer {
            Some(signer) if published == Some(signer.public()) => Ok(signer.clone()),
            Some(_) => Err(Error::Internal(format!(
                "{file} holds another key than the one that signed the published checkpoints: {advice}"
            ))),
            None => Err(Error::Internal(format!(
                "{file} is missing or cannot be read, but checkpoints were published with that key: {advice}"
            ))),
        }
    }

    /// Whether the next checkpoint can be signed.
    pub(crate) fn can_sign(&self) -> Result<(), Error> {
        let inner = self.lock();
        if inner.keys.is_empty() { Ok(()) } else { self.signer(&inner).map(drop) }
    }

    /// What an operator gives up who goes on with this log, if it is not the one that was published.
    pub(crate) fn loss(&self, tree: &Tree, log: &dyn Log) -> Result<Option<Lost>, LogError> {
        let inner = self.lock();
        let (mut last, mut stands) = (None, tree.size());
        for (nth, point) in inner.points.iter().enumerate().rev() {
            match self.compare(point, tree, log) {
                Ok(()) => break,
                Err(LogError::Behind { .. }) => {}
                // The one before it may stand, and what lies between may not.
                Err(LogError::Differs { .. }) => {
                    let before = nth.checked_sub(1).and_then(|before| inner.points.get(before));
                    stands = before.map_or(0, |before| before.size);
                }
                Err(error) => return Err(error),
            }
            last = last.or(Some(point.size));
        }
        Ok(last.map(|last| Lost { log: self.log, first: stands + 1, last }))
    }

    /// The operator's word that what was published beyond this size stands no more. It stays written; and up to there
    /// nothing is signed ever again, so that there are no two roots for one size.
    pub(crate) fn give_up(&self, beyond: u64) -> Result<(), Error> {
        let mut inner = self.lock();
        inner.add(Record::GivenUp { beyond })?;
        let newest = inner.points.last().and_then(|point| inner.signed(point));
        *self.newest.write().unwrap_or_else(PoisonError::into_inner) = newest;
        Ok(())
    }

    /// Begins or takes up again a change of keys: the one that signs, the one that is to follow, and whose they are.
    pub(crate) fn changing(
        &self,
        coop: &CoopName,
        log: &dyn Log,
    ) -> Result<(Origin, SigningKey, SigningKey), Error> {
        let mut inner = self.lock();
        let (origin, signer) = self.begun(&mut inner, coop, log)?;
        let next = match self.keys.next()? {
            Some(next) => next,
            None => self.keys.make_next()?,
        };
        Ok((origin, signer, next))
    }

    /// Ends a change of keys that the log knows of. Done at every start, so that a crash in between ends here.
    pub(crate) fn changed(&self, rotated: Option<&[u8; 32]>) -> Result<(), Error> {
        let mut inner = self.lock();
        inner.rotated = rotated.copied();
        let Some(next) = self.keys.next()? else { return Ok(()) };
        let public = next.public();
        if rotated != Some(&public) {
            return Ok(());
        }
        if inner.keys.last().map(VerifierKey::public) != Some(public) {
            inner.add(Record::Key { public })?;
        }
        self.keys.switch()?;
        inner.signer = Some(next);
        Ok(())
    }
}

impl Inner {
    fn signed(&self, point: &Point) -> Option<Signed> {
        let Point { size, root, signature, key } = *point;
        let (_, origin) = self.of.as_ref()?;
        let checkpoint = Checkpoint { origin: origin.clone(), size, root };
        let note = note_of(&checkpoint, self.keys.get(key)?, &signature).into();
        Some(Signed { size, root, note })
    }

    /// Brings a record to the platter, and only then into memory.
    fn add(&mut self, record: Record) -> Result<(), Error> {
        let records = self.records.as_mut().ok_or_else(|| Error::internal("nothing to add to"))?;
        records.add(&record)?;
        self.take(record).ok_or_else(|| Error::internal("a record contradicts those before"))
    }

    /// Takes a record in. Nothing: it contradicts those before it.
    fn take(&mut self, record: Record) -> Option<()> {
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
