//! What followers hear of what is kept: each entry once, in order, or nothing at all.

use std::{convert::Infallible, sync::Arc};

use ledger_core::{
    Actor, Attribution, Authority, Channel, Day, Entry, Event, MemberId, Minutes, Position,
    Timestamp,
};
use ledger_proto::api::{Told, Watched};

use crate::views::Place;

use super::{Follower, Fresh, Held, KEPT, PIECE, Recent};

fn entry(position: u64) -> Entry {
    let from = MemberId::at(1).unwrap();
    Entry {
        position: Position::new(position),
        recorded_at: Timestamp::from_unix_ms(1_772_452_800_000),
        occurred_on: Day::new(20_000).unwrap(),
        by: Attribution {
            actor: Actor::Member(from),
            on_behalf_of: None,
            authority: Authority::Oneself,
            channel: Channel::App,
        },
        policy_version: 1,
        asked: None,
        row: None,
        corrects: None,
        event: Event::HoursGiven { from, to: None, minutes: Minutes::new(5).unwrap() },
    }
}

/// So many entries from one position on, each of so many bytes.
fn fresh(first: u64, count: u64, size: usize) -> Arc<Fresh> {
    let positions = first..first + count;
    let bytes = positions.clone().map(|position| vec![u8::try_from(position % 251).unwrap(); size]);
    Arc::new(Fresh::new(positions.map(entry).collect(), bytes.collect()))
}

/// What a follower hears that is behind at one position, when the head is at another.
fn heard(follower: &Follower, after: u64, head: u64, about: usize) -> Option<Vec<u64>> {
    let (entries, last) = follower.after(after, head, about)?;
    let told = Watched { entries, ..Watched::default() }.spelled().unwrap().entries;
    let positions: Vec<u64> =
        told.iter().map(|entry| u64::try_from(entry.position).unwrap()).collect();
    assert_eq!(positions.last(), Some(&last), "the last is the one that is named");
    Some(positions)
}

#[test]
fn each_entry_is_heard_once_wherever_a_follower_stands() {
    let recent = Arc::new(Recent::default());
    let follower = recent.follow(0);
    let mut head = 20;
    for count in [3, 1, 7, 2, 12, 1, 1, 5] {
        recent.keep(&fresh(head + 1, count, 100));
        head += count;
    }
    for about in [1, 500, usize::MAX] {
        for start in 20..head {
            let mut after = start;
            while after < head {
                let some = heard(&follower, after, head, about).unwrap();
                let next = after + some.len() as u64;
                assert_eq!(some, (after + 1..=next).collect::<Vec<_>>(), "after {after}");
                after = next;
            }
        }
    }
    assert_eq!(heard(&follower, 19, head, usize::MAX), None, "entry 20 stands in the log");
    assert_eq!(heard(&follower, head, head, usize::MAX), None, "nothing is new");
}

#[test]
fn nobody_hears_what_readers_cannot_see_yet() {
    let recent = Arc::new(Recent::default());
    let follower = recent.follow(0);
    recent.keep(&fresh(1, 4, 100));
    recent.keep(&fresh(5, 4, 100));
    assert_eq!(heard(&follower, 2, 4, usize::MAX), Some(vec![3, 4]));
    assert_eq!(heard(&follower, 4, 4, usize::MAX), None);
}

#[test]
fn what_no_longer_fits_is_left_to_the_log() {
    let recent = Arc::new(Recent::default());
    let follower = recent.follow(0);
    let size = KEPT / 8;
    for position in 1..=20 {
        recent.keep(&fresh(position, 1, size));
    }
    assert_eq!(heard(&follower, 11, 20, usize::MAX), None, "it was overrun");
    assert_eq!(heard(&follower, 12, 20, usize::MAX), Some((13..=20).collect()));
    // More at once than is kept at all.
    recent.keep(&fresh(21, 9, size));
    assert_eq!(heard(&follower, 20, 29, usize::MAX), None);
    recent.keep(&fresh(30, 1, size));
    assert_eq!(heard(&follower, 20, 30, usize::MAX), None);
    assert_eq!(heard(&follower, 29, 30, usize::MAX), Some(vec![30]));
}

#[test]
fn nothing_is_kept_for_nobody_and_nothing_is_missing_for_who_comes_back() {
    let recent = Arc::new(Recent::default());
    recent.keep(&fresh(1, 2, 100));
    let follower = recent.follow(0);
    assert_eq!(heard(&follower, 0, 2, usize::MAX), None);
    recent.keep(&fresh(3, 2, 100));
    assert_eq!(heard(&follower, 2, 4, usize::MAX), Some(vec![3, 4]));
    drop(follower);
    recent.keep(&fresh(5, 2, 100));
    let follower = recent.follow(0);
    recent.keep(&fresh(7, 2, 100));
    assert_eq!(heard(&follower, 4, 8, usize::MAX), None, "5 and 6 stand in the log");
    assert_eq!(heard(&follower, 6, 8, usize::MAX), Some(vec![7, 8]));
}

