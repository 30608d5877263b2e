//! A "no" on the wire: how a refusal is packed into the details of a status, and read back.
//!
//! Both directions stand here, so that they cannot differ. Which code a refusal travels under is
//! not decided here.

use std::collections::BTreeMap;
use std::time::Duration;

use prost::Message;
use tonic_types::{ErrorDetails, RpcStatusExt, StatusExt};

use crate::malformed::Violation;

/// Who speaks: the domain of every `google.rpc.ErrorInfo` that the ledger sends.
pub const DOMAIN: &str = "carestore";

/// A "no", with all that a program or a person needs to go on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Refusal {
    /// The reason, by its name in `carestore.v1.ErrorReason` without the prefix.
    pub reason: String,
    /// The reason as a sentence for a person.
    pub message: String,
    /// The figures that it turned on.
    pub metadata: BTreeMap<String, String>,
    /// Every field that has to be mended, all at once.
    pub violations: Vec<Violation>,
    /// How long to wait before the same request is worth another try.
    pub retry_after: Option<Duration>,
}

impl Refusal {
    /// The details that travel beside the code and the message.
    pub fn details(&self) -> ErrorDetails {
        let metadata =
            self.metadata.clone().into_iter().collect::<std::collections::HashMap<_, _>>();
        let mut details = ErrorDetails::with_error_info(&self.reason, DOMAIN, metadata);
        for Violation { field, problem } in &self.violations {
            details.add_bad_request_violation(field, problem);
        }
        if self.retry_after.is_some() {
            details.set_retry_info(self.retry_after);
        }
        details
    }

    /// The refusal in a status. None: whoever sent it was not this ledger.
    pub fn read(status: &tonic::Status) -> Option<Self> {
        Self::unpack(status.message(), &status.get_error_details())
    }

    /// The refusal as a `google.rpc.Status`, for one result among many.
    pub fn into_rpc_status(self, code: i32) -> tonic_types::Status {
        let details = self.details();
        let status = tonic::Status::with_error_details(code.into(), self.message.clone(), details);
        // The packed details are themselves this message; what cannot be read back goes without.
        tonic_types::Status::decode(status.details()).unwrap_or_else(|_| tonic_types::Status {
            code,
            message: self.message,
            details: Vec::new(),
        })
    }

    /// The refusal in a `google.rpc.Status`. None: whoever sent it was not this ledger.
    pub fn from_rpc_status(status: &tonic_types::Status) -> Option<Self> {
        Self::unpack(&status.message, &status.get_error_details())
    }

    fn unpack(message: &str, details: &ErrorDetails) -> Option<Self> {
        let info = details.error_info().filter(|info| info.domain == DOMAIN)?;
        let violations = details.bad_request().map_or(&[][..], |bad| &bad.field_violations);
        Some(Self {
            reason: info.reason.clone(),
            message: message.to_owned(),
            metadata: info.metadata.clone().into_iter().collect(),
            violations: violations
                .iter()
                .map(|violation| Violation {
                    field: violation.field.clone(),
                    problem: violation.description.clone(),
                })
                .collect(),
            retry_after: details.retry_info().and_then(|retry| retry.retry_delay),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FAILED_PRECONDITION: i32 = 9;

    fn refusal() -> Refusal {
        Refusal {
            reason: "NOT_ENOUGH_HOURS".to_owned(),
            message: "There are 2 hours left.".to_owned(),
            metadata: BTreeMap::from([("available_minutes".to_owned(), "120".to_owned())]),
            violations: vec![Violation {
                field: "minutes".to_owned(),
                problem: "It is too much.".to_owned(),
            }],
            retry_after: Some(Duration::from_millis(1500)),
        }
    }

    #[test]
    fn a_status_reads_back_as_what_was_packed() {
        let refusal = refusal();
        let status = tonic::Status::with_error_details(
            FAILED_PRECONDITION.into(),
            &refusal.message,
            refusal.details(),
        );
        assert_eq!(Refusal::read(&status), Some(refusal));
    }

    #[test]
    fn a_result_among_many_reads_back_as_what_was_packed() {
        let status = refusal().into_rpc_status(FAILED_PRECONDITION);
        assert_eq!(status.code, FAILED_PRECONDITION);
        assert_eq!(Refusal::from_rpc_status(&status), Some(refusal()));
    }

    #[test]
    fn a_status_of_somebody_else_is_no_refusal_of_ours() {
        assert_eq!(Refusal::read(&tonic::Status::unavailable("gone")), None);
    }
}
