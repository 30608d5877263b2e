//! Every way in which the server does not start: it says which command goes on from there, and that command does.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test that fails says so"
)]

#[path = "program/said.rs"]
mod said;
#[path = "../../tests/skip.rs"]
mod skip;

use std::{
    collections::BTreeSet,
    fs,
    net::{SocketAddr, TcpListener},
    path::{Path, PathBuf},
};

use ledger_core::Timestamp;
use ledger_proto::v1::{
    self, coop_service_client::CoopServiceClient, tokens_service_client::TokensServiceClient,
};
use ledger_server::{
    Backup, Block, Clock, Error, House, Lobby, Log, LogError, LogId, LogOptions, Obstacle, Opening,
    PackedLog, Page, Tls, backup, serve,
};
use said::{Served, types, types_if_there};
use tonic::{Request, transport::Endpoint};

/// Every obstacle has a name here, and a test below. Whoever adds one is asked for both by the compiler, and by `ALL`.
fn name(obstacle: &Obstacle) -> &'static str {
    match obstacle {
        Obstacle::HalfRestored { .. } => "half restored",
        Obstacle::LossBegun { .. } => "loss begun",
        Obstacle::NewerFolder { .. } => "newer folder",
        Obstacle::FormatDamaged { .. } => "format damaged",
        Obstacle::LogGone { .. } => "log gone",
        Obstacle::LogEmptied { .. } => "log emptied",
        Obstacle::CardsBehind { .. } => "cards behind",
        Obstacle::SecretDamaged { .. } => "secret damaged",
        Obstacle::TokenHashDamaged { .. } => "token hash damaged",
        Obstacle::TokensChanged { .. } => "tokens changed",
        Obstacle::TokensDamaged { .. } => "tokens damaged",
        Obstacle::ClockOff { .. } => "clock off",
        Obstacle::Open { .. } => "open",
        Obstacle::NotListening { .. } => "not listening",
        Obstacle::Certificates { .. } => "certificates",
        Obstacle::Entries { .. } => "entries",
        Obstacle::Machine { .. } => "machine",
        Obstacle::Log { data: _, error } => match error {
            LogError::Io { .. } => "log: io",
            LogError::Store { .. } => "log: damaged",
            LogError::DiskFull { .. } => "log: disk full",
            LogError::NewerFormat { .. } => "log: newer",
            LogError::FormatDamaged { .. } => "log: format damaged",
            LogError::InUse(_) => "log: in use",
            // A log that has lost something is not served; the server starts, for the others.
            LogError::Behind { .. } | LogError::Differs { .. } | LogError::HeadMissing { .. } => {
                "log: of one co-op"
            }
            // Nothing is appended before the start.
            LogError::Unfit(_)
            | LogError::OutOfOrder { .. }
            | LogError::EntryTooLarge { .. }
            | LogError::Poisoned => "log: appending",
        },
    }
}

/// All of them that a start can meet.
const ALL: [&str; 23] = [
    "half restored",
    "loss begun",
    "newer folder",
    "format damaged",
    "log gone",
    "log emptied",
    "cards behind",
    "secret damaged",
    "token hash damaged",
    "tokens changed",
    "tokens damaged",
    "clock off",
    "open",
    "not listening",
    "certificates",
    "entries",
    "machine",
    "log: io",
    "log: damaged",
    "log: disk full",
    "log: newer",
    "log: format damaged",
    "log: in use",
];

/// A folder with a co-op and a token in it, and a backup of it.
struct Ground {
    scratch: tempfile::TempDir,
}

fn dressed<M>(data: &Path, message: M) -> Request<M> {
    let token = fs::read_to_string(data.join("operator.token")).unwrap();
    let mut request = Request::new(message);
    let bearer = format!("Bearer {}", token.trim());
    request.metadata_mut().insert("authorization", bearer.parse().unwrap());
    request
}

