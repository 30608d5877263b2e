//! What a member's token shows and does of those whom they represent: as much as was said, as long as was said.

use ledger_client::{Client, Error};
use ledger_proto::v1::{self, Powers, TokenRole};

use super::{
    asked, made,
    own::{reads, with_secrets},
    standing_for,
};
use crate::harness::{COOP, DAY, Town, ask::Ask, reason, run, say};

/// A program with member 1's own token.
async fn first(town: &Town) -> Client {
    let token = made(town, standing_for(say::member(1), asked(COOP, TokenRole::Member))).await;
    town.client_of(COOP, Some(&token)).acting_as(String::new())
}

/// Member 1 asks for something with their token, for another if one is named.
async fn asks<R: Ask>(
    (town, client): (&Town, &Client),
    mut request: R,
    for_whom: Option<u32>,
) -> Result<v1::Receipt, Error> {
    let on_behalf_of = for_whom.map(say::member).unwrap_or_default();
    *request.context() = Some(v1::WriteContext { on_behalf_of, ..town.by("") });
    request.send(client).await
}

/// Whether the token shows a member, and what is kept of them.
async fn shows(client: &Client, nth: u32) -> bool {
    let member = say::member(nth);
    let request = v1::GetMemberRequest { context: Some(client.read_context()), member };
    match client.get_member(request).await {
        Ok(found) => {
            let name = found.card.unwrap().display_name;
            assert_eq!(name, format!("Secret {nth}"));
            true
        }
        Err(error) => {
            assert_eq!(reason(&error), "NOT_YOURS");
            false
        }
    }
}

#[test]
fn a_representatives_token_shows_those_they_represent_and_nobody_else() {
    run(async {
        let town = with_secrets().await;
        let client = first(&town).await;
        town.ok(say::represent(4, 1, Powers::See)).await;
        // Being represented shows nothing of whoever represents.
        town.ok(say::represent(1, 3, Powers::Act)).await;
        // Nor does whom they represent show whom those represent, or what they do for them.
        town.ok(say::represent(2, 4, Powers::Act)).await;
        let for_second = |context: &mut v1::WriteContext| {
            (context.acting_as, context.on_behalf_of) = (say::member(4), say::member(2));
        };
        town.ask_with(say::give(2, 3, 10), for_second).await.unwrap();
        for member in [
            say::member(2),
            say::member(3),
            say::member(4),
            "ref:REF-2".to_owned(),
            "ref:REF-4".to_owned(),
            String::new(),
        ] {
            for (method, answer) in reads(&client, &member).await {
                let Ok(said) = answer else { continue };
                for other in [2, 3] {
                    for canary in [format!("Secret {other}"), format!("REF-{other}")] {
                        assert!(!said.contains(&canary), "{method} of {member:?} tells {canary}");
                    }
                }
            }
        }
        assert!(shows(&client, 1).await && shows(&client, 4).await);
        assert!(!shows(&client, 2).await && !shows(&client, 3).await);
        whole(&client).await;
        exchanges(&client).await;
        proofs(&town, &client).await;
    });
}

