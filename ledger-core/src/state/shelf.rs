//! The accounts of one offer.

use serde::{Deserialize, Serialize};

use super::places::Place;
use crate::{account::KindAccount, amount::Balance, id::MemberId};

/// What stands in each account of an offer: few have vouchers of the same.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Shelf {
    outside: Place,
    stock: Place,
    used: Place,
    lapsed: Place,
    // In order of their numbers.
    with: Vec<(MemberId, Balance)>,
}

impl Shelf {
    pub(super) fn get(&self, account: KindAccount) -> Balance {
        let place = match account {
            KindAccount::Outside => self.outside,
            KindAccount::Stock => self.stock,
            KindAccount::Used => self.used,
            KindAccount::Lapsed => self.lapsed,
            KindAccount::With(member) => {
                let at = self.find(member).ok();
                at.and_then(|at| self.with.get(at)).map(|(_, balance)| *balance)
            }
        };
        place.unwrap_or_default()
    }

    pub(super) fn set(&mut self, account: KindAccount, balance: Balance) {
        match account {
            KindAccount::Outside => self.outside = Some(balance),
            KindAccount::Stock => self.stock = Some(balance),
            KindAccount::Used => self.used = Some(balance),
            KindAccount::Lapsed => self.lapsed = Some(balance),
            KindAccount::With(member) => match self.find(member) {
                Ok(at) => {
                    if let Some((_, place)) = self.with.get_mut(at) {
                        *place = balance;
                    }
                }
                Err(at) => self.with.insert(at, (member, balance)),
            },
        }
    }

    /// Every account that was ever set, in the order of [`KindAccount`].
    pub(super) fn iter(&self) -> impl Iterator<Item = (KindAccount, Balance)> {
        let first = [(KindAccount::Outside, self.outside), (KindAccount::Stock, self.stock)];
        let last = [(KindAccount::Used, self.used), (KindAccount::Lapsed, self.lapsed)];
        let with = self.with.iter();
        let with = with.map(|(member, balance)| (KindAccount::With(*member), Some(*balance)));
        let all = first.into_iter().chain(with).chain(last);
        all.filter_map(|(account, place)| Some((account, place?)))
    }

    fn find(&self, member: MemberId) -> Result<usize, usize> {
        self.with.binary_search_by_key(&member, |(member, _)| *member)
    }
}
