//! What each token opens: every method as each role, across co-ops, of one's own and of others; and when it ends.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test that fails says so"
)]

mod batch;
mod own;
mod represented;
mod told;

use std::collections::{BTreeMap, BTreeSet};

use ledger_client::Error;
use ledger_proto::v1::{self, Scope, TokenRole};
use ledger_server::{Access, access};
use tonic::Code;

use own::reads;
pub(crate) use own::with_secrets;

use crate::{
    access::{call, methods},
    harness::{COOP, DAY, Town, ask::Ask, reason, run, say},
};

const OTHER: &str = "calder-valley";

/// A token of a co-op, or of all of them where none is named.
fn asked(coop: &str, role: TokenRole) -> v1::CreateTokenRequest {
    let coop = if coop.is_empty() { String::new() } else { format!("coops/{coop}") };
    v1::CreateTokenRequest {
        coop,
        title: "a test".to_owned(),
        role: role.into(),
        ..v1::CreateTokenRequest::default()
    }
}

fn standing_for(who: String, request: v1::CreateTokenRequest) -> v1::CreateTokenRequest {
    v1::CreateTokenRequest { acts_as: who, ..request }
}

pub(crate) fn app(coop: &str, scopes: &[Scope]) -> v1::CreateTokenRequest {
    let scopes = scopes.iter().map(|scope| (*scope).into()).collect();
    v1::CreateTokenRequest { scopes, acts_as_members: true, ..asked(coop, TokenRole::App) }
}

pub(crate) async fn made(town: &Town, request: v1::CreateTokenRequest) -> String {
    town.client().create_token(request).await.unwrap().secret
}

/// One token of each role, for the co-op of most tests: of member 1, officer 1 and officer 2.
async fn of_each_role(town: &Town) -> BTreeMap<&'static str, String> {
    town.ok(say::appoint(v1::OfficerRole::Treasurer, "")).await;
    let officer = |number: u32| format!("officers/{number}");
    let all = [
        ("member", standing_for(say::member(1), asked(COOP, TokenRole::Member))),
        ("coordinator", standing_for(officer(1), asked(COOP, TokenRole::Coordinator))),
        ("treasurer", standing_for(officer(2), asked(COOP, TokenRole::Treasurer))),
        ("auditor", asked(COOP, TokenRole::Auditor)),
        ("app", app(COOP, &[Scope::TimeRead, Scope::TimeWrite])),
        ("operator", asked("", TokenRole::Operator)),
    ];
    let mut tokens = BTreeMap::new();
    for (role, request) in all {
        tokens.insert(role, made(town, request).await);
    }
    tokens
}

