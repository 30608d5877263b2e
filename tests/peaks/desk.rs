//! A month of paper sheets, typed in at two desks, each sheet sent twice because the line is bad.

use std::sync::Arc;

use ledger_proto::v1::{self, write_result::Result as Came};

use super::{accounts, at_once, enrolled, is_its_replay};
use crate::harness::{Town, ask::Ask, run, say};

const SHEETS: usize = 30;
const LINES: usize = 150;
const GIVERS: u32 = 44;

#[test]
fn a_month_of_sheets_is_recorded_once_however_often_it_is_sent() {
    run(async {
        let town = Town::peopled().await;
        let first = enrolled(&town, v1::Hat::CommunityVolunteer, GIVERS as usize).await;
        let began = town.position().await;
        // Of each line who gave; and on each sheet one line that makes no sense: somebody who helped themselves.
        let giver = |sheet: usize, line: usize| {
            first + u32::try_from((sheet * LINES + line) % GIVERS as usize).unwrap()
        };
        let slip = |sheet: usize| sheet * 7 % LINES;
        let sheets: Vec<v1::SubmitBatchRequest> = (0..SHEETS)
            .map(|sheet| {
                let writes = (0..LINES).map(|line| {
                    let giver = giver(sheet, line);
                    let receiver = if line == slip(sheet) { giver } else { 4 };
                    let mut write = say::record(giver, receiver, 5);
                    let day = format!("2026-02-{:02}", 1 + sheet % 28);
                    let context = town.by("officers/1");
                    *write.context() = Some(v1::WriteContext { occurred_on: day, ..context });
                    write.write()
                });
                v1::SubmitBatchRequest { writes: writes.collect() }
            })
            .collect();
        let sheets = Arc::new(sheets);
        let answers =
            at_once(&town, "30 sheets of 150 lines, each twice", 2 * SHEETS, |nth, client| {
                let sheets = Arc::clone(&sheets);
                async move {
                    let sheet = nth / 2;
                    let answer = client.submit_batch(sheets[sheet].clone()).await?;
                    Ok((sheet, answer.results))
                }
            })
            .await;
        let mut at = vec![Vec::new(); SHEETS];
        let (mut fresh, mut again) = (0, 0);
        for answer in answers {
            let (sheet, results) = answer.unwrap();
            assert_eq!(results.len(), LINES);
            let mut positions = Vec::new();
            for (line, result) in results.into_iter().enumerate() {
                match result.result.unwrap() {
                    Came::Receipt(receipt) => {
                        assert_ne!(line, slip(sheet), "nobody helps themselves");
                        positions.push(receipt.position);
                        *if receipt.replayed { &mut again } else { &mut fresh } += 1;
                    }
                    Came::Refusal(refused) => {
                        assert_eq!(line, slip(sheet), "{refused:?}");
                    }
                }
            }
            // Each sheet stands in one piece, in its order, and is told of twice in the same words.
            assert!(positions.windows(2).all(|pair| pair[0] + 1 == pair[1]), "{positions:?}");
            at[sheet].push(positions);
        }
        assert!(at.iter().all(|twice| twice.len() == 2 && twice[0] == twice[1]));
        let recorded = SHEETS * (LINES - 1);
        assert_eq!((fresh, again), (recorded, recorded));
        let head = town.position().await;
        assert_eq!(usize::try_from(head - began).unwrap(), recorded, "once each");
        let mut expected = vec![0_i64; GIVERS as usize];
        for sheet in 0..SHEETS {
            for line in (0..LINES).filter(|line| *line != slip(sheet)) {
                expected[(giver(sheet, line) - first) as usize] += 5;
            }
        }
        let stand = accounts(&town).await;
        let own: Vec<i64> = stand[first as usize - 1..].iter().map(|(own, _)| *own).collect();
        assert_eq!(own, expected);
        is_its_replay(town).await;
    });
}
