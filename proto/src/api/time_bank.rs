//! Writes about hours.

use ledger_core::{
    Command, DisputeReason, EvidenceGrade, GrantReason, Help, HoursDestination, Kinship, TaskKind,
};

use super::{name, parse::Asking};
use crate::{malformed::Fields, v1};

pub(super) fn log_hours(
    f: &mut Fields,
    asking: &Asking<'_>,
    m: &v1::LogHoursRequest,
) -> Option<Command> {
    let help = f.message("help", m.help.as_ref(), |f, said| help(f, asking, said))?;
    Some(Command::LogHours { help })
}

pub(super) fn confirm_hours(
    f: &mut Fields,
    asking: &Asking<'_>,
    m: &v1::ConfirmHoursRequest,
) -> Option<Command> {
    let hours = name::read_hours(f, "hours", asking.coop, &m.hours);
    let minutes = f.unless_empty(m.minutes, |f, number| f.minutes("minutes", number));
    let evidence = f.unless_empty(m.evidence, claimed);
    Some(Command::ConfirmHours { hours: hours?, minutes: minutes?, evidence: evidence? })
}

pub(super) fn dispute_hours(
    f: &mut Fields,
    asking: &Asking<'_>,
    m: &v1::DisputeHoursRequest,
) -> Option<Command> {
    let hours = name::read_hours(f, "hours", asking.coop, &m.hours);
    let reason = f.word("reason", m.reason, DisputeReason::from_code);
    Some(Command::DisputeHours { hours: hours?, reason: reason? })
}

pub(super) fn resolve_hours(
    f: &mut Fields,
    asking: &Asking<'_>,
    m: &v1::ResolveHoursRequest,
) -> Option<Command> {
    let hours = name::read_hours(f, "hours", asking.coop, &m.hours);
    let minutes = f.unless_empty(m.minutes, |f, number| f.minutes("minutes", number));
    Some(Command::ResolveHours { hours: hours?, minutes: minutes? })
}

/// How somebody says that hours are attested: that nobody objected in time, time alone says.
fn claimed(f: &mut Fields, code: i32) -> Option<EvidenceGrade> {
    let grade = f.word("evidence", code, EvidenceGrade::from_code)?;
    if grade == EvidenceGrade::Timer {
        return f.refuse("evidence", "is for the timer alone to say: say another");
    }
    Some(grade)
}

pub(super) fn record_hours(
    f: &mut Fields,
    asking: &Asking<'_>,
    m: &v1::RecordHoursRequest,
) -> Option<Command> {
    let help = f.message("help", m.help.as_ref(), |f, said| help(f, asking, said));
    let evidence = claimed(f, m.evidence);
    Some(Command::RecordHours { help: help?, evidence: evidence? })
}

pub(super) fn give_hours(
    f: &mut Fields,
    asking: &Asking<'_>,
    m: &v1::GiveHoursRequest,
) -> Option<Command> {
    let from = name::read_member(f, "from", asking.coop, &m.from);
    let to = name::read_member(f, "to", asking.coop, &m.to);
    let minutes = f.minutes("minutes", m.minutes);
    Some(Command::GiveHours { from: from?, to: Some(to?), minutes: minutes? })
}

pub(super) fn donate_hours(
    f: &mut Fields,
    asking: &Asking<'_>,
    m: &v1::DonateHoursRequest,
) -> Option<Command> {
    let from = name::read_member(f, "from", asking.coop, &m.from);
    let minutes = f.minutes("minutes", m.minutes);
    Some(Command::GiveHours { from: from?, to: None, minutes: minutes? })
}

pub(super) fn grant_from_pot(
    f: &mut Fields,
    asking: &Asking<'_>,
    m: &v1::GrantFromPotRequest,
) -> Option<Command> {
    let to = name::read_member(f, "to", asking.coop, &m.to);
    let minutes = f.minutes("minutes", m.minutes);
    let reason = f.word("reason", m.reason, GrantReason::from_code);
    Some(Command::GrantFromPot { to: to?, minutes: minutes?, reason: reason? })
}

/// Help as told. Whether family earns is for the policy to say: until then it does not.
fn help(f: &mut Fields, asking: &Asking<'_>, said: &v1::Help) -> Option<Help> {
    let giver = name::read_member(f, "giver", asking.coop, &said.giver);
    let receiver = f.unless_empty(said.receiver.as_str(), |f, text| {
        name::read_member(f, "receiver", asking.coop, text)
    });
    let minutes = f.minutes("minutes", said.minutes);
    let task = f.word("task", said.task, TaskKind::from_code);
    let destination = destination(f, asking, said.destination.as_ref());
    let kinship = if said.own_family { Kinship::FamilyNotEarning } else { Kinship::Neighbour };
    Some(Help {
        giver: giver?,
        receiver: receiver?,
        minutes: minutes?,
        task: task?,
        destination: destination?,
        kinship,
    })
}

fn destination(
    f: &mut Fields,
    asking: &Asking<'_>,
    said: Option<&v1::Destination>,
) -> Option<HoursDestination> {
    use v1::destination::To;
    match said.and_then(|said| said.to.as_ref()) {
        None | Some(To::OwnAccount(_)) => Some(HoursDestination::OwnAccount),
        Some(To::Pot(_)) => Some(HoursDestination::Pot),
        Some(To::Member(text)) => name::read_member(f, "destination.member", asking.coop, text)
            .map(HoursDestination::Member),
    }
}