async fn fill(data: &Path, clock: &Clock) {
    let house = House::open(&Opening { clock: clock.clone(), ..Opening::at(data) }).unwrap();
    let serving = serve(house, ([127, 0, 0, 1], 0).into(), None).await.unwrap();
    let url = format!("http://{}", serving.address());
    let channel = Endpoint::from_shared(url).unwrap().connect_lazy();
    let at = u64::try_from(clock.now().unwrap().unix_ms()).unwrap();
    let request_id = uuid::Builder::from_unix_timestamp_millis(at, &[7; 10]).into_uuid();
    let context = v1::WriteContext {
        coop: "coops/colne-valley".to_owned(),
        request_id: request_id.to_string(),
        note: "It begins".to_owned(),
        ..v1::WriteContext::default()
    };
    let founding = v1::FoundCoopRequest { context: Some(context), policy: None };
    CoopServiceClient::new(channel.clone()).found_coop(dressed(data, founding)).await.unwrap();
    let asked = v1::CreateTokenRequest {
        coop: "coops/colne-valley".to_owned(),
        title: "a test".to_owned(),
        role: v1::TokenRole::Auditor.into(),
        ..v1::CreateTokenRequest::default()
    };
    TokensServiceClient::new(channel).create_token(dressed(data, asked)).await.unwrap();
    serving.stop().await.unwrap();
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let (from, to) = (entry.path(), to.join(entry.file_name()));
        if from.is_dir() {
            copy(&from, &to);
        } else if from.is_file() {
            fs::copy(&from, &to).unwrap();
        }
    }
}

impl Ground {
    async fn new() -> Self {
        let ground = Self { scratch: tempfile::tempdir().unwrap() };
        let data = ground.at("whole");
        fill(&data, &Clock::machine()).await;
        fs::remove_file(data.join("log/reserve")).unwrap();
        let create = Backup::Create { data, to: ground.at("BACKUP") };
        backup(&create, &mut |_| {}).await.unwrap();
        ground
    }

    fn at(&self, name: &str) -> PathBuf {
        self.scratch.path().join(name)
    }

    /// A copy of the folder, with something wrong in it.
    fn with(&self, name: &str, wrong: impl FnOnce(&Path)) -> PathBuf {
        let data = self.at(&name.replace([' ', ':'], "-"));
        copy(&self.at("whole"), &data);
        wrong(&data);
        data
    }

    /// What the engine and the program say of a folder: the same, and by this name.
    fn refused(&self, named: &str, data: &Path) -> String {
        let opened = House::open(&Opening::at(data)).map(drop);
        let Err(Error::Obstacle(obstacle)) = opened else { panic!("{named}: {opened:?}") };
        assert_eq!(name(&obstacle), named, "{obstacle}");
        let said = self.serves(data, &[]).err().unwrap_or_else(|| panic!("{named}: it starts"));
        assert!(said.contains(&obstacle.to_string()), "{said}\n{obstacle}");
        said
    }

    fn serves(&self, data: &Path, more: &[&str]) -> Result<Served, String> {
        let mut words = vec!["--data", data.to_str().unwrap()];
        if !more.contains(&"--listen") {
            words.extend(["--listen", "127.0.0.1:0"]);
        }
        Served::start(self.scratch.path(), &[&words, more].concat())
    }

    /// The server does not start and names a command; that is typed, as it stands; and then it starts.
    fn goes_on(&self, name: &str, wrong: impl FnOnce(&Path), command: &str) -> Served {
        let data = self.with(name, wrong);
        let said = self.refused(name, &data);
        let command = command.replace("DATA", data.to_str().unwrap());
        assert!(said.contains(&command), "{name}: {command} is not in: {said}");
        let folder = format!("{}-again", data.display());
        let restored = command.contains("--data FOLDER");
        let (code, _, complaint) = types(self.scratch.path(), &command.replace("FOLDER", &folder));
        assert_eq!(code, 0, "{name}: {command}: {complaint}");
        let on = if restored { PathBuf::from(folder) } else { data };
        self.serves(&on, &[]).unwrap_or_else(|said| panic!("{name}: {said}"))
    }
}

const RESTORE: &str = "carestore-server backup restore BACKUP --data FOLDER";

fn flip(file: &Path) {
    let mut bytes = fs::read(file).unwrap();
    bytes[5] ^= 1;
    fs::write(file, bytes).unwrap();
}

