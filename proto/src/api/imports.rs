//! An import: its head, and its steps as the past that they tell.

use ledger_core::{
    Actor, CashSource, CashUse, Channel, CoopName, EvidenceGrade, Hat, OfficerId, PastCover,
    PastDestination, PastRespite, PastStep, PastVoucher, Position, Reference, RequestId, RowKey,
    Step, TaskKind, Thing, Title, VoucherReason,
};

use super::{
    members,
    parse::{context_of, day},
};
use crate::{
    malformed::{Fields, IfSaid, Malformed},
    secrets::Secrets,
    v1::{self, import_step},
};

/// What is imported, and how.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImportHead {
    /// The co-op whose past it is.
    pub coop: CoopName,
    /// The id of the import's own request. Its time is that of the steps' ids, too.
    pub id: RequestId,
    /// Who imports.
    pub actor: Actor,
    /// Whether the caller said who. If not, the caller's token says it; until then it is officer 1.
    pub actor_said: bool,
    /// The road. Not said: a spreadsheet.
    pub channel: Channel,
    /// Refuse unless the newest entry has this position.
    pub expected_position: Option<Position>,
    /// Refuse unless this thing was last touched by the entry at this position.
    pub expected_revision: Option<(Thing, Position)>,
    /// Free words about the import.
    pub note: Option<String>,
    /// The name of the import: steps are known by it for ever.
    pub import: String,
    /// Whether this is a dry run.
    pub validate_only: bool,
    /// Whether good steps are stored even if others are refused.
    pub keep_good: bool,
}

/// A step that could be read, with where it stands and the personal words that it brings.
#[derive(Clone, Debug, PartialEq)]
pub struct ImportedStep {
    /// The file.
    pub file: String,
    /// The line in the file.
    pub line: i64,
    /// What happened.
    pub past: PastStep,
    /// The card of a member, kept beside the log.
    pub card: Option<v1::Card>,
}

/// A step that could not be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{file}:{line}: {malformed}")]
pub struct WrongStep {
    /// The file.
    pub file: String,
    /// The line in the file.
    pub line: i64,
    /// What is wrong with it.
    pub malformed: Malformed,
}

/// Reads the head of an import.
pub fn parse_import_head(head: v1::ImportHead) -> Result<ImportHead, Malformed> {
    let mut f = Fields::default();
    let context = f.message("context", head.context, |f, said| {
        for (field, empty) in [
            ("occurred_on", said.occurred_on.is_empty()),
            ("corrects", said.corrects.is_empty()),
            ("on_behalf_of", said.on_behalf_of.is_empty()),
        ] {
            if !empty {
                f.refuse::<()>(field, "is not taken by an import: leave it empty");
            }
        }
        context_of(f, said)
    });
    let shape = (1..=80).contains(&head.import.len())
        && head.import.bytes().all(|b| b.is_ascii_alphanumeric() || b".-_".contains(&b));
    if !shape {
        let problem = "is not 1 to 80 letters, digits, dots, dashes and underscores: name the import, for example after its folder";
        f.refuse::<()>("import", problem);
    }
    let first = OfficerId::new(OfficerId::FIRST).map(Actor::Officer);
    let read = context.and_then(|context| {
        Some(ImportHead {
            coop: context.coop,
            id: context.id,
            actor: context.actor.or(first)?,
            actor_said: context.actor.is_some(),
            channel: context.channel.unwrap_or(Channel::Import),
            expected_position: context.expected_position,
            expected_revision: context.expected_revision,
            note: context.note,
            import: head.import,
            validate_only: context.validate_only,
            keep_good: head.keep_good,
        })
    });
    f.finish(read)
}

/// Where a step stands, which makes its identity and that of the steps that it names.
struct Rows<'a> {
    head: &'a ImportHead,
    file: &'a str,
    secrets: &'a Secrets,
}

impl Rows<'_> {
    fn key(
        &self,
        f: &mut Fields,
        (text_field, text): (&str, &str),
        (occurrence_field, occurrence): (&str, i64),
    ) -> Option<RowKey> {
        let text = if text.is_empty() {
            f.refuse(text_field, "is not said: fill in the cells that the step rests on")
        } else {
            Some(text)
        };
        let occurrence = u64::try_from(occurrence).ok().filter(|number| *number > 0);
        let problem = "is not 1 or more: 1 for the first step with this text, 2 for its twin";
        let occurrence = f.need(occurrence_field, occurrence, problem);
        Some(self.secrets.row(&self.head.import, self.file, text?, occurrence?))
    }
}

