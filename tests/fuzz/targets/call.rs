//! Calls of strangers and of tokens to a server that runs: whatever is sent, there is an answer with words, nobody without a
//! good token is let in, nothing is taken for the server's own mistake, and the server goes on.
#![no_main]

use std::{
    fs,
    net::{Ipv4Addr, SocketAddr},
    num::NonZeroU32,
    sync::LazyLock,
};

use bytes::{Buf, BufMut, Bytes};
use ledger_core::{RequestId, Timestamp};
use ledger_fuzz::{
    Result, Unstructured,
    built::{Known, built, named},
};
use ledger_proto::v1;
use ledger_server::{House, Opening, Serving, access, serve};
use prost_reflect::{DescriptorPool, prost::Message};
use tokio::runtime::Runtime;
use tonic::{
    Code, Request, Status,
    client::Grpc,
    codec::{Codec, DecodeBuf, Decoder, EncodeBuf, Encoder},
    codegen::http::uri::PathAndQuery,
    metadata::{Ascii, MetadataValue},
    transport::{Channel, Endpoint},
};

static TOWN: LazyLock<Town> = LazyLock::new(Town::new);

/// So many answers of a stream are waited for; a feed never ends.
const ANSWERS: usize = 2;

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let mut u = Unstructured::new(data);
    let _too_short = TOWN.call(&mut u);
});

/// A method: its path, the name of what it takes, and whether it answers with a stream.
struct Method {
    path: PathAndQuery,
    takes: String,
    streams: bool,
}

struct Town {
    runtime: Runtime,
    channel: Channel,
    methods: Vec<Method>,
    operator: String,
    member: String,
    _serving: Serving,
    _folder: tempfile::TempDir,
}

/// Who calls.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Who {
    Operator,
    Member,
    Nobody,
    /// Somebody with words that are no token.
    Anything,
}

impl Town {
    fn new() -> Self {
        let runtime = Runtime::new().unwrap();
        let folder = tempfile::tempdir().unwrap();
        let mut opening = Opening::at(folder.path());
        opening.limits.requests_a_second = NonZeroU32::MAX;
        (opening.log.min_free_bytes, opening.log.reserve_bytes) = (0, 0);
        let serving = runtime.block_on(async {
            let house = House::open(&opening).unwrap();
            serve(house, SocketAddr::from((Ipv4Addr::LOCALHOST, 0)), None).await.unwrap()
        });
        let operator = fs::read_to_string(folder.path().join("operator.token")).unwrap();
        let channel = {
            let _within = runtime.enter();
            Endpoint::from_shared(format!("http://{}", serving.address())).unwrap().connect_lazy()
        };
        let pool = DescriptorPool::decode(ledger_proto::DESCRIPTORS).unwrap();
        let methods = pool.services().flat_map(|service| {
            let service_name = service.full_name().to_owned();
            let methods: Vec<Method> = service
                .methods()
                .map(|method| Method {
                    path: format!("/{service_name}/{}", method.name()).parse().unwrap(),
                    takes: method.input().full_name().to_owned(),
                    streams: method.is_server_streaming(),
                })
                .collect();
            methods
        });
        let methods = methods.filter(|method| access(&method.path.path()[1..]).is_some()).collect();
        let mut town = Self {
            runtime,
            channel,
            methods,
            operator: operator.trim().to_owned(),
            member: String::new(),
            _serving: serving,
            _folder: folder,
        };
        town.begin();
        town
    }

    /// A co-op with some members, and a token of one of them.
    fn begin(&mut self) {
        let context = |number| {
            Some(v1::WriteContext {
                coop: "coops/colne-valley".into(),
                request_id: request_id(number),
                ..Default::default()
            })
        };
        let found = v1::FoundCoopRequest { context: context(0), policy: None };
        self.well("CoopService/FoundCoop", &found);
        for number in 1..5 {
            let hats = vec![v1::Hat::FamilyCarer.into(), v1::Hat::CommunityVolunteer.into()];
            let enrol =
                v1::EnrolMemberRequest { context: context(number), hats, ..Default::default() };
            self.well("MembersService/EnrolMember", &enrol);
        }
        let token = v1::CreateTokenRequest {
            coop: "coops/colne-valley".into(),
            title: "A telephone".into(),
            role: v1::TokenRole::Member.into(),
            acts_as: "members/1001".into(),
            ..Default::default()
        };
        let answer = self.well("TokensService/CreateToken", &token);
        self.member = v1::CreateTokenResponse::decode(answer).unwrap().secret;
    }

    fn well(&self, method: &str, message: &impl Message) -> Bytes {
        let path = format!("/carestore.v1.{method}");
        let method = self.methods.iter().find(|one| one.path.path() == path).unwrap();
        let said =
            self.ask(method, message.encode_to_vec(), Some(&format!("Bearer {}", self.operator)));
        said.unwrap().remove(0)
    }

