//! From an entry to the message that is stored: always today's arms.

mod event;

use ledger_core::{
    Actor, CashAccount, Cover, Entry, Hat, Help, HoursDestination, KindAccount, Kinship, OwnFamily,
    Position, RespiteEnding, TimeAccount, Transfer, Undone, Values, VoucherBasis,
};

use super::log;
use crate::malformed::Malformed;

/// The message of a whole entry, with what moved.
pub(super) fn entry(entry: &Entry, moved: &[Transfer]) -> Result<log::Entry, Malformed> {
    let Entry {
        position,
        recorded_at,
        occurred_on,
        by,
        policy_version,
        asked,
        row,
        corrects,
        event: what,
    } = entry;
    Ok(log::Entry {
        position: at(*position)?,
        recorded_at_unix_ms: recorded_at.unix_ms(),
        occurred_on_day: occurred_on.number(),
        actor: Some(actor(by.actor)),
        on_behalf_of: by.on_behalf_of.map_or(0, |member| member.get().into()),
        authority: by.authority.code(),
        channel: by.channel.code(),
        policy_version: i64::from(*policy_version),
        request_id: asked.map_or_else(Vec::new, |asked| asked.id.bytes().to_vec()),
        fingerprint: asked.map_or_else(Vec::new, |asked| asked.fingerprint.bytes().to_vec()),
        import_row: row.map_or_else(Vec::new, |row| row.bytes().to_vec()),
        corrects: corrects.map_or(Ok(0), at)?,
        transfers: moved.iter().map(transfer).collect(),
        event: Some(event::event(what)?),
    })
}

fn at(position: Position) -> Result<i64, Malformed> {
    match i64::try_from(position.get()) {
        Ok(number) if number > 0 => Ok(number),
        Ok(_) | Err(_) => Err(Malformed::one("position", "is not a position of an entry")),
    }
}

const fn actor(actor: Actor) -> log::entry::Actor {
    use log::entry::Actor as Stored;
    match actor {
        Actor::Member(member) => Stored::ByMember(wide(member.get())),
        Actor::Officer(officer) => Stored::ByOfficer(wide(officer.get())),
        Actor::Bearer => Stored::ByBearer(true),
        Actor::Timer => Stored::ByTimer(true),
        Actor::Operator => Stored::ByOperator(true),
    }
}

#[allow(clippy::cast_lossless, reason = "`From` is not const yet; every u32 is an i64")]
const fn wide(number: u32) -> i64 {
    number as i64
}

fn transfer(transfer: &Transfer) -> log::Transfer {
    use log::transfer::Unit;
    log::Transfer {
        unit: Some(match transfer {
            Transfer::Time { from, to, minutes } => Unit::Time(log::TimeTransfer {
                from: Some(time_account(*from)),
                to: Some(time_account(*to)),
                minutes: minutes.get(),
            }),
            Transfer::Cash { from, to, pence } => Unit::Cash(log::CashTransfer {
                from: Some(cash_account(*from)),
                to: Some(cash_account(*to)),
                pence: pence.get(),
            }),
            Transfer::Kind { offer, from, to, items } => Unit::Kind(log::KindTransfer {
                offer: offer.get().into(),
                from: Some(kind_account(*from)),
                to: Some(kind_account(*to)),
                items: items.get(),
            }),
        }),
    }
}

const fn time_account(account: TimeAccount) -> log::TimeAccount {
    use log::time_account::Account;
    let account = match account {
        TimeAccount::Member(member) => Account::Member(wide(member.get())),
        TimeAccount::Held(member) => Account::HeldForMember(wide(member.get())),
        TimeAccount::Pot => Account::Pot(true),
        TimeAccount::Commons => Account::Commons(true),
    };
    log::TimeAccount { account: Some(account) }
}

const fn cash_account(account: CashAccount) -> log::CashAccount {
    use log::cash_account::Account;
    let account = match account {
        CashAccount::Fund(fund) => Account::Fund(wide(fund.get())),
        CashAccount::Source(source) => Account::Source(source.code()),
        CashAccount::Use(spent_on) => Account::Use(spent_on.code()),
    };
    log::CashAccount { account: Some(account) }
}

