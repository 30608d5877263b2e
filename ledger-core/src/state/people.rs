//! The people, organisations, funds and offers that a co-op knows.

use serde::{Deserialize, Serialize};

use crate::{
    amount::Pence,
    event::FundFreedom,
    id::{MemberId, PartyId, Position},
    kinds::{Hat, PartyKind, Role},
    text::{Reference, Title},
    time::Day,
};

/// Whether a member takes part.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Standing {
    /// Takes part.
    Active,
    /// Takes no part until reinstated.
    Suspended,
    /// Has left.
    Left,
}

/// A member.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Member {
    /// Their number.
    pub id: MemberId,
    /// The co-op's own reference.
    pub reference: Option<Reference>,
    /// The hats that they wear.
    pub hats: Vec<Hat>,
    /// Whether they take part.
    pub standing: Standing,
    /// The standing that the end of the membership found, and that a reversal of it brings back.
    pub standing_before: Standing,
    /// The day on which they joined.
    pub joined_on: Day,
    /// The last entry that touched them.
    pub revision: Position,
}

/// An officer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Officer {
    /// What they may do.
    pub role: Role,
    /// The member who is the officer, so that "another person" can be judged.
    pub member: Option<MemberId>,
    /// Whether the term has ended.
    pub ended: bool,
}

/// A business or partner.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Party {
    /// What it is called.
    pub title: Title,
    /// What it is to the co-op.
    pub kind: PartyKind,
}

/// A fund of the Store.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fund {
    /// What it is called.
    pub title: Title,
    /// How freely it can be spent.
    pub freedom: FundFreedom,
}

/// What sort of thing is offered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum OfferKind {
    /// Vouchers of a business.
    Vouchers {
        /// What one is worth there.
        face_value: Pence,
        /// The last day on which one can be redeemed.
        valid_until: Day,
    },
    /// A gift in kind.
    InKind {
        /// What all of it is reckoned to be worth: beside the money, never added to it.
        valuation: Option<Pence>,
    },
}

/// Something pledged.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Offer {
    /// Who pledged it.
    pub party: Option<PartyId>,
    /// What it is called.
    pub title: Title,
    /// What sort of thing it is.
    pub kind: OfferKind,
    /// Whether the pledge was reversed.
    pub withdrawn: bool,
}
