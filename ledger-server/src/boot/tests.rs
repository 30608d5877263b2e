//! A start goes on where what it keeps beside the log does not.

use std::os::unix::fs::symlink;

use ledger_core::{
    CashSource, FundFreedom, FundId, Hat, Pence, ReversalReason, Timestamp, Title, Transfer,
    Undone, Values,
};
use ledger_proto::v1;

use super::*;
use crate::{
    cards::Card,
    log::{Block, MemoryLog},
    replay::tests::written,
    views::{Line, Moment},
};

const ONE: LogId = LogId::new(1);
/// So many gifts, of so many pence, that many pages of them are full and written.
const GIFTS: u64 = 20_000;
const PENCE: i64 = 1_000_000_000_000;

pub(crate) fn fund() -> FundId {
    FundId::new(1).unwrap()
}

/// A log of so many gifts to a fund, of which the last entry takes back the first.
pub(crate) fn gifts(gifts: u64) -> Vec<Event> {
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
    events.extend((0..gifts).map(|_| gift.clone()));
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
    let entries = written(gifts(GIFTS));
    log.append(&[Block { log: ONE, first: 1, entries: &entries }]).unwrap();
    let fresh = Snapshots::in_folder(data.path()).fresh(ONE);
    assert!(
        matches!(fold(&*log, ONE, fresh, (Cores::All, &Metrics::default())), Err(Error::Derived)),
        "they are not asked for"
    );

    let live = Recovering::new(log, data.path().to_owned()).replay().unwrap();
    assert!(live.lost.is_empty() && live.nameless.is_none());
    let (_, published) = live.served.values().next().unwrap();
    let view = published.look();
    let came_in = |through| {
        view.at(Line::FundIn(fund()), Moment::Through(Position::new(through))).unwrap() / PENCE
    };
    assert_eq!((came_in(3), came_in(4)), (1, 2));
    assert_eq!((came_in(GIFTS + 2), came_in(GIFTS + 3)), (20_000, 19_999));
    assert!(view.taken().is_none(), "no snapshot goes with a file that is not there");
}

/// A note and a card were on the platter before an entry that never got there: the next at that position, and the next
/// member with that number, are others.
#[test]
fn what_was_said_beside_an_entry_that_never_was_stands_beside_no_other() {
    let data = tempfile::tempdir().unwrap();
    let log = Arc::new(MemoryLog::new());
    let coop = CoopName::new("colne-valley").unwrap();
    let member = |index| MemberId::at(index).unwrap();
    let enrolled = Event::MemberEnrolled {
        member: member(0),
        hats: vec![Hat::Supporter],
        reference: None,
        joined_on: Timestamp::from_unix_ms(0).day(),
    };
    let entries = written([Event::CoopFounded { coop, policy: Values::template() }, enrolled]);
    log.append(&[Block { log: ONE, first: 1, entries: &entries }]).unwrap();

    let cards = Arc::new(Cards::open(data.path()).unwrap());
    let note = |position| Card::Note(Position::new(position), format!("note {position}"));
    let card = |index| {
        let display_name = format!("Member {index}");
        Card::Member(member(index), v1::Card { display_name, ..v1::Card::default() })
    };
    let two = LogId::new(2);
    let put = [
        (ONE, note(2)),
        (ONE, note(3)),
        (ONE, card(0)),
        (ONE, card(1)),
        (two, note(1)),
        (two, card(0)),
    ];
    cards.put(&put, []).unwrap();

    let live = Recovering::new(log, data.path().to_owned()).replay().unwrap();
    let clock = Clock::by_hand(Timestamp::from_unix_ms(0));
    let started = live.start(Arc::clone(&cards), clock).unwrap();
    let noted = |log, position| cards.note(log, Position::new(position)).unwrap();
    let named = |log, index| cards.member(log, member(index)).unwrap().display_name;
    assert_eq!((noted(ONE, 2).as_str(), named(ONE, 0).as_str()), ("note 2", "Member 0"));
    assert_eq!((noted(ONE, 3).as_str(), named(ONE, 1).as_str()), ("", ""), "beyond the newest");
    assert_eq!(
        (noted(two, 1).as_str(), named(two, 0).as_str()),
        ("", ""),
        "of a log without entries"
    );
    drop(started);
}
