//! Every sentence of an audit but those of the rules, which stand with them: so that another language can follow.

mod report;

use ledger_core::{Position, Timestamp};
use ledger_proto::{NoteError, Origin};

pub use report::{amounts, lines};
pub(super) use report::{how_much, not_covered, page, unasked};

use super::finding::{Finding, Rule, Step, Verdict};

pub(super) const NO_KEY: &str = "there is no key by which a signature could be checked";
pub(super) const KEY_OF_ANOTHER_LOG: &str = "a key in it belongs to another log";
pub(super) const ROTATED_FROM_ANOTHER: &str =
    "the key is changed from one that did not sign until then";
pub(super) const ROTATION_UNSIGNED: &str = "the change of keys is not signed by both keys";
pub(super) const ROTATED_TO_NO_KEY: &str = "the key is changed to something that is no key";
pub(super) const OTHER_KEYS: &str =
    "the keys that come with it are not the first one and those that its entries brought";
pub(super) const NOT_PINNED: &str = "it was signed by none of the keys that you gave";
const PROVES_NOTHING: &str = ", and no key that is known of this log signed it: anybody can make that, so it proves nothing. \
     Compare its key with the one that the co-op has published";
pub(super) const NEWER_SEAL: &str = "a newer program sealed this; audit with that";
pub(super) const NO_ENTRIES: &str = "it has no entries: there is nothing to audit";

/// By whom something that came by another road was signed.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Signed {
    ByThisLog,
    ByNobodyKnown,
    /// It is a line that was typed.
    Typed,
}

/// How much of the history was shown to be signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Signing {
    Whole,
    NotShown,
}

/// Who showed other figures than the history comes to.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Shown {
    ByTheService,
    ByAProgram,
}

pub(super) fn checkpoint(number: u64) -> String {
    format!("checkpoint {number}")
}

pub(super) fn note_unread(number: u64, wrong: NoteError) -> String {
    format!("checkpoint {number} cannot be read: {wrong}")
}

pub(super) fn note_of_another_log(number: u64, origin: &Origin) -> String {
    format!("checkpoint {number} is of another log, {origin}")
}

pub(super) fn larger(name: &str, claimed: u64, size: u64) -> String {
    format!(
        "{name} is of {claimed} entries, and the history given here ends at {size}: entries were cut off, or an older copy \
         is shown"
    )
}

/// The same of something that came by another road.
pub(super) fn larger_elsewhere(name: &str, claimed: u64, size: u64, signed: Signed) -> String {
    let what = larger(name, claimed, size);
    match signed {
        Signed::ByThisLog => what,
        Signed::Typed => format!("{what}; check the number of the line first"),
        Signed::ByNobodyKnown => format!("{name} is of {claimed} entries{PROVES_NOTHING}"),
    }
}

pub(super) fn twice(number: u64) -> String {
    format!("checkpoint {number} is of the same size as the one before it")
}

pub(super) fn of_nothing(number: u64) -> String {
    format!("checkpoint {number} is of no entries, and no log signs that")
}

pub(super) fn out_of_order(number: u64) -> String {
    format!("checkpoint {number} is smaller than the one before it")
}

pub(super) fn two_roots(size: u64) -> String {
    format!("the log signed two different histories of {size} entries")
}

pub(super) fn unsigned_tail(newest: u64, size: u64) -> String {
    match newest {
        0 => format!("there is no signed checkpoint for any of the {size} entries"),
        _ => format!("the newest signed checkpoint is for {newest} of {size} entries"),
    }
}

pub(super) fn elsewhere_of_another_log(
    name: &str,
    origin: Option<&Origin>,
    here: &Origin,
) -> String {
    let origin = origin.map_or("", Origin::as_str);
    format!("{name} is of the log {origin}, and this is {here}")
}

pub(super) fn other_beginning(origin: &Origin) -> String {
    format!("the first entry is not the one with which {origin} begins")
}

pub(super) fn other_root(size: u64) -> String {
    format!("the entries do not come to what was signed for the first {size} of them")
}

pub(super) fn elsewhere_differs(name: &str, size: u64, signed: Signed) -> String {
    let other = format!("has another history of the first {size} entries");
    match signed {
        Signed::ByThisLog => format!("{name}, which a key of this log signed, {other}"),
        Signed::ByNobodyKnown => format!("{name} {other}{PROVES_NOTHING}"),
        Signed::Typed => format!("{name} {other}; check the line for slips first"),
    }
}

pub(super) fn signed_by_wrong_key(size: u64) -> String {
    format!(
        "the checkpoint of {size} entries is signed by a key that was not the log's at that size"
    )
}

pub(super) fn not_signed(size: u64, wrong: NoteError) -> String {
    format!("the checkpoint of {size} entries is not to be believed: {wrong}")
}

pub(super) fn not_reached(name: &str, size: u64) -> String {
    format!("{name} could not be compared: the first {size} entries are not all there")
}

pub(super) fn stale(newest: Timestamp, days: u32) -> String {
    format!("the newest entry is of {}, which is more than {days} days ago", moment(newest))
}

pub(super) fn entry_unread(wrong: &str) -> String {
    format!("it cannot be read as an entry ({wrong}); a newer program may know more kinds")
}

