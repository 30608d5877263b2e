//! What an audit can find, and what that means for whoever asked for it.

use ledger_core::Position;
use serde::{Serialize, Serializer};

/// How bad it is. In the order in which an auditor acts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Everything that could be checked is as it must be.
    Verified,
    /// Something that the audit needs is missing: nothing is proved, and nothing is disproved.
    Missing,
    /// The history is not the one that was signed.
    HistoryBroken,
    /// The history breaks a rule of the ledger.
    RuleBroken,
    /// A balance was shown that does not follow from the history, or an accounting program does not take its journal.
    ShownDiffers,
}

impl Verdict {
    /// The exit code of the program.
    pub const fn exit_code(self) -> u8 {
        match self {
            Self::Verified => 0,
            Self::Missing => 10,
            Self::HistoryBroken => 20,
            Self::RuleBroken => 30,
            Self::ShownDiffers => 40,
        }
    }

    /// The one to act on first: of what is broken the history before a rule before a figure, and what is missing last.
    #[must_use]
    pub fn first(self, other: Verdict) -> Verdict {
        let rank = |verdict| match verdict {
            Self::HistoryBroken => 0,
            Self::RuleBroken => 1,
            Self::ShownDiffers => 2,
            Self::Missing => 3,
            Self::Verified => 4,
        };
        if rank(other) < rank(self) { other } else { self }
    }
}

/// The steps of an audit, as they are counted in what the project promises of its proofs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Step {
    /// Every file and every entry is read strictly.
    Read,
    /// Every leaf, every node and every checkpoint is reckoned again.
    Reckon,
    /// Signatures, keys, and how old the newest checkpoint is.
    Signatures,
    /// What came by another road.
    OtherRoads,
    /// The rules of the ledger, entry by entry.
    Rules,
    /// The seals of the state.
    Seals,
    /// What the live service shows.
    Against,
    /// Journals for accounting programs.
    Journals,
    /// What was not covered.
    NotCovered,
    /// What has been audited before.
    Since,
}

impl Step {
    /// All of them, in order.
    pub const ALL: [Step; 10] = [
        Step::Read,
        Step::Reckon,
        Step::Signatures,
        Step::OtherRoads,
        Step::Rules,
        Step::Seals,
        Step::Against,
        Step::Journals,
        Step::NotCovered,
        Step::Since,
    ];

    /// Its number, from 1.
    pub const fn number(self) -> u8 {
        match self {
            Self::Read => 1,
            Self::Reckon => 2,
            Self::Signatures => 3,
            Self::OtherRoads => 4,
            Self::Rules => 5,
            Self::Seals => 6,
            Self::Against => 7,
            Self::Journals => 8,
            Self::NotCovered => 9,
            Self::Since => 10,
        }
    }
}

/// The rules that the auditor checks on its own, beside the shared replay.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Rule {
    /// The shared replay: what an entry says must be possible after those before it.
    Replay,
    /// What goes out of one account goes into another.
    Conservation,
    /// Nobody is taken below the floor, but by a reversal that says so.
    Floor,
    /// No fund, pot, stock or hold goes below zero.
    NotBelowZero,
    /// What falls due is recorded, in order, before anything later; and nothing by time before its time.
    Due,
    /// Times and prices are set as the policy of the day says.
    Terms,
    /// Logged hours come to what was logged.
    Hours,
    /// A hold is resolved as it was made.
    Respite,
    /// A voucher is resolved as it was issued.
    Vouchers,
    /// Requests, and the times of their ids.
    Requests,
    /// Each entry is judged by the policy that was in force.
    PolicyVersion,
    /// The day on which something happened.
    Dates,
    /// Who may do what.
    Authority,
    /// Nobody confirms what they logged themselves, and no officer acts in a matter of their own.
    AnotherPerson,
    /// Whoever an entry is about takes part, and whatever it is about is there.
    TakesPart,
    /// A reversal mirrors its entry.
    Reversals,
    /// Nobody leaves with hours, or with promises open.
    Leaving,
    /// No more a day and giver, or vouchers a person and year, than the policy allows.
    Caps,
    /// A seal says what the accounts come to.
    Seal,
    /// A loss that was accepted ends the log where the entry stands that says so.
    Losses,
}

