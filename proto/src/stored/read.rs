//! From the stored message back to the entry: every arm ever written, through the constructors of the edge.

mod event;
mod hours;
mod house;
mod promises;
mod proofs;
mod store;

use ledger_core::{
    Actor, Asked, Attribution, Authority, CashAccount, CashSource, CashUse, Channel, Day, Entry,
    Fingerprint, FundId, Help, HoursDestination, KindAccount, Kinship, MemberId, OfferId,
    OfficerId, RequestId, RowKey, TaskKind, TimeAccount, Timestamp, Transfer,
};

use super::log;
use crate::malformed::{Fields, IfSaid};

/// The entry of a stored message.
pub(super) fn entry(f: &mut Fields, stored: log::Entry) -> Option<Entry> {
    let position = f.position("position", stored.position);
    let recorded_at = Timestamp::from_unix_ms(stored.recorded_at_unix_ms);
    let occurred_on = day(f, "occurred_on_day", stored.occurred_on_day);
    let actor = f.need("actor", stored.actor, NOT_SAID).and_then(|who| actor(f, &who));
    let on_behalf_of = f.unless_empty(stored.on_behalf_of, |f, number| {
        f.number("on_behalf_of", number, MemberId::new)
    });
    let authority = f.word("authority", stored.authority, Authority::from_code);
    let channel = f.word("channel", stored.channel, Channel::from_code);
    let policy_version = u32::try_from(stored.policy_version).ok();
    let policy_version = f.need("policy_version", policy_version, "is not a version of a policy");
    let asked = asked(f, &stored.request_id, &stored.fingerprint);
    let row = f.unless_empty(stored.import_row.as_slice(), |f, bytes| {
        digest(f, "import_row", bytes).map(RowKey::new)
    });
    let corrects = f.unless_empty(stored.corrects, |f, number| f.position("corrects", number));
    let moved: Vec<_> = stored
        .transfers
        .iter()
        .map(|stored| f.within("transfers", |f| transfer(f, stored)))
        .collect();
    let moved: Option<Vec<Transfer>> = moved.into_iter().collect();
    let event = f.need("event", stored.event, NOT_SAID);
    let (moved, event) = (moved?, event?);
    let event = f.within("event", |f| event::event(f, event, &moved))?;
    if *event.transfers() != *moved {
        return f.refuse("transfers", "are not what the event says that moved");
    }
    let by = Attribution {
        actor: actor?,
        on_behalf_of: on_behalf_of?,
        authority: authority?,
        channel: channel?,
    };
    Some(Entry {
        position: position?,
        recorded_at,
        occurred_on: occurred_on?,
        by,
        policy_version: policy_version?,
        asked: asked?,
        row: row?,
        corrects: corrects?,
        event,
    })
}

const NOT_SAID: &str = "is not said, or is of a kind that this version does not know";

fn day(f: &mut Fields, field: &str, number: i32) -> Option<Day> {
    f.need(field, Day::new(number), "is not a day between 1900 and 2199")
}

fn digest(f: &mut Fields, field: &str, bytes: &[u8]) -> Option<[u8; 16]> {
    f.need(field, bytes.try_into().ok(), "has not 16 bytes")
}

fn asked(f: &mut Fields, id: &[u8], fingerprint: &[u8]) -> IfSaid<Asked> {
    if id.is_empty() && fingerprint.is_empty() {
        return Some(None);
    }
    let id = digest(f, "request_id", id).and_then(|bytes| {
        f.need("request_id", RequestId::from_bytes(bytes), "is not a version 7 UUID")
    });
    let fingerprint = digest(f, "fingerprint", fingerprint).map(Fingerprint::new);
    Some(Some(Asked { id: id?, fingerprint: fingerprint? }))
}

fn actor(f: &mut Fields, stored: &log::entry::Actor) -> Option<Actor> {
    use log::entry::Actor as Stored;
    match *stored {
        Stored::ByMember(number) => f.number("by_member", number, MemberId::new).map(Actor::Member),
        Stored::ByOfficer(number) => {
            f.number("by_officer", number, OfficerId::new).map(Actor::Officer)
        }
        Stored::ByBearer(_) => Some(Actor::Bearer),
        Stored::ByTimer(_) => Some(Actor::Timer),
        Stored::ByOperator(_) => Some(Actor::Operator),
    }
}