/// What lies in the folder and is not as it should be.
#[tokio::test(flavor = "multi_thread")]
async fn every_obstacle_in_the_folder_names_the_command_that_goes_on_from_there() {
    let ground = Ground::new().await;
    let again = format!("carestore-server backup restore BACKUP --data {}", "DATA");
    let marker = again.clone();
    ground.goes_on(
        "half restored",
        |data| {
            let again = marker.replace("DATA", data.to_str().unwrap());
            fs::write(data.join("restoring"), again + "\n").unwrap();
        },
        &format!("rm -r DATA && {again}"),
    );
    ground.goes_on(
        "loss begun",
        |data| {
            let request = uuid::Uuid::now_v7();
            let begun = [&request.as_bytes()[..], &2_u64.to_be_bytes(), &3_u64.to_be_bytes()];
            fs::write(data.join("accepting-loss.colne-valley"), begun.concat()).unwrap();
        },
        "carestore-server guard accept-loss --data DATA --coop colne-valley",
    );
    let format = |data: &Path, text: &str| fs::write(data.join("format"), text).unwrap();
    let newer = |data: &Path| format(data, "care store folder, format 3\n");
    ground.goes_on("newer folder", newer, RESTORE);
    ground.goes_on("format damaged", |data| format(data, "care\n"), "rm DATA/format");
    ground.goes_on("log gone", |data| fs::remove_dir_all(data.join("log")).unwrap(), RESTORE);
    let empty = ground.at("empty");
    House::open(&Opening::at(&empty)).unwrap().close().await;
    let emptied = |data: &Path| {
        fs::remove_dir_all(data.join("log")).unwrap();
        copy(&empty.join("log"), &data.join("log"));
        fs::remove_file(data.join("log/reserve")).unwrap();
    };
    ground.goes_on("log emptied", emptied, RESTORE);
    let lost = |data: &Path| fs::remove_dir_all(data.join("cards")).unwrap();
    ground.goes_on("cards behind", lost, "rm DATA/cards.mark");
    let secret = |data: &Path| flip(&data.join("secret.key"));
    ground.goes_on("secret damaged", secret, "cp BACKUP/private/secret.key DATA");
    ground.goes_on("secret damaged", secret, "rm -f DATA/secret.key DATA/sums/secret.key");
    let hash = |data: &Path| flip(&data.join("operator.hash"));
    ground.goes_on("token hash damaged", hash, "rm DATA/operator.hash");
    let tokens = "cp BACKUP/private/tokens.jsonl DATA && rm DATA/sums/tokens.jsonl";
    ground.goes_on("tokens changed", |data| flip(&data.join("tokens.jsonl")), tokens);
    let gone = |data: &Path| fs::remove_file(data.join("tokens.jsonl")).unwrap();
    ground.goes_on("tokens changed", gone, "rm DATA/sums/tokens.jsonl");
    let line = |data: &Path| {
        fs::remove_file(data.join("sums/tokens.jsonl")).unwrap();
        let lines = fs::read_to_string(data.join("tokens.jsonl")).unwrap();
        fs::write(data.join("tokens.jsonl"), format!("{lines}{{}}\n")).unwrap();
    };
    ground.goes_on("tokens damaged", line, "sed -i 2d DATA/tokens.jsonl");
    let noise = |data: &Path| {
        let log = PackedLog::open(&data.join("log"), &LogOptions::default()).unwrap();
        let (id, first) = (LogId::new(1), log.head(LogId::new(1)).size + 1);
        let entries = [b"of another day".to_vec()];
        log.append(&[Block { log: id, first, entries: &entries }]).unwrap();
    };
    ground.goes_on("entries", noise, RESTORE);
    let log_format = |data: &Path, text: &str| fs::write(data.join("log/format"), text).unwrap();
    ground.goes_on("log: newer", |data| log_format(data, "care store log, format 4\n"), RESTORE);
    let anew = "echo 'care store log, format 3' > DATA/log/format";
    ground.goes_on("log: format damaged", |data| log_format(data, "care\n"), anew);
    let gone = |data: &Path| fs::remove_file(data.join("log/format")).unwrap();
    ground.goes_on("log: format damaged", gone, anew);
    // A store of another making.
    let damaged = |data: &Path| {
        let volume = data.join("log/volume-00000001");
        fs::remove_dir_all(&volume).unwrap();
        drop(sled::Config::default().path(volume).segment_size(1 << 10).open().unwrap());
    };
    ground.goes_on("log: damaged", damaged, RESTORE);
}

