//! What a report says of an audit as a whole: how much was done, what was not covered, the figures, and the words of the
//! page.

use crate::{
    audit::{
        figures::{Figures, Noted},
        finding::Step,
        finish::Done,
        report::{Outcome, Report, Stepped},
        say::{finding, step},
    },
    typed::{say_minutes, say_money},
};

/// How much was done in a step.
pub(in crate::audit) fn how_much(done: &Done<'_>, step: Step) -> String {
    let Done { entries, of, replayed, checkpoints, signatures, elsewhere, seals, .. } = done;
    match step {
        Step::Read if entries == of => format!("{entries} entries"),
        Step::Read => format!("{entries} of {of} entries"),
        Step::Reckon => format!("{entries} entries, {checkpoints} checkpoints"),
        Step::Signatures => {
            let pinned = done.keys.iter().filter(|key| key.pinned).count();
            let keys = done.keys.len();
            format!("{signatures} signatures; keys: {keys}, known beforehand: {pinned}")
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
pub(in crate::audit) fn not_covered(done: &Done<'_>) -> Vec<String> {
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

/// What is said of a step that is only done when it is asked for.
pub(in crate::audit) fn unasked(step: Step) -> Option<&'static str> {
    match step {
        Step::Against => Some(NOT_AGAINST),
        Step::Journals => Some(NO_JOURNALS),
        Step::Read
        | Step::Reckon
        | Step::Signatures
        | Step::OtherRoads
        | Step::Rules
        | Step::Seals
        | Step::NotCovered
        | Step::Since => None,
    }
}

/// What is said where the service was not asked.
pub(in crate::audit) const NOT_AGAINST: &str =
    "What the running service shows was not compared with the history (--against).";
/// What is said where no journals were written.
pub(in crate::audit) const NO_JOURNALS: &str =
    "No journals were written for accounting programs (--journals).";

/// The report as lines, for a terminal.
pub fn lines(report: &Report) -> Vec<String> {
    let mut lines = vec![report.sentence.clone(), String::new()];
    let steps = report.steps.iter().filter(|stepped| stepped.step != Step::NotCovered);
    for Stepped { number, step: which, outcome, how_much } in steps {
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

/// The words of the page that people read.
pub(in crate::audit) mod page {
    pub(in crate::audit) const LANGUAGE: &str = "en";
    pub(in crate::audit) const CHECKED: &str = "What was checked";
    pub(in crate::audit) const WRONG: &str = "What is wrong";
    pub(in crate::audit) const FIGURES: &str = "The figures, as the history gives them";
    pub(in crate::audit) const MONTHS: &str = "Hours by month";
    pub(in crate::audit) const MONTH: &str = "Month";
    pub(in crate::audit) const BANKED: &str = "Banked";
    pub(in crate::audit) const REDEEMED: &str = "Redeemed";
    pub(in crate::audit) const EARLIER: &str = "Earlier";
    pub(in crate::audit) const NOT_COVERED: &str = "What this audit does not say";
    pub(in crate::audit) const MINUTES: &str = "For the minutes of the meeting";
    pub(in crate::audit) const DONE: &str = "In order";
    pub(in crate::audit) const AMISS: &str = "Wrong";
    pub(in crate::audit) const LEFT: &str = "Not done";
    pub(in crate::audit) const NO_HOURS: &str = "No hours were banked or redeemed.";
    pub(in crate::audit) const EXPLAINED: &str = "Hours banked are help that was given and counted; hours redeemed are respite that was delivered. Both stand in the \
         month in which they happened.";
    pub(in crate::audit) const COPY: &str = "Copy this line into the minutes. Whoever has it can later prove that nothing before it was changed:";

    const NAMES: [&str; 12] =
        ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

    /// A month that is written YYYY-MM.
    pub(in crate::audit) fn month(written: &str) -> String {
        let (year, month) = written.split_once('-').unwrap_or((written, ""));
        let name = month.parse::<usize>().ok().and_then(|month| NAMES.get(month.checked_sub(1)?));
        name.map_or_else(|| written.to_owned(), |name| format!("{name} {year}"))
    }

    pub(in crate::audit) fn title(coop: &str) -> String {
        format!("Audit of the Care Store of {coop}")
    }

    pub(in crate::audit) fn made(audited: &str, entries: u64, newest: &str) -> String {
        format!("Made on {audited}, of {entries} entries; the newest was recorded on {newest}.")
    }

    pub(in crate::audit) fn since(entries: u64) -> String {
        format!(
            "The first {entries} entries had been audited before. All were replayed again; the months and what people should \
             look at are of what came after."
        )
    }

    pub(in crate::audit) fn more(findings: u64) -> String {
        format!("And {findings} more of the kind.")
    }

    pub(in crate::audit) fn chart(first: &str, last: &str) -> String {
        format!(
            "Two bars for each month from {first} to {last}: hours banked, and below it hours redeemed. The same figures stand in the table."
        )
    }

    pub(in crate::audit) fn key(id: &str, from: u64, known: &str) -> String {
        match from {
            0 => format!("Signed by key {id}{known}."),
            from => format!("From entry {from} on signed by key {id}{known}."),
        }
    }

    pub(in crate::audit) const KNOWN: &str = ", which the auditor knew beforehand";
}
