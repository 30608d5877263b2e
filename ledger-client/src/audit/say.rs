//! Every sentence of an audit but those of the rules, which stand with them: so that another language can follow.

use ledger_core::{Position, Timestamp};
use ledger_proto::{NoteError, Origin};

use super::{
    figures::{Figures, Noted},
    finding::{Finding, Rule, Step, Verdict},
    finish::Done,
    report::{Outcome, Report, Stepped},
};
use crate::typed::{say_minutes, say_money};

pub(super) const NO_KEY: &str = "there is no key by which a signature could be checked";
pub(super) const KEY_OF_ANOTHER_LOG: &str = "a key in it belongs to another log";
pub(super) const ROTATED_FROM_ANOTHER: &str =
    "the key is changed from one that did not sign until then";
pub(super) const ROTATION_UNSIGNED: &str = "the change of keys is not signed by both keys";
pub(super) const ROTATED_TO_NO_KEY: &str = "the key is changed to something that is no key";
pub(super) const OTHER_KEYS: &str =
    "the keys that come with it are not the first one and those that its entries brought";
pub(super) const NOT_PINNED: &str = "it was signed by none of the keys that you gave";
pub(super) const NO_ENTRIES: &str = "it has no entries: there is nothing to audit";

/// Whether something that came by another road was signed by a key of this log.
#[derive(Clone, Copy)]
pub(super) enum Signed {
    ByThisLog,
    ByNobodyKnown,
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
    let by = match signed {
        Signed::ByThisLog => "which a key of this log signed",
        Signed::ByNobodyKnown => "which no key of this log signed",
    };
    format!("{name}, {by}, has another history of the first {size} entries")
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
pub fn verdict(verdict: Verdict) -> &'static str {
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
        Verdict::RuleBroken => {
            "Broken: the history is the one that was signed, and an entry in it breaks a rule of the ledger."
        }
        Verdict::ShownDiffers => {
            "Wrong figures: the history is sound, and the service shows balances that do not follow from it."
        }
    }
}

/// How much was done in a step.
pub(super) fn how_much(done: &Done<'_>, step: Step) -> String {
    let Done { entries, of, replayed, checkpoints, signatures, elsewhere, seals, .. } = done;
    match step {
        Step::Read if entries == of => format!("{entries} entries"),
        Step::Read => format!("{entries} of {of} entries"),
        Step::Reckon => format!("{entries} entries, {checkpoints} checkpoints"),
        Step::Signatures => {
            let pinned = done.keys.iter().filter(|key| key.pinned).count();
            let keys = done.keys.len();
            format!("{signatures} signatures by {keys} key(s), {pinned} of them known beforehand")
        }
        Step::OtherRoads => format!("{elsewhere} compared"),
        Step::Rules => format!("{replayed} of {of} entries replayed"),
        Step::Seals => format!("{seals} seals"),
        Step::Against | Step::Journals => String::new(),
        Step::NotCovered => "see below".to_owned(),
        Step::Since => done.options.since.as_ref().map_or_else(String::new, |since| {
            format!("{} entries had been audited; all were replayed again", since.size())
        }),
    }
}

/// What was not covered, each in a sentence.
pub(super) fn not_covered(done: &Done<'_>) -> Vec<String> {
    let mut said = Vec::new();
    let mut say = |sentence: &str| said.push(sentence.to_owned());
    if done.entries < done.of || done.of == 0 {
        say("The history could not be read to its end.");
    }
    if done.replayed < done.entries {
        say("The history could not be replayed to its end: figures are left out.");
    }
    if done.elsewhere == 0 {
        say(
            "No checkpoint came by another road (the minutes of a meeting, a member's receipt). So whoever holds the key \
             could have written another history and signed that; and the newest entries could have been left out.",
        );
    }
    if !done.keys.iter().any(|key| key.pinned) {
        say(
            "No key was known beforehand: the keys came with the history. Compare their ids with what the co-op has \
             published.",
        );
    }
    if done.options.max_age_days.is_none() {
        say("How old the newest entry may be was not said, so its age was not judged.");
    }
    if done.seals == 0 {
        say("The log holds no seal of its accounts.");
    }
    said.extend(noted(done.noted));
    said.extend(ALWAYS.map(str::to_owned));
    said
}

