//! What a member's token shows: what is theirs, and nothing of anybody else. What an auditor's shows: no cards.

use ledger_client::{Client, Error};
use ledger_proto::v1::{self, Scope, TokenRole};

use super::{asked, made, standing_for};
use crate::harness::{COOP, HOUR, Town, reason, run, say};

/// What reads say, each asked for a co-op and about a member of it.
#[allow(clippy::needless_update, reason = "one line for requests with and without other fields")]
pub(super) async fn reads(
    client: &Client,
    member: &str,
) -> Vec<(&'static str, Result<String, Error>)> {
    let context = Some(client.read_context());
    let member = member.to_owned();
    macro_rules! asked {
        ($($method:ident $request:ident { $($field:ident: $value:expr),* })*) => {
            vec![$((
                stringify!($method),
                client.$method(v1::$request { context: context.clone(), $($field: $value,)* ..v1::$request::default() })
                    .await
                    .map(|answer| format!("{answer:?}")),
            )),*]
        };
    }
    let coop = client.coop();
    let mut said = asked! {
        get_policy GetPolicyRequest {}
        list_officers ListOfficersRequest {}
        get_member GetMemberRequest { member: member.clone() }
        list_members ListMembersRequest {}
        list_parties ListPartiesRequest {}
        list_representatives ListRepresentativesRequest { member: member.clone() }
        list_pending_hours ListPendingHoursRequest { member: member.clone() }
        list_balances ListBalancesRequest {}
        get_statement GetStatementRequest { member: member.clone() }
        list_exchanges ListExchangesRequest { giver: member.clone() }
        list_respite ListRespiteRequest { member: member.clone() }
        list_vouchers ListVouchersRequest { member: member.clone() }
        list_offers ListOffersRequest {}
        get_store_totals GetStoreTotalsRequest {}
    };
    let bare = client.unchecked();
    let checkpoint = v1::GetCheckpointRequest { coop: coop.clone(), ..Default::default() };
    said.push(("get_checkpoint", shown(bare.get_checkpoint(checkpoint).await)));
    let inclusion =
        v1::ProveInclusionRequest { coop: coop.clone(), position: 1, ..Default::default() };
    said.push(("prove_inclusion", shown(bare.prove_inclusion(inclusion).await)));
    let receipt = v1::GetReceiptRequest {
        coop: coop.clone(),
        of: Some(v1::get_receipt_request::Of::Position(1)),
        ..Default::default()
    };
    said.push(("get_receipt", shown(bare.get_receipt(receipt).await)));
    let history = v1::ReadHistoryRequest { coop: coop.clone(), ..Default::default() };
    let first = async {
        let mut stream = client.read_history(history).await?;
        stream.message().await.map(|first| format!("{first:?}"))
    };
    said.push(("read_history", first.await));
    let watch = v1::WatchHistoryRequest { coop: coop.clone(), after_position: 0 };
    let first = async {
        let mut stream = client.watch_history(watch).await?;
        stream.message().await.map(|first| format!("{first:?}"))
    };
    said.push(("watch_history", first.await));
    let looks = v1::ListLooksRequest { coop: coop.clone(), member: member.clone(), page: None };
    said.push(("list_looks", shown(client.list_looks(looks).await)));
    said.push(("erase_card", erase(client, &member).await));
    said
}

async fn erase(client: &Client, member: &str) -> Result<String, Error> {
    let request = v1::EraseCardRequest { coop: client.coop(), member: member.to_owned() };
    shown(client.erase_card(request).await)
}

fn shown(answer: Result<impl std::fmt::Debug, Error>) -> Result<String, Error> {
    answer.map(|answer| format!("{answer:?}"))
}

/// Four members with something of each kind, and a word on each card that nobody else should see.
pub(crate) async fn with_secrets() -> Town {
    let town = Town::founded().await;
    for (nth, hat) in (1..).zip([
        v1::Hat::CommunityVolunteer,
        v1::Hat::CommunityVolunteer,
        v1::Hat::FamilyCarer,
        v1::Hat::FamilyCarer,
    ]) {
        let mut enrolled = say::enrol(hat);
        enrolled.r#ref = format!("REF-{nth}");
        enrolled.card =
            Some(v1::Card { display_name: format!("Secret {nth}"), ..v1::Card::default() });
        town.ok(enrolled).await;
    }
    for (giver, carer) in [(1, 3), (2, 4)] {
        let noted = |context: &mut v1::WriteContext| context.note = format!("Secret {giver}");
        town.ask_with(say::record(giver, carer, 600), noted).await.unwrap();
        town.ok(say::log(giver, carer, 45)).await;
        town.ok(say::give(giver, carer, 300)).await;
        town.ok(say::respite(carer, 60, "2026-03-20")).await;
    }
    town.ok(say::register("The bakery", v1::PartyKind::Business)).await;
    town.ok(say::pledge(5)).await;
    for member in [1, 2] {
        town.ok(say::issue(1, member)).await;
    }
    town.ok(say::seal()).await;
    town
}

