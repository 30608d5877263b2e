//! A course in pages says what a plain list of its movements says.

use std::path::Path;

use proptest::prelude::*;

use super::*;
use crate::views::binder::Kept;

/// A movement of a line; two of one entry may follow each other.
#[derive(Clone, Copy, Debug)]
struct Push {
    position: u64,
    day: i32,
    slot: Slot,
    amount: i64,
}

fn pushes() -> impl Strategy<Value = Vec<Push>> {
    let amount = prop_oneof![-90_i64..90, Just(0), any::<i32>().prop_map(i64::from)];
    let step = (0_u64..3, 0_u64..40, 0_i32..12, 0_usize..4, amount);
    prop::collection::vec(step, 0..250).prop_map(|steps| {
        let (mut position, mut day) = (0, 0);
        let mut pushes = Vec::new();
        for (further, by, back, slot, amount) in steps {
            // Sometimes the same entry again, on the same day.
            if further > 0 || position == 0 {
                position += by + 1;
                day = i32::try_from(position / 16).unwrap() - back;
            }
            pushes.push(Push { position, day, slot: SLOTS[slot], amount });
        }
        pushes
    })
}

fn day(number: i32) -> Day {
    Day::new(number).unwrap()
}

fn push(course: &mut Course, binder: &mut Binder, pushes: &[Push]) {
    for push in pushes {
        let at = (Position::new(push.position), day(push.day));
        course.push(at, (push.slot, push.amount), binder);
    }
}

/// The movements by entry, as a plain list.
fn plain(pushes: &[Push]) -> Vec<Row> {
    let mut rows: Vec<Row> = Vec::new();
    for push in pushes {
        let position = Position::new(push.position);
        if rows.last().is_none_or(|row| row.position != position) {
            let moved = Amounts::default();
            rows.push(Row { position, day: day(push.day), touched: 0, moved });
        }
        let row = rows.last_mut().unwrap();
        row.touched |= push.slot.bit();
        row.moved.add(push.slot, push.amount);
    }
    rows
}

fn sum<'a>(rows: impl Iterator<Item = &'a Row>) -> Amounts {
    let mut sums = Amounts::default();
    rows.for_each(|row| sums.add_all(&row.moved));
    sums
}

fn agrees(course: &Course, binder: &Binder, plain: &[Row], asked: Asked) {
    let counting: Vec<Row> =
        plain.iter().filter(|row| asked.moment.counts(row.position, row.day)).copied().collect();
    assert_eq!(course.at(asked.moment, binder).unwrap(), sum(counting.iter()));
    let wanted: Vec<(Row, Amounts)> = counting
        .iter()
        .enumerate()
        .filter(|(_, row)| asked.wants(row.day))
        .map(|(at, row)| (*row, sum(counting[..=at].iter())))
        .collect();
    let (before, behind): (Vec<_>, Vec<_>) =
        wanted.into_iter().partition(|(row, _)| row.position <= asked.after);
    let rows: Vec<(Row, Amounts)> = course.rows(asked, binder).map(Result::unwrap).collect();
    assert_eq!(rows, behind);
    let last = course.last(asked, |row| row.touched(Slot::First), binder).unwrap();
    let mut firsts = before.iter().map(|(row, _)| *row).filter(|row| row.touched(Slot::First));
    assert_eq!(last, firsts.next_back());
    let at = asked.moment.known();
    let moved = plain.iter().find(|row| row.position == at).map(|row| row.moved);
    assert_eq!(course.moved(at, binder).unwrap(), moved.unwrap_or_default());
}

