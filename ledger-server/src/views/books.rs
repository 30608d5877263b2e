//! Every line of the Store's books over time, and which of them run together.

use ledger_core::MemberId;
use serde::{Deserialize, Serialize};

use super::{
    course::{Course, Slot},
    flows::Line,
};

/// What a member has.
pub(crate) const OWN: Slot = Slot::First;
/// What is held of it.
pub(crate) const HELD: Slot = Slot::Second;
/// What a member gave that counted.
pub(crate) const GAVE: Slot = Slot::Third;
/// The help that a member got.
pub(crate) const GOT: Slot = Slot::Fourth;

/// Whose course a line is part of, by their place in a dense list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Whose {
    Member(usize),
    Fund(usize),
    Offer(usize),
    Store(usize),
}

/// The place of a line.
pub(super) fn place(line: Line) -> (Whose, Slot) {
    let offer =
        |index: usize, half: usize| Whose::Offer(index.saturating_mul(2).saturating_add(half));
    match line {
        Line::Own(member) => (Whose::Member(member.index()), OWN),
        Line::Held(member) => (Whose::Member(member.index()), HELD),
        Line::Pot => (Whose::Store(0), Slot::First),
        Line::Commons => (Whose::Store(0), Slot::Second),
        Line::TimeIn => (Whose::Store(0), Slot::Third),
        Line::TimeOut => (Whose::Store(0), Slot::Fourth),
        Line::AllHeld => (Whose::Store(1), Slot::First),
        Line::Fund(fund) => (Whose::Fund(fund.index()), Slot::First),
        Line::FundIn(fund) => (Whose::Fund(fund.index()), Slot::Second),
        Line::FundOut(fund) => (Whose::Fund(fund.index()), Slot::Third),
        Line::Stock(id) => (offer(id.index(), 0), Slot::First),
        Line::With(id) => (offer(id.index(), 0), Slot::Second),
        Line::Issued(id) => (offer(id.index(), 0), Slot::Third),
        Line::Used(id) => (offer(id.index(), 0), Slot::Fourth),
        Line::Pledged(id) => (offer(id.index(), 1), Slot::First),
        Line::Cancelled(id) => (offer(id.index(), 1), Slot::Second),
        Line::Lapsed(id) => (offer(id.index(), 1), Slot::Third),
        Line::Valued(id) => (offer(id.index(), 1), Slot::Fourth),
    }
}

/// All courses. Members, funds and offers have dense numbers, so that each is found by its place.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct Books {
    members: Vec<Course>,
    funds: Vec<Course>,
    offers: Vec<Course>,
    store: Vec<Course>,
}

impl Books {
    /// A course. Nothing: nothing has moved it.
    pub(super) fn course(&self, whose: Whose) -> Option<&Course> {
        match whose {
            Whose::Member(index) => self.members.get(index),
            Whose::Fund(index) => self.funds.get(index),
            Whose::Offer(index) => self.offers.get(index),
            Whose::Store(index) => self.store.get(index),
        }
    }

    /// A member's course. Nothing: nothing has moved it.
    pub(super) fn member(&self, member: MemberId) -> Option<&Course> {
        self.members.get(member.index())
    }

    /// A course that is about to be moved.
    pub(super) fn moving(&mut self, whose: Whose) -> Option<&mut Course> {
        let (courses, index) = match whose {
            Whose::Member(index) => (&mut self.members, index),
            Whose::Fund(index) => (&mut self.funds, index),
            Whose::Offer(index) => (&mut self.offers, index),
            Whose::Store(index) => (&mut self.store, index),
        };
        if courses.len() <= index {
            courses.resize_with(index.saturating_add(1), Course::default);
        }
        courses.get_mut(index)
    }
}