#[test]
fn a_members_token_shows_what_is_theirs_and_nothing_else() {
    run(async {
        let town = with_secrets().await;
        let token = made(&town, standing_for(say::member(1), asked(COOP, TokenRole::Member))).await;
        let client = town.client_of(COOP, Some(&token)).acting_as(String::new());
        // Asked for another, by number or by reference, and for everybody.
        for member in [say::member(2), "ref:REF-2".to_owned(), say::member(4), String::new()] {
            for (method, answer) in reads(&client, &member).await {
                let Ok(said) = answer else { continue };
                for other in [2, 3, 4] {
                    for canary in [format!("Secret {other}"), format!("REF-{other}")] {
                        assert!(!said.contains(&canary), "{method} of {member:?} tells {canary}");
                    }
                }
                // What is between two people names both; nothing names the pair in which this member is not.
                let pair = [say::member(2), say::member(4)].map(|name| format!("{name}\""));
                let leaks = pair.iter().filter(|name| said.contains(*name)).count();
                assert_eq!(leaks, 0, "{method} of {member:?}: {said}");
            }
        }
        // Their own is there, by name, by number, and where they name nobody.
        for member in [say::member(1), "ref:REF-1".to_owned()] {
            let request = v1::GetMemberRequest { context: Some(client.read_context()), member };
            let card = client.get_member(request).await.unwrap().card.unwrap();
            assert_eq!(card.display_name, "Secret 1");
        }
        let statement = v1::GetStatementRequest {
            context: Some(client.read_context()),
            member: say::member(1),
            ..Default::default()
        };
        let statement = client.get_statement(statement).await.unwrap();
        assert_eq!(statement.balance.unwrap().balance_minutes, 300);
        assert_eq!(statement.lines[0].note, "Secret 1");
        for (method, rows) in lists(&client).await {
            assert_eq!(rows, 1, "{method}");
        }
        proofs(&town, &client).await;
    });
}

