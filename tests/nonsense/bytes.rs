//! Every text that a method takes, in bytes that are no text; and every closed list, with what is not in it.

use ledger_proto::{
    DESCRIPTORS, Refusal,
    v1::{
        self, time_bank_service_client::TimeBankServiceClient,
        voucher_service_client::VoucherServiceClient,
    },
};
use prost::Message;
use prost_reflect::{
    DescriptorPool, DynamicMessage, FieldDescriptor, Kind, MessageDescriptor, MethodDescriptor,
    Value,
};
use tonic::{
    Code, Status, client::Grpc, codec::CompressionEncoding, codegen::http::uri::PathAndQuery,
};

use crate::harness::{Town, ask::dressed, run, say};

/// Messages lie in messages, and no deeper than this is looked: what repeats itself is the same again.
const DEPTH: usize = 4;

fn methods() -> Vec<MethodDescriptor> {
    let pool = DescriptorPool::decode(DESCRIPTORS).unwrap();
    let methods = pool.services().flat_map(|service| service.methods().collect::<Vec<_>>());
    // It never ends by itself.
    methods.filter(|method| method.name() != "WatchHistory").collect()
}

/// The ways to every field of a kind, each as the fields that lead to it.
fn ways(
    of: &MessageDescriptor,
    wanted: &dyn Fn(&Kind) -> bool,
    depth: usize,
) -> Vec<Vec<FieldDescriptor>> {
    let mut ways = Vec::new();
    for field in of.fields() {
        if wanted(&field.kind()) {
            ways.push(vec![field.clone()]);
        }
        if let (Kind::Message(inner), true) = (field.kind(), depth > 1) {
            let behind = self::ways(&inner, wanted, depth - 1).into_iter();
            ways.extend(behind.map(|way| [&[field.clone()][..], &way].concat()));
        }
    }
    ways
}

/// The wire's own words: a field that is so many bytes.
fn delimited(field: &FieldDescriptor, bytes: &[u8]) -> Vec<u8> {
    let mut said = Vec::new();
    prost::encoding::encode_key(
        field.number(),
        prost::encoding::WireType::LengthDelimited,
        &mut said,
    );
    prost::encoding::encode_varint(bytes.len() as u64, &mut said);
    said.extend(bytes);
    said
}

fn name(way: &[FieldDescriptor]) -> String {
    let names: Vec<&str> = way.iter().map(FieldDescriptor::name).collect();
    names.join(".")
}

/// Bytes that are sent as a message, as they are.
#[derive(Clone, Debug, Default)]
struct Bytes(Vec<u8>);

impl Message for Bytes {
    fn encode_raw(&self, to: &mut impl prost::bytes::BufMut) {
        to.put_slice(&self.0);
    }

    fn merge_field(
        &mut self,
        number: u32,
        wire: prost::encoding::WireType,
        from: &mut impl prost::bytes::Buf,
        context: prost::encoding::DecodeContext,
    ) -> Result<(), prost::DecodeError> {
        prost::encoding::skip_field(wire, number, from, context)
    }

    fn encoded_len(&self) -> usize {
        self.0.len()
    }

    fn clear(&mut self) {
        self.0.clear();
    }
}

/// How a call with a message ends.
async fn ended(town: &Town, method: &MethodDescriptor, message: Bytes) -> Status {
    let mut grpc = Grpc::new(town.channel());
    grpc.ready().await.unwrap();
    let path = format!("/{}/{}", method.parent_service().full_name(), method.name());
    let path = PathAndQuery::try_from(path).unwrap();
    let codec = tonic_prost::ProstCodec::<Bytes, Bytes>::default();
    let token = Some(town.token());
    let stream = || tokio_stream::iter([message.clone()]);
    let done = match (method.is_client_streaming(), method.is_server_streaming()) {
        (true, false) => {
            grpc.client_streaming(dressed(stream(), token), path, codec).await.map(drop)
        }
        (false, false) => grpc.unary(dressed(message, token), path, codec).await.map(drop),
        (_, true) => match grpc.streaming(dressed(stream(), token), path, codec).await {
            Ok(stream) => stream.into_inner().message().await.map(drop),
            Err(status) => Err(status),
        },
    };
    done.err().unwrap_or_else(|| Status::ok(""))
}

