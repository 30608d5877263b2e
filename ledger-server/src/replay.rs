//! The road that every start takes: entries are read, verified and decoded on all cores, and folded in order.
//!
//! ```text
//! log ──batches, each read by whoever has time──▶ hash, compare, decode ──in order──▶ fold, on the caller's thread
//! ```
//!
//! A batch is a few segments of 256 entries, and few of them are on their way at once: what this takes does not grow with
//! the log. On one core there are no threads, and the same steps.

mod together;

use std::{num::NonZero, ops::ControlFlow, thread};

use ledger_core::{Entry, Position};
use ledger_proto::{Hash, Over, stored};

use crate::{
    error::Error,
    log::{Log, LogError, LogId, Lost, Stretch},
};

/// Entries in a row that are as they were written, and can be read.
#[derive(Debug, Default)]
pub struct Verified {
    /// The entries, in order.
    pub entries: Vec<Entry>,
    /// What stands for them in the Merkle log.
    pub hashes: Hashes,
}

/// What stands for some entries in the Merkle log.
#[derive(Debug)]
pub enum Hashes {
    /// They are a whole segment: its root.
    Segment(Hash),
    /// The leaf of each.
    Leaves(Vec<Hash>),
}

impl Default for Hashes {
    fn default() -> Self {
        Self::Leaves(Vec::new())
    }
}

/// How many threads a replay may use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cores {
    /// The caller's alone.
    One,
    /// As many as the machine has.
    All,
}

impl Cores {
    fn threads(self) -> usize {
        match self {
            Self::One => 1,
            Self::All => thread::available_parallelism().map_or(1, NonZero::get),
        }
    }
}

/// Reads the durable entries behind `after`, each verified, and hands them to `take` in order.
///
/// A stretch that is a whole segment must hash to the root beside it. That the roots are those of the log, only its own
/// root can say: whoever takes the stretches compares it when all have come.
pub fn replay(
    log: &dyn Log,
    id: LogId,
    after: u64,
    cores: Cores,
    mut take: impl FnMut(&Verified) -> Result<(), Error>,
) -> Result<(), Error> {
    match cores.threads() {
        1 => alone(log, id, after, &mut take),
        threads => together::replay(log, (id, after), threads, &mut take),
    }
}

type Take<'a> = dyn FnMut(&Verified) -> Result<(), Error> + 'a;

