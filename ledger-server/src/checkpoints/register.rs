//! What has been published of one log, and the key that signs what comes next.
//!
//! A checkpoint is on the platter before anybody sees it. No size is published twice, and none below one that was: so there
//! can be no two roots for one size, whatever happens to the log.

use std::{
    path::{Path, PathBuf},
    sync::{Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard},
};

use ledger_core::{CoopName, Position};
use ledger_proto::{Checkpoint, Hash, Origin, SigningKey, Tree, VerifierKey};

use super::{
    keys::KeyFiles,
    records::{self, Record, Records},
    shown::{Point, Shown, Signed},
};
use crate::{
    error::Error,
    log::{Log, LogError, LogId, Lost, Witness},
};

/// The published checkpoints of one log.
pub(crate) struct Register {
    log: LogId,
    keys: KeyFiles,
    path: PathBuf,
    hand: Mutex<Hand>,
    // Beside the hand, so that whoever wants to know what was published never waits for the platter.
    shown: RwLock<Shown>,
}

/// What signs and writes; held while it does, and before what is shown.
struct Hand {
    records: Option<Records>,
    signer: Option<SigningKey>,
    /// The key that the log let follow last, if it ever did.
    rotated: Option<[u8; 32]>,
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
        let mut hand = Hand { records: None, signer, rotated: None };
        let mut shown = Shown::default();
        if let Some((records, read)) = Records::open(&path, log)? {
            hand.records = Some(records);
            for record in read {
                shown.take(record).ok_or_else(|| contradicts(&path))?;
            }
        }
        Ok(Self { log, keys, path, hand: Mutex::new(hand), shown: RwLock::new(shown) })
    }

    /// Whose checkpoints were published in this folder, and the keys by which they are checked, oldest first. It changes
    /// nothing: a server may be at work there.
    pub(crate) fn look(
        data: &Path,
        log: LogId,
    ) -> Result<Option<(CoopName, Vec<VerifierKey>)>, Error> {
        let mut shown = Shown::default();
        for record in
            records::read(&super::folder(data).join(log.to_string()), log)?.unwrap_or_default()
        {
            // What contradicts itself says nothing more.
            if shown.take(record).is_none() {
                break;
            }
        }
        Ok(shown.of.map(|(coop, _)| (coop, shown.keys)))
    }

    /// The hand, once it is known what the file holds. After a failed write nobody does until it has been read again: a
    /// record that is whole there counts as published, since it may have reached the platter.
    fn hand(&self) -> Result<MutexGuard<'_, Hand>, Error> {
        let mut hand = self.hand.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = hand.records.as_ref().and_then(Records::in_doubt) {
            let opened = Records::open(&self.path, self.log)?;
            let (records, read) = opened.ok_or_else(|| contradicts(&self.path))?;
            let mut shown = self.shown.write().unwrap_or_else(PoisonError::into_inner);
            if read.len() < known {
                return Err(contradicts(&self.path).into());
            }
            for record in read.into_iter().skip(known) {
                shown.take(record).ok_or_else(|| contradicts(&self.path))?;
            }
            hand.records = Some(records);
        }
        Ok(hand)
    }

    fn shown(&self) -> RwLockReadGuard<'_, Shown> {
        self.shown.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Brings a record to the platter, and only then shows it.
    fn publish(&self, hand: &mut Hand, record: Record) -> Result<(), Error> {
        let records = hand.records.as_mut().ok_or_else(|| Error::internal("nothing to add to"))?;
        records.add(&record)?;
        let mut shown = self.shown.write().unwrap_or_else(PoisonError::into_inner);
        shown.take(record).ok_or_else(|| Error::internal("a record contradicts those before"))
    }

    /// For tests: the next write fails, as on a full disk.
    #[cfg(test)]
    pub(super) fn fail_once(&self) {
        self.hand().unwrap().records.as_mut().unwrap().fail_once();
    }

    /// The newest that was published.
    pub(crate) fn newest(&self) -> Option<Signed> {
        let shown = self.shown();
        shown.points.last().and_then(|point| shown.signed(point))
    }

    /// The one of this size.
    pub(crate) fn at(&self, size: u64) -> Option<Signed> {
        let shown = self.shown();
        let found = shown.points.binary_search_by_key(&size, |point| point.size).ok()?;
        shown.points.get(found).and_then(|point| shown.signed(point))
    }

    /// All that were published, in order of size.
    pub(crate) fn all(&self) -> Vec<Signed> {
        let shown = self.shown();
        shown.points.iter().filter_map(|point| shown.signed(point)).collect()
    }

    /// Up to here nothing is signed: so much was published once, and some of it is lost.
    pub(crate) fn reached(&self) -> u64 {
        self.shown().reached
    }

    /// The keys by which they are checked, those that signed before included.
    pub(crate) fn verifier_keys(&self) -> Vec<VerifierKey> {
        self.shown().keys.clone()
    }

    /// Whether the log still is the one of which the newest checkpoint was published.
    pub(crate) fn fits(&self, tree: &Tree, log: &dyn Log) -> Result<(), LogError> {
        let newest = self.shown().points.last().copied();
        newest.map_or(Ok(()), |newest| self.compare(&newest, tree, log))
    }

    /// Whether a tree is the one of which the newest checkpoint up to its size was published. It may be some time old: what
    /// has been published since is of a log that has grown further.
    pub(crate) fn agrees(&self, tree: &Tree, log: &dyn Log) -> Result<(), LogError> {
        let newest = {
            let shown = self.shown();
            let within = shown.points.partition_point(|point| point.size <= tree.size());
            within.checked_sub(1).and_then(|newest| shown.points.get(newest)).copied()
        };
        newest.map_or(Ok(()), |newest| self.compare(&newest, tree, log))
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
        // What stands is shown even while nothing can be written.
        let enough = || self.newest().filter(|newest| newest.size >= min_size.max(1));
        if let Some(newest) = enough() {
            return Ok(newest);
        }
        let mut hand = self.hand()?;
        if let Some(newest) = enough() {
            return Ok(newest);
        }
        // Only now, since whoever was here before has signed a smaller one.
        let (coop, tree) = now();
        let (size, root) = (tree.size(), tree.root());
        if size < min_size.max(1) {
            let (asked, head) = (Position::new(min_size), Position::new(size));
            return Err(Error::BeyondHead { asked, head });
        }
        self.fits(&tree, log)?;
        let reached = self.reached();
        if size <= reached {
            return Err(Error::NotSigned { through: Position::new(reached) });
        }
        let (origin, signer) = self.begun(&mut hand, &coop, log)?;
        let checkpoint = Checkpoint { origin, size, root };
        let signature = signer.sign(checkpoint.text().as_bytes());
        self.publish(&mut hand, Record::Signed { size, root, signature })?;
        self.newest().ok_or_else(|| Error::internal("a checkpoint has no key"))
    }

    /// The origin and the key. Before the first checkpoint there is neither.
    fn begun(
        &self,
        hand: &mut Hand,
        coop: &CoopName,
        log: &dyn Log,
    ) -> Result<(Origin, SigningKey), Error> {
        if hand.records.is_none() {
            // It may have been begun before, and have got no further.
            hand.records = Some(match Records::open(&self.path, self.log)? {
                Some((records, read)) if read.is_empty() => records,
                Some(_) => return Err(contradicts(&self.path).into()),
                None => Records::create(&self.path, self.log)?,
            });
        }
        if self.shown().of.is_none() {
            let first = super::leaves(log, self.log, 1, 1)?.first().copied();
            let first = first.ok_or_else(|| Error::internal("the log has no first entry"))?;
            self.publish(hand, Record::Log { coop: coop.clone(), first })?;
        }
        if self.shown().keys.is_empty() {
            let signer = hand.signer.clone().map_or_else(|| self.keys.make(), Ok)?;
            let public = signer.public();
            // Kept first: if it cannot be published now, it is the one that is published the next time.
            hand.signer = Some(signer);
            self.publish(hand, Record::Key { public })?;
        }
        let origin = self.shown().of.as_ref().map(|(_, origin)| origin.clone());
        let origin = origin.ok_or_else(|| Error::internal("the log has no origin"))?;
        Ok((origin, self.signer(hand)?))
    }

    /// The key that signs: the one whose public half was published last.
    fn signer(&self, hand: &Hand) -> Result<SigningKey, Error> {
        let published = self.shown().keys.last().map(VerifierKey::public);
        let why = if hand.rotated.is_some() && hand.rotated != published {
            "is older than the log, which says that another key followed it"
        } else {
            match &hand.signer {
                Some(signer) if published == Some(signer.public()) => return Ok(signer.clone()),
                Some(_) => "holds another key than the one that signed the published checkpoints",
                None => {
                    "is missing or cannot be read, but checkpoints were published with that key"
                }
            }
        };
        Err(Error::CannotSign(format!(
            "{} {why}: put the file back from a backup (private/{} in it), and start the server again; without it \
             nobody can show that another key follows this one",
            self.keys.name(),
            self.keys.name()
        )))
    }

    /// Whether the next checkpoint can be signed.
    pub(crate) fn can_sign(&self) -> Result<(), Error> {
        let hand = self.hand()?;
        if self.shown().keys.is_empty() { Ok(()) } else { self.signer(&hand).map(drop) }
    }

    /// What an operator gives up who goes on with this log, if it is not the one that was published.
    pub(crate) fn loss(&self, tree: &Tree, log: &dyn Log) -> Result<Option<Lost>, LogError> {
        let points = self.shown().points.clone();
        let (mut last, mut stands) = (None, tree.size());
        for (nth, point) in points.iter().enumerate().rev() {
            match self.compare(point, tree, log) {
                Ok(()) => break,
                Err(LogError::Behind { .. }) => {}
                // The one before it may stand, and what lies between may not.
                Err(LogError::Differs { .. }) => {
                    let before = nth.checked_sub(1).and_then(|before| points.get(before));
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
        self.publish(&mut *self.hand()?, Record::GivenUp { beyond })
    }

    /// Somebody has seen a checkpoint of this log, signed by one of its keys, of which this folder knows nothing: it counts
    /// as published, since it was. It stands only until it is given up: the entries behind it are lost.
    pub(crate) fn seen_elsewhere(
        &self,
        size: u64,
        root: Hash,
        signature: [u8; 64],
    ) -> Result<(), Error> {
        self.publish(&mut *self.hand()?, Record::Signed { size, root, signature })
    }

    /// Begins or takes up again a change of keys: the one that signs, the one that is to follow, and whose they are.
    pub(crate) fn changing(
        &self,
        coop: &CoopName,
        log: &dyn Log,
    ) -> Result<(Origin, SigningKey, SigningKey), Error> {
        let mut hand = self.hand()?;
        let (origin, signer) = self.begun(&mut hand, coop, log)?;
        let next = match self.keys.next()? {
            Some(next) => next,
            None => self.keys.make_next()?,
        };
        Ok((origin, signer, next))
    }

    /// Ends a change of keys that the log knows of. Done at every start, so that a crash in between ends here.
    pub(crate) fn changed(&self, rotated: Option<&[u8; 32]>) -> Result<(), Error> {
        let mut hand = self.hand()?;
        hand.rotated = rotated.copied();
        let Some(next) = self.keys.next()? else { return Ok(()) };
        let public = next.public();
        if rotated != Some(&public) {
            return Ok(());
        }
        if self.shown().keys.last().map(VerifierKey::public) != Some(public) {
            self.publish(&mut hand, Record::Key { public })?;
        }
        self.keys.switch()?;
        hand.signer = Some(next);
        Ok(())
    }
}

/// A file that says what cannot be, or no longer says what it has said.
pub(super) fn contradicts(path: &Path) -> LogError {
    LogError::Store { what: format!("{} contradicts itself", path.display()), missing: Vec::new() }
}
