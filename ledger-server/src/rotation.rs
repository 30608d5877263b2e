//! A change of the key that signs: made beside the old one, said in the log under both, and only then put in its place. Broken
//! off anywhere, it ends with the next start, or when it is asked for again.

use std::path::Path;

use ledger_core::{Command, CoopName, PublicKey, Signature};
use ledger_proto::{VerifierKey, rotation_message};

use crate::{
    checkpoints::{self, Register},
    error::Error,
    house::{House, Opening},
    log::LogId,
    operator,
};

/// Lets a new key sign the checkpoints of a co-op, and says which. The server must not run.
pub async fn rotate_key(opening: &Opening, coop: &CoopName) -> Result<VerifierKey, Error> {
    let begun = checkpoints::a_key_waits(&opening.data)?;
    let house = House::open(opening)?;
    let done = rotate(&house, &opening.data, coop, &begun).await;
    house.close().await;
    done
}

async fn rotate(
    house: &House,
    data: &Path,
    coop: &CoopName,
    begun: &[LogId],
) -> Result<VerifierKey, Error> {
    let (log, register) = house.register(coop)?;
    let waits = checkpoints::a_key_waits(data)?.contains(&log);
    if begun.contains(&log) && !waits {
        // The log said it before something broke it off; opening the house has ended it.
        return newest(&register);
    }
    let (origin, old, new) = register.changing(coop, house.log())?;
    let (old_key, new_key) = (old.public(), new.public());
    let message = rotation_message(&origin, &old_key, &new_key);
    let command = Command::RotateSigningKey {
        old_key: PublicKey::new(old_key),
        new_key: PublicKey::new(new_key),
        old_signature: Signature::new(&old.sign(&message)),
        new_signature: Signature::new(&new.sign(&message)),
    };
    let id = operator::request_id(house.now()?)?;
    house.engine().submit(operator::asks(coop, id, command)).await?;
    register.changed(Some(&new_key))?;
    newest(&register)
}

fn newest(register: &Register) -> Result<VerifierKey, Error> {
    register.verifier_keys().pop().ok_or_else(|| Error::internal("a log has no key"))
}

/// The keys by which the checkpoints in a folder are checked, by co-op, oldest first.
pub fn verifier_keys(data: &Path) -> Result<Vec<(CoopName, Vec<VerifierKey>)>, Error> {
    let mut keys = Vec::new();
    for log in checkpoints::published_logs(data)? {
        match Register::look(data, log) {
            Ok(found) => keys.extend(found),
            // The others' are shown.
            Err(error) => {
                tracing::error!(log = log.get(), %error, "the keys of a co-op cannot be read");
            }
        }
    }
    Ok(keys)
}
