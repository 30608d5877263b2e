//! Who asks, and what they may do.

use crate::{
    command::Request,
    entry::Actor,
    id::MemberId,
    kinds::{Authority, Powers, Role},
    rejection::Rejection,
    state::{Behind, LoggedHours, State},
};

/// Whoever asks, known to the co-op.
pub(super) struct Who {
    actor: Actor,
    /// The person behind an actor, where that is a member, and for whom they ask.
    behind: Behind,
    office: Option<Role>,
    /// Whether it is history out of a spreadsheet, of which no second person is asked.
    history: bool,
}

impl Who {
    /// Establishes who asks: a member who takes part, or an officer in office; for another, if they may.
    pub(super) fn asks(state: &State, request: &Request) -> Result<Self, Rejection> {
        let (actor, on_behalf_of) = (request.actor, request.on_behalf_of);
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
        let behind = Behind { person, on_behalf_of };
        let who = Self { actor, behind, office, history: request.row.is_some() };
        if let Some(member) = on_behalf_of {
            match actor {
                Actor::Member(representative) => {
                    // Whether there is such a member is nobody's business who does not act for them.
                    if state.represents(representative, member, request.at) != Some(Powers::Act) {
                        return Err(Rejection::NotARepresentative { member, representative });
                    }
                }
                Actor::Officer(_) | Actor::Bearer | Actor::Timer | Actor::Operator => {
                    who.coordinator()?;
                }
            }
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

    /// Only this member themselves, whoever represents them here, or a co-ordinator.
    pub(super) fn acting_for(&self, member: MemberId) -> Result<Authority, Rejection> {
        if self.as_member() == Some(member) {
            return Ok(self.as_a_member());
        }
        self.coordinator().map_err(|_| Rejection::NotYours { member: Some(member) })
    }

    /// The same of a member whom the request does not name: whoever is refused is not told who it is.
    pub(super) fn acting_in(&self, member: MemberId) -> Result<Authority, Rejection> {
        self.acting_for(member).map_err(|_| Rejection::NotYours { member: None })
    }

    /// Only this member and nobody who represents them, or a co-ordinator.
    pub(super) fn in_person(&self, member: MemberId) -> Result<Authority, Rejection> {
        if self.actor == Actor::Member(member) && self.behind.on_behalf_of.is_none() {
            return Ok(Authority::Oneself);
        }
        self.coordinator().map_err(|_| Rejection::NotYours { member: Some(member) })
    }

    /// Only a member, for themselves or for one whom they represent, or a co-ordinator.
    pub(super) fn member_or_coordinator(&self) -> Result<Authority, Rejection> {
        if self.actor.is_member() { Ok(self.as_a_member()) } else { self.coordinator() }
    }

    /// By what right a member asks.
    fn as_a_member(&self) -> Authority {
        match self.behind.on_behalf_of {
            Some(_) => Authority::Representative,
            None => Authority::Oneself,
        }
    }

    /// Refuses whoever stands behind the logging: another person must say that it is so.
    pub(super) fn another_than(&self, logged: &LoggedHours) -> Result<(), Rejection> {
        let stands = |member| self.behind.contains(&member);
        if self.actor == logged.logged_by || logged.behind.iter().any(stands) {
            return Err(Rejection::NeedsAnotherPerson);
        }
        Ok(())
    }

    /// Refuses an officer in a matter of their own or of whom they ask for, unless it is history; and a member in one of their
    /// own, since whoever represents another is asked for that other.
    pub(super) fn not_in_own_matter(&self, member: MemberId) -> Result<(), Rejection> {
        let own = if self.actor.is_member() {
            self.behind.person == Some(member)
        } else {
            self.behind.contains(&member) && !self.history
        };
        if own { Err(Rejection::NeedsAnotherPerson) } else { Ok(()) }
    }

    /// Which member's part is taken, where it is a member who acts: their own, or that of the one whom they represent.
    pub(super) fn as_member(&self) -> Option<MemberId> {
        self.behind.on_behalf_of.or(self.behind.person).filter(|_| self.actor.is_member())
    }

    /// Whether they may be told what is kept of this member: they themselves, whoever acts for them here, and officers.
    pub(super) fn knows(&self, member: MemberId) -> bool {
        self.office.is_some() || self.behind.contains(&member)
    }

    /// The members who stand behind the asking.
    pub(super) fn behind(&self) -> &Behind {
        &self.behind
    }
}
