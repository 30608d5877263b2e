//! Respite: asked for, agreed, and come to one thing or another. Each home's promises are settled before the next.

use ledger_proto::v1;

use super::super::{
    home::{CARER, Home, SITTER},
    town::{ask, now, today},
};

fn sitter(home: &Home) -> Option<v1::Cover> {
    Some(v1::Cover { by: Some(v1::cover::By::Member(home.people[SITTER].name.clone())) })
}

/// Asks for so many minutes today; what was held is noted.
async fn ask_for(home: &mut Home, minutes: i64) -> Option<String> {
    let hour = home.chance.below(20);
    let client = &home.people[CARER].client;
    let asked = ask!(
        home.town,
        client,
        request_respite,
        RequestRespiteRequest {
            carer: home.people[CARER].name.clone(),
            minutes,
            date: today().to_string(),
            start_time: format!("{hour:02}:15"),
        }
    );
    if minutes > home.spare(CARER) {
        home.town.no("asking for more than there is", "NOT_ENOUGH_HOURS", asked);
        return None;
    }
    let position = home.town.yes(asked)?.position;
    home.people[CARER].balance -= minutes;
    home.people[CARER].held += minutes;
    Some(format!("respite/{position}"))
}

async fn agree(home: &Home, respite: &str) -> Result<v1::Receipt, String> {
    let client = &home.people[SITTER].client;
    ask!(
        home.town,
        client,
        agree_cover,
        AgreeCoverRequest {
            respite: respite.to_owned(),
            cover: sitter(home),
            ..Default::default()
        }
    )
}

/// What was held goes back, or some of it to the sitter.
fn settle(home: &mut Home, held: i64, delivered: i64) {
    home.people[CARER].held -= held;
    home.people[CARER].balance += held - delivered;
    home.people[SITTER].balance += delivered;
}

async fn cancel(home: &mut Home, respite: &str, held: i64) {
    let client = &home.people[CARER].client;
    let cancelled = ask!(
        home.town,
        client,
        cancel_respite,
        CancelRespiteRequest {
            respite: respite.to_owned(),
            by: v1::RespiteSide::Carer.into(),
            reason: v1::CancelReason::NotNeeded.into(),
        }
    );
    if home.town.yes(cancelled).is_some() {
        settle(home, held, 0);
    }
}

/// A promise, from the asking to its end.
pub(super) async fn asked(home: &mut Home) {
    // At midnight a day has passed between the asking and the rest.
    if now().unix_ms().rem_euclid(86_400_000) > 86_400_000 - 300_000 {
        return;
    }
    let minutes = 5 + i64::from(home.chance.below(40));
    let Some(respite) = ask_for(home, minutes).await else { return };
    let end = home.chance.below(10);
    if end == 0 {
        let nobody =
            ask!(home.town, home.officer, record_no_cover, RecordNoCoverRequest { respite });
        if home.town.yes(nobody).is_some() {
            settle(home, minutes, 0);
        }
        return;
    }
    let agreed = agree(home, &respite).await;
    if home.town.yes(agreed).is_none() {
        return;
    }
    match end {
        1 => {
            let client = &home.people[SITTER].client;
            let withdrawn = ask!(
                home.town,
                client,
                withdraw_cover,
                WithdrawCoverRequest {
                    respite: respite.clone(),
                    reason: v1::CancelReason::Illness.into(),
                }
            );
            home.town.yes(withdrawn);
            cancel(home, &respite, minutes).await;
        }
        2 => cancel(home, &respite, minutes).await,
        3 => {
            let client = &home.people[CARER].client;
            let missed = ask!(
                home.town,
                client,
                record_no_show,
                RecordNoShowRequest { respite, missing: v1::RespiteSide::Giver.into() }
            );
            if home.town.yes(missed).is_some() {
                settle(home, minutes, 0);
            }
        }
        4 => twice_at_once(home, &respite, minutes).await,
        _ => deliver(home, respite, minutes).await,
    }
}

async fn deliver(home: &mut Home, respite: String, held: i64) {
    let delivered = if home.chance.below(3) == 0 { held - 3 } else { held };
    let client = &home.people[CARER].client;
    let done = ask!(
        home.town,
        client,
        deliver_respite,
        DeliverRespiteRequest {
            respite: respite.clone(),
            minutes: delivered,
            ..Default::default()
        }
    );
    if let Some(receipt) = home.town.yes(done) {
        settle(home, held, delivered);
        home.kept = Some((receipt.position, SITTER, home.people[SITTER].balance));
        let client = &home.people[CARER].client;
        let again = ask!(
            home.town,
            client,
            deliver_respite,
            DeliverRespiteRequest { respite, minutes: delivered, ..Default::default() }
        );
        home.town.no("delivering twice", "ALREADY_SETTLED", again);
    }
}

/// Nobody is booked twice at once: the sitter is asked for the same day a second time, at each hour that there is.
async fn twice_at_once(home: &mut Home, first: &str, held: i64) {
    let request = v1::ListRespiteRequest {
        context: Some(home.officer.read_context()),
        member: home.people[SITTER].name.clone(),
        page: None,
    };
    let listed = home.town.read("list_respite", home.officer.list_respite(request)).await;
    let at = listed.and_then(|answer| answer.respite.into_iter().next()).map(|one| one.start_time);
    let client = &home.people[CARER].client;
    if let Some(start_time) = at
        && home.spare(CARER) >= 2
    {
        let asked = ask!(
            home.town,
            client,
            request_respite,
            RequestRespiteRequest {
                carer: home.people[CARER].name.clone(),
                minutes: 2,
                date: today().to_string(),
                start_time,
            }
        );
        if let Some(receipt) = home.town.yes(asked) {
            home.people[CARER].balance -= 2;
            home.people[CARER].held += 2;
            let second = format!("respite/{}", receipt.position);
            let agreed = agree(home, &second).await;
            home.town.no("two at once", "ALREADY_BOOKED", agreed);
            cancel(home, &second, 2).await;
        }
    }
    cancel(home, first, held).await;
}
