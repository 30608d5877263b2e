//! Names of members and things, as callers write them and as answers give them: `coops/colne-valley/members/1042`.

use ledger_core::{
    Actor, CoopName, FundId, MemberId, OfferId, OfficerId, PartyId, Position, Reference, Thing,
};

use crate::malformed::{Fields, Malformed};

/// The name of a co-op: `coops/colne-valley`.
pub fn coop(coop: &CoopName) -> String {
    format!("coops/{coop}")
}

/// The name of a member: `coops/colne-valley/members/1042`.
pub fn member(coop: &CoopName, member: MemberId) -> String {
    format!("coops/{coop}/members/{member}")
}

/// The name of an officer.
pub fn officer(coop: &CoopName, officer: OfficerId) -> String {
    format!("coops/{coop}/officers/{officer}")
}

/// The name of a business or partner.
pub fn party(coop: &CoopName, party: PartyId) -> String {
    format!("coops/{coop}/parties/{party}")
}

/// The name of a fund.
pub fn fund(coop: &CoopName, fund: FundId) -> String {
    format!("coops/{coop}/funds/{fund}")
}

/// The name of an offer.
pub fn offer(coop: &CoopName, offer: OfferId) -> String {
    format!("coops/{coop}/offers/{offer}")
}

/// The name of logged hours, by the entry that logged them.
pub fn hours(coop: &CoopName, made_at: Position) -> String {
    format!("coops/{coop}/hours/{made_at}")
}

/// The name of a respite, by the entry that asked for it.
pub fn respite(coop: &CoopName, made_at: Position) -> String {
    format!("coops/{coop}/respite/{made_at}")
}

/// The name of a voucher, by the entry that issued it.
pub fn voucher(coop: &CoopName, made_at: Position) -> String {
    format!("coops/{coop}/vouchers/{made_at}")
}

/// The name of an entry.
pub fn entry(coop: &CoopName, position: Position) -> String {
    format!("coops/{coop}/entries/{position}")
}

/// The name of a token: `coops/colne-valley/tokens/1f2e3d4c`, or `tokens/1f2e3d4c` where it is for all co-ops.
pub fn token(coop: Option<&CoopName>, token: &str) -> String {
    match coop {
        Some(coop) => format!("coops/{coop}/tokens/{token}"),
        None => format!("tokens/{token}"),
    }
}

/// The co-op and the token that a field names.
pub fn parse_token(field: &str, text: &str) -> Result<(Option<CoopName>, String), Malformed> {
    let mut f = Fields::default();
    let (coop, rest) = match text.split_once("/tokens/") {
        Some((coop, token)) => (read_coop(&mut f, field, coop).map(Some), Some(token)),
        None => (Some(None), text.strip_prefix("tokens/")),
    };
    let digits = |token: &&str| {
        (1..=16).contains(&token.len()) && token.bytes().all(|byte| byte.is_ascii_hexdigit())
    };
    let token = rest.filter(digits).map(str::to_owned);
    let write_it = "is not the name of a token: write it as a list of tokens gives it";
    let token = f.need(field, token, write_it);
    f.finish(coop.zip(token))
}

/// The co-op that a field names, as `coops/{coop}`.
pub fn parse_coop(field: &str, text: &str) -> Result<CoopName, Malformed> {
    let mut f = Fields::default();
    let read = read_coop(&mut f, field, text);
    f.finish(read)
}

/// The member of this co-op that a field names: `coops/{coop}/members/1042`, `members/1042` or `1042-7`.
pub fn parse_member(field: &str, of: &CoopName, text: &str) -> Result<MemberId, Malformed> {
    let mut f = Fields::default();
    let read = read_member(&mut f, field, Some(of), text);
    f.finish(read)
}

/// The member of this co-op that a list is asked about. Empty: everybody.
pub fn parse_member_or_none(
    field: &str,
    of: &CoopName,
    text: &str,
) -> Result<Option<MemberId>, Malformed> {
    if text.is_empty() { Ok(None) } else { parse_member(field, of, text).map(Some) }
}

/// A member as a read names them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MemberKey {
    /// By number.
    Number(MemberId),
    /// By the co-op's own reference.
    Reference(Reference),
}

/// The member that a field names, by number or as `ref:V005`.
pub fn parse_member_key(field: &str, of: &CoopName, text: &str) -> Result<MemberKey, Malformed> {
    match text.strip_prefix("ref:") {
        Some(text) => Reference::new(text)
            .map(MemberKey::Reference)
            .map_err(|error| Malformed::one(field, error)),
        None => parse_member(field, of, text).map(MemberKey::Number),
    }
}

pub(super) fn read_coop(f: &mut Fields, field: &str, text: &str) -> Option<CoopName> {
    let Some(name) = text.strip_prefix("coops/") else {
        return f.refuse(field, "is not the name of a co-op: write it as coops/colne-valley");
    };
    match CoopName::new(name) {
        Ok(coop) => Some(coop),
        Err(error) => f.refuse(field, format!("{error}: write it as coops/colne-valley")),
    }
}

/// What follows the co-op, which must be this one. Where the context's co-op is not known, any will do.
fn local<'t>(f: &mut Fields, field: &str, of: Option<&CoopName>, text: &'t str) -> Option<&'t str> {
    let Some(rest) = text.strip_prefix("coops/") else { return Some(text) };
    let Some((coop, rest)) = rest.split_once('/') else {
        return f.refuse(field, "names a co-op only: name what is meant within it");
    };
    match of {
        Some(of) if of.as_str() != coop => f.refuse(
            field,
            format!("is of another co-op, {coop}: name one of coops/{of}, which the context names"),
        ),
        Some(_) | None => Some(rest),
    }
}

