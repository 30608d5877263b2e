//! Respite and vouchers, as they were stored.

use ledger_core::{
    CancelReason, CodeHash, Cover, Event, MemberId, OfferId, PartyId, RespiteEnding, RespiteSide,
    TimeOfDay, Timestamp, VoucherReason,
};

use super::{NOT_SAID, day, digest};
use crate::{malformed::Fields, stored::log};

pub(super) fn respite_requested(f: &mut Fields, stored: log::RespiteRequested) -> Option<Event> {
    let carer = f.number("carer", stored.carer, MemberId::new);
    let minutes = f.minutes("minutes", stored.minutes);
    let wanted_on = day(f, "wanted_on_day", stored.wanted_on_day);
    let start = match stored.start_minute_of_day {
        Some(minute) => start(f, minute).map(Some),
        None => Some(None),
    };
    let lapse_at = Timestamp::from_unix_ms(stored.lapse_at_unix_ms);
    Some(Event::RespiteRequested {
        carer: carer?,
        minutes: minutes?,
        wanted_on: wanted_on?,
        start: start?,
        lapse_at,
    })
}

pub(super) fn cover_agreed(f: &mut Fields, stored: log::CoverAgreed) -> Option<Event> {
    let respite = f.position("respite_position", stored.respite_position);
    let cover = cover(f, stored.cover);
    let start = start(f, stored.start_minute_of_day);
    Some(Event::CoverAgreed { respite: respite?, cover: cover?, start: start? })
}

pub(super) fn cover_withdrawn(f: &mut Fields, stored: log::CoverWithdrawn) -> Option<Event> {
    let respite = f.position("respite_position", stored.respite_position);
    let reason = f.word("reason", stored.reason, CancelReason::from_code);
    Some(Event::CoverWithdrawn { respite: respite?, reason: reason? })
}

pub(super) fn respite_delivered(f: &mut Fields, stored: log::RespiteDelivered) -> Option<Event> {
    let respite = f.position("respite_position", stored.respite_position);
    let carer = f.number("carer", stored.carer, MemberId::new);
    let cover = cover(f, stored.cover);
    let held = f.minutes("held_minutes", stored.held_minutes);
    let minutes = f.minutes("minutes", stored.minutes);
    Some(Event::RespiteDelivered {
        respite: respite?,
        carer: carer?,
        cover: cover?,
        held: held?,
        minutes: minutes?,
    })
}

pub(super) fn respite_ended(f: &mut Fields, stored: log::RespiteEnded) -> Option<Event> {
    use log::respite_ended::Ending;
    let respite = f.position("respite_position", stored.respite_position);
    let carer = f.number("carer", stored.carer, MemberId::new);
    let held = f.minutes("held_minutes", stored.held_minutes);
    let ending = match f.need("ending", stored.ending, NOT_SAID)? {
        Ending::Cancelled(stored) => {
            let by = f.word("cancelled.by", stored.by, RespiteSide::from_code);
            let reason = f.word("cancelled.reason", stored.reason, CancelReason::from_code);
            RespiteEnding::Cancelled { by: by?, reason: reason? }
        }
        Ending::NoCover(_) => RespiteEnding::NoCover,
        Ending::NoShow(code) => {
            let missing = f.word("no_show", code, RespiteSide::from_code)?;
            RespiteEnding::NoShow { missing }
        }
        Ending::Lapsed(_) => RespiteEnding::Lapsed,
    };
    Some(Event::RespiteEnded { respite: respite?, carer: carer?, held: held?, ending })
}

pub(super) fn offer_pledged(f: &mut Fields, stored: &log::OfferPledged) -> Option<Event> {
    let offer = f.number("offer", stored.offer, OfferId::new);
    let party = f.number("party", stored.party, PartyId::new);
    let title = f.title("title", &stored.title);
    let face_value = f.pence("face_value_pence", stored.face_value_pence);
    let quantity = f.items("quantity_items", stored.quantity_items);
    let valid_until = day(f, "valid_until_day", stored.valid_until_day);
    Some(Event::OfferPledged {
        offer: offer?,
        party: party?,
        title: title?,
        face_value: face_value?,
        quantity: quantity?,
        valid_until: valid_until?,
    })
}

pub(super) fn voucher_issued(f: &mut Fields, stored: &log::VoucherIssued) -> Option<Event> {
    let offer = f.number("offer", stored.offer, OfferId::new);
    let member = f.number("member", stored.member, MemberId::new);
    let reason = f.word("reason", stored.reason, VoucherReason::from_code);
    let code = digest(f, "code_hash", &stored.code_hash).map(CodeHash::new);
    let lapse_at = Timestamp::from_unix_ms(stored.lapse_at_unix_ms);
    let price =
        f.unless_empty(stored.price_minutes, |f, number| f.minutes("price_minutes", number));
    Some(Event::VoucherIssued {
        offer: offer?,
        member: member?,
        reason: reason?,
        code: code?,
        lapse_at,
        price: price?,
    })
}

pub(super) fn voucher_redeemed(f: &mut Fields, stored: log::VoucherRedeemed) -> Option<Event> {
    let voucher = f.position("voucher_position", stored.voucher_position);
    let offer = f.number("offer", stored.offer, OfferId::new);
    let member = f.number("member", stored.member, MemberId::new);
    Some(Event::VoucherRedeemed { voucher: voucher?, offer: offer?, member: member? })
}

pub(super) fn voucher_cancelled(f: &mut Fields, stored: log::VoucherCancelled) -> Option<Event> {
    let voucher = f.position("voucher_position", stored.voucher_position);
    let offer = f.number("offer", stored.offer, OfferId::new);
    let member = f.number("member", stored.member, MemberId::new);
    let price =
        f.unless_empty(stored.price_minutes, |f, number| f.minutes("price_minutes", number));
    Some(Event::VoucherCancelled {
        voucher: voucher?,
        offer: offer?,
        member: member?,
        price: price?,
    })
}

pub(super) fn voucher_lapsed(f: &mut Fields, stored: log::VoucherLapsed) -> Option<Event> {
    let voucher = f.position("voucher_position", stored.voucher_position);
    let offer = f.number("offer", stored.offer, OfferId::new);
    let member = f.number("member", stored.member, MemberId::new);
    Some(Event::VoucherLapsed { voucher: voucher?, offer: offer?, member: member? })
}

fn start(f: &mut Fields, minute: i32) -> Option<TimeOfDay> {
    let start = u16::try_from(minute).ok().and_then(TimeOfDay::new);
    f.need("start_minute_of_day", start, "is not a minute of a day")
}

fn cover(f: &mut Fields, stored: Option<log::Cover>) -> Option<Cover> {
    use log::cover::By;
    f.message("cover", stored, |f, stored| match f.need("by", stored.by, NOT_SAID)? {
        By::Member(number) => f.number("member", number, MemberId::new).map(Cover::Member),
        By::Staff(_) => Some(Cover::Staff),
    })
}