const fn kind_account(account: KindAccount) -> log::KindAccount {
    use log::kind_account::Account;
    let account = match account {
        KindAccount::Outside => Account::Outside(true),
        KindAccount::Stock => Account::Stock(true),
        KindAccount::With(member) => Account::WithMember(wide(member.get())),
        KindAccount::Used => Account::Used(true),
        KindAccount::Lapsed => Account::Lapsed(true),
    };
    log::KindAccount { account: Some(account) }
}

fn values(values: &Values) -> log::PolicyValues {
    let (basis, price) = match values.voucher_basis {
        VoucherBasis::Recognition => (log::VoucherBasis::Recognition, 0),
        VoucherBasis::Exchange { price } => (log::VoucherBasis::Exchange, price.get()),
    };
    log::PolicyValues {
        floor_minutes: values.floor_minutes,
        soft_floor_minutes: values.soft_floor_minutes,
        confirm_days: values.confirm_days.into(),
        lapse_days: values.lapse_days.into(),
        day_cap_minutes: values.day_cap.get(),
        backdating_days: values.backdating_days.into(),
        voucher_cap: values.voucher_cap.into(),
        voucher_cap_pence: values.voucher_cap_value.get(),
        own_family_earns: match values.own_family {
            OwnFamily::DoesNotEarn => false,
            OwnFamily::Earns => true,
        },
        voucher_basis: basis.into(),
        voucher_price_minutes: price,
    }
}

fn help(help: &Help) -> log::Help {
    use log::help::Destination;
    let Help { giver, receiver, minutes, task, destination, kinship } = help;
    log::Help {
        giver: giver.get().into(),
        receiver: receiver.map_or(0, |member| member.get().into()),
        minutes: minutes.get(),
        task: task.code(),
        destination: Some(match destination {
            HoursDestination::OwnAccount => Destination::OwnAccount(true),
            HoursDestination::Pot => Destination::Pot(true),
            HoursDestination::Member(member) => Destination::Member(member.get().into()),
        }),
        kinship: match kinship {
            Kinship::Neighbour => log::Kinship::Neighbour,
            Kinship::FamilyEarning => log::Kinship::FamilyEarning,
            Kinship::FamilyNotEarning => log::Kinship::FamilyNotEarning,
        }
        .into(),
    }
}

fn cover(cover: Cover) -> log::Cover {
    use log::cover::By;
    let by = match cover {
        Cover::Member(member) => By::Member(member.get().into()),
        Cover::Staff => By::Staff(true),
    };
    log::Cover { by: Some(by) }
}

fn ending(ending: RespiteEnding) -> log::respite_ended::Ending {
    use log::respite_ended::Ending;
    match ending {
        RespiteEnding::Cancelled { by, reason } => {
            Ending::Cancelled(log::RespiteCancelled { by: by.code(), reason: reason.code() })
        }
        RespiteEnding::NoCover => Ending::NoCover(true),
        RespiteEnding::NoShow { missing } => Ending::NoShow(missing.code()),
        RespiteEnding::Lapsed => Ending::Lapsed(true),
    }
}

fn undone(undone: Undone) -> log::entry_reversed::Undone {
    use log::entry_reversed::Undone as Stored;
    match undone {
        Undone::TransfersOnly => Stored::TransfersOnly(true),
        Undone::GivenMinutes { giver, day, minutes } => Stored::GivenMinutes(log::GivenMinutes {
            giver: giver.get().into(),
            on_day: day.number(),
            minutes: minutes.get(),
        }),
        Undone::Leaving(member) => Stored::LeavingOfMember(member.get().into()),
        Undone::Offer(offer) => Stored::Offer(offer.get().into()),
    }
}

fn codes(hats: &[Hat]) -> Vec<i32> {
    hats.iter().map(|hat| hat.code()).collect()
}
