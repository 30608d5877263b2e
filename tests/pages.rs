//! Lists come in pages: opaque tokens, nothing twice, nothing left out, and all of one moment.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::unnecessary_wraps,
    reason = "a test that fails says so"
)]

use ledger_proto::v1;

use crate::harness::{Town, refusal, run, say, say::member};

fn page(page_size: i32, page_token: &str) -> Option<v1::Page> {
    Some(v1::Page { page_size, page_token: page_token.to_owned() })
}

async fn balances(town: &Town, page: Option<v1::Page>) -> v1::ListBalancesResponse {
    let request = v1::ListBalancesRequest { context: Some(town.read()), page };
    town.client().list_balances(request).await.unwrap()
}

#[test]
fn pages_hold_each_row_once() {
    run(async {
        let town = Town::peopled().await;
        for number in 5..=11 {
            let with = v1::EnrolMemberRequest {
                r#ref: format!("V{number:03}"),
                ..say::enrol(v1::Hat::Supporter)
            };
            town.ok(with).await;
        }
        let (mut names, mut token) = (Vec::new(), String::new());
        loop {
            let request =
                v1::ListMembersRequest { context: Some(town.read()), page: page(3, &token) };
            let answer = town.client().list_members(request).await.unwrap();
            assert!(answer.members.len() <= 3);
            names.extend(answer.members.into_iter().map(|member| member.name));
            token = answer.next_page_token;
            if token.is_empty() {
                break;
            }
        }
        let expected: Vec<String> =
            (1..=11).map(|nth| format!("coops/colne-valley/{}", member(nth))).collect();
        assert_eq!(names, expected);
    });
}

#[test]
fn all_pages_speak_of_the_moment_of_the_first() {
    run(async {
        let town = Town::peopled().await;
        for nth in 1..=4 {
            town.ok(say::record(nth, 0, 10)).await;
        }
        let mut rows = Vec::new();
        let mut token = String::new();
        for _ in 0..4 {
            let answer = balances(&town, page(1, &token)).await;
            rows.extend(answer.balances.iter().map(|row| row.balance_minutes));
            token = answer.next_page_token;
            // Everybody goes on helping while somebody reads.
            for nth in 1..=4 {
                town.ok(say::record(nth, 0, 10)).await;
            }
        }
        assert_eq!((rows, token), (vec![10; 4], String::new()));
    });
}

#[test]
fn a_statement_goes_on_where_its_page_ended() {
    run(async {
        let town = Town::peopled().await;
        for minutes in 1..=7 {
            town.ok(say::record(1, 4, minutes)).await;
        }
        let (mut opening, mut token) = (0, String::new());
        let mut minutes = Vec::new();
        loop {
            let request = v1::GetStatementRequest {
                context: Some(town.read()),
                member: member(1),
                page: page(2, &token),
                ..Default::default()
            };
            let answer = town.client().get_statement(request).await.unwrap();
            assert_eq!(answer.opening_minutes, opening);
            opening = answer.lines.last().unwrap().balance_minutes;
            minutes.extend(answer.lines.iter().map(|line| line.minutes));
            token = answer.next_page_token;
            if token.is_empty() {
                break;
            }
        }
        assert_eq!(minutes, [1, 2, 3, 4, 5, 6, 7]);
    });
}

#[test]
fn a_token_of_another_list_is_named_as_such() {
    run(async {
        let town = Town::peopled().await;
        let token = balances(&town, page(1, "")).await.next_page_token;
        for wrong in [token.as_str(), "soon", "00"] {
            let request =
                v1::ListMembersRequest { context: Some(town.read()), page: page(1, wrong) };
            let refused = refusal(town.client().list_members(request).await.unwrap_err());
            assert_eq!(refused.reason, "PAGE_TOKEN_INVALID", "{wrong}");
            assert_eq!(refused.violations[0].field, "page.page_token");
        }
        let request = v1::ListMembersRequest { context: Some(town.read()), page: page(-1, "zz") };
        let refused = refusal(town.client().list_members(request).await.unwrap_err());
        assert_eq!((refused.reason.as_str(), refused.violations.len()), ("INVALID_FIELD", 2));
        assert_eq!(balances(&town, page(5_000, "")).await.balances.len(), 4);
    });
}
