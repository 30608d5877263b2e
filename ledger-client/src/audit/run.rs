//! An audit on its way: entries are pushed into it in order, wherever they come from.

use std::{collections::BTreeMap, ops::ControlFlow};

use ledger_core::{Entry, Event, Position};
use ledger_proto::{leaf, stored};

use super::{
    Audited, Options,
    chain::Chain,
    finding::{Finding, Step, Verdict},
    finish::finish,
    journals::{self, Journals},
    replay::Replay,
    say,
};
use crate::bundle::{BundleError, Head, positions};

/// More findings of one step than this are counted, and not kept.
const KEPT: usize = 500;

/// An audit: begun with what stands at the head of a log, pushed through its entries, and finished.
pub struct Audit<'o> {
    pub(super) options: &'o Options,
    pub(super) head: Head,
    pub(super) chain: Chain,
    pub(super) replay: Replay,
    pub(super) findings: Findings,
    pub(super) journals: Option<Journals>,
}

/// What was found, and no more of it than anybody reads.
#[derive(Default)]
pub(super) struct Findings {
    pub(super) kept: Vec<Finding>,
    pub(super) more: u64,
    steps: BTreeMap<Step, OfStep>,
}

/// What was found in one step.
struct OfStep {
    worst: Verdict,
    kept: usize,
}

impl Findings {
    pub(super) fn add(&mut self, finding: Finding) {
        let none = OfStep { worst: Verdict::Verified, kept: 0 };
        let step = self.steps.entry(finding.step).or_insert(none);
        step.worst = step.worst.first(finding.verdict);
        if step.kept < KEPT {
            step.kept += 1;
            self.kept.push(finding);
        } else {
            self.more += 1;
        }
    }

    /// The worst of all that was found, kept or not.
    pub(super) fn worst(&self) -> Verdict {
        self.steps.values().map(|step| step.worst).fold(Verdict::Verified, Verdict::first)
    }

    /// The worst that was found in one step. Nothing: nothing was.
    pub(super) fn worst_of(&self, step: Step) -> Option<Verdict> {
        self.steps.get(&step).map(|step| step.worst)
    }

    fn all(&mut self, found: Vec<Finding>) {
        for finding in found {
            self.add(finding);
        }
    }
}

impl<'o> Audit<'o> {
    /// Begins with what stands at the head of a log.
    pub fn begin(head: &Head, options: &'o Options) -> Audit<'o> {
        let mut found = Vec::new();
        let also = options.also.iter().map(|one| (Step::OtherRoads, one.clone()));
        let since = options.since.iter().map(|one| (Step::Since, one.clone()));
        let roads: Vec<_> = also.chain(since).collect();
        let chain = Chain::new(head, &options.keys, &roads, &mut found);
        let since = options.since.as_ref().map_or(0, super::Elsewhere::size);
        let mut findings = Findings::default();
        findings.all(found);
        let coop = head.origin.coop().map(|coop| coop.to_string()).unwrap_or_default();
        let journals = options.journals.as_deref().and_then(|dir| {
            let opened = Journals::open(dir, &coop);
            opened.map_err(|error| findings.add(journals::unwritten(&error))).ok()
        });
        let (head, replay) = (head.clone(), Replay::since(since));
        Audit { options, head, chain, replay, findings, journals }
    }

    /// How many entries have been taken.
    pub fn entries(&self) -> u64 {
        self.chain.size()
    }

    /// Takes the next entries: the position of the first, and the stored bytes of each. Breaks: these are not the
    /// next, or more than the head says.
    pub fn take<B: AsRef<[u8]>>(&mut self, first: u64, entries: &[B]) -> ControlFlow<()> {
        let next = self.chain.size().saturating_add(1);
        if first != next {
            let finding = Finding::broken(Step::Read, say::not_next(first));
            self.findings.add(finding.at(Position::new(next)));
            return ControlFlow::Break(());
        }
        for entry in entries {
            if self.chain.size() >= self.head.size {
                let beyond = Finding::broken(Step::Read, say::beyond(self.head.size));
                let at = Position::new(self.chain.size().saturating_add(1));
                self.findings.add(beyond.at(at));
                return ControlFlow::Break(());
            }
            self.entry(entry.as_ref());
        }
        ControlFlow::Continue(())
    }

    fn entry(&mut self, bytes: &[u8]) {
        let position = Position::new(self.chain.size().saturating_add(1));
        let mut found = Vec::new();
        let broken = |what| Finding::broken(Step::Read, what).at(position);
        let entry = match stored::decode_strictly(bytes) {
            Err(wrong) => {
                found.push(broken(say::entry_unread(&wrong.to_string())));
                None
            }
            Ok(entry) if entry.position != position => {
                found.push(broken(say::misplaced(entry.position)));
                None
            }
            Ok(entry) => Some(entry),
        };
        if let Some(Event::SigningKeyRotated { old_key, new_key, old_signature, new_signature }) =
            entry.as_ref().map(|entry| &entry.event)
        {
            let (old, new) = ((old_key, old_signature), (new_key, new_signature));
            self.chain.rotate(position, old, new, &mut found);
        }
        self.chain.push(leaf(bytes), &mut found);
        match entry {
            Some(entry) => {
                self.replay.take(&entry, &mut found);
                self.write(&entry, &mut found);
            }
            None => self.replay.stop(),
        }
        self.findings.all(found);
    }

    fn write(&mut self, entry: &Entry, found: &mut Vec<Finding>) {
        if let Some(journals) = &mut self.journals
            && let Err(error) = journals.add(entry)
        {
            found.push(journals::unwritten(&error));
            self.journals = None;
        }
    }

    /// Something of a bundle cannot be read: nothing comes after it.
    pub fn unread(&mut self, error: BundleError) -> ControlFlow<()> {
        self.findings.add(unreadable(error));
        ControlFlow::Break(())
    }

    /// Something else is wrong, or could not be done.
    pub fn note(&mut self, finding: Finding) {
        self.findings.add(finding);
    }

    /// Says what it all comes to.
    pub fn finish(self) -> Audited {
        finish(self)
    }
}

/// What comes of an audit whose bundle cannot even be opened.
pub(super) fn unopened(error: BundleError, options: &Options) -> Audited {
    super::finish::unopened(unreadable(error), options)
}

/// What it means that something of a bundle cannot be read.
fn unreadable(error: BundleError) -> Finding {
    let what = error.to_string();
    let (verdict, file, position) = match error {
        BundleError::Missing { file, position } => (Verdict::Missing, Some(file), position),
        BundleError::Disk { path, source: _ } => (Verdict::Missing, Some(path), None),
        BundleError::Another(_) => (Verdict::Missing, None, None),
        BundleError::Damaged(damaged) => {
            let broken = Finding::broken(Step::Read, what).file(&*damaged.file);
            // Wherever reading failed, the damage can be before it: a wrong length is noticed late.
            let Some((first, last)) = positions(&damaged.file) else { return broken };
            return broken.between(first, damaged.position.map_or(last, Position::get));
        }
        BundleError::Unlisted { file } => (Verdict::HistoryBroken, Some(file), None),
    };
    Finding { position, file, ..Finding::new(Step::Read, verdict, what) }
}
