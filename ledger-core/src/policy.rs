//! The co-op's own numbers, as data: adopted by the members, judged by in `decide`, never read by `evolve`.

use serde::{Deserialize, Serialize};

use crate::{
    amount::{Minutes, Pence},
    id::Position,
    text::Title,
    time::Timestamp,
};

/// What a voucher stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum VoucherBasis {
    /// A discretionary thank-you that moves no minutes. In the United Kingdom, time credits keep their benefits
    /// treatment only while they are not exchanged for goods.
    Recognition,
    /// Hours go to the pot for a voucher, at this price.
    Exchange {
        /// Minutes for one voucher.
        price: Minutes,
    },
}

/// Whether care for one's own family earns hours.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum OwnFamily {
    /// It is recorded and earns nothing.
    DoesNotEarn,
    /// It earns like any other help.
    Earns,
}

/// The numbers of a policy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Values {
    /// Below this many minutes nobody may promise. Zero or less.
    pub floor_minutes: i64,
    /// Below this many minutes a person is told. Zero or less, and not below the floor.
    pub soft_floor_minutes: i64,
    /// After so many days logged hours are confirmed by the timer.
    pub confirm_days: u16,
    /// So many days after its date a promise lapses.
    pub lapse_days: u16,
    /// At most so many minutes a day and giver.
    pub day_cap: Minutes,
    /// At most so many days back can something have happened.
    pub backdating_days: u16,
    /// At most so many vouchers a person and year.
    pub voucher_cap: u32,
    /// At most vouchers of so much face value a person and year.
    pub voucher_cap_value: Pence,
    /// Whether care for one's own family earns.
    pub own_family: OwnFamily,
    /// What a voucher stands for.
    pub voucher_basis: VoucherBasis,
}

/// The number of a policy that does not fit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unsound(
    /// The field, as it is named in [`Values`].
    pub &'static str,
);

impl Values {
    /// The standard template: floor −12 h, told below −6 h, timer 14 days, lapse 30 days, at most 12 h a day,
    /// back-dating 60 days, 12 vouchers or £120 a person and year, own family does not earn, vouchers as recognition.
    pub fn template() -> Self {
        Self {
            floor_minutes: -720,
            soft_floor_minutes: -360,
            confirm_days: 14,
            lapse_days: 30,
            day_cap: TWELVE_HOURS,
            backdating_days: 60,
            voucher_cap: 12,
            voucher_cap_value: ONE_HUNDRED_AND_TWENTY_POUNDS,
            own_family: OwnFamily::DoesNotEarn,
            voucher_basis: VoucherBasis::Recognition,
        }
    }

    /// Whether the numbers fit together.
    pub fn check(&self) -> Result<(), Unsound> {
        let sound = [
            ("floor_minutes", (-Minutes::MAX..=0).contains(&self.floor_minutes)),
            ("soft_floor_minutes", (self.floor_minutes..=0).contains(&self.soft_floor_minutes)),
            ("confirm_days", (1..=366).contains(&self.confirm_days)),
            ("lapse_days", (1..=366).contains(&self.lapse_days)),
            ("day_cap_minutes", self.day_cap.get() <= 24 * 60),
            ("backdating_days", self.backdating_days <= 3660),
            ("voucher_cap", self.voucher_cap <= 1000),
        ];
        match sound.into_iter().find(|(_, sound)| !sound) {
            Some((field, _)) => Err(Unsound(field)),
            None => Ok(()),
        }
    }
}

const TWELVE_HOURS: Minutes = match Minutes::new(720) {
    Ok(minutes) => minutes,
    Err(_) => unreachable!(),
};
const ONE_HUNDRED_AND_TWENTY_POUNDS: Pence = match Pence::new(12_000) {
    Ok(pence) => pence,
    Err(_) => unreachable!(),
};

/// A policy as it was adopted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Policy {
    /// From 1, counted up.
    pub version: u32,
    /// The numbers.
    pub values: Values,
    /// The minute or ballot that decided it; nothing for the founding template.
    pub decided_by: Option<Title>,
    /// The entry that adopted it.
    pub adopted_at: Position,
    /// When it was recorded.
    pub recorded_at: Timestamp,
}
