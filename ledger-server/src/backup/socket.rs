//! The operator's socket in the server's own folder: whoever can open it is the operator. What is asked there is asked nowhere
//! else.

use std::{
    fs, io,
    os::unix::fs::{FileTypeExt, MetadataExt, PermissionsExt},
    path::{Path, PathBuf},
    pin::Pin,
    time::Duration,
};

use ledger_proto::v1::{
    self, create_backup_response::Part, operator_service_server::OperatorService,
    operator_service_server::OperatorServiceServer,
};
use tokio::{
    net::UnixListener,
    sync::{mpsc, watch},
    task::JoinHandle,
};
use tokio_stream::{
    Stream,
    wrappers::{ReceiverStream, UnixListenerStream},
};
use tonic::{
    Request, Response, Status,
    transport::{Server, server::UdsConnectInfo},
};

use super::{
    Step,
    create::{Made, create},
    cut::Source,
    manifest::MANIFEST,
};
use crate::error::Error;

/// The socket, in the folder with everything in it.
pub(super) const SOCKET: &str = "operator.sock";
/// So many words about how far it has got may wait for whoever asked.
const WAITING: usize = 16;
/// When the server stops, a backup has so long to notice.
const DRAIN: Duration = Duration::from_secs(5);

/// What is asked on the socket.
struct Operator {
    source: Source,
    /// Who owns the socket, and so may ask.
    owner: u32,
    stopping: watch::Receiver<bool>,
}

/// Listens on the socket until told to stop, and takes it away then. Where it cannot be opened, the journal says so, and the
/// server does without.
pub(crate) fn listen(source: Source, mut stopping: watch::Receiver<bool>) -> JoinHandle<()> {
    let path = source.data.join(SOCKET);
    let bound = bind(&path);
    let (listener, owner) = match bound {
        Ok(bound) => bound,
        Err(error) => {
            tracing::warn!(
                path = %path.display(), %error,
                "the operator's socket cannot be opened: a backup can be made only while the server does not run"
            );
            return tokio::spawn(async {});
        }
    };
    let operator = Operator { source, owner, stopping: stopping.clone() };
    let mut told = stopping.clone();
    let draining = async move { drop(told.wait_for(|stopping| *stopping).await) };
    tokio::spawn(async move {
        let router = Server::builder().add_service(OperatorServiceServer::new(operator));
        let served =
            router.serve_with_incoming_shutdown(UnixListenerStream::new(listener), draining);
        let overdue = async {
            drop(stopping.wait_for(|stopping| *stopping).await);
            tokio::time::sleep(DRAIN).await;
        };
        tokio::select! {
            ended = served => {
                if let Err(error) = ended {
                    tracing::error!(%error, "the operator's socket is served no more");
                }
            }
            () = overdue => {}
        }
        drop(fs::remove_file(path));
    })
}

/// The socket, for its owner alone, and who that is. What a server left there that was killed is in nobody's use: this one holds
/// the lock of the log.
fn bind(path: &Path) -> io::Result<(UnixListener, u32)> {
    match fs::symlink_metadata(path) {
        Ok(found) if found.file_type().is_socket() => fs::remove_file(path)?,
        // Whatever it is, it is not ours to remove: binding says so.
        Ok(_) | Err(_) => {}
    }
    let listener = UnixListener::bind(path)?;
    fs::set_permissions(path, fs::Permissions::from_mode(0o600))?;
    Ok((listener, fs::metadata(path)?.uid()))
}

impl Operator {
    /// Whoever connected before the socket was its owner's alone is found out here. The machine's own administrator may.
    fn is_owner<M>(&self, request: &Request<M>) -> Result<(), Status> {
        let peer = request.extensions().get::<UdsConnectInfo>().and_then(|peer| peer.peer_cred);
        match peer {
            Some(peer) if peer.uid() == self.owner || peer.uid() == 0 => Ok(()),
            Some(_) | None => Err(Status::permission_denied(
                "only the user that the server runs as may ask for this",
            )),
        }
    }
}

#[tonic::async_trait]
impl OperatorService for Operator {
    type CreateBackupStream =
        Pin<Box<dyn Stream<Item = Result<v1::CreateBackupResponse, Status>> + Send>>;

    async fn create_backup(
        &self,
        request: Request<v1::CreateBackupRequest>,
    ) -> Result<Response<Self::CreateBackupStream>, Status> {
        self.is_owner(&request)?;
        let to = PathBuf::from(request.into_inner().folder);
        if !to.is_absolute() {
            return Err(Status::invalid_argument("folder: a full path is wanted"));
        }
        let (sender, answers) = mpsc::channel(WAITING);
        let (source, stopping) = (self.source.clone(), self.stopping.clone());
        tokio::task::spawn_blocking(move || {
            tracing::info!(to = %to.display(), "a backup is being made");
            let mut heard = |step| {
                if *stopping.borrow() {
                    return Err(Error::Stopping);
                }
                if sender.is_closed() {
                    return Err(Error::internal("whoever asked for the backup has gone"));
                }
                // How far it has got is heard the next time, if nobody listens now. One place is for the last word: whoever
                // asked and listens no more holds up neither the backup nor the server's end.
                if sender.capacity() > 1 {
                    drop(sender.try_send(Ok(answer(Part::Progress(progress(step))))));
                }
                Ok(())
            };
            let made = create(&source, &to, &mut heard);
            match &made {
                Ok(_) => tracing::info!(list = %to.join(MANIFEST).display(), "a backup was made"),
                Err(error) => tracing::error!(%error, "no backup was made"),
            }
            let last = made.map(|made| answer(Part::Summary(summary(made))));
            // Whoever has gone does not want to know.
            drop(sender.try_send(last.map_err(|error| Status::aborted(error.to_string()))));
        });
        Ok(Response::new(Box::pin(ReceiverStream::new(answers))))
    }
}

fn answer(part: Part) -> v1::CreateBackupResponse {
    v1::CreateBackupResponse { part: Some(part) }
}

fn count(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

fn progress(step: Step) -> v1::BackupProgress {
    match step {
        Step::Entries { coop, done, of } => {
            v1::BackupProgress { what: coop, entries: count(done), of_entries: count(of) }
        }
        Step::File(what) => v1::BackupProgress { what, entries: 0, of_entries: 0 },
    }
}

fn summary(made: Made) -> v1::BackupSummary {
    let Made { coops, left_out, counted, bytes } = made;
    let coops = coops.into_iter().map(|coop| v1::BackedUpCoop {
        coop: coop.coop,
        entries: count(coop.entries),
        root: coop.root.as_bytes().to_vec(),
        signed_entries: count(coop.signed),
    });
    let left_out = left_out.into_iter().map(|out| v1::LeftOutCoop { coop: out.coop, why: out.why });
    v1::BackupSummary {
        coops: coops.collect(),
        left_out: left_out.collect(),
        cards: count(counted.cards),
        notes: count(counted.notes),
        bytes: count(bytes),
    }
}
