//! A running server is asked for a backup, on the socket in its folder.

use std::{io::ErrorKind, path::Path};

use ledger_proto::{
    Hash,
    v1::{self, create_backup_response::Part, operator_service_client::OperatorServiceClient},
};
use tokio::net::UnixStream;
use tonic::transport::Endpoint;

use super::{
    Heard, Step,
    cards::Counted,
    create::{Made, MadeCoop},
    manifest::LeftOut,
    socket::SOCKET,
};
use crate::{auth::cannot, error::Error};

/// Asks the server that is at work in this folder. Nothing: none is, or it does not answer.
pub(super) async fn ask(
    data: &Path,
    to: &Path,
    heard: &mut Heard<'_>,
) -> Result<Option<Made>, Error> {
    let path = data.join(SOCKET);
    match UnixStream::connect(&path).await {
        Ok(answered) => drop(answered),
        Err(error) if error.kind() == ErrorKind::PermissionDenied => {
            return Err(Error::Internal(format!(
                "{} is for the user that the server runs as: become that user, or the machine's administrator",
                path.display()
            )));
        }
        // It was left by a server that was killed, or is too long a name, or is not there at all.
        Err(error)
            if matches!(
                error.kind(),
                ErrorKind::NotFound | ErrorKind::ConnectionRefused | ErrorKind::InvalidInput
            ) =>
        {
            return Ok(None);
        }
        Err(error) => return Err(cannot("open", &path, &error)),
    }
    let (path, folder) = match (path.to_str(), to.to_str()) {
        (Some(path), Some(folder)) => (path, folder.to_owned()),
        (None, _) | (_, None) => {
            return Err(Error::internal(
                "the names of the folders are no text: the server takes only text",
            ));
        }
    };
    let endpoint = Endpoint::from_shared(format!("unix://{path}")).map_err(Error::internal)?;
    let channel = endpoint.connect().await.map_err(Error::internal)?;
    let mut client = OperatorServiceClient::new(channel);
    let request = v1::CreateBackupRequest { folder };
    let refused = |status: tonic::Status| Error::Internal(status.message().to_owned());
    let mut answers = client.create_backup(request).await.map_err(refused)?.into_inner();
    while let Some(answer) = answers.message().await.map_err(refused)? {
        match answer.part {
            Some(Part::Progress(progress)) => heard(step(progress))?,
            Some(Part::Summary(summary)) => return Ok(Some(made(summary))),
            None => {}
        }
    }
    Err(Error::Internal(format!(
        "the server went away before the backup was whole. What is in {} is none: remove it",
        to.display()
    )))
}

fn count(number: i64) -> u64 {
    u64::try_from(number).unwrap_or_default()
}

fn step(progress: v1::BackupProgress) -> Step {
    let v1::BackupProgress { what, entries, of_entries } = progress;
    if of_entries == 0 {
        Step::File(what)
    } else {
        Step::Entries { coop: what, done: count(entries), of: count(of_entries) }
    }
}

fn made(summary: v1::BackupSummary) -> Made {
    let v1::BackupSummary { coops, left_out, cards, notes, bytes } = summary;
    let coops = coops.into_iter().map(|coop| MadeCoop {
        coop: coop.coop,
        entries: count(coop.entries),
        signed: count(coop.signed_entries),
        root: Hash::new(coop.root.try_into().unwrap_or_default()),
    });
    let left_out = left_out.into_iter().map(|out| LeftOut { coop: out.coop, why: out.why });
    Made {
        coops: coops.collect(),
        left_out: left_out.collect(),
        counted: Counted { cards: count(cards), notes: count(notes) },
        bytes: count(bytes),
    }
}
