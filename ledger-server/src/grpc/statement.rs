//! Balances, statements, and who gave what to whom.

use std::collections::BTreeMap;

use ledger_core::{
    CoopName, Day, Entry, Event, MemberId, Position, TaskKind, TimeAccount, Transfer,
};
use ledger_proto::{
    api::{self, name, time},
    stored, v1,
};

use super::{
    Found, Service,
    pages::Pages,
    people::{balance, enrolled, filter},
};
use crate::{
    error::Error,
    views::{Exchange, Line, Moment, View},
};

pub(super) async fn balances(
    service: &Service,
    request: v1::ListBalancesRequest,
) -> Result<v1::ListBalancesResponse, Error> {
    let pages = Pages::of(request.page, "balances")?;
    let found = service.find(request.context).await?;
    let view = found.published.look();
    let moment = view.moment(found.read.as_of)?.until(pages.began());
    let members = enrolled(&view, moment);
    let head = view.state().head();
    let rows = members.iter().map(|member| (u64::from(member.id.get()), member));
    let (members, next_page_token) = pages.take(rows, head);
    let balances =
        members.into_iter().map(|member| balance(&found.coop, &view, member, moment)).collect();
    Ok(v1::ListBalancesResponse {
        balances,
        next_page_token,
        position: api::position(pages.position(head)),
    })
}

/// One movement of a member's two accounts by one entry.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Moved {
    pub(super) own: i64,
    pub(super) held: i64,
    pub(super) after: i64,
}

pub(super) async fn statement(
    service: &Service,
    request: v1::GetStatementRequest,
) -> Result<v1::GetStatementResponse, Error> {
    let pages = Pages::of(request.page, format!("statement {}", request.member))?;
    let from = api::day_or_none("from_day", &request.from_day)?;
    let to = api::day_or_none("to_day", &request.to_day)?;
    let found = service.find(request.context).await?;
    let (page, answer) = {
        let view = found.published.look();
        let id = name::parse_member("member", &found.coop, &request.member)?;
        let member = view.state().member(id)?;
        let moment = view.moment(found.read.as_of)?.until(pages.began());
        let lines = lines(&view, id, moment, (from, to));
        let head = view.state().head();
        let before =
            lines.iter().take_while(|(position, _)| position.get() <= pages.after()).last();
        let first = lines.first().map_or_else(
            || stood_before(&view, id, moment, from),
            |(_, moved)| moved.after.saturating_sub(moved.own),
        );
        let opening_minutes = before.map_or(first, |(_, moved)| moved.after);
        let rows = lines.iter().map(|(position, moved)| {
            (position.get(), (*position, *moved, reversed_by(&view, *position, moment)))
        });
        let (page, next_page_token) = pages.take(rows, head);
        let answer = v1::GetStatementResponse {
            balance: Some(balance(&found.coop, &view, member, moment)),
            opening_minutes,
            lines: Vec::new(),
            next_page_token,
            position: api::position(pages.position(head)),
        };
        (page.into_iter().map(|row| (id, row)).collect::<Vec<_>>(), answer)
    };
    let mut lines = Vec::with_capacity(page.len());
    for (id, (position, moved, reversed_by)) in page {
        let entry = entry(service, &found, position)?;
        let note = service.0.cards.note(found.log, position)?;
        lines.push(v1::StatementLine {
            position: api::position(position),
            occurred_on: entry.occurred_on.to_string(),
            record_time: Some(time(entry.recorded_at)),
            kind: entry.event.kind().word().to_owned(),
            minutes: moved.own,
            balance_minutes: moved.after,
            held_minutes: moved.held,
            counterparty: counterparty(&found.coop, &entry, id),
            task: task(&entry.event).map_or(0, TaskKind::code),
            reversed_by,
            note,
        });
    }
    Ok(v1::GetStatementResponse { lines, ..answer })
}

/// Every entry that moved a member's accounts, in the order of the log, with the balance after it. With a first day the
/// balance still counts what came before; by a day, only what had happened by then counts.
pub(super) fn lines(
    view: &View,
    member: MemberId,
    moment: Moment,
    (from, to): (Option<Day>, Option<Day>),
) -> Vec<(Position, Moved)> {
    let mut moved: BTreeMap<Position, (Day, Moved)> = BTreeMap::new();
    for line in [Line::Own(member), Line::Held(member)] {
        let marks = view.line(line).map(crate::views::Series::marks).unwrap_or_default();
        for mark in marks {
            if moment.counts(mark.position, mark.day) {
                let (_, row) = moved.entry(mark.position).or_insert((mark.day, Moved::default()));
                if line == Line::Own(member) { row.own = mark.delta } else { row.held = mark.delta }
            }
        }
    }
    let mut balance = 0_i64;
    let mut rows = Vec::with_capacity(moved.len());
    for (position, (day, mut row)) in moved {
        balance = balance.saturating_add(row.own);
        row.after = balance;
        if from.is_none_or(|from| day >= from) && to.is_none_or(|to| day <= to) {
            rows.push((position, row));
        }
    }
    rows
}

