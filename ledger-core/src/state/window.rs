//! The requests that were answered, for as long as their ids are acceptable.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{
    hashed::Hashed,
    rising::{Answer, Risen, Rising},
};
use crate::{
    entry::Asked,
    id::{Position, RequestId},
    time::Timestamp,
};

/// Ids with a time of their own, which callers make: those from a moment on are known, and older ones are not, but for
/// that of the newest entry.
///
/// 40 bytes for a request of the last weeks, and some 100 for one that comes long after others with higher ids. Does not grow
/// with the log.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Window {
    // Most ids are higher than any before them, as time goes by: none of these can be there already. Those that have become too
    // old go many at once; until then they are there and not seen.
    rising: Rising,
    // Callers who ask at the same time overtake each other: a few that came a little late, until they are put among those.
    // What has become too old since is there and not seen.
    late: Hashed<RequestId, Answer>,
    // The others, by the week of their own time. A week that is wholly too old goes as one; what is too old in the week
    // before it is there and not seen.
    weeks: BTreeMap<i64, Hashed<RequestId, Answer>>,
    since: Timestamp,
    // The week of that moment: only when another begins has one become too old.
    first: i64,
    newest: Position,
}

/// So many come late before they are put among the others: each of these that lies behind the first is moved for that.
const LATE: usize = if cfg!(test) { 4 } else { 4_096 };
/// So many of those that rose may still get one among them that comes late: one that belongs before these is put into its week.
const FAR: usize = if cfg!(test) { 6 } else { 65_536 };

/// The window reaches over no more weeks than these.
const WEEKS: i64 = 7;
const WEEK_MS: i64 = 7 * 86_400_000;

fn week(at: Timestamp) -> i64 {
    at.unix_ms().div_euclid(WEEK_MS)
}

impl Window {
    /// The window moves on to the newest entry: ids from before the moment are known no more.
    pub(crate) fn move_on(&mut self, newest: Position, since: Timestamp) {
        self.newest = newest;
        self.since = since;
        self.rising.let_go(|id| id.time() < since);
        let first = week(since);
        if self.first == first {
            return;
        }
        self.first = first;
        while self.weeks.first_key_value().is_some_and(|(week, _)| *week < first) {
            self.weeks.pop_first();
        }
    }

    /// The newest entry answers a request. Whether that was known already.
    pub(crate) fn answer(&mut self, asked: &Asked) -> Known {
        let Asked { id, fingerprint } = *asked;
        if self.is_highest(&id) {
            self.rising.push_back(Risen { id, fingerprint, answered_by: self.newest });
            return Known::New;
        }
        if self.get(&id).is_some() {
            return Known::Already;
        }
        self.late.insert(id, (self.newest, fingerprint));
        if self.late.len() >= LATE {
            self.settle();
        }
        Known::New
    }

    /// Puts those that came late among the rising, or into their weeks.
    fn settle(&mut self) {
        // What is no more seen must not stand where the same id may come again.
        let since = self.since;
        self.rising.let_go_each(|id| id.time() < since);
        let mut late = self.late.take_in_order();
        late.retain(|(id, (answered_by, _))| self.sees(id, *answered_by));
        let far = self.rising.len().checked_sub(FAR).and_then(|far| self.rising.get(far)).copied();
        let near = far.map_or(0, |far| late.partition_point(|(id, _)| *id < far.id));
        let mut late = late.into_iter();
        for (id, answer) in late.by_ref().take(near) {
            self.put_away(id, answer);
        }
        let mut late = late.peekable();
        let Some((first, _)) = late.peek() else { return };
        let behind = self.rising.below(first);
        for risen in self.rising.split_off(behind) {
            while let Some((id, answer)) = late.next_if(|(id, _)| *id < risen.id) {
                self.rising.push_back(Risen::new(id, answer));
            }
            self.rising.push_back(risen);
        }
        self.rising.extend(late.map(|(id, answer)| Risen::new(id, answer)));
    }

    fn put_away(&mut self, id: RequestId, answer: Answer) {
        let answers = self.weeks.entry(week(id.time())).or_default();
        // What lies far off is no caller's: a made-up log must not get room for many by asking for one.
        if (self.first..=self.first.saturating_add(WEEKS)).contains(&week(id.time())) {
            answers.make_room();
        }
        answers.insert(id, answer);
    }

    /// How many are remembered; of those in a week that is partly too old, and of those that came late, some more.
    pub(crate) fn len(&self) -> usize {
        let weeks: usize = self.weeks.values().map(Hashed::len).sum();
        let unseen = self.rising.below(&RequestId::floor_of(self.since));
        self.rising.len() - unseen + self.late.len() + weeks
    }

    /// The entry that answered a request, and what that had said.
    pub(crate) fn get(&self, id: &RequestId) -> Option<Answer> {
        if self.is_highest(id) {
            return None;
        }
        let seen = |(answered_by, _): &Answer| self.sees(id, *answered_by);
        self.rising.find(id).filter(seen).or_else(|| {
            let put_away = || self.weeks.get(&week(id.time()))?.get(id);
            self.late.get(id).or_else(put_away).copied().filter(seen)
        })
    }

