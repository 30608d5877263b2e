//! Hours, respite and vouchers are opened and come to something, each once.

use std::mem;

use crate::{
    entry::{Actor, Entry},
    event::{Cover, Help},
    evolve::{Result, given, impossible},
    id::Position,
    state::{Behind, HoursStatus, LoggedHours, OfferKind, OpenVoucher, Promise, Slot, State},
    time::{TimeOfDay, Timestamp},
};

pub(super) fn hours_logged(
    state: &mut State,
    entry: &Entry,
    help: Help,
    confirm_by: Timestamp,
) -> Result<()> {
    let at = entry.position;
    let logged = LoggedHours {
        help,
        occurred_on: entry.occurred_on,
        logged_by: entry.by.actor,
        behind: behind(state, entry),
        status: HoursStatus::Logged,
        confirm_by,
        revision: at,
    };
    given(state, at, help.giver, (entry.occurred_on, help.minutes.get()))?;
    state.due.insert_in_turn(confirm_by, at);
    state.hours.insert(at, logged);
    Ok(())
}

pub(super) fn hours_disputed(state: &mut State, at: Position, hours: Position) -> Result<()> {
    let logged = state.hours.get_mut(hours).ok_or(impossible(at, "there are no such hours"))?;
    logged.revision = at;
    if mem::replace(&mut logged.status, HoursStatus::Disputed) == HoursStatus::Logged {
        state.no_more_due(hours);
    }
    Ok(())
}

/// Logged hours come to something: what counts in the end is what counts towards the day's cap.
pub(super) fn hours_settled(
    state: &mut State,
    at: Position,
    hours: Position,
    counted: i64,
) -> Result<()> {
    let logged = state.hours.remove(hours);
    let logged = logged.ok_or(impossible(at, "hours come to something twice"))?;
    state.settled.insert(hours);
    if logged.status == HoursStatus::Logged {
        state.no_more_due(hours);
    }
    let Help { giver, minutes, .. } = logged.help;
    given(state, at, giver, (logged.occurred_on, counted.saturating_sub(minutes.get())))
}

/// Every member who stands behind an entry: the actor as a person, and for whom it was done.
fn behind(state: &State, entry: &Entry) -> Behind {
    let person = match entry.by.actor {
        Actor::Member(member) => Some(member),
        Actor::Officer(officer) => {
            state.officers.get(officer.index()).and_then(|officer| officer.member)
        }
        Actor::Bearer | Actor::Timer | Actor::Operator => None,
    };
    Behind { person, on_behalf_of: entry.by.on_behalf_of }
}

pub(super) fn respite_requested(state: &mut State, at: Position, promise: Promise) {
    state.due.insert(promise.lapse_at, at);
    state.respites.insert(at, promise);
}

/// Holds the giver's time. Staff have a rota of their own.
pub(super) fn cover_agreed(
    state: &mut State,
    at: Position,
    respite: Position,
    (cover, start): (Cover, TimeOfDay),
) -> Result<()> {
    let promise = promise_mut(state, at, respite)?;
    promise.cover = Some(cover);
    promise.start = Some(start);
    promise.revision = at;
    let (first, end) = promise.slot(start);
    if let Cover::Member(giver) = cover {
        state.booked.insert((giver, first), Slot { end, respite });
    }
    Ok(())
}

pub(super) fn cover_withdrawn(state: &mut State, at: Position, respite: Position) -> Result<()> {
    let promise = promise_mut(state, at, respite)?;
    promise.revision = at;
    let before = promise.clone();
    promise.cover = None;
    release(state, respite, &before);
    Ok(())
}

pub(super) fn respite_settled(state: &mut State, at: Position, respite: Position) -> Result<()> {
    let promise = state.respites.remove(respite);
    let promise = promise.ok_or(impossible(at, "a hold is resolved twice"))?;
    release(state, respite, &promise);
    state.settled.insert(respite);
    state.no_more_due(respite);
    Ok(())
}

fn promise_mut(state: &mut State, at: Position, respite: Position) -> Result<&mut Promise> {
    state.respites.get_mut(respite).ok_or(impossible(at, "there is no such promise"))
}

/// Lets the giver's time go.
fn release(state: &mut State, respite: Position, promise: &Promise) {
    if let (Some(Cover::Member(giver)), Some(start)) = (promise.cover, promise.start) {
        let (first, _) = promise.slot(start);
        if state.booked.get(&(giver, first)).is_some_and(|slot| slot.respite == respite) {
            state.booked.remove(&(giver, first));
        }
    }
}

pub(super) fn voucher_issued(state: &mut State, at: Position, voucher: OpenVoucher) {
    thank(state, &voucher, 1);
    state.due.insert(voucher.lapse_at, at);
    state.codes.insert(voucher.code, at);
    state.vouchers.insert(at, voucher);
}

/// Counts a voucher towards the caps of a person and year; one that was cancelled is not counted any more.
pub(super) fn thank(state: &mut State, voucher: &OpenVoucher, times: i32) {
    let face_value = state.offers.get(voucher.offer.index()).map_or(0, |offer| match offer.kind {
        OfferKind::Vouchers { face_value, valid_until: _ } => face_value.get(),
        OfferKind::InKind { valuation: _ } => 0,
    });
    let year = (voucher.member, voucher.year);
    let (count, value) = state.thanked.entry(year).or_default();
    *count = count.saturating_add_signed(times);
    *value = value.saturating_add(face_value.saturating_mul(i64::from(times)));
    if (*count, *value) == (0, 0) {
        state.thanked.remove(&year);
    }
}

pub(super) fn voucher_settled(
    state: &mut State,
    at: Position,
    voucher: Position,
) -> Result<OpenVoucher> {
    let open = state.vouchers.remove(voucher);
    let open = open.ok_or(impossible(at, "a voucher comes to something twice"))?;
    state.settled.insert(voucher);
    state.no_more_due(voucher);
    Ok(open)
}
