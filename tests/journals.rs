//! Three programs of accounting add up the books by themselves, and reach what the API says.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that fails says so")]

mod tables;
mod titles;
pub(crate) mod tools;

use std::{env, process::Command};

use ledger_client::{
    Client,
    journal::{Format, Journal},
};
use ledger_core::{Day, Entry};
use ledger_proto::{stored, v1};
use ledger_server::{Clock, Demo};
use tempfile::TempDir;
use tools::{Books, Tool, tools};

use crate::{
    harness::{Town, run},
    imports,
};

/// The whole history, from the server.
async fn entries(client: &Client, mut take: impl FnMut(&Entry)) {
    let coop = client.coop();
    let request = v1::ReadHistoryRequest { coop, after_position: 0, limit: 0 };
    let mut stream = client.read_history(request).await.unwrap();
    while let Some(message) = stream.message().await.unwrap() {
        for served in message.entries {
            take(&stored::decode(&served.entry).unwrap());
        }
    }
}

/// The same, as a journal.
async fn journal(client: &Client, format: Format, until: Option<Day>) -> String {
    let mut journal = Journal::new(format, &client.coop(), until, Vec::new());
    entries(client, |entry| journal.add(entry).unwrap()).await;
    String::from_utf8(journal.finish().unwrap()).unwrap()
}

pub(crate) fn last(name: &str) -> &str {
    name.rsplit('/').next().unwrap()
}

/// A page that holds all there is.
pub(crate) const WHOLE: Option<v1::Page> =
    Some(v1::Page { page_size: 1_000, page_token: String::new() });

/// Where money comes from, and where it goes, is told by the API in one sum each.
pub(crate) fn with_sums(books: Books) -> Books {
    let mut summed = Books::new();
    for (account, (amount, unit)) in books {
        let root = account.split(':').next().unwrap();
        let of_cash = unit == "pence" && root != "assets";
        let account = if of_cash { root.to_owned() } else { account };
        summed.entry(account).or_insert((0, unit)).0 += amount;
    }
    summed
}

/// Hours and money, as the API tells them.
pub(crate) async fn time_and_cash(client: &Client, context: v1::ReadContext) -> Books {
    let context = Some(context);
    let mut books = Books::new();
    let mut stands = |account: String, amount: i64, unit: &str| {
        if amount != 0 {
            assert_eq!(books.insert(account, (amount, unit.to_owned())), None);
        }
    };
    let request = v1::ListBalancesRequest { context: context.clone(), page: WHOLE };
    for row in client.list_balances(request).await.unwrap().balances {
        stands(format!("assets:members:{}", last(&row.name)), row.balance_minutes, "min");
        stands(format!("assets:held:{}", last(&row.name)), row.held_minutes, "min");
    }
    let request = v1::GetStoreTotalsRequest { context };
    let totals = client.get_store_totals(request).await.unwrap();
    let (time, cash) = (totals.time.unwrap(), totals.cash.unwrap());
    stands("assets:pot".to_owned(), time.pot_minutes, "min");
    stands("equity:commons".to_owned(), time.commons_minutes, "min");
    stands("income".to_owned(), -cash.in_pence, "pence");
    stands("expenses".to_owned(), cash.out_pence, "pence");
    for fund in cash.funds {
        stands(format!("assets:funds:{}", last(&fund.name)), fund.balance_pence, "pence");
    }
    books
}

/// Things, as the API tells them.
pub(crate) async fn things(client: &Client) -> Books {
    let context = Some(client.read_context());
    let mut books = Books::new();
    let mut moves = |account: String, amount: i64| {
        if amount != 0 {
            books.entry(account).or_insert((0, "items".to_owned())).0 += amount;
        }
    };
    let request = v1::ListOffersRequest { context: context.clone(), page: WHOLE };
    for offer in client.list_offers(request).await.unwrap().offers {
        let v1::Offer { name, stock, with_members, used, lapsed, .. } = offer;
        let number = last(&name);
        moves(format!("income:pledged:offer-{number}"), -(stock + with_members + used + lapsed));
        moves(format!("assets:stock:offer-{number}"), stock);
        moves(format!("expenses:used:offer-{number}"), used);
        moves(format!("expenses:lapsed:offer-{number}"), lapsed);
    }
    let request = v1::ListVouchersRequest { context, member: String::new(), page: WHOLE };
    for voucher in client.list_vouchers(request).await.unwrap().vouchers {
        let (member, offer) = (last(&voucher.member), last(&voucher.offer));
        moves(format!("assets:vouchers:{member}:offer-{offer}"), 1);
    }
    books
}

/// Every tool accepts the journal, and reaches every balance that the API tells, and no other.
async fn agree(client: &Client, tools: &[Tool]) {
    let mut api = time_and_cash(client, client.read_context()).await;
    api.extend(things(client).await);
    assert!(api.len() > 100, "there is something to compare: {api:?}");
    for tool in tools {
        let journal = journal(client, tool.format, None).await;
        assert_eq!(tool.accepts(&journal), Ok(()), "{}", tool.name);
        assert_eq!(with_sums(tool.books(&journal)), api, "{}", tool.name);
    }
}

/// The same for what had occurred by a day. What is open has no day of its own and is left out.
async fn agree_by(client: &Client, tools: &[Tool], day: &str) {
    let as_of = Some(v1::read_context::AsOf::AsOfDay(day.to_owned()));
    let api = time_and_cash(client, v1::ReadContext { as_of, ..client.read_context() }).await;
    assert!(api.len() > 50, "there is something to compare: {api:?}");
    for tool in tools {
        let journal = journal(client, tool.format, Day::parse(day)).await;
        assert_eq!(tool.accepts(&journal), Ok(()), "{}", tool.name);
        let mut books = with_sums(tool.books(&journal));
        books.retain(|_, (_, unit)| unit != "items");
        assert_eq!(books, api, "{} {day}", tool.name);
    }
}

