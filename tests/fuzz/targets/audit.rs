//! The audit of whatever an operator may have signed: it ends with a verdict, and says that all is well of nothing else than
//! what can be read, was signed and follows.
#![no_main]

use std::sync::LazyLock;

use ledger_client::audit::{Audit, Elsewhere, Options, Verdict, page, say};
use ledger_client::bundle::Head;
use ledger_core::{
    Actor, Asked, Attribution, Authority, Channel, CoopName, Day, Entry, Event, Fingerprint,
    Position, RequestId, Timestamp, Values,
};
use ledger_fuzz::which;
use ledger_proto::{Checkpoint, Hash, Origin, Over, SigningKey, leaf, stored};

static KEY: LazyLock<SigningKey> = LazyLock::new(|| SigningKey::from_seed([1; 32]));

/// When everything is recorded that is put in order.
const RECORDED: Timestamp = Timestamp::from_unix_ms(1_800_000_000_000);

/// A first entry of which nobody can say anything.
static FOUNDED: LazyLock<Vec<u8>> = LazyLock::new(|| {
    let coop = CoopName::new("colne-valley").unwrap();
    let entry = Entry {
        position: Position::new(1),
        recorded_at: RECORDED,
        occurred_on: Day::parse("2027-01-15").unwrap(),
        by: Attribution {
            actor: Actor::Operator,
            on_behalf_of: None,
            authority: Authority::Operator,
            channel: Channel::App,
        },
        policy_version: 0,
        asked: Some(Asked {
            id: RequestId::of_time(RECORDED, [7; 10]),
            fingerprint: Fingerprint::new([7; 16]),
        }),
        row: None,
        corrects: None,
        event: Event::CoopFounded { coop, policy: Values::template() },
    };
    stored::encode(&entry).unwrap()
});

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let Some((first, rest)) = which(data) else { return };
    if first == b't' {
        // What came by another road, as text.
        if let Ok(text) = std::str::from_utf8(rest) {
            drop(Elsewhere::read("a file", text).map(|read| (read.size(), read.origin().cloned())));
        }
        return;
    }
    let entries = entries(rest, Numbered::from(first));
    if !entries.is_empty() {
        audit(&entries, first);
    }
});

/// Whether entries are put in order before they are signed.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Numbered {
    Anew,
    AsTheyAre,
}

impl From<u8> for Numbered {
    fn from(choice: u8) -> Self {
        if choice & 1 == 0 { Self::Anew } else { Self::AsTheyAre }
    }
}

/// Pieces of the input, each behind its length: stored entries, for all that anybody knows.
fn entries(mut rest: &[u8], numbered: Numbered) -> Vec<Vec<u8>> {
    let mut entries: Vec<Vec<u8>> = Vec::new();
    while let Some((length, behind)) = rest.split_first_chunk::<2>() {
        let length = usize::from(u16::from_be_bytes(*length));
        let Some((bytes, behind)) = behind.split_at_checked(length) else { break };
        rest = behind;
        let position = entries.len() as u64 + 1;
        let mut bytes = bytes.to_vec();
        if numbered == Numbered::Anew {
            if position == 1 {
                bytes = FOUNDED.clone();
            } else if let Ok(mut entry) = stored::decode(&bytes) {
                entry.position = Position::new(position);
                entry.recorded_at = RECORDED;
                bytes = stored::encode(&entry).unwrap_or(bytes);
            }
        }
        entries.push(bytes);
    }
    entries
}

fn audit(entries: &[Vec<u8>], choice: u8) {
    let leaves: Vec<Hash> = entries.iter().map(|entry| leaf(entry)).collect();
    let origin = Origin::of(&CoopName::new("colne-valley").unwrap(), &leaves[0]);
    let note = |size: usize| {
        let root = Over::Entries.root(&leaves[..size]);
        KEY.note(&Checkpoint { origin: origin.clone(), size: size as u64, root })
    };
    let half = leaves.len().div_ceil(2);
    let mut notes = vec![note(half)];
    if half < leaves.len() {
        notes.push(note(leaves.len()));
    }
    let also = Elsewhere::read("the first half", &notes[0]).unwrap();
    let options = Options {
        keys: vec![KEY.verifier(&origin)],
        also: vec![also.clone()],
        since: (choice & 2 == 0).then_some(also),
        max_age_days: (choice & 4 == 0).then_some(7),
        journals: None,
        now: Timestamp::from_unix_ms(1_800_000_100_000),
    };
    let size = entries.len() as u64;
    let keys = vec![KEY.verifier(&origin)];
    let head = Head { origin, size, keys, notes };
    let report = |taken: &[Vec<u8>]| {
        let mut audit = Audit::begin(&head, &options);
        let _goes_on = audit.take(1, taken);
        let report = audit.finish().report;
        assert!(!page(&report).contains("<x"), "no title makes a mark on the page");
        drop(say::lines(&report));
        report
    };
    let all = report(entries);
    let readable = entries.iter().zip(1..).all(|(entry, position)| {
        stored::decode_strictly(entry).is_ok_and(|entry| entry.position.get() == position)
    });
    assert!(
        *entries != [FOUNDED.clone()] || all.verdict == Verdict::Verified,
        "{:?}",
        all.findings
    );
    assert!(readable || all.verdict == Verdict::HistoryBroken, "{:?}", all.findings);
    // What was signed is this and nothing else: an entry less or another one is noticed.
    assert_ne!(report(&entries[..entries.len() - 1]).verdict, Verdict::Verified);
    let mut other = entries.to_vec();
    let at = usize::from(choice) % other.len();
    match other[at].first_mut() {
        Some(byte) => *byte ^= 1,
        None => other[at].push(0),
    }
    assert_eq!(report(&other).verdict, Verdict::HistoryBroken);
}
