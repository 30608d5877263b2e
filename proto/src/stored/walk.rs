//! The short road from stored bytes to an entry: for bytes written exactly as we write, read once and without a copy.
//!
//! The law: where it gives an entry, the general road gives the same one, and these are the bytes that are written of it. On
//! anything else it gives nothing, says nothing, and the general road decides. Each message is read in the order of its
//! fields' numbers, through the constructors of the edge, so a reader names each field once and nothing besides.

mod event;
mod hours;
mod house;
mod message;
mod moved;
mod numbers;
mod promises;
mod proofs;
mod store;

use ledger_core::{
    Actor, Asked, Attribution, Authority, CashAccount, CashSource, CashUse, Channel, Entry,
    Fingerprint, Help, HoursDestination, KindAccount, Kinship, RequestId, RowKey, TaskKind,
    TimeAccount, Transfer,
};
use message::Message;
use numbers::{
    count, day, fund, items, member, minutes, moment, offer, officer, pence, position, word,
};

use super::log;
use crate::malformed::IfSaid;

/// The field of an entry that says what moved.
const TRANSFERS: u8 = 17;

/// The entry of these bytes, if they are as we write them.
pub(super) fn entry(bytes: &[u8]) -> Option<Entry> {
    let m = &mut Message::new(bytes);
    let position = m.take(1, position)?;
    let recorded_at = m.take(2, moment)?;
    let occurred_on = m.take(3, day)?;
    let by = Attribution {
        actor: actor(m)?,
        on_behalf_of: m.if_said(9, member)?,
        authority: m.take(10, word(Authority::from_code))?,
        channel: m.take(11, word(Channel::from_code))?,
    };
    let policy_version = m.take(12, count)?;
    let asked = asked(m.bytes(13)?, m.bytes(14)?)?;
    let row = row(m.bytes(15)?)?;
    let corrects = m.if_said_far(16, numbers::position)?;
    let mut moved = m.clone();
    while m.skip_far(TRANSFERS)? {}
    let behind = m.left();
    let (kind, mut arm) = m.last()?;
    let event = event::event(kind, &mut arm, &moved)?;
    arm.end()?;
    // What is stored is what follows from the event, each transfer in its turn, and nothing besides.
    for transfer in &*event.transfers() {
        moved.within_far(TRANSFERS, |m| moved::is(m, transfer))?;
    }
    if moved.left() != behind {
        return None;
    }
    Some(Entry {
        position,
        recorded_at,
        occurred_on,
        by,
        policy_version,
        asked,
        row,
        corrects,
        event,
    })
}

fn actor(m: &mut Message<'_>) -> Option<Actor> {
    match m.ahead() {
        4 => m.take(4, member).map(Actor::Member),
        5 => m.take(5, officer).map(Actor::Officer),
        6 => m.chosen(6, Actor::Bearer),
        7 => m.chosen(7, Actor::Timer),
        8 => m.chosen(8, Actor::Operator),
        _ => None,
    }
}

fn asked(id: &[u8], fingerprint: &[u8]) -> IfSaid<Asked> {
    if id.is_empty() && fingerprint.is_empty() {
        return Some(None);
    }
    let id = RequestId::from_bytes(id.try_into().ok()?)?;
    let fingerprint = Fingerprint::new(fingerprint.try_into().ok()?);
    Some(Some(Asked { id, fingerprint }))
}

fn row(bytes: &[u8]) -> IfSaid<RowKey> {
    if bytes.is_empty() {
        return Some(None);
    }
    bytes.try_into().ok().map(|bytes| Some(RowKey::new(bytes)))
}

/// All that moved, for an event that holds its transfers itself.
fn transfers(moved: &Message<'_>) -> Option<Vec<Transfer>> {
    let (mut moved, mut all) = (moved.clone(), Vec::new());
    let mut ahead = moved.clone();
    while ahead.skip_far(TRANSFERS)? {
        all.push(moved.within_far(TRANSFERS, transfer)?);
    }
    Some(all)
}

fn transfer(m: &mut Message<'_>) -> Option<Transfer> {
    let transfer = match m.ahead() {
        1 => m.within(1, |m| {
            Some(Transfer::Time {
                from: m.within(1, time_account)?,
                to: m.within(2, time_account)?,
                minutes: m.take(3, minutes)?,
            })
        }),
        2 => m.within(2, |m| {
            Some(Transfer::Cash {
                from: m.within(1, cash_account)?,
                to: m.within(2, cash_account)?,
                pence: m.take(3, pence)?,
            })
        }),
        3 => m.within(3, |m| {
            Some(Transfer::Kind {
                offer: m.take(1, offer)?,
                from: m.within(2, kind_account)?,
                to: m.within(3, kind_account)?,
                items: m.take(4, items)?,
            })
        }),
        _ => None,
    };
    transfer.filter(|transfer| !transfer.goes_nowhere())
}

fn time_account(m: &mut Message<'_>) -> Option<TimeAccount> {
    match m.ahead() {
        1 => m.take(1, member).map(TimeAccount::Member),
        2 => m.take(2, member).map(TimeAccount::Held),
        3 => m.chosen(3, TimeAccount::Pot),
        4 => m.chosen(4, TimeAccount::Commons),
        _ => None,
    }
}

fn cash_account(m: &mut Message<'_>) -> Option<CashAccount> {
    match m.ahead() {
        1 => m.take(1, fund).map(CashAccount::Fund),
        2 => m.take(2, word(CashSource::from_code)).map(CashAccount::Source),
        3 => m.take(3, word(CashUse::from_code)).map(CashAccount::Use),
        _ => None,
    }
}

fn kind_account(m: &mut Message<'_>) -> Option<KindAccount> {
    match m.ahead() {
        1 => m.chosen(1, KindAccount::Outside),
        2 => m.chosen(2, KindAccount::Stock),
        3 => m.take(3, member).map(KindAccount::With),
        4 => m.chosen(4, KindAccount::Used),
        5 => m.chosen(5, KindAccount::Lapsed),
        _ => None,
    }
}

fn help(m: &mut Message<'_>) -> Option<Help> {
    Some(Help {
        giver: m.take(1, member)?,
        receiver: m.if_said(2, member)?,
        minutes: m.take(3, minutes)?,
        task: m.take(4, word(TaskKind::from_code))?,
        destination: match m.ahead() {
            5 => m.chosen(5, HoursDestination::OwnAccount),
            6 => m.chosen(6, HoursDestination::Pot),
            7 => m.take(7, member).map(HoursDestination::Member),
            _ => None,
        }?,
        kinship: m.take(8, word(kinship))?,
    })
}

fn kinship(code: i32) -> Option<Kinship> {
    match log::Kinship::try_from(code).ok()? {
        log::Kinship::Unspecified => None,
        log::Kinship::Neighbour => Some(Kinship::Neighbour),
        log::Kinship::FamilyEarning => Some(Kinship::FamilyEarning),
        log::Kinship::FamilyNotEarning => Some(Kinship::FamilyNotEarning),
    }
}
