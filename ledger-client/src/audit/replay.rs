//! The replay: through the same fold as the live ledger, with the auditor's own checks beside it, and every seal
//! reckoned again.

use std::borrow::Cow;

use ledger_core::{Books, Contradiction, Entry, Event, REDUCER_VERSION, State, Transfer, advance};
use ledger_proto::accounts_root;

use super::{
    figures::Growing,
    finding::{Finding, Rule, Step},
    rules::{After, Breaches, Rules, Seen},
    say,
};

/// The ledger as it is replayed. Nothing is left of it when an entry contradicts those before it.
pub(super) struct Replay {
    state: Option<State>,
    rules: Rules,
    pub(super) figures: Growing,
    pub(super) replayed: u64,
    pub(super) seals: u64,
}

impl Replay {
    pub(super) fn since(since: u64) -> Replay {
        Replay {
            state: Some(State::default()),
            rules: Rules::default(),
            figures: Growing::since(since),
            replayed: 0,
            seals: 0,
        }
    }

    /// Nothing can be replayed any more.
    pub(super) fn stop(&mut self) {
        self.state = None;
    }

    /// The ledger after all entries. Nothing: it could not be replayed to the end.
    pub(super) fn state(&self) -> Option<&State> {
        self.state.as_ref()
    }

    /// The same, to keep.
    pub(super) fn into_state(self) -> Option<State> {
        self.state
    }

    /// Takes the next entry.
    pub(super) fn take(&mut self, entry: &Entry, findings: &mut Vec<Finding>) {
        let Some(mut state) = self.state.take() else { return };
        let transfers = entry.event.transfers();
        let seen = Seen { before: &state, entry, transfers: &transfers };
        let broken = self.rules.before(&seen);
        tell(entry, broken, findings);
        self.seal(&state, entry, findings);
        let known = without_newer_seal(state.books(), entry);
        match advance(&mut state, &known) {
            Ok(()) => {
                let after = After { entry, transfers: &transfers, state: &state };
                tell(entry, self.rules.after(&after), findings);
                self.state = Some(state);
                self.count(entry, &transfers);
            }
            Err(wrong) => findings.push(contradiction(entry, wrong)),
        }
    }

    fn count(&mut self, entry: &Entry, transfers: &[Transfer]) {
        let undoes = if let Event::EntryReversed { entry: reversed, .. } = &entry.event {
            self.rules.reversals.sort(*reversed)
        } else {
            None
        };
        self.replayed += 1;
        self.figures.count(entry, transfers, undoes);
    }

    /// A seal says what all accounts come to, and that is reckoned again.
    fn seal(&mut self, before: &State, entry: &Entry, findings: &mut Vec<Finding>) {
        let Event::StateSealed { accounts_root: sealed, totals, reducer_version, through: _ } =
            &entry.event
        else {
            return;
        };
        if *reducer_version != REDUCER_VERSION {
            findings.push(Finding::missing(Step::Seals, say::NEWER_SEAL).at(entry.position));
            return;
        }
        self.seals += 1;
        let books = before.books();
        let holds = accounts_root(books).as_bytes() == sealed.bytes()
            && books.totals().as_ref() == Ok(totals);
        if !holds {
            findings.push(Finding::rule(Step::Seals, Rule::Seal, entry.position, say::WRONG_SEAL));
        }
    }
}

/// The same entry as the replay takes it: a seal of a version that is not known here is not compared, and moves nothing.
fn without_newer_seal<'e>(books: &Books, entry: &'e Entry) -> Cow<'e, Entry> {
    let Event::StateSealed { through, accounts_root, reducer_version, totals: _ } = &entry.event
    else {
        return Cow::Borrowed(entry);
    };
    match books.totals() {
        Ok(totals) if *reducer_version != REDUCER_VERSION => {
            let event = Event::StateSealed {
                through: *through,
                accounts_root: *accounts_root,
                totals,
                reducer_version: REDUCER_VERSION,
            };
            Cow::Owned(Entry { event, ..entry.clone() })
        }
        Ok(_) | Err(_) => Cow::Borrowed(entry),
    }
}

fn tell(entry: &Entry, breaches: Breaches, findings: &mut Vec<Finding>) {
    for breach in breaches.0 {
        let (rule, what) = (breach.rule(), breach.to_string());
        findings.push(Finding::rule(Step::Rules, rule, entry.position, what));
    }
}

/// What the shared replay says, as a finding: an entry out of its place breaks the history, all else breaks a rule.
fn contradiction(entry: &Entry, wrong: Contradiction) -> Finding {
    let what = say::replay_stopped(&wrong.to_string());
    match wrong {
        Contradiction::OutOfOrder { .. } => Finding::broken(Step::Rules, what).at(entry.position),
        Contradiction::TimeWentBack { .. } | Contradiction::Impossible { .. } => {
            Finding::rule(Step::Rules, Rule::Replay, entry.position, what)
        }
    }
}
