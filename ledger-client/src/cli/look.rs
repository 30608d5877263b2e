//! Looking at accounts: balances, and who gave what to whom.

use clap::Args;
use ledger_client::typed::say_minutes;
use ledger_client::{Error, json, words};
use ledger_proto::v1;
use serde_json::{Value, json};

use super::people::last;
use super::session::{Session, pages};
use crate::render::Grid;

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