/// What each role may call, beside what anybody may: written down once more, and by hand.
fn allowed(role: &str) -> BTreeSet<String> {
    let reads = "CoopService/ListCoops CoopService/GetPolicy CoopService/ListOfficers MembersService/GetMember \
        MembersService/ListMembers MembersService/ListRepresentatives MembersService/ListParties \
        MembersService/ListLooks TimeBankService/ListPendingHours \
        TimeBankService/ListBalances TimeBankService/GetStatement TimeBankService/ListExchanges \
        RespiteService/ListRespite VoucherService/ListVouchers VoucherService/ListOffers \
        StoreService/GetStoreTotals HistoryService/ReadHistory HistoryService/WatchHistory \
        HistoryService/ExportBundle HistoryService/GetCheckpoint HistoryService/ProveInclusion \
        HistoryService/ProveConsistency HistoryService/GetReceipt HistoryService/ProveBalance ";
    let names = match role {
        "member" => "CoopService/ListCoops CoopService/GetPolicy CoopService/ListOfficers MembersService/LeaveMember \
            MembersService/EndRepresentative MembersService/GetMember MembersService/ListRepresentatives \
            MembersService/ListParties MembersService/ListLooks MembersService/UpdateCard MembersService/EraseCard \
            TimeBankService/LogHours TimeBankService/ConfirmHours \
            TimeBankService/DisputeHours TimeBankService/GiveHours TimeBankService/DonateHours \
            TimeBankService/ListPendingHours TimeBankService/GetStatement TimeBankService/ListExchanges \
            RespiteService/RequestRespite RespiteService/AgreeCover RespiteService/WithdrawCover \
            RespiteService/DeliverRespite RespiteService/CancelRespite RespiteService/RecordNoShow \
            RespiteService/ListRespite VoucherService/ListVouchers VoucherService/ListOffers \
            StoreService/GetStoreTotals HistoryService/GetCheckpoint HistoryService/ProveInclusion \
            HistoryService/ProveConsistency HistoryService/GetReceipt HistoryService/ProveBalance"
            .to_owned(),
        "coordinator" => methods()
            .iter()
            .map(|method| method.trim_start_matches("carestore.v1."))
            .filter(|method| !method.starts_with("TokensService/") && *method != "CoopService/FoundCoop")
            .collect::<Vec<_>>()
            .join(" "),
        "treasurer" => format!(
            "{reads} MembersService/EnrolMember MembersService/ChangeHats MembersService/SuspendMember \
             MembersService/ReinstateMember MembersService/LeaveMember MembersService/RegisterParty \
             MembersService/NameRepresentative MembersService/EndRepresentative \
             VoucherService/PledgeOffer VoucherService/IssueVoucher VoucherService/CancelVoucher \
             StoreService/OpenFund StoreService/ReceiveCash StoreService/SpendCash StoreService/ReceiveInKind \
             StoreService/UseInKind HistoryService/ReverseEntry HistoryService/SealState"
        ),
        "auditor" => reads.to_owned(),
        "app" => "TimeBankService/LogHours TimeBankService/ConfirmHours TimeBankService/DisputeHours \
            TimeBankService/ResolveHours TimeBankService/RecordHours TimeBankService/GiveHours \
            TimeBankService/DonateHours TimeBankService/GrantFromPot TimeBankService/ListPendingHours \
            TimeBankService/ListBalances TimeBankService/GetStatement TimeBankService/ListExchanges"
            .to_owned(),
        "operator" => "CoopService/FoundCoop CoopService/ListCoops CoopService/GetPolicy CoopService/ListOfficers \
            HistoryService/ReadHistory HistoryService/WatchHistory HistoryService/ExportBundle \
            HistoryService/GetCheckpoint HistoryService/ProveInclusion HistoryService/ProveConsistency \
            HistoryService/GetReceipt HistoryService/ProveBalance TokensService/CreateToken \
            TokensService/ListTokens TokensService/RevokeToken"
            .to_owned(),
        other => panic!("{other}"),
    };
    let anybody = ["VoucherService/RedeemVoucher", "BatchService/SubmitBatch"];
    names.split_whitespace().chain(anybody).map(|name| format!("carestore.v1.{name}")).collect()
}

#[test]
fn every_method_as_each_role() {
    run(async {
        let town = Town::peopled().await;
        let mut refused = 0;
        for (role, token) in of_each_role(&town).await {
            let allowed = allowed(role);
            for method in methods() {
                let status = call(&town, &method, Some(&token)).await;
                let denied = status.code() == Code::PermissionDenied;
                assert_eq!(denied, !allowed.contains(&method), "{method} as {role}: {status:?}");
                if denied {
                    let refusal = ledger_proto::Refusal::read(&status).unwrap();
                    assert_eq!(refusal.reason, "SCOPE_MISSING");
                    assert!(refusal.metadata["scope"].starts_with("SCOPE_"), "{refusal:?}");
                    refused += 1;
                }
            }
        }
        assert!(refused > 150, "{refused} refusals");
    });
}

#[test]
fn every_scope_opens_its_own_methods_and_no_other() {
    run(async {
        let town = Town::founded().await;
        let mut opened = BTreeSet::new();
        for scope in (1..).map_while(|code| Scope::try_from(code).ok()) {
            if let Scope::Tokens | Scope::CoopsFound = scope {
                let refused = town.client().create_token(app(COOP, &[scope])).await.unwrap_err();
                assert_eq!(reason(&refused), "INVALID_FIELD", "no app hands out tokens");
                continue;
            }
            let token = made(&town, app(COOP, &[scope])).await;
            for method in methods() {
                let Some(Access::Scope(of, _)) = access(&method) else { continue };
                let status = call(&town, &method, Some(&token)).await;
                assert_eq!(
                    status.code() != Code::PermissionDenied,
                    of == scope,
                    "{method} {scope:?}"
                );
                if of == scope {
                    opened.insert(method);
                }
            }
        }
        // Every method but a founding, the three about tokens, a batch, and what anybody may.
        assert_eq!(opened.len(), methods().len() - 6);
    });
}