/// A journal in which one assertion says one more than is true: the first or the last that says something of the unit.
fn with_a_wrong_assertion(journal: &str, unit: &str, of: fn(&[usize]) -> usize) -> String {
    let mut lines: Vec<String> = journal.lines().map(str::to_owned).collect();
    let asserts =
        |line: &str| (line.contains(" = ") || line.contains(" balance ")) && line.ends_with(unit);
    let those: Vec<usize> = (0..lines.len()).filter(|at| asserts(&lines[*at])).collect();
    let line = &mut lines[of(&those)];
    let (before, _) = line.rsplit_once(' ').unwrap();
    let (before, amount) = before.rsplit_once(' ').unwrap();
    *line = format!("{before} {} {unit}", amount.parse::<i64>().unwrap() + 1);
    lines.join("\n") + "\n"
}

/// Each tool objects to what is not so.
async fn wrong_is_refused(client: &Client, tools: &[Tool]) {
    for tool in tools {
        let journal = journal(client, tool.format, None).await;
        for unit in ["MIN", "PENCE", "ITEMS"] {
            for of in [|those: &[usize]| those[0], |those: &[usize]| those[those.len() - 1]] {
                let wrong = with_a_wrong_assertion(&journal, unit, of);
                assert!(tool.accepts(&wrong).is_err(), "{} takes {unit}", tool.name);
            }
        }
        // An account that was never declared.
        let stray = journal + stray(tool.format);
        assert!(tool.accepts(&stray).is_err(), "{} takes a stray account", tool.name);
    }
}

const fn stray(format: Format) -> &'static str {
    match format {
        Format::Hledger | Format::Ledger => {
            "\n2199-01-01 * stray\n    assets:stray  0 MIN\n    equity:commons  0 MIN\n"
        }
        Format::Beancount => {
            "\n2026-12-31 * \"stray\"\n  Assets:Stray  0 MIN\n  Equity:Commons  0 MIN\n"
        }
    }
}

/// What the folder must come to, against what the tools reach: no figure of ours is between them.
async fn as_expected(town: &Town, tools: &[Tool]) {
    let expected = imports::expected("colne-valley");
    let client = town.client();
    let request = v1::ListBalancesRequest { context: Some(town.read()), page: WHOLE };
    let rows = client.list_balances(request).await.unwrap().balances;
    for tool in tools {
        let books = tool.books(&journal(&client, tool.format, None).await);
        let stands = |account: &str| books.get(account).map_or(0, |(amount, _)| *amount);
        assert_eq!(stands("assets:pot"), expected["pot_minutes"]);
        assert_eq!(stands("equity:commons"), expected["commons_minutes"]);
        for row in &rows {
            let (number, reference) = (last(&row.name), row.r#ref.as_str());
            let held = expected["held_minutes"][reference].as_i64().unwrap_or_default();
            assert_eq!(
                stands(&format!("assets:members:{number}")),
                expected["balances_minutes"][reference]
            );
            assert_eq!(stands(&format!("assets:held:{number}")), held);
        }
        let sum = |starts: &str| -> i64 {
            let those = books.iter().filter(|(account, _)| account.starts_with(starts));
            those.map(|(_, (amount, _))| amount).sum()
        };
        let funds = expected["funds_pence"].as_object().unwrap();
        let funds: i64 = funds.values().map(|fund| fund.as_i64().unwrap()).sum();
        assert_eq!(sum("assets:funds:"), funds);
        assert_eq!(sum("assets:vouchers:"), expected["vouchers"]["open"]);
    }
}

#[test]
fn a_year_of_spreadsheets_comes_to_the_same_in_three_programs_and_in_tables() {
    run(async {
        let town = imports::town().await;
        imports::bring_all(&town, &imports::sample("colne-valley"), "colne-valley").await;
        let tools = tools();
        agree(&town.client(), &tools).await;
        agree_by(&town.client(), &tools, "2025-09-30").await;
        agree_by(&town.client(), &tools, "2025-12-15").await;
        as_expected(&town, &tools).await;
        wrong_is_refused(&town.client(), &tools).await;
        tables::as_expected(&town).await;
    });
}

const FOLDER: &str = "CARESTORE_TEST_SAMPLE";

/// Fills a folder with the sample. A process of its own, since it talks.
#[test]
#[ignore = "only for the test below"]
fn fill() {
    let Some(data) = env::var_os(FOLDER) else { return };
    run(async {
        let listen = ([127, 0, 0, 1], 0).into();
        let how = Demo { data: data.into(), listen, fill_only: true, seed: 1 };
        ledger_server::demo(&how).await.unwrap();
    });
}

/// The sample year, in a folder.
pub(crate) fn sample_year() -> TempDir {
    let dir = tempfile::tempdir().unwrap();
    let filled = Command::new(env::current_exe().unwrap())
        .args(["--exact", "journals::fill", "--ignored"])
        .env(FOLDER, dir.path())
        .output()
        .unwrap();
    assert!(filled.status.success(), "{}", String::from_utf8_lossy(&filled.stderr));
    dir
}

#[test]
fn the_sample_year_comes_to_the_same_in_three_programs() {
    run(async {
        let town = Town::on(sample_year(), Clock::machine()).await;
        let client = town.client_of("sample-valley", Some(town.token()));
        agree(&client, &tools()).await;
    });
}
