//! A write as a whole: what every write says about itself, what this one asks, and its fingerprint.

use ledger_core::{
    Actor, Channel, Command, CoopName, Day, MemberId, OfficerId, Position, Request, RequestId,
    Thing, Timestamp,
};

use super::{Parsed, batch, members, name};
use crate::{
    malformed::{Fields, IfSaid, Malformed},
    secrets::Secrets,
    v1::{self, write},
};

/// The most characters that a note may have.
const NOTE: usize = 2_000;

/// What a context says, without the content of the request.
pub(super) struct Context {
    pub(super) coop: CoopName,
    pub(super) id: RequestId,
    pub(super) validate_only: bool,
    pub(super) actor: Option<Actor>,
    pub(super) on_behalf_of: Option<MemberId>,
    pub(super) channel: Option<Channel>,
    pub(super) occurred_on: Option<Day>,
    pub(super) expected_position: Option<Position>,
    pub(super) expected_revision: Option<(Thing, Position)>,
    pub(super) corrects: Option<Position>,
    pub(super) note: Option<String>,
}

/// What a reader of one kind of write needs beside the write: the co-op that names must be of, the id of the request,
/// and the store's secrets.
pub(super) struct Asking<'a> {
    /// Nothing: the context could not be read, and that is already noted.
    pub(super) coop: Option<&'a CoopName>,
    pub(super) id: Option<RequestId>,
    pub(super) secrets: &'a Secrets,
}

/// Reads a write of any kind.
pub fn parse(write: v1::Write, secrets: &Secrets) -> Result<Parsed, Malformed> {
    let Some(mut asked) = write.request else {
        return Err(Malformed::one("request", "is not said: choose one kind of write"));
    };
    let card = batch::card(&mut asked).and_then(Option::take);
    let card = card.filter(|card| *card != v1::Card::default());
    let said = batch::said(&mut asked);
    let context = batch::context(&mut asked).take();
    let mut f = Fields::default();
    let context = f.message("context", context, context_of);
    let coop = context.as_ref().map(|context| &context.coop);
    let asking = Asking { coop, id: context.as_ref().map(|context| context.id), secrets };
    let card = f.unless_empty(card, |f, card| members::card(f, card?));
    let founding = matches!(asked, write::Request::FoundCoop(_));
    let fallback = if founding {
        Some(Actor::Operator)
    } else if matches!(asked, write::Request::RedeemVoucher(_)) {
        Some(Actor::Bearer)
    } else {
        OfficerId::new(OfficerId::FIRST).map(Actor::Officer)
    };
    if founding && context.as_ref().is_some_and(|context| context.actor.is_some()) {
        f.refuse::<()>("context.acting_as", "is not taken when a co-op is founded: leave it empty");
    }
    let command = batch::command(&mut f, &asking, asked);
    let parsed = assemble(context, command, fallback, card);
    f.finish(parsed).map(|mut parsed| {
        parsed.request.fingerprint = secrets.fingerprint(&said);
        parsed
    })
}

fn assemble(
    context: Option<Context>,
    command: Option<Command>,
    fallback: Option<Actor>,
    card: IfSaid<v1::Card>,
) -> Option<Parsed> {
    let context = context?;
    let request = Request {
        id: context.id,
        // Set from what was said, once everything can be read.
        fingerprint: ledger_core::Fingerprint::new([0; 16]),
        at: Timestamp::default(),
        occurred_on: context.occurred_on,
        actor: context.actor.or(fallback)?,
        on_behalf_of: context.on_behalf_of,
        channel: context.channel.unwrap_or(Channel::App),
        expected_position: context.expected_position,
        expected_revision: context.expected_revision,
        corrects: context.corrects,
        row: None,
        command: command?,
    };
    Some(Parsed {
        coop: context.coop,
        request,
        validate_only: context.validate_only,
        actor_said: context.actor.is_some(),
        card: card?,
        note: context.note,
    })
}

/// Reads what every write says about itself.
pub(super) fn context_of(f: &mut Fields, said: v1::WriteContext) -> Option<Context> {
    let coop = name::read_coop(f, "coop", &said.coop);
    let id = RequestId::parse(&said.request_id);
    let id = f.need(
        "request_id",
        id,
        "is not a UUID of version 7 in 36 characters: make a new one for each new request, and keep it over retries",
    );
    let of = coop.as_ref();
    let actor = f.unless_empty(said.acting_as.as_str(), |f, text| {
        name::read_actor(f, "acting_as", of, text)
    });
    let on_behalf_of = f.unless_empty(said.on_behalf_of.as_str(), |f, text| {
        name::read_member(f, "on_behalf_of", of, text)
    });
    let channel =
        f.unless_empty(said.channel, |f, code| f.word("channel", code, Channel::from_code));
    let occurred_on =
        f.unless_empty(said.occurred_on.as_str(), |f, text| day(f, "occurred_on", text));
    let expected_position = match said.expected_position {
        Some(number) => f.position_or_start("expected_position", number).map(Some),
        None => Some(None),
    };
    let expected_revision = f.unless_empty(said.expected_revision, |f, guard| {
        f.message("expected_revision", guard, |f, guard| {
            let thing = name::read_thing(f, "name", of, &guard.name);
            let revision = f.position("revision", guard.revision);
            Some((thing?, revision?))
        })
    });
    let corrects =
        f.unless_empty(said.corrects.as_str(), |f, text| name::read_entry(f, "corrects", of, text));
    let note = f.unless_empty(said.note, |f, text| bounded(f, "note", text, NOTE));
    Some(Context {
        coop: coop?,
        id: id?,
        validate_only: said.validate_only,
        actor: actor?,
        on_behalf_of: on_behalf_of?,
        channel: channel?,
        occurred_on: occurred_on?,
        expected_position: expected_position?,
        expected_revision: expected_revision?,
        corrects: corrects?,
        note: note?,
    })
}

/// Free words of so many characters at the most.
pub(super) fn bounded(f: &mut Fields, field: &str, text: String, most: usize) -> Option<String> {
    let long = text.chars().count();
    if long <= most {
        return Some(text);
    }
    f.refuse(field, format!("has {long} characters: shorten it to {most} at the most"))
}

/// A day, as `YYYY-MM-DD`.
pub(super) fn day(f: &mut Fields, field: &str, text: &str) -> Option<Day> {
    let problem = "is not a day between 1900 and 2199: write it as YYYY-MM-DD";
    f.need(field, Day::parse(text), problem)
}
