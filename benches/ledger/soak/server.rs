//! The program `carestore-server`, as an operator runs it: started, stopped, and killed.

use std::{
    env,
    fs::{self, File},
    io::{BufRead, BufReader, Read, Write},
    net::{SocketAddr, TcpStream},
    path::{Path, PathBuf},
    process::{Child, ChildStdout, Command, Stdio},
    time::{Duration, Instant},
};

/// A server on a folder of its own, and what it says.
pub(crate) struct Server {
    program: PathBuf,
    data: PathBuf,
    running: Option<(Child, BufReader<ChildStdout>)>,
    pub(crate) address: SocketAddr,
    pub(crate) figures: SocketAddr,
}

impl Server {
    /// Starts the program on a folder, where nothing else listens.
    pub(crate) fn new(program: &Path, data: &Path) -> Self {
        let anywhere = SocketAddr::from(([127, 0, 0, 1], 0));
        let mut server = Self {
            program: program.to_owned(),
            data: data.to_owned(),
            running: None,
            address: anywhere,
            figures: anywhere,
        };
        server.start();
        server
    }

    /// Starts it, where it listened before, and says how long that took.
    pub(crate) fn start(&mut self) -> Duration {
        let began = Instant::now();
        let mut command = Command::new(&self.program);
        for (name, _) in env::vars_os() {
            if name.to_string_lossy().starts_with("CARESTORE_") {
                command.env_remove(name);
            }
        }
        let journal = self.data.with_extension("journal");
        let journal = File::options().create(true).append(true).open(journal).unwrap();
        command.arg("serve").arg("--data").arg(&self.data).stderr(journal);
        command.args(["--listen", &self.address.to_string()]);
        command.args(["--metrics", &self.figures.to_string()]);
        let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
        let mut said = BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        let mut named = |before: &str, after: &str| {
            loop {
                line.clear();
                assert_ne!(said.read_line(&mut line).unwrap(), 0, "the server does not start");
                let named =
                    line.trim().strip_prefix(before).and_then(|rest| rest.strip_suffix(after));
                if let Some(address) = named {
                    return address.parse().unwrap();
                }
            }
        };
        self.address = named("Serving on http://", "");
        self.figures = named("Figures at http://", "/metrics");
        self.running = Some((child, said));
        began.elapsed()
    }

    /// The number of its process.
    pub(crate) fn id(&self) -> u32 {
        self.running.as_ref().map_or(0, |(child, _)| child.id())
    }

    /// Tells it to end, and says how long that took.
    pub(crate) fn stop(&mut self) -> Duration {
        let began = Instant::now();
        let (mut child, _) = self.running.take().unwrap();
        let told = Command::new("kill").arg(child.id().to_string()).status().unwrap();
        assert!(told.success() && child.wait().unwrap().success(), "the server ends well");
        began.elapsed()
    }

    /// Ends it in the middle of whatever it does.
    pub(crate) fn kill(&mut self) {
        let (mut child, _) = self.running.take().unwrap();
        child.kill().unwrap();
        child.wait().unwrap();
    }

    /// The operator's token.
    pub(crate) fn token(&self) -> String {
        fs::read_to_string(self.data.join("operator.token")).unwrap().trim().to_owned()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Some((mut child, _)) = self.running.take() {
            drop(child.kill());
            drop(child.wait());
        }
    }
}

/// The page of figures. None: nobody answers.
pub(crate) fn page(at: SocketAddr) -> Option<String> {
    let patience = Some(Duration::from_secs(5));
    let mut connection = TcpStream::connect(at).ok()?;
    connection.set_read_timeout(patience).ok()?;
    connection
        .write_all(b"GET /metrics HTTP/1.1\r\nhost: soak\r\nconnection: close\r\n\r\n")
        .ok()?;
    let mut page = String::new();
    connection.read_to_string(&mut page).ok()?;
    Some(page)
}
