//! What readers see: the ledger as it stands on the platter, and every account as it has stood.

mod flows;
mod recent;
mod series;

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, OnceLock, PoisonError, RwLock, RwLockReadGuard},
    time::Duration,
};

use ledger_core::{
    Contradiction, Counted, Day, Entry, Event, FundId, MemberId, Position, State, Timestamp,
    Transfer, evolve,
};
use ledger_proto::{
    Hash, RECORD, Tree, accounts_root,
    api::{AsOf, Known},
    records,
};
use serde::{Deserialize, Serialize};
use tokio::sync::watch;

use crate::{error::Error, log::LogError};

pub(crate) use flows::Line;
pub(crate) use recent::{Follower, Fresh, Recent, history_entry};
pub(crate) use series::{Moment, Series};

/// A read that asks for a position that is on its way waits for it so long.
const WAIT_FOR_POSITION: Duration = Duration::from_secs(5);

/// Help that counted, with the entry by which it did.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Exchange {
    pub(crate) position: Position,
    pub(crate) day: Day,
    pub(crate) counted: Counted,
}

/// What was sealed last: balances are proved by it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Sealed {
    /// The seal's own position.
    pub(crate) position: Position,
    /// The records of all accounts, in order.
    pub(crate) records: Vec<[u8; RECORD]>,
}

/// Everything that is shown of one co-op, after the same entries.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct View {
    state: State,
    tree: Tree,
    lines: BTreeMap<Line, Series>,
    // By position: when each entry was recorded. Never goes back, so a time is found by halving.
    recorded: Vec<Timestamp>,
    // By member: the entry that enrolled them.
    enrolled: Vec<Position>,
    // By fund: the entry that opened it.
    opened: Vec<Position>,
    exchanges: Vec<Exchange>,
    sealed: Option<Sealed>,
}

impl View {
    /// The view after one more entry. The same fold serves the live server and a restart.
    pub(crate) fn add(&mut self, entry: &Entry, leaf: Hash) -> Result<(), Contradiction> {
        if let Event::StateSealed { accounts_root: sealed, .. } = &entry.event {
            if accounts_root(self.state.books()).as_bytes() != sealed.bytes() {
                let what = "the sealed root is not that of the accounts";
                return Err(Contradiction::Impossible { at: entry.position, what });
            }
            let records = records(self.state.books());
            self.sealed = Some(Sealed { position: entry.position, records });
        }
        self.state = evolve(std::mem::take(&mut self.state), entry)?;
        self.tree.push(leaf);
        self.recorded.push(entry.recorded_at);
        let (position, day) = (entry.position, entry.occurred_on);
        let moved = entry.event.transfers();
        for transfer in &moved {
            for (line, delta) in flows::accounts(transfer) {
                self.lines.entry(line).or_default().push(position, day, delta);
            }
        }
        if let Event::EntryReversed { entry: reversed, .. } = &entry.event {
            self.take_back(*reversed, &moved, position, day);
        } else {
            for (line, amount) in flows::streams(&entry.event) {
                self.lines.entry(line).or_default().push(position, day, amount);
            }
        }
        if let Event::InKindReceived { offer, valuation: Some(valuation), .. } = &entry.event {
            let valued = self.lines.entry(Line::Valued(*offer)).or_default();
            valued.push(position, day, valuation.get());
        }
        if let Event::MemberEnrolled { .. } = &entry.event {
            self.enrolled.push(position);
        }
        if let Event::FundOpened { .. } = &entry.event {
            self.opened.push(position);
        }
        if let Some(counted) = entry.event.counted() {
            self.exchanges.push(Exchange { position, day, counted });
        }
        Ok(())
    }

    /// A reversal takes back what the entry brought into the streams, on the day on which that happened.
    fn take_back(
        &mut self,
        reversed: Position,
        mirrored: &[Transfer],
        position: Position,
        day: Day,
    ) {
        let lines: BTreeSet<Line> = mirrored.iter().flat_map(flows::streams_near).collect();
        for line in lines {
            let Some(series) = self.lines.get_mut(&line) else { continue };
            let brought = series.moved(reversed);
            if brought != 0 {
                series.push(position, day, brought.saturating_neg());
            }
        }
    }

    /// The ledger.
    pub(crate) fn state(&self) -> &State {
        &self.state
    }

    /// What was sealed last.
    pub(crate) fn sealed(&self) -> Option<&Sealed> {
        self.sealed.as_ref()
    }

