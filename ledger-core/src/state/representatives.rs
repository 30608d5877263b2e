//! Who represents whom.

use serde::{Deserialize, Serialize};

use super::{Standing, State};
use crate::{
    id::{MemberId, Position},
    kinds::{Mandate, Powers},
    time::{Day, Timestamp},
};

/// What was said when a representative was named, last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Representation {
    /// By what mandate.
    pub mandate: Mandate,
    /// What they may do.
    pub powers: Powers,
    /// The last day of it. Nothing: until it is ended.
    pub until: Option<Day>,
    /// The entry that said so.
    pub named_at: Position,
}

impl State {
    /// What was said of this pair, unless it was ended. Its day may have passed.
    pub fn representation(
        &self,
        representative: MemberId,
        member: MemberId,
    ) -> Option<&Representation> {
        self.representatives.get(&(representative, member))
    }

    /// Whether somebody represents a member at a time, with what they were given. It rests while the representative is
    /// suspended or away, and when the member has left.
    pub fn represents(
        &self,
        representative: MemberId,
        member: MemberId,
        at: Timestamp,
    ) -> Option<Powers> {
        let said = self.representation(representative, member)?;
        let in_time = said.until.is_none_or(|until| at.day() <= until);
        let here = |member| self.member(member).ok().map(|member| member.standing);
        let stands = here(representative) == Some(Standing::Active)
            && here(member).is_some_and(|standing| standing != Standing::Left);
        (in_time && stands).then_some(said.powers)
    }

    /// Those for whom somebody was named, in the order of their numbers. The last day of it may have passed.
    pub fn represented_by(&self, representative: MemberId) -> impl Iterator<Item = MemberId> {
        let from =
            MemberId::at(0).map(|first| self.representatives.range((representative, first)..));
        let pairs = from.into_iter().flatten().map(|(pair, _)| *pair);
        pairs.take_while(move |(by, _)| *by == representative).map(|(_, member)| member)
    }

    /// Everybody who was named, with the member whom they represent, by the representative's number and then the member's.
    pub fn representatives(&self) -> impl Iterator<Item = (MemberId, MemberId, &Representation)> {
        self.representatives
            .iter()
            .map(|((representative, member), said)| (*representative, *member, said))
    }
}