/// What breaks no rule, and is to be looked at by people.
fn noted(noted: &Noted) -> impl Iterator<Item = String> {
    let Noted { losses_accepted, imported, back_dated, reversals, below_floor, .. } = noted;
    let counted = [
        (losses_accepted, "times the operator went on without entries that had been lost"),
        (
            imported,
            "entries came out of an import, recorded by one officer without a second person",
        ),
        (
            back_dated,
            "entries were recorded more than 31 days after they are said to have happened",
        ),
        (reversals, "entries reverse another one"),
        (below_floor, "reversals took somebody below the floor"),
        (&noted.exchanged_vouchers, "vouchers were given for hours: ask which minute decided that"),
        (&noted.confirmed_by_time, "entries count hours that nobody confirmed in time"),
    ];
    let some = counted.into_iter().filter(|(some, _)| some.count > 0);
    let sentences: Vec<String> = some
        .map(|(some, what)| {
            let first: Vec<String> = some.first.iter().take(5).map(u64::to_string).collect();
            let more = if some.count > 5 { " and so on" } else { "" };
            format!("For people to judge: {} {what} ({}{more}).", some.count, first.join(", "))
        })
        .collect();
    sentences.into_iter()
}

/// What no audit of a log covers.
const ALWAYS: [&str; 2] = [
    "Names, addresses and notes are not in the history, and were not looked at.",
    "Whether what was recorded did happen, no audit of a log can say: it says who recorded it, and who confirmed it.",
];

/// What is said where the service was not asked.
pub(super) const NOT_AGAINST: &str =
    "What the running service shows was not compared with the history (--against).";
/// What is said where no journals were written.
pub(super) const NO_JOURNALS: &str =
    "No journals were written for accounting programs (--journals).";

/// The report as lines, for a terminal.
pub fn lines(report: &Report) -> Vec<String> {
    let mut lines = vec![report.sentence.clone(), String::new()];
    for Stepped { number, step: which, outcome, how_much } in &report.steps {
        let outcome = match outcome {
            Outcome::Held => "ok   ",
            Outcome::Wrong => "WRONG",
            Outcome::NotDone => "-    ",
        };
        let how_much = if how_much.is_empty() { String::new() } else { format!(": {how_much}") };
        lines.push(format!("{number:>2}  {outcome}  {}{how_much}", step(*which)));
    }
    if !report.findings.is_empty() {
        lines.extend([String::new(), "What is wrong:".to_owned()]);
        lines.extend(report.findings.iter().map(|one| format!("  {}", finding(one))));
    }
    if report.more_findings > 0 {
        lines.push(format!("  and {} more.", report.more_findings));
    }
    lines.extend([String::new(), "What was not covered:".to_owned()]);
    lines.extend(report.not_covered.iter().map(|sentence| format!("  {sentence}")));
    if let Some(figures) = &report.figures {
        lines.push(String::new());
        lines.extend(amounts(figures).into_iter().map(|(name, is)| format!("{name:<42}{is:>28}")));
    }
    let newest = report.newest_entry.as_deref().unwrap_or("none");
    lines.extend([
        String::new(),
        format!("log         {}", report.origin),
        format!("entries     {}, the newest of {newest}", report.entries),
        format!("root        {}", report.root_line),
    ]);
    lines.extend(report.keys.iter().map(|key| format!("key         {}", key.id)));
    lines
}

/// The figures, each with its name.
pub fn amounts(figures: &Figures) -> Vec<(String, String)> {
    let minutes = [
        ("Hours banked", figures.banked_minutes),
        ("Hours redeemed (respite delivered)", figures.redeemed_minutes),
        ("Hours in members' accounts", figures.member_minutes),
        ("Hours held for promises", figures.held_minutes),
        ("Hours in the community pot", figures.pot_minutes),
    ];
    let pence = [
        ("Cash received", figures.cash_in_pence),
        ("Cash spent", figures.cash_out_pence),
        ("Gifts in kind, reckoned to be worth", figures.in_kind_valued_pence),
    ];
    let counts = [
        ("Members taking part", figures.members_taking_part),
        ("Vouchers issued", figures.vouchers_issued),
        ("Vouchers redeemed", figures.vouchers_redeemed),
        ("Vouchers cancelled", figures.vouchers_cancelled),
        ("Vouchers lapsed", figures.vouchers_lapsed),
        ("Vouchers open", figures.vouchers_open),
    ];
    let minutes = minutes.map(|(name, is)| (name.to_owned(), say_minutes(is)));
    let pence = pence.map(|(name, is)| (name.to_owned(), say_money(is)));
    let counts = counts.map(|(name, is)| (name.to_owned(), is.to_string()));
    let funds = figures.funds.iter();
    let funds = funds.map(|fund| (format!("Fund {}", fund.title), say_money(fund.pence)));
    minutes.into_iter().chain(pence).chain(funds).chain(counts).collect()
}
