//! The Care Store: cash by fund, gifts in kind, and the totals of all three units.

use clap::{Args, Subcommand};
use ledger_client::typed::{count, money, money_or_nothing, say_minutes, say_money};
use ledger_client::{Error, words};
use ledger_proto::v1;
use serde_json::{Value, json};

use super::members::party;
use super::parse;
use super::people::last;
use super::session::Session;
use crate::render::{Grid, table_text};

#[derive(Subcommand, Debug)]
pub(crate) enum Command {
    /// Opens a fund.
    OpenFund {
        /// What it is called.
        title: String,
        /// How freely it can be spent: unrestricted, designated or restricted.
        #[arg(long, value_parser = parse::freedom, default_value = "unrestricted")]
        freedom: v1::FundFreedom,
        /// What a restricted fund may be spent on.
        #[arg(long, default_value = "", hide_default_value = true)]
        purpose: String,
    },
    /// Records cash received.
    Receive {
        #[command(flatten)]
        cash: Cash,
        /// Where it comes from: grant, surplus, charge or donation.
        #[arg(long, value_parser = parse::source)]
        source: v1::CashSource,
    },
    /// Records cash spent.
    Spend {
        #[command(flatten)]
        cash: Cash,
        /// What it goes to: expense, specialist staff or other.
        #[arg(long = "use", value_name = "USE", value_parser = parse::cash_use)]
        cash_use: v1::CashUse,
        /// The purpose of the spend; a restricted fund takes only its own.
        #[arg(long, default_value = "", hide_default_value = true)]
        purpose: String,
    },
    /// Records a gift in kind.
    Gift {
        /// What it is.
        #[arg(long)]
        title: String,
        /// How many.
        #[arg(long, value_parser = count, default_value = "1")]
        quantity: i64,
        /// What all of it is reckoned to be worth, in pounds. It stands beside the money.
        #[arg(long, value_name = "POUNDS", value_parser = money_or_nothing, default_value = "0")]
        valuation: i64,
        /// Who gave it, by number or name.
        #[arg(long)]
        party: Option<String>,
    },
    /// Records that a gift in kind was used.
    Use {
        /// The number of the gift.
        #[arg(long, value_name = "NUMBER")]
        offer: String,
        /// How many.
        #[arg(long, value_parser = count, default_value = "1")]
        quantity: i64,
    },
    /// What came in, what went out, what is held and what is free.
    Totals,
}

#[derive(Args, Debug)]
pub(crate) struct Cash {
    /// The fund, by number or name.
    #[arg(long)]
    fund: String,
    /// How much, in pounds.
    #[arg(long, value_name = "POUNDS", value_parser = money, allow_hyphen_values = true)]
    amount: i64,
    /// The organisation on the other side, by number or name.
    #[arg(long)]
    party: Option<String>,
    /// The member on the other side.
    #[arg(long)]
    member: Option<String>,
}

impl Command {
    pub(crate) async fn run(self, session: &Session) -> Result<(), Error> {
        let client = &session.client;
        match self {
            Self::OpenFund { title, freedom, purpose } => {
                let context = session.write().await?;
                let (title, freedom) = (title.clone(), freedom.into());
                let request =
                    v1::OpenFundRequest { context, title: title.clone(), freedom, purpose };
                session.done(client.open_fund(request).await?.receipt, |receipt| {
                    let number = last(&receipt.name);
                    (
                        format!("The fund {title} is open, with number {number}."),
                        format!(
                            "carestore store receive --fund {number} --source grant --amount …"
                        ),
                    )
                })
            }
            Self::Receive { cash, source } => {
                let request = v1::ReceiveCashRequest {
                    fund: fund(session, &cash.fund).await?,
                    source: source.into(),
                    amount_pence: cash.amount,
                    party: party(session, cash.party.as_deref()).await?,
                    member: session.member_or_none(cash.member.as_deref()).await?,
                    context: session.write().await?,
                };
                session.done(client.receive_cash(request).await?.receipt, |_| {
                    let (amount, source) = (say_money(cash.amount), words::SOURCES.say(source));
                    let said = format!("{amount} came into the fund {} ({source}).", cash.fund);
                    (said, "carestore store totals".to_owned())
                })
            }
            Self::Spend { cash, cash_use, purpose } => {
                let request = v1::SpendCashRequest {
                    fund: fund(session, &cash.fund).await?,
                    r#use: cash_use.into(),
                    amount_pence: cash.amount,
                    purpose,
                    party: party(session, cash.party.as_deref()).await?,
                    member: session.member_or_none(cash.member.as_deref()).await?,
                    context: session.write().await?,
                };
                session.done(client.spend_cash(request).await?.receipt, |_| {
                    let (amount, spent_on) = (say_money(cash.amount), words::USES.say(cash_use));
                    let said = format!("{amount} went out of the fund {} ({spent_on}).", cash.fund);
                    (said, "carestore store totals".to_owned())
                })
            }
            Self::Gift { title, quantity, valuation, party: giver } => {
                let request = v1::ReceiveInKindRequest {
                    party: party(session, giver.as_deref()).await?,
                    title: title.clone(),
                    quantity,
                    valuation_pence: valuation,
                    context: session.write().await?,
                };
                session.done(client.receive_in_kind(request).await?.receipt, |receipt| {
                    let number = last(&receipt.name);
                    (
                        format!("{quantity} of \"{title}\" came in, as offer {number}."),
                        format!("carestore store use --offer {number}"),
                    )
                })
            }
            Self::Use { offer: typed, quantity } => {
                let offer = parse::named("offers", &typed);
                let context = session.write().await?;
                let request = v1::UseInKindRequest { context, offer, quantity };
                session.done(client.use_in_kind(request).await?.receipt, |_| {
                    let said = format!("{quantity} of offer {typed} was used.");
                    (said, "carestore vouchers offers".to_owned())
                })
            }
            Self::Totals => totals(session).await,
        }
    }
}

