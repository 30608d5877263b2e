//! Writes about respite.

use ledger_core::{Beyond, CancelReason, Command, Cover, RespiteSide, TimeOfDay};

use super::{
    name,
    parse::{Asking, day},
};
use crate::{
    malformed::{Fields, IfSaid},
    v1,
};

pub(super) fn request_respite(
    f: &mut Fields,
    asking: &Asking<'_>,
    m: &v1::RequestRespiteRequest,
) -> Option<Command> {
    let carer = name::read_member(f, "carer", asking.coop, &m.carer);
    let minutes = f.minutes("minutes", m.minutes);
    let wanted_on = day(f, "date", &m.date);
    let start = start(f, &m.start_time);
    Some(Command::RequestRespite {
        carer: carer?,
        minutes: minutes?,
        wanted_on: wanted_on?,
        start: start?,
    })
}

pub(super) fn agree_cover(
    f: &mut Fields,
    asking: &Asking<'_>,
    m: &v1::AgreeCoverRequest,
) -> Option<Command> {
    let respite = name::read_respite(f, "respite", asking.coop, &m.respite);
    let cover = f.message("cover", m.cover.as_ref(), |f, said| cover(f, asking, said));
    let start = start(f, &m.start_time);
    Some(Command::AgreeCover { respite: respite?, cover: cover?, start: start? })
}

pub(super) fn withdraw_cover(
    f: &mut Fields,
    asking: &Asking<'_>,
    m: &v1::WithdrawCoverRequest,
) -> Option<Command> {
    let respite = name::read_respite(f, "respite", asking.coop, &m.respite);
    let reason = f.word("reason", m.reason, CancelReason::from_code);
    Some(Command::WithdrawCover { respite: respite?, reason: reason? })
}

pub(super) fn deliver_respite(
    f: &mut Fields,
    asking: &Asking<'_>,
    m: &v1::DeliverRespiteRequest,
) -> Option<Command> {
    let respite = name::read_respite(f, "respite", asking.coop, &m.respite);
    let minutes = f.minutes("minutes", m.minutes);
    let cover = match &m.cover {
        Some(said) => f.within("cover", |f| cover(f, asking, said)).map(Some),
        None => Some(None),
    };
    let beyond = if m.carer_agrees_to_more { Beyond::Agreed } else { Beyond::Refused };
    Some(Command::DeliverRespite { respite: respite?, minutes: minutes?, cover: cover?, beyond })
}

pub(super) fn cancel_respite(
    f: &mut Fields,
    asking: &Asking<'_>,
    m: &v1::CancelRespiteRequest,
) -> Option<Command> {
    let respite = name::read_respite(f, "respite", asking.coop, &m.respite);
    let by = f.word("by", m.by, RespiteSide::from_code);
    let reason = f.word("reason", m.reason, CancelReason::from_code);
    Some(Command::CancelRespite { respite: respite?, by: by?, reason: reason? })
}

pub(super) fn record_no_cover(
    f: &mut Fields,
    asking: &Asking<'_>,
    m: &v1::RecordNoCoverRequest,
) -> Option<Command> {
    let respite = name::read_respite(f, "respite", asking.coop, &m.respite)?;
    Some(Command::RecordNoCover { respite })
}

pub(super) fn record_no_show(
    f: &mut Fields,
    asking: &Asking<'_>,
    m: &v1::RecordNoShowRequest,
) -> Option<Command> {
    let respite = name::read_respite(f, "respite", asking.coop, &m.respite);
    let missing = f.word("missing", m.missing, RespiteSide::from_code);
    Some(Command::RecordNoShow { respite: respite?, missing: missing? })
}

fn cover(f: &mut Fields, asking: &Asking<'_>, said: &v1::Cover) -> Option<Cover> {
    use v1::cover::By;
    match &said.by {
        Some(By::Member(text)) => {
            name::read_member(f, "member", asking.coop, text).map(Cover::Member)
        }
        Some(By::Staff(_)) => Some(Cover::Staff),
        None => f.refuse("by", "is not said: name a member, or staff"),
    }
}

fn start(f: &mut Fields, text: &str) -> IfSaid<TimeOfDay> {
    f.unless_empty(text, |f, text| {
        let problem = "is not a time of day: write it as HH:MM, from 00:00 to 23:59";
        f.need("start_time", TimeOfDay::parse(text), problem)
    })
}
