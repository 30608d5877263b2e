//! What falls due by itself, in order of due time: an entry of its own, so that a replay needs no clock.

use super::respite;
use crate::{
    entry::{Actor, Attribution, Entry},
    event::Event,
    id::Position,
    kinds::{Authority, Channel, EvidenceGrade},
    state::State,
    time::{Day, Timestamp},
};

/// The next entry that is due by `at`. To be recorded, and asked for again, before any request of that time is decided.
pub fn fall_due(state: &State, at: Timestamp) -> Option<Entry> {
    let (due, made_by) = state.due.first()?;
    if due > at {
        return None;
    }
    let (event, occurred_on) = happening(state, due, made_by)?;
    Some(Entry {
        position: state.head.next(),
        recorded_at: state.stamp(at),
        occurred_on,
        by: Attribution {
            actor: Actor::Timer,
            on_behalf_of: None,
            authority: Authority::Timer,
            channel: Channel::App,
        },
        policy_version: state.policies.last().map_or(0, |policy| policy.version),
        asked: None,
        row: None,
        corrects: None,
        event,
    })
}

fn happening(state: &State, due: Timestamp, made_by: Position) -> Option<(Event, Day)> {
    if let Some(logged) = state.hours.get(&made_by) {
        let event = Event::HoursConfirmed {
            hours: made_by,
            help: logged.help,
            logged: logged.help.minutes,
            evidence: EvidenceGrade::Timer,
        };
        return Some((event, logged.occurred_on));
    }
    if let Some(promise) = state.respites.get(&made_by) {
        return Some((respite::lapsed(made_by, promise), due.day()));
    }
    let voucher = state.vouchers.get(&made_by)?;
    let event =
        Event::VoucherLapsed { voucher: made_by, offer: voucher.offer, member: voucher.member };
    Some((event, due.day()))
}