/// Reads one step of an import.
pub fn parse_import_step(
    step: v1::ImportStep,
    head: &ImportHead,
    secrets: &Secrets,
) -> Result<ImportedStep, WrongStep> {
    let mut f = Fields::default();
    let rows = Rows { head, file: &step.file, secrets };
    if step.file.is_empty() {
        f.refuse::<()>("file", "is not said: name the file that the step is from");
    }
    if step.line < 1 {
        f.refuse::<()>("line", "is not 1 or more: the header is line 1");
    }
    let row = rows.key(&mut f, ("text", &step.text), ("occurrence", step.occurrence));
    let id = row.map(|row| {
        let mut bits = [0; 10];
        for (bit, byte) in bits.iter_mut().zip(row.bytes()) {
            *bit = *byte;
        }
        RequestId::of_time(head.id.time(), bits)
    });
    let on = match &step.step {
        // Its date may be what cannot be read; nothing happens on it.
        Some(import_step::Step::Unreadable(_)) => Some(head.id.time().day()),
        Some(_) | None => day(&mut f, "date", &step.date),
    };
    let mut card = None;
    let what = match step.step {
        Some(said) => what(&mut f, said, &rows, id, &mut card),
        None => f.refuse("step", "is not said: choose what happened"),
    };
    let past = (|| {
        let (row, id, on, step) = (row?, id?, on?, what?);
        Some(PastStep { row, id, fingerprint: secrets.fingerprint(row.bytes()), on, step })
    })();
    match f.finish(past) {
        Ok(past) => Ok(ImportedStep { file: step.file, line: step.line, past, card }),
        Err(malformed) => Err(WrongStep { file: step.file, line: step.line, malformed }),
    }
}

