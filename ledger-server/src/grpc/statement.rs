//! Balances, statements, and who gave what to whom.

use ledger_core::{
    CoopName, Entry, Event, MemberId, Position, State, TaskKind, TimeAccount, Transfer,
};
use ledger_proto::{
    api::{self, name, time},
    stored, v1,
};

use super::{
    Found, Service,
    pages::Pages,
    people::{balance, enrolled},
};
use crate::{
    access::Denied,
    error::Error,
    views::{Asked, Exchange, GAVE, GOT, HELD, Line, Moment, OWN, Row, View},
};

pub(super) async fn balances(
    service: &Service,
    request: v1::ListBalancesRequest,
) -> Result<v1::ListBalancesResponse, Error> {
    let pages = Pages::of(request.page, "balances")?;
    let found = service.find(request.context).await?;
    service.whose((found.log, &found.sees), None)?;
    let view = found.published.look();
    let moment = view.moment(found.read.as_of)?.until(pages.began());
    let members = enrolled(&view, moment);
    let head = view.state().head();
    let rows = members.iter().map(|member| (u64::from(member.id.get()), member));
    let (members, next_page_token) = pages.take(rows, head);
    let balances = members.into_iter().map(|member| balance(&found.coop, &view, member, moment));
    Ok(v1::ListBalancesResponse {
        balances: balances.collect::<Result<_, _>>()?,
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
        service.whose((found.log, &found.sees), Some(id))?;
        let member = view.state().member(id)?;
        let moment = view.moment(found.read.as_of)?.until(pages.began());
        let asked = Asked { moment, after: Position::new(pages.after()), from, to };
        let head = view.state().head();
        let rows = lines(&view, id, asked).map(|line| {
            let (position, moved) = line?;
            let row = (position, moved, reversed_by(&view, position, moment));
            Ok((position.get(), row))
        });
        let (page, next_page_token) = pages.try_take(rows, head)?;
        let first = page.first().map(|(_, moved, _)| *moved);
        let answer = v1::GetStatementResponse {
            balance: Some(balance(&found.coop, &view, member, moment)?),
            opening_minutes: opening(&view, id, asked, first)?,
            lines: Vec::new(),
            next_page_token,
            position: api::position(pages.position(head)),
        };
        (page.into_iter().map(|row| (id, row)).collect::<Vec<_>>(), answer)
    };
    let mut lines = Vec::with_capacity(page.len());
    for (id, (position, moved, reversed_by)) in page {
        let entry = entry(service, &found, position)?;
        let note = if service.caller.reads_cards() {
            service.ground.cards.note(found.log, position)?
        } else {
            String::new()
        };
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
    asked: Asked,
) -> impl Iterator<Item = Result<(Position, Moved), Error>> {
    let rows = view.course(member).map(|(course, binder)| course.rows(asked, binder));
    rows.into_iter().flatten().filter_map(|row| match row {
        Ok((row, sums)) if is_line(&row) => {
            let (own, held, after) = (row.moved.of(OWN), row.moved.of(HELD), sums.of(OWN));
            Some(Ok((row.position, Moved { own, held, after })))
        }
        Ok(_) => None,
        Err(error) => Some(Err(error)),
    })
}

/// Help that moved neither of a member's accounts is no line of their statement.
fn is_line(row: &Row) -> bool {
    row.touched(OWN) || row.touched(HELD)
}

/// What stood in a member's account before the first line of a page: after the last line of the page before; where there is
/// none, before this one; and where no line is of these days, before the first of them. With no first day: nothing.
fn opening(
    view: &View,
    member: MemberId,
    asked: Asked,
    first: Option<Moved>,
) -> Result<i64, Error> {
    let before = match view.course(member) {
        Some((course, binder)) => course.last(asked, is_line, binder)?,
        None => None,
    };
    let moment = match (before, first) {
        (Some(row), _) => Some(asked.moment.until(Some(row.position))),
        (None, Some(first)) => return Ok(first.after.saturating_sub(first.own)),
        (None, None) => asked.from.and_then(|from| asked.moment.before(from)),
    };
    moment.map_or(Ok(0), |moment| view.at(Line::Own(member), moment))
}

/// The entry that has reversed this one, of those that are known at the moment. Zero: none.
pub(super) fn reversed_by(view: &View, entry: Position, moment: Moment) -> i64 {
    let reversal = view.state().reversed_by(entry);
    reversal.filter(|reversal| *reversal <= moment.known()).map_or(0, api::position)
}

/// An entry, from its stored bytes.
fn entry(service: &Service, found: &Found, position: Position) -> Result<Entry, Error> {
    let bytes = service.ground.log.read(found.log, position.get())?;
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
    let pages = Pages::of(request.page.clone(), list)?;
    let found = service.find(request.context.clone()).await?;
    let view = found.published.look();
    let (giver, receiver) = sides(service, &found, view.state(), &request)?;
    let moment = view.moment(found.read.as_of)?.until(pages.began());
    let head = view.state().head();
    let after = Position::new(pages.after());
    let part = giver.map(|giver| (giver, GAVE)).or(receiver.map(|receiver| (receiver, GOT)));
    let of = part.map(|part| view.exchanges_of(part, moment, after));
    let all = part.is_none().then(|| view.exchanges(moment, after));
    let exchanges = of.into_iter().flatten().chain(all.into_iter().flatten());
    let rows = exchanges.filter(|exchange| match exchange {
        Ok(exchange) => receiver.is_none_or(|receiver| exchange.counted.receiver == Some(receiver)),
        Err(_) => true,
    });
    let rows = rows.map(|exchange| {
        let exchange = exchange?;
        Ok((exchange.position.get(), told(&found.coop, &view, &exchange, moment)))
    });
    let (exchanges, next_page_token) = pages.try_take(rows, head)?;
    Ok(v1::ListExchangesResponse {
        exchanges,
        next_page_token,
        position: api::position(pages.position(head)),
    })
}

/// The two sides that are asked for. A member's token sees exchanges in which they or one whom they represent are one of
/// them: where they name neither or somebody else, the other side is theirs, and it is what they gave that is shown unless
/// they ask for what they got.
fn sides(
    service: &Service,
    found: &Found,
    state: &State,
    request: &v1::ListExchangesRequest,
) -> Result<(Option<MemberId>, Option<MemberId>), Error> {
    let known = |field: &str, text: &str| -> Result<Option<MemberId>, Error> {
        let member = name::parse_member_or_none(field, &found.coop, text)?;
        member.map(|member| state.member(member)).transpose()?;
        Ok(member)
    };
    if let Some(own) = found.sees.own() {
        let named = |field: &str, text: &str| name::parse_member_or_none(field, &found.coop, text);
        let sides = (named("giver", &request.giver)?, named("receiver", &request.receiver)?);
        let shown = |side: &MemberId| found.sees.shows(*side);
        let theirs: Vec<_> = [sides.0, sides.1].into_iter().flatten().filter(shown).collect();
        return match sides {
            _ if theirs.contains(&own) => Ok(sides),
            _ if !theirs.is_empty() => {
                for side in theirs {
                    service.whose((found.log, &found.sees), Some(side))?;
                }
                Ok(sides)
            }
            (None, receiver) => Ok((Some(own), receiver)),
            (giver, None) => Ok((giver, Some(own))),
            (Some(_), Some(_)) => Err(Denied::NotTheirs.into()),
        };
    }
    let (giver, receiver) =
        (known("giver", &request.giver)?, known("receiver", &request.receiver)?);
    service.whose((found.log, &found.sees), giver.or(receiver))?;
    if giver.is_some() && receiver.is_some() {
        service.whose((found.log, &found.sees), receiver)?;
    }
    Ok((giver, receiver))
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
