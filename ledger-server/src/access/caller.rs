//! Whoever calls, and what they may do, see and act as.

use std::sync::Arc;

use ledger_core::{Actor, CoopName, MemberId, Rejection, State, Timestamp};
use ledger_proto::{Malformed, api::Bearer, v1::Scope};

use super::{Access, Open, Token, has};
use crate::error::Error;

/// Whoever calls.
#[derive(Clone, Debug)]
pub(crate) enum Caller {
    /// Somebody without a token.
    Stranger,
    /// Somebody with the token of the first start: anything, for every co-op, as anybody.
    Everything,
    /// Somebody with a token that was handed out.
    Bearer(Arc<Token>),
}

/// Who calls, and what: what the gate tells a service.
#[derive(Clone, Debug)]
pub(crate) struct Called {
    pub(crate) caller: Caller,
    /// The short name of the method; empty where it has no row.
    pub(crate) method: &'static str,
}

/// What a token does not let its bearer do.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Denied {
    /// It lacks a scope.
    #[error("this token may not do this: it lacks {}", .0.as_str_name())]
    Scope(Scope),
    /// A member's token is for what is theirs.
    #[error("a member's token is for what is their own, and this speaks of the whole co-op")]
    NotOwn(Scope),
    /// It is of another co-op.
    #[error("this token is of another co-op")]
    OtherCoop,
    /// A member's token shows nobody else.
    #[error(
        "this is somebody else's: a member's token shows what is their own, and of those they represent"
    )]
    NotTheirs,
    /// It does not act as this person.
    #[error(
        "this token does not act as this person: leave acting_as empty, or use their own token"
    )]
    Acting,
}

impl From<Denied> for Error {
    fn from(denied: Denied) -> Self {
        Self::Denied(denied)
    }
}

impl Caller {
    /// Whether they may call a method that asks for this.
    pub(crate) fn may(&self, access: Access) -> Result<(), Error> {
        match (self, access) {
            (Self::Everything, _) | (_, Access::Anybody) | (Self::Bearer(_), Access::EachWrite) => {
                Ok(())
            }
            (Self::Stranger, Access::EachWrite | Access::Scope(..)) => Err(Error::TokenMissing),
            (Self::Bearer(token), Access::Scope(scope, reach)) => {
                if has(&token.bearer, scope, reach) {
                    Ok(())
                } else if let Bearer::Member(_) = token.bearer {
                    Err(Denied::NotOwn(scope).into())
                } else {
                    Err(Denied::Scope(scope).into())
                }
            }
        }
    }

    /// Whether they may hear of a co-op. It is asked before anybody looks whether there is one.
    pub(crate) fn within(&self, coop: &CoopName) -> Result<(), Error> {
        match self {
            Self::Stranger | Self::Everything => Ok(()),
            Self::Bearer(token) => match &token.coop {
                Some(own) if own != coop => Err(Denied::OtherCoop.into()),
                Some(_) | None => Ok(()),
            },
        }
    }

    /// Whether whoever the token stands for still holds the office for which they have it.
    pub(crate) fn still(&self, state: &State) -> Result<(), Error> {
        let Self::Bearer(token) = self else { return Ok(()) };
        match token.bearer {
            Bearer::Coordinator(officer) | Bearer::Treasurer(officer) => {
                if state.officer(officer)?.ended {
                    return Err(Rejection::OfficerEnded { officer }.into());
                }
            }
            Bearer::Member(_) | Bearer::Auditor(_) | Bearer::App { .. } | Bearer::Operator => {}
        }
        Ok(())
    }

    /// Who acts in a write: whoever it names, if the token may act as them, or else whom the token stands for. It is told
    /// who would act, and whether the write says so.
    pub(crate) fn acts(&self, (actor, said): (Actor, bool)) -> Result<Actor, Error> {
        let Self::Bearer(token) = self else { return Ok(actor) };
        // Who founds a co-op, and who redeems a voucher, acts as nobody.
        if let (Actor::Operator | Actor::Bearer, false) = (actor, said) {
            return Ok(actor);
        }
        if !said {
            return token.stands_for().ok_or_else(|| {
                let problem = "is not said, and this token stands for nobody: say who acts";
                Malformed::one("context.acting_as", problem).into()
            });
        }
        let any_member =
            matches!(&token.bearer, Bearer::App { members: true, .. }) && is_member(actor);
        if any_member || token.stands_for() == Some(actor) {
            Ok(actor)
        } else {
            Err(Denied::Acting.into())
        }
    }

    /// Whose token it is, if it is a member's. Nothing: they see the co-op.
    pub(super) fn only(&self) -> Option<MemberId> {
        match self {
            Self::Stranger | Self::Everything => None,
            Self::Bearer(token) => match token.bearer {
                Bearer::Member(member) => Some(member),
                Bearer::Coordinator(_)
                | Bearer::Treasurer(_)
                | Bearer::Auditor(_)
                | Bearer::App { .. }
                | Bearer::Operator => None,
            },
        }
    }

    /// The token by which a look of theirs at somebody else is noted. Nothing: they have none, and look at nobody.
    pub(crate) fn looks_with(&self) -> Option<&str> {
        match self {
            Self::Stranger => None,
            Self::Everything => Some(""),
            Self::Bearer(token) => Some(token.id.as_str()),
        }
    }

    /// Whether they see what is kept of a person beside the log: their own, or with the scope for it.
    pub(crate) fn reads_cards(&self) -> bool {
        match self {
            Self::Stranger => false,
            Self::Everything => true,
            Self::Bearer(token) => has(&token.bearer, Scope::CardsRead, super::Reach::Own),
        }
    }

    /// One more stream of theirs, unless as many as may be are open. The token of the first start has no limit of its own.
    pub(crate) fn open(&self, most: usize) -> Result<Option<Open>, Error> {
        match self {
            Self::Stranger | Self::Everything => Ok(None),
            Self::Bearer(token) => Arc::clone(token).open(most).map(Some),
        }
    }

    /// Refuses to go on where the token has ended since the call began: a stream ends then.
    pub(crate) fn goes_on(&self, now: Timestamp) -> Result<(), Error> {
        match self {
            Self::Stranger | Self::Everything => Ok(()),
            Self::Bearer(token) => token.still(now),
        }
    }
}

const fn is_member(actor: Actor) -> bool {
    match actor {
        Actor::Member(_) => true,
        Actor::Officer(_) | Actor::Bearer | Actor::Timer | Actor::Operator => false,
    }
}