/// How many rows the lists have that name nobody.
async fn lists(client: &Client) -> [(&'static str, usize); 4] {
    let context = || Some(client.read_context());
    let pending = v1::ListPendingHoursRequest { context: context(), ..Default::default() };
    let respite = v1::ListRespiteRequest { context: context(), ..Default::default() };
    let vouchers = v1::ListVouchersRequest { context: context(), ..Default::default() };
    let exchanges = v1::ListExchangesRequest { context: context(), ..Default::default() };
    [
        ("hours", client.list_pending_hours(pending).await.unwrap().hours.len()),
        // The respite of the carer whom they do not cover is not theirs.
        ("respite", client.list_respite(respite).await.unwrap().respite.len() + 1),
        ("vouchers", client.list_vouchers(vouchers).await.unwrap().vouchers.len()),
        ("exchanges", client.list_exchanges(exchanges).await.unwrap().exchanges.len()),
    ]
}

/// What somebody has said concerns them, and so does what was said for them, though nothing moves by it.
#[test]
fn what_was_asked_by_a_member_or_for_them_is_theirs_to_see() {
    run(async {
        let town = with_secrets().await;
        let token = made(&town, standing_for(say::member(1), asked(COOP, TokenRole::Member))).await;
        let client = town.client_of(COOP, Some(&token)).acting_as(String::new());
        let own = say::member(1);
        let by = town.ask_with(say::log(1, 3, 30), |context| context.acting_as = own.clone());
        let by = by.await.unwrap();
        let other = town.ask_with(say::log(2, 4, 30), |context| context.acting_as = say::member(2));
        let other = other.await.unwrap();
        let for_them =
            town.ask_with(say::log(1, 4, 30), |context| context.on_behalf_of = own.clone());
        let for_them = for_them.await.unwrap();
        for (entry, theirs) in [(by, true), (for_them, true), (other, false)] {
            let receipt = v1::GetReceiptRequest {
                coop: client.coop(),
                of: Some(v1::get_receipt_request::Of::Position(entry.position)),
                leaf_only: false,
            };
            let shown = client.unchecked().get_receipt(receipt).await;
            assert_eq!(shown.is_ok(), theirs, "{shown:?}");
        }
    });
}

/// Receipts and proofs: of what concerns them, and of nothing else.
async fn proofs(town: &Town, client: &Client) {
    let bare = client.unchecked();
    let mut shown = Vec::new();
    for position in 1..=town.position().await {
        let receipt = |leaf_only| v1::GetReceiptRequest {
            coop: client.coop(),
            of: Some(v1::get_receipt_request::Of::Position(position)),
            leaf_only,
        };
        match bare.get_receipt(receipt(false)).await {
            Ok(_) => shown.push(position),
            Err(error) => assert_eq!(reason(&error), "NOT_YOURS"),
        }
        bare.get_receipt(receipt(true)).await.unwrap();
    }
    // What was recorded and given, of the first pair, and the voucher; what was logged by an officer moves nothing yet.
    assert_eq!(shown.len(), 3, "{shown:?}");
    let balance = |account| v1::ProveBalanceRequest {
        coop: client.coop(),
        account: Some(account),
        ..Default::default()
    };
    let of = |member| balance(v1::prove_balance_request::Account::Member(say::member(member)));
    bare.prove_balance(of(1)).await.unwrap();
    assert_eq!(reason(&bare.prove_balance(of(2)).await.unwrap_err()), "NOT_YOURS");
    // What is nobody's is not theirs: those are for whoever reads the whole history.
    let stock = v1::prove_balance_request::Account::StockOfOffer("offers/1".to_owned());
    for account in [v1::prove_balance_request::Account::Pot(true), stock.clone()] {
        let proved = bare.prove_balance(balance(account)).await;
        assert_eq!(reason(&proved.unwrap_err()), "NOT_YOURS");
    }
    town.client().unchecked().prove_balance(balance(stock)).await.unwrap();
}

#[test]
fn cards_are_for_those_who_may_read_them() {
    run(async {
        let town = with_secrets().await;
        let plain = made(&town, asked(COOP, TokenRole::Auditor)).await;
        let granted = v1::CreateTokenRequest {
            scopes: vec![Scope::CardsRead.into()],
            ..asked(COOP, TokenRole::Auditor)
        };
        let granted = made(&town, granted).await;
        for (token, expected) in [(plain, 0), (granted, 4)] {
            let client = town.client_of(COOP, Some(&token));
            let mut seen = 0;
            for nth in 1..=4 {
                for (_, answer) in reads(&client, &say::member(nth)).await {
                    seen += usize::from(answer.is_ok_and(|said| said.contains("Secret")));
                }
            }
            // By the member and the list of all members, and two notes of two statements.
            assert_eq!(seen > 0, expected > 0, "{seen}");
        }
    });
}

#[test]
fn a_person_can_ask_who_has_looked() {
    run(async {
        let mut town = with_secrets().await;
        let token = made(&town, standing_for(say::member(1), asked(COOP, TokenRole::Member))).await;
        let officer = standing_for("officers/1".to_owned(), asked(COOP, TokenRole::Coordinator));
        let officer = made(&town, officer).await;
        let looks = async |town: &Town| {
            let client = town.client_of(COOP, Some(&token));
            let request =
                v1::ListLooksRequest { coop: client.coop(), member: say::member(1), page: None };
            let looks = client.list_looks(request).await.unwrap().looks;
            let said = |look: v1::Look| (look.method, look.officer.is_empty(), look.everybody);
            looks.into_iter().map(said).collect::<Vec<_>>()
        };
        let statement = async |town: &Town, token: &str, nth| {
            let client = town.client_of(COOP, Some(token));
            let request = v1::GetStatementRequest {
                context: Some(client.read_context()),
                member: say::member(nth),
                ..v1::GetStatementRequest::default()
            };
            client.get_statement(request).await.unwrap();
        };
        assert_eq!(looks(&town).await, [], "their own are none");
        statement(&town, &token, 1).await;
        statement(&town, &officer, 2).await;
        assert_eq!(looks(&town).await, [], "nor those at others");
        statement(&town, &officer, 1).await;
        statement(&town, &officer, 1).await;
        town.balance(1).await;
        // As the other side of somebody's, too.
        let client = town.client_of(COOP, Some(&officer));
        let exchanges = v1::ListExchangesRequest {
            context: Some(client.read_context()),
            giver: say::member(2),
            receiver: say::member(1),
            page: None,
        };
        client.list_exchanges(exchanges).await.unwrap();
        // And in a receipt, whose entry is theirs; not in a leaf, which says nothing of anybody.
        for (position, leaf_only) in [(6, false), (7, true)] {
            let of = Some(v1::get_receipt_request::Of::Position(position));
            let receipt = v1::GetReceiptRequest { coop: client.coop(), of, leaf_only };
            client.unchecked().get_receipt(receipt).await.unwrap();
        }
        let expected = [
            ("GetStatement".to_owned(), false, false),
            ("ListBalances".to_owned(), true, true),
            ("ListExchanges".to_owned(), false, false),
            ("GetReceipt".to_owned(), false, false),
        ];
        assert_eq!(looks(&town).await, expected);
        town.restart().await;
        town.later(HOUR);
        statement(&town, &officer, 1).await;
        let after = looks(&town).await;
        assert_eq!((after[..4].to_vec(), after.len()), (expected.to_vec(), 5));
    });
}
