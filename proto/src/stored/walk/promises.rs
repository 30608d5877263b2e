//! Respite and vouchers, as we write them.

use ledger_core::{
    CancelReason, CodeHash, Cover, Event, RespiteEnding, RespiteSide, Title, VoucherReason,
};

use super::{
    message::Message,
    numbers::{
        day, items, member, minutes, moment, offer, party, pence, position, time_of_day, word,
    },
};

pub(super) fn respite_requested(m: &mut Message<'_>) -> Option<Event> {
    Some(Event::RespiteRequested {
        carer: m.take(1, member)?,
        minutes: m.take(2, minutes)?,
        wanted_on: m.take(3, day)?,
        start: m.optional(4, time_of_day)?,
        lapse_at: m.take(5, moment)?,
    })
}

pub(super) fn cover_agreed(m: &mut Message<'_>) -> Option<Event> {
    Some(Event::CoverAgreed {
        respite: m.take(1, position)?,
        cover: m.within(2, cover)?,
        start: m.take(3, time_of_day)?,
    })
}

pub(super) fn cover_withdrawn(m: &mut Message<'_>) -> Option<Event> {
    Some(Event::CoverWithdrawn {
        respite: m.take(1, position)?,
        reason: m.take(2, word(CancelReason::from_code))?,
    })
}

pub(super) fn respite_delivered(m: &mut Message<'_>) -> Option<Event> {
    Some(Event::RespiteDelivered {
        respite: m.take(1, position)?,
        carer: m.take(2, member)?,
        cover: m.within(3, cover)?,
        held: m.take(4, minutes)?,
        minutes: m.take(5, minutes)?,
    })
}

pub(super) fn respite_ended(m: &mut Message<'_>) -> Option<Event> {
    Some(Event::RespiteEnded {
        respite: m.take(1, position)?,
        carer: m.take(2, member)?,
        held: m.take(3, minutes)?,
        ending: match m.ahead() {
            4 => m.within(4, |m| {
                Some(RespiteEnding::Cancelled {
                    by: m.take(1, word(RespiteSide::from_code))?,
                    reason: m.take(2, word(CancelReason::from_code))?,
                })
            }),
            5 => m.chosen(5, RespiteEnding::NoCover),
            6 => m
                .take(6, word(RespiteSide::from_code))
                .map(|missing| RespiteEnding::NoShow { missing }),
            7 => m.chosen(7, RespiteEnding::Lapsed),
            _ => None,
        }?,
    })
}

fn cover(m: &mut Message<'_>) -> Option<Cover> {
    match m.ahead() {
        1 => m.take(1, member).map(Cover::Member),
        2 => m.chosen(2, Cover::Staff),
        _ => None,
    }
}

pub(super) fn offer_pledged(m: &mut Message<'_>) -> Option<Event> {
    Some(Event::OfferPledged {
        offer: m.take(1, offer)?,
        party: m.take(2, party)?,
        title: Title::new(m.text(3)?).ok()?,
        face_value: m.take(4, pence)?,
        quantity: m.take(5, items)?,
        valid_until: m.take(6, day)?,
    })
}

pub(super) fn voucher_issued(m: &mut Message<'_>) -> Option<Event> {
    Some(Event::VoucherIssued {
        offer: m.take(1, offer)?,
        member: m.take(2, member)?,
        reason: m.take(3, word(VoucherReason::from_code))?,
        code: CodeHash::new(m.exactly(4)?),
        lapse_at: m.take(5, moment)?,
        price: m.if_said(6, minutes)?,
    })
}

pub(super) fn voucher_redeemed(m: &mut Message<'_>) -> Option<Event> {
    Some(Event::VoucherRedeemed {
        voucher: m.take(1, position)?,
        offer: m.take(2, offer)?,
        member: m.take(3, member)?,
    })
}

pub(super) fn voucher_cancelled(m: &mut Message<'_>) -> Option<Event> {
    Some(Event::VoucherCancelled {
        voucher: m.take(1, position)?,
        offer: m.take(2, offer)?,
        member: m.take(3, member)?,
        price: m.if_said(4, minutes)?,
    })
}

pub(super) fn voucher_lapsed(m: &mut Message<'_>) -> Option<Event> {
    Some(Event::VoucherLapsed {
        voucher: m.take(1, position)?,
        offer: m.take(2, offer)?,
        member: m.take(3, member)?,
    })
}