/// Each way to ask about one member answers of the one whom they represent.
async fn whole(client: &Client) {
    let context = || Some(client.read_context());
    let member = || say::member(4);
    let by_reference = v1::GetMemberRequest { context: context(), member: "ref:REF-4".to_owned() };
    client.get_member(by_reference).await.unwrap();
    let hidden = v1::GetMemberRequest { context: context(), member: "ref:REF-2".to_owned() };
    assert_eq!(reason(&client.get_member(hidden).await.unwrap_err()), "MEMBER_NOT_FOUND");
    let statement =
        v1::GetStatementRequest { context: context(), member: member(), ..Default::default() };
    let statement = client.get_statement(statement).await.unwrap();
    assert_eq!(statement.balance.unwrap().balance_minutes, 240);
    let pending = v1::ListPendingHoursRequest { context: context(), member: member(), page: None };
    assert_eq!(client.list_pending_hours(pending).await.unwrap().hours.len(), 1);
    let respite = v1::ListRespiteRequest { context: context(), member: member(), page: None };
    assert_eq!(client.list_respite(respite).await.unwrap().respite.len(), 1);
    let vouchers = v1::ListVouchersRequest { context: context(), member: member(), page: None };
    assert_eq!(client.list_vouchers(vouchers).await.unwrap().vouchers.len(), 0);
    // Where nobody is named, it is their own.
    let respite = v1::ListRespiteRequest { context: context(), ..Default::default() };
    assert_eq!(client.list_respite(respite).await.unwrap().respite.len(), 0);
    // Who represents whom: of the one whom they represent, and of themselves both ways.
    for (member, expected) in [(member(), vec![(4, 1)]), (String::new(), vec![(4, 1), (1, 3)])] {
        let list = v1::ListRepresentativesRequest { context: context(), member, page: None };
        let named = client.list_representatives(list).await.unwrap().representatives;
        let pairs = |row: &v1::Representative| {
            assert!(row.in_force);
            (row.member.clone(), row.representative.clone())
        };
        let full = |nth| format!("coops/{COOP}/{}", say::member(nth));
        let expected: Vec<_> = expected.iter().map(|(of, by)| (full(*of), full(*by))).collect();
        assert_eq!(named.iter().map(pairs).collect::<Vec<_>>(), expected);
    }
}

/// The exchanges in which they, or one whom they represent, are a side.
async fn exchanges(client: &Client) {
    for (giver, receiver, expected) in [
        ("", "", Ok(1)),
        ("", "4", Ok(1)),
        ("2", "4", Ok(1)),
        ("4", "", Ok(0)),
        ("4", "2", Ok(0)),
        ("1", "3", Ok(1)),
        ("2", "3", Err("NOT_YOURS")),
    ] {
        let named = |nth: &str| nth.parse().map(say::member).unwrap_or_default();
        let request = v1::ListExchangesRequest {
            context: Some(client.read_context()),
            giver: named(giver),
            receiver: named(receiver),
            page: None,
        };
        let answer = client.list_exchanges(request).await;
        let found = answer.map(|answer| answer.exchanges.len()).map_err(|error| reason(&error));
        assert_eq!(found, expected.map_err(str::to_owned), "{giver:?} to {receiver:?}");
    }
}

/// Receipts and proofs of balances of the two, and of nobody else.
async fn proofs(town: &Town, client: &Client) {
    let bare = client.unchecked();
    for (nth, shown) in [(1, true), (2, false), (3, false), (4, true)] {
        let account = Some(v1::prove_balance_request::Account::Member(say::member(nth)));
        let balance =
            v1::ProveBalanceRequest { coop: client.coop(), account, ..Default::default() };
        assert_eq!(bare.prove_balance(balance).await.is_ok(), shown, "{nth}");
    }
    let mut shown = 0;
    for position in 1..=town.position().await {
        let receipt = v1::GetReceiptRequest {
            coop: client.coop(),
            of: Some(v1::get_receipt_request::Of::Position(position)),
            leaf_only: false,
        };
        shown += usize::from(bare.get_receipt(receipt).await.is_ok());
    }
    // Three of their own; of the other, the gift that came and the respite.
    assert_eq!(shown, 5);
}

