//! Every way in which a call can come to nothing, and what that means for another try.

use std::time::Duration;

use ledger_proto::Refusal;

/// What came instead of an answer.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The ledger said no, with its reasons.
    #[error("{}", refusal.message)]
    Refused {
        /// Which kind of "no" it was.
        code: Code,
        /// The reason, the figures and the fields.
        refusal: Box<Refusal>,
        /// The id of the write. None: it was a read.
        request_id: Option<String>,
    },
    /// No answer came, or one that is not the ledger's. Whether a write was recorded is not known.
    #[error("no answer of the ledger came: {message}")]
    Unreachable {
        /// What the connection said last.
        message: String,
        /// The kind of failure, in the wire's own words.
        code: Code,
        /// The id of the write, with which another try is safe. None: it was a read.
        request_id: Option<String>,
    },
    /// The token cannot be read, or cannot be sent.
    #[error("{0}")]
    Token(String),
    /// The server's address makes no sense.
    #[error("\"{url}\" is no address of a server: {problem}")]
    Address {
        /// What was given.
        url: String,
        /// What is wrong with it.
        problem: String,
    },
    /// What the server says of its log does not hold: it is not what was signed, or not what was there before.
    #[error("not verified: {0}")]
    Unverified(String),
    /// What was asked for by name is not there.
    #[error("{0}")]
    NotFound(String),
    /// What was typed cannot be sent.
    #[error("{0}")]
    Usage(String),
    /// A file cannot be read or written.
    #[error("{path}: {source}")]
    File {
        /// Which file.
        path: String,
        /// What the system said.
        source: std::io::Error,
    },
    /// Rows were refused, and have been named one by one.
    #[error("{0}")]
    Rows(String),
    /// Good rows were stored and others refused, and the others have been set aside to be mended.
    #[error("{0}")]
    PartlyImported(String),
    /// The answer could not be shown.
    #[error("the answer could not be written: {0}")]
    Output(#[from] std::io::Error),
}

/// What a status code of the wire means for the one who asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Code {
    /// Nobody knows whether it was done: the connection or the time ran out.
    OutcomeUnknown,
    /// Not done: the server is busy, stopping or away.
    Unavailable,
    /// Not done: a rule forbids it, or the request makes no sense as it is.
    Refused,
    /// Not done: what it speaks of is not there.
    NotFound,
    /// Not done: the caller may not.
    NotAllowed,
    /// Not done: beyond the end of the log.
    OutOfRange,
    /// The server is at fault, or has lost something. Its operator has to look.
    ServerFault,
}

impl Code {
    /// The meaning of a code by its number on the wire.
    pub const fn of(number: i32) -> Self {
        match number {
            // CANCELLED, UNKNOWN, DEADLINE_EXCEEDED
            1 | 2 | 4 => Self::OutcomeUnknown,
            // RESOURCE_EXHAUSTED, UNAVAILABLE
            8 | 14 => Self::Unavailable,
            // INVALID_ARGUMENT, ALREADY_EXISTS, FAILED_PRECONDITION, ABORTED
            3 | 6 | 9 | 10 => Self::Refused,
            // NOT_FOUND
            5 => Self::NotFound,
            // PERMISSION_DENIED, UNAUTHENTICATED
            7 | 16 => Self::NotAllowed,
            // OUT_OF_RANGE
            11 => Self::OutOfRange,
            // UNIMPLEMENTED, INTERNAL, DATA_LOSS, and what is not known
            _ => Self::ServerFault,
        }
    }

    /// Whether the same request, under the same id, is worth another try.
    pub const fn can_retry(self) -> bool {
        match self {
            Self::OutcomeUnknown | Self::Unavailable => true,
            Self::Refused
            | Self::NotFound
            | Self::NotAllowed
            | Self::OutOfRange
            | Self::ServerFault => false,
        }
    }
}

impl Error {
    /// Reads a status of the wire.
    pub fn of_status(status: &tonic::Status, request_id: Option<&str>) -> Self {
        let code = Code::of(status.code().into());
        let request_id = request_id.map(str::to_owned);
        if let Some(refusal) = Refusal::read(status) {
            return Self::Refused { code, refusal: Box::new(refusal), request_id };
        }
        // What has a cause on this side was made here and not sent: a server that closes the connection just as a call goes out
        // comes as INTERNAL, and is no mistake of its own.
        let made_here = std::error::Error::source(status).is_some();
        let code = if made_here && code == Code::ServerFault { Code::OutcomeUnknown } else { code };
        Self::Unreachable { message: innermost(status), code, request_id }
    }

