//! Writes about members, businesses and partners.

use ledger_core::{Command, Hat, PartyKind, Reference, SuspensionReason};

use super::{
    name,
    parse::{Asking, bounded, day},
};
use crate::{
    malformed::{Fields, Malformed},
    v1,
};

pub(super) fn enrol_member(
    f: &mut Fields,
    _: &Asking<'_>,
    m: &v1::EnrolMemberRequest,
) -> Option<Command> {
    let hats = f.some_words("hats", &m.hats, Hat::from_code);
    let reference = f.unless_empty(m.r#ref.as_str(), |f, text| f.take("ref", Reference::new(text)));
    let joined_on = f.unless_empty(m.joined_on.as_str(), |f, text| day(f, "joined_on", text));
    Some(Command::EnrolMember { hats: hats?, reference: reference?, joined_on: joined_on? })
}

pub(super) fn change_hats(
    f: &mut Fields,
    asking: &Asking<'_>,
    m: &v1::ChangeHatsRequest,
) -> Option<Command> {
    let member = name::read_member(f, "member", asking.coop, &m.member);
    let hats = f.some_words("hats", &m.hats, Hat::from_code);
    Some(Command::ChangeHats { member: member?, hats: hats? })
}

pub(super) fn suspend_member(
    f: &mut Fields,
    asking: &Asking<'_>,
    m: &v1::SuspendMemberRequest,
) -> Option<Command> {
    let member = name::read_member(f, "member", asking.coop, &m.member);
    let reason = f.word("reason", m.reason, SuspensionReason::from_code);
    Some(Command::SuspendMember { member: member?, reason: reason? })
}

pub(super) fn reinstate_member(
    f: &mut Fields,
    asking: &Asking<'_>,
    m: &v1::ReinstateMemberRequest,
) -> Option<Command> {
    let member = name::read_member(f, "member", asking.coop, &m.member)?;
    Some(Command::ReinstateMember { member })
}

pub(super) fn leave_member(
    f: &mut Fields,
    asking: &Asking<'_>,
    m: &v1::LeaveMemberRequest,
) -> Option<Command> {
    let member = name::read_member(f, "member", asking.coop, &m.member);
    let remaining_to = f.unless_empty(m.remaining_to.as_str(), |f, text| {
        name::read_member(f, "remaining_to", asking.coop, text)
    });
    Some(Command::LeaveMember { member: member?, remaining_to: remaining_to? })
}

pub(super) fn register_party(
    f: &mut Fields,
    _: &Asking<'_>,
    m: &v1::RegisterPartyRequest,
) -> Option<Command> {
    let title = f.title("title", &m.title);
    let kind = f.word("kind", m.kind, PartyKind::from_code);
    Some(Command::RegisterParty { title: title?, kind: kind? })
}

/// A card within its bounds, as a request of its own brings it.
pub fn parse_card(card: Option<v1::Card>) -> Result<v1::Card, Malformed> {
    let mut f = Fields::default();
    let card = self::card(&mut f, card.unwrap_or_default());
    f.finish(card)
}

/// A card within its bounds.
pub(super) fn card(f: &mut Fields, card: v1::Card) -> Option<v1::Card> {
    f.within("card", |f| {
        let display_name = bounded(f, "display_name", card.display_name, 200);
        let contact = bounded(f, "contact", card.contact, 500);
        let notes = bounded(f, "notes", card.notes, 2_000);
        Some(v1::Card { display_name: display_name?, contact: contact?, notes: notes? })
    })
}