/// What stood in a member's account before a day, where nothing happened on it or after it. With no first day: nothing.
fn stood_before(view: &View, member: MemberId, moment: Moment, from: Option<Day>) -> i64 {
    let marks = view.line(Line::Own(member)).map(crate::views::Series::marks).unwrap_or_default();
    marks
        .iter()
        .filter(|mark| moment.counts(mark.position, mark.day))
        .filter(|mark| from.is_some_and(|from| mark.day < from))
        .fold(0, |sum: i64, mark| sum.saturating_add(mark.delta))
}

/// The entry that has reversed this one, of those that are known at the moment. Zero: none.
pub(super) fn reversed_by(view: &View, entry: Position, moment: Moment) -> i64 {
    let reversal = view.state().reversed_by(entry);
    reversal.filter(|reversal| *reversal <= moment.known()).map_or(0, api::position)
}

/// An entry, from its stored bytes.
fn entry(service: &Service, found: &Found, position: Position) -> Result<Entry, Error> {
    let bytes = service.0.log.read(found.log, position.get())?;
    let bytes = bytes.ok_or_else(|| Error::internal(format!("entry {position} is not there")))?;
    stored::decode(&bytes).map_err(Error::internal)
}

/// The other side of a movement, as the member sees it.
fn counterparty(coop: &CoopName, entry: &Entry, member: MemberId) -> String {
    let own = |account: &TimeAccount| matches!(account, TimeAccount::Member(id) | TimeAccount::Held(id) if *id == member);
    let other = entry.event.transfers().into_iter().find_map(|transfer| match transfer {
        Transfer::Time { from, to, minutes: _ } if own(&from) && !own(&to) => Some(to),
        Transfer::Time { from, to, minutes: _ } if own(&to) && !own(&from) => Some(from),
        Transfer::Time { .. } | Transfer::Cash { .. } | Transfer::Kind { .. } => None,
    });
    match other {
        Some(TimeAccount::Member(id) | TimeAccount::Held(id)) => name::member(coop, id),
        Some(TimeAccount::Pot) => "pot".to_owned(),
        Some(TimeAccount::Commons) => "commons".to_owned(),
        None => String::new(),
    }
}

fn task(event: &Event) -> Option<TaskKind> {
    event.counted().map(|counted| counted.task)
}

pub(super) async fn exchanges(
    service: &Service,
    request: v1::ListExchangesRequest,
) -> Result<v1::ListExchangesResponse, Error> {
    let list = format!("exchanges {} {}", request.giver, request.receiver);
    let pages = Pages::of(request.page, list)?;
    let found = service.find(request.context).await?;
    let view = found.published.look();
    let giver = filter(&found, view.state(), "giver", &request.giver)?;
    let receiver = filter(&found, view.state(), "receiver", &request.receiver)?;
    let moment = view.moment(found.read.as_of)?.until(pages.began());
    let head = view.state().head();
    let rows = exchanged(&view, moment).filter(|exchange| {
        giver.is_none_or(|giver| exchange.counted.giver == Some(giver))
            && receiver.is_none_or(|receiver| exchange.counted.receiver == Some(receiver))
    });
    let rows =
        rows.map(|exchange| (exchange.position.get(), told(&found.coop, &view, exchange, moment)));
    let (exchanges, next_page_token) = pages.take(rows, head);
    Ok(v1::ListExchangesResponse {
        exchanges,
        next_page_token,
        position: api::position(pages.position(head)),
    })
}

/// Help that had counted by a moment, in the order of the log.
pub(super) fn exchanged(view: &View, moment: Moment) -> impl Iterator<Item = &Exchange> {
    let exchanges = view.exchanges().iter();
    exchanges.filter(move |exchange| moment.counts(exchange.position, exchange.day))
}

pub(super) fn told(
    coop: &CoopName,
    view: &View,
    exchange: &Exchange,
    moment: Moment,
) -> v1::Exchange {
    let named = |member: Option<MemberId>| {
        member.map(|member| name::member(coop, member)).unwrap_or_default()
    };
    let ledger_core::Counted { giver, receiver, minutes, task, evidence } = exchange.counted;
    v1::Exchange {
        position: api::position(exchange.position),
        occurred_on: exchange.day.to_string(),
        giver: named(giver),
        receiver: named(receiver),
        minutes: minutes.get(),
        task: task.code(),
        evidence: evidence.map_or(0, ledger_core::EvidenceGrade::code),
        reversed_by: reversed_by(view, exchange.position, moment),
    }
}
