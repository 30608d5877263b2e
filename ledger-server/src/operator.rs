//! What the server's operator asks of a ledger, at the keyboard or by a timer, without gRPC between.

use ledger_core::{Actor, Channel, Command, CoopName, Fingerprint, Request, RequestId, Timestamp};

use crate::{auth::random, engine::Submission, error::Error};

/// A request id of this time, like no other.
pub(crate) fn request_id(at: Timestamp) -> Result<RequestId, Error> {
    let random = random()?;
    let bits = random.first_chunk::<10>().copied().unwrap_or_default();
    Ok(RequestId::of_time(at, bits))
}

/// A request by the operator.
pub(crate) fn asks(coop: &CoopName, id: RequestId, command: Command) -> Submission {
    Submission {
        coop: coop.clone(),
        request: Request {
            id,
            fingerprint: Fingerprint::new(*id.bytes()),
            at: Timestamp::default(),
            occurred_on: None,
            actor: Actor::Operator,
            on_behalf_of: None,
            channel: Channel::App,
            expected_position: None,
            expected_revision: None,
            corrects: None,
            row: None,
            command,
        },
        validate_only: false,
        card: None,
        note: None,
    }
}
