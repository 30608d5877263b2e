//! Calls that must be refused, each by its reason; and calls that are made twice.

use ledger_proto::v1;

use super::super::{
    home::{CARER, GIVER, Home, SITTER, USER},
    town::ask,
};

/// One or another.
pub(super) async fn some(home: &mut Home) {
    match home.chance.below(8) {
        0 => oneself(home).await,
        1 => somebody_else(home).await,
        2 => nobody(home).await,
        3 => again(home).await,
        4 => no_token(home).await,
        5 => elsewhere(home).await,
        6 => long_ago(home).await,
        _ => nonsense(home).await,
    }
}

/// Nobody confirms what they logged themselves, or helps themselves.
async fn oneself(home: &mut Home) {
    let person = &home.people[GIVER];
    let given = ask!(
        home.town,
        person.client,
        give_hours,
        GiveHoursRequest { from: person.name.clone(), to: person.name.clone(), minutes: 1 }
    );
    home.town.no("giving to oneself", "SAME_PERSON", given);
}

/// A member sees and moves what is theirs alone.
async fn somebody_else(home: &mut Home) {
    let (person, other) = (&home.people[GIVER], &home.people[CARER]);
    let given = ask!(
        home.town,
        person.client,
        give_hours,
        GiveHoursRequest { from: other.name.clone(), to: person.name.clone(), minutes: 1 }
    );
    home.town.no("taking another's hours", "NOT_YOURS", given);
    let request = v1::GetStatementRequest {
        context: Some(person.client.read_context()),
        member: other.name.clone(),
        ..v1::GetStatementRequest::default()
    };
    let sent = home.town.call("get_statement", person.client.get_statement(request)).await;
    home.town.no("another's statement", "NOT_YOURS", sent);
}

/// Nobody has this number.
async fn nobody(home: &mut Home) {
    let granted = ask!(
        home.town,
        home.officer,
        grant_from_pot,
        GrantFromPotRequest {
            to: "members/999999".to_owned(),
            minutes: 1,
            reason: v1::GrantReason::Cover.into(),
        }
    );
    home.town.no("a grant to nobody", "MEMBER_NOT_FOUND", granted);
}

/// The same request twice is answered twice and recorded once; under its id nothing else is, whoever asks.
async fn again(home: &mut Home) {
    if home.spare(GIVER) < 1 {
        return;
    }
    let (town, person) = (&home.town, &home.people[GIVER]);
    let context = person.client.write_context();
    let id = context.request_id.clone();
    let request = v1::GiveHoursRequest {
        context: Some(context),
        from: person.name.clone(),
        to: home.people[SITTER].name.clone(),
        minutes: 1,
    };
    let first = async { Ok(person.client.give_hours(request.clone()).await?.receipt) };
    let first = town.wrote("give_hours", &id, first).await;
    let Some(first) = town.yes(first) else { return };
    let second = town.read("give_hours again", person.client.give_hours(request.clone())).await;
    let second = second.and_then(|answer| answer.receipt).unwrap_or_default();
    town.same(
        "a request that is made again",
        (second.position, second.replayed),
        (first.position, true),
    );
    let more = v1::GiveHoursRequest { minutes: 2, ..request.clone() };
    let more = town.call("give_hours again", person.client.give_hours(more)).await;
    town.no("another request under its id", "REQUEST_ID_REUSED", more);
    let other = &home.people[USER];
    let mut stolen = request;
    stolen.from.clone_from(&other.name);
    let stolen = town.call("give_hours again", other.client.give_hours(stolen)).await;
    town.no("somebody else's request under its id", "REQUEST_ID_REUSED", stolen);
    home.moved(SITTER, GIVER, 1);
}

/// Without a token, and with one that is none.
async fn no_token(home: &mut Home) {
    let client = home.town.client("cst_none", "officers/1");
    let context = Some(client.read_context());
    let request = v1::GetStoreTotalsRequest { context };
    let sent = home.town.call("get_store_totals", client.get_store_totals(request)).await;
    home.town.no("a token that is none", "TOKEN_UNKNOWN", sent);
}

/// A token of one co-op never reaches another.
async fn elsewhere(home: &mut Home) {
    let mut context = home.officer.write_context();
    "coops/calder-valley".clone_into(&mut context.coop);
    let sealed = ask!(home.town, home.officer, context, seal_state, SealStateRequest {});
    home.town.no("a seal of another co-op", "OTHER_COOP", sealed);
}

/// Longer ago than the policy allows, and under an id from another time.
async fn long_ago(home: &mut Home) {
    let mut context = home.officer.write_context();
    "00000000-0000-7000-8000-000000000001".clone_into(&mut context.request_id);
    let sealed = ask!(home.town, home.officer, context, seal_state, SealStateRequest {});
    home.town.no("an id of 1970", "REQUEST_ID_OUT_OF_WINDOW", sealed);
}

/// What cannot be read.
async fn nonsense(home: &mut Home) {
    let logged = ask!(
        home.town,
        home.officer,
        log_hours,
        LogHoursRequest {
            help: Some(v1::Help {
                minutes: -5,
                giver: "members/x".to_owned(),
                ..v1::Help::default()
            }),
        }
    );
    home.town.no("nonsense", "INVALID_FIELD", logged);
}
