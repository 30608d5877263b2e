//! A start goes on where what it keeps beside the log does not.

use std::os::unix::fs::symlink;

use ledger_core::{
    CashSource, FundFreedom, FundId, Pence, ReversalReason, Title, Transfer, Undone, Values,
};

use super::*;
use crate::{
    log::{Block, MemoryLog},
    replay::tests::written,
    views::{Line, Moment},
};

const ONE: LogId = LogId::new(1);
/// So many gifts, of so many pence, that many pages of them are full and written.
const GIFTS: u64 = 20_000;
const PENCE: i64 = 1_000_000_000_000;

fn fund() -> FundId {
    FundId::new(1).unwrap()
}

/// A log of gifts, of which the last entry takes back the first.
fn gifts() -> Vec<Event> {
    let coop = CoopName::new("colne-valley").unwrap();
    let title = Title::new("General").unwrap();
    let (fund, source, pence) = (fund(), CashSource::Grant, Pence::new(PENCE).unwrap());
    let gift = Event::CashReceived { fund, source, pence, party: None, member: None };
    let back = Event::EntryReversed {
        entry: Position::new(3),
        reason: ReversalReason::Slip,
        transfers: gift.transfers().iter().filter_map(Transfer::mirrored).collect(),
        undone: Undone::TransfersOnly,
        below_floor: Vec::new(),
    };
    let mut events = vec![
        Event::CoopFounded { coop, policy: Values::template() },
        Event::FundOpened { fund, title, freedom: FundFreedom::Unrestricted },
    ];
    events.extend((0..GIFTS).map(|_| gift.clone()));
    events.push(back);
    events
}

/// The file takes every page, and gives none back.
#[test]
fn pages_that_cannot_be_read_back_are_kept_in_memory() {
    let data = tempfile::tempdir().unwrap();
    fs::create_dir(data.path().join("derived")).unwrap();
    symlink("/dev/null", data.path().join("derived/1.pages")).unwrap();
    let log = Arc::new(MemoryLog::new());
    let entries = written(gifts());
    log.append(&[Block { log: ONE, first: 1, entries: &entries }]).unwrap();
    let fresh = Snapshots::in_folder(data.path()).fresh(ONE);
    assert!(
        matches!(fold(&*log, ONE, fresh, Cores::All), Err(Error::Derived)),
        "they are not asked for"
    );

    let live = Recovering::new(log, data.path().to_owned()).replay().unwrap();
    assert!(live.lost.is_empty() && live.nameless.is_none());
    let ledger = live.ledgers.values().next().unwrap();
    let view = ledger.published.look();
    let came_in = |through| {
        view.at(Line::FundIn(fund()), Moment::Through(Position::new(through))).unwrap() / PENCE
    };
    assert_eq!((came_in(3), came_in(4)), (1, 2));
    assert_eq!((came_in(GIFTS + 2), came_in(GIFTS + 3)), (20_000, 19_999));
    assert!(view.taken().is_none(), "no snapshot goes with a file that is not there");
}
