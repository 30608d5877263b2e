//! The road that every start takes: entries are read in order, verified and decoded on all cores, and folded in order.
//!
//! ```text
//! log ──stretches──▶ one thread ──a stretch each, in turn──▶ workers: hash, compare, decode ──in turn──▶ fold, on the caller's thread
//! ```
//!
//! A stretch is at most a segment of 256 entries, and few of them are on their way at once: what this takes does not grow with
//! the log. On one core there are no threads, and the same steps.

use std::{
    num::NonZero,
    ops::ControlFlow,
    sync::mpsc::{Receiver, Sender, channel},
    thread,
};

use ledger_core::{Entry, Position};
use ledger_proto::{Hash, Over, stored};

use crate::{
    error::Error,
    log::{Log, LogError, LogId, Lost, Stretch},
};

/// So many stretches are on their way for each worker.
const UNDERWAY: usize = 6;

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
    fn workers(self) -> usize {
        match self {
            Self::One => 0,
            Self::All => match thread::available_parallelism().map_or(1, NonZero::get) {
                1 => 0,
                cores => cores,
            },
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
    match cores.workers() {
        0 => alone(log, id, after, &mut take),
        workers => together(log, id, after, workers, &mut take),
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

/// A stretch on its way: from the reader to a worker, to the fold, and back to be filled again. What it once took in memory
/// it keeps, since to give back and ask again for so much costs more than to decode it.
#[derive(Default)]
struct Parcel {
    first: u64,
    count: u64,
    root: Option<Hash>,
    payload: Vec<u8>,
    verified: Verified,
}

fn together(
    log: &dyn Log,
    id: LogId,
    after: u64,
    workers: usize,
    take: &mut Take<'_>,
) -> Result<(), Error> {
    thread::scope(|scope| {
        let mut roads = Vec::with_capacity(workers);
        let mut answers = Vec::with_capacity(workers);
        let (back, empty) = channel();
        for _ in 0..workers {
            let (road, parcels) = channel::<Parcel>();
            let (answer, verified) = channel();
            scope.spawn(move || work(id, parcels, &answer));
            roads.push(road);
            answers.push(verified);
        }
        // There are no more than these: whoever is ahead waits for one to come back.
        for _ in 0..workers * UNDERWAY {
            drop(back.send(Parcel::default()));
        }
        let reader = scope.spawn(move || read(log, (id, after), &empty, &roads));
        let taken = fold(&answers, &back, take);
        // Whoever still works for nobody is told so by the closed roads.
        drop((answers, back));
        let panicked = |_| Err(LogError::Unfit("a reader panicked".to_owned()));
        let read = reader.join().unwrap_or_else(panicked);
        // An entry that cannot be taken comes before whatever the reader met behind it.
        taken.and(read.map_err(Error::from))
    })
}

/// Deals the stretches out in turn.
fn read(
    log: &dyn Log,
    (id, after): (LogId, u64),
    empty: &Receiver<Parcel>,
    roads: &[Sender<Parcel>],
) -> Result<(), LogError> {
    let mut turn = roads.iter().cycle();
    log.stretches(id, after, &mut |stretch| {
        // Nobody takes it any more: an entry before it was refused.
        let Ok(mut parcel) = empty.recv() else { return ControlFlow::Break(()) };
        (parcel.first, parcel.count, parcel.root) = (stretch.first, stretch.count, stretch.root);
        parcel.payload.clear();
        parcel.payload.extend_from_slice(stretch.payload());
        let sent = turn.next().is_some_and(|road| road.send(parcel).is_ok());
        if sent { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    })
}

fn work(id: LogId, parcels: Receiver<Parcel>, answer: &Sender<Result<Parcel, Error>>) {
    for mut parcel in parcels {
        let Parcel { first, count, root, payload, verified } = &mut parcel;
        let within = (*first, first.saturating_add(*count));
        let done = match Stretch::of(payload, *first, within, *root) {
            Some(stretch) => verify(id, &stretch, verified),
            None => Err(Error::internal("a stretch of entries was lost on its way")),
        };
        if answer.send(done.map(|()| parcel)).is_err() {
            return;
        }
    }
}

/// Takes the answers in the turn in which the stretches were dealt.
fn fold(
    answers: &[Receiver<Result<Parcel, Error>>],
    back: &Sender<Parcel>,
    take: &mut Take<'_>,
) -> Result<(), Error> {
    for answer in answers.iter().cycle() {
        // The first road that ends has had the last stretch but those of the others, and these had theirs before.
        let Ok(done) = answer.recv() else { return Ok(()) };
        let parcel = done?;
        take(&parcel.verified)?;
        // Nobody wants it back when all has been read.
        drop(back.send(parcel));
    }
    Ok(())
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
        verified.entries.push(stored::decode(bytes).map_err(|malformed| {
            let position = Position::new(position);
            Error::internal(format!("entry {position} cannot be read: {malformed}"))
        })?);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use ledger_core::State;
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
        use ledger_core::{
            Actor, Asked, Attribution, Authority, Channel, CoopName, Event, Fingerprint, OfficerId,
            RequestId, Role, Timestamp, Values,
        };
        (1..=u32::try_from(count).unwrap())
            .map(|n| {
                let at = Timestamp::from_unix_ms(1_790_000_000_000 + i64::from(n));
                let event = if n == 1 {
                    let coop = CoopName::new("colne-valley").unwrap();
                    Event::CoopFounded { coop, policy: Values::template() }
                } else {
                    let officer = OfficerId::new(n).unwrap();
                    Event::OfficerAppointed { officer, role: Role::Coordinator, member: None }
                };
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
            })
            .collect()
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
