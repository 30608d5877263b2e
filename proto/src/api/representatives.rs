//! Writes about who represents whom.

use ledger_core::{Command, Mandate, Powers};

use super::{
    name,
    parse::{Asking, day},
};
use crate::{malformed::Fields, v1};

pub(super) fn name_representative(
    f: &mut Fields,
    asking: &Asking<'_>,
    m: &v1::NameRepresentativeRequest,
) -> Option<Command> {
    let member = name::read_member(f, "member", asking.coop, &m.member);
    let representative = name::read_member(f, "representative", asking.coop, &m.representative);
    let mandate = f.word("mandate", m.mandate, Mandate::from_code);
    let powers = f.word("powers", m.powers, Powers::from_code);
    let until = f.unless_empty(m.until.as_str(), |f, text| day(f, "until", text));
    Some(Command::NameRepresentative {
        member: member?,
        representative: representative?,
        mandate: mandate?,
        powers: powers?,
        until: until?,
    })
}

pub(super) fn end_representative(
    f: &mut Fields,
    asking: &Asking<'_>,
    m: &v1::EndRepresentativeRequest,
) -> Option<Command> {
    let member = name::read_member(f, "member", asking.coop, &m.member);
    let representative = name::read_member(f, "representative", asking.coop, &m.representative);
    Some(Command::EndRepresentative { member: member?, representative: representative? })
}