/// How many pieces are kept, and how many of them were joined.
fn pieces(recent: &Recent) -> (usize, usize) {
    let kept = recent.kept();
    assert_eq!(
        kept.size,
        kept.pieces.iter().map(|piece| piece.size).sum::<usize>(),
        "nothing is kept for ever"
    );
    let joined = kept.pieces.iter().filter(|piece| matches!(piece.held, Held::Joined(_)));
    (kept.pieces.len(), joined.count())
}

#[test]
fn small_pieces_are_joined_by_the_first_who_is_told_of_them() {
    let recent = Arc::new(Recent::default());
    let follower = recent.follow(0);
    let size = PIECE / 10;
    let mut head = 0;
    // A large one among them stays as it is, and so do the small ones before it that do not come to a piece.
    for (count, size) in [(1, size); 35].into_iter().chain([(4, PIECE)]).chain([(1, size); 12]) {
        recent.keep(&fresh(head + 1, count, size));
        head += count;
    }
    assert_eq!(pieces(&recent), (48, 0));
    let all: Vec<u64> = (1..=head).collect();
    assert_eq!(heard(&follower, 0, head, usize::MAX).as_ref(), Some(&all));
    assert_eq!(pieces(&recent), (3 + 2 + 1 + 1 + 1, 4), "eleven come to a piece");
    // Whoever comes later is told the same, from wherever they are, and nothing is joined again.
    for after in 0..head {
        for about in [1, 3 * size, PIECE, usize::MAX] {
            let mut told = Vec::new();
            while after + (told.len() as u64) < head {
                told.extend(heard(&follower, after + told.len() as u64, head, about).unwrap());
            }
            assert_eq!(told, all[usize::try_from(after).unwrap()..], "after {after}");
        }
    }
    assert_eq!(pieces(&recent), (8, 4));
}

#[test]
fn who_knows_of_less_than_somebody_else_was_told_hears_of_all_of_a_piece() {
    let recent = Arc::new(Recent::default());
    let follower = recent.follow(0);
    for position in 1..=20 {
        recent.keep(&fresh(position, 1, PIECE / 10));
    }
    // Nobody was told of it yet: only what is seen.
    assert_eq!(heard(&follower, 0, 9, usize::MAX), Some((1..=9).collect()));
    assert_eq!(pieces(&recent), (20, 0));
    assert_eq!(heard(&follower, 0, 14, usize::MAX), Some((1..=14).collect()));
    assert_eq!(pieces(&recent), (10, 1));
    assert_eq!(heard(&follower, 0, 9, usize::MAX), Some((1..=11).collect()));
    assert_eq!(heard(&follower, 5, 9, usize::MAX), Some((6..=11).collect()));
    assert_eq!(heard(&follower, 11, 11, usize::MAX), None);
}

#[test]
fn a_piece_is_put_only_where_its_parts_are() {
    let recent = Arc::new(Recent::default());
    let follower = recent.follow(0);
    let keep = |positions: std::ops::RangeInclusive<u64>| {
        positions.for_each(|position| recent.keep(&fresh(position, 1, PIECE / 10)));
    };
    keep(1..=11);
    let before = follower.pieces(0, 11, usize::MAX);
    // Somebody else is first.
    follower.join(&before);
    assert_eq!(pieces(&recent), (1, 1));
    follower.join(&before);
    assert_eq!(pieces(&recent), (1, 1));
    // They have gone, all or some, to make room.
    keep(12..=22);
    let before = follower.pieces(11, 22, usize::MAX);
    let kept = std::mem::take(&mut *recent.kept());
    follower.join(&before);
    assert_eq!(pieces(&recent), (0, 0));
    *recent.kept() = kept;
    let gone: Vec<_> = recent.kept().pieces.drain(..3).collect();
    recent.kept().size -= gone.iter().map(|piece| piece.size).sum::<usize>();
    keep(23..=25);
    follower.join(&before);
    assert_eq!(pieces(&recent), (12, 0));
    assert_eq!(heard(&follower, 11, 22, usize::MAX), None);
    assert_eq!(heard(&follower, 13, 22, usize::MAX), Some((14..=22).collect()));
}

#[tokio::test]
async fn the_chapters_that_were_read_go_with_the_last_who_follows() {
    let recent = Arc::new(Recent::default());
    let anew = async |follower: &Follower| {
        let make = async { Ok::<_, Infallible>(Told::of(&[])) };
        follower.chapters().at(Place::after(0), make).await.unwrap().1
    };
    let (one, other) = (recent.follow(0), recent.follow(0));
    assert!(anew(&one).await);
    drop(one);
    assert!(!anew(&other).await, "the other may want it, too");
    drop(other);
    assert!(anew(&recent.follow(0)).await);
}