    /// Whether it is higher than all that are known: what came late or lies in a week was not, when it came, and where those
    /// before it have gone, it is itself too old.
    fn is_highest(&self, id: &RequestId) -> bool {
        self.rising.back().is_none_or(|highest| highest.id < *id)
    }

    fn sees(&self, id: &RequestId, answered_by: Position) -> bool {
        id.time() >= self.since || answered_by == self.newest
    }

    fn count(&self) -> usize {
        let sees = |id: &RequestId, found: &Answer| self.sees(id, found.0);
        let others = self.weeks.values().map(|answers| answers.count(sees));
        let others = others.sum::<usize>().saturating_add(self.late.count(sees));
        let rising = self.rising.iter().filter(|risen| sees(&risen.id, &risen.answer()));
        others.saturating_add(rising.count())
    }
}

/// Whether a request had been answered before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Known {
    New,
    Already,
}

/// What cannot be seen makes no difference.
impl PartialEq for Window {
    fn eq(&self, other: &Self) -> bool {
        let same = |id: &RequestId, found: &Answer| {
            !self.sees(id, found.0) || other.get(id) == Some(*found)
        };
        self.count() == other.count()
            && self.rising.iter().all(|risen| same(&risen.id, &risen.answer()))
            && self.late.all(same)
            && self.weeks.values().all(|answers| answers.all(same))
    }
}

