//! What is refused about people, their hours and their respite.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that fails says so")]

use ledger_proto::v1;

use super::Provoked;
use crate::harness::{DAY, TODAY, Town, say, say::member};

/// Members 1 and 2 are volunteers, 3 is a carer, 4 is helped, 5 is suspended, 6 has left; officers 2 and 3 are a
/// treasurer and one whose term has ended.
pub(super) async fn provoke(asking: &Provoked) {
    let town = &asking.town;
    for hat in [v1::Hat::CommunityVolunteer, v1::Hat::CommunityVolunteer, v1::Hat::FamilyCarer] {
        town.ok(say::enrol(hat)).await;
    }
    let with = |r: &str| v1::EnrolMemberRequest {
        r#ref: r.to_owned(),
        ..say::enrol(v1::Hat::ServiceUser)
    };
    town.ok(with("S001")).await;
    for _ in 5..=6 {
        town.ok(say::enrol(v1::Hat::Supporter)).await;
    }
    let refused = asking.by("REFERENCE_TAKEN", with("S001")).await;
    assert!(refused.metadata["member"].starts_with("1004-"), "{refused:?}");
    let hats = |hats: Vec<i32>| v1::EnrolMemberRequest { hats, ..Default::default() };
    for wrong in [vec![], vec![0], vec![v1::Hat::Staff.into(); 100_000]] {
        let refused = asking.by("INVALID_FIELD", hats(wrong)).await;
        assert_eq!(refused.violations[0].field, "hats");
    }
    town.ok(say::suspend(5)).await;
    town.ok(say::leave(6)).await;
    town.ok(say::appoint(v1::OfficerRole::Treasurer, "")).await;
    town.ok(say::appoint(v1::OfficerRole::Coordinator, "")).await;
    town.ok(say::end_officer(3)).await;
    standing(asking).await;
    guards(asking, town).await;
    hours(asking, town).await;
    respite(asking, town).await;
}

async fn standing(asking: &Provoked) {
    asking.by("MEMBER_NOT_FOUND", say::suspend(99)).await;
    asking.by("OFFICER_NOT_FOUND", say::end_officer(9)).await;
    asking.as_who("OFFICERS_ONLY", &member(1), say::suspend(2)).await;
    asking.as_who("OFFICERS_ONLY", "officers/2", say::suspend(2)).await;
    asking.by("REPRESENTATIVE_NOT_FOUND", say::represent_no_more(1, 2)).await;
    let refused = asking
        .with("NOT_A_REPRESENTATIVE", say::give(2, 1, 10), |context| {
            (context.acting_as, context.on_behalf_of) = (member(1), member(2));
        })
        .await;
    let named = |figure: &str| refused.metadata[figure].split('-').next().unwrap().to_owned();
    assert_eq!(["member", "representative"].map(named), ["1002", "1001"]);
    asking.as_who("NOT_YOURS", &member(1), say::give(2, 1, 10)).await;
    asking.as_who("MEMBER_SUSPENDED", &member(5), say::give(5, 1, 10)).await;
    asking.by("MEMBER_LEFT", say::suspend(6)).await;
    asking.as_who("OFFICER_ENDED", "officers/3", say::suspend(1)).await;
    asking.by("NOT_SUSPENDED", say::reinstate(1)).await;
    asking.by("LAST_COORDINATOR", say::end_officer(1)).await;
}

async fn guards(asking: &Provoked, town: &Town) {
    let head = town.position().await;
    let refused = asking
        .with("POSITION_CHANGED", say::suspend(1), |context| context.expected_position = Some(1))
        .await;
    assert_eq!(refused.metadata["position"], head.to_string());
    asking
        .with("REVISION_CHANGED", say::suspend(1), |context| {
            let name = member(1);
            context.expected_revision = Some(v1::ExpectedRevision { name, revision: 1 });
        })
        .await;
}