/// The number after `{collection}/`, without signs or leading zeros: one thing has one name.
fn number(text: &str, collection: &str) -> Option<u64> {
    let digits = text.strip_prefix(collection)?.strip_prefix('/')?;
    let plain = digits.bytes().all(|byte| byte.is_ascii_digit()) && !digits.starts_with('0');
    if plain { digits.parse().ok() } else { None }
}

fn wrong<T>(f: &mut Fields, field: &str, text: &str, write_it: &str) -> Option<T> {
    if text.is_empty() {
        return f.refuse(field, format!("is not said: write it as {write_it}"));
    }
    f.refuse(field, format!("is not a name of this kind: write it as {write_it}"))
}

pub(super) fn read_member(
    f: &mut Fields,
    field: &str,
    of: Option<&CoopName>,
    text: &str,
) -> Option<MemberId> {
    let text = local(f, field, of, text)?;
    let label = text.strip_prefix("members/").unwrap_or(text);
    if !label.contains('/') && label.contains('-') {
        return f.take(field, MemberId::parse_label(label));
    }
    let id = number(text, "members").and_then(|number| MemberId::new(u32::try_from(number).ok()?));
    match id {
        Some(member) => Some(member),
        None => wrong(f, field, text, "members/1042 or 1042-7"),
    }
}

fn dense<T>(
    f: &mut Fields,
    field: &str,
    of: Option<&CoopName>,
    text: &str,
    (collection, new): (&str, fn(u32) -> Option<T>),
) -> Option<T> {
    let text = local(f, field, of, text)?;
    let id = number(text, collection).and_then(|number| new(u32::try_from(number).ok()?));
    id.or_else(|| wrong(f, field, text, &format!("{collection}/3")))
}

fn made(
    f: &mut Fields,
    field: &str,
    of: Option<&CoopName>,
    text: &str,
    collection: &str,
) -> Option<Position> {
    let text = local(f, field, of, text)?;
    match number(text, collection).filter(|number| i64::try_from(*number).is_ok()) {
        Some(number) => Some(Position::new(number)),
        None => wrong(f, field, text, &format!("{collection}/12")),
    }
}

pub(super) fn read_officer(
    f: &mut Fields,
    field: &str,
    of: Option<&CoopName>,
    text: &str,
) -> Option<OfficerId> {
    dense(f, field, of, text, ("officers", OfficerId::new))
}

pub(super) fn read_party(
    f: &mut Fields,
    field: &str,
    of: Option<&CoopName>,
    text: &str,
) -> Option<PartyId> {
    dense(f, field, of, text, ("parties", PartyId::new))
}

pub(super) fn read_fund(
    f: &mut Fields,
    field: &str,
    of: Option<&CoopName>,
    text: &str,
) -> Option<FundId> {
    dense(f, field, of, text, ("funds", FundId::new))
}

pub(super) fn read_offer(
    f: &mut Fields,
    field: &str,
    of: Option<&CoopName>,
    text: &str,
) -> Option<OfferId> {
    dense(f, field, of, text, ("offers", OfferId::new))
}

pub(super) fn read_hours(
    f: &mut Fields,
    field: &str,
    of: Option<&CoopName>,
    text: &str,
) -> Option<Position> {
    made(f, field, of, text, "hours")
}

pub(super) fn read_respite(
    f: &mut Fields,
    field: &str,
    of: Option<&CoopName>,
    text: &str,
) -> Option<Position> {
    made(f, field, of, text, "respite")
}

pub(super) fn read_voucher(
    f: &mut Fields,
    field: &str,
    of: Option<&CoopName>,
    text: &str,
) -> Option<Position> {
    made(f, field, of, text, "vouchers")
}

pub(super) fn read_entry(
    f: &mut Fields,
    field: &str,
    of: Option<&CoopName>,
    text: &str,
) -> Option<Position> {
    made(f, field, of, text, "entries")
}

pub(super) fn read_actor(
    f: &mut Fields,
    field: &str,
    of: Option<&CoopName>,
    text: &str,
) -> Option<Actor> {
    if local(f, field, of, text)?.starts_with("officers/") {
        return read_officer(f, field, of, text).map(Actor::Officer);
    }
    read_member(f, field, of, text).map(Actor::Member)
}

/// A member, or something that an entry made.
pub(super) fn read_thing(
    f: &mut Fields,
    field: &str,
    of: Option<&CoopName>,
    text: &str,
) -> Option<Thing> {
    let kind = local(f, field, of, text)?.split('/').next().unwrap_or_default();
    match kind {
        "hours" => read_hours(f, field, of, text).map(Thing::Made),
        "respite" => read_respite(f, field, of, text).map(Thing::Made),
        "vouchers" => read_voucher(f, field, of, text).map(Thing::Made),
        "members" => read_member(f, field, of, text).map(Thing::Member),
        _ if kind.contains('-') => read_member(f, field, of, text).map(Thing::Member),
        _ => f.refuse(
            field,
            "is not the name of something with a revision: a member, logged hours, a respite or a voucher",
        ),
    }
}
