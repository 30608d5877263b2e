//! The totals of the Store: three units side by side, never added up.

use ledger_core::{CoopName, FundFreedom, FundId, OfferId, OfferKind};
use ledger_proto::{
    api::{self, name},
    v1,
};

use super::Service;
use crate::{
    error::Error,
    views::{Line, Moment, View},
};

pub(super) async fn totals(
    service: &Service,
    request: v1::GetStoreTotalsRequest,
) -> Result<v1::GetStoreTotalsResponse, Error> {
    let found = service.find(request.context).await?;
    let (view, moment) = found.look()?;
    at(&found.coop, &view, moment)
}

/// The totals at a moment.
pub(super) fn at(
    coop: &CoopName,
    view: &View,
    moment: Moment,
) -> Result<v1::GetStoreTotalsResponse, Error> {
    let (kind, vouchers) = offers(view, moment)?;
    Ok(v1::GetStoreTotalsResponse {
        time: Some(time(view, moment)?),
        cash: Some(cash(coop, view, moment)?),
        kind: Some(kind),
        vouchers: Some(vouchers),
        position: api::position(view.state().head()),
    })
}

fn time(view: &View, moment: Moment) -> Result<v1::TimeTotals, Error> {
    let pot_minutes = view.at(Line::Pot, moment)?;
    Ok(v1::TimeTotals {
        in_minutes: view.at(Line::TimeIn, moment)?,
        out_minutes: view.at(Line::TimeOut, moment)?,
        held_minutes: view.at(Line::AllHeld, moment)?,
        free_minutes: pot_minutes,
        pot_minutes,
        commons_minutes: view.at(Line::Commons, moment)?,
    })
}

fn cash(coop: &CoopName, view: &View, moment: Moment) -> Result<v1::CashTotals, Error> {
    let mut totals = v1::CashTotals::default();
    for (index, fund) in view.state().funds().iter().enumerate() {
        let Some(id) = FundId::at(index) else { break };
        if view.opened_at(id).is_none_or(|opened| opened > moment.known()) {
            break;
        }
        let (freedom, purpose) = api::fund_freedom(&fund.freedom);
        let row = v1::FundBalance {
            name: name::fund(coop, id),
            title: fund.title.to_string(),
            freedom: freedom.into(),
            purpose,
            in_pence: view.at(Line::FundIn(id), moment)?,
            out_pence: view.at(Line::FundOut(id), moment)?,
            balance_pence: view.at(Line::Fund(id), moment)?,
        };
        totals.in_pence = totals.in_pence.saturating_add(row.in_pence);
        totals.out_pence = totals.out_pence.saturating_add(row.out_pence);
        totals.free_pence = totals.free_pence.saturating_add(match fund.freedom {
            FundFreedom::Unrestricted | FundFreedom::Designated => row.balance_pence,
            FundFreedom::Restricted(_) => 0,
        });
        totals.funds.push(row);
    }
    Ok(totals)
}

fn offers(view: &View, moment: Moment) -> Result<(v1::KindTotals, v1::VoucherTotals), Error> {
    let (mut kind, mut vouchers) = (v1::KindTotals::default(), v1::VoucherTotals::default());
    let add = |total: &mut i64, line: Line| {
        *total = total.saturating_add(view.at(line, moment)?);
        Ok::<(), Error>(())
    };
    for (index, offer) in view.state().offers().iter().enumerate() {
        let Some(id) = OfferId::at(index) else { break };
        match offer.kind {
            OfferKind::Vouchers { .. } => {
                add(&mut vouchers.pledged, Line::Pledged(id))?;
                add(&mut vouchers.issued, Line::Issued(id))?;
                add(&mut vouchers.redeemed, Line::Used(id))?;
                add(&mut vouchers.open, Line::With(id))?;
                add(&mut vouchers.cancelled, Line::Cancelled(id))?;
                add(&mut vouchers.lapsed, Line::Lapsed(id))?;
                add(&mut vouchers.free, Line::Stock(id))?;
            }
            OfferKind::InKind { .. } => {
                add(&mut kind.in_items, Line::Pledged(id))?;
                add(&mut kind.out_items, Line::Used(id))?;
                add(&mut kind.free_items, Line::Stock(id))?;
                add(&mut kind.valued_pence, Line::Valued(id))?;
            }
        }
    }
    Ok((kind, vouchers))
}
