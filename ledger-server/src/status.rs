//! Where every error of this service becomes a gRPC status, and nowhere else does.

use std::{collections::BTreeMap, time::Duration};

use ledger_core::Sort;
use ledger_proto::{Malformed, Refusal};
use tonic::{Code, Status};
use tonic_types::StatusExt;

use crate::{access::Denied, error::Error, limits::MESSAGE_BYTES, log::LogError};

/// How long a caller waits before the same request is worth another try.
const A_MOMENT: Duration = Duration::from_millis(250);

/// The word by which an error is known to callers.
pub(crate) fn reason(error: &Error) -> &'static str {
    code(error).1
}

/// The same while the server reads its logs.
const A_WHILE: Duration = Duration::from_secs(1);

impl From<Error> for Status {
    fn from(error: Error) -> Self {
        let (code, refusal) = refusal(&error);
        if code == Code::Internal {
            tracing::error!(%error, "a request could not be answered");
        }
        Self::with_error_details(code, refusal.message.clone(), refusal.details())
    }
}

/// An error as one result among many.
pub(crate) fn result(error: &Error) -> tonic_types::Status {
    let (code, refusal) = refusal(error);
    refusal.into_rpc_status(code.into())
}

fn refusal(error: &Error) -> (Code, Refusal) {
    let (code, reason) = code(error);
    let mut refusal = Refusal {
        reason: reason.to_owned(),
        message: error.to_string(),
        metadata: figures(error),
        violations: Vec::new(),
        retry_after: None,
    };
    match error {
        Error::Malformed(malformed) => {
            refusal.violations.clone_from(&malformed.violations);
        }
        Error::RateLimited(wait) => refusal.retry_after = Some(*wait),
        Error::TooManyStreams { .. } | Error::Starting | Error::NoRoom => {
            refusal.retry_after = Some(A_WHILE);
        }
        Error::Busy | Error::Stopping => refusal.retry_after = Some(A_MOMENT),
        Error::Internal(_)
        | Error::Obstacle(_)
        | Error::Unreadable(_)
        | Error::Contradiction(_) => {
            // What is inside stays inside; the journal has it.
            "the server has made a mistake; its journal says which"
                .clone_into(&mut refusal.message);
        }
        Error::Derived
        | Error::Rejected(_)
        | Error::ReferenceNotFound(_)
        | Error::PolicyNotFound(_)
        | Error::NotSealed
        | Error::RequestUnknown
        | Error::CheckpointNotFound { .. }
        | Error::TokenMissing
        | Error::TokenUnknown
        | Error::TokenExpired(_)
        | Error::TokenRevoked
        | Error::TokenNotFound
        | Error::Denied(_)
        | Error::MessageTooLarge
        | Error::FellBehind(_)
        | Error::Deadline
        | Error::BeyondHead { .. }
        | Error::NotSigned { .. }
        | Error::CannotSign(_)
        | Error::Lost(_)
        | Error::ClockJumped(_)
        | Error::Log(_) => {}
    }
    (code, refusal)
}

/// What the transport could not read of a request, by the number of its code, in the words of this API. Nothing: it says
/// something else.
pub(crate) fn unread(code: i32) -> Option<Error> {
    match Code::from(code) {
        Code::ResourceExhausted | Code::OutOfRange => Some(Error::MessageTooLarge),
        Code::InvalidArgument | Code::Internal => {
            let problem =
                "cannot be read as a message of this method: use the .proto files of this API";
            Some(Malformed::one("request", problem).into())
        }
        Code::Ok
        | Code::Cancelled
        | Code::Unknown
        | Code::DeadlineExceeded
        | Code::NotFound
        | Code::AlreadyExists
        | Code::PermissionDenied
        | Code::FailedPrecondition
        | Code::Aborted
        | Code::Unimplemented
        | Code::Unavailable
        | Code::DataLoss
        | Code::Unauthenticated => None,
    }
}

