//! Help that counted: all of it in the order of the log, and who had a part in it in their own courses.

use ledger_core::{Counted, Day, EvidenceGrade, MemberId, Minutes, Position, TaskKind};
use serde::{Deserialize, Serialize};

use super::{
    binder::Binder,
    course::Base,
    moment::Moment,
    packed::{put, take},
    paged::{Paged, Record},
};
use crate::error::Error;

/// Help that counted, with the entry by which it did.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Exchange {
    pub(crate) position: Position,
    pub(crate) day: Day,
    pub(crate) counted: Counted,
}

/// What is known of a page of exchanges without opening it.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(super) struct Head {
    first: Position,
    least: Day,
}

impl Record for Exchange {
    type Base = Base;
    type Head = Head;

    fn pack(&self, base: &mut Base, to: &mut Vec<u8>) {
        let Counted { giver, receiver, minutes, task, evidence } = self.counted;
        base.pack(self.position, self.day, to);
        // Nobody is zero, and the first member is one.
        for member in [giver, receiver] {
            put(to, member.map_or(0, |member| u64::from(member.get() - MemberId::FIRST) + 1));
        }
        put(to, minutes.get().cast_unsigned());
        put(to, u64::from(task.code().cast_unsigned()));
        put(to, u64::from(evidence.map_or(0, EvidenceGrade::code).cast_unsigned()));
    }

    fn unpack(base: &mut Base, from: &mut &[u8]) -> Option<Self> {
        let (position, day) = base.unpack(from)?;
        let mut member = || match take(from)?.checked_sub(1) {
            Some(index) => Some(Some(MemberId::at(usize::try_from(index).ok()?)?)),
            None => Some(None),
        };
        let (giver, receiver) = (member()?, member()?);
        let minutes = Minutes::new(take(from)?.cast_signed()).ok()?;
        let mut code = || i32::try_from(take(from)?).ok();
        let task = TaskKind::from_code(code()?)?;
        let evidence = match code()? {
            0 => None,
            code => Some(EvidenceGrade::from_code(code)?),
        };
        let counted = Counted { giver, receiver, minutes, task, evidence };
        Some(Self { position, day, counted })
    }

    fn join(&self, head: &mut Head) {
        head.least = head.least.min(self.day);
    }
}

/// All help that counted.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Exchanges {
    pages: Paged<Exchange>,
}

impl Exchanges {
    pub(super) fn push(&mut self, exchange: Exchange, binder: &mut Binder) {
        let begins = Head { first: exchange.position, least: exchange.day };
        self.pages.push(exchange, begins, binder);
    }

    /// What had counted by a moment, behind an entry, in the order of the log.
    pub(super) fn by<'a>(
        &'a self,
        moment: Moment,
        after: Position,
        binder: &'a Binder,
    ) -> Counting<'a> {
        let page = self.begun_by(after).saturating_sub(1);
        Counting { all: self, binder, moment, after, page, opened: Vec::new().into_iter() }
    }

    /// Looks exchanges up by their entries. Whoever asks in the order of the log opens each page once.
    pub(super) fn finder<'a>(
        &'a self,
        binder: &'a Binder,
    ) -> impl FnMut(Position) -> Result<Option<Exchange>, Error> + 'a {
        let mut opened: Option<(usize, Vec<Exchange>)> = None;
        move |position| {
            let Some(page) = self.begun_by(position).checked_sub(1) else { return Ok(None) };
            let exchanges = match &mut opened {
                Some((at, exchanges)) if *at == page => exchanges,
                other => &mut other.insert((page, self.pages.open(page, binder)?)).1,
            };
            Ok(exchanges.iter().find(|exchange| exchange.position == position).copied())
        }
    }

    fn begun_by(&self, position: Position) -> usize {
        self.pages.pages_while(|head| head.first <= position)
    }
}

/// Exchanges, page by page.
pub(crate) struct Counting<'a> {
    all: &'a Exchanges,
    binder: &'a Binder,
    moment: Moment,
    after: Position,
    page: usize,
    opened: std::vec::IntoIter<Exchange>,
}

impl Iterator for Counting<'_> {
    type Item = Result<Exchange, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let (moment, after) = (self.moment, self.after);
            let counts = |exchange: &Exchange| {
                exchange.position > after && moment.counts(exchange.position, exchange.day)
            };
            if let Some(exchange) = self.opened.find(counts) {
                return Some(Ok(exchange));
            }
            let head = self.all.pages.head(self.page)?;
            if head.first > moment.known() {
                return None;
            }
            if moment.counts(head.first, head.least) {
                match self.all.pages.open(self.page, self.binder) {
                    Ok(exchanges) => self.opened = exchanges.into_iter(),
                    Err(error) => {
                        self.page = usize::MAX;
                        return Some(Err(error));
                    }
                }
            }
            self.page = self.page.saturating_add(1);
        }
    }
}
