//! The server's program: what was typed, and how it ended.

use std::{
    io::{IsTerminal, Write},
    path::Path,
    process::ExitCode,
    sync::Arc,
};

use clap::Parser;
use ledger_core::CoopName;
use ledger_server::{
    BUILT, Command, Config, DevCerts, Doctor, Error, Finding, Guard, House, Keys, Lobby, Opening,
    Page, Serve, Tls, accept_loss, backup, demo, dev_certs, examine, rotate_key, until_told,
    verdicts, verifier_keys,
};
use mimalloc::MiMalloc;
use sd_notify::NotifyState;
use tracing_subscriber::EnvFilter;

// What one thread makes, another drops: requests, answers, and the store's pages of some hundred kilobytes. The system's
// allocator gives such pages back and asks for them again each time; a batch of writes cost a sixth more with it.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

fn main() -> ExitCode {
    let filter =
        EnvFilter::try_from_env("CARESTORE_LOG").unwrap_or_else(|_| EnvFilter::new("info"));
    // A journal in a file has no colours.
    let colours = std::io::stderr().is_terminal();
    let journal = tracing_subscriber::fmt().with_env_filter(filter).with_ansi(colours);
    let journal = journal.with_writer(std::io::stderr);
    if std::env::var("CARESTORE_LOG_FORMAT").as_deref() == Ok("json") {
        journal.json().init();
    } else {
        journal.init();
    }
    let config = Config::parse();
    let Some(command) = config.command else {
        version(config.verbose.then_some(BUILT));
        return ExitCode::SUCCESS;
    };
    match run(command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // The journal may be read by another than the person at the keyboard.
            say(&format!("carestore-server: {error}"), std::io::stderr());
            ExitCode::FAILURE
        }
    }
}

fn run(command: Command) -> Result<(), Error> {
    let runtime =
        tokio::runtime::Runtime::new().map_err(|error| Error::Internal(error.to_string()))?;
    runtime.block_on(async {
        match command {
            Command::Serve(how) => start(how).await,
            Command::Demo(how) => demo(&how).await,
            Command::Doctor(what) => doctor(&what),
            Command::DevCerts(DevCerts { out, hosts }) => certificates(&out, &hosts),
            Command::Guard(Guard::Show { data }) => show(&data),
            Command::Guard(Guard::AcceptLoss { data, coop }) => accept(&data, &coop).await,
            Command::Keys(Keys::Show { data }) => keys(&data),
            Command::Backup(what) => backup(&what, &mut |line| say(line, std::io::stdout())).await,
            Command::Keys(Keys::Rotate { data, coop }) => rotate(&data, &coop).await,
        }
    })
}

/// Which version this is, and how it was built where that is asked for.
fn version(built: Option<&str>) {
    let said = format!("carestore-server {}", env!("CARGO_PKG_VERSION"));
    say(&said, std::io::stdout());
    if let Some(built) = built {
        say(built.trim_end(), std::io::stdout());
    }
}

fn doctor(what: &Doctor) -> Result<(), Error> {
    let tls = what.tls_cert.clone().zip(what.tls_key.clone());
    let tls = tls.map(|(certificate, key)| Tls { certificate, key, client_ca: None });
    let found = examine(&what.data, tls.as_ref());
    for finding in &found {
        say(&finding.to_string(), std::io::stdout());
    }
    let wrong = found.iter().filter(|finding| matches!(finding, Finding::Wrong(_))).count();
    match wrong {
        0 => Ok(()),
        1 => Err(Error::Internal("one thing must be mended".to_owned())),
        _ => Err(Error::Internal(format!("{wrong} things must be mended"))),
    }
}

