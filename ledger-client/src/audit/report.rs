//! What an audit comes to, for programs and for the page that people read.

use serde::Serialize;

use super::{
    figures::{Figures, Month, Noted},
    finding::{Finding, Step, Verdict},
    say::{self, Shown, Signing},
};

/// What came of one step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// Done, and nothing was wrong.
    Held,
    /// Done, and something was wrong.
    Wrong,
    /// Not done, or not to its end.
    NotDone,
}

/// One step of an audit.
#[derive(Clone, Debug, Serialize)]
pub struct Stepped {
    /// Its number, from 1.
    pub number: u8,
    /// Which one.
    pub step: Step,
    /// What came of it.
    pub outcome: Outcome,
    /// How much was done, in a few words.
    pub how_much: String,
}

/// A key that signed checkpoints of the log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct KeyUsed {
    /// Its id, eight hexadecimal digits, as it stands before each signature.
    pub id: String,
    /// The whole verifier key.
    pub key: String,
    /// The size from which it signs.
    pub from: u64,
    /// The last size for which it signs. Nothing: it still does.
    pub through: Option<u64>,
    /// How many checkpoints it signed.
    pub checkpoints: u64,
    /// Whether the auditor knew it beforehand.
    pub pinned: bool,
}

/// What an audit comes to.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// The verdict.
    pub verdict: Verdict,
    /// The exit code that goes with it.
    pub exit_code: u8,
    /// The verdict, in a sentence.
    pub sentence: String,
    /// The identity of the log.
    pub origin: String,
    /// The co-op.
    pub coop: String,
    /// How many entries were there to be read.
    pub entries: u64,
    /// How many of them were replayed.
    pub replayed: u64,
    /// The root over them, 64 hexadecimal digits.
    pub root: String,
    /// The line that can be typed, for the minutes of a meeting.
    pub root_line: String,
    /// When the newest entry was recorded.
    pub newest_entry: Option<String>,
    /// When the audit was made.
    pub audited: String,
    /// The keys that signed, in order.
    pub keys: Vec<KeyUsed>,
    /// The steps, in order.
    pub steps: Vec<Stepped>,
    /// What is wrong, in the order in which it was found.
    pub findings: Vec<Finding>,
    /// How many more were found than are listed.
    pub more_findings: u64,
    /// What the books come to.
    pub figures: Option<Figures>,
    /// Hours by month of occurrence, of the part that is reported on.
    pub months: Vec<Month>,
    /// What an auditor may want to look at, of the part that is reported on.
    pub noted: Noted,
    /// What was audited before: so many entries. The months and what is noted are of what came after.
    pub since: Option<u64>,
    /// What was not covered, in sentences.
    pub not_covered: Vec<String>,
    /// Whether the history was shown to be signed, to its end.
    #[serde(skip)]
    pub(super) signed: Signing,
}

impl Report {
    /// Adds what was found after the entries had been read.
    pub(super) fn add(&mut self, finding: Finding) {
        self.verdict = self.verdict.first(finding.verdict);
        self.exit_code = self.verdict.exit_code();
        self.findings.push(finding);
        let by_service = self.worst_of(Step::Against) == Some(Verdict::ShownDiffers);
        let shown = if by_service { Shown::ByTheService } else { Shown::ByAProgram };
        say::verdict(self.verdict, self.signed, shown).clone_into(&mut self.sentence);
    }

    fn worst_of(&self, step: Step) -> Option<Verdict> {
        let of_step = self.findings.iter().filter(|finding| finding.step == step);
        of_step.map(|finding| finding.verdict).reduce(Verdict::first)
    }

    /// Says what came of a step that is only done when it is asked for.
    pub(super) fn stepped(&mut self, which: Step, how_much: &str) {
        let worst = self.worst_of(which);
        for stepped in self.steps.iter_mut().filter(|stepped| stepped.step == which) {
            stepped.outcome = match worst {
                None | Some(Verdict::Verified) => Outcome::Held,
                Some(Verdict::Missing) => Outcome::NotDone,
                Some(Verdict::HistoryBroken | Verdict::RuleBroken | Verdict::ShownDiffers) => {
                    Outcome::Wrong
                }
            };
            how_much.clone_into(&mut stepped.how_much);
        }
        self.not_covered.retain(|sentence| say::unasked(which) != Some(sentence));
    }
}
