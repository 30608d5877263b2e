//! What stands in the tables adds up to what the folder must come to, and to what the API says.

use std::collections::BTreeMap;

use ledger_client::{
    Client,
    export::{Export, Format, What},
};
use ledger_proto::v1;
use serde_json::Value;

use super::{WHOLE, entries, last};
use crate::{harness::Town, imports};

async fn rows(client: &Client, what: What) -> Vec<Value> {
    let mut table = Export::new(what, Format::Jsonl, None, Vec::new()).unwrap();
    entries(client, |entry| table.add(entry).unwrap()).await;
    let text = String::from_utf8(table.finish().unwrap()).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// How many rows there are of each word in a column.
fn count(rows: &[Value], column: &str) -> BTreeMap<String, i64> {
    let mut counted = BTreeMap::new();
    for row in rows {
        *counted.entry(row[column].as_str().unwrap().to_owned()).or_default() += 1;
    }
    counted
}

fn sum(rows: &[Value], column: &str) -> i64 {
    rows.iter().filter_map(|row| row[column].as_i64()).sum()
}

/// All four tables of the shared folder.
pub(super) async fn as_expected(town: &Town) {
    let (client, expected) = (town.client(), imports::expected("colne-valley"));
    hours(town, &rows(&client, What::Hours).await).await;

    let respite = rows(&client, What::Respite).await;
    let came_to = count(&respite, "came_to");
    assert_eq!(expected["stats"]["respite_done"], came_to["delivered"]);
    assert_eq!(expected["stats"]["respite_minutes"], sum(&respite, "minutes_delivered"));
    assert_eq!(expected["rows"]["respite"], respite.len());

    let vouchers = rows(&client, What::Vouchers).await;
    let came_to = count(&vouchers, "came_to");
    assert_eq!(expected["vouchers"]["issued"], vouchers.len());
    for (outcome, vouchers) in came_to {
        assert_eq!(expected["vouchers"][outcome.as_str()], vouchers, "{outcome}");
    }

    let mut store = rows(&client, What::Store).await;
    let things = count(&store, "unit");
    assert!(things["items"] > 0 && things["pence"] > 0, "{things:?}");
    store.retain(|row| row["unit"] == "pence");
    let cash = town.totals(town.read()).await.cash.unwrap();
    let (came, went): (Vec<Value>, Vec<Value>) =
        store.into_iter().partition(|row| row["to"].as_str().unwrap().starts_with("fund "));
    assert_eq!((sum(&came, "amount"), sum(&went, "amount")), (cash.in_pence, cash.out_pence));
}

/// The last balance of each account is the one that the API tells.
async fn hours(town: &Town, rows: &[Value]) {
    let mut after: BTreeMap<(String, String), i64> = BTreeMap::new();
    for row in rows {
        let account = row["account"].as_str().unwrap().to_owned();
        let minutes = row["balance_after"].as_i64().unwrap();
        after.insert((row["member"].to_string(), account), minutes);
    }
    let request = v1::ListBalancesRequest { context: Some(town.read()), page: WHOLE };
    let members = town.client().list_balances(request).await.unwrap().balances;
    assert!(after.len() > members.len() / 2);
    for row in members {
        let stands = |account: &str| {
            let account = (last(&row.name).to_owned(), account.to_owned());
            after.get(&account).copied().unwrap_or_default()
        };
        assert_eq!((stands("own"), stands("held")), (row.balance_minutes, row.held_minutes));
    }
}
