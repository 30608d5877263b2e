//! Entries that lie in a row, handed out together: what reads a whole log does not stop at each.

use ledger_proto::Hash;

use crate::log::block::{self, Entries};

/// Entries of one log that follow on each other, as they lie in the store: at most a segment of them.
#[derive(Clone, Copy, Debug)]
pub struct Stretch<'a> {
    /// The position of the first.
    pub first: u64,
    /// How many there are, at least one.
    pub count: u64,
    /// What stands beside them for all of them, where they are a whole segment. Nobody has held it against them yet.
    pub root: Option<Hash>,
    payload: &'a [u8],
}

impl<'a> Stretch<'a> {
    /// The entries of a payload from `from` on and up to `until`; nothing where there is none of them.
    ///
    /// `first` is the position of the payload's first entry.
    pub(crate) fn of(
        payload: &'a [u8],
        first: u64,
        (from, until): (u64, u64),
        root: Option<Hash>,
    ) -> Option<Stretch<'a>> {
        let mut entries = block::entries(payload);
        let before = from.saturating_sub(first);
        for _ in 0..before {
            entries.next()?;
        }
        let rest = entries.rest();
        let start = first.saturating_add(before);
        let wanted = until.checked_sub(start)?.saturating_add(1);
        let mut count = 0;
        while count < wanted && entries.next().is_some() {
            count += 1;
        }
        let whole = before == 0 && entries.rest().is_empty();
        let payload = rest.get(..rest.len().checked_sub(entries.rest().len())?)?;
        let root = root.filter(|_| whole);
        (count > 0).then_some(Stretch { first: start, count, root, payload })
    }

    /// The entries, in order.
    pub fn entries(&self) -> impl Iterator<Item = &'a [u8]> + use<'a> {
        let entries: Entries<'a> = block::entries(self.payload);
        entries
    }

    /// The entries as they lie in the store: before each its length, two bytes.
    pub(crate) fn payload(&self) -> &'a [u8] {
        self.payload
    }

    /// The position of the last.
    pub fn last(&self) -> u64 {
        self.first.saturating_add(self.count).saturating_sub(1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_is_what_was_asked_for_and_whole_only_where_nothing_was_left_out() {
        let mut payload = Vec::new();
        for entry in [b"one".as_slice(), b"", b"three"] {
            block::push_entry(&mut payload, entry).unwrap();
        }
        let root = Some(Hash::new([7; 32]));
        let stretch = |from, until| Stretch::of(&payload, 11, (from, until), root);
        for (from, until) in [(1, 13), (11, 13), (11, 99)] {
            let stretch = stretch(from, until).unwrap();
            assert_eq!(
                (stretch.first, stretch.count, stretch.last(), stretch.root),
                (11, 3, 13, root)
            );
        }
        let middle = stretch(12, 12).unwrap();
        assert_eq!((middle.first, middle.count, middle.root), (12, 1, None));
        assert_eq!(middle.entries().collect::<Vec<_>>(), [b"".as_slice()]);
        let end = stretch(13, 99).unwrap();
        assert_eq!((end.first, end.count, end.root), (13, 1, None));
        assert!(stretch(14, 99).is_none() && stretch(5, 10).is_none());
    }
}
