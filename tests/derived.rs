//! What a server keeps beside the log can be lost, cut, changed or put back from another day: the answers stay the same.
#![allow(clippy::unwrap_used, reason = "a test that fails says so")]

use std::{fs, path::PathBuf};

use ledger_client::Error;
use ledger_proto::v1::{self, read_context::AsOf};

use crate::harness::{Town, reason, run, say, say::member};

/// So many pence come in, one by one: more than fill a page or two of what moves with them.
const PENCE: i64 = 240;

/// A co-op with full pages.
async fn town() -> Town {
    let town = Town::peopled().await;
    town.ok(say::open_fund("General", "")).await;
    for n in 0..PENCE {
        if n % 3 == 0 {
            town.ok(say::record(3, 4, 5)).await;
            town.later(2 * 60 * 60 * 1000);
        }
        town.ok(say::receive(1, 1)).await;
    }
    town
}

fn files(town: &Town, log: u32) -> (PathBuf, PathBuf) {
    let data = town.dir.path();
    (data.join(format!("snapshots/{log}.snapshot")), data.join(format!("derived/{log}.pages")))
}

/// What is read of now, and of moments that lie in full pages.
type Read = (Vec<v1::GetStoreTotalsResponse>, Vec<v1::StatementLine>, Vec<v1::Exchange>);

async fn read(town: &Town) -> Result<Read, Error> {
    let mut totals = Vec::new();
    for as_of in [None, Some(30), Some(170), Some(300)] {
        let context = v1::ReadContext { as_of: as_of.map(AsOf::AsOfPosition), ..town.read() };
        let request = v1::GetStoreTotalsRequest { context: Some(context) };
        totals.push(town.client().get_store_totals(request).await?);
    }
    let (mut lines, mut exchanges) = (Vec::new(), Vec::new());
    let mut page = Some(v1::Page { page_size: 7, ..v1::Page::default() });
    while let Some(asked) = page.take() {
        let request = v1::GetStatementRequest {
            context: Some(town.read()),
            member: member(3),
            page: Some(asked.clone()),
            ..v1::GetStatementRequest::default()
        };
        let answer = town.client().get_statement(request).await?;
        lines.extend(answer.lines);
        let token = answer.next_page_token;
        page = (!token.is_empty()).then_some(v1::Page { page_token: token, ..asked });
    }
    for giver in [String::new(), member(3)] {
        let request = v1::ListExchangesRequest {
            context: Some(town.read()),
            giver,
            ..v1::ListExchangesRequest::default()
        };
        exchanges.extend(town.client().list_exchanges(request).await?.exchanges);
    }
    Ok((totals, lines, exchanges))
}

#[test]
fn whatever_befalls_the_pages_costs_time_only() {
    run(async {
        let mut town = town().await;
        let before = read(&town).await.unwrap();
        assert_eq!(before.1.len(), 80);
        assert_eq!(before.2.len(), 160);
        town.restart().await;
        assert_eq!(read(&town).await.unwrap(), before);
        town.stop().await;
        let (snapshot, pages) = files(&town, 1);
        let whole = fs::read(&pages).unwrap();
        let kept = fs::read(&snapshot).unwrap();
        assert!(whole.len() > 1_000, "{} bytes", whole.len());
        let mut another = whole.clone();
        another.iter_mut().skip(8).take(16).for_each(|byte| *byte ^= 0x41);
        let longer = [&whole[..], &whole].concat();
        for (what, bytes) in [
            ("missing", None),
            ("empty", Some(&whole[..0])),
            ("cut", Some(&whole[..whole.len() - 1])),
            ("of another snapshot", Some(&another[..])),
            ("longer", Some(&longer[..])),
        ] {
            fs::write(&snapshot, &kept).unwrap();
            match bytes {
                Some(bytes) => fs::write(&pages, bytes).unwrap(),
                None => fs::remove_file(&pages).unwrap(),
            }
            town.start().await.unwrap();
            assert_eq!(read(&town).await.unwrap(), before, "{what}");
            town.stop().await;
            let again = fs::read(&pages).unwrap();
            assert_eq!(again[24..], whole[24..], "{what}: the same pages are made again");
            fs::write(&pages, &whole).unwrap();
        }
    });
}

#[test]
fn a_page_that_was_changed_is_not_believed_and_the_next_start_mends_it() {
    run(async {
        let mut town = town().await;
        let before = read(&town).await.unwrap();
        town.stop().await;
        let (snapshot, pages) = files(&town, 1);
        let mut changed = fs::read(&pages).unwrap();
        changed.iter_mut().skip(24).for_each(|byte| *byte ^= 0x10);
        fs::write(&pages, changed).unwrap();
        town.start().await.unwrap();
        assert_eq!(reason(&read(&town).await.unwrap_err()), "INTERNAL");
        assert!(!snapshot.exists());
        assert_eq!(town.totals(town.read()).await, before.0[0], "what needs no page is answered");
        town.restart().await;
        assert_eq!(read(&town).await.unwrap(), before);
    });
}

#[test]
fn an_older_snapshot_goes_on_with_the_pages_of_a_later_day() {
    run(async {
        let mut town = town().await;
        town.stop().await;
        let (snapshot, pages) = files(&town, 1);
        let (old, old_pages) = (fs::read(&snapshot).unwrap(), fs::read(&pages).unwrap());
        town.start().await.unwrap();
        for _ in 0..PENCE {
            town.ok(say::receive(1, 1)).await;
        }
        let before = read(&town).await.unwrap();
        town.stop().await;
        let whole = fs::read(&pages).unwrap();
        assert!(whole.len() > old_pages.len());
        // As a kill leaves it: the pages have grown behind the snapshot.
        fs::write(&snapshot, &old).unwrap();
        town.restart().await;
        assert_eq!(read(&town).await.unwrap(), before);
        town.stop().await;
        assert_eq!(fs::read(&pages).unwrap(), whole, "cut, and written again");
        // A newer snapshot than the pages.
        fs::write(&pages, &old_pages).unwrap();
        town.start().await.unwrap();
        assert_eq!(read(&town).await.unwrap(), before);
    });
}
