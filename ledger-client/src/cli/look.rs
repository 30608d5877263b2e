//! Looking at accounts: balances, statements, and who gave what to whom.

use clap::Args;
use ledger_client::typed::{day, say_minutes};
use ledger_client::{Error, json, words};
use ledger_proto::v1;
use serde_json::{Value, json};

use super::happened::happened;
use super::people::last;
use super::session::{Session, pages};
use crate::render::{Grid, harmless, table_text};

#[derive(Args, Debug)]
pub(crate) struct Statement {
    /// Number or reference.
    member: String,
    /// The first day.
    #[arg(long, value_name = "DAY", value_parser = day)]
    from_day: Option<String>,
    /// The last day.
    #[arg(long, value_name = "DAY", value_parser = day)]
    to_day: Option<String>,
    /// At most so many lines: the newest.
    #[arg(long, value_name = "LINES")]
    limit: Option<usize>,
}

#[derive(Args, Debug)]
pub(crate) struct Exchanges {
    /// Only what this member gave.
    #[arg(long, value_name = "MEMBER")]
    giver: Option<String>,
    /// Only what this member was given.
    #[arg(long, value_name = "MEMBER")]
    receiver: Option<String>,
}

/// What stands in each member's account.
pub(crate) async fn balances(session: &Session) -> Result<(), Error> {
    let context = session.read()?;
    let balances = pages(async |page| {
        let request = v1::ListBalancesRequest { context: context.clone(), page };
        let answer = session.client.list_balances(request).await?;
        Ok((answer.balances, answer.next_page_token))
    })
    .await?;
    let mut grid = Grid::new(["number", "ref", "balance>", "held>", "available>"]);
    for balance in &balances {
        grid.row([
            balance.number.clone(),
            balance.r#ref.clone(),
            say_minutes(balance.balance_minutes),
            say_minutes(balance.held_minutes),
            say_minutes(balance.available_minutes),
        ]);
    }
    let json = Value::Array(balances.iter().map(as_json).collect());
    session.list(grid, &json, "Nobody yet. next: carestore members add --hat \"family carer\"")
}

/// One account, with nothing in it that depends on the hour.
fn as_json(balance: &v1::MemberBalance) -> Value {
    json!({
        "ref": balance.r#ref,
        "number": balance.number,
        "balance_minutes": balance.balance_minutes,
        "held_minutes": balance.held_minutes,
        "available_minutes": balance.available_minutes,
    })
}

impl Statement {
    pub(crate) async fn run(self, session: &Session) -> Result<(), Error> {
        let context = session.read()?;
        let member = session.member(&self.member).await?;
        let mut whole: Option<v1::GetStatementResponse> = None;
        let mut lines = pages(async |page| {
            let request = v1::GetStatementRequest {
                context: context.clone(),
                member: member.clone(),
                from_day: self.from_day.clone().unwrap_or_default(),
                to_day: self.to_day.clone().unwrap_or_default(),
                page,
            };
            let mut answer = session.client.get_statement(request).await?;
            let lines = std::mem::take(&mut answer.lines);
            let next = std::mem::take(&mut answer.next_page_token);
            whole.get_or_insert(answer);
            Ok((lines, next))
        })
        .await?;
        let mut statement = whole.unwrap_or_default();
        let surplus = lines.len().saturating_sub(self.limit.unwrap_or(usize::MAX));
        if let Some(before) = lines.drain(..surplus).next_back() {
            statement.opening_minutes = before.balance_minutes;
        }
        statement.lines = lines;
        let text = if session.tables() { told(session, &statement).await? } else { String::new() };
        session.thing(&text, &json::message("GetStatementResponse", &statement))
    }
}

async fn told(session: &Session, statement: &v1::GetStatementResponse) -> Result<String, Error> {
    let people = session.people().await?;
    let mut grid =
        Grid::new(["entry>", "day", "what", "with", "task", "time>", "balance>", "note"]);
    for line in &statement.lines {
        let mut what = happened(&line.kind).to_owned();
        if line.reversed_by > 0 {
            what = format!("{what} (reversed by {})", line.reversed_by);
        }
        grid.row([
            line.position.to_string(),
            line.occurred_on.clone(),
            what,
            people.say(&line.counterparty),
            words::TASKS.say_number(line.task).to_owned(),
            say_minutes(line.minutes),
            say_minutes(line.balance_minutes),
            line.note.clone(),
        ]);
    }
    let balance = statement.balance.clone().unwrap_or_default();
    let who = harmless(format!("{} {}", balance.number, balance.r#ref).trim());
    Ok([
        format!("{who} had {} before these lines.", say_minutes(statement.opening_minutes)),
        if statement.lines.is_empty() { "Nothing has moved.".to_owned() } else { table_text(grid) },
        format!(
            "The balance is {}; {} are held; {} can still be promised.",
            say_minutes(balance.balance_minutes),
            say_minutes(balance.held_minutes),
            say_minutes(balance.available_minutes)
        ),
        "Hours have no cash value and cannot be exchanged for goods.".to_owned(),
    ]
    .join("\n"))
}

impl Exchanges {
    pub(crate) async fn run(self, session: &Session) -> Result<(), Error> {
        let context = session.read()?;
        let giver = session.member_or_none(self.giver.as_deref()).await?;
        let receiver = session.member_or_none(self.receiver.as_deref()).await?;
        let exchanges = pages(async |page| {
            let request = v1::ListExchangesRequest {
                context: context.clone(),
                giver: giver.clone(),
                receiver: receiver.clone(),
                page,
            };
            let answer = session.client.list_exchanges(request).await?;
            Ok((answer.exchanges, answer.next_page_token))
        })
        .await?;
        let people = session.people().await?;
        let mut grid =
            Grid::new(["entry>", "day", "giver", "receiver", "time>", "task", "evidence"]);
        let said = |name: &str, nobody: &str| {
            if last(name).is_empty() { nobody.to_owned() } else { people.say(name) }
        };
        for exchange in &exchanges {
            let evidence = words::EVIDENCE.say_number(exchange.evidence);
            grid.row([
                exchange.position.to_string(),
                exchange.occurred_on.clone(),
                said(&exchange.giver, "staff"),
                said(&exchange.receiver, "the community"),
                say_minutes(exchange.minutes),
                words::TASKS.say_number(exchange.task).to_owned(),
                if exchange.reversed_by > 0 { "reversed" } else { evidence }.to_owned(),
            ]);
        }
        session.list(grid, &json::list("Exchange", &exchanges), "Nothing has counted yet.")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_balance_has_the_promised_fields_and_no_others() {
        let balance = v1::MemberBalance {
            name: "coops/x/members/1042".to_owned(),
            number: "1042-7".to_owned(),
            r#ref: "V005".to_owned(),
            balance_minutes: -30,
            held_minutes: 60,
            available_minutes: 690,
        };
        assert_eq!(
            as_json(&balance),
            json!({"ref": "V005", "number": "1042-7", "balance_minutes": -30,
                   "held_minutes": 60, "available_minutes": 690})
        );
    }
}
