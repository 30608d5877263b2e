//! The books: what stands in each account, moved by transfers and by nothing else.

use serde::{Deserialize, Serialize};

use super::{
    places::{Place, Places},
    shelf::Shelf,
};
use crate::{
    account::{Account, CashAccount, KindAccount, TimeAccount, Transfer},
    amount::{Balance, Overflow},
    event::SealedTotals,
    id::{FundId, MemberId, OfferId},
    kinds::{CashSource, CashUse},
};

/// What stands in a member's two accounts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Pair {
    own: Place,
    held: Place,
}

/// Every balance of every unit, where its number says: a replay finds an account without searching for it. So whoever
/// books a transfer must know that there are such a member, such a fund and such an offer.
///
/// 32 bytes a member, 16 a fund, 88 an offer, and 16 for each member who ever had vouchers of it. Does not grow with the
/// log but for offers.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Books {
    members: Vec<Pair>,
    pot: Place,
    commons: Place,
    funds: Places,
    // By the numbers of their words.
    sources: Places,
    uses: Places,
    offers: Vec<Shelf>,
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
                self.set_cash(from, less);
                self.set_cash(to, more);
            }
            Transfer::Kind { offer, from, to, items } => {
                let less = self.kind(offer, from).debit(items.get())?;
                let more = self.kind(offer, to).credit(items.get())?;
                let index = offer.index();
                if self.offers.len() <= index {
                    self.offers.resize(index.saturating_add(1), Shelf::default());
                }
                if let Some(shelf) = self.offers.get_mut(index) {
                    shelf.set(from, less);
                    shelf.set(to, more);
                }
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
        match account {
            CashAccount::Fund(fund) => self.funds.get(fund.index()),
            CashAccount::Source(source) => self.sources.get(word(source.code())),
            CashAccount::Use(spent_on) => self.uses.get(word(spent_on.code())),
        }
    }

    /// What stands in an account of an offer, in items.
    pub fn kind(&self, offer: OfferId, account: KindAccount) -> Balance {
        self.offers.get(offer.index()).map(|shelf| shelf.get(account)).unwrap_or_default()
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
        let funds = self
            .funds
            .iter()
            .filter_map(|(index, balance)| Some((CashAccount::Fund(FundId::at(index)?), balance)));
        let sources = CashSource::ALL.iter().filter_map(|source| {
            Some((CashAccount::Source(*source), self.sources.place(word(source.code()))?))
        });
        let uses = CashUse::ALL.iter().filter_map(|spent_on| {
            Some((CashAccount::Use(*spent_on), self.uses.place(word(spent_on.code()))?))
        });
        let cash = funds.chain(sources).chain(uses);
        let cash = cash.map(|(account, balance)| (Account::Cash(account), balance));
        let kind = self.offers.iter().enumerate().flat_map(|(index, shelf)| {
            let offer = OfferId::at(index);
            shelf.iter().filter_map(move |(account, balance)| {
                Some((Account::Kind(offer?, account), balance))
            })
        });
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

    fn set_cash(&mut self, account: CashAccount, balance: Balance) {
        match account {
            CashAccount::Fund(fund) => self.funds.set(fund.index(), balance),
            CashAccount::Source(source) => self.sources.set(word(source.code()), balance),
            CashAccount::Use(spent_on) => self.uses.set(word(spent_on.code()), balance),
        }
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

/// The place of a word by its number, which is above zero and small.
fn word(code: i32) -> usize {
    usize::try_from(code).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Items, Minutes, Pence};

    /// That the sums are zero says nothing unless they can be something else.
    #[test]
    fn books_with_one_side_missing_do_not_come_to_zero() {
        let mut books = Books::default();
        let (member, fund, offer) = (MemberId::at(2), FundId::at(1), OfferId::at(3));
        let (member, fund, offer) = (member.unwrap(), fund.unwrap(), offer.unwrap());
        let own = TimeAccount::Member(member);
        let moves = [
            Transfer::Time { from: TimeAccount::Pot, to: own, minutes: Minutes::new(60).unwrap() },
            Transfer::Cash {
                from: CashAccount::Source(CashSource::ALL[0]),
                to: CashAccount::Fund(fund),
                pence: Pence::new(500).unwrap(),
            },
            Transfer::Kind {
                offer,
                from: KindAccount::Outside,
                to: KindAccount::Stock,
                items: Items::new(4).unwrap(),
            },
        ];
        for moved in moves {
            books.apply(&moved).unwrap();
            assert_eq!(books.sums(), [0; 3], "{moved:?}");
        }
        assert_eq!(books.accounts().count(), 6);
        let (mut minutes, mut pence, mut items) = (books.clone(), books.clone(), books);
        *minutes.place(own) = None;
        assert_eq!(minutes.sums(), [-60, 0, 0]);
        pence.set_cash(CashAccount::Fund(fund), Balance::default());
        assert_eq!(pence.sums(), [0, -500, 0]);
        items.offers[3].set(KindAccount::Stock, Balance::default());
        assert_eq!(items.sums(), [0, 0, -4]);
    }
}
