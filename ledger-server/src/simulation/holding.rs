//! What the engine has and shows, held against books of our own.

use std::{collections::BTreeMap, ops::ControlFlow};

use ledger_core::{Account, MemberId, Position, TimeAccount};
use ledger_proto::{Hash, stored};

use super::{answers::Promised, books::Books, derived::Harm, life::Life};
use crate::{
    demo::dice::Dice,
    error::Error,
    log::{Log, LogId},
    views::{Line, Moment, View},
};

/// Follows a log to its end, as a reader of the feed: what was there before is not read again.
pub(super) fn follow(life: &Life, id: LogId, books: &mut Books) {
    life.packed
        .scan(id, books.size(), &mut |position, bytes| {
            assert_eq!(position, books.size() + 1, "a gap");
            books.add(bytes);
            ControlFlow::Continue(())
        })
        .unwrap();
}

/// Reads all of a log again: nothing that was ever seen has changed or gone, and what is new comes behind it.
pub(super) fn reread(life: &Life, id: LogId, books: &mut Books) {
    let mut read = 0;
    life.packed
        .scan(id, 0, &mut |position, bytes| {
            read += 1;
            assert_eq!(position, read, "a gap");
            match books.leaves.get(usize::try_from(position).unwrap() - 1) {
                Some(leaf) => {
                    assert_eq!(ledger_proto::leaf(bytes), *leaf, "entry {position} is another");
                }
                None => books.add(bytes),
            }
            ControlFlow::Continue(())
        })
        .unwrap();
    assert_eq!(read, books.size(), "entries are gone that had been seen");
}

/// No co-op is out of service.
pub(super) fn served(life: &Life) {
    let directory = life.opened.directory.read().unwrap();
    assert!(directory.nameless.is_none(), "{:?}", directory.nameless);
    assert!(directory.lost.is_empty(), "{:?}", directory.lost);
}

/// The log, and the view of it, are what the books say.
pub(super) fn stand((life, harm): (&Life, Harm), id: LogId, books: &Books) {
    let directory = life.opened.directory.read().unwrap();
    let shown = directory.served.values().find(|(log, _)| *log == id);
    let Some((_, published)) = shown else {
        assert_eq!(books.size(), 0, "log {id} is not served");
        return;
    };
    let view = published.look();
    let (head, root) = (life.packed.head(id), books.roots.last());
    assert_eq!(head.size, books.size());
    assert_eq!(view.state().head(), Position::new(books.size()));
    assert_eq!(*published.follow().borrow(), Position::new(books.size()));
    if let Some(root) = root {
        assert_eq!(head.root(), *root, "the log hashes to another root");
        assert_eq!(view.tree().root(), *root, "the view hashes to another root");
    }
    balances(&view, harm, books);
    promises(&view, books);
}

fn balances(view: &View, harm: Harm, books: &Books) {
    let mut stands = BTreeMap::new();
    let mut sums = [0_i64; 3];
    for (account, balance) in view.state().books().accounts() {
        let unit = match account {
            Account::Time(_) => 0,
            Account::Cash(_) => 1,
            Account::Kind(_, _) => 2,
        };
        sums[unit] += balance.get();
        stands.insert(account, balance.get());
    }
    assert_eq!(sums, [0; 3], "something came from nowhere");
    let time = books.time.iter().map(|(account, sum)| (Account::Time(*account), *sum));
    let cash = books.cash.iter().map(|(account, sum)| (Account::Cash(*account), *sum));
    let kind = books.kind.iter().map(|((offer, at), sum)| (Account::Kind(*offer, *at), *sum));
    let reckoned: BTreeMap<_, _> = time.chain(cash).chain(kind).collect();
    assert_eq!(stands, reckoned, "balances");
    let now = Moment::Through(view.state().head());
    for member in &books.members {
        let (own, held) =
            (at((view, harm), Line::Own(*member), now), at((view, harm), Line::Held(*member), now));
        assert_eq!(
            own.unwrap_or(books.own(*member)),
            books.own(*member),
            "what is shown of {member}"
        );
        assert_eq!(
            held.unwrap_or(books.held(*member)),
            books.held(*member),
            "what is held of {member}"
        );
        let kept = books.time.get(&TimeAccount::Held(*member)).copied().unwrap_or_default();
        assert_eq!(kept, books.held(*member), "what is held of {member} is what was promised");
    }
}