    /// When an entry was recorded.
    pub(crate) fn recorded_at(&self, position: Position) -> Option<Timestamp> {
        let index = usize::try_from(position.get().checked_sub(1)?).ok()?;
        self.recorded.get(index).copied()
    }

    /// The Merkle log over the stored bytes.
    pub(crate) fn tree(&self) -> &Tree {
        &self.tree
    }

    /// An account over time. One that nothing has moved is empty.
    pub(crate) fn line(&self, line: Line) -> Option<&Series> {
        self.lines.get(&line)
    }

    /// What stood in an account at a moment.
    pub(crate) fn at(&self, line: Line, moment: Moment) -> i64 {
        self.lines.get(&line).map_or(0, |series| series.at(moment))
    }

    /// Help that counted, in the order of the log.
    pub(crate) fn exchanges(&self) -> &[Exchange] {
        &self.exchanges
    }

    /// The entry that enrolled a member.
    pub(crate) fn enrolled_at(&self, member: MemberId) -> Option<Position> {
        self.enrolled.get(member.index()).copied()
    }

    /// The entry that opened a fund.
    pub(crate) fn opened_at(&self, fund: FundId) -> Option<Position> {
        self.opened.get(fund.index()).copied()
    }

    /// The moment that a read asks for. A position that has not been reached is an error.
    pub(crate) fn moment(&self, as_of: AsOf) -> Result<Moment, Error> {
        let head = self.state.head();
        if let AsOf::Position(asked) | AsOf::Day { day: _, known: Known::Position(asked) } = as_of
            && asked > head
        {
            return Err(Error::BeyondHead { asked, head });
        }
        Ok(Moment::of(as_of, head, |time| {
            let known = self.recorded.partition_point(|recorded| *recorded <= time);
            Position::new(u64::try_from(known).unwrap_or(u64::MAX))
        }))
    }
}

/// A view that readers share with the one writer. Nobody sees an entry in it that could still be lost.
pub(crate) struct Published {
    view: RwLock<View>,
    head: watch::Sender<Position>,
    lost: OnceLock<Arc<LogError>>,
    recent: Arc<Recent>,
}

impl Published {
    pub(crate) fn new(view: View) -> Self {
        let (head, _) = watch::channel(view.state.head());
        let (lost, recent) = (OnceLock::new(), Arc::default());
        Self { view: RwLock::new(view), head, lost, recent }
    }

    /// Shows durable entries, and leaves them to those who follow.
    pub(crate) fn show(&self, fresh: &Arc<Fresh>) -> Result<(), Contradiction> {
        // Before the head moves: whoever is woken by it finds them.
        self.recent.keep(fresh);
        let mut view = self.view.write().unwrap_or_else(PoisonError::into_inner);
        for (entry, leaf) in &fresh.entries {
            view.add(entry, *leaf)?;
        }
        let head = view.state.head();
        drop(view);
        self.head.send_replace(head);
        Ok(())
    }

    /// The view as it is now. Held only while an answer is made, never over an await.
    pub(crate) fn look(&self) -> RwLockReadGuard<'_, View> {
        self.view.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes the co-op out of service; whoever follows it is woken, to be told why.
    pub(crate) fn lose(&self, why: Arc<LogError>) {
        // The first reason stands.
        drop(self.lost.set(why));
        self.head.send_modify(|_| ());
    }

    /// Whether the co-op is served; the error says why it is not any more.
    pub(crate) fn served(&self) -> Result<(), Error> {
        self.lost.get().map_or(Ok(()), |why| Err(Error::Lost(Arc::clone(why))))
    }

    /// The newest entries, for those who follow.
    pub(crate) fn recent(&self) -> &Arc<Recent> {
        &self.recent
    }

    /// Tells when the head moves.
    pub(crate) fn follow(&self) -> watch::Receiver<Position> {
        self.head.subscribe()
    }

    /// Waits until the view holds this position: read your own writes.
    pub(crate) async fn reach(&self, asked: Position) -> Result<(), Error> {
        if *self.head.borrow() >= asked {
            return Ok(());
        }
        let mut head = self.follow();
        let reached = head.wait_for(|head| *head >= asked);
        match tokio::time::timeout(WAIT_FOR_POSITION, reached).await {
            Ok(Ok(_)) => Ok(()),
            Ok(Err(_)) => Err(Error::Stopping),
            Err(_) => Err(Error::BeyondHead { asked, head: *self.head.borrow() }),
        }
    }
}
