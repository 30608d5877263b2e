//! A co-op's past is brought in: step after step through the same rules, people by reference and things by name.

mod names;
mod suspects;

use super::{Decision, decide};
use crate::{
    command::{Command, Request},
    entry::{Actor, Entry},
    evolve::{Contradiction, advance},
    id::RequestId,
    kinds::Channel,
    past::{PastStep, Step, WrongRow},
    rejection::Rejection,
    state::State,
    time::Timestamp,
};
use names::Next;
use suspects::Suspects;

/// When an import is brought, and by whom.
#[derive(Clone, Copy, Debug)]
pub struct Importing {
    /// The server's clock, never before the newest entry's.
    pub at: Timestamp,
    /// Who brings it.
    pub actor: Actor,
}

/// Why a step cannot be brought in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ImportFailure {
    /// It names something that is nowhere.
    Unknown(WrongRow),
    /// A rule refuses it.
    Refused(Rejection),
}

/// What an import comes to.
#[derive(Clone, Debug)]
pub struct Imported {
    /// The ledger with all good steps in it.
    pub state: State,
    /// Their entries, in order; with each the index of its step, or nothing where it only prepares one.
    pub entries: Vec<(Option<usize>, Entry)>,
    /// The steps that failed by themselves, by index.
    pub failures: Vec<(usize, ImportFailure)>,
    /// How many steps failed only because another did.
    pub dependent: usize,
    /// How many steps had been brought before.
    pub known: usize,
}

/// Tries every step in turn on a state of its own. What is good is in [`Imported::entries`]; whether that is recorded,
/// the caller decides.
pub fn import(
    state: State,
    steps: &[PastStep],
    importing: Importing,
) -> Result<Imported, Contradiction> {
    let mut done =
        Imported { state, entries: Vec::new(), failures: Vec::new(), dependent: 0, known: 0 };
    let mut suspects = Suspects::default();
    for (index, step) in steps.iter().enumerate() {
        if let Step::Unreadable { refs, fund, business } = &step.step {
            suspects.unreadable(refs, fund.as_ref(), business.as_ref());
            continue;
        }
        let mut unprepared = None;
        if let Err(failure) = bring(&mut done, (index, step), importing, &mut unprepared)? {
            // Nothing stays that was opened only for it.
            if let Some((state, entries)) = unprepared {
                done.state = state;
                done.entries.truncate(entries);
            }
            if suspects.explain(step, &failure) {
                done.dependent = done.dependent.saturating_add(1);
            } else {
                done.failures.push((index, failure));
            }
            suspects.failed(step);
        }
    }
    Ok(done)
}

type Brought = Result<(), ImportFailure>;

/// The ledger before anything was opened for a step, and how many entries there were.
type Unprepared = Option<(State, usize)>;

fn bring(
    done: &mut Imported,
    (index, step): (usize, &PastStep),
    importing: Importing,
    unprepared: &mut Unprepared,
) -> Result<Brought, Contradiction> {
    loop {
        if done.state.row(step.row).is_some() {
            done.known = done.known.saturating_add(1);
            return Ok(Ok(()));
        }
        let (command, prepares) = match names::next(&done.state, step) {
            Err(wrong) => return Ok(Err(ImportFailure::Unknown(wrong))),
            Ok(Next::Nothing) => {
                done.known = done.known.saturating_add(1);
                return Ok(Ok(()));
            }
            Ok(Next::Prepare(command)) => {
                unprepared.get_or_insert_with(|| (done.state.clone(), done.entries.len()));
                // By what it is, and not by its turn: cut off between two of them, an import finds the second first.
                let first = matches!(command, Command::OpenFund { .. });
                (command, if first { 1 } else { 2 })
            }
            Ok(Next::Bring(command)) => (command, 0),
        };
        let last = prepares == 0;
        let request = request(step, importing, command, prepares);
        match decide(&done.state, &request) {
            Err(rejection) => return Ok(Err(ImportFailure::Refused(rejection))),
            Ok(Decision::AlreadyRecorded(_)) => {
                done.known = done.known.saturating_add(1);
                return Ok(Ok(()));
            }
            Ok(Decision::Record(entry)) => {
                advance(&mut done.state, &entry)?;
                done.entries.push((last.then_some(index), *entry));
            }
        }
        if last {
            return Ok(Ok(()));
        }
    }
}

/// The request that a step becomes, or one that prepares it: those have ids of their own, beside the step's. What
/// prepares a step is done today; only the step itself is history.
fn request(step: &PastStep, importing: Importing, command: Command, preparing: u8) -> Request {
    let mut bits = [0; 10];
    for (to, from) in bits.iter_mut().zip(step.id.bytes().iter().skip(6)) {
        *to = *from ^ preparing;
    }
    Request {
        id: RequestId::of_time(step.id.time(), bits),
        fingerprint: step.fingerprint,
        at: importing.at,
        occurred_on: (preparing == 0).then_some(step.on),
        actor: importing.actor,
        on_behalf_of: None,
        channel: Channel::Import,
        expected_position: None,
        expected_revision: None,
        corrects: None,
        row: (preparing == 0).then_some(step.row),
        command,
    }
}