/// What the machine does not do: the doctor says what it is.
#[tokio::test(flavor = "multi_thread")]
async fn where_the_machine_is_in_the_way_the_doctor_is_named_and_finds_it() {
    let ground = Ground::new().await;
    for (name, file) in [("machine", "secret.key"), ("log: io", "cards.mark")] {
        let data = ground.with(name, |data| {
            fs::rename(data.join(file), data.join("aside")).unwrap();
            fs::create_dir(data.join(file)).unwrap();
        });
        let said = ground.refused(name, &data);
        let command = format!("carestore-server doctor --data {}", data.display());
        assert!(said.contains(&command), "{said}");
        let (code, found, _) = types(ground.scratch.path(), &command);
        assert!(code == 1 && found.contains(file), "it says what it has found: {found}");
        fs::remove_dir(data.join(file)).unwrap();
        fs::rename(data.join("aside"), data.join(file)).unwrap();
        drop(ground.serves(&data, &[]).unwrap());
    }
    let data = ground.with("log: in use", |_| ());
    let other = ground.serves(&data, &[]).unwrap();
    let said = ground.refused("log: in use", &data);
    assert!(said.contains("systemctl stop carestore-server"), "{said}");
    let command = format!("fuser -v {}/log/*/db", data.display());
    assert!(said.contains(&command), "{said}");
    if let Some((users, _)) = types_if_there(ground.scratch.path(), &command) {
        assert!(users.contains("carestore"), "{users}");
    }
    drop(other);
    drop(ground.serves(&data, &[]).unwrap());

    let data = ground.with("log: disk full", |_| ());
    let greedy = LogOptions { min_free_bytes: u64::MAX, ..LogOptions::default() };
    let opened = House::open(&Opening { log: greedy, ..Opening::at(&data) }).map(drop);
    let Err(Error::Obstacle(full)) = opened else { panic!("{opened:?}") };
    assert_eq!(name(&full), "log: disk full");
    assert!(full.to_string().contains("make room, if need be by deleting"), "{full}");
    drop(ground.serves(&data, &[]).unwrap());

    let data = ground.at("clock");
    let far = Clock::machine().now().unwrap().plus_days(200);
    fill(&data, &Clock::by_hand(Timestamp::from_unix_ms(far.unix_ms()))).await;
    let said = ground.refused("clock off", &data);
    assert!(said.contains("--confirm-clock"), "{said}");
    drop(ground.serves(&data, &["--confirm-clock"]).unwrap());
}

fn of<T>(opened: Result<T, Error>) -> Obstacle {
    match opened.map(drop) {
        Err(Error::Obstacle(obstacle)) => obstacle,
        other => panic!("{other:?}"),
    }
}

/// What was typed, and cannot be.
#[tokio::test(flavor = "multi_thread")]
async fn every_obstacle_on_the_way_to_callers_names_what_to_type() {
    let ground = Ground::new().await;
    let data = ground.at("whole");
    let open: SocketAddr = ([0, 0, 0, 0], 0).into();
    let obstacle = of(Lobby::open(open, None).await);
    assert_eq!(name(&obstacle), "open");
    let said = ground.serves(&data, &["--listen", "0.0.0.0:0"]).err().unwrap();
    let command = "carestore-server dev-certs --out certs --host NAME";
    assert!(said.contains(&obstacle.to_string()) && said.contains(command), "{said}");
    assert_eq!(types(ground.scratch.path(), command).0, 0);
    let tls = ["--tls-cert", "certs/server.pem", "--tls-key", "certs/server.key"];
    assert!(said.contains(&tls.join(" ")), "{said}");
    drop(ground.serves(&data, &[&["--listen", "0.0.0.0:0"], &tls[..]].concat()).unwrap());

    let ca = ground.at("certs/ca.pem");
    fs::write(ground.at("no.pem"), "no certificate").unwrap();
    for certificate in [ground.at("no.pem"), ground.at("none.pem")] {
        let wrong = Tls {
            certificate: certificate.clone(),
            key: ground.at("certs/server.key"),
            client_ca: Some(ca.clone()),
        };
        let obstacle = of(Lobby::open(open, Some(&wrong)).await);
        assert_eq!(name(&obstacle), "certificates");
        let words = ["--tls-cert", certificate.to_str().unwrap(), "--tls-key", tls[3]];
        let said = ground.serves(&data, &words).err().unwrap();
        assert!(said.contains(command), "{said}");
    }

    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let at = taken.local_addr().unwrap();
    let listen = at.to_string();
    assert_eq!(name(&of(Lobby::open(at, None).await)), "not listening");
    assert_eq!(name(&of(Page::open(at, std::sync::Arc::default()).await)), "not listening");
    for words in [&["--listen", &*listen][..], &["--metrics", &listen]] {
        let said = ground.serves(&data, words).err().unwrap();
        let command = format!("ss -ltnp 'sport = :{}'", at.port());
        assert!(said.contains(&command) && said.contains(words[0]), "{said}");
        if let Some((_, sockets)) = types_if_there(ground.scratch.path(), &command) {
            assert!(sockets.contains(&listen), "{sockets}");
        }
    }
    drop(ground.serves(&data, &[]).unwrap());
}

/// The three tests above meet all of them, each by its name.
#[test]
fn none_is_left_out() {
    let source = include_str!("obstacles.rs");
    let (_, tests) = source.split_once("const RESTORE").unwrap();
    let left: BTreeSet<&str> =
        ALL.into_iter().filter(|name| !tests.contains(&format!("\"{name}\""))).collect();
    assert_eq!(left, BTreeSet::new());
}
