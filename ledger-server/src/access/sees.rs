//! Whom a caller sees of a co-op: everybody, or themselves and those they represent.

use ledger_core::{MemberId, Powers, Rejection, State, Timestamp};

use super::{Caller, Denied};
use crate::error::Error;

/// Whom a caller sees.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Sees {
    /// Every member, as their scopes let them.
    Everybody,
    /// Whoever has a member's token.
    Only {
        /// Themselves.
        own: MemberId,
        /// Those they represent at this moment, and what they may do for them.
        represented: Vec<(MemberId, Powers)>,
    },
}

impl Caller {
    /// Whom they see, as the ledger stands at a time.
    pub(crate) fn sees(&self, state: &State, at: Timestamp) -> Sees {
        let Some(own) = self.only() else { return Sees::Everybody };
        let named = state.represented_by(own);
        let held = named.filter_map(|member| {
            let powers = state.represents(own, member, at)?;
            // For whom is suspended, nobody acts.
            Some((member, if state.active(member).is_ok() { powers } else { Powers::See }))
        });
        Sees::Only { own, represented: held.collect() }
    }
}

impl Sees {
    /// Whether they see this member.
    pub(crate) fn shows(&self, member: MemberId) -> bool {
        match self {
            Self::Everybody => true,
            Self::Only { own, represented } => {
                *own == member || represented.iter().any(|(other, _)| *other == member)
            }
        }
    }

    /// Themselves, where they see nobody else but those they represent.
    pub(crate) fn own(&self) -> Option<MemberId> {
        match self {
            Self::Everybody => None,
            Self::Only { own, represented: _ } => Some(*own),
        }
    }

    /// Themselves, for whoever sees nobody else but those they represent: nobody, for all others.
    pub(crate) fn is_own(&self, member: MemberId) -> bool {
        self.own() == Some(member)
    }

    /// Refuses whoever may see a member whom they represent, and not act for them.
    pub(crate) fn may_act_for(&self, member: MemberId) -> Result<(), Error> {
        let Self::Only { own, represented } = self else { return Ok(()) };
        if *own == member || represented.contains(&(member, Powers::Act)) {
            return Ok(());
        }
        Err(Rejection::NotARepresentative { member, representative: *own }.into())
    }

    /// Refuses whoever has a member's token, and it is not this member's.
    pub(crate) fn is_in_person(&self, member: MemberId) -> Result<(), Error> {
        match self.own() {
            Some(own) if own != member => Err(Denied::NotTheirs.into()),
            Some(_) | None => Ok(()),
        }
    }
}