#[test]
fn no_token_reaches_another_co_op() {
    run(async {
        let town = Town::peopled().await;
        let other = town.client_of(OTHER, Some(town.token()));
        let context = Some(v1::WriteContext { coop: other.coop(), ..town.by("") });
        other.found_coop(v1::FoundCoopRequest { context, policy: None }).await.unwrap();
        let before = reads(&other, "").await;
        let mut refused = 0;
        for (role, token) in of_each_role(&town).await {
            for coop in [OTHER, "nowhere"] {
                let client = town.client_of(coop, Some(&token));
                for (method, answer) in reads(&client, &say::member(1)).await {
                    // An operator's token is for all co-ops, and reads of them no person.
                    if role == "operator" {
                        continue;
                    }
                    let refusal = reason(&answer.unwrap_err());
                    let known = ["OTHER_COOP", "SCOPE_MISSING"];
                    assert!(known.contains(&refusal.as_str()), "{method} as {role}: {refusal}");
                    refused += 1;
                }
                // Every write, alone and in a batch, is refused in the same words whether the co-op is there or not.
                let mut write = say::log(1, 4, 60);
                let context = v1::WriteContext { coop: client.coop(), ..town.by(&say::member(1)) };
                *write.context() = Some(context);
                let alone = reason(&write.clone().send(&client).await.unwrap_err());
                let batch = v1::SubmitBatchRequest { writes: vec![write.write()] };
                let results = client.submit_batch(batch).await.unwrap().results;
                let Some(v1::write_result::Result::Refusal(told)) = &results[0].result else {
                    panic!("{role} wrote into {coop}: {results:?}");
                };
                assert_eq!(told.code, Code::PermissionDenied as i32, "{role}: {told:?}");
                let known = ["OTHER_COOP", "SCOPE_MISSING"];
                assert!(known.contains(&alone.as_str()), "{role}: {alone}");
            }
            let client = town.client_of(COOP, Some(&token));
            if let Ok(heard) = client.list_coops(v1::ListCoopsRequest::default()).await {
                let expected = if role == "operator" { 2 } else { 1 };
                assert_eq!(heard.coops.len(), expected, "{role}");
            }
        }
        assert!(refused > 150, "{refused}");
        let after = reads(&other, "").await;
        let told = |all: Vec<(&str, Result<String, Error>)>| -> Vec<String> {
            all.into_iter().map(|(_, answer)| answer.unwrap_or_default()).collect()
        };
        assert_eq!(told(after)[..13], told(before)[..13], "nothing was written");
    });
}

#[test]
fn whoever_a_token_stands_for_acts_and_nobody_else() {
    run(async {
        let town = Town::peopled().await;
        let (first, second) = (say::member(1), say::member(2));
        let member = made(&town, standing_for(first.clone(), asked(COOP, TokenRole::Member))).await;
        let rota = made(&town, app(COOP, &[Scope::TimeWrite])).await;
        let officer = v1::CreateTokenRequest {
            acts_as_members: false,
            ..standing_for("officers/1".to_owned(), app(COOP, &[Scope::TimeWrite]))
        };
        let officer = made(&town, officer).await;
        let said = async |token: &str, who: &str| {
            let mut write = say::log(1, 4, 30);
            *write.context() = Some(v1::WriteContext { acting_as: who.to_owned(), ..town.by("") });
            match write.send(&town.client_of(COOP, Some(token))).await {
                Ok(_) => "done".to_owned(),
                Err(error) => reason(&error),
            }
        };
        for (token, who, expected) in [
            (&member, "", "done"),
            (&member, first.as_str(), "done"),
            (&member, second.as_str(), "ACTING_DENIED"),
            (&member, "officers/1", "ACTING_DENIED"),
            (&rota, "", "INVALID_FIELD"),
            (&rota, first.as_str(), "done"),
            (&rota, "officers/1", "ACTING_DENIED"),
            (&officer, "", "done"),
            (&officer, "officers/1", "done"),
            (&officer, first.as_str(), "ACTING_DENIED"),
        ] {
            assert_eq!(said(token, who).await, expected, "{who:?}");
        }
        // Who logged them is shown where they wait to be confirmed.
        let pending = v1::ListPendingHoursRequest {
            context: Some(town.read()),
            ..v1::ListPendingHoursRequest::default()
        };
        let pending = town.client().list_pending_hours(pending).await.unwrap().hours;
        let by: Vec<&str> = pending.iter().map(|hours| hours.logged_by.as_str()).collect();
        let (first, officer) =
            (format!("coops/{COOP}/{first}"), format!("coops/{COOP}/officers/1"));
        assert_eq!(by, [&first, &first, &first, &officer, &officer]);
    });
}

