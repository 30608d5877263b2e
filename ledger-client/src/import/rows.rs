//! What each kind of row says has happened: one row, one or two steps.

use std::collections::BTreeSet;

use ledger_proto::v1::import_step::Step;
use ledger_proto::v1::{
    Card, ImportHours, ImportMember, ImportPledge, ImportRespiteAsked, ImportRespiteOutcome,
    ImportRespiteSettled, ImportUnreadable, ImportVoucherIssued, ImportVoucherOutcome,
    ImportVoucherSettled, VoucherReason,
};

use super::row::Row;
use super::sheet::{Layout, Sheet, SheetRow};
use crate::typed::Slip;
use crate::words::{self, plain};

mod store;

/// Where a step stands among those of one day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Turn {
    Unreadable,
    Member,
    Received,
    Hours,
    RespiteAsked,
    RespiteSettled,
    VoucherIssued,
    VoucherSettled,
    Spent,
}

/// A step that has no number among its twins yet.
#[derive(Clone, Debug)]
pub(super) struct Draft {
    pub(super) turn: Turn,
    pub(super) date: String,
    pub(super) text: String,
    pub(super) step: Step,
}

impl Draft {
    /// `cells` are those that the step rests on: normalised, and without the names of people.
    fn new(turn: Turn, date: &str, cells: &[&str], step: Step) -> Self {
        Self { turn, date: date.to_owned(), text: cells.join("\u{1f}"), step }
    }
}

/// What is known of the whole folder while a row is read.
pub(super) struct Known {
    /// Every reference that stands in the members' file.
    pub(super) refs: BTreeSet<String>,
}

