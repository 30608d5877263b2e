//! Whatever the ledger records, by any sequence of requests, the auditor's own rules have nothing to say about it: they would
//! otherwise accuse somebody who did nothing wrong.

#[path = "../../../ledger-core/tests/laws/moves.rs"]
mod moves;
#[path = "../../../ledger-core/tests/laws/reading.rs"]
mod reading;

use ledger_client::{
    audit::{Audit, Finding, Options, Step},
    bundle::Head,
};
use ledger_core::{
    Channel, Command, CoopName, Decision, Entry, Request, State, decide, evolve, fall_due,
};
use ledger_proto::{Origin, leaf, stored};
use moves::{Move, prelude, request, start};
use proptest::prelude::*;

/// A ledger as the server would run it, and all that was asked of it.
#[derive(Default)]
struct Run {
    state: State,
    log: Vec<Entry>,
    asked: Vec<Request>,
}

impl Run {
    fn of(moves: &[Move]) -> Run {
        let (mut run, mut now) = (Run::default(), start());
        for (actor, command) in prelude() {
            let number = run.asked.len() as u64;
            run.ask(request(number, now, actor, command));
        }
        for one in moves {
            now = now.plus_hours(i64::from(one.hours_later));
            run.drain(now);
            let (number, at) = (run.asked.len() as u64, run.state.stamp(now));
            let request = one.read((number, at), &run.state, (&run.log, &run.asked));
            run.ask(request);
        }
        run
    }

    fn ask(&mut self, mut request: Request) {
        // The dice know nothing of roads: what comes out of a spreadsheet comes by an import.
        if request.row.is_some() {
            request.channel = Channel::Import;
        }
        self.drain(request.at);
        // The dice lose what they like, and the operator's tool only what stood at the end.
        if let Command::AcceptLoss { first, last } = &mut request.command {
            (*first, *last) = (self.state.head().next(), self.state.head().next());
        }
        if let Ok(Decision::Record(entry)) = decide(&self.state, &request) {
            self.record(*entry);
        }
        self.asked.push(request);
    }

    fn drain(&mut self, now: ledger_core::Timestamp) {
        while let Some(entry) = fall_due(&self.state, now) {
            self.record(entry);
        }
    }

    fn record(&mut self, entry: Entry) {
        self.state = evolve(std::mem::take(&mut self.state), &entry).unwrap();
        self.log.push(entry);
    }
}

/// What the rules say of a log.
fn rules(log: &[Entry]) -> Vec<Finding> {
    let bytes: Vec<Vec<u8>> = log.iter().map(|entry| stored::encode(entry).unwrap()).collect();
    let origin = Origin::of(&CoopName::new("any-valley").unwrap(), &leaf(&bytes[0]));
    let head = Head { origin, size: bytes.len() as u64, keys: Vec::new(), notes: Vec::new() };
    let options = Options::default();
    let mut audit = Audit::begin(&head, &options);
    assert!(audit.take(1, &bytes).is_continue());
    let report = audit.finish().report;
    assert_eq!(report.replayed, head.size);
    report.findings.into_iter().filter(|finding| finding.step == Step::Rules).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn the_auditor_has_nothing_to_say_of_what_the_ledger_records(moves in moves::moves(200)) {
        let run = Run::of(&moves);
        prop_assert_eq!(rules(&run.log), []);
    }
}
