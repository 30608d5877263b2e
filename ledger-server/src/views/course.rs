//! How some lines of the books that move together have run: every movement in order, with the sums before each page.

use ledger_core::{Day, Position};
use serde::{Deserialize, Serialize};

use super::{
    binder::Binder,
    moment::Moment,
    packed::{put, put_signed, take, take_signed},
    paged::{Paged, Record},
};
use crate::error::Error;

/// Which of the lines of a course.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Slot {
    /// The first.
    First,
    /// The second.
    Second,
    /// The third.
    Third,
    /// The fourth.
    Fourth,
}

impl Slot {
    const fn bit(self) -> u8 {
        match self {
            Self::First => 1,
            Self::Second => 2,
            Self::Third => 4,
            Self::Fourth => 8,
        }
    }
}

/// An amount in each line of a course.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Amounts([i64; 4]);

impl Amounts {
    /// The amount in one line.
    pub(crate) const fn of(&self, slot: Slot) -> i64 {
        let [first, second, third, fourth] = self.0;
        match slot {
            Slot::First => first,
            Slot::Second => second,
            Slot::Third => third,
            Slot::Fourth => fourth,
        }
    }

    fn add(&mut self, slot: Slot, amount: i64) {
        let [first, second, third, fourth] = &mut self.0;
        let sum = match slot {
            Slot::First => first,
            Slot::Second => second,
            Slot::Third => third,
            Slot::Fourth => fourth,
        };
        *sum = sum.saturating_add(amount);
    }

    fn add_all(&mut self, other: &Self) {
        for (sum, amount) in self.0.iter_mut().zip(other.0) {
            *sum = sum.saturating_add(amount);
        }
    }

    fn less(mut self, other: &Self) -> Self {
        for (sum, amount) in self.0.iter_mut().zip(other.0) {
            *sum = sum.saturating_sub(amount);
        }
        self
    }
}

/// What one entry moved.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Row {
    /// The entry.
    pub(crate) position: Position,
    /// The day on which it happened.
    pub(crate) day: Day,
    // A bit for each line that it touched, be it by nothing in the end.
    touched: u8,
    /// By how much it moved each line.
    pub(crate) moved: Amounts,
}

impl Row {
    /// Whether it touched a line, be it by nothing in the end.
    pub(crate) const fn touched(&self, slot: Slot) -> bool {
        self.touched & slot.bit() != 0
    }
}

/// What is known of a page of rows without opening it.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(super) struct Head {
    first: Position,
    least: Day,
    greatest: Day,
    before: Amounts,
}

/// Position and day of the row before.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
pub(super) struct Base {
    pub(super) position: u64,
    pub(super) day: i32,
}

impl Base {
    /// Packs where and when.
    pub(super) fn pack(&mut self, position: Position, day: Day, to: &mut Vec<u8>) {
        put(to, position.get().wrapping_sub(self.position));
        put_signed(to, i64::from(day.number()) - i64::from(self.day));
        *self = Self { position: position.get(), day: day.number() };
    }

    /// Where and when.
    pub(super) fn unpack(&mut self, from: &mut &[u8]) -> Option<(Position, Day)> {
        self.position = self.position.wrapping_add(take(from)?);
        let day = i64::from(self.day).checked_add(take_signed(from)?)?;
        self.day = i32::try_from(day).ok()?;
        Some((Position::new(self.position), Day::new(self.day)?))
    }
}

impl Record for Row {
    type Base = Base;
    type Head = Head;

    fn pack(&self, base: &mut Base, to: &mut Vec<u8>) {
        base.pack(self.position, self.day, to);
        to.push(self.touched);
        for slot in SLOTS.into_iter().filter(|slot| self.touched(*slot)) {
            put_signed(to, self.moved.of(slot));
        }
    }

