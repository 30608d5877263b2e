//! At the end: what everybody was told, what is in the history, what is served, and what an auditor makes of it are the same.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
    sync::atomic::Ordering,
};

use ledger_client::{
    Client,
    audit::{Options, audit_bundle, compare},
    bundle::fetch,
};
use ledger_proto::v1;

use super::{
    home::{Home, Shelf, short},
    town::Town,
};

/// How much there is at the end.
pub(crate) struct Reckoned {
    pub(crate) entries: i64,
    /// Entries that the server made by itself.
    pub(crate) by_itself: usize,
    /// What the auditor says.
    pub(crate) sentence: String,
}

/// Holds all of it against each other.
pub(crate) async fn reckon(town: &Town, homes: &[Home], dir: &Path) -> Reckoned {
    let client = town.operator();
    let (entries, by_itself) = history(town, &client).await;
    balances(town, &client, homes).await;
    totals(town, &client, homes).await;
    shelves(town, &client, homes).await;
    statements(town, homes).await;
    Reckoned { entries, by_itself, sentence: audit(town, &client, dir).await }
}

/// Each request that was acknowledged is in the history, once, where it was said to be; and nothing else is.
async fn history(town: &Town, client: &Client) -> (i64, usize) {
    let request = v1::ReadHistoryRequest { coop: client.coop(), ..Default::default() };
    let mut history = client.read_history(request).await.unwrap();
    let mut acknowledged = town.acknowledged.lock().unwrap().clone();
    let places: BTreeSet<i64> = acknowledged.values().copied().collect();
    town.same("places of what was acknowledged", places.len(), acknowledged.len());
    let (mut next, mut by_itself, mut rows) = (1, 0, 0);
    while let Some(entries) = history.entries().await.unwrap() {
        for entry in entries {
            let position = i64::try_from(entry.position.get()).unwrap();
            town.same("the next entry", position, next);
            next += 1;
            match (entry.asked, entry.row) {
                // Under an id that is made of the row.
                (_, Some(_)) => rows += 1,
                (Some(asked), None) => {
                    let told = acknowledged.remove(asked.id.bytes());
                    town.same(&format!("entry {position}"), told, Some(position));
                }
                (None, None) => by_itself += 1,
            }
        }
    }
    town.same("requests that were acknowledged and are not there", acknowledged.len(), 0);
    town.same("imported rows", rows, town.rows.load(Ordering::SeqCst));
    (next - 1, by_itself)
}

/// All balances as they are served, by member: in the account, and held.
pub(crate) async fn served(client: &Client) -> BTreeMap<String, (i64, i64)> {
    let (mut all, mut page_token) = (BTreeMap::new(), String::new());
    loop {
        let page = Some(v1::Page { page_size: 1_000, page_token });
        let request = v1::ListBalancesRequest { context: Some(client.read_context()), page };
        let answer = client.list_balances(request).await.unwrap();
        let rows = answer.balances.into_iter();
        all.extend(rows.map(|row| (short(&row.name), (row.balance_minutes, row.held_minutes))));
        page_token = answer.next_page_token;
        if page_token.is_empty() {
            return all;
        }
    }
}

async fn balances(town: &Town, client: &Client, homes: &[Home]) {
    let mut served = served(client).await;
    for person in homes.iter().flat_map(|home| &home.people) {
        let told = served.remove(&person.name);
        town.same(
            &format!("the account of {}", person.name),
            told,
            Some((person.balance, person.held)),
        );
    }
    // Who came and went has nothing left.
    town.same(
        "members who left",
        i64::try_from(served.len()).unwrap(),
        town.left.load(Ordering::SeqCst),
    );
    for (name, stands) in served {
        town.same(&format!("the account of {name}, who left"), stands, (0, 0));
    }
}

async fn totals(town: &Town, client: &Client, homes: &[Home]) {
    let request = v1::GetStoreTotalsRequest { context: Some(client.read_context()) };
    let totals = client.get_store_totals(request).await.unwrap();
    let time = totals.time.unwrap();
    town.same("the pot", time.pot_minutes, town.pot.load(Ordering::SeqCst));
    town.same("the commons", time.commons_minutes, town.commons.load(Ordering::SeqCst));
    let people = homes.iter().flat_map(|home| &home.people);
    town.same("what is held", time.held_minutes, people.map(|person| person.held).sum());
    let funds = totals.cash.unwrap().funds;
    let funds: BTreeMap<String, i64> =
        funds.into_iter().map(|fund| (short(&fund.name), fund.balance_pence)).collect();
    let known = homes.iter().map(|home| (home.fund.clone(), home.pence));
    town.same("the funds", funds, known.collect());
}

async fn shelves(town: &Town, client: &Client, homes: &[Home]) {
    let (mut all, mut page_token) = (BTreeMap::new(), String::new());
    loop {
        let page = Some(v1::Page { page_size: 1_000, page_token });
        let request = v1::ListOffersRequest { context: Some(client.read_context()), page };
        let answer = client.list_offers(request).await.unwrap();
        for offer in answer.offers {
            let name = short(&offer.name);
            let (stock, open, used) = (offer.stock, offer.with_members, offer.used);
            all.insert(name.clone(), Shelf { name, stock, open, used });
        }
        page_token = answer.next_page_token;
        if page_token.is_empty() {
            break;
        }
    }
    let known = homes.iter().flat_map(|home| [home.vouchers.clone(), home.gift.clone()]);
    town.same("what is in stock", all, known.map(|shelf| (shelf.name.clone(), shelf)).collect());
}

/// The whole statement of somebody of each home adds up to what stands in their account.
async fn statements(town: &Town, homes: &[Home]) {
    for home in homes {
        let Some(person) = home.people.get(home.nth as usize % home.people.len()) else { continue };
        let (mut sum, mut held, mut page_token) = (0, 0, String::new());
        loop {
            let request = v1::GetStatementRequest {
                context: Some(person.client.read_context()),
                member: person.name.clone(),
                page: Some(v1::Page { page_size: 1_000, page_token }),
                ..v1::GetStatementRequest::default()
            };
            let answer = person.client.get_statement(request).await.unwrap();
            sum += answer.lines.iter().map(|line| line.minutes).sum::<i64>();
            held += answer.lines.iter().map(|line| line.held_minutes).sum::<i64>();
            page_token = answer.next_page_token;
            if page_token.is_empty() {
                break;
            }
        }
        let what = format!("the whole statement of {}", person.name);
        town.same(&what, (sum, held), (person.balance, person.held));
    }
}

/// An auditor carries the log away, replays it, and compares what comes of it with what is served.
async fn audit(town: &Town, client: &Client, dir: &Path) -> String {
    fetch(client, dir, &mut |_, _| {}).await.unwrap();
    let mut audited = audit_bundle(dir, &Options::default(), &mut |_| {});
    compare(&mut audited, client).await;
    if audited.report.exit_code != 0 {
        town.wrong(format!("the audit: {:?}", audited.report.findings));
    }
    audited.report.sentence
}