async fn hours(asking: &Provoked, town: &Town) {
    let on = |day: &str| {
        let day = day.to_owned();
        move |context: &mut v1::WriteContext| context.occurred_on = day
    };
    let refused = asking.with("OUTSIDE_BACKDATING", say::record(1, 4, 60), on("2025-12-31")).await;
    assert_eq!(refused.metadata["days"], "60");
    asking.with("IN_THE_FUTURE", say::record(1, 4, 60), on("2026-03-04")).await;
    town.ok(say::record(1, 4, 700)).await;
    let refused = asking.by("DAY_CAP", say::record(1, 4, 21)).await;
    let figures = ["given_minutes", "cap_minutes"].map(|name| refused.metadata[name].as_str());
    assert_eq!(figures, ["700", "720"]);
    asking.by("SAME_PERSON", say::record(1, 1, 10)).await;
    let refused = asking.by("NOT_ENOUGH_HOURS", say::give(2, 1, 721)).await;
    assert_eq!(refused.metadata["available_minutes"], "720");
    let refused = asking.by("POT_TOO_SMALL", say::grant(2, 10)).await;
    assert_eq!(refused.metadata["pot_minutes"], "0");

    let timed = v1::RecordHoursRequest {
        evidence: v1::EvidenceGrade::Timer.into(),
        ..say::record(1, 4, 10)
    };
    let refused = asking.by("INVALID_FIELD", timed).await;
    assert_eq!(refused.violations[0].field, "evidence");
    let timed =
        v1::ConfirmHoursRequest { evidence: v1::EvidenceGrade::Timer.into(), ..say::confirm(1, 0) };
    let refused = asking.by("INVALID_FIELD", timed).await;
    assert_eq!(refused.violations[0].field, "evidence");
    asking.by("HOURS_NOT_FOUND", say::confirm(1, 0)).await;
    let logged = say::logged(town, 2, 4, 60).await;
    asking.as_who("NEEDS_ANOTHER_PERSON", &member(2), say::confirm(logged, 0)).await;
    asking.by("HOURS_NOT_DISPUTED", say::resolve(logged, 30)).await;
    asking.by("OPEN_PROMISES", say::leave(2)).await;
    town.ok_as(&member(4), say::dispute(logged)).await;
    asking.as_who("HOURS_DISPUTED", &member(4), say::confirm(logged, 0)).await;
    town.ok(say::resolve(logged, 30)).await;
    let refused = asking.by("ALREADY_SETTLED", say::confirm(logged, 0)).await;
    assert_eq!(refused.metadata["entry"], logged.to_string());
}

async fn respite(asking: &Provoked, town: &Town) {
    asking.by("RESPITE_NOT_FOUND", say::agree(1, 1)).await;
    asking.by("NOT_A_CARER", say::respite(1, 60, TODAY)).await;
    asking.by("DATE_PASSED", say::respite(3, 60, "2026-03-01")).await;
    let untimed = v1::RequestRespiteRequest {
        start_time: String::new(),
        ..say::respite(3, 60, "2026-03-05")
    };
    let first = town.ok(untimed).await.position;
    asking.by("START_TIME_NEEDED", say::agree(first, 1)).await;
    asking.by("NOT_COVERED", say::deliver(first, 60)).await;
    let at = |start: &str| v1::AgreeCoverRequest {
        start_time: start.to_owned(),
        ..say::agree(first, 1)
    };
    town.ok(at("10:00")).await;
    asking.by("ALREADY_COVERED", at("11:00")).await;
    let second = town.ok(say::respite(3, 60, "2026-03-05")).await.position;
    let refused = asking.by("ALREADY_BOOKED", say::agree(second, 1)).await;
    assert_eq!(refused.metadata["respite"], first.to_string());
    asking.by("NOT_YET", say::deliver(first, 60)).await;
    asking.by("CANCEL_INSTEAD", say::reverse(first)).await;
    town.later(3 * DAY);
    let refused = asking.by("MORE_THAN_HELD", say::deliver(first, 90)).await;
    assert_eq!(refused.metadata["held_minutes"], "60");
    town.ok(say::deliver(first, 60)).await;
}
