//! What a row of the Store's file says: cash in, cash out, or a gift in kind.

use ledger_proto::v1::import_step::Step;
use ledger_proto::v1::{CashSource, CashUse, ImportCashReceived, ImportCashSpent, ImportInKind};

use super::{Draft, Known, Turn, is_reference};
use crate::import::row::Row;
use crate::typed::Slip;
use crate::words::{self, plain};

/// What a row of the Store's file is about.
#[derive(Clone, Copy)]
enum StoreKind {
    Received(CashSource),
    Expense,
    Spent,
    InKind,
}

fn store_kind(typed: &str) -> Result<(StoreKind, String), Slip> {
    let word = plain(typed);
    let kind = match word.as_str() {
        "expense" => StoreKind::Expense,
        "spent" => StoreKind::Spent,
        "in kind" => StoreKind::InKind,
        other => StoreKind::Received(words::SOURCES.read(other).map_err(|slip| {
            let known = [words::SOURCES.names(), vec!["expense", "spent", "in kind"]].concat();
            Slip::new(slip.problem, format!("Write one of: {}.", known.join(", ")))
        })?),
    };
    Ok((kind, word))
}

pub(super) fn steps(row: &mut Row<'_>, known: &Known) -> Vec<Draft> {
    let date = row.day("date");
    let kind = row.read("kind", store_kind);
    let source = row.text("source");
    let description = row.text("description");
    let Some((kind, kind_name)) = kind else {
        // Whatever it is, it has an amount.
        row.money("amount");
        return Vec::new();
    };
    let (member, party) = if is_reference(&source, known) {
        (source.clone(), String::new())
    } else {
        (String::new(), source.clone())
    };
    if let StoreKind::InKind = kind {
        let title = row.filled("description", "Write what was given.");
        let (Some(date), Some(valuation), Some(title)) =
            (date, row.money_or_nothing("amount"), title)
        else {
            return Vec::new();
        };
        let pence = valuation.to_string();
        let cells = [date.as_str(), &kind_name, &source, "", &pence, &title];
        let in_kind = ImportInKind { party, title: title.clone(), valuation_pence: valuation };
        return vec![Draft::new(Turn::Received, &date, &cells, Step::InKind(in_kind))];
    }
    let fund = row.filled("fund", "Write which fund it is.");
    let amount = row.money("amount");
    let (Some(date), Some(fund), Some(amount_pence)) = (date, fund, amount) else {
        return Vec::new();
    };
    // Words about money of a member may be personal, so they are no part of what is kept.
    let words = if member.is_empty() { description.as_str() } else { "" };
    let pence = amount_pence.to_string();
    let cells = [date.as_str(), &kind_name, &source, &fund, &pence, words];
    // Who is paid may be a person, whose name must not enter the log: only a reference is kept.
    let spent = |cash_use: CashUse| {
        let (fund, member, party) = (fund.clone(), member.clone(), String::new());
        let r#use = cash_use.into();
        (Turn::Spent, Step::CashSpent(ImportCashSpent { fund, r#use, amount_pence, member, party }))
    };
    let specialist = plain(&format!("{source} {description}")).contains("specialist");
    let (turn, step) = match kind {
        StoreKind::Expense => spent(CashUse::Expense),
        StoreKind::Spent if specialist => spent(CashUse::SpecialistStaff),
        StoreKind::Spent | StoreKind::InKind => spent(CashUse::Other),
        StoreKind::Received(from) => {
            // A funder is an organisation. Whoever pays a charge or donates may be a person, whose name must not
            // enter the log; a surplus comes from the co-op itself.
            let party = match from {
                CashSource::Grant => party.clone(),
                CashSource::Unspecified
                | CashSource::Surplus
                | CashSource::Charge
                | CashSource::Donation => String::new(),
            };
            let (fund, member, source) = (fund.clone(), member.clone(), from.into());
            let step = ImportCashReceived { fund, source, amount_pence, member, party };
            (Turn::Received, Step::CashReceived(step))
        }
    };
    vec![Draft::new(turn, &date, &cells, step)]
}