#[test]
fn bytes_that_are_no_text_are_refused_wherever_a_text_is_wanted() {
    run(async {
        let town = Town::peopled().await;
        let before = town.position().await;
        let mut tried = 0;
        for method in methods() {
            for way in ways(&method.input(), &|kind| matches!(kind, Kind::String), DEPTH) {
                // Broken off, of bytes that never are, and of half a pair.
                for bytes in [&b"Jean \xe2\x82"[..], b"\xff\xfe", b"\xed\xa0\x80"] {
                    let inside = way.iter().rev().fold(None, |inside: Option<Vec<u8>>, field| {
                        Some(delimited(field, inside.as_deref().unwrap_or(bytes)))
                    });
                    let message = Bytes(inside.unwrap());
                    let status = ended(&town, &method, message).await;
                    let what = format!("{}: {}", method.full_name(), name(&way));
                    assert_eq!(status.code(), Code::InvalidArgument, "{what}: {status:?}");
                    let told = Refusal::read(&status).unwrap();
                    assert_eq!(told.reason, "INVALID_FIELD", "{what}");
                    tried += 1;
                }
            }
        }
        assert!(tried > 1_000, "{tried} texts are looked at");
        assert_eq!(town.position().await, before, "nothing is stored");
    });
}

/// A message in which one field is said, and everything that leads to it.
fn saying(of: &MessageDescriptor, way: &[FieldDescriptor], value: i32) -> DynamicMessage {
    let mut message = DynamicMessage::new(of.clone());
    let [field, rest @ ..] = way else { return message };
    let said = match field.kind() {
        Kind::Message(inner) => Value::Message(saying(&inner, rest, value)),
        _ => Value::EnumNumber(value),
    };
    let said = if field.is_list() { Value::List(vec![said]) } else { said };
    message.set_field(field, said);
    message
}

#[test]
fn what_is_in_no_list_is_refused_by_the_name_of_its_field() {
    run(async {
        let town = Town::peopled().await;
        let before = town.position().await;
        let mut tried = 0;
        for method in methods() {
            // The writes of a batch and the steps of an import are told of one by one: nonsense of chance looks at them.
            let one_by_one = ["BatchService", "ImportService"];
            if one_by_one.contains(&method.parent_service().name()) {
                continue;
            }
            for way in ways(&method.input(), &|kind| matches!(kind, Kind::Enum(_)), DEPTH) {
                for value in [9_999, -1, i32::MIN, i32::MAX] {
                    let message = saying(&method.input(), &way, value).encode_to_vec();
                    let status = ended(&town, &method, Bytes(message)).await;
                    let what = format!("{}: {} = {value}", method.full_name(), name(&way));
                    assert_eq!(status.code(), Code::InvalidArgument, "{what}: {status:?}");
                    let told = Refusal::read(&status).unwrap();
                    assert_eq!(told.reason, "INVALID_FIELD", "{what}");
                    let last = way.last().unwrap().name();
                    let named = |field: &str| {
                        let end = field.rsplit('.').next().unwrap_or(field);
                        end.split('[').next() == Some(last)
                    };
                    let fields: Vec<&str> =
                        told.violations.iter().map(|wrong| wrong.field.as_str()).collect();
                    assert!(fields.iter().any(|field| named(field)), "{what}: {fields:?}");
                    tried += 1;
                }
            }
        }
        assert!(tried > 100, "{tried} lists are looked at");
        assert_eq!(town.position().await, before, "nothing is stored");
    });
}

#[test]
fn what_is_small_when_it_is_packed_is_measured_unpacked() {
    run(async {
        let town = Town::peopled().await;
        let before = town.position().await;
        // Thousands of times as long as what is sent.
        let mut request = say::log(1, 4, 1);
        let note = " ".repeat(4 * ledger_server::MAX_REQUEST);
        request.context = Some(v1::WriteContext { note, ..town.by("") });
        let packed = TimeBankServiceClient::new(town.channel());
        let mut packed = packed.send_compressed(CompressionEncoding::Gzip);
        let status = packed.log_hours(dressed(request, Some(town.token()))).await.unwrap_err();
        assert_eq!(status.code(), Code::ResourceExhausted, "{status:?}");
        assert_eq!(Refusal::read(&status).unwrap().reason, "MESSAGE_TOO_LARGE");
        // The method that asks for no token is no exception.
        let mut request = say::redeem(&" ".repeat(4 * ledger_server::MAX_REQUEST));
        request.context = Some(town.by(""));
        let packed = VoucherServiceClient::new(town.channel());
        let mut packed = packed.send_compressed(CompressionEncoding::Gzip);
        let status = packed.redeem_voucher(request).await.unwrap_err();
        assert_eq!(Refusal::read(&status).unwrap().reason, "MESSAGE_TOO_LARGE");
        assert_eq!(town.position().await, before, "nothing is stored");
    });
}
