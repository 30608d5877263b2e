//! The history as it comes, counted and not spelled out.

use std::marker::PhantomData;

use prost::{
    Message,
    bytes::Buf,
    encoding::{WireType, decode_key, decode_varint},
};
use tonic::{
    Status, Streaming,
    client::Grpc,
    codec::{Codec, DecodeBuf, Decoder},
    codegen::http::uri::PathAndQuery,
};
use tonic_prost::ProstCodec;

use super::callers::Way;

/// Asks one of the history's streaming methods, over a connection of its own.
pub(super) async fn stream<R: Message + 'static>(
    way: &Way,
    method: &str,
    request: R,
) -> Streaming<u32> {
    let mut client = Grpc::new(way.connect().await);
    client.ready().await.unwrap();
    let path = format!("/carestore.v1.HistoryService/{method}").parse::<PathAndQuery>().unwrap();
    let answer = client.server_streaming(way.dressed(request), path, Counting(PhantomData)).await;
    answer.unwrap().into_inner()
}

/// Reads a message no further than to know how many entries it holds: what is done with them is its reader's affair, and
/// would be done on machines of their own.
struct Counting<R>(PhantomData<R>);

impl<R: Message + 'static> Codec for Counting<R> {
    type Encode = R;
    type Decode = u32;
    type Encoder = <ProstCodec<R, ()> as Codec>::Encoder;
    type Decoder = Counting<()>;

    fn encoder(&mut self) -> Self::Encoder {
        ProstCodec::<R, ()>::default().encoder()
    }

    fn decoder(&mut self) -> Counting<()> {
        Counting(PhantomData)
    }
}

impl Decoder for Counting<()> {
    type Item = u32;
    type Error = Status;

    fn decode(&mut self, message: &mut DecodeBuf<'_>) -> Result<Option<u32>, Status> {
        let (mut entries, mut left) = (0, message.chunk());
        assert_eq!(left.len(), message.remaining(), "a message lies in one piece");
        while !left.is_empty() {
            let (field, form) = decode_key(&mut left).unwrap();
            assert_eq!(form, WireType::LengthDelimited);
            let length = decode_varint(&mut left).unwrap();
            left.advance(usize::try_from(length).unwrap());
            entries += u32::from(field == 1);
        }
        message.advance(message.remaining());
        Ok(Some(entries))
    }
}
