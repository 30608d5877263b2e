//! Who follows the history: what comes is told to all of them in the same bytes, made once.
//!
//! A follower near the head reads what the writer has just left; one that is further behind reads the log, and crosses over
//! when it has come near. Whoever has just been told something is told the next a moment later, with all that came
//! meanwhile, in small messages one behind the other: a busy log wakes its followers seldom, a quiet one without delay.

use std::{
    convert::Infallible,
    task::{Context, Poll},
    time::Duration,
};

use ledger_proto::{
    api::{Told, Watched},
    v1::{self, history_service_server::HistoryServiceServer},
};
use prost::bytes::Bytes;
use tokio::sync::{mpsc, watch};
use tokio_stream::{StreamExt, wrappers::ReceiverStream};
use tonic::{
    Request, Response, Status,
    body::Body,
    codec::{Codec, CompressionEncoding, EncodeBuf, Encoder},
    codegen::{BoxFuture, http},
    server::{Grpc, NamedService, ServerStreamingService},
};
use tonic_prost::ProstCodec;

use super::{
    Service,
    feed::{Answers, Reader, WAITING, page, send},
    prover::on_a_thread,
    room::Room,
};
use crate::{error::Error, views::Follower};

/// The one method that is answered here and not by the generated service.
const WATCH: &str = "/carestore.v1.HistoryService/WatchHistory";
/// Something is heard of the log at least so often.
const HEARTBEAT: Duration = Duration::from_secs(10);
/// So long after a message the next may come…
const REST: Duration = Duration::from_millis(20);
/// …and so long for each who follows: all together are told so often that the writer has the processor.
const REST_EACH: Duration = Duration::from_millis(2);
/// Nobody rests for longer than this.
const REST_MOST: Duration = Duration::from_millis(300);
/// A message of what is shared holds about so many bytes: both sides make such messages out of memory that they have just
/// used, where each larger one has its pages made anew for it.
const SHARED: usize = 64 << 10;

/// A watch of the history, with its entries in bytes.
type Watches = Answers<Watched>;
/// A watch of the history, with its entries spelled out.
pub(super) type WatchStream = Answers<v1::WatchHistoryResponse>;

async fn watch(service: &Service, request: v1::WatchHistoryRequest) -> Result<Watches, Error> {
    let v1::WatchHistoryRequest { coop, after_position } = request;
    let room = service.room()?;
    let reader = Reader::of(service, &coop, after_position)?;
    let follower = reader.published().recent().follow();
    let (reader, peaks) = on_a_thread(move || {
        let peaks = reader.peaks()?;
        Ok((reader, peaks))
    })
    .await?;
    let (sender, answers) = mpsc::channel(WAITING);
    let stopping = service.ground.stopping.clone();
    tokio::spawn(follow((reader, follower), peaks, (sender, room), stopping));
    Ok(Box::pin(ReceiverStream::new(answers)))
}

/// The same for whoever wants its entries one by one: the trait of the API asks for it.
pub(super) async fn spelled(
    service: &Service,
    request: v1::WatchHistoryRequest,
) -> Result<WatchStream, Error> {
    let told = watch(service, request).await?;
    Ok(Box::pin(told.map(|told| {
        told.and_then(|told| told.spelled().map_err(|error| Error::internal(error).into()))
    })))
}

async fn follow(
    (mut reader, follower): (Reader, Follower),
    mut peaks: Vec<Vec<u8>>,
    (sender, room): (mpsc::Sender<Result<Watched, Status>>, Room),
    mut stopping: watch::Receiver<bool>,
) {
    let mut head = reader.published().follow();
    // The first message comes at once, so that a watcher knows that it is connected.
    let mut silent = false;
    loop {
        let newest = head.borrow_and_update().get();
        // Whoever only waits is woken when damage was found, and told.
        if let Err(error) = reader.goes_on() {
            return send(&sender, Err(error)).await;
        }
        let mut entries = Vec::new();
        if reader.after < newest {
            (reader, entries) = match next(reader, &follower, newest).await {
                Ok(read) => read,
                Err(error) => return send(&sender, Err(error)).await,
            };
        }
        if !entries.is_empty() || !silent {
            silent = true;
            let (head, peaks) = (Some(reader.head()), std::mem::take(&mut peaks));
            if room.hand(&sender, Watched { entries, head, peaks }).await.is_break() {
                return;
            }
        }
        if reader.after >= newest {
            let rest = rest(follower.among());
            let more = async {
                tokio::time::sleep(rest).await;
                head.changed().await
            };
            tokio::select! {
                changed = more => if changed.is_err() {
                    return send(&sender, Err(Error::Stopping)).await;
                },
                () = told(&mut stopping) => {
                    return send(&sender, Err(Error::Stopping)).await;
                }
                () = tokio::time::sleep(HEARTBEAT) => silent = false,
                () = sender.closed() => return,
            }
        }
    }
}

