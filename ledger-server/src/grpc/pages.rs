//! Lists come in pages: rows in order of a number, and a token for where to go on.

use ledger_core::Position;
use ledger_proto::{
    api::{self, PageAsked},
    v1,
};

use crate::error::Error;

/// A page of a list.
pub(super) struct Pages {
    list: String,
    asked: PageAsked,
}

impl Pages {
    /// The page that is asked for. A token of another list is refused.
    pub(super) fn of(page: Option<v1::Page>, list: impl Into<String>) -> Result<Self, Error> {
        let list = list.into();
        let asked = api::page(page, &list)?;
        Ok(Self { list, asked })
    }

    /// The position at which the first page was true; nothing if this is the first. No later page knows more than it.
    pub(super) const fn began(&self) -> Option<Position> {
        self.asked.at
    }

    /// The position at which this page is true: that of the first page, or else the newest.
    pub(super) fn position(&self, head: Position) -> Position {
        self.asked.at.unwrap_or(head)
    }

    /// The row behind which this page begins.
    pub(super) fn after(&self) -> u64 {
        self.asked.after.unwrap_or(0)
    }

    /// The same of rows of which some may not be readable: the first such ends it.
    pub(super) fn try_take<T>(
        &self,
        rows: impl IntoIterator<Item = Result<(u64, T), Error>>,
        at: Position,
    ) -> Result<(Vec<T>, String), Error> {
        let mut failed = None;
        let read = rows.into_iter().map_while(|row| row.map_err(|error| failed = Some(error)).ok());
        let taken = self.take(read, at);
        failed.map_or(Ok(taken), Err)
    }

    /// The rows of this page, numbered in order from 1 or above, and the token of the next.
    pub(super) fn take<T>(
        &self,
        rows: impl IntoIterator<Item = (u64, T)>,
        at: Position,
    ) -> (Vec<T>, String) {
        let after = self.after();
        let mut rows = rows.into_iter().skip_while(|(number, _)| *number <= after);
        let page: Vec<(u64, T)> = rows.by_ref().take(self.asked.size).collect();
        let token = match (rows.next(), page.last()) {
            (Some(_), Some((last, _))) => api::next_token(&self.list, *last, self.position(at)),
            _ => String::new(),
        };
        (page.into_iter().map(|(_, row)| row).collect(), token)
    }
}