    fn unpack(base: &mut Base, from: &mut &[u8]) -> Option<Self> {
        let (position, day) = base.unpack(from)?;
        let (touched, rest) = from.split_first()?;
        *from = rest;
        let mut row = Self { position, day, touched: *touched, moved: Amounts::default() };
        for slot in SLOTS {
            if row.touched(slot) {
                row.moved.add(slot, take_signed(from)?);
            }
        }
        Some(row)
    }

    fn join(&self, head: &mut Head) {
        head.least = head.least.min(self.day);
        head.greatest = head.greatest.max(self.day);
    }
}

const SLOTS: [Slot; 4] = [Slot::First, Slot::Second, Slot::Third, Slot::Fourth];

/// Which rows are wanted.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Asked {
    /// Those that count at this moment.
    pub(crate) moment: Moment,
    /// Behind this entry.
    pub(crate) after: Position,
    /// Of this day or later.
    pub(crate) from: Option<Day>,
    /// Of this day or earlier.
    pub(crate) to: Option<Day>,
}

impl Asked {
    fn wants(&self, day: Day) -> bool {
        self.from.is_none_or(|from| day >= from) && self.to.is_none_or(|to| day <= to)
    }

    fn opens(&self, head: &Head) -> bool {
        self.from.is_none_or(|from| head.greatest >= from)
            && self.to.is_none_or(|to| head.least <= to)
    }
}

/// Every movement of some lines, in the order of the log.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Course {
    rows: Paged<Row>,
    sums: Amounts,
}

impl Course {
    /// Adds a movement. Those of one entry become one row.
    pub(crate) fn push(
        &mut self,
        (position, day): (Position, Day),
        (slot, amount): (Slot, i64),
        binder: &mut Binder,
    ) {
        match self.rows.last_mut() {
            Some(row) if row.position == position => {
                row.touched |= slot.bit();
                row.moved.add(slot, amount);
            }
            Some(_) | None => {
                let mut row = Row { position, day, touched: slot.bit(), moved: Amounts::default() };
                row.moved.add(slot, amount);
                let head = Head { first: position, least: day, greatest: day, before: self.sums };
                self.rows.push(row, head, binder);
            }
        }
        self.sums.add(slot, amount);
    }

    /// What an entry moved.
    pub(crate) fn moved(&self, position: Position, binder: &Binder) -> Result<Amounts, Error> {
        let Some(page) = self.begun_by(position).checked_sub(1) else {
            return Ok(Amounts::default());
        };
        let rows = self.rows.open(page, binder)?;
        let row = rows.iter().find(|row| row.position == position);
        Ok(row.map(|row| row.moved).unwrap_or_default())
    }

    /// What stood in each line.
    pub(crate) fn at(&self, moment: Moment, binder: &Binder) -> Result<Amounts, Error> {
        match moment {
            Moment::Through(position) => self.through(position, binder),
            Moment::By { day, through } => self.by_day(day, through, binder),
        }
    }

    fn through(&self, position: Position, binder: &Binder) -> Result<Amounts, Error> {
        if self.ends_by(position) {
            return Ok(self.sums);
        }
        let page = self.begun_by(position).checked_sub(1);
        let Some((page, head)) = page.and_then(|page| Some((page, self.rows.head(page)?))) else {
            return Ok(Amounts::default());
        };
        let mut sums = head.before;
        let rows = self.rows.open(page, binder)?;
        rows.iter()
            .take_while(|row| row.position <= position)
            .for_each(|row| sums.add_all(&row.moved));
        Ok(sums)
    }

    /// What had happened by the end of a day, of what was recorded up to a position. Only a page in which some of it had
    /// happened, and some not, is opened.
    fn by_day(&self, day: Day, through: Position, binder: &Binder) -> Result<Amounts, Error> {
        let begun = self.begun_by(through);
        let mut sums = Amounts::default();
        for page in 0..begun {
            let Some(head) = self.rows.head(page) else { break };
            let next = page.saturating_add(1);
            let known = next < begun || self.ends_by(through);
            if head.least > day {
                continue;
            }
            if known && head.greatest <= day {
                let after = self.rows.head(next).map_or(self.sums, |next| next.before);
                sums.add_all(&after.less(&head.before));
                continue;
            }
            let moment = Moment::By { day, through };
            let rows = self.rows.open(page, binder)?;
            rows.iter()
                .filter(|row| moment.counts(row.position, row.day))
                .for_each(|row| sums.add_all(&row.moved));
        }
        Ok(sums)
    }