async fn start(how: Serve) -> Result<(), Error> {
    let opening = Opening { confirm_clock: how.confirm_clock, ..Opening::at(&how.data) };
    let metrics = Arc::clone(&opening.metrics);
    let page = match how.metrics {
        Some(listen) => Some(Page::open(listen, metrics).await?),
        None => None,
    };
    let tls = how.tls();
    let lobby = Lobby::open(how.listen, tls.as_ref()).await?;
    // Beside the threads that answer callers: they say meanwhile that the server is starting.
    let opened = tokio::task::spawn_blocking(move || House::open(&opening));
    let house = opened.await.map_err(|error| Error::Internal(error.to_string()))??;
    let token = house.token().map(Path::to_owned);
    let serving = house.serve(lobby.close().await?, tls.as_ref())?;
    let scheme = if tls.is_some() { "https" } else { "http" };
    say(&format!("Serving on {scheme}://{}", serving.address()), std::io::stdout());
    if let Some(page) = &page {
        page.ready(&serving);
        say(&format!("Figures at http://{}/metrics", page.address()), std::io::stdout());
    }
    if let Some(token) = token {
        let said = format!(
            "The operator's token is in {}. It may do everything: keep it to yourself.\n\
             Found a co-op:  carestore --token-file {} --coop my-co-op coop found",
            token.display(),
            token.display()
        );
        say(&said, std::io::stdout());
    }
    let alive = supervised(NotifyState::Ready).then(|| tokio::spawn(still_here()));
    until_told().await?;
    supervised(NotifyState::Stopping);
    if let Some(page) = &page {
        page.stopping();
    }
    let stopped = serving.stop().await;
    if let Some(alive) = alive {
        alive.abort();
    }
    stopped
}

/// Tells whoever supervises the process, if anybody does. Whether somebody does.
fn supervised(state: NotifyState<'_>) -> bool {
    std::env::var_os("NOTIFY_SOCKET").is_some() && sd_notify::notify(&[state]).is_ok()
}

/// Says, as often as the supervisor wants to hear it, that the process is not stuck. A writer that is stuck ends it before.
async fn still_here() {
    let Some(within) = sd_notify::watchdog_enabled() else { return };
    let mut beat = tokio::time::interval(within / 3);
    loop {
        beat.tick().await;
        supervised(NotifyState::Watchdog);
    }
}

fn certificates(out: &Path, hosts: &[String]) -> Result<(), Error> {
    dev_certs(out, hosts)?;
    let (out, host) = (out.display(), hosts.first().map_or("localhost", String::as_str));
    let said = format!(
        "Certificates for trying out are in {out}. The server:\n\
         carestore-server serve --listen 0.0.0.0:50051 --tls-cert {out}/server.pem --tls-key {out}/server.key\n\
         and to let in only who shows {out}/client.pem, too: --tls-client-ca {out}/ca.pem\n\
         Callers: carestore --server https://{host}:50051 --ca-file {out}/ca.pem\n\
         and, where the server asks: --client-cert {out}/client.pem --client-key {out}/client.key"
    );
    say(&said, std::io::stdout());
    Ok(())
}

fn show(data: &Path) -> Result<(), Error> {
    for (coop, verdict) in verdicts(data)? {
        let said = match verdict {
            Ok(()) => format!("{coop}: all that was acknowledged is there"),
            Err(error) => format!("{coop}: {error}"),
        };
        say(&said, std::io::stdout());
    }
    Ok(())
}

async fn accept(data: &Path, coop: &str) -> Result<(), Error> {
    let coop = named(coop)?;
    let said = match accept_loss(data, &coop).await? {
        Some(lost) => format!("{coop}: {lost} are given up, and the log says so from now on"),
        None => format!("{coop}: nothing was lost"),
    };
    say(&said, std::io::stdout());
    Ok(())
}

fn keys(data: &Path) -> Result<(), Error> {
    let all = verifier_keys(data)?;
    if all.is_empty() {
        say(
            "Nothing has been signed yet: a co-op has a key from its first checkpoint on.",
            std::io::stderr(),
        );
    }
    for (coop, keys) in all {
        say(&format!("{coop}:"), std::io::stdout());
        for key in keys {
            say(&key.to_string(), std::io::stdout());
        }
    }
    Ok(())
}

async fn rotate(data: &Path, coop: &str) -> Result<(), Error> {
    let coop = named(coop)?;
    let key = rotate_key(&Opening::at(data), &coop).await?;
    let said = format!("{coop}: from now on checkpoints are checked by this key, too:\n{key}");
    say(&said, std::io::stdout());
    Ok(())
}

fn named(coop: &str) -> Result<CoopName, Error> {
    CoopName::new(coop).map_err(|error| Error::Internal(format!("--coop {error}")))
}

/// Says something to whoever sits there. If nobody does, that is no error of the server's.
fn say(what: &str, mut to: impl Write) {
    drop(writeln!(to, "{what}"));
}