#[test]
fn a_representative_acts_as_far_as_was_said() {
    run(async {
        let town = with_secrets().await;
        let client = first(&town).await;
        let door = (&town, &client);
        let gift = || say::give(4, 3, 30);
        let card = || v1::UpdateCardRequest {
            coop: client.coop(),
            member: say::member(4),
            card: Some(v1::Card { display_name: "Secret 4".to_owned(), ..v1::Card::default() }),
        };
        let erase = || v1::EraseCardRequest { coop: client.coop(), member: say::member(4) };
        let refused = asks(door, gift(), Some(4)).await.unwrap_err();
        assert_eq!(reason(&refused), "NOT_A_REPRESENTATIVE", "not named");
        assert_eq!(reason(&client.update_card(card()).await.unwrap_err()), "NOT_YOURS");

        town.ok(say::represent(4, 1, Powers::See)).await;
        let refused = asks(door, gift(), Some(4)).await.unwrap_err();
        assert_eq!(reason(&refused), "NOT_A_REPRESENTATIVE", "to see, and no more");
        let refused = client.update_card(card()).await.unwrap_err();
        assert_eq!(reason(&refused), "NOT_A_REPRESENTATIVE");

        town.ok(say::represent(4, 1, Powers::Act)).await;
        let before = town.balance(4).await;
        let given = asks(door, gift(), Some(4)).await.unwrap().position;
        assert_eq!(town.balance(4).await, before - 30);
        client.update_card(card()).await.unwrap();
        let refused = client.erase_card(erase()).await.unwrap_err();
        assert_eq!(reason(&refused), "NOT_YOURS", "what cannot be undone");
        let blank = v1::UpdateCardRequest { card: Some(v1::Card::default()), ..card() };
        let refused = client.update_card(blank).await.unwrap_err();
        assert_eq!(reason(&refused), "NOT_YOURS", "which is the same");
        town.ok(say::suspend(4)).await;
        let refused = client.update_card(card()).await.unwrap_err();
        assert_eq!(reason(&refused), "NOT_A_REPRESENTATIVE", "for whom is suspended, nobody acts");
        let refused = asks(door, gift(), Some(4)).await.unwrap_err();
        assert_eq!(reason(&refused), "MEMBER_SUSPENDED");
        assert!(shows(&client, 4).await);
        town.ok(say::reinstate(4)).await;
        let refused = asks(door, say::leave(4), Some(4)).await.unwrap_err();
        assert_eq!(reason(&refused), "NOT_YOURS", "nor that");
        let refused = asks(door, gift(), None).await.unwrap_err();
        assert_eq!(reason(&refused), "NOT_YOURS", "they say for whom they act");
        let refused = asks(door, say::give(4, 1, 30), Some(4)).await.unwrap_err();
        assert_eq!(reason(&refused), "NEEDS_ANOTHER_PERSON", "not to themselves");
        let refused = asks(door, gift(), Some(3)).await.unwrap_err();
        assert_eq!(reason(&refused), "NOT_A_REPRESENTATIVE", "nor for anybody else");
        let refused = asks(door, say::represent(4, 2, Powers::See), Some(4)).await.unwrap_err();
        assert_eq!(reason(&refused), "SCOPE_MISSING");

        // They lay it down, and it is over at once.
        asks(door, say::represent_no_more(4, 1), None).await.unwrap();
        let refused = asks(door, gift(), Some(4)).await.unwrap_err();
        assert_eq!(reason(&refused), "NOT_A_REPRESENTATIVE");
        assert!(!shows(&client, 4).await);
        // What they have done for another stays theirs to see; what that other does is not.
        let own = town.ok(say::give(4, 3, 5)).await.position;
        for (position, theirs) in [(given, true), (own, false)] {
            let of = Some(v1::get_receipt_request::Of::Position(position));
            let receipt = v1::GetReceiptRequest { coop: client.coop(), of, leaf_only: false };
            let shown = client.unchecked().get_receipt(receipt).await;
            assert_eq!(shown.is_ok(), theirs, "{position}");
        }
        // And to have their own card erased was theirs all along.
        client
            .erase_card(v1::EraseCardRequest { member: say::member(1), ..erase() })
            .await
            .unwrap();
    });
}

