//! Floods over HTTP/2, frame by frame: each is refused or cut off, nothing is stored, and everybody else is answered.
//!
//! Frames are written by hand, since no library sends what is wrong: nine bytes of length, kind, flags and stream, and then
//! the rest (RFC 9113); header fields as literals that no table keeps (RFC 7541, 6.2.2).

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt, BufReader},
    net::{
        TcpStream,
        tcp::{OwnedReadHalf, OwnedWriteHalf},
    },
};

use crate::harness::{Town, run};

const DATA: u8 = 0;
const HEADERS: u8 = 1;
const RST_STREAM: u8 = 3;
const SETTINGS: u8 = 4;
const PING: u8 = 6;
const GOAWAY: u8 = 7;
const CONTINUATION: u8 = 9;
/// All header fields have come.
const END_HEADERS: u8 = 4;
/// Nothing more comes on the stream.
const END_STREAM: u8 = 1;

const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
const METHOD: &str = "/carestore.v1.StoreService/GetStoreTotals";

fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
    [&length[1..], &[kind, flags], &stream.to_be_bytes(), payload].concat()
}

/// A whole number behind a prefix of seven bits (RFC 7541, 5.1).
fn number(mut n: usize) -> Vec<u8> {
    if n < 127 {
        return vec![u8::try_from(n).unwrap()];
    }
    let mut said = vec![127];
    n -= 127;
    while n >= 128 {
        said.push(u8::try_from(n % 128).unwrap() | 128);
        n /= 128;
    }
    said.push(u8::try_from(n).unwrap());
    said
}

fn field(name: &str, value: &str) -> Vec<u8> {
    [&[0][..], &number(name.len()), name.as_bytes(), &number(value.len()), value.as_bytes()]
        .concat()
}

/// The head of a call, with a token.
fn head(town: &Town) -> Vec<u8> {
    let token = format!("Bearer {}", town.token());
    [head_of(town, METHOD), field("authorization", &token)].concat()
}

/// The head of a call of a method, without one.
fn head_of(town: &Town, path: &str) -> Vec<u8> {
    let fields = [
        (":method", "POST"),
        (":scheme", "http"),
        (":path", path),
        (":authority", town.address()),
        ("content-type", "application/grpc"),
        ("te", "trailers"),
    ];
    fields.into_iter().flat_map(|(name, value)| field(name, value)).collect()
}

/// A frame of the server's.
#[derive(Debug)]
struct Said {
    kind: u8,
    flags: u8,
    stream: u32,
    payload: Vec<u8>,
}

impl Said {
    /// The first call has come to its end with this, well or not.
    fn ends_the_call(&self) -> bool {
        let last = self.kind == HEADERS && self.flags & END_STREAM != 0;
        self.stream == 1 && (last || self.kind == RST_STREAM)
    }
}

/// The next frame. None: the server has hung up.
async fn next(from: &mut BufReader<OwnedReadHalf>) -> Option<Said> {
    let mut head = [0; 9];
    from.read_exact(&mut head).await.ok()?;
    let length = u32::from_be_bytes([0, head[0], head[1], head[2]]) as usize;
    let mut payload = vec![0; length];
    from.read_exact(&mut payload).await.ok()?;
    let stream = u32::from_be_bytes([head[5], head[6], head[7], head[8]]);
    Some(Said { kind: head[3], flags: head[4], stream, payload })
}

/// A connection that has said its first words.
async fn connected(town: &Town) -> (BufReader<OwnedReadHalf>, OwnedWriteHalf) {
    let connection = TcpStream::connect(town.address()).await.unwrap();
    let (from, mut to) = connection.into_split();
    to.write_all(&[PREFACE, &frame(SETTINGS, 0, 0, &[])].concat()).await.unwrap();
    (BufReader::new(from), to)
}