    /// Whether the same request, under the same id, is worth another try.
    pub fn can_retry(&self) -> bool {
        match self {
            // The operator has to confirm the clock first; trying again changes nothing.
            Self::Refused { refusal, .. } if refusal.reason == "CLOCK_JUMPED" => false,
            Self::Refused { code, .. } | Self::Unreachable { code, .. } => code.can_retry(),
            Self::Token(_)
            | Self::Address { .. }
            | Self::Unverified(_)
            | Self::NotFound(_)
            | Self::Usage(_)
            | Self::File { .. }
            | Self::Rows(_)
            | Self::PartlyImported(_)
            | Self::Output(_) => false,
        }
    }

    /// How long the server asked to be left alone.
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Refused { refusal, .. } => refusal.retry_after,
            Self::Unreachable { .. }
            | Self::Token(_)
            | Self::Address { .. }
            | Self::Unverified(_)
            | Self::NotFound(_)
            | Self::Usage(_)
            | Self::File { .. }
            | Self::Rows(_)
            | Self::PartlyImported(_)
            | Self::Output(_) => None,
        }
    }

    /// The reason that the ledger gave, by its published name.
    pub fn reason(&self) -> Option<&str> {
        match self {
            Self::Refused { refusal, .. } => {
                let reason = refusal.reason.as_str();
                Some(reason.strip_prefix("ERROR_REASON_").unwrap_or(reason))
            }
            Self::Unreachable { .. }
            | Self::Token(_)
            | Self::Address { .. }
            | Self::Unverified(_)
            | Self::NotFound(_)
            | Self::Usage(_)
            | Self::File { .. }
            | Self::Rows(_)
            | Self::PartlyImported(_)
            | Self::Output(_) => None,
        }
    }

    /// What a program ends with: 1 other, 2 usage, 3 refused, 4 not found, 5 not allowed,
    /// 6 try again, 7 not verified, 8 partly imported.
    pub const fn exit_code(&self) -> u8 {
        match self {
            Self::Refused { code, .. } | Self::Unreachable { code, .. } => match code {
                Code::OutcomeUnknown | Code::Unavailable => 6,
                Code::Refused => 3,
                Code::NotFound => 4,
                Code::NotAllowed => 5,
                Code::OutOfRange | Code::ServerFault => 1,
            },
            Self::Usage(_) | Self::Address { .. } => 2,
            Self::Rows(_) => 3,
            Self::NotFound(_) => 4,
            Self::Token(_) => 5,
            Self::Unverified(_) => 7,
            Self::PartlyImported(_) => 8,
            Self::File { .. } | Self::Output(_) => 1,
        }
    }
}

/// The last cause in the chain: "connection refused" says more than "transport error".
fn innermost(status: &tonic::Status) -> String {
    let mut said = status.message().to_owned();
    let mut next = std::error::Error::source(status);
    while let Some(cause) = next {
        said = cause.to_string();
        next = cause.source();
    }
    if said.is_empty() { "no reason was given".to_owned() } else { said }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    #[test]
    fn every_code_has_its_exit() {
        let exit = |number: i32| {
            Error::of_status(&tonic::Status::new(number.into(), "no"), Some("id")).exit_code()
        };
        for (number, expected) in
            [(9, 3), (10, 3), (6, 3), (3, 3), (5, 4), (16, 5), (7, 5), (14, 6), (4, 6), (8, 6)]
        {
            assert_eq!(exit(number), expected, "code {number}");
        }
        assert_eq!(exit(13), 1);
    }

    #[test]
    fn a_connection_that_went_away_is_no_fault_of_the_servers() {
        // What the transport makes of a connection that the server closes just as a call goes out.
        let mut gone = tonic::Status::internal("connection error");
        gone.set_source(Arc::new(std::io::Error::other("not a result of an error")));
        let error = Error::of_status(&gone, Some("id"));
        assert!(error.can_retry(), "{error:?}");
        assert_eq!(error.exit_code(), 6);
        // What the server itself says has no cause on this side.
        let said = Error::of_status(&tonic::Status::internal("a mistake"), Some("id"));
        assert!(!said.can_retry(), "{said:?}");
    }

    #[test]
    fn only_what_was_not_decided_is_tried_again() {
        let again = |number: i32| {
            Error::of_status(&tonic::Status::new(number.into(), "no"), None).can_retry()
        };
        for number in [1, 2, 4, 8, 14] {
            assert!(again(number), "code {number}");
        }
        for number in [3, 5, 6, 7, 9, 10, 11, 12, 13, 15, 16] {
            assert!(!again(number), "code {number}");
        }
    }
}
