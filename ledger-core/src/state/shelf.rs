//! The accounts of one offer.

use std::collections::BTreeMap;

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
    // A tree, so that a made-up log which names the highest numbers first moves nothing about.
    with: BTreeMap<MemberId, Balance>,
}

impl Shelf {
    pub(super) fn get(&self, account: KindAccount) -> Balance {
        let place = match account {
            KindAccount::Outside => self.outside,
            KindAccount::Stock => self.stock,
            KindAccount::Used => self.used,
            KindAccount::Lapsed => self.lapsed,
            KindAccount::With(member) => self.with.get(&member).copied(),
        };
        place.unwrap_or_default()
    }

    pub(super) fn set(&mut self, account: KindAccount, balance: Balance) {
        match account {
            KindAccount::Outside => self.outside = Some(balance),
            KindAccount::Stock => self.stock = Some(balance),
            KindAccount::Used => self.used = Some(balance),
            KindAccount::Lapsed => self.lapsed = Some(balance),
            KindAccount::With(member) => {
                self.with.insert(member, balance);
            }
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
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_far_number_takes_no_more_room_than_a_near_one() {
        let far = |back: u32| KindAccount::With(MemberId::new(2_000_000 - back).unwrap());
        let balance = Balance::default().credit(1).unwrap();
        let mut shelf = Shelf::default();
        for back in 0..20 {
            shelf.set(far(back), balance);
        }
        assert_eq!((shelf.get(far(19)), shelf.get(far(20))), (balance, Balance::default()));
        assert!(shelf.iter().map(|(account, _)| account).eq((0..20).rev().map(far)));
        // What a list by number would have in it is written down, too.
        let written = postcard::to_stdvec(&shelf).unwrap().len();
        assert!(written < 20 * 10, "{written} bytes");
    }
}
