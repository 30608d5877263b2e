//! From an entry to the bytes that are stored: always today's arms, in the order of the fields' numbers.

mod event;
mod message;

use ledger_core::{
    Actor, CashAccount, Cover, Entry, Help, HoursDestination, KindAccount, Kinship, MemberId,
    OwnFamily, RespiteEnding, TimeAccount, Transfer, Undone, Values, VoucherBasis,
};
use message::Message;

use super::log;
use crate::malformed::Malformed;

/// The bytes of a whole entry, with what moved.
pub(super) fn entry(entry: &Entry, moved: &[Transfer]) -> Result<Vec<u8>, Malformed> {
    let Entry {
        position,
        recorded_at,
        occurred_on,
        by,
        policy_version,
        asked,
        row,
        corrects,
        event,
    } = entry;
    let mut m = Message::new();
    m.position(1, *position);
    m.number(2, recorded_at.unix_ms());
    m.sum(3, occurred_on.number());
    match by.actor {
        Actor::Member(member) => m.said(4, member.get()),
        Actor::Officer(officer) => m.said(5, officer.get()),
        Actor::Bearer => m.chosen(6),
        Actor::Timer => m.chosen(7),
        Actor::Operator => m.chosen(8),
    }
    m.number(9, number_of(by.on_behalf_of));
    m.number(10, by.authority.code());
    m.number(11, by.channel.code());
    m.number(12, *policy_version);
    if let Some(asked) = asked {
        m.bytes(13, asked.id.bytes());
        m.bytes(14, asked.fingerprint.bytes());
    }
    if let Some(row) = row {
        m.bytes(15, row.bytes());
    }
    if let Some(corrects) = corrects {
        m.position(16, *corrects);
    }
    for moved in moved {
        m.within(17, |m| transfer(m, moved));
    }
    event::event(&mut m, event);
    m.finish()
}

/// The number of a member, or zero for nobody.
fn number_of(member: Option<MemberId>) -> u32 {
    member.map_or(0, MemberId::get)
}

fn transfer(m: &mut Message, transfer: &Transfer) {
    match *transfer {
        Transfer::Time { from, to, minutes } => m.within(1, |m| {
            m.within(1, |m| time_account(m, from));
            m.within(2, |m| time_account(m, to));
            m.number(3, minutes.get());
        }),
        Transfer::Cash { from, to, pence } => m.within(2, |m| {
            m.within(1, |m| cash_account(m, from));
            m.within(2, |m| cash_account(m, to));
            m.number(3, pence.get());
        }),
        Transfer::Kind { offer, from, to, items } => m.within(3, |m| {
            m.number(1, offer.get());
            m.within(2, |m| kind_account(m, from));
            m.within(3, |m| kind_account(m, to));
            m.number(4, items.get());
        }),
    }
}

fn time_account(m: &mut Message, account: TimeAccount) {
    match account {
        TimeAccount::Member(member) => m.said(1, member.get()),
        TimeAccount::Held(member) => m.said(2, member.get()),
        TimeAccount::Pot => m.chosen(3),
        TimeAccount::Commons => m.chosen(4),
    }
}

fn cash_account(m: &mut Message, account: CashAccount) {
    match account {
        CashAccount::Fund(fund) => m.said(1, fund.get()),
        CashAccount::Source(source) => m.said(2, source.code()),
        CashAccount::Use(spent_on) => m.said(3, spent_on.code()),
    }
}

fn kind_account(m: &mut Message, account: KindAccount) {
    match account {
        KindAccount::Outside => m.chosen(1),
        KindAccount::Stock => m.chosen(2),
        KindAccount::With(member) => m.said(3, member.get()),
        KindAccount::Used => m.chosen(4),
        KindAccount::Lapsed => m.chosen(5),
    }
}

fn values(m: &mut Message, values: &Values) {
    let (basis, price) = match values.voucher_basis {
        VoucherBasis::Recognition => (log::VoucherBasis::Recognition, 0),
        VoucherBasis::Exchange { price } => (log::VoucherBasis::Exchange, price.get()),
    };
    m.sum(1, values.floor_minutes);
    m.sum(2, values.soft_floor_minutes);
    m.number(3, values.confirm_days);
    m.number(4, values.lapse_days);
    m.number(5, values.day_cap.get());
    m.number(6, values.backdating_days);
    m.number(7, values.voucher_cap);
    m.number(8, values.voucher_cap_value.get());
    match values.own_family {
        OwnFamily::DoesNotEarn => {}
        OwnFamily::Earns => m.chosen(9),
    }
    m.number(10, i32::from(basis));
    m.number(11, price);
}

fn help(m: &mut Message, help: &Help) {
    let Help { giver, receiver, minutes, task, destination, kinship } = help;
    m.number(1, giver.get());
    m.number(2, number_of(*receiver));
    m.number(3, minutes.get());
    m.number(4, task.code());
    match destination {
        HoursDestination::OwnAccount => m.chosen(5),
        HoursDestination::Pot => m.chosen(6),
        HoursDestination::Member(member) => m.said(7, member.get()),
    }
    let kinship = match kinship {
        Kinship::Neighbour => log::Kinship::Neighbour,
        Kinship::FamilyEarning => log::Kinship::FamilyEarning,
        Kinship::FamilyNotEarning => log::Kinship::FamilyNotEarning,
    };
    m.number(8, i32::from(kinship));
}

fn cover(m: &mut Message, cover: Cover) {
    match cover {
        Cover::Member(member) => m.said(1, member.get()),
        Cover::Staff => m.chosen(2),
    }
}

fn ending(m: &mut Message, ending: RespiteEnding) {
    match ending {
        RespiteEnding::Cancelled { by, reason } => m.within(4, |m| {
            m.number(1, by.code());
            m.number(2, reason.code());
        }),
        RespiteEnding::NoCover => m.chosen(5),
        RespiteEnding::NoShow { missing } => m.said(6, missing.code()),
        RespiteEnding::Lapsed => m.chosen(7),
    }
}

fn undone(m: &mut Message, undone: Undone) {
    match undone {
        Undone::TransfersOnly => m.chosen(3),
        Undone::GivenMinutes { giver, day, minutes } => m.within(4, |m| {
            m.number(1, giver.get());
            m.sum(2, day.number());
            m.number(3, minutes.get());
        }),
        Undone::Leaving(member) => m.said(5, member.get()),
        Undone::Offer(offer) => m.said(6, offer.get()),
    }
}