/// A fund by its number or by what it is called.
async fn fund(session: &Session, typed: &str) -> Result<String, Error> {
    if Session::numbered(typed) {
        return Ok(parse::named("funds", typed));
    }
    let context = Some(session.client.read_context());
    let totals = session.client.get_store_totals(v1::GetStoreTotalsRequest { context }).await?;
    let funds = totals.cash.unwrap_or_default().funds;
    Session::find("funds", typed, funds.into_iter().map(|fund| (fund.name, fund.title)))
}

async fn totals(session: &Session) -> Result<(), Error> {
    let request = v1::GetStoreTotalsRequest { context: session.read()? };
    let totals = session.client.get_store_totals(request).await?;
    session.thing(&told(&totals), &as_json(&totals))
}

/// The totals, for people.
pub(super) fn told(totals: &v1::GetStoreTotalsResponse) -> String {
    let time = totals.time.unwrap_or_default();
    let cash = totals.cash.clone().unwrap_or_default();
    let kind = totals.kind.unwrap_or_default();
    let vouchers = totals.vouchers.unwrap_or_default();
    let mut units = Grid::new(["", "in>", "out>", "held>", "free>"]);
    let row = |name: &str, figures: [i64; 4], say: fn(i64) -> String| {
        let [came, went, held, free] = figures.map(say);
        [name.to_owned(), came, went, held, free]
    };
    let minutes = [time.in_minutes, time.out_minutes, time.held_minutes, time.free_minutes];
    units.row(row("Time", minutes, say_minutes));
    let pence = [cash.in_pence, cash.out_pence, cash.held_pence, cash.free_pence];
    units.row(row("Cash", pence, say_money));
    let items = [kind.in_items, kind.out_items, kind.held_items, kind.free_items];
    units.row(row("In kind", items, |items| items.to_string()));
    let mut funds = Grid::new(["fund>", "name", "freedom", "in>", "out>", "balance>"]);
    for fund in &cash.funds {
        funds.row([
            last(&fund.name).to_owned(),
            fund.title.clone(),
            words::FREEDOMS.say_number(fund.freedom).to_owned(),
            say_money(fund.in_pence),
            say_money(fund.out_pence),
            say_money(fund.balance_pence),
        ]);
    }
    [
        table_text(units),
        format!("The community pot holds {}.", say_minutes(time.pot_minutes)),
        format!(
            "Gifts in kind are reckoned to be worth {}; that stands beside the money.",
            say_money(kind.valued_pence)
        ),
        format!(
            "Vouchers: {} issued, {} redeemed, {} open, {} cancelled, {} lapsed; {} in stock.",
            vouchers.issued,
            vouchers.redeemed,
            vouchers.open,
            vouchers.cancelled,
            vouchers.lapsed,
            vouchers.free
        ),
        if cash.funds.is_empty() { "No funds yet.".to_owned() } else { table_text(funds) },
    ]
    .join("\n")
}

fn as_json(totals: &v1::GetStoreTotalsResponse) -> Value {
    let time = totals.time.unwrap_or_default();
    let cash = totals.cash.clone().unwrap_or_default();
    let kind = totals.kind.unwrap_or_default();
    let vouchers = totals.vouchers.unwrap_or_default();
    let funds: Vec<Value> = cash
        .funds
        .iter()
        .map(|fund| json!({"name": fund.title, "balance_pence": fund.balance_pence}))
        .collect();
    json!({
        "pot_minutes": time.pot_minutes,
        "commons_minutes": time.commons_minutes,
        "funds": funds,
        "in_kind_valued_pence": kind.valued_pence,
        "vouchers": {
            "issued": vouchers.issued,
            "redeemed": vouchers.redeemed,
            "open": vouchers.open,
            "cancelled": vouchers.cancelled,
            "lapsed": vouchers.lapsed,
        },
        "vouchers_in_stock": vouchers.free,
        "time": {
            "in_minutes": time.in_minutes,
            "out_minutes": time.out_minutes,
            "held_minutes": time.held_minutes,
            "free_minutes": time.free_minutes,
        },
        "cash": {
            "in_pence": cash.in_pence,
            "out_pence": cash.out_pence,
            "held_pence": cash.held_pence,
            "free_pence": cash.free_pence,
        },
        "kind": {
            "in_items": kind.in_items,
            "out_items": kind.out_items,
            "held_items": kind.held_items,
            "free_items": kind.free_items,
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn totals_have_the_promised_shape() {
        let fund = v1::FundBalance {
            title: "General".to_owned(),
            balance_pence: 628_974,
            ..v1::FundBalance::default()
        };
        let totals = v1::GetStoreTotalsResponse {
            cash: Some(v1::CashTotals { funds: vec![fund], ..v1::CashTotals::default() }),
            time: Some(v1::TimeTotals { pot_minutes: 90, ..v1::TimeTotals::default() }),
            ..v1::GetStoreTotalsResponse::default()
        };
        let json = as_json(&totals);
        assert_eq!(json["funds"], json!([{"name": "General", "balance_pence": 628_974}]));
        assert_eq!((&json["pot_minutes"], &json["commons_minutes"]), (&json!(90), &json!(0)));
        let counts = ["issued", "redeemed", "open", "cancelled", "lapsed"];
        assert!(counts.iter().all(|name| json["vouchers"][name] == 0));
        assert!(told(&totals).contains("£6,289.74") && told(&totals).contains("1 h 30 min"));
    }
}