fn transfer(f: &mut Fields, stored: &log::Transfer) -> Option<Transfer> {
    use log::transfer::Unit;
    let transfer = match f.need("unit", stored.unit.as_ref(), NOT_SAID)? {
        Unit::Time(time) => {
            let from = time_account(f, "time.from", time.from.as_ref());
            let to = time_account(f, "time.to", time.to.as_ref());
            let minutes = f.minutes("time.minutes", time.minutes);
            Transfer::Time { from: from?, to: to?, minutes: minutes? }
        }
        Unit::Cash(cash) => {
            let from = cash_account(f, "cash.from", cash.from.as_ref());
            let to = cash_account(f, "cash.to", cash.to.as_ref());
            let pence = f.pence("cash.pence", cash.pence);
            Transfer::Cash { from: from?, to: to?, pence: pence? }
        }
        Unit::Kind(kind) => {
            let offer = f.number("kind.offer", kind.offer, OfferId::new);
            let from = kind_account(f, "kind.from", kind.from.as_ref());
            let to = kind_account(f, "kind.to", kind.to.as_ref());
            let items = f.items("kind.items", kind.items);
            Transfer::Kind { offer: offer?, from: from?, to: to?, items: items? }
        }
    };
    if transfer.goes_nowhere() {
        return f.refuse("to", "is the account that it comes from");
    }
    Some(transfer)
}

fn time_account(
    f: &mut Fields,
    field: &str,
    stored: Option<&log::TimeAccount>,
) -> Option<TimeAccount> {
    use log::time_account::Account;
    let account = stored.and_then(|stored| stored.account.as_ref());
    match *f.need(field, account, NOT_SAID)? {
        Account::Member(number) => f.number(field, number, MemberId::new).map(TimeAccount::Member),
        Account::HeldForMember(number) => {
            f.number(field, number, MemberId::new).map(TimeAccount::Held)
        }
        Account::Pot(_) => Some(TimeAccount::Pot),
        Account::Commons(_) => Some(TimeAccount::Commons),
    }
}

fn cash_account(
    f: &mut Fields,
    field: &str,
    stored: Option<&log::CashAccount>,
) -> Option<CashAccount> {
    use log::cash_account::Account;
    let account = stored.and_then(|stored| stored.account.as_ref());
    match *f.need(field, account, NOT_SAID)? {
        Account::Fund(number) => f.number(field, number, FundId::new).map(CashAccount::Fund),
        Account::Source(code) => {
            f.word(field, code, CashSource::from_code).map(CashAccount::Source)
        }
        Account::Use(code) => f.word(field, code, CashUse::from_code).map(CashAccount::Use),
    }
}

fn kind_account(
    f: &mut Fields,
    field: &str,
    stored: Option<&log::KindAccount>,
) -> Option<KindAccount> {
    use log::kind_account::Account;
    let account = stored.and_then(|stored| stored.account.as_ref());
    match *f.need(field, account, NOT_SAID)? {
        Account::Outside(_) => Some(KindAccount::Outside),
        Account::Stock(_) => Some(KindAccount::Stock),
        Account::WithMember(number) => {
            f.number(field, number, MemberId::new).map(KindAccount::With)
        }
        Account::Used(_) => Some(KindAccount::Used),
        Account::Lapsed(_) => Some(KindAccount::Lapsed),
    }
}

fn help(f: &mut Fields, stored: Option<log::Help>) -> Option<Help> {
    use log::help::Destination;
    f.message("help", stored, |f, stored| {
        let giver = f.number("giver", stored.giver, MemberId::new);
        let receiver = f
            .unless_empty(stored.receiver, |f, number| f.number("receiver", number, MemberId::new));
        let minutes = f.minutes("minutes", stored.minutes);
        let task = f.word("task", stored.task, TaskKind::from_code);
        let destination = match f.need("destination", stored.destination, NOT_SAID) {
            Some(Destination::OwnAccount(_)) => Some(HoursDestination::OwnAccount),
            Some(Destination::Pot(_)) => Some(HoursDestination::Pot),
            Some(Destination::Member(number)) => {
                f.number("destination", number, MemberId::new).map(HoursDestination::Member)
            }
            None => None,
        };
        let kinship = f.word("kinship", stored.kinship, kinship);
        Some(Help {
            giver: giver?,
            receiver: receiver?,
            minutes: minutes?,
            task: task?,
            destination: destination?,
            kinship: kinship?,
        })
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
