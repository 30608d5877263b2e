//! Three histories added up side by side, each from a bundle with the server gone: by the auditor, by the twin in another
//! language, and by three programs of accounting; against what the API had said, and what was expected.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that fails says so")]

use std::{collections::BTreeMap, fs, path::Path};

use ledger_client::{
    audit::{Audited, Options, audit_bundle},
    bundle::fetch,
    import::read_folder,
    journal::Format,
};
use ledger_core::{Account, CashAccount, KindAccount, State, TimeAccount};
use ledger_proto::{accounts_root, v1};
use ledger_server::Clock;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::{
    harness::{COOP, Town, ask::Ask, run, say},
    imports,
    journals::{
        WHOLE, last, sample_year, things, time_and_cash,
        tools::{Books, tools},
        with_sums,
    },
    twin::Python,
};

/// A history in a bundle, and what the API said of it while there was a server.
struct Carried {
    bundle: TempDir,
    books: Books,
    totals: v1::GetStoreTotalsResponse,
    /// The number of each member, by the name that their spreadsheet has for them.
    members: BTreeMap<String, String>,
}

/// Seals the state, carries the history away, asks what the API says, and stops the server.
async fn carried(mut town: Town, coop: &str) -> Carried {
    let client = town.client_of(coop, Some(town.token()));
    let (coop, bundle) = (format!("coops/{coop}"), tempfile::tempdir().unwrap());
    let mut seal = say::seal();
    seal.context = Some(v1::WriteContext { coop: coop.clone(), ..town.by("officers/1") });
    seal.send(&client).await.unwrap();
    client.checkpoint(&coop).await.unwrap();
    let (exported, _) = fetch(&client, bundle.path(), &mut |_, _| {}).await.unwrap();
    let mut books = time_and_cash(&client, client.read_context()).await;
    books.extend(things(&client).await);
    let context = Some(client.read_context());
    let request = v1::GetStoreTotalsRequest { context: context.clone() };
    let totals = client.get_store_totals(request).await.unwrap();
    assert_eq!(u64::try_from(totals.position), Ok(exported.size), "nothing has moved since");
    let request = v1::ListBalancesRequest { context, page: WHOLE };
    let rows = client.list_balances(request).await.unwrap().balances;
    let members = rows.into_iter().map(|row| (row.r#ref, last(&row.name).to_owned())).collect();
    town.stop().await;
    Carried { bundle, books, totals, members }
}

/// The books of a replay, by the names of the journals; what is nothing is left out.
fn of_state(state: &State) -> Books {
    let accounts = state.books().accounts().map(|(account, balance)| {
        let name = match account {
            Account::Time(TimeAccount::Member(member)) => format!("assets:members:{member}"),
            Account::Time(TimeAccount::Held(member)) => format!("assets:held:{member}"),
            Account::Time(TimeAccount::Pot) => "assets:pot".to_owned(),
            Account::Time(TimeAccount::Commons) => "equity:commons".to_owned(),
            Account::Cash(CashAccount::Fund(fund)) => format!("assets:funds:{fund}"),
            Account::Cash(CashAccount::Source(source)) => format!("income:{}", source.code()),
            Account::Cash(CashAccount::Use(spent_on)) => format!("expenses:{}", spent_on.code()),
            Account::Kind(offer, KindAccount::Outside) => format!("income:pledged:offer-{offer}"),
            Account::Kind(offer, KindAccount::Stock) => format!("assets:stock:offer-{offer}"),
            Account::Kind(offer, KindAccount::With(member)) => {
                format!("assets:vouchers:{member}:offer-{offer}")
            }
            Account::Kind(offer, KindAccount::Used) => format!("expenses:used:offer-{offer}"),
            Account::Kind(offer, KindAccount::Lapsed) => format!("expenses:lapsed:offer-{offer}"),
        };
        let unit = match account {
            Account::Time(_) => "min",
            Account::Cash(_) => "pence",
            Account::Kind(..) => "items",
        };
        (name, (balance.get(), unit.to_owned()))
    });
    with_sums(accounts.filter(|(_, (balance, _))| *balance != 0).collect())
}

/// The same of the twin's, whose names are those of the page on the format.
fn of_twin(accounts: &Value) -> Books {
    let accounts = accounts.as_object().unwrap().iter().map(|(name, balance)| {
        let name: Vec<&str> = name.split('/').collect();
        let (name, unit) = match name[..] {
            ["member", member] => (format!("assets:members:{member}"), "min"),
            ["held", member] => (format!("assets:held:{member}"), "min"),
            ["pot"] => ("assets:pot".to_owned(), "min"),
            ["commons"] => ("equity:commons".to_owned(), "min"),
            ["fund", fund] => (format!("assets:funds:{fund}"), "pence"),
            ["source", word] => (format!("income:{word}"), "pence"),
            ["use", word] => (format!("expenses:{word}"), "pence"),
            ["kind", offer, "outside"] => (format!("income:pledged:offer-{offer}"), "items"),
            ["kind", offer, "with", member] => {
                (format!("assets:vouchers:{member}:offer-{offer}"), "items")
            }
            ["kind", offer, "stock"] => (format!("assets:stock:offer-{offer}"), "items"),
            ["kind", offer, on] => (format!("expenses:{on}:offer-{offer}"), "items"),
            _ => (format!("{name:?} is no name of an account"), "nothing"),
        };
        (name, (balance.as_i64().unwrap(), unit.to_owned()))
    });
    with_sums(accounts.filter(|(_, (balance, _))| *balance != 0).collect())
}

/// What the books come to, summed by hand from single accounts: as the auditor's report names it.
fn summed(books: &Books) -> Value {
    let sum = |starts: &str| -> i64 {
        let those = books.iter().filter(|(account, _)| account.starts_with(starts));
        those.map(|(_, (amount, _))| amount).sum()
    };
    json!({
        "member_minutes": sum("assets:members:"),
        "held_minutes": sum("assets:held:"),
        "pot_minutes": sum("assets:pot"),
        "commons_minutes": sum("equity:commons"),
        "fund_pence": sum("assets:funds:"),
        "stock_items": sum("assets:stock:"),
        "with_member_items": sum("assets:vouchers:"),
    })
}

/// The auditor's report and its books say what the API said.
fn by_the_auditor(carried: &Carried, audited: &Audited) {
    let (report, state) = (&audited.report, audited.state.as_ref().unwrap());
    assert_eq!((report.exit_code, &report.findings[..]), (0, &[][..]), "{}", report.sentence);
    assert_eq!(of_state(state), carried.books);
    let (figures, sums) = (report.figures.as_ref().unwrap(), summed(&carried.books));
    let funds: i64 = figures.funds.iter().map(|fund| fund.pence).sum();
    let said = [figures.member_minutes, figures.held_minutes, figures.pot_minutes];
    assert_eq!(
        json!(said),
        json!([sums["member_minutes"], sums["held_minutes"], sums["pot_minutes"]])
    );
    assert_eq!(
        json!([figures.commons_minutes, funds]),
        json!([sums["commons_minutes"], sums["fund_pence"]])
    );
    let v1::GetStoreTotalsResponse { time, cash, kind, vouchers, position } = &carried.totals;
    let (time, cash) = (time.as_ref().unwrap(), cash.as_ref().unwrap());
    let (kind, vouchers) = (kind.as_ref().unwrap(), vouchers.as_ref().unwrap());
    assert_eq!(Ok(report.entries), u64::try_from(*position));
    assert_eq!(
        (figures.banked_minutes, figures.redeemed_minutes),
        (time.in_minutes, time.out_minutes)
    );
    assert_eq!(figures.held_minutes, time.held_minutes);
    assert_eq!((figures.cash_in_pence, figures.cash_out_pence), (cash.in_pence, cash.out_pence));
    assert_eq!(figures.in_kind_valued_pence, kind.valued_pence);
    let counted = [
        figures.vouchers_issued,
        figures.vouchers_redeemed,
        figures.vouchers_open,
        figures.vouchers_cancelled,
        figures.vouchers_lapsed,
    ];
    let v1::VoucherTotals { issued, redeemed, open, cancelled, lapsed, .. } = vouchers;
    assert_eq!(json!(counted), json!([issued, redeemed, open, cancelled, lapsed]));
    assert_eq!(figures.vouchers_left, vouchers.free);
}

/// The twin comes to the same root, the same line, the same balances and the same sums.
fn by_the_twin(carried: &Carried, audited: &Audited, twin: &Value) {
    let (report, state) = (&audited.report, audited.state.as_ref().unwrap());
    assert_eq!(twin["origin"], report.origin);
    assert_eq!((&twin["size"], &twin["root"]), (&json!(report.entries), &json!(report.root)));
    assert_eq!(twin["line"], report.root_line);
    assert_eq!(twin["accounts_root"], accounts_root(state.books()).to_string());
    let totals = state.books().totals().unwrap();
    assert_eq!(twin["accounts"].as_object().unwrap().len() as u64, totals.accounts);
    // The sample year has a seal at each month's end, too.
    let seals = twin["seals"].as_array().unwrap();
    assert_eq!(seals.last(), Some(&json!(report.entries)), "and it has reckoned the last seal");
    assert_eq!(of_twin(&twin["accounts"]), carried.books);
    assert_eq!(twin["totals"], summed(&carried.books));
    let sums = twin["sums"].as_object().unwrap();
    assert!(sums.len() > 3 && sums.values().all(|sum| *sum == 0), "{sums:?}");
}

/// Each program that is there comes to the same, from the journals that the auditor wrote.
fn by_the_programs(carried: &Carried, journals: &Path) {
    for tool in tools() {
        let file = match tool.format {
            Format::Hledger => "hledger.journal",
            Format::Ledger => "ledger.ledger",
            Format::Beancount => "beancount.beancount",
        };
        let journal = fs::read_to_string(journals.join(file)).unwrap();
        assert_eq!(tool.accepts(&journal), Ok(()), "{}", tool.name);
        assert_eq!(with_sums(tool.books(&journal)), carried.books, "{}", tool.name);
    }
}

/// What everybody has come to is what was expected, reckoned by neither of them.
fn as_expected(carried: &Carried, audited: &Audited, expected: &Value) {
    let stands = |account: &str| carried.books.get(account).map_or(0, |(amount, _)| *amount);
    let each = |kind: &str, field: &str| {
        for (reference, number) in &carried.members {
            let amount = expected[field][reference].as_i64().unwrap_or_default();
            assert_eq!(stands(&format!("{kind}:{number}")), amount, "{field} of {reference}");
        }
    };
    each("assets:members", "balances_minutes");
    each("assets:held", "held_minutes");
    let figures = audited.report.figures.as_ref().unwrap();
    let funds: BTreeMap<&str, i64> =
        figures.funds.iter().map(|fund| (fund.title.as_str(), fund.pence)).collect();
    assert_eq!(json!(funds), expected["funds_pence"]);
    assert_eq!(figures.pot_minutes, expected["pot_minutes"]);
    assert_eq!(figures.commons_minutes, expected["commons_minutes"]);
    assert_eq!(figures.in_kind_valued_pence, expected["in_kind_valued_pence"]);
    let vouchers = json!({
        "issued": figures.vouchers_issued,
        "redeemed": figures.vouchers_redeemed,
        "open": figures.vouchers_open,
        "cancelled": figures.vouchers_cancelled,
    });
    assert_eq!(vouchers, expected["vouchers"]);
    let left: i64 =
        expected["vouchers_left"].as_object().unwrap().values().filter_map(Value::as_i64).sum();
    assert_eq!(figures.vouchers_left, left);
    assert_eq!(figures.members, expected["members"]);
    assert_eq!(figures.redeemed_minutes, expected["stats"]["respite_minutes"]);
}

/// All of them, side by side.
fn side_by_side(carried: &Carried, expected: Option<&Value>) {
    let journals = tempfile::tempdir().unwrap();
    let options = Options { journals: Some(journals.path().to_owned()), ..Options::default() };
    let audited = audit_bundle(carried.bundle.path(), &options, &mut |_| {});
    assert!(carried.books.len() > 100, "there is something to compare: {:?}", carried.books);
    by_the_auditor(carried, &audited);
    if let Some(python) = Python::find() {
        by_the_twin(carried, &audited, &python.audit(carried.bundle.path()));
    }
    by_the_programs(carried, journals.path());
    if let Some(expected) = expected {
        as_expected(carried, &audited, expected);
    }
}

#[test]
fn a_year_of_spreadsheets_comes_to_one_sum() {
    run(async {
        let town = imports::town().await;
        imports::bring_all(&town, &imports::sample("colne-valley"), "colne-valley").await;
        let carried = carried(town, COOP).await;
        side_by_side(&carried, Some(&imports::expected("colne-valley")));
    });
}

#[test]
fn the_good_rows_of_a_folder_with_mistakes_come_to_one_sum() {
    run(async {
        let town = imports::town().await;
        let mut read = read_folder(&imports::sample("with-mistakes")).unwrap();
        imports::keep_good(&town, &mut read).await;
        // The figures in its `expected.json` are of the folder without the mistakes: they are not to be reached.
        side_by_side(&carried(town, COOP).await, None);
    });
}

#[test]
fn the_sample_year_comes_to_one_sum() {
    run(async {
        // Time stands still, so that nothing falls due between one question and the next.
        let clock = Clock::by_hand(Clock::machine().now().unwrap());
        let town = Town::on(sample_year(), clock).await;
        side_by_side(&carried(town, "sample-valley").await, None);
    });
}
