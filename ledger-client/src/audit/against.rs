//! What the live service shows, against what the history comes to at the same position.

use std::collections::BTreeMap;

use ledger_core::{FundId, MemberId, State, TimeAccount};
use ledger_proto::v1::{self, read_context::AsOf};

use super::{
    Audited,
    figures::Figures,
    finding::{Finding, Step, Verdict},
    say,
};
use crate::{
    client::Client,
    error::{Code, Error},
};

/// So many rows are asked for at a time: as many as there can be.
const PAGE_SIZE: i32 = 1000;

/// Compares every balance and total that the service shows at the position of the audit with what the history comes to, and
/// adds what differs to the report. An audit that could not replay all entries has nothing to compare with.
///
/// A service that does not answer is something missing: what the history itself came to stands all the same.
pub async fn compare(audited: &mut Audited, client: &Client) {
    let (Some(state), Some(figures)) = (&audited.state, &audited.report.figures) else { return };
    let position = audited.report.entries;
    let context = v1::ReadContext {
        as_of: Some(AsOf::AsOfPosition(i64::try_from(position).unwrap_or(i64::MAX))),
        ..client.read_context()
    };
    let shown = match shown(client, &context).await {
        Ok(shown) => shown,
        Err(Error::Refused { code: Code::OutOfRange, .. }) => {
            audited.report.add(Finding::broken(Step::Against, say::SERVICE_BEHIND));
            audited.report.stepped(Step::Against, "");
            return;
        }
        Err(error) => {
            let silent = Finding::missing(Step::Against, say::service_silent(&error.to_string()));
            audited.report.add(silent);
            return;
        }
    };
    let reckoned = reckoned(state, figures);
    let found = differences(&shown, &reckoned);
    for what in found {
        audited.report.add(Finding::new(Step::Against, Verdict::ShownDiffers, what));
    }
    audited.report.stepped(Step::Against, &say::compared(reckoned.len(), position));
}

/// Figures by name.
type Named = BTreeMap<String, i64>;

/// Every figure that differs, or that only one side has. What is zero and not shown does not differ.
fn differences(shown: &Named, reckoned: &Named) -> Vec<String> {
    let mut names: Vec<&String> = shown.keys().chain(reckoned.keys()).collect();
    names.sort_unstable();
    names.dedup();
    let mut found = Vec::new();
    for name in names {
        match (shown.get(name), reckoned.get(name)) {
            (Some(shown), Some(reckoned)) if shown == reckoned => {}
            (Some(shown), reckoned) => {
                found.push(say::shown(name, *shown, reckoned.copied().unwrap_or_default()));
            }
            (None, _) => found.push(say::not_shown(name)),
        }
    }
    found
}

async fn shown(client: &Client, context: &v1::ReadContext) -> Result<Named, Error> {
    let mut named = Named::new();
    let mut page_token = String::new();
    loop {
        let page = Some(v1::Page { page_size: PAGE_SIZE, page_token });
        let request = v1::ListBalancesRequest { context: Some(context.clone()), page };
        let answer = client.list_balances(request).await?;
        for row in answer.balances {
            let member = row.name.rsplit('/').next().unwrap_or_default();
            named.insert(own(member), row.balance_minutes);
            named.insert(held(member), row.held_minutes);
        }
        page_token = answer.next_page_token;
        if page_token.is_empty() {
            break;
        }
    }
    let request = v1::GetStoreTotalsRequest { context: Some(context.clone()) };
    let totals = client.get_store_totals(request).await?;
    let (time, cash) = (totals.time.unwrap_or_default(), totals.cash.unwrap_or_default());
    let vouchers = totals.vouchers.unwrap_or_default();
    let kind = totals.kind.unwrap_or_default();
    for fund in &cash.funds {
        let number = fund.name.rsplit('/').next().unwrap_or_default();
        named.insert(of_fund(number), fund.balance_pence);
    }
    let totals = [
        ("hours banked, in minutes", time.in_minutes),
        ("hours redeemed, in minutes", time.out_minutes),
        ("hours held for all, in minutes", time.held_minutes),
        ("the community pot, in minutes", time.pot_minutes),
        ("the other side of hours, in minutes", time.commons_minutes),
        ("cash received, in pence", cash.in_pence),
        ("cash spent, in pence", cash.out_pence),
        ("gifts in kind, reckoned in pence", kind.valued_pence),
        ("vouchers issued", vouchers.issued),
        ("vouchers redeemed", vouchers.redeemed),
        ("vouchers cancelled", vouchers.cancelled),
        ("vouchers lapsed", vouchers.lapsed),
        ("vouchers open", vouchers.open),
        ("vouchers left to issue", vouchers.free),
    ];
    named.extend(totals.map(|(name, amount)| (name.to_owned(), amount)));
    Ok(named)
}

/// The same figures, out of the history alone.
fn reckoned(state: &State, figures: &Figures) -> Named {
    let mut named = Named::new();
    for (index, _) in state.members().iter().enumerate() {
        let Some(member) = MemberId::at(index) else { continue };
        let stands = |account| state.books().time(account).get();
        let number = member.to_string();
        named.insert(own(&number), stands(TimeAccount::Member(member)));
        named.insert(held(&number), stands(TimeAccount::Held(member)));
    }
    for (index, _) in state.funds().iter().enumerate() {
        let Some(fund) = FundId::at(index) else { continue };
        named.insert(of_fund(&fund.to_string()), state.fund_balance(fund).get());
    }
    let count = |count: u64| i64::try_from(count).unwrap_or(i64::MAX);
    let totals = [
        ("hours banked, in minutes", figures.banked_minutes),
        ("hours redeemed, in minutes", figures.redeemed_minutes),
        ("hours held for all, in minutes", figures.held_minutes),
        ("the community pot, in minutes", figures.pot_minutes),
        ("the other side of hours, in minutes", figures.commons_minutes),
        ("cash received, in pence", figures.cash_in_pence),
        ("cash spent, in pence", figures.cash_out_pence),
        ("gifts in kind, reckoned in pence", figures.in_kind_valued_pence),
        ("vouchers issued", count(figures.vouchers_issued)),
        ("vouchers redeemed", count(figures.vouchers_redeemed)),
        ("vouchers cancelled", count(figures.vouchers_cancelled)),
        ("vouchers lapsed", count(figures.vouchers_lapsed)),
        ("vouchers open", count(figures.vouchers_open)),
        ("vouchers left to issue", figures.vouchers_left),
    ];
    named.extend(totals.map(|(name, amount)| (name.to_owned(), amount)));
    named
}

fn own(member: &str) -> String {
    format!("the account of member {member}, in minutes,")
}

fn held(member: &str) -> String {
    format!("what is held for member {member}, in minutes,")
}

fn of_fund(number: &str) -> String {
    format!("fund {number}, in pence,")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_difference_is_named() {
        let named = |pairs: &[(&str, i64)]| -> Named {
            pairs.iter().map(|(name, amount)| ((*name).to_owned(), *amount)).collect()
        };
        let shown = named(&[("a", 1), ("b", 2), ("c", 3)]);
        assert_eq!(differences(&shown, &shown), Vec::<String>::new());
        let reckoned = named(&[("a", 1), ("b", 5), ("d", 4)]);
        assert_eq!(
            differences(&shown, &reckoned),
            [
                "b is shown as 2, and comes to 5 by the history",
                "c is shown as 3, and comes to 0 by the history",
                "d is not shown by the service, and is in the history",
            ]
        );
    }
}
