//! Who follows the history: what comes is told to all of them in the same bytes, made once.
//!
//! A follower near the head reads what the writer has just left; one that is further behind reads the log in chapters, which
//! others who are as far behind share, and crosses over when it has come near. Whoever has just been told something is told
//! the next a moment later, with all that came meanwhile, in small messages one behind the other: a busy log wakes its
//! followers seldom, a quiet one without delay. Whoever writes comes first: see [`super::pace`].
//!
//! Nothing is packed here, even for whoever could unpack it: that would be done for each of them apart, and takes more of the
//! processor than all the rest of telling them.

use std::{
    convert::Infallible,
    sync::Arc,
    task::{Context, Poll},
};

use ledger_proto::{
    api::Watched,
    v1::{self, history_service_server::HistoryServiceServer},
};
use tokio::sync::mpsc;
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
    feed::{Answers, Reader, WAITING},
    following::Following,
    prover::on_a_thread,
};
use crate::error::Error;

/// The one method that is answered here and not by the generated service.
const WATCH: &str = "/carestore.v1.HistoryService/WatchHistory";
/// A watch of the history, with its entries in bytes.
type Watches = Answers<Watched>;
/// A watch of the history, with its entries spelled out.
pub(super) type WatchStream = Answers<v1::WatchHistoryResponse>;

async fn watch(service: &Service, request: v1::WatchHistoryRequest) -> Result<Watches, Error> {
    let v1::WatchHistoryRequest { coop, after_position } = request;
    let room = service.room()?;
    let reader = Reader::of(service, &coop, after_position)?;
    let follower = reader.published().recent().follow(reader.after);
    let (reader, peaks) = on_a_thread(move || {
        let peaks = reader.peaks()?;
        Ok((reader, peaks))
    })
    .await?;
    let (sender, answers) = mpsc::channel(WAITING);
    let (pace, stopping) = (Arc::clone(&service.ground.pace), service.ground.stopping.clone());
    let following = Following { reader, follower, sender, room, pace, stopping, owed: 0 };
    tokio::spawn(following.go(peaks));
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