/// The next entries up to and with this position, or as far as somebody else was told, about a message full: from what is
/// shared, or else from the log.
async fn next(
    mut reader: Reader,
    follower: &Follower,
    through: u64,
) -> Result<(Reader, Vec<Bytes>), Error> {
    if let Some((entries, last)) = follower.after(reader.after, through, SHARED) {
        // Damage that was found meanwhile ends the stream.
        reader.goes_on()?;
        reader.after = last;
        return Ok((reader, entries));
    }
    page(reader, through, |entries| vec![Told::of(entries).all()]).await
}

/// How long each rests where so many follow.
fn rest(followers: usize) -> Duration {
    let each = REST_EACH.saturating_mul(u32::try_from(followers).unwrap_or(u32::MAX));
    each.clamp(REST, REST_MOST)
}

/// Waits until the server is told to stop; or until nobody is left to tell it, which is the same.
async fn told(stopping: &mut watch::Receiver<bool>) {
    drop(stopping.wait_for(|stopping| *stopping).await);
}

/// The service of the history, with the bytes of a watch taken as they are.
#[derive(Clone)]
pub(crate) struct Watching {
    service: Service,
    others: HistoryServiceServer<Service>,
    message_max: usize,
}

impl Watching {
    /// Answers a watch, with messages up to a size, and leaves every other method to the generated service.
    pub(crate) fn new(
        service: Service,
        others: HistoryServiceServer<Service>,
        message_max: usize,
    ) -> Self {
        Self { service, others, message_max }
    }
}

impl NamedService for Watching {
    const NAME: &'static str = <HistoryServiceServer<Service> as NamedService>::NAME;
}

impl tower::Service<http::Request<Body>> for Watching {
    type Response = http::Response<Body>;
    type Error = Infallible;
    type Future = BoxFuture<Self::Response, Infallible>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        tower::Service::<http::Request<Body>>::poll_ready(&mut self.others, context)
    }

    fn call(&mut self, request: http::Request<Body>) -> Self::Future {
        if request.uri().path() != WATCH {
            return self.others.call(request);
        }
        let mut grpc = Grpc::new(AsBytes)
            .accept_compressed(CompressionEncoding::Gzip)
            .send_compressed(CompressionEncoding::Gzip)
            .max_decoding_message_size(self.message_max);
        let watch = Watch(self.service.clone());
        Box::pin(async move { Ok(grpc.server_streaming(watch, request).await) })
    }
}

/// How a watch is read and written.
struct AsBytes;

impl Codec for AsBytes {
    type Encode = Watched;
    type Decode = v1::WatchHistoryRequest;
    type Encoder = Self;
    type Decoder = <ProstCodec<(), v1::WatchHistoryRequest> as Codec>::Decoder;

    fn encoder(&mut self) -> Self {
        Self
    }

    fn decoder(&mut self) -> Self::Decoder {
        ProstCodec::<(), _>::default().decoder()
    }
}

impl Encoder for AsBytes {
    type Item = Watched;
    type Error = Status;

    fn encode(&mut self, told: Watched, to: &mut EncodeBuf<'_>) -> Result<(), Status> {
        // At once, since a message may be large, and would be moved each time that it has grown out of its place.
        to.reserve(told.encoded_len());
        told.encode(to);
        Ok(())
    }
}

/// The method, as tonic calls it.
struct Watch(Service);

impl ServerStreamingService<v1::WatchHistoryRequest> for Watch {
    type Response = Watched;
    type ResponseStream = Watches;
    type Future = BoxFuture<Response<Watches>, Status>;

    fn call(&mut self, request: Request<v1::WatchHistoryRequest>) -> Self::Future {
        let service = self.0.of(&request);
        Box::pin(async move {
            let watch = watch(&service, request.into_inner()).await;
            Ok(Response::new(watch.map_err(|error| service.no(error))?))
        })
    }
}
