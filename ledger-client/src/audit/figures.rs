//! The figures of a report: what the books come to, hours by month, and what an auditor may want to look at.

#![allow(clippy::wildcard_enum_match_arm, reason = "what is counted is named; all else is not")]

use std::collections::BTreeMap;

use ledger_core::{
    Account, Actor, CashAccount, Channel, Entry, Event, FundId, KindAccount, OfferKind, Position,
    Standing, State, TimeAccount, Transfer,
};
use serde::Serialize;

use super::rules::Undoes;

/// So many positions are named of each thing that is noted.
const NAMED: usize = 20;
/// What is entered so many days after it happened is noted.
const LATE_DAYS: i32 = 31;

/// What stands in a fund.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FundFigure {
    /// Its number.
    pub number: u32,
    /// What it is called.
    pub title: String,
    /// What stands in it.
    pub pence: i64,
}

/// What the books come to at the end.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Figures {
    /// How many members were ever enrolled.
    pub members: u64,
    /// How many of them take part.
    pub members_taking_part: u64,
    /// Hours that were banked: help that counted, in minutes.
    pub banked_minutes: i64,
    /// Hours that were redeemed: respite that was delivered, in minutes.
    pub redeemed_minutes: i64,
    /// What stands in all members' accounts, in minutes.
    pub member_minutes: i64,
    /// What is held for promises, in minutes.
    pub held_minutes: i64,
    /// The community pot, in minutes.
    pub pot_minutes: i64,
    /// The other side of hours given to the community, in minutes.
    pub commons_minutes: i64,
    /// Cash received, in pence.
    pub cash_in_pence: i64,
    /// Cash spent, in pence.
    pub cash_out_pence: i64,
    /// Each fund.
    pub funds: Vec<FundFigure>,
    /// Vouchers issued.
    pub vouchers_issued: u64,
    /// Vouchers redeemed.
    pub vouchers_redeemed: u64,
    /// Vouchers cancelled.
    pub vouchers_cancelled: u64,
    /// Vouchers lapsed.
    pub vouchers_lapsed: u64,
    /// Vouchers open.
    pub vouchers_open: u64,
    /// Vouchers in stock, free to issue.
    pub vouchers_left: i64,
    /// What gifts in kind are reckoned to be worth, in pence.
    pub in_kind_valued_pence: i64,
}

/// Hours of one month.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Month {
    /// The month, as YYYY-MM.
    pub month: String,
    /// Hours banked, in minutes.
    pub banked_minutes: i64,
    /// Hours redeemed, in minutes.
    pub redeemed_minutes: i64,
}

/// Something that was counted, with the first positions of it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Some20 {
    /// How many there are.
    pub count: u64,
    /// The first of them.
    pub first: Vec<u64>,
}

impl Some20 {
    fn add(&mut self, position: Position) {
        self.count += 1;
        if self.first.len() < NAMED {
            self.first.push(position.get());
        }
    }
}

/// What breaks no rule, and what an auditor may want to look at all the same.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Noted {
    /// Entries of the part that is reported on.
    pub entries: u64,
    /// The operator went on without entries that were lost.
    pub losses_accepted: Some20,
    /// Entries that came out of an import: their dates are older than their recording, and no second person was asked.
    pub imported: Some20,
    /// Entered more than 31 days after the day on which it is said to have happened.
    pub back_dated: Some20,
    /// Reversals.
    pub reversals: Some20,
    /// Reversals that took somebody below the floor.
    pub below_floor: Some20,
    /// Vouchers for which hours were given.
    pub exchanged_vouchers: Some20,
    /// Hours that nobody confirmed but time.
    pub confirmed_by_time: Some20,
    /// Policies that were adopted.
    pub policies: Some20,
}

/// The figures as they grow.
#[derive(Default)]
pub(super) struct Growing {
    since: u64,
    figures: Figures,
    months: BTreeMap<(i32, String), (i64, i64)>,
    noted: Noted,
    newest: Option<ledger_core::Timestamp>,
}

impl Growing {
    pub(super) fn since(since: u64) -> Growing {
        Growing { since, ..Growing::default() }
    }

    /// Counts an entry. `undoes`: what a reversal takes back.
    pub(super) fn count(&mut self, entry: &Entry, transfers: &[Transfer], undoes: Option<Undoes>) {
        self.newest = Some(entry.recorded_at);
        let (banked, redeemed) = hours(&entry.event, transfers, undoes);
        let figures = &mut self.figures;
        figures.banked_minutes += banked;
        figures.redeemed_minutes += redeemed;
        for transfer in transfers {
            cash(figures, transfer);
        }
        match &entry.event {
            Event::VoucherIssued { .. } => figures.vouchers_issued += 1,
            Event::VoucherRedeemed { .. } => figures.vouchers_redeemed += 1,
            Event::VoucherCancelled { .. } => figures.vouchers_cancelled += 1,
            Event::VoucherLapsed { .. } => figures.vouchers_lapsed += 1,
            _ => {}
        }
        if entry.position.get() > self.since {
            self.note(entry);
            if (banked, redeemed) != (0, 0) {
                let day = entry.occurred_on.to_string();
                let month = day.get(..7).unwrap_or_default().to_owned();
                let month = self.months.entry((entry.occurred_on.year(), month)).or_default();
                *month = (month.0 + banked, month.1 + redeemed);
            }
        }
    }

