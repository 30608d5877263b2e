//! Members and their cards: numbers in the log, words beside it.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::unnecessary_wraps,
    reason = "a test that fails says so"
)]

use ledger_proto::v1;

use crate::harness::{
    COOP, Town,
    program::{carestore, done, heard},
    reason, request_id, run, say,
    say::member,
};

const NAME: &str = "Angharad Vaughan-Hughes";

fn card(display_name: &str) -> Option<v1::Card> {
    let display_name = display_name.to_owned();
    Some(v1::Card { display_name, contact: "01484 000000".to_owned(), notes: String::new() })
}

fn enrol() -> v1::EnrolMemberRequest {
    v1::EnrolMemberRequest {
        card: card(NAME),
        r#ref: "V005".to_owned(),
        joined_on: "2025-01-01".to_owned(),
        ..say::enrol(v1::Hat::CommunityVolunteer)
    }
}

async fn look(town: &Town, who: &str) -> v1::GetMemberResponse {
    let request = v1::GetMemberRequest { context: Some(town.read()), member: who.to_owned() };
    town.client().get_member(request).await.unwrap()
}

#[test]
fn a_member_has_a_number_with_a_check_digit_and_a_name_beside_the_log() {
    run(async {
        let mut town = Town::founded().await;
        let receipt = town.ok(enrol()).await;
        assert_eq!(receipt.name, format!("coops/colne-valley/{}", member(1)));
        assert!(receipt.label.starts_with("1001-"));
        for who in [member(1), receipt.label.clone(), "ref:V005".to_owned(), receipt.name.clone()] {
            let found = look(&town, &who).await;
            let row = found.member.unwrap();
            assert_eq!((row.display_name.as_str(), row.r#ref.as_str()), (NAME, "V005"), "{who}");
            assert_eq!(
                (row.number.as_str(), row.joined_on.as_str()),
                (receipt.label.as_str(), "2025-01-01")
            );
            assert_eq!(found.card.unwrap().contact, "01484 000000");
        }
        let slip = receipt.label.replace("1001", "1010");
        let request = v1::GetMemberRequest { context: Some(town.read()), member: slip };
        let refused = town.client().get_member(request).await.unwrap_err();
        assert_eq!(reason(&refused), "INVALID_FIELD", "a slip is not somebody's neighbour");
        town.restart().await;
        assert_eq!(look(&town, &member(1)).await.member.unwrap().display_name, NAME);
    });
}

#[test]
fn no_word_about_a_person_is_in_the_log() {
    run(async {
        let town = Town::founded().await;
        town.ok(enrol()).await;
        let noted = |context: &mut v1::WriteContext| NAME.clone_into(&mut context.note);
        town.ask_with(say::record(1, 0, 60), noted).await.unwrap();
        let request = v1::ReadHistoryRequest { coop: town.client().coop(), ..Default::default() };
        let mut stream = town.client().read_history(request).await.unwrap();
        let mut entries = 0;
        while let Some(answer) = stream.message().await.transpose() {
            for entry in answer.unwrap().entries {
                entries += 1;
                let text = String::from_utf8_lossy(&entry.entry).into_owned();
                assert!(!text.contains("Angharad") && !text.contains("01484"), "{entry:?}");
            }
        }
        assert_eq!(entries, 3);
    });
}

#[test]
fn a_card_is_written_anew_and_erased_and_no_retry_brings_it_back() {
    run(async {
        let mut town = Town::founded().await;
        let asked = v1::EnrolMemberRequest { context: Some(town.by("officers/1")), ..enrol() };
        town.ok(asked.clone()).await;
        let (coop, member) = (town.client().coop(), member(1));
        let request = v1::UpdateCardRequest {
            coop: coop.clone(),
            member: member.clone(),
            card: card("Angharad V-H"),
        };
        town.client().update_card(request.clone()).await.unwrap();
        assert!(town.ok(asked.clone()).await.replayed);
        assert_eq!(look(&town, &member).await.card.unwrap().display_name, "Angharad V-H");
        let erase = v1::EraseCardRequest { coop, member: member.clone() };
        town.client().erase_card(erase.clone()).await.unwrap();
        town.client().erase_card(erase).await.unwrap();
        assert!(town.ok(asked).await.replayed);
        town.restart().await;
        let found = look(&town, &member).await;
        assert_eq!(found.card.unwrap(), v1::Card::default());
        assert_eq!(found.member.unwrap().r#ref, "V005", "the hours stay, under a number");
        let nobody = v1::UpdateCardRequest { member: say::member(9), ..request };
        let refused = town.client().update_card(nobody).await.unwrap_err();
        assert_eq!(reason(&refused), "MEMBER_NOT_FOUND");
    });
}

#[test]
fn a_refused_or_tried_enrolment_leaves_no_card() {
    run(async {
        let town = Town::founded().await;
        let trial = |context: &mut v1::WriteContext| context.validate_only = true;
        town.ask_with(enrol(), trial).await.unwrap();
        town.ok(v1::EnrolMemberRequest { card: None, ..enrol() }).await;
        assert_eq!(look(&town, &member(1)).await.card.unwrap(), v1::Card::default());
        assert_eq!(town.no(enrol()).await, "REFERENCE_TAKEN");
        town.ok(say::enrol(v1::Hat::Supporter)).await;
        assert_eq!(look(&town, &member(2)).await.card.unwrap(), v1::Card::default());
    });
}

#[test]
fn members_change_hats_pause_come_back_and_leave() {
    run(async {
        let town = Town::peopled().await;
        let hats = vec![v1::Hat::FamilyCarer.into(), v1::Hat::CommunityVolunteer.into()];
        let change = v1::ChangeHatsRequest { member: member(1), hats: hats.clone(), context: None };
        town.ok(change).await;
        assert_eq!(look(&town, &member(1)).await.member.unwrap().hats, hats);
        town.ok(say::suspend(2)).await;
        assert_eq!(
            look(&town, &member(2)).await.member.unwrap().standing(),
            v1::Standing::Suspended
        );
        assert_eq!(town.no(say::record(2, 4, 60)).await, "MEMBER_SUSPENDED");
        town.ok(say::reinstate(2)).await;
        town.ok(say::record(2, 4, 60)).await;
        let left = v1::LeaveMemberRequest { remaining_to: member(3), ..say::leave(2) };
        town.ok_as(&member(2), left).await;
        assert_eq!(look(&town, &member(2)).await.member.unwrap().standing(), v1::Standing::Left);
        assert_eq!(town.balances(town.read()).await[1..3], [(0, 0), (60, 0)]);
    });
}

#[test]
fn an_officer_acts_for_a_member_and_never_in_a_matter_of_their_own() {
    run(async {
        let town = Town::peopled().await;
        town.ok(say::record(2, 4, 60)).await;
        let behalf = |context: &mut v1::WriteContext| context.on_behalf_of = member(2);
        town.ask_with(say::give(2, 1, 10), behalf).await.unwrap();
        town.ok(say::appoint(v1::OfficerRole::Coordinator, &member(1))).await;
        let own = town.ask_as("officers/2", say::record(1, 4, 60)).await.unwrap_err();
        assert_eq!(reason(&own), "NEEDS_ANOTHER_PERSON");
        let request = v1::ListOfficersRequest { context: Some(town.read()), page: None };
        let officers = town.client().list_officers(request).await.unwrap().officers;
        assert!(officers[1].member.ends_with(&member(1)) && officers[1].in_office);
        town.ok(say::end_officer(1)).await;
        let ended = town.ask(say::suspend(3)).await.unwrap_err();
        assert_eq!(reason(&ended), "OFFICER_ENDED");
    });
}

#[test]
fn a_policy_is_adopted_anew_and_the_old_one_stays_on_record() {
    run(async {
        let town = Town::peopled().await;
        let request = v1::GetPolicyRequest { context: Some(town.read()), version: 0 };
        let founded = town.client().get_policy(request.clone()).await.unwrap().policy.unwrap();
        assert_eq!((founded.version, founded.values), (1, Some(say::template())));
        let strict =
            v1::PolicyValues { floor_minutes: -60, soft_floor_minutes: 0, ..say::template() };
        let adopted = town.ok(say::adopt(strict)).await;
        let now = town.client().get_policy(request.clone()).await.unwrap().policy.unwrap();
        assert_eq!((now.version, now.values, now.position), (2, Some(strict), adopted.position));
        assert_eq!(now.decided_by, "AGM 2026 minute 4");
        assert_eq!(town.no(say::give(3, 1, 61)).await, "NOT_ENOUGH_HOURS");
        let first = v1::GetPolicyRequest { version: 1, ..request };
        assert_eq!(town.client().get_policy(first).await.unwrap().policy.unwrap(), founded);
    });
}

#[test]
fn representatives_are_typed_and_read_back() {
    run(async {
        let town = Town::peopled().await;
        let dir = tempfile::tempdir().unwrap();
        let url = format!("http://{}", town.address());
        let token = town.dir.path().join("operator.token").display().to_string();
        let typed = |who: &str, words: &str| {
            let id = request_id(town.now());
            let door = ["--server", &url, "--token-file", &token, "--coop", COOP];
            let said = ["--as", who, "--request-id", &id];
            let words = door.into_iter().chain(said).chain(words.split(' '));
            carestore(dir.path()).says(&words.collect::<Vec<_>>())
        };
        let office = "officer 1";
        let name = "representatives name 1004 --by 1001 --mandate lpa --may";
        let said = done(&typed(office, &format!("{name} act --until 2026-03-31")));
        let first = "1001 represents 1004: sees what is theirs and acts for them, to the end of 2026-03-31.";
        assert!(said.starts_with(first), "{said}");
        let said = done(&typed(office, "representatives list"));
        let row = said.lines().find(|line| line.contains("1001-")).unwrap();
        for cell in ["1004-", "lasting power of attorney", "act", "2026-03-31", "yes"] {
            assert!(row.contains(cell), "{cell} is missing in: {row}");
        }
        let gift = "hours give --from 1004 --to 1002 --minutes 30";
        let (code, _, complaint) = heard(&typed("1002", &format!("--on-behalf-of 1004 {gift}")));
        assert_eq!(code, Some(5), "{complaint}");
        for part in
            ["does not act for member 1004-", "NOT_A_REPRESENTATIVE", "representatives name"]
        {
            assert!(complaint.contains(part), "{part} is missing in: {complaint}");
        }
        done(&typed("1001", &format!("--on-behalf-of 1004 {gift}")));
        let said = done(&typed("1004", "representatives end 1004 --by 1001"));
        assert!(said.starts_with("1001 represents 1004 no more."), "{said}");
        let (_, _, aside) = heard(&typed(office, "representatives list 1004"));
        assert!(aside.starts_with("Nobody is represented yet."), "{aside}");
        let (code, _, complaint) = heard(&typed(office, "representatives end 1004 --by 1001"));
        assert_eq!(code, Some(4), "{complaint}");
        assert!(complaint.contains("REPRESENTATIVE_NOT_FOUND"), "{complaint}");
        let (code, _, complaint) = heard(&typed(office, &format!("{name} everything")));
        assert_eq!(code, Some(2), "{complaint}");
        assert!(complaint.contains("see, act"), "{complaint}");
    });
}
