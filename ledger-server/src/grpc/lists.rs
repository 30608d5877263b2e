//! What is open: logged hours, promised respite, vouchers, offers.

use ledger_core::{
    CoopName, Cover, Event, HoursStatus, Offer, OfferId, OfferKind, State, TimeOfDay,
};
use ledger_proto::{
    api::{self, name, time},
    v1,
};

use super::{Service, coops::actor, pages::Pages, people::filter};
use crate::{
    access::Caller,
    error::Error,
    views::{Line, Moment, View},
};

pub(super) async fn pending_hours(
    service: &Service,
    request: v1::ListPendingHoursRequest,
) -> Result<v1::ListPendingHoursResponse, Error> {
    let pages = Pages::of(request.page, "pending_hours")?;
    let found = service.find(request.context).await?;
    let ledger = found.ledger(service).await?;
    let member = filter(service, &found, &ledger, ("member", &request.member))?;
    let head = ledger.head();
    let rows = ledger.pending_hours().iter().filter(|(_, logged)| {
        let help = &logged.help;
        member.is_none_or(|member| help.giver == member || help.receiver == Some(member))
    });
    let rows = rows.map(|(made_by, logged)| {
        let status = match logged.status {
            HoursStatus::Logged => v1::HoursStatus::Logged,
            HoursStatus::Disputed => v1::HoursStatus::Disputed,
        };
        (
            made_by.get(),
            v1::PendingHours {
                name: name::hours(&found.coop, *made_by),
                help: Some(api::help(&found.coop, &logged.help)),
                occurred_on: logged.occurred_on.to_string(),
                status: status.into(),
                confirm_by_time: Some(time(logged.confirm_by)),
                logged_by: actor(&found.coop, logged.logged_by),
                revision: api::position(logged.revision),
            },
        )
    });
    let (hours, next_page_token) = pages.take(rows, head);
    Ok(v1::ListPendingHoursResponse { hours, next_page_token, position: api::position(head) })
}

pub(super) async fn respite(
    service: &Service,
    request: v1::ListRespiteRequest,
) -> Result<v1::ListRespiteResponse, Error> {
    let pages = Pages::of(request.page, "respite")?;
    let found = service.find(request.context).await?;
    let ledger = found.ledger(service).await?;
    let member = filter(service, &found, &ledger, ("member", &request.member))?;
    let head = ledger.head();
    let rows = ledger.promised_respite().iter().filter(|(_, promise)| {
        member.is_none_or(|member| {
            promise.carer == member || promise.cover == Some(Cover::Member(member))
        })
    });
    let rows = rows.map(|(made_by, promise)| {
        let status = match promise.cover {
            None => v1::RespiteStatus::Asked,
            Some(_) => v1::RespiteStatus::Agreed,
        };
        (
            made_by.get(),
            v1::Respite {
                name: name::respite(&found.coop, *made_by),
                carer: name::member(&found.coop, promise.carer),
                held_minutes: promise.held.get(),
                date: promise.wanted_on.to_string(),
                start_time: promise.start.as_ref().map(TimeOfDay::to_string).unwrap_or_default(),
                status: status.into(),
                cover: promise.cover.map(|cover| api::cover(&found.coop, cover)),
                lapse_time: Some(time(promise.lapse_at)),
                revision: api::position(promise.revision),
            },
        )
    });
    let (respite, next_page_token) = pages.take(rows, head);
    Ok(v1::ListRespiteResponse { respite, next_page_token, position: api::position(head) })
}

/// What an offer is called, and the business behind it.
fn offered(state: &State, offer: OfferId) -> (String, String, i64) {
    let Some(offer) = state.offers().get(offer.index()) else {
        return (String::new(), String::new(), 0);
    };
    (offer.title.to_string(), business(state, offer), value(offer))
}

fn business(state: &State, offer: &Offer) -> String {
    let party = offer.party.and_then(|party| state.party(party).ok());
    party.map(|party| party.title.to_string()).unwrap_or_default()
}

fn value(offer: &Offer) -> i64 {
    match offer.kind {
        OfferKind::Vouchers { face_value, valid_until: _ } => face_value.get(),
        OfferKind::InKind { valuation } => valuation.map_or(0, ledger_core::Pence::get),
    }
}

