//! Leaves, nodes, checkpoints and keys: whether the entries are the ones that were signed.

use std::collections::VecDeque;

use ledger_core::{Position, PublicKey, Signature};
use ledger_proto::{
    Frontier, Hash, Note, NoteError, Origin, VerifierKey, rotation_message, signed_by,
};

use super::{
    elsewhere::Elsewhere,
    finding::{Finding, Step},
    report::KeyUsed,
    say,
};
use crate::bundle::Head;

/// The Merkle log as it is reckoned again, with what must fit it on the way.
pub(super) struct Chain {
    origin: Origin,
    size: u64,
    edge: Frontier,
    notes: VecDeque<Note>,
    /// What came by other roads, each with the step that is about it, in order of size.
    elsewhere: VecDeque<(Step, Elsewhere)>,
    /// What is of another size or log than this one.
    unfitting: Vec<(Step, Elsewhere)>,
    listed: Vec<VerifierKey>,
    pinned: Vec<VerifierKey>,
    keys: Vec<(VerifierKey, KeyUsed)>,
    counted: Counted,
    /// Up to here a checkpoint fits.
    good: u64,
    astray: bool,
}

/// What it means that something that came by another road differs: anybody can make what nobody known signed.
fn against(step: Step, signed: say::Signed, what: String) -> Finding {
    match signed {
        say::Signed::ByThisLog | say::Signed::Typed => Finding::broken(step, what),
        say::Signed::ByNobodyKnown => Finding::missing(step, what),
    }
}

/// How much was checked.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Counted {
    pub(super) checkpoints: u64,
    pub(super) signatures: u64,
    pub(super) elsewhere: u64,
}

impl Chain {
    pub(super) fn new(
        head: &Head,
        pinned: &[VerifierKey],
        elsewhere: &[(Step, Elsewhere)],
        findings: &mut Vec<Finding>,
    ) -> Chain {
        let Head { origin, size, keys, notes } = head;
        let mut chain = Chain {
            origin: origin.clone(),
            size: *size,
            edge: Frontier::default(),
            notes: VecDeque::with_capacity(notes.len()),
            elsewhere: VecDeque::new(),
            unfitting: Vec::new(),
            listed: keys.clone(),
            pinned: pinned.to_vec(),
            keys: Vec::new(),
            counted: Counted::default(),
            good: 0,
            astray: false,
        };
        match keys.first().or(pinned.first()) {
            Some(key) => chain.begin_key(key.clone(), 0),
            None => findings.push(Finding::missing(Step::Signatures, say::NO_KEY)),
        }
        if keys.iter().any(|key| key.name() != origin.as_str()) {
            findings.push(Finding::broken(Step::Signatures, say::KEY_OF_ANOTHER_LOG));
        }
        chain.take_notes(notes, findings);
        chain.take_elsewhere(elsewhere);
        chain.at_size(findings);
        chain
    }

    fn take_notes(&mut self, notes: &[String], findings: &mut Vec<Finding>) {
        let broken = |what: String| Finding::broken(Step::Signatures, what);
        for (number, text) in (1..).zip(notes) {
            let note = match Note::parse(text) {
                Ok(note) => note,
                Err(wrong) => {
                    findings.push(broken(say::note_unread(number, wrong)));
                    continue;
                }
            };
            let (point, before) = (note.claimed(), self.notes.back().map(Note::claimed));
            if point.origin != self.origin {
                findings.push(broken(say::note_of_another_log(number, &point.origin)));
            } else if point.size > self.size {
                let what = say::larger(&say::checkpoint(number), point.size, self.size);
                findings.push(broken(what).between(self.size.saturating_add(1), point.size));
            } else if point.size == 0 {
                findings.push(broken(say::of_nothing(number)));
            } else if before.is_some_and(|before| before.size > point.size) {
                findings.push(broken(say::out_of_order(number)));
            } else if before.is_some_and(|it| it.size == point.size && it.root != point.root) {
                let at = Position::new(point.size);
                findings.push(broken(say::two_roots(point.size)).at(at));
            } else if before.is_some_and(|before| before.size == point.size) {
                findings.push(broken(say::twice(number)).at(Position::new(point.size)));
            } else {
                self.notes.push_back(note);
            }
        }
        let newest = self.notes.back().map_or(0, |note| note.claimed().size);
        if newest < self.size {
            let what = say::unsigned_tail(newest, self.size);
            let missing = Finding::missing(Step::Signatures, what);
            findings.push(missing.between(newest.saturating_add(1), self.size));
        }
    }

