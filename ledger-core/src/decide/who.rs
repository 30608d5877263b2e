//! Who asks, and what they may do.

use crate::{
    command::Request,
    entry::Actor,
    id::MemberId,
    kinds::{Authority, Role},
    rejection::Rejection,
    state::{LoggedHours, State},
};

/// Whoever asks, known to the co-op.
pub(super) struct Who {
    actor: Actor,
    /// The person behind an actor, where that is a member.
    person: Option<MemberId>,
    on_behalf_of: Option<MemberId>,
    office: Option<Role>,
    /// Whether it is history out of a spreadsheet, of which no second person is asked.
    history: bool,
}

impl Who {
    /// Establishes who asks: a member who takes part, or an officer in office.
    pub(super) fn asks(state: &State, request: &Request) -> Result<Self, Rejection> {
        let actor = request.actor;
        let (person, office) = match actor {
            Actor::Member(member) => {
                state.active(member)?;
                (Some(member), None)
            }
            Actor::Officer(id) => {
                let officer = state.officer(id)?;
                if officer.ended {
                    return Err(Rejection::OfficerEnded { officer: id });
                }
                (officer.member, Some(officer.role))
            }
            Actor::Bearer | Actor::Timer | Actor::Operator => (None, None),
        };
        let who = Self {
            actor,
            person,
            on_behalf_of: request.on_behalf_of,
            office,
            history: request.row.is_some(),
        };
        if let Some(member) = request.on_behalf_of {
            who.coordinator()?;
            state.active(member)?;
        }
        Ok(who)
    }

    /// Only co-ordinators.
    pub(super) fn coordinator(&self) -> Result<Authority, Rejection> {
        match self.office {
            Some(Role::Coordinator) => Ok(Authority::Coordinator),
            Some(Role::Treasurer) | None => Err(Rejection::OfficersOnly),
        }
    }

    /// Only treasurers, and co-ordinators.
    pub(super) fn treasurer(&self) -> Result<Authority, Rejection> {
        match self.office {
            Some(Role::Coordinator) => Ok(Authority::Coordinator),
            Some(Role::Treasurer) => Ok(Authority::Treasurer),
            None => Err(Rejection::OfficersOnly),
        }
    }

    /// Only treasurers, co-ordinators, and the one who runs the server.
    pub(super) fn office_or_operator(&self) -> Result<Authority, Rejection> {
        self.operator().or_else(|_| self.treasurer())
    }

    /// Only the one who runs the server.
    pub(super) fn operator(&self) -> Result<Authority, Rejection> {
        if self.actor == Actor::Operator {
            Ok(Authority::Operator)
        } else {
            Err(Rejection::OfficersOnly)
        }
    }

    /// Only this member themselves, or a co-ordinator.
    pub(super) fn acting_for(&self, member: MemberId) -> Result<Authority, Rejection> {
        if self.actor == Actor::Member(member) {
            return Ok(Authority::Oneself);
        }
        self.coordinator().map_err(|_| Rejection::NotYours { member })
    }

    /// Only a member, for themselves, or a co-ordinator.
    pub(super) fn member_or_coordinator(&self) -> Result<Authority, Rejection> {
        match self.actor {
            Actor::Member(_) => Ok(Authority::Oneself),
            Actor::Officer(_) | Actor::Bearer | Actor::Timer | Actor::Operator => {
                self.coordinator()
            }
        }
    }

    /// Whether this member stands behind the one who asks.
    pub(super) fn is(&self, member: MemberId) -> bool {
        self.person == Some(member) || self.on_behalf_of == Some(member)
    }

    /// Refuses whoever stands behind the logging: another person must say that it is so.
    pub(super) fn another_than(&self, logged: &LoggedHours) -> Result<(), Rejection> {
        if self.actor == logged.logged_by || logged.behind.iter().any(|member| self.is(member)) {
            return Err(Rejection::NeedsAnotherPerson);
        }
        Ok(())
    }

    /// Refuses an officer in a matter of their own, unless it is history.
    pub(super) fn not_in_own_matter(&self, member: MemberId) -> Result<(), Rejection> {
        if self.is(member) && !self.history { Err(Rejection::NeedsAnotherPerson) } else { Ok(()) }
    }

    /// Which member acts, where it is a member.
    pub(super) fn as_member(&self) -> Option<MemberId> {
        match self.actor {
            Actor::Member(member) => Some(member),
            Actor::Officer(_) | Actor::Bearer | Actor::Timer | Actor::Operator => None,
        }
    }
}