/// Sends all of it, or as much as is taken, and hears what the server makes of it: until it hangs up, or has said what was
/// waited for.
async fn flood(
    town: &Town,
    frames: impl Iterator<Item = Vec<u8>> + Send + 'static,
    enough: impl Fn(&Said) -> bool,
) -> Vec<Said> {
    let (mut from, mut to) = connected(town).await;
    let sending = tokio::spawn(async move {
        for frame in frames {
            // Who is cut off need not go on.
            if to.write_all(&frame).await.is_err() {
                break;
            }
        }
        // Not closed yet: answers are still to come.
        to
    });
    let mut heard = Vec::new();
    while let Some(said) = next(&mut from).await {
        let last = enough(&said);
        heard.push(said);
        if last {
            break;
        }
    }
    drop(from);
    drop(sending.await);
    heard
}

/// Whether a call ends that announces a long message, says some of it, and never the rest.
pub(super) async fn never_finished(town: &Town, path: &str) -> bool {
    let announced = [&[0][..], &8_000_000_u32.to_be_bytes(), &[0; 10_000]].concat();
    let frames =
        [frame(HEADERS, END_HEADERS, 1, &head_of(town, path)), frame(DATA, 0, 1, &announced)];
    let heard = flood(town, frames.into_iter(), Said::ends_the_call).await;
    heard.last().is_some_and(Said::ends_the_call)
}

/// The code by which the server ended the connection.
fn sent_away(heard: &[Said]) -> Option<u32> {
    let away = heard.iter().find(|said| said.kind == GOAWAY)?;
    Some(u32::from_be_bytes(away.payload.get(4..8)?.try_into().ok()?))
}

const PROTOCOL_ERROR: u32 = 1;
const ENHANCE_YOUR_CALM: u32 = 11;

/// Floods until the server hangs up, which it must do with this code; nothing was stored, and everybody else is answered.
async fn cut_off(town: &Town, frames: impl Iterator<Item = Vec<u8>> + Send + 'static) {
    let before = town.position().await;
    let heard = flood(town, frames, |_| false).await;
    assert_eq!(sent_away(&heard), Some(ENHANCE_YOUR_CALM), "{:?}", heard.last());
    assert_eq!(town.position().await, before, "nothing is stored");
}

#[test]
fn a_call_that_is_well_made_is_answered_so_the_frames_are_right() {
    run(async {
        let town = Town::peopled().await;
        let message = [0, 0, 0, 0, 0];
        let frames =
            [frame(HEADERS, END_HEADERS, 1, &head(&town)), frame(DATA, END_STREAM, 1, &message)];
        let heard = flood(&town, frames.into_iter(), Said::ends_the_call).await;
        let last = heard.last().unwrap();
        // An answer of gRPC, with all that belongs to it.
        assert!(last.kind == HEADERS && last.payload.len() > 40, "{heard:?}");
        assert_eq!(sent_away(&heard), None, "{heard:?}");
    });
}

#[test]
fn header_fields_without_end_are_cut_off() {
    run(async {
        let town = Town::peopled().await;
        let first = frame(HEADERS, 0, 1, &head(&town));
        let more = (0..100_000)
            .map(|n| frame(CONTINUATION, 0, 1, &field(&format!("x-flood-{n}"), &"a".repeat(100))));
        cut_off(&town, [first.clone()].into_iter().chain(more)).await;
        // The same with nothing in each.
        let more = (0..100_000).map(|_| frame(CONTINUATION, 0, 1, &[]));
        cut_off(&town, [first].into_iter().chain(more)).await;
    });
}

#[test]
fn more_header_fields_than_there_is_room_for_never_reach_a_method() {
    run(async {
        let town = Town::peopled().await;
        let before = town.position().await;
        // One that is huge, and many that are small: above 16 KiB together either way.
        let huge = [head(&town), field("x-huge", &"a".repeat(20_000))].concat();
        let small = (0..1_000).flat_map(|n| field(&format!("x-{n}"), "aaaaaaaaaaaa"));
        let many = [head(&town), small.collect()].concat();
        for fields in [huge, many] {
            let (first, rest) = fields.split_at(12_000);
            let frames = [
                frame(HEADERS, 0, 1, first),
                frame(CONTINUATION, END_HEADERS, 1, rest),
                frame(DATA, END_STREAM, 1, &[0, 0, 0, 0, 0]),
            ];
            let heard = flood(&town, frames.into_iter(), Said::ends_the_call).await;
            let of_call: Vec<&Said> = heard.iter().filter(|said| said.stream == 1).collect();
            // 431 and not a word more, or a reset: no method has said anything.
            let short = |said: &&Said| said.kind != DATA && said.payload.len() < 24;
            assert!(!of_call.is_empty() && of_call.iter().all(short), "{heard:?}");
            assert_eq!(town.position().await, before, "nothing is stored");
        }
    });
}