    fn ask(
        &self,
        method: &Method,
        body: Vec<u8>,
        authorization: Option<&str>,
    ) -> std::result::Result<Vec<Bytes>, Status> {
        let mut request = Request::new(tokio_stream::once(Bytes::from(body)));
        if let Some(said) = authorization {
            let Ok(said) = said.parse::<MetadataValue<Ascii>>() else { return Ok(Vec::new()) };
            request.metadata_mut().insert("authorization", said);
        }
        self.runtime.block_on(async {
            let mut caller = Grpc::new(self.channel.clone());
            caller.ready().await.unwrap();
            let answer = caller.streaming(request, method.path.clone(), Plain).await?;
            let mut answer = answer.into_inner();
            let mut all = Vec::new();
            while !(method.streams && all.len() >= ANSWERS) {
                let waited = std::time::Duration::from_millis(200);
                let next = match (method.streams, tokio::time::timeout(waited, answer.message())) {
                    (true, next) => match next.await {
                        Ok(next) => next,
                        // A feed waits for what comes.
                        Err(_) => break,
                    },
                    (false, next) => next.into_inner().await,
                };
                match next? {
                    Some(bytes) => all.push(bytes),
                    None => break,
                }
            }
            Ok(all)
        })
    }

    fn call(&self, u: &mut Unstructured<'_>) -> Result<()> {
        let method = u.choose(&self.methods)?;
        let who =
            *u.choose(&[Who::Operator, Who::Operator, Who::Member, Who::Nobody, Who::Anything])?;
        let authorization = match who {
            Who::Operator => Some(format!("Bearer {}", self.operator)),
            Who::Member => Some(format!("Bearer {}", self.member)),
            Who::Nobody => None,
            Who::Anything => Some(self.words(u)?),
        };
        let good = authorization.as_deref().is_some_and(|said| {
            let said = said.strip_prefix("Bearer ").map(str::trim);
            said == Some(&self.operator) || said == Some(&self.member)
        });
        let body = if u.ratio(1, 8)? {
            u.bytes(u.len())?.to_vec()
        } else {
            let known = Known {
                request_id: request_id(u.arbitrary()?),
                used: Vec::new(),
                codes: Vec::new(),
            };
            built(u, &named(&method.takes), &known)?
        };
        match self.ask(method, body, authorization.as_deref()) {
            Ok(answers) => {
                let open = method.path.path().ends_with("/RedeemVoucher");
                assert!(
                    good || open || answers.is_empty(),
                    "{} let a stranger in: {authorization:?}",
                    method.path
                );
            }
            Err(status) => {
                let code = status.code();
                assert!(
                    !matches!(code, Code::Internal | Code::Unknown),
                    "{}: {status:?}",
                    method.path
                );
                assert!(!status.message().is_empty(), "{}: {status:?}", method.path);
            }
        }
        Ok(())
    }

    /// Something like a token.
    fn words(&self, u: &mut Unstructured<'_>) -> Result<String> {
        let token = if u.arbitrary()? { &self.operator } else { &self.member };
        let mut said = format!("Bearer {token}");
        match u.int_in_range(0..=3)? {
            0 => said = u.arbitrary::<&str>()?.to_owned(),
            1 => said.truncate(u.int_in_range(0..=said.len())?),
            2 => {
                let at = u.int_in_range(0..=said.len() - 1)?;
                said.replace_range(
                    at..=at,
                    std::str::from_utf8(&[u.int_in_range(32..=126)?]).unwrap(),
                );
            }
            _ => said.push_str(u.arbitrary()?),
        }
        Ok(said)
    }
}

fn request_id(number: u64) -> String {
    let mut bits = [0; 10];
    bits[..8].copy_from_slice(&number.to_be_bytes());
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    let now = Timestamp::from_unix_ms(i64::try_from(now.as_millis()).unwrap());
    RequestId::of_time(now, bits).to_string()
}

/// Bytes as they are.
struct Plain;

impl Codec for Plain {
    type Encode = Bytes;
    type Decode = Bytes;
    type Encoder = Self;
    type Decoder = Self;

    fn encoder(&mut self) -> Self {
        Self
    }

    fn decoder(&mut self) -> Self {
        Self
    }
}

impl Encoder for Plain {
    type Item = Bytes;
    type Error = Status;

    fn encode(&mut self, item: Bytes, to: &mut EncodeBuf<'_>) -> std::result::Result<(), Status> {
        to.put(item);
        Ok(())
    }
}

impl Decoder for Plain {
    type Item = Bytes;
    type Error = Status;

    fn decode(&mut self, from: &mut DecodeBuf<'_>) -> std::result::Result<Option<Bytes>, Status> {
        let length = from.remaining();
        Ok(Some(from.copy_to_bytes(length)))
    }
}