    fn take_elsewhere(&mut self, elsewhere: &[(Step, Elsewhere)]) {
        let (mut fitting, unfitting): (Vec<_>, _) =
            elsewhere.iter().cloned().partition(|(_, one)| {
                one.origin().is_none_or(|origin| *origin == self.origin) && one.size() <= self.size
            });
        fitting.sort_by_key(|(_, one)| one.size());
        (self.elsewhere, self.unfitting) = (fitting.into(), unfitting);
    }

    /// What is of another log, or of more entries than there are. By now all keys are known.
    fn unfit(&self, step: Step, one: &Elsewhere) -> Finding {
        let signed = self.signer_of(one);
        if one.origin().is_none_or(|origin| *origin == self.origin) {
            let what = say::larger_elsewhere(&one.name, one.size(), self.size, signed);
            return against(step, signed, what).between(self.size.saturating_add(1), one.size());
        }
        let what = say::elsewhere_of_another_log(&one.name, one.origin(), &self.origin);
        if one.origin().and_then(Origin::coop) == self.origin.coop() {
            against(step, signed, what)
        } else {
            Finding::missing(step, what)
        }
    }

    /// How many entries have been hashed.
    pub(super) fn size(&self) -> u64 {
        self.edge.size()
    }

    /// The root over them.
    pub(super) fn root(&self) -> Hash {
        self.edge.root()
    }

    pub(super) fn counted(&self) -> Counted {
        self.counted
    }

    /// Takes the leaf of the next entry, and checks all that is said of the log at its size.
    pub(super) fn push(&mut self, leaf: Hash, findings: &mut Vec<Finding>) {
        if self.edge.size() == 0 && !self.origin.begins_with(&leaf) {
            let what = say::other_beginning(&self.origin);
            findings.push(Finding::broken(Step::Reckon, what).at(Position::new(1)));
        }
        self.edge.push(leaf);
        self.at_size(findings);
    }

    fn at_size(&mut self, findings: &mut Vec<Finding>) {
        let size = self.edge.size();
        let at = |size_of: Option<u64>| size_of == Some(size);
        if !at(self.notes.front().map(|note| note.claimed().size))
            && !at(self.elsewhere.front().map(|(_, one)| one.size()))
        {
            return;
        }
        let root = self.edge.root();
        while let Some(note) = self.notes.pop_front_if(|note| note.claimed().size == size) {
            self.signed(&note, findings);
            self.counted.checkpoints += 1;
            if note.claimed().root == root {
                self.good = if self.astray { self.good } else { size };
            } else if !self.astray {
                // All later ones stand over the same broken part.
                self.astray = true;
                let broken = Finding::broken(Step::Reckon, say::other_root(size));
                findings.push(broken.between(self.good.saturating_add(1).min(size), size));
            }
        }
        while let Some((step, one)) = self.elsewhere.pop_front_if(|(_, one)| one.size() == size) {
            self.counted.elsewhere += 1;
            if !one.fits(&root) {
                let signed = self.signer_of(&one);
                let what = say::elsewhere_differs(&one.name, size, signed);
                findings.push(against(step, signed, what).between(1, size));
            }
        }
    }

