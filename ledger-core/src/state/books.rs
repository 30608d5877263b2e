//! The books: what stands in each account, moved by transfers and by nothing else.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{
    account::{Account, CashAccount, KindAccount, TimeAccount, Transfer},
    amount::{Balance, Overflow},
    event::SealedTotals,
    id::{MemberId, OfferId},
};

/// What stands in an account. Nothing: no transfer has ever named it.
type Place = Option<Balance>;

/// What stands in a member's two accounts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Pair {
    own: Place,
    held: Place,
}

/// Every balance of every unit.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Books {
    // By member number: a replay finds an account without searching for it.
    members: Vec<Pair>,
    pot: Place,
    commons: Place,
    cash: BTreeMap<CashAccount, Balance>,
    kind: BTreeMap<(OfferId, KindAccount), Balance>,
}

impl Books {
    /// Books one transfer: out of one account, into the other, or neither.
    pub(crate) fn apply(&mut self, transfer: &Transfer) -> Result<(), Overflow> {
        match *transfer {
            Transfer::Time { from, to, minutes } => {
                let (less, more) =
                    (self.time(from).debit(minutes.get())?, self.time(to).credit(minutes.get())?);
                *self.place(from) = Some(less);
                *self.place(to) = Some(more);
            }
            Transfer::Cash { from, to, pence } => {
                let (less, more) =
                    (self.cash(from).debit(pence.get())?, self.cash(to).credit(pence.get())?);
                self.cash.insert(from, less);
                self.cash.insert(to, more);
            }
            Transfer::Kind { offer, from, to, items } => {
                let less = self.kind(offer, from).debit(items.get())?;
                let more = self.kind(offer, to).credit(items.get())?;
                self.kind.insert((offer, from), less);
                self.kind.insert((offer, to), more);
            }
        }
        Ok(())
    }

    /// What stands in an account of time, in minutes.
    pub fn time(&self, account: TimeAccount) -> Balance {
        let pair = |member: MemberId| self.members.get(member.index()).copied().unwrap_or_default();
        let place = match account {
            TimeAccount::Member(member) => pair(member).own,
            TimeAccount::Held(member) => pair(member).held,
            TimeAccount::Pot => self.pot,
            TimeAccount::Commons => self.commons,
        };
        place.unwrap_or_default()
    }

    /// What stands in an account of cash, in pence.
    pub fn cash(&self, account: CashAccount) -> Balance {
        self.cash.get(&account).copied().unwrap_or_default()
    }

    /// What stands in an account of an offer, in items.
    pub fn kind(&self, offer: OfferId, account: KindAccount) -> Balance {
        self.kind.get(&(offer, account)).copied().unwrap_or_default()
    }

    /// Every account that a transfer has ever named, with what stands there, be it zero; and no other.
    pub fn accounts(&self) -> impl Iterator<Item = (Account, Balance)> {
        let members = self.members.iter().enumerate().flat_map(|(index, pair)| {
            let member = MemberId::at(index);
            let own = member.map(TimeAccount::Member).zip(pair.own);
            let held = member.map(TimeAccount::Held).zip(pair.held);
            own.into_iter().chain(held)
        });
        let pot = self.pot.map(|balance| (TimeAccount::Pot, balance));
        let commons = self.commons.map(|balance| (TimeAccount::Commons, balance));
        let time = members.chain(pot).chain(commons);
        let time = time.map(|(account, balance)| (Account::Time(account), balance));
        let cash = self.cash.iter().map(|(account, balance)| (Account::Cash(*account), *balance));
        let kind = self
            .kind
            .iter()
            .map(|((offer, account), balance)| (Account::Kind(*offer, *account), *balance));
        time.chain(cash).chain(kind)
    }

    /// What all accounts come to, as a seal says it.
    pub fn totals(&self) -> Result<SealedTotals, Overflow> {
        let mut totals = SealedTotals::default();
        for (account, balance) in self.accounts() {
            totals.accounts = totals.accounts.checked_add(1).ok_or(Overflow)?;
            let sum = match account {
                Account::Time(TimeAccount::Member(_)) => &mut totals.member_minutes,
                Account::Time(TimeAccount::Held(_)) => &mut totals.held_minutes,
                Account::Time(TimeAccount::Pot) => &mut totals.pot_minutes,
                Account::Time(TimeAccount::Commons) => &mut totals.commons_minutes,
                Account::Cash(CashAccount::Fund(_)) => &mut totals.fund_pence,
                Account::Kind(_, KindAccount::Stock) => &mut totals.stock_items,
                Account::Kind(_, KindAccount::With(_)) => &mut totals.with_member_items,
                // The other side of what stands in funds, in stock and with members: the sums of a unit are zero.
                Account::Cash(CashAccount::Source(_) | CashAccount::Use(_))
                | Account::Kind(
                    _,
                    KindAccount::Outside | KindAccount::Used | KindAccount::Lapsed,
                ) => continue,
            };
            *sum = sum.checked_add(balance.get()).ok_or(Overflow)?;
        }
        Ok(totals)
    }

    /// The sum of all accounts of each unit: minutes, pence, items. Always zero, or the books are wrong.
    pub fn sums(&self) -> [i128; 3] {
        let [mut minutes, mut pence, mut items] = [0_i128; 3];
        for (account, balance) in self.accounts() {
            let sum = match account {
                Account::Time(_) => &mut minutes,
                Account::Cash(_) => &mut pence,
                Account::Kind(_, _) => &mut items,
            };
            *sum = sum.saturating_add(i128::from(balance.get()));
        }
        [minutes, pence, items]
    }

    /// Where an account of time stands.
    fn place(&mut self, account: TimeAccount) -> &mut Place {
        let index = match account {
            TimeAccount::Member(member) | TimeAccount::Held(member) => member.index(),
            TimeAccount::Pot => return &mut self.pot,
            TimeAccount::Commons => return &mut self.commons,
        };
        if self.members.len() <= index {
            self.members.resize(index + 1, Pair::default());
        }
        // The list was just made long enough; the pot stands in for a place that cannot be missing.
        match (self.members.get_mut(index), account) {
            (Some(pair), TimeAccount::Held(_)) => &mut pair.held,
            (Some(pair), _) => &mut pair.own,
            (None, _) => &mut self.pot,
        }
    }
}
