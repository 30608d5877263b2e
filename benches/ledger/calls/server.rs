//! The server that is called: a process of its own, over the library, with its default settings and in the environment of its
//! unit for systemd, on the real disk.
//!
//! The bench's program runs itself again as this. It says where it listens on its standard output, serves until its
//! standard input ends, and then says how long calls took inside it, if it was asked to look.

use std::{
    env,
    fmt::Debug,
    io::{BufRead, BufReader, Read, Write},
    net::SocketAddr,
    path::Path,
    process::{Child, ChildStdin, Command, Stdio},
    sync::{Arc, Mutex},
};

use ledger_server::{House, Opening, serve};
use tracing::{
    Event, Level, Metadata, Subscriber,
    field::{Field, Visit},
    span,
};

use crate::unit;

/// The argument by which the program knows that it is to be the server.
const HIDDEN: &str = "--be-the-server-of-calls";
/// Said behind it: calls are timed inside the server, too.
const TIMED: &str = "--timed";
/// What the server calls its notes of single calls.
const CALLS: &str = "carestore::calls";
/// The call whose time is wanted.
const TIMED_METHOD: &str = "/carestore.v1.MembersService/GetMember";

/// Whether calls are timed inside the server.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Inside {
    Timed,
    Untimed,
}

/// A server that runs beside the bench.
pub(crate) struct Server {
    child: Child,
    stdin: Option<ChildStdin>,
    stdout: BufReader<std::process::ChildStdout>,
    pub(crate) address: SocketAddr,
}

impl Server {
    /// Starts a server on a folder.
    pub(crate) fn start(data: &Path, inside: Inside) -> Server {
        let mut command = Command::new(env::current_exe().unwrap());
        command.arg(HIDDEN).arg(data).envs(unit::settings());
        if inside == Inside::Timed {
            command.arg(TIMED);
        }
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let stdin = child.stdin.take();
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        stdout.read_line(&mut line).unwrap();
        let address = line.trim().parse().expect("the server says where it listens");
        Server { child, stdin, stdout, address }
    }

    /// The number of its process.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Stops it, and hears how many milliseconds each timed call took inside it.
    pub(crate) fn stop(mut self) -> Vec<f64> {
        drop(self.stdin.take());
        let mut said = String::new();
        self.stdout.read_to_string(&mut said).unwrap();
        assert!(self.child.wait().unwrap().success(), "the server ends well");
        said.split_whitespace().map(|micros| micros.parse::<f64>().unwrap() / 1e3).collect()
    }
}

impl Drop for Server {
    /// Where the bench ends early, its server does, too.
    fn drop(&mut self) {
        drop(self.stdin.take());
        drop(self.child.wait());
    }
}

/// Is the server, if this process was started as one.
pub(crate) fn was_meant(arguments: &[String]) -> bool {
    let [hidden, data, more @ ..] = arguments else { return false };
    if hidden != HIDDEN {
        return false;
    }
    let times = Times::default();
    if more.iter().any(|word| word == TIMED) {
        tracing::subscriber::set_global_default(times.clone()).unwrap();
    }
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let house = House::open(&Opening::at(data)).unwrap();
        let serving = serve(house, ([127, 0, 0, 1], 0).into(), None).await.unwrap();
        println!("{}", serving.address());
        std::io::stdout().flush().unwrap();
        let ended = tokio::task::spawn_blocking(|| std::io::stdin().read_to_end(&mut Vec::new()));
        ended.await.unwrap().unwrap();
        serving.stop().await.unwrap();
    });
    for micros in times.0.lock().unwrap().iter() {
        println!("{micros}");
    }
    true
}

/// Takes the server's own word for how long each call took, from the gate to the whole answer, in microseconds.
#[derive(Clone, Default)]
struct Times(Arc<Mutex<Vec<u64>>>);

impl Subscriber for Times {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target() == CALLS
    }

    fn max_level_hint(&self) -> Option<tracing::level_filters::LevelFilter> {
        Some(Level::TRACE.into())
    }

    fn event(&self, event: &Event<'_>) {
        let mut said = Said::default();
        event.record(&mut said);
        if said.method == TIMED_METHOD {
            self.0.lock().unwrap().push(said.micros);
        }
    }

    fn new_span(&self, _: &span::Attributes<'_>) -> span::Id {
        span::Id::from_u64(1)
    }

    fn record(&self, _: &span::Id, _: &span::Record<'_>) {}
    fn record_follows_from(&self, _: &span::Id, _: &span::Id) {}
    fn enter(&self, _: &span::Id) {}
    fn exit(&self, _: &span::Id) {}
}

/// What one note says.
#[derive(Default)]
struct Said {
    method: String,
    micros: u64,
}

impl Visit for Said {
    fn record_u64(&mut self, field: &Field, value: u64) {
        if field.name() == "micros" {
            self.micros = value;
        }
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        if field.name() == "method" {
            value.clone_into(&mut self.method);
        }
    }

    fn record_debug(&mut self, _: &Field, _: &dyn Debug) {}
}