/// The course and its pages after a stop behind these movements, and a start.
fn restart(course: &Course, binder: &Binder, dir: &Path) -> (Course, Vec<u8>, Kept) {
    let taken = binder.taken().unwrap();
    taken.sync().unwrap();
    let mut sealed = Vec::new();
    ledger_proto::seal(&mut sealed, ("course", 1), (0, [0; 32]), course).unwrap();
    let bytes = std::fs::read(dir.join("1.pages")).unwrap();
    (ledger_proto::open("course", 1, &sealed).unwrap().1, bytes, taken.kept())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn pages_say_what_a_plain_list_says(
        pushes in pushes(),
        asked in prop::collection::vec(
            (0_u64..4_000, 0_u64..4_000, prop::option::of(-14_i32..280), prop::option::of(-14_i32..280), prop::option::of(-14_i32..280)),
            24,
        ),
        cut in any::<prop::sample::Index>(),
    ) {
        let plain = plain(&pushes);
        let dir = tempfile::tempdir().unwrap();
        let (pages, snapshot) = (dir.path().join("1.pages"), dir.path().join("1.snapshot"));
        let spilled = || Binder::create(&pages, snapshot.clone()).unwrap().with_small_pages();
        // A snapshot behind some of them; all of them; and from the snapshot on once more.
        let cut = cut.index(pushes.len() + 1);
        let (mut course, mut binder) = (Course::default(), spilled());
        push(&mut course, &mut binder, &pushes[..cut]);
        let (again, _, kept) = restart(&course, &binder, dir.path());
        push(&mut course, &mut binder, &pushes[cut..]);
        let (_, all, _) = restart(&course, &binder, dir.path());
        let reopened = Binder::reopen(&pages, kept, snapshot.clone()).unwrap();
        let (mut again, mut reopened) = (again, reopened.with_small_pages());
        push(&mut again, &mut reopened, &pushes[cut..]);
        let (again, bytes, _) = restart(&again, &reopened, dir.path());
        prop_assert_eq!(bytes, all, "the same pages are written again");
        let (mut in_memory, mut memory) = (Course::default(), Binder::default());
        push(&mut in_memory, &mut memory, &pushes);
        for (known, after, by, from, to) in asked {
            let moment = match by {
                None => Moment::Through(Position::new(known)),
                Some(number) => Moment::By { day: day(number), through: Position::new(known) },
            };
            let (from, to) = (from.map(day), to.map(day));
            let asked = Asked { moment, after: Position::new(after), from, to };
            agrees(&in_memory, &memory, &plain, asked);
            agrees(&again, &reopened, &plain, asked);
        }
    }
}

#[test]
fn an_account_stands_as_it_did_by_position_and_by_day() {
    let day = |text| Day::parse(text).unwrap();
    let (mut course, mut binder) = (Course::default(), Binder::default());
    for (position, on, amount) in [
        (3, "2026-01-05", 60),
        (7, "2026-01-02", 30),
        (9, "2026-02-01", -20),
        (9, "2026-02-01", -5),
    ] {
        course.push((Position::new(position), day(on)), (Slot::First, amount), &mut binder);
    }
    let at = |moment| course.at(moment, &binder).unwrap().of(Slot::First);
    let through = |position| at(Moment::Through(Position::new(position)));
    assert_eq!([2, 8, 9].map(through), [0, 90, 65]);
    let by = |text, through| at(Moment::By { day: day(text), through: Position::new(through) });
    assert_eq!(by("2026-01-03", 9), 30, "recorded later, happened before");
    assert_eq!(by("2026-01-03", 6), 0, "not known by then");
    assert_eq!(by("2026-03-01", 9), 65);
    assert_eq!(by("2026-03-01", 8), 90);
    assert_eq!(course.moved(Position::new(9), &binder).unwrap().of(Slot::First), -25);
}

#[test]
fn a_page_that_was_changed_is_never_believed_and_the_snapshot_goes() {
    let dir = tempfile::tempdir().unwrap();
    let (pages, snapshot) = (dir.path().join("1.pages"), dir.path().join("1.snapshot"));
    let mut binder = Binder::create(&pages, snapshot.clone()).unwrap().with_small_pages();
    let mut course = Course::default();
    for position in 1..200 {
        course.push((Position::new(position), day(7)), (Slot::First, 15), &mut binder);
    }
    binder.taken().unwrap().sync().unwrap();
    std::fs::write(&snapshot, b"a snapshot").unwrap();
    let whole = std::fs::read(&pages).unwrap();
    let at = |position| course.at(Moment::Through(Position::new(position)), &binder);
    assert_eq!(at(20).unwrap().of(Slot::First), 300);
    let mut changed = whole.clone();
    changed.iter_mut().skip(24).for_each(|byte| *byte ^= 1);
    std::fs::write(&pages, &changed).unwrap();
    assert!(matches!(at(20), Err(Error::Derived)));
    assert!(!snapshot.exists());
    assert!(binder.taken().is_none(), "no snapshot is made of it");
    // Cut off while it is open.
    std::fs::write(&pages, &whole[..24]).unwrap();
    assert!(matches!(at(20), Err(Error::Derived)));
    assert_eq!(at(199).unwrap().of(Slot::First), 199 * 15, "what is in memory is still said");
}