pub(super) fn misplaced(says: Position) -> String {
    format!("it says that it is entry {says}")
}

pub(super) fn replay_stopped(wrong: &str) -> String {
    format!("{wrong}; what comes after it could not be replayed")
}

pub(super) fn not_next(first: u64) -> String {
    format!("entry {first} comes where this one should")
}

pub(super) fn beyond(size: u64) -> String {
    format!("more entries came than the {size} that there are said to be: nobody signed these")
}

pub(super) fn entries_missing(first: u64, last: u64) -> String {
    format!("entries {first} to {last} are missing")
}

pub(super) const WRONG_SEAL: &str = "seals accounts that do not stand so";

/// A moment, to the minute.
pub(super) fn moment(at: Timestamp) -> String {
    let time = chrono::DateTime::from_timestamp_millis(at.unix_ms());
    time.map_or_else(|| at.day().to_string(), |time| time.format("%Y-%m-%d %H:%M UTC").to_string())
}

/// What a finding says, as a whole sentence.
pub fn finding(finding: &Finding) -> String {
    let place = match (finding.rule, finding.position, finding.through, &finding.file) {
        (Some(Rule::Replay), ..) => String::new(),
        (Some(_), Some(at), ..) => format!("entry {at} "),
        (_, Some(first), Some(last), _) if first != last => {
            format!("between entries {first} and {last}: ")
        }
        (_, Some(at), _, None) => format!("entry {at}: "),
        (.., Some(file)) if !finding.what.starts_with(&**file) => format!("{file}: "),
        _ => String::new(),
    };
    format!("{place}{}.", finding.what)
}

/// What was done in a step.
pub fn step(step: Step) -> &'static str {
    match step {
        Step::Read => "Every file and every entry was read strictly",
        Step::Reckon => "Every fingerprint of the history was reckoned again",
        Step::Signatures => "Signatures, keys and age",
        Step::OtherRoads => "Compared with what reached you another way",
        Step::Rules => "Every entry was replayed and judged by the rules of its day",
        Step::Seals => "Every seal of the accounts was reckoned again",
        Step::Against => "Compared with what the service shows",
        Step::Journals => "Journals for accounting programs",
        Step::NotCovered => "What was not covered",
        Step::Since => "What had been audited before",
    }
}

/// The verdict in one sentence.
pub(super) fn verdict(verdict: Verdict, signed: Signing, shown: Shown) -> &'static str {
    match verdict {
        Verdict::Verified => {
            "Verified: the history is whole and signed, every entry keeps the rules, and every balance follows from it."
        }
        Verdict::Missing => {
            "Not verified: something that the audit needs is missing. Nothing was found to be wrong."
        }
        Verdict::HistoryBroken => {
            "Broken: this is not the history that was signed. Keep what you have, and ask the co-op for an explanation."
        }
        Verdict::RuleBroken => match signed {
            Signing::Whole => {
                "Broken: the history is the one that was signed, and an entry in it breaks a rule of the ledger."
            }
            Signing::NotShown => {
                "Broken: an entry breaks a rule of the ledger. Whether all of this history was signed could not be shown."
            }
        },
        Verdict::ShownDiffers => match (shown, signed) {
            (Shown::ByTheService, Signing::Whole) => {
                "Wrong figures: the history is sound, and the service shows balances that do not follow from it."
            }
            (Shown::ByTheService, Signing::NotShown) => {
                "Wrong figures: the service shows balances that do not follow from this history. Whether all of it was signed \
                 could not be shown."
            }
            (Shown::ByAProgram, Signing::Whole | Signing::NotShown) => {
                "Not agreed: nothing was found to be wrong with the entries, and an accounting program does not take the \
                 journal that was written from them. What it said stands below; an old version of it can be why."
            }
        },
    }
}

pub(super) const SERVICE_BEHIND: &str =
    "the service does not have all of these entries: it was set back, or another one answers";

pub(super) fn service_silent(error: &str) -> String {
    format!("what the service shows could not be compared: {error}")
}

pub(super) fn shown(name: &str, shown: i64, reckoned: i64) -> String {
    format!("{name} is shown as {shown}, and comes to {reckoned} by the history")
}

pub(super) fn not_shown(name: &str) -> String {
    format!("{name} is not shown by the service, and is in the history")
}

pub(super) fn compared(figures: usize, position: u64) -> String {
    format!("{figures} figures, as of entry {position}")
}

pub(super) fn journals(written: &str, ran: &[&str], refused: &[&str]) -> String {
    match (ran, refused) {
        ([], []) => format!("written to {written}; none of the three programs is installed here"),
        (ran, []) => format!("written to {written}, and checked by {}", ran.join(", ")),
        (_, refused) => format!("written to {written}, and refused by {}", refused.join(", ")),
    }
}

pub(super) fn journal_refused(program: &str, said: &str) -> String {
    let said = said.split_whitespace().collect::<Vec<_>>().join(" ");
    let said: String = said.chars().take(300).collect();
    format!("{program} does not take its journal: {said}")
}

pub(super) fn journal_unwritten(error: &std::io::Error) -> String {
    format!("the journals could not be written: {error}")
}