fn code(error: &Error) -> (Code, &'static str) {
    match error {
        Error::Malformed(malformed) => (Code::InvalidArgument, malformed_reason(malformed)),
        Error::Rejected(rejection) => {
            let code = match rejection.sort() {
                Sort::Missing => Code::NotFound,
                Sort::Exists => Code::AlreadyExists,
                Sort::Forbidden => Code::PermissionDenied,
                Sort::Rule => Code::FailedPrecondition,
                Sort::Guard => Code::Aborted,
                Sort::Invalid => Code::InvalidArgument,
            };
            (code, rejection.reason())
        }
        Error::ReferenceNotFound(_) => (Code::NotFound, "MEMBER_NOT_FOUND"),
        Error::PolicyNotFound(_) => (Code::NotFound, "POLICY_NOT_FOUND"),
        Error::NotSealed => (Code::FailedPrecondition, "NOT_SEALED"),
        Error::RequestUnknown => (Code::NotFound, "REQUEST_UNKNOWN"),
        Error::CheckpointNotFound { .. } | Error::NotSigned { .. } | Error::CannotSign(_) => {
            (Code::NotFound, "CHECKPOINT_NOT_FOUND")
        }
        Error::TokenMissing => (Code::Unauthenticated, "TOKEN_MISSING"),
        Error::TokenUnknown => (Code::Unauthenticated, "TOKEN_UNKNOWN"),
        Error::TokenExpired(_) => (Code::Unauthenticated, "TOKEN_EXPIRED"),
        Error::TokenRevoked => (Code::Unauthenticated, "TOKEN_REVOKED"),
        Error::TokenNotFound => (Code::NotFound, "TOKEN_NOT_FOUND"),
        Error::Denied(Denied::Scope(_) | Denied::NotOwn(_)) => {
            (Code::PermissionDenied, "SCOPE_MISSING")
        }
        Error::Denied(Denied::NotTheirs) => (Code::PermissionDenied, "NOT_YOURS"),
        Error::Denied(Denied::OtherCoop) => (Code::PermissionDenied, "OTHER_COOP"),
        Error::Denied(Denied::Acting) => (Code::PermissionDenied, "ACTING_DENIED"),
        Error::RateLimited(_) => (Code::ResourceExhausted, "RATE_LIMITED"),
        Error::Busy => (Code::ResourceExhausted, "BUSY"),
        Error::NoRoom => (Code::ResourceExhausted, "DISK_FULL"),
        Error::Deadline => (Code::DeadlineExceeded, "DEADLINE_EXCEEDED"),
        Error::MessageTooLarge => (Code::ResourceExhausted, "MESSAGE_TOO_LARGE"),
        Error::TooManyStreams { .. } => (Code::ResourceExhausted, "TOO_MANY_STREAMS"),
        Error::FellBehind(_) => (Code::ResourceExhausted, "FELL_BEHIND"),
        Error::Starting => (Code::Unavailable, "STARTING"),
        Error::Stopping => (Code::Unavailable, "SHUTTING_DOWN"),
        Error::BeyondHead { .. } => (Code::OutOfRange, "POSITION_BEYOND_HEAD"),
        Error::Lost(_) | Error::Log(LogError::Store { .. }) => (Code::DataLoss, "HISTORY_LOST"),
        Error::ClockJumped(_) => (Code::Unavailable, "CLOCK_JUMPED"),
        Error::Log(_)
        | Error::Contradiction(_)
        | Error::Derived
        | Error::Obstacle(_)
        | Error::Unreadable(_)
        | Error::Internal(_) => (Code::Internal, "INTERNAL"),
    }
}

/// A caller whose page token alone is wrong starts the list anew; whoever sends a wrong field mends it.
fn malformed_reason(malformed: &Malformed) -> &'static str {
    let token = malformed.violations.iter().all(|violation| violation.field == "page.page_token");
    if token { "PAGE_TOKEN_INVALID" } else { "INVALID_FIELD" }
}

/// The first and the last position that are missing, where that is known.
fn missing(lost: &LogError) -> Vec<(&'static str, String)> {
    let range = if let LogError::Behind { head_size, stored_size, .. } = lost {
        Some((stored_size.saturating_add(1), *head_size))
    } else if let LogError::Store { what: _, missing } = lost {
        let first = missing.iter().map(|lost| lost.first).min();
        first.zip(missing.iter().map(|lost| lost.last).max())
    } else {
        None
    };
    let named = |(first, last): (u64, u64)| {
        vec![("first_missing", first.to_string()), ("last_missing", last.to_string())]
    };
    range.map(named).unwrap_or_default()
}

fn figures(error: &Error) -> BTreeMap<String, String> {
    let pairs: Vec<(&str, String)> = match error {
        Error::Rejected(rejection) => {
            let remedy = ("remedy", rejection.remedy().to_owned());
            rejection.figures().into_iter().chain([remedy]).collect()
        }
        Error::BeyondHead { asked, head } => {
            vec![("asked", asked.to_string()), ("position", head.to_string())]
        }
        Error::CheckpointNotFound { asked, newest } => {
            vec![("asked", asked.to_string()), ("size", newest.to_string())]
        }
        Error::ReferenceNotFound(reference) => vec![("ref", reference.to_string())],
        Error::Lost(lost) => missing(lost),
        Error::Log(lost) => missing(lost),
        Error::NotSigned { through } => vec![("size", through.to_string())],
        Error::PolicyNotFound(version) => vec![("version", version.to_string())],
        Error::MessageTooLarge => vec![("most_bytes", MESSAGE_BYTES.to_string())],
        Error::TooManyStreams { most } => vec![("most", most.to_string())],
        Error::FellBehind(stall) => vec![("seconds", stall.as_secs().to_string())],
        Error::TokenExpired(at) => vec![("expire_time_unix_ms", at.unix_ms().to_string())],
        Error::Denied(Denied::Scope(scope) | Denied::NotOwn(scope)) => {
            vec![("scope", scope.as_str_name().to_owned())]
        }
        Error::Denied(Denied::OtherCoop | Denied::NotTheirs | Denied::Acting)
        | Error::Malformed(_)
        | Error::NotSealed
        | Error::RequestUnknown
        | Error::TokenMissing
        | Error::TokenUnknown
        | Error::TokenRevoked
        | Error::TokenNotFound
        | Error::RateLimited(_)
        | Error::Busy
        | Error::NoRoom
        | Error::Deadline
        | Error::Starting
        | Error::Stopping
        | Error::CannotSign(_)
        | Error::ClockJumped(_)
        | Error::Contradiction(_)
        | Error::Derived
        | Error::Obstacle(_)
        | Error::Unreadable(_)
        | Error::Internal(_) => Vec::new(),
    };
    pairs.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}