/// What is shown of a line. Nothing: its page has been damaged.
fn at((view, harm): (&View, Harm), line: Line, moment: Moment) -> Option<i64> {
    match view.at(line, moment) {
        Err(Error::Derived) if harm == Harm::PagesFlipped => None,
        shown => Some(shown.unwrap()),
    }
}

fn promises(view: &View, books: &Books) {
    let state = view.state();
    let keys = |position: &Position| position.get();
    assert!(state.promised_respite().keys().map(keys).eq(books.holds.keys().copied()), "respite");
    assert!(state.pending_hours().keys().map(keys).eq(books.hours.keys().copied()), "hours");
    assert!(state.open_vouchers().keys().map(keys).eq(books.vouchers.keys().copied()), "vouchers");
    let since = state.recorded_at().plus_days(-ledger_core::REQUEST_ID_DAYS_BACK);
    for (request, position) in books.requests.iter().filter(|(id, _)| id.time() >= since) {
        let known = state.answered(*request);
        assert_eq!(known, Some(Position::new(*position)), "request {request} is forgotten");
    }
}

/// All that was answered is there, where it was said to be; and so is all that readers had seen.
pub(super) fn kept(life: &Life, id: LogId, books: &Books, promised: &Promised) {
    for (position, (entry, leaf)) in &promised.entries {
        let at = usize::try_from(*position).unwrap() - 1;
        assert_eq!(
            books.leaves.get(at),
            Some(leaf),
            "entry {position} was answered and is not there"
        );
        assert_eq!(books.entries.get(at), Some(entry), "entry {position} was answered otherwise");
    }
    for row in &promised.rows {
        assert!(books.rows.contains_key(row), "a row was brought and is not there");
    }
    for (member, card) in &promised.cards {
        assert_eq!(life.cards.member(id, *member).unwrap(), *card, "the card of {member}");
    }
    for (position, note) in &promised.notes {
        assert_eq!(life.cards.note(id, *position).unwrap(), *note, "the note at {position}");
    }
}

/// What readers had seen at some size is what the log had come to at that size.
pub(super) fn seen(books: &Books, seen: &[(u64, Hash)]) {
    for (size, root) in seen {
        let at = usize::try_from(*size).unwrap() - 1;
        assert_eq!(books.roots.get(at), Some(root), "readers had seen {size} entries");
    }
}

/// A replay from nothing comes to the same view.
pub(super) fn again((life, harm): (&Life, Harm), id: LogId, books: &Books, dice: &mut Dice) {
    let mut fresh = View::default();
    for entry in &books.entries {
        assert_eq!(stored::decode(&stored::encode(entry).unwrap()).as_ref(), Ok(entry));
    }
    fresh.add(&books.entries, &books.leaves).unwrap();
    let directory = life.opened.directory.read().unwrap();
    let Some((_, published)) = directory.served.values().find(|(log, _)| *log == id) else {
        return;
    };
    let view = published.look();
    assert_eq!(view.state(), fresh.state(), "a replay from nothing");
    assert_eq!(view.tree().root(), fresh.tree().root());
    let head = i64::try_from(books.size()).unwrap();
    for _ in 0..8 {
        let member = dice.one(&books.members).unwrap_or(MemberId::at(0).unwrap());
        let moment = Moment::Through(Position::new(dice.between(0, head).unsigned_abs()));
        for line in [Line::Own(member), Line::Held(member), Line::Pot, Line::TimeIn] {
            let made = fresh.at(line, moment).unwrap();
            let shown = at((&view, harm), line, moment).unwrap_or(made);
            assert_eq!(shown, made, "{line:?} at {moment:?}");
        }
    }
}