#[test]
fn whoever_asks_and_hangs_up_without_end_is_cut_off() {
    run(async {
        let town = Town::peopled().await;
        let head = head(&town);
        let frames = (0..50_000_u32).map(move |n| {
            let stream = 2 * n + 1;
            let asked = frame(HEADERS, END_HEADERS, stream, &head);
            [asked, frame(RST_STREAM, 0, stream, &8_u32.to_be_bytes())].concat()
        });
        cut_off(&town, frames).await;
    });
}

#[test]
fn nobody_has_more_calls_open_than_a_connection_may() {
    run(async {
        let town = Town::peopled().await;
        let before = town.position().await;
        let fields = head(&town);
        // Calls that never say what they want.
        let frames = (0..2_000_u32).map(move |n| frame(HEADERS, END_HEADERS, 2 * n + 1, &fields));
        let refused = |said: &Said| said.kind == RST_STREAM || said.kind == GOAWAY;
        let heard = flood(&town, frames, refused).await;
        let told = heard.iter().filter(|said| said.kind == SETTINGS && said.flags == 0);
        let words = told.flat_map(|said| said.payload.chunks(6));
        let most = words.filter(|word| word[..2] == [0, 3]).map(|word| word[2..].to_vec()).next();
        assert_eq!(most, Some(256_u32.to_be_bytes().to_vec()), "it says so beforehand");
        assert!(heard.last().is_some_and(refused), "{:?}", heard.last());
        assert_eq!(town.position().await, before, "nothing is stored");
    });
}

#[test]
fn frames_that_make_no_sense_end_their_connection_and_no_other() {
    run(async {
        let town = Town::peopled().await;
        let before = town.position().await;
        let fields = head(&town);
        let odd: [(&str, Vec<u8>); 7] = [
            ("a stream of the server's", frame(HEADERS, END_HEADERS, 2, &fields)),
            ("a stream without a number", frame(HEADERS, END_HEADERS, 0, &fields)),
            ("data before a head", frame(DATA, END_STREAM, 1, b"hello")),
            ("more of a head that never began", frame(CONTINUATION, END_HEADERS, 1, &fields)),
            ("a frame above all sizes", frame(DATA, 0, 1, &vec![0; 1 << 20])),
            ("settings of half a word", frame(SETTINGS, 0, 0, &[0; 5])),
            ("fields out of no table", frame(HEADERS, END_HEADERS, 1, &[0xff; 64])),
        ];
        for (what, bytes) in odd {
            let heard = flood(&town, [bytes].into_iter(), |_| false).await;
            let code = sent_away(&heard);
            assert!(code.is_some_and(|code| code >= PROTOCOL_ERROR), "{what}: {heard:?}");
            assert_eq!(town.position().await, before, "{what}");
        }
    });
}

#[test]
fn pings_and_settings_without_end_harm_nobody_else() {
    run(async {
        let town = Town::peopled().await;
        let before = town.position().await;
        let both = [frame(PING, 0, 0, b"anybody?"), frame(SETTINGS, 0, 0, &[])].concat();
        let last = frame(PING, 0, 0, b"the last");
        let frames = (0..5_000).map(move |_| both.clone()).chain([last]);
        let answered = |said: &Said| said.kind == PING && said.payload == b"the last";
        flood(&town, frames, answered).await;
        assert_eq!(town.position().await, before, "nothing is stored");
    });
}
