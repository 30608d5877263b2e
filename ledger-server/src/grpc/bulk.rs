//! Many writes in one call: batches for busy callers, and a co-op's past out of spreadsheets.

use ledger_core::{ImportFailure, Rejection};
use ledger_proto::{Malformed, api, v1};
use tonic::Streaming;

use super::Service;
use crate::{
    engine::ImportJob,
    error::Error,
    limits::{BATCH_WRITES, IMPORT_STEPS},
    status,
};

pub(super) async fn batch(
    service: &Service,
    request: v1::SubmitBatchRequest,
) -> Result<v1::SubmitBatchResponse, Error> {
    let count = request.writes.len();
    if count == 0 || count > BATCH_WRITES {
        let problem = format!("holds {count} writes: send 1 to {BATCH_WRITES}");
        return Err(Malformed::one("writes", problem).into());
    }
    // All that can be read are sent at once, so that they share a sync.
    let mut submissions = Vec::with_capacity(count);
    let mut parsed = Vec::with_capacity(count);
    for write in request.writes {
        parsed.push(service.read_write(write).map(|submission| {
            let asked = (submission.coop.clone(), submission.request.actor);
            submissions.push(submission);
            asked
        }));
    }
    let answers = service.ground.engine.send(submissions)?.await.map_err(|_| Error::Stopping)?;
    let mut answers = answers.into_iter();
    let mut results = Vec::with_capacity(count);
    for parsed in parsed {
        let answered = parsed.and_then(|(coop, actor)| {
            let answer = answers.next().unwrap_or(Err(Error::Stopping))?;
            service.receipt(&coop, actor, &answer)
        });
        let result = match answered {
            Ok(receipt) => v1::write_result::Result::Receipt(receipt),
            Err(error) => {
                service.ground.metrics.refused(status::reason(&error));
                v1::write_result::Result::Refusal(status::result(&error))
            }
        };
        results.push(v1::WriteResult { result: Some(result) });
    }
    Ok(v1::SubmitBatchResponse { results })
}

/// Where a step stands in the spreadsheets.
struct Place {
    file: String,
    line: i64,
}

pub(super) async fn import(
    service: &Service,
    mut request: Streaming<v1::ImportHistoryRequest>,
) -> Result<v1::ImportHistoryResponse, Error> {
    let mut head = None;
    let (mut steps, mut cards, mut places) = (Vec::new(), Vec::new(), Vec::new());
    let mut refusals = Vec::new();
    let mut ended = false;
    while let Some(message) = request.message().await.map_err(|status| broken(&status))? {
        if ended {
            return Err(Malformed::one("end", "was said before: send nothing after it").into());
        }
        ended = message.end;
        if let Some(said) = message.head {
            if head.is_some() {
                return Err(Malformed::one("head", "comes twice: send it first, and once").into());
            }
            let mut said = api::parse_import_head(said)?;
            service.caller.within(&said.coop)?;
            said.actor = service.caller.acts((said.actor, said.actor_said))?;
            head = Some(said);
        }
        let Some(head) = &head else {
            return Err(Malformed::one("head", "is missing: send it in the first message").into());
        };
        for step in message.steps {
            let place = Place { file: step.file.clone(), line: step.line };
            match api::parse_import_step(step, head, &service.ground.secrets) {
                Ok(imported) => {
                    steps.push(imported.past);
                    cards.push(imported.card);
                    places.push(place);
                }
                Err(wrong) => refusals.extend(unread(&place, &wrong.malformed)),
            }
        }
        // What could not be read takes room, too.
        if steps.len().saturating_add(refusals.len()) > IMPORT_STEPS {
            let problem = format!("more than {IMPORT_STEPS} steps: send a smaller import");
            return Err(Malformed::one("steps", problem).into());
        }
    }
    let head = head.ok_or_else(|| Malformed::one("head", "is missing: send it first"))?;
    // A stream that its caller cancels ends here like any other, and half an import must not be taken for a whole one.
    if !ended {
        return Err(Malformed::one("end", "is not said: say so in the last message").into());
    }
    let answer = service
        .ground
        .engine
        .import(ImportJob {
            coop: head.coop.clone(),
            actor: head.actor,
            steps,
            cards,
            keep_good: head.keep_good,
            validate_only: head.validate_only,
            unreadable: !refusals.is_empty(),
        })
        .await?;
    refusals.extend(
        answer
            .failures
            .iter()
            .filter_map(|(index, failure)| places.get(*index).map(|place| refused(place, failure))),
    );
    let count = |count: usize| i64::try_from(count).unwrap_or(i64::MAX);
    Ok(v1::ImportHistoryResponse {
        recorded: count(answer.recorded),
        known: count(answer.known),
        refusals,
        dependent: count(answer.dependent),
        position: i64::try_from(answer.position).unwrap_or(i64::MAX),
        stored: answer.stored,
    })
}

/// The caller's stream cannot be read, or broke off: nothing has been stored.
fn broken(status: &tonic::Status) -> Error {
    let problem = "is not said: the stream broke off before it";
    status::unread(status.code().into()).unwrap_or_else(|| Malformed::one("end", problem).into())
}

fn unread(place: &Place, malformed: &Malformed) -> Vec<v1::ImportRefusal> {
    let refusal = |violation: &ledger_proto::Violation| v1::ImportRefusal {
        file: place.file.clone(),
        line: place.line,
        field: violation.field.clone(),
        problem: violation.problem.clone(),
        reason: "INVALID_FIELD".to_owned(),
        remedy: "Mend the cell.".to_owned(),
    };
    malformed.violations.iter().map(refusal).collect()
}

fn refused(place: &Place, failure: &ImportFailure) -> v1::ImportRefusal {
    let (field, problem, reason, remedy) = match failure {
        ImportFailure::Unknown(wrong) => (
            wrong.field,
            format!("\"{}\" is nowhere in the spreadsheets or the ledger", wrong.value),
            "IMPORT_UNKNOWN_ROW",
            "Check the spelling, or add what is missing.",
        ),
        ImportFailure::Refused(rejection) => {
            (column(rejection), rejection.to_string(), rejection.reason(), rejection.remedy())
        }
    };
    v1::ImportRefusal {
        file: place.file.clone(),
        line: place.line,
        field: field.to_owned(),
        problem,
        reason: reason.to_owned(),
        remedy: remedy.to_owned(),
    }
}

/// The field of a step that a refusal is about: most are about how much.
fn column(rejection: &Rejection) -> &'static str {
    match rejection.reason() {
        "MEMBER_SUSPENDED" | "MEMBER_LEFT" | "NOT_A_CARER" | "VOUCHER_CAP"
        | "VOUCHER_VALUE_CAP" => "member",
        "SAME_PERSON" => "receiver",
        "IN_THE_FUTURE" | "OUTSIDE_BACKDATING" | "NOT_YET" | "OFFER_ENDED" => "date",
        "OUT_OF_STOCK" | "WRONG_OFFER_KIND" => "title",
        "NOT_A_BUSINESS" => "business",
        "FUND_TOO_SMALL" => "amount_pence",
        "OFF_PURPOSE" => "fund",
        "ALREADY_SETTLED" => "outcome",
        _ => "minutes",
    }
}
