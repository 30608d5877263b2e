//! The books: what stands in each account, moved by transfers and by nothing else.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{
    account::{CashAccount, KindAccount, TimeAccount, Transfer},
    amount::{Balance, Overflow},
    id::{MemberId, OfferId},
};

/// What stands in a member's two accounts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Pair {
    own: Balance,
    held: Balance,
}

/// Every balance of every unit.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Books {
    // By member number: a replay finds an account without searching for it.
    members: Vec<Pair>,
    pot: Balance,
    commons: Balance,
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
                *self.time_mut(from) = less;
                *self.time_mut(to) = more;
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
        match account {
            TimeAccount::Member(member) => pair(member).own,
            TimeAccount::Held(member) => pair(member).held,
            TimeAccount::Pot => self.pot,
            TimeAccount::Commons => self.commons,
        }
    }

    /// What stands in an account of cash, in pence.
    pub fn cash(&self, account: CashAccount) -> Balance {
        self.cash.get(&account).copied().unwrap_or_default()
    }

    /// What stands in an account of an offer, in items.
    pub fn kind(&self, offer: OfferId, account: KindAccount) -> Balance {
        self.kind.get(&(offer, account)).copied().unwrap_or_default()
    }

    /// The sum of all accounts of each unit: minutes, pence, items. Always zero, or the books are wrong.
    pub fn sums(&self) -> [i128; 3] {
        let time = self.members.iter().flat_map(|pair| [pair.own, pair.held]);
        let sum = |balances: &mut dyn Iterator<Item = Balance>| -> i128 {
            balances.map(|balance| i128::from(balance.get())).sum()
        };
        [
            sum(&mut time.chain([self.pot, self.commons])),
            sum(&mut self.cash.values().copied()),
            sum(&mut self.kind.values().copied()),
        ]
    }

    fn time_mut(&mut self, account: TimeAccount) -> &mut Balance {
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