#[test]
fn what_was_said_for_a_while_is_over_then_and_rests_while_one_is_away() {
    run(async {
        let mut town = with_secrets().await;
        let client = first(&town).await;
        let mut named = say::represent(4, 1, Powers::Act);
        named.until = "2026-03-03".to_owned();
        town.ok(named).await;
        assert!(shows(&client, 4).await);
        town.ok(say::suspend(1)).await;
        assert!(!shows(&client, 4).await, "a representative who takes no part");
        assert!(shows(&client, 1).await, "their own is theirs");
        town.ok(say::reinstate(1)).await;
        town.restart().await;
        let client = first(&town).await;
        assert!(shows(&client, 4).await, "a restart forgets nobody");
        // It is noon on the second.
        town.later(DAY);
        assert!(shows(&client, 4).await);
        town.later(DAY);
        assert!(!shows(&client, 4).await);
        let refused = asks((&town, &client), say::give(4, 3, 30), Some(4)).await.unwrap_err();
        assert_eq!(reason(&refused), "NOT_A_REPRESENTATIVE");
        let list = v1::ListRepresentativesRequest {
            context: Some(town.read()),
            ..v1::ListRepresentativesRequest::default()
        };
        let [row] = &town.client().list_representatives(list).await.unwrap().representatives[..]
        else {
            panic!("one was named")
        };
        assert_eq!((row.until.as_str(), row.in_force), ("2026-03-03", false));
        // The past is asked by those who may see it now, not by those who could then.
        let past = v1::GetStatementRequest {
            context: Some(v1::ReadContext {
                as_of: Some(v1::read_context::AsOf::AsOfPosition(row.named_position)),
                ..client.read_context()
            }),
            member: say::member(4),
            ..Default::default()
        };
        assert_eq!(reason(&client.get_statement(past).await.unwrap_err()), "NOT_YOURS");
    });
}

#[test]
fn whoever_is_represented_can_ask_who_of_them_has_looked() {
    run(async {
        let town = with_secrets().await;
        let client = first(&town).await;
        town.ok(say::represent(4, 1, Powers::See)).await;
        shows(&client, 1).await;
        shows(&client, 4).await;
        let exchanges = v1::ListExchangesRequest {
            context: Some(client.read_context()),
            giver: say::member(2),
            receiver: say::member(4),
            page: None,
        };
        client.list_exchanges(exchanges).await.unwrap();
        town.ok(say::represent(3, 1, Powers::See)).await;
        let both = v1::ListExchangesRequest {
            context: Some(client.read_context()),
            giver: say::member(3),
            receiver: say::member(4),
            page: None,
        };
        client.list_exchanges(both).await.unwrap();
        for position in 1..=town.position().await {
            let of = Some(v1::get_receipt_request::Of::Position(position));
            let receipt = v1::GetReceiptRequest { coop: client.coop(), of, leaf_only: false };
            drop(client.unchecked().get_receipt(receipt).await);
        }
        let looks = async |nth| {
            let request =
                v1::ListLooksRequest { coop: client.coop(), member: say::member(nth), page: None };
            let looks = town.client().list_looks(request).await.unwrap().looks;
            let with = looks.into_iter().filter(|look| !look.token.is_empty());
            with.map(|look| (look.method, look.representative)).collect::<Vec<_>>()
        };
        let representative = format!("coops/{COOP}/{}", say::member(1));
        let by = |method: &str| (method.to_owned(), representative.clone());
        assert_eq!(looks(4).await, [by("GetMember"), by("ListExchanges"), by("GetReceipt")]);
        assert_eq!(looks(3).await, [by("ListExchanges"), by("GetReceipt")]);
        assert_eq!(looks(1).await, [], "their own are none");
        // An officer who reads what one of them did for the other looks at both.
        town.ok(say::represent(4, 1, Powers::Act)).await;
        let given = asks((&town, &client), say::give(4, 3, 5), Some(4)).await.unwrap().position;
        let of = Some(v1::get_receipt_request::Of::Position(given));
        let receipt = v1::GetReceiptRequest { coop: client.coop(), of, leaf_only: false };
        let officer = standing_for("officers/1".to_owned(), asked(COOP, TokenRole::Coordinator));
        let officer = town.client_of(COOP, Some(&made(&town, officer).await));
        officer.unchecked().get_receipt(receipt).await.unwrap();
        for nth in [1, 3, 4] {
            assert!(looks(nth).await.contains(&("GetReceipt".to_owned(), String::new())), "{nth}");
        }
        assert_eq!(looks(2).await, [], "whoever is on the other side was not asked about");
    });
}
