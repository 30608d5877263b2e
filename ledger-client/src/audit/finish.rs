//! The end of an audit: what came of each step, what was not covered, and the report.

use ledger_proto::{Checkpoint, Frontier, Hash, Origin};

use super::{
    Audited, Options,
    figures::{Growing, Noted},
    finding::{Finding, Step, Verdict},
    report::{KeyUsed, Outcome, Report, Stepped},
    run::{Audit, Findings},
    say::{self, Shown, Signing},
};

const DAY_MS: i64 = 86_400_000;

/// How much was done in all, for the words of the report.
pub(super) struct Done<'a> {
    pub(super) options: &'a Options,
    pub(super) entries: u64,
    pub(super) of: u64,
    pub(super) replayed: u64,
    pub(super) checkpoints: u64,
    pub(super) signatures: u64,
    pub(super) elsewhere: u64,
    pub(super) seals: u64,
    pub(super) keys: &'a [KeyUsed],
    pub(super) noted: &'a Noted,
}

pub(super) fn finish(audit: Audit<'_>) -> Audited {
    let Audit { options, head, mut chain, mut replay, mut findings, journals } = audit;
    let mut found = Vec::new();
    let keys = chain.finish(&mut found);
    if head.size == 0 {
        found.push(Finding::missing(Step::Read, say::NO_ENTRIES));
    } else if chain.size() < head.size && findings.worst_of(Step::Read).is_none() {
        let first = chain.size().saturating_add(1);
        let missing = Finding::missing(Step::Read, say::entries_missing(first, head.size));
        found.push(missing.between(first, head.size));
    }
    let newest = replay.figures.newest();
    if let (Some(days), Some(newest)) = (options.max_age_days, newest) {
        let age = options.now.unix_ms().saturating_sub(newest.unix_ms());
        if age > i64::from(days).saturating_mul(DAY_MS) {
            found.push(Finding::missing(Step::Signatures, say::stale(newest, days)));
        }
    }
    for finding in found {
        findings.add(finding);
    }
    let whole = replay.replayed == head.size;
    let growing = std::mem::replace(&mut replay.figures, Growing::since(0));
    let (figures, months, noted) = growing.finish(replay.state().filter(|_| whole));
    let counted = chain.counted();
    let done = Done {
        options,
        entries: chain.size(),
        of: head.size,
        replayed: replay.replayed,
        checkpoints: counted.checkpoints,
        signatures: counted.signatures,
        elsewhere: counted.elsewhere,
        seals: replay.seals,
        keys: &keys,
        noted: &noted,
    };
    let mut report = report(&done, Some(&head.origin), &chain.root(), findings);
    report.newest_entry = newest.map(say::moment);
    report.keys.clone_from(&keys);
    (report.figures, report.months, report.noted) = (figures, months, noted);
    if let Some(journals) = journals {
        journals.finish(&mut report);
    }
    Audited { report, state: replay.into_state().filter(|_| whole) }
}

/// The report on a bundle that could not be opened.
pub(super) fn unopened(finding: Finding, options: &Options) -> Audited {
    let mut findings = Findings::default();
    findings.add(finding);
    let noted = Noted::default();
    let done = Done {
        options,
        entries: 0,
        of: 0,
        replayed: 0,
        checkpoints: 0,
        signatures: 0,
        elsewhere: 0,
        seals: 0,
        keys: &[],
        noted: &noted,
    };
    let report = report(&done, None, &Frontier::default().root(), findings);
    Audited { report, state: None }
}

fn report(done: &Done<'_>, origin: Option<&Origin>, root: &Hash, findings: Findings) -> Report {
    let verdict = findings.worst();
    let signed = match outcome(done, Step::Signatures, &findings) {
        Outcome::Held if done.entries == done.of => Signing::Whole,
        Outcome::Held | Outcome::Wrong | Outcome::NotDone => Signing::NotShown,
    };
    let point = |origin: &Origin| {
        let (origin, size, root) = (origin.clone(), done.entries, *root);
        Checkpoint { origin, size, root }.line().to_string()
    };
    let coop = origin.and_then(Origin::coop).map(|coop| coop.to_string());
    let step = |step: Step| Stepped {
        number: step.number(),
        step,
        outcome: outcome(done, step, &findings),
        how_much: say::how_much(done, step),
    };
    Report {
        verdict,
        exit_code: verdict.exit_code(),
        sentence: say::verdict(verdict, signed, Shown::ByTheService).to_owned(),
        signed,
        origin: origin.map(Origin::to_string).unwrap_or_default(),
        coop: coop.unwrap_or_default(),
        entries: done.entries,
        replayed: done.replayed,
        root: origin.map(|_| root.to_string()).unwrap_or_default(),
        root_line: origin.map(point).unwrap_or_default(),
        newest_entry: None,
        audited: say::moment(done.options.now),
        keys: Vec::new(),
        steps: Step::ALL.into_iter().map(step).collect(),
        findings: findings.kept,
        more_findings: findings.more,
        figures: None,
        months: Vec::new(),
        noted: Noted::default(),
        since: done.options.since.as_ref().map(super::Elsewhere::size),
        not_covered: say::not_covered(done).into_iter().chain(not_asked()).collect(),
    }
}

fn outcome(done: &Done<'_>, step: Step, findings: &Findings) -> Outcome {
    match findings.worst_of(step) {
        Some(Verdict::HistoryBroken | Verdict::RuleBroken | Verdict::ShownDiffers) => {
            return Outcome::Wrong;
        }
        Some(Verdict::Missing) => return Outcome::NotDone,
        Some(Verdict::Verified) | None => {}
    }
    let all = done.of > 0 && done.entries == done.of;
    let through = match step {
        Step::Read => all,
        Step::Reckon => all && done.checkpoints > 0,
        Step::Signatures => done.signatures > 0,
        Step::OtherRoads => !done.options.also.is_empty(),
        Step::Rules => all && done.replayed == done.of,
        Step::Seals => done.seals > 0 && done.replayed == done.of,
        // Those who did these say so themselves.
        Step::Against | Step::Journals => false,
        Step::NotCovered => true,
        Step::Since => done.options.since.is_some(),
    };
    if through { Outcome::Held } else { Outcome::NotDone }
}

/// What is only done when it is asked for; whoever does it takes the sentence away.
fn not_asked() -> impl Iterator<Item = String> {
    Step::ALL.into_iter().filter_map(say::unasked).map(str::to_owned)
}
