//! What a log has lost, and the operator's word to go on without it: begun, done and ended so that no crash in between
//! leaves a loss without its entry.

use std::{
    fs,
    path::{Path, PathBuf},
};

use ledger_core::{Command, CoopName, Position, Rejection, RequestId};

use crate::{
    auth::{cannot, write_private},
    boot::{self, ACCEPTING},
    cards::Cards,
    checkpoints::{self, Register},
    engine::Submission,
    error::Error,
    format,
    house::{House, Opening},
    log::{Log, LogError, LogId, LogOptions, Lost, PackedLog},
    operator,
};

/// A co-op, by name, and what its log has lost, if it has.
pub type Verdict = (String, Result<(), LogError>);

/// What the log of each co-op has lost, or that all is there. One that has gone with all its entries is named by what was
/// published of it.
pub fn verdicts(data: &Path) -> Result<Vec<Verdict>, Error> {
    format::nothing_half_restored(data)?;
    let log = open(data)?;
    let reached = Cards::open(data)?.reached()?;
    let mut ids = log.logs();
    ids.extend(checkpoints::published_logs(data)?);
    ids.extend(reached.logs());
    ids.sort();
    ids.dedup();
    let mut verdicts = Vec::new();
    for id in ids {
        let coop = match boot::coop_of(&log, id) {
            Some(coop) => Some(coop),
            // What is damaged names nobody; the verdict says so, and the others have theirs.
            None => Register::look(data, id).ok().flatten().map(|(coop, _)| coop),
        };
        let name = coop.map_or_else(|| format!("log {id}"), |coop| coop.to_string());
        let judged = verdict(data, &log, id)?;
        verdicts.push((name, judged.and_then(|()| reached.fits(id, log.head(id).size))));
    }
    Ok(verdicts)
}

/// Whether a log is the one that was acknowledged, by its head file, and the one of which checkpoints were published.
fn verdict(data: &Path, log: &PackedLog, id: LogId) -> Result<Result<(), LogError>, Error> {
    let judged = log.verdict(id).and_then(|()| checkpoints::tree_of(log, id));
    match Register::open(data, id) {
        Ok(register) => Ok(judged.and_then(|tree| register.fits(&tree, log))),
        Err(Error::Log(error)) => Ok(judged.and(Err(error))),
        Err(error) => Err(error),
    }
}

/// The operator's word that what a co-op's log has lost stays lost; it becomes an entry. Says what it was. What a crash
/// broke off is taken up again.
pub async fn accept_loss(data: &Path, coop: &CoopName) -> Result<Option<Lost>, Error> {
    format::nothing_half_restored(data)?;
    give_up(data, coop).await
}

/// The same, in a folder that may be on its way from a backup.
pub(crate) async fn give_up(data: &Path, coop: &CoopName) -> Result<Option<Lost>, Error> {
    let file = data.join(format!("{ACCEPTING}{coop}"));
    let begun = {
        let log = open(data)?;
        let id = log.logs().into_iter().find(|id| boot::coop_of(&log, *id).as_ref() == Some(coop));
        let id = id.ok_or(Rejection::CoopNotFound)?;
        if log.verdict(id).is_err() {
            if let Some(lost) = log.loss(id)? {
                Begun::new(lost).write(&file)?;
            }
            log.accept_loss(id)?;
        }
        // What was published of the lost entries is given up, too. It may even be all that knows of them.
        let register = Register::open(data, id)?;
        if let Some(lost) = register.loss(&checkpoints::tree_of(&log, id)?, &log)? {
            if Begun::read(&file)?.is_none() {
                Begun::new(lost).write(&file)?;
            }
            register.give_up(lost.first.saturating_sub(1))?;
        }
        // Or the cards are.
        let (cards, size) = (Cards::open(data)?, log.head(id).size);
        if let Some(lost) = cards.reached()?.loss(id, size) {
            if Begun::read(&file)?.is_none() {
                Begun::new(lost).write(&file)?;
            }
            cards.remember(&[(id, size)])?;
        }
        Begun::read(&file)?.map(|begun| (id, begun))
    };
    let Some((log, begun)) = begun else { return Ok(None) };
    let opening = Opening { confirm_clock: true, ..Opening::at(data) };
    let house = House::open_in_the_middle(&opening)?;
    let done = house.engine().submit(begun.submission(coop)?).await;
    house.close().await;
    done?;
    fs::remove_file(&file).map_err(|error| cannot("remove", &file, &error))?;
    Ok(Some(Lost { log, first: begun.first, last: begun.last }))
}

fn open(data: &Path) -> Result<PackedLog, Error> {
    format::check(data)?;
    Ok(PackedLog::open(&data.join("log"), &LogOptions::default())?)
}

/// The acceptance of a loss, between its first and its last step. The request's id is kept, so that it is recorded once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Begun {
    request: [u8; 16],
    first: u64,
    last: u64,
}

impl Begun {
    fn new(lost: Lost) -> Self {
        let request = *uuid::Uuid::now_v7().as_bytes();
        Self { request, first: lost.first, last: lost.last }
    }

    fn write(self, file: &Path) -> Result<(), Error> {
        let said =
            [&self.request[..], &self.first.to_be_bytes(), &self.last.to_be_bytes()].concat();
        write_private(file, &said)
    }

    fn read(file: &PathBuf) -> Result<Option<Self>, Error> {
        let said = match fs::read(file) {
            Ok(said) => said,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(cannot("read", file, &error)),
        };
        let parts = said.split_first_chunk::<16>().and_then(|(request, rest)| {
            let (first, rest) = rest.split_first_chunk::<8>()?;
            let last = rest.first_chunk::<8>()?;
            let (first, last) = (u64::from_be_bytes(*first), u64::from_be_bytes(*last));
            Some(Self { request: *request, first, last })
        });
        parts.map(Some).ok_or_else(|| Error::Internal(format!("{} is damaged", file.display())))
    }

    fn submission(self, coop: &CoopName) -> Result<Submission, Error> {
        let Self { request, first, last } = self;
        let id = RequestId::from_bytes(request)
            .ok_or_else(|| Error::internal("the acceptance of a loss has no request id"))?;
        let (first, last) = (Position::new(first), Position::new(last));
        Ok(operator::asks(coop, id, Command::AcceptLoss { first, last }))
    }
}