    /// By whom what came by another road was signed: a key of this log can have signed for another log of the co-op, too.
    fn signer_of(&self, one: &Elsewhere) -> say::Signed {
        let Some(note) = one.note() else { return say::Signed::Typed };
        let origin = &note.claimed().origin;
        let known = self.keys.iter().map(|(key, _)| key).chain(&self.listed).chain(&self.pinned);
        let keys: Vec<VerifierKey> =
            known.filter_map(|key| VerifierKey::new(origin, &key.public())).collect();
        match note.signer(&keys) {
            Some(_) => say::Signed::ByThisLog,
            None => say::Signed::ByNobodyKnown,
        }
    }

    /// A checkpoint is signed by the key of its time.
    fn signed(&mut self, note: &Note, findings: &mut Vec<Finding>) {
        let size = note.claimed().size;
        let Some((key, used)) = self.keys.last_mut() else { return };
        match note.verify(std::slice::from_ref(key)) {
            Ok(_) => {
                used.checkpoints += 1;
                self.counted.signatures += 1;
            }
            Err(wrong) => {
                let others: Vec<VerifierKey> =
                    self.keys.iter().map(|(key, _)| key.clone()).collect();
                let what = match (wrong, note.signer(&others)) {
                    (NoteError::Unsigned, Some(_)) => say::signed_by_wrong_key(size),
                    (wrong, _) => say::not_signed(size, wrong),
                };
                findings.push(Finding::broken(Step::Signatures, what).at(Position::new(size)));
            }
        }
    }

    /// The key changes with the entry that is pushed next: both keys have signed that.
    pub(super) fn rotate(
        &mut self,
        at: Position,
        (old, old_signature): (&PublicKey, &Signature),
        (new, new_signature): (&PublicKey, &Signature),
        findings: &mut Vec<Finding>,
    ) {
        let broken = |what: &str| Finding::broken(Step::Signatures, what).at(at);
        let current = self.keys.last().map(|(key, _)| key.public());
        if current.is_some_and(|current| current != *old.bytes()) {
            findings.push(broken(say::ROTATED_FROM_ANOTHER));
        }
        let message = rotation_message(&self.origin, old.bytes(), new.bytes());
        let signed = signed_by(old.bytes(), &message, &old_signature.bytes())
            && signed_by(new.bytes(), &message, &new_signature.bytes());
        if !signed {
            findings.push(broken(say::ROTATION_UNSIGNED));
        }
        match VerifierKey::new(&self.origin, new.bytes()) {
            Some(key) => self.begin_key(key, at.get()),
            None => findings.push(broken(say::ROTATED_TO_NO_KEY)),
        }
    }

    fn begin_key(&mut self, key: VerifierKey, from: u64) {
        if let Some((_, used)) = self.keys.last_mut() {
            used.through = Some(from.saturating_sub(1));
        }
        let id = format!("{:08x}", u32::from_be_bytes(key.id()));
        let pinned = self.pinned.contains(&key);
        let used =
            KeyUsed { id, key: key.to_string(), from, through: None, checkpoints: 0, pinned };
        self.keys.push((key, used));
    }

    /// What can be said only at the end. The keys that signed, in order.
    pub(super) fn finish(&mut self, findings: &mut Vec<Finding>) -> Vec<KeyUsed> {
        let broken = |what: &str| Finding::broken(Step::Signatures, what);
        let chain: Vec<&VerifierKey> = self.keys.iter().map(|(key, _)| key).collect();
        // Of a log of which a part is missing, a change of keys may be missing, too.
        let whole = self.edge.size() == self.size;
        if whole && !self.listed.is_empty() && !self.listed.iter().eq(chain.iter().copied()) {
            findings.push(broken(say::OTHER_KEYS));
        }
        if !self.pinned.is_empty() && !chain.iter().any(|key| self.pinned.contains(key)) {
            findings.push(broken(say::NOT_PINNED));
        }
        for (step, one) in &self.elsewhere {
            let what = say::not_reached(&one.name, one.size());
            findings.push(Finding::missing(*step, what));
        }
        for (step, one) in &self.unfitting {
            findings.push(self.unfit(*step, one));
        }
        self.keys.iter().map(|(_, used)| used.clone()).collect()
    }
}
