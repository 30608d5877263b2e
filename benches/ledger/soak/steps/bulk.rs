//! Much at once: a batch of a paper sheet, an import, and somebody who came and went.

use std::sync::atomic::Ordering;

use ledger_proto::v1::{self, write};

use super::{
    super::{
        home::{GIVER, Home, SITTER, USER, short},
        town::{ask, today},
    },
    hours::help,
};

/// Hours of a sheet, with one that is refused among them.
pub(super) async fn batch(home: &mut Home) {
    let mut writes = Vec::new();
    let mut said = Vec::new();
    for nth in 0..5 + home.chance.below(30) {
        let minutes = 1 + i64::from(home.chance.below(4));
        // Nobody helps themselves.
        let receiver = if nth == 3 { GIVER } else { USER };
        let day = home.a_day(GIVER, minutes);
        let mut context = home.officer.write_context();
        context.occurred_on = day.to_string();
        said.push((context.request_id.clone(), receiver, minutes));
        writes.push(v1::Write {
            request: Some(write::Request::RecordHours(v1::RecordHoursRequest {
                context: Some(context),
                help: help(home, GIVER, receiver, minutes),
                evidence: v1::EvidenceGrade::Paper.into(),
            })),
        });
    }
    let before = home.town.highest.load(Ordering::SeqCst);
    let sent = home.officer.submit_batch(v1::SubmitBatchRequest { writes });
    let Some(answer) = home.town.read("submit_batch", sent).await else { return };
    home.town.same("results of a batch", answer.results.len(), said.len());
    for (result, (id, receiver, minutes)) in answer.results.into_iter().zip(said) {
        match result.result {
            Some(v1::write_result::Result::Receipt(receipt)) if receiver == USER => {
                home.town.acknowledge("a write of a batch", &id, (&receipt, before));
                home.earned(GIVER, minutes);
            }
            Some(v1::write_result::Result::Refusal(_)) if receiver == GIVER => {}
            other => home.town.wrong(format!("in a batch, of help to {receiver}: {other:?}")),
        }
    }
}

/// A few rows of a spreadsheet, and now and then the same once more, which brings nothing.
pub(super) async fn import(home: &mut Home) {
    home.imported += 1;
    let (nth, sheet) = (home.nth, home.imported);
    let minutes = 1 + i64::from(home.chance.below(5));
    let date = today().plus(-100 - i32::try_from(sheet % 200).unwrap()).to_string();
    let step = |line: i64| {
        let reference = |place: usize| format!("H{nth}-{place}");
        v1::ImportStep {
            file: "hours.csv".to_owned(),
            line: line + 1,
            text: format!("{sheet}/{line}"),
            occurrence: 1,
            date: date.clone(),
            step: Some(v1::import_step::Step::Hours(v1::ImportHours {
                giver: reference(SITTER),
                receiver: reference(USER),
                minutes,
                task: v1::TaskKind::Garden.into(),
                to: "own".to_owned(),
                evidence: v1::EvidenceGrade::Paper.into(),
            })),
        }
    };
    let steps: Vec<_> = (1..=3).map(step).collect();
    for again in 0..=home.chance.below(2) {
        let context = v1::WriteContext {
            channel: v1::Channel::Import.into(),
            ..home.officer.write_context()
        };
        let head = Some(v1::ImportHead {
            context: Some(context),
            import: format!("home-{nth}"),
            keep_good: false,
        });
        let message = v1::ImportHistoryRequest { head, steps: steps.clone(), ..Default::default() };
        let sent = home.officer.import_history(vec![message], |_| {});
        let Some(answer) = home.town.read("import_history", sent).await else { return };
        // Where the answer of a try was lost, the next finds its rows there.
        home.town.same("rows of an import", answer.recorded + answer.known, 3);
        home.town.same("refusals of an import", answer.refusals.len(), 0);
        if again == 0 {
            home.earned(SITTER, 3 * minutes);
            home.town.rows.fetch_add(3, Ordering::SeqCst);
        } else {
            home.town.same("rows that are new the second time", answer.recorded, 0);
        }
    }
}

/// Somebody joins, is given something, is suspended for a while, and leaves again: what they have left goes to the pot.
pub(super) async fn came_and_went(home: &mut Home) {
    let town = &home.town;
    let enrolled = ask!(
        town,
        home.officer,
        enrol_member,
        EnrolMemberRequest { hats: vec![v1::Hat::Supporter.into()], ..Default::default() }
    );
    let Some(enrolled) = town.yes(enrolled) else { return };
    town.left.fetch_add(1, Ordering::SeqCst);
    let member = short(&enrolled.name);
    let minutes = if home.spare(GIVER) > 5 { 5 } else { 0 };
    if minutes > 0 {
        let client = &home.people[GIVER].client;
        let given = ask!(
            town,
            client,
            give_hours,
            GiveHoursRequest { from: home.people[GIVER].name.clone(), to: member.clone(), minutes }
        );
        if town.yes(given).is_none() {
            return;
        }
        home.people[GIVER].balance -= minutes;
    }
    let town = &home.town;
    let suspended = ask!(
        town,
        home.officer,
        suspend_member,
        SuspendMemberRequest {
            member: member.clone(),
            reason: v1::SuspensionReason::OwnWish.into(),
        }
    );
    town.yes(suspended);
    let client = &home.people[GIVER].client;
    let given = ask!(
        town,
        client,
        give_hours,
        GiveHoursRequest { from: home.people[GIVER].name.clone(), to: member.clone(), minutes: 1 }
    );
    town.no("giving to somebody suspended", "MEMBER_SUSPENDED", given);
    let hats = vec![v1::Hat::Supporter.into(), v1::Hat::Staff.into()];
    let changed =
        ask!(town, home.officer, change_hats, ChangeHatsRequest { member: member.clone(), hats });
    town.yes(changed);
    let back = ask!(
        town,
        home.officer,
        reinstate_member,
        ReinstateMemberRequest { member: member.clone() }
    );
    town.yes(back);
    let left =
        ask!(town, home.officer, leave_member, LeaveMemberRequest { member, ..Default::default() });
    if town.yes(left).is_some() {
        town.pot.fetch_add(minutes, Ordering::SeqCst);
    }
}
