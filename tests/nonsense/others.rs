//! A request id of somebody else's, sent again: it shows nothing of their answer, and books nothing.

use ledger_client::Client;
use ledger_proto::v1::{self, TokenRole, get_receipt_request::Of, write_result};

use crate::harness::{COOP, Town, ask::Ask, reason, run, say, say::member};

/// A client with the token of a member, that acts as whom the token stands for.
async fn of(town: &Town, number: u32) -> Client {
    let request = v1::CreateTokenRequest {
        coop: format!("coops/{COOP}"),
        title: "a test".to_owned(),
        role: TokenRole::Member.into(),
        acts_as: member(number),
        ..v1::CreateTokenRequest::default()
    };
    let token = town.client().create_token(request).await.unwrap().secret;
    town.client_of(COOP, Some(&token)).acting_as(String::new())
}

#[test]
fn nobody_hears_another_answer_by_sending_the_same_request() {
    run(async {
        let town = Town::peopled().await;
        let (one, other) = (of(&town, 1).await, of(&town, 2).await);
        town.ok(say::record(1, 4, 60)).await;
        // Who acts is left to the token, so that both send the very same bytes.
        let mut request = say::give(1, 3, 10);
        *request.context() = Some(town.by(""));
        let first = request.clone().send(&one).await.unwrap();
        let before = town.position().await;
        let again = request.clone().send(&one).await.unwrap();
        assert_eq!(again, v1::Receipt { replayed: true, ..first.clone() }, "their own answer");
        let told = request.clone().send(&other).await.unwrap_err();
        assert_eq!(reason(&told), "REQUEST_ID_REUSED");
        let officer = request.clone().send(&town.client()).await.unwrap_err();
        assert_eq!(reason(&officer), "REQUEST_ID_REUSED");
        // The same in a batch, and with something else in it.
        let batch = v1::SubmitBatchRequest { writes: vec![request.clone().write()] };
        let answer = other.submit_batch(batch).await.unwrap();
        let Some(write_result::Result::Refusal(refused)) = &answer.results[0].result else {
            panic!("{answer:?}")
        };
        assert!(refused.message.contains("request id"), "{refused:?}");
        let mut mine = say::give(2, 3, 10);
        mine.context.clone_from(&request.context);
        let told = mine.send(&other).await.unwrap_err();
        assert_eq!(reason(&told), "REQUEST_ID_REUSED");
        // Nor by the receipt of that id.
        let request_id = request.context.unwrap().request_id;
        let asked = |client: &Client| v1::GetReceiptRequest {
            coop: client.coop(),
            of: Some(Of::RequestId(request_id.clone())),
            leaf_only: false,
        };
        let told = other.receipt(asked(&other)).await.unwrap_err();
        assert!(["REQUEST_UNKNOWN", "NOT_YOURS"].contains(&&*reason(&told)), "{told:?}");
        one.receipt(asked(&one)).await.unwrap();
        assert_eq!(town.position().await, before, "nothing was stored");
        assert_eq!(town.balance(3).await, 10, "it moved once");
    });
}

#[test]
fn a_vouchers_code_is_not_shown_to_whoever_knows_the_request() {
    run(async {
        let town = Town::peopled().await;
        say::bakery(&town, 5).await;
        town.ok(say::appoint(v1::OfficerRole::Coordinator, "")).await;
        let mut request = say::issue(1, 1);
        *request.context() = Some(town.by(""));
        let one = town.client().acting_as("officers/1".to_owned());
        let code = request.clone().send(&one).await.unwrap().voucher_code;
        assert!(!code.is_empty());
        let before = town.position().await;
        // Another officer, who may issue vouchers, too.
        let mut theirs = v1::CreateTokenRequest {
            coop: format!("coops/{COOP}"),
            title: "a test".to_owned(),
            role: TokenRole::Coordinator.into(),
            acts_as: "officers/2".to_owned(),
            ..v1::CreateTokenRequest::default()
        };
        theirs.days = 1;
        let token = town.client().create_token(theirs).await.unwrap().secret;
        let other = town.client_of(COOP, Some(&token)).acting_as(String::new());
        let told = request.send(&other).await.unwrap_err();
        assert_eq!(reason(&told), "REQUEST_ID_REUSED");
        assert!(!format!("{told:?}").contains(&code));
        assert_eq!(town.position().await, before, "nothing was stored");
    });
}
