//! Two sides that take turns: readers see what is durable, all of it, and the same as if there were one.

use std::{ops::Range, path::Path, sync::atomic::AtomicU64, thread};

use ledger_proto::stored;

use super::*;
use crate::{
    boot::tests::{fund, gifts},
    replay::tests::written,
    views::{Binder, Line, Moment},
};

/// The entries of that many gifts, and their bytes.
fn history(count: u64) -> Vec<(Entry, Vec<u8>)> {
    let bytes = written(gifts(count)).into_iter();
    bytes.map(|bytes| (stored::decode(&bytes).unwrap(), bytes)).collect()
}

fn fresh(history: &[(Entry, Vec<u8>)], which: Range<usize>) -> Arc<Fresh> {
    let (entries, bytes) = history[which].iter().cloned().unzip();
    Arc::new(Fresh::new(entries, bytes))
}

fn pages_in(dir: &Path, name: &str) -> View {
    let binder = Binder::create(&dir.join(name), dir.join("snapshot")).unwrap();
    View::on(binder.with_small_pages())
}

/// The whole view on which is decided.
fn unseen(ahead: &Ahead) -> RwLockReadGuard<'_, View> {
    ahead.state().0
}

fn take(ahead: &mut Ahead, entries: &[Entry]) {
    for entry in entries {
        ahead.take(entry).unwrap();
    }
}

/// Decides, shows and catches up, as the writer does.
fn turn(ahead: &mut Ahead, fresh: Arc<Fresh>) {
    take(ahead, fresh.entries());
    let behind = ahead.show(fresh).unwrap();
    ahead.catch_up(behind).unwrap();
}

#[test]
fn nobody_sees_what_is_not_shown_and_nobody_else_writes() {
    let history = history(4);
    let published = Arc::new(Published::new(View::default(), Position::START));
    let mut ahead = Ahead::of(Arc::clone(&published)).unwrap();
    assert!(Ahead::of(Arc::clone(&published)).is_err(), "there is one writer");
    let head = |view: &View| (view.state().head().get(), view.tree().size());
    for (nth, (entry, _)) in history.iter().enumerate() {
        let before = nth as u64;
        ahead.take(entry).unwrap();
        assert_eq!(head(&published.look()), (before, before), "what is decided is not durable");
        assert_eq!(head(&unseen(&ahead)), (before + 1, before));
        let asked_for = published.shown();
        let behind = ahead.show(fresh(&history, nth..nth + 1)).unwrap();
        assert_eq!(head(&published.look()), (before + 1, before + 1));
        ahead.catch_up(behind).unwrap();
        // Whoever asked for a side that has become the writer's since is not given it.
        assert!(published.look_at(asked_for).is_none());
        assert!(published.look_at(asked_for.other()).is_some());
        assert_eq!(head(&unseen(&ahead)), (before + 1, before + 1));
    }
}

#[test]
fn who_follows_is_told_of_what_is_shown_without_reading_the_log() {
    let history = history(4);
    let published = Arc::new(Published::new(View::default(), Position::START));
    let mut ahead = Ahead::of(Arc::clone(&published)).unwrap();
    let (follower, mut head) = (published.recent().follow(0), published.follow());
    take(&mut ahead, fresh(&history, 0..3).entries());
    assert!(!head.has_changed().unwrap());
    let behind = ahead.show(fresh(&history, 0..3)).unwrap();
    assert_eq!(*head.borrow_and_update(), Position::new(3));
    assert_eq!(follower.after(0, 3, usize::MAX).map(|(_, last)| last), Some(3));
    ahead.catch_up(behind).unwrap();
    assert!(!head.has_changed().unwrap(), "they were told");
}

#[test]
fn without_the_leaves_nothing_is_shown() {
    let history = history(1);
    let published = Arc::new(Published::new(View::default(), Position::START));
    let mut ahead = Ahead::of(Arc::clone(&published)).unwrap();
    let all = fresh(&history, 0..history.len());
    take(&mut ahead, all.entries());
    assert!(ahead.show(fresh(&history, 0..2)).is_err());
    assert_eq!(published.look().state().head(), Position::START);
}

/// Readers on other threads, while batches of many sizes are decided, shown and caught up with.
#[test]
fn readers_see_all_that_was_shown_and_nothing_that_can_be_lost() {
    let history = history(6_000);
    let published = Arc::new(Published::new(View::default(), Position::START));
    let mut ahead = Ahead::of(Arc::clone(&published)).unwrap();
    let (durable, shown) = (AtomicU64::new(0), AtomicU64::new(0));
    let over = AtomicBool::new(false);
    let mut all = || -> Result<(), Error> {
        let mut from = 0;
        while from < history.len() {
            let to = (from + 1 + from % 7).min(history.len());
            let fresh = fresh(&history, from..to);
            fresh.entries().iter().try_for_each(|entry| ahead.take(entry))?;
            durable.store(to as u64, Ordering::SeqCst);
            let behind = ahead.show(fresh)?;
            shown.store(to as u64, Ordering::SeqCst);
            ahead.catch_up(behind)?;
            from = to;
        }
        Ok(())
    };
    thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                let mut last = 0;
                while !over.load(Ordering::SeqCst) {
                    let at_least = shown.load(Ordering::SeqCst);
                    let view = published.look();
                    let head = view.state().head().get();
                    let at_most = durable.load(Ordering::SeqCst);
                    assert!(at_least <= head && head <= at_most, "{at_least} {head} {at_most}");
                    assert!(last <= head, "nobody goes back");
                    assert_eq!(view.tree().size(), head);
                    last = head;
                }
            });
        }
        let all = all();
        over.store(true, Ordering::SeqCst);
        all.unwrap();
    });
    assert_eq!(published.look().state().head().get(), history.len() as u64);
}

/// Both sides fill the pages of one file.
#[test]
fn both_sides_find_in_their_pages_what_one_view_finds() {
    let dir = tempfile::tempdir().unwrap();
    let history = history(2_000);
    let came_in = |view: &View, through: u64| {
        view.at(Line::FundIn(fund()), Moment::Through(Position::new(through))).unwrap()
    };
    let mut alone = pages_in(dir.path(), "alone");
    let all = fresh(&history, 0..history.len());
    alone.add(all.entries(), all.leaves()).unwrap();
    // From a start that has read some of it, on through batches of many sizes.
    for started in [0, 1_000] {
        let mut view = pages_in(dir.path(), "shared");
        let read = fresh(&history, 0..started);
        view.add(read.entries(), read.leaves()).unwrap();
        let published = Arc::new(Published::new(view, Position::START));
        let mut ahead = Ahead::of(Arc::clone(&published)).unwrap();
        let mut from = started;
        while from < history.len() {
            let to = (from + 1 + from % 5).min(history.len());
            turn(&mut ahead, fresh(&history, from..to));
            from = to;
        }
        assert_eq!(unseen(&ahead).tree().root(), alone.tree().root());
        assert_eq!(published.look().tree().root(), alone.tree().root());
        for through in 1..=history.len() as u64 {
            let here = (came_in(&published.look(), through), came_in(&unseen(&ahead), through));
            assert_eq!(here, (came_in(&alone, through), came_in(&alone, through)), "{through}");
        }
        let kept = |view: &View| view.taken().unwrap().0.kept();
        assert_eq!(kept(&published.look()), kept(&unseen(&ahead)), "a snapshot fits either side");
    }
}