fn what(
    f: &mut Fields,
    said: import_step::Step,
    rows: &Rows<'_>,
    id: Option<RequestId>,
    card: &mut Option<v1::Card>,
) -> Option<Step> {
    use import_step::Step as Said;
    match said {
        Said::Member(m) => {
            let reference = reference(f, "ref", &m.r#ref);
            let hats = f.some_words("hats", &m.hats, Hat::from_code);
            if let Some(said) = m.card.filter(|card| *card != v1::Card::default()) {
                *card = members::card(f, said);
            }
            Some(Step::Member { reference: reference?, hats: hats? })
        }
        Said::Hours(m) => hours(f, &m),
        Said::RespiteAsked(m) => {
            let carer = reference(f, "carer", &m.carer);
            let minutes = f.minutes("minutes", m.minutes);
            let wanted_on = day(f, "wanted_on", &m.wanted_on);
            Some(Step::RespiteAsked { carer: carer?, minutes: minutes?, wanted_on: wanted_on? })
        }
        Said::RespiteSettled(m) => respite_settled(f, &m, rows),
        Said::Pledge(m) => pledge(f, &m),
        Said::VoucherIssued(m) => voucher_issued(f, &m, rows, id),
        Said::VoucherSettled(m) => voucher_settled(f, &m, rows),
        Said::CashReceived(m) => cash_received(f, &m),
        Said::CashSpent(m) => cash_spent(f, &m),
        Said::InKind(m) => {
            let party = title_or_none(f, "party", &m.party);
            let title = f.title("title", &m.title);
            let valuation =
                f.unless_empty(m.valuation_pence, |f, number| f.pence("valuation_pence", number));
            Some(Step::InKind { party: party?, title: title?, valuation: valuation? })
        }
        // What cannot be read as a word names nothing that another row could rest on.
        Said::Unreadable(m) => Some(Step::Unreadable {
            refs: m.refs.iter().filter_map(|text| Reference::new(text).ok()).collect(),
            fund: Title::new(&m.fund).ok(),
            business: Title::new(&m.business).ok(),
        }),
    }
}

fn hours(f: &mut Fields, m: &v1::ImportHours) -> Option<Step> {
    let giver = reference(f, "giver", &m.giver);
    let receiver = reference_or_none(f, "receiver", &m.receiver);
    let minutes = f.minutes("minutes", m.minutes);
    let task = f.word("task", m.task, TaskKind::from_code);
    let to = match m.to.as_str() {
        "own" => Some(PastDestination::Own),
        "pot" => Some(PastDestination::Pot),
        text => reference(f, "to", text).map(PastDestination::Member),
    };
    let evidence = f.word("evidence", m.evidence, EvidenceGrade::from_code);
    Some(Step::Hours {
        giver: giver?,
        receiver: receiver?,
        minutes: minutes?,
        task: task?,
        to: to?,
        evidence: evidence?,
    })
}

fn respite_settled(f: &mut Fields, m: &v1::ImportRespiteSettled, rows: &Rows<'_>) -> Option<Step> {
    use v1::ImportRespiteOutcome as Outcome;
    let asked =
        rows.key(f, ("asked_text", &m.asked_text), ("asked_occurrence", m.asked_occurrence));
    let known = |code| Outcome::try_from(code).ok().filter(|it| *it != Outcome::Unspecified);
    let outcome = match f.word("outcome", m.outcome, known)? {
        Outcome::Done => {
            let cover = match m.giver.as_str() {
                "STAFF" => Some(PastCover::Staff),
                text => reference(f, "giver", text).map(PastCover::Member),
            };
            let minutes = f.minutes("minutes", m.minutes);
            Some(PastRespite::Done { cover: cover?, minutes: minutes? })
        }
        _ if m.minutes != 0 => f.refuse(
            "minutes",
            "are said of a respite that was not delivered: leave them at zero, or mend the outcome",
        ),
        Outcome::Cancelled => Some(PastRespite::Cancelled),
        Outcome::NoCover => Some(PastRespite::NoCover),
        Outcome::NoShow => Some(PastRespite::NoShow),
        Outcome::Unspecified => None,
    };
    Some(Step::RespiteSettled { asked: asked?, outcome: outcome? })
}

fn pledge(f: &mut Fields, m: &v1::ImportPledge) -> Option<Step> {
    let business = f.title("business", &m.business);
    let title = f.title("title", &m.title);
    let face_value = f.pence("face_value_pence", m.face_value_pence);
    let quantity = f.items("quantity", m.quantity);
    let valid_until = day(f, "valid_until", &m.valid_until);
    Some(Step::Pledge {
        business: business?,
        title: title?,
        face_value: face_value?,
        quantity: quantity?,
        valid_until: valid_until?,
    })
}

fn voucher_issued(
    f: &mut Fields,
    m: &v1::ImportVoucherIssued,
    rows: &Rows<'_>,
    id: Option<RequestId>,
) -> Option<Step> {
    let member = reference(f, "member", &m.member);
    let business = f.title("business", &m.business);
    let title = f.title("title", &m.title);
    let reason = f.word("reason", m.reason, VoucherReason::from_code);
    let code = rows.secrets.code_hash(&rows.secrets.voucher_code(id?));
    Some(Step::VoucherIssued {
        member: member?,
        business: business?,
        title: title?,
        reason: reason?,
        code,
    })
}

fn voucher_settled(f: &mut Fields, m: &v1::ImportVoucherSettled, rows: &Rows<'_>) -> Option<Step> {
    use v1::ImportVoucherOutcome as Outcome;
    let issued =
        rows.key(f, ("issued_text", &m.issued_text), ("issued_occurrence", m.issued_occurrence));
    let outcome = f.word("outcome", m.outcome, |code| match Outcome::try_from(code).ok()? {
        Outcome::Unspecified => None,
        Outcome::Redeemed => Some(PastVoucher::Redeemed),
        Outcome::Cancelled => Some(PastVoucher::Cancelled),
    });
    Some(Step::VoucherSettled { issued: issued?, outcome: outcome? })
}

fn cash_received(f: &mut Fields, m: &v1::ImportCashReceived) -> Option<Step> {
    let fund = f.title("fund", &m.fund);
    let source = f.word("source", m.source, CashSource::from_code);
    let pence = f.pence("amount_pence", m.amount_pence);
    let member = reference_or_none(f, "member", &m.member);
    let party = title_or_none(f, "party", &m.party);
    Some(Step::CashReceived {
        fund: fund?,
        source: source?,
        pence: pence?,
        member: member?,
        party: party?,
    })
}

fn cash_spent(f: &mut Fields, m: &v1::ImportCashSpent) -> Option<Step> {
    let fund = f.title("fund", &m.fund);
    let spent_on = f.word("use", m.r#use, CashUse::from_code);
    let pence = f.pence("amount_pence", m.amount_pence);
    let member = reference_or_none(f, "member", &m.member);
    let party = title_or_none(f, "party", &m.party);
    Some(Step::CashSpent {
        fund: fund?,
        spent_on: spent_on?,
        pence: pence?,
        member: member?,
        party: party?,
    })
}

fn reference(f: &mut Fields, field: &str, text: &str) -> Option<Reference> {
    f.take(field, Reference::new(text))
}

fn reference_or_none(f: &mut Fields, field: &str, text: &str) -> IfSaid<Reference> {
    f.unless_empty(text, |f, text| reference(f, field, text))
}

fn title_or_none(f: &mut Fields, field: &str, text: &str) -> IfSaid<Title> {
    f.unless_empty(text, |f, text| f.title(field, text))
}