impl Eq for Window {}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::{id::Fingerprint, state::rising::PIECE};

    /// Six of the test's hours are a week.
    const HOUR: i64 = WEEK_MS / 6;

    fn moment(hours: i64) -> Timestamp {
        Timestamp::from_unix_ms(hours * HOUR)
    }

    fn id(hours: i64, bits: u8) -> RequestId {
        RequestId::of_time(moment(hours), [bits; 10])
    }

    /// Most ids are as new as their entries.
    fn before() -> impl Strategy<Value = i64> {
        prop_oneof![4 => Just(0), 3 => -50..1_i64, 1 => 0..20_i64]
    }

    #[test]
    fn no_week_that_callers_cannot_mean_gets_room_for_many() {
        let (now, far) = (6 * 1_000, 6 * 2_000);
        let mut window = Window::default();
        window.move_on(Position::new(1), moment(now));
        let mut answer = |hours| {
            let asked = Asked { id: id(hours, 1), fingerprint: Fingerprint::new([1; 16]) };
            assert_eq!(window.answer(&asked), Known::New);
        };
        // All others lie far below the first, each in a week of its own.
        (far..).take(FAR).for_each(&mut answer);
        let weeks = 0..2_000;
        weeks.clone().for_each(|week| answer(6 * week));
        window.settle();
        assert_eq!(window.weeks.len(), weeks.count());
        for (week, answers) in &window.weeks {
            let near = (1_000..=1_000 + WEEKS).contains(week);
            assert_eq!(answers.room() > 4, near, "room for {} in week {week}", answers.room());
        }
    }

    /// A window with so many that rose, and after them so many of an hour ago, which came late.
    fn with(rising: i64, late: u8) -> Window {
        let mut window = Window::default();
        window.move_on(Position::new(1), moment(0));
        let mut answer = |id| {
            let asked = Asked { id, fingerprint: Fingerprint::new([1; 16]) };
            assert_eq!(window.answer(&asked), Known::New);
        };
        (0..rising).for_each(|hour| answer(id(hour, 9)));
        (0..late).for_each(|bits| answer(id(rising - 2, bits)));
        window
    }

    #[test]
    fn those_that_come_late_are_counted_and_wait_until_they_are_many() {
        let late = u8::try_from(LATE).unwrap();
        for waits in 0..late {
            let window = with(3, waits);
            assert_eq!((window.rising.len(), window.late.len()), (3, waits.into()));
            assert_eq!((window.len(), window.count()), (3 + usize::from(waits), window.len()));
        }
        let settled = with(3, late);
        assert_eq!((settled.rising.len(), settled.late.len()), (3 + LATE, 0));
        let many = i64::try_from(FAR).unwrap() + 4;
        let mut far = with(many, 0);
        (0..late).for_each(|bits| {
            let asked = Asked { id: id(0, bits), fingerprint: Fingerprint::new([1; 16]) };
            far.answer(&asked);
        });
        let weeks: usize = far.weeks.values().map(Hashed::len).sum();
        assert_eq!((far.rising.len(), far.late.len(), weeks), (FAR + 4, 0, LATE));
        assert_eq!((far.len(), far.count()), (FAR + 4 + LATE, FAR + 4 + LATE));
    }

    #[test]
    fn what_has_become_too_old_goes_and_until_then_is_not_seen() {
        let mut window = Window::default();
        for hour in 0_i64..100 {
            let at = Position::new(hour.cast_unsigned() + 1);
            window.move_on(at, moment(hour - 10));
            let asked = Asked { id: id(hour, 1), fingerprint: Fingerprint::new([1; 16]) };
            assert_eq!(window.answer(&asked), Known::New);
            let seen = usize::try_from(hour).unwrap().min(10) + 1;
            assert_eq!((window.count(), window.len()), (seen, seen));
            let kept = window.rising.len();
            assert!(kept < seen + PIECE, "{kept} are kept of {seen}");
        }
    }

    /// No request comes so late; a log that was made up may say that it did, and then it is answered once more.
    #[test]
    fn an_id_that_comes_again_when_it_is_too_old_has_its_newest_answer() {
        for again in [0, 1] {
            let mut window = Window::default();
            let mut answer = |position, (hour, bits)| {
                window.move_on(Position::new(position), moment(if position > 4 { 2 } else { 0 }));
                let asked = Asked { id: id(hour, bits), fingerprint: Fingerprint::new([bits; 16]) };
                assert_eq!(window.answer(&asked), Known::New, "{hour} {bits}");
                let found = window.get(&asked.id);
                assert_eq!(found, Some((Position::new(position), asked.fingerprint)));
                window.late.len()
            };
            // A piece, of which two are too old from the fifth on; then some that come late, until all of those are put away.
            let asked = [(0, 9), (1, 9), (2, 9), (3, 9), (2, 1), (2, 2), (2, 3), (again, 9)];
            let waiting: Vec<_> = (1..).zip(asked).map(|(at, asked)| answer(at, asked)).collect();
            assert_eq!(waiting, [0, 0, 0, 0, 1, 2, 3, 0]);
        }
    }

    #[test]
    fn windows_that_differ_in_one_answer_are_not_the_same() {
        let put = |window: &mut Window, at, position| {
            let found = (Position::new(position), Fingerprint::new([1; 16]));
            window.weeks.entry(week(id(at, 7).time())).or_default().insert(id(at, 7), found);
        };
        let window = with(3, 2);
        assert_eq!(window, with(3, 2));
        assert_ne!(window, with(4, 2));
        assert_ne!(window, with(3, 1));
        let (mut one, mut other) = (with(3, 2), with(3, 2));
        put(&mut one, 0, 1);
        assert_ne!(one, window);
        assert_ne!(window, one);
        put(&mut other, 0, 2);
        assert_ne!(one, other);
        // As many, of which one has another answer: among the rising, the late and the weeks.
        let answer = (Position::new(2), Fingerprint::new([1; 16]));
        let (mut risen, mut late) = (with(3, 2), with(3, 2));
        let mut behind = risen.rising.split_off(1);
        behind[0] = Risen::new(behind[0].id, answer);
        risen.rising.extend(behind);
        late.late.insert(id(1, 0), answer);
        for changed in [risen, late] {
            assert_eq!(changed.count(), window.count());
            assert_ne!(changed, window);
            assert_ne!(window, changed);
        }
    }

    proptest! {
        /// The same as a tree out of which each entry takes what has become too old, and puts in what it answers.
        #[test]
        fn a_window_is_a_tree_without_the_old_ones(
            first in prop_oneof![Just(0_i64), Just(1000)],
            entries in prop::collection::vec((0..4_i64, prop::option::of((before(), 0..3_u8))), 0..300),
        ) {
            let (mut window, mut tree) = (Window::default(), BTreeMap::new());
            let (mut now, mut asked_for) = (first, Vec::new());
            for (number, (later, asked)) in entries.into_iter().enumerate() {
                now += later;
                let (at, since) = (Position::new(number as u64 + 1), moment(now - 30));
                window.move_on(at, since);
                tree = tree.split_off(&RequestId::floor_of(since));
                if let Some((before, bits)) = asked {
                    let (id, fingerprint) = (id(now + before, bits), Fingerprint::new([bits; 16]));
                    asked_for.push(id);
                    let known = if tree.contains_key(&id) { Known::Already } else { Known::New };
                    tree.entry(id).or_insert((at, fingerprint));
                    prop_assert_eq!(window.answer(&Asked { id, fingerprint }), known);
                }
                for id in &asked_for {
                    prop_assert_eq!(window.get(id), tree.get(id).copied());
                }
            }
            let mut fresh = Window { since: window.since, newest: window.newest, ..Window::default() };
            let put = |window: &mut Window, id: RequestId, found| {
                window.weeks.entry(week(id.time())).or_default().insert(id, found);
            };
            for (id, found) in &tree {
                put(&mut fresh, *id, *found);
            }
            prop_assert_eq!(&fresh, &window);
            prop_assert!(window.weeks.len() < 20);
            let read: Window = postcard::from_bytes(&postcard::to_stdvec(&window).unwrap()).unwrap();
            prop_assert_eq!(&read, &window);
            put(&mut fresh, id(now, 9), (Position::new(1), Fingerprint::new([9; 16])));
            prop_assert_ne!(fresh, window);
        }
    }
}