fn alone(log: &dyn Log, id: LogId, after: u64, take: &mut Take<'_>) -> Result<(), Error> {
    let mut taken = Ok(());
    let mut verified = Verified::default();
    log.stretches(id, after, &mut |stretch| {
        taken = verify(id, &stretch, &mut verified).and_then(|()| take(&verified));
        if taken.is_ok() { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    })?;
    taken
}

/// Hashes and reads the entries of a stretch.
fn verify(id: LogId, stretch: &Stretch<'_>, verified: &mut Verified) -> Result<(), Error> {
    let bytes: Vec<&[u8]> = stretch.entries().collect();
    let leaves = Over::Entries.leaves(&bytes);
    verified.hashes = match stretch.root {
        Some(root) if Over::Entries.root(&leaves) == root => Hashes::Segment(root),
        Some(_) => {
            let what = "what is stored is not what was recorded".to_owned();
            let missing = vec![Lost { log: id, first: stretch.first, last: stretch.last() }];
            return Err(LogError::Store { what, missing }.into());
        }
        None => Hashes::Leaves(leaves),
    };
    verified.entries.clear();
    for (position, bytes) in (stretch.first..).zip(bytes) {
        // The short road first, so that what it gives goes straight to its place.
        if let Some(entry) = stored::walk(bytes) {
            verified.entries.push(entry);
            continue;
        }
        verified.entries.push(stored::decode_generally(bytes).map_err(|malformed| {
            let position = Position::new(position);
            Error::Unreadable(format!("entry {position} cannot be read: {malformed}"))
        })?);
    }
    Ok(())
}

#[cfg(test)]
pub(crate) mod tests {
    use ledger_core::{
        Actor, Asked, Attribution, Authority, Channel, CoopName, Event, Fingerprint, OfficerId,
        RequestId, Role, State, Timestamp, Values,
    };
    use ledger_proto::Frontier;

    use super::*;
    use crate::log::{Block, MemoryLog};

    const ONE: LogId = LogId::new(1);

    /// A log of so many officers, with what the last entries are to be instead.
    fn log(count: usize, last: &[&[u8]]) -> MemoryLog {
        let log = MemoryLog::new();
        let mut entries: Vec<Vec<u8>> = officers(count);
        entries.extend(last.iter().map(|bytes| bytes.to_vec()));
        log.append(&[Block { log: ONE, first: 1, entries: &entries }]).unwrap();
        log
    }

    fn officers(count: usize) -> Vec<Vec<u8>> {
        let coop = CoopName::new("colne-valley").unwrap();
        let founded = Event::CoopFounded { coop, policy: Values::template() };
        let appointed = (2..=u32::try_from(count).unwrap()).map(|n| Event::OfficerAppointed {
            officer: OfficerId::new(n).unwrap(),
            role: Role::Coordinator,
            member: None,
        });
        written(std::iter::once(founded).chain(appointed))
    }

    /// The entries of a log with these events, as they are stored.
    pub(crate) fn written(events: impl IntoIterator<Item = Event>) -> Vec<Vec<u8>> {
        let entries = (1_u32..).zip(events).map(|(n, event)| {
            let at = Timestamp::from_unix_ms(1_790_000_000_000 + i64::from(n));
            let mut bits = [0; 10];
            bits[..4].copy_from_slice(&n.to_be_bytes());
            let id = RequestId::of_time(at, bits);
            let entry = Entry {
                position: Position::new(n.into()),
                recorded_at: at,
                occurred_on: at.day(),
                by: Attribution {
                    actor: Actor::Operator,
                    on_behalf_of: None,
                    authority: Authority::Operator,
                    channel: Channel::App,
                },
                policy_version: u32::from(n > 1),
                asked: Some(Asked { id, fingerprint: Fingerprint::new([0; 16]) }),
                row: None,
                corrects: None,
                event,
            };
            stored::encode(&entry).unwrap()
        });
        entries.collect()
    }

    /// What a replay comes to: the state, and what stands for the log.
    fn come_to(log: &dyn Log, after: u64, cores: Cores) -> (u64, usize, Result<(), Error>) {
        let (mut next, mut entries) = (after + 1, 0);
        let done = replay(log, ONE, after, cores, |verified| {
            for entry in &verified.entries {
                assert_eq!(entry.position.get(), next);
                next += 1;
            }
            entries += verified.entries.len();
            Ok(())
        });
        (next - 1, entries, done)
    }

    #[test]
    fn one_core_and_many_come_to_the_same_in_order_from_anywhere() {
        let log = log(3_000, &[]);
        for after in [0, 1, 255, 256, 700, 2_999, 3_000, 9_000] {
            for cores in [Cores::One, Cores::All] {
                let (last, entries, done) = come_to(&log, after, cores);
                assert!(done.is_ok());
                assert_eq!(last, after.max(3_000).max(last.min(after)));
                assert_eq!(entries as u64, 3_000_u64.saturating_sub(after));
            }
        }
        let mut folded = (State::default(), Frontier::default());
        replay(&log, ONE, 0, Cores::All, |Verified { entries, hashes }| {
            for entry in entries {
                ledger_core::advance(&mut folded.0, entry)?;
            }
            match hashes {
                Hashes::Segment(root) => folded.1.push_subtree(8, *root).unwrap(),
                Hashes::Leaves(leaves) => leaves.iter().for_each(|leaf| folded.1.push(*leaf)),
            }
            Ok(())
        })
        .unwrap();
        assert_eq!(folded.0.head().get(), 3_000);
        assert_eq!(folded.1.root(), log.head(ONE).root());
    }

    #[test]
    fn what_cannot_be_read_is_named_after_all_before_it_was_taken() {
        let log = log(1_000, &[b"nonsense", b"more of it"]);
        for cores in [Cores::One, Cores::All] {
            let (last, _, done) = come_to(&log, 0, cores);
            assert!((768..=1_000).contains(&last), "{last}");
            assert!(done.unwrap_err().to_string().contains("entry 1001 cannot be read"));
        }
    }

    #[test]
    fn whoever_takes_them_may_refuse_and_no_thread_is_left() {
        let log = log(5_000, &[]);
        for cores in [Cores::One, Cores::All] {
            let mut taken = 0;
            let refused = replay(&log, ONE, 0, cores, |verified| {
                taken += verified.entries.len();
                if taken > 600 { Err(Error::internal("enough")) } else { Ok(()) }
            });
            assert!(refused.unwrap_err().to_string().contains("enough"));
            assert_eq!(taken, 768);
        }
    }
}