    /// How many pages begin at this position or before.
    fn begun_by(&self, position: Position) -> usize {
        self.rows.pages_while(|head| head.first <= position)
    }

    /// Whether all of it was known after this position.
    fn ends_by(&self, position: Position) -> bool {
        self.rows.last().is_none_or(|last| last.position <= position)
    }

    /// The rows that are wanted, in order, each with the sums after it of all that counts.
    pub(crate) fn rows<'a>(&'a self, asked: Asked, binder: &'a Binder) -> Rows<'a> {
        let page = self.begun_by(asked.after).saturating_sub(1);
        let opened = Vec::new().into_iter();
        Rows { course: self, binder, asked, page, opened, sums: None }
    }

    /// The last row that is wanted up to and with the entry `asked.after`, instead of behind it.
    pub(crate) fn last(
        &self,
        asked: Asked,
        also: impl Fn(&Row) -> bool,
        binder: &Binder,
    ) -> Result<Option<Row>, Error> {
        let moment = asked.moment.until(Some(asked.after));
        for page in (0..self.begun_by(moment.known())).rev() {
            if !self.rows.head(page).is_some_and(|head| asked.opens(head)) {
                continue;
            }
            let mut rows = self.rows.open(page, binder)?.into_iter().rev();
            let wanted = |row: &Row| {
                moment.counts(row.position, row.day) && asked.wants(row.day) && also(row)
            };
            if let Some(row) = rows.find(wanted) {
                return Ok(Some(row));
            }
        }
        Ok(None)
    }
}

/// The rows that are wanted, page by page. A page with no row of the days that are asked for is not opened.
pub(crate) struct Rows<'a> {
    course: &'a Course,
    binder: &'a Binder,
    asked: Asked,
    page: usize,
    opened: std::vec::IntoIter<Row>,
    // Of all that counts up to the last row; nothing before the first page.
    sums: Option<Amounts>,
}

impl Rows<'_> {
    /// Opens the next page in which a row may be wanted. Nothing: there is none.
    fn open(&mut self) -> Result<Option<()>, Error> {
        let mut page = self.page;
        let head = loop {
            let head = self.course.rows.head(page);
            let Some(head) = head.filter(|head| head.first <= self.asked.moment.known()) else {
                return Ok(None);
            };
            if self.asked.opens(head) {
                break head;
            }
            page = page.saturating_add(1);
        };
        if self.sums.is_none() || page != self.page {
            self.sums = Some(match self.asked.moment {
                Moment::Through(_) => head.before,
                Moment::By { .. } => {
                    let before = Position::new(head.first.get().saturating_sub(1));
                    self.course.at(self.asked.moment.until(Some(before)), self.binder)?
                }
            });
        }
        self.opened = self.course.rows.open(page, self.binder)?.into_iter();
        self.page = page.saturating_add(1);
        Ok(Some(()))
    }
}

impl Iterator for Rows<'_> {
    type Item = Result<(Row, Amounts), Error>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            for row in self.opened.by_ref() {
                if self.asked.moment.counts(row.position, row.day) {
                    let sums = self.sums.get_or_insert_default();
                    sums.add_all(&row.moved);
                    if row.position > self.asked.after && self.asked.wants(row.day) {
                        return Some(Ok((row, *sums)));
                    }
                }
            }
            match self.open() {
                Ok(Some(())) => {}
                Ok(None) => return None,
                Err(error) => {
                    self.page = usize::MAX;
                    return Some(Err(error));
                }
            }
        }
    }
}

#[cfg(test)]
mod tests;