/// A kind of file, and how its rows are read. As much of a row becomes steps as can be read.
pub(super) struct Kind {
    pub(super) layout: Layout,
    pub(super) steps: fn(&mut Row<'_>, &Known) -> Vec<Draft>,
    /// The column with the day of its first step.
    pub(super) day: &'static str,
}

/// The files of a folder, in the order in which a person goes through them.
pub(super) const KINDS: [Kind; 6] = [
    Kind {
        layout: Layout {
            file: "members.csv",
            columns: &["ref", "hats", "joined"],
            optional: &["name"],
        },
        steps: member,
        day: "joined",
    },
    Kind {
        layout: Layout {
            file: "hours.csv",
            columns: &["date", "giver", "receiver", "minutes", "task", "to", "evidence"],
            optional: &[],
        },
        steps: hours,
        day: "date",
    },
    Kind {
        layout: Layout {
            file: "respite.csv",
            columns: &[
                "asked_on",
                "carer",
                "minutes_asked",
                "date",
                "giver",
                "minutes_given",
                "outcome",
            ],
            optional: &[],
        },
        steps: respite,
        day: "asked_on",
    },
    Kind {
        layout: Layout {
            file: "pledges.csv",
            columns: &["date", "business", "offer", "face_value", "quantity", "valid_until"],
            optional: &[],
        },
        steps: pledge,
        day: "date",
    },
    Kind {
        layout: Layout {
            file: "vouchers.csv",
            columns: &["date", "member", "business", "offer", "reason", "outcome", "outcome_date"],
            optional: &[],
        },
        steps: voucher,
        day: "date",
    },
    Kind {
        layout: Layout {
            file: "store.csv",
            columns: &["date", "kind", "source", "fund", "amount"],
            optional: &["description"],
        },
        steps: store::steps,
        day: "date",
    },
];

fn member(row: &mut Row<'_>, _: &Known) -> Vec<Draft> {
    let reference = row.filled("ref", "Write the reference of the member, for example V005.");
    let hats = row.read("hats", |typed| {
        let hats = typed.split([';', ',', '+']).filter(|hat| !hat.trim().is_empty());
        let hats: BTreeSet<_> = hats.map(|hat| words::HATS.read(hat)).collect::<Result<_, _>>()?;
        if hats.is_empty() {
            return Err(Slip::new("is empty", "Write at least one hat, several with ; between."));
        }
        Ok(hats)
    });
    let joined = row.day("joined");
    let name = row.text("name");
    let (Some(reference), Some(hats), Some(joined)) = (reference, hats, joined) else {
        return Vec::new();
    };
    let said = hats.iter().map(|hat| words::HATS.say(*hat)).collect::<Vec<_>>().join(";");
    let cells = [reference.as_str(), &said, &joined];
    let card = Card { display_name: name, ..Card::default() };
    let card = Some(card).filter(|card| !card.display_name.is_empty());
    let hats = hats.into_iter().map(i32::from).collect();
    let step = Step::Member(ImportMember { r#ref: reference.clone(), hats, card });
    vec![Draft::new(Turn::Member, &joined, &cells, step)]
}

fn hours(row: &mut Row<'_>, _: &Known) -> Vec<Draft> {
    let date = row.day("date");
    let giver = row.reference("giver");
    let receiver = row.text("receiver");
    let minutes = row.minutes("minutes");
    let task = row.choice("task", &words::TASKS);
    let to = match plain(&row.text("to")).as_str() {
        "" | "own" => "own".to_owned(),
        "pot" => "pot".to_owned(),
        _ => row.text("to"),
    };
    let evidence = row.choice("evidence", &words::EVIDENCE);
    let (Some(date), Some(giver), Some(minutes), Some((task, task_name)), Some((grade, evidence))) =
        (date, giver, minutes, task, evidence)
    else {
        return Vec::new();
    };
    let minutes_text = minutes.to_string();
    let cells = [date.as_str(), &giver, &receiver, &minutes_text, task_name, &to, evidence];
    let step = Step::Hours(ImportHours {
        giver: giver.clone(),
        receiver: receiver.clone(),
        minutes,
        task: task.into(),
        to: to.clone(),
        evidence: grade.into(),
    });
    vec![Draft::new(Turn::Hours, &date, &cells, step)]
}

fn respite(row: &mut Row<'_>, _: &Known) -> Vec<Draft> {
    let asked_on = row.day("asked_on");
    let carer = row.reference("carer");
    let asked = row.minutes("minutes_asked");
    let date = row.day("date");
    let outcome = row.choice("outcome", &words::PAST_RESPITE);
    let (Some(asked_on), Some(carer), Some(asked), Some(date)) = (asked_on, carer, asked, date)
    else {
        // What is wrong with the rest of the row is told at the same time.
        if let Some((ImportRespiteOutcome::Done, _)) = outcome {
            row.minutes("minutes_given");
        }
        return Vec::new();
    };
    if !row.not_before("date", &date, "asked_on", &asked_on) {
        return Vec::new();
    }
    let asked_text = asked.to_string();
    let asked_cells = [asked_on.as_str(), &carer, &asked_text, &date];
    let step = Step::RespiteAsked(ImportRespiteAsked {
        carer: carer.clone(),
        minutes: asked,
        wanted_on: date.clone(),
    });
    let mut drafts = vec![Draft::new(Turn::RespiteAsked, &asked_on, &asked_cells, step)];
    let Some((outcome, outcome_name)) = outcome else { return drafts };
    let (giver, minutes) = match outcome {
        ImportRespiteOutcome::Unspecified => return drafts,
        ImportRespiteOutcome::Done => {
            let giver = row.filled("giver", "Write who covered it, or STAFF.");
            (giver, row.minutes("minutes_given"))
        }
        ImportRespiteOutcome::Cancelled
        | ImportRespiteOutcome::NoCover
        | ImportRespiteOutcome::NoShow => (Some(row.text("giver")), Some(0)),
    };
    let (Some(giver), Some(minutes)) = (giver, minutes) else { return drafts };
    let giver = if plain(&giver) == "staff" { "STAFF".to_owned() } else { giver };
    let taken = minutes.to_string();
    let settled_cells =
        [asked_on.as_str(), &carer, &asked_text, &date, &giver, &taken, outcome_name];
    let step = Step::RespiteSettled(ImportRespiteSettled {
        outcome: outcome.into(),
        giver: giver.clone(),
        minutes,
        ..ImportRespiteSettled::default()
    });
    drafts.push(Draft::new(Turn::RespiteSettled, &date, &settled_cells, step));
    drafts
}

fn pledge(row: &mut Row<'_>, _: &Known) -> Vec<Draft> {
    let date = row.day("date");
    let business = row.filled("business", "Write what the business is called.");
    let title = row.filled("offer", "Write what is offered.");
    let value = row.money("face_value");
    let quantity = row.count("quantity");
    let until = row.day("valid_until");
    let (Some(date), Some(business), Some(title), Some(value), Some(quantity), Some(until)) =
        (date, business, title, value, quantity, until)
    else {
        return Vec::new();
    };
    let (pence, many) = (value.to_string(), quantity.to_string());
    let cells = [date.as_str(), &business, &title, &pence, &many, &until];
    let step = Step::Pledge(ImportPledge {
        business: business.clone(),
        title: title.clone(),
        face_value_pence: value,
        quantity,
        valid_until: until.clone(),
    });
    vec![Draft::new(Turn::Received, &date, &cells, step)]
}

fn voucher(row: &mut Row<'_>, _: &Known) -> Vec<Draft> {
    let date = row.day("date");
    let member = row.reference("member");
    let business = row.filled("business", "Write what the business is called.");
    let title = row.filled("offer", "Write what is offered, as it stands in pledges.csv.");
    let why = plain(&row.text("reason"));
    let reason = words::VOUCHERS.read(&why).unwrap_or(VoucherReason::Other);
    let outcome = row.choice("outcome", &words::PAST_VOUCHERS);
    let settled_on = match outcome {
        None | Some((ImportVoucherOutcome::Unspecified, _)) => None,
        Some((
            outcome @ (ImportVoucherOutcome::Redeemed | ImportVoucherOutcome::Cancelled),
            name,
        )) => row.day("outcome_date").map(|day| (day, outcome, name)),
    };
    let (Some(date), Some(member), Some(business), Some(title)) = (date, member, business, title)
    else {
        return Vec::new();
    };
    let issued_cells = [date.as_str(), &member, &business, &title, &why];
    let step = Step::VoucherIssued(ImportVoucherIssued {
        member: member.clone(),
        business: business.clone(),
        title: title.clone(),
        reason: reason.into(),
    });
    let mut drafts = vec![Draft::new(Turn::VoucherIssued, &date, &issued_cells, step)];
    let Some((day, outcome, name)) = settled_on else { return drafts };
    if row.not_before("outcome_date", &day, "date", &date) {
        let cells = [date.as_str(), &member, &business, &title, &why, name, &day];
        let settled =
            ImportVoucherSettled { outcome: outcome.into(), ..ImportVoucherSettled::default() };
        let step = Step::VoucherSettled(settled);
        drafts.push(Draft::new(Turn::VoucherSettled, &day, &cells, step));
    }
    drafts
}

/// Whether a name is that of a member: it stands in the members' file, or is shaped like one.
fn is_reference(name: &str, known: &Known) -> bool {
    let shaped = |name: &str| {
        let (letter, digits) = name.split_at_checked(1)?;
        let fits = letter.bytes().all(|byte| byte.is_ascii_uppercase())
            && digits.len() == 3
            && digits.bytes().all(|byte| byte.is_ascii_digit());
        fits.then_some(())
    };
    known.refs.contains(name) || shaped(name).is_some()
}

/// What stands for a row that could not be read, so that nothing is reported on its account.
pub(super) fn unreadable(sheet: &Sheet, row: &SheetRow, known: &Known) -> (String, Step) {
    let cell = |column: &str| sheet.cell(row, column).to_owned();
    let source = cell("source");
    let by_reference = is_reference(&source, known);
    let mut refs: BTreeSet<String> =
        ["ref", "giver", "receiver", "to", "carer", "member"].map(cell).into_iter().collect();
    if by_reference {
        refs.insert(source.clone());
    }
    refs.retain(|name| !matches!(plain(name).as_str(), "" | "own" | "pot" | "staff"));
    let business = if by_reference || source.is_empty() { cell("business") } else { source };
    // Names and free words stay out of it, as they do out of every other text.
    let kept = |header: &str| !matches!(header, "name" | "description" | "error");
    let cells = sheet.headers.iter().filter(|header| kept(header)).map(|header| cell(header));
    let text = std::iter::once("unreadable".to_owned()).chain(cells).collect::<Vec<_>>();
    let unreadable =
        ImportUnreadable { refs: refs.into_iter().collect(), fund: cell("fund"), business };
    (text.join("\u{1f}"), Step::Unreadable(unreadable))
}
