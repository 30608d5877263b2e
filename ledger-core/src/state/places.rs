//! Balances by number.

use serde::{Deserialize, Serialize};

use crate::amount::Balance;

/// What stands in an account. Nothing: no transfer has ever named it.
pub(super) type Place = Option<Balance>;

/// The places of accounts that have numbers without gaps, or nearly.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Places(Vec<Place>);

impl Places {
    pub(super) fn get(&self, index: usize) -> Balance {
        self.place(index).unwrap_or_default()
    }

    pub(super) fn place(&self, index: usize) -> Place {
        self.0.get(index).copied().flatten()
    }

    pub(super) fn set(&mut self, index: usize, balance: Balance) {
        if self.0.len() <= index {
            self.0.resize(index.saturating_add(1), None);
        }
        if let Some(place) = self.0.get_mut(index) {
            *place = Some(balance);
        }
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (usize, Balance)> {
        self.0.iter().enumerate().filter_map(|(index, place)| Some((index, (*place)?)))
    }
}