impl Rule {
    /// All of them.
    pub const ALL: &'static [Rule] = &[
        Rule::Replay,
        Rule::Conservation,
        Rule::Floor,
        Rule::NotBelowZero,
        Rule::Due,
        Rule::Terms,
        Rule::Hours,
        Rule::Respite,
        Rule::Vouchers,
        Rule::Requests,
        Rule::PolicyVersion,
        Rule::Dates,
        Rule::Authority,
        Rule::AnotherPerson,
        Rule::TakesPart,
        Rule::Reversals,
        Rule::Leaving,
        Rule::Caps,
        Rule::Seal,
        Rule::Losses,
    ];
}

/// Something that is wrong.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// Which step found it.
    pub step: Step,
    /// What it means.
    pub verdict: Verdict,
    /// The rule, where it is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rule: Option<Rule>,
    /// The first position at which something is wrong, or can be.
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "number")]
    pub position: Option<Position>,
    /// The last position at which it can be, where only a range is known.
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "number")]
    pub through: Option<Position>,
    /// The file, where it is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    /// What is wrong, as a sentence without its end.
    pub what: String,
}

#[allow(clippy::ref_option, reason = "serde asks for it")]
fn number<S: Serializer>(position: &Option<Position>, serializer: S) -> Result<S::Ok, S::Error> {
    position.map(Position::get).serialize(serializer)
}

impl Finding {
    /// Something that is wrong, at no position in particular.
    pub fn new(step: Step, verdict: Verdict, what: impl Into<String>) -> Finding {
        let (rule, position, through, file) = (None, None, None, None);
        Finding { step, verdict, rule, position, through, file, what: what.into() }
    }

    /// The history is broken.
    pub fn broken(step: Step, what: impl Into<String>) -> Finding {
        Finding::new(step, Verdict::HistoryBroken, what)
    }

    /// Something is missing.
    pub fn missing(step: Step, what: impl Into<String>) -> Finding {
        Finding::new(step, Verdict::Missing, what)
    }

    /// An entry breaks a rule.
    pub fn rule(step: Step, rule: Rule, at: Position, what: impl Into<String>) -> Finding {
        let broken = Finding::new(step, Verdict::RuleBroken, what).at(at);
        Finding { rule: Some(rule), ..broken }
    }

    /// The same, at a position.
    #[must_use]
    pub fn at(self, position: Position) -> Finding {
        Finding { position: Some(position), ..self }
    }

    /// The same, somewhere between two positions.
    #[must_use]
    pub fn between(self, first: u64, last: u64) -> Finding {
        let (first, last) = (Position::new(first), Position::new(last));
        Finding { position: Some(first), through: Some(last), ..self }
    }

    /// The same, in a file.
    #[must_use]
    pub fn file(self, file: impl Into<String>) -> Finding {
        Finding { file: Some(file.into()), ..self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_broken_comes_before_what_is_missing() {
        let worst = |verdicts: &[Verdict]| {
            let worst = verdicts.iter().copied().fold(Verdict::Verified, Verdict::first);
            let other_way = verdicts.iter().rev().copied().fold(Verdict::Verified, Verdict::first);
            assert_eq!(worst, other_way);
            worst.exit_code()
        };
        let (missing, shown) = (Verdict::Missing, Verdict::ShownDiffers);
        assert_eq!(worst(&[]), 0);
        assert_eq!(worst(&[missing]), 10);
        assert_eq!(worst(&[missing, shown]), 40);
        assert_eq!(worst(&[shown, Verdict::RuleBroken, missing]), 30);
        assert_eq!(worst(&[missing, Verdict::RuleBroken, Verdict::HistoryBroken, shown]), 20);
    }

    #[test]
    fn steps_are_counted_from_one() {
        let numbers: Vec<u8> = Step::ALL.iter().map(|step| step.number()).collect();
        assert_eq!(numbers, (1..=10).collect::<Vec<u8>>());
    }
}