    fn note(&mut self, entry: &Entry) {
        let (noted, at) = (&mut self.noted, entry.position);
        noted.entries += 1;
        let late = entry.occurred_on.plus(LATE_DAYS) < entry.recorded_at.day();
        match &entry.event {
            Event::LossAccepted { .. } => noted.losses_accepted.add(at),
            Event::PolicyAdopted { .. } => noted.policies.add(at),
            Event::EntryReversed { below_floor, .. } => {
                noted.reversals.add(at);
                if !below_floor.is_empty() {
                    noted.below_floor.add(at);
                }
            }
            Event::VoucherIssued { price: Some(_), .. } => noted.exchanged_vouchers.add(at),
            Event::HoursConfirmed { evidence: ledger_core::EvidenceGrade::Timer, .. } => {
                noted.confirmed_by_time.add(at);
            }
            _ => {}
        }
        // What settles or reverses something is of that thing's day, and time comes when it comes.
        let of_another_day = entry.by.actor == Actor::Timer
            || matches!(
                entry.event,
                Event::HoursConfirmed { .. }
                    | Event::HoursResolved { .. }
                    | Event::EntryReversed { .. }
            );
        if entry.by.channel == Channel::Import {
            noted.imported.add(at);
        } else if late && !of_another_day {
            noted.back_dated.add(at);
        }
    }

    /// When the newest entry was recorded.
    pub(super) fn newest(&self) -> Option<ledger_core::Timestamp> {
        self.newest
    }

    /// What all of it comes to, on the books at the end.
    pub(super) fn finish(self, state: Option<&State>) -> (Option<Figures>, Vec<Month>, Noted) {
        let Growing { since: _, mut figures, months, noted, newest: _ } = self;
        let month = |((_, month), (banked_minutes, redeemed_minutes))| Month {
            month,
            banked_minutes,
            redeemed_minutes,
        };
        let months = months.into_iter().map(month).collect();
        let figures = state.map(|state| {
            stand(&mut figures, state);
            figures
        });
        (figures, months, noted)
    }
}

/// Hours that an entry banked and redeemed, or took back.
fn hours(event: &Event, transfers: &[Transfer], undoes: Option<Undoes>) -> (i64, i64) {
    let minutes = |transfer: &Transfer| match transfer {
        Transfer::Time { from: _, to: _, minutes } => minutes.get(),
        Transfer::Cash { .. } | Transfer::Kind { .. } => 0,
    };
    let all: i64 = transfers.iter().map(minutes).sum();
    match (event, undoes) {
        (
            Event::HoursConfirmed { .. }
            | Event::HoursRecorded { .. }
            | Event::HoursResolved { .. },
            _,
        ) => (all, 0),
        (Event::RespiteDelivered { minutes, .. }, _) => (0, minutes.get()),
        (Event::EntryReversed { .. }, Some(Undoes::Help)) => (-all, 0),
        (Event::EntryReversed { .. }, Some(Undoes::Respite)) => (0, -all),
        _ => (0, 0),
    }
}

fn cash(figures: &mut Figures, transfer: &Transfer) {
    if let Transfer::Cash { from, to, pence } = transfer {
        match (from, to) {
            (CashAccount::Source(_), CashAccount::Fund(_)) => figures.cash_in_pence += pence.get(),
            (CashAccount::Fund(_), CashAccount::Source(_)) => figures.cash_in_pence -= pence.get(),
            (CashAccount::Fund(_), CashAccount::Use(_)) => figures.cash_out_pence += pence.get(),
            (CashAccount::Use(_), CashAccount::Fund(_)) => figures.cash_out_pence -= pence.get(),
            _ => {}
        }
    }
}

/// What stands in the accounts.
fn stand(figures: &mut Figures, state: &State) {
    let standing = state.members().iter().filter(|member| member.standing == Standing::Active);
    figures.members = state.members().len().try_into().unwrap_or(u64::MAX);
    figures.members_taking_part = standing.count().try_into().unwrap_or(u64::MAX);
    figures.vouchers_open = state.open_vouchers().len().try_into().unwrap_or(u64::MAX);
    for (account, balance) in state.books().accounts() {
        let balance = balance.get();
        match account {
            Account::Time(TimeAccount::Member(_)) => figures.member_minutes += balance,
            Account::Time(TimeAccount::Held(_)) => figures.held_minutes += balance,
            Account::Time(TimeAccount::Pot) => figures.pot_minutes += balance,
            Account::Time(TimeAccount::Commons) => figures.commons_minutes += balance,
            Account::Kind(offer, KindAccount::Stock) => {
                let kind = state.offers().get(offer.index()).map(|offer| offer.kind);
                if let Some(OfferKind::Vouchers { .. }) = kind {
                    figures.vouchers_left += balance;
                }
            }
            Account::Cash(_)
            | Account::Kind(
                _,
                KindAccount::Outside
                | KindAccount::With(_)
                | KindAccount::Used
                | KindAccount::Lapsed,
            ) => {}
        }
    }
    let funds = state.funds().iter().enumerate().filter_map(|(index, fund)| {
        let number = FundId::at(index)?;
        let (title, pence) = (fund.title.to_string(), state.fund_balance(number).get());
        Some(FundFigure { number: number.get(), title, pence })
    });
    figures.funds = funds.collect();
    let valued = state.offers().iter().filter(|offer| !offer.withdrawn);
    let valued = valued.map(|offer| match offer.kind {
        OfferKind::InKind { valuation } => valuation.map_or(0, ledger_core::Pence::get),
        OfferKind::Vouchers { .. } => 0,
    });
    figures.in_kind_valued_pence = valued.sum();
}
