//! What is told of tokens: in which order, what each may do, and when it was last used.

use std::collections::BTreeSet;

use ledger_proto::v1::{self, Scope, TokenRole};

use super::{app, asked, made, of_each_role};
use crate::harness::{COOP, Town, run};

async fn told(town: &Town, coop: &str) -> Vec<v1::Token> {
    let coop = if coop.is_empty() { String::new() } else { format!("coops/{coop}") };
    let list = v1::ListTokensRequest { coop, page: None };
    town.client().list_tokens(list).await.unwrap().tokens
}

#[test]
fn a_token_is_told_with_everything_that_it_may_do() {
    run(async {
        let town = Town::peopled().await;
        of_each_role(&town).await;
        let reads = ["COOP", "MEMBERS", "TIME", "RESPITE", "VOUCHERS", "STORE", "HISTORY"]
            .map(|of| format!("SCOPE_{of}_READ"));
        let with = |more: &[&str]| {
            let more = more.iter().map(|scope| format!("SCOPE_{scope}"));
            reads.iter().cloned().chain(more).collect::<BTreeSet<_>>()
        };
        let all: BTreeSet<_> = (1..)
            .map_while(|code| Scope::try_from(code).ok())
            .filter(|scope| !matches!(scope, Scope::CoopsFound | Scope::Tokens))
            .map(|scope| scope.as_str_name().to_owned())
            .collect();
        let mut tokens = told(&town, COOP).await;
        tokens.extend(told(&town, "").await);
        assert_eq!(tokens.len(), 6);
        for token in tokens {
            let expected = match token.role() {
                TokenRole::Member => BTreeSet::new(),
                TokenRole::Coordinator => all.clone(),
                TokenRole::Treasurer => {
                    with(&["STORE_WRITE", "VOUCHERS_WRITE", "MEMBERS_WRITE", "HISTORY_WRITE"])
                }
                TokenRole::Auditor => with(&[]),
                TokenRole::App => ["SCOPE_TIME_READ", "SCOPE_TIME_WRITE"].map(str::to_owned).into(),
                TokenRole::Operator => {
                    ["SCOPE_COOPS_FOUND", "SCOPE_TOKENS", "SCOPE_COOP_READ", "SCOPE_HISTORY_READ"]
                        .map(str::to_owned)
                        .into()
                }
                TokenRole::Unspecified => panic!("{token:?}"),
            };
            let scopes = token.scopes().map(|scope| scope.as_str_name().to_owned());
            assert_eq!(scopes.collect::<BTreeSet<_>>(), expected, "{:?}", token.role());
        }
    });
}

#[test]
fn tokens_are_told_in_the_order_in_which_they_were_made() {
    run(async {
        let mut town = Town::founded().await;
        // Their names are of chance: nine would not be in order by it.
        for nth in 0..9 {
            let titled = v1::CreateTokenRequest {
                title: format!("nr {nth}"),
                ..app(COOP, &[Scope::CoopRead])
            };
            made(&town, titled).await;
            town.later(1_000);
        }
        let titles = async |town: &Town| -> Vec<String> {
            told(town, COOP).await.into_iter().map(|token| token.title).collect()
        };
        let expected: Vec<_> = (0..9).map(|nth| format!("nr {nth}")).collect();
        assert_eq!(titles(&town).await, expected);
        town.restart().await;
        assert_eq!(titles(&town).await, expected);
    });
}

#[test]
fn the_last_use_of_a_token_outlives_a_restart() {
    run(async {
        let mut town = Town::founded().await;
        let reader = made(&town, app(COOP, &[Scope::CoopRead])).await;
        town.later(1_000);
        let unused = v1::CreateTokenRequest {
            title: "unused".to_owned(),
            ..asked(COOP, TokenRole::Auditor)
        };
        made(&town, unused).await;
        let list = v1::ListOfficersRequest { context: Some(town.read()), ..Default::default() };
        town.client_of(COOP, Some(&reader)).list_officers(list).await.unwrap();
        let before = told(&town, COOP).await;
        town.restart().await;
        let after = told(&town, COOP).await;
        assert_eq!(after, before);
        let uses: Vec<_> = after.iter().map(|token| token.last_use_time.is_some()).collect();
        assert_eq!(uses, [true, false]);
    });
}