#[test]
fn another_is_not_answered_for_knowing_a_request_id() {
    run(async {
        let town = with_secrets().await;
        let token = async |nth| {
            made(&town, standing_for(say::member(nth), asked(COOP, TokenRole::Member))).await
        };
        let (one, two) = (token(1).await, token(2).await);
        // The same bytes: who acts is not said in them.
        let mut write = say::log(1, 3, 30);
        *write.context() = Some(v1::WriteContext { acting_as: String::new(), ..town.by("") });
        let first = write.clone().send(&town.client_of(COOP, Some(&one))).await.unwrap();
        let again = write.clone().send(&town.client_of(COOP, Some(&one))).await.unwrap();
        assert!(again.replayed && again.position == first.position);
        let other = write.clone().send(&town.client_of(COOP, Some(&two))).await.unwrap_err();
        assert_eq!(reason(&other), "REQUEST_ID_REUSED");
        let batch = v1::SubmitBatchRequest { writes: vec![write.write()] };
        let results = town.client_of(COOP, Some(&two)).submit_batch(batch).await.unwrap().results;
        assert!(matches!(results[0].result, Some(v1::write_result::Result::Refusal(_))));
    });
}

#[test]
fn a_token_ends_when_it_is_revoked_and_so_do_its_streams() {
    run(async {
        let town = Town::founded().await;
        let token = town.client().create_token(app(COOP, &[Scope::HistoryRead])).await.unwrap();
        let name = token.token.unwrap().name;
        let client = town.client_of(COOP, Some(&token.secret));
        let watch = v1::WatchHistoryRequest { coop: client.coop(), after_position: 0 };
        let mut stream = client.watch_history(watch.clone()).await.unwrap();
        assert_eq!(stream.message().await.unwrap().unwrap().entries.len(), 1);
        let revoke = v1::RevokeTokenRequest { name: name.clone() };
        let ended = town.client().revoke_token(revoke.clone()).await.unwrap().token.unwrap();
        assert!(ended.revoke_time.is_some() && ended.last_use_time.is_some());
        town.ok(say::enrol(v1::Hat::Supporter)).await;
        assert_eq!(reason(&stream.message().await.unwrap_err()), "TOKEN_REVOKED");
        assert_eq!(reason(&client.watch_history(watch).await.err().unwrap()), "TOKEN_REVOKED");
        let unknown = v1::RevokeTokenRequest { name: format!("coops/{OTHER}/tokens/00000000") };
        let refused = town.client().revoke_token(unknown).await.unwrap_err();
        assert_eq!(reason(&refused), "TOKEN_NOT_FOUND");
        let list = v1::ListTokensRequest { coop: client.coop(), page: None };
        let tokens = town.client().list_tokens(list).await.unwrap().tokens;
        assert_eq!(tokens, [ended]);
        assert!(!format!("{tokens:?}").contains(token.secret.rsplit('_').next().unwrap()));
    });
}

#[test]
fn a_token_ends_on_its_day_and_an_officers_with_the_office() {
    run(async {
        let mut town = Town::peopled().await;
        let month = v1::CreateTokenRequest { days: 30, ..app(COOP, &[Scope::CoopRead]) };
        let month = made(&town, month).await;
        town.ok(say::appoint(v1::OfficerRole::Coordinator, "")).await;
        let second = standing_for("officers/2".to_owned(), asked(COOP, TokenRole::Coordinator));
        let wrong = v1::CreateTokenRequest { role: TokenRole::Treasurer.into(), ..second.clone() };
        let refused = town.client().create_token(wrong).await.unwrap_err();
        assert_eq!(
            reason(&refused),
            "OFFICERS_ONLY",
            "no token for an office that they do not hold"
        );
        let second = made(&town, second).await;
        let policy = async |town: &Town, token: &str| {
            let request = v1::GetPolicyRequest { context: Some(town.read()), version: 0 };
            let asked = town.client_of(COOP, Some(token)).get_policy(request).await;
            asked.map_or_else(|error| reason(&error), |_| "done".to_owned())
        };
        assert_eq!(policy(&town, &second).await, "done");
        town.ok(say::end_officer(2)).await;
        assert_eq!(policy(&town, &second).await, "OFFICER_ENDED");
        town.restart().await;
        assert_eq!(policy(&town, &month).await, "done");
        assert_eq!(policy(&town, &second).await, "OFFICER_ENDED");
        let followed = v1::CreateTokenRequest { days: 30, ..app(COOP, &[Scope::HistoryRead]) };
        let client = town.client_of(COOP, Some(&made(&town, followed).await));
        let watch = v1::WatchHistoryRequest { coop: client.coop(), after_position: 0 };
        let mut stream = client.watch_history(watch).await.unwrap();
        stream.message().await.unwrap();
        town.later(30 * DAY);
        assert_eq!(policy(&town, &month).await, "TOKEN_EXPIRED");
        // A stream that was open goes no further.
        town.ok(say::enrol(v1::Hat::Supporter)).await;
        let told = loop {
            match stream.message().await {
                Ok(message) => assert!(message.is_some(), "the stream ends without a word"),
                Err(error) => break error,
            }
        };
        assert_eq!(reason(&told), "TOKEN_EXPIRED");
    });
}
