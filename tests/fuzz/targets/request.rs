//! Writes as strangers may send them, one after the other, on a ledger that is a little older: each is read or refused
//! with words, and what is recorded can be stored, read again and taken in.
#![no_main]

use std::sync::LazyLock;

use ledger_core::{
    Actor, Command, CoopName, Decision, FundFreedom, Hat, MemberId, OfficerId, PartyKind, Request,
    RequestId, Role, State, Timestamp, Title, Values, decide, evolve, fall_due,
};
use ledger_fuzz::{
    Result, Unstructured,
    built::{Known, built, named},
    which,
};
use ledger_proto::{Malformed, Secrets, api, stored, v1};
use prost_reflect::{MessageDescriptor, prost::Message};

static SECRETS: LazyLock<Secrets> = LazyLock::new(|| Secrets::new([9; 32]));
static WRITE: LazyLock<MessageDescriptor> = LazyLock::new(|| named("carestore.v1.Write"));
static BEGUN: LazyLock<State> = LazyLock::new(begun);

/// A Sunday in November 2026.
const BEGINS: Timestamp = Timestamp::from_unix_ms(1_795_350_000_000);

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let Some((first, rest)) = which(data) else { return };
    if first == b'r' {
        if let Ok(write) = v1::Write::decode(rest) {
            drop(read(write));
        }
        return;
    }
    let mut ledger =
        Ledger { state: BEGUN.clone(), now: BEGINS, known: Vec::new(), codes: Vec::new() };
    let mut u = Unstructured::new(rest);
    while !u.is_empty() {
        if ledger.step(&mut u).is_err() {
            break;
        }
    }
});

/// What is told of a request that cannot be read names each field and what to do.
fn told(malformed: &Malformed) {
    assert!(!malformed.violations.is_empty());
    for violation in &malformed.violations {
        assert!(!violation.field.is_empty() && !violation.problem.is_empty(), "{malformed:?}");
        assert!(!violation.problem.contains(char::is_control), "{malformed:?}");
    }
}

/// Reads a write, twice the same.
fn read(write: v1::Write) -> Option<api::Parsed> {
    let read = api::parse(write.clone(), &SECRETS);
    assert_eq!(read, api::parse(write, &SECRETS));
    read.inspect_err(told).ok()
}

struct Ledger {
    state: State,
    now: Timestamp,
    known: Vec<String>,
    codes: Vec<String>,
}

impl Ledger {
    fn step(&mut self, u: &mut Unstructured<'_>) -> Result<()> {
        let later: u16 = u.arbitrary()?;
        // Mostly minutes, now and then weeks.
        let minutes = if later % 16 == 0 { i64::from(later) * 3 } else { i64::from(later % 200) };
        self.now = Timestamp::from_unix_ms(self.now.unix_ms() + minutes * 60_000);
        while let Some(due) = fall_due(&self.state, self.now) {
            self.take(due);
        }
        let at = self.state.stamp(self.now);
        let mut bits = [0; 10];
        bits[..8].copy_from_slice(&(self.known.len() as u64).to_be_bytes());
        let request_id = RequestId::of_time(at, bits).to_string();
        let known = Known {
            request_id: request_id.clone(),
            used: self.known.clone(),
            codes: self.codes.clone(),
        };
        let bytes = built(u, &WRITE, &known)?;
        let write =
            v1::Write::decode(&*bytes).expect("what was built by the .proto can be read by it");
        let Some(parsed) = read(write) else { return Ok(()) };
        self.known.push(request_id);
        let request = Request { at, ..parsed.request };
        match decide(&self.state, &request) {
            Ok(Decision::Record(entry)) => {
                assert_eq!(entry.asked.map(|asked| asked.id), Some(request.id));
                if let Command::IssueVoucher { .. } = request.command {
                    self.codes.push(SECRETS.voucher_code(request.id).to_string());
                }
                self.take(*entry);
                // Asked again, it is the same and nothing new.
                let again = decide(&self.state, &request);
                assert_eq!(again, Ok(Decision::AlreadyRecorded(self.state.head())));
            }
            Ok(Decision::AlreadyRecorded(position)) => assert!(position <= self.state.head()),
            Err(rejection) => {
                let said = rejection.to_string();
                assert!(!said.is_empty() && !said.contains(char::is_control), "{said:?}");
            }
        }
        Ok(())
    }

    /// What is recorded can be written, read again as the same, and taken in.
    fn take(&mut self, entry: ledger_core::Entry) {
        let bytes = stored::encode(&entry).unwrap_or_else(|error| panic!("{entry:?}: {error}"));
        assert_eq!(stored::decode_strictly(&bytes).as_ref(), Ok(&entry));
        assert_eq!(stored::walk(&bytes).as_ref(), Some(&entry));
        let before = std::mem::take(&mut self.state);
        self.state = evolve(before, &entry).unwrap_or_else(|error| panic!("{entry:?}: {error}"));
        assert_eq!(self.state.head(), entry.position);
    }
}

/// A ledger of some members, officers, funds and a business.
fn begun() -> State {
    let title = |text: &str| Title::new(text).unwrap();
    let coop = CoopName::new("colne-valley").unwrap();
    let founding = (Actor::Operator, Command::FoundCoop { coop, policy: Values::template() });
    let enrolled = (0..5).map(|_| Command::EnrolMember {
        hats: vec![Hat::FamilyCarer, Hat::CommunityVolunteer],
        reference: None,
        joined_on: None,
    });
    let rest = [
        Command::AppointOfficer { role: Role::Treasurer, member: None },
        Command::AppointOfficer { role: Role::Coordinator, member: MemberId::at(4) },
        Command::RegisterParty { title: title("Bakery"), kind: PartyKind::Business },
        Command::OpenFund { title: title("General"), freedom: FundFreedom::Unrestricted },
        Command::OpenFund {
            title: title("Breaks"),
            freedom: FundFreedom::Restricted(title("breaks")),
        },
    ];
    let office = Actor::Officer(OfficerId::new(1).unwrap());
    let all = enrolled.chain(rest).map(|command| (office, command));
    let mut state = State::default();
    for (number, (actor, command)) in std::iter::once(founding).chain(all).enumerate() {
        let mut bits = [0xff; 10];
        bits[9] = u8::try_from(number).unwrap();
        let request = Request {
            id: RequestId::of_time(BEGINS, bits),
            fingerprint: SECRETS.fingerprint(&bits),
            at: BEGINS,
            occurred_on: None,
            actor,
            on_behalf_of: None,
            channel: ledger_core::Channel::App,
            expected_position: None,
            expected_revision: None,
            corrects: None,
            row: None,
            command,
        };
        let Ok(Decision::Record(entry)) = decide(&state, &request) else { panic!("{request:?}") };
        state = evolve(state, &entry).unwrap();
    }
    state
}