pub(super) async fn vouchers(
    service: &Service,
    request: v1::ListVouchersRequest,
) -> Result<v1::ListVouchersResponse, Error> {
    let pages = Pages::of(request.page, "vouchers")?;
    let found = service.find(request.context).await?;
    let ledger = found.ledger(service).await?;
    let member = filter(service, &found, &ledger, ("member", &request.member))?;
    let head = ledger.head();
    let rows = ledger.open_vouchers().iter();
    let rows = rows.filter(|(_, voucher)| member.is_none_or(|member| voucher.member == member));
    let rows = rows.map(|(made_by, voucher)| {
        let (offer_title, business, face_value_pence) = offered(&ledger, voucher.offer);
        (
            made_by.get(),
            v1::Voucher {
                name: name::voucher(&found.coop, *made_by),
                offer: name::offer(&found.coop, voucher.offer),
                offer_title,
                business,
                member: name::member(&found.coop, voucher.member),
                reason: voucher.reason.code(),
                face_value_pence,
                lapse_time: Some(time(voucher.lapse_at)),
                revision: api::position(*made_by),
            },
        )
    });
    let (vouchers, next_page_token) = pages.take(rows, head);
    Ok(v1::ListVouchersResponse { vouchers, next_page_token, position: api::position(head) })
}

pub(super) async fn offers(
    service: &Service,
    request: v1::ListOffersRequest,
) -> Result<v1::ListOffersResponse, Error> {
    let pages = Pages::of(request.page, "offers")?;
    let found = service.find(request.context).await?;
    let (then, moment) = found.recorded(service, pages.began()).await?;
    let offered = then.offers().to_vec();
    drop(then);
    let view = found.published.look();
    let head = view.state().head();
    let rows = offered.iter().enumerate().filter_map(|(index, offer)| {
        let id = OfferId::at(index)?;
        (!offer.withdrawn).then(|| (u64::from(id.get()), (id, offer)))
    });
    let (offers, next_page_token) = pages.take(rows, head);
    let offers = offers.into_iter().map(|offer| row(&found.coop, &view, offer, moment));
    let offers = offers.collect::<Result<_, _>>()?;
    Ok(v1::ListOffersResponse { offers, next_page_token, position: api::position(head) })
}

fn row(
    coop: &CoopName,
    view: &View,
    (id, offer): (OfferId, &Offer),
    moment: Moment,
) -> Result<v1::Offer, Error> {
    let (vouchers, valid_until) = match offer.kind {
        OfferKind::Vouchers { face_value: _, valid_until } => (true, valid_until.to_string()),
        OfferKind::InKind { valuation: _ } => (false, String::new()),
    };
    Ok(v1::Offer {
        name: name::offer(coop, id),
        title: offer.title.to_string(),
        party: offer.party.map(|party| name::party(coop, party)).unwrap_or_default(),
        party_title: business(view.state(), offer),
        vouchers,
        value_pence: value(offer),
        stock: view.at(Line::Stock(id), moment)?,
        with_members: view.at(Line::With(id), moment)?,
        used: view.at(Line::Used(id), moment)?,
        lapsed: view.at(Line::Lapsed(id), moment)?,
        valid_until,
    })
}

/// What the bearer of a code may say: where, under which id, by which road and when. Not who acts, for whom, on which
/// condition, nor words that are kept: that takes a token.
fn bearers(said: &v1::WriteContext) -> v1::WriteContext {
    v1::WriteContext {
        coop: said.coop.clone(),
        request_id: said.request_id.clone(),
        validate_only: said.validate_only,
        channel: said.channel,
        occurred_on: said.occurred_on.clone(),
        ..v1::WriteContext::default()
    }
}

/// What a voucher was worth stands in the answer: the business has no account in which to look it up.
pub(super) async fn redeem(
    service: &Service,
    request: v1::RedeemVoucherRequest,
) -> Result<v1::RedeemVoucherResponse, Error> {
    let context = request.context.clone().unwrap_or_default();
    let coop = context.coop.clone();
    if matches!(service.caller, Caller::Stranger) && context != bearers(&context) {
        return Err(Error::TokenMissing);
    }
    let (answer, receipt) = service.write(v1::write::Request::RedeemVoucher(request)).await?;
    let coop = name::parse_coop("context.coop", &coop)?;
    let (_, published) = service.coop(&coop)?;
    let offer = if let Event::VoucherRedeemed { voucher: _, offer, member: _ } = answer.entry.event
    {
        Some(offer)
    } else {
        None
    };
    let view = published.look();
    let (_, business, face_value_pence) =
        offer.map_or_else(Default::default, |offer| offered(view.state(), offer));
    Ok(v1::RedeemVoucherResponse { receipt: Some(receipt), face_value_pence, business })
}
